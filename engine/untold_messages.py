"""Messages nobody was told of: the engine died while a caller spoke, or before it could say so.

Whoever is still on the line is asked again by his session, and what he says then takes the place of what he had said. What is
left of a call that is over becomes his message, with the number and the node the call's record names; what is too short or
cannot be heard is set aside for a person.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from acd.events import MessageLeft
from acd.model import CallId, MessageId, QueueId
from acd.requests import REMEMBERED_S
from acd.runner import Runner
from cti.http.services import HistoryUnavailable
from cti.views import PastCall
from desk.items import ItemId
from ivr.aftercare import SHORTEST_S as SHORTEST_COMMENT_S
from ivr.nodes import MessageNode, NodeId
from ivr.visit import Script
from recordings.messages import MessageFiles, WrittenMessage, call_of_message, is_comment

__all__ = ["UntoldMessages"]

log = logging.getLogger(__name__)

LOOK_S: Final = 15.0
QUIET_S: Final = 15.0
"""So long after its last sound nobody is about to tell of a message."""
UNKNOWN_CALL_S: Final = 3600.0
"""So long the record of its call may be on its way to SQL; after that the message is taken up without it."""


class _Past(Protocol):
    """Raises cti.http.services.HistoryUnavailable."""

    async def call(self, call: CallId) -> PastCall | None: ...

    async def has_item(self, item: ItemId) -> bool: ...


class UntoldMessages:
    """Looks into the folder of messages as long as the engine runs."""

    def __init__(
        self,
        files: MessageFiles,
        runner: Runner,
        past: _Past,
        script: Callable[[], Script],
        usual_queue: Callable[[], QueueId],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`usual_queue`: whose people hear what no node and no queue says anything of."""
        self.set_aside = 0
        """Files set aside since the start."""
        self._files = files
        self._runner = runner
        self._past = past
        self._script = script
        self._usual_queue = usual_queue
        self._clock = clock
        self._items: set[MessageId] = set()

    async def run(self) -> None:
        """Look every few seconds; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except HistoryUnavailable as error:
                log.info("messages nobody was told of wait for the database: %s", error)
            except OSError as error:
                log.error("messages nobody was told of cannot be taken up: %s", error)

    async def look(self) -> None:
        """Take up, or set aside, what is there. Raises OSError, HistoryUnavailable: the rest stays for the next look."""
        for written in await asyncio.to_thread(self._files.written):
            call = call_of_message(written.message)
            if self._may_be_told(written, call) or await self._is_item(written.message):
                continue
            past = await self._past.call(call)
            if past is not None or self._clock() - written.at > UNKNOWN_CALL_S:
                await self._settle(written, call, past)

    async def _is_item(self, message: MessageId) -> bool:
        """One that the floor has forgotten of, and SQL not; asked once."""
        if message not in self._items and await self._past.has_item(ItemId(message)):
            self._items.add(message)
        return message in self._items

    def _may_be_told(self, written: WrittenMessage, call: CallId) -> bool:
        """Whether somebody has told of it, or may still do so. The floor forgets what was told long ago; SQL does not."""
        floor, age_s = self._runner.floor, self._clock() - written.at
        return written.message in floor.told or call in floor.calls or not QUIET_S < age_s < REMEMBERED_S

    async def _settle(self, written: WrittenMessage, call: CallId, past: PastCall | None) -> None:
        message, node = written.message, self._node_of(past)
        seconds = await self._files.seconds(message)
        shortest_s = SHORTEST_COMMENT_S if is_comment(message) else node.shortest_s if node else SHORTEST_COMMENT_S
        flaw = await asyncio.to_thread(self._files.flaw, message)
        if seconds < shortest_s and not flaw:
            flaw = f"too short ({seconds:.1f} s)"
        if flaw:
            aside = await asyncio.to_thread(self._files.set_aside, message, flaw)
            self.set_aside += 1
            log.error("a message nobody was told of cannot be used, see %s: %s: %s", aside, message, flaw)
            return
        log.info("a message nobody was told of is taken up: %s", message, extra={"call_id": call})
        self._runner.tell(
            MessageLeft(
                message=message,
                call=call,
                seconds=round(seconds, 2),
                queue=self._queue_of(message, node, past),
                number=past.ended.number if past else "",
                did=past.ended.did if past else "",
                at=written.at,
                comment=is_comment(message),
            )
        )

    def _node_of(self, past: PastCall | None) -> MessageNode | None:
        """Where he spoke, as far as his path and today's flow say: the last node that takes messages."""
        nodes = self._script().flow.nodes
        path = past.ended.path if past else ()
        found = (nodes.get(NodeId(step.partition(":")[0])) for step in reversed(path))
        return next((node for node in found if isinstance(node, MessageNode)), None)

    def _queue_of(self, message: MessageId, node: MessageNode | None, past: PastCall | None) -> QueueId:
        of_node = node.queue if node is not None and not is_comment(message) else None
        return of_node or (past.ended.queue if past else None) or self._usual_queue()
