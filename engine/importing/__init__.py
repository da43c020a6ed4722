"""Old days brought into the database: Asterisk's queue_log and its CDR. Files in, rows out, in portions; nothing of a running
engine is touched, and what is there already stays as it is."""

from engine.importing.commands import add_commands

__all__ = ["add_commands"]
