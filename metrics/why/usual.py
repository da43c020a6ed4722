"""What is usual: the mean of the same stretch on the comparable days before, and what is worth telling against it."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

__all__ = ["Usual", "notable", "usual_of"]

LEAST: Final = 0.10
"""Less than a tenth off the usual is not told (callers, times);"""
LEAST_OF_STAFF: Final = 0.03
"""of people at work and of their time ready, less than this: they differ little from day to day, and a little is much."""
FEW: Final = 2
"""With so few days to compare, or fewer, it must be twice as much."""
SPREADS: Final = 2.0
"""Nor is what lies within two standard deviations of the days: of 20 ordinary days 19 do."""


class Usual(msgspec.Struct, frozen=True):
    """The mean over the comparable days, their standard deviation (of the sample), and how many they were."""

    mean: float
    spread: float
    days: int


def usual_of(values: Sequence[float]) -> Usual | None:
    """None: there is no day to compare with."""
    if not values:
        return None
    mean = math.fsum(values) / len(values)
    spread = (
        math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)) if len(values) > 1 else 0.0
    )
    return Usual(mean, spread, len(values))


def notable(now: float, usual: Usual, chance: float = 0.0, least: float = LEAST) -> bool:
    """Whether it is off the usual by more than days differ. `chance`: the standard deviation that a day's number has by the
    small number of its calls alone; few days compared may not show it."""
    least_off = least * abs(usual.mean) * (1.0 if usual.days > FEW else 2.0)
    return abs(now - usual.mean) > max(SPREADS * max(usual.spread, chance), least_off)
