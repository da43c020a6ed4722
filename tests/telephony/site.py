"""A whole site under test: `hotline up`'s own supervisor, Asterisk and engine, with a telephone network beside it.

    @pytest_asyncio.fixture(scope="module", loop_scope="module")
    async def running(tmp_path_factory, asterisk_root):
        async with running_site(tmp_path_factory.mktemp("path"), queues=...) as site:
            yield site

    @pytest_asyncio.fixture(loop_scope="module")
    async def site(running):
        yield running
        await running.clear()

Times are short here: phones ring 3 s, wrap-up takes 1 s, callers reach a menu at once and are queued without a word. What a
test waits for it asks the API for, again and again up to a limit (`until`); nothing is waited for by a fixed time.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from engine.network import PlacedCall
from engine.rehearsal import Rehearsal, write_configuration
from tests.telephony.phones import no_channel_is_left

T = TypeVar("T")
Change = Callable[[Any], None]

RING_S = 3.0
WRAP_UP_S = 1.0
RETRY_S = 2.0
MENU_S = 2.0
"""How long a menu waits for a key."""
OFFERED_TO_CALLERS = ("keys", "resume", "callback", "recording_notice", "recording_refusal", "survey")
"""What the example's queues offer callers and ask of them: tests that want it say so."""
FIRST_KEY_S = 0.2
"""When callers press: the engine is asking by then."""


@contextlib.asynccontextmanager
async def running_site(
    home: Path,
    *,
    flow: Change | None = None,
    queues: Change | None = None,
    ivr: Change | None = None,
    hours: Change | None = None,
    system: Change | None = None,
    agents: Change | None = None,
    metrics: Change | None = None,
) -> AsyncIterator[SiteUnderTest]:
    """A site with short times and everybody logged out; each file is changed further by what is given for it.

    `flow` is in place of `short_flow`: what the example's flow becomes.
    """
    changes = {
        "queues": _both(short_queues, queues),
        "ivr": _both(flow or short_flow, ivr),
        "hours": hours or _nothing,
        "system": system or _nothing,
        "agents": agents or _nothing,
        "metrics": metrics or _nothing,
    }
    async with SiteUnderTest(home / "h", write_configuration(home / "config", changes), tell=lambda _: None) as site:
        await until(site.is_whole, 20.0)
        yield site


def short_queues(data: Any) -> None:
    """Short rings, short paperwork, no missed call has consequences, nobody overflows, everybody has the same chances."""
    for queue in data["queues"].values():
        queue.update(ring=f"{RING_S}s", wrap_up=f"{WRAP_UP_S}s", retry_same_agent=f"{RETRY_S}s")
        queue.update(no_answer_limit=0, strategy="longest-idle", priority=0)
        for key in ("max_wait", "overflow", "last_agent", *OFFERED_TO_CALLERS):
            queue.pop(key, None)


def plain_flow(data: Any) -> None:
    """The example's flow without messages and callbacks: after hours callers are told so, and the call ends."""
    nodes = data["nodes"]
    for name in ("repair_wait", "call_back", "after_hours", "message", "still_open", "bye"):
        del nodes[name]
    nodes["menu"]["keys"]["1"] = "repair"
    nodes["hours"]["closed"] = nodes["closed"]["prompts"] = "closed"


def short_flow(data: Any) -> None:
    """The menu is the first thing, short, and leads to the queues without a word; good-bye is said without one too."""
    plain_flow(data)
    data.update(start="hours", goodbye=[], wrong_key=[], no_key=[])
    del data["nodes"]["welcome"]
    data["nodes"]["menu"].update(prompts="wrap_up_done", timeout=f"{MENU_S}s")
    for node in data["nodes"].values():
        if node["type"] == "enqueue":
            node.pop("prompts", None)
            node.pop("priority", None)


def _nothing(data: Any) -> None:
    pass


def _both(first: Change, second: Change | None) -> Change:
    def change(data: Any) -> None:
        first(data)
        (second or _nothing)(data)

    return change


