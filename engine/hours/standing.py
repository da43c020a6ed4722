"""`./hotline hours`: for each calendar whether it is open, by which of its lines, and what changes next."""

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.api_client import NotReachable
from engine.config import load
from engine.hours.emergencies import emergencies_in_force
from engine.hours.weekdays import weekday
from engine.words import language, say
from ivr.hours import Hours, Line, is_open, line_in_force, next_change

__all__ = ["show_hours"]

AHEAD_DAYS = 31
_LINES = {Line.SPECIAL: "特殊日期", Line.HOLIDAY: "节假日", Line.WORKDAY: "调休上班", Line.WEEKLY: "每周"}


def show_hours(folder: Path, at: datetime, *, url: str | None = None, token: str | None = None) -> int:
    """Print how things stand at a moment (without a time zone: by the site's clock). Exit code 0; raises BadConfiguration."""
    configuration = load(folder)
    moment = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(configuration.system.timezone))
    closed = _emergencies(moment, url, token)
    for name, hours in configuration.script.calendars.items():
        print(f"{name}: {_said(hours, moment)}")
        if "all" in closed:
            print(f"  {_emergency(closed['all'], hours)}")
    for queue, one in closed.items():
        if queue != "all":
            print(say(f"队列 {queue}：", f"queue {queue}: ") + _emergency(one, ZoneInfo(configuration.system.timezone)))
    return 0


def _said(hours: Hours, moment: datetime) -> str:
    state = say("营业", "open") if is_open(hours, moment) else say("休息", "closed")
    change = next_change(hours, moment, AHEAD_DAYS)
    if change is None:
        after = say(f"{AHEAD_DAYS} 天内不变", f"no change within {AHEAD_DAYS} days")
    else:
        when = change.astimezone(ZoneInfo(hours.time_zone)).strftime("%Y-%m-%d %H:%M")
        opens = is_open(hours, change)
        after = say(f"{when} {'开始' if opens else '停止'}营业", f"{'opens' if opens else 'closes'} {when}")
    return say(f"{state}（{_line(hours, moment)}），{after}", f"{state} ({_line(hours, moment)}), {after}")


def _line(hours: Hours, moment: datetime) -> str:
    line, day = line_in_force(hours, moment)
    named = hours.holidays.days.get(day) if hours.holidays and line in (Line.HOLIDAY, Line.WORKDAY) else None
    words = [say(_LINES[line], line), named.names[language()] if named else "", weekday(day), str(day)]
    return " ".join(word for word in words if word)


def _emergencies(moment: datetime, url: str | None, token: str | None) -> dict[str, Mapping[str, Any]]:
    """Those of the running engine that hold at that moment, as far as is known now."""
    try:
        found = emergencies_in_force(url, token)["emergencies"]
    except NotReachable as error:
        print(say("未计入紧急关闭：", "emergencies are left out: ") + str(error), file=sys.stderr)
        return {}
    at = moment.timestamp()
    return {one["queue"]: one for one in found if one["since"] <= at and (one["until"] is None or at < one["until"])}


def _emergency(one: Mapping[str, Any], where: Hours | ZoneInfo) -> str:
    zone = ZoneInfo(where.time_zone) if isinstance(where, Hours) else where
    end = say("直至手工开放", "until somebody opens")
    if one["until"] is not None:
        at = datetime.fromtimestamp(one["until"], zone).strftime("%Y-%m-%d %H:%M")
        end = say(f"至 {at}", f"until {at}")
    why = f": {one['why']}" if one["why"] else ""
    return say(f"紧急关闭，{end}{why}", f"closed in an emergency {end}{why}")
