"""The core: `step(floor, event, now)`.

One event goes in, the floor changes, commands and records come out. No I/O, no clock, no chance: the same events under the
same rules give the same decisions, to the byte, in the live engine, in a replay and in a simulation.

An event that no longer applies (the answer of an offer that was withdrawn a moment ago) changes nothing: events come from
several sources that cannot be kept in one order. A wish that the state does not allow (ready while talking) is Refused; that
changes nothing either.
"""

import heapq
from collections.abc import Callable
from typing import Any

from acd import attempts, bells, callbacks, duty, emergencies, places, requests, supervision, surveys
from acd import events as ev
from acd.ending import close_call
from acd.floor import FREE, Floor, break_ends_at, change_agent, join_line, leave_line, remember_contact, set_timer
from acd.matching import GRACE_S, match_all, seek_agent, seek_call
from acd.model import IN_QUEUE, Call, CallId, CallState, Disposition, Offer, OfferOutcome
from acd.offering import answer, end_offers, finish_talk
from acd.outcome import Outcome
from acd.records import CallOpened, NodeEntered
from acd.refused import Refused
from acd.waiting import enter_queue, farewell, key_pressed, leave_segment, nobody_left, overflow_at
from agents.state import AgentState, Trigger, after

__all__ = ["Outcome", "Refused", "next_deadline", "step"]


def step(floor: Floor, event: ev.Event, now: float, *, terse: bool = False) -> Outcome:
    """Take in one event at `now` (seconds since the epoch, never less than at the step before). Raises Refused.

    `terse`: without what only people look at (see Outcome)."""
    out = Outcome(terse=terse)
    _HANDLERS[type(event)](floor, event, now, out)
    return out


def next_deadline(floor: Floor) -> float | None:
    """When the core wants a DeadlinePassed next. Timers that no longer apply are thrown away on the way."""
    timers = floor.timers
    while timers and not bells.applies(floor, timers[0]):
        heapq.heappop(timers)
    return timers[0][0] if timers else None


# --- callers ---------------------------------------------------------------------------------------------------------


def _call_arrived(floor: Floor, event: ev.CallArrived, now: float, out: Outcome) -> None:
    if event.call in floor.calls:
        return
    at = ev.happened_at(event.at, now)
    known = floor.rules.caller(event.number)
    vip = known.vip
    floor.calls[event.call] = call = Call(
        id=event.call,
        channel=event.channel,
        number=event.number,
        name=event.name,
        did=event.did,
        opened_at=at,
        vip=vip,
        trusted=known.trusted,
        attributes={**event.attributes, **known.attributes},
    )
    out.records.append(
        CallOpened(
            call=event.call,
            at=at,
            number=event.number,
            name=event.name,
            did=event.did,
            vip=vip,
            rules=floor.rules.version,
        )
    )
    if known.blocked and not known.trusted:
        call.state, call.ending, call.farewell = CallState.AFTER, Disposition.BLOCKED, ("blocked", "", True)
        out.commands.append(farewell(call))


