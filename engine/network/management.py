"""The network's own line to its Asterisk: actions with replies, and events to one receiver.

Small on purpose, and only for an Asterisk that we started ourselves on the loopback; the engine's line is in `cti`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

Message = dict[str, str]


class NetworkActionRefused(Exception):
    """The telephone network's Asterisk said no, or its line is gone."""


class Management:
    """One logged-in AMI session. `received` is called with each event, in order."""

    def __init__(self, received: Callable[[Message], None]) -> None:
        self._received = received
        self._numbers = itertools.count(1)
        self._replies: dict[str, asyncio.Future[Message]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self, port: int, user: str, secret: str) -> None:
        """Connect to the loopback, log in, start reading."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()  # the greeting
        self._reading = asyncio.create_task(self._read(reader), name="network-management")
        await self.act("Login", Username=user, Secret=secret)

    async def act(self, action: str, *lines: str, **headers: str) -> Message:
        """Send one action and return its reply; raises `NetworkActionRefused`. `lines` are headers that repeat."""
        if self._writer is None or self._reading is None or self._reading.done():
            raise NetworkActionRefused(f"{action}: the line to the telephone network is closed")
        number = str(next(self._numbers))
        all_lines = [f"Action: {action}", f"ActionID: {number}", *(f"{k}: {v}" for k, v in headers.items()), *lines]
        if any("\r" in line or "\n" in line for line in all_lines):
            raise NetworkActionRefused(f"{action}: a value holds a line end")
        self._replies[number] = asyncio.get_running_loop().create_future()
        self._writer.write("".join(f"{line}\r\n" for line in [*all_lines, ""]).encode())
        try:
            reply = await asyncio.wait_for(self._replies[number], 10.0)
        except TimeoutError as error:
            raise NetworkActionRefused(f"{action}: no reply within 10 s") from error
        finally:
            del self._replies[number]
        if reply.get("Response") not in ("Success", "Goodbye"):
            raise NetworkActionRefused(f"{action}: {reply.get('Message', reply)}")
        return reply

    async def close(self) -> None:
        """End the session; open actions are refused."""
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while block := await reader.readuntil(b"\r\n\r\n"):
                self._take(_parse(block.decode("utf-8", "replace")))
        except (asyncio.IncompleteReadError, OSError):
            pass  # Asterisk ended; the futures below say so
        finally:
            for reply in self._replies.values():
                if not reply.done():
                    reply.set_exception(NetworkActionRefused("the telephone network's Asterisk ended"))

    def _take(self, message: Message) -> None:
        if "Response" not in message:
            self._received(message)
        elif (reply := self._replies.get(message.get("ActionID", ""))) is not None and not reply.done():
            reply.set_result(message)


def _parse(block: str) -> Message:
    pairs = (line.partition(": ") for line in block.split("\r\n") if line)
    return {name: value for name, _, value in pairs}
