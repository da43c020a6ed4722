"""Comparisons for people and programs: tables on the terminal, JSON, CSV, the picture's file."""

import csv
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table as Grid

from engine.words import language, say
from metrics.definitions import FIGURES
from planning.compare import Curve, Row, unit_of
from planning.confidence import Estimate

__all__ = ["document", "figure_name", "show", "write_csv"]

BRIEF = (
    "offered",
    "answered",
    "service_level",
    "asa",
    "queue_time",
    "abandon_rate",
    "abandoned",
    "short_abandoned",
    "overflowed",
    "time_to_abandon",
    "queued_share",
    "answered_share",
    "talk_time",
    "after_call_work",
    "handle_time",
    "occupancy",
    "occupancy_with_wrap_up",
    "missed_offers",
)
SHORT = ("offered", "answered", "service_level", "asa", "abandon_rate", "occupancy")
OF_AGENTS = ("answered", "occupancy", "occupancy_with_wrap_up", "talk_time")
COUNT_NAMES = {
    "offered": ("呼入量", "Offered"),
    "answered": ("接听量", "Answered"),
    "abandoned": ("放弃量", "Abandoned"),
    "short_abandoned": ("短放弃量", "Short abandons"),
    "overflowed": ("溢出量", "Overflowed"),
    "switch_lost": ("交换机中断", "Switch lost"),
    "talks": ("通话数", "Talks"),
    "missed_offers": ("未接派发", "Missed offers"),
}
KINDS = {
    "site": ("全站", "Site"),
    "queue": ("队列", "Queue"),
    "vip": ("VIP 等级", "VIP level"),
    "agent": ("座席", "Agent"),
}
MOST_AGENTS = 40
"""More agents than this are in the JSON and CSV alone."""


def figure_name(figure: str) -> str:
    """As the reader's language has it."""
    if figure in FIGURES:
        return FIGURES[figure].names[language()]
    return say(*COUNT_NAMES[figure])


def shown(value: Estimate | None, figure: str, *, signed: bool = False) -> str:
    """80.1 ±0.7 %, 12.3 ±1.1 s, 676 ±12."""
    if value is None:
        return "-"
    unit = unit_of(figure)
    scale, digits, suffix = {"ratio": (100.0, 1, " %"), "seconds": (1.0, 1, " s")}.get(unit, (1.0, 1, ""))
    plus = "+" if signed else ""
    text = f"{value.mean * scale:{plus}.{digits}f}"
    if value.half_width is not None:
        text += f" ±{value.half_width * scale:.{digits}f}"
    return text + suffix


def show(rows: Sequence[Row], old: str, new: str | None, console: Console) -> None:
    """The figures a planner looks at first; all others are in the JSON and the CSV."""
    agents = [row for row in rows if row.scope.kind == "agent"]
    few = len({row.scope.name for row in agents}) <= MOST_AGENTS
    for kind, names in KINDS.items():
        wanted = {"site": BRIEF, "vip": SHORT[:-1], "agent": OF_AGENTS}.get(kind, SHORT)
        chosen = [row for row in rows if row.scope.kind == kind and row.figure in wanted]
        if kind == "agent" and not few:
            chosen = []
        if kind == "vip" and len({row.scope.name for row in chosen}) < 2:
            chosen = []
        if chosen:
            console.print(_grid(chosen, wanted, say(*names), old, new, named=kind != "site"))
    if agents and not few:
        console.print(
            say(
                f"座席多于 {MOST_AGENTS} 名，明细见 --json 或 --csv。",
                f"More than {MOST_AGENTS} agents: each one is in --json and --csv.",
            )
        )


def _grid(rows: list[Row], wanted: Sequence[str], title: str, old: str, new: str | None, *, named: bool) -> Grid:
    grid = Grid(title=title, title_justify="left")
    if named:
        grid.add_column("")
    grid.add_column(say("指标", "Figure"))
    grid.add_column(old, justify="right")
    if new is not None:
        grid.add_column(new, justify="right")
        grid.add_column(say("差", "Difference"), justify="right")
    order = {figure: n for n, figure in enumerate(wanted)}
    before = ""
    for row in sorted(rows, key=lambda row: (row.scope, order[row.figure])):
        cells = [figure_name(row.figure), shown(row.old, row.figure)]
        if new is not None:
            cells += [shown(row.new, row.figure), shown(row.difference, row.figure, signed=True)]
        if named:
            cells.insert(0, row.scope.name if row.scope.name != before else "")
            before = row.scope.name
        grid.add_row(*cells)
    return grid


def document(rows: Sequence[Row], old: Curve, new: Curve | None) -> dict[str, object]:
    """Everything, by name: {scope: {figure: {old, new, difference}}} and the half hours."""
    figures: dict[str, dict[str, object]] = {}
    for row in rows:
        scope = f"{row.scope.kind}:{row.scope.name}" if row.scope.name else row.scope.kind
        cell: dict[str, object] = {"unit": unit_of(row.figure), "old": msgspec.to_builtins(row.old)}
        if new is not None:
            cell |= {"new": msgspec.to_builtins(row.new), "difference": msgspec.to_builtins(row.difference)}
        figures.setdefault(scope, {})[row.figure] = cell
    halves: dict[str, object] = {"old": msgspec.to_builtins(old)}
    if new is not None:
        halves["new"] = msgspec.to_builtins(new)
    return {"figures": figures, "half_hours": halves}


def write_csv(file: Path, rows: Sequence[Row]) -> None:
    """One line a figure and scope. Raises OSError."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            [
                "scope", "name", "figure", "unit", "old", "old_half_width", "new", "new_half_width",
                "difference", "difference_half_width",
            ]
        )  # fmt: skip
        for row in rows:
            cells = [cell for value in (row.old, row.new, row.difference) for cell in _cells(value)]
            writer.writerow([row.scope.kind, row.scope.name, row.figure, unit_of(row.figure), *cells])


def _cells(value: Estimate | None) -> tuple[float | str, float | str]:
    if value is None:
        return "", ""
    return value.mean, "" if value.half_width is None else value.half_width
