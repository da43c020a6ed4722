"""Calendars nobody goes by, and calendars that know no holidays soon."""

from collections.abc import Iterator
from datetime import date, timedelta

from engine.config.check import Examined
from engine.config.ivr_models import CalendarModel
from engine.config.source import Problem
from engine.words import say
from ivr.hours import DAY_MIN, WEEKDAYS
from ivr.shape import calendars

__all__ = ["calendar_doubts"]

AHEAD_DAYS = 60
"""Holidays and make-up workdays must be known so far ahead: they are announced for a whole year, and entered by hand."""


def calendar_doubts(examined: Examined, today: date) -> Iterator[Problem]:
    """There is no list of holidays to ask: what is known is what `special` says, up to its last day."""
    source = examined.sources["hours"]
    used = {calendar for node in examined.configuration.script.flow.nodes.values() for calendar in calendars(node)}
    used |= {queue.hours.calendar for queue in examined.queues.queues.values() if queue.hours}
    for name, calendar in examined.hours.calendars.items():
        if name not in used:
            yield source.problem(
                ("calendars", name), say("没有节点或队列使用这个日历", "no node and no queue goes by this calendar")
            )
        elif not _is_always_open(calendar):
            until, last = today + timedelta(days=AHEAD_DAYS), max(calendar.special, default=None)
            if last is None or last < until:
                yield source.problem(("calendars", name, "special"), _unknown_after(last, until))


def _unknown_after(last: date | None, until: date) -> str:
    if last is None:
        return say(
            f"没有任何节假日或调休日；{until} 之前的节假日都会按平日处理",
            f"no holidays or make-up workdays are known: up to {until} every day is an ordinary one",
        )
    return say(
        f"最后一个特殊日期是 {last}，之后到 {until} 的节假日与调休未知",
        f"the last special day is {last}: holidays and make-up workdays from then to {until} are not known",
    )


def _is_always_open(calendar: CalendarModel) -> bool:
    spans = [calendar.weekly.get(day, ()) for day in WEEKDAYS]
    return all(any(span.opens == 0 and span.closes >= DAY_MIN for span in of_day) for of_day in spans)
