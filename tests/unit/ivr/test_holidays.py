"""Holidays and make-up workdays by a table: which line of a calendar counts, to the minute, and how far ahead it is known."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.holidays import DayKind, HolidayTable, TableDay
from ivr.hours import WEEKDAYS, Hours, Line, Span, days_known, is_open, known_until, line_in_force, next_change

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE_TO_FIVE = (Span(540, 1020),)
WORKING_WEEK = {day: NINE_TO_FIVE for day in WEEKDAYS[:5]}


def day(kind: DayKind) -> TableDay:
    return TableDay(kind=kind, names={"zh": "国庆节", "en": "National Day"})


TABLE = HolidayTable(
    name="china",
    days={
        date(2026, 10, 1): day(DayKind.HOLIDAY),
        date(2026, 10, 2): day(DayKind.HOLIDAY),
        date(2026, 10, 10): day(DayKind.WORKDAY),  # a Saturday
    },
    known_until=date(2026, 12, 31),
)
OFFICE = Hours(time_zone="Asia/Shanghai", weekly=WORKING_WEEK, holidays=TABLE)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "opened", "line"),
    [
        ("2026-09-30 09:00:00", True, Line.WEEKLY),
        ("2026-10-01 09:00:00", False, Line.HOLIDAY),
        ("2026-10-10 08:59:59.999999", False, Line.WORKDAY),
        ("2026-10-10 09:00:00", True, Line.WORKDAY),
        ("2026-10-10 16:59:59.999999", True, Line.WORKDAY),
        ("2026-10-10 17:00:00", False, Line.WORKDAY),
        ("2026-10-17 12:00:00", False, Line.WEEKLY),
    ],
)
def test_holiday_is_closed_and_make_up_workday_is_a_monday(moment: str, opened: bool, line: Line) -> None:
    assert (is_open(OFFICE, at(moment)), line_in_force(OFFICE, at(moment))[0]) == (opened, line)


def test_holidays_may_have_hours_and_workdays_be_like_another_weekday() -> None:
    hours = Hours(
        time_zone="Asia/Shanghai",
        weekly={"fri": (Span(600, 660),)},
        holidays=TABLE,
        holiday=(Span(720, 780),),
        workday="fri",
    )
    assert is_open(hours, at("2026-10-01 12:00"))
    assert is_open(hours, at("2026-10-10 10:00"))
    assert not is_open(hours, at("2026-10-02 10:00"))  # a Friday


def test_special_day_goes_before_the_table() -> None:
    hours = Hours(
        time_zone="Asia/Shanghai", weekly=WORKING_WEEK, holidays=TABLE, special={date(2026, 10, 1): (Span(0, 60),)}
    )
    assert is_open(hours, at("2026-10-01 00:59"))
    assert line_in_force(hours, at("2026-10-01 00:59")) == (Line.SPECIAL, date(2026, 10, 1))


def test_night_before_a_holiday_goes_on_into_it() -> None:
    nights = Hours(time_zone="Asia/Shanghai", weekly={day: (Span(1320, 1800),) for day in WEEKDAYS}, holidays=TABLE)
    assert line_in_force(nights, at("2026-10-01 05:59")) == (Line.WEEKLY, date(2026, 9, 30))
    assert is_open(nights, at("2026-10-01 05:59"))
    assert line_in_force(nights, at("2026-10-01 06:00")) == (Line.HOLIDAY, date(2026, 10, 1))
    assert next_change(nights, at("2026-10-01 05:59")) == at("2026-10-01 06:00")


def test_next_change_leaps_over_the_holidays_to_the_minute() -> None:
    assert next_change(OFFICE, at("2026-09-30 17:00")) == at("2026-10-05 09:00")
    assert next_change(OFFICE, at("2026-10-09 17:00")) == at("2026-10-10 09:00")


@pytest.mark.parametrize(
    ("hours", "known"),
    [
        (OFFICE, 60),
        (Hours(time_zone="Asia/Shanghai", weekly=WORKING_WEEK), 0),
        (Hours(time_zone="Asia/Shanghai", weekly=WORKING_WEEK, special={date(2026, 10, 1): ()}), -31),
        (Hours(time_zone="Asia/Shanghai", weekly={}), None),
        (Hours(time_zone="Asia/Shanghai", weekly=dict.fromkeys(WEEKDAYS, (Span(0, 1440),))), None),
    ],
)
def test_days_that_are_known_ahead(hours: Hours, known: int | None) -> None:
    assert days_known(hours, at("2026-11-01 12:00")) == known


def test_days_are_those_of_the_calendars_own_clock() -> None:
    late = at("2026-10-31 23:30", ZoneInfo("UTC"))  # the first of November in Shanghai
    assert days_known(OFFICE, late) == 60


def test_what_is_known_is_what_the_table_says_and_not_the_last_special_day() -> None:
    later = Hours(time_zone="UTC", weekly=WORKING_WEEK, holidays=TABLE, special={date(2029, 1, 1): ()})
    assert known_until(later) == date(2026, 12, 31)


# --- clocks that are put forward and back -----------------------------------------------------------------------------

TURNS = [
    ("Europe/Berlin", "2026-03-29 00:00"),
    ("Europe/Berlin", "2026-10-25 00:00"),
    ("Australia/Lord_Howe", "2026-04-05 00:00"),  # half an hour
    ("America/Sao_Paulo", "2018-11-04 00:00"),  # midnight itself is left out
    ("Asia/Shanghai", "2026-10-01 00:00"),
]


@given(
    turn=st.sampled_from(TURNS),
    spans=st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=2),
    holiday=st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=1),
    earlier_min=st.integers(0, 1500),
)
@settings(max_examples=40, deadline=None)
def test_next_change_is_what_looking_at_every_minute_finds(
    turn: tuple[str, str], spans: list[tuple[int, int]], holiday: list[tuple[int, int]], earlier_min: int
) -> None:
    zone, begins = turn
    start = at(begins, ZoneInfo(zone)).astimezone(UTC) - timedelta(minutes=earlier_min)
    table = HolidayTable(name="t", days={at(begins).date(): day(DayKind.HOLIDAY)}, known_until=None)
    hours = Hours(
        time_zone=zone,
        weekly={name: tuple(Span(opens, opens + length) for opens, length in spans) for name in WEEKDAYS},
        holidays=table,
        holiday=tuple(Span(opens, opens + length) for opens, length in holiday),
    )
    minutes = (start + timedelta(minutes=n) for n in range(1, 2 * 1440 + 1))
    seen = next((minute for minute in minutes if is_open(hours, minute) is not is_open(hours, start)), None)
    assert next_change(hours, start, days=2) == seen
