"""The floor: all live state of a site, and the elementary changes that keep it consistent.

Whoever changes an agent's state or a caller's place does it through this module, so that the lines (who is free, who waits)
and the counts always agree with the states. The floor is plain data: it is written to a snapshot as it stands.
"""

import heapq
from collections.abc import Iterable
from typing import Final

import msgspec

from acd.estimate import Pace
from acd.line import Key, Lines
from acd.model import (
    EVERYWHERE,
    IN_QUEUE,
    Agent,
    Call,
    Callback,
    CallbackId,
    CallId,
    CallState,
    Emergency,
    LastContact,
    LeftPlace,
    Offer,
    OfferId,
    QueueId,
)
from acd.outcome import Outcome
from acd.records import AgentChanged, AgentInterval
from acd.rules import QueueRules, Rules, Strategy
from acd.scores import score
from acd.suiting import agent_group, caller_group, home_of
from agents.roster import AgentId
from agents.state import LOGGED_IN, ON_DUTY, WITHOUT_CALL, AgentState, PhoneState
from agents.workload import LeastBusyWeights

__all__ = [
    "Floor",
    "break_ends_at",
    "callback_key",
    "change_agent",
    "customer_key",
    "join_line",
    "leave_line",
    "line_key",
    "note_turn",
    "remember_contact",
    "set_timer",
    "settle",
]

FREE = "free"
_STANDING: Final[dict[tuple[AgentState, PhoneState], str]] = {
    **{(state, phone): str(state) for state in AgentState for phone in PhoneState},
    **{(AgentState.READY, phone): f"phone_{phone}" for phone in PhoneState},
    (AgentState.READY, PhoneState.IDLE): FREE,
}
"""What an agent's state and phone make of him for those who look for one."""
AGEING = frozenset({Strategy.LEAST_BUSY, Strategy.FEWEST_CALLS})
"""Strategies whose scores change while nothing happens: with the time on duty."""


