"""Who rings when, which keys he presses and how long he waits; when the agent takes her break. Pure: chance is passed in.

The story is told in acts of about a minute. Each has quick callers at its beginning, one who errs at the menu, one who leaves
it, one who is served and rings again, a rush that fills the queues, and a VIP in the middle of the rush.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle
from random import Random
from typing import Final

__all__ = ["CAST", "NEVER_ANSWERS", "TAKES_BREAK", "VIPS", "Break", "Caller", "Story", "write_story"]

CAST: Final = {
    "1001": ("王小明", "Wang Ming"),
    "1002": ("李娜", "Li Na"),
    "1003": ("张伟", "Zhang Wei"),
    "1004": ("刘洋", "Liu Yang"),
    "1005": ("陈静", "Chen Jing"),
}
"""The agents: number -> name in Chinese and English."""
NEVER_ANSWERS: Final = "1004"
"""Until the system has set him not ready and he has noticed."""
TAKES_BREAK: Final = "1005"

VIPS: Final = {"13800008888": 2, "13900006666": 1}
"""Callers who go ahead, and their level."""

ACT_S: Final = 60.0
RUSH: Final = 0.55
BREAK: Final = 0.3
"""Where in an act they begin."""
LONGEST_BREAK_S: Final = 15.0
LAST_CALLER_S: Final = 15.0
"""So long before the end nobody rings any more: most callers are served when the curtain falls."""

SHORT_PATIENCE_S: Final = {3: 12.0, 4: 19.0}
"""Of the rush, by place: the first of them gives up, the other may be lucky."""

_FAMILIES: Final = (
    *(("赵", "Zhao"), ("钱", "Qian"), ("孙", "Sun"), ("吴", "Wu"), ("郑", "Zheng"), ("冯", "Feng"), ("沈", "Shen")),
    *(("韩", "Han"), ("杨", "Yang"), ("朱", "Zhu"), ("许", "Xu"), ("何", "He"), ("曹", "Cao"), ("姜", "Jiang")),
)
_TITLES: Final = (("先生", "Mr"), ("女士", "Ms"))
_PREFIXES: Final = ("136", "137", "139", "150", "158", "186", "189")
_REPAIR, _CONSULT, _COMPLAINT, _OPERATOR = "1", "2", "3", "0"

Keys = tuple[tuple[float, str], ...]
Name = tuple[str, str]
"""In Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller. `keys` are (seconds after the last one, key); `patience_s` counts from his ringing to a person's voice."""

    rings_at_s: float
    number: str
    name: Name
    keys: Keys
    patience_s: float
    rings_again_after_s: float | None = None
    """After the end of his call; None: he does not."""


@dataclass(frozen=True, slots=True)
class Break:
    """The agent wants a break of this length."""

    begins_at_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, callers in the order they ring."""

    length_s: float
    callers: tuple[Caller, ...]
    breaks: tuple[Break, ...]


def write_story(length_s: float, chance: Random) -> Story:
    """The story of a show of this length; the same chance gives the same story."""
    acts = max(1, round(length_s / ACT_S))
    act_s = length_s / acts
    people = _people(chance)
    callers = [
        caller
        for number, vip in zip(range(acts), cycle(VIPS), strict=False)
        for caller in _Act(number * act_s, act_s, people, chance).callers(vip)
    ]
    last_s = length_s - min(LAST_CALLER_S, length_s / 5)
    in_time = sorted((caller for caller in callers if caller.rings_at_s < last_s), key=lambda one: one.rings_at_s)
    return Story(length_s, tuple(in_time), tuple(_breaks(acts, act_s)))


def _breaks(acts: int, act_s: float) -> Iterator[Break]:
    for act in range(acts):
        begins_s = (act + BREAK) * act_s
        yield Break(begins_s, min(LONGEST_BREAK_S, act_s / 4))


def _people(chance: Random) -> Iterator[tuple[str, Name]]:
    """Number and name of ever new people; their last four digits, which a masked number shows, are all different."""
    for serial in count(1):
        number = f"{chance.choice(_PREFIXES)}0000{serial * 37 % 10_000:04}"
        family, title = chance.choice(_FAMILIES), chance.choice(_TITLES)
        yield number, (family[0] + title[0], f"{title[1]} {family[1]}")


class _Act:
    """One act of the story; times are shares of it, or seconds where people's patience and fingers are meant."""

    def __init__(self, begins_s: float, length_s: float, people: Iterator[tuple[str, Name]], chance: Random) -> None:
        self._begins_s = begins_s
        self._length_s = length_s
        self._people = people
        self._chance = chance

    def callers(self, vip: str) -> Iterator[Caller]:
        """Everybody who rings in this act, in no order."""
        yield self._caller(0.005, self._early(_COMPLAINT), 60.0, again_s=self._chance.uniform(2.0, 4.0))
        yield self._caller(0.03, self._early(_CONSULT), 60.0)
        yield self._caller(0.08, ((1.2, "8"), (5.0, _CONSULT)), 60.0)  # a key that leads nowhere, then the right one
        yield self._caller(0.16, self._early(_OPERATOR), 60.0)
        yield self._caller(0.25, (), self._chance.uniform(6.0, 9.0))  # hears the menu and goes
        yield self._caller(0.3, self._listening(_REPAIR), 60.0)
        yield from self._rush(RUSH)
        yield self._vip(RUSH, vip)
        yield from self._ordinary(0.85)

    def _rush(self, at: float) -> Iterator[Caller]:
        """More callers at once than there are agents; some soon have enough."""
        for place, key in enumerate((_REPAIR, _CONSULT, _COMPLAINT, _REPAIR, _REPAIR, _REPAIR)):
            yield self._caller(at, self._early(key), SHORT_PATIENCE_S.get(place, 60.0))
            at += self._chance.uniform(0.3, 0.8) / self._length_s

    def _vip(self, rush_at: float, number: str) -> Caller:
        """He rings when those of the rush have just begun to wait."""
        return Caller(
            self._begins_s + rush_at * self._length_s + 4.0, number, ("贵宾", "VIP"), self._early(_REPAIR), 60.0
        )

    def _ordinary(self, at: float) -> Iterator[Caller]:
        """Callers as they come, to the end of the act."""
        while at < 1.0:
            key = self._chance.choices((_REPAIR, _CONSULT, _COMPLAINT, _OPERATOR), (5, 4, 2, 1))[0]
            press = self._early if self._chance.random() < 0.5 else self._listening
            yield self._caller(at, press(key), self._chance.uniform(20.0, 60.0))
            at += self._chance.uniform(4.0, 9.0) / self._length_s

    def _caller(self, at: float, keys: Keys, patience_s: float, again_s: float | None = None) -> Caller:
        number, name = next(self._people)
        return Caller(self._begins_s + at * self._length_s, number, name, keys, patience_s, again_s)

    def _early(self, key: str) -> Keys:
        """He knows the menu and presses into the welcome."""
        return ((round(self._chance.uniform(0.5, 1.5), 1), key),)

    def _listening(self, key: str) -> Keys:
        """He hears what there is to press."""
        return ((round(self._chance.uniform(4.5, 7.0), 1), key),)
