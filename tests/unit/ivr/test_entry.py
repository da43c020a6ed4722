"""Where a leg that reaches the engine goes on."""

import pytest

from acd.model import Call, CallId, CallState, Disposition, OfferId, QueueId
from agents.roster import AgentId
from ivr.entry import (
    AfterTalk,
    AtNode,
    Entry,
    Forgotten,
    InQueue,
    LastWord,
    NewCall,
    entry_of,
    place_in_queue,
    talked_offer,
)
from ivr.nodes import NodeId


def known(state: CallState, ending: Disposition | None = None) -> Call:
    offer = OfferId("c-1") if state in (CallState.OFFERED, CallState.TALKING) else None
    queue = QueueId("sales") if state is not CallState.IVR else None
    return Call(
        id=CallId("c"),
        channel="PJSIP/trunk-1",
        number="1",
        name="",
        did="400",
        opened_at=1.0,
        state=state,
        node="menu",
        queue=queue,
        offer=offer,
        ending=ending,
    )


@pytest.mark.parametrize(
    ("call", "talked", "entry"),
    [
        (known(CallState.IVR), False, AtNode(NodeId("menu"))),
        (known(CallState.WAITING), False, InQueue(QueueId("sales"))),
        (known(CallState.OFFERED), False, InQueue(QueueId("sales"))),
        (known(CallState.OFFERED), True, AfterTalk(OfferId("c-1"), 5.0, 9.0)),
        (known(CallState.TALKING), True, AfterTalk(OfferId("c-1"), 5.0, 9.0)),
        (known(CallState.TALKING), False, AfterTalk(OfferId("c-1"), 5.0, 9.0)),
        (known(CallState.AFTER), True, AfterTalk(None, 5.0, 9.0)),
        (known(CallState.AFTER, Disposition.SERVED), False, AfterTalk(None, 5.0, 9.0)),
        (known(CallState.AFTER, Disposition.OVERFLOWED), False, LastWord()),
        (known(CallState.AFTER, Disposition.BLOCKED), False, LastWord()),
    ],
)
def test_known_caller_goes_on_where_the_floor_has_him(call: Call, talked: bool, entry: Entry) -> None:
    assert entry_of(call, talked=talked, answered_at=5.0, ended_at=9.0) == entry


@pytest.mark.parametrize("priority", [0, 7, -3])
def test_forgotten_caller_is_put_back_into_the_queue_his_channel_names(priority: int) -> None:
    place = place_in_queue(QueueId("sales"), priority)
    assert entry_of(None, place) == Forgotten(QueueId("sales"), priority)


@pytest.mark.parametrize(
    "place", ["", "waiting", "waiting//0", "waiting/sales/x", "waiting/a/1/2", "x/sales/1", "\r\n"]
)
def test_place_that_is_not_ours_makes_a_new_call(place: str) -> None:
    assert entry_of(None, place) == NewCall()


def test_forgotten_caller_who_has_talked_hears_good_bye() -> None:
    assert entry_of(None, place_in_queue(QueueId("sales"), 0), talked=True) == AfterTalk()


FIRST, SECOND = OfferId("c-1"), OfferId("c-2")
WHOSE = {FIRST: AgentId("anna"), SECOND: AgentId("ben")}


@pytest.mark.parametrize(
    ("ringing", "answered_by", "offer"),
    [
        ([FIRST, SECOND], "anna", FIRST),
        ([FIRST, SECOND], "ben", SECOND),
        ([FIRST, SECOND], "", FIRST),
        ([FIRST], "ben", FIRST),
        ([], "ben", FIRST),
    ],
)
def test_caller_comes_back_from_the_talk_of_the_phone_that_was_answered(
    ringing: list[OfferId], answered_by: str, offer: OfferId
) -> None:
    call = known(CallState.OFFERED)
    call.ringing = ringing
    assert talked_offer(call, WHOSE, AgentId(answered_by)) == offer
    assert entry_of(call, talked=True, offer=offer) == AfterTalk(offer)