class Floor(msgspec.Struct, kw_only=True):
    """Live calls, agents and offers under one version of the rules."""

    rules: Rules
    calls: dict[CallId, Call] = {}
    callbacks: dict[CallbackId, Callback] = {}
    """Customers who are to be called back."""
    agents: dict[AgentId, Agent] = {}
    offers: dict[OfferId, Offer] = {}
    waiting: dict[QueueId, Lines] = {}
    """Callers who may be given an agent now, in groups of the same needs; those held for one agent stand in `held`."""
    ready: dict[QueueId, Lines] = {}
    """Free agents, best first by the queue's strategy, in groups of those who are alike for the queue."""
    held: dict[AgentId, list[CallId]] = {}
    away: dict[CallId, QueueId] = {}
    """Waiting callers whose leg is not with this engine, and their queue: they stand in no line. Worked out from the calls."""
    present: dict[QueueId, int] = {}
    """How many callers of each queue have no agent yet, without those to be called back: they wait, or phones ring for them."""
    wanted: dict[str, CallbackId] = {}
    """The callbacks by `callback_key`."""
    busy: dict[QueueId, int] = {}
    """How many callers of each queue are with agents: phones ring for them, or they talk."""
    closed: dict[QueueId, list[str]] = {}
    """Queues that take no new callers, and what closed them: "hours", "hand"."""
    emergencies: dict[QueueId, Emergency] = {}
    """By queue, or EVERYWHERE. What is closed by one need not stand in `closed`: acd.doors sees both."""
    turns: dict[QueueId, float] = {}
    """Strategies rrmemory and rrordered: the place in the roster after that of the agent who was asked last."""
    paces: dict[QueueId, Pace] = {}
    """How fast each queue has moved lately."""
    dice: int = 0
    """The state of the lots (`draw`)."""
    standings: dict[QueueId, dict[str, int]] = {}
    """How many agents of each queue are free, talking, ...: what `explain` says of big queues."""
    contacts: dict[str, LastContact] = {}
    """By caller's number, and by `customer_key`: those since `contacts_since`; those of the time before are in
    `older_contacts`."""
    older_contacts: dict[str, LastContact] = {}
    contacts_since: float = 0.0
    left_places: dict[str, LeftPlace] = {}
    """By caller's number, the oldest first: places that may be taken up again (`acd.places`)."""
    timers: list[tuple[float, str, str]] = []
    """A heap of (when, kind, id). An entry that no longer applies is passed over when its time comes."""
    told: dict[str, float] = {}
    """Messages and callbacks that have been told of, and when: told twice they count once (`acd.requests`)."""
    orders: int = 0
    linked: bool = False
    """Whether Asterisk's events reach us; nothing is offered while they do not."""
    link_lost_at: float | None = None

    def __post_init__(self) -> None:
        """A snapshot of an earlier version does not say it."""
        self._count_callers()

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
        self.waiting = {queue: Lines() for queue in rules.queues}
        self.ready = {queue: Lines() for queue in rules.queues}
        self.standings = {queue: {} for queue in rules.queues}
        self.busy = _with_agents(self)
        self._count_callers()
        self.away = {}
        for call in self.calls.values():
            _fill_in(call)
        self.paces = {queue: pace for queue, pace in self.paces.items() if queue in rules.queues}
        self.closed = {queue: by for queue, by in self.closed.items() if queue in rules.queues}
        known = {EVERYWHERE, *rules.queues}
        self.emergencies = {queue: emergency for queue, emergency in self.emergencies.items() if queue in known}
        for call in self.calls.values():
            call.added = [queue for queue in call.added if queue in rules.queues]
            if call.held_for is not None and not call.assigned and call.queue not in rules.agents[call.held_for].queues:
                leave_line(self, call)
            if call.state is CallState.WAITING and call.held_for is None:
                join_line(self, call, now)
        for agent in self.agents.values():
            agent.spots = {}
        for queue, members in rules.members.items():
            for spot, member in enumerate(members):
                self.agents[member].spots[queue] = spot
        skills = _skills_that_matter(rules, self.calls.values())
        for agent in self.agents.values():
            settings = rules.agents[agent.id]
            agent.groups = {q: agent_group(settings, rules.queues[q], skills[q]) for q in settings.queues}
            agent.workload.window_s = _window_s(rules, agent.id)
            for queue in agent.groups:
                self.standings[queue][agent.standing] = self.standings[queue].get(agent.standing, 0) + 1
            if agent.standing == FREE:
                _line_up(self, agent, now)

    def _count_callers(self) -> None:
        self.present = _without_agents(self)
        self.wanted = {callback_key(one.number, one.queue): one.id for one in self.callbacks.values()}

    def queue_of(self, call: Call) -> QueueRules:
        """The rules of the queue the call is in."""
        assert call.queue is not None
        return self.rules.queues[call.queue]

    def last_contact(self, whom: str) -> LastContact | None:
        """Who served this number (or `customer_key`) last, if it is not long ago."""
        return self.contacts.get(whom) or self.older_contacts.get(whom)

    def on_duty(self, queue: QueueId) -> int:
        """How many of the queue's agents are logged in and on no break."""
        counts = self.standings[queue]
        off = counts.get(AgentState.OFFLINE, 0) + counts.get(AgentState.NOT_READY, 0)
        return len(self.rules.members[queue]) - off

    def logged_in(self, queue: QueueId) -> int:
        """How many of the queue's agents are logged in."""
        return len(self.rules.members[queue]) - self.standings[queue].get(AgentState.OFFLINE, 0)

    def at_limit(self, queue: QueueRules) -> bool:
        """Whether the queue has as many calls with agents as it may."""
        return queue.max_calls is not None and self.busy.get(queue.id, 0) >= queue.max_calls

    def draw(self) -> float:
        """A number from [0, 1), the next of a sequence that goes with the floor (SplitMix64, Steele et al. 2014): a replay
        draws the same ones."""
        self.dice = (self.dice + 0x9E3779B97F4A7C15) & _64_BITS
        z = self.dice
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _64_BITS
        return ((z ^ (z >> 31)) >> 11) / (1 << 53)

    def callers_in_line(self, queue: QueueId) -> int:
        """How many callers wait in the queue's line, without the customers to be called back who stand among them."""
        line = self.waiting[queue]
        return len(line) - sum(one.live in line for one in self.callbacks.values() if not self._is_reached(one))

    def callers_waiting(self, queue: QueueId) -> int:
        """How many callers wait in the queue: in its line, held for one agent, or with their leg away. Without customers to be
        called back, and callers of other queues whom a recipe has put into this line as well."""
        guests = sum(len(line) for group, line in self.waiting[queue].groups.items() if home_of(group))
        held = (self.calls[call] for calls in self.held.values() for call in calls)
        beside = sum(call.queue == queue and call.has_leg for call in held) + list(self.away.values()).count(queue)
        return self.callers_in_line(queue) - guests + beside

    def _is_reached(self, wanted: Callback) -> bool:
        return wanted.live is None or self.calls[wanted.live].has_leg

    def position(self, call: Call) -> int:
        """1 for the caller who is next in his queue."""
        assert call.queue is not None
        return self.waiting[call.queue].ahead_of(line_key(call, self.rules)) + 1


