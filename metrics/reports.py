"""A report as a value: periods and keys down, figures and counts across. Pure.

Every total is worked out from summed counts, never from other figures: the mean of two days' means is no mean of two days.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import msgspec

from metrics.columns import Column
from metrics.definitions import AgentTimes, Band, Side, Sums
from metrics.dimensions import Dimension
from metrics.outside import Outside
from metrics.periods import Period, Step

__all__ = ["Line", "Report", "Told", "build"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One period of one key. `period` None: all of them; `key` None: all keys together."""

    period: Period | None
    key: str | None
    sums: Sums
    values: tuple[float | None, ...]
    """By column."""
    sides: tuple[Side | None, ...]
    """By column, on which side of its band the value is; None: it is inside, or there is no value or no band."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, in the order to show it in: by period, then by key."""

    by: Dimension
    step: Step
    since: float
    until: float
    columns: tuple[Column, ...]
    """With the bands in force."""
    lines: tuple[Line, ...]
    by_key: tuple[Line, ...]
    """Each key over all periods."""
    by_period: tuple[Line, ...]
    """Each period over all keys."""
    whole: Line

    def span(self, line: Line) -> tuple[float, float]:
        """From when to when a line is."""
        return (line.period.start, line.period.end) if line.period else (self.since, self.until)


class Told(msgspec.Struct, frozen=True):
    """What was told from outside of a key (None: of the whole) in a period (None: in all of them)."""

    by: Mapping[tuple[Period | None, str | None], Outside] = {}

    def to(self, sums: Sums, period: Period | None, key: str | None) -> Sums:
        found = self.by.get((period, key))
        return sums if found is None else msgspec.structs.replace(sums, outside=found)


def build(
    by: Dimension,
    step: Step,
    span: tuple[float, float],
    columns: Sequence[Column],
    cells: Mapping[tuple[Period, str], Sums],
    *,
    everybody: Mapping[Period, AgentTimes] | None = None,
    told: Told | None = None,
    own: Mapping[tuple[str, str], Band] | None = None,
) -> Report:
    """The report over these cells; a period and key without one had nothing and is no line.

    `everybody`: the times of all agents by period, where the keys' agents overlap (one who serves two queues is counted
    with both, and once in the whole). `own`: by key and column the bands that go before the column's.
    """
    known, bands = told or Told(), own or {}

    def line(period: Period | None, key: str | None, sums: Sums) -> Line:
        whole = known.to(sums, period, key)
        values = tuple(column.of(whole) for column in columns)
        sides = tuple(
            None if value is None or band is None else band.side(value)
            for value, band in zip(values, (bands.get((key or "", one.id), one.band) for one in columns), strict=True)
        )
        return Line(period=period, key=key, sums=whole, values=values, sides=sides)

    ordered = sorted(cells.items(), key=lambda cell: (cell[0][0].start, cell[0][0].end, *_natural(cell[0][1])))
    in_period = {
        period: _together([sums for _, sums in group], everybody, [period])
        for period, group in groupby(ordered, key=lambda cell: cell[0][0])
    }
    keys = sorted({key for _, key in cells}, key=_natural)
    of_key: dict[str, list[Sums]] = {key: [] for key in keys}
    for (_, key), sums in ordered:
        of_key[key].append(sums)
    return Report(
        by=by,
        step=step,
        since=span[0],
        until=span[1],
        columns=tuple(columns),
        lines=tuple(line(period, key, sums) for (period, key), sums in ordered),
        by_key=tuple(line(None, key, Sums.total(of_key[key])) for key in keys),
        by_period=tuple(line(period, None, sums) for period, sums in in_period.items()),
        whole=line(None, None, _together([sums for _, sums in ordered], everybody, list(everybody or ()))),
    )


def _together(parts: Sequence[Sums], everybody: Mapping[Period, AgentTimes] | None, of: Iterable[Period]) -> Sums:
    whole = Sums.total(parts)
    if everybody is None:
        return whole
    return Sums(whole.queue, AgentTimes.total(everybody[period] for period in of if period in everybody))


def _natural(key: str) -> tuple[bool, int, str]:
    """VIP levels and agents' numbers by their size, names by their letters."""
    return (not key.isdecimal(), int(key) if key.isdecimal() else 0, key)
