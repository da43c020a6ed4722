"""The stored counts follow the facts: each minute what has changed is counted again."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from engine.database.connection import Database, DatabaseNotReady
from engine.database.intervals import roll_up_changed, roll_up_days

__all__ = ["keep_rolled_up"]

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0


async def keep_rolled_up(
    database: Database, zone: ZoneInfo, now: Callable[[], float], every_s: float = EVERY_S
) -> None:
    """`zone`: whose days are summed. Runs until cancelled. What could not be counted is noted in the database, and is counted
    the next time."""
    failing = False
    while True:
        try:
            await roll_up_changed(database)
            await roll_up_days(database, zone, now())
            failing = False
        except (DatabaseNotReady, SQLAlchemyError, OSError, TimeoutError) as error:
            if database.is_open and not failing:
                failing = True
                log.warning(
                    "the counts by quarter of an hour are not brought up to date: %s", str(error).split("\n")[0]
                )
        await asyncio.sleep(every_s)
