"""Who suits whom: the choice of an agent for a caller and of a caller for an agent, with the reasons.

Nothing is changed here but the age of the scores and the lots drawn; acting on a choice is `matching`'s work.
"""

from typing import Final

import msgspec

from acd.floor import FREE, Floor, customer_key, line_key
from acd.model import Agent, Call, CallId, LastContact
from acd.records import Candidate, Decision, Exclusion
from acd.rules import Affinity, QueueRules
from acd.strategies import BY_LOT, candidates, rings_together
from acd.suiting import caller_group, home_of, lacking, suits
from agents.roster import AgentId, QueueId, Takes
from agents.state import AgentState, PhoneState

__all__ = [
    "AgentChoice",
    "CallChoice",
    "choose_agent",
    "choose_call",
    "decision",
    "expected_free_at",
    "group_of",
    "last_agent",
]

LISTED = 20
"""A decision names each excluded agent of queues up to this size; of bigger ones the counts by rule."""


class AgentChoice(msgspec.Struct, frozen=True, gc=False):
    """The agents to ring for a caller, best first, or nobody, and why. `wait_until`: how long he is to wait for `wait_for`."""

    agents: tuple[AgentId, ...]
    reason: str
    candidates: tuple[Candidate, ...] = ()
    wait_for: AgentId | None = None
    wait_until: float = 0.0
    via: QueueId | None = None
    """The queue whose agents they are, when it is not the caller's own."""


class CallChoice(msgspec.Struct, frozen=True, gc=False):
    """The caller for an agent, or None, and who was passed over on the way. `queue`: in whose line he stood."""

    call: CallId | None
    reason: str
    passed_over: tuple[CallId, ...] = ()
    queue: QueueId | None = None


NOBODY_WAITING: Final = CallChoice(None, "nobody_waiting")

# --- an agent for a caller --------------------------------------------------------------------------------------------


def choose_agent(floor: Floor, call: Call, now: float, *, affinity: bool) -> AgentChoice:
    """The best free agents for a waiting caller. With `affinity`, his last agent goes before the strategy."""
    queue = floor.queue_of(call)
    if floor.at_limit(queue):
        return AgentChoice((), "queue_limit")
    if affinity and (contact := last_agent(floor, call, queue, now)):
        choice = _choose_last_agent(floor, call, contact, queue, now)
        if choice is not None:
            return choice
    count = rings_together(queue)
    for name in (queue.id, *call.added):
        among = queue if name == queue.id else floor.rules.queues[name]
        found = candidates(floor, call, among, group_of(floor, call, name, now), now, count)
        if found:
            chosen = tuple(one.agent for one in (found[:count] if count else found))
            return AgentChoice(chosen, _why(among, found), found, via=None if name == queue.id else name)
    return AgentChoice((), "nobody_suits" if floor.ready[queue.id] else "nobody_free")


def _why(queue: QueueRules, found: tuple[Candidate, ...]) -> str:
    if queue.strategy in BY_LOT:
        return "drawn"
    return "best_score" if len(found) > 1 else "only_candidate"


def group_of(floor: Floor, call: Call, queue: QueueId, now: float) -> str:
    """Which callers he is like, in this queue, at this moment."""
    return caller_group(call.require, call.stay_at, now, floor.rules.reserves[queue])


def last_agent(floor: Floor, call: Call, queue: QueueRules, now: float) -> LastContact | None:
    """Who served this customer or number last, if the queue cares, it is recent enough, and he still serves the queue and can
    do what the caller needs."""
    affinity = queue.affinity
    if affinity is None:
        return None
    by_customer = floor.last_contact(customer_key(call.customer)) if affinity.customer and call.customer else None
    contact = by_customer or (floor.last_contact(call.number) if call.number else None)
    if contact is None or now - contact.at > affinity.window_s:
        return None
    settings = floor.rules.agents.get(contact.agent)
    if settings is None or queue.id not in settings.queues:
        return None
    return contact if _has_skills(floor, contact.agent, queue, call) else None


def _has_skills(floor: Floor, agent: AgentId, queue: QueueRules, call: Call) -> bool:
    """For his own customer a reserve agent comes in at once, but not without the skills."""
    return suits(
        floor.agents[agent].groups[queue.id],
        caller_group(call.require, 0.0, float("inf"), floor.rules.reserves[queue.id]),
    )


def _choose_last_agent(
    floor: Floor, call: Call, contact: LastContact, queue: QueueRules, now: float
) -> AgentChoice | None:
    assert queue.affinity is not None
    agent = floor.agents[contact.agent]
    if call.unwilling.get(agent.id, 0.0) > now:
        return None
    if agent.standing == FREE:
        score = floor.ready[queue.id].key(agent.id)
        reason = "last_agent_of_customer" if _by_customer(floor, call, contact, queue.affinity) else "last_agent"
        return AgentChoice((agent.id,), reason, (Candidate(agent.id, score),))
    until = _affinity_until(call, queue.affinity)
    free_at = expected_free_at(floor, agent, now)
    if free_at is not None and free_at <= until:
        return AgentChoice((), "wait_for_last_agent", wait_for=agent.id, wait_until=until)
    return None


def _by_customer(floor: Floor, call: Call, contact: LastContact, affinity: Affinity) -> bool:
    """Whether it takes the customer to find this agent: by the number alone it would be somebody else, or nobody."""
    return affinity.customer and floor.last_contact(call.number) != contact


def _affinity_until(call: Call, affinity: Affinity) -> float:
    return call.segment_at + affinity.wait_s


