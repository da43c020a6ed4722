"""The spool on a real disk: order, crashes at every byte, damage, a full disk."""

import logging
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts import Row
from engine.spool import Batch, Spool, SpoolInUse, SpoolNotWritable


def row(n: int, text: str = "") -> Row:
    return Row("calls", {"call": f"c-{n}"}, {"name": text, "opened_at": n / 8})


def numbers(rows: list[Row]) -> list[int]:
    return [int(one.key["call"].removeprefix("c-")) for one in rows]


@contextmanager
def spool_in(folder: Path, *, segment_bytes: int = 4096, clock: Callable[[], float] = lambda: 100.0) -> Iterator[Spool]:
    spool = Spool(folder, segment_bytes=segment_bytes, clock=clock)
    try:
        yield spool
    finally:
        spool.close()


def take(spool: Spool, most: int = 10_000) -> list[Row]:
    batch = spool.read(most)
    spool.advance(batch)
    spool.settle()
    return batch.rows


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_rows_come_back_as_they_went_in_and_in_order(tmp_path: Path) -> None:
    rows = [
        Row("calls", {"call": "c", "n": 1}, {"f": 0.1 + 0.2, "t": "王\n\r\u2028|", "none": None, "l": ["a"]}),
        row(2),
    ]
    with spool_in(tmp_path) as spool:
        spool.append(rows)
        assert take(spool) == rows


