"""Which days are compared, and that the clock shows the same time on each."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.why.days import comparable, cut, whole_quarters
from ivr.holidays import DayKind, HolidayTable, TableDay
from ivr.hours import Hours

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NAMES = {"zh": "国庆节", "en": "National Day"}
TABLE = HolidayTable(
    name="china",
    days={
        date(2026, 10, 1): TableDay(kind=DayKind.HOLIDAY, names=NAMES),
        date(2026, 10, 10): TableDay(kind=DayKind.WORKDAY, names=NAMES),
    },
    known_until=date(2026, 12, 31),
)
CALENDAR = Hours(time_zone="Asia/Shanghai", weekly={}, special={date(2026, 10, 15): ()}, holidays=TABLE)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def days(since: str, calendars: tuple[Hours, ...] = (CALENDAR,)) -> list[str]:
    spans = comparable(at(since), at(since) + 3600.0, SHANGHAI, calendars)
    return [f"{datetime.fromtimestamp(start, SHANGHAI):%m-%d %H:%M}" for start, _ in spans]


def test_the_same_weekday_of_the_four_weeks_before_is_compared() -> None:
    assert days("2026-09-24 10:00") == ["09-17 10:00", "09-10 10:00", "09-03 10:00", "08-27 10:00"]


def test_holidays_and_special_days_are_not_compared_with_plain_ones() -> None:
    assert days("2026-10-22 10:00") == ["10-08 10:00", "09-24 10:00"]
    assert days("2026-10-01 10:00") == []
    assert days("2026-10-10 10:00") == []
    assert len(days("2026-10-22 10:00", ())) == 4


def test_stretches_of_weeks_are_compared_with_such_as_do_not_overlap() -> None:
    since, until = at("2026-10-01 00:00"), at("2026-11-01 00:00")  # 31 days, a holiday the first of them
    spans = comparable(since, until, SHANGHAI, (CALENDAR,))
    assert [f"{datetime.fromtimestamp(start, SHANGHAI):%m-%d}" for start, _ in spans] == [
        "08-27",
        "07-23",
        "06-18",
        "05-14",
    ]
    assert all(end <= later for (_, end), later in zip(spans, [since, *(start for start, _ in spans)], strict=False))
    [week, *_] = comparable(at("2026-09-21 00:00"), at("2026-09-28 00:00"), SHANGHAI, ())
    assert week == (at("2026-09-14 00:00"), at("2026-09-21 00:00"))


def test_clock_shows_the_same_time_also_when_it_was_changed_in_between() -> None:
    """Summer time ended on 25 October 2026."""
    [latest, *_] = comparable(at("2026-10-27 09:00", BERLIN), at("2026-10-27 12:00", BERLIN), BERLIN, ())
    assert latest == (at("2026-10-20 09:00", BERLIN), at("2026-10-20 12:00", BERLIN))
    assert at("2026-10-27 09:00", BERLIN) - latest[0] == 7 * 86400 + 3600


def test_the_quarter_of_an_hour_under_way_is_left_out() -> None:
    since, until = whole_quarters(at("2026-09-24 00:00"), at("2026-09-24 10:14:59"))
    assert (since, until) == (at("2026-09-24 00:00"), at("2026-09-24 10:00"))


@pytest.mark.parametrize(("hours", "parts"), [(1, 4), (2, 8), (3, 3), (24, 24), (7 * 24, 7)])
def test_short_stretches_are_cut_into_quarters_longer_ones_into_hours_and_weeks_into_days(
    hours: int, parts: int
) -> None:
    since = at("2026-09-24 00:00")
    spans = cut((since, since + hours * 3600.0), SHANGHAI)
    assert len(spans) == parts
    assert [start for start, _ in spans[1:]] == [end for _, end in spans[:-1]]
    assert (spans[0][0], spans[-1][1]) == (since, since + hours * 3600.0)


def test_day_of_25_hours_has_25_of_them() -> None:
    since = at("2026-10-25 00:00", BERLIN)
    assert len(cut((since, since + 25 * 3600.0), BERLIN)) == 25
    assert datetime.fromtimestamp(since + 25 * 3600.0, UTC).astimezone(BERLIN).date() == date(2026, 10, 26)
