"""How many agents a service level needs, by half hour: by formula for each queue alone, by simulation for all together.

The formulas (metrics.erlang) know one kind of caller and of agent. What they cannot know is left to the simulator: agents who
serve several queues, VIPs, last agents, overflow, talks that are not exponential, callers left over from the half hour before.
Pure.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec

from acd.model import QueueId
from acd.rules import Rules, ServiceLevel
from agents.roster import AgentId
from metrics.definitions import AgentTimes, QueueCounts, Sums, values
from metrics.erlang import Outlook, outlook
from planning.shifts import Shift
from planning.simulate import Day, Plan, simulate
from planning.traffic import HALF_HOUR_S, HALF_HOURS, Stream, Traffic

__all__ = ["Need", "Search", "agents_for", "in_roster_order", "needs", "pooled", "roster_shifts", "scheduled", "search"]

MOST = 10_000
"""More agents than this are not looked for."""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One queue in one half hour, as if it were alone."""

    queue: QueueId
    half: int
    """Counted from midnight."""
    calls: float
    load: float
    """Erlangs: agents kept busy by handling alone."""
    without_giving_up: int
    """Agents by Erlang C."""
    agents: int
    """Agents by Erlang A; by Erlang C when callers never give up."""
    outlook: Outlook
    """With that many."""


def agents_for(level: ServiceLevel, arrivals_per_s: float, handle_s: float, patience_s: float) -> int:
    """The fewest agents that reach the service level in the long run: by doubling, then by halves, as it only rises."""
    if arrivals_per_s == 0.0:
        return 0

    def enough(agents: int) -> bool:
        seen = outlook(agents, arrivals_per_s, handle_s, patience_s, level.within_s)
        return seen.service_level >= level.target

    high = 1
    while not enough(high):
        if high > MOST:
            raise ValueError(f"more than {MOST} agents would be needed for {level.target:.0%}")
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def needs(traffic: Traffic, rules: Rules) -> list[Need]:
    """Every queue's need in every half hour with callers. Handle time is talk, wrap-up and the ringing of the phone."""
    return [
        _need(stream, rules, traffic.answer.mean_s, half, calls)
        for stream in traffic.streams
        for half, calls in enumerate(stream.arrivals)
        if calls > 0.0
    ]


def _need(stream: Stream, rules: Rules, ring_s: float, half: int, calls: float) -> Need:
    queue = rules.queues[stream.queue]
    wrap_up_s = queue.wrap_up_s if stream.wrap_up is None else min(stream.wrap_up.mean_s, queue.wrap_up_s)
    handle_s = ring_s + stream.talk.mean_s + wrap_up_s
    per_s, level = calls / HALF_HOUR_S, queue.service_level
    agents = agents_for(level, per_s, handle_s, stream.patience.mean_s)
    return Need(
        queue=stream.queue,
        half=half,
        calls=calls,
        load=per_s * handle_s,
        without_giving_up=agents_for(level, per_s, handle_s, math.inf),
        agents=agents,
        outlook=outlook(agents, per_s, handle_s, stream.patience.mean_s, level.within_s),
    )


def scheduled(agents: float, shrinkage: float) -> int:
    """How many to put on the schedule, when this share of paid time goes to breaks, meetings, training and illness."""
    return math.ceil(agents / (1.0 - shrinkage) - 1e-9)


# --- by simulation -----------------------------------------------------------------------------------------------------


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: agents by half hour, the site's service level with them, and whether the target is reached there."""

    agents: tuple[int, ...]
    service_level: tuple[float | None, ...]
    reached: tuple[bool, ...]
    rounds: int


