"""`./hotline why`: the figures of a day that are out of their bands, and what may explain each.

A day that is over is read from the database, today is asked of the running engine: it knows what agents are doing now.
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from agents.roster import QueueId
from engine.api_client import NotReachable, api_session, ask, engine_url, find_token, refusal
from engine.config import Configuration
from engine.database.connection import Database, DatabaseNotReady
from engine.database.intervals import count_what_is_left
from engine.site import home_folder, settle_site
from engine.why.ask import answers, bands_of, find_out
from engine.words import language, say
from metrics.definitions import FIGURES
from metrics.periods import midnight
from metrics.why import Answer
from metrics.why.answers import ToldCause
from metrics.why.telling import quantity

__all__ = ["show", "text_of"]


class Refused(Exception):
    """The engine did not answer what was asked."""


def show(
    configuration: Configuration,
    day: date | None,
    figure: str | None,
    queue: str | None,
    *,
    as_json: bool,
    url: str | None,
    token: str | None,
) -> int:
    """Print them; the day left out: today. Exit code 0; 1: no answer of database or engine; 2: no such queue, figure or day."""
    if wrong := _wrong(configuration, figure, queue):
        print(wrong, file=sys.stderr)
        return 2
    zone, named = ZoneInfo(configuration.system.timezone), None if queue is None else QueueId(queue)
    today = datetime.now(zone).date()
    if day is not None and day > today:
        print(say("这一天还没有开始。", "that day has not begun yet."), file=sys.stderr)
        return 2
    figures = [figure] if figure else [name for name in FIGURES if name in bands_of(configuration, named)]
    try:
        if day is None or day == today:
            found = asyncio.run(_of_today(figures, queue, url, token))
        else:
            span = midnight(day, zone), midnight(day + timedelta(days=1), zone)
            found = asyncio.run(_of_the_past(configuration, named, span, figures))
    except (NotReachable, Refused, DatabaseNotReady, SQLAlchemyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        print(text_of(found, f"{day or today} {queue or say('全部', 'site')}", language(), all_of_them=bool(figure)))
    return 0


def _wrong(configuration: Configuration, figure: str | None, queue: str | None) -> str:
    if figure is not None and figure not in FIGURES:
        return say(f"没有指标 {figure}（有：", f"no figure {figure} (there are: ") + ", ".join(FIGURES) + ")"
    if queue is not None and queue not in configuration.rules.queues:
        known = ", ".join(configuration.rules.queues)
        return say(f"没有队列 {queue}（有：{known}）", f"no queue {queue} (there are: {known})")
    return ""


async def _of_the_past(
    configuration: Configuration, queue: QueueId | None, span: tuple[float, float], figures: Sequence[str]
) -> list[Answer]:
    database = Database(settle_site(configuration, home_folder(), keep=True).database_url)
    await database.open()
    try:
        await count_what_is_left(database)
        async with database.session() as session:
            known = await find_out(session, configuration, queue, span)
    finally:
        await database.close()
    return answers(known, configuration, figures)


async def _of_today(figures: Sequence[str], queue: str | None, url: str | None, token: str | None) -> list[Answer]:
    found, where = [], engine_url(url) + "/api/why?"
    async with api_session(find_token(token)) as session:
        for figure in figures:
            wanted = {"figure": figure} | ({"queue": queue} if queue else {})
            status, document = await ask(session, "GET", where + urlencode(wanted))
            if status != 200:
                raise Refused(refusal(status, document))
            found.append(msgspec.convert(document, Answer))
    return found


def text_of(found: Sequence[Answer], what: str, lang: str, *, all_of_them: bool) -> str:
    """Each figure with its causes and the numbers behind them; `all_of_them`: also those in their bands."""
    shown = [one for one in found if one.side is not None or all_of_them]
    if not shown:
        known = sum(one.value is not None for one in found)
        return (
            f"{what}：{known} 个指标都在目标内。"
            if lang == "zh"
            else f"{what}: all {known} figures are in their bands."
        )
    lines = [what]
    for one in shown:
        lines += ["", one.headline[lang]]
        if one.causes:
            for number, cause in enumerate(one.causes, 1):
                lines += [f"  {number}. {cause.words[lang]}", f"     {_numbers(one, cause, lang)}"]
            notes = [said for said in one.sentences[lang] if all(said != cause.words[lang] for cause in one.causes)]
        else:
            notes = one.sentences[lang]
        lines += [f"  {note}" for note in notes]
    return "\n".join(lines)


def _numbers(one: Answer, cause: ToldCause, lang: str) -> str:
    """What stands behind the sentence."""
    unit = FIGURES[one.figure].unit
    parts = [f"{cause.kind} {cause.now:.4g}"]
    if cause.usual is not None:
        parts.append(f"平日 {cause.usual:.4g}" if lang == "zh" else f"usually {cause.usual:.4g}")
    if cause.effect is not None:
        worth = quantity(cause.effect, unit, lang)
        parts.append(f"影响 {worth}" if lang == "zh" else f"accounts for {worth}")
    return ("，" if lang == "zh" else ", ").join(parts)
