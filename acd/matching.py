"""Bringing callers and agents together: every offer begins here.

Whoever begins to wait, or to be free, or may be given more than before, comes by here in the same step, so a free agent and a
caller he may have never both wait.
"""

from acd.commands import OfferCall
from acd.floor import FREE, Floor, change_agent, customer_key, join_line, leave_line, note_turn, set_timer
from acd.model import Agent, Call, CallId, CallState, Offer, OfferId
from acd.outcome import Outcome
from acd.records import Candidate, OfferMade
from acd.routing import AgentChoice, choose_agent, choose_call, decision, last_agent
from acd.rules import QueueRules
from acd.strategies import rings_together
from agents.roster import AgentId
from agents.state import Trigger, after

__all__ = [
    "GRACE_S",
    "Outcome",
    "hold_for",
    "match_all",
    "match_queue",
    "offer_to",
    "release",
    "seek_agent",
    "seek_call",
]

GRACE_S = 5.0
"""An offer Asterisk does not report the end of is given up this long after its ringing time."""


def explain(
    floor: Floor,
    call: Call,
    now: float,
    choice: AgentChoice,
    out: Outcome,
    *,
    asked: str,
    passed_over: tuple[CallId, ...] = (),
    recipe: str = "",
) -> None:
    """Write down why, if anybody wants to know."""
    if not out.terse:
        out.records.append(decision(floor, call, now, choice, asked=asked, passed_over=passed_over, recipe=recipe))
    else:
        call.decisions += 1


def seek_agent(floor: Floor, call: Call, now: float, out: Outcome, *, asked: str, recipe: str = "") -> None:
    """Give the waiting caller an agent if one suits, and write down why or why not."""
    if call.state is not CallState.WAITING or not call.attached or not floor.linked:
        return
    choice = choose_agent(floor, call, now, affinity=not call.sought)
    call.sought |= choice.reason != "queue_limit"  # else his last agent has not been asked for yet
    explain(floor, call, now, choice, out, asked=asked, recipe=recipe)
    if choice.agents:
        offer_to(floor, call, choice.agents, now, out, choice.reason)
    elif choice.wait_for is not None:
        hold_for(floor, call, choice.wait_for, choice.wait_until)


def seek_call(floor: Floor, agent: Agent, now: float, out: Outcome) -> None:
    """Give the free agent the caller who is next for him; where phones ring together, his among them."""
    while agent.standing == FREE and floor.linked:
        choice = choose_call(floor, agent, now)
        if choice.call is None:
            return
        call = floor.calls[choice.call]
        queue = floor.queue_of(call)
        if choice.reason == "next_in_line" and rings_together(queue) != 1:
            seek_agent(floor, call, now, out, asked="agent_free")
            if call.state is CallState.WAITING and call.held_for is None:
                return
            continue
        assert choice.queue is not None
        ready = floor.ready[choice.queue] if choice.queue in agent.groups else None
        score = (Candidate(agent.id, ready.key(agent.id)),) if ready is not None else ()
        via = choice.queue if choice.queue != queue.id else None
        chosen = AgentChoice((agent.id,), choice.reason, score, via=via)
        explain(floor, call, now, chosen, out, asked="agent_free", passed_over=choice.passed_over)
        offer_to(floor, call, (agent.id,), now, out, choice.reason)


def match_queue(floor: Floor, queue: QueueRules, now: float, out: Outcome) -> None:
    """A queue with a limit may have more calls with agents than before: its callers look for agents, in their order."""
    if queue.max_calls is None:
        return
    for _, member in list(floor.waiting[queue.id]):
        if floor.at_limit(queue):
            return
        call = floor.calls[CallId(member)]
        if call.queue == queue.id and any(floor.ready[name] for name in (queue.id, *call.added)):
            seek_agent(floor, call, now, out, asked="queue_limit")
    for agent in [floor.agents[one] for one in floor.held if floor.agents[one].standing == FREE]:
        seek_call(floor, agent, now, out)  # held callers of this queue may be served again


def match_all(floor: Floor, now: float, out: Outcome) -> None:
    """Free agents and waiting callers brought together after a time without offers, in the callers' order."""
    for _, member in sorted(entry for lines in floor.waiting.values() for entry in lines):
        call = floor.calls[CallId(member)]
        if call.state is not CallState.WAITING or call.held_for is not None:
            continue  # he stood in two lines and is served already
        queue = floor.queue_of(call)
        to_be_had = any(floor.ready[name] for name in (queue.id, *call.added))
        if to_be_had or (not call.sought and last_agent(floor, call, queue, now)):
            seek_agent(floor, call, now, out, asked="retry")
    for agent in floor.agents.values():
        seek_call(floor, agent, now, out)


# --- waiting for one agent ---------------------------------------------------------------------------------------------


def hold_for(floor: Floor, call: Call, agent: AgentId, until: float, *, assigned: bool = False) -> None:
    """The caller stands in no line: he waits for this agent, until then; once assigned to him, for as long as it takes."""
    leave_line(floor, call)
    call.held_for, call.held_until, call.assigned = agent, until, assigned
    floor.held.setdefault(agent, []).append(call.id)
    if not assigned:
        set_timer(floor, until, "hold", call.id)


def release(floor: Floor, call: Call, now: float, out: Outcome) -> None:
    """The wait for one agent is over (its time is up, or he is not to be had): the caller stands in line again, at his old
    place, for anyone."""
    leave_line(floor, call)
    join_line(floor, call, now)
    seek_agent(floor, call, now, out, asked="affinity_over")


# --- offers --------------------------------------------------------------------------------------------------------------


def offer_to(floor: Floor, call: Call, agents: tuple[AgentId, ...], now: float, out: Outcome, reason: str) -> None:
    """Ring these agents for the caller, together."""
    queue = floor.queue_of(call)
    leave_line(floor, call)
    call.state = CallState.OFFERED
    for agent in agents:
        offer = _make_offer(floor, call, floor.agents[agent], queue, now, out)
        out.records.append(_made(floor, call, offer, now, reason))
        out.commands.append(
            OfferCall(
                offer=offer.id,
                call=call.id,
                agent=agent,
                queue=queue.id,
                ring_s=queue.ring_s,
                record=queue.record and not call.unrecorded,
            )
        )
    call.offer = call.ringing[0]


def _make_offer(floor: Floor, call: Call, agent: Agent, queue: QueueRules, now: float, out: Outcome) -> Offer:
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
    call.ringing.append(offer.id)
    floor.busy[queue.id] = floor.busy.get(queue.id, 0) + (len(call.ringing) == 1)
    agent.queue, agent.offer = queue.id, offer.id
    note_turn(floor, agent, queue.id)
    change_agent(floor, agent, after(agent.state, Trigger.OFFER), now, out)
    set_timer(floor, offer.expires_at, "offer", offer.id)
    return offer


def _made(floor: Floor, call: Call, offer: Offer, now: float, reason: str) -> OfferMade:
    contact = (call.customer and floor.last_contact(customer_key(call.customer))) or floor.last_contact(call.number)
    return OfferMade(
        offer=offer.id,
        call=call.id,
        segment=call.segment,
        queue=offer.queue,
        agent=offer.agent,
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
