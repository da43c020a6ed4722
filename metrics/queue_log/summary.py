"""What a log comes to, by queue: what people compare with the reports they had before."""

import msgspec

__all__ = ["QueueSummary"]


class QueueSummary(msgspec.Struct):
    """One queue's stays. Durations are seconds."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    """Short ones included."""
    hold_s: float = 0.0
    """Of answered callers, in all."""
    talks: int = 0
    talk_s: float = 0.0
    exits: dict[str, int] = {}
    """Left with neither an agent nor a hang-up, by event."""
    no_end: int = 0
    orphans: int = 0

    @property
    def mean_hold_s(self) -> float | None:
        """None: nobody was answered."""
        return self.hold_s / self.answered if self.answered else None

    @property
    def mean_talk_s(self) -> float | None:
        """None: no talk has ended."""
        return self.talk_s / self.talks if self.talks else None

    def add(self, other: "QueueSummary") -> None:
        """The same queue's, in another part of the input."""
        for field in ("offered", "answered", "abandoned", "hold_s", "talks", "talk_s", "no_end", "orphans"):
            setattr(self, field, getattr(self, field) + getattr(other, field))
        for event, count in other.exits.items():
            self.exits[event] = self.exits.get(event, 0) + count
