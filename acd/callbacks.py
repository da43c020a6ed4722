"""Customers who are called back at their place: from the wish to the talk, or to its giving up.

While it may be called, a callback stands in its queue's line as a call without a leg, with the place of the call it was asked
for in; so the one matcher gives it its agent, and never before an older caller. Each attempt is a call of its own: its id is
the unique id of the leg that is dialled for it. Between attempts, while its queue is closed, and while the customer is still
on the line in which he asked, the callback rests.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from acd import events as ev
from acd.closing import close_call
from acd.commands import HangUpLeg, OfferCall
from acd.floor import FREE, Floor, join_line, leave_line, set_timer
from acd.matching import GRACE_S, seek_agent, seek_call
from acd.model import (
    IN_QUEUE,
    AttemptOutcome,
    Call,
    Callback,
    CallbackEnd,
    CallbackId,
    CallId,
    CallState,
    Disposition,
    Offer,
    OfferOutcome,
)
from acd.numbers import normal_number
from acd.offering import connected, drop_talk, end_offer, end_offers, withdraw
from acd.outcome import Outcome
from acd.records import CallbackAttempted, CallbackClosed
from acd.refused import Refused
from acd.rules import CallbackRules
from acd.waiting import look_at_recipes
from agents.roster import AgentId, QueueId

__all__ = [
    "HANDLERS",
    "call_ended",
    "end_ringing",
    "merge",
    "missed_without_a_word",
    "queue_closed",
    "queue_opened",
    "refuse_unless_possible",
    "served",
    "stand_aside",
    "take",
    "talk_over",
    "wake",
    "wake_all",
]

COMING_BACK_S: Final = 5.0
"""So long after a start of the engine its callers may need to be back: Asterisk tries once a second."""
HELLO_S: Final = 10.0
"""So long a customer who has just answered may be told who calls before the agent's phone rings."""


# --- the wish -----------------------------------------------------------------------------------------------------------


def refuse_unless_possible(floor: Floor, event: ev.CallbackRequested) -> None:
    """Raises Refused where the queue's callbacks are dialled and this number cannot be, or is to be called already."""
    queue = floor.rules.queues.get(event.queue)
    if queue is None:
        raise Refused("unknown_queue", f'there is no queue "{event.queue}"')
    number = normal_number(event.number)
    if queue.callback is not None and not floor.rules.may_dial(number):
        raise Refused("number_not_allowed", "the number is none that may be dialled")
    if _of_number(floor, number, event.queue) is not None:
        raise Refused("already", f'the number is to be called back for queue "{event.queue}" already')


def take(floor: Floor, event: ev.CallbackRequested, at: float, now: float, out: Outcome) -> float:
    """Take up a wish that is possible; since when the customer has waited."""
    call = floor.calls.get(event.call)
    place_at = call.queued_at if call and call.queued_at else at
    rules = floor.rules.queues[event.queue].callback
    if rules is None:
        return place_at
    number = normal_number(event.number)
    wanted = Callback(
        id=event.callback,
        call=event.call,
        number=number,
        queue=event.queue,
        asked_at=at,
        place_at=place_at,
        order=call.order if call and call.order else _next_order(floor),
        did=call.did if call else event.did,
        language=event.language,
        next_at=now,
    )
    if call is not None:
        _like_his_call(wanted, call, floor)
    else:
        _by_his_number(wanted, floor)
    floor.callbacks[wanted.id] = wanted
    set_timer(floor, at + rules.keep_s, "callback", wanted.id)
    wake(floor, wanted, now, out)
    return place_at


def _next_order(floor: Floor) -> int:
    floor.orders += 1
    return floor.orders


def _like_his_call(wanted: Callback, call: Call, floor: Floor) -> None:
    call.asked = wanted.id
    wanted.name, wanted.vip, wanted.trusted, wanted.customer = call.name, call.vip, call.trusted, call.customer
    wanted.attributes, wanted.path, wanted.menu_require = dict(call.attributes), list(call.path), call.menu_require
    if call.queue == wanted.queue:
        wanted.priority, wanted.require = call.priority, call.require
    else:
        _by_his_queue(wanted, floor)


def _by_his_number(wanted: Callback, floor: Floor) -> None:
    known = floor.rules.caller(wanted.number)
    wanted.vip, wanted.trusted, wanted.attributes = known.vip, known.trusted, dict(known.attributes)
    _by_his_queue(wanted, floor)


