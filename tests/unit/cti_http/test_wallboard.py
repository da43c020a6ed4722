"""The wallboard's feed, curve and page, over a real HTTP server."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from acd.events import AgentNotReady, CallRaised, EmergencyDeclared, LinkLost
from acd.model import CallId
from agents.accounts import Role
from cti.wallfeed import TICK_S
from tests.unit.cti_http.site import CALLER, NINE, REPAIR, SALES, WANG, ZHANG, SmallSite

FEED = "/api/wallboard/feed"
Frame = dict[str, Any]


async def frame(socket: aiohttp.ClientWebSocketResponse) -> Frame:
    found: Frame = msgspec.json.decode(await asyncio.wait_for(socket.receive_str(), 5.0))
    return found


async def first(socket: aiohttp.ClientWebSocketResponse, wanted: Callable[[Frame], Any]) -> Frame:
    while not wanted(found := await frame(socket)):
        pass
    return found


async def test_snapshot_has_agents_queues_site_targets_and_alarms(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call()
    async with site.feed(FEED, Role.WALLBOARD) as socket:
        seen = await frame(socket)
    assert seen["type"] == "snapshot"
    assert {agent["agent"]: agent["state"] for agent in seen["agents"]} == {ZHANG: "offered", WANG: "offline"}
    repair = next(queue for queue in seen["queues"] if queue["queue"] == REPAIR)
    assert (repair["waiting"], repair["target"], repair["within_s"]) == (1, 0.8, 20.0)
    assert repair["callers"] == [{"call": "c1", "number": "138****8000", "since": NINE, "ringing": True}]
    assert seen["site"]["today"]["offered"] == 1
    assert seen["settings"]["bands"]["abandon_rate"] == {"low": None, "high": 0.05}
    assert seen["alarms"] == []


async def test_frames_have_what_changed_and_nothing_else(site: SmallSite) -> None:
    site.ready(ZHANG, WANG)
    async with site.feed(FEED, Role.WALLBOARD) as socket:
        await frame(socket)
        site.tell(AgentNotReady(agent=WANG, reason="break"))
        seen = await first(socket, lambda one: one["type"] == "wall")
    assert [agent["agent"] for agent in seen["agents"]] == [WANG]
    assert [queue["queue"] for queue in seen["queues"]] == [REPAIR]


async def test_a_tick_says_every_second_that_the_numbers_hold(site: SmallSite) -> None:
    async with site.feed(FEED, Role.WALLBOARD) as socket:
        await frame(socket)
        seen = await asyncio.wait_for(frame(socket), TICK_S * 3)
    assert seen.keys() == {"type", "seq", "at"}
    assert seen["type"] == "tick"


async def test_who_comes_later_takes_no_change_from_those_who_listen(site: SmallSite) -> None:
    site.ready(ZHANG)
    async with site.feed(FEED, Role.WALLBOARD) as early:
        await frame(early)
        site.tell(AgentNotReady(agent=ZHANG, reason="meal"))
        async with site.feed(FEED, Role.TEAM_LEADER) as late:
            snapshot = await frame(late)
            told = await first(early, lambda one: one.get("agents"))
    assert snapshot["agents"][0]["reason"] == told["agents"][0]["reason"] == "meal"


async def test_place_that_changed_without_a_record_is_sent_all_the_same(site: SmallSite) -> None:
    site.call("c1")
    site.clock.now += 1
    site.call("c2", number="13800000002")
    async with site.feed(FEED, Role.WALLBOARD) as socket:
        await frame(socket)
        site.tell(CallRaised(call=CallId("c2"), points=10, by="boss"))
        seen = await first(socket, lambda one: one.get("queues"))
    [repair] = seen["queues"]
    assert {caller["call"]: caller["position"] for caller in repair["callers"]} == {"c1": 2, "c2": 1}


async def test_alarms_come_with_their_cause_and_go(site: SmallSite) -> None:
    async with site.feed(FEED, Role.WALLBOARD) as socket:
        await frame(socket)
        site.tell(LinkLost())
        came = await first(socket, lambda one: "alarms" in one)
        assert [alarm["id"] for alarm in came["alarms"]] == ["link_lost:site"]
        assert "不派给座席" in came["alarms"][0]["cause"]["zh"]
        site.link()
        gone = await first(socket, lambda one: "alarms" in one)
        assert gone["alarms"] == []


async def test_emergency_shows_at_once_with_its_reason(site: SmallSite) -> None:
    async with site.feed(FEED, Role.WALLBOARD) as socket:
        await frame(socket)
        site.tell(EmergencyDeclared(queues=(REPAIR,), prompt="emergency_closed", why="storm", by="boss"))
        seen = await first(socket, lambda one: one.get("alarms"))
    assert (seen["alarms"][0]["queue"], seen["alarms"][0]["cause"]["en"]) == (REPAIR, "storm")
    assert seen["queues"][0]["closed_by"] == ["emergency"]


async def test_no_whole_number_is_in_any_frame(site: SmallSite) -> None:
    site.call(name=CALLER)
    async with site.feed(FEED, Role.ADMINISTRATOR) as socket:
        told = await socket.receive_str()
    assert CALLER not in told
    assert "138****8000" in told


@pytest.mark.parametrize(
    "path", ["/api/queues", "/api/agents", "/api/calls", "/api/version", "/api/rules", "/api/items"]
)
async def test_wallboards_token_opens_the_wallboard_alone(site: SmallSite, path: str) -> None:
    assert (await site.get(path, Role.WALLBOARD))[0] == 403


@pytest.mark.parametrize("path", ["/api/floor/feed", f"/api/agents/{ZHANG}/feed"])
async def test_wallboards_token_opens_no_other_feed(site: SmallSite, path: str) -> None:
    token = site.token(Role.WALLBOARD)
    async with site.http.ws_connect(site.url + path) as socket:
        await socket.send_json({"token": token})
        await socket.receive()
        assert socket.close_code == 4403


async def test_agent_does_not_see_the_wallboard(site: SmallSite) -> None:
    assert (await site.get("/api/wallboard/curve", ZHANG))[0] == 403
    assert (await site.get("/api/wallboard/curve"))[0] == 401


async def test_curve_has_both_days_of_the_site_or_of_queues(site: SmallSite) -> None:
    site.figures.midnight = NINE - 3600
    site.ready(ZHANG)
    site.call("c1")
    site.answered("c1-1")
    site.call("c2", queue=SALES)
    status, seen = await site.get("/api/wallboard/curve", Role.WALLBOARD)
    assert status == 200
    assert (seen["today"], seen["yesterday"]) == (NINE - 3600, NINE - 3600 - 86_400)
    [point] = seen["points"]
    assert (point["offered"], point["answered"], point["service_level"]) == (2, 1, 0.5)
    _, seen = await site.get("/api/wallboard/curve?queues=sales", Role.WALLBOARD)
    assert [(point["offered"], point["answered"]) for point in seen["points"]] == [(1, 0)]
    assert (await site.get("/api/wallboard/curve?queues=sals", Role.WALLBOARD))[0] == 404


Fetch = Callable[[str], Awaitable[tuple[int, str, Any]]]


@pytest.fixture
def fetch(site: SmallSite) -> Fetch:
    async def fetched(path: str) -> tuple[int, str, Any]:
        async with site.http.get(site.url + path) as response:
            return response.status, await response.text(), response.headers

    return fetched


def build(pages: Path) -> None:
    (pages / "wallboard").mkdir(parents=True)
    (pages / "assets").mkdir()
    (pages / "wallboard/index.html").write_text("<!doctype html><title>built</title>")
    (pages / "assets/wallboard-1.js").write_text("1")
    (pages / "secret").write_text("no")


async def test_page_that_is_not_built_says_which_command_builds_it(fetch: Fetch) -> None:
    status, text, _ = await fetch("/wallboard")
    assert status == 503
    assert "./hotline web" in text


async def test_page_needs_no_token_and_runs_its_own_programs_alone(site: SmallSite, fetch: Fetch) -> None:
    build(site.pages)
    status, text, headers = await fetch("/wallboard")
    assert (status, "built" in text, headers["Cache-Control"]) == (200, True, "no-cache")
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_built_files_may_be_kept_for_ever(site: SmallSite, fetch: Fetch) -> None:
    build(site.pages)
    status, text, headers = await fetch("/web/assets/wallboard-1.js")
    assert (status, text) == (200, "1")
    assert "immutable" in headers["Cache-Control"]
    assert headers["Content-Type"].startswith(("text/javascript", "application/javascript"))


@pytest.mark.parametrize("name", ["..%2Fsecret", "%2e%2e/secret", "..%2f..%2ftokens.json", "nothing.js"])
async def test_nothing_beside_the_built_files_is_given_out(site: SmallSite, fetch: Fetch, name: str) -> None:
    build(site.pages)
    status, text, _ = await fetch(f"/web/assets/{name}")
    assert status in (401, 404)
    assert text != "no"
