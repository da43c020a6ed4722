"""The journal: every event of the floor, in order, before anything is done about it.

One JSON line an event, handed to the operating system at once (a kill of the process loses nothing) and put on the disk in
groups by a thread (a power cut loses at most the last `SYNC_S`). Now and then a snapshot of the floor is written; starting
means reading the newest snapshot and the events after it. Files are named by the number of their first event and kept for
replay; a process never writes into a file it found, whose last line may be torn.

    journal/000000000001.jsonl        {"n":1,"t":1763800000.5,"e":{"type":"CallArrived",...}}
    journal/snapshot.json             {"n":4711,"t":...,"floor":{...},"tally":{...}}
    journal/snapshot.previous.json    the one before, should the newest be damaged
    journal/lock                      held by the process that writes
"""

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from acd.events import Event
from acd.floor import Floor
from engine.queue_log import QueueLogState
from metrics.intervals import Tally

__all__ = ["FileJournal", "JournalInUse", "Line", "Snapshot"]

log = logging.getLogger(__name__)

SYNC_S = 0.1
UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises on bytes that are no JSON, no UTF-8, or not what was expected."""


class JournalInUse(RuntimeError):
    """Another engine writes this journal: stop it first, or give this one a $HOTLINE_HOME of its own."""


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
    queue_log: QueueLogState | None = None


class _Numbered(msgspec.Struct):
    """Just the number, of a line or a snapshot."""

    n: int


class FileJournal:
    """The journal of one floor in one folder; one process writes it. Raises JournalInUse when another does."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.number = 0
        """Of the last event."""
        self.last_time = 0.0
        self.failed_writes = 0
        """Events the disk did not take. The floor goes on: calls matter more than their journal."""
        self.failed_syncs = 0
        self.damaged_lines = 0
        """Lines that could not be read at the start; one at the very end is only what a kill tore."""
        self.missing_events = 0
        """Events that were not there at the start: their lines were damaged, their file gone, the disk full."""
        self.saved_number = 0
        """Of the last event in the newest snapshot on the disk."""
        self.followers: list[Callable[[int, bytes], None]] = []
        """Told each event's number and line (a copy of the journal elsewhere)."""
        self._folder = folder
        self._lock_fd = _lock(folder)
        self._fd = -1
        self._torn = False
        self._unsynced = False
        self._new_file = False
        self._disk = threading.Lock()
        """Held while a file is synced or closed."""
        self._saving = threading.Lock()
        self._encoder = msgspec.json.Encoder()

    def restore(self) -> tuple[Snapshot | None, Iterator[Line]]:
        """The newest snapshot, and the events after it. Read the events to their end before the first `append`."""
        snapshot = self._read_snapshot("snapshot.json") or self._read_snapshot("snapshot.previous.json")
        if snapshot is not None:
            self.number, self.last_time = snapshot.n, snapshot.t
            self.saved_number = snapshot.n
        return snapshot, self._events_after(self.number)

    def append(self, event: Event, now: float) -> None:
        """Number the event and hand it to the operating system. Raises ValueError for text that is not Unicode."""
        line = self._encoder.encode(Line(self.number + 1, now, event)) + b"\n"
        self.number += 1
        self.last_time = now
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

    def save(self, floor: Floor, tally: Tally, queue_log: QueueLogState | None = None) -> None:
        """Write a snapshot and begin a new file for the events after it. Raises OSError; the one before then holds."""
        self._write_snapshot(*self._cut(floor, tally, queue_log))

    async def save_aside(self, floor: Floor, tally: Tally, queue_log: QueueLogState | None = None) -> None:
        """As `save`, waiting for the disk in a thread: callers must not."""
        await asyncio.to_thread(self._write_snapshot, *self._cut(floor, tally, queue_log))

    def snapshot_bytes(self) -> tuple[bytes, int]:
        """The newest snapshot as it lies on the disk, and its number; nothing and 0 when there is none to be read."""
        try:
            raw = (self._folder / "snapshot.json").read_bytes()
            return raw, msgspec.json.decode(raw, type=_Numbered).n
        except (FileNotFoundError, *UNREADABLE):
            return b"", 0

    def lines_after(self, number: int) -> Iterator[tuple[int, bytes]]:
        """Numbers and lines of the events after `number` that are still on the disk."""
        decoder = msgspec.json.Decoder(_Numbered)
        for file in self._segments_after(number):
            for raw in file.read_bytes().split(b"\n"):
                with contextlib.suppress(*UNREADABLE):
                    n = decoder.decode(raw).n
                    if n > number:
                        number = n
                        yield n, raw

    def forget_before(self, moment: float) -> None:
        """Remove files whose last change is older than `moment` (seconds since the epoch), unless the snapshot before
        the newest goes on from them."""
        segments = self._segments()
        needed_from = _first_after(segments, _number_in(self._folder / "snapshot.previous.json"))
        for file in segments[:needed_from]:
            if file.stat().st_mtime < moment:
                file.unlink()

    async def keep_synced(self) -> None:
        """Put what was written on the disk, ten times a second at most; runs until cancelled."""
        while True:
            await asyncio.sleep(SYNC_S)
            if self._unsynced:
                self._unsynced = False
                try:
                    await asyncio.to_thread(self.sync)
                except OSError as error:
                    if not self.failed_syncs:
                        log.error("the journal cannot be put on the disk: %s", error)
                    self.failed_syncs += 1

    def sync(self) -> None:
        """Put what was written on the disk. Blocks; raises OSError."""
        new_file, self._new_file = self._new_file, False
        with self._disk:
            if (fd := self._fd) >= 0:
                os.fdatasync(fd)
        if new_file:
            self._sync_folder()

    def close(self) -> None:
        """Put everything on the disk and let another process have the journal."""
        self._retire(self._swap_segment(-1))
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(self, line: bytes) -> None:
        """All of the line or, on a full disk, a torn one that the next line is kept apart from."""
        if self._torn:
            line = b"\n" + line
        written = os.write(self._fd, line)
        self._torn = written < len(line)
        if self._torn:
            raise OSError(errno.ENOSPC, "only part of an event could be written")

    def _open_segment(self) -> None:
        """Begin a file: named by its first event, and later than every file found."""
        begins = [_begin(file) for file in self._segments()[-1:]]
        file = self._folder / f"{max([self.number, *(begin + 1 for begin in begins)]):012d}.jsonl"
        self._fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._new_file = True

    def _swap_segment(self, fd: int) -> int:
        self._fd, old, self._torn = fd, self._fd, False
        return old

    def _cut(self, floor: Floor, tally: Tally, queue_log: QueueLogState | None) -> tuple[bytes, int, int]:
        """The snapshot of this moment, its number, and the file of the events before it."""
        raw = self._encoder.encode(Snapshot(self.number, self.last_time, floor, tally, queue_log))
        return raw, self.number, self._swap_segment(-1)

    def _write_snapshot(self, raw: bytes, number: int, old_fd: int) -> None:
        self._retire(old_fd)
        newest, fresh = self._folder / "snapshot.json", self._folder / "snapshot.new"
        with self._saving:
            try:
                _write_through(fresh, raw)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
            if newest.exists():
                newest.replace(self._folder / "snapshot.previous.json")
            fresh.replace(newest)
            self._sync_folder()
            self.saved_number = number

    def _retire(self, fd: int) -> None:
        if fd >= 0:
            with self._disk:
                with contextlib.suppress(OSError):
                    os.fsync(fd)
                os.close(fd)

    def _sync_folder(self) -> None:
        """A new file is only there after a power cut when its folder says so."""
        fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.jsonl"))

    def _segments_after(self, number: int) -> list[Path]:
        segments = self._segments()
        return segments[_first_after(segments, number) :]

    def _read_snapshot(self, name: str) -> Snapshot | None:
        file = self._folder / name
        if not file.exists():
            return None
        try:
            return msgspec.json.decode(file.read_bytes(), type=Snapshot)
        except UNREADABLE as error:
            aside = file.with_suffix(f".damaged-{int(time.time())}")
            file.rename(aside)
            log.error("a snapshot is damaged (%s); put aside as %s, starting from the one before", error, aside.name)
            return None

    def _events_after(self, number: int) -> Iterator[Line]:
        decoder = msgspec.json.Decoder(Line)
        for file in self._segments_after(number):
            for raw in file.read_bytes().split(b"\n"):
                line = self._decoded(decoder, raw, file)
                if line is not None and line.n > self.number:
                    self._note_gap(line.n)
                    self.number, self.last_time = line.n, line.t
                    yield line

    def _note_gap(self, number: int) -> None:
        if number > self.number + 1:
            self.missing_events += number - self.number - 1
            log.error("events %d to %d are missing from the journal; going on without", self.number + 1, number - 1)

    def _decoded(self, decoder: "msgspec.json.Decoder[Line]", raw: bytes, file: Path) -> Line | None:
        if not raw:
            return None
        try:
            return decoder.decode(raw)
        except UNREADABLE as error:
            self.damaged_lines += 1
            log.warning("%s: an event that cannot be read is left out: %s", file.name, error)
            return None


def _lock(folder: Path) -> int:
    """Let nobody else write this journal while the process lives."""
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise JournalInUse(
            f"another engine writes {folder}: stop it, or set HOTLINE_HOME to a folder of its own"
        ) from error
    return fd


def _write_through(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read; returns when it is on the disk."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _begin(file: Path) -> int:
    return int(file.stem)


def _first_after(segments: list[Path], number: int) -> int:
    """Which file is the first that can hold events after `number`: the last that begins at or before them."""
    return max((i for i, file in enumerate(segments) if _begin(file) <= number + 1), default=0)


def _number_in(snapshot: Path) -> int:
    try:
        return msgspec.json.decode(snapshot.read_bytes(), type=_Numbered).n
    except (OSError, *UNREADABLE):
        return 0
