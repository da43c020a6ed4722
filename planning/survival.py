"""Patience, of which a served caller shows only that it was longer than his wait: Kaplan and Meier's estimate.

E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958) 457-481. Beyond the longest
wait somebody gave up after, nothing was seen; there callers are taken to give up at the rate of the whole day (give-ups over
seconds waited), without memory. Pure.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from random import Random

import msgspec

__all__ = ["Patience", "patience_of"]


class Patience(msgspec.Struct, frozen=True):
    """At `times_s`, rising, the share of callers still waiting drops to `left`."""

    times_s: tuple[float, ...]
    left: tuple[float, ...]
    rate_per_s: float
    """Give-ups a second waited, over all: the tail. 0: nobody gave up."""
    gave_up: int
    censored: int
    """Callers who were served first, or otherwise left without giving up."""

    def survival(self, wait_s: float) -> float:
        """The share of callers whose patience is longer than this."""
        last_s = self.times_s[-1] if self.times_s else 0.0
        step = bisect_right(self.times_s, min(wait_s, last_s))
        share = self.left[step - 1] if step else 1.0
        return share * math.exp(-self.rate_per_s * max(wait_s - last_s, 0.0))

    def draw(self, random: Random, waited_s: float = 0.0) -> float:
        """A patience, given that it is longer than `waited_s`; infinite when nobody ever gave up."""
        return self._inverse(random.random() * self.survival(waited_s), waited_s)

    def _inverse(self, share: float, waited_s: float) -> float:
        """The first time, later than `waited_s`, at which no more than this share is left."""
        low, high = bisect_right(self.times_s, waited_s), len(self.times_s)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.left[middle] > share else (low, middle)
        if low < len(self.times_s):
            return self.times_s[low]
        if self.rate_per_s == 0.0:
            return math.inf
        last_s = self.times_s[-1] if self.times_s else 0.0
        at_last = self.left[-1] if self.left else 1.0
        if share <= 0.0:
            return math.inf
        return max(last_s + math.log(at_last / share) / self.rate_per_s, waited_s)


def patience_of(waits: Iterable[tuple[float, bool]]) -> Patience:
    """From waits in seconds, each with whether it ended with the caller giving up."""
    seen = sorted(waits)
    left, at_risk, share = [], len(seen), 1.0
    times_s: list[float] = []
    gave_up = 0
    position = 0
    while position < len(seen):
        at_s = seen[position][0]
        same = [up for wait_s, up in seen[position : position + _run(seen, position)] if wait_s == at_s]
        ends = sum(same)
        if ends:
            share *= 1.0 - ends / at_risk
            times_s.append(at_s)
            left.append(share)
            gave_up += ends
        at_risk -= len(same)
        position += len(same)
    waited_s = math.fsum(wait_s for wait_s, _ in seen)
    return Patience(
        times_s=tuple(times_s),
        left=tuple(left),
        rate_per_s=gave_up / waited_s if waited_s > 0.0 else 0.0,
        gave_up=gave_up,
        censored=len(seen) - gave_up,
    )


def _run(seen: list[tuple[float, bool]], position: int) -> int:
    """How many of the same wait follow each other from here on."""
    end = position
    while end < len(seen) and seen[end][0] == seen[position][0]:
        end += 1
    return end - position