def _by_his_queue(wanted: Callback, floor: Floor) -> None:
    queue = floor.rules.queues[wanted.queue]
    wanted.priority = queue.priority + floor.rules.vip_priority.get(wanted.vip, 0)
    wanted.require = {**queue.require, **wanted.menu_require}


def _of_number(floor: Floor, number: str, queue: QueueId) -> Callback | None:
    mine = (one for one in floor.callbacks.values() if one.number == number and one.queue == queue)
    return next(mine, None)


# --- standing in line, and resting --------------------------------------------------------------------------------------


def wake(floor: Floor, wanted: Callback, now: float, out: Outcome) -> None:
    """Whatever kept the callback resting may be over: let it stand in line, or ask to be woken when it may."""
    rules = floor.rules.queues[wanted.queue].callback
    live = floor.calls.get(wanted.live) if wanted.live else None
    is_idle = live is None or (live.state is CallState.WAITING and not live.has_leg)
    if is_idle and now >= wanted.asked_at + _rules(floor, wanted).keep_s:
        call_off(floor, wanted, now, out)
        _close(floor, wanted, CallbackEnd.GIVEN_UP, now, out)
        return
    if live is not None:
        _come_back(floor, wanted, live, now, out)
        return
    if rules is None or wanted.call in floor.calls or floor.closed.get(wanted.queue):
        return
    at = _in_hours(rules, floor.rules.time_zone, max(wanted.next_at, now))
    if at > now:
        set_timer(floor, at, "callback", wanted.id)
    else:
        _stand_in_line(floor, wanted, now, out)


def stand_aside(floor: Floor, now: float) -> None:
    """A new engine is here, and no caller's leg with it yet. Until they have come back nobody is called, lest he be called
    before an older caller."""
    for wanted in floor.callbacks.values():
        live = floor.calls.get(wanted.live) if wanted.live else None
        if live is not None and live.state in IN_QUEUE and not live.has_leg:
            if live.state is CallState.WAITING and live.held_for is None:
                leave_line(floor, live)
            live.attached, wanted.next_at = False, now + COMING_BACK_S
            set_timer(floor, wanted.next_at, "callback", wanted.id)


def _come_back(floor: Floor, wanted: Callback, live: Call, now: float, out: Outcome) -> None:
    if live.attached or live.has_leg or now < wanted.next_at:
        return
    live.attached = True
    if live.state is CallState.WAITING and live.held_for is None:
        join_line(floor, live, now)
        seek_agent(floor, live, now, out, asked="retry")
    elif live.held_for is not None and (agent := floor.agents[live.held_for]).standing == FREE:
        seek_call(floor, agent, now, out)


def wake_all(floor: Floor, now: float, out: Outcome) -> None:
    """The rules may have changed: who may not be called by them any more steps out of line, who may be stands in it."""
    for wanted in _in_order(floor):
        if wanted.id not in floor.callbacks:
            continue
        if floor.rules.queues[wanted.queue].callback is None:
            _step_back(floor, wanted, now, out)
        else:
            set_timer(floor, wanted.asked_at + _rules(floor, wanted).keep_s, "callback", wanted.id)
            wake(floor, wanted, now, out)


def queue_closed(floor: Floor, queue: QueueId, now: float, out: Outcome) -> None:
    """Nobody is called for a closed queue; who is being called just now is."""
    for wanted in _in_order(floor):
        if wanted.queue == queue:
            _step_back(floor, wanted, now, out)


def queue_opened(floor: Floor, queue: QueueId, now: float, out: Outcome) -> None:
    """Those who rested because the queue was closed may be called, in their order."""
    for wanted in _in_order(floor):
        if wanted.queue == queue and wanted.id in floor.callbacks:
            wake(floor, wanted, now, out)


def _in_order(floor: Floor) -> list[Callback]:
    """As they would stand in line."""
    point_s = floor.rules.point_s
    return sorted(floor.callbacks.values(), key=lambda one: (one.place_at - one.priority * point_s, one.order))


def _rules(floor: Floor, wanted: Callback) -> CallbackRules:
    """Those of its queue; where a reload has taken them away, what usually holds."""
    return floor.rules.queues[wanted.queue].callback or CallbackRules()


