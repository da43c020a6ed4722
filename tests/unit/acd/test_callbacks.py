"""Customers who are called back: their place, the two ways to bring them together with an agent, attempts, ends."""

from typing import Any

import msgspec
import pytest

from acd import events as ev
from acd.commands import DialCustomer, HangUpLeg, OfferCall, RingAgentFirst, WithdrawOffer
from acd.core import Refused
from acd.model import (
    AttemptOutcome,
    Call,
    CallbackEnd,
    CallbackId,
    CallId,
    CallState,
    Disposition,
    OfferOutcome,
    QueueId,
)
from acd.records import (
    CallAnswered,
    CallbackAttempted,
    CallbackClosed,
    CallbackOpened,
    CallEnded,
    OfferEnded,
    QueueEntered,
    QueueLeft,
    TalkFinished,
)
from acd.rules import CallbackRules, Dialling, Overflow
from agents.state import AgentState
from tests.unit.acd.floors import Stage, queue, restored, rules

SALES = QueueId("sales")
WISH = CallbackId("wish")
NUMBER = "13800138000"
ATTEMPTS = 2
RETRY_S, KEEP_S, RING_S = 300.0, 7200.0, 25.0


def centre(*on_duty: str, **how: Any) -> Stage:
    """One queue, two agents; who asks is called back."""
    usual: dict[str, Any] = {"attempts": ATTEMPTS, "retry_s": (RETRY_S,), "keep_s": KEEP_S, "ring_s": RING_S}
    back = CallbackRules(**(usual | how))
    sales = queue("sales", callback=back, max_wait_s=600.0, overflow=Overflow(prompt="sorry"))
    dialling = Dialling(prefixes=("1",), caller_id="4008869119")
    return Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [sales], dialling=dialling), *on_duty)


def asks(stage: Stage, name: str = "c", number: str = NUMBER, wish: CallbackId = WISH) -> None:
    """A caller who waits asks for it and hangs up."""
    stage.caller(name, number)
    stage.tell(ev.CallbackRequested(callback=wish, call=CallId(name), number=number, queue=SALES))
    stage.tell(ev.CallLeftByCaller(call=CallId(name)))


def live(stage: Stage, wish: CallbackId = WISH) -> Call:
    """The call that stands in line, or is made, for him."""
    found = stage.floor.callbacks[wish].live
    assert found is not None
    return stage.floor.calls[found]


def outcomes(stage: Stage) -> list[AttemptOutcome]:
    return [record.outcome for record in stage.records if isinstance(record, CallbackAttempted)]


def of_kind(stage: Stage, kind: type[Any]) -> list[Any]:
    return [record for record in stage.records if isinstance(record, kind)]


def test_he_stands_at_his_callers_place_behind_older_and_before_younger_callers() -> None:
    stage = centre()
    stage.caller("older")
    stage.wait(10)
    asks(stage)
    stage.wait(10)
    stage.caller("younger")
    places = {name: stage.floor.position(call) for name, call in stage.floor.calls.items()}
    assert places == {"older": 1, live(stage).id: 2, "younger": 3}
    stage.come_to_work("anna")
    assert stage.rung_for("older") == "anna"
    stage.come_to_work("ben")
    assert live(stage).state is CallState.OFFERED
    assert stage.call("younger").state is CallState.WAITING


def test_he_is_not_called_while_he_is_still_on_the_line_in_which_he_asked() -> None:
    stage = centre()
    stage.caller("c", NUMBER)
    stage.tell(ev.CallbackRequested(callback=WISH, call=CallId("c"), number=NUMBER, queue=SALES))
    assert stage.floor.callbacks[WISH].live is None
    stage.tell(ev.CallLeftByCaller(call=CallId("c")))
    assert live(stage).state is CallState.WAITING


