"""Stretches of time that figures are shown for: quarters of an hour up to months, by the clock on the site's wall. Pure.

Days, weeks (from Monday, ISO 8601) and months begin at the site's midnight, so that the day the clocks change has 23 or 25
hours; hours and their parts begin where the clock on the wall says so. The first and the last period are cut at what was
asked for: rows always add up to the whole. Shifts are not cut: one belongs, whole, to the day it begins on, also when it
ends the next morning; where shifts overlap or leave gaps their sums do, too.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

from ivr.hours import Span
from metrics.intervals import INTERVAL_S

__all__ = ["Period", "Step", "midnight", "periods", "stretch", "written_moment"]


class Step(StrEnum):
    """How long the periods are."""

    QUARTER = "quarter"
    HALF_HOUR = "half_hour"
    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Period(NamedTuple):
    """From `start` to before `end`, seconds since the epoch and whole intervals."""

    start: float
    end: float
    label: str


_MINUTES: Final = {Step.QUARTER: 15, Step.HALF_HOUR: 30, Step.HOUR: 60}


def periods(
    since: float, until: float, step: Step, zone: tzinfo, shifts: Mapping[str, Span] | None = None
) -> list[Period]:
    """The periods from `since` (rounded down to an interval) to `until` (rounded up to one), in order. `shifts`: by name, in
    minutes of the day, as the site works; without any there are no periods of shifts. Of no time there are none."""
    since, until = since // INTERVAL_S * INTERVAL_S, -(-until // INTERVAL_S) * INTERVAL_S
    if until <= since:
        return []
    match step:
        case Step.QUARTER | Step.HALF_HOUR | Step.HOUR:
            return list(_parts_of_hours(since, until, _MINUTES[step], zone))
        case Step.SHIFT:
            return sorted(_shifts(since, until, zone, shifts or {}))
        case _:
            return list(_of_days(since, until, step, zone))


def midnight(day: date, zone: tzinfo) -> float:
    """When the day begins there."""
    return _at(day, 0, zone)


def written_moment(text: str, zone: tzinfo) -> float:
    """A time as people write it (ISO 8601), by the site's clock if it names no other; of a day alone its midnight. Raises
    ValueError or OverflowError."""
    # A plus sign that was not encoded arrives as a space; the one between date and time may be one.
    at = datetime.fromisoformat(text[:11] + text[11:].replace(" ", "+"))
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()


def stretch(first: str, last: str, zone: tzinfo) -> tuple[float, float]:
    """From which moment to before which, as people write it: a `last` without a time of day is the last day that counts.
    Raises ValueError that says which of the two cannot be read."""
    return _moment(first, "from", zone, days=0), _moment(last, "to", zone, days=1)


def _moment(text: str, name: str, zone: tzinfo, *, days: int) -> float:
    try:
        if len(text) == len("2026-11-01"):
            return midnight(date.fromisoformat(text) + timedelta(days=days), zone)
        return written_moment(text, zone)
    except (ValueError, OverflowError):
        raise ValueError(f"{name}: expected a date such as 2026-11-01, or a time, got {text[:40]!r}") from None


def _at(day: date, minute: int, zone: tzinfo) -> float:
    """When the clock shows this minute of the day; from 1440 on, of the next. Of a time shown twice, the first; a time the
    clock jumps over is the jump."""
    return (datetime.combine(day, time()) + timedelta(minutes=minute)).replace(tzinfo=zone).timestamp()


def _day_of(at: float, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at, zone).date()


def _parts_of_hours(since: float, until: float, minutes: int, zone: tzinfo) -> Iterator[Period]:
    """Intervals that begin in the same part of the same hour make one period; an hour the clock shows twice makes two."""

    def shown(number: int) -> datetime:
        local = datetime.fromtimestamp(number * INTERVAL_S, zone)
        offset = timezone(local.utcoffset() or timedelta())
        return local.replace(minute=local.minute // minutes * minutes, tzinfo=offset, fold=0)

    for wall, numbers in groupby(range(int(since // INTERVAL_S), int(until // INTERVAL_S)), shown):
        first, *rest = numbers
        end = ([first, *rest][-1] + 1) * float(INTERVAL_S)
        twice = any(_shown_twice(wall + timedelta(minutes=n), zone) for n in (0, minutes - 1))
        yield Period(first * float(INTERVAL_S), end, f"{wall:%Y-%m-%d %H:%M %z}" if twice else f"{wall:%Y-%m-%d %H:%M}")


def _shown_twice(wall: datetime, zone: tzinfo) -> bool:
    """Whether the clock is put back over this time."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    return first < second


def _shifts(since: float, until: float, zone: tzinfo, shifts: Mapping[str, Span]) -> Iterator[Period]:
    day, last = _day_of(since, zone), _day_of(until, zone)
    while day <= last:
        for name, span in shifts.items():
            start, end = _at(day, span.opens, zone), _at(day, span.closes, zone)
            if since <= start < until and start < end:
                yield Period(start, end, f"{day} {name}")
        day += timedelta(days=1)


def _of_days(since: float, until: float, step: Step, zone: tzinfo) -> Iterator[Period]:
    first, label = _first(_day_of(since, zone), step)
    while (start := midnight(first, zone)) < until:
        after, next_label = _first(_after(first, step), step)
        yield Period(max(start, since), min(midnight(after, zone), until), label)
        first, label = after, next_label


def _first(day: date, step: Step) -> tuple[date, str]:
    """The first day of the period the day lies in, and the period's label."""
    if step is Step.WEEK:
        year, week, _ = day.isocalendar()
        return day - timedelta(days=day.weekday()), f"{year}-W{week:02d}"
    if step is Step.MONTH:
        return day.replace(day=1), f"{day:%Y-%m}"
    return day, f"{day}"


def _after(first: date, step: Step) -> date:
    """A day of the period after the one that begins with `first`."""
    days = {Step.DAY: 1, Step.WEEK: 7}.get(step, 31)
    return first + timedelta(days=days)
