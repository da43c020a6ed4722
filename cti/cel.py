"""Asterisk's own diary of answers and hang-ups: tells when what the engine did not see happened.

Channel event logging writes one CSV line per answer and per hang-up, with microseconds (asterisk-config, cel_custom.conf):
eventtype,eventtime,channame,uniqueid,linkedid,extra,caller. It is read only after the engine or its link was away, and by the
audit.
"""

import csv
import math
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import msgspec

__all__ = ["ChannelPast", "begins_at", "read_past", "read_stretch"]

TAIL_BYTES = 8 * 1024 * 1024
"""About 60,000 lines: more than half an hour at 10 calls a second."""
PIECE_BYTES = 4 * 1024 * 1024
OUT_OF_ORDER_S = 10.0
"""Lines of the same moment may stand in any order."""


class ChannelPast(msgspec.Struct):
    """What is written of one channel; times in seconds since the epoch."""

    channel: str
    unique_id: str
    linked_id: str
    answered_at: float | None = None
    hung_up_at: float | None = None
    hung_up_by: str = ""
    """The name of the channel whose side hung up; "": nobody said."""
    number: str = ""
    """Of a caller's own channel: his number, cleaned,"""
    did: str = ""
    """and the number he dialled."""


class _Extra(msgspec.Struct):
    """What comes with a hang-up."""

    hangupsource: str = ""


def read_past(file: Path, since: float) -> dict[str, ChannelPast]:
    """All channels with an answer or a hang-up at or after `since`, by unique id. No file: nothing is known."""
    past: dict[str, ChannelPast] = {}
    try:
        with file.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(stream.tell() - TAIL_BYTES, 0))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return past
    _note_all(past, text.split("\n"), since)
    return past


def read_stretch(file: Path, since: float, until: float) -> dict[str, ChannelPast]:
    """As `read_past`, however long ago it was, and to before `until`. The file is in the order of time, but for a moment."""
    past: dict[str, ChannelPast] = {}
    try:
        with file.open("rb") as stream:
            start = _place_of(stream, since - OUT_OF_ORDER_S)
            end = _place_of(stream, until + OUT_OF_ORDER_S)
            stream.seek(start)
            while stream.tell() < end:
                lines = stream.readlines(min(end - stream.tell(), PIECE_BYTES))
                _note_all(past, (line.decode("utf-8", "replace") for line in lines), since, until)
    except FileNotFoundError:
        pass
    return past


def begins_at(file: Path) -> float | None:
    """When the first line was written; None: there is none."""
    try:
        with file.open("rb") as stream:
            for line in stream:
                if (at := _time_of(line)) is not None:
                    return at
    except FileNotFoundError:
        pass
    return None


def _place_of(stream: BinaryIO, at: float) -> int:
    """Where the first line that is as late begins, by halving the file."""
    low, high = 0, stream.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        stream.seek(middle)
        if middle:
            stream.readline()  # the rest of a line
        written_at, end = None, stream.tell()
        while written_at is None and end < high and (line := stream.readline()):
            written_at, end = _time_of(line), stream.tell()
        if written_at is None or written_at >= at:
            high = middle
        else:
            low = end
    return low


def _time_of(line: bytes) -> float | None:
    fields = line.split(b'"', 4)
    try:
        at = float(fields[3]) if len(fields) > 4 and fields[1] in (b"ANSWER", b"HANGUP") else math.nan
    except ValueError:
        return None
    return at if math.isfinite(at) else None


def _note_all(past: dict[str, ChannelPast], lines: Iterable[str], since: float, until: float = math.inf) -> None:
    for line in lines:  # each for itself: a torn line's open quote would swallow the lines after it
        try:
            _note(past, next(csv.reader([line]), []), since, until)
        except csv.Error:
            continue


def _note(past: dict[str, ChannelPast], row: list[str], since: float, until: float) -> None:
    """One line; a cut or foreign one is passed over (the tail may begin in the middle of a line)."""
    if len(row) < 5 or row[0] not in ("ANSWER", "HANGUP"):
        return
    try:
        at = float(row[1])
    except ValueError:
        return
    if not (math.isfinite(at) and since <= at < until):
        return
    channel = past.setdefault(row[3], ChannelPast(row[2], row[3], row[4]))
    if len(row) > 6:
        channel.number, _, channel.did = row[6].partition("/")
    if row[0] == "ANSWER":
        channel.answered_at = at
    else:
        channel.hung_up_at = at
        channel.hung_up_by = _source(row[5]) if len(row) > 5 else ""


def _source(extra: str) -> str:
    try:
        return msgspec.json.decode(extra, type=_Extra).hangupsource
    except msgspec.MsgspecError:
        return ""
