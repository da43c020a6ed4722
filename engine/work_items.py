"""Work items over SQL and the folder of messages, as the API asks for them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from acd.model import MessageId
from cti.http.services import HistoryUnavailable
from desk.items import ItemId, Step, WorkItem
from desk.store import Count, Wanted, count_items, find_item, keep_step, list_items, steps_of
from engine.database.connection import Database, DatabaseNotReady
from engine.database.reading import reading
from recordings.ledger import RecordingNotThere
from recordings.messages import MessageFiles

__all__ = ["SqlWorkItems"]


class SqlWorkItems:
    """cti.http.services.WorkItems."""

    def __init__(self, database: Database, messages: MessageFiles, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called after each step."""
        self._database = database
        self._messages = messages
        self._changed = changed

    async def find(self, wanted: Wanted, limit: int) -> Sequence[WorkItem]:
        async with reading(self._database) as session:
            return await list_items(session, wanted, limit)

    async def counts(self, wanted: Wanted) -> Sequence[Count]:
        async with reading(self._database) as session:
            return await count_items(session, wanted)

    async def get(self, item: ItemId) -> WorkItem | None:
        async with reading(self._database) as session:
            return await find_item(session, item)

    async def steps(self, item: ItemId) -> Sequence[Step]:
        async with reading(self._database) as session:
            return await steps_of(session, item)

    async def change(self, before: WorkItem, now: WorkItem, step: Step) -> None:
        try:
            async with self._database.transaction() as connection:
                await keep_step(connection, before, now, step)
        except (DatabaseNotReady, SQLAlchemyError, OSError) as error:
            raise HistoryUnavailable(str(error)) from error
        self._changed()

    def audio(self, item: ItemId) -> Path:
        try:
            path = Path(f"{self._messages.sound(MessageId(item))}.wav")
        except ValueError as error:
            raise RecordingNotThere(str(error)) from error
        if not path.is_file():
            raise RecordingNotThere(f"the file of message {item} is gone")
        return path
