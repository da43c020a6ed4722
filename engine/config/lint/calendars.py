"""Calendars nobody goes by, tables no calendar goes by, and calendars that know no holidays soon."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from engine.config.check import Examined
from engine.config.source import Problem
from engine.words import say
from ivr import shape
from ivr.hours import Hours, days_known, known_until

__all__ = ["AHEAD_DAYS", "calendar_doubts"]

AHEAD_DAYS = 60
"""Holidays and make-up workdays must be known so far ahead: they are announced for a whole year, in the November before."""


def calendar_doubts(examined: Examined, today: date) -> Iterator[Problem]:
    """What is known is what the calendar's table says it is, or what `special` says, up to its last day."""
    source, calendars = examined.sources["hours"], examined.hours.calendars
    flow = examined.configuration.script.flow
    used = {calendar for node in flow.nodes.values() for calendar in shape.calendars(node)}
    used |= {queue.hours.calendar for queue in examined.queues.queues.values() if queue.hours}
    for name in calendars:
        if name not in used:
            yield source.problem(
                ("calendars", name), say("没有节点或队列使用这个日历", "no node and no queue goes by this calendar")
            )
            continue
        hours = examined.configuration.script.calendars[name]
        known = days_known(hours, datetime.combine(today, time(12), UTC))
        if known is not None and known < AHEAD_DAYS:
            yield source.problem(
                ("calendars", name, "holidays" if hours.holidays else "special"),
                _unknown_after(hours, today + timedelta(days=AHEAD_DAYS)),
            )
    tables = {calendar.holidays for calendar in calendars.values()}
    for table in examined.holidays.tables:
        if table not in tables:
            yield examined.sources["holidays"].problem(
                ("tables", table), say("没有日历使用这张表", "no calendar goes by this table")
            )


def _unknown_after(hours: Hours, until: date) -> str:
    last = known_until(hours)
    if last is None:
        return say(
            f"没有任何节假日或调休日；{until} 之前的节假日都会按平日处理",
            f"no holidays or make-up workdays are known: up to {until} every day is an ordinary one",
        )
    if hours.holidays is not None:
        return say(
            f"节假日表 {hours.holidays.name} 只到 {last}，之后到 {until} 的节假日与调休未知："
            "运行 ./hotline holidays seed 或手工填写",
            f'the table "{hours.holidays.name}" ends on {last}: holidays and make-up workdays from then to {until} are not '
            "known. ./hotline holidays seed, or enter them by hand",
        )
    return say(
        f"最后一个特殊日期是 {last}，之后到 {until} 的节假日与调休未知",
        f"the last special day is {last}: holidays and make-up workdays from then to {until} are not known",
    )
