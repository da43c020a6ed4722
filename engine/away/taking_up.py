"""Takes up what callers left with Asterisk while the engine was away (engine.away.spool), each exactly once.

An entry is told to the core, and let go of when the journal that has it is on the disk. Killed anywhere between, the next
engine tells it again: the floor knows by its name that it has been told of (acd.requests).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from acd.core import Refused
from acd.events import CallbackRequested, Event, MessageLeft
from acd.model import CallbackId, CallId, MessageId, QueueId
from acd.numbers import normal_number
from acd.runner import Runner
from engine.away.spool import Left, LeftBehind
from engine.journal import FileJournal
from ivr.entry import Forgotten, entry_of

__all__ = ["AwayImport"]

log = logging.getLogger(__name__)

LOOK_S: Final = 3.0


class AwayImport:
    """Looks into the spool as long as the engine runs: a caller may still be in the dialogue when the engine is back."""

    def __init__(
        self, spool: LeftBehind, runner: Runner, journal: FileJournal, usual_queue: Callable[[], QueueId]
    ) -> None:
        """`usual_queue`: whose people hear of callers who were in no queue that there is."""
        self.spool = spool
        self.imported = 0
        """Entries taken up since the start."""
        self._runner = runner
        self._journal = journal
        self._usual_queue = usual_queue
        self._told: set[str] = set()
        """Told of, and still there, because the journal or the spool's disk did not do its part."""

    async def run(self) -> None:
        """Look every few seconds; runs until cancelled."""
        complained = False
        while True:
            try:
                await self.look()
                complained = False
            except OSError as error:
                if not complained:
                    log.error("what callers left while the engine was away cannot be taken up: %s", error)
                complained = True
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Take up what is there. Raises OSError; what could not be taken up stays for the next look."""
        found = await asyncio.to_thread(lambda: list(self.spool.entries()))
        if not found:
            return
        failed = self._journal.failed_writes
        told = [left for left in found if left.name in self._told or self._tell(left)]
        if self._journal.failed_writes == failed:
            await asyncio.to_thread(self._let_go, told)

    def _tell(self, left: Left) -> bool:
        """Whether it is settled: the core has taken it, or has the customer's wish already."""
        try:
            self._runner.tell(self._event(left))
        except Refused as refused:
            if refused.error == "already":
                log.info("a caller left the number that is to be called back already: %s", left.name)
                return True
            self.spool.set_aside(left.name, str(refused))
            return False
        self._told.add(left.name)
        self.imported += 1
        log.info("a caller left a %s while the engine was away: %s", left.kind, left.name)
        return True

    def _let_go(self, told: Sequence[Left]) -> None:
        self._journal.sync()
        for left in told:
            self.spool.let_go(left.name)
            self._told.discard(left.name)

    def _event(self, left: Left) -> Event:
        call, queue = CallId(left.call), self._queue_of(left)
        number = normal_number(left.number)
        if left.kind == "message":
            message = MessageId(left.name)
            return MessageLeft(
                message=message, call=call, seconds=left.seconds, queue=queue, number=number, did=left.did, at=left.at
            )
        return CallbackRequested(
            callback=CallbackId(left.name),
            call=call,
            number=number,
            queue=queue,
            did=left.did,
            language=left.language,
            at=left.at,
        )

    def _queue_of(self, left: Left) -> QueueId:
        """Where he waited: as the floor has it, else as his channel says."""
        floor = self._runner.floor
        call = floor.calls.get(CallId(left.call))
        if call is not None and call.queue in floor.rules.queues:
            return call.queue
        entry = entry_of(None, left.place)
        if isinstance(entry, Forgotten) and entry.queue in floor.rules.queues:
            return entry.queue
        return self._usual_queue()
