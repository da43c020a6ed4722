"""The stored counts follow the facts, batch by batch, whenever they are counted between and however often a batch comes."""

import random
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from engine.database import Database
from engine.database.changes import note_changes
from engine.database.intervals import Slice, agent_times, raw_slices, roll_up_changed, roll_up_days, slices
from engine.database.models import DayRow, SummedDayRow
from engine.database.upserts import upsert
from engine.facts import Row, rows_of
from metrics.dimensions import STORED, Dimension
from metrics.intervals import INTERVAL_S
from tests.data.test_recount import UNTIL
from tests.unit.metrics.records import NINE
from tests.unit.metrics.test_core_and_tally import Day

QUARTERS = [(float(at), float(at + INTERVAL_S)) for at in range(int(NINE) - 3600, int(UNTIL), INTERVAL_S)]


def rows_of_a_day(seed: int, happenings: int = 300) -> list[Row]:
    day = Day(seed)
    for _ in range(happenings):
        day.something_happens()
    return [row for record in day.records for row in rows_of(record)]


async def write(database: Database, rows: list[Row]) -> None:
    """As the spool's writer does."""
    async with database.transaction() as connection:
        await upsert(connection, rows)
        await note_changes(connection, rows)


async def is_true(database: Database) -> bool:
    """Whether what is stored is what the facts come to."""
    async with database.session() as session:
        for by in STORED:
            stored, raw = await slices(session, by, QUARTERS), await raw_slices(session, by, QUARTERS)
            assert [(one.start, one.key) for one in stored] == [(one.start, one.key) for one in raw]
            for one, other in zip(stored, raw, strict=True):
                for mine, its in ((one.counts, other.counts), (one.agents, other.agents)):
                    for name in mine.__struct_fields__:
                        assert getattr(mine, name) == pytest.approx(getattr(its, name)), (by, one.start, one.key, name)
    return True


@pytest.mark.parametrize("seed", range(2))
async def test_counts_are_right_whenever_they_are_brought_up_to_date(database: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same batches every time
    rows = rows_of_a_day(seed)
    at, batches = 0, 0
    while at < len(rows):
        batch = rows[at : at + chance.choice((10, 30, 60))]
        await write(database, batch)
        if chance.random() < 0.3:
            await write(database, batch)  # a writer that was cut off between SQL and cursor
        if chance.random() < 0.4:
            await roll_up_changed(database)
            batches += 1
        at += len(batch)
    assert batches
    await roll_up_changed(database)
    assert await is_true(database)
    assert await roll_up_changed(database) == 0


async def test_facts_that_come_while_it_counts_are_counted_the_next_time(database: Database) -> None:
    rows = rows_of_a_day(5, 120)
    half = len(rows) // 2
    await write(database, rows[:half])
    await roll_up_changed(database)
    await write(database, rows[half:])
    assert await roll_up_changed(database) > 0
    assert await is_true(database)


async def test_sums_of_days_read_the_same_as_their_quarters(database: Database) -> None:
    """Of a site ten hours behind, whose days begin in the middle of what happened; also after an import of older days."""
    rows = rows_of_a_day(6)
    await write(database, rows)
    await roll_up_changed(database)
    zone, day_s = ZoneInfo("Etc/GMT+10"), 86400.0
    midnight = (NINE // day_s) * day_s + 10 * 3600.0
    spans = [(midnight + n * day_s, midnight + (n + 1) * day_s) for n in range(-3, 3)]
    asked = ([(spans[0][0], spans[-1][1])], spans, [(spans[0][0] + 3600, spans[3][0] + 4500), (NINE, spans[-1][1])])
    async with database.session() as session:
        before = [await slices(session, by, one) for by in STORED for one in asked]
    assert await roll_up_days(database, zone, spans[-1][1] + day_s) > 2
    assert await roll_up_days(database, zone, spans[-1][1] + day_s) == 0
    async with database.session() as session:
        same([await slices(session, by, one) for by in STORED for one in asked], before)
        assert await session.scalar(select(func.count()).select_from(DayRow)) > 0  # type: ignore[operator]
    await write(database, rows[: len(rows) // 3])
    await roll_up_changed(database)
    async with database.session() as session:
        same([await slices(session, by, one) for by in STORED for one in asked], before)


async def test_no_quarter_is_in_two_days_when_the_sites_time_zone_was_changed(database: Database) -> None:
    rows = rows_of_a_day(6)
    await write(database, rows)
    await roll_up_changed(database)
    day_s = 86400.0
    span = (NINE // day_s * day_s - 2 * day_s, NINE // day_s * day_s + 4 * day_s)
    async with database.session() as session:
        before = [await slices(session, by, [span]) for by in STORED]
    await roll_up_days(database, ZoneInfo("Etc/GMT+10"), NINE + day_s)
    await roll_up_days(database, ZoneInfo("Etc/GMT-8"), span[1])
    async with database.session() as session:
        days = (await session.execute(select(SummedDayRow.quarter, SummedDayRow.until).order_by("quarter"))).all()
        assert all(one.until == after.quarter for one, after in pairwise(days))
        assert len(days) > 2
        same([await slices(session, by, [span]) for by in STORED], before)


async def test_a_stretch_of_summed_days_alone_is_read_without_any_quarter(database: Database) -> None:
    await write(database, rows_of_a_day(6))
    await roll_up_changed(database)
    await roll_up_days(database, ZoneInfo("UTC"), NINE + 3 * 86400.0)
    async with database.session() as session:
        first, last = (
            await session.execute(select(func.min(SummedDayRow.quarter), func.max(SummedDayRow.until)))
        ).one()
        span = (first * float(INTERVAL_S), last * float(INTERVAL_S))
        found, [times] = await slices(session, Dimension.AGENT, [span]), await agent_times(session, [span])
    assert times.ready_s == pytest.approx(sum(one.agents.ready_s for one in found))
    assert times.ready_s > 0


def same(found: list[list[Slice]], before: list[list[Slice]]) -> None:
    """But for the order in which seconds were added up."""
    for mine, its in zip(found, before, strict=True):
        assert [(one.start, one.end, one.key) for one in mine] == [(one.start, one.end, one.key) for one in its]
        for one, other in zip(mine, its, strict=True):
            for now, then in ((one.counts, other.counts), (one.agents, other.agents)):
                for name in now.__struct_fields__:
                    assert getattr(now, name) == pytest.approx(getattr(then, name)), (one.key, name)
