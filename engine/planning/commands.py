"""`hotline simulate`, `hotline replay`, `hotline staffing`: results on stdout, progress on stderr.

Exit code 0: done; 1: it could not be done (no such journal, a disk that takes no file); 2: wrong use, or a broken file.
"""

import argparse
from pathlib import Path

from engine.command_line import Add
from engine.config.environment import setting
from engine.words import say

__all__ = ["add_commands"]


def add_commands(add: Add) -> None:
    """The parsers of all three; each sets its `run`."""
    _add_simulate(add)
    _add_replay(add)
    _add_staffing(add)


def _outputs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help=say("输出 JSON", "JSON instead of tables"))
    command.add_argument("--csv", type=Path, metavar="FILE", help=say("另存 CSV", "write all figures as CSV"))
    command.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help=say("另存 SVG 图：全天服务水平与等待", "write an SVG: service level and wait over the day"),
    )


def _runs(command: argparse.ArgumentParser, default: int) -> None:
    command.add_argument(
        "--runs",
        type=_at_least_one,
        default=default,
        help=say(f"仿真次数（默认 {default}）", f"how many (default: {default})"),
    )
    command.add_argument("--seed", type=int, default=1, help=say("随机种子（默认 1）", "of the first run (default: 1)"))


def _at_least_one(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("expected a whole number from 1 to 100000")
    return int(text)


# --- simulate ----------------------------------------------------------------------------------------------------------


def _add_simulate(add: Add) -> None:
    command = add(
        "simulate",
        "用同一核心仿真一天：给定话务、班次与规则，得到全部指标",
        "simulate days with the production core: traffic and shifts under one or two sets of rules",
    )
    command.add_argument(
        "--traffic", type=Path, required=True, metavar="FILE", help="traffic.yaml; planning/example/traffic.yaml"
    )
    command.add_argument(
        "--rules",
        type=Path,
        nargs="+",
        default=[Path(setting("HOTLINE_CONFIG", "config"))],
        metavar="DIR",
        help=say("一个或两个配置目录（旧 新）", "one or two configuration folders: old, new (default: config)"),
    )
    _runs(command, 20)
    _outputs(command)
    command.set_defaults(run=simulate_command)


def simulate_command(arguments: argparse.Namespace) -> int:
    """Days under the old rules, and the same days under the new ones."""
    from engine.planning.simulating import run

    return run(arguments)


# --- replay ------------------------------------------------------------------------------------------------------------


def _add_replay(add: Add) -> None:
    command = add(
        "replay",
        "用改动后的规则重放一天：读取事件日志或 queue_log",
        "a recorded day under other rules, from a journal or a queue_log",
    )
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--journal",
        type=Path,
        metavar="PATH",
        help=say("事件日志目录或文件", "a journal's folder, or one of its files"),
    )
    source.add_argument(
        "--queue-log", type=Path, metavar="FILE", help=say("Asterisk 的 queue_log", "Asterisk's queue_log")
    )
    command.add_argument(
        "--rules",
        type=Path,
        metavar="DIR",
        help=say("配置目录；缺省时只按原规则重放", "configuration folder; without it the day is done again as it was"),
    )
    command.add_argument(
        "--day", metavar="YYYY-MM-DD", help=say("只取这一天（按配置的时区）", "only this day, in the rules' time zone")
    )
    command.add_argument(
        "--records",
        type=Path,
        metavar="FILE",
        help=say("另存原规则下的全部结果记录（JSON 行）", "write the recorded day's records, one JSON line each"),
    )
    _runs(command, 5)
    _outputs(command)
    command.set_defaults(run=replay_command)


def replay_command(arguments: argparse.Namespace) -> int:
    """The recorded day done again as it was; and, if the rules are others, as it would have been."""
    from engine.planning.replaying import run

    return run(arguments)


# --- staffing ----------------------------------------------------------------------------------------------------------


def _add_staffing(add: Add) -> None:
    command = add(
        "staffing",
        "每半小时需要多少座席：Erlang 公式与仿真",
        "agents per half hour for a service level: by formula, and by simulation",
    )
    command.add_argument(
        "--traffic", type=Path, required=True, metavar="FILE", help="traffic.yaml; planning/example/traffic.yaml"
    )
    command.add_argument(
        "--rules",
        type=Path,
        default=Path(setting("HOTLINE_CONFIG", "config")),
        metavar="DIR",
        help=say("配置目录（默认 config）", "configuration folder (default: config)"),
    )
    command.add_argument(
        "--target",
        type=_share,
        metavar="SHARE",
        help=say(
            "全站服务水平目标（默认取各队列目标的最高值）",
            "the site's service level (default: the queues' highest)",
        ),
    )
    command.add_argument(
        "--shrinkage",
        type=_share,
        default=0.3,
        metavar="SHARE",
        help=say("损耗率：小休、会议、培训、缺勤（默认 0.3）", "breaks, meetings, training, illness (default: 0.3)"),
    )
    command.add_argument(
        "--formulas", action="store_true", help=say("只用公式，不仿真", "the formulas alone, no simulation")
    )
    _runs(command, 10)
    command.add_argument("--json", action="store_true", help=say("输出 JSON", "JSON instead of tables"))
    command.add_argument("--csv", type=Path, metavar="FILE", help=say("另存 CSV", "write the table as CSV"))
    command.set_defaults(run=staffing_command)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError("expected a share from 0 to below 1, such as 0.8")
    return value


def staffing_command(arguments: argparse.Namespace) -> int:
    """Agents by half hour."""
    from engine.planning.staffing import run

    return run(arguments)
