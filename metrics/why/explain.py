"""Puts the causes of a figure together, and ranks them by how much each accounts for.

A cause is told if it would bring the figure nearer to its target by a tenth of what is missing at least; a queue, an agent or
an hour that stands out, by a quarter. What is missing is the way to the band or, if that is longer, to the usual. Causes
without a size come after those with one, and the hour of the day last: when it happened is not why.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from metrics.definitions import FIGURES, Band, Side
from metrics.why.cause import Cause, Kind
from metrics.why.happenings import happenings
from metrics.why.levers import from_load
from metrics.why.load import FIGURES_OF_WAITING
from metrics.why.standing_out import one_of_many, peak
from metrics.why.stretch import Stretch

__all__ = ["Explanation", "explain"]

WORTH_TELLING: Final = 0.1
MORE_IS_BETTER: Final = frozenset({"service_level", "service_level_less_short_abandons", "answered_share"})
"""Of the figures of waiting; of the others less is."""
OF_A_PART: Final = 0.25
"""The same for a part that stands out: some part is always the worst."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A figure against its band, with what may explain it, most first."""

    figure: str
    value: float | None
    """None: no data."""
    band: Band
    side: Side | None
    """None: it is in its band, or there is no data."""
    usual: float | None
    """The mean over the comparable days; None: there are none."""
    days: int
    """How many comparable days there are; without one only what the stretch itself shows is told."""
    causes: tuple[Cause, ...]


def explain(figure: str, band: Band, now: Stretch, before: Sequence[Stretch], within_s: float) -> Explanation:
    """What may explain that the figure is out of its band; no causes if it is not.

    `before`: the same stretch on comparable days; days on which nobody rang are left out. `within_s`: the service level's time.
    """
    days = [day for day in before if day.counts.offered]
    of = FIGURES[figure].of
    value, usually = of(now.sums), [usual for day in days if (usual := of(day.sums)) is not None]
    usual = math.fsum(usually) / len(usually) if usually else None
    side = None if value is None else band.side(value)
    causes: Iterable[Cause] = ()
    if value is not None and side is not None:
        causes = _ranked(figure, value, _missing(value, band, usual), side, now, days, within_s)
    return Explanation(
        figure=figure, value=value, band=band, side=side, usual=usual, days=len(days), causes=tuple(causes)
    )


def _missing(value: float, band: Band, usual: float | None) -> float:
    ends = [abs(value - end) for end in (band.low, band.high) if end is not None]
    return max(min(ends), abs(value - usual) if usual is not None else 0.0)


def _ranked(
    figure: str, value: float, missing: float, side: Side, now: Stretch, days: Sequence[Stretch], within_s: float
) -> list[Cause]:
    toward = 1 if side is Side.LOW else -1
    found = [
        *from_load(figure, value, now, days, within_s),
        *happenings(figure, value, now, days, within_s),
        *one_of_many(figure, now, days, toward),
        *peak(figure, value, now, days),
    ]
    told = [
        replace(cause, effect=None if cause.effect is None else cause.effect * toward)
        for cause in _told_once(found)
        if (
            _wait_too_long(figure, side)
            if cause.effect is None
            else cause.effect * toward >= _least(cause.kind) * missing
        )
    ]
    return sorted(told, key=_rank)


def _wait_too_long(figure: str, side: Side) -> bool:
    """Causes without a size are such as make callers wait: they explain nothing when callers wait less than the band has it."""
    return figure not in FIGURES_OF_WAITING or (side is Side.LOW) == (figure in MORE_IS_BETTER)


def _least(kind: Kind) -> float:
    return OF_A_PART if kind in (Kind.STANDS_OUT, Kind.PEAK) else WORTH_TELLING


def _told_once(causes: Sequence[Cause]) -> list[Cause]:
    """Who does not take calls is set not ready for it: both are one cause, and so are its effects."""
    refused = next((cause for cause in causes if cause.kind is Kind.REFUSALS and cause.subject), None)
    aside = next((cause for cause in causes if cause.kind is Kind.READINESS and cause.subject), None)
    if refused is None or aside is None or refused.subject != aside.subject:
        return list(causes)
    effect = (refused.effect or 0.0) + (aside.effect or 0.0)
    would_be = None if aside.would_be is None else aside.would_be + (refused.effect or 0.0)
    both = replace(refused, effect=effect, would_be=would_be)
    return [both if cause is refused else cause for cause in causes if cause is not aside]


def _rank(cause: Cause) -> tuple[bool, bool, float, int, str]:
    return (
        cause.kind is Kind.PEAK,
        cause.effect is None,
        -(cause.effect or 0.0),
        list(Kind).index(cause.kind),
        cause.subject,
    )
