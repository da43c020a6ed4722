"""Whom a record of the core concerns: the agents and queues that look different after it."""

from collections.abc import Sequence

from acd.model import QueueId
from acd.records import (
    AgentChanged,
    CallAnswered,
    CallbackAttempted,
    CallbackClosed,
    CallbackOpened,
    EmergencyBegan,
    EmergencyOver,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    Record,
)
from acd.rules import Rules
from agents.roster import AgentId

__all__ = ["Changes"]


class Changes:
    """Agents and queues that changed, each once, in the order they did."""

    def __init__(self) -> None:
        self._agents: dict[AgentId, None] = {}
        self._queues: dict[QueueId, None] = {}

    def __bool__(self) -> bool:
        return bool(self._agents or self._queues)

    def note(self, records: Sequence[Record], rules: Rules) -> None:
        """Gather what these records changed."""
        for record in records:
            self._note(record, rules)

    def note_queues(self, *queues: QueueId) -> None:
        """Queues that changed in a way of which there is no record."""
        self._queues.update(dict.fromkeys(queues))

    def take(self) -> tuple[list[AgentId], list[QueueId]]:
        """All that has gathered; from here on it gathers anew."""
        taken = list(self._agents), list(self._queues)
        self._agents.clear()
        self._queues.clear()
        return taken

    def _note(self, record: Record, rules: Rules) -> None:
        match record:
            case AgentChanged():
                self._agents[record.agent] = None
                settings = rules.agents.get(record.agent)
                self.note_queues(*(settings.queues if settings else ()))
            case EmergencyBegan() | EmergencyOver():
                self.note_queues(*(record.queues or rules.queues))
            case (
                QueueEntered()
                | QueueLeft()
                | OfferMade()
                | OfferEnded()
                | CallAnswered()
                | CallbackOpened()
                | CallbackAttempted()
                | CallbackClosed()
            ):
                self._queues[record.queue] = None
            case _:
                pass