def _in_hours(rules: CallbackRules, time_zone: str, at: float) -> float:
    """The first moment from `at` on at which customers may be called."""
    if not rules.hours:
        return at
    local = datetime.fromtimestamp(at, ZoneInfo(time_zone))
    minute = local.hour * 60 + local.minute
    if any(begins <= minute < ends for begins, ends in rules.hours):
        return at
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    later = [begins for begins, _ in rules.hours if begins > minute]
    days, begins = (0, min(later)) if later else (1, min(begins for begins, _ in rules.hours))
    day = midnight + timedelta(days=days)
    return day.replace(hour=begins // 60, minute=begins % 60).timestamp()


def _stand_in_line(floor: Floor, wanted: Callback, now: float, out: Outcome) -> None:
    call = Call(
        id=CallId(f"callback-{int(now)}.{_next_order(floor)}"),
        channel="",
        number=wanted.number,
        name=wanted.name,
        did=wanted.did,
        opened_at=now,
        state=CallState.WAITING,
        path=list(wanted.path),
        vip=wanted.vip,
        trusted=wanted.trusted,
        customer=wanted.customer,
        attributes=dict(wanted.attributes),
        queue=wanted.queue,
        segment=1,
        priority=wanted.priority,
        require=wanted.require,
        menu_require=wanted.menu_require,
        queued_at=wanted.place_at,
        segment_at=now,
        stay_at=wanted.place_at,
        order=wanted.order,
        callback=wanted.id,
        has_leg=False,
    )
    floor.calls[call.id] = call
    wanted.live = call.id
    join_line(floor, call, now)
    call.bell_at = now if floor.rules.reserves[wanted.queue] else 0.0
    seek_agent(floor, call, now, out, asked="callback")
    if call.bell_at and call.state is CallState.WAITING:
        look_at_recipes(floor, call, now, out)


def _step_back(floor: Floor, wanted: Callback, now: float, out: Outcome) -> None:
    """Out of line, if that is where it stands."""
    live = floor.calls.get(wanted.live) if wanted.live else None
    if live is not None and live.state is CallState.WAITING and not live.has_leg:
        call_off(floor, wanted, now, out)


def call_off(floor: Floor, wanted: Callback, now: float, out: Outcome) -> None:
    """Stop what is going on for it, if the customer has not answered: it rests."""
    call = floor.calls.get(wanted.live) if wanted.live else None
    wanted.live = None
    if call is not None:
        _end_attempt(floor, call, now, now, out, cause="called_off")


# --- an attempt ---------------------------------------------------------------------------------------------------------


def _end_attempt(floor: Floor, call: Call, at: float, now: float, out: Outcome, *, cause: str) -> None:
    """The call that was made for it ends without a talk; whatever still rings is stopped, and the agent is free."""
    state, call.state, call.ending = call.state, CallState.AFTER, Disposition.NOT_REACHED
    offers = [floor.offers[ringing] for ringing in call.ringing]
    match state:
        case CallState.WAITING:
            call.state = CallState.WAITING
            leave_line(floor, call)
        case CallState.OFFERED:
            for offer in offers:
                if offer.reserved:
                    out.commands.append(HangUpLeg(call=call.id, leg=call.id))
                else:
                    withdraw(offer, cause, out)
            end_offers(floor, offers, OfferOutcome.WITHDRAWN, at, now, out, cause=cause)
        case CallState.TALKING:
            assert call.offer is not None
            offer = floor.offers[call.offer]
            out.commands.append(HangUpLeg(call=call.id, leg=offer.leg))
            wraps_up = _wraps_up(floor, offer)
            drop_talk(floor, offer, at, now, out, wraps_up=wraps_up)
        case _:
            pass
    close_call(floor, call, at, out, Disposition.NOT_REACHED, state, "hotline")


def _wraps_up(floor: Floor, offer: Offer) -> bool:
    rules = floor.rules.queues[offer.queue].callback
    return rules is not None and rules.wrap_up_if_missed


def _attempted(
    floor: Floor, call: Call, outcome: AttemptOutcome, agent: AgentId | None, at: float, now: float, out: Outcome
) -> None:
    """Write the attempt down, and rest until the next one; after the last the callback is given up."""
    wanted = _callback_of(floor, call)
    if wanted is None:
        return
    rules = _rules(floor, wanted)
    last = wanted.attempts >= rules.attempts or now >= wanted.asked_at + rules.keep_s
    wait_s = rules.retry_s[min(max(wanted.attempts, 1), len(rules.retry_s)) - 1]
    wanted.live, wanted.next_at = None, now + wait_s
    out.records.append(
        CallbackAttempted(
            callback=wanted.id,
            number=wanted.attempts,
            call=call.id,
            queue=wanted.queue,
            at=at,
            agent=agent,
            outcome=outcome,
            next_at=None if last else wanted.next_at,
        )
    )
    if last:
        _close(floor, wanted, CallbackEnd.GIVEN_UP, now, out)
    else:
        wake(floor, wanted, now, out)


def _callback_of(floor: Floor, call: Call) -> Callback | None:
    wanted = floor.callbacks.get(call.callback) if call.callback else None
    return wanted if wanted is not None and wanted.live == call.id else None


def _close(
    floor: Floor, wanted: Callback, how: CallbackEnd, at: float, out: Outcome, call: CallId | None = None
) -> None:
    del floor.callbacks[wanted.id]
    out.records.append(
        CallbackClosed(
            callback=wanted.id, at=at, queue=wanted.queue, how=how, attempts=wanted.attempts, call=call or wanted.live
        )
    )


def served(floor: Floor, call: Call, at: float, out: Outcome) -> None:
    """Customer and agent talk: that is what was asked for, and from here on it is a call like any other."""
    wanted = _callback_of(floor, call)
    if wanted is None:
        return
    out.records.append(
        CallbackAttempted(
            callback=wanted.id,
            number=wanted.attempts,
            call=call.id,
            queue=wanted.queue,
            at=at,
            agent=call.answered_by,
            outcome=AttemptOutcome.ANSWERED,
            next_at=None,
        )
    )
    _close(floor, wanted, CallbackEnd.DONE, at, out)


def talk_over(floor: Floor, call: Call, at: float, now: float, out: Outcome) -> None:
    """The agent's leg of a call that it leads is gone. After a talk that is the end of the call: no session says good-bye. If
    the customer had not answered, the agent did not wait for that."""
    if call.reached_at is not None:
        close_call(floor, call, at, out, Disposition.SERVED, CallState.TALKING, "agent")
        return
    agent = floor.offers[call.offer].agent if call.offer else None
    _end_attempt(floor, call, at, now, out, cause="agent_left")
    _attempted(floor, call, AttemptOutcome.AGENT_NOT_AVAILABLE, agent, at, now, out)


def end_ringing(
    floor: Floor, offer: Offer, outcome: OfferOutcome, at: float, now: float, out: Outcome, cause: str = ""
) -> None:
    """No talk comes of an offer. One that was only kept for a customer takes his attempt with it: nobody is called without an
    agent to be had."""
    if not offer.reserved:
        end_offer(floor, offer, outcome, at, now, out, cause=cause)
        wanted = floor.callbacks.get(floor.calls[offer.call].callback or CallbackId(""))
        if wanted is not None and floor.closed.get(wanted.queue):
            _step_back(floor, wanted, now, out)
        return
    call = floor.calls[offer.call]
    _end_attempt(floor, call, at, now, out, cause=cause or str(outcome))
    _attempted(floor, call, AttemptOutcome.AGENT_NOT_AVAILABLE, offer.agent, at, now, out)


def call_ended(floor: Floor, call: Call, at: float, now: float, out: Outcome) -> None:
    """A call is over: the customer who was reached did not wait for an agent, or he who asked for a callback in it is off the
    line now and may be called."""
    _attempted(floor, call, AttemptOutcome.AGENT_NOT_AVAILABLE, None, at, now, out)
    wanted = floor.callbacks.get(call.asked) if call.asked else None
    if wanted is not None:
        wake(floor, wanted, now, out)


def merge(floor: Floor, call: Call, queue: QueueId, now: float, out: Outcome) -> Callable[[], None]:
    """He who is to be called back has rung again, and is about to be put into the queue: he has his place from before. What is
    returned is to be done when he stands there: his callback is over."""
    wanted = _of_number(floor, call.number, queue) if floor.callbacks else None
    if wanted is None or _is_on_the_line(floor, wanted):
        return lambda: None
    call.queued_at, call.order = min(call.queued_at or now, wanted.place_at), wanted.order
    call.priority = max(call.priority, wanted.priority)

    def merged() -> None:
        if call.state in IN_QUEUE and call.queue == queue and wanted.id in floor.callbacks:
            call_off(floor, wanted, now, out)
            _close(floor, wanted, CallbackEnd.MERGED, now, out, call.id)

    return merged


def _is_on_the_line(floor: Floor, wanted: Callback) -> bool:
    live = floor.calls.get(wanted.live) if wanted.live else None
    return live is not None and live.reached_at is not None


# --- what is told of it -------------------------------------------------------------------------------------------------


def _customer_reached(floor: Floor, event: ev.CustomerReached, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.has_leg or call.reached_at is not None or call.offer is None:
        return
    offer = floor.offers[call.offer]
    at = max(now if event.at is None else min(event.at, now), offer.answered_at or offer.made_at)
    if call.state is CallState.OFFERED and offer.reserved and event.channel:
        _ring_the_agent(floor, call, offer, event.channel, at, now, out)
    elif call.state is CallState.TALKING and not event.channel:
        call.reached_at = at
        connected(floor, call, offer, at, out)
        served(floor, call, at, out)


def _ring_the_agent(floor: Floor, call: Call, offer: Offer, channel: str, at: float, now: float, out: Outcome) -> None:
    """He is a caller now, with a leg of his own; the rules that hold for waiting callers count from here."""
    queue = floor.rules.queues[offer.queue]
    call.has_leg, call.attached, call.channel, call.reached_at, call.stay_at = True, True, channel, at, now
    offer.reserved = False
    offer.expires_at = now + HELLO_S + queue.ring_s + GRACE_S
    set_timer(floor, offer.expires_at, "offer", offer.id)
    out.commands.append(
        OfferCall(
            offer=offer.id,
            call=call.id,
            agent=offer.agent,
            queue=queue.id,
            ring_s=queue.ring_s,
            record=queue.record,
        )
    )


def _customer_missed(floor: Floor, event: ev.CustomerMissed, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.has_leg or call.reached_at is not None or call.offer is None:
        return
    offer = floor.offers[call.offer]
    if not offer.reserved and call.state is not CallState.TALKING:
        return
    at = max(now if event.at is None else min(event.at, now), offer.answered_at or offer.made_at)
    wanted = _callback_of(floor, call)
    _end_attempt(floor, call, at, now, out, cause=f"customer_{event.outcome or 'not_dialled'}")
    if event.outcome is not None:
        _attempted(floor, call, event.outcome, offer.agent, at, now, out)
    elif wanted is not None:
        wanted.live, wanted.attempts = None, wanted.attempts - 1
        wake(floor, wanted, now, out)


def missed_without_a_word(floor: Floor, offer: Offer, now: float, out: Outcome) -> None:
    """Asterisk did not say what became of the customer's phone."""
    _customer_missed(floor, ev.CustomerMissed(call=offer.call, outcome=AttemptOutcome.NO_ANSWER), now, out)


def _known(floor: Floor, event: ev.CallbackCancelled | ev.CallbackHurried) -> Callback:
    wanted = floor.callbacks.get(event.callback)
    if wanted is None:
        raise Refused("unknown_callback", f'there is no callback "{event.callback}"')
    if _is_on_the_line(floor, wanted):
        raise Refused("callback_in_progress", "the customer has answered already")
    return wanted


def _cancelled(floor: Floor, event: ev.CallbackCancelled, now: float, out: Outcome) -> None:
    wanted = _known(floor, event)
    call_off(floor, wanted, now, out)
    _close(floor, wanted, CallbackEnd.CANCELLED, now, out)


def _hurried(floor: Floor, event: ev.CallbackHurried, now: float, out: Outcome) -> None:
    wanted = _known(floor, event)
    wanted.priority += max(event.points, 0)
    if wanted.live is None:
        if floor.rules.queues[wanted.queue].callback is None:
            raise Refused("not_called", f'nobody is called back for queue "{wanted.queue}" any more')
        if wanted.call in floor.calls:
            raise Refused("still_on_the_line", "the customer has not hung up yet")
        _stand_in_line(floor, wanted, now, out)
    elif (call := floor.calls[wanted.live]).state is CallState.WAITING and event.points > 0:
        call.priority += event.points
        if call.held_for is None:
            join_line(floor, call, now)


HANDLERS: Final[dict[type, Callable[[Floor, Any, float, Outcome], None]]] = {
    ev.CallbackCancelled: _cancelled,
    ev.CallbackHurried: _hurried,
    ev.CustomerReached: _customer_reached,
    ev.CustomerMissed: _customer_missed,
}
