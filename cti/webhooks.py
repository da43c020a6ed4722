"""Screen-pop events for other programs: CloudEvents 1.0 in structured JSON form, POSTed to configured addresses.

Each hook gets its events in order, one at a time, and again until it takes them or they are too old; a hook that is slow or
gone costs the others nothing. What waits is in memory: bounded, and gone with the process.
Format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md and its HTTP binding.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import aiohttp
import msgspec
from yarl import URL

from cti.pops import PopEvent, PopState, masked

__all__ = ["HOOK_EVENTS", "HookCounters", "HookSettings", "Webhooks", "cloud_event", "signature"]

log = logging.getLogger(__name__)

HOOK_EVENTS: Final = tuple(str(state) for state in PopState)
"""What a hook may ask for."""
CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
SIGNATURE_HEADER: Final = "Hotline-Signature"
TRY_AGAIN: Final = frozenset({408, 425, 429})
"""Refusals that only mean: not now."""


class HookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One receiver. `events` empty: all of HOOK_EVENTS. Durations are seconds."""

    url: str
    events: tuple[str, ...] = ()
    secret: str = ""
    full_numbers: bool = False
    give_up_after_s: float = 3600.0
    timeout_s: float = 5.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 60.0
    most_waiting: int = 10_000


class HookCounters(msgspec.Struct):
    """What became of a hook's events."""

    delivered: int = 0
    retries: int = 0
    refused: int = 0
    """The receiver said no for good."""
    too_old: int = 0
    overflowed: int = 0
    """The oldest gave way because too many were waiting."""
    failures: int = 0
    """Events this code could not send: a defect, each logged with its trace."""
    undelivered: int = 0
    """Still waiting when the engine stopped."""


class _Answer(Enum):
    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"


class Webhooks:
    """All hooks. `source` names this site in each event; `clock` is the floor's; `chance` gives numbers from 0 to 1."""

    def __init__(
        self,
        hooks: Sequence[HookSettings],
        source: str,
        clock: Callable[[], float],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._hooks = [_Hook(settings, source, clock, chance) for settings in hooks]

    @property
    def counters(self) -> dict[str, HookCounters]:
        """By the hook's address, without its query."""
        return {hook.name: hook.counters for hook in self._hooks}

    async def start(self) -> None:
        """Begin to deliver; needs the running event loop."""
        for hook in self._hooks:
            hook.start()

    def take(self, event: PopEvent) -> None:
        """Line up an event with every hook that wants it. Never blocks."""
        for hook in self._hooks:
            hook.take(event)

    async def close(self, drain_s: float = 2.0) -> None:
        """Deliver what waits, but not for longer than this."""
        await asyncio.gather(*(hook.close(drain_s) for hook in self._hooks))


class _Hook:
    def __init__(
        self, settings: HookSettings, source: str, clock: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self.counters = HookCounters()
        self.name = str(URL(settings.url).with_query(None).with_user(None))
        self._settings = settings
        self._source = source
        self._clock = clock
        self._chance = chance
        self._waiting: deque[PopEvent] = deque()
        self._stirred = asyncio.Event()
        self._idle = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"webhook {self.name}")

    def take(self, event: PopEvent) -> None:
        if self._settings.events and event.type not in self._settings.events:
            return
        if len(self._waiting) >= self._settings.most_waiting:
            self._waiting.popleft()
            self.counters.overflowed += 1
        self._waiting.append(event)
        self._idle.clear()
        self._stirred.set()

    async def close(self, drain_s: float) -> None:
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), drain_s)
        self._task.cancel()
        await asyncio.wait({self._task})
        self.counters.undelivered = len(self._waiting)
        if self._waiting:
            log.warning("webhook %s: %d events were not delivered", self.name, len(self._waiting))

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                while self._waiting:
                    await self._deliver_safely(session, self._waiting[0])
                self._stirred.clear()
                self._idle.set()
                await self._stirred.wait()

    async def _deliver_safely(self, session: aiohttp.ClientSession, event: PopEvent) -> None:
        """One event nobody foresaw may not end the hook."""
        try:
            await self._deliver(session, event)
        except Exception:
            self.counters.failures += 1
            log.exception("webhook %s: event %s given up", self.name, event.pop.id)
            self._done_with(event)

    async def _deliver(self, session: aiohttp.ClientSession, event: PopEvent) -> None:
        """Try until it is taken, refused or too old; then it is no longer first in line."""
        retry_s = self._settings.first_retry_s
        while self._waiting and self._waiting[0] is event:
            if self._clock() - event.at > self._settings.give_up_after_s:
                self.counters.too_old += 1
                break
            answer = await self._post(session, event)
            if answer is _Answer.TAKEN:
                self.counters.delivered += 1
                break
            if answer is _Answer.REFUSED:
                self.counters.refused += 1
                break
            self.counters.retries += 1
            await asyncio.sleep(retry_s * (0.5 + self._chance()))
            retry_s = min(retry_s * 2, self._settings.longest_retry_s)
        self._done_with(event)

    def _done_with(self, event: PopEvent) -> None:
        if self._waiting and self._waiting[0] is event:
            self._waiting.popleft()

    async def _post(self, session: aiohttp.ClientSession, event: PopEvent) -> _Answer:
        body = msgspec.json.encode(cloud_event(event, self._source, full=self._settings.full_numbers))
        headers = {"Content-Type": CONTENT_TYPE}
        if self._settings.secret:
            headers[SIGNATURE_HEADER] = signature(self._settings.secret, body)
        try:
            async with session.post(self._settings.url, data=body, headers=headers, allow_redirects=False) as response:
                return self._judge(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("webhook %s: %s, trying again", self.name, type(error).__name__)
            return _Answer.LATER

    def _judge(self, status: int) -> _Answer:
        if 200 <= status < 300:
            return _Answer.TAKEN
        if status >= 500 or status in TRY_AGAIN:
            log.info("webhook %s: answered %d, trying again", self.name, status)
            return _Answer.LATER
        log.warning("webhook %s: answered %d, the event is given up; look at the receiver", self.name, status)
        return _Answer.REFUSED


def cloud_event(event: PopEvent, source: str, *, full: bool) -> dict[str, Any]:
    """The event in CloudEvents form. Its id is the same however often it is sent: receivers can tell repeats by it."""
    pop = event.pop if full else masked(event.pop)
    return {
        "specversion": "1.0",
        "id": f"{pop.id}.{event.type}",
        "source": source,
        "type": f"hotline.pop.{event.type}",
        "subject": pop.call,
        "time": datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": msgspec.to_builtins(pop),
    }


def signature(secret: str, body: bytes) -> str:
    """What the receiver compares: HMAC-SHA256 of the body under the shared secret."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
