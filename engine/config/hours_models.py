"""What may stand in hours.yaml and holidays.yaml, and how it becomes what calendars are."""

from datetime import date

from pydantic import Field, model_validator

from engine.config.fields import Identifier, Spans, Text, TimeZone, Weekday
from engine.config.models import Model, Names
from ivr.holidays import DayKind, HolidayTable, TableDay
from ivr.hours import Hours

__all__ = ["CalendarModel", "HolidaysFile", "HoursFile", "calendars_of", "tables_of"]


class CalendarModel(Model):
    time_zone: TimeZone = "Asia/Shanghai"
    weekly: dict[Weekday, Spans]
    holidays: Identifier | None = None
    """A table of holidays.yaml."""
    holiday: Spans = ()
    workday: Weekday = "mon"
    """A make-up workday is open as this day of the week."""
    special: dict[date, Spans] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_a_table(self) -> "CalendarModel":
        if self.holidays is None and self.model_fields_set & {"holiday", "workday"}:
            raise ValueError("holiday and workday say how the days of a table are worked: name it under holidays")
        return self


class HoursFile(Model):
    """hours.yaml"""

    calendars: dict[Identifier, CalendarModel] = Field(default_factory=dict)


class TableDayModel(Names):
    kind: DayKind
    source: Text = ""
    """Where it is known from; those of the library are renewed by `./hotline holidays seed`."""


class TableModel(Model):
    known_until: date | None = None
    """Up to this day all holidays are here; left out: up to the last of them."""
    days: dict[date, TableDayModel] = Field(default_factory=dict)


class HolidaysFile(Model):
    """holidays.yaml; a site need not have it."""

    tables: dict[Identifier, TableModel] = Field(default_factory=dict)


def tables_of(file: HolidaysFile) -> dict[str, HolidayTable]:
    """The tables that holidays.yaml holds."""
    return {
        name: HolidayTable(
            name=name,
            days={day: TableDay(kind=one.kind, names=_names(one)) for day, one in table.days.items()},
            known_until=table.known_until or max(table.days, default=None),
        )
        for name, table in file.tables.items()
    }


def _names(one: TableDayModel) -> dict[str, str]:
    return {"zh": one.zh, "en": one.en or one.zh}


def calendars_of(file: HoursFile, tables: dict[str, HolidayTable]) -> dict[str, Hours]:
    """The calendars that hours.yaml describes, each with its table."""
    return {
        name: Hours(
            time_zone=calendar.time_zone,
            weekly=dict(calendar.weekly),
            special=dict(calendar.special),
            holidays=tables[calendar.holidays] if calendar.holidays else None,
            holiday=calendar.holiday,
            workday=calendar.workday,
        )
        for name, calendar in file.calendars.items()
    }
