"""Opening hours: exact to the minute, across midnight, zones and special days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.hours import WEEKDAYS, Hours, Span, is_open, next_change, parse_span

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORKDAYS = {day: (Span(8 * 60 + 30, 17 * 60),) for day in WEEKDAYS[:5]}
OFFICE = Hours(time_zone="Asia/Shanghai", weekly=WORKDAYS)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-09-14 08:29:59.999", False),
        ("2026-09-14 08:30:00", True),
        ("2026-09-14 16:59:59.999", True),
        ("2026-09-14 17:00:00", False),
    ],
)
def test_minute_of_opening_is_open_and_minute_of_closing_is_closed(moment: str, expected: bool) -> None:
    assert is_open(OFFICE, at(moment)) is expected


def test_day_without_hours_is_closed() -> None:
    assert not is_open(OFFICE, at("2026-09-19 12:00"))  # a Saturday


def test_the_clock_on_the_wall_in_the_calendars_zone_counts() -> None:
    assert is_open(OFFICE, datetime(2026, 9, 14, 0, 30, tzinfo=UTC))  # 08:30 in Shanghai
    assert not is_open(OFFICE, datetime(2026, 9, 14, 9, 0, tzinfo=UTC))  # 17:00 in Shanghai


def test_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        is_open(OFFICE, datetime(2026, 9, 14, 9))


def test_lunch_break_is_closed() -> None:
    spans = (Span(510, 720), Span(810, 1050))
    hours = Hours(time_zone="Asia/Shanghai", weekly={"mon": spans})
    opened = [is_open(hours, at(f"2026-09-14 {time}")) for time in ("11:59", "12:00", "13:29", "13:30", "17:30")]
    assert opened == [True, False, False, True, False]


def test_holiday_is_closed_and_a_make_up_saturday_is_open() -> None:
    special = {date(2026, 10, 1): (), date(2026, 10, 10): (Span(540, 720),)}
    hours = Hours(time_zone="Asia/Shanghai", weekly=WORKDAYS, special=special)
    assert not is_open(hours, at("2026-10-01 10:00"))
    assert is_open(hours, at("2026-10-10 09:00"))
    assert not is_open(hours, at("2026-10-10 12:00"))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-09-18 21:59", False),
        ("2026-09-18 22:00", True),
        ("2026-09-19 00:00", True),
        ("2026-09-19 05:59:59", True),
        ("2026-09-19 06:00", False),
        ("2026-09-19 22:00", False),
    ],
)
def test_friday_night_goes_on_until_saturday_six(moment: str, expected: bool) -> None:
    hours = Hours(time_zone="Asia/Shanghai", weekly={"fri": (parse_span("22:00-06:00"),)})
    assert is_open(hours, at(moment)) is expected


def test_night_that_began_before_a_closed_day_is_finished() -> None:
    hours = Hours(
        time_zone="Asia/Shanghai", weekly={"fri": (parse_span("22:00-06:00"),)}, special={date(2026, 9, 19): ()}
    )
    assert is_open(hours, at("2026-09-19 03:00"))


def test_hours_follow_the_wall_clock_over_the_change_to_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = Hours(time_zone="Europe/Berlin", weekly={"sun": (parse_span("08:00-12:00"),)})
    assert is_open(hours, at("2026-03-29 08:00", berlin))
    assert not is_open(hours, at("2026-03-29 12:00", berlin))
    assert is_open(hours, datetime(2026, 3, 29, 6, 0, tzinfo=UTC))  # 08:00 summer time


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_around_the_clock_is_never_closed(moment: datetime) -> None:
    whole_day = (parse_span("00:00-24:00"),)
    hours = Hours(time_zone="Asia/Shanghai", weekly=dict.fromkeys(WEEKDAYS, whole_day))
    assert is_open(hours, moment.replace(tzinfo=UTC))


@given(st.integers(0, 1439), st.integers(1, 1440))
def test_span_is_open_for_exactly_its_minutes(opens: int, length: int) -> None:
    hours = Hours(time_zone="Asia/Shanghai", weekly={"wed": (Span(opens, opens + length),)})
    edges = [opens - 1, opens, opens + length - 1, opens + length]
    opened = [is_open(hours, at("2026-09-16 00:00") + timedelta(minutes=minute)) for minute in edges]
    assert opened == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("08:30-17:00", Span(510, 1020)),
        (" 08:30 - 17:00 ", Span(510, 1020)),
        ("22:00-06:00", Span(1320, 1800)),
        ("00:00-24:00", Span(0, 1440)),
        ("22:00-00:00", Span(1320, 1440)),
    ],
)
def test_spans_are_read_as_people_write_them(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "8:30-17:00", "08:30", "24:00-06:00", "08:60-09:00", "08:30-24:30", "closed"])
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="08:30-17:30"):
        parse_span(text)


def test_empty_span_is_refused_and_says_how_to_write_always_and_never() -> None:
    with pytest.raises(ValueError, match="around the clock is 00:00-24:00"):
        parse_span("08:00-08:00")


# --- the next change ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "change"),
    [
        ("2026-09-14 08:29:59.999", "2026-09-14 08:30"),
        ("2026-09-14 08:30:00", "2026-09-14 17:00"),
        ("2026-09-14 17:00:00", "2026-09-15 08:30"),
        ("2026-09-18 20:00:00", "2026-09-21 08:30"),  # a Friday evening
    ],
)
def test_next_change_is_the_exact_minute_of_opening_or_closing(moment: str, change: str) -> None:
    assert next_change(OFFICE, at(moment)) == at(change)


def test_special_days_are_passed_over() -> None:
    closed = {date(2026, 10, day): () for day in (1, 2, 5, 6)}
    assert next_change(Hours(time_zone="Asia/Shanghai", weekly=WORKDAYS, special=closed), at("2026-09-30 18:00")) == at(
        "2026-10-07 08:30"
    )


@pytest.mark.parametrize("weekly", [{}, {day: (Span(0, 1440),) for day in WEEKDAYS}])
def test_what_is_always_so_never_changes(weekly: dict[str, tuple[Span, ...]]) -> None:
    assert next_change(Hours(time_zone="Asia/Shanghai", weekly=weekly), at("2026-09-14 12:00")) is None


NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("moment", "zone_says"),
    [
        ("2026-03-08 00:00", "2026-03-08 03:00"),  # 02:30 does not exist: open from the moment the clock is put forward
        ("2026-11-01 00:00", "2026-11-01 02:30"),
    ],
)
def test_clock_that_is_put_forward_or_back_is_minded(moment: str, zone_says: str) -> None:
    hours = Hours(time_zone="America/New_York", weekly={"sun": (Span(150, 600),)})
    assert next_change(hours, at(moment, NEW_YORK)) == at(zone_says, NEW_YORK)


@given(
    st.dictionaries(
        st.sampled_from(WEEKDAYS),
        st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=2),
    ),
    st.sampled_from(["2026-03-07 23:17", "2026-10-31 22:03", "2026-06-01 00:00"]),
    st.integers(0, 3000),
)
@settings(max_examples=20, deadline=None)
def test_next_change_is_what_looking_at_every_minute_finds(
    week: dict[str, list[tuple[int, int]]], begins: str, later_min: int
) -> None:
    weekly = {day: tuple(Span(opens, opens + length) for opens, length in spans) for day, spans in week.items()}
    hours = Hours(time_zone="America/New_York", weekly=weekly)
    start = at(begins, NEW_YORK).astimezone(UTC) + timedelta(minutes=later_min)
    minutes = (start + timedelta(minutes=n) for n in range(1, 2 * 1440 + 1))
    seen = next((minute for minute in minutes if is_open(hours, minute) is not is_open(hours, start)), None)
    assert next_change(hours, start, days=2) == seen
