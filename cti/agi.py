"""FastAGI server: Asterisk opens one TCP connection per caller; each gets one coroutine, the handler.

When the handler returns, the connection closes and the dialplan goes on. Asterisk cannot tell that from a crash
(AGISTATUS is SUCCESS for both): a handler that is done with a call says so in a channel variable as its last act.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from cti.agi_lines import MAX_ENVIRONMENT_BYTES, MAX_LINE_BYTES, AgiEnvironment, AgiReply, parse_environment
from cti.agi_session import AgiSession, SessionEnd
from cti.errors import AgiError, BadEnvironment, BadReply
from cti.liveness import watch_for_dead_peer

__all__ = ["AgiCounters", "AgiEnvironment", "AgiReply", "AgiServer", "AgiSession", "Handler", "SessionEnd"]

Handler = Callable[[AgiSession], Awaitable[None]]

log = logging.getLogger(__name__)

PEER_DEAD_AFTER_S = 9


@dataclass(slots=True)
class AgiCounters:
    """Totals since the start, for the metrics."""

    sessions: int = 0
    probes: int = 0
    """Connections that ended before their opening block was complete: health checks, port scans."""
    refused_full: int = 0
    refused_environment: int = 0
    """Opening blocks that were incomplete, too long, too slow, or had a field twice."""
    odd_environment_lines: int = 0
    bad_replies: int = 0
    handler_failures: int = 0


class AgiServer:
    """Listens for Asterisk and runs `handler(session)` for each caller. `port` 0 takes any free port."""

    def __init__(
        self,
        handler: Handler,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        max_sessions: int = 5000,
        environment_timeout_s: float = 5.0,
    ) -> None:
        self.counters = AgiCounters()
        self.environment_timeout_s = environment_timeout_s
        self._handler = handler
        self._host = host
        self._port = port
        self._max_sessions = max_sessions
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None:
            return self._port
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def accepting(self) -> bool:
        """Whether new callers are taken."""
        return self._server is not None

    @property
    def live_sessions(self) -> int:
        """How many handlers run now."""
        return len(self._tasks)

    async def start(self) -> None:
        """Listen. OSError if the address is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self._host, self._port, backlog=1024)

    def stop_accepting(self) -> None:
        """Take no new callers; those here go on. Asterisk then goes on in the dialplan at once."""
        if self._server is not None:
            self._port = self.port
            self._server.close()
            self._server = None

    async def close(self, *, drain_s: float = 0.0) -> None:
        """Take no new callers, give the handlers drain_s to end, cancel the others."""
        self.stop_accepting()
        if self._tasks and drain_s > 0:
            await asyncio.wait(self._tasks, timeout=drain_s)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for connection in list(self._connections):
            connection.close()

    # -- called by the connections ------------------------------------------------------------------------------

    def has_room(self) -> bool:
        """Whether one more connection may come; counts the refusal if not."""
        if len(self._connections) < self._max_sessions:
            return True
        self.counters.refused_full += 1
        log.error("FastAGI connection refused: %d sessions are open", self._max_sessions)
        return False

    def connection_opened(self, connection: _Connection) -> None:
        """Remember it until it closes."""
        self._connections.add(connection)

    def connection_closed(self, connection: _Connection) -> None:
        """Forget it."""
        self._connections.discard(connection)

    def session_opened(self, session: AgiSession) -> None:
        """Start the handler for a caller."""
        self.counters.sessions += 1
        name = f"agi {session.environment.uniqueid}"
        task = asyncio.get_running_loop().create_task(self._run(session), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, session: AgiSession) -> None:
        try:
            await self._handler(session)
        except AgiError as error:
            if session.end is None:
                self._handler_failed(session, error)
        except Exception as error:
            self._handler_failed(session, error)
        finally:
            session.close()

    def _handler_failed(self, session: AgiSession, error: Exception) -> None:
        self.counters.handler_failures += 1
        log.error("AGI handler failed, the dialplan takes the caller %s", session.environment.uniqueid, exc_info=error)


_arrivals = memoryview(bytearray(64 * 1024))
"""Where all connections read into: what is there is taken before the next read, so one will do."""


class _Connection(asyncio.BufferedProtocol):
    """Bytes to lines: first the opening block, then the session's."""

    def __init__(self, server: AgiServer) -> None:
        self._server = server
        self._counters = server.counters
        self._buffer = b""
        self._opening: list[str] = []
        self._opening_size = 0
        self._session: AgiSession | None = None
        self._transport: asyncio.Transport | None = None
        self._too_slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._server.has_room():
            self._abort()
            return
        self._server.connection_opened(self)
        watch_for_dead_peer(transport, dead_after_s=PEER_DEAD_AFTER_S)
        delay_s = self._server.environment_timeout_s
        self._too_slow = asyncio.get_running_loop().call_later(delay_s, self._refuse, f"not complete in {delay_s} s")

    def get_buffer(self, sizehint: int) -> memoryview:
        return _arrivals

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(_arrivals[:nbytes])
        lines = (self._buffer + data).split(b"\n") if self._buffer else data.split(b"\n")
        self._buffer = lines.pop()
        for line in lines:
            if self._transport is None:
                return
            self._line(line)
        if len(self._buffer) > MAX_LINE_BYTES:
            self._broken(BadReply(f"line longer than {MAX_LINE_BYTES} bytes"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connection_closed(self)
        self._no_longer_opening()
        if self._session is not None:
            self._session.connection_ended()
        elif self._transport is not None:
            self._counters.probes += 1
        self._transport = None

    def close(self) -> None:
        """Close after what is written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def _write(self, line: bytes) -> None:
        if self._transport is not None:
            self._transport.write(line)

    def _line(self, raw: bytes) -> None:
        line = raw.decode("utf-8", "replace")
        if self._session is None:
            self._opening_line(line)
            return
        try:
            self._session.line_arrived(line)
        except BadReply as error:
            self._broken(error)
        if line == "HANGUP":
            self._acknowledge_now()

    def _acknowledge_now(self) -> None:
        """The reply after a HANGUP leaves Asterisk only when the HANGUP is acknowledged (Nagle), for which our kernel would
        take 40 ms: so much later the agent whose caller hung up while his phone rang would be free."""
        if self._transport is not None and (sock := self._transport.get_extra_info("socket")) is not None:
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _opening_line(self, line: str) -> None:
        self._opening_size += len(line) + 1
        if self._opening_size > MAX_ENVIRONMENT_BYTES:
            self._refuse("too long")
        elif line:
            self._opening.append(line)
        else:
            self._open_session()

    def _open_session(self) -> None:
        self._no_longer_opening()
        try:
            environment, odd = parse_environment(self._opening)
        except BadEnvironment as error:
            self._refuse(str(error))
            return
        if odd:
            self._counters.odd_environment_lines += odd
            log.warning("%d lines of the AGI environment of %s were odd: forged?", odd, environment.uniqueid)
        self._opening = []
        self._session = AgiSession(environment, self._write, self.close)
        self._server.session_opened(self._session)

    def _no_longer_opening(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None

    def _refuse(self, why: str) -> None:
        self._counters.refused_environment += 1
        log.warning("FastAGI session refused, its opening block: %s", why)
        self._abort()

    def _broken(self, error: BadReply) -> None:
        self._counters.bad_replies += 1
        log.error("FastAGI session closed: %s", error)
        self._abort()

    def _abort(self) -> None:
        self._no_longer_opening()
        transport, self._transport = self._transport, None
        if transport is not None:
            with suppress(OSError):
                transport.abort()
