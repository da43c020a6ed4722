"""Queues that open and close by their hours: the core is told at the minute, at the start and after each reload.

What the floor says is the truth about what was told: an engine that was away at the closing time tells it when it is back, and
nothing is told twice.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from acd.events import QueueClosed, QueueOpened
from acd.model import QueueId
from acd.runner import Runner
from ivr.hours import Hours, is_open, next_change

__all__ = ["Openings"]

log = logging.getLogger(__name__)

BY_HOURS: Final = "hours"
LONGEST_SLEEP_S: Final = 600.0
"""The machine's clock may be set while it waits; it looks again at least so often."""


class Openings:
    """`calendars`: those in force, by name. `listener` hears which queue has just changed."""

    def __init__(
        self, runner: Runner, calendars: Callable[[], Mapping[str, Hours]], listener: Callable[[QueueId], None]
    ) -> None:
        self._runner = runner
        self._calendars = calendars
        self._listener = listener
        self._changed = asyncio.Event()

    def follow(self) -> None:
        """The rules or the calendars may have changed: tell the core now what is closed and open by them."""
        self._tell()
        self._changed.set()

    async def run(self) -> None:
        """Tell each change at its minute; runs until cancelled."""
        while True:
            self._changed.clear()
            self._tell()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.sleep_s()):
                    await self._changed.wait()

    def sleep_s(self) -> float:
        """How long nothing can change by itself, at most LONGEST_SLEEP_S."""
        due = self._next_change()
        return LONGEST_SLEEP_S if due is None else min(max(due - self._runner.now(), 0.0), LONGEST_SLEEP_S)

    def _tell(self) -> None:
        now = datetime.fromtimestamp(self._runner.now(), UTC)
        floor = self._runner.floor
        for queue in list(floor.rules.queues):
            hours = self._hours_of(queue)
            to_be_closed = hours is not None and not is_open(hours, now)
            is_closed = BY_HOURS in floor.closed.get(queue, ())
            if to_be_closed is is_closed:
                continue
            event = QueueClosed if to_be_closed else QueueOpened
            self._runner.tell(event(queue=queue, by=BY_HOURS))
            log.info("queue %s is %s by its hours", queue, "closed" if to_be_closed else "open")
            self._listener(queue)

    def _next_change(self) -> float | None:
        now = datetime.fromtimestamp(self._runner.now(), UTC)
        calendars = {hours.calendar for hours in self._runner.floor.rules.queues.values() if hours.calendar}
        found = (next_change(self._calendars()[name], now) for name in calendars & self._calendars().keys())
        return min((change.timestamp() for change in found if change is not None), default=None)

    def _hours_of(self, queue: QueueId) -> Hours | None:
        """None: always open; so it is, too, as long as its calendar is not there (rules before a reload that was refused)."""
        return self._calendars().get(self._runner.floor.rules.queues[queue].calendar)
