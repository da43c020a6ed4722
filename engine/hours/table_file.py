"""holidays.yaml as text: days are put in and renewed line by line, so that what people wrote there stays as they wrote it."""

import re
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Final

import msgspec

from engine.config.source import Source
from engine.hours.library import LIBRARY, LibraryDay

__all__ = ["NEW_FILE", "CannotEdit", "renewed", "with_table"]

NEW_FILE: Final = """\
# Holidays and make-up workdays, by table; a calendar of hours.yaml names the table it goes by.
# 节假日与调休表；hours.yaml 的日历以 holidays 引用其中一张。
#
# ./hotline holidays seed renews the lines whose source is chinesecalendar; all others are yours and stay as they are.
# ./hotline holidays seed 只更新 source 为 chinesecalendar 的行，其余由您维护，不会改动。
# known_until: all days up to here are in the table; ./hotline check warns 60 days ahead.   数据截止日，提前 60 天提醒

tables:
"""
_ONE_LINE: Final = re.compile(r"\s*\S+:\s*\{.*\}\s*")


class CannotEdit(Exception):
    """Lines cannot be put into the file as it is written; the message says why."""


class _Chunk(msgspec.Struct):
    """A day of the file: the comments above it, and its own lines."""

    day: str
    above: list[str]
    lines: list[str]
    is_ours: bool = False


def with_table(source: Source, table: str) -> str:
    """The file's text, with an empty table at its end when it has none of this name. Raises CannotEdit."""
    text = source.raw.decode("utf-8") or NEW_FILE
    tables = source.data.get("tables") or {}
    if table in tables:
        return text
    if not tables and not re.search(r"^tables:\s*(#.*)?$", text, re.MULTILINE):
        raise CannotEdit("tables: expected each table on lines of its own below this word")
    return f"{text.rstrip()}\n  {table}:\n    days:\n"


def renewed(source: Source, table: str, years: Mapping[int, Mapping[date, LibraryDay]]) -> str:
    """The file's text with the library's days of these years in this table. Days that people wrote stay theirs; lines of the
    library that it no longer has go. Raises CannotEdit."""
    lines = source.raw.decode("utf-8").splitlines()
    begins, ends, indent = _block(source, table, lines)
    chunks = _chunks(source, table, lines[begins:ends], begins)
    for year, days in years.items():
        _renew(chunks, str(year), {str(day): _line(day, one, indent) for day, one in days.items()})
    before = _known(source, table, lines[:begins], max(years))
    body = [line for chunk in chunks for line in (*chunk.above, *chunk.lines)]
    return "\n".join([*before, *body, *lines[ends:]]) + "\n"


def _block(source: Source, table: str, lines: list[str]) -> tuple[int, int, int]:
    """The lines of the table's days: from, up to, and how far they are indented."""
    days = source.places.get(("tables", table, "days"))
    if days is None or not re.fullmatch(r"\s*days:\s*(#.*)?", lines[days.line - 1]):
        raise CannotEdit(f"tables.{table}.days: expected one day a line below this word")
    column, end = days.column - 1, days.line
    for number in range(days.line, len(lines)):
        if lines[number].strip() and not lines[number].strip().startswith("#"):
            if len(lines[number]) - len(lines[number].lstrip()) <= column:
                break
            end = number + 1
    keys = _data(source, table)
    first = source.places[("tables", table, "days", next(iter(keys)))] if keys else None
    return days.line, end, first.column - 1 if first else column + 2


def _data(source: Source, table: str) -> dict[str, Any]:
    return source.data["tables"][table].get("days") or {}


def _chunks(source: Source, table: str, block: list[str], begins: int) -> list[_Chunk]:
    """The days in their order; comments stand with the day below them."""
    data = _data(source, table)
    chunks: list[_Chunk] = []
    start = 0
    keys = [(day, source.places[("tables", table, "days", day)].line - 1 - begins) for day in data]
    for (day, key), (_, following) in pairwise([*keys, ("", len(block))]):
        end = following
        while end > key + 1 and end < len(block) and _is_aside(block[end - 1]):
            end -= 1
        by_library = str(data[day].get("source", "")).startswith(LIBRARY) and bool(_ONE_LINE.fullmatch(block[key]))
        chunks.append(_Chunk(day, block[start:key], block[key:end], by_library))
        start = end
    return chunks


def _is_aside(line: str) -> bool:
    return not line.strip() or line.strip().startswith("#")


def _renew(chunks: list[_Chunk], year: str, days: Mapping[str, str]) -> None:
    for chunk in chunks:
        if chunk.is_ours and chunk.day.startswith(year) and chunk.day not in days:
            chunk.lines = []  # the words above it are not the library's
    known = {chunk.day: chunk for chunk in chunks}
    for day, line in days.items():
        if day not in known:
            index = next((n for n, chunk in enumerate(chunks) if chunk.day > day), len(chunks))
            chunks.insert(index, _Chunk(day, [], [line], is_ours=True))
        elif known[day].is_ours:
            known[day].lines = [line]


def _line(day: date, one: LibraryDay, indent: int) -> str:
    return f"{' ' * indent}{day}: {{kind: {one.kind}, zh: {one.zh}, en: {one.en}, source: {one.source}}}"


def _known(source: Source, table: str, before: list[str], year: int) -> list[str]:
    """The lines up to `days:`, which say that everything is known to the end of this year, if they did not go further."""
    until = f"{year}-12-31"
    said = str(source.data["tables"][table].get("known_until") or "")
    place = source.places.get(("tables", table, "known_until"))
    if place is None or not said:
        column = source.places[("tables", table, "days")].column - 1
        return [*before[:-1], f"{' ' * column}known_until: {until}", before[-1]]
    if said < until:
        before[place.line - 1] = before[place.line - 1].replace(said, until, 1)
    return before
