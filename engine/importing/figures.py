"""Figures from outside out of CSV files: name, dimension, key, from, to, value.

A date without a time of day in `to` is the last day that counts, so that a month is written as people write it: from
2026-11-01 to 2026-11-30. With a time of day it is the moment up to which it counts. An empty value takes a number back.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Final

from metrics.dimensions import Dimension
from metrics.outside import Entry, Overlapping, WrongEntry, check, overlapping
from metrics.periods import stretch

__all__ = ["COLUMNS", "BadFigures", "read_figures"]

COLUMNS: Final = ("name", "dimension", "key", "from", "to", "value")
MOST_PROBLEMS: Final = 50


class BadFigures(ValueError):
    """Lines that cannot be understood; nothing of the files is taken. `problems`: file:line: what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_figures(files: Sequence[Path], zone: tzinfo) -> list[Entry]:
    """Everything in the files. Raises BadFigures with every problem at once, OSError."""
    problems: list[str] = []
    entries: list[Entry] = []
    for file in files:
        for line, row in _rows(file, problems):
            try:
                entry = _entry(row, f"{file.name}:{line}", zone)
                check(entry)
                entries.append(entry)
            except ValueError as error:
                problems.append(f"{file}:{line}: {error}")
    if (twice := overlapping(entry for entry in entries if entry.value is not None)) is not None:
        problems.append(str(Overlapping(*twice)))
    if problems:
        more = [f"... {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise BadFigures([*problems[:MOST_PROBLEMS], *more])
    return entries


def _rows(file: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        problems.append(f"{file}:{line}: expected text in UTF-8 (in Excel: save as CSV UTF-8)")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        if sorted(header) != sorted(COLUMNS):
            problems.append(f"{file}:1: expected the columns {', '.join(COLUMNS)}, got {', '.join(header)[:100]!r}")
            return
        for cells in reader:
            if len(cells) == len(header):
                yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))
            elif cells:
                problems.append(f"{file}:{reader.line_num}: expected {len(header)} cells, got {len(cells)}")
    except csv.Error as error:
        problems.append(f"{file}:{reader.line_num}: {error}")


def _entry(row: dict[str, str], source: str, zone: tzinfo) -> Entry:
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
