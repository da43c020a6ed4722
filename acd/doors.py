"""Whether a queue takes callers, what keeps it closed, and where they go instead. Looks only; nothing is changed here."""

from typing import Final

from acd.floor import Floor
from acd.model import EVERYWHERE, Emergency, QueueId
from acd.rules import Overflow, QueueRules

__all__ = ["BY_EMERGENCY", "CLOSED", "closed_by", "emergency_of", "is_closed", "way_out"]

BY_EMERGENCY: Final = "emergency"
CLOSED: Final = Overflow(prompt="closed")
"""Where callers of a closed queue go that says nothing about it."""


def emergency_of(floor: Floor, queue: QueueId) -> Emergency | None:
    """The emergency that keeps this queue closed: its own, before one of all queues."""
    return floor.emergencies.get(queue) or floor.emergencies.get(EVERYWHERE)


def is_closed(floor: Floor, queue: QueueId) -> bool:
    """Whether it takes no new callers."""
    return queue in floor.closed or emergency_of(floor, queue) is not None


def closed_by(floor: Floor, queue: QueueId) -> tuple[str, ...]:
    """What keeps it closed: "hours", "hand", "emergency"; empty while it is open."""
    emergency = (BY_EMERGENCY,) if emergency_of(floor, queue) else ()
    return (*floor.closed.get(queue, ()), *emergency)


def way_out(floor: Floor, queue: QueueRules) -> tuple[str, Overflow]:
    """Why callers of a closed queue are not kept, and where they go: in an emergency they only hear its announcement."""
    emergency = emergency_of(floor, queue.id)
    if emergency is not None:
        return BY_EMERGENCY, Overflow(prompt=emergency.prompt)
    return "closed", queue.closed or CLOSED
