"""How long a caller will probably wait: what a queue has taught lately, and the range it makes for the next caller.

Callers ahead leave the line when an agent takes them or when they give up; some who come later go ahead. Agents in wrap-up come
free soon, the others one by one in the time a talk takes. As a flow, with q still to go before this caller's turn, that is

    dq/dt = -(agents coming free) - hazard * q + (callers going ahead)

which has a solution without a loop: an expectation costs the same however long the line is. (Whitt, "Predicting Queueing
Delays", Management Science 45, 1999; with abandonment Ibrahim and Whitt, "Real-Time Delay Estimation in Overloaded Multiserver
Queues with Abandonments", Management Science 55, 2009.) How far chance may lead away from the flow is a gamma distribution of
as many departures (quantiles by Wilson and Hilferty, 1931).

No distribution is trusted: the three quantiles are moved by how often promises came true (Gibbs and Candès, "Adaptive Conformal
Inference Under Distribution Shift", 2021), so about 80 % of the waits end within the range whatever talks and patience are.
A caller who gave up counts as what is known of him: his wait would have been longer.

Durations are seconds. The state is real floats and goes into the snapshot as it stands.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import exp, log, sqrt

import msgspec

from agents.roster import AgentId, QueueId

__all__ = ["Expectation", "Judgement", "Mean", "Pace", "Rate", "judge", "rivals"]

PARTS = (0.1, 0.5, 0.9)
"""The share of waits that end before the low, middle and high value."""
NORMAL = (-1.2816, 0.0, 1.2816)
"""Where a standard normal distribution has these shares: the quantiles to begin with."""
BOUND = 4.0
"""Quantiles stay within so many standard deviations: a range stays a range after the strangest day."""
STEPS = (0.015, 0.005, 0.015)
"""By how much one outcome moves a quantile. Those who wait were all promised their range by the same quantiles, so the outcomes
come in flocks: bigger steps would overshoot. The middle has the state of the floor to go by and is moved less."""
RING_STEP_S = 0.3
HANDLED_KEPT = 200.0
"""Means go back about so many talks and wrap-ups: enough to be steady, few enough to follow a change of matter."""
ANSWERS_KEPT = 100.0
EXITS_KEPT = 100.0
"""Rates go back about so many answers, exits from the line and arrivals."""
TRUST = 20.0
"""So many callers taken at the usual pace are believed in before any were."""
PATIENCE_S = 900.0
"""The mean patience believed in before anybody gave up."""
LOOKED_AT_S = 60.0
"""The time without anybody going ahead that is believed in before any has been seen."""
DRIFT = 0.03
"""Variance, as a share squared, of what is not chance but ignorance: agents who come and go, a mean that moves."""
LEAST_PROGRESS = 0.2
"""However many go ahead, at least this share of the agents who come free is left for those who wait."""


class Expectation(msgspec.Struct, frozen=True):
    """What a caller may be told: about `middle_s`, and in four cases of five between `low_s` and `high_s`, until the answer."""

    low_s: float
    middle_s: float
    high_s: float
    at_once: bool = False
    """An agent is free: there is only the ringing to wait for."""


class Judgement(msgspec.Struct, frozen=True):
    """A promise next to what became of it: `error_s` is above zero where the caller waited longer than the middle."""

    error_s: float
    within: bool


def judge(promised: Expectation, waited_s: float) -> Judgement:
    """How good the expectation of an answered caller was."""
    return Judgement(waited_s - promised.middle_s, promised.low_s <= waited_s <= promised.high_s)


def rivals(members: Mapping[QueueId, Sequence[AgentId]]) -> dict[QueueId, dict[QueueId, float]]:
    """By queue, the others its agents serve too, and the share of each other queue's agents that they are.

    Callers of another queue who stand before a caller are ahead of him as far as the agents are the same.
    """
    both: dict[QueueId, dict[QueueId, float]] = {queue: {} for queue in members}
    serving: dict[AgentId, list[QueueId]] = {}
    for queue, agents in members.items():
        for agent in agents:
            serving.setdefault(agent, []).append(queue)
    for queues in serving.values():
        for mine in queues:
            for other in queues:
                if other != mine:
                    both[mine][other] = both[mine].get(other, 0.0) + 1.0 / len(members[other])
    return both


class Mean(msgspec.Struct):
    """The mean of recent durations. It begins with a guess that weighs as much as two."""

    mean_s: float
    weight: float = 2.0

    def learn(self, duration_s: float) -> None:
        """One more of them."""
        self.weight = min(self.weight + 1.0, HANDLED_KEPT)
        self.mean_s += (max(duration_s, 0.0) - self.mean_s) / self.weight


class Rate(msgspec.Struct):
    """Events in the time (or the number of chances) they could have happened in, older ones forgotten little by little."""

    events: float = 0.0
    chances: float = 0.0

    def count(self, events: float, kept: float) -> None:
        """One of `kept` opportunities to forget has come, and with it so many events."""
        self.events = self.events * (1.0 - 1.0 / kept) + events
        self.chances *= 1.0 - 1.0 / kept

    def value(self, events: float, chances: float) -> float:
        """Events by chance, these believed in beforehand."""
        return (self.events + events) / (self.chances + chances)


class Pace(msgspec.Struct):
    """How fast a queue has moved lately. Times are seconds since the epoch; they never run backwards.

    `stand` is told after every other thing, so that the time between is booked under what held in it.
    """

    talk: Mean = msgspec.field(default_factory=lambda: Mean(240.0))
    wrap_up: Mean = msgspec.field(default_factory=lambda: Mean(30.0))
    taken: Rate = msgspec.field(default_factory=Rate)
    """Callers the queue's agents took while any waited here, by those they would have taken at the usual pace."""
    given_up: Rate = msgspec.field(default_factory=Rate)
    """Callers who left unserved, by seconds waited by all together: the hazard of waiting."""
    gone_ahead: Rate = msgspec.field(default_factory=Rate)
    """How many went ahead of a waiting caller, by seconds in which anybody waited."""
    ring_s: list[float] = msgspec.field(default_factory=lambda: [3.0, 5.0, 8.0])
    """Low, middle and high time from the offer to the answer."""
    quantiles: list[float] = msgspec.field(default_factory=lambda: list(NORMAL))
    since: float = 0.0
    waiting: int = 0
    agents: int = 0

    @property
    def cycle_s(self) -> float:
        """From one call to the next of an agent who is never without: ringing, talk, wrap-up."""
        return max(self.ring_s[1] + self.talk.mean_s + self.wrap_up.mean_s, 1.0)

    def stand(self, now: float, waiting: int, agents: int) -> None:
        """From now on so many stand in the line, and so many of the queue's agents are on duty."""
        past_s = max(now - self.since, 0.0)
        if self.waiting:
            self.given_up.chances += past_s * self.waiting
            self.gone_ahead.chances += past_s
            self.taken.chances += past_s * self.agents / self.cycle_s
        self.since, self.waiting, self.agents = max(now, self.since), waiting, agents

    def arrived(self, went_ahead_of: int, waiting: int) -> None:
        """A caller came into the line and went ahead of so many of those who were waiting there."""
        if waiting:
            self.gone_ahead.count(went_ahead_of / waiting, EXITS_KEPT)

    def answered(self, waited_s: float, rang_s: float, promised: Expectation | None) -> None:
        """A caller has his agent, who was rung for `rang_s` of the time he waited in this queue."""
        for n, part in enumerate(PARTS):
            self.ring_s[n] = max(self.ring_s[n] + RING_STEP_S * (part - (rang_s <= self.ring_s[n])), 0.0)
        if waited_s > rang_s:
            self.taken.count(1.0, ANSWERS_KEPT)
            self.given_up.count(0.0, EXITS_KEPT)
        if promised is not None and not promised.at_once:
            edges = (promised.low_s, promised.middle_s, promised.high_s)
            self._learn([float(waited_s <= edge) for edge in edges])

    def lent(self) -> None:
        """One of the queue's agents answered a caller of another queue."""
        if self.waiting:
            self.taken.count(1.0, ANSWERS_KEPT)

    def left_unserved(self, waited_s: float, promised: Expectation | None) -> None:
        """A caller gave up or was taken out of the queue (overflow). Had he stayed, he would have waited longer than this."""
        self.given_up.count(1.0, EXITS_KEPT)
        if promised is not None and not promised.at_once:
            past = _share_over_by(promised, waited_s)
            self._learn([max(part - past, 0.0) / (1.0 - past) for part in PARTS])

    def talked(self, talk_s: float) -> None:
        """A talk of this queue is over."""
        self.talk.learn(talk_s)

    def wrapped_up(self, wrap_up_s: float) -> None:
        """So is the wrap-up after it; 0 where there is none."""
        self.wrap_up.learn(wrap_up_s)

    def expect(
        self, *, ahead: float, agents: int, free: int, wrapping_up: int, may_be_passed: bool = True
    ) -> Expectation | None:
        """The wait, from now to the answer, of a caller with so many `ahead` of him in his queue and, in part, in its rivals.

        Of the `agents` on duty so many are `free` and so many `wrapping_up`; nobody on duty: nothing can be said (None).
        `may_be_passed` is False for a caller nobody goes ahead of (a VIP).
        """
        if ahead < free:
            return Expectation(self.ring_s[0], self.ring_s[1], self.ring_s[2], at_once=True)
        if agents <= 0:
            return None
        turn = float(ahead - free + 1)
        share = self.taken.value(TRUST, TRUST)
        later = agents * share / self.cycle_s
        soon = wrapping_up * share / max(self.wrap_up.mean_s, 1.0)
        passing = self.gone_ahead.value(0.0, LOOKED_AT_S) if may_be_passed else 0.0
        passing = min(passing, (1.0 - LEAST_PROGRESS) * later)
        hazard = self.given_up.value(1.0, PATIENCE_S)
        shape = 1.0 / (1.0 / turn + DRIFT)
        centre, spread = 1.0 - 1.0 / (9.0 * shape), 1.0 / (3.0 * sqrt(shape))
        flow = _Flow(soon - passing, self.wrap_up.mean_s, later - passing, hazard)
        low_s, middle_s, high_s = (
            flow.time_s(turn * max(centre + quantile * spread, 0.0) ** 3) + self.ring_s[1]
            for quantile in self.quantiles
        )
        return Expectation(low_s, middle_s, high_s)

    def _learn(self, ended_before: list[float]) -> None:
        """Move each quantile: up when a wait ended later than promised, down when it (probably) ended before."""
        moved = [
            min(max(quantile + step * (part - before), -BOUND), BOUND)
            for quantile, step, part, before in zip(self.quantiles, STEPS, PARTS, ended_before, strict=True)
        ]
        self.quantiles = sorted(moved)


