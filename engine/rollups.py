"""The stored counts follow the facts: each minute what has changed is counted again."""

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from engine.database.connection import Database, DatabaseNotReady
from engine.database.intervals import roll_up_changed

__all__ = ["keep_rolled_up"]

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0


async def keep_rolled_up(database: Database, every_s: float = EVERY_S) -> None:
    """Runs until cancelled. What could not be counted is noted in the database, and is counted the next time."""
    failing = False
    while True:
        try:
            await roll_up_changed(database)
            failing = False
        except (DatabaseNotReady, SQLAlchemyError, OSError, TimeoutError) as error:
            if database.is_open and not failing:
                failing = True
                log.warning(
                    "the counts by quarter of an hour are not brought up to date: %s", str(error).split("\n")[0]
                )
        await asyncio.sleep(every_s)
