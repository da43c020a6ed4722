"""A report as JSON: the values as they are, ratios from 0 to 1 and times in seconds."""

from typing import Any

import msgspec
from msgspec.structs import asdict

from engine.reports.document import Document
from metrics.columns import Column
from metrics.reports import Line

__all__ = ["json_of"]


def json_of(document: Document) -> bytes:
    """Everything the page has."""
    report = document.report
    return msgspec.json.encode(
        {
            "by": report.by,
            "step": report.step,
            "since": report.since,
            "until": report.until,
            "made_at": document.made_at,
            "columns": [_column(column) for column in report.columns],
            "lines": [_line(document, line) for line in report.lines],
            "by_key": [_line(document, line) for line in report.by_key],
            "by_period": [_line(document, line) for line in report.by_period],
            "whole": _line(document, report.whole),
            "because": [asdict(one) for one in document.because],
            "notes": document.notes(),
        }
    )


def _column(column: Column) -> dict[str, Any]:
    band = None if column.band is None else {"low": column.band.low, "high": column.band.high}
    return {
        "id": column.id,
        "norm": column.norm,
        "names": column.names,
        "unit": column.unit,
        "formulas": column.formulas,
        "source": column.source,
        "band": band,
        "calls": column.is_count,
    }


def _line(document: Document, line: Line) -> dict[str, Any]:
    columns = document.report.columns
    since, until = document.report.span(line)
    return {
        "period": None if line.period is None else line.period.label,
        "since": since,
        "until": until,
        "key": line.key,
        "name": document.names.of_key(document.report.by, line.key, document.language),
        "values": {column.id: value for column, value in zip(columns, line.values, strict=True)},
        "out_of_band": {column.id: side for column, side in zip(columns, line.sides, strict=True) if side is not None},
    }