def test_agent_first_his_phone_rings_then_the_customer_is_called_and_they_talk() -> None:
    stage = centre("anna")
    stage.tell(ev.AgentNotReady(agent=stage.agent("anna").id, reason="break"))
    asks(stage)
    stage.wait(60)
    stage.tell(ev.AgentReady(agent=stage.agent("anna").id))
    call = live(stage)
    (ring,) = [command for command in stage.commands if isinstance(command, RingAgentFirst)]
    assert (ring.agent, ring.number, ring.caller_id, ring.customer_ring_s) == ("anna", NUMBER, "4008869119", RING_S)
    assert ring.leg == stage.offer(call.id).leg
    stage.answer(call.id)
    assert stage.agent("anna").state is AgentState.TALKING
    assert not of_kind(stage, CallAnswered)
    stage.wait(8)
    stage.tell(ev.CustomerReached(call=call.id))
    answered = stage.last(CallAnswered)
    assert (answered.callback, answered.agent, answered.total_wait_s) == (WISH, "anna", 68.0)
    assert stage.last(CallbackClosed).how is CallbackEnd.DONE
    offer = call.offer
    assert offer is not None
    stage.wait(30)
    stage.tell(ev.TalkEnded(offer=offer))
    assert stage.last(TalkFinished).talk_s == 30.0
    ended = stage.last(CallEnded)
    assert (ended.disposition, ended.callback, ended.agent) == (Disposition.SERVED, WISH, "anna")
    assert stage.agent("anna").state is AgentState.WRAP_UP
    assert outcomes(stage) == [AttemptOutcome.ANSWERED]
    assert not stage.floor.calls


def test_customer_first_an_agent_is_kept_while_he_is_called_and_rung_when_he_answers() -> None:
    stage = centre(customer_first=True)
    asks(stage)
    stage.come_to_work("anna")
    call = live(stage)
    (dial,) = [command for command in stage.commands if isinstance(command, DialCustomer)]
    assert (dial.call, dial.number, dial.ring_s) == (call.id, NUMBER, RING_S)
    assert stage.agent("anna").state is AgentState.OFFERED
    stage.answer(call.id)  # a phone that does not ring cannot be answered
    assert stage.agent("anna").state is AgentState.OFFERED
    stage.wait(RING_S - 1)
    stage.tell(ev.CustomerReached(call=call.id, channel="PJSIP/trunk-1"))
    (ring,) = [command for command in stage.commands if isinstance(command, OfferCall) and command.call == call.id]
    assert ring.agent == "anna"
    stage.answer(call.id)
    assert stage.last(CallbackClosed).how is CallbackEnd.DONE
    stage.tell(
        ev.TalkEnded(offer=ring.offer), ev.CallRejoined(call=call.id), ev.CallClosed(call=call.id, reason="served")
    )
    assert stage.last(CallEnded).disposition is Disposition.SERVED


@pytest.mark.parametrize("customer_first", [True, False])
def test_a_callback_is_in_no_figure_of_those_who_wait(customer_first: bool) -> None:
    stage = centre(customer_first=customer_first)
    asks(stage)
    stage.records.clear()
    stage.come_to_work("anna")
    call = live(stage)
    if not customer_first:
        stage.answer(call.id)
    stage.tell(ev.CustomerReached(call=call.id, channel="PJSIP/trunk-1" if customer_first else ""))
    if customer_first:
        stage.answer(call.id)
    assert not of_kind(stage, QueueEntered)
    assert not of_kind(stage, QueueLeft)
    assert stage.floor.callers_in_line(SALES) == 0


@pytest.mark.parametrize("customer_first", [True, False])
@pytest.mark.parametrize("outcome", [AttemptOutcome.BUSY, AttemptOutcome.NO_ANSWER, AttemptOutcome.FAILED])
def test_who_is_not_reached_is_called_again_later_at_his_place_and_given_up_in_the_end(
    customer_first: bool, outcome: AttemptOutcome
) -> None:
    stage = centre(customer_first=customer_first)
    asks(stage)
    place = live(stage).queued_at
    stage.come_to_work("anna")
    for attempt in range(1, ATTEMPTS + 1):
        call = live(stage)
        assert (call.queued_at, call.state) == (place, CallState.OFFERED)
        if not customer_first:
            stage.answer(call.id)
        stage.tell(ev.CustomerMissed(call=call.id, outcome=outcome))
        assert stage.agent("anna").state is AgentState.READY
        assert stage.last(CallEnded).disposition is Disposition.NOT_REACHED
        if attempt < ATTEMPTS:
            assert stage.floor.callbacks[WISH].live is None
            stage.wait(RETRY_S)
    assert outcomes(stage) == [outcome] * ATTEMPTS
    assert (stage.last(CallbackClosed).how, stage.last(CallbackClosed).attempts) == (CallbackEnd.GIVEN_UP, ATTEMPTS)
    assert not stage.floor.callbacks


