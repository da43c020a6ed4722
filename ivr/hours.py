"""Opening hours: pure, to the minute.

A span is half-open: from 08:30 to 17:30 means that 08:30:00 is open and 17:30:00 is closed. A span that goes over midnight
belongs to the day it begins on: 22:00-06:00 on Friday is open until Saturday 06:00, whatever is said of Saturday.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

__all__ = ["WEEKDAYS", "Hours", "Span", "is_open", "next_change", "parse_span"]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN: Final = 24 * 60

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))")


class Span(msgspec.Struct, frozen=True):
    """Open from minute `opens` of the day (0-1439) up to, not including, minute `closes`; over 1440: the next day."""

    opens: int
    closes: int


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar of hours.yaml. `weekly` is by weekday (WEEKDAYS; none: closed); `special` replaces whole days."""

    time_zone: str
    weekly: Mapping[str, tuple[Span, ...]]
    special: Mapping[date, tuple[Span, ...]] = {}


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
    special = hours.special.get(day)
    return hours.weekly.get(WEEKDAYS[day.weekday()], ()) if special is None else special
