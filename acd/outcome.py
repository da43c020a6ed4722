"""What a step decided."""

from acd.commands import Command
from acd.records import Record

__all__ = ["Outcome"]


class Outcome:
    """Commands to carry out, records to keep. A `terse` one is without what only people look at, the reasons (Decision)
    and the expected waits: a simulation saves their cost. What is decided is the same."""

    __slots__ = ("commands", "records", "terse")

    def __init__(self, *, terse: bool = False) -> None:
        self.commands: list[Command] = []
        self.records: list[Record] = []
        self.terse = terse