def _call_identified(floor: Floor, event: ev.CallIdentified, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None:
        raise Refused("unknown_call", f'there is no call "{event.call}"')
    call.customer = event.customer or call.customer
    call.attributes = {**call.attributes, **event.attributes}
    if call.state in (CallState.TALKING, CallState.AFTER) and call.answered_by is not None:
        remember_contact(floor, call, call.answered_by, now)
    if call.state in IN_QUEUE and call.held_for is None:
        call.sought = False  # his last agent may be known by now
        seek_agent(floor, call, now, out, asked="identified")


def _caller(floor: Floor, call_id: CallId) -> Call | None:
    """The call, if there is a caller on the line: nothing else can be told of one who is only to be called back."""
    call = floor.calls.get(call_id)
    return call if call is not None and call.has_leg else None


def _call_moved(floor: Floor, event: ev.CallMoved, now: float, out: Outcome) -> None:
    call = _caller(floor, event.call)
    if call is None:
        return
    call.node, call.stack = event.node, event.stack
    call.path.append(f"{event.node}:{event.key}" if event.key else event.node)
    call.path_at.append(now)
    out.records.append(NodeEntered(call=call.id, at=now, node=event.node, key=event.key, step=len(call.path)))


def _call_queued(floor: Floor, event: ev.CallQueued, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.state is not CallState.IVR:
        return
    queue = floor.rules.queues.get(event.queue)
    if queue is None:
        raise Refused("unknown_queue", f'there is no queue "{event.queue}"')
    points = queue.priority + event.priority + floor.rules.vip_priority.get(call.vip, 0)
    comes_back = call.sought and call.queue == event.queue
    call.priority = max(points, call.priority) if comes_back else points
    call.menu_require = event.require
    call.unrecorded |= event.unrecorded
    merged = callbacks.merge(floor, call, event.queue, now, out)
    enter_queue(floor, call, event.queue, now, out)
    merged()


def _waiting_key_pressed(floor: Floor, event: ev.WaitingKeyPressed, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is not None and call.state is CallState.WAITING:  # while phones ring for him, he is about to be served
        key_pressed(floor, call, event.key, now, out)


def _call_rejoined(floor: Floor, event: ev.CallRejoined, now: float, out: Outcome) -> None:
    call = _caller(floor, event.call)
    if call is None:
        return
    call.attached = True
    match call.state:
        case CallState.WAITING:
            if call.held_for is None:
                join_line(floor, call, now)
                seek_agent(floor, call, now, out, asked="retry")
            elif (agent := floor.agents[call.held_for]).standing == FREE:
                seek_call(floor, agent, now, out)
        case CallState.OFFERED:  # he is back with us, so the ringing is over; whose doing is not known
            offers = [floor.offers[ringing] for ringing in call.ringing]
            end_offers(floor, offers, OfferOutcome.WITHDRAWN, now, now, out, cause="lost_sight")
        case CallState.TALKING:
            finish_talk(floor, _offer_of(floor, call), now, now, out)
            call.returned = True
        case CallState.AFTER if call.farewell[0]:  # the engine died before he was told
            out.commands.append(farewell(call))
        case CallState.AFTER:
            call.returned = True
        case CallState.IVR:  # pragma: no branch
            pass


def _call_detached(floor: Floor, event: ev.CallDetached, now: float, out: Outcome) -> None:
    if (call := _caller(floor, event.call)) is not None:
        _detach(floor, call, now)


def _detach(floor: Floor, call: Call, now: float) -> None:
    """He keeps his place, but cannot be given an agent until his leg rejoins. Who has none has none to lose."""
    if not call.has_leg:
        return
    call.attached = False
    if call.state is CallState.WAITING and call.held_for is None:
        leave_line(floor, call)
        join_line(floor, call, now)


def _call_left(floor: Floor, event: ev.CallLeftByCaller, now: float, out: Outcome) -> None:
    call = _caller(floor, event.call)
    if call is None:
        return
    lost = event.cause is ev.HangUpCause.SWITCH_LOST
    at = _not_before_the_call_went_there(floor, call, ev.happened_at(event.at, now))
    call.returned |= event.cause is ev.HangUpCause.LEFT_BY_AGENT
    left_in = _left_in(call)
    short = call.state in IN_QUEUE and _how(floor, call, at, lost=lost) == "short_abandon"
    if event.cause is ev.HangUpCause.LAST_RESORT and call.state in (CallState.IVR, CallState.WAITING):
        _taken_by_the_last_resort(floor, call, event, now, out)
    if call.state in IN_QUEUE and not lost and call.callback is None:
        places.keep(floor, call, at)
    disposition = _leave(floor, call, at, now, out, lost=lost)
    if lost:
        disposition = Disposition.SWITCH_LOST
    by = "switch" if lost else "agent" if call.returned else "hotline" if call.farewell[0] else "caller"
    close_call(floor, call, at, out, disposition, left_in, by, short=short, why=_why_left(call, event.cause))
    attempts.call_ended(floor, call, at, now, out)


def _taken_by_the_last_resort(floor: Floor, call: Call, event: ev.CallLeftByCaller, now: float, out: Outcome) -> None:
    """For his queue he went elsewhere; the call was served all the same, though nobody measured how."""
    if call.state is CallState.WAITING:
        at = max(ev.happened_at(event.answered_at, now), call.segment_at)
        leave_line(floor, call)
        leave_segment(floor, call, at, out, how="overflowed", phase="waiting", agent=event.agent)
    call.state, call.ending, call.answered_by = CallState.AFTER, Disposition.LAST_RESORT, event.agent


def _why_left(call: Call, cause: ev.HangUpCause) -> str:
    """He may have been about to be told that his call is over."""
    told = call.farewell[0] or ("transferred" if call.transferred_to else "")
    return told or ("" if cause is ev.HangUpCause.HUNG_UP else str(cause))


def _left_in(call: Call) -> CallState:
    """A caller who ends a talk takes the agent's leg with him, and that may be told first: he never came after the talk."""
    never_returned = call.state is CallState.AFTER and call.ending is Disposition.SERVED and not call.returned
    return CallState.TALKING if never_returned else call.state


def _not_before_the_call_went_there(floor: Floor, call: Call, at: float) -> float:
    """Asterisk's clock and news that came late may say that the caller left before we put him where he is."""
    offer = floor.offers.get(call.offer) if call.offer else None
    since = offer.answered_at or offer.made_at if offer else call.segment_at
    return max(at, since, call.opened_at)


def _leave(floor: Floor, call: Call, at: float, now: float, out: Outcome, *, lost: bool) -> Disposition:
    """Undo what the caller had going on, and say what that makes of the call."""
    match call.state:
        case CallState.TALKING:
            finish_talk(floor, _offer_of(floor, call), at, now, out)
            return Disposition.SERVED
        case CallState.IVR:
            return _through_the_flow(call) if call.transferred_to else Disposition.ABANDONED_IVR
        case CallState.WAITING:
            leave_line(floor, call)
            leave_segment(floor, call, at, out, how=_how(floor, call, at, lost=lost), phase="waiting")
            return Disposition.ABANDONED_WAITING
        case CallState.OFFERED:
            offers = [floor.offers[ringing] for ringing in call.ringing]
            how = _how(floor, call, at, lost=lost)
            leave_segment(floor, call, at, out, how=how, phase="ringing", agent=offers[0].agent)
            call.state = CallState.AFTER
            end_offers(floor, offers, OfferOutcome.WITHDRAWN, at, now, out, cause="caller_left")
            return Disposition.ABANDONED_RINGING
        case CallState.AFTER:  # pragma: no branch
            return call.ending or Disposition.SERVED


def _through_the_flow(call: Call) -> Disposition:
    """After a queue that did not keep him, or that he left by a key, he was not served by it."""
    return Disposition.OVERFLOWED if call.segment else Disposition.COMPLETED_IVR


def _how(floor: Floor, call: Call, at: float, *, lost: bool) -> str:
    if lost:
        return "switch_lost"
    short = at - call.segment_at <= floor.queue_of(call).short_abandon_s
    return "short_abandon" if short else "abandoned"


def _call_transferred(floor: Floor, event: ev.CallTransferred, now: float, out: Outcome) -> None:
    call = _caller(floor, event.call)
    if call is not None and call.state is CallState.IVR:
        call.transferred_to = event.number


def _call_closed(floor: Floor, event: ev.CallClosed, now: float, out: Outcome) -> None:
    call = _caller(floor, event.call)
    if call is None:
        return
    left_in = call.state
    if call.state is CallState.IVR:
        disposition = _through_the_flow(call)
    else:
        disposition = _leave(floor, call, now, now, out, lost=False)
    by = "agent" if call.returned else "hotline"
    close_call(floor, call, now, out, disposition, left_in, by, why=event.reason)
    attempts.call_ended(floor, call, now, now, out)


# --- offers and talks ------------------------------------------------------------------------------------------------


def _offer_of(floor: Floor, call: Call) -> Offer:
    assert call.offer is not None
    return floor.offers[call.offer]


def _offer_ringing(floor: Floor, event: ev.OfferRinging, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is None or offer.rang_at is not None or offer.reserved:
        return
    offer.channel, offer.leg = event.channel, event.leg
    if offer.answered_at is None:
        offer.rang_at = now


def _offer_answered(floor: Floor, event: ev.OfferAnswered, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is not None and offer.answered_at is None and not offer.reserved:
        answer(floor, offer, ev.happened_at(event.at, now), now, out)
        if (call := floor.calls[offer.call]).has_leg:
            attempts.served(floor, call, offer.answered_at or now, out)


def _offer_failed(floor: Floor, event: ev.OfferFailed, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is not None and offer.answered_at is None:
        attempts.end_ringing(floor, offer, event.outcome, ev.happened_at(event.at, now), now, out, cause=event.cause)


def _talk_ended(floor: Floor, event: ev.TalkEnded, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is None or offer.answered_at is None:
        return
    call, at = floor.calls[offer.call], ev.happened_at(event.at, now)
    if call.has_leg or call.reached_at is not None:
        finish_talk(floor, offer, at, now, out)
    if not call.has_leg:
        attempts.talk_over(floor, call, at, now, out)


def _hold_started(floor: Floor, event: ev.HoldStarted, now: float, out: Outcome) -> None:
    agent = floor.agents.get(event.agent)
    if agent is not None and agent.state is AgentState.TALKING and agent.offer is not None:
        floor.offers[agent.offer].hold_since = now
        change_agent(floor, agent, after(agent.state, Trigger.HOLD), now, out)


def _hold_ended(floor: Floor, event: ev.HoldEnded, now: float, out: Outcome) -> None:
    agent = floor.agents.get(event.agent)
    if agent is not None and agent.state is AgentState.HOLDING and agent.offer is not None:
        offer = floor.offers[agent.offer]
        offer.held_s += now - (offer.hold_since or now)
        offer.hold_since = None
        change_agent(floor, agent, after(agent.state, Trigger.RESUME), now, out)


# --- time, rules, the engine and the link to Asterisk ------------------------------------------------------------------


def _deadline_passed(floor: Floor, event: ev.DeadlinePassed, now: float, out: Outcome) -> None:
    while floor.timers and floor.timers[0][0] <= now:
        bells.ring(floor, heapq.heappop(floor.timers), now, out)


def _rules_loaded(floor: Floor, event: ev.RulesLoaded, now: float, out: Outcome) -> None:
    rules = event.rules
    for wanted in floor.callbacks.values():
        if wanted.queue not in rules.queues:
            raise Refused("queue_in_use", f'queue "{wanted.queue}" still has customers to be called back')
    for call in floor.calls.values():
        if call.queue not in rules.queues and call.state in (*IN_QUEUE, CallState.TALKING):
            raise Refused("queue_in_use", f'queue "{call.queue}" still has callers; take it out when it is empty')
    for agent in floor.agents.values():
        if agent.id not in rules.agents and agent.state is not AgentState.OFFLINE:
            raise Refused("agent_in_use", f'agent "{agent.id}" is logged in; take him out when he has logged out')
    floor.rules = rules
    floor.fit_rules(now)
    for agent in floor.agents.values():
        if (until := break_ends_at(floor, agent)) is not None:
            set_timer(floor, until, "break", agent.id)
    for call in floor.calls.values():
        if call.state not in IN_QUEUE:
            continue
        if (due := overflow_at(floor, call)) is not None:
            set_timer(floor, due, "max_wait", call.id)
        call.bell_at = call.words_at = now
        set_timer(floor, now, "recipe", call.id)
        set_timer(floor, now, "announce", call.id)
    for queue in rules.queues.values():
        nobody_left(floor, queue, now, out)
    callbacks.wake_all(floor, now, out)
    match_all(floor, now, out)


def _engine_started(floor: Floor, event: ev.EngineStarted, now: float, out: Outcome) -> None:
    floor.linked = False
    if floor.link_lost_at is None:
        floor.link_lost_at = ev.happened_at(event.at, now)
    for call in floor.calls.values():
        _detach(floor, call, now)
    callbacks.stand_aside(floor, now)


def _link_lost(floor: Floor, event: ev.LinkLost, now: float, out: Outcome) -> None:
    floor.linked = False
    floor.link_lost_at = now


def _link_regained(floor: Floor, event: ev.LinkRegained, now: float, out: Outcome) -> None:
    floor.linked, floor.link_lost_at = True, None
    for offer in floor.offers.values():  # the time Asterisk was out of sight is not held against an offer
        if offer.answered_at is None:
            offer.expires_at = max(offer.expires_at, now + GRACE_S)
            set_timer(floor, offer.expires_at, "offer", offer.id)
    match_all(floor, now, out)


_HANDLERS: dict[type, Callable[[Floor, Any, float, Outcome], None]] = {
    **attempts.HANDLERS,
    **callbacks.HANDLERS,
    **duty.HANDLERS,
    **requests.HANDLERS,
    **supervision.HANDLERS,
    **surveys.HANDLERS,
    **emergencies.HANDLERS,
    ev.CallArrived: _call_arrived,
    ev.CallIdentified: _call_identified,
    ev.CallMoved: _call_moved,
    ev.CallQueued: _call_queued,
    ev.WaitingKeyPressed: _waiting_key_pressed,
    ev.CallRejoined: _call_rejoined,
    ev.CallDetached: _call_detached,
    ev.CallLeftByCaller: _call_left,
    ev.CallTransferred: _call_transferred,
    ev.CallClosed: _call_closed,
    ev.OfferRinging: _offer_ringing,
    ev.OfferAnswered: _offer_answered,
    ev.OfferFailed: _offer_failed,
    ev.TalkEnded: _talk_ended,
    ev.HoldStarted: _hold_started,
    ev.HoldEnded: _hold_ended,
    ev.DeadlinePassed: _deadline_passed,
    ev.RulesLoaded: _rules_loaded,
    ev.EngineStarted: _engine_started,
    ev.LinkLost: _link_lost,
    ev.LinkRegained: _link_regained,
}
