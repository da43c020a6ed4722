"""The commands' work: configuration, database, progress, and what is told at the end."""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from engine.config import BadConfiguration, Configuration, load
from engine.config.source import Problem
from engine.database.connection import Database, DatabaseNotReady
from engine.database.intervals import roll_up_changed
from engine.database.outside import keep
from engine.importing.cdr import CDR_COLUMNS, CdrPlan, UnknownColumns, import_cdr
from engine.importing.figures import BadFigures, read_figures
from engine.importing.files import FileUnreadable, size_of
from engine.importing.queue_log import NothingToRead, Plan, import_queue_log
from engine.importing.report import cdr_document, cdr_text, document, text
from engine.planning.terminal import progress, uncollected
from engine.site import home_folder, settle_site
from engine.words import say
from metrics.dimensions import Dimension
from metrics.outside import Entry, Overlapping

__all__ = ["cdr", "figures", "queue_log"]

Found = TypeVar("Found")
DAY_OF_QUARTERS: Final = 96
FAILURES = (FileUnreadable, NothingToRead, DatabaseNotReady, SQLAlchemyError, TimeoutError, OSError)


def queue_log(arguments: argparse.Namespace) -> int:
    """0: done. 1: a file or the database stood in the way; what was put before is there. Raises BadConfiguration."""
    configuration = load(arguments.config.resolve())
    plan = Plan(
        files=arguments.files,
        system=arguments.system,
        own=f"{configuration.system.site}-",
        zone=_zone(arguments.time_zone, configuration),
        rules=configuration.rules,
        queues=dict(arguments.map_queue),
        agents=dict(arguments.map_agent),
    )
    try:
        total = sum(size_of(path) for path in plan.files)
        with progress(say("导入 queue_log", "importing the queue_log"), total) as tell, uncollected():
            totals = asyncio.run(_with_database(arguments, configuration, lambda db: import_queue_log(plan, db, tell)))
        _count(arguments, configuration)
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        print(document(totals, stored=not arguments.dry_run))
    else:
        print(text(totals, plan.zone, stored=not arguments.dry_run, by_queue=arguments.summary))
    return 0


def cdr(arguments: argparse.Namespace) -> int:
    """0: done. 1: a file or the database stood in the way. 2: it is not said which calls came in."""
    configuration = load(arguments.config.resolve())
    columns = tuple(name.strip() for name in arguments.columns.split(",")) if arguments.columns else CDR_COLUMNS
    plan = CdrPlan(
        files=arguments.files,
        system=arguments.system,
        own=f"{configuration.system.site}-",
        zone=_zone(arguments.time_zone, configuration),
        columns=columns,
        contexts=frozenset(arguments.context),
    )
    if not plan.contexts:
        arguments.dry_run = True
    try:
        total = sum(size_of(path) for path in plan.files)
        with progress(say("导入话单", "importing the CDR"), total) as tell, uncollected():
            totals = asyncio.run(_with_database(arguments, configuration, lambda db: import_cdr(plan, db, tell)))
        _count(arguments, configuration)
    except UnknownColumns as error:
        print(f"--columns: {error}", file=sys.stderr)
        return 2
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    print(cdr_document(totals) if arguments.json else cdr_text(totals, stored=not arguments.dry_run))
    if not plan.contexts:
        print(
            say(
                "请用 --context 指明哪些上下文的呼叫是呼入；未写入任何数据。",
                "say with --context by which contexts calls came in; nothing was stored.",
            ),
            file=sys.stderr,
        )
        return 2
    return 0


def figures(arguments: argparse.Namespace) -> int:
    """0: done. 1: the database stood in the way. 2: a line cannot be understood; nothing was stored."""
    configuration = load(arguments.config.resolve())
    try:
        told = read_figures(arguments.files, ZoneInfo(configuration.system.timezone))

        async def store(database: Database | None) -> int | None:
            if database is None:
                return None
            async with database.transaction() as connection:
                return await keep(connection, told, time.time())

        changed = asyncio.run(_with_database(arguments, configuration, store))
    except (BadFigures, Overlapping) as error:
        print(error, file=sys.stderr)
        return 2
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    for warning in _strange(told, configuration):
        print(warning, file=sys.stderr)
    if changed is None:
        print(say(f"已读取 {len(told)} 项，未写入。", f"{len(told)} figures read, nothing stored."))
    else:
        print(
            say(
                f"已读取 {len(told)} 项，新增或更改 {changed} 项。",
                f"{len(told)} figures read, {changed} of them new or changed.",
            )
        )
    return 0


def _strange(told: Sequence[Entry], configuration: Configuration) -> Iterator[str]:
    """Queues and agents that are not in the configuration may be of old days; or mistyped."""
    known: dict[Dimension, Collection[str]] = {
        Dimension.QUEUE: configuration.rules.queues,
        Dimension.AGENT: configuration.rules.agents,
    }
    for entry in told:
        if entry.dimension in known and entry.key not in known[entry.dimension]:
            yield say(
                f"{entry.source}：配置中没有 {entry.dimension} {entry.key!r}（已照常导入）",
                f"{entry.source}: no {entry.dimension} {entry.key!r} in the configuration (it is taken as it is)",
            )


def _count(arguments: argparse.Namespace, configuration: Configuration) -> None:
    """Bring the stored counts up to date. What is cut off here, the engine does, or the next import."""

    async def counted(database: Database | None) -> None:
        if database is not None:
            await roll_up_changed(database, DAY_OF_QUARTERS, lambda share: tell(int(share * 1000)))

    with progress(say("按刻钟汇总", "counting by quarters of an hour"), 1000) as tell:
        asyncio.run(_with_database(arguments, configuration, counted))


async def _with_database(
    arguments: argparse.Namespace,
    configuration: Configuration,
    work: Callable[[Database | None], Coroutine[Any, Any, Found]],
) -> Found:
    if arguments.dry_run:
        return await work(None)
    database = Database(settle_site(configuration, home_folder(), keep=True).database_url)
    await database.open()
    try:
        return await work(database)
    finally:
        await database.close()


def _zone(name: str | None, configuration: Configuration) -> ZoneInfo:
    try:
        return ZoneInfo(name or configuration.rules.time_zone)
    except (KeyError, ValueError, OSError):
        raise BadConfiguration(
            [Problem("--time-zone", 0, 0, "", f"expected a time zone such as Asia/Shanghai, got {str(name)[:40]!r}")]
        ) from None
