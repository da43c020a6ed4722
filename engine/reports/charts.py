"""Charts of a report as SVG inside its page: service level, wait and callers over the day or the days. Pure.

Nothing depends on a script, and nothing on colours alone: the line of the wait is dashed.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from engine.reports.document import Document
from engine.reports.shown import shown
from metrics.columns import Column
from metrics.reports import Line

__all__ = ["charts"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1000, 190, 56, 16, 30, 26
BARS, LEVEL, WAIT, GRID, TEXT, TARGET = "#cbd5e1", "#0f766e", "#7c3aed", "#e2e8f0", "#334155", "#b45309"
MOST_LABELS: Final = 16
STEPS: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


def charts(document: Document) -> str:
    """Two panels, one above the other; empty when there is but one period to draw."""
    curve = document.curve
    if curve is None or len(curve.by_period) < 2:
        return ""
    lines = curve.by_period
    offered, level, wait = curve.columns[:3]
    return "".join(
        [
            _panel(document, lines, level, 1, LEVEL, offered),
            _panel(document, lines, wait, 2, WAIT, offered, dashed=True),
        ]
    )


def _panel(
    document: Document,
    lines: Sequence[Line],
    column: Column,
    number: int,
    colour: str,
    offered: Column,
    *,
    dashed: bool = False,
) -> str:
    language = document.language
    values = [line.values[number] for line in lines]
    highest = 1.0 if column.unit == "ratio" else _round_up(max((v for v in values if v is not None), default=1.0))
    slot = (WIDTH - LEFT - RIGHT) / len(lines)
    foot = HEIGHT - BOTTOM
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="12" fill="{TEXT}">',
        f'<text x="{LEFT}" y="18" font-weight="600" fill="{colour}">{escape(column.names[language])}</text>',
        f'<rect x="{WIDTH - 190}" y="9" width="12" height="10" fill="{BARS}"/>',
        f'<text x="{WIDTH - 172}" y="18">{escape(offered.names[language])}</text>',
        *_bars(lines, slot, foot),
        *_grid(highest, column, foot, document),
        *_stroke(values, slot, highest, foot, colour, dashed=dashed),
        *_days(lines, slot, foot),
        "</svg>",
    ]
    return "".join(parts)


def _round_up(most: float) -> float:
    step = next((step for step in STEPS if most / step <= 4), STEPS[-1])
    return max(step * -(-most // step), 1.0)


def _bars(lines: Sequence[Line], slot: float, foot: float) -> Iterator[str]:
    most = max((line.values[0] or 0.0 for line in lines), default=0.0)
    for n, line in enumerate(lines):
        calls = line.values[0] or 0.0
        if calls:
            tall = calls / most * (foot - TOP) * 0.6
            yield (
                f'<rect x="{LEFT + n * slot + slot * 0.12:.1f}" y="{foot - tall:.1f}" width="{slot * 0.76:.1f}"'
                f' height="{tall:.1f}" fill="{BARS}"><title>{calls:.0f}</title></rect>'
            )


def _grid(highest: float, column: Column, foot: float, document: Document) -> Iterator[str]:
    for n in range(5):
        y = foot - n / 4 * (foot - TOP)
        label = shown(highest * n / 4, column.unit, document.language).replace(".0 ", " ")
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>'
    ends = [] if column.band is None else [end for end in (column.band.low, column.band.high) if end is not None]
    for end in ends:
        if end <= highest:
            y = foot - end / highest * (foot - TOP)
            yield (
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{TARGET}"'
                ' stroke-dasharray="2 3"/>'
            )


def _stroke(
    values: Sequence[float | None], slot: float, highest: float, foot: float, colour: str, *, dashed: bool
) -> Iterator[str]:
    """Through the middle of each period, broken where there is no data."""
    runs: list[list[tuple[float, float]]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((LEFT + (n + 0.5) * slot, foot - min(value / highest, 1.0) * (foot - TOP)))
    style = f'stroke="{colour}" stroke-width="2.2"' + (' stroke-dasharray="6 3"' if dashed else "")
    for run in runs:
        if len(run) > 1:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
            yield f'<polyline points="{points}" fill="none" {style}/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>' for x, y in run)


def _days(lines: Sequence[Line], slot: float, foot: float) -> Iterator[str]:
    every = -(-len(lines) // MOST_LABELS)
    labels = [line.period.label if line.period else "" for line in lines]
    one_day = len({label[:10] for label in labels}) == 1
    for n in range(0, len(labels), every):
        label = labels[n][11:16] if one_day and len(labels[n]) > 10 else labels[n][5:]
        yield f'<text x="{LEFT + (n + 0.5) * slot:.1f}" y="{foot + 17}" text-anchor="middle">{escape(label)}</text>'
