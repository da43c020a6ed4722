"""A queue_log file as a recorded day, with what in it is no queue_log counted and told."""

import math
from collections.abc import Iterator
from pathlib import Path

from acd.rules import Rules
from planning.counted import Counted
from planning.queue_log import LogLine, log_line, read_queue_log
from planning.recorded import LeftOut, RecordedDay
from planning.traffic import HALF_HOUR_S

__all__ = ["QueueLogUnreadable", "recorded_by_queue_log"]


class QueueLogUnreadable(Exception):
    """There is nothing to replay; the message names the file and what is wrong with it."""


def recorded_by_queue_log(file: Path, rules: Rules, day: tuple[float, float] | None) -> tuple[RecordedDay, Counted]:
    """The day between two moments, or all there is. Raises QueueLogUnreadable."""
    try:
        text = file.read_text("utf-8", "replace")
    except OSError as error:
        raise QueueLogUnreadable(f"{file}: cannot be read: {error.strerror}") from None
    odd: list[int] = []
    lines = list(_lines(text, odd))
    if not lines:
        raise QueueLogUnreadable(
            f"{file}:1: no line of a queue_log (expected epoch|callid|queue|agent|event|data, e.g. "
            "1700000000|1700000000.1|sales|NONE|ENTERQUEUE||13800138000|1)"
        )
    since, until = day or _whole(min(line.at for line in lines), max(line.at for line in lines))
    found = read_queue_log(lines, rules, since, until)
    if odd:
        found.day.leave_out(LeftOut.ODD_LINES, len(odd))
        found.day.first_odd_line = f"{file}:{odd[0]}"
    counted = Counted(rules, by_vip=rules.knows_vips)
    counted(found.records)
    return found.day, counted


def _lines(text: str, odd: list[int]) -> Iterator[LogLine]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = log_line(raw)
        if line is not None:
            yield line
        elif raw.strip():
            odd.append(number)


def _whole(first: float, last: float) -> tuple[float, float]:
    """The half hours from the first line to the last."""
    return math.floor(first / HALF_HOUR_S) * HALF_HOUR_S, (math.floor(last / HALF_HOUR_S) + 1) * HALF_HOUR_S
