"""Kaplan and Meier's estimate, on the data every textbook uses, and draws from it."""

import math
from random import Random

import pytest

from planning.survival import patience_of

REMISSION = [
    *((float(week), True) for week in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
    *((float(week), False) for week in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
]
"""E. Freireich and others, Blood 21 (1963) 699-716, the group on 6-MP: weeks, and whether the remission ended."""


def test_survival_is_that_printed_for_freireichs_patients() -> None:
    patience = patience_of(REMISSION)
    printed = {5: 1.0, 6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for week, share in printed.items():
        assert patience.survival(float(week)) == pytest.approx(share, abs=5e-4), week
    assert (patience.gave_up, patience.censored) == (9, 12)


def test_beyond_the_last_who_gave_up_callers_go_at_the_rate_of_all() -> None:
    patience = patience_of([(10.0, True), (20.0, False), (30.0, False)])
    assert patience.rate_per_s == pytest.approx(1 / 60)
    assert patience.survival(70.0) == pytest.approx(2 / 3 * math.exp(-1))


def test_draws_are_longer_than_what_was_waited_and_follow_the_estimate() -> None:
    patience = patience_of([(float(n), True) for n in range(1, 101)])
    dice = Random(1)  # noqa: S311 - a simulation has no secrets
    drawn = [patience.draw(dice, waited_s=50.0) for _ in range(4000)]
    assert min(drawn) > 50.0
    assert sum(one <= 75.0 for one in drawn) / 4000 == pytest.approx(0.5, abs=0.03)


def test_where_nobody_gave_up_patience_has_no_end() -> None:
    dice = Random(1)  # noqa: S311
    assert patience_of([(5.0, False)]).draw(dice, 3.0) == math.inf
    assert patience_of([]).draw(dice) == math.inf
