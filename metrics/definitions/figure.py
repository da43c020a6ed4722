"""What a figure is: a formula over sums, with its names, its source and the band it should be in."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from metrics.definitions.counts import Sums

__all__ = ["COMMON", "HOTLINE", "NORM", "Band", "Figure", "Side", "Unit", "share"]

NORM: Final = "J. Anton, Purdue"
COMMON: Final = "common variant"
HOTLINE: Final = "Hotline"


class Unit(StrEnum):
    """What a figure is counted in. Ratios run from 0 to 1."""

    RATIO = "ratio"
    SECONDS = "seconds"
    POINTS = "points"
    RINGS = "rings"
    CALLS = "calls"
    PER_HOUR = "per_hour"
    YUAN = "yuan"


class Side(StrEnum):
    """On which side of its band a value is."""

    LOW = "low"
    HIGH = "high"


class Band(msgspec.Struct, frozen=True):
    """Where a figure should be, both ends included; None: no limit on that side."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value is on target."""
        return self.side(value) is None

    def side(self, value: float) -> Side | None:
        """None: it is on target."""
        if self.low is not None and value < self.low:
            return Side.LOW
        return Side.HIGH if self.high is not None and value > self.high else None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: its value is `of(sums)`."""

    id: str
    norm: int | None = None
    """Its number among the 23 norms; None: it is none of them."""
    names: dict[str, str]
    unit: Unit
    formula: str
    formula_zh: str
    source: str = NORM
    """Whose definition this is."""
    of: Callable[[Sums], float | None]
    band: Band | None = None
    """The default target; None: each centre's own, and variants have none."""
    variant_of: str | None = None


def share(part: float | None, whole: float | None) -> float | None:
    """The one through the other; None when there is nothing to divide, or nothing to divide by."""
    return part / whole if part is not None and whole else None
