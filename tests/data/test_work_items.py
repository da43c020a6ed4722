"""Work items on both databases: what records bring up, what people do with them, and what became of their callers since."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from acd.model import CallId
from acd.records import MessageTaken, Record
from cti.http.services import HistoryUnavailable
from desk.items import ItemId, ItemKind, ItemState, Step, What, WorkItem, take_step
from desk.store import Count, ItemChanged, Wanted, count_items, find_item, keep_step, list_items, steps_of
from engine.database import Database
from engine.database.upserts import upsert
from engine.facts import Row
from engine.open_items import OpenItems
from engine.work_items import SqlWorkItems
from recordings.ledger import RecordingNotThere
from recordings.messages import MessageFiles
from tests.data.test_queries import store
from tests.unit.engine_data.stories import SALES, abandoned_call, requests, served_call

AT = 1763800100.5
NUMBER = "13900139000"
GAVE_UP = ItemId(f"demo-{int(AT)}.13")


async def kept(database: Database, item: str) -> WorkItem:
    async with database.session() as session:
        found = await find_item(session, item)
    assert found is not None
    return found


async def listed(database: Database, limit: int = 100, **wanted: object) -> list[str]:
    async with database.session() as session:
        return [item.item for item in await list_items(session, Wanted(**wanted), limit)]  # type: ignore[arg-type]


async def do(
    database: Database, item: WorkItem, what: What, by: str = "1001", at: float = AT + 60, **more: str
) -> None:
    now, step = take_step(item, Step(at=at, what=what, by=by, **more), leads=False)
    async with database.transaction() as connection:
        await keep_step(connection, item, now, step)


@pytest.fixture
async def desk(database: Database) -> Database:
    await store(database, [*served_call(), *abandoned_call(), *requests()])
    return database


async def test_what_is_to_be_done_is_listed_newest_first(desk: Database) -> None:
    comment = "demo-1763800000.12-2-comment"
    assert await listed(desk) == ["b-1", "m-1", comment, GAVE_UP]
    assert await listed(desk, limit=1) == ["b-1"]
    assert await listed(desk, kind=ItemKind.ABANDONED) == [GAVE_UP]
    assert await listed(desk, seen_by="1001", queues=["repair"]) == [comment]
    assert await listed(desk, seen_by="1001", queues=[]) == []
    await do(desk, await kept(desk, "b-1"), What.TAKE)
    assert await listed(desk, seen_by="1001", queues=[]) == ["b-1"]
    assert await listed(desk, queue=SALES, until=AT + 50) == [GAVE_UP]
    assert await listed(desk, state=ItemState.DONE) == []


async def test_item_has_what_is_needed_to_deal_with_it(desk: Database) -> None:
    item = await kept(desk, "m-1")
    assert (item.kind, item.number, item.queue, item.seconds) == (ItemKind.MESSAGE, "13700137000", "sales", 12.5)
    assert (item.state, item.owner, item.steps) == (ItemState.OPEN, None, 0)


async def test_every_step_is_kept_with_its_time_and_author(desk: Database) -> None:
    await do(desk, await kept(desk, "m-1"), What.TAKE, at=AT + 1)
    await do(desk, await kept(desk, "m-1"), What.GIVE_BACK, at=AT + 2, note="午休")
    await do(desk, await kept(desk, "m-1"), What.TAKE, by="1002", at=AT + 3)
    await do(desk, await kept(desk, "m-1"), What.DONE, by="1002", at=AT + 4, note="已回电")
    item = await kept(desk, "m-1")
    assert (item.state, item.owner, item.closed_at, item.steps) == (ItemState.DONE, "1002", AT + 4, 4)
    async with desk.session() as session:
        steps = await steps_of(session, "m-1")
    assert [(step.what, step.by, step.owner, step.note, step.at - AT) for step in steps] == [
        ("take", "1001", "1001", "", 1),
        ("give_back", "1001", None, "午休", 2),
        ("take", "1002", "1002", "", 3),
        ("done", "1002", "1002", "已回电", 4),
    ]


async def test_of_two_who_take_an_item_at_once_one_has_it(desk: Database) -> None:
    seen_by_both = await kept(desk, "m-1")
    await do(desk, seen_by_both, What.TAKE, by="1001")
    with pytest.raises(ItemChanged):
        await do(desk, seen_by_both, What.TAKE, by="1002")
    assert (await kept(desk, "m-1")).owner == "1001"
    async with desk.session() as session:
        assert len(await steps_of(session, "m-1")) == 1


async def test_record_told_again_takes_no_step_back(desk: Database) -> None:
    await do(desk, await kept(desk, "m-1"), What.DONE)
    await store(desk, requests())
    assert (await kept(desk, "m-1")).state is ItemState.DONE


async def test_row_of_which_only_the_end_is_known_is_no_item_yet(database: Database) -> None:
    async with database.transaction() as connection:
        row = Row("work_items", {"item": "b-1"}, {"kind": "callback", "state": "done", "closed_at": AT})
        await upsert(connection, [row])
    async with database.session() as session:
        assert (await list_items(session, Wanted(), 10), await count_items(session, Wanted())) == ([], [])
        assert await find_item(session, "b-1") is None
    await store(database, requests())
    assert (await kept(database, "b-1")).state is ItemState.DONE


def answered_later(number: str = NUMBER) -> list[Record]:
    return served_call(n=20, at=AT + 1000.0, number=number)


async def test_caller_who_rang_again_and_was_answered_shows_it(desk: Database) -> None:
    assert (await kept(desk, GAVE_UP)).answered_since is None
    await store(desk, abandoned_call(21, AT + 500.0, NUMBER))
    assert (await kept(desk, GAVE_UP)).answered_since is None
    await store(desk, answered_later())
    assert (await kept(desk, GAVE_UP)).answered_since == AT + 1000.0


async def test_caller_who_was_answered_before_he_gave_up_did_not_ring_again(desk: Database) -> None:
    await store(desk, served_call(n=20, at=AT - 1000.0, number=NUMBER))
    assert (await kept(desk, GAVE_UP)).answered_since is None


async def test_caller_who_was_called_back_for_another_item_shows_it(desk: Database) -> None:
    await store(desk, abandoned_call(21, AT + 500.0, NUMBER))
    other = ItemId(f"demo-{int(AT + 500.0)}.21")
    await do(desk, await kept(desk, other), What.DONE, at=AT + 900.0)
    assert (await kept(desk, GAVE_UP)).called_back_at == AT + 900.0
    assert (await kept(desk, other)).called_back_at is None


async def test_items_are_counted_by_queue_kind_and_state(desk: Database) -> None:
    await store(desk, abandoned_call(21, AT + 500.0))
    await do(desk, await kept(desk, "m-1"), What.TAKE)
    async with desk.session() as session:
        counts = await count_items(session, Wanted(queue=SALES))
        mine = await count_items(session, Wanted(owner="1001"))
    gave_up = Count(queue=SALES, kind=ItemKind.ABANDONED, state=ItemState.OPEN, items=2, oldest_at=AT + 12)
    assert gave_up in counts
    assert [(count.kind, count.state, count.items) for count in mine] == [(ItemKind.MESSAGE, ItemState.TAKEN, 1)]
    assert sum(count.items for count in counts) == 4


async def test_what_is_not_done_is_counted_for_the_wallboard_again_after_each_step(
    desk: Database, tmp_path: Path
) -> None:
    told: list[Any] = []
    counted = asyncio.Event()

    def tell(items: Any) -> None:
        told.append(items)
        counted.set()

    open_items = OpenItems(desk, tell, settles_s=0.0)
    items = SqlWorkItems(desk, MessageFiles(tmp_path), open_items.look_soon)
    running = asyncio.create_task(open_items.run())
    try:
        await counted.wait()
        assert told == [{"repair": {"survey_comment": 1}, "sales": {"abandoned": 1, "callback": 1, "message": 1}}]
        item = await items.get(ItemId("m-1"))
        assert item is not None
        counted.clear()
        now, step = take_step(item, Step(at=AT, what=What.DONE, by="1001"), leads=False)
        await items.change(item, now, step)
        await counted.wait()
        assert told[-1][SALES] == {"abandoned": 1, "callback": 1}
    finally:
        running.cancel()


def test_records_that_leave_nothing_to_do_make_nobody_look(database_url: str) -> None:
    looks: list[bool] = []
    open_items = OpenItems(Database(database_url), lambda items: None)
    for records in (served_call(), abandoned_call(), requests()):
        open_items._stale.clear()
        open_items([record for record in records if not isinstance(record, MessageTaken)], AT)
        looks.append(open_items._stale.is_set())
    assert looks == [False, True, True]


async def test_desk_of_the_api_finds_changes_and_plays(desk: Database, tmp_path: Path) -> None:
    messages = MessageFiles(tmp_path)
    messages.make_folder()
    (tmp_path / "messages" / "m-1.wav").write_bytes(b"RIFF")
    items = SqlWorkItems(desk, messages)
    item = await items.get(ItemId("m-1"))
    assert item is not None
    now, step = take_step(item, Step(at=AT, what=What.DONE, by="1001"), leads=False)
    await items.change(item, now, step)
    assert [one.item for one in await items.find(Wanted(state=ItemState.DONE), 10)] == ["m-1"]
    assert [one.what for one in await items.steps(ItemId("m-1"))] == ["done"]
    assert sum(count.items for count in await items.counts(Wanted())) == 4
    assert items.audio(ItemId("m-1")).read_bytes() == b"RIFF"
    for gone in ("b-1", "../m-1"):
        with pytest.raises(RecordingNotThere):
            items.audio(ItemId(gone))


async def test_desk_whose_database_is_away_says_so(database_url: str, tmp_path: Path) -> None:
    items = SqlWorkItems(Database(database_url), MessageFiles(tmp_path))
    item = WorkItem(
        item=ItemId("m-1"),
        kind=ItemKind.MESSAGE,
        call=CallId("c"),
        queue=SALES,
        number="",
        did="",
        opened_at=AT,
    )
    now, step = take_step(item, Step(at=AT, what=What.TAKE, by="1001"), leads=False)
    with pytest.raises(HistoryUnavailable):
        await items.get(ItemId("m-1"))
    with pytest.raises(HistoryUnavailable):
        await items.change(item, now, step)
