"""One caller's FastAGI session: commands and replies in step, and the hang-up noticed at any moment."""

from __future__ import annotations

import asyncio
import enum
import logging
import math
import re
from collections.abc import Callable
from typing import Final

from cti.agi_lines import AgiEnvironment, AgiReply, ReplyReader, command_line
from cti.errors import BadReply, CallerHungUp, CommandRefused, CommandTimedOut, EngineSideLost, PlaybackFailed

log = logging.getLogger(__name__)

COMMAND_TIMEOUT_S: Final = 10.0
"""For commands that Asterisk does at once; on a machine that is so busy that this passes, nothing is right anyway."""
PLAYBACK_TIMEOUT_S: Final = 600.0

_DIAL_TARGET = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@/:;+-]+(?:&[A-Za-z0-9]+/[A-Za-z0-9_.@/:;+-]+)*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\([^()\r\n]*\))?")
_LONG_VALUE_BYTES: Final = 1000
"""GET VARIABLE cuts a value to 1023 bytes without a word; GET FULL VARIABLE does not, but cannot tell '' from unset."""


class SessionEnd(enum.Enum):
    """How a session ended. A channel that somebody redirected elsewhere also says HANGUP here."""

    CALLER_HUNG_UP = "caller_hung_up"
    SWITCH_LOST = "switch_lost"
    CLOSED = "closed"


class _Pending:
    """A command whose reply Asterisk still owes, even when nobody waits for it any more."""

    __slots__ = ("is_exec", "reply", "survives_hangup", "trailer")

    def __init__(self, reply: asyncio.Future[AgiReply], *, is_exec: bool, survives_hangup: bool) -> None:
        self.reply = reply
        self.is_exec = is_exec
        self.survives_hangup = survives_hangup
        self.trailer: AgiReply | None = None


