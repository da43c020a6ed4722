"""What a report may be asked for, by command, over HTTP and in metrics.yaml: the same words, and the same errors."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from metrics.columns import COLUMNS, UNCOUNTED, Column
from metrics.definitions import Band, Sums
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S
from metrics.periods import Step, midnight, written_moment

__all__ = ["OF_PEOPLE", "BadQuestion", "Wanted", "columns_of", "one_of", "span_of"]

T = TypeVar("T")

USUAL: Final = (
    "offered",
    "answered",
    "service_level",
    "asa",
    "abandoned",
    "abandon_rate",
    "short_abandoned",
    "overflowed",
    "talk_time",
    "after_call_work",
    "handle_time",
    "occupancy",
)
USUAL_OF_AGENTS: Final = (
    "answered",
    "talks",
    "talk_time",
    "after_call_work",
    "handle_time",
    "offers_no_answer",
    "offers_declined",
    "time_logged_in",
    "time_ready",
    "time_not_ready",
    "occupancy",
    "survey_score",
)
OF_PEOPLE: Final = (Dimension.AGENT, Dimension.GROUP, Dimension.SKILL)
LONGEST_S: Final = 5 * 366 * 86400.0


class BadQuestion(Exception):
    """It cannot be answered; the message says what was expected. `name` is the part that is wrong."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it was asked for. Times are seconds since the epoch, whole intervals."""

    since: float
    until: float
    by: Dimension = Dimension.QUEUE
    step: Step = Step.DAY
    columns: tuple[Column, ...]
    keys: tuple[str, ...] | None = None
    """None: all."""


def one_of(name: str, text: str, known: Iterable[str]) -> str:
    """The text, if it is one of the known words."""
    words = list(known)
    if text in words:
        return text
    close = get_close_matches(text, words, 1, 0.5)
    hint = f' (did you mean "{close[0]}"?)' if close else f" (there are: {', '.join(words)})"
    raise BadQuestion(name, f"there is no {text[:40]!r}{hint}")


def columns_of(names: Iterable[str], by: Dimension, bands: Mapping[str, Band]) -> tuple[Column, ...]:
    """The columns of these names, in this order, with the bands in force; of no names the usual ones, of `all` all. What is
    not counted by this dimension is no data."""
    wanted = [name.strip() for name in names if name.strip()] or (USUAL_OF_AGENTS if by in OF_PEOPLE else USUAL)
    if list(wanted) == ["all"]:
        wanted = list(COLUMNS)
    found = [COLUMNS[one_of("figures", name, COLUMNS)] for name in dict.fromkeys(wanted)]
    return tuple(
        replace(
            column,
            band=bands.get(column.id, column.band),
            of=_no_data if column.id in UNCOUNTED[by] else column.of,
        )
        for column in found
    )


def _no_data(_sums: Sums) -> None:
    return None


def span_of(since: str, until: str, zone: ZoneInfo, today: date) -> tuple[float, float]:
    """From and to, as days (`to` is the last day of it) or as times to a quarter of an hour. Empty: yesterday."""
    yesterday = (today - timedelta(days=1)).isoformat()
    start = _moment("from", since or yesterday, zone, last=False)
    end = _moment("to", until or (since if _is_day(since) else "") or yesterday, zone, last=True)
    if end <= start:
        raise BadQuestion("to", f"must not be before from ({since or yesterday})")
    if end - start > LONGEST_S:
        raise BadQuestion("to", "a report spans at most five years")
    return start, end


def _is_day(text: str) -> bool:
    return len(text) == len("2026-11-25")


def _moment(name: str, text: str, zone: ZoneInfo, *, last: bool) -> float:
    try:
        if _is_day(text):
            day = date.fromisoformat(text)
            return midnight(day + timedelta(days=1) if last else day, zone)
        seconds = written_moment(text, zone)
    except (ValueError, OverflowError):
        raise BadQuestion(
            name, f"expected a day such as 2026-11-25, or a time such as 2026-11-25T08:30, got {text[:40]!r}"
        ) from None
    if seconds % INTERVAL_S:
        raise BadQuestion(name, f"reports go by quarters of an hour; {text} is none")
    return seconds
