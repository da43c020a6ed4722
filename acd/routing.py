"""Who suits whom: the choice of an agent for a caller and of a caller for an agent, with the reasons.

Nothing is changed here but the age of the scores; acting on a choice is `offering`'s work.
"""

from itertools import islice

import msgspec

from acd.floor import FREE, Floor, line_key, score
from acd.line import Key
from acd.model import Agent, Call, CallId, LastContact
from acd.records import Candidate, Decision, Exclusion
from acd.rules import Affinity, QueueRules, Strategy
from agents.roster import AgentId
from agents.state import AgentState, PhoneState

__all__ = ["AgentChoice", "CallChoice", "choose_agent", "choose_call", "decision", "expected_free_at", "last_agent"]

LISTED = 20
"""A decision names each excluded agent of queues up to this size; of bigger ones the counts by rule."""
RANKED = 5
"""So many of the best candidates are written down."""
RESCORED = 2
"""Least-busy scores of idle agents change slowly with their time on duty. Each look at the line works so many out anew, the
oldest ones, at a cost that does not grow with the team. More of them make the work no more even (tests/simulation)."""


class AgentChoice(msgspec.Struct, frozen=True):
    """The agent for a caller, or None, and why. `wait_until` is set when he is to wait for his last agent."""

    agent: AgentId | None
    reason: str
    candidates: tuple[Candidate, ...] = ()
    wait_for: AgentId | None = None
    wait_until: float = 0.0


class CallChoice(msgspec.Struct, frozen=True):
    """The caller for an agent, or None, and who was passed over on the way."""

    call: CallId | None
    reason: str
    passed_over: tuple[CallId, ...] = ()


def choose_agent(floor: Floor, call: Call, now: float, *, affinity: bool) -> AgentChoice:
    """The best free agent for a waiting caller. With `affinity`, his last agent goes before the strategy."""
    queue = floor.queue_of(call)
    if affinity and (contact := last_agent(floor, call, queue, now)):
        choice = _choose_last_agent(floor, call, contact, queue, now)
        if choice is not None:
            return choice
    candidates = _candidates(floor, call, queue, now)
    if not candidates:
        return AgentChoice(None, "nobody_free")
    return AgentChoice(candidates[0].agent, "best_score" if len(candidates) > 1 else "only_candidate", candidates)


def _candidates(floor: Floor, call: Call, queue: QueueRules, now: float) -> tuple[Candidate, ...]:
    line = floor.ready[queue.id]
    if queue.strategy is Strategy.LEAST_BUSY:
        for member in line.stalest(RESCORED):
            line.put(member, score(floor, floor.agents[AgentId(member)], queue, now))
    willing = (
        Candidate(AgentId(member), key) for key, member in line if call.unwilling.get(AgentId(member), 0.0) <= now
    )
    return tuple(islice(willing, RANKED))


def last_agent(floor: Floor, call: Call, queue: QueueRules, now: float) -> LastContact | None:
    """Who served this number last, if the queue cares, it is recent enough, and he still serves the queue."""
    contact = floor.last_contact(call.number)
    if queue.affinity is None or contact is None or now - contact.at > queue.affinity.window_s:
        return None
    settings = floor.rules.agents.get(contact.agent)
    return contact if settings and queue.id in settings.queues else None


def _choose_last_agent(
    floor: Floor, call: Call, contact: LastContact, queue: QueueRules, now: float
) -> AgentChoice | None:
    assert queue.affinity is not None
    agent = floor.agents[contact.agent]
    if call.unwilling.get(agent.id, 0.0) > now:
        return None
    if agent.standing == FREE:
        return AgentChoice(agent.id, "last_agent", (Candidate(agent.id, floor.ready[queue.id].keys[agent.id]),))
    until = _affinity_until(call, queue.affinity)
    free_at = expected_free_at(floor, agent, now)
    if free_at is not None and free_at <= until:
        return AgentChoice(None, "wait_for_last_agent", wait_for=agent.id, wait_until=until)
    return None


