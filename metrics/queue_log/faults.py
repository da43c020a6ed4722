"""What in a log cannot be what app_queue wrote: counted by kind and shown by example, so that nothing is passed over in silence
and nothing is guessed."""

from enum import StrEnum
from typing import Final

import msgspec

__all__ = ["EXAMPLES", "Fault", "Faults"]

EXAMPLES: Final = 5
"""Places kept of each kind."""


class Fault(StrEnum):
    """Kinds. Lines of the first group are not used; those of the second are, as far as they go."""

    CUT = "cut"
    """Fewer fields than its event has."""
    NUL = "nul"
    """Holds NUL characters: a disk that lost power."""
    NO_TIME = "no_time"
    NO_NUMBER = "no_number"
    """Text where its event has a number."""
    UNKNOWN_EVENT = "unknown_event"
    ORPHAN = "orphan"
    """Of a call that has no such stay in a queue now: its entry or its connect is missing."""
    TWICE = "twice"
    """The same entry again."""
    FROM_BEFORE = "from_before"
    """Of a call that began before the first line: the file before tells the rest of it."""

    BACKWARDS = "backwards"
    """Earlier than the line before by more than TOLERANCE_S: taken with its own time."""
    NO_END = "no_end"
    """An entry, or a talk, that never ends: what is known of it counts, its end does not."""


class Faults(msgspec.Struct):
    """How many of each, and where the first of them stand (`file:line`)."""

    counts: dict[Fault, int] = {}
    places: dict[Fault, list[str]] = {}

    def note(self, fault: Fault, place: str) -> None:
        """One more."""
        self.counts[fault] = self.counts.get(fault, 0) + 1
        places = self.places.setdefault(fault, [])
        if len(places) < EXAMPLES:
            places.append(place)

    def add(self, others: "Faults") -> None:
        """Those of another part of the input."""
        for fault, count in others.counts.items():
            self.counts[fault] = self.counts.get(fault, 0) + count
            self.places[fault] = [*self.places.get(fault, ()), *others.places.get(fault, ())][:EXAMPLES]
