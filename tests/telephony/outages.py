"""What breaks a running site, each as a crash would: the engine, Asterisk, the line between the two; and its coming back."""

from __future__ import annotations

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.telephony.site import SiteUnderTest, until

__all__ = [
    "AmiProxy",
    "asterisk_back",
    "at_wall",
    "engine_away",
    "healthy",
    "kill_asterisk",
    "kill_engine",
    "kill_engine_and_wait",
    "since_epoch",
    "unhealthy",
]

BACK_S = 30.0
"""How long coming back may take on a machine that has other things to do; a few seconds are usual."""


def since_epoch(loop_time: float | None) -> float:
    """A time of the network (the event loop's) as the site writes it down."""
    assert loop_time is not None
    return loop_time + time.time() - asyncio.get_running_loop().time()


def at_wall() -> float:
    """Now, in seconds since the epoch."""
    return time.time()


async def kill_engine(site: SiteUnderTest) -> None:
    """kill -9; returns when the process is gone. The supervisor starts another."""
    engine = site.supervisor.engine
    assert engine is not None
    engine.kill()
    await engine.wait()


async def healthy(site: SiteUnderTest, timeout_s: float = BACK_S) -> None:
    """Wait until calls can be served (again)."""

    async def serves() -> bool:
        try:
            await site.get("/healthz")
        except aiohttp.ClientResponseError:
            return False
        return True

    await until(serves, timeout_s)


async def unhealthy(site: SiteUnderTest, timeout_s: float) -> None:
    """Wait until the engine says that calls cannot be served."""

    async def refuses() -> bool:
        try:
            await site.get("/healthz")
        except aiohttp.ClientResponseError:
            return True
        return False

    await until(refuses, timeout_s)


async def kill_engine_and_wait(site: SiteUnderTest) -> None:
    """kill -9, and back when calls are served again."""
    await kill_engine(site)
    await healthy(site)


@asynccontextmanager
async def engine_away(site: SiteUnderTest) -> AsyncIterator[None]:
    """The engine is killed, and kept from coming back until this is left: somebody else holds its journal."""
    await kill_engine(site)
    with (site.home / "journal" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    await healthy(site)


class AmiProxy:
    """Stands between the engine and Asterisk's manager, and breaks the line when it is told to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._target_port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self, target_port: int) -> None:
        """Let the engine through to this port."""
        self._target_port = target_port
        await self.mend()

    async def mend(self) -> None:
        """Let the engine through again; nothing happens if it is let through."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """End what is connected with a reset, and let nobody connect again until `mend`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stall(self) -> None:
        """Hold back every byte in both directions; the connections stay open."""
        self._flows.clear()

    def flow(self) -> None:
        """Let what was held back through."""
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        ends = {writer, other_writer}
        self._writers |= ends
        pumps = [
            asyncio.create_task(self._pump(reader, other_writer)),
            asyncio.create_task(self._pump(other_reader, writer)),
        ]
        self._tasks |= set(pumps)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.transport.abort()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._writers -= ends
            self._tasks -= set(pumps)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._flows.wait()
            writer.write(data)


async def kill_asterisk(site: SiteUnderTest) -> float:
    """kill -9; when that was. The supervisor starts another."""
    asterisk = site.supervisor.asterisk
    assert asterisk is not None
    asterisk.kill()
    killed_at = time.time()
    await asterisk.wait()
    return killed_at


async def asterisk_back(site: SiteUnderTest, gone: object) -> None:
    """Wait until another Asterisk than this one runs, the engine sees it, and calls are served."""

    async def started() -> bool:
        return site.supervisor.asterisk is not gone

    await until(started, BACK_S)
    await healthy(site)
