"""When reports are due, and what each is about. Pure.

A report of a day is due on the next at its time, one of a week on the Monday after, one of a month on the 1st after. What was
missed while the engine was away is made up for, but not for ever: a day's report for a week, the others for a month.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from metrics.periods import midnight

__all__ = ["Due", "due"]

When = Literal["daily", "weekly", "monthly"]

MADE_UP: Final[dict[When, int]] = {"daily": 7, "weekly": 31, "monthly": 31}
"""For how many days."""


class Due(msgspec.Struct, frozen=True):
    """A report that should be there: of `first` to `last`, since `at`."""

    first: date
    last: date
    at: float


def due(when: When, clock: str, now: float, zone: ZoneInfo) -> list[Due]:
    """Every report of this kind that was to be made within the time it is made up for, oldest first."""
    today = datetime.fromtimestamp(now, zone).date()
    days = (today - timedelta(days=n) for n in range(MADE_UP[when], -1, -1))
    return [one for day in days for one in _on(day, when, clock, zone) if one.at <= now]


def _on(day: date, when: When, clock: str, zone: ZoneInfo) -> Iterator[Due]:
    """The report that is due on this day, if there is one."""
    hours, minutes = clock.split(":")
    at = datetime(day.year, day.month, day.day, int(hours), int(minutes), tzinfo=zone).timestamp()
    yesterday = day - timedelta(days=1)
    match when:
        case "daily":
            yield Due(yesterday, yesterday, at)
        case "weekly" if day.weekday() == 0:
            yield Due(day - timedelta(days=7), yesterday, at)
        case "monthly" if day.day == 1:
            yield Due(yesterday.replace(day=1), yesterday, at)
        case _:
            pass


def span(one: Due, zone: ZoneInfo) -> tuple[float, float]:
    """From midnight to midnight, seconds since the epoch."""
    return midnight(one.first, zone), midnight(one.last + timedelta(days=1), zone)
