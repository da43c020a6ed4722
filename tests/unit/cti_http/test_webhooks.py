"""Webhooks against a real receiver: form, signature, order, retries, what is given up."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web

from acd.events import OfferAnswered
from acd.model import OfferId
from cti.http.server import HttpServer
from cti.webhooks import HookCounters, HookSettings, Webhooks
from tests.unit.cti_http.site import CALLER, NINE, ZHANG, SmallSite


class Receiver:
    """Takes events, and answers with what a test lines up (204 when nothing is)."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.silent = asyncio.Event()
        self.silent.set()
        app = web.Application()
        app.router.add_post("/hook", self._take)
        app.router.add_post("/elsewhere", self._elsewhere)
        self.strayed = 0
        self.server = HttpServer(app, "127.0.0.1", 0)

    async def _take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        await self.silent.wait()
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 307 else {})

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.strayed += 1
        return web.Response(status=204)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(body) for body in self.bodies]

    @property
    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    one.url = f"http://127.0.0.1:{await one.server.start()}/hook?key=x"  # type: ignore[attr-defined]
    yield one
    one.silent.set()
    await one.server.stop()


def hook(receiver: Receiver, **more: Any) -> HookSettings:
    url: str = receiver.url  # type: ignore[attr-defined]
    return HookSettings(**{"url": url, "first_retry_s": 0.01, "longest_retry_s": 0.02, **more})


@asynccontextmanager
async def delivering(site: SmallSite, *hooks: HookSettings) -> AsyncIterator[Webhooks]:
    webhooks = Webhooks(hooks, "/hotline/test", site.clock, chance=lambda: 0.5)
    site.pops.listeners.append(webhooks.take)
    await webhooks.start()
    yield webhooks
    await webhooks.close(drain_s=5)


def counters(webhooks: Webhooks) -> HookCounters:
    (only,) = webhooks.counters.values()
    return only


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - a receiver rings no bell
            await asyncio.sleep(0.005)


def one_call(site: SmallSite, call: str = "c1") -> None:
    site.call(call, name=f"Li {CALLER}")
    site.tell(OfferAnswered(offer=OfferId(f"{call}-1")))
    site.talk_over(f"{call}-1")


