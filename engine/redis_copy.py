"""A copy of the journal and of the live floor in Redis, for other readers: a standby, wallboards, scripts.

    hotline:<site>:snapshot    hash: `n` the number of the snapshot, `data` the snapshot as the journal has it (empty: none yet)
    hotline:<site>:journal     stream; the id of event n is n-0, its one field `e` the journal's line; whole numbers
    hotline:<site>:queues, :agents, :calls     hashes: id -> JSON, numbers masked
    hotline:<site>:alive       the number of the last event; expires when this engine is gone

A reader has the floor when he takes the snapshot and does the events after it; `sound` says what must hold for that.
Nothing here is needed to serve a caller, so nothing here is waited for: one task does all of it, what it cannot send stays
in the journal's files, and after any outage it looks at what Redis has and sends the rest.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from acd.floor import Floor
from acd.records import Record
from cti.views import agent_view, call_view, queue_views, shown_calls
from engine.journal import FileJournal

__all__ = ["Found", "RedisCopy"]

log = logging.getLogger(__name__)

KEPT_LINES = 20_000
"""Newest unsent events kept in memory; a longer gap is read from the journal's files."""
BATCH = 500
REFRESH_S = 0.25
"""The live floor in Redis is at most about this old."""
IDLE_S = 1.0
"""This often it is refreshed when nothing happens: waiting times go on."""
FULL_REFRESH_S = 10.0
"""This often it is written whole, and the stream looked at, so that what somebody else deleted comes back."""
ALIVE_S = 5
TIMEOUT_S = 2.0
RETRY_S = 0.2
LONGEST_RETRY_S = 5.0
STREAM_LENGTH = 200_000
"""Events kept in the stream, about: hours, while a snapshot is a minute old."""

Numbered = tuple[int, bytes]
"""An event's number and line."""


class Found(msgspec.Struct, frozen=True):
    """What Redis has of us: the snapshot's number (None: no snapshot), the stream's first number and last event."""

    snapshot: int | None
    first: int | None
    last: Numbered | None

    def sound(self, number: int, own_line: bytes | None) -> bool:
        """Whether it can be gone on from: nothing is missing between snapshot and stream, and the last event is ours,
        not one of another life of this site (`number` is our last; `own_line` our line of that event, if we have it)."""
        if self.snapshot is None or self.snapshot > number:
            return False
        if self.first is None or self.last is None:
            return True
        return self.first <= self.snapshot + 1 and self.last[0] <= number and own_line in (None, self.last[1])


