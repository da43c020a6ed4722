"""Customers who are called back at their place: who is on the list, who stands in line, who rests.

While it may be called, a callback stands in its queue's line as a call without a leg, with the place of the call it was asked
for in; so the one matcher gives it its agent, and never before an older caller. Each attempt is a call of its own (`attempts`):
its id is the unique id of the leg that is dialled for it. Between attempts, while its queue is closed, and while the customer
is still on the line in which he asked, the callback rests.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from acd import events as ev
from acd.doors import is_closed
from acd.ending import end_attempt
from acd.floor import FREE, Floor, callback_key, join_line, leave_line, set_timer
from acd.matching import seek_agent, seek_call
from acd.model import IN_QUEUE, Call, Callback, CallbackEnd, CallId, CallState
from acd.numbers import normal_number
from acd.outcome import Outcome
from acd.records import CallbackClosed
from acd.refused import Refused
from acd.rules import CallbackRules
from acd.waiting import look_at_recipes
from agents.roster import QueueId

__all__ = [
    "HANDLERS",
    "close",
    "in_order",
    "merge",
    "queue_closed",
    "queue_opened",
    "refuse_unless_possible",
    "rules_of",
    "stand_aside",
    "step_back",
    "take",
    "wake",
    "wake_all",
]

COMING_BACK_S: Final = 5.0
"""So long after a start of the engine its callers may need to be back: Asterisk tries once a second."""


# --- the wish ---------------------------------------------------------------------------------------------------------


def refuse_unless_possible(floor: Floor, event: ev.CallbackRequested) -> None:
    """Raises Refused where the queue's callbacks are dialled and this number cannot be, or is to be called already."""
    queue = floor.rules.queues.get(event.queue)
    if queue is None:
        raise Refused("unknown_queue", f'there is no queue "{event.queue}"')
    number = normal_number(event.number)
    if queue.callback is not None and not floor.rules.may_dial(number):
        raise Refused("number_not_allowed", "the number is none that may be dialled")
    if callback_key(number, event.queue) in floor.wanted:
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
    floor.wanted[callback_key(number, wanted.queue)] = wanted.id
    set_timer(floor, at + rules.keep_s, "callback", wanted.id)
    wake(floor, wanted, now, out)
    return place_at


def _next_order(floor: Floor) -> int:
    floor.orders += 1
    return floor.orders


def _like_his_call(wanted: Callback, call: Call, floor: Floor) -> None:
    call.asked, wanted.unrecorded = wanted.id, call.unrecorded
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


# --- standing in line, and resting ------------------------------------------------------------------------------------


def wake(floor: Floor, wanted: Callback, now: float, out: Outcome) -> None:
    """Whatever kept the callback resting may be over: let it stand in line, or ask to be woken when it may."""
    rules = floor.rules.queues[wanted.queue].callback
    live = floor.calls.get(wanted.live) if wanted.live else None
    is_idle = live is None or (live.state is CallState.WAITING and not live.has_leg)
    if is_idle and now >= wanted.asked_at + rules_of(floor, wanted).keep_s:
        call_off(floor, wanted, now, out)
        close(floor, wanted, CallbackEnd.GIVEN_UP, now, out)
        return
    if live is not None:
        _come_back(floor, wanted, live, now, out)
        return
    if rules is None or wanted.call in floor.calls or is_closed(floor, wanted.queue):
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
    for wanted in in_order(floor):
        if wanted.id not in floor.callbacks:
            continue
        if floor.rules.queues[wanted.queue].callback is None:
            step_back(floor, wanted, now, out)
        else:
            set_timer(floor, wanted.asked_at + rules_of(floor, wanted).keep_s, "callback", wanted.id)
            wake(floor, wanted, now, out)


def queue_closed(floor: Floor, queue: QueueId, now: float, out: Outcome) -> None:
    """Nobody is called for a closed queue; who is being called just now is."""
    for wanted in in_order(floor):
        if wanted.queue == queue:
            step_back(floor, wanted, now, out)


