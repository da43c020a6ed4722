"""`hotline staffing`."""

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.table import Table as Grid

from engine.config import load
from engine.planning.terminal import complain, progress, screen, uncollected
from engine.planning.traffic_file import load_traffic
from engine.words import say
from planning.staffing import Need, Search, needs, scheduled, search
from planning.traffic import HALF_HOURS

__all__ = ["run"]

COLUMNS = (
    "time",
    "queue",
    "calls",
    "erlangs",
    "erlang_c",
    "erlang_a",
    "service_level",
    "asa_s",
    "abandon_rate",
    "occupancy",
)


def run(arguments: argparse.Namespace) -> int:
    """Agents by half hour: each queue by formula, all together by simulation. Raises BadConfiguration."""
    rules = load(arguments.rules).rules
    traffic, _ = load_traffic(arguments.traffic, rules)
    target = arguments.target
    if target is None:
        target = max(rules.queues[stream.queue].service_level.target for stream in traffic.streams)
    try:
        alone = needs(traffic, rules)
        found = None
        if not arguments.formulas:
            with uncollected(), progress(say("仿真", "simulating"), None) as tell:
                found = search(traffic, rules, target, arguments.seed, arguments.runs, tell)
        if arguments.csv:
            _write_csv(arguments.csv, alone, found, arguments.shrinkage)
    except (OSError, ValueError) as error:
        return complain(error)
    if arguments.json:
        print(json.dumps(_document(arguments, alone, found, target), ensure_ascii=False, indent=1))
    else:
        _show(arguments, alone, found, target)
    return 0


def _clock(half: int) -> str:
    return f"{half // 2:02}:{half % 2 * 30:02}"


def _cells(need: Need) -> tuple[str, ...]:
    seen = need.outlook
    return (
        _clock(need.half),
        need.queue,
        f"{need.calls:g}",
        f"{need.load:.1f}",
        str(need.without_giving_up),
        str(need.agents),
        f"{seen.service_level:.1%}",
        f"{seen.asa_s:.1f}",
        f"{seen.abandon_rate:.1%}",
        f"{seen.occupancy:.1%}",
    )


def _show(arguments: argparse.Namespace, alone: Sequence[Need], found: Search | None, target: float) -> None:
    console = screen()
    console.print(
        say(
            "各队列单独计算（Erlang C：无人放弃；Erlang A：按耐心放弃）。",
            "Each queue alone (Erlang C: nobody gives up; Erlang A: callers give up by their patience).",
        ),
        soft_wrap=True,
    )
    grid = Grid()
    heads = say(
        "时刻 队列 来电 爱尔朗 ErlangC ErlangA 服务水平 平均应答(s) 放弃率 占用率",
        "Time Queue Calls Erlangs ErlangC ErlangA Service-level ASA(s) Abandoned Occupancy",
    )
    for head in heads.split():
        grid.add_column(head, justify="right")
    for need in sorted(alone, key=lambda need: (need.half, need.queue)):
        grid.add_row(*_cells(need))
    console.print(grid)
    if found is None:
        return
    console.print(
        say(
            f"全站同时仿真（技能、VIP、上次座席、溢出均计入）：目标 {target:.0%}，每个方案 {arguments.runs} 天，"
            f"共 {found.rounds} 个方案；排班人数按损耗率 {arguments.shrinkage:.0%} 放大。",
            f"All queues together, simulated (who serves what, VIPs, last agents, overflow): target {target:.0%}, "
            f"{found.rounds} plans of {arguments.runs} days each; scheduled with {arguments.shrinkage:.0%} shrinkage.",
        ),
        soft_wrap=True,
    )
    grid = Grid()
    for head in say("时刻 公式合计 仿真 排班人数 服务水平", "Time Formulas Simulated Scheduled Service-level").split():
        grid.add_column(head, justify="right")
    for row in _rows(alone, found, arguments.shrinkage):
        level = "-" if row["service_level"] is None else f"{row['service_level']:.1%}"
        missed = "" if row["reached"] else say("（未达标）", " (missed)")
        grid.add_row(str(row["time"]), str(row["formulas"]), str(row["agents"]), str(row["scheduled"]), level + missed)
    console.print(grid)


def _rows(alone: Sequence[Need], found: Search, shrinkage: float) -> list[dict[str, object]]:
    """The half hours in which anybody rings."""
    by_half = {half: sum(need.agents for need in alone if need.half == half) for half in range(HALF_HOURS)}
    return [
        {
            "time": _clock(half),
            "formulas": by_half[half],
            "agents": found.agents[half],
            "scheduled": scheduled(found.agents[half], shrinkage),
            "service_level": found.service_level[half],
            "reached": found.reached[half],
        }
        for half in range(HALF_HOURS)
        if by_half[half]
    ]


def _document(
    arguments: argparse.Namespace, alone: Sequence[Need], found: Search | None, target: float
) -> dict[str, object]:
    return {
        "command": "staffing",
        "target": target,
        "shrinkage": arguments.shrinkage,
        "queues": [{**msgspec.to_builtins(need), "time": _clock(need.half)} for need in alone],
        "site": _rows(alone, found, arguments.shrinkage) if found else None,
    }


def _write_csv(file: Path, alone: Sequence[Need], found: Search | None, shrinkage: float) -> None:
    """The simulated site's lines have no queue."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*COLUMNS, "simulated", "scheduled"])
        for need in alone:
            writer.writerow([*_cells(need), "", scheduled(need.agents, shrinkage)])
        for row in _rows(alone, found, shrinkage) if found else []:
            level = row["service_level"]
            writer.writerow([row["time"], "", "", "", "", "", level, "", "", "", row["agents"], row["scheduled"]])
