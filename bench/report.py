"""How fast reports are read, and what counting costs: on SQLite and on a PostgreSQL of the benchmark's own.

./hotline bench reports [--calls 10000000] [--raw 300000] [--sqlite | --postgresql] [--json]

A year of counts by quarter of an hour as ten million calls leave them (20 queues, 100 agents, VIP levels, dialled numbers,
menu choices) is read as reports read it; then a month of raw facts, 300,000 calls, is reported on by counting them. To reach:
1 s for any report of the first kind, 3 s of the second, 100 us a call for the live figures; else it ends with 1. Of three runs
the quickest counts.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from acd.model import CallId, CallState, Disposition, OfferId, OfferOutcome, QueueId
from acd.records import (
    AgentInterval,
    CallAnswered,
    CallEnded,
    CallOpened,
    NodeEntered,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    Record,
    TalkFinished,
)
from agents.roster import AgentId
from agents.state import AgentState
from engine.database import Database
from engine.database.intervals import COUNTS, OUTCOMES, TIMES, Slice, raw_slices, roll_up, roll_up_days, slices
from engine.database.models import METADATA
from engine.facts import Row, rows_of
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S, Tally
from metrics.periods import Step, periods
from tests.data.servers import PrivatePostgres

__all__ = ["main"]

TARGET_STORED_S, TARGET_RAW_S, TARGET_LIVE_US = 1.0, 3.0, 100.0
ROUNDS: Final = 3
ZONE: Final = ZoneInfo("Asia/Shanghai")
YEAR: Final = datetime(2025, 1, 1, tzinfo=ZONE).timestamp(), datetime(2026, 1, 1, tzinfo=ZONE).timestamp()
MONTH: Final = datetime(2025, 11, 1, tzinfo=ZONE).timestamp(), datetime(2025, 12, 1, tzinfo=ZONE).timestamp()
QUEUES, AGENTS = 20, 100
OPEN: Final = range(32, 88)
"""Quarters of a day in which calls come: 08:00 to 22:00."""
KEYS: Final = {
    Dimension.SITE: [""],
    Dimension.QUEUE: [f"queue{n}" for n in range(QUEUES)],
    Dimension.AGENT: [str(1000 + n) for n in range(AGENTS)],
    Dimension.VIP: [str(n) for n in range(4)],
    Dimension.DID: [f"400000000{n}" for n in range(3)],
    Dimension.MENU: ["", "sales", "repair", "bills", "other", "operator"],
}


# --- a year of counts -----------------------------------------------------------------------------------------------------


async def fill_year(database: Database, calls: int) -> int:
    """Rows of every key in every open quarter, made where they are to lie; how many there are."""
    first, last = (int(at // INTERVAL_S) for at in YEAR)
    days = (last - first) // 96
    in_a_quarter = calls / (days * len(OPEN))
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE bench_keys (dimension TEXT, key TEXT, share DOUBLE PRECISION)"))
        rows = [
            {"dimension": str(by), "key": key, "share": in_a_quarter / len(keys)}
            for by, keys in KEYS.items()
            for key in keys
        ]
        await connection.execute(text("INSERT INTO bench_keys VALUES (:dimension, :key, :share)"), rows)
        numbers = ", ".join((*COUNTS, *(f"offers_{one}" for one in OUTCOMES), *(f"agent_{one}" for one in TIMES)))
        amounts = ", ".join(_amount(name) for name in numbers.split(", "))
        quarters = (  # only numbers and names of columns are put in
            f"WITH RECURSIVE q(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM q WHERE n + 1 < {last})"  # noqa: S608
            f" INSERT INTO intervals (dimension, quarter, key, {numbers})"
            f" SELECT k.dimension, q.n, k.key, {amounts} FROM q CROSS JOIN bench_keys k"
            f" WHERE (q.n - {first}) % 96 BETWEEN {OPEN.start} AND {OPEN.stop - 1}"
        )
        await connection.execute(text(quarters))
        await connection.execute(text("DROP TABLE bench_keys"))
    async with database.session() as session:
        return int((await session.scalar(text("SELECT count(*) FROM intervals"))) or 0)


def _amount(name: str) -> str:
    """Numbers of the usual sizes; which, does not matter to who adds them."""
    if name.startswith("agent_"):
        return "CASE WHEN k.dimension = 'agent' THEN 150.0 ELSE 0.0 END"
    return "k.share * 37.25" if name.endswith("_s") else "CAST(k.share AS INTEGER) + q.n % 3"


# --- a month of facts -----------------------------------------------------------------------------------------------------


def month_of_calls(calls: int) -> Iterator[Record]:
    """One answered offer a call, one caller in ten overflows first, one in twenty gives up; in the order of calls."""
    chance = random.Random(1)  # noqa: S311 - the same month every time
    first, last = MONTH
    days = int((last - first) // 86400)
    for n in range(calls):
        opened_at = first + (n * days // calls) * 86400.0 + 8 * 3600 + chance.random() * 13.5 * 3600
        yield from _call(n, opened_at, chance)


def _call(n: int, at: float, chance: random.Random) -> Iterator[Record]:
    call, queue = CallId(f"bench-{at:.0f}.{n}"), QueueId(f"queue{n % QUEUES}")
    agent = AgentId(str(1000 + chance.randrange(AGENTS)))
    number, did, vip = f"138{n:08d}", f"400000000{n % 3}", n % 4
    who: dict[str, Any] = {"number": number, "name": "", "did": did, "vip": vip, "rules": "r1"}
    yield CallOpened(call=call, at=at, **who)
    for step, (node, key) in enumerate((("menu", ""), ("sales" if n % 2 else "repair", str(n % 2 + 1))), 1):
        yield NodeEntered(call=call, at=at + step, node=node, key=key, step=step)
    segment, entered_at = 1, at + 3.0
    if n % 10 == 0:
        yield QueueEntered(call=call, segment=1, queue=queue, at=entered_at, priority=0, vip=vip)
        yield _left(call, 1, queue, entered_at, entered_at + 60.0, "overflowed", None)
        segment, entered_at, queue = 2, entered_at + 60.0, QueueId(f"queue{(n + 1) % QUEUES}")
    yield QueueEntered(call=call, segment=segment, queue=queue, at=entered_at, priority=0, vip=vip)
    wait_s = chance.expovariate(1 / 20)
    end: dict[str, Any] = {"call": call, "opened_at": at, "left_in": CallState.TALKING, "ended_by": "caller", **who}
    if n % 20 == 0:
        yield _left(call, segment, queue, entered_at, entered_at + wait_s, "abandoned", None)
        gone = Disposition.ABANDONED_WAITING
        yield CallEnded(ended_at=entered_at + wait_s, queue=queue, agent=None, path=(), disposition=gone, **end)
        return
    made_at = entered_at + wait_s
    offer, answered_at, talk_s = OfferId(f"{call}-{segment}"), made_at + 4.0, chance.uniform(30, 400)
    whose: dict[str, Any] = {"offer": offer, "call": call, "segment": segment, "queue": queue, "agent": agent}
    yield OfferMade(
        **whose,
        at=made_at,
        number=number,
        name="",
        did=did,
        wait_s=wait_s,
        path=(),
        vip=vip,
        last_agent=None,
        last_contact_at=None,
        reasons=(),
    )
    taken = OfferOutcome.ACCEPTED
    yield OfferEnded(**whose, made_at=made_at, rang_at=made_at + 0.3, ended_at=answered_at, outcome=taken)
    waited_s = answered_at - entered_at
    yield CallAnswered(
        **whose, at=answered_at, wait_s=waited_s, total_wait_s=answered_at - at - 3.0, in_service_level=waited_s <= 20.0
    )
    yield _left(call, segment, queue, entered_at, answered_at, "answered", agent)
    ended_at = answered_at + talk_s
    yield TalkFinished(**whose, answered_at=answered_at, ended_at=ended_at, talk_s=talk_s, hold_s=0.0)
    yield CallEnded(ended_at=ended_at, queue=queue, agent=agent, path=(), disposition=Disposition.SERVED, **end)
    spans = ((AgentState.OFFERED, made_at, answered_at), (AgentState.TALKING, answered_at, ended_at))
    for state, began, ends in (*spans, (AgentState.WRAP_UP, ended_at, ended_at + 20.0)):
        yield AgentInterval(agent=agent, state=state, reason="", started_at=began, ended_at=ends, queue=queue)


def _left(
    call: CallId, segment: int, queue: QueueId, entered_at: float, left_at: float, how: str, agent: AgentId | None
) -> QueueLeft:
    return QueueLeft(
        **{"call": call, "segment": segment, "queue": queue, "entered_at": entered_at, "left_at": left_at},  # type: ignore[arg-type]
        wait_s=left_at - entered_at,
        how=how,
        phase="ringing" if agent else "waiting",
        agent=agent,
    )


async def fill_month(database: Database, calls: int) -> None:
    """As the records come to rows, in portions."""
    tables = {name: table for metadata in METADATA for name, table in metadata.tables.items()}
    portion: dict[tuple[str, Any], dict[str, Any]] = {}

    async def write(connection: AsyncConnection) -> None:
        groups: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
        for (table, _), values in portion.items():
            groups.setdefault((table, tuple(sorted(values))), []).append(values)
        for (table, _), rows in groups.items():
            await connection.execute(insert(tables[table]), rows)
        portion.clear()

    async with database.transaction() as connection:
        for record in month_of_calls(calls):
            if isinstance(record, CallOpened) and len(portion) > 20_000:
                await write(connection)
            for row in rows_of(record):
                _fold(portion, row)
        await write(connection)


def _fold(portion: dict[tuple[str, Any], dict[str, Any]], row: Row) -> None:
    if row.table in ("work_items", "work_steps"):
        return
    portion.setdefault((row.table, tuple(row.key.values())), dict(row.key)).update(row.values)


# --- measuring --------------------------------------------------------------------------------------------------------------


async def quickest(work: Callable[[], Coroutine[Any, Any, int]]) -> tuple[float, int]:
    """Seconds, and how many rows the report had."""
    best, rows = float("inf"), 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        rows = await work()
        best = min(best, time.perf_counter() - started)
    return best, rows


def steps(span: tuple[float, float], step: Step) -> list[tuple[float, float]]:
    """The periods of a report."""
    return [(one.start, one.end) for one in periods(span[0], span[1], step, ZONE, {})]


Report = tuple[str, Dimension, tuple[float, float], Step]
Reader = Callable[[AsyncSession, Dimension, Sequence[tuple[float, float]]], Coroutine[Any, Any, list[Slice]]]

STORED_REPORTS: Final = (
    ("the year by month, the site", Dimension.SITE, YEAR, Step.MONTH),
    ("the year by month, queues", Dimension.QUEUE, YEAR, Step.MONTH),
    ("the year by month, agents", Dimension.AGENT, YEAR, Step.MONTH),
    ("the year by day, the site", Dimension.SITE, YEAR, Step.DAY),
    ("a month by day, agents", Dimension.AGENT, MONTH, Step.DAY),
    ("a month by half hour, queues", Dimension.QUEUE, MONTH, Step.HALF_HOUR),
)
RAW_REPORTS: Final = (
    ("a month of facts, the site", Dimension.SITE, MONTH, Step.MONTH),
    ("a month of facts, queues", Dimension.QUEUE, MONTH, Step.MONTH),
    ("a month of facts, agents", Dimension.AGENT, MONTH, Step.MONTH),
)


async def measure_year(url: str, calls: int) -> dict[str, Any]:
    """Filling and reading ten million calls' counts."""
    database = Database(url)
    await database.open()
    started = time.perf_counter()
    rows = await fill_year(database, calls)
    await roll_up_days(database, ZONE, YEAR[1] + 86400.0)
    await analyse(database)
    filled_s = time.perf_counter() - started
    _say(f"{rows} rows of counts filled in and summed by day in {filled_s:.0f} s")
    read = await reports(database, slices, STORED_REPORTS)
    await database.close()
    return {"interval_rows": rows, "filled_s": round(filled_s, 1), "stored": read}


