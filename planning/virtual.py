"""The core under a virtual clock: the one place of planning that feeds it.

What lies ahead is a heap of happenings, merged with the deadlines the core asks for; time jumps from one to the next. As in
the live runner an event told while another is worked on is taken up right after it, and the core is never entered twice.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable
from typing import Any

from acd.core import Outcome, Refused, next_deadline, step
from acd.events import DeadlinePassed, Event, LinkRegained, RulesLoaded
from acd.floor import Floor
from acd.ports import Journal
from acd.rules import Rules

__all__ = ["VirtualFloor"]

DEADLINE = DeadlinePassed()


class VirtualFloor:
    """A floor whose time only goes where `run` takes it. `listen` is given the outcome of each step; it may tell more.
    `journal`: where to keep the events, as a live runner would."""

    def __init__(
        self, rules: Rules, start: float, listen: Callable[[Outcome], None], journal: Journal | None = None
    ) -> None:
        self.now = start
        self.events = 0
        self.refused: list[tuple[Event, str]] = []
        """Events that asked for what was not possible then, and why."""
        self.floor = Floor.under(rules)
        self._listen = listen
        self._journal = journal
        self._future: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._count = 0
        self._inbox: deque[Event] = deque()
        self._busy = False
        if journal is not None:
            journal.append(RulesLoaded(rules=rules), start)
        self.tell(LinkRegained())

    def tell(self, event: Event) -> None:
        """Let the event happen now."""
        if self._busy:
            self._inbox.append(event)
            return
        self._busy = True
        try:
            self._take(event)
            while self._inbox:
                self._take(self._inbox.popleft())
        finally:
            self._busy = False

    def later(self, at: float, act: Callable[[Any], None], subject: Any) -> None:
        """Call `act(subject)` when the time has come; what falls into one moment happens in the order it was asked for."""
        self._count += 1
        heapq.heappush(self._future, (at, self._count, act, subject))

    def run(self, until: float = math.inf) -> None:
        """Let everything happen up to and including this moment. Without one: until nothing is left to happen."""
        future, floor = self._future, self.floor
        while True:
            deadline = next_deadline(floor)
            at = future[0][0] if future else math.inf
            if deadline is not None and deadline < at:
                if deadline > until:
                    break
                self.now = max(self.now, deadline)
                self.tell(DEADLINE)
            elif at > until or not future:
                break
            else:
                _, _, act, subject = heapq.heappop(future)
                self.now = max(self.now, at)
                act(subject)
        if until < math.inf:
            self.now = max(self.now, until)

    def _take(self, event: Event) -> None:
        self.events += 1
        if self._journal is not None:
            self._journal.append(event, self.now)
        try:
            outcome = step(self.floor, event, self.now, terse=True)  # nobody asks why
        except Refused as refused:
            self.refused.append((event, refused.error))
            return
        self._listen(outcome)
