"""Work on the database that is too long for the loop callers wait on."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from engine.database.connection import Database

__all__ = ["apart"]

T = TypeVar("T")

AT_ONCE: Final = 2
"""More wait, also for what nobody waits for any longer: the machine is there for calls, and so are its other threads."""
_THREADS: Final = ThreadPoolExecutor(AT_ONCE, "reports")


async def apart(database: Database, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do it in a thread, with an event loop and connections of its own: a month's sums take a second of computing. Who gives
    up waiting does not stop it. Raises DatabaseNotReady when the database is not open, and whatever the work raises."""
    own = database.beside()

    async def alone() -> T:
        try:
            return await work(own)
        finally:
            await own.close()

    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: asyncio.run(alone()))