def test_many_rows_spread_over_many_segments_and_none_is_left_when_read(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        for n in range(1000):
            spool.append([row(n)])
        assert len(segments(tmp_path)) > 10
        assert spool.depth == 1000
        read = [n for _ in range(20) for n in numbers(take(spool, 60))]
        assert read == list(range(1000))
        assert spool.depth == 0
        assert len(segments(tmp_path)) <= 1


def test_rows_that_are_read_but_not_advanced_over_are_read_again(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        spool.append(row(n) for n in range(10))
        assert numbers(spool.read(4).rows) == numbers(take(spool, 4)) == [0, 1, 2, 3]
        assert numbers(take(spool, 4)) == [4, 5, 6, 7]


def test_a_restart_goes_on_after_the_cursor(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        spool.append(row(n) for n in range(10))
        take(spool, 4)
    with spool_in(tmp_path) as spool:
        assert spool.depth == 6
        spool.append([row(10)])
        assert numbers(take(spool)) == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("cursor", [None, b"", b"\0\0\0", b"[9"])
def test_a_lost_cursor_only_means_writing_again(tmp_path: Path, cursor: bytes | None) -> None:
    with spool_in(tmp_path) as spool:
        spool.append(row(n) for n in range(10))
        take(spool, 4)
    (tmp_path / "cursor").unlink() if cursor is None else (tmp_path / "cursor").write_bytes(cursor)
    with spool_in(tmp_path) as spool:
        assert numbers(take(spool)) == list(range(10))


def test_a_segment_that_was_deleted_before_the_cursor_was_stored_is_stepped_over(tmp_path: Path) -> None:
    with spool_in(tmp_path, segment_bytes=200) as spool:
        for n in range(9):
            spool.append([row(n)])
    segments(tmp_path)[0].unlink()
    with spool_in(tmp_path) as spool:
        assert numbers(take(spool))[-1] == 8


@settings(deadline=None, max_examples=60)
@given(cut=st.integers(0, 900))
def test_a_spool_cut_off_at_any_byte_gives_every_whole_row_and_goes_on(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    with spool_in(folder) as spool:
        spool.append(row(n) for n in range(10))
    (segment,) = segments(folder)
    content = segment.read_bytes()[:cut]
    segment.write_bytes(content)
    with spool_in(folder) as spool:
        assert spool.depth == content.count(b"\n")
        spool.append([row(77)])
        assert numbers(take(spool)) == [*range(content.count(b"\n")), 77]
        assert spool.depth == 0
        assert spool.set_aside_lines == (not content.endswith(b"\n") and content != b"")


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, 700), byte=st.integers(0, 255))
def test_a_damaged_line_is_set_aside_and_the_others_are_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    with spool_in(folder) as spool:
        spool.append(row(n) for n in range(10))
    (segment,) = segments(folder)
    content = bytearray(segment.read_bytes())
    content[at % len(content)] = byte
    segment.write_bytes(content)
    with spool_in(folder) as spool:
        read = numbers(take(spool))
        assert spool.depth == 0
        assert len(read) >= 8, "a newline gone or come up spoils two lines at most"
        assert read == sorted(set(read))


def test_what_is_set_aside_can_be_looked_at_and_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "0000000001.spool").write_bytes(b"00000000 not ours\n")
    with caplog.at_level(logging.ERROR), spool_in(tmp_path) as spool:
        assert take(spool) == []
    aside = msgspec.json.decode((tmp_path / "set_aside.jsonl").read_bytes())
    assert aside["line"] == "00000000 not ours"
    assert "set_aside.jsonl" in caplog.text


def test_depth_and_age_say_what_waits(tmp_path: Path) -> None:
    now = 1000.0
    with spool_in(tmp_path, clock=lambda: now) as spool:
        assert (spool.depth, spool.oldest_age_s) == (0, 0.0)
        spool.append([row(1)])
        now += 50
        spool.append([row(2)])
        now += 10
        assert (spool.depth, spool.oldest_age_s) == (2, 60.0)
        take(spool, 1)
        spool.read(1)
        assert (spool.depth, spool.oldest_age_s) == (1, 10.0)
    now += 100
    with spool_in(tmp_path, clock=lambda: now) as spool:
        assert (spool.depth, spool.oldest_age_s) == (1, 110.0)


def test_two_processes_cannot_share_a_spool(tmp_path: Path) -> None:
    with spool_in(tmp_path), pytest.raises(SpoolInUse, match="HOTLINE_HOME"):
        Spool(tmp_path)


@contextmanager
def disk_with_room_for(bytes_left: int) -> Iterator[None]:
    """No file may grow past this size: writes come back short, then fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_refuses_rows_whole_and_harms_nothing(tmp_path: Path) -> None:
    kept, lost = [], []
    with spool_in(tmp_path, segment_bytes=10_000) as spool:
        with disk_with_room_for(1000):
            for n in range(0, 60, 3):
                try:
                    spool.append([row(n), row(n + 1), row(n + 2)])
                    kept += [n, n + 1, n + 2]
                except SpoolNotWritable:
                    lost.append(n)
        assert kept
        assert lost
        spool.append([row(99)])
        assert spool.depth == len(kept) + 1
        assert numbers(take(spool)) == [*kept, 99]
        assert spool.set_aside_lines == 0


def test_a_reader_never_sees_what_a_failed_append_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with spool_in(tmp_path) as spool:
        spool.append([row(1)])
        with monkeypatch.context() as patch, disk_with_room_for(200):
            patch.setattr(os, "ftruncate", _refuse)
            with pytest.raises(SpoolNotWritable):
                spool.append([row(2, "x" * 300)])
        spool.append([row(3)])
        assert numbers(take(spool)) == [1, 3]
        assert spool.depth == 0
        assert spool.set_aside_lines == 1


def _refuse(*_: object) -> None:
    raise OSError(5, "Input/output error")


def test_what_a_full_disk_refused_at_the_very_first_row_can_be_appended_later(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        with disk_with_room_for(0), pytest.raises(SpoolNotWritable, match="cannot append to the spool"):
            spool.append([row(1)])
        spool.append([row(2)])
        assert numbers(take(spool)) == [2]


async def test_waiting_for_the_spool_to_drain_ends_when_it_is_empty_or_time_is_up(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        assert await spool.drained(0.01)
        spool.append([row(1)])
        await spool.filled()
        assert not await spool.drained(0.01)
        take(spool)
        assert await spool.drained(0.01)


def test_rows_appended_while_a_batch_is_under_way_are_not_forgotten(tmp_path: Path) -> None:
    with spool_in(tmp_path, segment_bytes=300) as spool:
        spool.append(row(n) for n in range(5))
        batch = spool.read(100)
        spool.append([row(5)])
        spool.advance(batch)
        spool.append([row(6)])
        spool.settle()
        assert spool.depth == 2
        assert numbers(take(spool)) == [5, 6]


def test_syncing_keeps_no_file_open_longer_than_needed(tmp_path: Path) -> None:
    with spool_in(tmp_path, segment_bytes=200) as spool:
        before = len(os.listdir("/proc/self/fd"))
        for n in range(50):
            spool.append([row(n)])
        spool.sync()
        assert len(os.listdir("/proc/self/fd")) <= before + 1
        assert spool.read(100) == Batch([row(n) for n in range(50)], 50, spool.read(100).end)
