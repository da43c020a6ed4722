"""The life of an offer: made, ringing, ended; and of the talk that comes of it.

Every offer ends exactly once, by `end_offer` (no talk came of it) or `finish_talk`; both free the agent and look at once for
his next caller.
"""

from acd.commands import Command, EndCall, OfferCall, WithdrawOffer
from acd.floor import Floor, change_agent, join_line, leave_line, remember_contact, set_timer, settle
from acd.model import Agent, Call, CallState, Disposition, Offer, OfferId, OfferOutcome
from acd.records import CallAnswered, Candidate, OfferEnded, OfferMade, QueueEntered, QueueLeft, Record, TalkFinished
from acd.routing import AgentChoice, choose_agent, choose_call, decision
from agents.roster import AgentId, QueueId
from agents.state import AgentState, PhoneState, Trigger, after

__all__ = [
    "Outcome",
    "answer",
    "end_offer",
    "end_wrap_up",
    "enter_queue",
    "finish_talk",
    "hold_out",
    "leave_segment",
    "let_go_of_held",
    "overflow",
    "overflow_at",
    "overflow_farewell",
    "phone_changed",
    "seek_agent",
    "seek_call",
    "withdraw",
]

GRACE_S = 5.0
"""An offer Asterisk does not report the end of is given up this long after its ringing time."""


class Outcome:
    """What a step decided: commands to carry out, records to keep."""

    __slots__ = ("commands", "records")

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.records: list[Record] = []


def enter_queue(
    floor: Floor, call: Call, queue: QueueId, now: float, out: Outcome, overflow_from: QueueId | None = None
) -> None:
    """Begin a stay in a queue and look for an agent."""
    call.state, call.queue, call.segment_at = CallState.WAITING, queue, now
    call.segment += 1
    call.sought = False
    if call.segment == 1:
        call.queued_at = now
        floor.orders += 1
        call.order = floor.orders
    out.records.append(
        QueueEntered(
            call=call.id,
            segment=call.segment,
            queue=queue,
            at=now,
            priority=call.priority,
            vip=call.vip,
            overflow_from=overflow_from,
        )
    )
    if (at := overflow_at(floor, call)) is not None:
        set_timer(floor, at, "max_wait", call.id)
    join_line(floor, call)
    seek_agent(floor, call, now, out, asked="caller_entered")


def seek_agent(floor: Floor, call: Call, now: float, out: Outcome, *, asked: str) -> None:
    """Give the waiting caller an agent if one suits, and write down why or why not."""
    if call.state is not CallState.WAITING or not call.attached or not floor.linked:
        return
    choice = choose_agent(floor, call, now, affinity=not call.sought)
    call.sought = True
    out.records.append(decision(floor, call, now, choice, asked=asked))
    if choice.agent is not None:
        _make_offer(floor, call, floor.agents[choice.agent], now, out, choice.reason)
    elif choice.wait_for is not None:
        _hold_for(floor, call, choice.wait_for, choice.wait_until)


def seek_call(floor: Floor, agent: Agent, now: float, out: Outcome) -> None:
    """Give the free agent the caller who is next for him."""
    if agent.standing != "free" or not floor.linked:
        return
    choice = choose_call(floor, agent, now)
    if choice.call is None:
        return
    call = floor.calls[choice.call]
    rank = floor.ready[floor.queue_of(call).id].keys[agent.id]
    chosen = AgentChoice(agent.id, choice.reason, (Candidate(agent.id, rank),))
    out.records.append(decision(floor, call, now, chosen, asked="agent_free", passed_over=choice.passed_over))
    _make_offer(floor, call, agent, now, out, choice.reason)


def _hold_for(floor: Floor, call: Call, agent: AgentId, until: float) -> None:
    leave_line(floor, call)
    call.held_for, call.held_until = agent, until
    floor.held.setdefault(agent, []).append(call.id)
    set_timer(floor, until, "hold", call.id)


