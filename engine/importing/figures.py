"""Figures from outside out of CSV files: name, dimension, key, from, to, value.

A date without a time of day in `to` is the last day that counts, so that a month is written as people write it: from
2026-11-01 to 2026-11-30. With a time of day it is the moment up to which it counts. An empty value takes a number back.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from metrics.dimensions import Dimension
from metrics.outside import Entry, WrongEntry, check, overlapping
from metrics.periods import midnight

__all__ = ["COLUMNS", "BadFigures", "read_figures", "stretch"]

COLUMNS: Final = ("name", "dimension", "key", "from", "to", "value")
MOST_PROBLEMS: Final = 50


class BadFigures(ValueError):
    """Lines that cannot be understood; nothing of the files is taken. `problems`: file:line: what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_figures(files: Sequence[Path], zone: ZoneInfo) -> list[Entry]:
    """Everything in the files. Raises BadFigures with every problem at once, OSError."""
    problems: list[str] = []
    places: dict[int, str] = {}
    entries: list[Entry] = []
    for file in files:
        for line, row in _rows(file, problems):
            try:
                entry = _entry(row, file.name, zone)
                check(entry)
            except ValueError as error:
                problems.append(f"{file}:{line}: {error}")
                continue
            places[id(entry)] = f"{file}:{line}"
            entries.append(entry)
    twice = overlapping(entry for entry in entries if entry.value is not None)
    if twice is not None:
        one, other = (places[id(entry)] for entry in twice)
        problems.append(f"{other}: {twice[1].name} is told for this time already in {one}")
    if problems:
        more = [f"... {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise BadFigures([*problems[:MOST_PROBLEMS], *more])
    return entries


def stretch(first: str, last: str, zone: ZoneInfo) -> tuple[float, float]:
    """From and to before which moment, as seconds since the epoch. Raises ValueError."""
    return _moment(first, "from", zone), _moment(last, "to", zone, whole_day=True)


def _rows(file: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        problems.append(f"{file}:{line}: expected text in UTF-8")
        return
    reader = csv.reader(text.splitlines(keepends=True))
    header = [column.strip() for column in next(reader, [])]
    if sorted(header) != sorted(COLUMNS):
        problems.append(f"{file}:1: expected the columns {', '.join(COLUMNS)}, got {', '.join(header)[:100]!r}")
        return
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(f"{file}:{reader.line_num}: expected {len(header)} cells, got {len(cells)}")
            continue
        yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))


def _entry(row: dict[str, str], source: str, zone: ZoneInfo) -> Entry:
    since, until = stretch(row["from"], row["to"], zone)
    return Entry(
        name=row["name"],
        dimension=_dimension(row["dimension"]),
        key=row["key"],
        since=since,
        until=until,
        value=_value(row["value"]),
        source=source,
    )


def _dimension(text: str) -> Dimension:
    try:
        return Dimension(text or Dimension.SITE)
    except ValueError:
        raise WrongEntry(f"expected a dimension of {', '.join(Dimension)}, got {text[:40]!r}") from None


def _value(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise WrongEntry(f"value: expected a number, got {text[:40]!r}") from None


def _moment(text: str, name: str, zone: ZoneInfo, *, whole_day: bool = False) -> float:
    try:
        if len(text) == len("2026-11-01"):
            day = date.fromisoformat(text)
            return midnight(day + timedelta(days=1) if whole_day else day, zone)
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise WrongEntry(f"{name}: expected a date such as 2026-11-01, or a time, got {text[:40]!r}") from None
