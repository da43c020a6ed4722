"""SQL read for the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cti.http.services import HistoryUnavailable
from engine.database.connection import Database, DatabaseNotReady

__all__ = ["reading"]


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[AsyncSession]:
    """A session for reading; whatever keeps it from answering is HistoryUnavailable to who asks."""
    try:
        async with database.session() as session:
            yield session
    except (DatabaseNotReady, SQLAlchemyError, OSError) as error:
        raise HistoryUnavailable(str(error)) from error
