"""Whole portions of rows into the database, one transaction each: past the spool, which is for facts that arrive one by one.

A row that is there already is written over by the same values; what the CDR alone knows of a call is kept. A stretch of an
agent's time is only written where none of his is: another file, or a running engine, has told of it already.
"""

import asyncio
import functools
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.database.changes import note_quarters
from engine.database.connection import Database
from engine.importing.rows import COLUMNS, KEYS, Portion
from metrics.intervals import interval_of

__all__ = ["Store"]

PATIENCE: Final = 30
"""Tries while an engine writes into the same SQLite file."""
PAUSE_S: Final = 0.5
DAY_S: Final = 86_400.0
UNIQUE_VIOLATION: Final = "23505"
"""SQLSTATE."""
SQLITE_FOR_BULK: Final = ("cache_size=-200000", "busy_timeout=20000", "wal_autocheckpoint=8000")
"""Pages of four tables' indexes are used again and again: they stay in memory (200 MB), and go to the file now and then."""

OPENED_AT: Final = COLUMNS["calls"].index("opened_at")
STARTED_AT: Final = COLUMNS["agent_intervals"].index("started_at")
ENDED_AT: Final = COLUMNS["agent_intervals"].index("ended_at")
BOOKED_AT: Final = tuple(
    (table, COLUMNS[table].index(column))
    for table, column in (
        ("calls", "opened_at"),
        ("segments", "entered_at"),
        ("offers", "ended_at"),
        ("offers", "talk_ended_at"),
    )
)
"""Tables and the column that says in which quarter a row counts."""

TWO_TELL: Final = {
    "opened_at": "CASE WHEN calls.{0} < excluded.{0} THEN calls.{0} ELSE excluded.{0} END",
    "ended_at": "CASE WHEN excluded.{0} IS NULL OR calls.{0} > excluded.{0} THEN calls.{0} ELSE excluded.{0} END",
    **dict.fromkeys(("number", "did"), "CASE WHEN excluded.{0} = '' THEN calls.{0} ELSE excluded.{0} END"),
    **dict.fromkeys(("disposition", "left_in", "ended_by", "queue", "agent"), "COALESCE(excluded.{0}, calls.{0})"),
}
"""A call may be told of by the queue_log and by the CDR: each says what it knows, the widest stretch of time holds."""


class Store:
    """`put` portions into an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sqlite = database.dialect == "sqlite"
        self._is_alone: bool | None = None
        """Whether there was no agents' time in the database from when the log begins on; None: not looked yet."""

        self._is_new = True
        """Whether no row has been there already, so far."""

    def expect_overlaps(self) -> None:
        """What comes now may tell of the same time as what came before."""
        self._is_alone = False

    async def put(self, portion: Portion) -> None:
        """All of it, or nothing."""
        for _ in range(PATIENCE):
            try:
                async with self._database.transaction() as connection:
                    await self._write(connection, portion)
                return
            except OperationalError as error:
                if "locked" not in str(error):
                    raise
                await asyncio.sleep(PAUSE_S)
        raise TimeoutError("the database is busy: another program has been writing into it all the time")

    async def _write(self, connection: AsyncConnection, portion: Portion) -> None:
        await connection.exec_driver_sql("SELECT 1")  # only now PostgreSQL's driver is in the transaction
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        if self._is_alone is None and portion.agent_intervals:
            self._is_alone = await _is_free_from(connection, min(row[1] for row in portion.agent_intervals))
        await note_quarters(connection, _quarters(portion))
        filled = [(table, rows) for table in COLUMNS if (rows := getattr(portion, table))]
        if not self._sqlite and self._is_new and self._is_alone is not False:
            try:
                await _copy_straight(driver, filled)
                return
            except Exception as error:
                if getattr(error, "sqlstate", "") != UNIQUE_VIOLATION:
                    raise
                self._is_new = False
        for table, rows in filled:
            alone = table != "agent_intervals" or bool(self._is_alone)
            if self._sqlite:
                await driver.executemany(_sqlite_insert(table, alone), rows)
            else:
                await _copy(driver, table, alone, rows)

    async def prepare(self) -> None:
        """Once, before the first portion."""
        if self._sqlite:
            async with self._database.transaction() as connection:
                raw = await connection.get_raw_connection()
                for pragma in SQLITE_FOR_BULK:
                    await raw.driver_connection.execute(f"PRAGMA {pragma}")  # type: ignore[union-attr]


