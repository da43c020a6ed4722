"""The way from an empty database to today's tables, one numbered file in `versions` for each change of the model.

A new one is written by hand after the pattern of the last, named by its number, `down_revision` pointing to the one before.
"""

import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

__all__ = ["upgrade"]

ONE_IN_A_PROCESS: Final = threading.Lock()
"""Alembic keeps the upgrade under way in a global variable."""


def upgrade(connection: Connection) -> None:
    """Run what is missing inside the connection's transaction: all of it or nothing. Blocks."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    with ONE_IN_A_PROCESS:
        command.upgrade(config, "head")
