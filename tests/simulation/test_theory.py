"""Runs of the real core agree with Erlang C and Erlang A, figure by figure, within the confidence interval of the runs. Seeded.

The big grid (1 to 500 agents, occupancy 0.5 to 0.98, patience from a quarter of a talk to none) is `./hotline bench theory`.
"""

import math

import pytest

from metrics.erlang import outlook
from planning.confidence import estimate
from tests.simulation.hall import Steady

SURE = 0.999
"""Of every interval: with some thirty of them a right core misses one in one grid of thirty, with these seeds never."""

CASES = [
    Steady(agents=1, occupancy=0.5, calls=700),
    Steady(agents=5, occupancy=0.8, calls=1000),
    Steady(agents=20, occupancy=0.8, calls=1200),
    Steady(agents=1, occupancy=0.98, patience=2.0, calls=700),
    Steady(agents=10, occupancy=0.95, patience=1.0, calls=900),
    Steady(agents=100, occupancy=0.98, patience=0.5, calls=1000),
    Steady(agents=500, occupancy=0.98, patience=0.25, calls=1000, within=0.02),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.agents}-{case.occupancy}-{case.patience}")
def test_figures_of_the_core_are_those_of_the_formulas(case: Steady) -> None:
    runs = [case.figures(seed) for seed in range(1, 9)]
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
        assert abs(seen.mean - value) <= seen.half_width + 1e-12, f"{figure}: {seen} but {value} by formula"
    assert _half_width(runs, "occupancy") < 0.06  # or anything would agree
    assert _half_width(runs, "service_level") < 0.3


def _half_width(runs: list[dict[str, float | None]], figure: str) -> float:
    seen = estimate((run[figure] for run in runs), SURE)
    assert seen is not None
    assert seen.half_width is not None
    return seen.half_width


def test_infinite_patience_is_the_limit_of_long_patience() -> None:
    short, long = (outlook(10, 8 / 180, 180.0, patience_s, 20.0) for patience_s in (1e7, math.inf))
    assert short.asa_s == pytest.approx(long.asa_s, rel=1e-3)
    assert short.service_level == pytest.approx(long.service_level, rel=1e-4)
