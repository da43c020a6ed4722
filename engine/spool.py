"""The on-disk spool between the voice path and SQL.

`append` hands rows to the operating system in one write and returns: what it took survives kill -9, and within a fraction of a
second (`sync`) a power cut. A writer reads them back in order, puts them into SQL and advances a cursor. A crash between SQL
and cursor means that the last batch is written again: rows are upserts, so that changes nothing.

One line a row, `<crc32> [appended_at, table, key, values]`, in numbered segment files; a segment read to its end is deleted.
A line whose checksum is wrong is set aside in `set_aside.jsonl` and reported. `append`, `settle`, `drained` and the figures
belong to the event loop; `read`, `advance`, `set_aside` and `sync` block and belong to one thread at a time each.
"""

import asyncio
import fcntl
import logging
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from engine.facts import Row

__all__ = ["Batch", "Spool", "SpoolInUse", "SpoolNotWritable"]

logger = logging.getLogger(__name__)

SEGMENT_BYTES: Final = 4 * 1024 * 1024
ENDING: Final = ".spool"


class SpoolNotWritable(OSError):
    """These rows could not be kept (disk full?): nothing of the spool is harmed, count the loss and go on with the call."""


class SpoolInUse(RuntimeError):
    """Another process has this spool open: give each copy its own HOTLINE_HOME."""


class Position(NamedTuple):
    """A place in the spool: a segment's number and bytes into it."""

    segment: int
    offset: int


class Batch(NamedTuple):
    """Rows in the order of their appending, and where the next batch begins."""

    rows: list[Row]
    lines: int
    """Lines consumed, damaged ones included."""
    end: Position


class _Line(msgspec.Struct, frozen=True, array_like=True):
    appended_at: float
    table: str
    key: dict[str, Any]
    values: dict[str, Any]


