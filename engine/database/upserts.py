"""Rows of the spool into SQL: each inserts its key or updates just the columns it names, so writing it twice is harmless."""

import functools
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.database.models import METADATA
from engine.facts import Row

__all__ = ["RowsRefused", "fold", "upsert"]

TABLES: Final[dict[str, Table]] = {name: table for metadata in METADATA for name, table in metadata.tables.items()}


class RowsRefused(Exception):
    """The database is well but will not take these rows as they are; trying them again would not help."""


def fold(rows: Sequence[Row]) -> list[Row]:
    """One row for each key, in which the later of two values stands: what the rows come to when written in their order."""
    folded: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        identity = (row.table, *sorted(row.key.items()))
        earlier = folded.get(identity)
        folded[identity] = row if earlier is None else Row(row.table, row.key, earlier.values | row.values)
    return list(folded.values())


async def upsert(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """Write the rows, one statement for each set of columns. Raises RowsRefused when the rows are at fault."""
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[dict[str, Any]]] = {}
    for row in fold(rows):
        group = (row.table, tuple(sorted(row.key)), tuple(sorted(row.values)))
        groups.setdefault(group, []).append(row.key | row.values)
    for (table, key, columns), values in groups.items():
        statement = _statement(connection.dialect.name, table, key, columns)
        try:
            await connection.execute(statement, values)
        except (StatementError, OverflowError) as error:
            if _is_at_fault(error):
                raise RowsRefused(str(error).splitlines()[0]) from error
            raise


@functools.lru_cache(maxsize=256)
def _statement(dialect: str, name: str, key: tuple[str, ...], columns: tuple[str, ...]) -> Insert:
    table = TABLES.get(name)
    if table is None:
        raise RowsRefused(f"there is no table {name!r}")
    if set(key) != {column.name for column in table.primary_key} or not set(columns) <= set(table.columns.keys()):
        raise RowsRefused(f"the columns {[*key, *columns]} do not fit the table {name!r}")
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if not columns:
        return insert.on_conflict_do_nothing(index_elements=key)
    return insert.on_conflict_do_update(
        index_elements=key, set_={column: insert.excluded[column] for column in columns}
    )


def _is_at_fault(error: Exception) -> bool:
    """Whether the values are to blame: SQLSTATE class 22 (data) or 23 (constraint), or a value the driver cannot pass on."""
    if isinstance(error, IntegrityError | DataError | OverflowError):
        return True
    if not isinstance(error, DBAPIError):  # a value could not be converted before the database was even asked
        return isinstance(error, StatementError)
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str) and state:
        return state[:2] in ("22", "23")
    return isinstance(error.orig.__cause__, ValueError | OverflowError) if error.orig else False
