"""What the library chinesecalendar knows of China's holidays, as days of a table. Only `holidays seed` asks it."""

from collections.abc import Mapping
from datetime import date, timedelta
from importlib.metadata import version
from typing import Final

import chinese_calendar
import msgspec

from ivr.holidays import DayKind

__all__ = ["LIBRARY", "LibraryDay", "YearNotKnown", "days_of"]

LIBRARY: Final = "chinesecalendar"


class YearNotKnown(Exception):
    """The library has no data for this year; its next release may have."""

    def __init__(self, year: int) -> None:
        super().__init__(f"{LIBRARY} {version(LIBRARY)} has no data for {year}")
        self.year = year


class LibraryDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the table as the library has it."""

    kind: DayKind
    zh: str
    en: str
    source: str


def days_of(year: int) -> Mapping[date, LibraryDay]:
    """Every holiday and make-up workday of a year, in order. Weekends that are no more than that are not among them. Raises
    YearNotKnown."""
    source = f"{LIBRARY} {version(LIBRARY)}"
    found = {}
    day = date(year, 1, 1)
    while day.year == year:
        try:
            off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            raise YearNotKnown(year) from None
        if name is not None:
            holiday = chinese_calendar.Holiday(name)
            kind = DayKind.HOLIDAY if off else DayKind.WORKDAY
            found[day] = LibraryDay(kind=kind, zh=holiday.chinese, en=str(holiday.value), source=source)
        day += timedelta(days=1)
    return found