def test_agent_wraps_up_after_a_customer_who_was_not_reached_where_the_rule_says_so() -> None:
    stage = centre(wrap_up_if_missed=True)
    asks(stage)
    stage.come_to_work("anna")
    call = live(stage)
    stage.answer(call.id)
    stage.tell(ev.CustomerMissed(call=call.id, outcome=AttemptOutcome.BUSY))
    assert stage.agent("anna").state is AgentState.WRAP_UP


def test_agent_who_does_not_take_it_is_no_attempt_and_the_next_one_is_rung() -> None:
    stage = centre()
    asks(stage)
    stage.come_to_work("anna")
    call = live(stage)
    stage.come_to_work("ben")
    stage.tell(ev.OfferFailed(offer=stage.offer(call.id).id, outcome=OfferOutcome.DECLINED))
    assert stage.rung_for(call.id) == "ben"
    assert stage.floor.callbacks[WISH].attempts == 0
    assert stage.offer(call.id).leg != f"leg1-{call.id}"


def test_agent_who_hangs_up_before_the_customer_answers_leaves_him_to_the_next_attempt() -> None:
    stage = centre()
    asks(stage)
    stage.come_to_work("anna")
    call = live(stage)
    offer = stage.offer(call.id).id
    stage.tell(ev.OfferAnswered(offer=offer), ev.TalkEnded(offer=offer))
    assert outcomes(stage) == [AttemptOutcome.AGENT_NOT_AVAILABLE]
    assert stage.floor.callbacks[WISH].live is None
    assert not of_kind(stage, TalkFinished)


def test_customer_whose_agent_is_taken_away_while_he_is_called_is_not_called_on() -> None:
    stage = centre(customer_first=True)
    asks(stage)
    stage.come_to_work("anna")
    call = live(stage)
    stage.tell(ev.OfferPulledBack(offer=stage.offer(call.id).id, by="li"))
    assert stage.commands[-1] == HangUpLeg(call=call.id, leg=call.id)
    assert outcomes(stage) == [AttemptOutcome.AGENT_NOT_AVAILABLE]


def test_customer_who_was_reached_and_not_taken_waits_like_any_caller_at_his_old_place() -> None:
    stage = centre(customer_first=True)
    asks(stage)
    stage.wait(500)
    stage.caller("younger")
    stage.come_to_work("anna")
    call = live(stage)
    stage.tell(ev.CustomerReached(call=call.id, channel="PJSIP/trunk-1"))
    stage.tell(ev.OfferFailed(offer=stage.offer(call.id).id, outcome=OfferOutcome.DECLINED))
    assert (call.state, stage.floor.position(call)) == (CallState.WAITING, 1)
    stage.wait(599)
    assert call.id in stage.floor.calls
    stage.tell(ev.CallLeftByCaller(call=call.id))
    assert outcomes(stage) == [AttemptOutcome.AGENT_NOT_AVAILABLE]
    assert stage.floor.callbacks[WISH].next_at == stage.now + RETRY_S


def test_asterisk_that_says_nothing_of_a_customer_ends_the_attempt() -> None:
    stage = centre(customer_first=True)
    asks(stage)
    stage.come_to_work("anna")
    call = live(stage)
    stage.wait(RING_S + 5.0)
    assert outcomes(stage) == [AttemptOutcome.NO_ANSWER]
    assert HangUpLeg(call=call.id, leg=call.id) in stage.commands
    assert stage.agent("anna").state is AgentState.READY


