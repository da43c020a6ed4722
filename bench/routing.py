"""What one decision of the core costs, against the number of agents, waiting callers and queues, for each strategy.

Timed is one `step` that decides: a caller arrives while agents are free, an agent comes free while callers wait, a caller
arrives while nobody is free. The clock of the floor moves on a second with every decision, so that the least-busy scores
are worked out anew as often as in life (that is what its p99 shows). One axis grows at a time, the others at their top.

The axis `rules` has every kind of rule in use at once: skills with levels that relax by recipes, VIPs, last agents, reserve
agents, tiers, weights, agents who take their queues in order. `memory` says what a waiting call of that floor takes.
"""

import argparse
import gc
import json
import math
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import Any, NamedTuple

import msgspec

from acd import events as ev
from acd.core import Outcome, next_deadline, step
from acd.floor import Floor
from acd.model import CallId, QueueId
from acd.records import OfferMade
from acd.rules import Affinity, CallerRule, Do, Overflow, QueueRules, Recipe, Rules, Strategy, When
from acd.strategies import TOGETHER
from agents.roster import AgentId, AgentSettings, Membership, Takes
from agents.state import PhoneState
from agents.workload import SLOTS

__all__ = ["Point", "Size", "main", "measure", "run"]

TARGET_US = 100.0
TARGET_ALL_RULES_US = 150.0
TARGET_BYTES = 4096
"""A waiting call takes less memory than that."""
TOP = 5000
TOP_QUEUES = 200
BATCHES = 3
"""Measured so many times; the quietest counts, as the rest of the machine has nothing to do with the core."""
DUTIES = 5
"""Queues an agent serves."""


class Size(NamedTuple):
    """How big a floor is."""

    agents: int
    waiting: int
    queues: int
    duties: int = DUTIES


class Point(msgspec.Struct, frozen=True):
    """One measured cost, microseconds."""

    axis: str
    case: str
    strategy: str
    agents: int
    waiting: int
    queues: int
    duties: int
    p50_us: float
    p95_us: float
    p99_us: float