def expected_free_at(floor: Floor, agent: Agent, now: float) -> float | None:
    """When he can be expected to take the next call, from his own mean handle time; None: not to be expected at all.

    A talk already longer than twice his mean says nothing about its end.
    """
    serving = floor.rules.queues.get(agent.queue) if agent.queue else None
    comes_back = serving is None or serving.ready_after_wrap_up
    if agent.wish is not None or agent.phone is PhoneState.UNREACHABLE or not comes_back:
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


# --- a caller for an agent --------------------------------------------------------------------------------------------


def choose_call(floor: Floor, agent: Agent, now: float) -> CallChoice:
    """The caller who is next for this agent, over all his queues at once: the most urgent one, by his waiting time (points of
    priority included) times the queue's weight; with Takes.IN_ORDER only of the first of his queues where anyone waits for him.

    A caller who cannot be given to him (skills, reserve, he did not answer that caller a moment ago) blocks nobody behind.
    """
    passed: list[CallId] = []
    best = _most_urgent(floor, agent, now, passed)
    if held := floor.held.get(agent.id):
        mine = _own_caller(floor, held)
        if mine and (mine.assigned or best is None or mine.priority >= floor.calls[best[0]].priority):
            return CallChoice(mine.id, "assigned" if mine.assigned else "last_agent", tuple(passed), mine.queue)
    if best is None:
        return NOBODY_WAITING
    return CallChoice(best[0], "next_in_line", tuple(passed), best[1])


def _own_caller(floor: Floor, held: list[CallId]) -> Call | None:
    """The next of those who wait for this agent alone."""
    own = [
        call
        for call in (floor.calls[one] for one in held)
        if call.attached and (call.assigned or not floor.at_limit(floor.queue_of(call)))
    ]
    return min(own, key=lambda call: (not call.assigned, line_key(call, floor.rules)), default=None)


def _most_urgent(floor: Floor, agent: Agent, now: float, passed: list[CallId]) -> tuple[CallId, QueueId] | None:
    best: tuple[float, float] | None = None
    found: tuple[CallId, QueueId] | None = None
    for queue, group in agent.groups.items():
        rules = floor.rules.queues[queue]
        for callers, line in floor.waiting[queue].groups.items():
            if not suits(group, callers) or floor.at_limit(_home(floor, rules, callers)):
                continue
            for (since, order), member in line.entries:
                call = floor.calls[CallId(member)]
                if call.unwilling and call.unwilling.get(agent.id, 0.0) > now:
                    passed.append(call.id)
                    continue
                urgency = ((since - now) * rules.weight, order)
                if best is None or urgency < best:
                    best, found = urgency, (call.id, queue)
                break
        if found is not None and floor.rules.agents[agent.id].takes is Takes.IN_ORDER:
            break
    return found


def _home(floor: Floor, queue: QueueRules, callers: str) -> QueueRules:
    home = home_of(callers)
    return floor.rules.queues[QueueId(home)] if home else queue


# --- why ---------------------------------------------------------------------------------------------------------------


def decision(
    floor: Floor,
    call: Call,
    now: float,
    choice: AgentChoice,
    *,
    asked: str,
    passed_over: tuple[CallId, ...] = (),
    recipe: str = "",
) -> Decision:
    """The record of a choice. Excluded agents matter only when a caller looks for an agent."""
    queue = floor.queue_of(call)
    excluded: tuple[Exclusion, ...] = ()
    others: dict[str, int] = {}
    if asked != "agent_free":
        excluded, others = _excluded(floor, call, queue, now)
    call.decisions += 1
    line = floor.waiting[queue.id]
    not_yet_in_line = call.held_for is None and call.id not in line  # who has just come
    return Decision(
        call=call.id,
        number=call.decisions,
        at=now,
        queue=queue.id,
        strategy=floor.rules.queues[choice.via].strategy if choice.via else queue.strategy,
        rules=floor.rules.version,
        asked=asked,
        chosen=choice.agents[0] if choice.agents else None,
        reason=choice.reason,
        candidates=choice.candidates[:LISTED],
        excluded=excluded,
        others_excluded=others,
        wait_for=choice.wait_for,
        passed_over=passed_over,
        position=floor.position(call),
        waiting=len(line) + not_yet_in_line,
        require=call.require,
        via=choice.via,
        rung=choice.agents if len(choice.agents) > 1 else (),
        recipe=recipe,
    )


def _excluded(floor: Floor, call: Call, queue: QueueRules, now: float) -> tuple[tuple[Exclusion, ...], dict[str, int]]:
    members = floor.rules.members[queue.id]
    callers = group_of(floor, call, queue.id, now)
    if len(members) > LISTED:
        return (), _counted(floor, queue, callers)
    named = []
    for member in members:
        agent = floor.agents[member]
        if agent.standing != FREE:
            rule = f"{agent.standing}:{agent.reason}" if agent.reason else agent.standing
            named.append(Exclusion(member, rule))
        elif missing := lacking(agent.groups[queue.id], callers):
            named.append(Exclusion(member, missing))
        elif call.unwilling.get(member, 0.0) > now:
            named.append(Exclusion(member, "did_not_take_this_call"))
    return tuple(named), {}


def _counted(floor: Floor, queue: QueueRules, callers: str) -> dict[str, int]:
    counts = {rule: n for rule, n in floor.standings[queue.id].items() if rule != FREE and n}
    for group, line in floor.ready[queue.id].groups.items():
        if missing := lacking(group, callers):
            counts[missing] = counts.get(missing, 0) + len(line)
    return counts