class _Flow:
    """A line that loses `first` callers a second for `first_s` seconds and `then` a second from there on, and by `hazard` a
    second of what it has."""

    __slots__ = ("first", "first_s", "hazard", "kept", "then")

    def __init__(self, first: float, first_s: float, then: float, hazard: float) -> None:
        self.first, self.first_s, self.then, self.hazard = first, first_s, then, hazard
        self.kept = exp(-hazard * first_s)

    def time_s(self, callers: float) -> float:
        """How long a line of so many takes."""
        left = callers * self.kept - self.first / self.hazard * (1.0 - self.kept)
        if left <= 0.0 < self.first:
            return log(1.0 + self.hazard * callers / self.first) / self.hazard
        return self.first_s + log(1.0 + self.hazard * max(left, 0.0) / self.then) / self.hazard


def _share_over_by(promised: Expectation, waited_s: float) -> float:
    """The share of such waits that would be over by now, were the promise true; beyond the range only its end is known."""
    edges = (0.0, promised.low_s, promised.middle_s, promised.high_s)
    shares = (0.0, *PARTS)
    above = bisect_left(edges, waited_s)
    if above == 0:
        return 0.0
    if above == len(edges):
        return shares[-1]
    part = (waited_s - edges[above - 1]) / (edges[above] - edges[above - 1])
    return shares[above - 1] + part * (shares[above] - shares[above - 1])