def test_news_that_say_they_are_older_than_the_call_do_not_end_it_before_it_began() -> None:
    """Asterisk's clock may be behind ours."""
    kept = centre(customer_first=True)
    asks(kept)
    kept.come_to_work("anna")
    kept.tell(ev.OfferFailed(offer=kept.offer(live(kept).id).id, outcome=OfferOutcome.DECLINED, at=kept.now - RING_S))
    assert kept.last(CallEnded).ended_at == kept.last(CallbackAttempted).at == kept.now
    for reached in (False, True):
        stage = centre()
        asks(stage)
        stage.come_to_work("anna")
        call = live(stage)
        offer = stage.offer(call.id).id
        stage.tell(ev.OfferAnswered(offer=offer))
        if reached:
            stage.tell(ev.CustomerReached(call=call.id))
        stage.tell(ev.TalkEnded(offer=offer, at=stage.now - RING_S))
        assert stage.last(CallEnded).ended_at == stage.last(CallbackAttempted).at == stage.now


def test_engine_that_ended_before_asterisk_was_asked_costs_no_attempt() -> None:
    stage = centre(customer_first=True)
    asks(stage)
    stage.come_to_work("anna")
    first = live(stage).id
    stage.tell(ev.CustomerMissed(call=first, outcome=None))
    assert not outcomes(stage)
    assert live(stage).id != first  # called anew at once, as another call
    assert stage.floor.callbacks[WISH].attempts == 1


# --- one per number -----------------------------------------------------------------------------------------------------


def test_one_number_is_called_back_once_for_a_queue() -> None:
    stage = centre()
    asks(stage)
    stage.caller("again", "13900139000")
    wish = ev.CallbackRequested(callback=CallbackId("b"), call=CallId("again"), number=f"+86{NUMBER}", queue=SALES)
    with pytest.raises(Refused, match="already") as refused:
        stage.tell(wish)
    assert refused.value.error == "already"
    assert len(of_kind(stage, CallbackOpened)) == 1


@pytest.mark.parametrize("number", ["", "12", "02188886666", "1" * 16, "+442079460000"])
def test_only_numbers_that_may_be_dialled_are_called(number: str) -> None:
    stage = centre()
    stage.caller("c")
    with pytest.raises(Refused) as refused:
        stage.tell(ev.CallbackRequested(callback=WISH, call=CallId("c"), number=number, queue=SALES))
    assert refused.value.error == "number_not_allowed"
    assert not stage.floor.told


def test_who_rings_again_has_his_place_and_his_callback_is_over() -> None:
    stage = centre()
    asks(stage)
    stage.wait(60)
    stage.caller("other")
    stage.caller("again", NUMBER)
    assert (stage.last(CallbackClosed).how, stage.last(CallbackClosed).call) == (CallbackEnd.MERGED, "again")
    assert [stage.floor.position(stage.call(name)) for name in ("again", "other")] == [1, 2]
    assert set(stage.floor.calls) == {"again", "other"}


@pytest.mark.parametrize("customer_first", [True, False])
def test_who_rings_again_while_he_is_being_called_gets_the_agent_who_was_to_call_him(customer_first: bool) -> None:
    stage = centre(customer_first=customer_first)
    asks(stage)
    stage.caller("behind")
    stage.come_to_work("anna")
    call = live(stage)
    stage.caller("again", NUMBER)
    stopped = [command for command in stage.commands if isinstance(command, HangUpLeg | WithdrawOffer)]
    assert len(stopped) == 1
    assert call.id not in stage.floor.calls
    assert stage.rung_for("again") == "anna"
    assert stage.call("behind").state is CallState.WAITING


def test_who_rings_again_from_elsewhere_is_another_caller() -> None:
    stage = centre()
    asks(stage)
    stage.caller("other", "13900139000")
    assert stage.floor.callbacks


# --- when he may be called ----------------------------------------------------------------------------------------------


