"""The AMI client: keeps one logged-in connection to Asterisk, sends actions, hands typed facts over in order."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from cti.ami_protocol import AmiAction, AmiCounters, AmiLink, AmiMessage
from cti.errors import ActionTimedOut, AmiError, LoginRefused, NotConnected
from cti.translate import WANTED_EVENTS, Fact, translate

__all__ = ["AmiClient", "AmiCounters", "AmiMessage", "AmiReply", "AmiTimings"]

log = logging.getLogger(__name__)


class AmiReply(msgspec.Struct, frozen=True):
    """The answer to an action: Asterisk's verdict, its text, all headers, and the events of a list."""

    success: bool
    message: str
    fields: Mapping[str, str | list[str]]
    events: tuple[AmiMessage, ...] = ()


class AmiTimings(msgspec.Struct, frozen=True):
    """Seconds. A silent peer is given up after ping_every_s + ping_timeout_s."""

    connect_s: float = 3.0
    login_s: float = 5.0
    ping_every_s: float = 2.0
    ping_timeout_s: float = 4.0
    retry_first_s: float = 0.2
    retry_max_s: float = 5.0
    login_retry_first_s: float = 5.0
    login_retry_max_s: float = 60.0


class AmiClient:
    """Connects, logs in, pings, reconnects. While it is down every action fails at once, and none is sent later.

    `on_fact` is called for each fact in the order of arrival, from within the reader: it must be quick and not block.
    `on_connected` runs after each login (re-synchronise there, with `action`); if it fails, the connection is dropped
    and tried again. Facts keep coming while it runs. `on_disconnected` gets the reason as text.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        on_fact: Callable[[Fact], None],
        on_connected: Callable[[], Awaitable[None]] | None = None,
        on_disconnected: Callable[[str], None] | None = None,
        on_auth_failed: Callable[[str], None] | None = None,
        timings: AmiTimings | None = None,
    ) -> None:
        self.counters = AmiCounters()
        self._address = (host, port)
        self._user = user
        self._secret = secret
        self._on_fact = on_fact
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._on_auth_failed = on_auth_failed
        self._timings = timings or AmiTimings()
        self._link: AmiLink | None = None
        self._logged_in = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a logged-in connection now."""
        return self._logged_in.is_set()

    async def start(self) -> None:
        """Begin to connect and keep at it; returns at once."""
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise(), name="ami supervisor")

    async def wait_connected(self, timeout_s: float) -> None:
        """Wait for a logged-in connection. NotConnected if none came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._logged_in.wait()
        except TimeoutError as error:
            raise NotConnected("no AMI login at {}:{} within {} s".format(*self._address, timeout_s)) from error

    async def action(
        self, name: str, fields: Mapping[str, str | list[str]] | None = None, timeout_s: float = 2.0
    ) -> AmiReply:
        """Send one action and wait for its answer, all events of a list included. A refusal is a value, no error.

        NotConnected (not sent), SwitchLost and ActionTimedOut (perhaps done), UnsafeText (not sent).
        """
        if self._link is None or not self.connected:
            raise NotConnected(f"AMI action {name} not sent: not logged in")
        return _reply(await self._link.ask(AmiAction(name, fields), timeout_s))

    async def close(self) -> None:
        """Close the connection and stop reconnecting; on_disconnected is called if it was up."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.wait([supervisor])

    # -- one connection after the other -------------------------------------------------------------------------

    async def _supervise(self) -> None:
        retry = _Backoff(self._timings.retry_first_s, self._timings.retry_max_s)
        login_retry = _Backoff(self._timings.login_retry_first_s, self._timings.login_retry_max_s)
        while True:
            try:
                await self._one_connection(retry, login_retry)
                delay_s = retry.next_s()
            except LoginRefused as error:
                self._login_refused(error)
                delay_s = login_retry.next_s()
            except (OSError, TimeoutError, AmiError) as error:
                log.warning("AMI at %s:%d: %s", *self._address, str(error) or type(error).__name__)
                delay_s = retry.next_s()
            except Exception:
                log.exception("AMI connection given up")
                delay_s = retry.next_s()
            await asyncio.sleep(delay_s)

    async def _one_connection(self, retry: _Backoff, login_retry: _Backoff) -> None:
        link = AmiLink(*self._address, wanted=WANTED_EVENTS, on_event=self._event, counters=self.counters)
        try:
            async with asyncio.timeout(self._timings.connect_s):
                await link.open()
            await self._log_in(link)
            login_retry.reset()
            self._up(link)
            await self._serve(link, retry)
        finally:
            link.abort()
            self._down(link)

    async def _log_in(self, link: AmiLink) -> None:
        fields = {"Username": self._user, "Secret": self._secret, "Events": "on"}
        reply = _reply(await link.ask(AmiAction("Login", fields), self._timings.login_s))
        if not reply.success:
            raise LoginRefused(reply.message)

    def _up(self, link: AmiLink) -> None:
        self.counters.connects += 1
        self._link = link
        self._logged_in.set()
        log.info("AMI logged in at %s:%d", *self._address)

    async def _serve(self, link: AmiLink, retry: _Backoff) -> None:
        """Re-synchronise, then ping until the connection is lost."""
        pinger = asyncio.create_task(self._ping(link), name="ami ping")
        resync = asyncio.create_task(self._resynchronise(retry), name="ami resynchronise")
        ends: set[asyncio.Future[Any]] = {pinger, link.lost}
        try:
            await asyncio.wait(ends | {resync}, return_when=asyncio.FIRST_COMPLETED)
            if resync.done():
                resync.result()
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in done:
                end.result()
        finally:
            await _cancelled(pinger, resync)

    async def _resynchronise(self, retry: _Backoff) -> None:
        if self._on_connected is not None:
            await self._on_connected()
        retry.reset()

    async def _ping(self, link: AmiLink) -> None:
        while True:
            await asyncio.sleep(self._timings.ping_every_s)
            try:
                await link.ask(AmiAction("Ping"), self._timings.ping_timeout_s)
            except ActionTimedOut:
                self.counters.ping_timeouts += 1
                raise

    def _down(self, link: AmiLink) -> None:
        if self._link is not link:
            return
        self._link = None
        self._logged_in.clear()
        self.counters.disconnects += 1
        reason = "closed" if self._supervisor is None else "lost"
        log.warning("AMI connection to %s:%d %s", *self._address, reason)
        self._tell(self._on_disconnected, reason)

    def _login_refused(self, error: LoginRefused) -> None:
        self.counters.login_refusals += 1
        log.error("AMI at %s:%d refuses the login of %s: %s", *self._address, self._user, error)
        self._tell(self._on_auth_failed, str(error))

    def _tell(self, callback: Callable[[str], None] | None, what: str) -> None:
        if callback is None:
            return
        try:
            callback(what)
        except Exception:
            self.counters.callback_failures += 1
            log.exception("an AMI callback failed")

    def _event(self, message: AmiMessage) -> None:
        fact = translate(message, self.counters.alarm)
        if fact is not None:
            self._on_fact(fact)


class _Backoff:
    """Waiting times that double up to a limit, each spread by a fifth so that clients do not come back together."""

    def __init__(self, first_s: float, max_s: float) -> None:
        self._first_s = first_s
        self._max_s = max_s
        self._now_s = first_s

    def next_s(self) -> float:
        now_s = self._now_s
        self._now_s = min(now_s * 2, self._max_s)
        return now_s * random.uniform(0.8, 1.2)  # noqa: S311 - no secret

    def reset(self) -> None:
        self._now_s = self._first_s


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()


def _reply(messages: list[AmiMessage]) -> AmiReply:
    response = next(message for message in messages if "event" not in message)
    events = tuple(message for message in messages if "event" in message)
    return AmiReply(response.success, response.text("message"), dict(response.items()), events)
