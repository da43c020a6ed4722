"""The commands about when the hotline is open: hours, holidays, close, open."""

from engine.hours.commands import add_commands

__all__ = ["add_commands"]
