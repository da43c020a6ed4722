"""`hotline audit`: differences on stdout, progress on stderr.

Exit code 0: all numbers agree; 1: they do not, or it could not be done; 2: wrong use, or a broken configuration.
"""

import argparse
from datetime import date

from engine.command_line import Add, with_config
from engine.words import say

__all__ = ["add_commands"]


def add_commands(add: Add) -> None:
    """The parser; it sets its `run`."""
    command = add(
        "audit",
        "核对数字：实时、入库、重新统计，以及 Asterisk 自己的记录",
        "hold the numbers against each other: live, stored, counted again, and Asterisk's own diary",
    )
    command.add_argument(
        "--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help=say("默认昨天", "default: yesterday")
    )
    command.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="YYYY-MM-DD", help=say("起始日", "the first day")
    )
    command.add_argument(
        "--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD", help=say("末日（含）", "the last day")
    )
    command.add_argument("--json", action="store_true", help=say("输出 JSON", "JSON instead of text"))
    command.add_argument("--url")
    command.add_argument("--token")
    with_config(command)
    command.set_defaults(run=_audit)


def _audit(arguments: argparse.Namespace) -> int:
    from engine.audit.command import run  # noqa: PLC0415 - as in engine.__main__

    return run(arguments)
