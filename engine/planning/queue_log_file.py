"""Files of a queue_log as a recorded day, with what in them is no queue_log counted and told."""

import math
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.rules import Rules
from engine.importing.files import FileUnreadable, portions
from engine.importing.queue_log import EXPECTED
from metrics.queue_log import LogLine
from metrics.queue_log.lines import line_of
from planning.counted import Counted
from planning.queue_log import read_queue_log
from planning.recorded import LeftOut, RecordedDay
from planning.traffic import HALF_HOUR_S

__all__ = ["QueueLogUnreadable", "recorded_by_queue_log"]


class QueueLogUnreadable(Exception):
    """There is nothing to replay; the message names the file and what is wrong with it."""


def recorded_by_queue_log(file: Path, rules: Rules, day: tuple[float, float] | None) -> tuple[RecordedDay, Counted]:
    """The day between two moments, or all there is; the file may be compressed, a dump or CSV as well. Raises
    QueueLogUnreadable."""
    odd: list[int] = []
    try:
        lines = list(_lines(file, ZoneInfo(rules.time_zone), odd))
    except FileUnreadable as error:
        raise QueueLogUnreadable(str(error)) from None
    if not lines:
        raise QueueLogUnreadable(f"{file}:1: {EXPECTED}")
    since, until = day or _whole(min(line.at for line in lines), max(line.at for line in lines))
    found = read_queue_log(lines, rules, since, until)
    if odd:
        found.day.leave_out(LeftOut.ODD_LINES, len(odd))
        found.day.first_odd_line = f"{file}:{odd[0]}"
    counted = Counted(rules, by_vip=rules.knows_vips)
    counted(found.records)
    return found.day, counted


def _lines(file: Path, zone: ZoneInfo, odd: list[int]) -> Iterator[LogLine]:
    for portion in portions(file, zone):
        for number, row in portion.rows:
            line = line_of(row)
            if line is not None:
                yield line
            elif any(field.strip() for field in row):
                odd.append(number)


def _whole(first: float, last: float) -> tuple[float, float]:
    """The half hours from the first line to the last."""
    return math.floor(first / HALF_HOUR_S) * HALF_HOUR_S, (math.floor(last / HALF_HOUR_S) + 1) * HALF_HOUR_S
