"""Who rings, and how people behave, as a planner writes it down: arrivals by half hour, distributions of times, shares. Pure.

A day has 48 half hours, counted from midnight; times are seconds, shares run from 0 to 1.
"""

from collections import deque
from collections.abc import Iterator
from random import Random

import msgspec

from acd.model import QueueId
from acd.rules import CallerRule, Rules
from planning.draws import Constant, Erlang, Exponential, Lognormal, Mixed, Never, Sample

__all__ = ["DAY_S", "HALF_HOURS", "HALF_HOUR_S", "Draws", "Repeats", "Stream", "Traffic", "Who", "arrivals", "known"]

DAY_S = 86400.0
HALF_HOUR_S = 1800
HALF_HOURS = 48
VIPS = 200
"""Different callers of each VIP level."""

Draws = Constant | Exponential | Erlang | Lognormal | Mixed | Sample | Never


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """The callers of one queue."""

    queue: QueueId
    arrivals: tuple[float, ...]
    """Mean number of calls in each half hour; how many really come is chance (Poisson)."""
    talk: Draws
    wrap_up: Draws | None = None
    """How long paperwork takes; never more than the queue's wrap_up. None: all of it."""
    patience: Draws = Never()
    priority: int = 0
    require: dict[str, int] = {}
    """Skills the menu choice asks for, with the least level."""
    attributes: dict[str, str] = {}


class Repeats(msgspec.Struct, frozen=True, kw_only=True):
    """Callers who have rung before: a `share` of all calls is of somebody who rang within the last `within_s`."""

    share: float = 0.0
    within_s: float = 14400.0


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """All callers of a day, and how phones are taken."""

    streams: tuple[Stream, ...]
    vip: dict[int, float] = {}
    """By VIP level, its share of the callers."""
    repeats: Repeats = Repeats()
    answer: Draws = Constant(0.0)
    """From the offer to the answer."""
    missed: float = 0.0
    """Share of offers the agent lets ring out."""
    back_after: Draws = Constant(120.0)
    """How long agents stay away who were set not ready for missed calls."""
    redial: float = 0.0
    """Share of those who gave up who ring again."""
    redial_after: Draws = Exponential(300.0)


def arrivals(stream: Stream, random: Random, start: float) -> Iterator[float]:
    """When the callers of a day come, if it begins at `start`: Poisson, at each half hour's own rate."""
    for half, mean in enumerate(stream.arrivals):
        begins = start + half * HALF_HOUR_S
        at = begins
        while mean > 0.0:
            at += random.expovariate(mean / HALF_HOUR_S)
            if at >= begins + HALF_HOUR_S:
                break
            yield at


def known(rules: Rules, traffic: Traffic) -> Rules:
    """The rules with the simulated VIPs' numbers in them: what a level means is theirs to say."""
    numbers = {_vip(level, n): CallerRule(vip=level) for level in traffic.vip for n in range(VIPS)}
    return msgspec.structs.replace(rules, numbers={**rules.numbers, **numbers}) if numbers else rules


def _vip(level: int, n: int) -> str:
    return f"vip-{level}-{n}"


class Who:
    """Says who the next caller is: somebody new, a VIP, or one who rang before."""

    def __init__(self, traffic: Traffic, random: Random) -> None:
        self._traffic = traffic
        self._random = random
        self._recent: deque[tuple[float, str]] = deque()
        self._strangers = 0

    def rings(self, at: float) -> str:
        """The number of the caller who rings at this moment."""
        repeats = self._traffic.repeats
        while self._recent and self._recent[0][0] < at - repeats.within_s:
            self._recent.popleft()
        if self._random.random() < repeats.share and self._recent:
            number = self._recent[self._random.randrange(len(self._recent))][1]
        else:
            number = self._somebody_new()
        if repeats.share > 0.0:
            self._recent.append((at, number))
        return number

    def _somebody_new(self) -> str:
        chance = self._random.random()
        for level, share in self._traffic.vip.items():
            if chance < share:
                return _vip(level, self._random.randrange(VIPS))
            chance -= share
        self._strangers += 1
        return f"caller-{self._strangers}"
