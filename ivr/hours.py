"""Opening hours: pure, to the minute.

A span is half-open: from 08:30 to 17:30 means that 08:30:00 is open and 17:30:00 is closed. A span that goes over midnight
belongs to the day it begins on: 22:00-06:00 on Friday is open until Saturday 06:00, whatever is said of Saturday.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ivr.holidays import DayKind, HolidayTable

__all__ = [
    "WEEKDAYS",
    "Hours",
    "Line",
    "Span",
    "days_known",
    "is_open",
    "known_until",
    "line_in_force",
    "line_of",
    "next_change",
    "parse_span",
]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN: Final = 24 * 60

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))")


class Span(msgspec.Struct, frozen=True):
    """Open from minute `opens` of the day (0-1439) up to, not including, minute `closes`; over 1440: the next day."""

    opens: int
    closes: int


class Line(StrEnum):
    """Which line of a calendar says when a day is open, each before the next: a special day, a holiday, a make-up workday, the
    day of the week."""

    SPECIAL = "special"
    HOLIDAY = "holiday"
    WORKDAY = "workday"
    WEEKLY = "weekly"


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar of hours.yaml. `weekly` is by weekday (WEEKDAYS; none: closed); `special` replaces whole days. A holiday of
    the table has the hours `holiday`, a make-up workday those of the weekday `workday`."""

    time_zone: str
    weekly: Mapping[str, tuple[Span, ...]]
    special: Mapping[date, tuple[Span, ...]] = {}
    holidays: HolidayTable | None = None
    holiday: tuple[Span, ...] = ()
    workday: str = "mon"


def parse_span(text: str) -> Span:
    """'08:30-17:30', '00:00-24:00', or over midnight '22:00-06:00'. ValueError otherwise."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError("expected hours such as 08:30-17:30 or 22:00-06:00, each time with two digits")
    hour, minute, *until = (int(part) for part in match.groups() if part is not None)
    opens, closes = hour * 60 + minute, until[0] * 60 + until[1]
    if closes == opens:
        raise ValueError("the span is empty; around the clock is 00:00-24:00, closed is []")
    return Span(opens, closes if closes > opens else closes + DAY_MIN)


def is_open(hours: Hours, now: datetime) -> bool:
    """Whether `now` (with a time zone) lies in one of the spans, by the clock on the wall in the calendar's zone."""
    if now.tzinfo is None:
        raise ValueError("opening hours need a time with its time zone")
    local = now.astimezone(ZoneInfo(hours.time_zone))
    today, minute = local.date(), local.hour * 60 + local.minute
    return _covers(hours, today, minute) or _covers(hours, today - timedelta(days=1), minute + DAY_MIN)


def next_change(hours: Hours, now: datetime, days: int = 8) -> datetime | None:
    """The first moment after `now` at which it opens or closes, to the minute; None: not within so many days."""
    zone = ZoneInfo(hours.time_zone)
    open_now = is_open(hours, now)
    first = now.astimezone(zone).date() - timedelta(days=1)
    moments = {at for n in range(days + 2) for at in _moments(hours, first + timedelta(days=n), zone)}
    until = now + timedelta(days=days)
    later = sorted(at for at in moments if now < at <= until)
    return next((at for at in later if is_open(hours, at) is not open_now), None)


def line_of(hours: Hours, day: date) -> Line:
    """The line that says when this day is open."""
    if day in hours.special:
        return Line.SPECIAL
    found = hours.holidays.days.get(day) if hours.holidays else None
    match found.kind if found else None:
        case DayKind.HOLIDAY:
            return Line.HOLIDAY
        case DayKind.WORKDAY:
            return Line.WORKDAY
        case _:
            return Line.WEEKLY


def line_in_force(hours: Hours, now: datetime) -> tuple[Line, date]:
    """The line that opens or closes it at `now`, and the day it belongs to: yesterday's while its night goes on."""
    local = now.astimezone(ZoneInfo(hours.time_zone))
    today, minute = local.date(), local.hour * 60 + local.minute
    yesterday = today - timedelta(days=1)
    by_night = _covers(hours, yesterday, minute + DAY_MIN) and not _covers(hours, today, minute)
    day = yesterday if by_night else today
    return line_of(hours, day), day


def known_until(hours: Hours) -> date | None:
    """The last day up to which holidays and make-up workdays are known: by its table, else by its last special day."""
    return hours.holidays.known_until if hours.holidays else max(hours.special, default=None)


def days_known(hours: Hours, now: datetime) -> int | None:
    """For how many days after today they are known, less than 0 when that is over; None: it is always open or always closed,
    and needs none. With nothing known at all it is 0."""
    if _is_always_the_same(hours):
        return None
    until = known_until(hours)
    return 0 if until is None else (until - now.astimezone(ZoneInfo(hours.time_zone)).date()).days


def _is_always_the_same(hours: Hours) -> bool:
    spans = [hours.weekly.get(day, ()) for day in WEEKDAYS]
    always_open = all(any(span.opens == 0 and span.closes >= DAY_MIN for span in of_day) for of_day in spans)
    return not hours.special and (always_open or not any(spans))


def _moments(hours: Hours, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Every moment of this day, and of the night after it, at which anything can change: the ends of its spans, twice where the
    clock is put back, and the minute at which the clock is put forward or back."""
    midnight = datetime.combine(day, time())
    for span in _spans(hours, day):
        for minute in (span.opens, span.closes):
            wall = midnight + timedelta(minutes=minute)
            yield from (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    begins, ends = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in (midnight, midnight + timedelta(days=1)))
    offset = begins.astimezone(zone).utcoffset()
    if offset != ends.astimezone(zone).utcoffset():
        low, high = 0, int((ends - begins).total_seconds()) // 60
        while high - low > 1:
            middle = (low + high) // 2
            moved = (begins + timedelta(minutes=middle)).astimezone(zone).utcoffset() != offset
            low, high = (low, middle) if moved else (middle, high)
        yield begins + timedelta(minutes=high)


def _covers(hours: Hours, day: date, minute: int) -> bool:
    return any(span.opens <= minute < span.closes for span in _spans(hours, day))


def _spans(hours: Hours, day: date) -> tuple[Span, ...]:
    match line_of(hours, day):
        case Line.SPECIAL:
            return hours.special[day]
        case Line.HOLIDAY:
            return hours.holiday
        case Line.WORKDAY:
            return hours.weekly.get(hours.workday, ())
        case Line.WEEKLY:
            return hours.weekly.get(WEEKDAYS[day.weekday()], ())
