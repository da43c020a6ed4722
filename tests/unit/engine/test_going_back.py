"""Reloading and going back over HTTP, with a whole engine that listens for HTTP alone."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from acd import events as ev
from acd.model import CallId, QueueId
from agents.accounts import Role
from agents.roster import AgentId
from agents.state import AgentState
from engine.app import Engine
from engine.config import load
from engine.gone_back import configuration_to_start_with
from engine.rehearsal import write_configuration
from engine.site import settle_site

REPAIR = QueueId("repair")


class Site:
    """An engine over a configuration that tests change."""

    def __init__(self, folder: Path) -> None:
        self.files, self.home = folder / "config", folder / "home"
        self.write()

    def write(self, **changes: Callable[[Any], None]) -> str:
        """Write the files; their version."""
        write_configuration(self.files, changes or None)
        return load(self.files).version

    async def start(self) -> None:
        configuration = configuration_to_start_with(self.files, self.home)
        self.engine = Engine(settle_site(configuration, self.home, keep=True))
        self.engine.take_up()
        await self.engine.web.start()

    async def stop(self) -> None:
        await self.engine.web.stop()
        self.engine.runner.close()
        self.engine.journal.close()
        self.engine.spool.close()

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        token = self.engine.web.accounts.token_for(Role.ADMINISTRATOR)
        url = f"http://{self.engine.site.endpoints.http}{path}"
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
            session.request(method, url, json=body) as answer,
        ):
            return answer.status, await answer.json()

    @property
    def ring_s(self) -> float:
        """What tells the versions apart."""
        return self.engine.floor.rules.queues[REPAIR].ring_s


def ring(seconds: int) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        data["queues"]["repair"]["ring"] = seconds

    return change


def without(queue: str, instead: str) -> dict[str, Callable[[Any], None]]:
    """The files without a queue, and with another ringing time; who came to the queue goes to another one."""

    def queues(data: Any) -> None:
        del data["queues"][queue]
        ring(33)(data)

    def agents(data: Any) -> None:
        for agent in data["agents"].values():
            agent["queues"] = [one for one in agent["queues"] if one != queue] or [instead]

    def ivr(data: Any) -> None:
        for node in data["nodes"].values():
            if node.get("queue") == queue:
                node["queue"] = instead

    return {"queues": queues, "agents": agents, "ivr": ivr}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path)
    await site.start()
    yield site
    await site.stop()


async def test_what_was_in_force_is_kept_and_can_be_gone_back_to_and_forth(site: Site) -> None:
    first = site.engine.floor.rules.version
    second = site.write(queues=ring(33))
    assert await site.ask("POST", "/api/reload") == (200, {"rules": second})
    assert site.ring_s == 33.0
    _, body = await site.ask("GET", "/api/rules")
    assert (body["version"], [one["version"] for one in body["kept"]]) == (second, [second, first])
    assert body["kept"][0]["at"] > body["kept"][1]["at"] > 1_000_000_000
    assert await site.ask("POST", "/api/rollback") == (200, {"version": first})
    assert site.ring_s != 33.0
    assert await site.ask("POST", "/api/rollback", {"version": second}) == (200, {"version": second})
    assert site.ring_s == 33.0
    assert site.engine.configuration.folder == site.files


async def test_version_nobody_kept_is_a_404_and_changes_nothing(site: Site) -> None:
    version = site.engine.floor.rules.version
    for wanted in ("nothing", "../../etc", ""):
        status, body = await site.ask("POST", "/api/rollback", {"version": wanted})
        assert (status, body["error"]) == (404, "unknown_version")
    status, body = await site.ask("POST", "/api/rollback")
    assert (status, body["error"]) == (404, "unknown_version"), "there is no version before the first"
    assert site.engine.floor.rules.version == version


async def test_rules_that_were_gone_back_to_hold_over_a_restart_until_the_files_are_changed(site: Site) -> None:
    first = site.engine.floor.rules.version
    site.write(queues=ring(33))
    await site.ask("POST", "/api/reload")
    await site.ask("POST", "/api/rollback")
    await site.stop()
    await site.start()
    assert site.engine.floor.rules.version == first
    third = site.write(queues=ring(44))
    await site.stop()
    await site.start()
    assert (site.engine.floor.rules.version, site.ring_s) == (third, 44.0)


async def test_reload_after_going_back_uses_the_files_again(site: Site) -> None:
    second = site.write(queues=ring(33))
    await site.ask("POST", "/api/reload")
    await site.ask("POST", "/api/rollback")
    assert await site.ask("POST", "/api/reload") == (200, {"rules": second})
    await site.stop()
    await site.start()
    assert site.engine.floor.rules.version == second


async def test_queue_with_a_caller_cannot_be_taken_out_and_nothing_else_of_the_change_comes_into_force(
    site: Site,
) -> None:
    call = CallId("x-1.0")
    site.engine.runner.tell(ev.CallArrived(call=call, channel="PJSIP/trunk-1", number="1", did="400"))
    site.engine.runner.tell(ev.CallQueued(call=call, queue=QueueId("complaint")))
    before = (site.engine.floor.rules.version, site.ring_s)
    site.write(**without("complaint", "repair"))
    status, body = await site.ask("POST", "/api/reload")
    assert (status, body["error"]) == (409, "queue_in_use")
    assert (site.engine.floor.rules.version, site.ring_s) == before
    assert QueueId("complaint") in site.engine.floor.rules.queues
    site.engine.runner.tell(ev.CallLeftByCaller(call=call))
    assert (await site.ask("POST", "/api/reload"))[0] == 200
    assert QueueId("complaint") not in site.engine.floor.rules.queues


async def test_going_back_to_rules_without_an_agent_who_is_logged_in_is_refused_whole(site: Site) -> None:
    def newcomer(data: Any) -> None:
        data["agents"]["1099"] = {"name": "New", "queues": ["repair"]}

    first = site.engine.floor.rules.version
    second = site.write(agents=newcomer, queues=ring(33))
    await site.ask("POST", "/api/reload")
    await site.ask("POST", "/api/agents/1099/state", {"state": "login"})
    status, body = await site.ask("POST", "/api/rollback", {"version": first})
    assert (status, body["error"]) == (409, "agent_in_use")
    assert (site.engine.floor.rules.version, site.ring_s) == (second, 33.0)
    assert site.engine.floor.agents[AgentId("1099")].state is AgentState.NOT_READY
    await site.ask("POST", "/api/agents/1099/state", {"state": "logout"})
    assert await site.ask("POST", "/api/rollback", {"version": first}) == (200, {"version": first})


async def test_broken_file_is_refused_with_its_problems_and_no_queue_is_touched(site: Site) -> None:
    version = site.engine.floor.rules.version
    (site.files / "queues.yaml").write_text("queues: [", "utf-8")
    status, body = await site.ask("POST", "/api/reload")
    assert (status, body["error"]) == (422, "bad_configuration")
    assert "queues.yaml:2:1: not YAML" in body["problems"][0]
    assert (await site.ask("GET", "/api/rules"))[1]["version"] == version
