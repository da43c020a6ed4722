"""What the metrics page of a real engine and a real floor shows."""

from pathlib import Path

import pytest

from acd import events as ev
from acd.core import step
from acd.floor import Floor
from acd.model import CallId, CallState, QueueId
from acd.rules import QueueRules, Rules
from agents.roster import AgentId, AgentSettings, BreakRule
from agents.state import AgentState
from engine.disks import Disks
from engine.live import FloorView
from metrics.live_view import Break
from tests.unit.engine.test_health import engine_of

LI, WANG = AgentId("1001"), AgentId("1002")
SALES = QueueId("sales")
NINE = 1_700_000_000.0


def floor_at_nine() -> Floor:
    rules = Rules.of(
        "r1",
        [QueueRules(id=SALES)],
        [AgentSettings(id=agent, name="", queues=(SALES,), groups=("day",)) for agent in (LI, WANG)],
        breaks={"day": BreakRule(longest_s=900.0), "night": BreakRule(at_most=1)},
    )
    floor = Floor.under(rules)
    for agent in (LI, WANG):
        step(floor, ev.AgentLoggedIn(agent=agent), NINE)
    return floor


def test_breaks_are_those_the_group_has_a_rule_for() -> None:
    floor = floor_at_nine()
    step(floor, ev.AgentNotReady(agent=LI, reason="break"), NINE)
    step(floor, ev.AgentNotReady(agent=WANG, reason="meeting"), NINE + 10)
    view = FloorView(floor, lambda: NINE + 60)
    assert view.breaks() == {"day": Break(1, 60.0, 900.0), "night": Break(0, 0.0, None)}


def test_calls_and_groups_are_counted_by_state() -> None:
    floor = floor_at_nine()
    step(floor, ev.CallArrived(call=CallId("a"), channel="", number="", did="400"), NINE)
    step(floor, ev.CallArrived(call=CallId("b"), channel="", number="", did="400"), NINE)
    step(floor, ev.CallQueued(call=CallId("b"), queue=SALES), NINE)
    view = FloorView(floor, lambda: NINE + 5)
    assert {state: count for state, count in view.calls().items() if count} == {CallState.IVR: 1, CallState.WAITING: 1}
    assert view.group_agents() == {("day", AgentState.NOT_READY): 2}
    assert view.waiting_calls() == {SALES: 1}
    assert view.longest_wait_s() == {SALES: 5.0}


def test_disk_that_cannot_be_asked_is_left_out(tmp_path: Path) -> None:
    measured = Disks({"home": tmp_path, "recordings": tmp_path / "not mounted"}).measure()
    assert measured.keys() == {"home"}
    assert 0 < measured["home"].free <= measured["home"].size


async def test_engine_can_read_every_metric_and_shows_the_targets_of_its_configuration(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine_of(tmp_path) as engine:
        engine.disks.measured = Disks({"home": tmp_path}).measure()
        page = engine.exporter.render().decode()
    assert [record.getMessage() for record in caplog.records if "metric" in record.getMessage()] == []
    assert 'callcenter_figure_target{figure="service_level",bound="low"} 0.8\n' in page
    assert 'callcenter_component_up{component="ami"} 0\n' in page
    assert 'callcenter_disk_free_bytes{folder="home"} ' in page
