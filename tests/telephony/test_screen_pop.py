"""The screen pop of a real call: on the agent's desktop by WebSocket, and at another program by webhook."""

import asyncio
import hashlib
import hmac
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from engine.site import REPOSITORY
from tests.telephony.site import RING_S, SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

SECRET = "shared-with-the-crm"
VIP = "13800138000"


@dataclass(slots=True)
class Crm:
    """Another program: a real HTTP server that keeps what is posted to it. While `busy` it answers one request with 503."""

    port: int = 0
    busy: bool = False
    received: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[tuple[bytes, str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.busy:
            self.busy = False
            return web.Response(status=503)
        self.bodies.append((body, request.headers["Content-Type"], request.headers["Hotline-Signature"]))
        self.received.append(json.loads(body))
        return web.Response(status=204)

    def of(self, call: str) -> list[dict[str, Any]]:
        """What was received of one call."""
        return [event for event in self.received if event["subject"] == call]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crm() -> AsyncIterator[Crm]:
    crm = Crm()
    app = web.Application()
    app.router.add_post("/hotline", crm.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    crm.port = runner.addresses[0][1]
    yield crm
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None, crm: Crm
) -> AsyncIterator[SiteUnderTest]:
    def system(data: Any) -> None:
        data["webhooks"] = [{"url": f"http://127.0.0.1:{crm.port}/hotline", "secret": SECRET}]

    def queues(data: Any) -> None:
        """Contacts are remembered as soon as one queue goes by them."""
        data["queues"]["consultation"]["last_agent"] = {"window": "24h", "wait": "1s"}

    async with running_site(tmp_path_factory.mktemp("pops"), system=system, queues=queues) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    yield running
    await running.clear()


async def test_desktop_is_told_before_the_phone_rings_and_all_along_under_one_id(site: SiteUnderTest) -> None:
    phone = site.network.phone("1001")
    await phone.answers(after_s=0.2, talk_s=0.5)
    await site.on_duty("1001")
    async with site.feed("1001") as feed:
        customer = await site.dial(VIP, name="Zhang San")
        ring = await phone.next_ring()  # nothing else goes on in the test now, so the two times can be compared
        offered_read_at, offered = await feed.next_pop("offered", call=customer.id)
        _, answered = await feed.next_pop("answered", call=customer.id)
        _, ended = await feed.next_pop("ended", call=customer.id)
        assert [event["type"] for event in feed.pops()] == ["offered", "answered", "ended"]
    print(f"on the desktop {(ring.began_at - offered_read_at) * 1000:.1f} ms before the phone's INVITE")
    assert offered_read_at < ring.began_at
    assert {event["pop"]["id"] for event in (offered, answered, ended)} == {f"{customer.id}-1"}
    assert [event["seq"] for event in (offered, answered, ended)] == sorted(
        {event["seq"] for event in (offered, answered, ended)}
    )
    pop = offered["pop"]
    assert (pop["number"], pop["name"], pop["vip"]) == ("138****8000", "Zhang San", 2)
    assert (pop["queue"], pop["queue_names"]["zh"], pop["agent"]) == ("repair", "报修", "1001")
    assert pop["path"] == ["hours", "menu", "repair:1"]
    assert pop["reasons"] == ["only_candidate"]
    assert pop["last_contact"] is None
    assert answered["pop"]["answered_at"] == pytest.approx(pop["offered_at"] + 0.2, abs=0.3)
    assert ended["pop"]["talk_s"] == pytest.approx(0.5, abs=0.3)


async def test_next_pop_of_the_same_caller_names_who_served_him_last(site: SiteUnderTest) -> None:
    await site.network.phone("1001").answers(after_s=0.05, talk_s=0.2)
    await site.on_duty("1001")
    async with site.feed("1001") as feed:
        first = await site.queued()
        _, ended = await feed.next_pop("ended", call=first.id)
        again = await site.queued(first.number)
        _, offered = await feed.next_pop("offered", call=again.id)
    contact = offered["pop"]["last_contact"]
    assert (contact["agent"], contact["name"]) == ("1001", "王小明")
    assert contact["at"] == pytest.approx(ended["pop"]["answered_at"])


async def test_pop_is_withdrawn_when_the_agent_does_not_answer_and_comes_up_at_the_next_one(
    site: SiteUnderTest,
) -> None:
    await site.network.phone("1002").answers(after_s=0.1, talk_s=0.2)
    await site.on_duty("1001", "1002")
    async with site.feed("1001") as first, site.feed("1002") as second:
        customer = await site.queued()
        _, offered = await first.next_pop("offered", call=customer.id)
        _, withdrawn = await first.next_pop("withdrawn", call=customer.id)
        _, answered = await second.next_pop("answered", call=customer.id)
        assert [event["type"] for event in first.pops()] == ["offered", "withdrawn"]
        assert not [event for event in second.pops() if event["pop"]["agent"] != "1002"]
    assert withdrawn["pop"]["id"] == offered["pop"]["id"] != answered["pop"]["id"]
    assert withdrawn["pop"]["reason"] == "no_answer"
    assert answered["pop"]["wait_s"] == pytest.approx(RING_S, abs=1.0)


async def test_desktop_that_was_away_gets_what_it_missed_and_how_things_stand(site: SiteUnderTest) -> None:
    await site.network.phone("1001").answers(after_s=0.3, talk_s=20)
    await site.on_duty("1001")
    async with site.feed("1001") as feed:
        customer = await site.queued()
        _, offered = await feed.next_pop("offered", call=customer.id)
    await site.until_agent("1001", "talking")
    async with site.feed("1001", after=offered["seq"]) as feed:
        _, answered = await feed.next_pop("answered", call=customer.id)
        snapshot = feed.events[0][1]
        assert feed.pops() == [answered]  # what it has seen already is not sent again
    assert (snapshot["type"], snapshot["gap"], snapshot["agent"]["state"]) == ("snapshot", False, "talking")
    assert [(pop["id"], pop["state"]) for pop in snapshot["pops"]] == [(offered["pop"]["id"], "answered")]


async def test_agent_may_not_look_at_another_agents_desktop(site: SiteUnderTest) -> None:
    url = f"http://{site.supervisor.site.endpoints.http}/api/agents/1002/feed"
    headers = {"Authorization": f"Bearer {site.agent_token('1001')}"}
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url, headers=headers)
    assert refused.value.status == 403


async def test_webhook_gets_the_same_events_as_signed_cloud_events_also_after_a_refusal(
    site: SiteUnderTest, crm: Crm
) -> None:
    crm.busy = True
    await site.network.phone("1001").answers(after_s=0.1, talk_s=0.2)
    await site.on_duty("1001")
    async with site.feed("1001") as feed:
        customer = await site.queued()
        await feed.next_pop("ended", call=customer.id)
        pops = feed.pops(call=customer.id)

    async def all_there() -> bool:
        return len(crm.of(customer.id)) == len(pops)

    await until(all_there)
    assert not crm.busy  # it has refused one, and got it again
    events = crm.of(customer.id)
    assert [event["type"] for event in events] == ["hotline.pop.offered", "hotline.pop.answered", "hotline.pop.ended"]
    assert [event["data"] for event in events] == [pop["pop"] for pop in pops]
    assert {(event["specversion"], event["source"]) for event in events} == {("1.0", "/hotline/hotline")}
    assert len({event["id"] for event in crm.received}) == len(crm.received)
    for body, content_type, signature in crm.bodies:
        assert content_type.startswith("application/cloudevents+json")
        assert signature == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


async def test_watch_command_prints_the_feed(site: SiteUnderTest) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "engine", "watch", "1001"),
        cwd=REPOSITORY,
        env={**os.environ, "HOTLINE_HOME": str(site.home), "HOTLINE_LANG": "en", "COLUMNS": "400"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    printed: list[str] = []
    try:
        async with asyncio.timeout(15):
            printed.append((await process.stdout.readline()).decode())
            await site.network.phone("1001").answers(after_s=0.1, talk_s=0.2)
            await site.on_duty("1001")
            customer = await site.queued()
            while "ended" not in printed[-1]:
                printed.append((await process.stdout.readline()).decode())
    finally:
        process.terminate()
        await process.wait()
    shown = "".join(printed)
    assert "offered" in shown
    assert "answered" in shown
    assert f"[{customer.id}-1]" in shown
