"""Who leaves a queue and has his place again: by a key and back, or after a hang-up and another call."""

from typing import Any

import pytest

from acd import events as ev
from acd.commands import GoToNode, OfferCall, PlayPrompt
from acd.model import CallId, CallState, Disposition, QueueId
from acd.records import CallAnswered, CallEnded, QueueEntered, QueueLeft
from acd.rules import Overflow, QueueRules
from acd.waiting import DEAF_S
from agents.roster import AgentId
from tests.unit.acd.floors import Stage, queue, restored, rules

KEYS = {"1": "callback", "*": "menu"}
ANNA = AgentId("anna")


def stage_with(*queues: QueueRules) -> Stage:
    """Anna serves all queues and talks with the first caller."""
    stage = Stage(rules({"anna": [one.id for one in queues]}, queues), "anna")
    stage.caller("before")
    stage.answer("before")
    return stage


def press(stage: Stage, call: str, key: str) -> list[Any]:
    """The commands that come of it."""
    return stage.tell(ev.WaitingKeyPressed(call=CallId(call), key=key)).commands


def rings_again(stage: Stage, name: str, number: str, into: str = "sales") -> QueueEntered:
    """What is recorded of the caller's coming into the queue."""
    stage.caller(name, number=number, into=into)
    entered: QueueEntered = stage.last(QueueEntered)
    return entered


# --- keys ---------------------------------------------------------------------------------------------------------------


def test_key_leads_to_its_node_and_who_comes_back_is_where_he_was() -> None:
    stage = stage_with(queue(keys=KEYS))
    stage.caller("a")
    stage.wait(1.0)
    stage.caller("b")
    stage.wait(9.0)
    assert press(stage, "a", "1") == [GoToNode(call=CallId("a"), node="callback")]
    left: QueueLeft = stage.last(QueueLeft)
    assert (left.how, left.why, left.wait_s) == ("overflowed", "key", 10.0)
    stage.wait(10.0)
    assert stage.floor.position(stage.call("b")) == 1
    stage.tell(ev.CallQueued(call=CallId("a"), queue=QueueId("sales")))
    assert stage.floor.position(stage.call("a")) == 1
    assert stage.floor.position(stage.call("b")) == 2


def test_agent_who_comes_free_meanwhile_takes_the_next_one() -> None:
    stage = stage_with(queue(keys=KEYS, wrap_up_s=0.0))
    stage.caller("a")
    stage.caller("b")
    stage.wait(1.0)
    press(stage, "a", "1")
    stage.tell(ev.TalkEnded(offer=stage.offer("before").id))
    assert stage.rung_for("b") == ANNA


def test_who_comes_back_is_met_by_no_limit() -> None:
    stage = stage_with(queue(keys=KEYS, max_waiting=1, full=Overflow(busy=True)))
    stage.caller("a")
    stage.wait(1.0)
    press(stage, "a", "*")
    stage.caller("b")
    stage.tell(ev.CallQueued(call=CallId("a"), queue=QueueId("sales")))
    assert stage.call("a").state is CallState.WAITING


@pytest.mark.parametrize("key", ["9", "#"])
def test_key_without_a_meaning_changes_nothing(key: str) -> None:
    stage = stage_with(queue(keys=KEYS))
    stage.caller("a")
    stage.wait(1.0)
    assert press(stage, "a", key) == []
    assert stage.call("a").state is CallState.WAITING


def test_key_that_brought_him_here_and_keys_while_phones_ring_are_not_listened_to() -> None:
    stage = stage_with(queue(keys=KEYS, wrap_up_s=0.0))
    stage.caller("a")
    stage.wait(DEAF_S / 2)
    assert press(stage, "a", "1") == []
    stage.wait(DEAF_S)
    stage.tell(ev.TalkEnded(offer=stage.offer("before").id))
    assert stage.call("a").state is CallState.OFFERED
    assert press(stage, "a", "1") == []


def test_place_is_kept_though_no_agent_could_be_looked_for_yet() -> None:
    stage = stage_with(queue(keys=KEYS, max_waiting=1, full=Overflow(busy=True)))
    stage.tell(ev.LinkLost())
    stage.caller("a")
    stage.wait(1.0)
    press(stage, "a", "1")
    stage.caller("b")
    stage.tell(ev.CallQueued(call=CallId("a"), queue=QueueId("sales")))
    assert stage.floor.position(stage.call("a")) == 1


