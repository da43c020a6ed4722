"""What a flow's conditions see of the floor. Pure."""

from acd.floor import FREE, Floor
from acd.model import IN_QUEUE, CallId, QueueId
from acd.pacing import expected_for_the_next
from agents.state import AgentState
from ivr.conditions import CallFacts, QueueFacts

__all__ = ["call_facts", "queue_facts"]

_AWAY = (AgentState.OFFLINE, AgentState.NOT_READY)


def call_facts(floor: Floor, call: CallId) -> CallFacts:
    """What is known of a caller; nothing, if the floor does not know him."""
    found = floor.calls.get(call)
    if found is None:
        return CallFacts()
    return CallFacts(vip=found.vip, customer=found.customer, attributes=found.attributes, queue=found.queue)


def queue_facts(floor: Floor, queue: QueueId, now: float) -> QueueFacts | None:
    """The queue as it is now; None if there is none of that name. Who has an agent's phone ringing still waits."""
    rules = floor.rules.queues.get(queue)
    if rules is None:
        return None
    standings = floor.standings[queue]
    expected = expected_for_the_next(floor, rules, now)
    return QueueFacts(
        waiting=sum(
            call.queue == queue and call.state in IN_QUEUE and call.callback is None for call in floor.calls.values()
        ),
        ready=standings.get(FREE, 0),
        on_duty=len(floor.rules.members[queue]) - sum(standings.get(state, 0) for state in _AWAY),
        expected_s=expected.middle_s if expected else None,
    )
