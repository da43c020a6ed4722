"""What the rounds of `./hotline bench handoff` come to: figures of each side, their ratios, and which targets were missed."""

import contextlib
import json
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass

__all__ = ["Results", "Side", "Turn", "as_json", "as_text", "gaps_ms", "missed", "ratios"]

FASTER_P50, FASTER_P95 = 50.0, 10.0
"""So many times as long app_queue must take at least."""
MOST_CPU = 1.0
"""Hotline's share of app_queue's CPU at most."""


@dataclass(frozen=True)
class Turn:
    """What one side did in one round. `gaps_ms`: each hand-off; CPU in milliseconds per call."""

    calls: int
    gaps_ms: list[float]
    asterisk_cpu_ms: float
    engine_cpu_ms: float


Results = list[dict[str, Turn]]
"""For each round, both sides: `app_queue` and `hotline`."""


@dataclass(frozen=True)
class Side:
    """What one of the two did, in one round or in several. Times in milliseconds; CPU per call."""

    calls: int
    handoffs: int
    p50: float
    p95: float
    p99: float
    asterisk_cpu_ms: float
    engine_cpu_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.asterisk_cpu_ms + self.engine_cpu_ms


def gaps_ms(lines: Iterable[str]) -> list[float]:
    """Milliseconds from each BYE to the same agent's next INVITE; lines of the phones' log: what, agent, ..., seconds."""
    freed: dict[str, float] = {}
    gaps = []
    for line in lines:
        with contextlib.suppress(ValueError):
            what, agent, *_, at = line.split()
            if what == "BYE":
                freed[agent] = float(at)
            elif agent in freed:
                gaps.append((float(at) - freed.pop(agent)) * 1000)
    return gaps


def together(turns: list[Turn]) -> Side:
    """One side over these rounds: quantiles of all hand-offs, CPU of all calls."""
    gaps = [gap for turn in turns for gap in turn.gaps_ms]
    calls = sum(turn.calls for turn in turns)
    cut = statistics.quantiles(gaps, n=100)
    asterisk = sum(turn.asterisk_cpu_ms * turn.calls for turn in turns) / calls
    engine = sum(turn.engine_cpu_ms * turn.calls for turn in turns) / calls
    return Side(calls, len(gaps), cut[49], cut[94], cut[98], asterisk, engine)


def sides(results: Results) -> dict[str, Side]:
    """Both sides over all rounds."""
    return {name: together([turns[name] for turns in results]) for name in ("app_queue", "hotline")}


def ratios(results: Results) -> dict[str, float]:
    """How many times as long app_queue takes, and Hotline's share of its CPU, over these rounds together."""
    both = sides(results)
    queue, hotline = both["app_queue"], both["hotline"]
    return {
        "p50": queue.p50 / hotline.p50,
        "p95": queue.p95 / hotline.p95,
        "p99": queue.p99 / hotline.p99,
        "cpu": hotline.cpu_ms / queue.cpu_ms,
    }


def missed(results: Results) -> list[str]:
    """Each target that was not reached by all rounds together, in words."""
    found = ratios(results)
    texts = [
        f"app_queue takes {found[name]:.1f}x as long at {name}; to reach: {least:g}x"
        for name, least in (("p50", FASTER_P50), ("p95", FASTER_P95))
        if found[name] < least
    ]
    if found["cpu"] > MOST_CPU:
        texts.append(f"Hotline needs {found['cpu']:.2f}x app_queue's CPU; to reach: at most {MOST_CPU:g}x")
    return texts


def as_json(results: Results) -> str:
    """Both sides, the ratios of all rounds and of each, and what was missed."""
    document = {name: {**asdict(side), "cpu_ms": side.cpu_ms} for name, side in sides(results).items()}
    rounds = [ratios([turns]) for turns in results]
    return json.dumps({**document, "ratios": ratios(results), "rounds": rounds, "missed": missed(results)}, indent=2)


def as_text(results: Results) -> str:
    """The same as a table and sentences."""
    head = f"{'':12}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'handoffs':>10}{'CPU ms/call':>13}{'(Asterisk':>11}{'engine)':>9}"
    rows = [
        f"{name:12}{s.p50:9.1f}{s.p95:9.1f}{s.p99:9.1f}{s.handoffs:10}{s.cpu_ms:13.1f}{s.asterisk_cpu_ms:11.1f}{s.engine_cpu_ms:9.1f}"
        for name, s in sides(results).items()
    ]
    r = ratios(results)
    tail = (
        f"app_queue takes {r['p50']:.0f}x as long at the median, {r['p95']:.1f}x at p95, {r['p99']:.1f}x at p99;"
        f" Hotline's total CPU is {r['cpu']:.2f}x app_queue's."
    )
    alone = [_round(number, [turns]) for number, turns in enumerate(results, 1)] if len(results) > 1 else []
    return "\n".join([head, *rows, tail, *alone])


def _round(number: int, results: Results) -> str:
    r, both = ratios(results), sides(results)
    queue, hotline = both["app_queue"], both["hotline"]
    return (
        f"round {number}: {queue.p50:.0f} against {hotline.p50:.1f} ms ({r['p50']:.0f}x),"
        f" p95 {queue.p95:.0f} against {hotline.p95:.0f} ms ({r['p95']:.1f}x), CPU {r['cpu']:.2f}x"
    )