class Spool:
    """Opening reads through what is pending, to count it: do it before taking calls. Raises SpoolInUse, OSError."""

    def __init__(
        self, directory: Path, *, segment_bytes: int = SEGMENT_BYTES, clock: Callable[[], float] = time.time
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._clock = clock
        self._lock = _locked(directory / "lock")
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_Line)
        numbers = _numbers(directory)
        self._cursor = self._stored_cursor(numbers)
        self._end = Position(max([*numbers, self._cursor.segment]) + 1, 0)
        self._file: int | None = None
        self._unsynced: list[int] = []
        self._written = False
        self._done = 0
        self._appended, self._oldest_at = self._pending()
        self.set_aside_lines = 0
        """Lines and rows set aside since the start, for metrics."""
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self.settle()

    @property
    def depth(self) -> int:
        """Rows that are not in SQL yet."""
        return self._appended - self._done

    @property
    def oldest_age_s(self) -> float:
        """How long the oldest of them has been waiting; 0 when there is none."""
        return max(0.0, self._clock() - self._oldest_at) if self.depth else 0.0

    def append(self, rows: Iterable[Row]) -> None:
        """Keep these rows, all of them or none. Raises SpoolNotWritable; what was kept before stays whole."""
        now = self._clock()
        lines = [self._line(row, now) for row in rows]
        if not lines:
            return
        self._write(b"".join(lines))
        if not self.depth:
            self._oldest_at = now
            self._filled.set()
            self._empty.clear()
        self._appended += len(lines)

    async def filled(self) -> None:
        """Wait until there is a row to write."""
        await self._filled.wait()

    async def drained(self, timeout_s: float) -> bool:
        """Wait until everything is in SQL; False when it is not within the time (it is kept for the next start)."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    def settle(self) -> None:
        """After `advance`, on the event loop: tell those who wait how things stand."""
        if self.depth:
            self._filled.set()
        else:
            self._filled.clear()
            self._empty.set()

    def read(self, most: int) -> Batch:
        """The next rows behind the cursor, at most so many. Damaged lines are set aside on the way. Raises OSError."""
        end, position = self._end, self._cursor
        rows: list[Row] = []
        lines = 0
        for raw, after in self._lines(position, end):
            position = after
            lines += raw.endswith(b"\n")
            line = self._parsed(raw)
            if line is None:
                self.set_aside(raw.decode("utf-8", "backslashreplace"), f"damaged line before {after}")
                continue
            if not rows:
                self._oldest_at = line.appended_at
            rows.append(Row(line.table, line.key, line.values))
            if len(rows) >= most:
                break
        return Batch(rows, lines, position)

    def advance(self, batch: Batch) -> None:
        """These rows are in SQL: never read them again, and delete the segments that are done with.

        Raises OSError when the cursor cannot be stored: only the next start would then write some rows again.
        """
        self._cursor = batch.end
        self._done += batch.lines
        for number in _numbers(self._directory):
            if number < batch.end.segment:
                self._path(number).unlink(missing_ok=True)
        beside = self._directory / "cursor.new"
        beside.write_bytes(msgspec.json.encode(batch.end))
        beside.replace(self._directory / "cursor")

    def set_aside(self, text: str, why: str) -> None:
        """Put what cannot be stored where a person can look at it, and say so. Raises OSError."""
        line = msgspec.json.encode({"at": self._clock(), "why": why, "line": text.rstrip("\n")})
        with (self._directory / "set_aside.jsonl").open("ab") as file:
            file.write(line + b"\n")
        self.set_aside_lines += 1
        logger.error("spool: one line set aside in %s: %s", self._directory / "set_aside.jsonl", why)

    def sync(self) -> None:
        """Bring what was appended so far onto the disk itself. Raises OSError."""
        if not self._written:
            return
        self._written = False
        full, self._unsynced = self._unsynced, []
        current = self._file
        for file in full:
            try:
                os.fsync(file)
            finally:
                os.close(file)
        if current is not None and current not in full:
            os.fsync(current)
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Sync and let go; what is not in SQL stays for the next start."""
        self._start_new_segment()
        self._written = True
        self.sync()
        os.close(self._lock)

    def _line(self, row: Row, now: float) -> bytes:
        body = self._encoder.encode(_Line(now, row.table, row.key, row.values))
        return b"%08x %b\n" % (zlib.crc32(body), body)

    def _parsed(self, raw: bytes) -> _Line | None:
        body = raw[9:-1]
        if raw[:9] != b"%08x " % zlib.crc32(body) or not raw.endswith(b"\n"):
            return None
        try:
            return self._decoder.decode(body)
        except msgspec.DecodeError:
            return None

    def _write(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._file = os.open(
                    self._path(self._end.segment), os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600
                )
            written = os.write(self._file, data)
        except OSError as error:
            self._cut_back()
            raise SpoolNotWritable(
                error.errno, f"cannot append to the spool {self._directory}: {error.strerror}"
            ) from error
        if written < len(data):
            self._cut_back()
            raise SpoolNotWritable(
                f"cannot append to the spool {self._directory}: only {written} of {len(data)} bytes fit"
            )
        self._written = True
        self._end = Position(self._end.segment, self._end.offset + len(data))
        if self._end.offset >= self._segment_bytes:
            self._start_new_segment()

    def _cut_back(self) -> None:
        """After a write that failed half-way: end the segment where it was good, or leave it and begin another."""
        if self._file is None:
            return
        try:
            os.ftruncate(self._file, self._end.offset)
        except OSError:
            self._start_new_segment()

    def _start_new_segment(self) -> None:
        if self._file is None:
            return
        self._unsynced.append(self._file)
        self._file = None
        self._end = Position(self._end.segment + 1, 0)

    def _lines(self, start: Position, end: Position) -> Iterator[tuple[bytes, Position]]:
        """Every line from start to end, with the position after it; a gap in the numbers is stepped over."""
        number, offset = start
        while number <= end.segment:
            for raw in self._segment_lines(number, offset, end):
                offset += len(raw)
                yield raw, Position(number, offset)
            number, offset = number + 1, 0

    def _segment_lines(self, number: int, offset: int, end: Position) -> Iterator[bytes]:
        try:
            file = self._path(number).open("rb")
        except FileNotFoundError:
            return
        with file:
            stop = end.offset if number == end.segment else os.fstat(file.fileno()).st_size
            file.seek(offset)
            while offset < stop:
                raw = file.readline(stop - offset)
                if not raw:
                    return
                offset += len(raw)
                yield raw

    def _pending(self) -> tuple[int, float]:
        """How many lines lie behind the cursor, and when the first readable one was appended."""
        count, oldest_at = 0, None
        for raw, _ in self._lines(self._cursor, self._end):
            count += raw.endswith(b"\n")
            if oldest_at is None and (line := self._parsed(raw)) is not None:
                oldest_at = line.appended_at
        return count, self._clock() if oldest_at is None else oldest_at

    def _stored_cursor(self, numbers: list[int]) -> Position:
        """A cursor that cannot be read only means that rows are written to SQL once more."""
        try:
            return msgspec.json.decode((self._directory / "cursor").read_bytes(), type=Position)
        except (FileNotFoundError, msgspec.DecodeError):
            return Position(min(numbers, default=0), 0)

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:010d}{ENDING}"


def _locked(path: Path) -> int:
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        raise SpoolInUse(
            f"the spool {path.parent} is open in another process; give each copy its own HOTLINE_HOME"
        ) from error
    return file


def _numbers(directory: Path) -> list[int]:
    return sorted(int(path.stem) for path in directory.glob(f"*{ENDING}") if path.stem.isdecimal())
