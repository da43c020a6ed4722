"""A picture of a day as SVG: service level and mean wait by half hour, the old rules against the new. Pure."""

import math
from collections.abc import Sequence
from html import escape

import msgspec

from metrics.definitions import FIGURES
from planning.compare import Curve

__all__ = ["Labels", "picture"]

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP, BOTTOM = 900, 220, 70, 24, 86, 64, 56
OLD, NEW, BARS, GRID, TEXT = "#6b7280", "#1d6fd6", "#e5e9f0", "#d5dae1", "#1f2937"
FONT = "'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC',system-ui,sans-serif"
STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What the lines are called, and the target the service level is held against."""

    title: str
    old: str
    new: str = ""
    target: float | None = None


class _Panel(msgspec.Struct, frozen=True):
    """Where a panel stands and how its values become heights."""

    top: float
    highest: float
    first_s: float
    last_s: float

    def x(self, at_s: float) -> float:
        return LEFT + (at_s - self.first_s) / (self.last_s - self.first_s) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return self.top + PANEL - min(value / self.highest, 1.0) * PANEL


def picture(old: Curve, new: Curve | None, labels: Labels) -> str:
    """The SVG document."""
    first_s, last_s = _open(old, new)
    waits = [wait for one in (old, new) if one for wait in one.asa_s if wait is not None]
    step = _step(max(waits, default=1.0))
    highest = step * max(math.ceil(max(waits, default=1.0) / step), 1)
    level = _Panel(TOP, 1.0, first_s, last_s)
    wait = _Panel(TOP + PANEL + GAP, float(highest), first_s, last_s)
    height = TOP + 2 * PANEL + GAP + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="{FONT}" font-size="13" fill="{TEXT}">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="28" font-size="17" font-weight="600">{escape(labels.title)}</text>',
        *_legend(labels, new is not None),
        *_frame(level, _name("service_level"), [(n / 5, f"{n * 20} %") for n in range(6)]),
        *_arrivals(level, old),
        *_target(level, labels.target),
        *_lines(level, old.at_s, old.service_level, new.service_level if new else None),
        *_frame(wait, f"{_name('asa')} (s)", [(float(n), f"{n}") for n in range(0, highest + 1, step)]),
        *_lines(wait, old.at_s, old.asa_s, new.asa_s if new else None),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _name(figure: str) -> str:
    names = FIGURES[figure].names
    return f"{names['zh']} {names['en']}"


def _open(old: Curve, new: Curve | None) -> tuple[float, float]:
    """From the first half hour with callers to the end of the last one."""
    busy = [at for one in (old, new) if one for at, calls in zip(one.at_s, one.offered, strict=True) if calls > 0]
    return (min(busy), max(busy) + 1800.0) if busy else (0.0, 86400.0)


def _step(highest: float) -> int:
    """Between lines of the grid, so that there are at most six."""
    return next((step for step in STEPS if highest / step <= 6), STEPS[-1])


def _legend(labels: Labels, both: bool) -> list[str]:
    entries = [(OLD, labels.old, "旧 old")] + ([(NEW, labels.new, "新 new")] if both else [])
    parts, x = [], LEFT
    for colour, name, kind in entries:
        text = f"{kind}: {name}" if both else name
        parts.append(f'<line x1="{x}" y1="50" x2="{x + 28}" y2="50" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 36}" y="54">{escape(text)}</text>')
        x += 60 + sum(14 if ord(c) > 0x2E80 else 8 for c in text)
    parts.append(f'<rect x="{x}" y="44" width="14" height="12" fill="{BARS}"/>')
    parts.append(f'<text x="{x + 20}" y="54">来电量 calls</text>')
    return parts


def _frame(panel: _Panel, title: str, marks: Sequence[tuple[float, str]]) -> list[str]:
    parts = [f'<text x="{LEFT}" y="{panel.top - 10}" font-weight="600">{escape(title)}</text>']
    for value, label in marks:
        y = panel.y(value)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    hours = (panel.last_s - panel.first_s) / 3600
    every_s = 3600 if hours <= 14 else 7200
    at_s = math.ceil(panel.first_s / every_s) * every_s
    while at_s <= panel.last_s:
        clock = f"{int(at_s // 3600) % 24:02}:00"
        parts.append(f'<text x="{panel.x(at_s):.1f}" y="{panel.top + PANEL + 20}" text-anchor="middle">{clock}</text>')
        at_s += every_s
    return parts


def _arrivals(panel: _Panel, old: Curve) -> list[str]:
    """Calls as bars behind the lines, the busiest half hour as high as half the panel."""
    most = max(old.offered, default=0.0)
    parts = []
    for at_s, calls in zip(old.at_s, old.offered, strict=True):
        if calls > 0 and at_s >= panel.first_s:
            x, tall = panel.x(at_s), calls / most * PANEL / 2
            wide = panel.x(at_s + 1800.0) - x - 2
            parts.append(
                f'<rect x="{x + 1:.1f}" y="{panel.top + PANEL - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
                f'fill="{BARS}"><title>{calls:.0f}</title></rect>'
            )
    return parts


def _target(panel: _Panel, target: float | None) -> list[str]:
    if target is None:
        return []
    y = panel.y(target)
    return [
        f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#b45309" stroke-dasharray="5 4"/>',
        f'<text x="{WIDTH - RIGHT}" y="{y - 5:.1f}" text-anchor="end" fill="#b45309">目标 target {target:.0%}</text>',
    ]


def _lines(
    panel: _Panel, at_s: Sequence[float], old: Sequence[float | None], new: Sequence[float | None] | None
) -> list[str]:
    return _line(panel, at_s, old, OLD) + (_line(panel, at_s, new, NEW) if new is not None else [])


def _line(panel: _Panel, at_s: Sequence[float], values: Sequence[float | None], colour: str) -> list[str]:
    """Through the middle of each half hour; broken where there is no data."""
    strokes: list[list[str]] = [[]]
    dots = []
    for at, value in zip(at_s, values, strict=True):
        if value is None:
            strokes.append([])
            continue
        x, y = panel.x(at + 900.0), panel.y(value)
        strokes[-1].append(f"{x:.1f},{y:.1f}")
        dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>')
    return [
        f'<polyline points="{" ".join(stroke)}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
        for stroke in strokes
        if len(stroke) > 1
    ] + dots
