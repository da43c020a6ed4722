"""The life of an offer: ringing, ended; and of the talk that comes of it.

Every offer ends exactly once: by `end_offer` (no talk came of it), as one of the others when somebody else answered (`answer`),
or by `finish_talk`. Each frees the agent, who looks at once for his next caller.
"""

from acd.announcing import announce
from acd.commands import WithdrawOffer
from acd.doors import is_closed, way_out
from acd.floor import Floor, change_agent, join_line, remember_contact, set_timer, settle
from acd.matching import match_queue, seek_agent, seek_call
from acd.model import Agent, Call, CallState, Disposition, Offer, OfferOutcome, Talk
from acd.outcome import Outcome
from acd.pacing import note_answer, note_talk, note_wrap_up
from acd.records import CallAnswered, OfferEnded, TalkFinished
from acd.rules import AtClose
from acd.waiting import leave_for, leave_segment, let_go_of_held, look_at_recipes, overflow_at, overflow_due
from agents.roster import AgentId, QueueId
from agents.state import AgentState, PhoneState, Trigger, after

__all__ = [
    "AFTER_CALL",
    "answer",
    "connected",
    "drop_talk",
    "end_offer",
    "end_wrap_up",
    "finish_talk",
    "look_around",
    "phone_changed",
    "withdraw",
]

AFTER_CALL = "after_call"
"""The reason for being not ready after the wrap-up of a queue that does not make agents ready by itself."""


def answer(floor: Floor, offer: Offer, at: float, now: float, out: Outcome) -> None:
    """The agent took the call: counted as answered now, whatever becomes of it. If his leg is to call a customer, there is no
    talk yet."""
    call, agent = floor.calls[offer.call], floor.agents[offer.agent]
    offer.answered_at = at = max(at, offer.made_at)
    _record_offer_end(offer, OfferOutcome.ACCEPTED, "", at, out)
    losers = [floor.offers[other] for other in call.ringing if other != offer.id]
    call.state, call.offer, call.ringing = CallState.TALKING, offer.id, []
    call.missed_by = []
    agent.no_answers = 0
    change_agent(floor, agent, after(agent.state, Trigger.ANSWER), at, out)
    if call.has_leg:
        connected(floor, call, offer, at, out)
    elif call.callback in floor.callbacks:
        floor.callbacks[call.callback].attempts += 1
    for loser in losers:  # Asterisk stops their phones itself: they ring in one Dial
        _end_loser(floor, loser, at, out)
    for loser in losers:  # all are free before the first looks around: they may be rung together again
        look_around(floor, floor.agents[loser.agent], now, out)


def connected(floor: Floor, call: Call, offer: Offer, at: float, out: Outcome) -> None:
    """Caller and agent talk."""
    agent, queue = floor.agents[offer.agent], floor.rules.queues[offer.queue]
    call.answered_by = agent.id
    remember_contact(floor, call, agent.id, at)
    wait_s = at - call.segment_at
    expected = call.expected
    out.records.append(
        CallAnswered(
            call=call.id,
            segment=offer.segment,
            queue=offer.queue,
            agent=agent.id,
            offer=offer.id,
            at=at,
            wait_s=wait_s,
            total_wait_s=at - call.queued_at - call.resumed_s,
            in_service_level=wait_s <= queue.service_level.within_s,
            unrecorded=call.unrecorded,
            expected_low_s=expected.low_s if expected else None,
            expected_s=expected.middle_s if expected else None,
            expected_high_s=expected.high_s if expected else None,
            callback=call.callback,
        )
    )
    leave_segment(floor, call, at, out, how="answered", phase="ringing", agent=agent.id)
    note_answer(floor, call, offer, agent, at, out)


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


def _end_loser(floor: Floor, offer: Offer, at: float, out: Outcome) -> None:
    """Somebody else answered: he did nothing wrong, and has been idle as long as before."""
    agent = floor.agents[offer.agent]
    _record_offer_end(offer, OfferOutcome.WITHDRAWN, "answered_elsewhere", max(at, offer.made_at), out)
    del floor.offers[offer.id]
    _free_after_offer(floor, agent, offer, OfferOutcome.WITHDRAWN, max(at, offer.made_at), out)


def end_offer(
    floor: Floor, offer: Offer, outcome: OfferOutcome, at: float, now: float, out: Outcome, cause: str = ""
) -> None:
    """No talk came of the offer. While other phones still ring for the caller, he goes on hearing that; else caller and agent
    are both looked after again, the caller first: he keeps his place."""
    end_offers(floor, [offer], outcome, at, now, out, cause)