async def measure_month(url: str, calls: int) -> dict[str, Any]:
    """Reading a month by its facts, and counting it into the store."""
    database = Database(url)
    await database.open()
    started = time.perf_counter()
    await fill_month(database, calls)
    await analyse(database)
    _say(f"the facts of {calls} calls filled in, in {time.perf_counter() - started:.0f} s")
    read = await reports(database, raw_slices, RAW_REPORTS)
    await database.close()
    return {"raw": read}


async def measure_roll_up(url: str, calls: int) -> dict[str, Any]:
    """What it costs to count that month into the store."""
    database = Database(url)
    await database.open()
    started = time.perf_counter()
    await roll_up(database, *MONTH)
    took_s = time.perf_counter() - started
    await database.close()
    return {"rolled_up_us_a_call": round(took_s / calls * 1e6, 1)}


async def reports(database: Database, read: Reader, wanted: Sequence[Report]) -> dict[str, dict[str, float]]:
    """Each as quickly as it gets."""
    found = {}
    for name, by, span, step in wanted:
        asked = steps(span, step)

        async def one(by: Dimension = by, asked: list[tuple[float, float]] = asked) -> int:
            async with database.session() as session:
                return len(await read(session, by, asked))

        seconds, lines = await quickest(one)
        _say(f"{name}: {seconds:.3f} s, {lines} lines")
        found[name] = {"s": round(seconds, 3), "lines": lines}
    return found


