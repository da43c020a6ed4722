"""How sure a mean of several runs is: Student's t over independent replications. Pure."""

import math
from collections.abc import Iterable
from functools import lru_cache

import msgspec

__all__ = ["LEVEL", "Estimate", "estimate", "student_t"]

LEVEL = 0.95


class Estimate(msgspec.Struct, frozen=True):
    """A mean, and how far the true one may be from it. `half_width` None: a single run tells nothing of that."""

    mean: float
    half_width: float | None
    runs: int

    def holds(self, value: float) -> bool:
        """Whether the value lies within the interval."""
        return self.half_width is not None and abs(value - self.mean) <= self.half_width


def estimate(seen: Iterable[float | None], level: float = LEVEL) -> Estimate | None:
    """The mean of what was seen; runs without data are left out, None when all are."""
    known = [value for value in seen if value is not None]
    if not known:
        return None
    mean = math.fsum(known) / len(known)
    if len(known) == 1:
        return Estimate(mean, None, 1)
    variance = math.fsum((value - mean) ** 2 for value in known) / (len(known) - 1)
    half_width = student_t(len(known) - 1, level) * math.sqrt(variance / len(known))
    return Estimate(mean, half_width, len(known))


@lru_cache(maxsize=64)
def student_t(freedom: int, level: float) -> float:
    """The t between whose plus and minus this share of the distribution lies: by bisection of its integral."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """The share between -t and t, in closed form (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine2 = math.cos(angle) ** 2
    odd = freedom % 2
    if freedom == 1:
        return 2 * angle / math.pi
    term = total = math.cos(angle) if odd else 1.0
    for n in range(2 + odd, freedom - 1, 2):
        term *= cosine2 * (n - 1) / n
        total += term
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