def end_offers(
    floor: Floor, offers: list[Offer], outcome: OfferOutcome, at: float, now: float, out: Outcome, cause: str = ""
) -> None:
    """Several of one caller in one moment: all agents are free before anybody is looked after."""
    call, offer = floor.calls[offers[0].call], offers[0]
    for one in offers:
        _end_one(floor, call, one, outcome, max(at, one.made_at), out, cause)
    if not call.ringing:
        _no_longer_with_agents(floor, offer)
        _do_not_ask_again(floor, call, offer, now)
        if call.state is CallState.OFFERED:
            _back_in_line(floor, call, now, out)
        match_queue(floor, floor.rules.queues[offer.queue], now, out)
    for one in offers:
        look_around(floor, floor.agents[one.agent], now, out)


def _end_one(
    floor: Floor, call: Call, offer: Offer, outcome: OfferOutcome, at: float, out: Outcome, cause: str
) -> None:
    _record_offer_end(offer, outcome, cause, at, out)
    del floor.offers[offer.id]
    call.ringing.remove(offer.id)
    call.offer = call.ringing[0] if call.ringing else None
    _free_after_offer(floor, floor.agents[offer.agent], offer, outcome, at, out)
    if outcome is not OfferOutcome.WITHDRAWN:
        call.missed_by.append(offer.agent)


def _do_not_ask_again(floor: Floor, call: Call, offer: Offer, now: float) -> None:
    """Those who were rung together may be asked again together, whoever of them was told of first."""
    missed_by, call.missed_by = call.missed_by, []
    if not missed_by or call.state is not CallState.OFFERED:
        return
    not_again(floor, call, missed_by, offer.queue, now)


def not_again(floor: Floor, call: Call, agents: list[AgentId], queue: QueueId, now: float) -> None:
    """These are not asked for this caller again for the queue's retry time."""
    retry_at = now + floor.rules.queues[queue].retry_s
    call.unwilling.update(dict.fromkeys(agents, retry_at))
    set_timer(floor, retry_at, "retry", call.id)


