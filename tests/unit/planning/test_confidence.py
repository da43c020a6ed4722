"""Student's t as printed, and the interval of a mean."""

import pytest

from planning.confidence import estimate, student_t


@pytest.mark.parametrize(
    ("freedom", "level", "t"),
    [(1, 0.95, 12.706), (2, 0.95, 4.303), (5, 0.95, 2.571), (9, 0.95, 2.262), (10, 0.99, 3.169), (29, 0.95, 2.045)],
)
def test_student_t_is_that_of_the_tables(freedom: int, level: float, t: float) -> None:
    assert student_t(freedom, level) == pytest.approx(t, abs=6e-4)


def test_interval_of_a_mean_is_t_standard_errors_wide() -> None:
    seen = estimate([1.0, 2.0, 3.0])
    assert seen is not None
    assert seen.mean == 2.0
    assert seen.half_width == pytest.approx(4.303 / 3**0.5, abs=1e-3)
    assert seen.holds(4.4)
    assert not seen.holds(4.6)


def test_single_run_has_no_interval_and_runs_without_data_are_left_out() -> None:
    one = estimate([None, 5.0])
    assert one is not None
    assert (one.mean, one.half_width, one.runs) == (5.0, None, 1)
    assert not one.holds(5.0)
    assert estimate([None, None]) is None
