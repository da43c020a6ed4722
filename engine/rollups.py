"""The stored counts follow the facts: each minute what has changed is counted again.

In a thread with an event loop of its own: putting such statements together takes milliseconds at a time, in which no caller
could be offered to anybody. The interpreter gives way to the engine's own loop within a fraction of one.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from engine.database.connection import Database, DatabaseNotReady
from engine.database.intervals import roll_up_changed, roll_up_days

__all__ = ["keep_rolled_up"]

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0
STOP_S: Final = 2.0


async def keep_rolled_up(
    database: Database, zone: ZoneInfo, now: Callable[[], float], every_s: float = EVERY_S
) -> None:
    """`zone`: whose days are summed. Runs until cancelled, whatever goes wrong. What could not be counted is noted in the
    database, and is counted the next time."""
    beside = await _opened(database, min(every_s, 1.0))
    failing = False
    async with _loop_beside(beside) as loop:
        while True:
            try:
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_roll_up(beside, zone, now()), loop))
                failing = False
            except (DatabaseNotReady, SQLAlchemyError, OSError, TimeoutError) as error:
                if not failing:
                    reason = str(error).split("\n")[0]
                    log.warning("the counts by quarter of an hour are not brought up to date: %s", reason)
                failing = True
            except Exception:  # nobody would begin again with a task that has ended
                log.exception("the counts by quarter of an hour are not brought up to date")
            await asyncio.sleep(every_s)


async def _opened(database: Database, pause_s: float) -> Database:
    """Once it can be reached: who writes the facts says meanwhile why it cannot."""
    while True:
        try:
            await database.open()
            return database.beside()
        except (DatabaseNotReady, SQLAlchemyError, OSError, TimeoutError):
            await asyncio.sleep(pause_s)


async def _roll_up(database: Database, zone: ZoneInfo, now: float) -> None:
    await roll_up_changed(database)
    await roll_up_days(database, zone, now)


@asynccontextmanager
async def _loop_beside(database: Database) -> AsyncIterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread; at the end what it was doing is broken off, and the database closed."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="counts by quarter", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        closing = asyncio.run_coroutine_threadsafe(database.close(), loop)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(closing), STOP_S)
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join, STOP_S)
        if not thread.is_alive():
            loop.close()
