"""What an import came to, for people and as JSON."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from engine.importing.cdr import CdrTotals
from engine.importing.queue_log import Totals
from engine.words import say
from metrics.queue_log import Fault, Faults, QueueSummary

__all__ = ["cdr_document", "cdr_text", "document", "text"]

KINDS = {
    Fault.CUT: ("行不完整，未采用", "lines are cut off: not used"),
    Fault.NUL: ("行含 NUL 字符，未采用", "lines hold NUL characters: not used"),
    Fault.NO_TIME: ("行没有可用的时间，未采用", "lines have no usable time: not used"),
    Fault.NO_NUMBER: ("行应为数字之处不是数字，未采用", "lines have text in place of a number: not used"),
    Fault.UNKNOWN_EVENT: ("行的事件未知，未采用", "lines have an unknown event: not used"),
    Fault.ORPHAN: (
        "行没有对应的入队或应答，未采用",
        "lines are of a stay that is not there (its entry is missing): not used",
    ),
    Fault.TWICE: ("行重复，未采用", "lines say the same again: not used"),
    Fault.FROM_BEFORE: (
        "行属于首行之前开始的来电，未采用；请与更早的文件一起导入",
        "lines are of calls that began before the first line: not used; import the file before together with this one",
    ),
    Fault.BACKWARDS: (
        "行的时间早于上一行，按其自身时间采用",
        "lines are earlier than the line before: taken with their own time",
    ),
    Fault.NO_END: (
        "次入队或通话没有结束记录，只计已知部分",
        "entries or talks never end: what is known of them counts",
    ),
}
"""In Chinese and English, after the count."""


def document(totals: Totals, *, stored: bool) -> str:
    """As JSON, with the means worked out."""
    found = msgspec.to_builtins(totals)
    for name, queue in totals.queues.items():
        found["queues"][name] |= {"mean_hold_s": queue.mean_hold_s, "mean_talk_s": queue.mean_talk_s}
    return msgspec.json.encode({"stored": stored} | found).decode()


def text(totals: Totals, zone: ZoneInfo, *, stored: bool, by_queue: bool) -> str:
    """In sentences and a table."""
    span = " … ".join(f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}" for at in (totals.since or 0, totals.until))
    lines = [
        say(
            f"{totals.lines} 行，{totals.calls} 次来电，{totals.intervals} 段座席时间（{span}）"
            + ("，已写入。" if stored else "，未写入。"),
            f"{totals.lines} lines: {totals.calls} calls, {totals.intervals} stretches of agents' time ({span}), "
            + ("stored." if stored else "not stored."),
        )
    ]
    lines += _also(totals)
    lines += _faults(totals.faults)
    if totals.unknown_events:
        names = sorted(totals.unknown_events.items(), key=lambda one: -one[1])[:20]
        lines.append(say("未知事件：", "unknown events: ") + ", ".join(f"{name} {count}" for name, count in names))
    if by_queue:
        lines += ["", *_table(totals.queues)]
    return "\n".join(lines)


def _also(totals: Totals) -> list[str]:
    told = [
        (
            totals.unfinished,
            "次来电到末行仍未结束，未采用；下次与后续文件一起导入即可",
            "calls were not over at the last line: not used; they are there when what follows is imported as well",
        ),
        (
            totals.own,
            "行属于 Hotline 自己的来电，已在库中",
            "lines are of Hotline's own calls: they are in the database",
        ),
        (totals.outside, "次呼出，不计入", "calls went out: they count in no queue"),
        (
            totals.without_log_in,
            "名座席没有签入记录，只有通话时间",
            "agents never log in here: only their talks are known",
        ),
        (
            totals.overlapping,
            "个文件与前一个时间重叠，分别读取；库中不会重复，下表可能重复计数",
            "files overlap with the one before: read on their own. The database has each call once, the table below may not",
        ),
    ]
    return [f"{count} {say(zh, en)}" for count, zh, en in told if count]


def _faults(faults: Faults) -> list[str]:
    lines = []
    for kind in Fault:
        if count := faults.counts.get(kind):
            lines.append(f"{count} {say(*KINDS[kind])} ({', '.join(faults.places[kind])})")
    return lines


def _table(queues: dict[str, QueueSummary]) -> list[str]:
    head = [
        say("队列", "queue"),
        say("进入", "offered"),
        say("应答", "answered"),
        say("放弃", "abandoned"),
        say("平均等待", "mean hold"),
        say("平均通话", "mean talk"),
        say("其他离开", "other exits"),
        say("无结束", "no end"),
        say("孤立行", "orphans"),
    ]
    rows = [head]
    for name, queue in sorted(queues.items()):
        exits = ", ".join(f"{event} {count}" for event, count in sorted(queue.exits.items())) or "-"
        rows.append(
            [
                *(name, str(queue.offered), str(queue.answered), str(queue.abandoned)),
                *(
                    _seconds(queue.mean_hold_s),
                    _seconds(queue.mean_talk_s),
                    exits,
                    str(queue.no_end),
                    str(queue.orphans),
                ),
            ]
        )
    return aligned(rows)


def aligned(rows: list[list[str]]) -> list[str]:
    """Columns under each other; Chinese characters are two wide."""
    widths = [max(_width(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _width(cell: str) -> int:
    return sum(2 if ord(one) >= 0x2E80 else 1 for one in cell)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def cdr_document(totals: CdrTotals) -> str:
    """As JSON."""
    return msgspec.json.encode(totals).decode()


def cdr_text(totals: CdrTotals, *, stored: bool) -> str:
    """In sentences."""
    ends = ", ".join(f"{name} {count}" for name, count in sorted(totals.dispositions.items()))
    contexts = ", ".join(f"{name or '-'} {count}" for name, count in sorted(totals.contexts.items()))
    lines = [
        say(
            f"{totals.records} 条话单，{totals.calls} 次呼入，其中忙音 {totals.busy} 次"
            + ("，已写入。" if stored else "，未写入。"),
            f"{totals.records} records: {totals.calls} calls that came in, {totals.busy} of them met busy, "
            + ("stored." if stored else "not stored."),
        ),
        say("结果：", "dispositions: ") + ends,
        say("上下文：", "contexts: ") + contexts,
        say(
            "话单不含队列、等待、菜单、座席状态与挂机方：这些来自 queue_log。",
            "A CDR does not tell queues, waits, menus, agents' states or who hung up: the queue_log does.",
        ),
    ]
    if totals.own:
        lines.append(
            f"{totals.own} "
            + say("条属于 Hotline 自己的来电，已在库中", "records are of Hotline's own calls: they are in the database")
        )
    return "\n".join([*lines, *_faults(totals.faults)])
