"""Finished facts in SQL: SQLite embedded, PostgreSQL for the grown-up house, one model for both.

SQL is the truth about what is over, and about nothing else: no voice path waits for it. `models` are the tables, `migrations`
make them, `connection` opens the database, `upserts` and `writer` bring the spool into it, `queries` answer the API.
"""

from engine.database.connection import Database, DatabaseNotReady, DatabaseTooNew
from engine.database.writer import SpoolWriter

__all__ = ["Database", "DatabaseNotReady", "DatabaseTooNew", "SpoolWriter"]
