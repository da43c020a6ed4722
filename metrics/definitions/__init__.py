"""Each figure of the hotline, defined once: formula, unit, target band, names.

Live displays, Prometheus rules, reports and replays all use these. A formula works on plain sums (`Sums`) and answers None
when there is nothing to divide by: "no data" is neither 0 nor NaN. Times are seconds, points are those of the survey's or the
inspector's scale.

The numbers in `norm` are those of the 23 call-centre norms of J. Anton (Purdue). Where the field has several definitions of
one figure they stand side by side as variants with ids of their own, and are never mixed.
"""

from collections.abc import Mapping
from typing import Final

from metrics.definitions.counts import AgentTimes, QueueCounts, Sums
from metrics.definitions.figure import Band, Figure, Side, Unit
from metrics.definitions.results import REPEAT_DAYS, RESULTS
from metrics.definitions.waiting import WAITING
from metrics.definitions.work import WORK

__all__ = [
    "FIGURES",
    "REPEAT_DAYS",
    "AgentTimes",
    "Band",
    "Figure",
    "QueueCounts",
    "Side",
    "Sums",
    "Unit",
    "bands_in_force",
    "values",
]

FIGURES: Final[dict[str, Figure]] = {figure.id: figure for figure in (*WAITING, *WORK, *RESULTS)}


def values(sums: Sums) -> dict[str, float | None]:
    """All figures of these sums, by id; None: no data."""
    return {name: figure.of(sums) for name, figure in FIGURES.items()}


def bands_in_force(own: Mapping[str, Band]) -> dict[str, Band]:
    """Where each figure should be: by the site's own bands, else by the figure's; those with neither are not in it."""
    defaults = {name: figure.band for name, figure in FIGURES.items() if figure.band is not None}
    return {**defaults, **own}
