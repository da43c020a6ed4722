"""The core against Erlang C and Erlang A over the big grid: 1 to 500 agents, occupancy 0.5 to 0.98, patience from a quarter
of a talk to none. Each formula must lie within the 99.95 % interval of the runs; of 240 figures that misses one in eight grids.

Without patience and near full occupancy a queue forgets its past only after hundreds of talks an agent: those runs are long.
"""

import argparse
import json
import math
from collections.abc import Iterator

import msgspec

from metrics.erlang import outlook
from planning.confidence import estimate
from tests.simulation.hall import Steady

__all__ = ["main"]

SURE = 0.9995
RUNS = 8


class Point(msgspec.Struct, frozen=True):
    """One figure of one case: the mean of the runs, its interval, and the formula's value."""

    agents: int
    occupancy: float
    patience: float | None
    figure: str
    seen: float
    half_width: float
    formula: float
    unseen: float
    """What may happen without having been seen in so many calls: 7.6 of them (e to the minus 7.6 is 0.0005), as a share, or as
    a mean wait if each of them waited as long as a talk."""

    @property
    def agrees(self) -> bool:
        return abs(self.seen - self.formula) <= self.half_width + self.unseen


def cases(quick: bool) -> Iterator[Steady]:
    """The grid; long runs where the past is forgotten slowly."""
    for agents in (1, 5, 20, 100, 500):
        for occupancy in (0.5, 0.8, 0.95, 0.98):
            for patience in (0.25, 2.0, math.inf):
                calls = max(2000, 8 * agents)
                if math.isinf(patience):
                    forgets = 1 / (agents * (1 - math.sqrt(occupancy)) ** 2)  # in handle times
                    calls = max(calls, round(40 * forgets * agents))
                if quick and calls > 5000:
                    continue
                yield Steady(agents=agents, occupancy=occupancy, patience=patience, calls=min(calls, 150_000))


def points(case: Steady) -> Iterator[Point]:
    """All figures of one case."""
    runs = [case.figures(seed) for seed in range(1, RUNS + 1)]
    theory = outlook(case.agents, case.per_s, case.handle_s, case.patience * case.handle_s, case.within * case.handle_s)
    expected = {
        "service_level": theory.service_level,
        "asa": theory.asa_s,
        "occupancy": theory.occupancy,
        "abandon_rate_with_short": theory.abandon_rate,
    }
    for figure, value in expected.items():
        seen = estimate((run[figure] for run in runs), SURE)
        assert seen is not None
        assert seen.half_width is not None
        patience = None if math.isinf(case.patience) else case.patience
        unseen = 7.6 / (RUNS * case.calls) * (case.handle_s if figure == "asa" else 1.0)
        yield Point(case.agents, case.occupancy, patience, figure, seen.mean, seen.half_width, value, unseen)


def main(argv: list[str]) -> int:
    """`./hotline bench theory [--quick] [--json]`. Exit code 1: more than one figure in a hundred lies outside."""
    parser = argparse.ArgumentParser(prog="hotline bench theory", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--quick", action="store_true", help="leave out the long runs")
    args = parser.parse_args(argv)
    found: list[Point] = []
    for case in cases(args.quick):
        for point in points(case):
            found.append(point)
            if not args.json:
                mark = "" if point.agrees else "  <-- outside"
                print(
                    f"{point.agents:4} agents {point.occupancy:4} patience {point.patience or 'none':4} {point.figure:24} "
                    f"{point.seen:10.4f} ±{point.half_width:.4f}  formula {point.formula:10.4f}{mark}",
                    flush=True,
                )
    outside = [point for point in found if not point.agrees]
    if args.json:
        print(json.dumps({"points": msgspec.to_builtins(found), "outside": len(outside)}, indent=1))
    else:
        print(f"{len(found) - len(outside)} of {len(found)} figures agree")
    return 0 if len(outside) <= len(found) / 100 else 1


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
