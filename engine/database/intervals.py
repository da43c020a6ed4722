"""Counts by quarter of an hour, stored: filled by counting anew, read as slices of any length.

There is one way to fill them, for live days, imported ones and those that were mended: counting anew. What stood there goes,
so it may be done as often as one likes; one does it at a time, whoever it is (engine, import, audit), so that no older count
overwrites a newer one.
"""

import contextlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import fields
from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, func, insert, literal, or_, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from acd.model import OfferOutcome
from engine.database.changes import changed_run, how_many_changed, strike_out
from engine.database.connection import Database
from engine.database.days import NUMBERS, SHORTEST_DAY, next_days, sum_again, sum_days, summed_days
from engine.database.models import DayRow, IntervalRow
from engine.database.recount import recount, recount_together
from metrics.definitions import AgentTimes, QueueCounts
from metrics.dimensions import STORED, Dimension
from metrics.intervals import INTERVAL_S, interval_of

__all__ = [
    "Slice",
    "agent_times",
    "count_what_is_left",
    "raw_slices",
    "roll_up",
    "roll_up_changed",
    "roll_up_days",
    "row_of",
    "slices",
]

AT_ONCE: Final = 96
"""Quarters counted in one go: who writes facts waits as long at most, on SQLite."""
CHANGED_AT_ONCE: Final = 8
DAYS_AT_ONCE: Final = 16
MOST_STRETCHES: Final = 40
"""Between summed days; where there are more, days do not fit the periods."""
FEW: Final = 12
"""Periods of which each is counted by itself from the facts; more are cheaper in one go."""
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
    for begin in range(first, last, AT_ONCE):
        quarters = range(begin, min(begin + AT_ONCE, last))
        for by in STORED:
            async with database.transaction() as connection:
                await _one_at_a_time(connection)
                await _count(connection, by, quarters)
        if progress is not None:
            progress((quarters.stop - first) / (last - first))


async def roll_up_changed(
    database: Database, at_once: int = CHANGED_AT_ONCE, progress: Callable[[float], None] | None = None
) -> int:
    """Count anew the quarters of which facts have come since they were counted, and return how many those were. `progress`
    hears the share that is done."""
    counted = 0
    while True:
        async with database.session() as session:
            quarters = await changed_run(session, at_once)
            if quarters and progress is not None:
                progress(counted / (counted + await how_many_changed(session)))
        if not quarters:
            return counted
        async with database.transaction() as connection:
            await _one_at_a_time(connection)
            await strike_out(connection, quarters)
            for by in STORED:
                await _count(connection, by, quarters)
        counted += len(quarters)


async def count_what_is_left(database: Database) -> None:
    """As `roll_up_changed`, for commands that read: an engine that ended has left its last minute uncounted. Where SQLite is
    being written to, an engine runs, and counts by itself."""
    with contextlib.suppress(OperationalError):
        await roll_up_changed(database)


async def roll_up_days(database: Database, zone: ZoneInfo, now: float) -> int:
    """Sum the days that are over, and return how many those were."""
    summed = 0
    while True:
        async with database.session() as session:
            days = await next_days(session, zone, now, DAYS_AT_ONCE)
        if not days:
            return summed
        async with database.transaction() as connection:
            await _one_at_a_time(connection)
            await sum_days(connection, days)
        summed += len(days)