def _quarters(portion: Portion) -> set[int]:
    """Which quarters these rows are counted in. The other source of a call may have had it begin a little earlier or later."""
    quarters = {
        interval_of(at) for table, column in BOOKED_AT for row in getattr(portion, table) if (at := row[column])
    }
    began = {interval_of(row[OPENED_AT]) for row in portion.calls}
    quarters |= {quarter + 1 for quarter in began} | {quarter - 1 for quarter in began}
    for row in portion.agent_intervals:
        quarters.update(range(interval_of(row[STARTED_AT]), interval_of(row[ENDED_AT]) + 1))
    return quarters


async def _is_free_from(connection: AsyncConnection, moment: float) -> bool:
    query = text("SELECT 1 FROM agent_intervals WHERE started_at >= :since LIMIT 1")
    return (await connection.execute(query, {"since": moment - DAY_S})).first() is None


async def _copy_straight(driver: Any, filled: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]) -> None:
    """By COPY into the tables themselves, at half the cost: all or nothing, if one of the rows is there already."""
    async with driver.transaction():
        for table, rows in filled:
            await driver.copy_records_to_table(table, records=rows, columns=COLUMNS[table])


async def _copy(driver: Any, table: str, alone: bool, rows: Sequence[tuple[Any, ...]]) -> None:
    """By COPY into a table of this transaction's own, and from there into the real one."""
    columns = COLUMNS[table]
    beside = f"import_{table}"
    names = ", ".join(columns)
    await driver.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {beside} ON COMMIT DELETE ROWS AS SELECT {names} FROM {table} LIMIT 0"  # noqa: S608
    )
    await driver.copy_records_to_table(beside, records=rows, columns=columns)
    await driver.execute(_from_beside(table, beside, alone))


@functools.cache
def _sqlite_insert(table: str, alone: bool) -> str:
    columns = COLUMNS[table]
    head = f"INSERT INTO {table} ({', '.join(columns)})"
    if not alone:
        return f"{head} SELECT {_marks(table)} {_where_free(table, '?1', '?2', '?5')}"
    return f"{head} VALUES ({_marks(table)}) {_on_conflict(table)}"


@functools.cache
def _from_beside(table: str, beside: str, alone: bool) -> str:
    names = ", ".join(COLUMNS[table])
    if not alone:
        chosen = _where_free(table, "p.agent", "p.started_at", "p.ended_at")
        return f"INSERT INTO {table} ({names}) SELECT {names} FROM {beside} p {chosen} ON CONFLICT DO NOTHING"  # noqa: S608
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {beside} {_on_conflict(table)}"  # noqa: S608


def _marks(table: str) -> str:
    return ", ".join(f"?{n}" for n in range(1, len(COLUMNS[table]) + 1))


def _on_conflict(table: str) -> str:
    key = KEYS[table]
    if table == "agent_intervals":
        return "ON CONFLICT DO NOTHING"
    told = TWO_TELL if table == "calls" else {}
    changed = ", ".join(
        f"{column} = {told.get(column, 'excluded.{0}').format(column)}"
        for column in COLUMNS[table]
        if column not in key
    )
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"


def _where_free(table: str, agent: str, start: str, end: str) -> str:
    """The last stretch of his that begins before this one's end is over when this one begins."""
    last = f"SELECT ended_at FROM {table} e WHERE e.agent = {agent} AND e.started_at < {end}"  # noqa: S608
    return f"WHERE NOT EXISTS (SELECT 1 FROM ({last} ORDER BY e.started_at DESC LIMIT 1) last WHERE last.ended_at > {start})"  # noqa: S608
