"""Figures from outside: what Hotline cannot count itself and is told, by import or over the API.

Each is given for a stretch of time, of the whole site or of one key of a dimension; the site's is never added up from parts
of it. In a report it counts by the share of its stretch that lies in the report's: a month's cost of 30,000 yuan is 1,000
in each day of a month of 30. A headcount is a mean, and counts as person-years. Pure.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import msgspec
from msgspec.structs import astuple

from metrics.dimensions import Dimension

__all__ = [
    "OUTSIDE",
    "YEAR_S",
    "Entry",
    "Kind",
    "Outside",
    "Overlapping",
    "WrongEntry",
    "check",
    "outside_of",
    "overlapping",
]

YEAR_S: Final = 365 * 86400.0


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of a stretch of time; None: nothing was."""

    cost: float | None = None
    """Yuan."""
    blocked: float | None = None
    """Calls that met busy before they reached the engine."""
    scheduled_s: float | None = None
    """Time in which agents were to be able to answer."""
    people_present: float | None = None
    people_scheduled: float | None = None
    quality_points: float | None = None
    quality_scores: float | None = None
    person_years: float | None = None
    leavers: float | None = None
    solved: float | None = None
    """Matters that one call settled."""
    solvable: float | None = None
    """Matters of which it is known whether one call settled them."""
    transferred: float | None = None
    """Talks the agent ended by handing the caller on, where nothing counts them."""
    served_numbers: float | None = None
    """Calls served whose number is known. This and the next are counted in SQL."""
    called_again: float | None = None
    """Of these, whose number called, or was called, again within some days."""

    @classmethod
    def total(cls, parts: Iterable["Outside"]) -> "Outside":
        """The sum of stretches, or of keys, that do not overlap; what was told of none of them is not known of all."""
        columns = zip(cls.__struct_fields__, zip(*map(astuple, parts), strict=True), strict=False)
        known = {field: [value for value in column if value is not None] for field, column in columns}
        return cls(**{field: sum(column) for field, column in known.items() if column})


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that can be told: its field of `Outside`, what it is counted in, and what to call it."""

    field: str
    unit: str
    names: dict[str, str]
    mean: bool = False
    """It holds at every moment of its stretch and is not spread over it: headcount."""


def _kind(field: str, unit: str, zh: str, en: str, *, mean: bool = False) -> Kind:
    return Kind(field=field, unit=unit, names={"zh": zh, "en": en}, mean=mean)


OUTSIDE: Final[dict[str, Kind]] = {
    "cost": _kind("cost", "yuan", "全部成本", "All cost"),
    "blocked": _kind("blocked", "calls", "遇忙未接入的呼叫", "Calls that met busy"),
    "scheduled_time": _kind("scheduled_s", "seconds", "排班应答时间", "Scheduled answering time"),
    "people_present": _kind("people_present", "people", "出勤人次", "People present, by shift"),
    "people_scheduled": _kind("people_scheduled", "people", "应出勤人次", "People scheduled, by shift"),
    "quality_points": _kind("quality_points", "points", "质检总分", "Points of quality scores"),
    "quality_scores": _kind("quality_scores", "calls", "质检录音数", "Calls scored for quality"),
    "transferred": _kind("transferred", "calls", "座席转接数", "Calls agents handed on"),
    "headcount": _kind("person_years", "people", "平均在册人数", "Mean headcount", mean=True),
    "leavers": _kind("leavers", "people", "离职人数", "Agents who left"),
    "solved": _kind("solved", "calls", "一次解决的呼叫", "Calls solved at once"),
    "solvable": _kind("solvable", "calls", "已登记是否解决的呼叫", "Calls of which it is known whether they were"),
}
"""By the name it is told under."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One number that was told: `name` is one of OUTSIDE; from `since` to before `until`, seconds since the epoch. Another one
    of the same name, dimension, key and `since` takes its place."""

    name: str
    dimension: Dimension = Dimension.SITE
    key: str = ""
    since: float
    until: float
    value: float | None
    """None: nothing is told any more."""
    source: str = ""
    """Where it is from: a file, or who told it."""

    @property
    def of(self) -> tuple[str, str, str]:
        """What it is a number of, at any time."""
        return self.name, self.dimension.value, self.key


class WrongEntry(ValueError):
    """This cannot be told: the message says why."""


class Overlapping(ValueError):
    """Two numbers for one moment; none was taken."""

    def __init__(self, before: Entry, after: Entry) -> None:
        super().__init__(
            f"{after.source}: {' '.join(after.of).strip()} is told for some of this time already ({before.source})"
        )


def check(entry: Entry) -> None:
    """Raises WrongEntry for what no figure can be made of."""
    if entry.name not in OUTSIDE:
        raise WrongEntry(f"no figure {entry.name!r} can be told (there are: {', '.join(OUTSIDE)})")
    if (entry.dimension is Dimension.SITE) is not (entry.key == ""):
        raise WrongEntry("a figure of the site has no key, and one of a queue, an agent or another dimension has one")
    if not entry.since < entry.until:
        raise WrongEntry("it ends before it begins")
    if entry.value is not None and not (math.isfinite(entry.value) and entry.value >= 0):
        raise WrongEntry(f"expected a number from 0 on, got {entry.value:g}")


def overlapping(entries: Iterable[Entry]) -> tuple[Entry, Entry] | None:
    """Two that say something of the same at the same time, the later one second; each moment has one number."""
    for before, after in pairwise(sorted(entries, key=lambda entry: (*entry.of, entry.since))):
        if before.of == after.of and after.since < before.until:
            return before, after
    return None


def outside_of(entries: Iterable[Entry], since: float, until: float) -> Outside:
    """What these entries, all of the site or of one key, come to from `since` to `until`."""
    found: dict[str, float] = {}
    for entry in entries:
        overlap_s = min(until, entry.until) - max(since, entry.since)
        if overlap_s <= 0 or entry.value is None:
            continue
        kind = OUTSIDE[entry.name]
        whole_s = YEAR_S if kind.mean else entry.until - entry.since
        found[kind.field] = found.get(kind.field, 0.0) + entry.value * overlap_s / whole_s
    return Outside(**found)