def _with_agents(floor: Floor) -> dict[QueueId, int]:
    busy: dict[QueueId, int] = {}
    for queue in {offer.call: offer.queue for offer in floor.offers.values()}.values():
        busy[queue] = busy.get(queue, 0) + 1
    return busy


def _without_agents(floor: Floor) -> dict[QueueId, int]:
    present = dict.fromkeys(floor.rules.queues, 0)
    for call in floor.calls.values():
        if call.state in IN_QUEUE and call.callback is None and call.queue in present:
            present[call.queue] += 1
    return present


def _fill_in(call: Call) -> None:
    """What a snapshot of version 0.1 does not say of a call."""
    if call.stay_at == 0.0:
        call.stay_at = call.segment_at
    if call.state is CallState.OFFERED and call.offer is not None and not call.ringing:
        call.ringing = [call.offer]


def _window_s(rules: Rules, agent: AgentId) -> float:
    """How far back the agent's work matters to the queues he serves."""
    served = (rules.queues[queue] for queue in rules.agents[agent].queues)
    windows = [queue.weights.window_s for queue in served if queue.strategy in AGEING]
    return max(windows, default=LeastBusyWeights().window_s)


def _skills_that_matter(rules: Rules, calls: Iterable[Call]) -> dict[QueueId, tuple[str, ...]]:
    """What the rules ask for, and what those who wait were asked for by the rules before."""
    asked = {queue: set(skills) for queue, skills in rules.skills.items()}
    for call in calls:
        if call.state in (CallState.WAITING, CallState.OFFERED) and call.queue is not None:
            for queue in (call.queue, *call.added):
                asked[queue].update(call.require)
    return {queue: tuple(sorted(skills)) for queue, skills in asked.items()}


def line_key(call: Call, rules: Rules) -> Key:
    """The order of callers: who began to wait earlier, where each point of priority counts as so much time waited. The key does
    not change while he waits, and nobody can be put before him who comes later than his points are worth."""
    return (call.queued_at - call.priority * rules.point_s, float(call.order))


def join_line(floor: Floor, call: Call, now: float) -> None:
    """Let the caller stand in the line of his queue, and of those added to it, if his leg is with this engine; else he does so
    when it is."""
    assert call.queue is not None
    if not call.attached:
        if call.has_leg:
            floor.away[call.id] = call.queue
        return
    floor.away.pop(call.id, None)
    rules = floor.rules
    key = line_key(call, rules)
    floor.waiting[call.queue].put(
        call.id, caller_group(call.require, call.stay_at, now, rules.reserves[call.queue]), key
    )
    for queue in call.added:
        floor.waiting[queue].put(
            call.id, caller_group(call.require, call.stay_at, now, rules.reserves[queue], call.queue), key
        )


def leave_line(floor: Floor, call: Call) -> None:
    """Take the caller out of the line, or out of the hands of the agent he is held for."""
    assert call.queue is not None
    floor.away.pop(call.id, None)
    floor.waiting[call.queue].drop(call.id)
    for queue in call.added:
        floor.waiting[queue].drop(call.id)
    if call.held_for is not None:
        held = floor.held[call.held_for]
        held.remove(call.id)
        if not held:
            del floor.held[call.held_for]
        call.held_for = None
        call.assigned = False


