"""Causes that lie in the load: callers, handle time, people. Each is held against the usual, and weighed by `load`."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from metrics.definitions import QueueCounts
from metrics.dimensions import Dimension
from metrics.why.cause import Cause, Kind
from metrics.why.load import FIGURES_OF_LOAD, FIGURES_OF_WAITING, Load, figure_of, load_of, mean_load
from metrics.why.stretch import Stretch
from metrics.why.usual import LEAST, LEAST_OF_STAFF, notable, usual_of

__all__ = ["CONCENTRATED", "from_load", "share_ready", "surplus", "the_one"]

T = TypeVar("T")

CONCENTRATED: Final = 0.75
"""A queue, agent or reason is named that brought so much of all there is above the usual."""


class _Lever(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be put to its usual value."""

    kind: Kind
    measure: Callable[[Load], float]
    put: Callable[[Load, Load], Load]
    """The first load, with this one thing as it is in the second."""
    chance: Callable[[Stretch, Load], float] = lambda stretch, load: 0.0
    """The standard deviation it has by the small number of calls alone."""
    least: float = LEAST
    """Less than this part off the usual is not told."""


def _over_time(load: Load, of: tuple[float, ...]) -> float:
    return math.fsum(value * span_s for value, span_s in zip(of, load.spans_s, strict=True)) / math.fsum(load.spans_s)


def share_ready(load: Load) -> float:
    """The share of the time logged in that nobody was "not ready"."""
    duty = _over_time(load, load.duty)
    at_work = tuple(duty * ready for duty, ready in zip(load.duty, load.readiness, strict=True))
    return _over_time(load, at_work) / duty if duty else 1.0


def _less_hold(load: Load, usual: Load) -> Load:
    return replace(load, hold=usual.hold, talk=load.talk - load.hold + usual.hold)


def _of_mean(seconds: float, talks: int) -> float:
    """Times of talks spread about as much as their mean is; a mean of many less so."""
    return seconds / math.sqrt(max(talks, 1))


CALLS: Final = _Lever(
    kind=Kind.CALLS,
    measure=lambda load: math.fsum(load.calls),
    put=lambda load, usual: replace(load, calls=usual.calls),
    chance=lambda stretch, load: math.sqrt(math.fsum(load.calls)),
)
TALK: Final = _Lever(
    kind=Kind.TALK,
    measure=lambda load: load.talk,
    put=lambda load, usual: replace(load, talk=usual.talk),
    chance=lambda stretch, load: _of_mean(load.talk, stretch.counts.talks),
)
WRAP_UP: Final = _Lever(
    kind=Kind.WRAP_UP,
    measure=lambda load: load.wrap_up,
    put=lambda load, usual: replace(load, wrap_up=usual.wrap_up),
    chance=lambda stretch, load: _of_mean(load.wrap_up, stretch.counts.wrap_ups),
)
HOLD: Final = _Lever(
    kind=Kind.HOLD,
    measure=lambda load: load.hold,
    put=_less_hold,
    chance=lambda stretch, load: _of_mean(load.hold, stretch.counts.talks),
)
DUTY: Final = _Lever(
    kind=Kind.DUTY,
    measure=lambda load: _over_time(load, load.duty),
    put=lambda load, usual: replace(load, duty=usual.duty),
    least=LEAST_OF_STAFF,
)
READINESS: Final = _Lever(
    kind=Kind.READINESS,
    measure=share_ready,
    put=lambda load, usual: replace(load, readiness=usual.readiness),
    least=LEAST_OF_STAFF,
)
ELSEWHERE: Final = _Lever(
    kind=Kind.ELSEWHERE,
    measure=lambda load: load.elsewhere,
    put=lambda load, usual: replace(load, elsewhere=usual.elsewhere),
)

WORK: Final = (CALLS, TALK, WRAP_UP, DUTY, READINESS, ELSEWHERE)
MORE_WORK: Final = (CALLS, TALK, WRAP_UP, ELSEWHERE)
LEVERS: Final[Mapping[str, tuple[_Lever, ...]]] = {
    **dict.fromkeys(FIGURES_OF_LOAD, WORK),
    "handle_time": (TALK, WRAP_UP),
    "talk_time": (HOLD,),
}


