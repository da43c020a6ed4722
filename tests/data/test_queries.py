"""What the API asks of the past, on both databases."""

from pathlib import Path

import pytest

from acd.model import CallId, OfferId, QueueId
from acd.records import Record
from agents.roster import AgentId
from engine.database import Database, DatabaseNotReady
from engine.database.queries import call_story
from engine.database.upserts import upsert
from engine.facts import row_of_recording, rows_of
from engine.past import past_call
from recordings.ledger import (
    LedgerEntry,
    RecordingNotThere,
    State,
    find_recording,
    list_recordings,
    path_of,
)
from tests.unit.engine_data.stories import abandoned_call, served_call


async def store(database: Database, records: list[Record]) -> None:
    async with database.transaction() as connection:
        await upsert(connection, [row for record in records for row in rows_of(record)])


async def enter(database: Database, *entries: LedgerEntry) -> None:
    async with database.transaction() as connection:
        await upsert(connection, [row_of_recording(entry) for entry in entries])


def entry(n: int, *, state: State | None = None, path: str | None = None, size: int | None = None) -> LedgerEntry:
    return LedgerEntry(
        offer=OfferId(f"c-{n}"),
        call=CallId("c"),
        linkedid="c",
        queue=QueueId("repair" if n % 2 else "sales"),
        agent=AgentId("1001" if n < 3 else "1002"),
        started_at=1000.0 + n,
        state=state,
        path=path,
        size=size,
    )


@pytest.fixture
async def past(database: Database) -> Database:
    await store(database, [*served_call(), *abandoned_call(), *abandoned_call(14, 1763800200.0, number="13800138000")])
    return database


async def test_the_story_of_a_call_has_all_its_parts_in_order(past: Database) -> None:
    async with past.session() as session:
        story = await call_story(session, "demo-1763800000.12")
        assert story is not None
        assert [step.node for step in story.ivr_steps] == ["welcome", "menu"]
        assert [segment.queue for segment in story.segments] == ["sales", "repair"]
        assert [offer.outcome for offer in story.offers] == ["no_answer", "accepted"]
        assert [decision.chosen for decision in story.decisions] == ["1002", "1001"]
        assert await call_story(session, "nobody-1.1") is None


async def test_a_past_call_tells_who_it_was_and_why_it_left_each_queue(past: Database) -> None:
    async with past.session() as session:
        story = await call_story(session, "demo-1763800000.12")
    assert story is not None
    told = past_call(story)
    assert told is not None
    assert (told.customer, told.attributes) == ("C-77", {"region": "浙江 杭州"})
    assert [(stay.queue, stay.how, stay.why, stay.expected_s) for stay in told.stays] == [
        ("sales", "overflowed", "max_wait", None),
        ("repair", "answered", "", 25.0),
    ]
    assert (told.ended.disposition, told.ended.path) == ("served", ("welcome", "menu:1"))


async def test_reading_before_the_database_is_open_says_so(database_url: str) -> None:
    with pytest.raises(DatabaseNotReady, match="is not open"):
        async with Database(database_url).session():
            pass


async def test_recordings_are_found_by_call_agent_queue_and_time(database: Database, tmp_path: Path) -> None:
    await enter(database, *(entry(n) for n in range(5)))
    async with database.session() as session:

        async def found(**wanted: object) -> list[str]:
            return [one.offer for one in await list_recordings(session, tmp_path, **wanted)]  # type: ignore[arg-type]

        assert await found() == ["c-4", "c-3", "c-2", "c-1", "c-0"]
        assert await found(call="c", agent="1001") == ["c-2", "c-1", "c-0"]
        assert await found(queue="repair") == ["c-3", "c-1"]
        assert await found(since=1001.0, until=1003.0) == ["c-2", "c-1"]
        assert await found(limit=2) == ["c-4", "c-3"]
        assert await found(call="other") == []


async def test_a_recording_is_expected_until_its_sound_has_been_dealt_with(database: Database, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"." * 100)
    seen = []
    ready = entry(1, state=State.READY, path="x.wav", size=100)
    for one in (entry(1), ready, entry(1)):
        await enter(database, one)
        async with database.session() as session:
            (recording,) = await list_recordings(session, tmp_path)
            seen.append(recording.state)
    assert seen == [State.EXPECTED, State.READY, State.READY], "told again that it is expected, it stays ready"


async def test_a_file_that_vanished_or_changed_later_does_not_show_as_ready(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "x.wav"
    await enter(database, entry(1, state=State.READY, path="x.wav", size=100))
    seen = []
    for content in (b"." * 100, b"." * 99, b"", None):
        file.write_bytes(content) if content is not None else file.unlink()
        async with database.session() as session:
            recording = await find_recording(session, tmp_path, "c-1")
            assert recording is not None
            seen.append(recording.state)
            if recording.state in (State.READY, State.DAMAGED):
                assert path_of(tmp_path, recording) == file
            else:
                with pytest.raises(RecordingNotThere, match=f"c-1 is {recording.state}"):
                    path_of(tmp_path, recording)
    assert seen == [State.READY, State.DAMAGED, State.EMPTY, State.MISSING]


@pytest.mark.parametrize("path", ["../secret.wav", "/etc/passwd", "a/../../secret.wav", "link/secret.wav", "x\0.wav"])
async def test_no_row_in_the_ledger_can_hand_out_a_file_outside_the_root(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"." * 100)
    (root / "link").symlink_to(tmp_path)
    database = Database(f"sqlite:///{tmp_path}/hotline.db")
    await database.open()
    await enter(database, entry(1, state=State.READY, path=path, size=100))
    async with database.session() as session:
        recording = await find_recording(session, root, "c-1")
        assert recording is not None
        assert recording.state is State.MISSING
        with pytest.raises(RecordingNotThere):
            path_of(root, recording)
        assert await find_recording(session, root, "unknown") is None
    await database.close()


async def test_a_past_call_tells_what_was_answered_about_whom(past: Database) -> None:
    async with past.session() as session:
        story = await call_story(session, "demo-1763800000.12")
        silent = await call_story(session, "demo-1763800100.13")
    assert story is not None
    assert silent is not None
    shown = past_call(story)
    assert shown is not None
    assert shown.survey is not None
    survey = shown.survey
    assert (survey.agent, survey.queue, survey.offer) == ("1001", "repair", "demo-1763800000.12-2")
    assert (survey.outcome, survey.why, survey.language) == ("partly", "hung_up", "zh")
    assert survey.answers == {"score": "4", "comment": "demo-1763800000.12-2-comment"}
    assert survey.scores == {"score": 4}
    unasked = past_call(silent)
    assert unasked is not None
    assert unasked.survey is None
