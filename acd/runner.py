"""Feeds the core: the one writer of a floor, with one timer.

Everything is done at once, in the caller's own turn of the event loop: journal, step, commands, records. An event told while
another is being worked on (a command that fails on the spot) is taken up right after it, so that the core is never entered
twice.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from acd.core import Outcome, Refused, next_deadline, step
from acd.events import DeadlinePassed, Event
from acd.floor import Floor
from acd.ports import Clock, Journal, RecordSink, Telephony
from acd.records import Record

__all__ = ["Runner"]

log = logging.getLogger(__name__)

EARLY_S = 0.001
"""A timer may fire a little early; sleeping on for less than this would only spin."""


class Runner:
    """The live floor. `telephony` and `sinks` are set before the first event is told."""

    def __init__(self, floor: Floor, clock: Clock, journal: Journal) -> None:
        self.floor = floor
        self.telephony: Telephony | None = None
        self.sinks: list[RecordSink] = []
        self.failures = 0
        """Events the core could not digest (a defect: each is logged with its trace and changes as little as it can)."""
        self._clock = clock
        self._journal = journal
        self._inbox: deque[Event] = deque()
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def tell(self, event: Event) -> None:
        """Take in an event. Raises Refused when it asks for what is not possible now (then nothing has changed)."""
        if self._busy:
            self._inbox.append(event)
            return
        self._busy = True
        try:
            self._take(event)
            while self._inbox:
                self._take_quietly(self._inbox.popleft())
        finally:
            self._busy = False
            self._set_alarm()

    def now(self) -> float:
        """The floor's time."""
        return self._clock()

    def close(self) -> None:
        """No more deadlines."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take(self, event: Event) -> None:
        now = self._clock()
        self._journal.append(event, now)
        outcome = self._step(event, now)
        self._publish(outcome, now)

    def _step(self, event: Event, now: float) -> Outcome:
        try:
            return step(self.floor, event, now)
        except Refused:
            raise
        except Exception:
            self.failures += 1
            log.exception("the core failed on %s", type(event).__name__)
            return Outcome()

    def _take_quietly(self, event: Event) -> None:
        try:
            self._take(event)
        except Refused as refused:
            log.info("refused: %s (%s)", refused, type(event).__name__)

    def _publish(self, outcome: Outcome, now: float) -> None:
        """Records first: the desktop shows the caller before the phone rings."""
        if outcome.records:
            self._tell_sinks(outcome.records, now)
        if self.telephony is not None:
            for command in outcome.commands:
                self.telephony.carry_out(command)

    def _tell_sinks(self, records: Sequence[Record], now: float) -> None:
        for sink in self.sinks:
            try:
                sink(records, now)
            except Exception:
                self.failures += 1
                log.exception("a record sink failed")

    def _set_alarm(self) -> None:
        deadline = next_deadline(self.floor)
        if deadline == self._timer_at and self._timer is not None:
            return
        self.close()
        if deadline is not None:
            loop = asyncio.get_running_loop()
            delay_s = max(deadline - self._clock(), 0.0)
            self._timer = loop.call_later(delay_s, self._alarm)
            self._timer_at = deadline

    def _alarm(self) -> None:
        self._timer = None
        if self._timer_at - self._clock() > EARLY_S:
            self._set_alarm()
            return
        self.tell(DeadlinePassed())
