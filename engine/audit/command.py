"""The command's work: which days, which database, which engine; and what is told at the end."""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from engine.api_client import NotReachable, api_session, engine_url, find_token
from engine.audit.differences import Audit, sentence
from engine.audit.live import live_over_http
from engine.audit.run import AuditPlan, audit
from engine.config import Configuration, load
from engine.database.connection import Database, DatabaseNotReady
from engine.planning.terminal import complain, progress
from engine.site import Site, home_folder, settle_site
from engine.words import language, say
from metrics.periods import midnight

__all__ = ["run"]

WRONG_USE: Final = 2
NOTES: Final = {
    "live": ("引擎未运行或无法访问：没有核对实时数字", "no engine could be asked: live counts were not compared"),
    "live_part": (
        "引擎内存中只有其中一部分时段：更早的实时数字未核对",
        "the engine has only a part of this time in memory: live counts of earlier quarters were not compared",
    ),
    "diary": (
        "没有 Asterisk 的这段记录（log/cel-custom/hotline.csv）：未与 Asterisk 核对",
        "there is no diary of Asterisk's of this time (log/cel-custom/hotline.csv): it was not compared with",
    ),
    "diary_part": (
        "Asterisk 的记录较晚才开始：更早的来电未与之核对",
        "Asterisk's diary begins later: calls from before were not compared with it",
    ),
}


def run(arguments: argparse.Namespace) -> int:
    """0: all agrees; 1: not, or it could not be done. Raises BadConfiguration."""
    configuration = load(arguments.config.resolve())
    zone = ZoneInfo(configuration.system.timezone)
    days = _days(arguments, datetime.now(zone).date())
    if days is None:
        return WRONG_USE
    since, until = midnight(days[0], zone), midnight(days[1] + timedelta(days=1), zone)
    now = time.time()
    until = min(until, now)
    if since >= until:
        print(say("这一天还没有开始。", "that day has not begun yet."), file=sys.stderr)
        return WRONG_USE
    site = settle_site(configuration, home_folder(), keep=True)
    try:
        with progress(say("核对", "auditing"), 1000) as tell:
            found = asyncio.run(
                _run(arguments, plan_of(site, since, until, now), site, lambda share: tell(round(share * 1000)))
            )
    except (DatabaseNotReady, SQLAlchemyError, OSError, TimeoutError) as error:
        return complain(error)
    print(msgspec.json.encode(found).decode() if arguments.json else _text(found, zone))
    return 1 if found.differences else 0


def plan_of(site: Site, since: float, until: float, now: float) -> AuditPlan:
    """What there is to audit of a site."""
    diary = site.asterisk_folder / "log" / "cel-custom" / "hotline.csv"
    return AuditPlan(since=since, until=until, now=now, own=_own(site.configuration), diary=diary)


def _own(configuration: Configuration) -> str:
    """Asterisk puts its system's name before the ids of its channels."""
    return f"{configuration.system.site}-"


def _days(arguments: argparse.Namespace, today: date) -> tuple[date, date] | None:
    """The first day and the last."""
    yesterday = today - timedelta(days=1)
    first = arguments.day or arguments.first or arguments.last or yesterday
    last = arguments.day or arguments.last or (arguments.first and max(arguments.first, yesterday)) or yesterday
    if (arguments.day and (arguments.first or arguments.last)) or first > last:
        print(
            say(
                "请用 --day，或 --from 与 --to（先后次序正确）。",
                "give --day, or --from and --to, the earlier day first.",
            ),
            file=sys.stderr,
        )
        return None
    return first, last


async def _run(arguments: argparse.Namespace, plan: AuditPlan, site: Site, tell: Callable[[float], None]) -> Audit:
    database = Database(site.database_url)
    await database.open()
    try:
        try:
            url, token = engine_url(arguments.url), find_token(arguments.token)
        except NotReachable:
            return await audit(plan, database, None, tell)
        async with api_session(token) as session:
            return await audit(plan, database, live_over_http(session, url), tell)
    finally:
        await database.close()


def _text(found: Audit, zone: ZoneInfo) -> str:
    zh = language() == "zh"
    lines = [sentence(one, zone)[0 if zh else 1] for one in found.differences]
    lines += [NOTES[note][0 if zh else 1] for note in found.notes]
    live = found.live_quarters
    lines.append(
        say(
            f"核对了 {found.quarters} 个时段（其中 {live} 个含实时数字）、{found.calls} 个来电、{found.answers} 次接听，"
            f"用时 {found.took_s:.1f} 秒。",
            f"compared {found.quarters} quarters of an hour ({live} of them live), {found.calls} calls and"
            f" {found.answers} answers in {found.took_s:.1f} s.",
        )
    )
    n = len(found.differences)
    lines.append(say(f"有 {n} 处差异。", f"{n} differences.") if n else say("全部一致。", "all numbers agree."))
    return "\n".join(lines)
