"""Recorded days for tests: a simulated day written into a journal as a live engine would have written it."""

from pathlib import Path
from typing import Any

from acd.model import QueueId
from acd.rules import Affinity, Overflow, Rules, Strategy
from engine.journal import FileJournal
from planning.draws import Erlang, Exponential, Lognormal
from planning.shifts import Break, Shift
from planning.simulate import Day, Plan, simulate
from planning.traffic import HALF_HOURS, Repeats, Stream, Traffic
from tests.unit.acd.floors import queue, rules

__all__ = ["a_plan", "day_rules", "recorded_day"]


def day_rules(version: str = "v1", **changes: Any) -> Rules:
    """Two queues that overflow and remember last agents, served by six agents. `changes` are for the queue sales."""
    return rules(
        {
            "anna": ["sales"],
            "ben": ["sales", "repair"],
            "cleo": ["repair"],
            "dan": ["sales", "repair"],
            "eve": ["sales"],
            "finn": ["repair", "sales"],
        },
        [
            queue(
                "sales",
                **{
                    "strategy": Strategy.LEAST_BUSY,
                    "affinity": Affinity(wait_s=30.0),
                    "wrap_up_s": 20.0,
                    "max_wait_s": 120.0,
                    "overflow": Overflow(queue=QueueId("repair")),
                    **changes,
                },
            ),
            queue("repair", wrap_up_s=30.0, strategy=Strategy.ROUND_ROBIN, no_answer_limit=1),
        ],
        version=version,
        vip_priority={1: 10},
    )


def a_plan(the_rules: Rules, busy: float = 22.0) -> Plan:
    """Four busy hours with everything in them: VIPs, repeats, redials, missed calls, breaks, paperwork ended early."""
    hours = tuple(busy if 18 <= half < 26 else 0.0 for half in range(HALF_HOURS))
    streams = tuple(
        Stream(
            queue=QueueId(name),
            arrivals=hours,
            talk=Lognormal(150.0, 100.0),
            wrap_up=Exponential(15.0),
            patience=Exponential(90.0),
        )
        for name in ("sales", "repair")
    )
    traffic = Traffic(
        streams=streams,
        vip={1: 0.1},
        repeats=Repeats(share=0.3),
        answer=Erlang(5.0, 4),
        missed=0.05,
        redial=0.3,
    )
    lunch = Break(at_s=10 * 3600.0, lasts_s=900.0, reason="meal")
    shift = Shift(start_s=8.9 * 3600, end_s=13.1 * 3600, agents=tuple(the_rules.agents), breaks=(lunch,))
    return Plan(rules=the_rules, traffic=traffic, shifts=(shift,))


def recorded_day(folder: Path, the_rules: Rules, seed: int = 1, busy: float = 22.0) -> Day:
    """Simulate the plan and keep its events in a journal there; the day's own figures come back."""
    journal = FileJournal(folder)
    try:
        return simulate(a_plan(the_rules, busy), seed, journal)
    finally:
        journal.close()