class AgiSession:
    """Commands for one caller's channel. One command at a time; a second task that tries gets a RuntimeError.

    Every command raises CallerHungUp once the HANGUP line was seen, and EngineSideLost once the connection is gone,
    also while it waits. A wait that is cancelled or times out leaves the reply owed: the next command waits for it,
    so replies never shift, and Asterisk never sees two commands at once (a second one would cut a prompt short).
    """

    __slots__ = ("_close", "_on_end", "_owed_news", "_pending", "_reader", "_write", "end", "environment")

    def __init__(self, environment: AgiEnvironment, write: Callable[[bytes], None], close: Callable[[], None]) -> None:
        self.environment = environment
        self.end: SessionEnd | None = None
        self._write = write
        self._close = close
        self._reader = ReplyReader()
        self._pending: _Pending | None = None
        self._owed_news: asyncio.Future[None] | None = None
        self._on_end: list[Callable[[SessionEnd], None]] = []

    # -- the end ------------------------------------------------------------------------------------------------

    @property
    def hung_up(self) -> bool:
        """Whether the caller is known to be gone."""
        return self.end is SessionEnd.CALLER_HUNG_UP

    def on_end(self, callback: Callable[[SessionEnd], None]) -> None:
        """Call back once, as soon as the session ends; at once if it has."""
        if self.end is None:
            self._on_end.append(callback)
        else:
            callback(self.end)

    async def wait_for_end(self) -> SessionEnd:
        """Wait, with no command outstanding or with one, until the caller hangs up or the connection ends."""
        ended: asyncio.Future[SessionEnd] = asyncio.get_running_loop().create_future()

        def resolve(end: SessionEnd) -> None:
            if not ended.done():
                ended.set_result(end)

        self.on_end(resolve)
        try:
            return await ended
        finally:
            if resolve in self._on_end:
                self._on_end.remove(resolve)

    def close(self) -> None:
        """Give the channel back to the dialplan. The handler's return does the same."""
        self._ended(SessionEnd.CLOSED)
        self._close()

    # -- any command --------------------------------------------------------------------------------------------

    async def command(
        self, name: str, *args: str, timeout_s: float | None = COMMAND_TIMEOUT_S, survives_hangup: bool = False
    ) -> AgiReply:
        """Send one command such as `STREAM FILE`, its arguments quoted as needed, and wait for its reply.

        `survives_hangup` is for the commands that Asterisk still answers for a dead channel (GET/SET VARIABLE, NOOP).
        CommandRefused for 510, 520 and 503; CallerHungUp for 511.
        """
        line = command_line(name, args)
        self._refuse_if_ended(survives_hangup)
        try:
            async with asyncio.timeout(timeout_s):
                await self._owed_reply(survives_hangup)
                reply = await self._send(line, is_exec=name == "EXEC", survives_hangup=survives_hangup)
        except TimeoutError as error:
            raise CommandTimedOut(f"no reply within {timeout_s} s to {name}") from error
        if reply.code == 511:
            raise CallerHungUp(reply.text)
        if reply.code != 200:
            raise CommandRefused(f"{name} {args[:1]}: {reply.code} {reply.text}")
        return reply

    async def _owed_reply(self, survives_hangup: bool) -> None:
        while self._pending is not None:
            if not self._pending.reply.done() or self._owed_news is not None:
                raise RuntimeError("an AGI command is outstanding: one at a time")
            self._owed_news = asyncio.get_running_loop().create_future()
            try:
                await self._owed_news
            finally:
                self._owed_news = None
            self._refuse_if_ended(survives_hangup)

    async def _send(self, line: bytes, *, is_exec: bool, survives_hangup: bool) -> AgiReply:
        reply: asyncio.Future[AgiReply] = asyncio.get_running_loop().create_future()
        self._pending = _Pending(reply, is_exec=is_exec, survives_hangup=survives_hangup)
        self._write(line)
        return await reply

    def _refuse_if_ended(self, survives_hangup: bool) -> None:
        if self.end is SessionEnd.CALLER_HUNG_UP and not survives_hangup:
            raise CallerHungUp("the caller hung up")
        if self.end in (SessionEnd.SWITCH_LOST, SessionEnd.CLOSED):
            raise EngineSideLost("the connection to Asterisk is gone")

    # -- what the connection brings -----------------------------------------------------------------------------

    def line_arrived(self, line: str) -> None:
        """Take one line from Asterisk. BadReply if no command asked for it or it cannot be a reply."""
        if line == "HANGUP" and not self._reader.inside_value:
            self._ended(SessionEnd.CALLER_HUNG_UP)
            return
        pending = self._pending
        if pending is None:
            if line:
                raise BadReply(f"no command asked for this line: {line[:60]!r}")
            return
        reply = self._reader.feed(line)
        if reply is not None:
            self._reply_arrived(pending, reply)

    def connection_ended(self) -> None:
        """The connection is gone: without a HANGUP before it the caller's fate is unknown."""
        self._ended(SessionEnd.SWITCH_LOST)
        self._fail_pending(EngineSideLost("the connection to Asterisk is gone"))

    def _reply_arrived(self, pending: _Pending, reply: AgiReply) -> None:
        if pending.trailer is not None:
            reply = pending.trailer
        elif pending.is_exec and reply.code == 200 and reply.result == "1":
            # res_agi takes an application's return value 1 for "show usage" and sends a 520 after this reply.
            pending.trailer = reply
            return
        self._pending = None
        if not pending.reply.done():
            pending.reply.set_result(reply)
        self._tell_the_waiting()

    def _ended(self, end: SessionEnd) -> None:
        if self.end is None:
            self.end = end
            callbacks, self._on_end = self._on_end, []
            for callback in callbacks:
                _shielded(callback, end)
        if end is SessionEnd.CALLER_HUNG_UP and self._pending is not None and not self._pending.survives_hangup:
            self._fail_pending(CallerHungUp("the caller hung up"))
        self._tell_the_waiting()

    def _fail_pending(self, error: Exception) -> None:
        if self._pending is not None and not self._pending.reply.done():
            self._pending.reply.set_exception(error)

    def _tell_the_waiting(self) -> None:
        if self._owed_news is not None and not self._owed_news.done():
            self._owed_news.set_result(None)

    # -- commands with a meaning --------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Answer the channel; nothing happens if it is answered already."""
        reply = await self.command("ANSWER")
        await self._playable(reply, "ANSWER")

    async def stream_file(self, name: str, escape_digits: str = "") -> str | None:
        """Play a file (no extension); the escape digit that cut it off, if one did. PlaybackFailed if it cannot play."""
        reply = await self.command("STREAM FILE", name, escape_digits, timeout_s=PLAYBACK_TIMEOUT_S)
        return await self._digit(reply, name)

    async def control_stream_file(self, name: str) -> None:
        """Play a file (no extension) that AMI's ControlPlayback can stop, and no key: without others named, # and * would
        wind. PlaybackFailed if it cannot play."""
        reply = await self.command("CONTROL STREAM FILE", name, "", "3000", "x", "x", timeout_s=PLAYBACK_TIMEOUT_S)
        await self._playable(reply, name)

    async def record_file(self, name: str, escape_digits: str, longest_s: float, silence_s: float) -> None:
        """Record as .wav into this file (no extension) until a key, a silence of `silence_s`, or `longest_s`. PlaybackFailed if
        the file cannot be written."""
        longest_ms = math.ceil(longest_s * 1000)
        args = (name, "wav", escape_digits, str(longest_ms), f"s={math.ceil(silence_s)}")
        reply = await self.command("RECORD FILE", *args, timeout_s=longest_s + COMMAND_TIMEOUT_S)
        await self._playable(reply, name)

    async def wait_for_digit(self, timeout_ms: int) -> str | None:
        """The next key, or None if none came in time."""
        reply = await self.command("WAIT FOR DIGIT", str(timeout_ms), timeout_s=timeout_ms / 1000 + COMMAND_TIMEOUT_S)
        return await self._digit(reply, "WAIT FOR DIGIT")

    async def set_variable(self, name: str, value: str, *, survives_hangup: bool = False) -> None:
        """Set a channel variable (or a writable function such as CDR(x))."""
        _check_variable(name)
        await self.command("SET VARIABLE", name, value, survives_hangup=survives_hangup)

    async def get_variable(self, name: str, *, survives_hangup: bool = False) -> str | None:
        """A channel variable or function, None if unset. Not for values a caller writes and nobody has cleaned:

        Asterisk prints them as they are, so a line break in one looks like a reply of its own (the session then ends).
        """
        _check_variable(name)
        reply = await self.command("GET VARIABLE", name, survives_hangup=survives_hangup)
        if reply.result != "1":
            return None
        if reply.data is not None and len(reply.data.encode()) >= _LONG_VALUE_BYTES:
            reply = await self.command("GET FULL VARIABLE", f"${{{name}}}", survives_hangup=survives_hangup)
        return reply.data

    async def set_music(self, on: bool, music_class: str = "default") -> None:
        """Start or stop music on hold; it goes on while no command runs."""
        await self.command("SET MUSIC", "ON" if on else "OFF", music_class)

    async def exec(self, application: str, args: str = "", timeout_s: float | None = PLAYBACK_TIMEOUT_S) -> int:
        """Run a dialplan application; its return value (-1: it wants the channel hung up). CommandRefused if unknown.

        `${...}` in args stays as it is as long as the dialplan leaves AGIEXECFULL unset.
        """
        reply = await self.command("EXEC", application, args, timeout_s=timeout_s)
        result = _number(reply)
        if result == -2:
            raise CommandRefused(f"EXEC: Asterisk has no application {application!r} loaded")
        return result

    async def dial(self, target: str, ring_s: int, options: str = "") -> int:
        """EXEC Dial: ring for ring_s, then talk until somebody hangs up; see dial_status for how it went.

        With option `g` the caller comes back when the agent hangs up. -1 means the caller is to be hung up or is gone.
        """
        if not _DIAL_TARGET.fullmatch(target):
            raise ValueError(f"no dial target: {target[:60]!r} (expected like PJSIP/agent-1001)")
        return await self.exec("Dial", f"{target},{ring_s},{options}", timeout_s=None)

    async def dial_status(self) -> str:
        """DIALSTATUS of the last dial (ANSWER, BUSY, NOANSWER, CANCEL, ...), '' if none; also after the hang-up."""
        return await self.get_variable("DIALSTATUS", survives_hangup=True) or ""

    async def hangup(self) -> None:
        """Hang the caller up; the HANGUP line that follows ends the session."""
        await self.command("HANGUP")

    async def _digit(self, reply: AgiReply, what: str) -> str | None:
        await self._playable(reply, what)
        code = _number(reply)
        return chr(code) if 0 < code < 128 else None

    async def _playable(self, reply: AgiReply, what: str) -> None:
        """-1 means both "caller gone" and "no such file": Asterisk says HANGUP before it answers one more command."""
        if reply.result != "-1":
            return
        await self.command("NOOP")
        raise PlaybackFailed(f"Asterisk cannot do or play {what!r}")


def _check_variable(name: str) -> None:
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"no variable name: {name[:60]!r}")


def _shielded(callback: Callable[[SessionEnd], None], end: SessionEnd) -> None:
    try:
        callback(end)
    except Exception:
        log.exception("a callback for the end of an AGI session failed")


def _number(reply: AgiReply) -> int:
    try:
        return int(reply.result)
    except ValueError as error:
        raise BadReply(f"a number was due, not result={reply.result[:40]!r}") from error
