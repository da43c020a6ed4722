"""What an audit finds: each difference as data, and as a sentence in Chinese and English."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

__all__ = ["Audit", "Difference", "Kind", "sentence"]


class Kind(StrEnum):
    """Between which two it is."""

    LIVE = "live"
    """What the running engine has counted, and what is stored of the same quarter."""
    STORED = "stored"
    """What is stored, and what the facts come to when they are counted again."""
    FACTS = "facts"
    """Two facts of one call."""
    ASTERISK = "asterisk"
    """A fact, and what Asterisk has written down of it."""


class Difference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of them. `what` names the field that differs, or what is missing; times are seconds since the epoch."""

    kind: Kind
    what: str
    at: float
    call: str = ""
    agent: str = ""
    dimension: str = ""
    key: str = ""
    here: float | None = None
    """What is stored; of LIVE what the engine has counted; of ASTERISK what Hotline has."""
    there: float | None = None
    """What the facts come to; of LIVE what is stored; of ASTERISK what its diary says."""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What was held against what, and what did not agree."""

    since: float
    until: float
    at: float
    """When it was begun."""
    took_s: float
    quarters: int
    live_quarters: int
    """Of these, what the engine still had in memory."""
    calls: int
    answers: int
    """Of these two, what could be held against Asterisk's diary."""
    notes: tuple[str, ...] = ()
    """What could not be compared: live (no engine answered), live_part (of earlier quarters it knows nothing any more),
    diary (there is none), diary_part (it begins later)."""
    differences: tuple[Difference, ...] = ()


CALLS: Final = {
    "unknown_call": (
        "Asterisk 记有来电 {call}（{at} 接通），Hotline 没有",
        "Asterisk had call {call}, answered at {at}; Hotline knows nothing of it",
    ),
    "call_not_in_diary": (
        "Hotline 有来电 {call}（{at}），Asterisk 的记录中没有",
        "call {call} of {at} is not in Asterisk's diary",
    ),
    "unknown_answer": (
        "Asterisk 记有座席 {agent} 于 {at} 接听来电 {call}，Hotline 没有",
        "Asterisk says that {agent} answered call {call} at {at}; Hotline knows nothing of it",
    ),
    "answer_not_in_diary": (
        "座席 {agent} 于 {at} 接听来电 {call}，Asterisk 的记录中没有",
        "agent {agent} answered call {call} at {at}; Asterisk's diary has no such answer",
    ),
    "answered_at": (
        "来电 {call}（座席 {agent}，{at}）：接听时刻相差 {gap:.1f} 秒",
        "call {call}, agent {agent}, {at}: the answer is {gap:.1f} s apart from Asterisk's",
    ),
    "talk_s": (
        "来电 {call}（座席 {agent}，{at}）：通话时长 {here:.1f} 秒，Asterisk 为 {there:.1f} 秒",
        "call {call}, agent {agent}, {at}: the talk lasted {here:.1f} s, for Asterisk {there:.1f} s",
    ),
    "no_stay": (
        "来电 {call}：座席 {agent} 于 {at} 接听，但没有相应的排队记录",
        "call {call}: agent {agent} answered at {at}, but its stay in the queue is missing",
    ),
    "no_answer": (
        "来电 {call}：排队记录称座席 {agent} 于 {at} 接听，但没有相应的派发记录",
        "call {call}: its stay says that agent {agent} answered at {at}, but there is no such offer",
    ),
    "no_call": (
        "来电 {call}（{at} 进入队列）：没有来电记录",
        "call {call}, in a queue at {at}: the call itself is missing",
    ),
}

WHO: Final = {
    "site": ("全站", "the site"),
    "queue": ("队列 {key}", "queue {key}"),
    "agent": ("座席 {key}", "agent {key}"),
    "vip": ("VIP 等级 {key}", "VIP level {key}"),
    "did": ("被叫号码 {key}", "dialled number {key}"),
    "menu": ("菜单 {key}", "menu choice {key}"),
}
BETWEEN: Final = {
    Kind.LIVE: ("实时 {here:g}，入库 {there:g}", "live {here:g}, stored {there:g}"),
    Kind.STORED: ("入库 {here:g}，重新统计 {there:g}", "stored {here:g}, counted again {there:g}"),
}


def sentence(difference: Difference, zone: ZoneInfo) -> tuple[str, str]:
    """In Chinese and in English."""
    words = CALLS.get(difference.what) if difference.kind not in BETWEEN else None
    at = datetime.fromtimestamp(difference.at, zone).strftime("%Y-%m-%d %H:%M:%S")
    here, there = difference.here or 0.0, difference.there or 0.0
    if words is not None:
        said = {
            "call": difference.call,
            "agent": difference.agent,
            "at": at,
            "here": here,
            "there": there,
            "gap": abs(here - there),
        }
        return words[0].format_map(said), words[1].format_map(said)
    who, between = WHO[difference.dimension], BETWEEN[difference.kind]
    quarter = at[:-3]
    zh, en = (
        f"{who[n].format(key=difference.key or '-')} {quarter} {difference.what}"
        + ("：", ": ")[n]
        + between[n].format(here=here, there=there)
        for n in (0, 1)
    )
    return zh, en
