"""How many work items of each queue are not done: read from SQL, where people's steps are, a moment after something changed."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from acd.model import QueueId
from acd.records import CallbackClosed, CallbackOpened, CallEnded, MessageTaken, Record
from cti.http.services import HistoryUnavailable
from desk.items import ItemState
from desk.store import Wanted, count_items
from engine.database.connection import Database
from engine.database.reading import reading
from engine.facts import GIVEN_UP

__all__ = ["OpenItems"]

log = logging.getLogger(__name__)

SETTLES_S: Final = 5.0
"""A record's row is in SQL by then, as a rule; and a busy floor makes nobody look more often."""
EVERY_S: Final = 30.0
"""What was late is seen at the latest after this."""

ByQueue = Mapping[QueueId, Mapping[str, int]]


class OpenItems:
    """A record sink. `tell` is given the counts by queue and kind each time they have been read."""

    def __init__(self, database: Database, tell: Callable[[ByQueue], None], settles_s: float = SETTLES_S) -> None:
        self._database = database
        self._settles_s = settles_s
        self._tell = tell
        self._stale = asyncio.Event()

    def __call__(self, records: Sequence[Record], now: float) -> None:
        """Look soon when there may be more to do, or less."""
        if any(_changes_items(record) for record in records):
            self.look_soon()

    def look_soon(self) -> None:
        """Somebody took a step."""
        self._stale.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                self._tell(await self.read())
            except HistoryUnavailable as error:
                log.debug("work items cannot be counted: %s", error)
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._stale.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self._settles_s)
            self._stale.clear()

    async def read(self) -> ByQueue:
        """The counts. Raises HistoryUnavailable."""
        found: dict[QueueId, dict[str, int]] = defaultdict(dict)
        async with reading(self._database) as session:
            for state in (ItemState.OPEN, ItemState.TAKEN):
                for count in await count_items(session, Wanted(state=state)):
                    if count.queue is not None:
                        kinds = found[count.queue]
                        kinds[count.kind] = kinds.get(count.kind, 0) + count.items
        return dict(found)


def _changes_items(record: Record) -> bool:
    if isinstance(record, CallEnded):
        return record.disposition in GIVEN_UP
    return isinstance(record, MessageTaken | CallbackOpened | CallbackClosed)
