"""With which days, and with which hours of them, a stretch of time is compared. Pure."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from ivr.hours import Hours, line_of
from metrics.intervals import INTERVAL_S
from metrics.periods import Step, periods

__all__ = ["WEEKS", "comparable", "cut", "whole_quarters"]

WEEKS: Final = 4
SHORT_S: Final = 2 * 3600.0
"""A stretch no longer than this is cut into quarters of an hour, a longer one into hours,"""
LONG_S: Final = 2 * 86400.0
"""and one longer than this into days."""
LONGEST_DAY_S: Final = 25 * 3600.0
WEEK_S: Final = 7 * 86400.0

Span = tuple[float, float]


def whole_quarters(since: float, until: float) -> Span:
    """The whole quarters of an hour from `since` (rounded down) to `until` (rounded down as well: the quarter under way is
    left out, as on other days it is over)."""
    return since // INTERVAL_S * INTERVAL_S, until // INTERVAL_S * INTERVAL_S


def comparable(since: float, until: float, zone: tzinfo, calendars: Iterable[Hours]) -> list[Span]:
    """The same time by the clock on the same day of the week, up to four weeks back, the latest first. Days that a calendar
    opens by another line are left out: a holiday is not compared with a plain Thursday, nor a Thursday with a holiday. A
    stretch of several days is compared with four before it that do not overlap, whatever days are in them."""
    day, known = datetime.fromtimestamp(since, zone).date(), list(calendars)
    each, alone = max(math.ceil((until - since) / WEEK_S), 1), until - since <= LONGEST_DAY_S
    spans = []
    for weeks in range(each, WEEKS * each + 1, each):
        before = day - timedelta(weeks=weeks)
        if not alone or all(line_of(hours, before) is line_of(hours, day) for hours in known):
            spans.append((_earlier(since, weeks, zone), _earlier(until, weeks, zone)))
    return [span for span in spans if span[0] < span[1]]


def _earlier(at: float, weeks: int, zone: tzinfo) -> float:
    """The clock shows the same time then."""
    return (datetime.fromtimestamp(at, zone) - timedelta(weeks=weeks)).timestamp()


def cut(span: Span, zone: ZoneInfo) -> list[Span]:
    """The stretch in intervals, none left out."""
    lasts_s = span[1] - span[0]
    step = Step.QUARTER if lasts_s <= SHORT_S else Step.HOUR if lasts_s <= LONG_S else Step.DAY
    return [(period.start, period.end) for period in periods(*span, step, zone)]
