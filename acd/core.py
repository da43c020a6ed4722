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

from acd import events as ev
from acd.floor import Floor, change_agent, join_line, leave_line, set_timer
from acd.model import Agent, Call, CallId, CallState, Disposition, Offer, OfferId, OfferOutcome
from acd.offering import (
    GRACE_S,
    Outcome,
    answer,
    end_offer,
    end_wrap_up,
    enter_queue,
    finish_talk,
    hold_out,
    leave_segment,
    let_go_of_held,
    overflow,
    overflow_at,
    overflow_farewell,
    phone_changed,
    seek_agent,
    seek_call,
    withdraw,
)
from acd.records import CallEnded, CallOpened, NodeEntered
from acd.routing import last_agent
from agents.roster import AgentId
from agents.state import DEFERRABLE, ON_CALL, AgentState, IllegalTransition, PhoneState, Trigger, after

__all__ = ["Outcome", "Refused", "next_deadline", "step"]

IN_QUEUE = (CallState.WAITING, CallState.OFFERED)


class Refused(Exception):
    """The event asks for something that is not possible now; nothing was changed. `error` is a stable identifier."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


def step(floor: Floor, event: ev.Event, now: float) -> Outcome:
    """Take in one event at `now` (seconds since the epoch, never less than at the step before). Raises Refused."""
    out = Outcome()
    _HANDLERS[type(event)](floor, event, now, out)
    return out


def next_deadline(floor: Floor) -> float | None:
    """When the core wants a DeadlinePassed next. Timers that no longer apply are thrown away on the way."""
    timers = floor.timers
    while timers and not _applies(floor, timers[0]):
        heapq.heappop(timers)
    return timers[0][0] if timers else None


# --- callers ---------------------------------------------------------------------------------------------------------


def _call_arrived(floor: Floor, event: ev.CallArrived, now: float, out: Outcome) -> None:
    if event.call in floor.calls:
        return
    at = _at(event.at, now)
    vip = floor.rules.vip.get(event.number, 0)
    floor.calls[event.call] = Call(
        id=event.call,
        channel=event.channel,
        number=event.number,
        name=event.name,
        did=event.did,
        opened_at=at,
        vip=vip,
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


def _call_moved(floor: Floor, event: ev.CallMoved, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None:
        return
    call.node = event.node
    call.path.append(f"{event.node}:{event.key}" if event.key else event.node)
    out.records.append(NodeEntered(call=call.id, at=now, node=event.node, key=event.key, step=len(call.path)))


def _call_queued(floor: Floor, event: ev.CallQueued, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.state is not CallState.IVR:
        return
    queue = floor.rules.queues.get(event.queue)
    if queue is None:
        raise Refused("unknown_queue", f'there is no queue "{event.queue}"')
    call.priority = queue.priority + event.priority + floor.rules.vip_priority.get(call.vip, 0)
    enter_queue(floor, call, event.queue, now, out)


def _call_rejoined(floor: Floor, event: ev.CallRejoined, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None:
        return
    call.attached = True
    match call.state:
        case CallState.WAITING:
            if call.held_for is None:
                join_line(floor, call)
                seek_agent(floor, call, now, out, asked="retry")
            elif (agent := floor.agents[call.held_for]).standing == "free":
                seek_call(floor, agent, now, out)
        case CallState.OFFERED:  # he is back with us, so the ringing is over; whose doing is not known
            end_offer(floor, _offer_of(floor, call), OfferOutcome.WITHDRAWN, now, now, out, cause="lost_sight")
        case CallState.TALKING:
            finish_talk(floor, _offer_of(floor, call), now, now, out)
            call.returned = True
        case CallState.AFTER if call.ending is Disposition.OVERFLOWED:  # the engine died before he was told
            out.commands.append(overflow_farewell(floor, call))
        case CallState.AFTER:
            call.returned = True
        case CallState.IVR:  # pragma: no branch
            pass


def _call_detached(floor: Floor, event: ev.CallDetached, now: float, out: Outcome) -> None:
    if (call := floor.calls.get(event.call)) is not None:
        _detach(floor, call)


def _detach(floor: Floor, call: Call) -> None:
    """He keeps his place, but cannot be given an agent until his leg rejoins."""
    if call.state is CallState.WAITING and call.held_for is None:
        leave_line(floor, call)
    call.attached = False


def _call_left(floor: Floor, event: ev.CallLeftByCaller, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None:
        return
    lost = event.cause is ev.HangUpCause.SWITCH_LOST
    at = _not_before_the_call_went_there(floor, call, _at(event.at, now))
    call.returned |= event.cause is ev.HangUpCause.LEFT_BY_AGENT
    left_in = _left_in(call)
    if event.cause is ev.HangUpCause.LAST_RESORT and call.state in (CallState.IVR, CallState.WAITING):
        _taken_by_the_last_resort(floor, call, event, now, out)
    disposition = _leave(floor, call, at, now, out, lost=lost)
    if lost:
        disposition = Disposition.SWITCH_LOST
    by = (
        "switch"
        if lost
        else "agent"
        if call.returned
        else "hotline"
        if call.ending is Disposition.OVERFLOWED
        else "caller"
    )
    _close(floor, call, at, out, disposition, left_in, by)


def _taken_by_the_last_resort(floor: Floor, call: Call, event: ev.CallLeftByCaller, now: float, out: Outcome) -> None:
    """For his queue he went elsewhere; the call was served all the same, though nobody measured how."""
    if call.state is CallState.WAITING:
        at = max(_at(event.answered_at, now), call.segment_at)
        leave_line(floor, call)
        leave_segment(floor, call, at, out, how="overflowed", phase="waiting", agent=event.agent)
    call.state, call.ending, call.answered_by = CallState.AFTER, Disposition.LAST_RESORT, event.agent


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
        case CallState.IVR:
            return Disposition.ABANDONED_IVR
        case CallState.WAITING:
            leave_line(floor, call)
            leave_segment(floor, call, at, out, how=_how(floor, call, at, lost=lost), phase="waiting")
            return Disposition.ABANDONED_WAITING
        case CallState.OFFERED:
            offer = _offer_of(floor, call)
            leave_segment(
                floor, call, at, out, how=_how(floor, call, at, lost=lost), phase="ringing", agent=offer.agent
            )
            call.state = CallState.AFTER
            end_offer(floor, offer, OfferOutcome.WITHDRAWN, at, now, out, cause="caller_left")
            return Disposition.ABANDONED_RINGING
        case CallState.TALKING:
            finish_talk(floor, _offer_of(floor, call), at, now, out)
            return Disposition.SERVED
        case CallState.AFTER:  # pragma: no branch
            return call.ending or Disposition.SERVED


def _how(floor: Floor, call: Call, at: float, *, lost: bool) -> str:
    if lost:
        return "switch_lost"
    short = at - call.segment_at <= floor.queue_of(call).short_abandon_s
    return "short_abandon" if short else "abandoned"


def _call_closed(floor: Floor, event: ev.CallClosed, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None:
        return
    left_in = call.state
    if call.state is CallState.IVR:
        disposition = Disposition.COMPLETED_IVR
    else:
        disposition = _leave(floor, call, now, now, out, lost=False)
    _close(floor, call, now, out, disposition, left_in, "agent" if call.returned else "hotline")


def _close(
    floor: Floor, call: Call, at: float, out: Outcome, disposition: Disposition, left_in: CallState, by: str
) -> None:
    del floor.calls[call.id]
    out.records.append(
        CallEnded(
            call=call.id,
            opened_at=call.opened_at,
            ended_at=at,
            number=call.number,
            name=call.name,
            did=call.did,
            vip=call.vip,
            disposition=disposition,
            left_in=left_in,
            ended_by=by,
            queue=call.queue,
            agent=call.answered_by,
            path=tuple(call.path),
            rules=floor.rules.version,
        )
    )


# --- agents ----------------------------------------------------------------------------------------------------------


def _agent(floor: Floor, agent: AgentId) -> Agent:
    try:
        return floor.agents[agent]
    except KeyError:
        raise Refused("unknown_agent", f'there is no agent "{agent}"') from None


def _checked(agent: Agent, trigger: Trigger) -> AgentState:
    try:
        return after(agent.state, trigger)
    except IllegalTransition as illegal:
        raise Refused("illegal_transition", f"{agent.id}: {illegal}") from None


def _agent_logged_in(floor: Floor, event: ev.AgentLoggedIn, now: float, out: Outcome) -> None:
    agent = _agent(floor, event.agent)
    state = _checked(agent, Trigger.LOG_IN)
    agent.logged_in_at, agent.no_answers = now, 0
    change_agent(floor, agent, state, now, out.records, reason="logged_in")


def _agent_logged_out(floor: Floor, event: ev.AgentLoggedOut, now: float, out: Outcome) -> None:
    agent = _agent(floor, event.agent)
    if (agent.state, Trigger.LOG_OUT) in DEFERRABLE:
        agent.wish = ""
        let_go_of_held(floor, agent, now, out)
        return
    change_agent(floor, agent, _checked(agent, Trigger.LOG_OUT), now, out.records)
    let_go_of_held(floor, agent, now, out)


def _agent_ready(floor: Floor, event: ev.AgentReady, now: float, out: Outcome) -> None:
    agent = _agent(floor, event.agent)
    if agent.state is AgentState.WRAP_UP:
        agent.wish = None
        end_wrap_up(floor, agent, now, now, out)
        return
    if agent.state is AgentState.READY or (agent.state in ON_CALL and agent.wish is not None):
        agent.wish = None
        return
    state = _checked(agent, Trigger.GO_READY)
    agent.idle_since, agent.no_answers = now, 0
    change_agent(floor, agent, state, now, out.records)
    seek_call(floor, agent, now, out)


def _agent_not_ready(floor: Floor, event: ev.AgentNotReady, now: float, out: Outcome) -> None:
    agent = _agent(floor, event.agent)
    if (agent.state, Trigger.GO_NOT_READY) in DEFERRABLE:
        agent.wish = event.reason
        let_go_of_held(floor, agent, now, out)
        return
    change_agent(floor, agent, _checked(agent, Trigger.GO_NOT_READY), now, out.records, reason=event.reason)
    let_go_of_held(floor, agent, now, out)


def _wrap_up_done(floor: Floor, event: ev.WrapUpDone, now: float, out: Outcome) -> None:
    agent = _agent(floor, event.agent)
    _checked(agent, Trigger.END_WRAP_UP)
    end_wrap_up(floor, agent, now, now, out)


def _phone_changed(floor: Floor, event: ev.PhoneChanged, now: float, out: Outcome) -> None:
    agent = floor.agents.get(event.agent)
    if agent is None or agent.phone is event.phone:
        return
    if agent.state in ON_CALL and event.phone is PhoneState.IN_USE:
        return  # that is our own call
    phone_changed(floor, agent, event.phone, now, out)


# --- offers and talks ------------------------------------------------------------------------------------------------


def _offer_of(floor: Floor, call: Call) -> Offer:
    assert call.offer is not None
    return floor.offers[call.offer]


def _at(event_at: float | None, now: float) -> float:
    return now if event_at is None else min(event_at, now)


def _offer_ringing(floor: Floor, event: ev.OfferRinging, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is None or offer.rang_at is not None:
        return
    offer.channel, offer.leg = event.channel, event.leg
    if offer.answered_at is None:
        offer.rang_at = now


def _offer_answered(floor: Floor, event: ev.OfferAnswered, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is not None and offer.answered_at is None:
        answer(floor, offer, _at(event.at, now), out)


def _offer_failed(floor: Floor, event: ev.OfferFailed, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is not None and offer.answered_at is None:
        end_offer(floor, offer, event.outcome, _at(event.at, now), now, out, cause=event.cause)


def _talk_ended(floor: Floor, event: ev.TalkEnded, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is not None and offer.answered_at is not None:
        finish_talk(floor, offer, _at(event.at, now), now, out)


def _hold_started(floor: Floor, event: ev.HoldStarted, now: float, out: Outcome) -> None:
    agent = floor.agents.get(event.agent)
    if agent is not None and agent.state is AgentState.TALKING and agent.offer is not None:
        floor.offers[agent.offer].hold_since = now
        change_agent(floor, agent, after(agent.state, Trigger.HOLD), now, out.records)


def _hold_ended(floor: Floor, event: ev.HoldEnded, now: float, out: Outcome) -> None:
    agent = floor.agents.get(event.agent)
    if agent is not None and agent.state is AgentState.HOLDING and agent.offer is not None:
        offer = floor.offers[agent.offer]
        offer.held_s += now - (offer.hold_since or now)
        offer.hold_since = None
        change_agent(floor, agent, after(agent.state, Trigger.RESUME), now, out.records)


# --- time, rules, the engine and the link to Asterisk ------------------------------------------------------------------


def _deadline_passed(floor: Floor, event: ev.DeadlinePassed, now: float, out: Outcome) -> None:
    timers = floor.timers
    while timers and timers[0][0] <= now:
        timer = heapq.heappop(timers)
        if _applies(floor, timer):
            _ring_bell(floor, timer[1], timer[2], now, out)


def _applies(floor: Floor, timer: tuple[float, str, str]) -> bool:
    """Whether a timer still means something: its subject is there and waits for just this moment."""
    when, kind, subject = timer
    if kind == "offer":  # only while Asterisk is in sight is its silence a sign
        offer = floor.offers.get(OfferId(subject))
        return floor.linked and offer is not None and offer.answered_at is None and offer.expires_at <= when
    if kind == "wrap_up":
        agent = floor.agents.get(AgentId(subject))
        return agent is not None and agent.state is AgentState.WRAP_UP and agent.wrap_up_until <= when
    call = floor.calls.get(CallId(subject))
    if call is None:
        return False
    if kind == "hold":
        return call.held_for is not None and call.held_until <= when
    if kind == "max_wait":
        due = overflow_at(floor, call) if call.state in IN_QUEUE else None
        return due is not None and due <= when
    return call.state in IN_QUEUE  # retry: he may be waiting again by then


def _ring_bell(floor: Floor, kind: str, subject: str, now: float, out: Outcome) -> None:
    if kind == "wrap_up":
        agent = floor.agents[AgentId(subject)]
        end_wrap_up(floor, agent, agent.wrap_up_until, now, out)
    elif kind == "offer":
        offer = floor.offers[OfferId(subject)]
        _give_up(floor, offer, now, out)
    else:
        call = floor.calls[CallId(subject)]
        if kind == "hold":
            hold_out(floor, call, now, out)
        elif kind == "retry":
            if call.held_for is None:
                seek_agent(floor, call, now, out, asked="retry")
        elif call.state is CallState.WAITING:  # with a phone ringing for him, the end of the offer sees to it
            overflow(floor, call, now, out)


def _give_up(floor: Floor, offer: Offer, now: float, out: Outcome) -> None:
    """Asterisk did not report the end of an offer. One that never rang is not held against the agent; he is only not asked
    for the same call again at once."""
    withdraw(offer, "not_answered_in_time", out)
    if offer.rang_at is not None:
        end_offer(floor, offer, OfferOutcome.NO_ANSWER, now, now, out, cause="no_word_from_asterisk")
        return
    retry_at = now + floor.rules.queues[offer.queue].retry_s
    floor.calls[offer.call].unwilling[offer.agent] = retry_at
    set_timer(floor, retry_at, "retry", offer.call)
    end_offer(floor, offer, OfferOutcome.WITHDRAWN, now, now, out, cause="never_rang")


def _rules_loaded(floor: Floor, event: ev.RulesLoaded, now: float, out: Outcome) -> None:
    rules = event.rules
    for call in floor.calls.values():
        if call.queue is not None and call.queue not in rules.queues and call.state is not CallState.AFTER:
            raise Refused("queue_in_use", f'queue "{call.queue}" still has callers; take it out when it is empty')
    for agent in floor.agents.values():
        if agent.id not in rules.agents and agent.state is not AgentState.OFFLINE:
            raise Refused("agent_in_use", f'agent "{agent.id}" is logged in; take him out when he has logged out')
    floor.rules = rules
    floor.fit_rules(now)
    for call in floor.calls.values():
        if call.state in IN_QUEUE and (due := overflow_at(floor, call)) is not None:
            set_timer(floor, due, "max_wait", call.id)
    _match_all(floor, now, out)


def _engine_started(floor: Floor, event: ev.EngineStarted, now: float, out: Outcome) -> None:
    floor.linked = False
    if floor.link_lost_at is None:
        floor.link_lost_at = _at(event.at, now)
    for call in floor.calls.values():
        _detach(floor, call)


def _link_lost(floor: Floor, event: ev.LinkLost, now: float, out: Outcome) -> None:
    floor.linked = False
    floor.link_lost_at = now


def _link_regained(floor: Floor, event: ev.LinkRegained, now: float, out: Outcome) -> None:
    floor.linked, floor.link_lost_at = True, None
    for offer in floor.offers.values():  # the time Asterisk was out of sight is not held against an offer
        if offer.answered_at is None:
            offer.expires_at = max(offer.expires_at, now + GRACE_S)
            set_timer(floor, offer.expires_at, "offer", offer.id)
    _match_all(floor, now, out)


def _match_all(floor: Floor, now: float, out: Outcome) -> None:
    """Free agents and waiting callers brought together after a time without offers, in the callers' order."""
    for _, member in sorted(entry for line in floor.waiting.values() for entry in line):
        call = floor.calls[CallId(member)]
        queue = floor.queue_of(call)
        if floor.ready[queue.id] or (not call.sought and last_agent(floor, call, queue, now)):
            seek_agent(floor, call, now, out, asked="retry")
    for agent in floor.agents.values():
        seek_call(floor, agent, now, out)


_HANDLERS: dict[type, Callable[[Floor, Any, float, Outcome], None]] = {
    ev.CallArrived: _call_arrived,
    ev.CallMoved: _call_moved,
    ev.CallQueued: _call_queued,
    ev.CallRejoined: _call_rejoined,
    ev.CallDetached: _call_detached,
    ev.CallLeftByCaller: _call_left,
    ev.CallClosed: _call_closed,
    ev.AgentLoggedIn: _agent_logged_in,
    ev.AgentLoggedOut: _agent_logged_out,
    ev.AgentReady: _agent_ready,
    ev.AgentNotReady: _agent_not_ready,
    ev.WrapUpDone: _wrap_up_done,
    ev.PhoneChanged: _phone_changed,
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
