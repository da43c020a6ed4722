"""The supervisors' feed: which agents and queues changed, gathered for a moment so that a busy floor sends few frames.

A frame shows how things stand when it is sent, not each step on the way. A caller's number is in none of them.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Literal

import msgspec

from acd.model import QueueId
from acd.records import Record
from acd.runner import Runner
from agents.roster import AgentId
from cti.changes import Changes
from cti.feed import Feed
from cti.views import AgentView, QueueView, agent_view, queue_views

__all__ = ["FloorFeed", "FloorFrame"]

GATHER_S: Final = 0.25


class FloorFrame(msgspec.Struct, frozen=True, kw_only=True):
    """Agents and queues that changed; in a snapshot all of them."""

    type: Literal["snapshot", "floor"]
    seq: int
    at: float
    agents: list[AgentView]
    queues: list[QueueView]


class FloorFeed:
    """A record sink. While nobody listens it does nothing but check that."""

    def __init__(self, runner: Runner, gather_s: float = GATHER_S) -> None:
        self._runner = runner
        self._gather_s = gather_s
        self._feeds: set[Feed] = set()
        self._changes = Changes()
        self._seq = int(runner.now() * 1000)
        self._timer: asyncio.TimerHandle | None = None
        self.items: Mapping[QueueId, Mapping[str, int]] = {}
        """By queue and kind, the work items that are not done."""

    def __call__(self, records: Sequence[Record], now: float) -> None:
        """Note what changed, and send it soon."""
        if not self._feeds:
            return
        self._changes.note(records, self._runner.floor.rules)
        self._flush_soon()

    def note_queue(self, queue: QueueId) -> None:
        """A queue changed in a way of which there is no record: it was closed or opened, or what there is to do became less."""
        if self._feeds:
            self._changes.note_queues(queue)
            self._flush_soon()

    def note_items(self, items: Mapping[QueueId, Mapping[str, int]]) -> None:
        """What there is to do now."""
        before, self.items = self.items, items
        for queue in (queue for queue in {**before, **items} if before.get(queue) != items.get(queue)):
            self.note_queue(queue)

    def _flush_soon(self) -> None:
        if self._timer is None and self._changes:
            self._timer = asyncio.get_running_loop().call_later(self._gather_s, self._flush)

    @contextmanager
    def feed(self) -> Iterator[Feed]:
        """A feed that begins with a snapshot."""
        feed = Feed()
        rules = self._runner.floor.rules
        feed.put(msgspec.json.encode(self._frame("snapshot", list(rules.agents), list(rules.queues))))
        self._feeds.add(feed)
        try:
            yield feed
        finally:
            self._feeds.discard(feed)

    def close(self) -> None:
        """Send the listeners away; the engine stops."""
        if self._timer is not None:
            self._timer.cancel()
        for feed in self._feeds:
            feed.close()

    def _flush(self) -> None:
        self._timer = None
        self._seq += 1
        frame = msgspec.json.encode(self._frame("floor", *self._changes.take()))
        for feed in self._feeds:
            feed.put(frame)

    def _frame(self, kind: Literal["snapshot", "floor"], agents: list[AgentId], queues: list[QueueId]) -> FloorFrame:
        floor, now = self._runner.floor, self._runner.now()
        return FloorFrame(
            type=kind,
            seq=self._seq,
            at=now,
            agents=[agent_view(floor, floor.agents[agent]) for agent in agents if agent in floor.agents],
            queues=queue_views(floor, queues, now, self.items),
        )
