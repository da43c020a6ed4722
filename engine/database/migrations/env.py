"""Alembic runs this file for every upgrade; the connection and its transaction come from the caller (see `upgrade`)."""

from typing import Final

from alembic import context
from sqlalchemy import Connection, text

from engine.database.models import METADATA

ONE_AT_A_TIME: Final = 4_001_001
"""Number of the advisory lock that keeps two engines from migrating one PostgreSQL at once (SQLite: BEGIN IMMEDIATE)."""


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
    context.configure(
        connection=connection, target_metadata=list(METADATA), transactional_ddl=True, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
