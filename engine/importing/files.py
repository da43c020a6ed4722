"""Files a queue_log is kept in, as lines cut into fields: Asterisk's own file, rotated and compressed ones, dumps of the
realtime table from MySQL or PostgreSQL, and CSV.

Each gives portions of (line number, fields) in the order of Asterisk's columns, the time as seconds since the epoch.
"""

import bz2
import csv
import gzip
import lzma
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from engine.importing.tables import csv_rows, dump_rows, is_csv, is_dump
from metrics.queue_log.lines import time_of

__all__ = ["FileUnreadable", "Numbered", "Portion", "first_time", "portions", "size_of", "unpacked"]

PORTION_BYTES: Final = 2 * 1024 * 1024
LOOK_BYTES: Final = 256 * 1024
"""How far a file is looked into to see what it is."""
LOOK_LINES: Final = 1000
OPENERS: Final[dict[bytes, Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
"""By how the file begins: names of rotated files say nothing certain."""
UNREADABLE: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error)
Numbered = tuple[int, list[str]]


class FileUnreadable(Exception):
    """A file cannot be read; the message names it and says why."""


class Portion(NamedTuple):
    """Some lines, and how many bytes of the file have been read with them."""

    rows: Iterable[Numbered]
    done: int


def size_of(path: Path) -> int:
    """In bytes, as it lies on the disk. Raises FileUnreadable."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise FileUnreadable(f"{path}: cannot be read: {error.strerror}") from None


def portions(path: Path, zone: ZoneInfo) -> Iterator[Portion]:
    """The file from its beginning; `zone` is that of times written as text. Raises FileUnreadable."""
    with unpacked(path) as (file, below):
        look = file.read(LOOK_BYTES).decode("utf-8", "replace")
        file.seek(0)
        if is_dump(look):
            yield from _table(dump_rows(_lines(file), zone), below)
        elif is_csv(look):
            yield from _table(csv_rows(_lines(file), zone), below)
        else:
            yield from _plain(file, below)


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """What is in the file, and the file itself, whose place says how far it has been read. Raises FileUnreadable."""
    try:
        with path.open("rb") as below:
            begin = below.read(5)
            below.seek(0)
            opener = next((one for magic, one in OPENERS.items() if begin.startswith(magic)), None)
            yield opener(below) if opener else below, below
    except UNREADABLE as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileUnreadable(f"{path}: cannot be read: {why}") from None


def first_time(path: Path, zone: ZoneInfo) -> float | None:
    """The time of its first line that has one; None: there is none among the first. Raises FileUnreadable."""
    for portion in portions(path, zone):
        for number, row in portion.rows:
            try:
                return time_of(row[0])
            except (IndexError, ValueError):
                if number > LOOK_LINES:
                    return None
        return None
    return None


def _plain(file: IO[bytes], below: IO[bytes]) -> Iterator[Portion]:
    number, rest = 1, b""
    while chunk := file.read(PORTION_BYTES):
        whole, bar, rest_of_it = chunk.rpartition(b"\n")
        if not bar:
            rest += chunk
            continue
        lines = _decoded(rest + whole)
        yield Portion(_cut(lines, number), below.tell())
        number, rest = number + len(lines), rest_of_it
    if rest:
        yield Portion(_cut(_decoded(rest), number), below.tell())


def _decoded(raw: bytes) -> list[str]:
    text = raw.decode("utf-8", "replace")
    return (text.replace("\r", "") if "\r" in text else text).split("\n")


def _cut(lines: list[str], number: int) -> Iterable[Numbered]:
    return enumerate([line.split("|") if "\0" not in line else [line] for line in lines], number)


def _lines(file: IO[bytes]) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(file, 1):
        yield number, raw.decode("utf-8", "replace")


def _table(rows: Iterator[Numbered], below: IO[bytes]) -> Iterator[Portion]:
    portion: list[Numbered] = []
    for row in rows:
        portion.append(row)
        if len(portion) >= 20_000:
            yield Portion(portion, below.tell())
            portion = []
    yield Portion(portion, below.tell())
