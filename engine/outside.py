"""Figures from outside over SQL, as the API asks for them and tells them."""

import time
from collections.abc import Collection, Sequence

from sqlalchemy.exc import SQLAlchemyError

from cti.http.services import HistoryUnavailable
from engine.database.connection import Database, DatabaseNotReady
from engine.database.outside import entries, keep
from engine.database.reading import reading
from metrics.dimensions import Dimension
from metrics.outside import Entry

__all__ = ["SqlOutside"]


class SqlOutside:
    """cti.http.services.OutsideFigures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self,
        *,
        name: str | None,
        by: Dimension | None,
        keys: Collection[str] | None,
        since: float | None,
        until: float | None,
    ) -> Sequence[Entry]:
        async with reading(self._database) as session:
            return await entries(session, name=name, by=by, keys=keys, since=since, until=until)

    async def keep(self, new: Sequence[Entry]) -> int:
        try:
            async with self._database.transaction() as connection:
                return await keep(connection, new, time.time())
        except (DatabaseNotReady, SQLAlchemyError, OSError) as error:
            raise HistoryUnavailable(str(error)) from error
