"""A report as CSV for spreadsheets and programs."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.reports.document import Document
from engine.reports.shown import unit_word
from metrics.columns import NUMBER, TIME
from metrics.definitions import Unit

__all__ = ["csv_bytes", "csv_of", "harmless"]

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


def csv_of(document: Document) -> bytes:
    """Lines first, then totals. Ratios are in per cent, all times in seconds."""
    report, language = document.report, document.language
    heads = [*document.heads, document.say("开始", "From"), document.say("结束", "To"), document.say("编号", "Key")]
    for column in report.columns:
        unit = "s" if column.unit == TIME else unit_word(column.unit, language)
        heads.append(f"{column.names[language]} ({unit})" if unit else column.names[language])
    rows = []
    for line, _ in document.lines():
        span = [datetime.fromtimestamp(at, document.zone).isoformat() for at in report.span(line)]
        values = [_number(value, column.unit) for value, column in zip(line.values, report.columns, strict=True)]
        rows.append([*document.of_line(line), *span, line.key or "", *values])
    return csv_bytes([heads, *rows])


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with the mark that Excel needs to see it is; text cannot be taken for a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """Text that begins like a formula gets an apostrophe in front: names and numbers come from callers."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _number(value: float | None, unit: str) -> float | int | str:
    if value is None:
        return ""
    if unit == NUMBER:
        return int(value)
    return round(value * 100, 2) if unit == Unit.RATIO else round(value, 2)
