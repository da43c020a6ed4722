"""Sums of whole days of the site's, beside the counts by quarter of an hour: a year of a hundred agents is read in their place.

The days that are summed follow each other without a gap, empty ones too; where the site's time zone was changed one is
shorter, so that no quarter is summed twice. What is counted again in one of them is summed again in the same transaction, so
nobody who reads ever finds a day that is neither.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from engine.database.models import DayRow, IntervalRow, SummedDayRow
from metrics.dimensions import STORED, Dimension
from metrics.intervals import INTERVAL_S, interval_of
from metrics.periods import midnight

__all__ = ["NUMBERS", "SHORTEST_DAY", "next_days", "sum_again", "sum_days", "summed_days"]

SHORTEST_DAY: Final = 92
"""Quarters: the clock is put forward by an hour."""
LATE: Final = 4
"""Quarters after its end in which most of what belongs to a day has come."""
NUMBERS: Final = [one.name for one in IntervalRow.__table__.columns if one.name not in ("dimension", "quarter", "key")]


async def next_days(session: AsyncSession, zone: ZoneInfo, now: float, at_most: int) -> list[range]:
    """Days that are over and not summed: after those that are, and before them as far as there are counts (an import)."""
    summed = SummedDayRow
    first, last = (await session.execute(select(func.min(summed.quarter), func.max(summed.until)))).one()
    oldest = await _oldest(session)
    if oldest is None:
        return []
    found: list[range] = []
    while len(found) < at_most:
        day = _day_of(oldest if last is None else last, zone)
        if day.stop + LATE > interval_of(now):
            break
        found.append(day if last is None else range(last, day.stop))
        last = day.stop
    while first is not None and first > oldest and len(found) < at_most:
        found.append(range(_day_of(first - 1, zone).start, first))
        first = found[-1].start
    return found


async def sum_days(connection: AsyncConnection, days: list[range]) -> None:
    """Put the sums of these days beside their quarters."""
    for day in days:
        for by in STORED:
            await _sum(connection, by, day)
        await connection.execute(insert(SummedDayRow), {"quarter": day.start, "until": day.stop})


async def sum_again(connection: AsyncConnection, by: Dimension, quarters: range) -> None:
    """These quarters were counted again: so is each summed day they lie in."""
    row = SummedDayRow
    touched = select(row.quarter, row.until).where(row.quarter < quarters.stop, row.until > quarters.start)
    for start, stop in (await connection.execute(touched)).all():
        await connection.execute(delete(DayRow).where(_days().dimension == by, _days().quarter == start))
        await _sum(connection, by, range(start, stop))


def summed_days(first: int, last: int, number: Callable[[Any], Any]) -> Select[int, int]:
    """The summed days that lie within one period; `number` says in which period a quarter lies."""
    row = SummedDayRow
    within = and_(row.quarter >= first, row.until <= last, number(row.quarter) == number(row.until - 1))
    return select(row.quarter, row.until).where(within).order_by(row.quarter)


async def _sum(connection: AsyncConnection, by: Dimension, day: range) -> None:
    table = IntervalRow.__table__.c
    sums = (
        select(literal(str(by)), literal(day.start), table.key, *(func.sum(table[name]) for name in NUMBERS))
        .where(table.dimension == by, table.quarter >= day.start, table.quarter < day.stop)
        .group_by(table.key)
    )
    await connection.execute(insert(DayRow).from_select(["dimension", "quarter", "key", *NUMBERS], sums))


async def _oldest(session: AsyncSession) -> int | None:
    """The first quarter with counts: by dimension, for the index."""
    table = IntervalRow.__table__.c
    found = [await session.scalar(select(func.min(table.quarter)).where(table.dimension == by)) for by in STORED]
    return min((one for one in found if one is not None), default=None)


def _day_of(quarter: int, zone: ZoneInfo) -> range:
    """The site's day a quarter lies in."""
    day = datetime.fromtimestamp(quarter * INTERVAL_S, zone).date()
    return range(interval_of(midnight(day, zone)), interval_of(midnight(day + timedelta(days=1), zone)))


def _days() -> Any:
    return DayRow.__table__.c
