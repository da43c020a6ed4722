"""The journal: every event of the floor, in order, before anything is done about it.

One JSON line an event, handed to the operating system at once (a kill of the process loses nothing) and put on the disk in
groups by a thread (a power cut loses at most the last `SYNC_S`). Now and then a snapshot of the floor is written; starting
means reading the newest snapshot and the events after it. Files are named by the number of their first event and kept for
replay.

    journal/000000000001.jsonl      {"n":1,"t":1763800000.5,"e":{"type":"CallArrived",...}}
    journal/snapshot.json           {"n":4711,"t":...,"floor":{...},"tally":{...}}
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from acd.events import Event
from acd.floor import Floor
from metrics.intervals import Tally

__all__ = ["FileJournal", "Line", "Snapshot"]

log = logging.getLogger(__name__)

SYNC_S = 0.1


class Line(msgspec.Struct, frozen=True):
    """One event as journalled: its number, its time, itself."""

    n: int
    t: float
    e: Event


class Snapshot(msgspec.Struct):
    """The floor and the figures after event `n`."""

    n: int
    t: float
    floor: Floor
    tally: Tally


class _Numbered(msgspec.Struct):
    """Just the number, of a line or a snapshot."""

    n: int


class FileJournal:
    """The journal of one floor in one folder; one process writes it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.number = 0
        """Of the last event."""
        self.last_time = 0.0
        self.failed_writes = 0
        """Events the disk did not take. The floor goes on: calls matter more than their journal."""
        self.damaged_lines = 0
        self.followers: list[Callable[[int, bytes], None]] = []
        """Told each event's number and line (a copy of the journal elsewhere)."""
        self._folder = folder
        self._fd = -1
        self._torn = False
        self._unsynced = False
        self._encoder = msgspec.json.Encoder()
        self._sync_task: asyncio.Task[None] | None = None

    def restore(self) -> tuple[Snapshot | None, Iterator[Line]]:
        """The newest snapshot, and the events after it. Read the events to their end before the first `append`."""
        snapshot = self._read_snapshot()
        if snapshot is not None:
            self.number, self.last_time = snapshot.n, snapshot.t
        return snapshot, self._events_after(self.number)

    def append(self, event: Event, now: float) -> None:
        """Number the event and hand it to the operating system."""
        self.number += 1
        self.last_time = now
        line = self._encoder.encode(Line(self.number, now, event)) + b"\n"
        try:
            if self._fd < 0:
                self._open_segment()
            self._write(line)
            self._unsynced = True
        except OSError as error:
            if not self.failed_writes:
                log.error("the journal cannot be written: %s", error)
            self.failed_writes += 1
        for follower in self.followers:
            follower(self.number, line)

    def save(self, floor: Floor, tally: Tally) -> None:
        """Write a snapshot and begin a new file for the events after it."""
        snapshot = Snapshot(self.number, self.last_time, floor, tally)
        target = self._folder / "snapshot.json"
        fresh = target.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(self._encoder.encode(snapshot))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        self._close_segment()

    def snapshot_bytes(self) -> tuple[bytes, int]:
        """The newest snapshot as it lies on the disk, and its number; nothing and 0 before the first."""
        try:
            raw = (self._folder / "snapshot.json").read_bytes()
        except FileNotFoundError:
            return b"", 0
        return raw, msgspec.json.decode(raw, type=_Numbered).n

    def lines_after(self, number: int) -> Iterator[tuple[int, bytes]]:
        """Numbers and lines of the events after `number` that are still on the disk."""
        decoder = msgspec.json.Decoder(_Numbered)
        for file in self._segments_after(number):
            for raw in file.read_bytes().splitlines():
                with contextlib.suppress(msgspec.DecodeError):
                    n = decoder.decode(raw).n
                    if n > number:
                        yield n, raw

    def forget_before(self, moment: float) -> None:
        """Remove files whose last change is older than `moment` (seconds since the epoch)."""
        for file in self._segments()[:-1]:
            if file.stat().st_mtime < moment:
                file.unlink()

    async def keep_synced(self) -> None:
        """Put what was written on the disk, ten times a second at most; runs until cancelled."""
        while True:
            await asyncio.sleep(SYNC_S)
            if self._unsynced and self._fd >= 0:
                self._unsynced = False
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(os.fdatasync, self._fd)

    def close(self) -> None:
        self._close_segment()

    def _write(self, line: bytes) -> None:
        """All of the line or, on a full disk, a torn one that the next line is kept apart from."""
        if self._torn:
            line = b"\n" + line
        written = os.write(self._fd, line)
        self._torn = written < len(line)
        if self._torn:
            raise OSError(28, "only part of an event could be written")

    def _open_segment(self) -> None:
        file = self._folder / f"{self.number:012d}.jsonl"
        self._fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _close_segment(self) -> None:
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.jsonl"))

    def _read_snapshot(self) -> Snapshot | None:
        file = self._folder / "snapshot.json"
        if not file.exists():
            return None
        try:
            return msgspec.json.decode(file.read_bytes(), type=Snapshot)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            aside = file.with_suffix(f".damaged-{int(time.time())}")
            file.rename(aside)
            log.error("the snapshot is damaged (%s); put aside as %s, starting from the events", error, aside.name)
            return None

    def _events_after(self, number: int) -> Iterator[Line]:
        decoder = msgspec.json.Decoder(Line)
        for file in self._segments_after(number):
            for raw in file.read_bytes().splitlines():
                line = self._decoded(decoder, raw, file)
                if line is not None and line.n > self.number:
                    self.number, self.last_time = line.n, line.t
                    yield line

    def _segments_after(self, number: int) -> list[Path]:
        """The files that can hold events after `number`: from the last that begins at or before it."""
        segments = self._segments()
        begins = [int(file.stem) for file in segments]
        first = max((i for i, begin in enumerate(begins) if begin <= number + 1), default=0)
        return segments[first:]

    def _decoded(self, decoder: "msgspec.json.Decoder[Line]", raw: bytes, file: Path) -> Line | None:
        if not raw:
            return None
        try:
            return decoder.decode(raw)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            self.damaged_lines += 1
            log.warning("%s: an event that cannot be read is left out: %s", file.name, error)
            return None
