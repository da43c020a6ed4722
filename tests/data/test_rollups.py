"""The task that keeps the stored counts up to date: beside the engine's loop, until it is told to end."""

import asyncio
import threading
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from engine.database import Database, DatabaseNotReady
from engine.database.intervals import roll_up_changed
from engine.rollups import keep_rolled_up
from tests.data.test_changed_intervals import is_true, rows_of_a_day, write
from tests.data.test_recount import UNTIL

ZONE = ZoneInfo("Asia/Shanghai")


async def test_what_changes_is_counted_soon_and_the_thread_ends_with_the_task(database: Database) -> None:
    task = asyncio.create_task(keep_rolled_up(database, ZONE, lambda: UNTIL, every_s=0.02))
    rows = rows_of_a_day(4, 120)
    for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        await write(database, half)
        async with asyncio.timeout(20.0):
            while await pending(database):  # noqa: ASYNC110 - another thread's work
                await asyncio.sleep(0.02)
        assert await is_true(database)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "counts by quarter" not in {thread.name for thread in threading.enumerate()}


async def test_a_defect_in_counting_does_not_end_it_for_good(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    counting = roll_up_changed
    times: list[None] = []

    async def fails_once(own: Database) -> int:
        times.append(None)
        if len(times) == 1:
            raise ZeroDivisionError("a defect")
        return await counting(own)

    monkeypatch.setattr("engine.rollups.roll_up_changed", fails_once)
    await write(database, rows_of_a_day(4, 40))
    task = asyncio.create_task(keep_rolled_up(database, ZONE, lambda: UNTIL, every_s=0.02))
    async with asyncio.timeout(20.0):
        while await pending(database):  # noqa: ASYNC110 - another thread's work
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert "a defect" in caplog.text


async def pending(database: Database) -> bool:
    async with database.session() as session:
        return bool(await session.scalar(text("SELECT count(*) FROM changed_intervals")))


def test_nothing_is_beside_a_database_that_is_not_open(database_url: str) -> None:
    with pytest.raises(DatabaseNotReady):
        Database(database_url).beside()
