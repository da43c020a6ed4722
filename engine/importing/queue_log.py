"""`hotline import queue_log`: files into rows, with what was wrong with them told."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from acd.rules import Rules
from engine.database.connection import Database
from engine.importing.files import first_time, portions, size_of
from engine.importing.rows import Rows
from engine.importing.storing import Store
from metrics.queue_log import Faults, Names, QueueLogReader, QueueSummary
from metrics.queue_log.reader import TOLERANCE_S

__all__ = ["EXPECTED", "NothingToRead", "Plan", "Totals", "import_queue_log"]

Told = Callable[[int], None]
"""How many bytes have been read."""

EXPECTED = (
    "no line of a queue_log (expected epoch|callid|queue|agent|event|data, e.g. "
    "1700000000|1700000000.1|sales|NONE|ENTERQUEUE||13800138000|1, or a dump of the table)"
)


class NothingToRead(Exception):
    """None of the files has a line of a queue_log in it: the message says what was expected."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to read, and how it is to be understood."""

    files: Sequence[Path]
    system: str
    """Where the log is from: part of every call's id."""
    own: str
    """Calls whose id begins so are Hotline's own: they are in the database."""
    zone: ZoneInfo
    rules: Rules
    queues: dict[str, str]
    agents: dict[str, str]


class Totals(msgspec.Struct, kw_only=True):
    """What came of it. Times are seconds since the epoch."""

    files: int = 0
    lines: int = 0
    calls: int = 0
    intervals: int = 0
    """Stretches of agents' time."""
    since: float | None = None
    until: float = 0.0
    unfinished: int = 0
    own: int = 0
    outside: int = 0
    without_log_in: int = 0
    overlapping: int = 0
    """Files that begin before the end of the one before: they are read on their own."""
    faults: Faults = msgspec.field(default_factory=Faults)
    unknown_events: dict[str, int] = {}
    queues: dict[str, QueueSummary] = {}

    def add(self, reader: QueueLogReader) -> None:
        """What a reader has found, when it has finished."""
        self.lines += reader.lines
        self.unfinished += reader.unfinished
        self.own += reader.own
        self.outside += reader.outside
        self.without_log_in += reader.without_log_in
        if reader.first_at is not None:
            self.since = min(self.since or reader.first_at, reader.first_at)
            self.until = max(self.until, reader.last_at)
        for event, count in reader.events.items():
            self.unknown_events[event] = self.unknown_events.get(event, 0) + count
        self.faults.add(reader.faults)
        for queue, found in reader.queues.items():
            self.queues.setdefault(queue, QueueSummary()).add(found)


async def import_queue_log(plan: Plan, database: Database | None, tell: Told) -> Totals:
    """Read all files, and put what they say into the database (None: only read). Raises FileUnreadable, NothingToRead, and
    what the database raises; portions that were put are there, and the next import goes over them again unharmed."""
    totals = Totals(files=len(plan.files))
    store = Store(database) if database is not None else None
    if store is not None:
        await store.prepare()
    rows = Rows(plan.rules, plan.system, plan.queues)
    names = Names(plan.rules, plan.agents)
    reader: QueueLogReader | None = None
    done = 0
    for begins, path in _in_order(plan):
        if reader is None or begins < reader.last_at - TOLERANCE_S:
            if reader is not None:
                totals.overlapping += 1
                if store is not None:
                    store.expect_overlaps()
                await _finish(reader, rows, store, totals)
            reader = QueueLogReader(names, _starts_with(plan.own))
        reader.start_file(str(path))
        for portion in portions(path, plan.zone):
            reader.read(portion.rows)
            await _take_away(reader, rows, store, totals)
            tell(done + portion.done)
        done += size_of(path)
    if reader is not None:
        await _finish(reader, rows, store, totals)
    if not totals.lines:
        raise NothingToRead(f"{', '.join(str(path) for path in plan.files)}: {EXPECTED}")
    return totals


def _in_order(plan: Plan) -> list[tuple[float, Path]]:
    """Files by the time they begin with. One that begins before the end of the one before is another log, or a copy: it is read
    for itself, and what both have comes to the same rows."""
    timed = [(first_time(path, plan.zone) or 0.0, path) for path in dict.fromkeys(plan.files)]
    return sorted(timed, key=lambda one: one[0])


async def _finish(reader: QueueLogReader, rows: Rows, store: Store | None, totals: Totals) -> None:
    reader.finish()
    await _take_away(reader, rows, store, totals)
    totals.add(reader)


async def _take_away(reader: QueueLogReader, rows: Rows, store: Store | None, totals: Totals) -> None:
    calls, hours = reader.take_away()
    totals.calls += len(calls)
    totals.intervals += len(hours)
    if store is not None and (calls or hours):
        await store.put(rows.of(calls, hours))
    else:
        await asyncio.sleep(0)


def _starts_with(own: str) -> Callable[[str], bool]:
    return lambda call: bool(own) and call.startswith(own)
