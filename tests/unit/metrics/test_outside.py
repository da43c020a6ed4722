"""What is told from outside: how it is spread over time, and what cannot be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.definitions import FIGURES, AgentTimes, QueueCounts, Sums
from metrics.dimensions import Dimension
from metrics.outside import OUTSIDE, YEAR_S, Entry, Outside, WrongEntry, check, outside_of, overlapping

DAY = 86400.0


def told(name: str, value: float | None, first: float = 0, days: float = 30, **more: object) -> Entry:
    return Entry(name=name, since=first * DAY, until=(first + days) * DAY, value=value, **more)  # type: ignore[arg-type]


def test_a_months_cost_is_spread_evenly_over_its_days() -> None:
    assert outside_of([told("cost", 30_000.0)], 3 * DAY, 4 * DAY) == Outside(cost=1000.0)
    quarter = outside_of([told("cost", 30_000.0)], 3 * DAY, 3 * DAY + 900)
    assert quarter.cost == pytest.approx(1000 / 96)


def test_two_months_in_a_quarter_add_up_and_what_lies_outside_does_not_count() -> None:
    costs = [told("cost", 3.0), told("cost", 5.0, 30), told("cost", 100.0, 60), told("leavers", None)]
    assert outside_of(costs, 0, 60 * DAY) == Outside(cost=8.0)
    assert outside_of(costs, 90 * DAY, 99 * DAY) == Outside()


def test_one_of_twenty_who_leaves_in_a_month_of_thirty_days_is_a_rate_of_61_percent_a_year() -> None:
    entries = [told("headcount", 20.0), told("leavers", 1.0)]
    month = outside_of(entries, 0, 30 * DAY)
    assert month.person_years == pytest.approx(20 * 30 / 365)
    assert FIGURES["turnover"].of(Sums(QueueCounts(), AgentTimes(), month)) == pytest.approx(0.608, abs=0.001)


def test_three_of_twenty_who_leave_in_a_year_are_fifteen_percent() -> None:
    year = outside_of([told("headcount", 20.0, days=365), told("leavers", 3.0, days=365)], 0, YEAR_S)
    assert FIGURES["turnover"].of(Sums(QueueCounts(), AgentTimes(), year)) == pytest.approx(0.15)


def test_every_figure_that_can_be_told_has_a_field_of_its_own() -> None:
    fields = [kind.field for kind in OUTSIDE.values()]
    assert len(set(fields)) == len(fields)
    assert set(Outside.__struct_fields__) - set(fields) == {"served_numbers", "called_again"}


@given(st.floats(0, 40), st.floats(0, 40), st.sampled_from(sorted(OUTSIDE)))
def test_parts_of_a_stretch_come_to_the_whole(cut: float, end: float, name: str) -> None:
    cut, end = sorted((cut, end))
    entries = [told(name, 90.0), told(name, 12.0, 31, 3)]
    whole = outside_of(entries, 0, end * DAY)
    parts = Outside.total([outside_of(entries, 0, cut * DAY), outside_of(entries, cut * DAY, end * DAY)])
    field = OUTSIDE[name].field
    assert getattr(parts, field) == pytest.approx(getattr(whole, field))


def test_what_was_told_of_no_part_is_not_known_of_the_whole() -> None:
    assert Outside.total([]) == Outside()
    assert Outside.total([Outside(cost=1.0), Outside(blocked=2.0), Outside(cost=3.0)]) == Outside(cost=4.0, blocked=2.0)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (told("costs", 1.0), "no figure 'costs' can be told"),
        (told("cost", -1.0), "expected a number from 0 on"),
        (told("cost", float("nan")), "expected a number from 0 on"),
        (told("cost", 1.0, days=0), "ends before it begins"),
        (told("cost", 1.0, dimension=Dimension.QUEUE), "has no key"),
        (told("cost", 1.0, key="sales"), "has no key"),
    ],
)
def test_what_no_figure_can_be_made_of_is_refused(entry: Entry, message: str) -> None:
    with pytest.raises(WrongEntry, match=message):
        check(entry)


def test_figure_of_a_queue_can_be_told_and_taken_back() -> None:
    check(told("blocked", 4.0, dimension=Dimension.QUEUE, key="sales"))
    check(told("blocked", None))


def test_only_the_same_figure_of_the_same_key_overlaps() -> None:
    one, other = told("cost", 1.0), told("cost", 1.0, 29)
    assert overlapping([other, one]) == (one, other)
    assert overlapping([one, told("cost", 1.0, 30), told("blocked", 1.0)]) is None
    assert overlapping([one, told("cost", 1.0, dimension=Dimension.QUEUE, key="sales")]) is None