NOTHING = Found(None, None, None)


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
        self.restarts = 0
        """How often Redis had nothing we could go on from, and the stream was begun anew."""
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),  # `run` tries again, after a look at what arrived
        )
        self._prefix = f"hotline:{site}"
        self._journal = journal
        self._floor = floor
        self._now = now
        self._lines: deque[Numbered] = deque(maxlen=KEPT_LINES)
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
        delay_s = RETRY_S
        try:
            while _wanted():
                try:
                    await self._agree()
                    delay_s = RETRY_S
                    await self._keep_up()
                except (RedisError, OSError, TimeoutError) as error:
                    self._is_down(error)
                except Exception as error:
                    log.exception("the copy in Redis failed; beginning again")
                    self._is_down(error)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, LONGEST_RETRY_S)
        finally:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._redis.aclose()

    def _follow(self, number: int, line: bytes) -> None:
        self._lines.append((number, line.rstrip()))
        self._stirred.set()

    def _is_down(self, error: Exception) -> None:
        if not self.state.startswith("down"):
            self.outages += 1
            log.warning("Redis is not to be had, calls go on without it: %s", error)
        self.state = f"down: {error}"

    async def _keep_up(self) -> None:
        loop = asyncio.get_running_loop()
        look_again_at = loop.time() + FULL_REFRESH_S
        while _wanted():
            self._stirred.clear()
            await self._send_unsent()
            intact = await self._show(self._views())
            if not intact or loop.time() >= look_again_at:
                look_again_at = loop.time() + FULL_REFRESH_S
                await self._agree()
                continue
            await asyncio.sleep(REFRESH_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S - REFRESH_S):
                    await self._stirred.wait()

    # --- the journal --------------------------------------------------------------------------------------------------

    async def _agree(self) -> None:
        """Find out what Redis has and go on from there, or begin anew."""
        found = await self._look()
        if found.snapshot is not None and self._journal.saved_number > found.snapshot:
            snapshot, number = await self._own_snapshot()
            await self._put_snapshot(snapshot, number)
            found = msgspec.structs.replace(found, snapshot=number)
        own_line = await self._own_line(found.last[0]) if found.last else None
        if found.sound(self._journal.number, own_line):
            assert found.snapshot is not None
            self.sent = found.last[0] if found.last else found.snapshot
        else:
            await self._begin_anew(*await self._own_snapshot())
        self._shown = {}
        self.state = "up"

    async def _look(self) -> Found:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hget(f"{self._prefix}:snapshot", "n")
            pipe.xrange(f"{self._prefix}:journal", count=1)
            pipe.xrevrange(f"{self._prefix}:journal", count=1)
            number, first, last = await pipe.execute(raise_on_error=False)
        for answer in (number, first, last):
            if isinstance(answer, Exception) and not str(answer).startswith("WRONGTYPE"):
                raise answer
        try:
            return Found(int(number), _event(first[0])[0] if first else None, _event(last[0]) if last else None)
        except (TypeError, ValueError):  # no snapshot, or somebody else's things under our names
            return NOTHING

    async def _own_line(self, number: int) -> bytes | None:
        """Our line of that event, from memory or from the files."""
        if self._has_in_memory(number):
            line = next(islice(self._lines, number - self._lines[0][0], None), None)
        else:
            line = await asyncio.to_thread(lambda: next(self._journal.lines_after(number - 1), None))
        return line[1] if line is not None and line[0] == number else None

    async def _own_snapshot(self) -> tuple[bytes, int]:
        return await asyncio.to_thread(self._journal.snapshot_bytes)

    async def _begin_anew(self, snapshot: bytes, number: int) -> None:
        """The snapshot first, then the events after it: none of what Redis had is worth keeping."""
        await self._redis.delete(f"{self._prefix}:journal", f"{self._prefix}:snapshot")
        await self._put_snapshot(snapshot, number)
        self.sent = number
        self.restarts += 1  # only now: `lag` is again that of what Redis has

    async def _put_snapshot(self, snapshot: bytes, number: int) -> None:
        await self._redis.hset(f"{self._prefix}:snapshot", items=["n", number, "data", snapshot])

    async def _send_unsent(self) -> None:
        while self.lag > 0 and _wanted():
            await self._send(self._unsent() or await self._read_unsent())

    def _has_in_memory(self, number: int) -> bool:
        return bool(self._lines) and self._lines[0][0] <= number

    def _unsent(self) -> list[Numbered]:
        """The next events to send, from memory; none when memory does not go back so far."""
        if not self._has_in_memory(self.sent + 1):
            return []
        while self._lines[0][0] <= self.sent:
            self._lines.popleft()
        return list(islice(self._lines, BATCH))

    async def _read_unsent(self) -> list[Numbered]:
        """The next events to send, from the files; after a gap in those, from the snapshot behind the gap."""
        lines = await asyncio.to_thread(self._from_files, self.sent)
        if lines and lines[0][0] == self.sent + 1:
            return lines
        snapshot, number = await self._own_snapshot()
        if number > self.sent:
            await self._begin_anew(snapshot, number)
            return []
        gap_end = lines[0][0] if lines else self._lines[0][0] if self._lines else self._journal.number + 1
        log.error("events %d to %d are in no file any more and missing in Redis", self.sent + 1, gap_end - 1)
        self.sent = gap_end - 1
        return lines

    def _from_files(self, after: int) -> list[Numbered]:
        """Up to a batch of events after this one, without a gap between them."""
        found: list[Numbered] = []
        for number, line in self._journal.lines_after(after):
            if len(found) == BATCH or (found and number != found[-1][0] + 1):
                break
            found.append((number, line))
        return found

    async def _send(self, lines: Sequence[Numbered]) -> None:
        if not lines:
            return
        stream = f"{self._prefix}:journal"
        async with self._redis.pipeline(transaction=False) as pipe:
            for number, line in lines:
                pipe.xadd(stream, {"e": line}, id=f"{number}-0", maxlen=STREAM_LENGTH, approximate=True)
            for answer in await pipe.execute(raise_on_error=False):
                if isinstance(answer, ResponseError) and "equal or smaller" in str(answer):
                    continue  # already there: a reply was lost, not the event
                if isinstance(answer, Exception):
                    raise answer
        self.sent = lines[-1][0]

    # --- the floor ----------------------------------------------------------------------------------------------------

    def _views(self) -> dict[str, dict[str, bytes]]:
        floor, now = self._floor(), self._now()
        encode = self._encoder.encode
        return {
            "queues": {view.queue: encode(view) for view in queue_views(floor, floor.rules.queues, now)},
            "agents": {agent.id: encode(agent_view(floor, agent)) for agent in floor.agents.values()},
            "calls": {call.id: encode(call_view(floor, call, now, full=False)) for call in shown_calls(floor)},
        }

    async def _show(self, views: Mapping[str, dict[str, bytes]]) -> bool:
        """Write what differs from what was last written, or everything at first. Whether our snapshot is still there."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for name, view in views.items():
                key, shown = f"{self._prefix}:{name}", self._shown.get(name)
                if shown is None:
                    pipe.delete(key)
                    shown = {}
                fresh = {field: value for field, value in view.items() if shown.get(field) != value}
                gone = [field for field in shown if field not in view]
                if fresh:
                    pipe.hset(key, items=[part for pair in fresh.items() for part in pair])
                if gone:
                    pipe.hdel(key, *gone)
            pipe.set(f"{self._prefix}:alive", self._journal.number, ex=ALIVE_S)
            pipe.exists(f"{self._prefix}:snapshot")
            answers = await pipe.execute()
        self._shown = dict(views)
        return bool(answers[-1])


def _wanted() -> bool:
    """Whether this task was not cancelled: the client sends by asyncio.wait_for, which before Python 3.12 swallows a
    cancellation that comes in the same moment as its result."""
    task = asyncio.current_task()
    return task is None or not task.cancelling()


def _event(entry: tuple[bytes, Mapping[bytes, bytes]]) -> Numbered:
    """A stream's entry as our event; what is none of ours has number and line of no event."""
    number = entry[0].partition(b"-")[0]
    return int(number), entry[1].get(b"e", b"")
