"""`hotline report`, with `calls` and `agent-day`: the parser, and what it runs.

Exit code 0: done; 1: it could not be done (no database, a disk that takes no file); 2: wrong use, or a broken configuration.
"""

import argparse
from datetime import date
from pathlib import Path

from engine.command_line import Add, with_config
from engine.words import say

__all__ = ["add_commands"]


def add_commands(add: Add) -> None:
    """The parser; it sets its `run`."""
    command = add(
        "report",
        "报表：按队列、座席、班组等，任意时段；calls 列出数字背后的通话，agent-day 画座席的一天",
        "a report by queue, agent, group ... of any time; calls: those behind a number; agent-day: an agent's day, drawn",
    )
    command.add_argument(
        "what",
        nargs="?",
        choices=("show", "calls", "agent-day"),
        default="show",
        help=say("默认 show：输出报表", "default: show, the report itself"),
    )
    command.add_argument("who", nargs="?", metavar="AGENT", help=say("agent-day 的座席", "whose day, for agent-day"))
    _spans(command)
    _contents(command)
    _outputs(command)
    with_config(command)
    command.set_defaults(run=_report)


def _spans(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from",
        dest="since",
        default="",
        metavar="DAY",
        help=say("起始：2026-11-25 或 2026-11-25T08:30（默认昨天）", "first day, or a time (default: yesterday)"),
    )
    command.add_argument(
        "--to",
        dest="until",
        default="",
        metavar="DAY",
        help=say("截止日（含当日）或时刻", "last day, which is part of it, or a time, which is not"),
    )
    named = command.add_mutually_exclusive_group()
    named.add_argument(
        "--daily",
        nargs="?",
        const="",
        metavar="DAY",
        help=say("日报，按半小时（默认昨天）", "of one day, by half hour (default: yesterday)"),
    )
    named.add_argument(
        "--weekly", action="store_true", help=say("上周（周一至周日），按日", "of the week before this, by day")
    )
    named.add_argument("--monthly", action="store_true", help=say("上月，按日", "of the month before this, by day"))
    named.add_argument(
        "--day",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help=say("agent-day 的日期（默认昨天）", "of agent-day (default: yesterday)"),
    )


def _contents(command: argparse.ArgumentParser) -> None:
    command.add_argument("--by", default="", metavar="WHAT", help="queue (default) site agent group skill vip did menu")
    command.add_argument("--step", default="", metavar="STEP", help="quarter half_hour hour shift day week month")
    command.add_argument(
        "--figures",
        default="",
        metavar="A,B",
        help=say("指标或计数，逗号分隔；all：全部", "figures and counts, with commas between; all: every one"),
    )
    command.add_argument(
        "--key", nargs="+", metavar="K", help=say("只限这些（队列、座席等）", "these alone: queues, agents, ...")
    )
    command.add_argument("--queue", nargs="+", metavar="Q", help=say("只限这些队列", "as --by queue --key Q"))
    command.add_argument("--agent", nargs="+", metavar="A", help=say("只限这些座席", "as --by agent --key A"))
    command.add_argument(
        "--count", metavar="COUNT", help=say("calls：哪个计数，如 abandoned", "of calls: which count, e.g. abandoned")
    )


def _outputs(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--format",
        choices=("table", "json", "csv", "xlsx", "html"),
        help=say("默认按 -o 的后缀，否则为终端表格", "default: by the ending of -o, else a table"),
    )
    command.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help=say("写入文件（默认输出到终端）", "default: the terminal")
    )
    command.add_argument("--lang", choices=("zh", "en"), help=say("报表的语言", "language of the report"))


def _report(arguments: argparse.Namespace) -> int:
    from engine.reports.command import run

    return run(arguments)
