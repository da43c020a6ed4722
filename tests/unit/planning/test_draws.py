"""Distributions have the mean they say."""

import math
from random import Random

import pytest

from planning.draws import Constant, Distribution, Erlang, Exponential, Lognormal, Mixed, Never, Sample

ALL: list[Distribution] = [
    Constant(7.0),
    Exponential(180.0),
    Erlang(180.0, 4),
    Lognormal(200.0, 150.0),
    Lognormal(200.0, 0.0),
    Mixed(0.25, 10.0, 300.0),
    Sample((40.0, 120.0, 540.0)),
]


@pytest.mark.parametrize("distribution", ALL, ids=lambda one: type(one).__name__)
def test_draws_have_the_mean_of_the_distribution(distribution: Distribution) -> None:
    dice = Random(5)  # noqa: S311 - a simulation has no secrets
    drawn = [distribution.draw(dice) for _ in range(8000)]
    assert sum(drawn) / len(drawn) == pytest.approx(distribution.mean_s, rel=0.04)
    assert min(drawn) >= 0.0


def test_more_phases_are_steadier() -> None:
    dice = Random(5)  # noqa: S311

    def spread(phases: int) -> float:
        drawn = [Erlang(100.0, phases).draw(dice) for _ in range(4000)]
        return sum((one - 100.0) ** 2 for one in drawn) / len(drawn) / 100.0**2

    assert spread(1) == pytest.approx(1.0, rel=0.15)
    assert spread(4) == pytest.approx(0.25, rel=0.15)


def test_who_never_gives_up_waits_for_ever() -> None:
    assert Never().draw(Random(1)) == math.inf == Never().mean_s  # noqa: S311
