"""Loopback peers that speak for Asterisk: its manager interface, and one of its channels inside AGI()."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cti.agi import AgiServer, AgiSession
from cti.ami import AmiClient, AmiTimings
from cti.translate import Fact

QUICK = AmiTimings(
    connect_s=1.0,
    login_s=1.0,
    ping_every_s=0.05,
    ping_timeout_s=0.15,
    retry_first_s=0.02,
    retry_max_s=0.05,
    login_retry_first_s=0.2,
    login_retry_max_s=0.8,
)
SECRET = "right"
PATIENT = AmiTimings(retry_first_s=0.02, retry_max_s=0.05)

ENVIRONMENT = {
    "network": "yes",
    "request": "agi://127.0.0.1:4573/menu?lang=zh&did=4008001234",
    "channel": "PJSIP/trunk-00000001",
    "language": "en",
    "type": "PJSIP",
    "uniqueid": "1763798400.1",
    "version": "22.10.1",
    "callerid": "13800138000",
    "calleridname": "王小明",
    "callingpres": "0",
    "dnid": "4008001234",
    "rdnis": "unknown",
    "context": "from-trunk",
    "extension": "4008001234",
    "priority": "3",
    "enhanced": "0.0",
    "accountcode": "",
    "threadid": "140120",
    "arg_1": "first",
    "arg_2": "",
}


def opening(**changed: str | None) -> bytes:
    """The block that res_agi sends first, with some fields changed or (None) left out."""
    fields = {**ENVIRONMENT, **changed}
    lines = [f"agi_{name}: {value}\n" for name, value in fields.items() if value is not None]
    return ("".join(lines) + "\n").encode()


class Channel:
    """The channel's side of a FastAGI connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def call(cls, server: AgiServer, first: bytes | None = None) -> Channel:
        channel = cls(*await asyncio.open_connection("127.0.0.1", server.port))
        channel.say(opening() if first is None else first)
        return channel

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self) -> str:
        """The next command line, '' once the engine has closed."""
        async with asyncio.timeout(5):
            return (await self.reader.readline()).decode().rstrip("\n")

    async def obey(self, reply: bytes = b"200 result=0\n") -> str:
        command = await self.hear()
        self.say(reply)
        return command

    async def closed_by_engine(self) -> bool:
        try:
            async with asyncio.timeout(5):
                while await self.reader.read(4096):
                    pass
        except ConnectionError:
            pass
        self.leave()
        return True

    def leave(self) -> None:
        self.writer.close()


@asynccontextmanager
async def agi_server(
    handler: Callable[[AgiSession], Awaitable[None]], *, max_sessions: int = 100, environment_timeout_s: float = 5.0
) -> AsyncIterator[AgiServer]:
    server = AgiServer(handler, max_sessions=max_sessions, environment_timeout_s=environment_timeout_s)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def agi_session() -> AsyncIterator[tuple[AgiSession, Channel, AgiServer]]:
    """One open session whose handler does nothing: the test gives the commands itself."""
    opened: asyncio.Future[AgiSession] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        opened.set_result(session)
        await done.wait()

    async with agi_server(handler) as server:
        channel = await Channel.call(server)
        async with asyncio.timeout(5):
            session = await opened
        yield session, channel, server
        done.set()
        channel.leave()


class Switch:
    """The manager interface. `answer` gives the messages for an action (header names in lower case); None: silence."""

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []
        self.connections = 0
        self.open = 0
        self.secret = SECRET
        self.answer: Callable[[dict[str, str]], str | None] = self.usual_answer
        self.writers: list[asyncio.StreamWriter] = []
        self.heard = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Drop all connections."""
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    def say(self, data: bytes) -> None:
        self.writers[-1].write(data)

    def event(self, name: str, **headers: str) -> None:
        lines = [f"Event: {name}", *(f"{key.replace('_', '-')}: {value}" for key, value in headers.items())]
        self.say(("\r\n".join(lines) + "\r\n\r\n").encode())

    def usual_answer(self, action: dict[str, str]) -> str | None:
        if action["action"] == "Login" and action["secret"] != self.secret:
            return f"Response: Error\r\nActionID: {action['actionid']}\r\nMessage: Authentication failed\r\n\r\n"
        return f"Response: Success\r\nActionID: {action['actionid']}\r\nMessage: done\r\n\r\n"

    def names(self) -> list[str]:
        """The names of the actions so far, pings aside."""
        return [action["action"] for action in self.actions if action["action"] != "Ping"]

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self.heard:
            await self.heard.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                await self._one_action((await reader.readuntil(b"\r\n\r\n")).decode(), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        async with self.heard:
            self.open -= 1
            self.heard.notify_all()

    async def _one_action(self, text: str, writer: asyncio.StreamWriter) -> None:
        pairs = (line.split(": ", 1) for line in text.split("\r\n") if line)
        action = {name.lower(): value for name, value in pairs}
        async with self.heard:
            self.actions.append(action)
            self.heard.notify_all()
        answer = self.answer(action)
        if answer is not None:
            writer.write(answer.encode())


class Desk:
    """The engine's side: an AmiClient and everything it called back with."""

    def __init__(self, switch: Switch, timings: AmiTimings, secret: str = SECRET) -> None:
        self.facts: list[Fact] = []
        self.disconnects: list[str] = []
        self.refusals: list[str] = []
        self.resyncs = 0
        self.news = asyncio.Condition()
        self.client = AmiClient(
            "127.0.0.1",
            switch.port,
            "hotline",
            secret,
            on_fact=self.on_fact,
            on_connected=self.on_connected,
            on_disconnected=self.on_disconnected,
            on_auth_failed=self.on_auth_failed,
            timings=timings,
        )

    def on_fact(self, fact: Fact) -> None:
        self.facts.append(fact)
        self._notify()

    async def on_connected(self) -> None:
        self.resyncs += 1
        self._notify()

    def on_disconnected(self, reason: str) -> None:
        self.disconnects.append(reason)
        self._notify()

    def on_auth_failed(self, message: str) -> None:
        self.refusals.append(message)
        self._notify()

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(condition)

    def _notify(self) -> None:
        async def notify() -> None:
            async with self.news:
                self.news.notify_all()

        task = asyncio.get_running_loop().create_task(notify())
        _notifications.add(task)
        task.add_done_callback(_notifications.discard)


_notifications: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def ami(timings: AmiTimings = PATIENT, secret: str = SECRET) -> AsyncIterator[tuple[Desk, Switch]]:
    """A switch and a started client; logged in when the secret is right."""
    switch = Switch()
    await switch.start()
    desk = Desk(switch, timings, secret)
    await desk.client.start()
    try:
        if secret == switch.secret:
            await desk.client.wait_connected(5)
        yield desk, switch
    finally:
        await desk.client.close()
        await switch.stop()
