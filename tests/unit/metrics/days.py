"""Days of a small centre, made by the simulator, as stretches of time to be explained: two queues, agents who serve both."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from unittest.mock import patch

import planning.simulate
from acd.commands import OfferCall
from acd.model import OfferOutcome, QueueId
from acd.records import AgentInterval, Record
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import AgentState
from metrics.definitions import AgentTimes, QueueCounts, Sums
from metrics.intervals import INTERVAL_S, Book, Tally
from metrics.why import Part, Stretch
from planning.centre import Ring
from planning.draws import Constant, Exponential
from planning.shifts import Shift
from planning.simulate import MIDNIGHT, Plan, _Day
from planning.traffic import HALF_HOURS, Stream, Traffic
from tests.unit.acd.floors import queue, rules

__all__ = ["AGENTS", "CLOSE", "OPEN", "changed", "recorded", "stretch", "usual_days"]

OPEN, CLOSE = 9 * 3600.0, 13 * 3600.0
AGENTS = tuple(AgentId(f"a{n}") for n in range(1, 15))
HOUR_S = 3600.0


class Centre(_Day):
    """A simulated day that keeps its records. `refuses`: who declines every call."""

    def __init__(self, the_rules: Rules, plan: Plan, seed: int, refuses: AgentId | None) -> None:
        self.records: list[Record] = []
        self.refuses = refuses
        super().__init__(the_rules, plan, seed, None)

    def _take(self, records: Sequence[Record]) -> None:
        self.records += records
        super()._take(records)

    def ring(self, offer: OfferCall) -> Ring:
        return Ring(4.0, OfferOutcome.DECLINED) if offer.agent == self.refuses else super().ring(offer)


def recorded(
    seed: int,
    *,
    midnight: float = MIDNIGHT,
    sales: float = 55.0,
    support: float = 45.0,
    handle: float = 1.0,
    agents: tuple[AgentId, ...] = AGENTS,
    refuses: AgentId | None = None,
    no_answer_limit: int = 0,
) -> tuple[list[Record], Rules]:
    """The records of a day that differs from the usual ones in what is given: calls by half hour and queue, handle time by this
    factor, who is at work, who declines every call, after how many missed ones he is set not ready (for two minutes)."""
    the_rules = rules(
        {agent: ["sales", "support"] for agent in AGENTS},
        [queue(name, wrap_up_s=120.0, no_answer_limit=no_answer_limit) for name in ("sales", "support")],
    )
    open_halves = range(int(OPEN // 1800), int(CLOSE // 1800))
    streams = tuple(
        Stream(
            queue=QueueId(name),
            arrivals=tuple(calls if half in open_halves else 0.0 for half in range(HALF_HOURS)),
            talk=Exponential(180.0 * handle),
            wrap_up=Constant(30.0 * handle),
            patience=Exponential(240.0),
        )
        for name, calls in (("sales", sales), ("support", support))
    )
    plan = Plan(
        rules=the_rules,
        traffic=Traffic(streams=streams, answer=Constant(4.0)),
        shifts=(Shift(start_s=OPEN, end_s=CLOSE, agents=agents),),
    )
    with patch.object(planning.simulate, "MIDNIGHT", midnight):
        centre = Centre(the_rules, plan, seed, refuses)
        centre.calls = seed * 100_000  # calls of two days have ids of their own
        centre.centre.floor.run()
    return centre.records, the_rules


@cache
def changed(seed: int, **different: Any) -> Stretch:
    """A day like `recorded`'s, as a stretch from opening to closing."""
    return stretch(*recorded(seed, **different))


@cache
def usual_days() -> tuple[Stretch, ...]:
    """Four of them."""
    return tuple(changed(seed) for seed in range(1, 5))


def stretch(records: Sequence[Record], the_rules: Rules) -> Stretch:
    """What the records come to, from opening to closing, hour by hour."""
    tally = Tally()
    tally.follow(the_rules)
    reasons: dict[str, float] = {}
    for record in records:
        tally.apply(record)
        if isinstance(record, AgentInterval) and record.state is AgentState.NOT_READY:
            reasons[record.reason] = reasons.get(record.reason, 0.0) + record.ended_at - record.started_at
    start, end = MIDNIGHT + OPEN, MIDNIGHT + CLOSE
    books = list(tally.intervals.values())
    queues = {queue for book in books for queue in book.queues}
    people = {agent: Sums(_counts(agent, books), _times([agent], books)) for agent in AGENTS}
    return Stretch(
        start=start,
        end=end,
        counts=QueueCounts.total(book.site for book in books),
        agents=_times(AGENTS, books),
        parts=tuple(_part(tally, start + n * HOUR_S) for n in range(int((end - start) // HOUR_S))),
        queues={one: QueueCounts.total(b.queues[one] for b in books if one in b.queues) for one in queues},
        people=people,  # type: ignore[arg-type]
        reasons=reasons,
    )


def _part(tally: Tally, start: float) -> Part:
    numbers = range(int(start // INTERVAL_S), int((start + HOUR_S) // INTERVAL_S))
    books = [tally.intervals[number] for number in numbers if number in tally.intervals]
    return Part(start, start + HOUR_S, QueueCounts.total(book.site for book in books), _times(AGENTS, books))


def _times(agents: Sequence[AgentId], books: Sequence[Book]) -> AgentTimes:
    return AgentTimes.total(book.agents[agent] for book in books for agent in agents if agent in book.agents)


def _counts(agent: AgentId, books: Sequence[Book]) -> QueueCounts:
    return QueueCounts.total(book.agent_counts[agent] for book in books if agent in book.agent_counts)
