"""The journal keeps what it took, through kills, damage and a full disk; and it never stops the floor."""

import asyncio
import errno
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from acd import events as ev
from acd.floor import Floor
from acd.model import CallId
from agents.roster import AgentId
from engine.journal import FileJournal, JournalInUse
from metrics.intervals import Tally
from tests.unit.engine.lives import fresh_rules

LATER = 5_000_000_000.0


def moved(number: int) -> ev.CallMoved:
    return ev.CallMoved(call=CallId(f"c{number}"), node="menu", key="1")


def write(journal: FileJournal, *numbers: int) -> None:
    for number in numbers:
        journal.append(moved(number), 1000.0 + number)


def save(journal: FileJournal) -> None:
    journal.save(Floor.under(fresh_rules()), Tally())


@contextmanager
def opened(folder: Path) -> Iterator[FileJournal]:
    journal = FileJournal(folder)
    try:
        yield journal
    finally:
        journal.close()


def numbers_in(folder: Path) -> list[int]:
    """The events a start would do again after the snapshot."""
    with opened(folder) as journal:
        _, lines = journal.restore()
        return [line.n for line in lines]


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.name != "lock")


def files_of(folder: Path, count: int) -> list[Path]:
    segments = sorted(folder.glob("*.jsonl"))
    assert len(segments) == count
    return segments


# --- what is taken is kept -------------------------------------------------------------------------------------------


def test_what_was_appended_comes_back_in_order_with_its_time(tmp_path: Path) -> None:
    told: list[ev.Event] = [moved(1), ev.LinkLost(), ev.RulesLoaded(rules=fresh_rules()), moved(4)]
    with opened(tmp_path) as journal:
        for number, event in enumerate(told):
            journal.append(event, 1000.5 + number)
    with opened(tmp_path) as journal:
        snapshot, lines = journal.restore()
        assert snapshot is None
        assert [(line.n, line.t, line.e) for line in lines] == [
            (number + 1, 1000.5 + number, event) for number, event in enumerate(told)
        ]
        assert (journal.number, journal.last_time) == (4, 1003.5)


def test_text_of_any_kind_stays_one_line(tmp_path: Path) -> None:
    nasty = 'a\r\nb\0"\\\u2028\u0085|${x}王' + "x" * 200
    with opened(tmp_path) as journal:
        journal.append(ev.CallArrived(call=CallId("c"), channel="x", number=nasty, did="", name=nasty), 1.0)
        write(journal, 2)
    with opened(tmp_path) as journal:
        first, second = journal.restore()[1]
    assert isinstance(first.e, ev.CallArrived)
    assert (first.e.name, second.n) == (nasty, 2)


