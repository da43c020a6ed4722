"""What a flow's conditions see of the floor. Pure."""

from acd.floor import FREE, Floor
from acd.model import QueueId
from acd.pacing import expected_for_the_next
from ivr.conditions import QueueFacts

__all__ = ["queue_facts"]


def queue_facts(floor: Floor, queue: QueueId, now: float) -> QueueFacts | None:
    """The queue as it is now; None if there is none of that name. Who has an agent's phone ringing still waits."""
    rules = floor.rules.queues.get(queue)
    if rules is None:
        return None
    expected = expected_for_the_next(floor, rules, now)
    return QueueFacts(
        waiting=floor.present[queue],
        ready=floor.standings[queue].get(FREE, 0),
        on_duty=floor.on_duty(queue),
        expected_s=expected.middle_s if expected else None,
    )
