"""What an engine does at its start with a floor that does not fit the configuration any more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from acd import events as ev
from acd.commands import OfferCall
from acd.model import CallId, CallState, QueueId
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from engine.app import Engine
from engine.config import BadConfiguration, load
from engine.last_good import load_or_last_good
from engine.rehearsal import write_configuration
from engine.site import settle_site


class Commands:
    """A telephony that only remembers what it was told."""

    def __init__(self) -> None:
        self.given: list[object] = []

    def carry_out(self, command: object) -> None:
        self.given.append(command)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def configured(tmp_path: Path, changes: dict[str, Callable[[Any], None]] | None = None) -> Path:
    return write_configuration(tmp_path / "config", changes)


def engine_of(folder: Path, home: Path) -> Engine:
    """As `serve` makes one, without listening anywhere."""
    configuration, _ = load_or_last_good(folder, home)
    return Engine(settle_site(configuration, home, keep=True))


def without_agent(agent: str) -> Callable[[Any], None]:
    return lambda data: data["agents"].pop(agent)


def stop(engine: Engine) -> None:
    engine.runner.close()
    engine.journal.close()
    engine.spool.close()


async def test_agent_taken_out_while_she_was_logged_in_goes_home_and_the_engine_starts(
    tmp_path: Path, home: Path
) -> None:
    first = engine_of(configured(tmp_path), home)
    first.take_up()
    first.runner.tell(ev.AgentLoggedIn(agent=AgentId("1005")))
    first.runner.tell(ev.AgentReady(agent=AgentId("1005")))
    stop(first)
    second = engine_of(configured(tmp_path, {"agents": without_agent("1005")}), home)
    assert second.floor.agents[AgentId("1005")].state is AgentState.READY
    second.take_up()
    assert second.rules_refused == ""
    assert AgentId("1005") not in second.floor.agents
    stop(second)


async def test_queue_taken_out_with_a_caller_in_it_leaves_the_rules_before_in_force(tmp_path: Path, home: Path) -> None:
    first = engine_of(configured(tmp_path), home)
    first.take_up()
    before = first.floor.rules.version
    first.runner.tell(ev.CallArrived(call=CallId("x-1.0"), channel="PJSIP/trunk-1", number="1", did="400"))
    first.runner.tell(ev.CallQueued(call=CallId("x-1.0"), queue=QueueId("complaint")))
    stop(first)

    def less(data: Any) -> None:
        del data["queues"]["complaint"]

    def without(data: Any) -> None:
        for agent in data["agents"].values():
            agent["queues"] = [queue for queue in agent["queues"] if queue != "complaint"]

    def other_flow(data: Any) -> None:
        data["nodes"]["complaint"]["queue"] = "repair"

    folder = configured(tmp_path, {"queues": less, "agents": without, "ivr": other_flow})
    second = engine_of(folder, home)
    second.take_up()
    assert "complaint" in second.rules_refused
    assert second.floor.rules.version == before
    assert second.floor.calls[CallId("x-1.0")].state is CallState.WAITING
    second.runner.tell(ev.CallLeftByCaller(call=CallId("x-1.0")))
    second.use_rules()
    assert second.rules_refused == ""
    assert second.floor.rules.version == load(folder).version
    stop(second)


async def test_nobody_is_offered_by_new_rules_before_the_callers_leg_is_back(tmp_path: Path, home: Path) -> None:
    first = engine_of(configured(tmp_path), home)
    first.take_up()
    agent, call = AgentId("1004"), CallId("x-1.0")
    first.runner.tell(ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE))
    first.runner.tell(ev.AgentLoggedIn(agent=agent))
    first.runner.tell(ev.AgentReady(agent=agent))
    first.runner.tell(ev.LinkRegained())
    first.runner.tell(ev.CallArrived(call=call, channel="PJSIP/trunk-1", number="1", did="400"))
    first.runner.tell(ev.CallQueued(call=call, queue=QueueId("repair")))
    stop(first)
    second = engine_of(
        configured(tmp_path, {"agents": lambda data: data["agents"]["1004"]["queues"].append("repair")}), home
    )
    second.take_up()
    commands = Commands()
    second.runner.telephony = commands
    assert second.floor.calls[call].offer is None
    second.runner.tell(ev.LinkRegained())
    assert commands.given == []
    second.runner.tell(ev.CallRejoined(call=call))
    assert [type(command) for command in commands.given] == [OfferCall]
    stop(second)


async def test_engine_restarted_over_a_broken_file_goes_on_with_what_it_had(tmp_path: Path, home: Path) -> None:
    folder = configured(tmp_path)
    first = engine_of(folder, home)
    first.take_up()
    version = first.floor.rules.version
    stop(first)
    (folder / "queues.yaml").write_text("queues: [", "utf-8")
    with pytest.raises(BadConfiguration):
        load(folder)
    second = engine_of(folder, home)
    second.take_up()
    assert second.floor.rules.version == version
    stop(second)
    third = engine_of(folder, home)  # the broken files were not kept as the last good ones
    third.take_up()
    assert third.floor.rules.version == version
    stop(third)
    assert all(file.stat().st_mode & 0o077 == 0 for file in (home / "last-good-configuration").iterdir())


async def test_last_good_is_what_was_in_force_last_not_what_was_reloaded_once(tmp_path: Path, home: Path) -> None:
    folder = configured(tmp_path)
    first = engine_of(folder, home)
    first.take_up()
    stop(first)
    data = yaml.safe_load((folder / "queues.yaml").read_text("utf-8"))
    data["queues"]["repair"]["wrap_up"] = 7
    (folder / "queues.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    second = engine_of(folder, home)
    second.take_up()
    stop(second)
    (folder / "queues.yaml").write_text("nonsense", "utf-8")
    third = engine_of(folder, home)
    third.take_up()
    assert third.floor.rules.queues[QueueId("repair")].wrap_up_s == 7.0
    stop(third)