def test_nobody_is_called_while_the_queue_is_closed() -> None:
    stage = centre()
    asks(stage)
    stage.tell(ev.QueueClosed(queue=SALES, by="hours"))
    stage.come_to_work("anna")
    assert stage.agent("anna").state is AgentState.READY
    stage.wait(60)
    stage.tell(ev.QueueOpened(queue=SALES, by="hours"))
    assert stage.agent("anna").state is AgentState.OFFERED


@pytest.mark.parametrize("queues", [(SALES,), ()])
def test_nobody_is_called_in_an_emergency(queues: tuple[QueueId, ...]) -> None:
    stage = centre()
    asks(stage)
    stage.tell(ev.EmergencyDeclared(queues=queues, prompt="emergency_closed", by="li", until=stage.now + 60))
    assert stage.floor.callbacks[WISH].live is None
    stage.come_to_work("anna")
    assert stage.agent("anna").state is AgentState.READY
    stage.wait(61)
    assert stage.agent("anna").state is AgentState.OFFERED


def test_nobody_is_called_outside_the_hours_for_it() -> None:
    stage = centre(hours=((9 * 60, 20 * 60),))
    stage.now = 1_763_900_000.0  # 20:13 in Shanghai
    asks(stage)
    stage.come_to_work("anna")
    assert stage.floor.callbacks[WISH].live is None
    assert stage.agent("anna").state is AgentState.READY


def test_he_is_called_at_the_minute_his_hours_begin() -> None:
    stage = centre(hours=((9 * 60, 20 * 60),), keep_s=86_400.0)
    stage.now = 1_763_900_000.0
    asks(stage)
    stage.come_to_work("anna")
    nine = 1_763_946_000.0
    stage.wait(nine - stage.now - 1)
    assert stage.agent("anna").state is AgentState.READY
    stage.wait(2)
    assert stage.agent("anna").state is AgentState.OFFERED


def test_who_asked_too_long_ago_is_given_up() -> None:
    stage = centre()
    asks(stage)
    stage.wait(KEEP_S)
    assert stage.last(CallbackClosed).how is CallbackEnd.GIVEN_UP
    assert not stage.floor.calls


# --- by hand ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("customer_first", [True, False])
def test_cancelled_in_the_middle_everything_stops_and_the_agent_is_free(customer_first: bool) -> None:
    stage = centre(customer_first=customer_first)
    asks(stage)
    stage.come_to_work("anna")
    if not customer_first:
        stage.answer(live(stage).id)
    stage.tell(ev.CallbackCancelled(callback=WISH, by="li"))
    assert isinstance(stage.commands[-1], HangUpLeg)
    assert stage.last(CallbackClosed).how is CallbackEnd.CANCELLED
    assert stage.agent("anna").state is AgentState.READY
    assert stage.last(OfferEnded) is not None


def test_hurried_he_is_called_before_the_time_of_the_next_attempt_and_the_points_raise_him() -> None:
    stage = centre(customer_first=True)
    asks(stage)
    stage.come_to_work("anna")
    stage.tell(ev.CustomerMissed(call=live(stage).id, outcome=AttemptOutcome.BUSY))
    stage.tell(ev.AgentNotReady(agent=stage.agent("anna").id, reason="break"))
    stage.tell(ev.CallbackHurried(callback=WISH, by="li", points=5))
    assert (live(stage).state, live(stage).priority) == (CallState.WAITING, 5)


def test_hurrying_him_who_is_still_on_the_line_is_refused_and_raises_nothing() -> None:
    stage = centre()
    stage.caller("c", NUMBER)
    stage.tell(ev.CallbackRequested(callback=WISH, call=CallId("c"), number=NUMBER, queue=SALES))
    with pytest.raises(Refused, match="hung up") as refused:
        stage.tell(ev.CallbackHurried(callback=WISH, by="li", points=5))
    assert refused.value.error == "still_on_the_line"
    assert stage.floor.callbacks[WISH].priority == 0