def measure(which: str, calls: int, raw_calls: int) -> dict[str, Any]:
    """All figures of one kind of database."""
    with databases(which) as (url, size_of):
        empty = size_of()
        found = asyncio.run(measure_year(url, calls))
        found["interval_bytes_a_call"] = round((size_of() - empty) / calls, 1)
    with databases(which) as (url, size_of):
        empty = size_of()
        found |= asyncio.run(measure_month(url, raw_calls))
        found["fact_bytes_a_call"] = round((size_of() - empty) / raw_calls)
        return found | asyncio.run(measure_roll_up(url, raw_calls))


async def analyse(database: Database) -> None:
    """Tell the planner what there is, as a database that has lived for a while knows."""
    async with database.transaction() as connection:
        await connection.execute(text("ANALYZE"))


def live_us(calls: int) -> float:
    """What the live figures cost a call: every record counted once, processor time."""
    records = list(month_of_calls(calls))
    tally = Tally()
    started = time.process_time()
    for record in records:
        tally.apply(record)
    return (time.process_time() - started) / calls * 1e6


@contextmanager
def databases(which: str) -> Iterator[tuple[str, Callable[[], int]]]:
    """A database, and how many bytes it has grown to."""
    if which == "sqlite":
        with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
            file = Path(folder) / "hotline.db"

            def bytes_of_file() -> int:
                return file.stat().st_size if file.exists() else 0

            yield f"sqlite:///{file}", bytes_of_file
        return
    with PrivatePostgres() as server:
        url = server.new_database()

        def bytes_of_database() -> int:
            return int(server.execute(url, "SELECT pg_database_size(current_database())"))

        yield url, bytes_of_database


