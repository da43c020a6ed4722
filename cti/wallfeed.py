"""The wallboard's feed: what changed, as soon as it changes, but never more than so many frames a second.

While the floor is quiet a change is sent in the same turn of the event loop; while it is busy, changes gather. Every second a
frame is sent even if nothing happened: a screen that hears nothing for some seconds knows that its numbers are old. With it a
part of the floor is looked at again, in turns, and what turned out to be different is sent: places that moved up, a queue that
its hours closed, a new day.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from acd.model import QueueId
from acd.records import Record
from acd.runner import Runner
from agents.roster import AgentId
from cti.alarms import Alarm, Causes, alarms
from cti.changes import Changes
from cti.feed import Feed
from cti.wallboard import (
    WallAgent,
    WallFrame,
    WallQueue,
    WallSettings,
    WallSite,
    wall_agent,
    wall_queues,
    wall_site,
)
from metrics.definitions import QueueCounts

__all__ = ["Counts", "WallFeed"]

Counts = Callable[[QueueId | None], QueueCounts]
"""The callers since midnight of a queue, or (None) of the site."""

GATHER_S: Final = 0.1
TICK_S: Final = 1.0
TURNS: Final = 5
"""In so many ticks all agents and queues have been looked at."""


class WallFeed:
    """A record sink. While no screen listens it does nothing but check that."""

    def __init__(
        self,
        runner: Runner,
        counts: Counts,
        settings: Callable[[], WallSettings],
        causes: Callable[[], Causes] = dict,
        gather_s: float = GATHER_S,
    ) -> None:
        self._runner = runner
        self._counts = counts
        self._settings = settings
        self._causes = causes
        self._gather_s = gather_s
        self._feeds: set[Feed] = set()
        self._changes = Changes()
        self._seq = int(runner.now() * 1000)
        self._flush_timer: asyncio.TimerHandle | None = None
        self._tick_timer: asyncio.TimerHandle | None = None
        self._ticks = 0
        self._flushed_at = 0.0
        self._agents: dict[AgentId, WallAgent] = {}
        self._queues: dict[QueueId, WallQueue] = {}
        self._day: dict[QueueId | None, QueueCounts] = {}
        self._site: WallSite | None = None
        self._alarms: tuple[Alarm, ...] = ()
        self._configured: WallSettings | None = None
        self._rules = ""

    def __call__(self, records: Sequence[Record], now: float) -> None:
        """Note what changed, and send it soon."""
        if self._feeds:
            self._changes.note(records, self._runner.floor.rules)
            self._flush_soon()

    @contextmanager
    def feed(self) -> Iterator[Feed]:
        """A feed that begins with a snapshot."""
        feed = Feed()
        feed.put(msgspec.json.encode(self._snapshot()))
        self._feeds.add(feed)
        if self._tick_timer is None:
            self._tick_timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        try:
            yield feed
        finally:
            self._feeds.discard(feed)

    def is_watched(self) -> bool:
        """Whether any screen listens."""
        return bool(self._feeds)

    def close(self) -> None:
        """Send the screens away; the engine stops."""
        for timer in (self._flush_timer, self._tick_timer):
            if timer is not None:
                timer.cancel()
        for feed in self._feeds:
            feed.close()

    def _flush_soon(self) -> None:
        if self._flush_timer is None and self._changes:
            loop = asyncio.get_running_loop()
            delay_s = max(self._flushed_at + self._gather_s - loop.time(), 0.0)
            self._flush_timer = loop.call_later(delay_s, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._flushed_at = asyncio.get_running_loop().time()
        self._send(*self._changes.take())

    def _tick(self) -> None:
        """A frame every second; when the last screen is gone, the ticking ends."""
        self._tick_timer = None
        if not self._feeds:
            return
        self._tick_timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self._ticks += 1
        rules = self._runner.floor.rules
        if (rules.version, self._settings()) != (self._rules, self._configured):
            self._put(self._snapshot())
        else:
            turn = slice(self._ticks % TURNS, None, TURNS)
            self._send(list(rules.agents)[turn], list(rules.queues)[turn], even_if_nothing=True)

    def _snapshot(self) -> WallFrame:
        """Everything as it stands. The screens that listen already are sent what it tells them first."""
        floor = self._runner.floor
        self._send(list(floor.agents), list(floor.rules.queues))
        self._rules, self._configured = floor.rules.version, self._settings()
        return WallFrame(
            type="snapshot",
            seq=self._seq,
            at=self._runner.now(),
            settings=self._configured,
            agents=tuple(self._agents[agent] for agent in floor.agents),
            queues=tuple(self._queues[queue] for queue in floor.rules.queues),
            site=self._site,
            alarms=self._alarms,
        )

    def _send(self, agents: Collection[AgentId], queues: Collection[QueueId], *, even_if_nothing: bool = False) -> None:
        """To every screen, what is different from what it has."""
        site_before, alarms_before = self._site, self._alarms
        new_agents, new_queues = self._look(agents, queues)
        site = self._site if self._site != site_before else None
        found = self._alarms if self._alarms != alarms_before else None
        something = bool(new_agents or new_queues or site or found is not None)
        if something or even_if_nothing:
            self._seq += 1
            self._put(
                WallFrame(
                    type="wall" if something else "tick",
                    seq=self._seq,
                    at=self._runner.now(),
                    agents=tuple(new_agents),
                    queues=tuple(new_queues),
                    site=site,
                    alarms=found,
                )
            )

    def _put(self, frame: WallFrame) -> None:
        encoded = msgspec.json.encode(frame)
        for feed in self._feeds:
            feed.put(encoded)

    def _look(
        self, agents: Collection[AgentId], queues: Collection[QueueId]
    ) -> tuple[list[WallAgent], list[WallQueue]]:
        """Those of them that look different from what was sent last; from here on they count as sent."""
        floor, settings = self._runner.floor, self._settings()
        seen = [wall_agent(floor, floor.agents[agent]) for agent in agents if agent in floor.agents]
        new_agents = [view for view in seen if self._agents.get(view.agent) != view]
        self._agents.update((view.agent, view) for view in new_agents)
        new_queues = self._look_at_queues(queues) if queues else []
        self._alarms = alarms(
            floor, self._runner.now(), self._day, settings.bands, settings.longest_wait_s, self._causes()
        )
        return new_agents, new_queues

    def _look_at_queues(self, queues: Collection[QueueId]) -> list[WallQueue]:
        floor = self._runner.floor
        self._day.update(
            (queue, self._counts(queue)) for queue in (*queues, None) if queue is None or queue in floor.rules.queues
        )
        seen = wall_queues(floor, queues, self._day)
        new = [view for view in seen if self._queues.get(view.queue) != view]
        self._queues.update((view.queue, view) for view in new)
        self._site = wall_site(floor, self._day[None])
        return new