def _back_in_line(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """Nobody took him: he waits on, at his old place, unless his time ran out while phones rang."""
    call.state = CallState.WAITING
    queue = floor.queue_of(call)
    if (due := overflow_at(floor, call)) is not None and due <= now:
        overflow_due(floor, call, now, out)
        return
    if is_closed(floor, queue.id) and queue.at_close is AtClose.TELL and call.has_leg:
        why, target = way_out(floor, queue)
        leave_for(floor, call, target, why, now, out)
        return
    join_line(floor, call, now)
    if call.bell_at:
        look_at_recipes(floor, call, now, out)
    if call.state is CallState.WAITING:
        seek_agent(floor, call, now, out, asked="retry")
    if call.words_at and call.state is CallState.WAITING:
        announce(floor, call, now, out)


def _no_longer_with_agents(floor: Floor, offer: Offer) -> None:
    floor.busy[offer.queue] -= 1


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
        change_agent(floor, agent, AgentState.READY, at, out)
    elif wish == "":
        change_agent(floor, agent, AgentState.OFFLINE, at, out)
    else:
        change_agent(floor, agent, AgentState.NOT_READY, at, out, reason=wish)


def finish_talk(floor: Floor, offer: Offer, at: float, now: float, out: Outcome) -> None:
    """The talk is over. The agent wraps up; the caller, if he is still there, is the session's to say good-bye to."""
    assert offer.answered_at is not None
    call, agent = floor.calls[offer.call], floor.agents[offer.agent]
    since = offer.answered_at if call.has_leg or call.reached_at is None else call.reached_at
    at = max(at, since)
    if offer.hold_since is not None:
        offer.held_s += max(at - offer.hold_since, 0.0)
    talk_s = at - since
    hold_s = min(offer.held_s, talk_s)
    out.records.append(
        TalkFinished(
            offer=offer.id,
            call=call.id,
            segment=offer.segment,
            queue=offer.queue,
            agent=agent.id,
            answered_at=since,
            ended_at=at,
            talk_s=talk_s,
            hold_s=hold_s,
            unrecorded=call.unrecorded,
        )
    )
    del floor.offers[offer.id]
    call.state, call.offer = CallState.AFTER, None
    call.ending = Disposition.SERVED
    call.talk = Talk(offer=offer.id, queue=offer.queue, agent=agent.id, talk_s=talk_s)
    agent.workload.add_call(talk_s, at)
    agent.served[offer.queue] = agent.served.get(offer.queue, 0) + 1
    agent.last_served[offer.queue] = at
    note_talk(floor, floor.rules.queues[offer.queue], talk_s, at, out)
    _no_longer_with_agents(floor, offer)
    match_queue(floor, floor.rules.queues[offer.queue], now, out)
    _begin_wrap_up(floor, agent, offer, at, now, out, handling_since=offer.answered_at)


def drop_talk(floor: Floor, offer: Offer, at: float, now: float, out: Outcome, *, wraps_up: bool) -> None:
    """The customer whom the agent's leg called was not reached: no talk, and no wrap-up unless the queue's rule says so."""
    assert offer.answered_at is not None
    call, agent = floor.calls[offer.call], floor.agents[offer.agent]
    del floor.offers[offer.id]
    call.offer = None
    _no_longer_with_agents(floor, offer)
    match_queue(floor, floor.rules.queues[offer.queue], now, out)
    at = max(at, offer.answered_at)
    if wraps_up:
        _begin_wrap_up(floor, agent, offer, at, now, out, handling_since=None)
        return
    after(agent.state, Trigger.END_TALK)
    agent.idle_since = at
    _become_free(floor, agent, at, out)
    look_around(floor, agent, now, out)


def _begin_wrap_up(
    floor: Floor,
    agent: Agent,
    offer: Offer,
    at: float,
    now: float,
    out: Outcome,
    *,
    handling_since: float | None,
) -> None:
    agent.offer, agent.extensions = None, 0
    state = after(agent.state, Trigger.END_TALK)
    agent.wrap_up_until = at + floor.rules.queues[offer.queue].wrap_up_s
    agent.handling_since = handling_since
    if agent.wrap_up_until <= now:
        agent.idle_since = max(agent.wrap_up_until, at)
        _learn_handle_time(agent, agent.wrap_up_until)
        if agent.wrap_up_until > at:
            change_agent(floor, agent, state, at, out)
            note_wrap_up(floor, offer.queue, agent.wrap_up_until - at, now, out)
        _after_wrap_up(floor, agent, agent.wrap_up_until, now, out)
    else:
        change_agent(floor, agent, state, at, out)
        set_timer(floor, agent.wrap_up_until, "wrap_up", agent.id)


def end_wrap_up(floor: Floor, agent: Agent, at: float, now: float, out: Outcome, *, ready: bool = False) -> None:
    """The paperwork is done, or its time is over. `ready`: he said so himself."""
    after(agent.state, Trigger.END_WRAP_UP)
    note_wrap_up(floor, agent.queue, at - agent.since, at, out)
    _learn_handle_time(agent, at)
    agent.idle_since = at
    if ready:
        agent.wish = None
        _become_free(floor, agent, at, out)
        look_around(floor, agent, now, out)
    else:
        _after_wrap_up(floor, agent, at, now, out)


def _learn_handle_time(agent: Agent, at: float) -> None:
    """What the call took him, paperwork included; recent calls count for more."""
    if agent.handling_since is not None:
        handle_s = max(at - agent.handling_since, 0.0)
        agent.handle_s = handle_s if agent.handle_s == 0.0 else 0.8 * agent.handle_s + 0.2 * handle_s
        agent.handling_since = None


def _after_wrap_up(floor: Floor, agent: Agent, at: float, now: float, out: Outcome) -> None:
    queue = floor.rules.queues.get(agent.queue) if agent.queue else None
    if queue is not None and not queue.ready_after_wrap_up and agent.wish is None:
        agent.wish = AFTER_CALL
    _become_free(floor, agent, at, out)
    look_around(floor, agent, now, out)


def look_around(floor: Floor, agent: Agent, now: float, out: Outcome) -> None:
    """What an agent does first when a call is behind him."""
    let_go_of_held(floor, agent, now, out)
    seek_call(floor, agent, now, out)


def withdraw(offer: Offer, reason: str, out: Outcome) -> None:
    """Tell the telephony to stop ringing."""
    out.commands.append(
        WithdrawOffer(
            offer=offer.id,
            call=offer.call,
            agent=offer.agent,
            channel=offer.channel or offer.leg,  # the id of a leg that is to call a customer is known before it rings
            reason=reason,
        )
    )


def phone_changed(floor: Floor, agent: Agent, phone: PhoneState, now: float, out: Outcome) -> None:
    """What the phone does outside our calls decides whether he can be offered one."""
    if agent.phone is PhoneState.IN_USE and phone is PhoneState.IDLE:
        agent.idle_since = now  # a call of his own was no idle time
    agent.phone = phone
    settle(floor, agent, now, out)
    look_around(floor, agent, now, out)
