"""Work items over the API: who sees them, who may do what, the sound of a message."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acd.model import CallId
from agents.accounts import Role
from agents.roster import QueueId
from desk.items import ItemId, ItemKind, ItemState, WorkItem
from desk.store import ItemChanged
from tests.unit.cti_http.site import CALLER, NINE, REPAIR, SALES, WANG, ZHANG, SmallSite

SOUND = bytes(range(256)) * 10


def work(item: str, queue: QueueId | None, kind: ItemKind = ItemKind.MESSAGE) -> WorkItem:
    return WorkItem(
        item=ItemId(item),
        kind=kind,
        call=CallId("c1"),
        queue=queue,
        number=CALLER,
        did="4008869119",
        opened_at=NINE,
        seconds=5.0 if kind is ItemKind.MESSAGE else None,
    )


STAFF = {
    "agents": {},
    "staff": [
        {"name": role, "role": role, "token": f"the token of the {role}"}
        for role in ("team_leader", "inspector", "administrator")
    ],
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[SmallSite]:
    """Zhang serves repair and sales, Wang repair alone; there is staff of every role."""
    (tmp_path / "tokens.json").write_bytes(msgspec.json.encode(STAFF))
    (tmp_path / "tokens.json").chmod(0o600)
    site = SmallSite(tmp_path)
    await site.start()
    for one in (work("m1", REPAIR), work("m2", SALES), work("m3", None), work("c9", SALES, ItemKind.ABANDONED)):
        site.items.rows[one.item] = one
    (tmp_path / "m1.wav").write_bytes(SOUND)
    yield site
    await site.stop()


def ids(answer: tuple[int, Any]) -> list[str]:
    assert answer[0] == 200, answer
    return [item["item"] for item in answer[1]["items"]]


async def test_an_agent_sees_the_items_of_his_queues_and_an_overseer_all(desk: SmallSite) -> None:
    assert ids(await desk.get("/api/items", WANG)) == ["m1"]
    assert ids(await desk.get("/api/items", ZHANG)) == ["m1", "m2", "c9"]
    assert ids(await desk.get("/api/items", Role.INSPECTOR)) == ["m1", "m2", "m3", "c9"]
    assert (await desk.get("/api/items/m2", WANG))[0] == 403
    assert (await desk.get("/api/items/m3", ZHANG))[0] == 403
    assert (await desk.get("/api/items/m3", Role.TEAM_LEADER))[0] == 200
    assert (await desk.get("/api/items", None))[0] == 401


async def test_items_are_asked_for_by_state_kind_queue_and_owner(desk: SmallSite) -> None:
    assert ids(await desk.get("/api/items?kind=abandoned&state=open", ZHANG)) == ["c9"]
    assert ids(await desk.get("/api/items?queue=sales&limit=1", ZHANG)) == ["m2"]
    assert ids(await desk.get("/api/items?owner=1001", ZHANG)) == []
    status, told = await desk.get("/api/items?kind=fax", ZHANG)
    assert (status, told["message"]) == (
        400,
        "kind: expected one of message, callback, abandoned, survey_comment, got 'fax'",
    )
    assert (await desk.get("/api/items?limit=0", ZHANG))[0] == 400


async def test_items_are_counted(desk: SmallSite) -> None:
    counts = (await desk.get("/api/items/counts", ZHANG))[1]["counts"]
    assert sum(count["items"] for count in counts) == 3
    assert {"queue": "sales", "kind": "abandoned", "state": "open", "items": 1, "oldest_at": NINE} in counts


async def test_numbers_are_masked_unless_a_leader_says_why(desk: SmallSite) -> None:
    await desk.post("/api/items/m1/take", ZHANG, {"note": f"rang {CALLER}"})
    shown = (await desk.get("/api/items/m1", ZHANG))[1]
    assert (shown["item"]["number"], shown["steps"][0]["note"]) == ("138****8000", "rang 138****8000")
    full = (await desk.get("/api/items/m1?numbers=full&reason=complaint", Role.TEAM_LEADER))[1]
    assert full["item"]["number"] == CALLER
    assert (await desk.get("/api/items?numbers=full&reason=x", ZHANG))[0] == 403


async def test_agent_takes_an_item_and_is_done_with_it(desk: SmallSite) -> None:
    status, told = await desk.post("/api/items/m1/take", ZHANG, b"")
    assert (status, told["item"]["state"], told["item"]["owner"]) == (200, "taken", "1001")
    status, told = await desk.post("/api/items/m1/take", WANG, b"")
    assert (status, told["error"]) == (409, "item_taken")
    status, told = await desk.post("/api/items/m1/done", ZHANG, {"note": "已回电"})
    assert (told["item"]["state"], [step["what"] for step in told["steps"]]) == ("done", ["take", "done"])
    status, told = await desk.post("/api/items/m1/give-back", ZHANG, b"")
    assert (status, told["error"]) == (409, "illegal_transition")
    assert (await desk.post("/api/items/m1/reopen", WANG, b""))[1]["item"]["state"] == "open"


async def test_leader_gives_items_to_agents_and_an_inspector_only_looks(desk: SmallSite) -> None:
    given = await desk.post("/api/items/m3/take", Role.TEAM_LEADER, {"agent": "1002"})
    assert given[1]["item"]["owner"] == "1002"
    assert given[1]["steps"][0]["by"] == "team_leader"
    assert ids(await desk.get("/api/items", WANG)) == ["m1", "m3"]
    assert (await desk.post("/api/items/m3/done", WANG, b""))[0] == 200
    assert (await desk.post("/api/items/m1/take", ZHANG, {"agent": "1002"}))[0] == 403
    assert (await desk.post("/api/items/m1/take", Role.TEAM_LEADER, {"agent": "9999"}))[0] == 404
    assert (await desk.post("/api/items/m1/done", Role.TEAM_LEADER, {"agent": "1002"}))[0] == 400
    assert (await desk.post("/api/items/m1/take", Role.INSPECTOR, b""))[0] == 403
    for bad in ({"nota": "x"}, {"note": "a\0b"}, {"note": "x" * 2001}):
        assert (await desk.post("/api/items/m1/take", ZHANG, bad))[0] == 400
    assert (await desk.post("/api/items/none/take", ZHANG, b""))[1]["error"] == "unknown_item"


async def test_who_was_not_quick_enough_is_told_so(desk: SmallSite) -> None:
    desk.items.refused = ItemChanged("m1")
    status, told = await desk.post("/api/items/m1/take", ZHANG, b"")
    assert (status, told["error"]) == (409, "item_changed")
    assert desk.items.rows[ItemId("m1")].state is ItemState.OPEN


async def test_message_is_heard_whole_or_in_ranges_and_each_hearing_is_written_down(
    desk: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    url, headers = f"{desk.url}/api/items/m1/audio", desk.bearer(WANG)
    async with desk.http.get(url, headers=headers) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "audio/wav")
        assert await response.read() == SOUND
    async with desk.http.get(url, headers=headers | {"Range": "bytes=100-199"}) as response:
        assert (response.status, await response.read()) == (206, SOUND[100:200])
    assert caplog.text.count("message heard: role='agent' who='1002'") == 2


async def test_item_without_a_sound_says_so(desk: SmallSite) -> None:
    assert (await desk.get("/api/items/c9/audio", ZHANG))[1]["error"] == "unknown_recording"
    assert (await desk.get("/api/items/m2/audio", ZHANG))[1]["error"] == "recording_not_there"
    assert (await desk.get("/api/items/m2/audio", WANG))[0] == 403
