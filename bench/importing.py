"""A queue_log of a million calls into the database: how long it takes on one core, and what a call takes on the disk.

./hotline bench import [--calls 1000000] [--seed 1] [--postgresql URL] [--json]

The log is made first (bench.queue_log_days, the same for the same seed) and not timed. Timed is what `./hotline import
queue_log` does: reading, making calls and agents' hours of it, and storing them with all indexes, in a process that is held on
one core. CPU is that process's; PostgreSQL's own work is in another and is in the time alone. A second import of the same log
is timed as well: it changes nothing.

To reach: 60 s of time for a million calls. Exit code 1: missed.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from acd.rules import Rules
from bench.queue_log_days import days
from engine.database.connection import Database
from engine.importing.queue_log import Plan, import_queue_log
from engine.planning.terminal import uncollected

__all__ = ["Point", "main", "run"]

TARGET_S = 60.0
TARGET_CALLS = 1_000_000


class Point(msgspec.Struct, frozen=True):
    """One import."""

    database: str
    calls: int
    lines: int
    seconds: float
    cpu_s: float
    again_s: float
    bytes_a_call: float
    peak_mb: float


def main(argv: list[str]) -> int:
    """Run the benchmark and print it. 0: the target is reached; 1: it is not."""
    parser = argparse.ArgumentParser(prog="hotline bench import", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--calls", type=int, default=TARGET_CALLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", metavar="URL", help="an empty database; without it SQLite alone is measured")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    points = []
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        log = Path(folder) / "queue_log"
        with log.open("w", encoding="utf-8") as file:
            file.writelines(days(arguments.calls, arguments.seed))
        points.append(run(log, f"sqlite:///{folder}/hotline.db"))
        if arguments.postgresql:
            points.append(run(log, arguments.postgresql))
    if arguments.json:
        print(json.dumps([msgspec.to_builtins(point) for point in points]))
    else:
        print("\n".join(_line(point) for point in points))
    limit_s = TARGET_S * arguments.calls / TARGET_CALLS
    late = [point for point in points if point.seconds > limit_s]
    for point in late:
        print(f"missed: {point.database} took {point.seconds:.1f} s, to reach: {limit_s:.1f} s", file=sys.stderr)
    return 1 if late else 0


def run(log: Path, url: str) -> Point:
    """The log into this database, twice."""
    with uncollected():
        return asyncio.run(_run(log, Database(url)))


async def _run(log: Path, database: Database) -> Point:
    await database.open()
    plan = Plan(
        files=[log],
        system="bench",
        own="hotline-",
        zone=ZoneInfo("UTC"),
        rules=Rules(version="", queues={}, agents={}),
        queues={},
        agents={},
    )
    try:
        before_s, cpu_s = time.perf_counter(), time.process_time()
        totals = await import_queue_log(plan, database, lambda done: None)
        took_s, cpu_s = time.perf_counter() - before_s, time.process_time() - cpu_s
        size = await _size(database)
        before_s = time.perf_counter()
        await import_queue_log(plan, database, lambda done: None)
        again_s = time.perf_counter() - before_s
    finally:
        await database.close()
    return Point(
        database.dialect, totals.calls, totals.lines, took_s, cpu_s, again_s, size / totals.calls, _peak_bytes() / 1e6
    )


async def _size(database: Database) -> int:
    """Tables and indexes, bytes."""
    query = (
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if database.dialect == "sqlite"
        else "SELECT pg_database_size(current_database())"
    )
    async with database.session() as session:
        return int(await session.scalar(text(query)) or 0)


def _peak_bytes() -> int:
    """The most memory this process has had (proc(5), VmHWM)."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _line(point: Point) -> str:
    return (
        f"{point.database}: {point.calls} calls, {point.lines} lines in {point.seconds:.1f} s"
        f" ({point.cpu_s:.1f} s of CPU), again in {point.again_s:.1f} s,"
        f" {point.bytes_a_call:.0f} bytes a call, {point.peak_mb:.0f} MB at most"
    )
