"""The floor: all live state of a site, and the elementary changes that keep it consistent.

Whoever changes an agent's state or a caller's place does it through this module, so that the lines (who is free, who waits)
and the counts always agree with the states. The floor is plain data: it is written to a snapshot as it stands.
"""

import heapq

import msgspec

from acd.line import Key, Line
from acd.model import Agent, Call, CallId, CallState, LastContact, Offer, OfferId, QueueId
from acd.records import AgentChanged, AgentInterval, Record
from acd.rules import QueueRules, Rules, Strategy
from agents.roster import AgentId
from agents.state import ON_DUTY, AgentState, PhoneState
from agents.workload import LeastBusyWeights

__all__ = [
    "Floor",
    "change_agent",
    "join_line",
    "leave_line",
    "line_key",
    "remember_contact",
    "score",
    "set_timer",
    "settle",
]

FREE = "free"


class Floor(msgspec.Struct, kw_only=True):
    """Live calls, agents and offers under one version of the rules."""

    rules: Rules
    calls: dict[CallId, Call] = {}
    agents: dict[AgentId, Agent] = {}
    offers: dict[OfferId, Offer] = {}
    waiting: dict[QueueId, Line] = {}
    """Callers who may be given an agent now. Those held for their last agent stand in `held` meanwhile."""
    ready: dict[QueueId, Line] = {}
    """Free agents, best first by the queue's strategy."""
    held: dict[AgentId, list[CallId]] = {}
    standings: dict[QueueId, dict[str, int]] = {}
    """How many agents of each queue are free, talking, ...: what `explain` says of big queues."""
    contacts: dict[str, LastContact] = {}
    """By caller's number: those since `contacts_since`; the ones of the time before are in `older_contacts`."""
    older_contacts: dict[str, LastContact] = {}
    contacts_since: float = 0.0
    timers: list[tuple[float, str, str]] = []
    """A heap of (when, kind, id). An entry that no longer applies is passed over when its time comes."""
    orders: int = 0
    linked: bool = False
    """Whether Asterisk's events reach us; nothing is offered while they do not."""
    link_lost_at: float | None = None

    @classmethod
    def under(cls, rules: Rules) -> "Floor":
        """An empty floor with everybody offline."""
        floor = cls(rules=rules)
        floor.fit_rules(0.0)
        return floor

    def fit_rules(self, now: float) -> None:
        """Make room for new queues and agents, let go of removed ones, and work all lines out anew."""
        rules = self.rules
        self.agents = {agent: self.agents.get(agent) or Agent(id=agent) for agent in rules.agents}
        self.waiting = {queue: Line() for queue in rules.queues}
        self.ready = {queue: Line() for queue in rules.queues}
        self.standings = {queue: {} for queue in rules.queues}
        for call in self.calls.values():
            if call.held_for is not None and call.queue not in rules.agents[call.held_for].queues:
                leave_line(self, call)
            if call.state is CallState.WAITING and call.held_for is None:
                join_line(self, call)
        for agent in self.agents.values():
            agent.workload.window_s = _window_s(rules, agent.id)
            for queue in rules.agents[agent.id].queues:
                self.standings[queue][agent.standing] = self.standings[queue].get(agent.standing, 0) + 1
            if agent.standing == FREE:
                _line_up(self, agent, now)

    def queue_of(self, call: Call) -> QueueRules:
        """The rules of the queue the call is in."""
        assert call.queue is not None
        return self.rules.queues[call.queue]

    def last_contact(self, number: str) -> LastContact | None:
        """Who served this number last, if it is not long ago."""
        return self.contacts.get(number) or self.older_contacts.get(number)

    def position(self, call: Call) -> int:
        """1 for the caller who is next in his queue."""
        assert call.queue is not None
        return self.waiting[call.queue].ahead_of(line_key(call)) + 1


def _window_s(rules: Rules, agent: AgentId) -> float:
    """How far back the agent's work matters to the queues he serves."""
    served = (rules.queues[queue] for queue in rules.agents[agent].queues)
    windows = [queue.weights.window_s for queue in served if queue.strategy is Strategy.LEAST_BUSY]
    return max(windows, default=LeastBusyWeights().window_s)


def line_key(call: Call) -> Key:
    """The order of callers: higher priority first, then who began to wait earlier."""
    return (float(-call.priority), call.queued_at, float(call.order))


