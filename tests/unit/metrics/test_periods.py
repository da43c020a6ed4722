"""Stretches of time by the clock on the wall: days the clocks change, weeks, shifts over midnight, cut ends."""

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hours import Span, parse_span
from metrics.intervals import INTERVAL_S
from metrics.periods import Period, Step, midnight, periods

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def labels(found: list[Period]) -> list[str]:
    return [period.label for period in found]


def test_a_morning_in_quarters_half_hours_and_hours() -> None:
    since, until = at("2026-11-26 08:30"), at("2026-11-26 10:00")
    quarters, halves, hours = (periods(since, until, step, SHANGHAI) for step in list(Step)[:3])
    assert [len(quarters), len(halves), len(hours)] == [6, 3, 2]
    assert labels(halves) == ["2026-11-26 08:30", "2026-11-26 09:00", "2026-11-26 09:30"]
    assert labels(hours) == ["2026-11-26 08:00", "2026-11-26 09:00"]
    assert hours[0] == Period(since, at("2026-11-26 09:00"), "2026-11-26 08:00"), "cut at what was asked for"


def test_moments_inside_an_interval_are_widened_to_it() -> None:
    (only,) = periods(at("2026-11-26 08:31"), at("2026-11-26 08:32"), Step.DAY, SHANGHAI)
    assert only == Period(at("2026-11-26 08:30"), at("2026-11-26 08:45"), "2026-11-26")


def test_week_begins_on_monday_and_is_named_as_iso_does() -> None:
    found = periods(at("2026-12-21"), at("2027-01-11"), Step.WEEK, SHANGHAI)
    assert labels(found) == ["2026-W52", "2026-W53", "2027-W01"]
    assert [datetime.fromtimestamp(period.start, SHANGHAI).weekday() for period in found] == [0, 0, 0]


def test_months_are_as_long_as_they_are() -> None:
    found = periods(at("2024-01-31"), at("2024-04-01"), Step.MONTH, SHANGHAI)
    assert labels(found) == ["2024-01", "2024-02", "2024-03"]
    assert [(period.end - period.start) / 86400 for period in found] == [1, 29, 31]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_day_the_clocks_change_has_as_many_hours_as_it_has(day: str, hours: int) -> None:
    since = at(day, BERLIN)
    (whole,) = periods(since, since + hours * 3600, Step.DAY, BERLIN)
    assert whole.end - whole.start == hours * 3600
    assert len(periods(since, whole.end, Step.HOUR, BERLIN)) == hours


def test_hour_the_clock_shows_twice_is_two_hours_told_apart_by_their_offset() -> None:
    since = at("2026-10-25 01:00", BERLIN)
    assert labels(periods(since, since + 4 * 3600, Step.HOUR, BERLIN)) == [
        "2026-10-25 01:00",
        "2026-10-25 02:00 +0200",
        "2026-10-25 02:00 +0100",
        "2026-10-25 03:00",
    ]


def test_hour_the_clock_jumps_over_is_not_there() -> None:
    since = at("2026-03-29 01:00", BERLIN)
    assert labels(periods(since, since + 7200, Step.HOUR, BERLIN)) == ["2026-03-29 01:00", "2026-03-29 03:00"]


def test_clock_that_changes_by_half_an_hour_has_half_an_hour_more() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    since = at("2026-04-05", zone)
    found = periods(since, midnight(date(2026, 4, 6), zone), Step.HOUR, zone)
    assert sum(period.end - period.start for period in found) == 24.5 * 3600
    assert labels(found)[1:4] == ["2026-04-05 01:00 +1100", "2026-04-05 01:00 +1030", "2026-04-05 02:00"]


SHIFTS = {name: parse_span(span) for name, span in {"early": "08:00-16:00", "late": "16:00-24:00"}.items()}
NIGHT = {"night": parse_span("22:00-06:00")}


def test_shifts_of_a_day_are_named_by_day_and_shift() -> None:
    found = periods(at("2026-11-26"), at("2026-11-27"), Step.SHIFT, SHANGHAI, SHIFTS)
    assert found == [
        Period(at("2026-11-26 08:00"), at("2026-11-26 16:00"), "2026-11-26 early"),
        Period(at("2026-11-26 16:00"), at("2026-11-27"), "2026-11-26 late"),
    ]


def test_night_shift_belongs_whole_to_the_day_it_begins_on() -> None:
    found = periods(at("2026-11-26"), at("2026-11-27"), Step.SHIFT, SHANGHAI, NIGHT)
    assert found == [Period(at("2026-11-26 22:00"), at("2026-11-27 06:00"), "2026-11-26 night")]


def test_night_shift_of_the_night_the_clocks_change_is_an_hour_longer() -> None:
    (night,) = periods(at("2026-10-24", BERLIN), at("2026-10-25", BERLIN), Step.SHIFT, BERLIN, NIGHT)
    assert night.end - night.start == 9 * 3600


def test_site_without_shifts_has_no_periods_of_them() -> None:
    assert periods(at("2026-11-26"), at("2026-11-27"), Step.SHIFT, SHANGHAI) == []


@pytest.mark.parametrize("step", Step)
def test_no_time_has_no_periods(step: Step) -> None:
    midnight = at("2026-11-26")
    assert periods(midnight, midnight, step, SHANGHAI, NIGHT) == []


@given(
    st.sampled_from(ZONES),
    st.sampled_from([step for step in Step if step is not Step.SHIFT]),
    st.integers(1_600_000_000, 1_900_000_000),
    st.integers(0, 40 * 86400),
)
def test_periods_follow_one_another_without_gaps_and_cover_what_was_asked_for(
    zone: str, step: Step, since: int, length: int
) -> None:
    if step in list(Step)[:3]:
        length %= 3 * 86400
    found = periods(since, since + length, step, ZoneInfo(zone))
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(period.start < period.end for period in found)
    assert all(moment % INTERVAL_S == 0 for period in found for moment in period[:2])
    assert len(set(labels(found))) == len(found)
    if found:
        assert since - INTERVAL_S < found[0].start <= since
        assert since + length <= found[-1].end < since + length + INTERVAL_S


@given(st.integers(1_600_000_000, 1_900_000_000), st.integers(0, 95), st.integers(1, 96), st.sampled_from(ZONES))
def test_each_shift_of_some_days_is_told_once(since: int, opens: int, lasts: int, zone: str) -> None:
    shifts = {"s": Span(opens * 15, (opens + lasts) * 15)}
    whole = periods(since, since + 4 * 86400, Step.SHIFT, ZoneInfo(zone), shifts)
    middle = (since + 2 * 86400) // INTERVAL_S * INTERVAL_S
    parts = [
        periods(*ends, Step.SHIFT, ZoneInfo(zone), shifts) for ends in ((since, middle), (middle, since + 4 * 86400))
    ]
    assert [*parts[0], *parts[1]] == whole
