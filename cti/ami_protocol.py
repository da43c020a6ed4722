"""The AMI wire on top of panoramisk 1.4: its Manager, AMIProtocol, Action and Message, with their defects closed.

Each override answers a numbered defect that tests/unit/cti/test_panoramisk_defects.py reproduces. Of panoramisk the
parts in use are the connection hook (`protocol_factory`), `send_action`, the action's text and identity, and the
case-insensitive message. Not in use: CallManager, awaiting actions, save_stream, from_config, pattern callbacks.
Protocol source: main/manager.c of Asterisk 22.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from cti.errors import ActionTimedOut, NotConnected, SwitchLost, UnsafeText
from cti.liveness import watch_for_dead_peer

MAX_HEADER_BYTES: Final = 1022
"""manager.c keeps 1024 bytes until it sees the line's end; a longer line voids the whole action."""
MAX_HEADERS: Final = 120
MAX_MESSAGE_BYTES: Final = 1024 * 1024
PEER_DEAD_AFTER_S: Final = 6
BANNER: Final = b"Asterisk Call Manager/"

_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_ABSENT_AS_EMPTY = frozenset({"event", "response", "message", "actionid", "eventlist", "subevent", "output"})

log = logging.getLogger(__name__)


@dataclass(slots=True)
class AmiCounters:
    """Totals since the start, for the metrics."""

    messages: int = 0
    skipped_events: int = 0
    """Events whose name nobody asked for, dropped unparsed."""
    alarms: int = 0
    """Messages that do not begin or continue as AMI messages do, or whose fields are not what they must be: forged?"""
    orphan_replies: int = 0
    """Replies to actions that had timed out."""
    callback_failures: int = 0
    connects: int = 0
    disconnects: int = 0
    login_refusals: int = 0
    ping_timeouts: int = 0

    def alarm(self, what: str) -> None:
        """Count a suspicious message; the log gets the 1st, 2nd, 4th, 8th ... so that a storm cannot fill it."""
        self.alarms += 1
        if self.alarms & (self.alarms - 1) == 0:
            log.error("AMI alarm %d: %s", self.alarms, what)


class AmiMessage(Message):  # type: ignore[misc]  # panoramisk carries no types
    """One event or response. A header that comes twice, in whatever case, is a list of its values."""

    def __init__(self, headers: Iterable[tuple[str, Any]] | Mapping[str, Any], content: str = "") -> None:
        self._store: dict[str, tuple[str, Any]] = {}
        self.manager = None
        for name, value in headers.items() if isinstance(headers, Mapping) else headers:
            self._add(name, value)
        if content:
            self._add("Output", content)

    def _add(self, name: str, value: Any) -> None:
        key = name.lower()
        known = self._store.get(key)
        if known is None:
            self._store[key] = (name, value)
        elif isinstance(known[1], list):
            known[1].append(value)
        else:
            self._store[key] = (known[0], [known[1], value])

    def __reduce__(self) -> tuple[Any, ...]:
        return AmiMessage, (list(self.items()),)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._store.get(name.lower())
        if found is not None:
            return found[1]
        if name in _ABSENT_AS_EMPTY:
            return ""
        raise AttributeError(f"this AMI message has no header {name!r}")

    def text(self, name: str) -> str:
        """A header that may be absent ('') but not doubled: '' as well then, so that a forged one is never used."""
        found = self._store.get(name)
        return found[1] if found is not None and isinstance(found[1], str) else ""

    @property
    def success(self) -> bool:
        """Whether a response says so; for an event with a Response header, that header counts."""
        if "response" in self:
            return self.text("response") in self.success_responses
        return "event" in self

    @property
    def content(self) -> str:
        """The output of a Command: its Output lines."""
        output = self.output
        return "\n".join(output) if isinstance(output, list) else output

    @classmethod
    def from_block(cls, block: bytes) -> AmiMessage | None:
        """The message in a block of lines, None if one of them is no header. Undecodable bytes become U+FFFD."""
        message = cls(())
        store = message._store
        for line in block.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(": ")
            if not colon:
                if not line.endswith(":"):
                    return None
                name, value = line[:-1], ""
            key = name.lower()
            if key in store:
                message._add(name, value)
            else:
                store[key] = (name, value)
        return message


class AmiAction(Action):  # type: ignore[misc]  # panoramisk carries no types
    """One action and the messages that answer it. UnsafeText if a header would be split, cut or void the action."""

    def __init__(self, name: str, fields: Mapping[str, str | list[str]] | None = None) -> None:
        super().__init__({"Action": name, **(fields or {})})
        count = 0
        for key, value in self.items():
            for text in value if isinstance(value, list) else (value,):
                _check_header(key, text)
                count += 1
        if count > MAX_HEADERS:
            raise UnsafeText(f"AMI action with {count} headers, at most {MAX_HEADERS}")

    def add_message(self, message: AmiMessage) -> bool:
        """Take an answer; whether it was the last. The messages' own EventList headers say it, no guess at wording."""
        self.responses.append(message)
        phase = message.text("eventlist").lower()
        if "event" in message:
            last = phase in ("complete", "cancelled")
        else:
            last = phase != "start"
        if last and not self.future.done():
            self.future.set_result(self.responses)
        return last


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise UnsafeText(f"no AMI header name: {name[:40]!r}")
    if _FORBIDDEN.search(value):
        raise UnsafeText(f"AMI header {name} holds CR, LF or NUL")
    size = len(name) + 2 + len(value.encode())
    if size > MAX_HEADER_BYTES:
        raise UnsafeText(f"AMI header {name} has {size} bytes, Asterisk takes {MAX_HEADER_BYTES} a line")


class AmiProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk carries no types
    """Bytes to messages. Events nobody wants are dropped before they are parsed."""

    responses: dict[str, AmiAction]

    def __init__(self, link: AmiLink) -> None:
        self._link = link
        self._counters = link.counters
        self._wanted = link.wanted
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.factory = self._link
        self._link.protocol = self
        watch_for_dead_peer(transport, dead_after_s=PEER_DEAD_AFTER_S)

    def send(self, data: AmiAction, as_list: bool | None = None) -> asyncio.Future[list[AmiMessage]]:
        """Write the action and hold it until it is answered; NotConnected if that cannot be."""
        if self.closed or self.transport.is_closing():
            raise NotConnected(f"AMI action {data['Action']} not sent: the connection is closing")
        self.responses[data.action_id] = data
        self.transport.write(str(data).encode())
        future: asyncio.Future[list[AmiMessage]] = data.future
        return future

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self.version is None and not self._banner_taken():
            return
        blocks = self._buffer.split(b"\r\n\r\n")
        self._buffer = blocks.pop()
        for block in blocks:
            self._block(block)
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            self._break(f"a message longer than {MAX_MESSAGE_BYTES} bytes")

    def _banner_taken(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not BANNER.startswith(line[: len(BANNER)]) or len(line) > 200:
            self._break("the peer does not greet as Asterisk's manager does; is the port right?")
            return False
        if not end:
            return False
        self.version = line[len(BANNER) :].decode("ascii", "replace")
        self._buffer = rest
        return True

    def _break(self, why: str) -> None:
        self._counters.alarm(why)
        self._buffer = b""
        self.transport.abort()

    def _block(self, block: bytes) -> None:
        if block.startswith(b"Event: "):
            name = block.partition(b"\r\n")[0][7:]
            if name not in self._wanted and b"\r\nActionID: " not in block:
                self._counters.skipped_events += 1
                return
        elif not block.startswith(b"Response: "):
            self._counters.alarm("a message that begins with neither Event nor Response")
            return
        message = AmiMessage.from_block(block)
        if message is None:
            self._counters.alarm(f"a line without a header name in {block[:40]!r}")
        else:
            self.handle_message(message)

    def handle_message(self, message: AmiMessage) -> None:
        """Give it to the action it answers, and, if it is an event, to the reader of events as well."""
        self._counters.messages += 1
        action = self.responses.get(message.text("actionid"))
        if action is not None and action.add_message(message):
            self.forget(action)
        if "event" in message:
            self.factory.dispatch(message)
        elif action is None:
            self._counters.orphan_replies += 1

    def forget(self, action: AmiAction) -> None:
        """Hold the action no longer; a late answer is counted and dropped."""
        self.responses.pop(action.action_id, None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what is unanswered; nothing is kept to be sent again."""
        self.closed = True
        unanswered, self.responses = self.responses, {}
        for action in unanswered.values():
            if not action.future.done():
                action.future.set_exception(SwitchLost(f"AMI connection lost before {action['Action']} was answered"))
        self.factory.connection_lost(exc)

    def close(self) -> None:
        """Close the connection; connection_lost follows."""
        self.closed = True
        self.transport.close()


class AmiLink(Manager):  # type: ignore[misc]  # panoramisk carries no types
    """One AMI connection, used once: a lost one is replaced, not revived, so nothing of it can be replayed."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        wanted: frozenset[bytes],
        on_event: Callable[[AmiMessage], None],
        counters: AmiCounters,
    ) -> None:
        self.wanted = wanted
        self.counters = counters
        self._on_event = on_event
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[Exception | None] = loop.create_future()
        super().__init__(host=host, port=port, loop=loop, log=log, protocol_factory=lambda: AmiProtocol(self))

    async def open(self) -> None:
        """Connect, without login. OSError if nobody listens."""
        factory = self.config["protocol_factory"]
        await self.loop.create_connection(factory, self.config["host"], self.config["port"])

    async def ask(self, action: AmiAction, timeout_s: float) -> list[AmiMessage]:
        """Send an action and collect its answers. NotConnected, SwitchLost, ActionTimedOut."""
        if self.protocol is None:
            raise NotConnected(f"AMI action {action['Action']} not sent: there is no connection")
        answers = self.send_action(action)
        try:
            async with asyncio.timeout(timeout_s):
                found: list[AmiMessage] = await answers
                return found
        except TimeoutError as error:
            raise ActionTimedOut(f"no answer to AMI action {action['Action']} within {timeout_s} s") from error
        finally:
            self.protocol.forget(action)

    def dispatch(self, event: AmiMessage) -> None:
        """Hand one event over, in the order of arrival; a failure there harms neither the connection nor the next."""
        try:
            self._on_event(event)
        except Exception:
            self.counters.callback_failures += 1
            log.exception("handling of AMI event %s failed", event.text("event")[:40])

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the protocol; never reconnects by itself."""
        if not self.lost.done():
            self.lost.set_result(exc)

    def abort(self) -> None:
        """End the connection without waiting for the peer."""
        if self.protocol is not None:
            self.protocol.transport.abort()