def join_line(floor: Floor, call: Call) -> None:
    """Let the caller stand in the line of his queue, if his leg is with this engine; else he does so when it is."""
    assert call.queue is not None
    if not call.attached:
        return
    floor.waiting[call.queue].put(call.id, line_key(call))


def leave_line(floor: Floor, call: Call) -> None:
    """Take the caller out of the line, or out of the hands of the agent he is held for."""
    assert call.queue is not None
    floor.waiting[call.queue].drop(call.id)
    if call.held_for is not None:
        held = floor.held[call.held_for]
        held.remove(call.id)
        if not held:
            del floor.held[call.held_for]
        call.held_for = None


def change_agent(
    floor: Floor, agent: Agent, state: AgentState, at: float, out: list[Record], *, reason: str = ""
) -> None:
    """Put the agent into a state from `at` on, and record the stretch of time that ends with it, if it had any length:
    an agent who is offered a call in the moment he comes free was not idle."""
    at = max(at, agent.since)
    if agent.state is not AgentState.OFFLINE and at > agent.since:
        out.append(
            AgentInterval(
                agent=agent.id,
                state=agent.state,
                reason=agent.reason,
                started_at=agent.since,
                ended_at=at,
                queue=agent.queue,
            )
        )
    if state in ON_DUTY:
        agent.workload.begin_duty(at)
    elif agent.state in ON_DUTY:
        agent.workload.end_duty(at)
    agent.state, agent.reason, agent.since = state, reason, at
    if state in (AgentState.READY, AgentState.NOT_READY, AgentState.OFFLINE):
        agent.queue = None
        agent.offer = None
    settle(floor, agent, at, out)


def settle(floor: Floor, agent: Agent, at: float, out: list[Record]) -> None:
    """Bring lines and counts into agreement with the agent's state and phone, and tell the displays."""
    before, agent.standing = agent.standing, _standing(agent)
    if before != agent.standing:
        for queue in floor.rules.agents[agent.id].queues:
            counts = floor.standings[queue]
            counts[before] = counts.get(before, 0) - 1
            counts[agent.standing] = counts.get(agent.standing, 0) + 1
            if before == FREE:
                floor.ready[queue].drop(agent.id)
        if agent.standing == FREE:
            _line_up(floor, agent, at)
    call = floor.offers[agent.offer].call if agent.offer in floor.offers else None
    out.append(
        AgentChanged(
            agent=agent.id,
            at=at,
            state=agent.state,
            reason=agent.reason,
            phone=agent.phone,
            queue=agent.queue,
            call=call,
        )
    )


def _standing(agent: Agent) -> str:
    if agent.state is AgentState.READY and agent.phone is not PhoneState.IDLE:
        return f"phone_{agent.phone}"
    return FREE if agent.state is AgentState.READY else str(agent.state)


def _line_up(floor: Floor, agent: Agent, now: float) -> None:
    for queue in floor.rules.agents[agent.id].queues:
        floor.ready[queue].put(agent.id, score(floor, agent, floor.rules.queues[queue], now))


def score(floor: Floor, agent: Agent, queue: QueueRules, now: float) -> Key:
    """The agent's place among the free agents of a queue; lower is asked first."""
    match queue.strategy:
        case Strategy.LONGEST_IDLE:
            return (agent.idle_since,)
        case Strategy.LEAST_BUSY:
            return (round(agent.workload.load(queue.weights, now), 3), agent.idle_since)
        case Strategy.ROUND_ROBIN:  # pragma: no branch
            return (float(agent.turn.get(queue.id, 0)),)


def set_timer(floor: Floor, when: float, kind: str, subject: str) -> None:
    """Ask to be woken at `when`."""
    heapq.heappush(floor.timers, (when, kind, subject))


def remember_contact(floor: Floor, number: str, agent: AgentId, at: float) -> None:
    """Note who serves this number. What is older than every queue's affinity window is forgotten in time: a window's contacts
    are put aside when it is over and let go of all together after the next, at a cost that does not grow with them."""
    windows = [queue.affinity.window_s for queue in floor.rules.queues.values() if queue.affinity]
    if not number or not windows:
        return
    if at - floor.contacts_since > max(windows):
        floor.older_contacts, floor.contacts, floor.contacts_since = floor.contacts, {}, at
    floor.contacts[number] = LastContact(agent, at)
