"""What `./hotline report` does: reads the database by itself, whether or not an engine runs."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

import msgspec
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cti.masking import mask_number
from engine.config import Configuration, load
from engine.database.connection import Database, DatabaseNotReady
from engine.database.intervals import count_what_is_left
from engine.planning.terminal import progress, screen
from engine.reports.agent_day import read_day
from engine.reports.agent_day_picture import picture
from engine.reports.asked import BadQuestion, Wanted, span_of
from engine.reports.asking import dimension_of, last_month, last_week, wanted_of
from engine.reports.behind import Question, behind
from engine.reports.csv_file import csv_bytes
from engine.reports.document import Document
from engine.reports.listed import HEADS, cells
from engine.reports.making import FORMATS, file_of, make
from engine.reports.shown import Language, Names, shown
from engine.reports.site import Surroundings, surroundings
from engine.site import home_folder, settle_site
from engine.words import language, say
from metrics.dimensions import Dimension

__all__ = ["run"]

T = TypeVar("T")
WRONG_USE = 2


def run(arguments: argparse.Namespace) -> int:
    """0: done. 1: database or disk stood in the way. 2: the question cannot be answered. Raises BadConfiguration."""
    configuration = load(arguments.config.resolve())
    around = surroundings(configuration)
    try:
        if arguments.what == "calls":
            return _calls(arguments, configuration, around)
        if arguments.what == "agent-day":
            return _agent_day(arguments, configuration, around)
        return _show(arguments, configuration, around)
    except BadQuestion as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except (DatabaseNotReady, SQLAlchemyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _show(arguments: argparse.Namespace, configuration: Configuration, around: Surroundings) -> int:
    wanted, title = _wanted(arguments, around)
    form = arguments.format or _form_of(arguments.out)
    in_language: Language = arguments.lang or cast(Language, language())
    with progress(say("生成报表", "making the report"), None):
        document = _with_database(
            configuration, lambda session: make(session, wanted, around, in_language, title[in_language])
        )
    if form == "table":
        if arguments.out is not None:
            raise BadQuestion("--out", f"choose a --format: {', '.join(FORMATS)}")
        _print(document)
        return 0
    made = file_of(document, form)
    if arguments.out is None and form == "xlsx":
        raise BadQuestion("--out", "a workbook needs a file")
    _hand_out(made.content, arguments.out, len(document.report.lines))
    return 0


def _hand_out(content: bytes, out: Path | None, lines: int) -> None:
    """Into the file, or to the terminal."""
    if out is None:
        text = content.decode("utf-8-sig")
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    out.write_bytes(content)
    print(say(f"已写入 {out}（{lines} 行）", f"written to {out} ({lines} lines)"))


def _form_of(out: Path | None) -> str:
    ending = "" if out is None else out.suffix.removeprefix(".").lower()
    ending = "html" if ending == "htm" else ending
    return ending if ending in FORMATS else "table"


def _wanted(arguments: argparse.Namespace, around: Surroundings) -> tuple[Wanted, dict[Language, str]]:
    """The report, and what it is called."""
    today = datetime.now(around.zone).date()
    by, keys = _whose(arguments)
    words = {"from": arguments.since, "to": arguments.until, "by": by, "figures": arguments.figures}
    words["step"] = arguments.step
    title: dict[Language, str] = {"zh": "", "en": ""}
    span: tuple[date, date] | None = None
    if arguments.daily is not None:
        title = {"zh": "日报", "en": "Daily report"}
        words |= {"from": arguments.daily, "to": arguments.daily}
    elif arguments.weekly:
        title, span = {"zh": "周报", "en": "Weekly report"}, last_week(today)
    elif arguments.monthly:
        title, span = {"zh": "月报", "en": "Monthly report"}, last_month(today)
    if span is not None:
        words |= {"from": span[0].isoformat(), "to": span[1].isoformat()}
    return wanted_of(words, keys, around, today), title


def _whose(arguments: argparse.Namespace) -> tuple[str, list[str]]:
    """By what, and which of them."""
    for by, keys in ((Dimension.QUEUE, arguments.queue), (Dimension.AGENT, arguments.agent)):
        if keys:
            if arguments.key or arguments.by not in ("", by):
                raise BadQuestion(f"--{by}", "is the same as --by and --key; give one of both")
            return by, keys
    return arguments.by, arguments.key or []


def _print(document: Document) -> None:
    table = Table(title=document.heading, title_justify="left")
    for head in document.heads:
        table.add_column(head, overflow="fold")
    for column in document.report.columns:
        table.add_column(column.names[document.language], justify="right", overflow="fold")
    for line, is_total in document.lines():
        cells = [Text(text) for text in document.of_line(line)]
        for value, side, column in zip(line.values, line.sides, document.report.columns, strict=True):
            cells.append(Text(shown(value, column.unit, document.language), style="" if side is None else "red"))
        table.add_row(*cells, style="bold" if is_total else "")
    console = screen(columns=200)
    console.print(table)
    if not document.report.lines:
        console.print(say("此时段没有数据。", "There is no data of this time."))
    for one in document.because:
        console.print(Text(one.headline, "bold"))
        for sentence in one.sentences:
            console.print(Text(f"  {sentence}"))


def _calls(arguments: argparse.Namespace, configuration: Configuration, around: Surroundings) -> int:
    if not arguments.count:
        raise BadQuestion("--count", "which count? e.g. --count abandoned")
    by, keys = _whose(arguments)
    if len(keys) > 1:
        raise BadQuestion("--key", "the calls behind one number are of one key")
    since, until = span_of(arguments.since, arguments.until, around.zone, datetime.now(around.zone).date())
    asked = Question(
        count=arguments.count, by=dimension_of(by), key=keys[0] if keys else None, since=since, until=until
    )
    found = _with_database(configuration, lambda session: behind(session, asked, around.rules))
    in_language: Language = arguments.lang or cast(Language, language())
    heads, names = HEADS[in_language], Names.of(around.rules)
    rows = [cells(one, names, around.zone, in_language) for one in found]
    match arguments.format or _form_of(arguments.out):
        case "json":
            masked = [msgspec.structs.replace(one, number=mask_number(one.number)) for one in found]
            _hand_out(msgspec.json.encode(masked), arguments.out, len(rows))
        case "csv":
            _hand_out(csv_bytes([heads, *rows]), arguments.out, len(rows))
        case "table" if arguments.out is None:
            table = Table(*heads)
            for row in rows:
                table.add_row(*(Text(cell) for cell in row))
            screen(columns=200).print(table)
            screen(columns=200).print(say(f"共 {len(rows)} 条。", f"{len(rows)} in all."))
        case _:
            raise BadQuestion("--format", "calls are listed as table, json or csv; a file is json or csv")
    return 0


def _agent_day(arguments: argparse.Namespace, configuration: Configuration, around: Surroundings) -> int:
    if not arguments.who:
        raise BadQuestion("agent-day", "whose? e.g. ./hotline report agent-day 1001")
    day = arguments.day or datetime.now(around.zone).date() - timedelta(days=1)
    in_language: Language = arguments.lang or cast(Language, language())
    found = _with_database(configuration, lambda session: read_day(session, arguments.who, day, around))
    drawn = picture(found, in_language)
    if arguments.out is None:
        print(drawn)
    else:
        arguments.out.write_text(drawn, "utf-8")
        print(say(f"已写入 {arguments.out}", f"written to {arguments.out}"))
    return 0


def _with_database(configuration: Configuration, read: Callable[[AsyncSession], Awaitable[T]]) -> T:
    site = settle_site(configuration, home_folder(), keep=True)

    async def reading() -> T:
        database = Database(site.database_url)
        await database.open()
        try:
            await count_what_is_left(database)
            async with database.session() as session:
                return await read(session)
        finally:
            await database.close()

    return asyncio.run(reading())