def queue_opened(floor: Floor, queue: QueueId, now: float, out: Outcome) -> None:
    """Those who rested because the queue was closed may be called, in their order."""
    for wanted in in_order(floor):
        if wanted.queue == queue and wanted.id in floor.callbacks:
            wake(floor, wanted, now, out)


def in_order(floor: Floor) -> list[Callback]:
    """All callbacks, as they would stand in line."""
    point_s = floor.rules.point_s
    return sorted(floor.callbacks.values(), key=lambda one: (one.place_at - one.priority * point_s, one.order))


def rules_of(floor: Floor, wanted: Callback) -> CallbackRules:
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
        unrecorded=wanted.unrecorded,
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


def step_back(floor: Floor, wanted: Callback, now: float, out: Outcome) -> None:
    """Out of line, if that is where it stands."""
    live = floor.calls.get(wanted.live) if wanted.live else None
    if live is not None and live.state is CallState.WAITING and not live.has_leg:
        call_off(floor, wanted, now, out)


# --- the end of it ----------------------------------------------------------------------------------------------------


def call_off(floor: Floor, wanted: Callback, now: float, out: Outcome) -> None:
    """Stop what is going on for it, if the customer has not answered: it rests."""
    call = floor.calls.get(wanted.live) if wanted.live else None
    wanted.live = None
    if call is not None:
        end_attempt(floor, call, now, now, out, cause="called_off")


def close(
    floor: Floor, wanted: Callback, how: CallbackEnd, at: float, out: Outcome, call: CallId | None = None
) -> None:
    del floor.callbacks[wanted.id], floor.wanted[callback_key(wanted.number, wanted.queue)]
    out.records.append(
        CallbackClosed(
            callback=wanted.id, at=at, queue=wanted.queue, how=how, attempts=wanted.attempts, call=call or wanted.live
        )
    )


def merge(floor: Floor, call: Call, queue: QueueId, now: float, out: Outcome) -> Callable[[], None]:
    """He who is to be called back has rung again, and is about to be put into the queue: he has his place from before. What is
    returned is to be done when he stands there: his callback is over."""
    known = floor.wanted.get(callback_key(call.number, queue))
    wanted = floor.callbacks[known] if known is not None else None
    if wanted is None or _is_on_the_line(floor, wanted):
        return lambda: None
    call.queued_at, call.order = min(call.queued_at or now, wanted.place_at), wanted.order
    call.priority = max(call.priority, wanted.priority)

    def merged() -> None:
        if call.state in IN_QUEUE and call.queue == queue and wanted.id in floor.callbacks:
            call_off(floor, wanted, now, out)
            close(floor, wanted, CallbackEnd.MERGED, now, out, call.id)

    return merged


def _is_on_the_line(floor: Floor, wanted: Callback) -> bool:
    live = floor.calls.get(wanted.live) if wanted.live else None
    return live is not None and live.reached_at is not None


# --- by hand ----------------------------------------------------------------------------------------------------------


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
    close(floor, wanted, CallbackEnd.CANCELLED, now, out)


def _hurried(floor: Floor, event: ev.CallbackHurried, now: float, out: Outcome) -> None:
    wanted = _known(floor, event)
    if wanted.live is None:
        if floor.rules.queues[wanted.queue].callback is None:
            raise Refused("not_called", f'nobody is called back for queue "{wanted.queue}" any more')
        if wanted.call in floor.calls:
            raise Refused("still_on_the_line", "the customer has not hung up yet")
    wanted.priority += max(event.points, 0)
    if wanted.live is None:
        _stand_in_line(floor, wanted, now, out)
    elif (call := floor.calls[wanted.live]).state is CallState.WAITING and event.points > 0:
        call.priority += event.points
        if call.held_for is None:
            join_line(floor, call, now)


HANDLERS: Final[dict[type, Callable[[Floor, Any, float, Outcome], None]]] = {
    ev.CallbackCancelled: _cancelled,
    ev.CallbackHurried: _hurried,
}
