"""Identical rules give identical decisions: what a live runner recorded and what its journal gives, done again, are the same
bytes, over restarts, snapshots, refused events and changed rules."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from acd.records import Decision, Record
from engine.journal import FileJournal
from engine.planning.journal_file import JournalUnreadable, do_again, events_of, time_of
from tests.unit.engine.lives import Life, dice_of, fresh_rules
from tests.unit.engine_planning.days import day_rules, recorded_day

EVER = (0.0, 1e12)


def lines(records: list[Record]) -> list[bytes]:
    return [msgspec.json.encode(record) + b"\n" for record in records]


def apart(texts: list[bytes]) -> list[bytes]:
    return b"".join(texts).splitlines(keepends=True)


def lived(folder: Path, seed: int, lives: int = 4) -> list[Record]:
    """Several lives of an engine on one journal, each killed, some with a snapshot; all records it made live."""
    return asyncio.run(_lived(folder, seed, lives))


async def _lived(folder: Path, seed: int, lives: int) -> list[Record]:
    records: list[Record] = []
    dice, now = dice_of(seed), 1_000.0
    for number in range(lives):
        life = Life(folder, now).begin(fresh_rules(f"v{number % 2}"))
        life.live(dice, 150)
        if number % 2:
            life.save()
            life.live(dice, 50)
        life.kill()
        records += life.records
        now = life.now + 60.0
    return records


@pytest.mark.parametrize("seed", range(6))
def test_replay_of_a_journal_gives_the_records_of_the_live_engine_to_the_byte(tmp_path: Path, seed: int) -> None:
    live = lived(tmp_path, seed)
    again: list[bytes] = []
    redone = do_again(tmp_path, *EVER, again.append)
    assert apart(again) == lines(live)
    assert redone.decisions == sum(isinstance(record, Decision) for record in live) > 20
    assert len(redone.rules) > 1


def test_journal_that_lost_its_beginning_is_taken_up_at_its_oldest_snapshot(tmp_path: Path) -> None:
    lived(tmp_path, 3)
    whole: list[bytes] = []
    do_again(tmp_path, *EVER, whole.append)
    for file in sorted(tmp_path.glob("0*.jsonl"))[:-2]:
        file.unlink()
    rest: list[bytes] = []
    do_again(tmp_path, *EVER, rest.append)
    assert 0 < len(apart(rest)) < len(apart(whole))
    assert apart(whole)[-len(apart(rest)) :] == apart(rest)


def test_replay_reads_a_journal_that_is_being_written_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    again: list[bytes] = []

    async def while_it_lives() -> list[Record]:
        life = Life(tmp_path).begin(fresh_rules())
        life.live(dice_of(2), 100)
        before = contents(tmp_path)
        do_again(tmp_path, *EVER, again.append)
        assert contents(tmp_path) == before
        records = list(life.records)
        life.live(dice_of(3), 10)
        life.kill()
        return records

    assert lines(asyncio.run(while_it_lives())) == apart(again)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_line_torn_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    live = lived(tmp_path, 5, lives=1)
    file = next(tmp_path.glob("0*.jsonl"))
    file.write_bytes(file.read_bytes() + b'{"n":99999,"t":1')
    again: list[bytes] = []
    do_again(tmp_path, *EVER, again.append)
    assert apart(again) == lines(live)


def test_single_file_of_a_journal_can_be_replayed(tmp_path: Path) -> None:
    live = lived(tmp_path, 4, lives=1)
    again: list[bytes] = []
    do_again(next(tmp_path.glob("0*.jsonl")), *EVER, again.append)
    assert apart(again) == lines(live)


def test_digest_is_the_same_for_the_same_day_and_another_for_another(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        recorded_day(tmp_path / name, day_rules(), seed, busy=6.0)
    digests = [do_again(tmp_path / name, *EVER).digest for name in "abc"]
    assert digests[0] == digests[1] != digests[2]


def test_what_is_no_journal_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalUnreadable, match="no journal there"):
        events_of(tmp_path)
    with pytest.raises(JournalUnreadable, match="no journal there"):
        events_of(tmp_path / "gone")
    odd = tmp_path / "000000000001.jsonl"
    odd.write_text("hello\n", "utf-8")
    with pytest.raises(JournalUnreadable, match=r"000000000001.jsonl:1: no event of a journal"):
        events_of(tmp_path)
    odd.write_text("", "utf-8")
    with pytest.raises(JournalUnreadable, match="empty"):
        time_of(tmp_path)
    FileJournal(tmp_path).close()