def from_load(figure: str, value: float, now: Stretch, before: Sequence[Stretch], within_s: float) -> Iterator[Cause]:
    """What in the load is off the usual, with what it is worth: `effect` is signed, up is positive."""
    if not before or figure not in LEVERS:
        return
    load, loads = load_of(now), [load_of(stretch) for stretch in before]
    usual_load = mean_load(loads, load)
    modelled = figure_of(figure, load, within_s)
    for lever in LEVERS[figure]:
        is_now, usual = lever.measure(load), usual_of([lever.measure(one) for one in loads])
        if usual is None or not notable(is_now, usual, lever.chance(now, load), lever.least):
            continue
        dimension, subject = _whence(lever.kind, is_now > usual.mean, now, before)
        otherwise = figure_of(figure, lever.put(load, usual_load), within_s)
        effect = None if otherwise is None or modelled is None else otherwise - modelled
        if effect is None and not (figure in FIGURES_OF_WAITING and _makes_wait(lever, is_now > usual.mean, load)):
            continue
        of_queue = lever.kind is Kind.CALLS and dimension is Dimension.QUEUE
        yield Cause(
            kind=lever.kind,
            now=_calls(now, subject) if of_queue else is_now,
            usual=math.fsum(_calls(day, subject) for day in before) / len(before) if of_queue else usual.mean,
            effect=effect,
            would_be=None if effect is None else value + effect,
            dimension=dimension,
            subject=subject,
        )


def _makes_wait(lever: _Lever, more: bool, load: Load) -> bool:
    """Whether callers wait longer for it, though nobody can say by how much: `figure_of` has no answer."""
    return more if lever in MORE_WORK else any(load.agents) and not more


def _calls(stretch: Stretch, queue: str) -> float:
    return float(stretch.queues[queue].offered) if queue in stretch.queues else 0.0


def _whence(kind: Kind, more: bool, now: Stretch, before: Sequence[Stretch]) -> tuple[Dimension | None, str]:
    """Where it comes from, if from one place."""
    match kind:
        case Kind.CALLS:
            return _one(Dimension.QUEUE, more, now.queues, [day.queues for day in before], lambda q: q.offered)
        case Kind.TALK | Kind.WRAP_UP | Kind.HOLD:
            return _longer_in(kind, more, now, before)
        case Kind.READINESS if not more:
            days = [day.people for day in before]
            agent = _one(Dimension.AGENT, True, now.people, days, lambda sums: sums.agents.not_ready_s)
            return agent if agent[1] else (None, the_one(surplus(now.reasons, [day.reasons for day in before], float)))
        case _:
            return None, ""


def _longer_in(kind: Kind, more: bool, now: Stretch, before: Sequence[Stretch]) -> tuple[Dimension | None, str]:
    """Seconds above what the same number of talks takes usually, by queue, then by agent."""
    spent: Callable[[QueueCounts], float] = {
        Kind.TALK: lambda counts: counts.talk_s,
        Kind.WRAP_UP: lambda counts: counts.wrap_up_s,
        Kind.HOLD: lambda counts: counts.hold_s,
    }[kind]
    ours = [
        (Dimension.QUEUE, now.queues, [day.queues for day in before]),
        (
            Dimension.AGENT,
            {agent: sums.queue for agent, sums in now.people.items()},
            [{agent: sums.queue for agent, sums in day.people.items()} for day in before],
        ),
    ]
    for dimension, counts, days in ours:
        extra = {}
        for key, mine in counts.items():
            talks = sum(day[key].talks for day in days if key in day)
            usual = sum(spent(day[key]) for day in days if key in day) / talks if talks else None
            if usual is not None:
                extra[key] = (spent(mine) - usual * mine.talks) * (1 if more else -1)
        if len(extra) > 1 and (subject := the_one(extra)):
            return dimension, subject
    return None, ""


def _one(
    dimension: Dimension, more: bool, now: Mapping[str, T], before: Sequence[Mapping[str, T]], of: Callable[[T], float]
) -> tuple[Dimension | None, str]:
    extra = {key: value if more else -value for key, value in surplus(now, before, of).items()}
    subject = the_one(extra) if len(extra) > 1 else ""
    return (dimension, subject) if subject else (None, "")


def surplus(now: Mapping[str, T], before: Sequence[Mapping[str, T]], of: Callable[[T], float]) -> dict[str, float]:
    """By key, how much more there is than usual."""
    if not before:
        return {key: of(value) for key, value in now.items()}
    keys = {*now, *(key for day in before for key in day)}
    return {
        key: (of(now[key]) if key in now else 0.0) - sum(of(day[key]) for day in before if key in day) / len(before)
        for key in keys
    }


def the_one(extra: Mapping[str, float]) -> str:
    """The key that alone brought most of what there is more."""
    above = {key: value for key, value in extra.items() if value > 0.0}
    if not above:
        return ""
    key = min(above, key=lambda key: (-above[key], key))
    return key if above[key] >= CONCENTRATED * math.fsum(above.values()) else ""