def hold_out(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """The wait for the last agent is over: the caller stands in line again, at his old place, for anyone."""
    leave_line(floor, call)
    join_line(floor, call)
    seek_agent(floor, call, now, out, asked="affinity_over")


def _make_offer(floor: Floor, call: Call, agent: Agent, now: float, out: Outcome, reason: str) -> None:
    queue = floor.queue_of(call)
    leave_line(floor, call)
    call.offers += 1
    offer = Offer(
        id=OfferId(f"{call.id}-{call.offers}"),
        call=call.id,
        agent=agent.id,
        queue=queue.id,
        segment=call.segment,
        made_at=now,
        expires_at=now + queue.ring_s + GRACE_S,
    )
    floor.offers[offer.id] = offer
    call.state, call.offer = CallState.OFFERED, offer.id
    agent.queue, agent.offer = queue.id, offer.id
    floor.orders += 1
    agent.turn[queue.id] = floor.orders
    change_agent(floor, agent, after(agent.state, Trigger.OFFER), now, out.records)
    set_timer(floor, offer.expires_at, "offer", offer.id)
    contact = floor.last_contact(call.number)
    out.records.append(
        OfferMade(
            offer=offer.id,
            call=call.id,
            segment=call.segment,
            queue=queue.id,
            agent=agent.id,
            at=now,
            number=call.number,
            name=call.name,
            did=call.did,
            wait_s=now - call.queued_at,
            path=tuple(call.path),
            vip=call.vip,
            last_agent=contact.agent if contact else None,
            last_contact_at=contact.at if contact else None,
            reasons=(reason,),
        )
    )
    out.commands.append(
        OfferCall(
            offer=offer.id, call=call.id, agent=agent.id, queue=queue.id, ring_s=queue.ring_s, record=queue.record
        )
    )


def answer(floor: Floor, offer: Offer, at: float, out: Outcome) -> None:
    """The agent took the call: counted as answered now, whatever becomes of it."""
    call, agent = floor.calls[offer.call], floor.agents[offer.agent]
    queue = floor.rules.queues[offer.queue]
    offer.answered_at = at = max(at, offer.made_at)
    _record_offer_end(offer, OfferOutcome.ACCEPTED, "", at, out)
    call.state, call.answered_by = CallState.TALKING, agent.id
    agent.no_answers = 0
    change_agent(floor, agent, after(agent.state, Trigger.ANSWER), at, out.records)
    remember_contact(floor, call.number, agent.id, at)
    wait_s = at - call.segment_at
    out.records.append(
        CallAnswered(
            call=call.id,
            segment=offer.segment,
            queue=offer.queue,
            agent=agent.id,
            offer=offer.id,
            at=at,
            wait_s=wait_s,
            total_wait_s=at - call.queued_at,
            in_service_level=wait_s <= queue.service_level.within_s,
        )
    )
    leave_segment(floor, call, at, out, how="answered", phase="ringing", agent=agent.id)


def leave_segment(
    floor: Floor, call: Call, at: float, out: Outcome, *, how: str, phase: str, agent: AgentId | None = None
) -> None:
    """The caller's stay in his queue is over."""
    assert call.queue is not None
    out.records.append(
        QueueLeft(
            call=call.id,
            segment=call.segment,
            queue=call.queue,
            entered_at=call.segment_at,
            left_at=at,
            wait_s=at - call.segment_at,
            how=how,
            phase=phase,
            agent=agent,
        )
    )


def _record_offer_end(offer: Offer, outcome: OfferOutcome, cause: str, at: float, out: Outcome) -> None:
    out.records.append(
        OfferEnded(
            offer=offer.id,
            call=offer.call,
            segment=offer.segment,
            queue=offer.queue,
            agent=offer.agent,
            made_at=offer.made_at,
            rang_at=offer.rang_at,
            ended_at=at,
            outcome=outcome,
            cause=cause,
        )
    )


def end_offer(
    floor: Floor, offer: Offer, outcome: OfferOutcome, at: float, now: float, out: Outcome, cause: str = ""
) -> None:
    """No talk came of the offer. Caller and agent are both looked after again, the caller first: he keeps his place."""
    call, agent = floor.calls[offer.call], floor.agents[offer.agent]
    at = max(at, offer.made_at)
    _record_offer_end(offer, outcome, cause, at, out)
    del floor.offers[offer.id]
    call.offer = None
    _free_after_offer(floor, agent, offer, outcome, at, out)
    if call.state is CallState.OFFERED:
        call.state = CallState.WAITING
        if outcome is not OfferOutcome.WITHDRAWN:
            retry_at = now + floor.rules.queues[offer.queue].retry_s
            call.unwilling[agent.id] = retry_at
            set_timer(floor, retry_at, "retry", call.id)
        if (due := overflow_at(floor, call)) is not None and due <= now:  # while the phone was ringing for him
            overflow(floor, call, now, out)
        else:
            join_line(floor, call)
            seek_agent(floor, call, now, out, asked="retry")
    _look_around(floor, agent, now, out)


def _free_after_offer(floor: Floor, agent: Agent, offer: Offer, outcome: OfferOutcome, at: float, out: Outcome) -> None:
    idle_since = agent.idle_since
    missed = outcome is not OfferOutcome.WITHDRAWN
    agent.no_answers += missed
    agent.idle_since = at if missed else idle_since
    limit = floor.rules.queues[offer.queue].no_answer_limit
    if missed and limit and agent.no_answers >= limit and agent.wish is None:
        agent.wish, agent.no_answers = str(outcome), 0
    _become_free(floor, agent, at, out)


def _become_free(floor: Floor, agent: Agent, at: float, out: Outcome) -> None:
    """READY, or what he wished for meanwhile."""
    wish, agent.wish = agent.wish, None
    if wish is None:
        change_agent(floor, agent, AgentState.READY, at, out.records)
    elif wish == "":
        change_agent(floor, agent, AgentState.OFFLINE, at, out.records)
    else:
        change_agent(floor, agent, AgentState.NOT_READY, at, out.records, reason=wish)


def finish_talk(floor: Floor, offer: Offer, at: float, now: float, out: Outcome) -> None:
    """The talk is over. The agent wraps up; the caller, if he is still there, is the session's to say good-bye to."""
    assert offer.answered_at is not None
    call, agent = floor.calls[offer.call], floor.agents[offer.agent]
    at = max(at, offer.answered_at)
    if offer.hold_since is not None:
        offer.held_s += max(at - offer.hold_since, 0.0)
    talk_s = at - offer.answered_at
    hold_s = min(offer.held_s, talk_s)
    out.records.append(
        TalkFinished(
            offer=offer.id,
            call=call.id,
            segment=offer.segment,
            queue=offer.queue,
            agent=agent.id,
            answered_at=offer.answered_at,
            ended_at=at,
            talk_s=talk_s,
            hold_s=hold_s,
        )
    )
    del floor.offers[offer.id]
    call.state, call.offer = CallState.AFTER, None
    call.ending = Disposition.SERVED
    agent.workload.add_call(talk_s, at)
    _begin_wrap_up(floor, agent, offer, at, now, out)


def _begin_wrap_up(floor: Floor, agent: Agent, offer: Offer, at: float, now: float, out: Outcome) -> None:
    agent.offer = None
    state = after(agent.state, Trigger.END_TALK)
    agent.wrap_up_until = at + floor.rules.queues[offer.queue].wrap_up_s
    handle_s = agent.wrap_up_until - (offer.answered_at or at)
    agent.handle_s = handle_s if agent.handle_s == 0.0 else 0.8 * agent.handle_s + 0.2 * handle_s
    if agent.wrap_up_until <= now:
        agent.idle_since = max(agent.wrap_up_until, at)
        if agent.wrap_up_until > at:
            change_agent(floor, agent, state, at, out.records)
        _become_free(floor, agent, agent.wrap_up_until, out)
        _look_around(floor, agent, now, out)
    else:
        change_agent(floor, agent, state, at, out.records)
        set_timer(floor, agent.wrap_up_until, "wrap_up", agent.id)


def end_wrap_up(floor: Floor, agent: Agent, at: float, now: float, out: Outcome) -> None:
    """The paperwork is done, or its time is over."""
    after(agent.state, Trigger.END_WRAP_UP)
    agent.idle_since = at
    _become_free(floor, agent, at, out)
    _look_around(floor, agent, now, out)


def _look_around(floor: Floor, agent: Agent, now: float, out: Outcome) -> None:
    """What an agent does first when a call is behind him."""
    let_go_of_held(floor, agent, now, out)
    seek_call(floor, agent, now, out)


def let_go_of_held(floor: Floor, agent: Agent, now: float, out: Outcome) -> None:
    """Callers waiting for an agent who is no longer to be had look for someone else at once."""
    gone = agent.state in (AgentState.NOT_READY, AgentState.OFFLINE) or agent.phone is PhoneState.UNREACHABLE
    if gone or agent.wish is not None:
        for held in list(floor.held.get(agent.id, ())):
            hold_out(floor, floor.calls[held], now, out)


def overflow_at(floor: Floor, call: Call) -> float | None:
    """When the caller's maximum wait in his queue is over; None: his queue has none."""
    rules = floor.queue_of(call)
    return None if rules.max_wait_s is None or rules.overflow is None else call.segment_at + rules.max_wait_s


def overflow(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """The maximum wait is over: another queue at the caller's old place, or a word and the end of the call."""
    rules = floor.queue_of(call)
    target = rules.overflow
    assert target is not None
    leave_line(floor, call)
    leave_segment(floor, call, now, out, how="overflowed", phase="waiting")
    if target.queue is not None:
        enter_queue(floor, call, target.queue, now, out, overflow_from=rules.id)
        return
    call.state, call.ending = CallState.AFTER, Disposition.OVERFLOWED
    out.commands.append(overflow_farewell(floor, call))


def overflow_farewell(floor: Floor, call: Call) -> EndCall:
    """What a caller is told whose maximum wait ran out."""
    queue = floor.rules.queues.get(call.queue) if call.queue else None  # gone from the rules meanwhile?
    target = queue.overflow if queue else None
    return EndCall(call=call.id, reason="max_wait", prompt=target.prompt if target else "")


def withdraw(offer: Offer, reason: str, out: Outcome) -> None:
    """Tell the telephony to stop ringing."""
    out.commands.append(
        WithdrawOffer(offer=offer.id, call=offer.call, agent=offer.agent, channel=offer.channel, reason=reason)
    )


def phone_changed(floor: Floor, agent: Agent, phone: PhoneState, now: float, out: Outcome) -> None:
    """What the phone does outside our calls decides whether he can be offered one."""
    agent.phone = phone
    settle(floor, agent, now, out.records)
    _look_around(floor, agent, now, out)
