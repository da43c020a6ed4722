"""The floor goes into a snapshot and comes back as it was: the same events then have the same outcome, to the byte."""

import msgspec

from acd import events as ev
from acd.core import step
from acd.floor import Floor
from acd.model import CallId
from acd.rules import Affinity, Overflow, Strategy
from tests.unit.acd.floors import Stage, outcome_bytes, queue, restored, rules


def test_round_robin_scores_after_a_restart_are_written_as_before() -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [queue(strategy=Strategy.ROUND_ROBIN)]), "anna", "ben")
    stage.caller("c1")
    stage.talk("c1", 10.0)
    stage.wait(60.0)
    twin = restored(stage.floor)
    event = ev.CallArrived(call=CallId("c2"), channel="x", number="139", did="400")
    queued = ev.CallQueued(call=CallId("c2"), queue=queue().id)
    assert outcome_bytes(step(stage.floor, event, stage.now)) == outcome_bytes(step(twin, event, stage.now))
    assert outcome_bytes(step(stage.floor, queued, stage.now)) == outcome_bytes(step(twin, queued, stage.now))
    assert msgspec.json.encode(stage.floor) == msgspec.json.encode(twin)


def busy_floor() -> Stage:
    """Callers waiting, held, ringing and talking; agents in wrap-up, on a break, talking with a wish."""
    stage = Stage(
        rules(
            {"anna": ["sales"], "ben": ["sales", "repair"], "cleo": ["repair"], "dan": ["repair"]},
            [
                queue(affinity=Affinity(), max_wait_s=300.0, overflow=Overflow(prompt="sorry")),
                queue("repair", strategy=Strategy.LEAST_BUSY),
            ],
            vip={"139": 1},
            vip_priority={1: 5},
        ),
        *("anna", "ben", "cleo"),
    )
    stage.caller("c1", "139")
    stage.talk("c1", 60.0)
    stage.wait(30.0)
    stage.caller("c2", "139")
    stage.caller("c3", into="repair")
    stage.answer("c2")
    stage.caller("c4")
    stage.caller("c5", "139")
    stage.caller("c6", into="repair")
    stage.tell(ev.AgentNotReady(agent=stage.offer("c2").agent, reason="break"))
    stage.tell(ev.CallArrived(call=CallId("c7"), channel="x", number="137", did="400", name="王'\n\"<b>"))
    return stage


def test_busy_floor_comes_back_from_a_snapshot_as_it_was() -> None:
    floor = busy_floor().floor
    assert restored(floor) == floor
    assert msgspec.json.encode(restored(floor)) == msgspec.json.encode(floor)


def test_floor_nobody_has_used_yet_comes_back_from_a_snapshot() -> None:
    floor = Floor.under(rules({"anna": ["sales"]}))
    assert restored(floor) == floor


def test_events_after_a_snapshot_have_the_same_outcome_to_the_byte() -> None:
    stage = busy_floor()
    twin = restored(stage.floor)
    events: list[ev.Event] = [
        ev.TalkEnded(offer=stage.offer("c2").id),
        ev.CallRejoined(call=CallId("c2")),
        ev.CallLeftByCaller(call=CallId("c3")),
        ev.DeadlinePassed(),
        ev.EngineStarted(),
        ev.CallRejoined(call=CallId("c4")),
        ev.LinkRegained(),
    ]
    for number, event in enumerate(events):
        now = stage.now + 7.25 * number
        assert outcome_bytes(step(stage.floor, event, now)) == outcome_bytes(step(twin, event, now))
        assert msgspec.json.encode(stage.floor) == msgspec.json.encode(twin)