async def _one_at_a_time(connection: AsyncConnection) -> None:
    """Wait until nobody else counts. Facts are written and counts read meanwhile; but on SQLite a transaction that writes is
    the only one: its first statement must be one, or it would have to give up when another came between."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE intervals IN SHARE ROW EXCLUSIVE MODE"))


async def _count(connection: AsyncConnection, by: Dimension, quarters: range) -> None:
    table = TABLE.c
    await connection.execute(
        delete(IntervalRow).where(table.dimension == by, table.quarter >= quarters.start, table.quarter < quarters.stop)
    )
    async with AsyncSession(connection) as session:
        counted = await recount(session, by, float(quarters.start * INTERVAL_S), float(quarters.stop * INTERVAL_S))
        rows = [row_of(by, quarter, key, *sums) for (quarter, key), sums in counted.items()]
    for at in range(0, len(rows), ROWS_AT_ONCE):
        await connection.execute(insert(IntervalRow), rows[at : at + ROWS_AT_ONCE])
    await sum_again(connection, by, quarters)


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
    *,
    together: bool = False,
) -> list[Slice]:
    """What is stored of these periods (whole quarters), one slice for each period and key there is something of. `together`:
    of all keys one, under no key."""
    length = _common_length(periods)
    if length is None:
        return [one for period in periods for one in await _read(session, by, [period], keys, together=together)]
    return await _read(session, by, periods, keys, length, together=together)


async def raw_slices(
    session: AsyncSession,
    by: Dimension,
    periods: Sequence[tuple[float, float]],
    keys: Collection[str] | None = None,
) -> list[Slice]:
    """The same from the facts themselves, for periods that are not stored or not to be trusted."""
    if len(periods) <= FEW:
        apart = [await recount_together(session, by, *period) for period in periods]
    else:
        apart = await _recount_many(session, by, periods)
    return [
        Slice(start, end, key, *sums)
        for (start, end), counted in zip(periods, apart, strict=True)
        for key, sums in sorted(counted.items())
        if keys is None or key in keys
    ]


async def _recount_many(
    session: AsyncSession, by: Dimension, periods: Sequence[tuple[float, float]]
) -> list[dict[str, tuple[QueueCounts, AgentTimes]]]:
    """One look at all the facts for periods that follow each other; what they come to is put together afterwards."""
    starts = [interval_of(start) for start, _ in periods]
    parts: list[dict[str, list[tuple[QueueCounts, AgentTimes]]]] = [defaultdict(list) for _ in periods]
    for (quarter, key), sums in (await recount(session, by, periods[0][0], periods[-1][1])).items():
        number = bisect_right(starts, quarter) - 1
        if quarter < interval_of(periods[number][1]):
            parts[number][key].append(sums)
    return [
        {
            key: (QueueCounts.total(counts for counts, _ in of_it), AgentTimes.total(times for _, times in of_it))
            for key, of_it in part.items()
        }
        for part in parts
    ]


async def agent_times(
    session: AsyncSession, periods: Sequence[tuple[float, float]], agents: Collection[str] | None = None
) -> list[AgentTimes]:
    """What all agents, or these, did together in each of these periods (whole quarters): of thousands of agents one row."""
    together = await slices(session, Dimension.AGENT, periods, agents, together=True)
    found = {(one.start, one.end): one.agents for one in together}
    return [found.get(period, AgentTimes()) for period in periods]


async def _read(
    session: AsyncSession,
    by: Dimension,
    periods: Sequence[tuple[float, float]],
    keys: Collection[str] | None,
    length: int = 0,
    *,
    together: bool,
) -> list[Slice]:
    first, last = interval_of(periods[0][0]), interval_of(periods[-1][1])
    each = length or last - first

    def number(quarter: Any) -> Any:
        return (quarter - first) // each

    days, rest = await _days_and_rest(session, first, last, number) if each >= SHORTEST_DAY else ([], [(first, last)])
    statements = []
    if rest:
        between = or_(*(_within(TABLE.c.quarter, one) for one in rest))
        statements.append(_sums(TABLE.c, number, by, keys, together=together).where(between))
    if days:
        table = DayRow.__table__.c
        summed = summed_days(first, last, number).subquery()
        of_days = _sums(table, number, by, keys, together=together)
        statements.append(of_days.join(summed, summed.c.quarter == table.quarter))
    found: dict[tuple[int, str], list[RowMapping]] = {}
    for statement in statements:
        for row in (await session.execute(statement)).mappings():
            found.setdefault((row["period"], row["key"]), []).append(row)
    return [_slice(periods[period], key, found[period, key]) for period, key in sorted(found)]


async def _days_and_rest(
    session: AsyncSession, first: int, last: int, number: Callable[[Any], Any]
) -> tuple[list[range], list[tuple[int, int]]]:
    """The summed days to be read, and the quarters between them."""
    days = [range(*one) for one in (await session.execute(summed_days(first, last, number))).all()]
    rest, at = [], first
    for day in [*days, range(last, last)]:
        if day.start > at:
            rest.append((at, day.start))
        at = day.stop
    return (days, rest) if len(rest) <= MOST_STRETCHES else ([], [(first, last)])


def _sums(
    table: Any, number: Callable[[Any], Any], by: Dimension, keys: Collection[str] | None, *, together: bool
) -> Select[Any]:
    period, key = number(table.quarter), literal("").label("key") if together else table.key
    sums = (func.sum(table[name]).label(name) for name in NUMBERS)
    found = select(period.label("period"), key, *sums).where(table.dimension == by)
    found = found.group_by(period) if together else found.group_by(period, table.key)
    return found if keys is None else found.where(table.key.in_(keys))


def _within(quarter: Any, stretch: tuple[int, int]) -> ColumnElement[bool]:
    return and_(quarter >= stretch[0], quarter < stretch[1])


def _slice(period: tuple[float, float], key: str, rows: Sequence[RowMapping]) -> Slice:
    parts = [_counted(row) for row in rows]
    counts, times = QueueCounts.total(one for one, _ in parts), AgentTimes.total(one for _, one in parts)
    return Slice(period[0], period[1], key, counts, times)


def _counted(row: RowMapping) -> tuple[QueueCounts, AgentTimes]:
    offers = {outcome.value: row[f"offers_{outcome}"] for outcome in OUTCOMES if row[f"offers_{outcome}"]}
    counts = QueueCounts(**{name: row[name] for name in COUNTS}, offers=offers)
    return counts, AgentTimes(**{name: row[f"agent_{name}"] for name in TIMES})


def _common_length(periods: Iterable[tuple[float, float]]) -> int | None:
    """In quarters, when the periods follow each other and are equally long."""
    length, end = None, None
    for start, stop in periods:
        quarters = interval_of(stop) - interval_of(start)
        if length not in (None, quarters) or end not in (None, start):
            return None
        length, end = quarters, stop
    return length