def test_text_that_is_no_unicode_is_refused_before_anything_is_numbered(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        with pytest.raises(ValueError, match="surrogates"):
            journal.append(ev.AgentReady(agent=AgentId("\ud800")), 1.0)
        write(journal, 1)
    assert numbers_in(tmp_path) == [1]


def test_a_snapshot_ends_a_file_and_a_start_reads_only_what_came_after(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1, 2, 3)
        save(journal)
        write(journal, 4, 5)
    assert files(tmp_path) == ["000000000001.jsonl", "000000000004.jsonl", "snapshot.json"]
    with opened(tmp_path) as journal:
        snapshot, lines = journal.restore()
        assert snapshot is not None
        assert (snapshot.n, snapshot.t, snapshot.floor.rules) == (3, 1003.0, fresh_rules())
        assert [line.n for line in lines] == [4, 5]
        assert journal.saved_number == 3


async def test_a_snapshot_written_aside_keeps_the_events_that_come_meanwhile(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1, 2)
        writing = asyncio.create_task(journal.save_aside(Floor.under(fresh_rules()), Tally()))
        await asyncio.sleep(0)
        write(journal, 3)
        await writing
        write(journal, 4)
    assert numbers_in(tmp_path) == [3, 4]


def test_a_start_without_a_snapshot_since_goes_on_numbering_in_a_new_file(tmp_path: Path) -> None:
    for count in (1, 2, 3):
        with opened(tmp_path) as journal:
            assert len(list(journal.restore()[1])) == count - 1
            write(journal, count)
    assert numbers_in(tmp_path) == [1, 2, 3]
    assert len(files(tmp_path)) == 3


def test_followers_are_told_every_line_with_its_number(tmp_path: Path) -> None:
    told: list[tuple[int, bytes]] = []
    with opened(tmp_path) as journal:
        journal.followers.append(lambda number, line: told.append((number, line)))
        write(journal, 1, 2)
        assert list(journal.lines_after(0)) == [(number, line.rstrip()) for number, line in told]
        assert [number for number, _ in journal.lines_after(1)] == [2]
        assert list(journal.lines_after(2)) == []


def test_lines_after_a_number_come_from_every_file_that_can_hold_them(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        for last in (3, 5, 9):
            write(journal, *range(journal.number + 1, last + 1))
            save(journal)
        for after in range(10):
            assert [number for number, _ in journal.lines_after(after)] == list(range(after + 1, 10))


def test_only_one_process_writes_a_journal(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(JournalInUse, match=f"another engine writes {tmp_path}"):
        FileJournal(tmp_path)
    FileJournal(tmp_path).close()


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1)
        save(journal)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


async def test_what_was_written_is_put_on_the_disk_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    monkeypatch.setattr("engine.journal.SYNC_S", 0.001)
    with opened(tmp_path) as journal:
        keeping = asyncio.create_task(journal.keep_synced())
        write(journal, 1, 2)
        await asyncio.sleep(0.05)
        assert len(synced) == 1  # once for both, and not again while nothing is written
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_a_disk_that_cannot_sync_is_counted_and_the_floor_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    monkeypatch.setattr("engine.journal.SYNC_S", 0.001)
    with opened(tmp_path) as journal:
        keeping = asyncio.create_task(journal.keep_synced())
        for number in (1, 2):
            write(journal, number)
            await asyncio.sleep(0.02)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert journal.failed_syncs == 2
    assert caplog.text.count("cannot be put on the disk") == 1


# --- kills -----------------------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from engine.journal import FileJournal
from tests.unit.engine.test_journal import moved, save
journal = FileJournal(Path(sys.argv[1]))
list(journal.restore()[1])
while True:
    journal.append(moved(journal.number + 1), float(journal.number))
    sys.stdout.write(f"{journal.number}\\n")
    sys.stdout.flush()
    if journal.number % 97 == 0:
        save(journal)
"""


def acknowledged_until_killed(folder: Path, after_s: float) -> int:
    """Run a process that appends and says so, kill it in the middle; the last number it spoke of."""
    arguments = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(after_s)
        writer.kill()
        rest = writer.stdout.read()
    return int((first + rest).rpartition(b"\n")[0].split()[-1])


def test_kill_9_in_the_middle_of_writing_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    last = 0
    for after_s in (0.0, 0.02, 0.05):
        last = acknowledged_until_killed(tmp_path, after_s)
        with opened(tmp_path) as journal:
            snapshot, lines = journal.restore()
            numbers = [line.n for line in lines]
            assert numbers == list(range((snapshot.n if snapshot else 0) + 1, journal.number + 1))
            assert last <= journal.number <= last + 1
            assert journal.missing_events == 0
            assert [number for number, _ in journal.lines_after(0)] == list(range(1, journal.number + 1))
    assert last > 97


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0, 1, 20, -2])
def test_a_torn_last_line_is_dropped_and_its_number_used_again(tmp_path: Path, kept: int) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1, 2, 3)
    (file,) = files_of(tmp_path, 1)
    *whole, last = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(whole) + last[:kept])
    with opened(tmp_path) as journal:
        assert [line.n for line in journal.restore()[1]] == [1, 2]
        assert journal.missing_events == 0
        write(journal, 3, 4)
    assert numbers_in(tmp_path) == [1, 2, 3, 4]


def test_a_torn_line_that_is_all_of_its_file_does_not_swallow_the_next_event(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1)
        save(journal)
        write(journal, 2)
    torn = tmp_path / "000000000002.jsonl"
    torn.write_bytes(torn.read_bytes()[:9])
    with opened(tmp_path) as journal:
        assert [line.n for line in journal.restore()[1]] == []
        write(journal, 2, 3)
    assert numbers_in(tmp_path) == [2, 3]


def test_a_file_left_over_from_a_full_disk_does_not_hide_events_with_smaller_numbers(tmp_path: Path) -> None:
    """Event 9 was torn, 2 to 8 were lost: after the restart events from 2 on must be found behind that file."""
    with opened(tmp_path) as journal:
        write(journal, 1)
    (tmp_path / "000000000009.jsonl").write_bytes(b'{"n":9,"t')
    with opened(tmp_path) as journal:
        assert [line.n for line in journal.restore()[1]] == [1]
        write(journal, *range(2, 21))
        for after in range(20):
            assert [number for number, _ in journal.lines_after(after)] == list(range(after + 1, 21))


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xfe\x00rubbish",
        b'{"n":2,"t":1.0,"e":{"type":"AgentReady","agent":"\xff"}}',
        b'{"n":2,"t":1.0,"e":{"type":"NoSuchEvent"}}',
        b'{"n":2,"t":1.0,"e":{"type":"CallMoved"}}',
        b'{"n":2,"t":1.0,"x":' + b"[" * 100_000,
        b'{"n":"two"}',
        b"\x00" * 4096,
    ],
)
def test_a_damaged_line_in_the_middle_is_left_out_and_counted(tmp_path: Path, rubbish: bytes) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1, 2, 3)
    (file,) = files_of(tmp_path, 1)
    first, _, third = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([first, rubbish, third]) + b"\n")
    with opened(tmp_path) as journal:
        assert [line.n for line in journal.restore()[1]] == [1, 3]
        assert (journal.damaged_lines, journal.missing_events, journal.number) == (1, 1, 3)


def test_a_line_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1, 2, 3)
    (file,) = files_of(tmp_path, 1)
    one, two, three = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(one + two + two + one + three)
    assert numbers_in(tmp_path) == [1, 2, 3]


DAMAGES = [b"", b'{"n":3,"t":1.0', b"\xff" * 50, b"[]", b'{"n":3,"t":1.0,"floor":{},"tally":{}}']


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_snapshot_is_put_aside_and_the_one_before_is_taken(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as journal:
        for last in (2, 4):
            write(journal, last - 1, last)
            save(journal)
        write(journal, 5)
    (tmp_path / "snapshot.json").write_bytes(damage)
    with opened(tmp_path) as journal:
        snapshot, lines = journal.restore()
        assert snapshot is not None
        assert (snapshot.n, [line.n for line in lines]) == (2, [3, 4, 5])
        assert journal.missing_events == 0
    assert [file.read_bytes() for file in tmp_path.glob("snapshot.damaged-*")] == [damage]
    assert "starting from the one before" in caplog.text


def test_without_any_snapshot_all_events_are_done_again(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        for last in (2, 4):
            write(journal, last - 1, last)
            save(journal)
    for name in ("snapshot.json", "snapshot.previous.json"):
        (tmp_path / name).write_bytes(b"{")
    with opened(tmp_path) as journal:
        snapshot, lines = journal.restore()
        assert snapshot is None
        assert [line.n for line in lines] == [1, 2, 3, 4]
        assert journal.missing_events == 0


def test_events_that_are_gone_are_counted_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(tmp_path) as journal:
        for last in (2, 4, 6):
            write(journal, last - 1, last)
            save(journal)
    for name in ("snapshot.json", "snapshot.previous.json", "000000000001.jsonl"):
        (tmp_path / name).unlink()
    with opened(tmp_path) as journal:
        assert [line.n for line in journal.restore()[1]] == [3, 4, 5, 6]
        assert journal.missing_events == 2
    assert "events 1 to 2 are missing" in caplog.text


def test_a_kill_between_the_two_renames_of_a_snapshot_leaves_the_one_before(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1)
        save(journal)
        write(journal, 2)
    (tmp_path / "snapshot.json").rename(tmp_path / "snapshot.previous.json")
    (tmp_path / "snapshot.new").write_bytes(b'{"n":2')
    with opened(tmp_path) as journal:
        snapshot, lines = journal.restore()
        assert snapshot is not None
        assert (snapshot.n, [line.n for line in lines]) == (1, [2])
        save(journal)
    assert numbers_in(tmp_path) == []


def test_a_reader_of_the_snapshot_gets_nothing_from_a_damaged_one(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        assert journal.snapshot_bytes() == (b"", 0)
        write(journal, 1)
        save(journal)
        raw, number = journal.snapshot_bytes()
        assert (number, msgspec.json.decode(raw)["n"]) == (1, 1)
        (tmp_path / "snapshot.json").write_bytes(b"\xff")
        assert journal.snapshot_bytes() == (b"", 0)


# --- forgetting ------------------------------------------------------------------------------------------------------


def test_old_files_are_forgotten_but_never_one_that_a_snapshot_goes_on_from(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        for last in (2, 4, 6):
            write(journal, last - 1, last)
            save(journal)
        write(journal, 7)
        journal.forget_before(LATER)
        assert [number for number, _ in journal.lines_after(0)] == [5, 6, 7]
    (tmp_path / "snapshot.json").write_bytes(b"{")
    with opened(tmp_path) as journal:
        snapshot, lines = journal.restore()
        assert snapshot is not None
        assert (snapshot.n, [line.n for line in lines]) == (4, [5, 6, 7])


def test_files_that_are_not_old_are_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        for last in (2, 4, 6):
            write(journal, last - 1, last)
            save(journal)
        os.utime(tmp_path / "000000000001.jsonl", (1.0, 1.0))
        journal.forget_before(time.time() - 3600.0)
        assert [number for number, _ in journal.lines_after(0)] == [3, 4, 5, 6]


def test_without_a_snapshot_nothing_is_forgotten(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        with opened(tmp_path) as journal:
            list(journal.restore()[1])
            write(journal, number)
            journal.forget_before(LATER)
    assert numbers_in(tmp_path) == [1, 2, 3]


# --- a full disk -----------------------------------------------------------------------------------------------------


@contextmanager
def room_for(octets: int) -> Iterator[None]:
    """No file may grow beyond so many octets, as on a disk that is full: the rest of a write is cut off, then refused.
    (Python ignores SIGXFSZ; the write itself fails.)"""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_the_floor_goes_on_and_the_torn_line_is_kept_apart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []
    with opened(tmp_path) as journal:
        journal.followers.append(lambda number, line: told.append(number))
        write(journal, 1, 2)
        room = (tmp_path / "000000000001.jsonl").stat().st_size + 30
        with room_for(room):
            write(journal, 3, 4, 5)
        write(journal, 6, 7)
        assert (journal.number, journal.failed_writes) == (7, 3)
    assert told == [1, 2, 3, 4, 5, 6, 7]
    assert caplog.text.count("cannot be written") == 1
    with opened(tmp_path) as journal:
        assert [line.n for line in journal.restore()[1]] == [1, 2, 6, 7]
        assert (journal.damaged_lines, journal.missing_events) == (1, 3)


def test_a_snapshot_that_does_not_fit_leaves_the_one_before_and_no_rubbish(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        write(journal, 1)
        save(journal)
        before = (tmp_path / "snapshot.json").read_bytes()
        write(journal, 2)
        with room_for(100), pytest.raises(OSError, match="File too large"):
            save(journal)
        write(journal, 3)
        assert (tmp_path / "snapshot.json").read_bytes() == before
        assert not (tmp_path / "snapshot.new").exists()
        assert journal.saved_number == 1
        save(journal)
        assert journal.saved_number == 3
    assert numbers_in(tmp_path) == []


FULL_DISK = """
import logging, os, subprocess, sys
from pathlib import Path
from engine.journal import FileJournal
from tests.unit.engine.test_journal import moved, save
disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
logging.disable()
journal = FileJournal(disk / "journal")
while not journal.failed_writes:
    journal.append(moved(journal.number), 1.0)
lost_from = journal.number
ballast = disk / "journal" / "ballast"
for _ in range(20):
    journal.append(moved(journal.number), 1.0)
try:
    save(journal)
except OSError as error:
    print("snapshot:", error.strerror)
lost_to = journal.number
journal.close()
for file in sorted((disk / "journal").glob("*.jsonl"))[1:]:
    file.unlink()
subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
again = FileJournal(disk / "journal")
numbers = [line.n for line in again.restore()[1]]
print("back:", numbers == list(range(1, lost_from)), lost_to - lost_from)
again.append(moved(again.number), 1.0)
save(again)
again.close()
last = FileJournal(disk / "journal")
print("healed:", last.restore()[0].n == lost_from, last.missing_events)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk in an own mount namespace needs root")
def test_on_a_disk_that_is_really_full_events_fail_one_by_one_and_all_heals_with_room(tmp_path: Path) -> None:
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["snapshot: No space left on device", "back: True 20", "healed: True 0"]


def test_a_folder_that_vanished_does_not_stop_the_floor(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "journal"
    with opened(folder) as journal, caplog.at_level(logging.ERROR):
        (folder / "lock").unlink()
        folder.rmdir()
        write(journal, 1, 2)
        assert (journal.number, journal.failed_writes) == (2, 2)
        with pytest.raises(FileNotFoundError):
            save(journal)