def test_call_that_ends_in_the_flow_after_a_queue_did_not_end_there_alone() -> None:
    stage = stage_with(queue(keys=KEYS))
    stage.caller("a")
    stage.wait(1.0)
    press(stage, "a", "1")
    stage.tell(ev.CallClosed(call=CallId("a"), reason="callback"))
    ended: CallEnded = stage.last(CallEnded)
    assert ended.disposition is Disposition.OVERFLOWED


# --- a place resumed ------------------------------------------------------------------------------------------------------


def test_who_rings_again_in_time_has_his_place_once() -> None:
    stage = stage_with(queue(resume_s=300.0, wrap_up_s=0.0))
    stage.caller("a", number="139")
    stage.wait(10.0)
    stage.caller("b")
    stage.tell(ev.CallLeftByCaller(call=CallId("a")))
    stage.wait(100.0)
    stage.floor = restored(stage.floor)
    assert rings_again(stage, "again", "139").resumed
    assert any(isinstance(one, PlayPrompt) and one.prompts == ("place_resumed",) for one in stage.commands)
    assert stage.floor.position(stage.call("again")) == 1
    assert not rings_again(stage, "third", "139").resumed
    assert stage.floor.position(stage.call("third")) == 3
    stage.wait(5.0)
    stage.tell(ev.TalkEnded(offer=stage.offer("before").id))
    stage.answer("again")
    answered: CallAnswered = stage.last(CallAnswered)
    assert (answered.wait_s, answered.total_wait_s) == (5.0, 5.0)


@pytest.mark.parametrize(
    ("number", "into", "later_s"),
    [("139", "sales", 301.0), ("138", "sales", 10.0), ("139", "repair", 10.0), ("", "sales", 1.0)],
)
def test_no_place_is_resumed_too_late_by_others_or_in_another_queue(number: str, into: str, later_s: float) -> None:
    stage = stage_with(queue(resume_s=300.0), queue("repair", resume_s=300.0))
    first = "139" if number else ""
    for call in ("a",):
        stage.tell(
            ev.CallArrived(call=CallId(call), channel="PJSIP/x", number=first, did="400"),
            ev.CallQueued(call=CallId(call), queue=QueueId("sales")),
        )
    stage.tell(ev.CallLeftByCaller(call=CallId("a")))
    stage.wait(later_s)
    stage.tell(
        ev.CallArrived(call=CallId("again"), channel="PJSIP/x", number=number, did="400"),
        ev.CallQueued(call=CallId("again"), queue=QueueId(into)),
    )
    entered: QueueEntered = stage.last(QueueEntered)
    assert not entered.resumed


def test_who_has_a_place_is_let_into_a_full_queue() -> None:
    stage = stage_with(queue(resume_s=300.0, max_waiting=1, full=Overflow(busy=True)))
    stage.caller("a", number="139")
    stage.tell(ev.CallLeftByCaller(call=CallId("a")))
    stage.caller("b")
    assert rings_again(stage, "again", "139").resumed
    assert stage.call("again").state is CallState.WAITING


def test_kept_places_go_when_nobody_comes_back_for_them() -> None:
    stage = stage_with(queue(resume_s=60.0))
    for number in range(50):
        stage.caller(f"c{number}", number=f"139{number}")
        stage.tell(ev.CallLeftByCaller(call=CallId(f"c{number}")))
        stage.wait(10.0)
    assert len(stage.floor.left_places) <= 7


# --- who counts as waiting -------------------------------------------------------------------------------------------------


def test_callers_held_and_callers_whose_leg_is_away_count_as_waiting() -> None:
    stage = stage_with(queue(max_waiting=2, full=Overflow(prompt="sorry")))
    stage.caller("held")
    stage.tell(ev.CallAssigned(call=CallId("held"), agent=ANNA, by="li"))
    stage.caller("away")
    stage.tell(ev.CallDetached(call=CallId("away")))
    stage.caller("third")
    assert stage.call("third").state is CallState.AFTER


# --- who refused to be recorded ---------------------------------------------------------------------------------------------


def test_caller_who_refused_is_recorded_in_no_queue() -> None:
    stage = Stage(rules({"anna": ["sales"]}, [queue(record=True)]), "anna")
    stage.tell(ev.CallArrived(call=CallId("a"), channel="PJSIP/x", number="139", did="400"))
    outcome = stage.tell(ev.CallQueued(call=CallId("a"), queue=QueueId("sales"), unrecorded=True))
    (offered,) = [one for one in outcome.commands if isinstance(one, OfferCall)]
    assert not offered.record