async def until(probe: Callable[[], Awaitable[T | None]], timeout_s: float = 10.0, *, every_s: float = 0.05) -> T:
    """What the probe finds, as soon as it finds something; TimeoutError if it does not in time.

    While the engine is away, its API finds nothing.
    """
    async with asyncio.timeout(timeout_s):
        while True:
            try:
                if found := await probe():
                    return found
            except (aiohttp.ClientConnectionError, aiohttp.ServerTimeoutError):
                pass
            await asyncio.sleep(every_s)


@dataclass(frozen=True, slots=True)
class Customer:
    """A caller who is in: his leg in the network, and the engine's id of his call."""

    leg: PlacedCall
    number: str
    id: str


class Feed:
    """An agent's screen-pop feed, read as it comes. `events` has all of it, each with the time it was read here."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.events: list[tuple[float, dict[str, Any]]] = []
        self._socket = socket
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        async for message in self._socket:
            self.events.append((loop.time(), json.loads(message.data)))

    def pops(self, *, call: str | None = None) -> list[dict[str, Any]]:
        """The pop events so far, of one call if it is named."""
        return [e for _, e in self.events if "pop" in e and call in (None, e["pop"]["call"])]

    async def next_pop(self, kind: str, *, call: str, timeout_s: float = 10.0) -> tuple[float, dict[str, Any]]:
        """When and what the feed says of this call being `kind` (offered, withdrawn, answered, ended)."""

        async def found() -> tuple[float, dict[str, Any]] | None:
            matches = (e for e in self.events if e[1]["type"] == kind and e[1]["pop"]["call"] == call)
            return next(matches, None)

        return await until(found, timeout_s, every_s=0.01)

    async def close(self) -> None:
        """The desktop goes away."""
        await self._socket.close()
        await self._reading


class SiteUnderTest(Rehearsal):
    """A rehearsal with what tests ask of it. Each caller has a number of his own, so that nobody has a last agent by chance."""

    _numbers = itertools.count(13_500_000_000)

    def new_number(self) -> str:
        """A mobile number nobody has called from before."""
        return str(next(self._numbers))

    async def is_whole(self) -> bool:
        """Whether every part is up: the database opens a moment after the first call could come in."""
        try:
            return bool((await self.get("/healthz"))["status"] == "up")
        except aiohttp.ClientResponseError as answer:
            if answer.status != 503:  # which is how healthz says that a part is down
                raise
            return False

    # --- callers ------------------------------------------------------------------------------------------------------

    async def dial(self, number: str = "", key: str = "1", **more: Any) -> Customer:
        """Call, press the key, and return when the engine has the call. `more`: see TelephoneNetwork.call."""
        number = number or self.new_number()
        if key:
            more.setdefault("digits", [(FIRST_KEY_S, key)])
        earlier = {call["call"] for call in await self.live()}
        leg = await self.network.call(self.number, number=number, **more)

        async def arrived() -> str | None:
            new = (call for call in await self.live() if call["number"] == number and call["call"] not in earlier)
            return next((str(call["call"]) for call in new), None)

        return Customer(leg, number, await until(arrived))

    async def queued(self, number: str = "", key: str = "1", **more: Any) -> Customer:
        """As `dial`, but the caller is in his queue when this returns (perhaps a phone rings for him already)."""
        customer = await self.dial(number, key, **more)

        async def in_queue() -> bool:
            mine = (call for call in await self.live() if call["call"] == customer.id)
            return next((call["state"] != "ivr" for call in mine), True)

        await until(in_queue)
        return customer

    async def live(self) -> list[dict[str, Any]]:
        """The calls of this moment, with whole numbers."""
        found = await self.get("/api/calls?numbers=full&reason=test")
        return list(found["calls"])

    async def until_call(self, number: str, *states: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """The live call of this number, once it is in one of these states (any, if none are named)."""

        async def found() -> dict[str, Any] | None:
            mine = (call for call in await self.live() if call["number"] == number)
            return next((call for call in mine if not states or call["state"] in states), None)

        return await until(found, timeout_s)

    async def ended(self, call: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """What is kept of a call that is over, once it is in SQL."""

        async def found() -> dict[str, Any] | None:
            try:
                shown = await self.get(f"/api/calls/{call}")
            except aiohttp.ClientResponseError as error:
                if error.status in (404, 503):  # over, and on its way to SQL; or the database is not open yet
                    return None
                raise
            return dict(shown) if shown["state"] == "ended" else None

        return await until(found, timeout_s)

    async def recording(self, call: str, timeout_s: float = 15.0) -> dict[str, Any]:
        """The ledger's row of a call's only recording, once its sound has been dealt with."""

        async def found() -> dict[str, Any] | None:
            rows = (await self.get(f"/api/recordings?call={call}"))["recordings"]
            return next((dict(row) for row in rows if row["state"] != "expected"), None)

        return await until(found, timeout_s)

    # --- agents -------------------------------------------------------------------------------------------------------

    async def until_agent(self, agent: str, *states: str, timeout_s: float = 10.0, **more: Any) -> dict[str, Any]:
        """The agent, once he is in one of these states and the other fields are as given (phone="idle")."""

        async def found() -> dict[str, Any] | None:
            shown: dict[str, Any] = await self.get(f"/api/agents/{agent}")
            right = (not states or shown["state"] in states) and all(shown[k] == v for k, v in more.items())
            return shown if right else None

        return await until(found, timeout_s)

    @contextlib.asynccontextmanager
    async def feed(self, agent: str, *, after: int | None = None) -> AsyncIterator[Feed]:
        """The agent's desktop: his own token, his own feed."""
        url = f"http://{self.supervisor.site.endpoints.http}/api/agents/{agent}/feed"
        query = {} if after is None else {"after": str(after)}
        headers = {"Authorization": f"Bearer {self.agent_token(agent)}"}
        async with aiohttp.ClientSession() as session:
            feed = Feed(await session.ws_connect(url, params=query, headers=headers))
            try:
                yield feed
            finally:
                await feed.close()

    def agent_token(self, agent: str) -> str:
        """The agent's API token."""
        tokens = json.loads((self.home / "secrets" / "tokens.json").read_text("utf-8"))
        return str(tokens["agents"][agent])

    # --- what is kept -------------------------------------------------------------------------------------------------

    def sql(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the site's database, which is SQLite here."""
        database = sqlite3.connect(f"file:{self.home}/hotline.db?mode=ro", uri=True)
        try:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, values)]
        finally:
            database.close()

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{self.supervisor.site.endpoints.http}/metrics") as answer,
        ):
            families = text_string_to_metric_families(await answer.text())
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return sum(one.value for one in samples if labels.items() <= one.labels.items())

    @property
    def log(self) -> str:
        """What the engine has logged so far, but for who looked at what."""
        lines = (self.home / "log" / "engine.log").read_text("utf-8").splitlines(keepends=True)
        return "".join(line for line in lines if " hotline.audit: " not in line)

    # --- between tests ------------------------------------------------------------------------------------------------

    async def clear(self, phones: Sequence[str] = ()) -> None:
        """Everyone hangs up and goes home. A call, an agent or a channel that stays is an error.

        `phones` were unplugged and are plugged in again.
        """
        await self.network.reset()
        for phone in phones:
            await self.network.phone(phone).plug_in()
        for agent in (await self.get("/api/agents"))["agents"]:
            await self._send_home(agent["agent"])

        async def nobody_is_left() -> bool:
            return not await self.live()

        await until(nobody_is_left)
        assert self.supervisor.asterisk is not None
        await no_channel_is_left(self.supervisor.asterisk)
        self.network.forget_rings()  # of callers who were given an agent because those before them hung up first

    async def _send_home(self, agent: str) -> None:
        """Log out; whoever is on a call goes when he is through with it, and nobody wraps up."""
        if (await self.get(f"/api/agents/{agent}"))["state"] == "offline":
            return
        await self.agent(agent, "logout")

        async def gone() -> bool:
            state = (await self.get(f"/api/agents/{agent}"))["state"]
            if state == "wrap_up":
                with contextlib.suppress(aiohttp.ClientResponseError):  # it was over just now
                    await self.agent(agent, "wrap_up_done")
            return bool(state == "offline")

        await until(gone)
