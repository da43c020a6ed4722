"""Durations by chance: the distributions of handle time, patience and ringing. Pure: the Random comes with each draw."""

import math
from random import Random
from typing import Protocol

import msgspec

__all__ = ["Constant", "Distribution", "Erlang", "Exponential", "Lognormal", "Mixed", "Never", "Sample"]


class Distribution(Protocol):
    """A way to draw a duration in seconds."""

    @property
    def mean_s(self) -> float: ...

    def draw(self, random: Random) -> float: ...


class _Distribution(msgspec.Struct, frozen=True, tag_field="kind", tag=str.lower):
    pass


class Constant(_Distribution, frozen=True):
    """Always the same."""

    mean_s: float

    def draw(self, random: Random) -> float:
        return self.mean_s


class Exponential(_Distribution, frozen=True):
    """Without memory: what theory (Erlang C, Erlang A) assumes."""

    mean_s: float

    def draw(self, random: Random) -> float:
        return random.expovariate(1.0 / self.mean_s)


class Erlang(_Distribution, frozen=True):
    """The sum of so many exponential phases: the more, the steadier."""

    mean_s: float
    phases: int

    def draw(self, random: Random) -> float:
        return random.gammavariate(self.phases, self.mean_s / self.phases)


class Lognormal(_Distribution, frozen=True):
    """What talks were seen to be like (Brown et al., JASA 100 (2005) 36-50). `sd_s` is the standard deviation."""

    mean_s: float
    sd_s: float

    def draw(self, random: Random) -> float:
        if self.sd_s == 0.0:
            return self.mean_s
        sigma2 = math.log1p((self.sd_s / self.mean_s) ** 2)
        return random.lognormvariate(math.log(self.mean_s) - sigma2 / 2, math.sqrt(sigma2))


class Mixed(_Distribution, frozen=True):
    """Two kinds in one: a `share` (0-1) of draws is exponential with `mean_a_s`, the others with `mean_b_s`."""

    share: float
    mean_a_s: float
    mean_b_s: float

    @property
    def mean_s(self) -> float:
        return self.share * self.mean_a_s + (1 - self.share) * self.mean_b_s

    def draw(self, random: Random) -> float:
        return random.expovariate(1.0 / (self.mean_a_s if random.random() < self.share else self.mean_b_s))


class Sample(_Distribution, frozen=True):
    """One of these that were seen, each as likely."""

    seen_s: tuple[float, ...]

    @property
    def mean_s(self) -> float:
        return sum(self.seen_s) / len(self.seen_s)

    def draw(self, random: Random) -> float:
        return random.choice(self.seen_s)


class Never(_Distribution, frozen=True):
    """Patience without end."""

    @property
    def mean_s(self) -> float:
        return math.inf

    def draw(self, random: Random) -> float:
        return math.inf
