"""Asterisk's own diary of answers and hang-ups: tells when what the engine did not see happened.

Channel event logging writes one CSV line per answer and per hang-up, with microseconds (asterisk-config, cel_custom.conf):
eventtype,eventtime,channame,uniqueid,linkedid,extra,caller. It is read only after the engine or its link was away.
"""

import csv
import math
from pathlib import Path

import msgspec

__all__ = ["ChannelPast", "read_past"]

TAIL_BYTES = 8 * 1024 * 1024
"""About 60,000 lines: more than half an hour at 10 calls a second."""


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
    for line in text.split("\n"):  # each for itself: a torn line's open quote would swallow the lines after it
        try:
            _note(past, next(csv.reader([line]), []), since)
        except csv.Error:
            continue
    return past


def _note(past: dict[str, ChannelPast], row: list[str], since: float) -> None:
    """One line; a cut or foreign one is passed over (the tail may begin in the middle of a line)."""
    if len(row) < 5 or row[0] not in ("ANSWER", "HANGUP"):
        return
    try:
        at = float(row[1])
    except ValueError:
        return
    if not (math.isfinite(at) and at >= since):
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