def change_agent(floor: Floor, agent: Agent, state: AgentState, at: float, out: Outcome, *, reason: str = "") -> None:
    """Put the agent into a state from `at` on, and record the stretch of time that ends with it, if it had any length:
    an agent who is offered a call in the moment he comes free was not idle."""
    before, since = agent.state, agent.since
    if at <= since:
        at = since
    elif before in LOGGED_IN:
        out.records.append(
            AgentInterval(
                agent=agent.id, state=before, reason=agent.reason, started_at=since, ended_at=at, queue=agent.queue
            )
        )
    if state in ON_DUTY:
        if before not in ON_DUTY:
            agent.workload.begin_duty(at)
    elif before in ON_DUTY:
        agent.workload.end_duty(at)
    agent.state, agent.reason, agent.since, agent.overrun = state, reason, at, False
    if state in WITHOUT_CALL:
        agent.queue = agent.offer = None
    if floor.rules.breaks and (until := break_ends_at(floor, agent)) is not None:
        set_timer(floor, until, "break", agent.id)
    settle(floor, agent, at, out)


def break_ends_at(floor: Floor, agent: Agent) -> float | None:
    """When the break he is on has lasted as long as his groups allow; None: he is on none, or it may last."""
    if agent.state is not AgentState.NOT_READY:
        return None
    longest_s = floor.rules.longest_break_s(agent.id, agent.reason)
    return None if longest_s is None else agent.since + longest_s


def settle(floor: Floor, agent: Agent, at: float, out: Outcome) -> None:
    """Bring lines and counts into agreement with the agent's state and phone, and tell the displays."""
    before, standing = agent.standing, _STANDING[agent.state, agent.phone]
    if before != standing:
        agent.standing = standing
        for queue in agent.groups:
            counts = floor.standings[queue]
            counts[before] = counts.get(before, 0) - 1
            counts[standing] = counts.get(standing, 0) + 1
            if before == FREE:
                floor.ready[queue].drop(agent.id)
        if standing == FREE:
            _line_up(floor, agent, at)
    offer = floor.offers.get(agent.offer) if agent.offer else None
    out.records.append(
        AgentChanged(
            agent=agent.id,
            at=at,
            state=agent.state,
            reason=agent.reason,
            phone=agent.phone,
            queue=agent.queue,
            call=offer.call if offer else None,
            overrun=agent.overrun,
        )
    )


def _line_up(floor: Floor, agent: Agent, now: float) -> None:
    for queue, group in agent.groups.items():
        floor.ready[queue].put(agent.id, group, score(agent, floor.rules.queues[queue], now))


def note_turn(floor: Floor, agent: Agent, queue: QueueId) -> None:
    """He is being asked: for round robin that is his turn, whatever comes of it; for rrmemory the next one follows him."""
    floor.orders += 1
    agent.turn[queue] = floor.orders
    if queue in agent.spots:
        floor.turns[queue] = agent.spots[queue] + 1.0


def set_timer(floor: Floor, when: float, kind: str, subject: str) -> None:
    """Ask to be woken at `when`."""
    heapq.heappush(floor.timers, (when, kind, subject))


def callback_key(number: str, queue: QueueId) -> str:
    """Under which name a callback is found: there is one at most for a number and a queue."""
    return f"{queue}/{number}"


def customer_key(customer: str) -> str:
    """Under which name the contacts of a customer are kept, beside those of numbers."""
    return f"customer:{customer}"


def remember_contact(floor: Floor, call: Call, agent: AgentId, at: float) -> None:
    """Note who serves this caller. What is older than every queue's affinity window is forgotten in time: a window's contacts
    are put aside when it is over and let go of all together after the next, at a cost that does not grow with them."""
    window_s = floor.rules.keeps_contacts_s
    if window_s is None:
        return
    if at - floor.contacts_since > window_s:
        floor.older_contacts, floor.contacts, floor.contacts_since = floor.contacts, {}, at
    if call.number:
        floor.contacts[call.number] = LastContact(agent, at)
    if call.customer:
        floor.contacts[customer_key(call.customer)] = LastContact(agent, at)


_64_BITS = (1 << 64) - 1
