"""The running engine's own counts of a quarter, over its API."""

from collections.abc import Awaitable, Callable

import aiohttp
import msgspec

from metrics.intervals import Book

__all__ = ["Live", "live_over_http"]

Live = Callable[[int], Awaitable[Book | None]]
"""By quarter; None: the engine does not have it (any more)."""


class _Answer(msgspec.Struct):
    book: Book | None


def live_over_http(session: aiohttp.ClientSession, url: str) -> Live:
    """Raises aiohttp.ClientError when nobody answers, or refuses."""

    async def ask(quarter: int) -> Book | None:
        async with session.get(f"{url}/api/audit/live/{quarter}") as answer:
            answer.raise_for_status()
            return msgspec.json.decode(await answer.read(), type=_Answer).book

    return ask