def main(argv: list[str]) -> int:
    """Measure and tell; 1: a target was missed."""
    parser = argparse.ArgumentParser(prog="hotline bench reports")
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--raw", type=int, default=300_000)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    both = arguments.sqlite == arguments.postgresql
    names = [one for one in ("sqlite", "postgresql") if both or getattr(arguments, one)]
    found: dict[str, Any] = {"live_us_a_call": round(min(live_us(20_000) for _ in range(ROUNDS)), 1)}
    for name in names:
        _say(name)
        found[name] = measure(name, arguments.calls, arguments.raw)
    missed = _missed(found, names)
    if arguments.json:
        print(json.dumps({**found, "missed": missed}, indent=2))
    else:
        _tell(found, names)
        print("\n".join(f"missed: {one}" for one in missed) or "all targets reached")
    return 1 if missed else 0


def _say(text: str) -> None:
    """How far it is: all of it takes minutes."""
    print(text, file=sys.stderr, flush=True)


def _missed(found: dict[str, Any], names: list[str]) -> list[str]:
    missed = [] if found["live_us_a_call"] < TARGET_LIVE_US else [f"live figures: {found['live_us_a_call']} us a call"]
    for name in names:
        for kind, target in (("stored", TARGET_STORED_S), ("raw", TARGET_RAW_S)):
            missed += [
                f"{name}: {report}: {one['s']} s" for report, one in found[name][kind].items() if one["s"] >= target
            ]
    return missed


def _tell(found: dict[str, Any], names: list[str]) -> None:
    print(f"live figures: {found['live_us_a_call']} us a call")
    for name in names:
        one = found[name]
        print(f"{name}: {one['interval_rows']} rows of counts, {one['interval_bytes_a_call']} bytes a call;", end=" ")
        print(f"facts {one['fact_bytes_a_call']} bytes a call; rolled up in {one['rolled_up_us_a_call']} us a call")
        for kind in ("stored", "raw"):
            for report, took in one[kind].items():
                print(f"  {report:<34} {took['s']:>7.3f} s  {took['lines']:>6} lines")
