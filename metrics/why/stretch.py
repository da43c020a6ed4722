"""What is known of a stretch of time: the data an explanation is made of, and nothing else."""

from collections.abc import Sequence

import msgspec

from metrics.definitions import AgentTimes, QueueCounts, Sums

__all__ = ["REFUSED", "Part", "Pause", "Stretch", "refusals"]

REFUSED = ("declined", "no_answer", "unreachable")
"""Outcomes of an offer the agent did not take."""


class Part(msgspec.Struct, frozen=True):
    """An interval of the stretch, with the callers' counts and the times of the agents who served them."""

    start: float
    end: float
    counts: QueueCounts
    agents: AgentTimes


class Pause(msgspec.Struct, frozen=True):
    """A break that lasted longer than the rules allow."""

    agent: str
    lasted_s: float
    allowed_s: float

    @property
    def over_s(self) -> float:
        return self.lasted_s - self.allowed_s


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of time, of a queue or of the whole site. Times are seconds since the epoch.

    `parts` cut it into intervals, none left out: those of the days compared lie at the same times of their days. What is not
    known is left empty, and nothing is then said of it.
    """

    start: float
    end: float
    counts: QueueCounts
    agents: AgentTimes
    """Of all who serve the queue, or of everybody; whole, whichever of their queues they worked for."""
    parts: tuple[Part, ...] = ()
    queues: dict[str, QueueCounts] = {}
    """Of the site: by queue."""
    people: dict[str, Sums] = {}
    """By agent who serves the queue, or of all: his counts and times whole, whichever of his queues they were for."""
    reasons: dict[str, float] = {}
    """By reason, how long agents were not ready."""
    pauses: tuple[Pause, ...] = ()

    @property
    def sums(self) -> Sums:
        return Sums(self.counts, self.agents)

    @property
    def in_parts(self) -> Sequence[Part]:
        return self.parts or (Part(self.start, self.end, self.counts, self.agents),)


def refusals(counts: QueueCounts) -> int:
    """Offers that agents did not take."""
    return sum(counts.offers.get(outcome, 0) for outcome in REFUSED)
