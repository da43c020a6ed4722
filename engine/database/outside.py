"""Figures from outside, kept and read; what they mean stands in metrics.outside."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from msgspec.structs import asdict
from sqlalchemy import ColumnElement, delete, false, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from engine.database.models import OutsideFigureRow as Row
from metrics.dimensions import Dimension
from metrics.outside import Entry, Outside, Overlapping, outside_of, overlapping

__all__ = ["entries", "keep", "outside"]


async def entries(
    session: AsyncSession,
    *,
    name: str | None = None,
    by: Dimension | None = None,
    keys: Collection[str] | None = None,
    since: float | None = None,
    until: float | None = None,
) -> list[Entry]:
    """What was told of the time from `since` to `until`, in order."""
    wanted: list[ColumnElement[bool]] = []
    if name is not None:
        wanted.append(Row.name == name)
    if by is not None:
        wanted.append(Row.dimension == by.value)
    if keys is not None:
        wanted.append(Row.key.in_(keys))
    if since is not None:
        wanted.append(Row.until > since)
    if until is not None:
        wanted.append(Row.since < until)
    found = await session.execute(select(*_COLUMNS).where(*wanted).order_by(*_COLUMNS[:4]))
    return [_entry(row) for row in found]


async def outside(
    session: AsyncSession,
    by: Dimension,
    periods: Sequence[tuple[float, float]],
    keys: Collection[str] | None = None,
) -> dict[tuple[float, float, str], Outside]:
    """By period and key, what was told of it; those nothing was told of are not in it."""
    if not periods:
        return {}
    since, until = min(start for start, _ in periods), max(end for _, end in periods)
    told: dict[str, list[Entry]] = {}
    for entry in await entries(session, by=by, keys=keys, since=since, until=until):
        told.setdefault(entry.key, []).append(entry)
    found = {
        (start, end, key): outside_of(of_key, start, end) for key, of_key in told.items() for start, end in periods
    }
    return {place: figures for place, figures in found.items() if figures != Outside()}


async def keep(connection: AsyncConnection, new: Sequence[Entry], now: float) -> int:
    """All of them, or none; how many are new or changed. What is taken back goes first, whatever its place. Raises
    Overlapping."""
    await _one_at_a_time(connection)
    there = {_place(entry): entry for entry in await _there(connection, {entry.of for entry in new})}
    told = [entry for entry in new if entry.value is not None]
    gone = {_place(entry) for entry in new if entry.value is None}
    after = {place: entry for place, entry in there.items() if place not in gone}
    after |= {_place(entry): entry for entry in told}
    twice = overlapping(told) or overlapping(after.values())
    if twice is not None:
        raise Overlapping(*twice)
    fresh = [entry for place, entry in after.items() if not _same(entry, there.get(place))]
    stale = [place for place, entry in there.items() if not _same(entry, after.get(place))]
    for place in stale:
        await connection.execute(delete(Row).where(tuple_(Row.name, Row.dimension, Row.key, Row.since) == place))
    if fresh:
        await connection.execute(insert(Row), [_row(entry, now) for entry in fresh])
    return len({*stale, *map(_place, fresh)})


async def _one_at_a_time(connection: AsyncConnection) -> None:
    """Two who tell at once must see each other's numbers, or both are kept. On SQLite the first statement must be one that
    writes: as the second, it would be refused when a batch of facts came between."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE outside_figures IN SHARE ROW EXCLUSIVE MODE"))
    else:
        await connection.execute(delete(Row).where(false()))


async def _there(connection: AsyncConnection, of: Iterable[tuple[str, str, str]]) -> list[Entry]:
    found = await connection.execute(select(*_COLUMNS).where(tuple_(Row.name, Row.dimension, Row.key).in_(sorted(of))))
    return [_entry(row) for row in found]


_COLUMNS: Final = (Row.name, Row.dimension, Row.key, Row.since, Row.until, Row.value, Row.source)


def _same(one: Entry, other: Entry | None) -> bool:
    """Whether both say the same, wherever they are from."""
    return other is not None and (one.until, one.value) == (other.until, other.value)


def _place(entry: Entry) -> tuple[str, str, str, float]:
    return (*entry.of, entry.since)


def _entry(row: Any) -> Entry:
    return Entry(
        name=row.name,
        dimension=Dimension(row.dimension),
        key=row.key,
        since=row.since,
        until=row.until,
        value=row.value,
        source=row.source,
    )


def _row(entry: Entry, now: float) -> dict[str, object]:
    return {**asdict(entry), "dimension": entry.dimension.value, "entered_at": now}