AXES: dict[str, list[Size]] = {
    "all": [Size(n, n, max(DUTIES, n * TOP_QUEUES // TOP)) for n in (10, 100, 500, 1000, TOP)],
    "agents": [Size(n, TOP, 10) for n in (10, 100, 500, 1000, TOP)],
    "waiting": [Size(TOP, n, TOP_QUEUES) for n in (10, 100, 500, 1000, TOP)],
    "queues": [Size(TOP, TOP, n) for n in (10, 50, 100, TOP_QUEUES)],
    "one": [Size(n, n, 1) for n in (10, 100, 500, 1000, TOP)],
    "duties": [Size(TOP, TOP, TOP_QUEUES, n) for n in (1, DUTIES, 10, 20)],
    "rules": [Size(n, n, max(DUTIES, n * TOP_QUEUES // TOP)) for n in (10, 100, 500, 1000, TOP)],
}
"""`agents` has ten queues, so that its small end has somebody to choose among. `one`: everybody in one queue. `duties`:
queues an agent serves; he stands in as many lines, so this one grows with them."""
JUDGED = ("all", "agents", "waiting", "queues", "one", "rules")
STRATEGIES = (Strategy.LONGEST_IDLE, Strategy.LEAST_BUSY, Strategy.ROUND_ROBIN)
ALL_STRATEGIES = tuple(strategy for strategy in Strategy if strategy not in TOGETHER)
"""For the axis `rules`. Where all phones ring together the cost is that of ringing them."""


class Bench:
    """A floor of a size, all agents free or all of them busy, and the steps that are timed."""

    def __init__(self, size: Size, strategy: Strategy, *, busy: bool, all_rules: bool = False) -> None:
        self.now = 100_000.0
        self.size = size
        self.all_rules = all_rules
        self.queues = [QueueId(f"q{n:03}") for n in range(size.queues)]
        self.floor = Floor.under(self._rules(strategy))
        self.calls = 0
        self.talking: list[tuple[AgentId, CallId]] = []
        self.tell(ev.LinkRegained())
        for agent in self.floor.rules.agents:
            self.tell(ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE))
            self.tell(ev.AgentLoggedIn(agent=agent))
            self.tell(ev.AgentReady(agent=agent))
        self._work_for_two_hours()
        if busy:
            self._fill()

    def _rules(self, strategy: Strategy) -> Rules:
        duties = min(self.size.duties, self.size.queues)
        agents = [
            AgentSettings(
                id=AgentId(f"a{n:04}"),
                name="",
                queues=tuple(self.queues[(n + 7 * duty) % self.size.queues] for duty in range(duties)),
                **(_ways_of(n, self.queues[n % self.size.queues]) if self.all_rules else {}),
            )
            for n in range(self.size.agents)
        ]
        for agent in agents:
            assert len(set(agent.queues)) == duties
        if self.all_rules:
            queues = [_queue_with_everything(n, self.queues, strategy) for n in range(self.size.queues)]
            vip = {f"139{n:08}": CallerRule(vip=1) for n in range(0, 100_000, 10)}
            return Rules.of("bench", queues, agents, vip, {"13": CallerRule()}, {1: 5})
        return Rules.of("bench", [QueueRules(id=queue, strategy=strategy) for queue in self.queues], agents)

    def _work_for_two_hours(self) -> None:
        """Everybody has a full window of work behind him, each a different one."""
        for number, agent in enumerate(self.floor.agents.values()):
            for slot in range(SLOTS):
                agent.workload.add_call(60.0 + number % 50, self.now + slot * agent.workload.window_s / SLOTS)
        self.now += 7000.0

    def _fill(self) -> None:
        """Every agent talks, and so many callers wait."""
        for agent in self.floor.rules.agents.values():
            self._take_call(agent.id, self._queue_caller(agent.queues[0]))
        while sum(map(len, self.floor.waiting.values())) < self.size.waiting:
            self._queue_caller(self._next_queue())

    def _take_call(self, agent: AgentId, outcome: Outcome) -> None:
        for record in outcome.records:
            if isinstance(record, OfferMade):
                self.tell(ev.OfferAnswered(offer=record.offer))
                self.talking.append((record.agent, record.call))

    def _next_queue(self) -> QueueId:
        served = min(len(self.queues), self.size.agents + 7 * (self.size.duties - 1))
        return self.queues[self.calls % served]

    def tell(self, event: ev.Event) -> Outcome:
        outcome = step(self.floor, event, self.now)
        next_deadline(self.floor)
        return outcome

    def timed(self, event: ev.Event) -> tuple[float, Outcome]:
        began = time.perf_counter_ns()
        outcome = step(self.floor, event, self.now)
        took_us = (time.perf_counter_ns() - began) / 1000
        next_deadline(self.floor)
        self.now += 1.0
        return took_us, outcome

    def _arrive(self) -> CallId:
        self.calls += 1
        call = CallId(f"1700000000.{self.calls}")
        self.tell(ev.CallArrived(call=call, channel="", number=f"139{self.calls:08}", did="400"))
        return call

    def _queue_caller(self, queue: QueueId) -> Outcome:
        return self.tell(ev.CallQueued(call=self._arrive(), queue=queue))

    def caller_arrives(self) -> float:
        """A caller is queued; he hangs up again afterwards."""
        call = self._arrive()
        took_us, _ = self.timed(ev.CallQueued(call=call, queue=self._next_queue()))
        self.tell(ev.CallLeftByCaller(call=call))
        return took_us

    def agent_comes_free(self) -> float:
        """The agent who has talked longest ends his wrap-up and gets the next caller; another one comes to wait."""
        agent, call = self.talking.pop(0)
        self.tell(ev.CallLeftByCaller(call=call))
        took_us, outcome = self.timed(ev.WrapUpDone(agent=agent))
        self._take_call(agent, outcome)
        self._queue_caller(self.floor.rules.agents[agent].queues[0])
        return took_us


def _ways_of(n: int, first_queue: QueueId) -> dict[str, Any]:
    """Levels 1 to 4 of two skills; every fifth agent is a reserve in his first queue, every seventh takes them in order."""
    ways: dict[str, Any] = {"skills": {"english": 1 + n % 4, "repair": 1 + n // 4 % 4}}
    if n % 5 == 0:
        ways["memberships"] = {first_queue: Membership(after_s=30.0, tier=n % 2)}
    if n % 7 == 0:
        ways["takes"] = Takes.IN_ORDER
    return ways


def _queue_with_everything(n: int, queues: list[QueueId], strategy: Strategy) -> QueueRules:
    return QueueRules(
        id=queues[n],
        strategy=strategy,
        require={"english": 1 + n % 3, "repair": 2},
        recipes=(
            Recipe(name="wider", after_s=20.0, do=Do(require={"english": 1, "repair": 1})),
            Recipe(name="sooner", after_s=60.0, when=When(position_over=3), do=Do(raise_by=1)),
        ),
        affinity=Affinity(),
        weight=1.0 + n % 2,
        max_calls=100_000,
        max_waiting=100_000,
        full=Overflow(busy=True),
    )


def memory_per_waiting_call(size: Size) -> int:
    """Bytes of the floor that go with each of its waiting calls, all rules in use, lines and timers included."""
    floor = Bench(size, Strategy.LEAST_BUSY, busy=True, all_rules=True)
    before_calls = len(floor.floor.calls)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(2000):
        floor._queue_caller(floor._next_queue())
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) // (len(floor.floor.calls) - before_calls)


def measure(axis: str, size: Size, strategy: Strategy, rounds: int) -> Iterator[Point]:
    """The three cases on a floor of one size."""
    all_rules = axis == "rules"
    free, full = (Bench(size, strategy, busy=busy, all_rules=all_rules) for busy in (False, True))
    cases: dict[str, Callable[[], float]] = {
        "caller arrives, agents free": free.caller_arrives,
        "agent comes free, callers wait": full.agent_comes_free,
        "caller arrives, nobody free": full.caller_arrives,
    }
    for case, once in cases.items():
        for _ in range(rounds // 10):
            once()
        batches = [quantiles([once() for _ in range(rounds)], n=100) for _ in range(BATCHES)]
        cuts = min(batches, key=lambda batch: batch[49])
        yield Point(axis, case, strategy, *size, *(round(cuts[percent - 1], 1) for percent in (50, 95, 99)))


def run(axes: list[str], rounds: int, tell: Callable[[Point], None]) -> list[Point]:
    """All points of the axes, each told as soon as it is measured."""
    points = []
    for axis in axes:
        for strategy in ALL_STRATEGIES if axis == "rules" else STRATEGIES:
            for size in AXES[axis]:
                for point in measure(axis, size, strategy, rounds):
                    tell(point)
                    points.append(point)
    return points


def growth(points: list[Point], axis: str, case: str, strategy: str) -> tuple[float, float]:
    """How much the median grew from the small end of an axis to the big one, and how much a logarithm would have."""
    row = [point for point in points if (point.axis, point.case, point.strategy) == (axis, case, strategy)]
    field = "agents" if axis in ("all", "one", "rules") else axis
    small, big = getattr(row[0], field), getattr(row[-1], field)
    return row[-1].p50_us / row[0].p50_us, math.log(big) / math.log(small)


def verdict(points: list[Point], axes: list[str], bytes_per_call: int | None) -> dict[str, object]:
    """The figures against their targets."""
    top = [point for point in points if (point.agents, point.waiting, point.duties) == (TOP, TOP, DUTIES)]
    plain = max((point.p50_us for point in top if point.axis != "rules"), default=None)
    with_rules = max((point.p50_us for point in top if point.axis == "rules"), default=None)
    rows = {(point.case, point.strategy) for point in points}
    grown = {
        f"{axis}: {case}, {strategy}": [round(factor, 2) for factor in growth(points, axis, case, strategy)]
        for axis in axes
        if axis in JUDGED
        for case, strategy in sorted(rows)
        if any((point.axis, point.case, point.strategy) == (axis, case, strategy) for point in points)
    }
    reached = {
        "a decision": plain is None or plain < TARGET_US,
        "a decision, all rules in use": with_rules is None or with_rules < TARGET_ALL_RULES_US,
        "memory": bytes_per_call is None or bytes_per_call < TARGET_BYTES,
        "growth": all(factor <= logarithm for factor, logarithm in grown.values()),
    }
    return {
        "target_us": TARGET_US,
        "worst_median_at_the_top_us": plain,
        "target_all_rules_us": TARGET_ALL_RULES_US,
        "worst_median_all_rules_us": with_rules,
        "target_bytes": TARGET_BYTES,
        "bytes_per_waiting_call": bytes_per_call,
        "growth_and_logarithm": grown,
        "reached": reached,
    }


def _print_point(point: Point) -> None:
    print(
        f"{point.axis:8} {point.strategy:13} {point.case:31} {point.agents:6} {point.waiting:7} {point.queues:6} "
        f"{point.duties:6} {point.p50_us:8.1f} {point.p95_us:8.1f} {point.p99_us:8.1f}",
        flush=True,
    )


def _print_verdict(result: dict[str, object]) -> None:
    grown = result["growth_and_logarithm"]
    assert isinstance(grown, dict)
    print("\nGrowth of the median from the small end of an axis to the big one (a logarithm would grow):")
    for name, (factor, logarithm) in grown.items():
        print(f"  {name:65} x{factor:5.2f}   (x{logarithm:.2f})")
    where = f"{TOP} agents, {TOP} waiting, up to {TOP_QUEUES} queues"
    print(f"\nWorst median, {where}: {result['worst_median_at_the_top_us']} us (target: under {TARGET_US:g} us)")
    print(f"With all rules in use: {result['worst_median_all_rules_us']} us (target: under {TARGET_ALL_RULES_US:g} us)")
    print(f"Memory per waiting call: {result['bytes_per_waiting_call']} bytes (target: under {TARGET_BYTES})")
    missed = [name for name, reached in result["reached"].items() if not reached]  # type: ignore[attr-defined]
    print(f"Missed: {', '.join(missed)}" if missed else "All targets reached.")


def main(argv: list[str]) -> int:
    """`./hotline bench routing [--json]`. Exit code 1: a target was missed."""
    parser = argparse.ArgumentParser(prog="hotline bench routing", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--rounds", type=int, default=200, help="decisions per batch (default: 200)")
    parser.add_argument("--axis", action="append", choices=list(AXES), help="only these axes (default: all of them)")
    args = parser.parse_args(argv)
    axes = args.axis or list(AXES)
    if not args.json:
        print(f"{'axis':8} {'strategy':13} {'case':31} agents waiting queues duties   p50 us   p95 us   p99 us")
    points = run(axes, args.rounds, (lambda point: None) if args.json else _print_point)
    memory = memory_per_waiting_call(Size(TOP, TOP, TOP_QUEUES)) if "rules" in axes else None
    result = verdict(points, axes, memory)
    if args.json:
        print(json.dumps({**result, "points": [msgspec.to_builtins(point) for point in points]}, indent=1))
    else:
        _print_verdict(result)
    return 0 if all(result["reached"].values()) else 1  # type: ignore[attr-defined]


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
