"""`hotline import queue_log`, `hotline import cdr`, `hotline import figures`: results on stdout, progress on stderr.

Exit code 0: done; 1: it could not be done (no such file, no database); 2: wrong use, or a broken configuration.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from engine.command_line import Add, with_config
from engine.words import say

__all__ = ["add_commands"]

AddKind = Callable[[str, str, str], argparse.ArgumentParser]


def add_commands(add: Add) -> None:
    """The parser of `import`, and of each kind of file below it; each sets its `run`."""
    command = add(
        "import",
        "导入旧数据与外部数据：queue_log、话单、成本排班等",
        "bring into the database what is not in it: old days of Asterisk's queue_log and CDR, costs, schedules",
    )
    kinds = command.add_subparsers(dest="what", metavar="WHAT", required=True)

    def add_kind(name: str, zh: str, en: str) -> argparse.ArgumentParser:
        return kinds.add_parser(name, help=say(zh, en), description=say(zh, en))

    _add_queue_log(add_kind)
    _add_cdr(add_kind)
    _add_figures(add_kind)


def _read(command: argparse.ArgumentParser, help_zh: str, help_en: str) -> None:
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help=say(help_zh, help_en))
    with_config(command)
    command.add_argument(
        "--dry-run", action="store_true", help=say("只读取，不写入数据库", "read only: nothing is stored")
    )


def _files(command: argparse.ArgumentParser, help_zh: str, help_en: str) -> None:
    _read(command, help_zh, help_en)
    command.add_argument(
        "--system",
        default="asterisk",
        type=_name,
        metavar="NAME",
        help=say(
            "来源系统名，成为通话编号的一部分（默认 asterisk）",
            "where it is from: part of each call's id (default: asterisk)",
        ),
    )
    command.add_argument(
        "--time-zone",
        metavar="ZONE",
        help=say(
            "文本时间所在时区（默认站点时区）", "of times written as text (default: the site's), e.g. Asia/Shanghai"
        ),
    )
    command.add_argument("--json", action="store_true", help=say("输出 JSON", "JSON instead of text"))


def _pairs(command: argparse.ArgumentParser, option: str, zh: str, en: str) -> None:
    command.add_argument(option, type=_pair, action="append", default=[], metavar="OLD=NEW", help=say(zh, en))


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not equals or not old or not new:
        raise argparse.ArgumentTypeError("expected OLD=NEW, such as 600=sales")
    return old, new


def _name(text: str) -> str:
    if not text or not all(one.isalnum() or one in "_." for one in text) or len(text) > 32:
        raise argparse.ArgumentTypeError("expected 1 to 32 letters, digits, _ or .")
    return text


def _add_queue_log(add: AddKind) -> None:
    command = add(
        "queue_log",
        "导入 Asterisk 的 queue_log：文件、轮转与压缩文件、SQL 导出、CSV",
        "Asterisk's queue_log: its file, rotated and compressed ones, dumps of the table, CSV",
    )
    _files(command, "文件，可多个，次序不限", "files, in any order")
    _pairs(command, "--map-queue", "旧队列名=新队列名", "what a queue of the log is called here")
    _pairs(command, "--map-agent", "旧座席名=座席编号", "whose id a name in the log is")
    command.add_argument(
        "--summary", action="store_true", help=say("按队列显示合计", "print what it comes to, by queue")
    )
    command.set_defaults(run=_queue_log)


def _queue_log(arguments: argparse.Namespace) -> int:
    from engine.importing.run import queue_log  # noqa: PLC0415 - as in engine.__main__

    return queue_log(arguments)


def _add_cdr(add: AddKind) -> None:
    command = add("cdr", "导入 Asterisk 的 CSV 话单（Master.csv）", "Asterisk's CDR as CSV (Master.csv)")
    _files(command, "文件，可多个", "files")
    command.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="NAME",
        help=say("呼入所在的上下文，可多次", "a context by which calls come in; may be given again"),
    )
    command.add_argument(
        "--columns",
        metavar="NAMES",
        help=say(
            "各列名称，以逗号分隔（默认 cdr_csv 的顺序）", "names of the columns, by commas (default: cdr_csv's order)"
        ),
    )
    command.set_defaults(run=_cdr)


def _cdr(arguments: argparse.Namespace) -> int:
    from engine.importing.run import cdr  # noqa: PLC0415 - as above

    return cdr(arguments)


def _add_figures(add: AddKind) -> None:
    command = add(
        "figures",
        "导入外部数据：成本、排班、出勤、遇忙、质检、离职（CSV）",
        "what Hotline cannot count, as CSV: cost, scheduled time, attendance, blocked calls, quality scores, leavers",
    )
    _read(
        command,
        "CSV 文件，各列：name,dimension,key,from,to,value（见 docs/metrics.md）",
        "CSV with the columns name,dimension,key,from,to,value (docs/metrics.md)",
    )
    command.set_defaults(run=_figures)


def _figures(arguments: argparse.Namespace) -> int:
    from engine.importing.run import figures  # noqa: PLC0415 - as above

    return figures(arguments)
