"""`hotline close`, `open`, `holidays`, `hours`: their parsers, and what they run.

Exit code 0: done; 1: it could not be done; 2: wrong use.
"""

import argparse
import sys
from datetime import UTC, date, datetime

from engine.command_line import Add, with_config
from engine.words import say

__all__ = ["add_commands"]


WRONG_USE = 2


def add_commands(add: Add) -> None:
    """The parsers; each sets its `run`."""
    _add_close(add)
    _add_open(add)
    _add_holidays(add)
    _add_hours(add)


def _to_the_engine(command: argparse.ArgumentParser) -> None:
    command.add_argument("--queue", nargs="+", default=[], metavar="Q", help=say("只限这些队列", "these queues only"))
    command.add_argument("--url")
    command.add_argument("--token")


def _add_close(add: Add) -> None:
    command = add(
        "close", "立即紧急关闭队列或整个热线", "close queues, or the whole site, at once, with an announcement"
    )
    command.add_argument("all", nargs="?", choices=("all",), help=say("整个热线", "the whole site"))
    command.add_argument(
        "--prompt", metavar="ID", help=say("播放的语音提示", "what callers hear (default: emergency_closed)")
    )
    command.add_argument(
        "--until",
        metavar="TIME",
        help=say("到此时自动开放：18:30 或 2026-10-08T08:30", "open again by itself: at 18:30, or 2026-10-08T08:30"),
    )
    command.add_argument(
        "--say", default="", metavar="WHY", help=say("原因，供同事查看", "why, for colleagues to read")
    )
    _to_the_engine(command)
    command.set_defaults(run=_close)


def _close(arguments: argparse.Namespace) -> int:
    from engine.hours.emergencies import close

    if bool(arguments.all) == bool(arguments.queue):
        print(say("请写明 --queue 队列 或 all。", "say what to close: --queue Q, or all."), file=sys.stderr)
        return WRONG_USE
    return close(
        arguments.queue,
        prompt=arguments.prompt,
        until=arguments.until,
        why=arguments.say,
        url=arguments.url,
        token=arguments.token,
    )


def _add_open(add: Add) -> None:
    command = add("open", "结束紧急关闭", "end what ./hotline close began")
    _to_the_engine(command)
    command.set_defaults(run=_open)


def _open(arguments: argparse.Namespace) -> int:
    from engine.hours.emergencies import open_again

    return open_again(arguments.queue, url=arguments.url, token=arguments.token)


def _add_holidays(add: Add) -> None:
    command = add(
        "holidays",
        "节假日与调休表：list 显示，seed 由数据库更新",
        "the table of holidays: list it, seed it from the library",
    )
    command.add_argument("do", choices=("list", "seed"))
    command.add_argument("--year", type=int, metavar="N", help=say("只限这一年", "this year only"))
    command.add_argument("--table", default="china", metavar="NAME", help=say("表名（默认 china）", "default: china"))
    with_config(command)
    command.set_defaults(run=_holidays)


def _holidays(arguments: argparse.Namespace) -> int:
    if arguments.do == "list":
        from engine.hours.holidays import list_holidays

        return list_holidays(arguments.config, arguments.year)
    from engine.hours.holidays import seed

    return seed(arguments.config, arguments.table, date.today(), arguments.year)


def _add_hours(add: Add) -> None:
    command = add(
        "hours",
        "各日历此刻是否营业、依据与下次变化",
        "whether each calendar is open, by which line, and what changes next",
    )
    command.add_argument(
        "--at",
        type=datetime.fromisoformat,
        metavar="TIME",
        help=say("此刻以外的时间：2026-10-01T08:29", "at another time: 2026-10-01T08:29 (default: now)"),
    )
    command.add_argument("--url")
    command.add_argument("--token")
    with_config(command)
    command.set_defaults(run=_hours)


def _hours(arguments: argparse.Namespace) -> int:
    from engine.hours.standing import show_hours

    return show_hours(arguments.config, arguments.at or datetime.now(UTC), url=arguments.url, token=arguments.token)
