"""Opening the database: the right driver, the tables brought up to date, sessions.

SQLite runs in WAL mode, so that readers and the one writer do not wait for each other, and with `synchronous=FULL`: what has
left the spool must be on the disk.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import URL, NullPool, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

__all__ = ["Database", "DatabaseNotReady", "DatabaseTooNew"]

CONNECT_S: Final = 5.0
SQLITE_LOCK_S: Final = 2.0
MIGRATE_S: Final = 120.0

DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


class DatabaseNotReady(RuntimeError):
    """The database cannot be used now; history is not available, finished facts wait in the spool, calls go on."""


class DatabaseTooNew(DatabaseNotReady):
    """The database was made by a newer Hotline: start that version, or give this one a database of its own."""


class Database:
    """One SQL database. Nothing is touched before `open`. The URL is `sqlite:////path/to/file.db` or
    `postgresql://user:password@host/name`; anything else raises ValueError."""

    def __init__(self, url: str) -> None:
        self._url = _with_driver(url)
        self._engine: AsyncEngine | None = None
        self._opening = asyncio.Lock()

    @property
    def dialect(self) -> str:
        """sqlite | postgresql"""
        return self._url.get_backend_name()

    @property
    def is_open(self) -> bool:
        """Whether `open` has succeeded; a database that went away since then shows in the errors of those who use it."""
        return self._engine is not None

    async def open(self) -> None:
        """Bring the tables up to date (in a thread: it reads files) and get ready. Again: does nothing.

        Raises DatabaseNotReady, or DatabaseTooNew, saying which database and why.
        """
        async with self._opening:
            if self._engine is None:
                await asyncio.to_thread(_migrate, self._url)
                self._engine = _engine(self._url, "BEGIN")

    def beside(self) -> "Database":
        """The same database with connections of its own, for the event loop of another thread; `close` it there. Raises
        DatabaseNotReady before this one was opened: the tables are up to date then."""
        self._opened()
        other = Database(self._url.render_as_string(hide_password=False))
        other._engine = _engine(other._url, "BEGIN")
        return other

    async def close(self) -> None:
        """Close all connections."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session for reading. Raises DatabaseNotReady when the database cannot be reached now."""
        async with AsyncSession(self._opened(), expire_on_commit=False) as session:
            try:
                await session.connection()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                raise DatabaseNotReady(_because(self._url, error)) from error
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose work is committed at the end, or rolled back on an error."""
        async with self._opened().begin() as connection:
            yield connection

    def _opened(self) -> AsyncEngine:
        if self._engine is None:
            raise DatabaseNotReady(f"the database {self._url.render_as_string()} is not open")
        return self._engine


def _with_driver(text: str) -> URL:
    try:
        url = make_url(text)
        driver = DRIVERS[url.get_backend_name()]
    except (ArgumentError, KeyError):
        raise ValueError(
            "database url: expected sqlite:////path/to/file.db or postgresql://user:password@host/name,"
            f" got one that begins with {text.split(':', maxsplit=1)[0][:30]!r}"
        ) from None
    return url.set(drivername=driver)


def _migrate(url: URL) -> None:
    """Blocks; has an event loop of its own because the drivers are asynchronous."""
    from alembic.util import CommandError  # noqa: PLC0415 - in this thread: callers must not wait for it after a restart

    try:
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        asyncio.run(_migrated(url))
    except CommandError as error:
        raise DatabaseTooNew(
            f"the database {url.render_as_string()} was made by another version of Hotline ({error}):"
            " start the newer version, or give this one a database of its own"
        ) from error
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise DatabaseNotReady(_because(url, error)) from error


def _because(url: URL, error: Exception) -> str:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"the database {url.render_as_string()} cannot be used: {reason}"


async def _migrated(url: URL) -> None:
    from engine.database.migrations import upgrade  # noqa: PLC0415 - likewise

    engine = _engine(url, "BEGIN IMMEDIATE", poolclass=NullPool)
    try:
        async with asyncio.timeout(MIGRATE_S), engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def _engine(url: URL, begin: str, **options: Any) -> AsyncEngine:
    sqlite = url.get_backend_name() == "sqlite"
    if not sqlite and "poolclass" not in options:
        options |= {"pool_pre_ping": True}
    engine = create_async_engine(
        url,
        connect_args={"timeout": SQLITE_LOCK_S if sqlite else CONNECT_S},
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
        **options,
    )
    if sqlite:
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Python's driver would begin transactions by rules of its own and leave table changes out of them."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
