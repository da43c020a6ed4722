"""Frames on their way to one desktop, and the many desktops that hear the same.

A desktop that reads too slowly holds up nobody: its frames are dropped and it is cut off, comes back, and gets a snapshot.
"""

import asyncio
from collections import deque
from typing import Final

__all__ = ["MOST_BYTES", "Feed", "FeedClosed", "FeedOverrun"]

MOST_BYTES: Final = 1_000_000


class FeedOverrun(Exception):
    """The desktop did not read in time: close the connection, it will come back for a snapshot."""


class FeedClosed(Exception):
    """The engine is stopping."""


class Feed:
    """A bounded line of encoded frames for one reader. `full`: whether its reader may see whole phone numbers.

    One frame there is always room for: else the snapshot of a big floor would cut off everybody who comes for it."""

    def __init__(self, *, full: bool = False, most_bytes: int = MOST_BYTES) -> None:
        self.full = full
        self._most_bytes = most_bytes
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._end: type[Exception] | None = None
        self._stirred = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Line up a frame. Never blocks and never fails: an overrun shows to the reader."""
        if self._end is not None:
            return
        if self._frames and self._bytes + len(frame) > self._most_bytes:
            self._finish(FeedOverrun)
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        self._stirred.set()

    def close(self) -> None:
        """No more frames; the reader learns it at once."""
        self._finish(FeedClosed)

    async def next(self) -> bytes:
        """The next frame. Raises FeedOverrun or FeedClosed."""
        while not self._frames:
            if self._end is not None:
                raise self._end
            self._stirred.clear()
            await self._stirred.wait()
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        return frame

    def _finish(self, end: type[Exception]) -> None:
        self._end = end
        self._frames.clear()
        self._bytes = 0
        self._stirred.set()
