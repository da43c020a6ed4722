"""Work on the database that is too long for the loop callers wait on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from engine.database.connection import Database

__all__ = ["apart"]

T = TypeVar("T")


async def apart(database: Database, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do it in a thread, with an event loop and connections of its own: a month's sums take a second of computing. Who gives
    up waiting does not stop it. Raises DatabaseNotReady when the database is not open, and whatever the work raises."""
    own = database.another()

    async def alone() -> T:
        try:
            return await work(own)
        finally:
            await own.close()

    return await asyncio.to_thread(lambda: asyncio.run(alone()))