def test_what_is_not_there_or_has_been_answered_cannot_be_cancelled() -> None:
    stage = centre(customer_first=True)
    with pytest.raises(Refused, match="nothing"):
        stage.tell(ev.CallbackCancelled(callback=CallbackId("nothing"), by="li"))
    asks(stage)
    stage.come_to_work("anna")
    stage.tell(ev.CustomerReached(call=live(stage).id, channel="PJSIP/trunk-1"))
    with pytest.raises(Refused) as refused:
        stage.tell(ev.CallbackCancelled(callback=WISH, by="li"))
    assert refused.value.error == "callback_in_progress"


# --- restarts, other rules ----------------------------------------------------------------------------------------------


def test_after_a_restart_nobody_is_called_before_older_callers_are_back() -> None:
    stage = centre()
    stage.caller("older")
    asks(stage)
    stage.floor = restored(stage.floor)
    stage.come_to_work("anna")  # the older one's
    stage.tell(ev.OfferFailed(offer=stage.offer("older").id, outcome=OfferOutcome.WITHDRAWN))
    stage.tell(ev.EngineStarted())
    stage.tell(ev.OfferFailed(offer=stage.offer("older").id, outcome=OfferOutcome.WITHDRAWN))
    stage.tell(ev.LinkRegained())
    assert stage.agent("anna").state is AgentState.READY
    stage.wait(1)
    stage.tell(ev.CallRejoined(call=CallId("older")))
    assert stage.rung_for("older") == "anna"
    stage.come_to_work("ben")
    assert stage.agent("ben").state is AgentState.READY
    stage.wait(5)
    assert live(stage).state is CallState.OFFERED


@pytest.mark.parametrize("customer_first", [True, False])
@pytest.mark.parametrize("step", range(4))
def test_every_stage_comes_back_from_a_snapshot_and_ends_well(customer_first: bool, step: int) -> None:
    stage = centre(customer_first=customer_first)
    asks(stage)
    stages = [lambda: None, lambda: stage.come_to_work("anna"), *_way_to_the_talk(stage, customer_first=customer_first)]
    for number, go_on in enumerate(stages):
        go_on()
        if number == step:
            stage.floor = restored(stage.floor)
            stage.tell(ev.EngineStarted(), ev.LinkRegained())
            for call in list(stage.floor.calls):
                if stage.floor.calls[call].state is CallState.WAITING:
                    stage.tell(ev.CallRejoined(call=call))
            stage.wait(5.5)
            assert msgspec.json.encode(restored(stage.floor)) == msgspec.json.encode(stage.floor)
    assert outcomes(stage) == [AttemptOutcome.ANSWERED]
    assert stage.last(CallbackClosed).how is CallbackEnd.DONE


def _way_to_the_talk(stage: Stage, *, customer_first: bool) -> list[Any]:
    def reached() -> None:
        channel = "PJSIP/trunk-1" if customer_first else ""
        stage.tell(ev.CustomerReached(call=live(stage).id, channel=channel))

    def picked_up() -> None:
        stage.answer(live(stage).id)

    return [reached, picked_up] if customer_first else [picked_up, reached]


def test_queue_whose_customers_are_to_be_called_cannot_be_taken_out() -> None:
    stage = centre()
    asks(stage)
    with pytest.raises(Refused, match="called back"):
        stage.tell(ev.RulesLoaded(rules=rules({"anna": ["repair"]}, [queue("repair")])))


def test_rules_that_call_nobody_any_more_let_him_rest_and_others_call_him_again() -> None:
    stage = centre()
    asks(stage)
    before = stage.floor.rules
    stage.tell(ev.RulesLoaded(rules=rules({"anna": ["sales"]}, [queue("sales")])))
    assert stage.floor.callbacks[WISH].live is None
    stage.tell(ev.RulesLoaded(rules=before))
    assert live(stage).state is CallState.WAITING


def test_queue_without_rules_for_it_only_keeps_the_list() -> None:
    stage = Stage(rules({"anna": ["sales"]}, [queue("sales")]))
    asks(stage, number="02188886666")
    assert of_kind(stage, CallbackOpened)
    assert not stage.floor.callbacks
