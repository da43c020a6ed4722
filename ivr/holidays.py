"""Tables of holidays and of the days worked in their place: pure data that calendars go by."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

__all__ = ["DayKind", "HolidayTable", "TableDay"]


class DayKind(StrEnum):
    """HOLIDAY: nobody works, also on a weekday in between. WORKDAY: a day of the weekend that is worked for one."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


class TableDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day that is not what its weekday says, with its name by language."""

    kind: DayKind
    names: Mapping[str, str]


class HolidayTable(msgspec.Struct, frozen=True, kw_only=True):
    """Days by date. Up to `known_until` a day that is not here is an ordinary one; after it nobody knows (None: of no day)."""

    name: str
    days: Mapping[date, TableDay]
    known_until: date | None
