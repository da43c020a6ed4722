"""The people: what agents.yaml says about each, in the form the core uses."""

from enum import StrEnum
from typing import NewType

import msgspec

__all__ = ["AgentId", "AgentSettings", "BreakRule", "Membership", "QueueId", "Takes"]

AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)


class Takes(StrEnum):
    """Which of his queues an agent who comes free is given a caller from."""

    MOST_URGENT = "most-urgent"
    """Whoever is most urgent of all who wait in any of his queues."""
    IN_ORDER = "in-order"
    """His first queue as long as anyone waits there, then the second, ..."""


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent serves one of his queues, where it is not the usual way."""

    tier: int = 0
    """He is asked only when nobody of a lower tier is free (app_queue: penalty)."""
    after_s: float = 0.0
    """Reserve: he is given only callers who have waited so long, in seconds."""
    share: float = 1.0
    """Weighted random: his part of the calls, next to the others' parts."""


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One agent as configured. `queues` are the queues he serves, `groups` the teams he belongs to."""

    id: AgentId
    name: str
    queues: tuple[QueueId, ...] = ()
    groups: tuple[str, ...] = ()
    memberships: dict[QueueId, Membership] = {}
    """For the queues he does not serve in the usual way."""
    skills: dict[str, int] = {}
    """What he can do, and how well: levels from 1 up. A skill that is not named is level 0."""
    takes: Takes = Takes.MOST_URGENT
    capacity: dict[str, int] = msgspec.field(default_factory=lambda: {"voice": 1})
    """How many contacts of each medium he has at once. There is one medium yet, and one call at a time."""

    def membership(self, queue: QueueId) -> Membership:
        """How he serves this queue."""
        return self.memberships.get(queue, _USUAL)


class BreakRule(msgspec.Struct, frozen=True, kw_only=True):
    """Who of a group may be on a break, and for how long."""

    at_most: int | None = None
    """So many of the group at once; who asks for one more is told to wait. None: no limit."""
    longest_s: float | None = None
    """A longer break is an overrun: it shows on the floor and in the records. None: no limit. Seconds."""
    reasons: tuple[str, ...] = ("break",)
    """The not-ready reasons that count as such a break."""


_USUAL = Membership()