def in_roster_order(rules: Rules) -> list[AgentId]:
    """Who comes first when only so many work: agents of each set of queues and skills in turn, so that a part of the roster
    can do what the whole can."""
    kinds: dict[bytes, list[AgentId]] = {}
    for agent in rules.agents.values():
        if agent.queues:
            kind = msgspec.json.encode((agent.queues, agent.skills, agent.memberships))
            kinds.setdefault(kind, []).append(agent.id)
    total = sum(map(len, kinds.values()))
    ranked = [(n * total / len(mine), agent) for mine in kinds.values() for n, agent in enumerate(mine)]
    return [agent for _, agent in sorted(ranked, key=lambda entry: entry[0])]


def roster_shifts(rules: Rules, agents: Sequence[int]) -> tuple[Shift, ...]:
    """Shifts that put so many agents to work in each half hour, the roster in its order again and again."""
    order = in_roster_order(rules)
    shifts = []
    for place in range(max(agents, default=0)):
        lap, who = divmod(place, len(order))
        for start, end in _stretches(agents, place):
            start_s, end_s = start * float(HALF_HOUR_S), end * float(HALF_HOUR_S)
            if lap == 0:
                shifts.append(Shift(start_s=start_s, end_s=end_s, agents=(order[who],)))
            else:
                shifts.append(Shift(start_s=start_s, end_s=end_s, like=order[who], extra=1, first_extra=lap))
    return tuple(shifts)


def _stretches(agents: Sequence[int], place: int) -> Iterator[tuple[int, int]]:
    """From which half hour to which more than `place` agents work."""
    start: int | None = None
    for half, count in enumerate([*agents, 0]):
        if count > place and start is None:
            start = half
        elif count <= place and start is not None:
            yield start, half
            start = None


def search(
    traffic: Traffic,
    rules: Rules,
    target: float,
    seed: int,
    runs: int,
    tell: Callable[[int], None] = lambda rounds: None,
) -> Search:
    """The fewest agents in each half hour that reach the site's service level there, by halving all half hours at once.

    A half hour is judged by all its callers of `runs` days together. As the half hours hang together, the halves only come
    near: a last pass adds an agent wherever the target is still missed, until it is not.
    """
    loads = _loads(traffic, rules)
    low = [math.floor(load * 0.5) if load else 0 for load in loads]
    high = [math.ceil(load + 3 * math.sqrt(load) + 3) if load else 0 for load in loads]
    rounds = 0

    def levels(agents: Sequence[int]) -> tuple[float | None, ...]:
        nonlocal rounds
        rounds += 1
        tell(rounds)
        plan = Plan(rules=rules, traffic=traffic, shifts=roster_shifts(rules, agents))
        return pooled([simulate(plan, one) for one in range(seed, seed + runs)])

    while any(h - b > 1 for b, h in zip(low, high, strict=True)):
        middle = [(b + h) // 2 if h - b > 1 else h for b, h in zip(low, high, strict=True)]
        for half, level in enumerate(levels(middle)):
            if high[half] - low[half] > 1:
                if level is None or level >= target:
                    high[half] = middle[half]
                else:
                    low[half] = middle[half]
    seen = levels(high)
    while rounds < 40 and any(level is not None and level < target for level in seen):
        high = [n + (level is not None and level < target) for n, level in zip(high, seen, strict=True)]
        seen = levels(high)
    return Search(
        agents=tuple(high),
        service_level=seen,
        reached=tuple(level is None or level >= target for level in seen),
        rounds=rounds,
    )


def _loads(traffic: Traffic, rules: Rules) -> list[float]:
    """Erlangs of all queues together, by half hour."""
    loads = [0.0] * HALF_HOURS
    for need in needs(traffic, rules):
        loads[need.half] += need.load
    return loads


def pooled(days: Sequence[Day]) -> tuple[float | None, ...]:
    """The site's service level by half hour, over the callers of all days."""
    found = []
    for half in range(HALF_HOURS):
        total = QueueCounts()
        for day in days:
            one = day.half_hours[half]
            total.offered += one.offered
            total.answered_within_sl += one.answered_within_sl
        found.append(values(Sums(total, AgentTimes()))["service_level"])
    return tuple(found)
