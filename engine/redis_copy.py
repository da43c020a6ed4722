"""A copy of the journal and of the live floor in Redis, for other readers: a standby, wallboards, scripts.

    hotline:<site>:snapshot    the snapshot the stream continues from (written when the stream was found empty)
    hotline:<site>:journal     stream; the id of event n is n-0, its one field `e` the journal's line
    hotline:<site>:queues, :agents, :calls     hashes: id -> JSON, numbers masked
    hotline:<site>:alive       the number of the last event; expires when this engine is gone

Nothing here is needed to serve a caller, so nothing here is waited for: one task does all of it, what it cannot send stays
in the journal's files, and after any outage it looks at what Redis has and sends the rest.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from acd.floor import Floor
from acd.records import Record
from cti.views import agent_view, call_view, queue_views
from engine.journal import FileJournal

__all__ = ["RedisCopy"]

log = logging.getLogger(__name__)

KEPT_LINES = 20_000
"""Newest events kept in memory; a longer gap is read from the journal's files."""
BATCH = 500
REFRESH_S = 0.25
"""The live floor in Redis is at most about this old."""
FULL_REFRESH_S = 10.0
"""This often it is written whole, so that a key somebody else deleted comes back."""
ALIVE_S = 5
TIMEOUT_S = 2.0
STREAM_LENGTH = 1_000_000


class RedisCopy:
    """Follows a journal and a floor. `run` it as a task; `state` and `lag` say how it fares."""

    def __init__(
        self, url: str, site: str, journal: FileJournal, floor: Callable[[], Floor], now: Callable[[], float]
    ) -> None:
        self.state = "connecting"
        """connecting | up | down: why"""
        self.sent = 0
        """Number of the last event Redis is known to have."""
        self.outages = 0
        self._redis: Redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, decode_responses=False
        )
        self._prefix = f"hotline:{site}"
        self._journal = journal
        self._floor = floor
        self._now = now
        self._lines: deque[tuple[int, bytes]] = deque(maxlen=KEPT_LINES)
        self._shown: dict[str, dict[str, bytes]] = {}
        self._stirred = asyncio.Event()
        self._encoder = msgspec.json.Encoder()
        journal.followers.append(self._follow)

    @property
    def lag(self) -> int:
        """Events Redis has not got yet."""
        return self._journal.number - self.sent

    def on_records(self, records: Sequence[Record], now: float) -> None:
        """The floor changed."""
        self._stirred.set()

    async def run(self) -> None:
        """Keep Redis up to date until cancelled."""
        delay_s = 0.2
        try:
            while True:
                try:
                    await self._catch_up()
                    delay_s = 0.2
                    await self._keep_up()
                except (RedisError, OSError, TimeoutError) as error:
                    self._is_down(error)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, 5.0)
        finally:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._redis.aclose()

    def _follow(self, number: int, line: bytes) -> None:
        self._lines.append((number, line))
        self._stirred.set()

    def _is_down(self, error: Exception) -> None:
        if not self.state.startswith("down"):
            self.outages += 1
            log.warning("Redis is not to be had, calls go on without it: %s", error)
        self.state = f"down: {error}"

    # --- the journal --------------------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        """Find out what Redis has; an empty one gets the snapshot to continue from."""
        stream = f"{self._prefix}:journal"
        last = await self._redis.xrevrange(stream, count=1)
        self.sent = int(bytes(last[0][0]).partition(b"-")[0]) if last else 0
        if self.sent > self._journal.number:  # another life of this site: ours counts
            await self._redis.delete(stream)
            self.sent = 0
        if self.sent == 0:
            raw, number = await asyncio.to_thread(self._journal.snapshot_bytes)
            await self._redis.set(f"{self._prefix}:snapshot", raw)
            self.sent = number
        while self.lag > 0 and not self._has_in_memory(self.sent + 1):
            lines = await asyncio.to_thread(self._from_files, self.sent)
            if not lines:
                self.sent = self._lines[0][0] - 1 if self._lines else self._journal.number
                break
            await self._send(lines)
        self._shown = {}
        self.state = "up"

    def _has_in_memory(self, number: int) -> bool:
        return bool(self._lines) and self._lines[0][0] <= number

    def _from_files(self, after: int) -> list[tuple[int, bytes]]:
        found = []
        for number, line in self._journal.lines_after(after):
            found.append((number, line))
            if len(found) == BATCH:
                break
        return found

    async def _send(self, lines: Sequence[tuple[int, bytes]]) -> None:
        stream = f"{self._prefix}:journal"
        async with self._redis.pipeline(transaction=False) as pipe:
            for number, line in lines:
                pipe.xadd(stream, {"e": line.rstrip()}, id=f"{number}-0", maxlen=STREAM_LENGTH, approximate=True)
            try:
                await pipe.execute()
            except ResponseError as error:
                if "equal or smaller" not in str(error):  # already there: a reply was lost, not the event
                    raise
        self.sent = lines[-1][0]

    def _unsent(self) -> Iterator[tuple[int, bytes]]:
        for number, line in self._lines:
            if number > self.sent:
                yield number, line

    # --- the floor ----------------------------------------------------------------------------------------------------

    async def _keep_up(self) -> None:
        loop = asyncio.get_running_loop()
        whole_at = 0.0
        while True:
            self._stirred.clear()
            while self.lag > 0:
                if not self._has_in_memory(self.sent + 1):
                    await self._catch_up()
                if lines := list(self._unsent())[:BATCH]:
                    await self._send(lines)
            whole = loop.time() >= whole_at
            if whole:
                whole_at = loop.time() + FULL_REFRESH_S
            await self._show(self._views(), whole=whole)
            await asyncio.sleep(REFRESH_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), 1.0)

    def _views(self) -> dict[str, dict[str, bytes]]:
        floor, now = self._floor(), self._now()
        encode = self._encoder.encode
        return {
            "queues": {view.queue: encode(view) for view in queue_views(floor, floor.rules.queues, now)},
            "agents": {agent.id: encode(agent_view(floor, agent)) for agent in floor.agents.values()},
            "calls": {call.id: encode(call_view(floor, call, now, full=False)) for call in floor.calls.values()},
        }

    async def _show(self, views: Mapping[str, dict[str, bytes]], *, whole: bool) -> None:
        """Write what differs from what was last written, or everything."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for name, view in views.items():
                key, shown = f"{self._prefix}:{name}", {} if whole else self._shown.get(name, {})
                if whole:
                    pipe.delete(key)
                fresh = {field: value for field, value in view.items() if shown.get(field) != value}
                gone = [field for field in shown if field not in view]
                if fresh:
                    pipe.hset(key, mapping=fresh)
                if gone:
                    pipe.hdel(key, *gone)
            pipe.set(f"{self._prefix}:alive", self._journal.number, ex=ALIVE_S)
            await pipe.execute()
        self._shown = dict(views)
