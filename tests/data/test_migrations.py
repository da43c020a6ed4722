"""From an empty database to today's tables, on both databases."""

import asyncio
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession

from engine.database import Database, DatabaseNotReady, DatabaseTooNew
from engine.database.models import METADATA
from engine.site import REPOSITORY

VERSIONS = sorted(file.stem for file in (REPOSITORY / "engine/database/migrations/versions").glob("[0-9]*.py"))


async def versions_in(session: AsyncSession) -> Sequence[str]:
    return (await session.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    found = compare_metadata(context, list(METADATA))  # type: ignore[arg-type]
    return [one for one in found if not (one[0] == "remove_table" and one[1].name == "alembic_version")]


async def test_an_empty_database_gets_exactly_the_tables_of_the_model(database: Database) -> None:
    async with database.transaction() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_an_up_to_date_database_changes_nothing(database_url: str) -> None:
    for _ in range(2):
        database = Database(database_url)
        await database.open()
        async with database.session() as session:
            assert (await session.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == [
                VERSIONS[-1][:4]
            ]
        await database.close()


async def test_a_database_of_the_first_version_keeps_its_calls_and_gets_the_new_columns(database_url: str) -> None:
    database = Database(database_url)
    await database.open()
    async with database.transaction() as connection:
        await connection.run_sync(downgraded)
        await connection.execute(
            text(
                "INSERT INTO calls (call, opened_at, number, name, did, vip, rules)"
                " VALUES ('old-1.1', 1.0, '13800138000', '', '4001', 0, 'v1')"
            )
        )
    await database.close()
    again = Database(database_url)
    await again.open()
    async with again.session() as session:
        assert (await session.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == [
            VERSIONS[-1][:4]
        ]
        found = await session.execute(text("SELECT call, customer, attributes FROM calls"))
        assert [tuple(row) for row in found.all()] == [("old-1.1", None, None)]
    async with again.transaction() as connection:
        assert await connection.run_sync(differences) == []
    await again.close()


def downgraded(connection: Connection) -> None:
    """Back to the tables of the first version."""
    with Operations.context(MigrationContext.configure(connection)):
        for version in reversed(VERSIONS[1:]):
            import_module(f"engine.database.migrations.versions.{version}").downgrade()
    connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))


async def test_engines_that_start_at_once_make_the_tables_once(database_url: str) -> None:
    program = "import asyncio, sys; from engine.database import Database; asyncio.run(Database(sys.argv[1]).open())"
    starts = [asyncio.create_subprocess_exec(sys.executable, "-c", program, database_url) for _ in range(3)]
    processes = await asyncio.gather(*starts)
    assert [await process.wait() for process in processes] == [0, 0, 0]


async def test_two_openings_in_one_process_do_not_disturb_each_other(database_url: str) -> None:
    both = [Database(database_url), Database(database_url)]
    await asyncio.gather(*(database.open() for database in both))
    assert all(database.is_open for database in both)
    for database in both:
        await database.close()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database_url: str) -> None:
    database = Database(database_url)
    await database.open()
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(DatabaseTooNew, match="another version"):
        await Database(database_url).open()


async def test_a_migration_that_fails_half_way_leaves_nothing_half_made(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "half.db") as raw:
        raw.execute("CREATE TABLE recordings (something)")
    with pytest.raises(DatabaseNotReady, match="recordings already exists"):
        await Database(f"sqlite:///{tmp_path}/half.db").open()
    assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("recordings",)]
    raw.close()


async def test_a_database_that_cannot_be_reached_says_which_and_why(tmp_path: Path) -> None:
    for url in (f"postgresql://hotline:secret@/none?host={tmp_path}", "sqlite:////proc/none/hotline.db"):
        with pytest.raises(DatabaseNotReady, match="cannot be used") as refused:
            await Database(url).open()
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["mysql://host/name", "hotline.db", "", "://"])
def test_a_url_of_another_kind_is_refused_with_the_two_that_are_right(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:////path.*postgresql://user"):
        Database(url)
