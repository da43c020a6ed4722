"""The routing decisions of the last while, in memory, so that a live call can be explained without asking the database."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from acd.model import CallId
from acd.records import Decision, Record

__all__ = ["DecisionRing"]

MOST_DECISIONS: Final = 2000


class DecisionRing:
    """A record sink that keeps the newest decisions."""

    def __init__(self, most: int = MOST_DECISIONS) -> None:
        self._most = most
        self._order: deque[CallId] = deque()
        self._by_call: dict[CallId, deque[Decision]] = {}

    def __call__(self, records: Sequence[Record], now: float) -> None:
        """Keep the decisions among these records, and forget the oldest ones."""
        for record in records:
            if isinstance(record, Decision):
                self._by_call.setdefault(record.call, deque()).append(record)
                self._order.append(record.call)
        while len(self._order) > self._most:
            self._forget(self._order.popleft())

    def of(self, call: CallId) -> tuple[Decision, ...]:
        """What is kept of this call, in order. It is everything if the first one's number is 1."""
        return tuple(self._by_call.get(call, ()))

    def _forget(self, call: CallId) -> None:
        decisions = self._by_call[call]
        decisions.popleft()
        if not decisions:
            del self._by_call[call]
