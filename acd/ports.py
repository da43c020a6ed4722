"""What the runner needs from the world, by role. Adapters are elsewhere (cti, engine); tests use fakes."""

from collections.abc import Sequence
from typing import Protocol

from acd.commands import Command
from acd.events import Event
from acd.records import Record

__all__ = ["Clock", "Journal", "RecordSink", "Telephony"]


class Clock(Protocol):
    """Seconds since the epoch on a scale that never runs backwards or jumps while the process lives."""

    def __call__(self) -> float: ...


class Journal(Protocol):
    """Keeps every event before anything is done about it."""

    def append(self, event: Event, now: float) -> None:
        """Hand the event to the operating system; returns when a kill of this process cannot lose it any more."""
        ...


class Telephony(Protocol):
    """Carries out commands. Never blocks and never raises: a command that cannot be carried out comes back as an event."""

    def carry_out(self, command: Command) -> None: ...


class RecordSink(Protocol):
    """Takes records as they become true (SQL spool, figures, desktops). Never blocks, never raises."""

    def __call__(self, records: Sequence[Record], now: float) -> None: ...
