"""`hotline import cdr`: Asterisk's call detail records as CSV (cdr_csv's Master.csv, or cdr_custom with its columns named).

A CDR knows that a call came, from whom, to which number, from when to when, and whether it met busy. It does not know queues,
waits, menus, agents' states or who hung up: the queue_log does, and both come to the same call when its unique id is in both.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from acd.model import Disposition
from engine.database.connection import Database
from engine.importing.files import size_of, unpacked
from engine.importing.rows import COLUMNS, Portion
from engine.importing.storing import Store
from metrics.queue_log import Fault, Faults

__all__ = ["CDR_COLUMNS", "CdrPlan", "CdrTotals", "UnknownColumns", "import_cdr"]

CDR_COLUMNS: Final = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata"),
    *("start", "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield"),
)
"""Of cdr_csv, in its order; the last two only with `loguniqueid` and `loguserfield`."""
NEEDED: Final = ("src", "dst", "dcontext", "start", "end", "disposition", "uniqueid")
BUSY: Final = ("BUSY", "CONGESTION")
PORTION: Final = 10_000
SPREAD: Final = 2_000
"""Calls that are kept back at the end of a portion: the records of one call are written close to each other."""


class UnknownColumns(ValueError):
    """The columns that were named lack some that are needed."""


class CdrPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to read. `contexts`: whose calls came in; none: nothing is stored, and the contexts are counted."""

    files: Sequence[Path]
    system: str
    own: str
    zone: ZoneInfo
    columns: Sequence[str] = CDR_COLUMNS
    contexts: frozenset[str] = frozenset()


class CdrTotals(msgspec.Struct, kw_only=True):
    """What came of it."""

    files: int = 0
    records: int = 0
    calls: int = 0
    """That came in by one of the contexts, each once."""
    busy: int = 0
    own: int = 0
    dispositions: dict[str, int] = {}
    """Of the records, as the file says it."""
    contexts: dict[str, int] = {}
    since: float | None = None
    until: float = 0.0
    faults: Faults = msgspec.field(default_factory=Faults)


class _Call(msgspec.Struct, gc=False):
    number: str
    did: str
    opened_at: float
    ended_at: float
    busy: bool


async def import_cdr(plan: CdrPlan, database: Database | None, tell: Callable[[int], None]) -> CdrTotals:
    """Read all files, and put the calls that came in into the database (None: only read). Raises FileUnreadable, UnknownColumns
    and what the database raises."""
    missing = [name for name in NEEDED if name not in plan.columns]
    if missing:
        raise UnknownColumns(f"the columns lack {', '.join(missing)} (there are: {', '.join(plan.columns)})")
    totals = CdrTotals(files=len(plan.files))
    store = Store(database) if database is not None else None
    if store is not None:
        await store.prepare()
    calls: dict[str, _Call] = {}
    done = 0
    for path in dict.fromkeys(plan.files):
        for position in _read(path, plan, totals, calls):
            tell(done + position)
            if len(calls) >= PORTION:
                await _put(store, plan, totals, calls, SPREAD)
        done += size_of(path)
    await _put(store, plan, totals, calls, 0)
    return totals


def _read(path: Path, plan: CdrPlan, totals: CdrTotals, calls: dict[str, _Call]) -> Iterator[int]:
    place = {name: n for n, name in enumerate(plan.columns)}
    where = [place[name] for name in NEEDED]
    enough = max(where)
    moments = _Moments(plan.zone)
    with unpacked(path) as (file, below):
        texts = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
        reader = csv.reader(text.replace("\0", "") for text in texts)
        for row in reader:
            if not row:
                continue
            if len(row) <= enough:
                totals.faults.note(Fault.CUT, f"{path}:{reader.line_num}")
                continue
            src, dst, context, start, end, disposition, unique = (row[n] for n in where)
            try:
                began, ended = moments(start), moments(end)
            except ValueError:
                if row[place["src"]].lower() != "src":  # a line with the columns' names
                    totals.faults.note(Fault.NO_TIME, f"{path}:{reader.line_num}")
                continue
            totals.records += 1
            totals.dispositions[disposition] = totals.dispositions.get(disposition, 0) + 1
            totals.contexts[context] = totals.contexts.get(context, 0) + 1
            if plan.own and unique.startswith(plan.own):
                totals.own += 1
            elif context in plan.contexts and unique:
                _merge(calls, unique, _Call(src, dst, began, max(began, ended), disposition in BUSY))
                totals.since = min(totals.since or began, began)
                totals.until = max(totals.until, began)
            if reader.line_num % 5000 == 0:
                yield below.tell()
        yield below.tell()


def _merge(calls: dict[str, _Call], unique: str, call: _Call) -> None:
    """Several records of one call: the first number dialled, the whole time; busy only if all of it was."""
    known = calls.get(unique)
    if known is None:
        calls[unique] = call
        return
    if call.opened_at < known.opened_at:
        known.did = call.did
    known.opened_at, known.ended_at = min(known.opened_at, call.opened_at), max(known.ended_at, call.ended_at)
    known.busy = known.busy and call.busy


async def _put(store: Store | None, plan: CdrPlan, totals: CdrTotals, calls: dict[str, _Call], keep: int) -> None:
    rows: list[tuple[Any, ...]] = []
    for unique in list(calls)[: len(calls) - keep]:
        call = calls.pop(unique)
        totals.calls += 1
        totals.busy += call.busy
        known = {
            "call": f"{plan.system}-{unique}",
            "opened_at": call.opened_at,
            "ended_at": call.ended_at,
            "number": call.number,
            "did": call.did,
            "name": "",
            "vip": 0,
            "rules": "",
            "disposition": Disposition.BLOCKED.value if call.busy else None,
        }
        rows.append(tuple(known.get(column) for column in COLUMNS["calls"]))
    if store is not None and rows:
        await store.put(Portion(rows, [], [], []))


class _Moments:
    """Times of a CDR: local ones of a zone, or epoch seconds."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known = ("", 0.0)

    def __call__(self, text: str) -> float:
        """Raises ValueError."""
        if text != self._known[0]:
            if text.replace(".", "", 1).isdigit():
                self._known = (text, float(text))
            else:
                moment = datetime.fromisoformat(text)
                self._known = (text, (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).timestamp())
        return self._known[1]
