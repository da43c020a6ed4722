"""One queue, one agent or one hour that stands out in the stretch itself.

It does so by what the figure would be without it, less what its absence makes on usual days: a queue that is always slow does
not explain why today is bad. With no days to compare, its part of the misses must be half as much again as its part of the
calls.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from metrics.definitions import FIGURES, AgentTimes, QueueCounts, Sums, Unit
from metrics.dimensions import Dimension
from metrics.why.cause import Cause, Kind
from metrics.why.load import FIGURES_OF_WAITING, LONGEST_S
from metrics.why.stretch import Part, Stretch
from metrics.why.usual import notable, usual_of

__all__ = ["MISSES", "one_of_many", "peak"]

MORE_THAN_ITS_PART: Final = 1.5
OF_THE_PEAK: Final = 0.5
"""So much of the misses makes a peak,"""
SHORT_PEAK: Final = 1 / 3
"""if it is no longer than this part of the stretch."""

MISSES: Final[Mapping[str, Callable[[QueueCounts], float]]] = {
    **dict.fromkeys(
        ("service_level", "service_level_less_short_abandons"),
        lambda counts: counts.offered - counts.answered_within_sl,
    ),
    **dict.fromkeys(("abandon_rate", "abandon_rate_with_short"), lambda counts: counts.abandoned),
    "answered_share": lambda counts: counts.offered - counts.answered,
    "asa": lambda counts: counts.answered_wait_s,
    "queue_time": lambda counts: counts.queued_wait_s,
    "queued_share": lambda counts: counts.offered - counts.direct,
    "time_to_abandon": lambda counts: counts.abandoned_wait_s + counts.short_abandoned_wait_s,
    "talk_time": lambda counts: counts.talk_s,
    "after_call_work": lambda counts: counts.wrap_up_s,
    "handle_time": lambda counts: counts.talk_s + counts.wrap_up_s,
}
"""What the figure counts against the target: callers, or seconds."""


def one_of_many(figure: str, now: Stretch, before: Sequence[Stretch], toward: int) -> Iterator[Cause]:
    """Queues and agents whose absence would bring the figure nearer to its target. `toward`: 1 up, -1 down."""
    yield from _keys(Dimension.QUEUE, figure, _by_queue(now), [_by_queue(day) for day in before], toward)
    if figure not in FIGURES_OF_WAITING:  # nobody waits for one agent
        yield from _keys(Dimension.AGENT, figure, now.people, [day.people for day in before], toward)


def _by_queue(stretch: Stretch) -> dict[str, Sums]:
    return {queue: Sums(counts, AgentTimes()) for queue, counts in stretch.queues.items()}


def _keys(
    dimension: Dimension,
    figure: str,
    now: Mapping[str, Sums],
    before: Sequence[Mapping[str, Sums]],
    toward: int,
) -> Iterator[Cause]:
    of, whole = FIGURES[figure].of, Sums.total(now.values())
    value, days = of(whole), [_without(figure, day) for day in before]
    if value is None or len(now) < 2:
        return
    for key, effect in _without(figure, now).items():
        own = of(now[key])
        if own is None or (own - value) * toward >= 0.0:
            continue
        usual = usual_of([day.get(key, 0.0) for day in days])
        share = _share(figure, now[key].queue, whole.queue)
        if usual is None:
            if share is None or share < MORE_THAN_ITS_PART * now[key].queue.offered / max(whole.queue.offered, 1):
                continue
        elif not notable(effect, usual, _chance(figure, value, now[key].queue, whole.queue)):
            continue
        owns = [mine for day in before if key in day and (mine := of(day[key])) is not None]
        yield Cause(
            kind=Kind.STANDS_OUT,
            now=own,
            usual=math.fsum(owns) / len(owns) if owns else None,
            effect=effect - (usual.mean if usual else 0.0),
            would_be=value + effect,
            dimension=dimension,
            subject=key,
            share=share,
        )


def _chance(figure: str, value: float, mine: QueueCounts, whole: QueueCounts) -> float:
    """The standard deviation that the absence of a part makes if it is like the rest, by the number of its calls alone."""
    if figure in FIGURES_OF_WAITING:
        calls, all_calls = mine.offered, whole.offered
    else:
        calls, all_calls = mine.talks, whole.talks
    if not 0 < calls < all_calls:
        return 0.0
    one = math.sqrt(max(value * (1.0 - value), 0.0)) if FIGURES[figure].unit is Unit.RATIO else value
    return one / math.sqrt(calls) * calls / (all_calls - calls)


def _without(figure: str, all_of_them: Mapping[str, Sums]) -> dict[str, float]:
    """By key, how much higher the figure is without it."""
    of, whole = FIGURES[figure].of, Sums.total(all_of_them.values())
    value = of(whole)
    found = {}
    for key, mine in all_of_them.items():
        rest = of(_rest(whole, mine))
        if value is not None and rest is not None:
            found[key] = rest - value
    return found


def _rest(whole: Sums, part: Sums) -> Sums:
    """What is left without a part. The outcomes of offers are left out: no figure here is made of them."""
    queue, agents = QueueCounts(), AgentTimes()
    for rest, everything, mine in ((queue, whole.queue, part.queue), (agents, whole.agents, part.agents)):
        for field in rest.__struct_fields__:
            if field != "offers":
                setattr(rest, field, getattr(everything, field) - getattr(mine, field))
    return Sums(queue, agents)


def _share(figure: str, mine: QueueCounts, whole: QueueCounts) -> float | None:
    misses = MISSES.get(figure)
    if misses is None:
        return None
    all_misses = misses(whole)
    return misses(mine) / all_misses if all_misses else None


def peak(figure: str, value: float, now: Stretch, before: Sequence[Stretch]) -> Iterator[Cause]:
    """The shortest run of intervals that half of the misses fall into, if it is short and has more than its part of them."""
    if figure not in FIGURES_OF_WAITING or len(now.parts) < 3 or now.parts[0].end - now.parts[0].start > LONGEST_S:
        return
    of, misses = FIGURES[figure].of, MISSES[figure]
    found = _run(now.parts, misses)
    if found is None:
        return
    first, last = found
    inside = QueueCounts.total(part.counts for part in now.parts[first:last])
    share = misses(inside) / sum(misses(part.counts) for part in now.parts)
    if share < MORE_THAN_ITS_PART * inside.offered / max(sum(part.counts.offered for part in now.parts), 1):
        return
    own, without = of(Sums(inside, AgentTimes())), _outside(figure, now.parts, first, last)
    usual = usual_of([rest for day in before if (rest := _outside(figure, day.parts, first, last)) is not None])
    if own is None or without is None or (usual is not None and not notable(without, usual)):
        return
    yield Cause(
        kind=Kind.PEAK,
        now=own,
        effect=without - (usual.mean if usual else 0.0),
        would_be=value + without,
        share=share,
        start=now.parts[first].start,
        end=now.parts[last - 1].end,
    )


def _run(parts: Sequence[Part], misses: Callable[[QueueCounts], float]) -> tuple[int, int] | None:
    counted = [misses(part.counts) for part in parts]
    enough = OF_THE_PEAK * sum(counted)
    if enough <= 0.0:
        return None
    for length in range(1, int(len(parts) * SHORT_PEAK) + 1):
        runs = [(sum(counted[first : first + length]), -first) for first in range(len(parts) - length + 1)]
        most, minus_first = max(runs)
        if most >= enough:
            return -minus_first, -minus_first + length
    return None


def _outside(figure: str, parts: Sequence[Part], first: int, last: int) -> float | None:
    """How much higher the figure is without these intervals; None: nobody came in the others."""
    of = FIGURES[figure].of
    whole = of(Sums(QueueCounts.total(part.counts for part in parts), AgentTimes()))
    rest = of(Sums(QueueCounts.total(part.counts for part in (*parts[:first], *parts[last:])), AgentTimes()))
    return None if whole is None or rest is None else rest - whole
