"""Other systems asked over HTTP: in time or not at all, and nothing of it in the log."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from cti.lookups import FAILURES, Lookups, picked
from ivr.nodes import Lookup

NUMBER = "13800138000"
VALUES = {"number": NUMBER, "pin": "4711", "odd": "a/b?c=d&e"}


class Crm:
    """A system that answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self.answer: web.Response | None = None
        self.hangs = False
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.raw_path, dict(request.headers), await request.text()))
        if self.hangs:
            await asyncio.Event().wait()
        return self.answer or web.json_response({"id": 77, "data": {"level": "gold", "vip": True}, "none": None})

    def lookup(self, path: str = "/callers/{number}", **more: Any) -> Lookup:
        settings: dict[str, Any] = {"fields": {"customer": "id", "level": "data.level"}, "timeout_s": 1.0, **more}
        return Lookup(name="crm", url=self.url + path, **settings)


@pytest_asyncio.fixture
async def crm() -> AsyncIterator[Crm]:
    system = Crm()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", system.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    system.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield system
    await runner.cleanup()


@pytest_asyncio.fixture
async def lookups() -> AsyncIterator[Lookups]:
    found = Lookups({"CRM_TOKEN": "secret-token"}.get)
    yield found
    await found.close()


async def test_answer_is_picked_into_attributes(crm: Crm, lookups: Lookups) -> None:
    assert await lookups.ask(crm.lookup(), VALUES) == {"customer": "77", "level": "gold"}
    assert crm.asked[0][:2] == ("GET", f"/callers/{NUMBER}")


async def test_values_are_encoded_in_the_address_and_plain_in_the_body(crm: Crm, lookups: Lookups) -> None:
    body = {"pin": "{pin}", "who": "caller {number}"}
    await lookups.ask(crm.lookup("/x/{odd}", method="POST", body=body), VALUES)
    method, path, _, text = crm.asked[0]
    assert (method, path) == ("POST", "/x/a%2Fb%3Fc%3Dd%26e")
    assert text == '{"pin": "4711", "who": "caller 13800138000"}'


async def test_headers_come_from_the_environment(crm: Crm, lookups: Lookups) -> None:
    await lookups.ask(crm.lookup(headers={"Authorization": "CRM_TOKEN"}), VALUES)
    assert crm.asked[0][2]["Authorization"] == "secret-token"
    assert await lookups.ask(crm.lookup(headers={"Authorization": "NOT_SET"}), VALUES) is None


async def test_not_found_is_an_answer_that_knows_nothing(crm: Crm, lookups: Lookups) -> None:
    crm.answer = web.Response(status=404)
    assert await lookups.ask(crm.lookup(), VALUES) == {}


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=500),
        web.Response(status=302, headers={"Location": "/elsewhere"}),
        web.Response(text="no json"),
        web.Response(text="[" * 70_000),
    ],
    ids=["500", "redirect", "no json", "too large"],
)
async def test_unusable_answer_is_none(crm: Crm, lookups: Lookups, answer: web.Response) -> None:
    crm.answer = answer
    assert await lookups.ask(crm.lookup(), VALUES) is None


async def test_answer_that_does_not_come_in_time_is_none(crm: Crm, lookups: Lookups) -> None:
    crm.hangs = True
    assert await lookups.ask(crm.lookup(timeout_s=0.05), VALUES) is None


async def test_without_a_value_for_the_address_nobody_is_asked(crm: Crm, lookups: Lookups) -> None:
    assert await lookups.ask(crm.lookup("/{account}"), VALUES) is None
    assert crm.asked == []


async def test_kept_answer_is_not_asked_for_again(crm: Crm, lookups: Lookups) -> None:
    for _ in range(2):
        await lookups.ask(crm.lookup(cache_s=60.0), VALUES)
    await lookups.ask(crm.lookup(cache_s=60.0), {"number": "other"})
    assert len(crm.asked) == 2


async def test_system_that_fails_again_and_again_is_left_alone(crm: Crm, lookups: Lookups) -> None:
    crm.answer = web.Response(status=503)
    for _ in range(FAILURES + 3):
        assert await lookups.ask(crm.lookup(), VALUES) is None
    assert len(crm.asked) == FAILURES


async def test_log_has_neither_what_was_asked_nor_answered(
    crm: Crm, lookups: Lookups, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "cti")
    crm.answer = web.Response(text="gold", status=400)
    await lookups.ask(crm.lookup("/{pin}/{number}", headers={"X": "CRM_TOKEN"}), VALUES)
    await lookups.ask(Lookup(name="crm", url="http://127.0.0.1:1/{number}", fields={}), VALUES)
    assert len(caplog.messages) == 2
    assert not any(secret in line for line in caplog.messages for secret in (NUMBER, "4711", "gold", "secret-token"))


def test_only_plain_values_are_picked() -> None:
    answer = {"a": [{"b": 1.5}], "t": True, "n": None, "o": {}, "s": "x" * 500}
    fields = {"b": "a.0.b", "t": "t", "n": "n", "o": "o", "s": "s", "gone": "a.9.b", "deep": "s.x"}
    assert picked(fields, answer) == {"b": "1.5", "t": "true", "s": "x" * 200}
