"""Screen pops over a real WebSocket: their life-cycle, what a desktop missed, who may look, who is too slow."""

import asyncio
import base64
import logging
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from acd.events import CallArrived, CallMoved, CallQueued, OfferFailed, WrapUpDone
from acd.floor import Floor
from acd.model import CallId, OfferId, OfferOutcome
from agents.accounts import Role
from cti.feed import Feed, FeedOverrun
from cti.http import feeds
from cti.screenpop import KEPT_EVENTS
from tests.unit.cti_http.site import CALLER, NINE, REPAIR, SALES, WANG, ZHANG, SmallSite

FEED = "/api/agents/1001/feed"
HOSTILE = "<script>alert(1)</script>\r\n\x00\"'${X}|" + "A" * 200


async def event(ws: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    return dict(msgspec.json.decode(await ws.receive_str(timeout=5)))


async def pops(ws: aiohttp.ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    """The next events about pops; those about the agent's state between them are passed over."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        one = await event(ws)
        if one["type"] != "agent":
            found.append(one)
    return found


# --- the life of a pop --------------------------------------------------------------------------------------------------


async def test_a_pop_goes_from_offered_to_answered_to_ended_under_one_id(site: SmallSite) -> None:
    site.ready(ZHANG)
    async with site.feed(FEED, ZHANG) as ws:
        snapshot = await event(ws)
        assert (snapshot["type"], snapshot["agent"]["state"], snapshot["pops"]) == ("snapshot", "ready", [])
        site.call("c1")
        site.clock.now += 3
        site.answered("c1-1")
        site.clock.now += 40
        site.talk_over("c1-1")
        offered, answered, ended = await pops(ws, 3)
    assert [one["type"] for one in (offered, answered, ended)] == ["offered", "answered", "ended"]
    assert {one["pop"]["id"] for one in (offered, answered, ended)} == {"c1-1"}
    assert snapshot["seq"] < offered["seq"] < answered["seq"] < ended["seq"]
    assert (answered["pop"]["wait_s"], ended["pop"]["talk_s"], ended["pop"]["ended_at"]) == (3.0, 40.0, NINE + 43)


async def test_an_offered_pop_says_who_calls_how_long_he_waited_what_he_pressed_and_why_this_agent(
    site: SmallSite,
) -> None:
    site.ready(ZHANG)
    site.call("c0", "13900000001")
    site.answered("c0-1")
    site.hung_up("c0")
    async with site.feed(FEED, ZHANG) as ws:
        assert (await event(ws))["pops"][0]["id"] == "c0-1"  # its paperwork is not done
        arrived = CallArrived(call=CallId("c1"), channel="x", number="13900000001", name="王", did="4008869119")
        site.tell(arrived, CallMoved(call=CallId("c1"), node="menu", key="1"))
        site.tell(CallQueued(call=CallId("c1"), queue=REPAIR))
        site.clock.now += 12
        status, _ = await site.post("/api/agents/1001/state", ZHANG, {"state": "wrap_up_done"})
        (offered,) = await pops(ws, 1)
    pop = offered["pop"]
    assert status == 200
    assert (pop["number"], pop["name"], pop["did"], pop["vip"]) == ("139****0001", "王", "4008869119", 2)
    assert (pop["queue"], pop["queue_names"]["zh"], pop["wait_s"], pop["path"]) == ("repair", "报修", 12.0, ["menu:1"])
    assert pop["last_contact"] == {"agent": "1001", "name": "张伟", "at": NINE}
    assert pop["reasons"] == ["last_agent"]


async def test_the_desktop_is_told_before_the_phone_is_rung(site: SmallSite) -> None:
    order: list[str] = []
    site.pops.listeners.append(lambda told: order.append(told.type))
    site.telephony.carry_out = lambda command: order.append(type(command).__name__)  # type: ignore[method-assign]
    site.ready(ZHANG)
    site.call("c1")
    assert order == ["offered", "OfferCall"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (OfferOutcome.NO_ANSWER, "no_answer"),
        (OfferOutcome.DECLINED, "declined"),
        (OfferOutcome.UNREACHABLE, "unreachable"),
    ],
)
async def test_an_offer_the_phone_does_not_take_is_withdrawn_with_the_reason(
    site: SmallSite, outcome: OfferOutcome, reason: str
) -> None:
    site.ready(ZHANG)
    async with site.feed(FEED, ZHANG) as ws:
        await event(ws)
        site.call("c1")
        site.tell(OfferFailed(offer=OfferId("c1-1"), outcome=outcome))
        _, withdrawn = await pops(ws, 2)
    assert (withdrawn["type"], withdrawn["pop"]["reason"]) == ("withdrawn", reason)


async def test_a_caller_who_leaves_while_it_rings_withdraws_the_pop_and_frees_the_agent(site: SmallSite) -> None:
    site.ready(ZHANG)
    async with site.feed(FEED, ZHANG) as ws:
        await event(ws)
        site.call("c1")
        site.hung_up("c1")
        seen = [await event(ws) for _ in range(4)]
    assert [one["type"] for one in seen] == ["offered", "agent", "withdrawn", "agent"]
    assert seen[2]["pop"]["reason"] == "caller_left"
    assert seen[3]["agent"]["state"] == "ready"


async def test_an_agent_hears_nothing_of_the_calls_of_others(site: SmallSite) -> None:
    site.ready(WANG)
    async with site.feed(FEED, ZHANG) as ws:
        await event(ws)
        site.call("c1")
        site.hung_up("c1")
        site.ready(ZHANG)
        assert (await event(ws))["agent"]["agent"] == "1001"


async def test_a_hostile_caller_is_text_on_the_screen_and_breaks_no_frame(site: SmallSite) -> None:
    site.ready(ZHANG)
    async with site.feed(FEED, ZHANG) as ws:
        await event(ws)
        site.call("c1", number="${X}", name=HOSTILE)
        frame = await ws.receive_str(timeout=5)
        assert (await event(ws))["type"] == "agent"
    assert not any(ord(character) < 32 for character in frame)
    assert msgspec.json.decode(frame)["pop"]["name"] == HOSTILE


# --- coming back ---------------------------------------------------------------------------------------------------------


async def test_a_desktop_that_comes_back_gets_the_state_and_what_it_missed_each_once(site: SmallSite) -> None:
    site.ready(ZHANG)
    async with site.feed(FEED, ZHANG) as ws:
        await event(ws)
        site.call("c1")
        (offered,) = await pops(ws, 1)
    site.answered("c1-1")
    site.talk_over("c1-1")
    site.tell(WrapUpDone(agent=ZHANG))
    site.call("c2")
    async with site.feed(f"{FEED}?after={offered['seq']}", ZHANG) as ws:
        snapshot = await event(ws)
        missed = await pops(ws, 3)
    assert [(one["type"], one["pop"]["id"]) for one in missed] == [
        ("answered", "c1-1"),
        ("ended", "c1-1"),
        ("offered", "c2-1"),
    ]
    assert [pop["id"] for pop in snapshot["pops"]] == ["c2-1"]
    assert (snapshot["gap"], snapshot["seq"] >= missed[-1]["seq"] > offered["seq"]) == (False, True)


async def test_without_after_there_is_the_snapshot_alone(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    async with site.feed(FEED, ZHANG) as ws:
        snapshot = await event(ws)
        site.answered("c1-1")
        assert (await event(ws))["type"] == "answered"
    assert [(pop["id"], pop["state"]) for pop in snapshot["pops"]] == [("c1-1", "offered")]


async def test_more_than_is_kept_is_said_to_be_a_gap(site: SmallSite) -> None:
    site.ready(ZHANG)
    async with site.feed(FEED, ZHANG) as ws:
        first = (await event(ws))["seq"]
    for number in range(KEPT_EVENTS):
        site.call(f"c{number}")
        site.hung_up(f"c{number}")
    async with site.feed(f"{FEED}?after={first}", ZHANG) as ws:
        assert (await event(ws))["gap"] is True
        missed = await pops(ws, KEPT_EVENTS)
    assert [one["seq"] for one in missed] == sorted(one["seq"] for one in missed)
    assert missed[-1]["pop"]["id"] == f"c{KEPT_EVENTS - 1}-1"


async def test_a_number_from_the_future_is_a_gap_and_nonsense_a_400(site: SmallSite) -> None:
    async with site.feed(f"{FEED}?after=99999999999999999", ZHANG) as ws:
        assert (await event(ws))["gap"] is True
    assert (await site.get(f"{FEED}?after=-1", ZHANG))[0] == 400


async def test_after_a_restart_of_the_engine_the_live_pop_is_there_again(site: SmallSite, tmp_path: Path) -> None:
    site.ready(ZHANG, WANG)
    site.call("c1", name="李")
    site.clock.now += 2
    site.answered("c1-1")
    async with site.feed(FEED, ZHANG) as ws:
        before = (await event(ws))["seq"]
    floor = msgspec.msgpack.decode(msgspec.msgpack.encode(site.floor), type=Floor)
    anew = SmallSite(tmp_path, floor, now=NINE + 60)
    anew.pops.restore()
    await anew.start()
    async with anew.feed(f"{FEED}?after={before}", ZHANG) as ws:
        snapshot = await event(ws)
        anew.talk_over("c1-1")
        (ended,) = await pops(ws, 1)
    await anew.stop()
    (pop,) = snapshot["pops"]
    assert (pop["id"], pop["state"], pop["name"], pop["answered_at"]) == ("c1-1", "answered", "李", NINE + 2)
    assert (snapshot["gap"], snapshot["seq"] > before) == (True, True)
    assert (ended["type"], ended["pop"]["talk_s"]) == ("ended", 58.0)


# --- who may look ---------------------------------------------------------------------------------------------------------


async def test_an_agents_feed_is_his_own_and_the_overseers(site: SmallSite) -> None:
    for who, status in ((WANG, 403), (None, 101), (ZHANG, 101), (Role.TEAM_LEADER, 101), (Role.ADMINISTRATOR, 101)):
        assert await _handshake(site, FEED, site.bearer(who)) == status
    assert await _handshake(site, "/api/agents/nobody/feed", site.bearer(Role.ADMINISTRATOR)) == 404
    assert await _handshake(site, FEED, {"Authorization": "Bearer wrong"}) == 401


async def test_the_token_may_come_as_a_subprotocol(site: SmallSite) -> None:
    async with site.feed(FEED, None, protocols=("hotline", f"token.{site.token(ZHANG)}")) as ws:
        assert (ws.protocol, (await event(ws))["type"]) == ("hotline", "snapshot")
    assert await _handshake(site, FEED, {"Sec-WebSocket-Protocol": "hotline, token.wrong"}) == 401


async def test_the_token_may_come_in_the_first_message_and_nothing_is_sent_before(site: SmallSite) -> None:
    async with site.feed(FEED, None) as ws:
        with pytest.raises(TimeoutError):
            await ws.receive(timeout=0.05)
    async with site.feed(FEED, None) as ws:
        await ws.send_json({"token": site.token(ZHANG)})
        assert (await event(ws))["type"] == "snapshot"


@pytest.mark.parametrize(
    ("path", "message", "code"),
    [
        (FEED, '{"token": "wrong"}', 4401),
        (FEED, "{", 4401),
        (FEED, "[]", 4401),
        ("/api/agents/1002/feed", "own", 4403),
        ("/api/floor/feed", "own", 4403),
        ("/api/agents/nobody/feed", "admin", 4404),
    ],
)
async def test_a_first_message_that_does_not_do_closes_with_a_code(
    site: SmallSite, path: str, message: str, code: int
) -> None:
    tokens = {"own": site.token(ZHANG), "admin": site.token(Role.ADMINISTRATOR)}
    text = msgspec.json.encode({"token": tokens[message]}).decode() if message in tokens else message
    async with site.feed(path, None) as ws:
        await ws.send_str(text)
        assert (await ws.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
        assert ws.close_code == code


async def test_who_says_nothing_is_sent_away(site: SmallSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "FIRST_MESSAGE_S", 0.05)
    async with site.feed(FEED, None) as ws:
        await ws.receive(timeout=5)
        assert ws.close_code == 4401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://{host}", 101),
        ("https://desk.example", 101),
        ("https://evil.example", 403),
        ("null", 403),
        ("http://{host}.evil.example", 403),
        ("http://[", 403),
    ],
)
async def test_only_our_own_pages_may_open_feeds(site: SmallSite, origin: str, status: int) -> None:
    headers = site.bearer(ZHANG) | {"Origin": origin.format(host=f"127.0.0.1:{site.port}")}
    assert await _handshake(site, FEED, headers) == status


async def test_numbers_are_masked_for_all_but_a_leader_who_gives_a_reason(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1", name=f"Li {CALLER}")
    for who in (ZHANG, Role.TEAM_LEADER):
        async with site.feed(FEED, who) as ws:
            (pop,) = (await event(ws))["pops"]
            assert (pop["number"], pop["name"]) == ("138****8000", "Li 138****8000")
    assert await _handshake(site, f"{FEED}?numbers=full&reason=x", site.bearer(ZHANG)) == 403
    async with site.feed(f"{FEED}?numbers=full&reason=complaint", Role.TEAM_LEADER) as ws:
        assert (await event(ws))["pops"][0]["number"] == CALLER
        site.answered("c1-1")
        assert (await pops(ws, 1))[0]["pop"]["number"] == CALLER


# --- slow and dead desktops ------------------------------------------------------------------------------------------------


async def test_a_feed_that_is_not_read_stays_within_its_bound_and_says_so() -> None:
    feed = Feed(most_bytes=100)
    for _ in range(50):
        feed.put(b"x" * 30)
    with pytest.raises(FeedOverrun):
        await feed.next()


async def test_one_frame_is_taken_however_big_it_is() -> None:
    feed = Feed(most_bytes=100)
    feed.put(b"x" * 500)
    assert await feed.next() == b"x" * 500


async def test_a_desktop_that_stops_reading_is_cut_off_with_1013_and_the_others_hear_all(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(feeds, "SLOW_S", 0.3)
    caplog.set_level(logging.INFO, feeds.__name__)
    site.ready(ZHANG)
    deaf = await _deaf_desktop(site)
    number = 0
    async with site.feed(FEED, ZHANG) as ws:
        await event(ws)
        while "too slow" not in caplog.text:
            number += 1
            site.call(f"c{number}", name="x" * 20_000)
            site.hung_up(f"c{number}")
            assert [one["pop"]["id"] for one in await pops(ws, 2)] == [f"c{number}-1"] * 2
        assert (await _read_to_the_end(deaf)).endswith(b"\x88\x0a\x03\xf5too slow")
        await _until(lambda: len(_open_feeds()) == 1)


async def test_feeds_end_when_the_engine_stops_and_nothing_is_left_behind(tmp_path: Path) -> None:
    site = SmallSite(tmp_path)
    await site.start()
    ws = await site.feed(FEED, ZHANG)
    await event(ws)
    ending = asyncio.create_task(site.server.stop())
    await ws.receive(timeout=5)
    assert ws.close_code == aiohttp.WSCloseCode.GOING_AWAY
    await ending
    await site.http.close()
    assert _open_feeds() == []


async def test_a_desktop_that_is_killed_leaves_no_feed_behind(site: SmallSite) -> None:
    killed = await _deaf_desktop(site)
    await _until(lambda: len(_open_feeds()) == 1)
    killed.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    killed.close()
    await _until(lambda: not _open_feeds())


# --- the floor -------------------------------------------------------------------------------------------------------------


async def test_the_floor_feed_shows_what_changed_gathered_into_few_frames_and_no_numbers(site: SmallSite) -> None:
    async with site.feed("/api/floor/feed", Role.TEAM_LEADER) as ws:
        snapshot = await event(ws)
        assert ([len(snapshot["agents"]), len(snapshot["queues"])], snapshot["type"]) == ([2, 2], "snapshot")
        for number in range(20):
            site.call(f"c{number}")
        site.ready(ZHANG)
        frame = await event(ws)
        assert frame["type"] == "floor"
        assert [(agent["agent"], agent["state"], agent["call"]) for agent in frame["agents"]] == [
            ("1001", "offered", "c0")
        ]
        assert {queue["queue"]: queue["waiting"] for queue in frame["queues"]} == {"repair": 20, "sales": 0}
        assert CALLER not in str(frame)


async def test_the_floor_feed_shows_what_there_is_to_do_in_the_queues_where_that_changed(site: SmallSite) -> None:
    site.floor_feed.note_items({SALES: {"message": 2}})
    async with site.feed("/api/floor/feed", Role.TEAM_LEADER) as ws:
        snapshot = await event(ws)
        assert {queue["queue"]: queue["items"] for queue in snapshot["queues"]} == {
            "repair": {},
            "sales": {"message": 2},
        }
        site.floor_feed.note_items({SALES: {"message": 2}, REPAIR: {"callback": 1}})
        (queue,) = (await event(ws))["queues"]
        assert (queue["queue"], queue["items"]) == ("repair", {"callback": 1})
        site.floor_feed.note_items({REPAIR: {"callback": 1}})
        (queue,) = (await event(ws))["queues"]
        assert (queue["queue"], queue["items"]) == ("sales", {})


async def test_the_floor_feed_is_not_for_agents(site: SmallSite) -> None:
    assert await _handshake(site, "/api/floor/feed", site.bearer(ZHANG)) == 403


async def test_a_floor_nobody_watches_costs_no_timer(site: SmallSite) -> None:
    site.ready(ZHANG)
    assert site.floor_feed._timer is None


# --- raw sockets -----------------------------------------------------------------------------------------------------------


async def _handshake(site: SmallSite, path: str, headers: dict[str, str]) -> int:
    try:
        async with site.http.ws_connect(site.url + path, headers=headers):
            return 101
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status


async def _deaf_desktop(site: SmallSite) -> socket.socket:
    """A desktop that opens its feed and never reads."""
    key = base64.b64encode(b"0" * 16).decode()
    request = (
        f"GET {FEED} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {site.token(ZHANG)}\r\n\r\n"
    )
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, ("127.0.0.1", site.port))
    await loop.sock_sendall(deaf, request.encode())
    return deaf


async def _read_to_the_end(deaf: socket.socket) -> bytes:
    """Its end, that is: what lay in buffers between is long."""
    loop, tail = asyncio.get_running_loop(), b""
    async with asyncio.timeout(10):
        while chunk := await loop.sock_recv(deaf, 1 << 16):
            tail = (tail + chunk)[-100:]
    deaf.close()
    return tail


def _open_feeds() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("feed ")]


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - the server tells nobody when a feed has ended
            await asyncio.sleep(0.01)
