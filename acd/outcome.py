"""What a step decided."""

import msgspec

from acd.commands import Command
from acd.records import Record

__all__ = ["Outcome"]


class Outcome(msgspec.Struct, kw_only=True, eq=False):
    """Commands to carry out, records to keep. A `terse` one is without what only people look at, the reasons (Decision)
    and the expected waits: a simulation saves their cost. What is decided is the same."""

    commands: list[Command] = []
    records: list[Record] = []
    terse: bool = False