def _affinity_until(call: Call, affinity: Affinity) -> float:
    return call.segment_at + affinity.wait_s


def expected_free_at(floor: Floor, agent: Agent, now: float) -> float | None:
    """When he can be expected to take the next call, from his own mean handle time; None: not to be expected at all.

    A talk already longer than twice his mean says nothing about its end.
    """
    if agent.wish is not None or agent.phone is PhoneState.UNREACHABLE:
        return None
    match agent.state:
        case AgentState.WRAP_UP:
            return agent.wrap_up_until
        case AgentState.OFFERED | AgentState.TALKING | AgentState.HOLDING:
            started = _talk_started(floor, agent, now)
            if agent.handle_s == 0.0 or now - started > 2 * agent.handle_s:
                return None
            return max(started + agent.handle_s, now)
        case AgentState.READY | AgentState.NOT_READY | AgentState.OFFLINE:  # pragma: no branch
            return None


def _talk_started(floor: Floor, agent: Agent, now: float) -> float:
    offer = floor.offers.get(agent.offer) if agent.offer else None
    return offer.answered_at if offer and offer.answered_at is not None else now


def choose_call(floor: Floor, agent: Agent, now: float) -> CallChoice:
    """The caller who is next for this agent, over all his queues at once.

    A caller who cannot be given to him (he did not answer that caller a moment ago) blocks nobody behind.
    """
    best: tuple[Key, CallId] | None = None
    passed: list[CallId] = []
    for queue in floor.rules.agents[agent.id].queues:
        for key, member in floor.waiting[queue]:
            call = floor.calls[CallId(member)]
            if call.unwilling and call.unwilling.get(agent.id, 0.0) > now:
                passed.append(call.id)
                continue
            if best is None or key < best[0]:
                best = (key, call.id)
            break
    own = [call for call in (floor.calls[held] for held in floor.held.get(agent.id, ())) if call.attached]
    if own:
        mine = min(own, key=line_key)
        if best is None or -mine.priority <= best[0][0]:
            return CallChoice(mine.id, "last_agent", tuple(passed))
    return CallChoice(best[1], "next_in_line", tuple(passed)) if best else CallChoice(None, "nobody_waiting")


def decision(
    floor: Floor, call: Call, now: float, choice: AgentChoice, *, asked: str, passed_over: tuple[CallId, ...] = ()
) -> Decision:
    """The record of a choice. Excluded agents matter only when a caller looks for an agent."""
    queue = floor.queue_of(call)
    excluded: tuple[Exclusion, ...] = ()
    others: dict[str, int] = {}
    if asked != "agent_free":
        excluded, others = _excluded(floor, call, queue, now)
    call.decisions += 1
    return Decision(
        call=call.id,
        number=call.decisions,
        at=now,
        queue=queue.id,
        strategy=queue.strategy,
        rules=floor.rules.version,
        asked=asked,
        chosen=choice.agent,
        reason=choice.reason,
        candidates=choice.candidates,
        excluded=excluded,
        others_excluded=others,
        wait_for=choice.wait_for,
        passed_over=passed_over,
        position=floor.position(call),
        waiting=len(floor.waiting[queue.id]),
    )


def _excluded(floor: Floor, call: Call, queue: QueueRules, now: float) -> tuple[tuple[Exclusion, ...], dict[str, int]]:
    members = floor.rules.members[queue.id]
    if len(members) > LISTED:
        return (), {rule: n for rule, n in floor.standings[queue.id].items() if rule != FREE and n}
    named = []
    for member in members:
        agent = floor.agents[member]
        if agent.standing != FREE:
            rule = f"{agent.standing}:{agent.reason}" if agent.reason else agent.standing
            named.append(Exclusion(member, rule))
        elif call.unwilling.get(member, 0.0) > now:
            named.append(Exclusion(member, "did_not_take_this_call"))
    return tuple(named), {}
