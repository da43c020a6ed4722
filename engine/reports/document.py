"""A report with all that is shown around it, whatever the form."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final

import msgspec

from engine.reports.shown import DIMENSIONS, STEPS, Language, Names, span_words
from metrics.reports import Line, Report

__all__ = ["Because", "Document", "file_name"]


class Because(msgspec.Struct, frozen=True):
    """A figure out of its band: where it is, and what may explain it."""

    figure: str
    headline: str
    sentences: tuple[str, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One report in one language."""

    report: Report
    curve: Report | None
    """The same callers over the day, or over the days: what the charts are drawn from. Its columns are offered,
    service_level and asa."""
    names: Names
    language: Language
    zone: tzinfo
    made_at: float
    title: str = ""
    because: Sequence[Because] = ()
    pictures: Sequence[str] = ()
    """Of a day of single agents: their days, as SVG."""

    def say(self, zh: str, en: str) -> str:
        """The text in the report's language."""
        return zh if self.language == "zh" else en

    @property
    def heading(self) -> str:
        """What it is about, and when."""
        report = self.report
        about = self.title or self.say(
            f"{DIMENSIONS[report.by]['zh']}报表（按{STEPS[report.step]['zh']}）",
            f"{DIMENSIONS[report.by]['en']} report by {STEPS[report.step]['en'].lower()}",
        )
        return f"{about}  {span_words(report.since, report.until, self.zone)}"

    @property
    def heads(self) -> tuple[str, ...]:
        """Of the columns that say what a line is about."""
        return STEPS[self.report.step][self.language], DIMENSIONS[self.report.by][self.language]

    def of_line(self, line: Line) -> tuple[str, str]:
        """What a line is about: period and key."""
        return self.of_period(line), self.names.of_key(self.report.by, line.key, self.language)

    def of_period(self, line: Line) -> str:
        """A period's label, without the day where there is but one."""
        if line.period is None:
            return self.say("全部", "All")
        label, one_day = line.period.label, self.report.until - self.report.since <= 25 * 3600
        return label[11:] if one_day and len(label) > 10 else label

    def lines(self) -> Iterator[tuple[Line, bool]]:
        """Every line to show, and whether it is a total. One period needs no totals by key, one key none by period."""
        report = self.report
        yield from ((line, False) for line in report.lines)
        if len(report.by_period) > 1:
            yield from ((line, True) for line in report.by_key)
        if len(report.by_key) > 1:
            yield report.whole, True

    def notes(self) -> list[str]:
        """What a reader of the totals must know."""
        return list(_NOTES.get(self.report.by, {}).get(self.language, ()))


_NO_WRAP_UPS: Final = {
    "zh": ("事后处理不属于某个来电：此处没有，平均通话时间只含交谈。",),
    "en": ("After-call work is of no one call: there is none here, and handle time is talk alone.",),
}
_NOTES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "queue": {
        "zh": (
            "经过两个队列的来电在两个队列中各计一次；“全站”报表中每个来电只计一次。",
            "座席时长为该队列全部座席的时长，不论当时服务哪个队列；合计中每名座席只计一次。",
            "各队列的服务水平以其自身的目标（queues.yaml）衡量。",
        ),
        "en": (
            "A caller who went through two queues is counted in both; by site each call counts once.",
            "Agents' times are those of all who serve the queue, whichever queue they worked for; the total has each once.",
            "A queue's service level is held against its own target (queues.yaml).",
        ),
    },
    "vip": _NO_WRAP_UPS,
    "did": _NO_WRAP_UPS,
    "menu": _NO_WRAP_UPS,
    "group": {
        "zh": ("同属两个班组的座席在两个班组中各计一次。",),
        "en": ("An agent of two groups counts in both.",),
    },
    "skill": {
        "zh": ("有多项技能的座席在每项技能中各计一次。",),
        "en": ("An agent with several skills counts in each.",),
    },
}


def file_name(document: Document, suffix: str) -> str:
    """hotline-queue-2026-11-25.xlsx"""
    report = document.report
    span = span_words(report.since, report.until, document.zone).replace(" – ", "_").replace(" ", "T").replace(":", "")
    return f"hotline-{report.by}-{span}.{suffix}"
