"""What is found out after an absence of callbacks that were being made, and that the floor then agrees with Asterisk."""

import pytest

from acd import events as ev
from acd.model import AttemptOutcome, CallbackEnd, CallId, Disposition, OfferId, OfferOutcome
from acd.records import CallbackClosed, CallEnded
from acd.rules import CallbackRules, Dialling
from cti.cel import ChannelPast
from cti.reconcile import missed_of_calls, missing
from cti.translate import LiveChannel
from tests.unit.acd.floors import Stage, queue, rules
from tests.unit.acd.test_callbacks import asks, live

LOST_AT = 1020.0
RINGING, UP = 5, 6
PHONE, LINE = "PJSIP/agent-anna-00000001", "PJSIP/trunk-00000002"
CUSTOMER = "site-1795338018.9"
NO_ANSWER, AWAY = AttemptOutcome.NO_ANSWER, AttemptOutcome.AGENT_NOT_AVAILABLE


def stage(*steps: str, customer_first: bool) -> Stage:
    """Anna is offered a customer; what else happens; then sight is lost."""
    sales = queue("sales", callback=CallbackRules(customer_first=customer_first))
    found = Stage(rules({"anna": ["sales"]}, [sales], dialling=Dialling(prefixes=("1",))))
    asks(found)
    found.come_to_work("anna")
    call = live(found)
    for step in steps:
        if step == "picked_up":
            found.answer(call.id)
        elif step == "reached":
            found.tell(ev.CustomerReached(call=call.id))
    found.now = LOST_AT
    found.tell(ev.EngineStarted())
    return found


def names(stage: Stage) -> tuple[CallId, OfferId, str]:
    (offer,) = stage.floor.offers.values()
    return offer.call, offer.id, offer.leg


def channel(uniqueid: str, name: str, state: int, linked: str, agent: str | None = None) -> LiveChannel:
    return LiveChannel(name, uniqueid, linked, state, "Dial", "", 10, agent)


def told(stage: Stage, living: list[LiveChannel], past: list[ChannelPast]) -> list[ev.Event]:
    """And a second look finds nothing more, once it is told."""
    diary = {one.unique_id: one for one in past}
    assert missing(stage.floor, living)
    events = missed_of_calls(stage.floor, living, diary, 1.0)
    stage.tell(*events)
    assert missed_of_calls(stage.floor, living, diary, 1.0) == []
    return events


def test_customer_whose_phone_rings_is_waited_for() -> None:
    found = stage(customer_first=True)
    call, _, _ = names(found)
    assert told(found, [channel(call, LINE, RINGING, call)], []) == []


@pytest.mark.parametrize(
    ("past", "outcome", "at"),
    [
        ([], None, None),
        ([(None, 1030.0)], NO_ANSWER, 1030.0),
        ([(1025.0, 1030.0)], AWAY, 1030.0),
    ],
)
def test_customer_who_is_not_being_called_any_more_was_not_reached_or_never_dialled(
    past: list[tuple[float | None, float]], outcome: AttemptOutcome | None, at: float | None
) -> None:
    found = stage(customer_first=True)
    call, _, _ = names(found)
    diary = [ChannelPast(LINE, call, call, answered, ended) for answered, ended in past]
    events = missed_of_calls(found.floor, [], {one.unique_id: one for one in diary}, 1.0)
    assert events == [ev.CustomerMissed(call=call, outcome=outcome, at=at)]


def test_customer_whom_asterisks_own_queue_served_is_not_called_again() -> None:
    found = stage(customer_first=True)
    call, offer, _ = names(found)
    past = [ChannelPast(LINE, call, call, 1025.0, 1090.0), ChannelPast(PHONE, "leg.7", call, 1060.0, 1090.0)]
    reached, left = missed_of_calls(found.floor, [], {one.unique_id: one for one in past}, 1.0)
    assert reached == ev.CustomerReached(call=call, channel=LINE, at=1025.0)
    found.tell(reached, ev.CallDetached(call=call))
    found.tell(ev.OfferFailed(offer=offer, outcome=OfferOutcome.WITHDRAWN, cause="no_leg"), left)
    assert found.last(CallEnded).disposition is Disposition.LAST_RESORT
    assert found.last(CallbackClosed).how is CallbackEnd.DONE
    assert not found.floor.callbacks


def test_agents_phone_rings_on() -> None:
    found = stage(customer_first=False)
    _, _, leg = names(found)
    assert told(found, [channel(leg, PHONE, RINGING, leg, "anna")], []) == []


def test_agent_who_picked_up_is_told_of_with_the_diarys_time() -> None:
    found = stage(customer_first=False)
    _, offer, leg = names(found)
    past = [ChannelPast(PHONE, leg, leg, answered_at=1018.0)]
    events = told(found, [channel(leg, PHONE, UP, leg, "anna")], past)
    assert events == [ev.OfferAnswered(offer=offer, at=1018.0)]


def test_customer_who_answered_unseen_talks() -> None:
    found = stage("picked_up", customer_first=False)
    call, _, leg = names(found)
    living = [channel(leg, PHONE, UP, leg, "anna"), channel(CUSTOMER, LINE, UP, leg)]
    events = told(found, living, [ChannelPast(LINE, CUSTOMER, leg, answered_at=1019.0)])
    assert events == [ev.CustomerReached(call=call, at=1019.0)]


def test_talk_that_began_and_ended_unseen_is_a_talk() -> None:
    found = stage(customer_first=False)
    call, offer, leg = names(found)
    past = [ChannelPast(PHONE, leg, leg, 1018.0, 1050.0), ChannelPast(LINE, CUSTOMER, leg, 1025.0, 1050.0)]
    assert told(found, [], past) == [
        ev.OfferAnswered(offer=offer, at=1018.0),
        ev.CustomerReached(call=call, at=1025.0),
        ev.TalkEnded(offer=offer, at=1050.0),
    ]
    assert not found.floor.calls


def test_customer_who_gave_the_agent_no_answer_is_tried_again() -> None:
    found = stage("picked_up", customer_first=False)
    call, _, leg = names(found)
    past = [ChannelPast(PHONE, leg, leg, 1018.0, 1050.0, hung_up_by="dialplan/builtin")]
    assert told(found, [], past) == [ev.CustomerMissed(call=call, outcome=NO_ANSWER, at=1050.0)]


def test_agent_who_hung_up_before_the_customer_answered() -> None:
    found = stage("picked_up", customer_first=False)
    _, offer, leg = names(found)
    past = [ChannelPast(PHONE, leg, leg, 1018.0, 1050.0, hung_up_by=PHONE)]
    assert told(found, [], past) == [ev.TalkEnded(offer=offer, at=1050.0)]


def test_phone_that_rang_and_is_gone_was_lost_sight_of() -> None:
    found = stage(customer_first=False)
    _, offer, _ = names(found)
    failed = ev.OfferFailed(offer=offer, outcome=OfferOutcome.WITHDRAWN, cause="lost_sight", at=LOST_AT)
    assert told(found, [], []) == [failed]


def test_talk_that_ended_unseen() -> None:
    found = stage("picked_up", "reached", customer_first=False)
    _, offer, leg = names(found)
    past = [ChannelPast(PHONE, leg, leg, 1018.0, 1050.0)]
    living: list[LiveChannel] = []
    assert missed_of_calls(found.floor, living, {one.unique_id: one for one in past}, 1.0) == [
        ev.TalkEnded(offer=offer, at=1050.0)
    ]
