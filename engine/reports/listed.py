"""The calls behind a number as the rows of a table, on the terminal, in a file or on a page: numbers masked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final

from cti.http.services import CallBehind
from cti.masking import mask_number
from engine.reports.shown import Language, Names
from metrics.dimensions import Dimension

__all__ = ["HEADS", "cells"]

HEADS: Final[Mapping[Language, Sequence[str]]] = {
    "zh": ("时间", "通话", "队列", "座席", "号码", "等待（秒）", "通话（秒）", "结果"),
    "en": ("Time", "Call", "Queue", "Agent", "Number", "Wait (s)", "Talk (s)", "How"),
}


def cells(one: CallBehind, names: Names, zone: tzinfo, language: Language) -> Sequence[str]:
    """A row below HEADS."""
    return (
        f"{datetime.fromtimestamp(one.at, zone):%Y-%m-%d %H:%M:%S}",
        one.call or "",
        "" if one.queue is None else names.of_key(Dimension.QUEUE, one.queue, language),
        "" if one.agent is None else names.of_key(Dimension.AGENT, one.agent, language),
        mask_number(one.number),
        "" if one.wait_s is None else f"{one.wait_s:.1f}",
        "" if one.talk_s is None else f"{one.talk_s:.1f}",
        one.how,
    )