async def test_a_call_reaches_the_receiver_as_cloud_events_in_order(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    async with delivering(site, hook(receiver)) as webhooks:
        one_call(site)
    assert receiver.ids == ["c1-1.offered", "c1-1.answered", "c1-1.ended"]
    first = receiver.events[0]
    data = first.pop("data")
    assert first == {
        "specversion": "1.0",
        "id": "c1-1.offered",
        "source": "/hotline/test",
        "type": "hotline.pop.offered",
        "subject": "c1",
        "time": "2027-01-15T08:00:00.000Z",
        "datacontenttype": "application/json",
    }
    assert (data["agent"], data["number"], data["name"]) == ("1001", "138****8000", "Li 138****8000")
    assert receiver.headers[0]["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert "Hotline-Signature" not in receiver.headers[0]
    assert counters(webhooks).delivered == 3


async def test_the_cloud_events_sdk_reads_our_events(site: SmallSite, receiver: Receiver) -> None:
    formats = pytest.importorskip("cloudevents.core.formats.json")
    events = pytest.importorskip("cloudevents.core.v1.event")
    site.ready(ZHANG)
    async with delivering(site, hook(receiver)):
        one_call(site)
    read = formats.JSONFormat().read(events.CloudEvent, receiver.bodies[0])
    assert (read.get_id(), read.get_type(), read.get_time().timestamp()) == (
        "c1-1.offered",
        "hotline.pop.offered",
        NINE,
    )


async def test_a_secret_signs_the_body_and_full_numbers_are_sent_only_where_configured(
    site: SmallSite, receiver: Receiver
) -> None:
    site.ready(ZHANG)
    async with delivering(site, hook(receiver, secret="s3", full_numbers=True)):
        one_call(site)
    expected = hmac.new(b"s3", receiver.bodies[0], hashlib.sha256).hexdigest()
    assert receiver.headers[0]["Hotline-Signature"] == f"sha256={expected}"
    assert receiver.events[0]["data"]["number"] == CALLER


async def test_a_hook_gets_only_the_events_it_asked_for(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    async with delivering(site, hook(receiver, events=("ended",))):
        one_call(site)
    assert receiver.ids == ["c1-1.ended"]


async def test_a_receiver_that_fails_is_tried_again_and_the_order_is_kept(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    receiver.answers = [500, 503, 429, 204, 500]
    async with delivering(site, hook(receiver)) as webhooks:
        one_call(site)
    assert receiver.ids == [*["c1-1.offered"] * 4, *["c1-1.answered"] * 2, "c1-1.ended"]
    assert len(set(receiver.bodies[:4])) == 1
    assert (counters(webhooks).delivered, counters(webhooks).retries) == (3, 4)


async def test_a_receiver_that_is_not_there_yet_gets_everything_when_it_comes(site: SmallSite) -> None:
    late = Receiver()
    port = await late.server.start()
    await late.server.stop()
    site.ready(ZHANG)
    settings = HookSettings(url=f"http://127.0.0.1:{port}/hook", first_retry_s=0.01, longest_retry_s=0.02)
    async with delivering(site, settings) as webhooks:
        one_call(site)
        await until(lambda: counters(webhooks).retries >= 2)
        again = Receiver()
        again.server = HttpServer(_app_of(again), "127.0.0.1", port)
        await again.server.start()
        await until(lambda: len(again.ids) == 3)
    assert again.ids == ["c1-1.offered", "c1-1.answered", "c1-1.ended"]
    await again.server.stop()


def _app_of(receiver: Receiver) -> web.Application:
    app = web.Application()
    app.router.add_post("/hook", receiver._take)
    return app


async def test_a_receiver_that_says_no_loses_that_event_alone(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    receiver.answers = [400]
    async with delivering(site, hook(receiver)) as webhooks:
        one_call(site)
    assert receiver.ids == ["c1-1.offered", "c1-1.answered", "c1-1.ended"]
    assert (counters(webhooks).refused, counters(webhooks).delivered) == (1, 2)


async def test_a_redirect_is_not_followed(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    receiver.answers = [307]
    async with delivering(site, hook(receiver, events=("offered",))) as webhooks:
        one_call(site)
    assert (receiver.strayed, counters(webhooks).refused) == (0, 1)


async def test_a_receiver_that_does_not_answer_is_given_up_after_its_time_and_tried_again(
    site: SmallSite, receiver: Receiver
) -> None:
    site.ready(ZHANG)
    receiver.silent.clear()
    async with delivering(site, hook(receiver, timeout_s=0.1)) as webhooks:
        site.call("c1")
        await until(lambda: counters(webhooks).retries >= 1)
        receiver.silent.set()
        await until(lambda: counters(webhooks).delivered == 1)


async def test_events_that_have_become_too_old_are_given_up(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    receiver.answers = [500] * 3
    async with delivering(site, hook(receiver, give_up_after_s=60.0)) as webhooks:
        site.call("c1")
        await until(lambda: counters(webhooks).retries >= 1)
        site.clock.now += 61
        await until(lambda: counters(webhooks).too_old == 1)
        receiver.answers = []
        site.answered("c1-1")
    assert receiver.ids[-1] == "c1-1.answered"


async def test_what_waits_is_bounded_and_the_oldest_gives_way(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    receiver.silent.clear()
    async with delivering(site, hook(receiver, most_waiting=4)) as webhooks:
        site.call("c0")
        await until(lambda: len(receiver.bodies) == 1)
        site.hung_up("c0")
        for number in range(1, 6):
            site.call(f"c{number}")
            site.hung_up(f"c{number}")
        assert counters(webhooks).overflowed == 8
        receiver.silent.set()
    assert receiver.ids[1:] == ["c4-1.offered", "c4-1.withdrawn", "c5-1.offered", "c5-1.withdrawn"]


async def test_a_hook_that_hangs_holds_up_neither_the_other_nor_the_stop(site: SmallSite, receiver: Receiver) -> None:
    site.ready(ZHANG)
    dead = HookSettings(url="http://127.0.0.1:9/hook", first_retry_s=30.0)
    webhooks = Webhooks([dead, hook(receiver)], "/hotline/test", site.clock)
    site.pops.listeners.append(webhooks.take)
    await webhooks.start()
    one_call(site)
    await until(lambda: len(receiver.bodies) == 3)
    await asyncio.wait_for(webhooks.close(drain_s=0.05), 2)
    assert webhooks.counters["http://127.0.0.1:9/hook"].undelivered == 3
    assert all("key" not in name for name in webhooks.counters)
