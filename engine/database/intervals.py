"""Counts by quarter of an hour, stored: filled by counting anew, read as slices of any length.

There is one way to fill them (`roll_up`), for live days, imported ones and those that were mended: what stood there goes, so
it may be done as often as one likes.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import fields
from sqlalchemy import RowMapping, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from acd.model import OfferOutcome
from engine.database.connection import Database
from engine.database.models import IntervalRow
from engine.database.recount import Counted, recount
from metrics.definitions import AgentTimes, QueueCounts
from metrics.dimensions import STORED, Dimension
from metrics.intervals import INTERVAL_S, interval_of

__all__ = ["Slice", "agent_times", "roll_up", "row_of", "slices"]

AT_ONCE_S: Final = 86400.0
"""How much is counted in one go."""
ROWS_AT_ONCE: Final = 500

TABLE: Final = IntervalRow.__table__
COUNTS: Final = tuple(field.name for field in fields(QueueCounts) if field.name != "offers")
OUTCOMES: Final = tuple(OfferOutcome)
TIMES: Final = tuple(field.name for field in fields(AgentTimes))


class Slice(msgspec.Struct, frozen=True):
    """The counts of one key in a stretch of time, seconds since the epoch. Agents' times are those of agents alone."""

    start: float
    end: float
    key: str
    counts: QueueCounts
    agents: AgentTimes


async def roll_up(
    database: Database, since: float, until: float, progress: Callable[[float], None] | None = None
) -> None:
    """Count anew the quarters that `since` to `until` touches. `progress` hears the share that is done."""
    first, last = interval_of(since), interval_of(until - 0.001) + 1
    at_once = int(AT_ONCE_S // INTERVAL_S)
    for begin in range(first, last, at_once):
        end = min(begin + at_once, last)
        for by in STORED:
            async with database.session() as session:
                counted = await recount(session, by, float(begin * INTERVAL_S), float(end * INTERVAL_S))
            async with database.transaction() as connection:  # reads nothing first: SQLite lets it wait for its turn
                await _replace(connection, by, begin, end, counted)
        if progress is not None:
            progress((end - first) / (last - first))


async def _replace(connection: AsyncConnection, by: Dimension, begin: int, end: int, counted: Counted) -> None:
    table = TABLE.c
    await connection.execute(
        delete(IntervalRow).where(table.dimension == by, table.quarter >= begin, table.quarter < end)
    )
    rows = [row_of(by, quarter, key, *sums) for (quarter, key), sums in counted.items()]
    for at in range(0, len(rows), ROWS_AT_ONCE):
        await connection.execute(insert(IntervalRow), rows[at : at + ROWS_AT_ONCE])


def row_of(by: Dimension, quarter: int, key: str, counts: QueueCounts, times: AgentTimes) -> dict[str, Any]:
    """A row of the table: what is counted of a key in a quarter."""
    return {
        "dimension": str(by),
        "quarter": quarter,
        "key": key,
        **{name: getattr(counts, name) for name in COUNTS},
        **{f"offers_{outcome}": counts.offers.get(outcome, 0) for outcome in OUTCOMES},
        **{f"agent_{name}": getattr(times, name) for name in TIMES},
    }


async def slices(
    session: AsyncSession,
    by: Dimension,
    periods: Sequence[tuple[float, float]],
    keys: Collection[str] | None = None,
) -> list[Slice]:
    """What is stored of these periods (whole quarters), one slice for each period and key there is something of."""
    length = _common_length(periods)
    if length is None:
        return [one for period in periods for one in await _read(session, by, [period], keys)]
    return await _read(session, by, periods, keys, length)


async def agent_times(
    session: AsyncSession, periods: Sequence[tuple[float, float]], agents: Collection[str] | None = None
) -> list[AgentTimes]:
    """What all agents, or these, did together in each of these periods (whole quarters): of thousands of agents one row."""
    table = TABLE.c
    asked = select(*(func.coalesce(func.sum(table[f"agent_{name}"]), 0.0) for name in TIMES)).where(
        table.dimension == Dimension.AGENT
    )
    if agents is not None:
        asked = asked.where(table.key.in_(agents))
    found = []
    for start, end in periods:
        within = asked.where(table.quarter >= interval_of(start), table.quarter < interval_of(end))
        found.append(AgentTimes(*(await session.execute(within)).one()))
    return found


async def _read(
    session: AsyncSession,
    by: Dimension,
    periods: Sequence[tuple[float, float]],
    keys: Collection[str] | None,
    length: int = 0,
) -> list[Slice]:
    table = TABLE.c
    first, last = interval_of(periods[0][0]), interval_of(periods[-1][1])
    names = [column.name for column in TABLE.columns if column.name not in ("dimension", "quarter", "key")]
    number = (table.quarter - first) // (length or last - first)
    found = (
        select(number.label("period"), table.key, *(func.sum(table[name]).label(name) for name in names))
        .where(table.dimension == by, table.quarter >= first, table.quarter < last)
        .group_by(number, table.key)
        .order_by(number, table.key)
    )
    if keys is not None:
        found = found.where(table.key.in_(keys))
    return [_slice(periods[row["period"]], row) for row in (await session.execute(found)).mappings()]


def _slice(period: tuple[float, float], row: RowMapping) -> Slice:
    offers = {outcome.value: row[f"offers_{outcome}"] for outcome in OUTCOMES if row[f"offers_{outcome}"]}
    return Slice(
        start=period[0],
        end=period[1],
        key=row["key"],
        counts=QueueCounts(**{name: row[name] for name in COUNTS}, offers=offers),
        agents=AgentTimes(**{name: row[f"agent_{name}"] for name in TIMES}),
    )


def _common_length(periods: Iterable[tuple[float, float]]) -> int | None:
    """In quarters, when the periods follow each other and are equally long."""
    length, end = None, None
    for start, stop in periods:
        quarters = interval_of(stop) - interval_of(start)
        if length not in (None, quarters) or end not in (None, start):
            return None
        length, end = quarters, stop
    return length
