"""`hotline simulate`."""

import argparse
import json
import math

from engine.config import BadConfiguration, load
from engine.config.source import Problem
from engine.planning.report import document, show, write_csv
from engine.planning.terminal import complain, named, progress, screen, target, uncollected
from engine.planning.traffic_file import load_traffic
from engine.words import say
from planning.compare import compare, curve
from planning.picture import Labels, picture
from planning.simulate import MIDNIGHT, Day, Plan, simulate

__all__ = ["run"]


def run(arguments: argparse.Namespace) -> int:
    """Days under the old rules, and the same days under the new ones. Raises BadConfiguration."""
    plans = _plans(arguments)
    runs = _simulated(plans, arguments.seed, arguments.runs)
    names = [named(folder, plan.rules) for folder, plan in zip(arguments.rules, plans, strict=True)]
    rows = compare([day.figures for day in runs[0]], [day.figures for day in runs[1]] if len(runs) > 1 else ())
    old, *others = [curve([day.half_hours for day in days], MIDNIGHT) for days in runs]
    new = others[0] if others else None
    try:
        if arguments.csv:
            write_csv(arguments.csv, rows)
        if arguments.picture:
            title = say("仿真的一天", "A simulated day")
            labels = Labels(title=title, old=names[0], new=names[-1], target=target(plans[-1].rules))
            arguments.picture.write_text(picture(old, new, labels), "utf-8")
    except OSError as error:
        return complain(error)
    if arguments.json:
        head = {"command": "simulate", "rules": names, "seed": arguments.seed, "runs": arguments.runs, "level": 0.95}
        print(json.dumps({**head, **document(rows, old, new)}, ensure_ascii=False, indent=1))
        return 0
    calls = math.fsum(day.calls for day in runs[0]) / arguments.runs
    console = screen()
    console.print(
        say(
            f"{arguments.runs} 天，种子从 {arguments.seed} 起，平均每天 {calls:.0f} 个来电；± 为 95 % 置信区间。",
            f"{arguments.runs} days from seed {arguments.seed}, {calls:.0f} calls a day; ± is the 95 % confidence interval.",
        ),
        soft_wrap=True,
    )
    for reason, count in sorted(runs[-1][0].refused.items()):
        console.print(
            say(f"规则未允许（首日）：{reason} {count} 次", f"Not allowed by the rules, day 1: {reason} x {count}")
        )
    show(rows, names[0], names[1] if others else None, console)
    return 0


def _plans(arguments: argparse.Namespace) -> list[Plan]:
    if len(arguments.rules) > 2:
        raise BadConfiguration([Problem("--rules", 0, 0, "", "expected one or two folders: the old rules, the new")])
    plans = []
    for folder in arguments.rules:
        rules = load(folder).rules
        traffic, shifts = load_traffic(arguments.traffic, rules)
        if not shifts:
            raise BadConfiguration([Problem(arguments.traffic.name, 1, 1, "shifts", "is missing: nobody would answer")])
        plans.append(Plan(rules=rules, traffic=traffic, shifts=shifts))
    return plans


def _simulated(plans: list[Plan], seed: int, count: int) -> list[list[Day]]:
    """By plan, its days: day n of each plan has the same callers."""
    runs: list[list[Day]] = [[] for _ in plans]
    with uncollected(), progress(say("仿真", "simulating"), count * len(plans)) as tell:
        for one in range(seed, seed + count):
            for plan, days in zip(plans, runs, strict=True):
                days.append(simulate(plan, one))
                tell(sum(map(len, runs)))
    return runs
