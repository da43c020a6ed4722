"""`hotline why`: its parser."""

import argparse
from datetime import date

from engine.command_line import Add, with_config
from engine.words import say

__all__ = ["add_command"]


def add_command(add: Add) -> None:
    """The parser; it sets its `run`."""
    command = add("why", "指标为何偏离目标", "why figures of a day are out of their bands")
    command.add_argument(
        "--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help=say("哪一天（默认今天）", "default: today")
    )
    command.add_argument(
        "--figure", metavar="ID", help=say("一个指标（默认所有偏离目标的）", "one figure (default: all out of band)")
    )
    command.add_argument(
        "--queue", metavar="Q", help=say("一个队列（默认全部）", "one queue (default: the whole site)")
    )
    command.add_argument("--json", action="store_true", help=say("输出 JSON", "as JSON"))
    with_config(command)
    command.add_argument("--url")
    command.add_argument("--token")
    command.set_defaults(run=_why)


def _why(arguments: argparse.Namespace) -> int:
    from engine.config import load
    from engine.why.command import show

    return show(
        load(arguments.config.resolve()),
        arguments.day,
        arguments.figure,
        arguments.queue,
        as_json=arguments.json,
        url=arguments.url,
        token=arguments.token,
    )
