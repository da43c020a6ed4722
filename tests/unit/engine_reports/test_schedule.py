"""When reports are due."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from engine.reports.schedule import due, span
from tests.unit.engine_reports.reports import ZONE


def at(text: str, zone: ZoneInfo = ZONE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_a_days_report_is_due_on_the_next_morning_and_not_before() -> None:
    assert due("daily", "06:30", at("2026-11-26T06:29:59"), ZONE)[-1].last == date(2026, 11, 24)
    assert due("daily", "06:30", at("2026-11-26T06:30:00"), ZONE)[-1].last == date(2026, 11, 25)


def test_what_was_missed_is_made_up_for_a_week_oldest_first() -> None:
    days = [one.first for one in due("daily", "06:30", at("2026-11-26T09:00"), ZONE)]
    assert days == [date(2026, 11, day) for day in range(18, 26)]


def test_a_weeks_report_is_due_on_monday_and_goes_to_sunday() -> None:
    last = due("weekly", "07:00", at("2026-11-25T12:00"), ZONE)[-1]
    assert (last.first, last.last) == (date(2026, 11, 16), date(2026, 11, 22))
    assert last.at == at("2026-11-23T07:00")


def test_a_months_report_is_due_on_the_first() -> None:
    last = due("monthly", "06:30", at("2026-03-01T06:30"), ZONE)[-1]
    assert (last.first, last.last) == (date(2026, 2, 1), date(2026, 2, 28))
    before = due("monthly", "06:30", at("2026-03-01T06:29"), ZONE)[-1]
    assert (before.first, before.last) == (date(2026, 1, 1), date(2026, 1, 31))


def test_a_day_on_which_the_clock_changes_has_its_own_length() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    last = due("daily", "06:30", at("2026-10-26T08:00", berlin), berlin)[-1]
    since, until = span(last, berlin)
    assert until - since == 25 * 3600
