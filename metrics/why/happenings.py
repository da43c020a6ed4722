"""What happened in the stretch: offers not taken, overflows, misdials, breaks too long, long waits before a survey."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from metrics.definitions import FIGURES, QueueCounts, Sums
from metrics.dimensions import Dimension
from metrics.why.cause import Cause, Kind
from metrics.why.levers import share_ready, surplus, the_one
from metrics.why.load import FIGURES_OF_WAITING, Load, figure_of, load_of
from metrics.why.stretch import Stretch, refusals
from metrics.why.usual import notable, usual_of

__all__ = ["happenings"]

FEW: Final = 5
"""Less of anything explains nothing."""
MANY_REFUSED: Final = 0.2
"""With no days to compare: so many of the offers are many."""
SURVEYS: Final = frozenset({"survey_score", "survey_answered"})

WITHOUT_SHORT: Final[Mapping[str, Callable[[Sums], float | None]]] = {
    "service_level": FIGURES["service_level_less_short_abandons"].of,
    "time_to_abandon": FIGURES["time_to_abandon_less_short"].of,
    "answered_share": FIGURES["answered_share_less_short"].of,
}
"""What the figure would be if nobody had misdialled."""


def happenings(figure: str, value: float, now: Stretch, before: Sequence[Stretch], within_s: float) -> Iterator[Cause]:
    """All that may explain the figure; `effect` is signed, up is positive."""
    if figure in FIGURES_OF_WAITING:
        yield from _refused(figure, value, now, before, within_s)
        yield from _overflowed(now, before)
    if figure in FIGURES_OF_WAITING or figure == "occupancy":
        yield from _paused(figure, value, now, within_s)
    if figure in WITHOUT_SHORT:
        yield from _short(figure, value, now, before)
    if figure in SURVEYS:
        yield from _waited(now, before)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _more(now: float, days: Sequence[float]) -> bool:
    """Whether a number of callers or offers is well above the usual, or no day can say."""
    usual = usual_of(days)
    return now >= FEW and (usual is None or (now > usual.mean and notable(now, usual, math.sqrt(now))))


def _refused(figure: str, value: float, now: Stretch, before: Sequence[Stretch], within_s: float) -> Iterator[Cause]:
    """Offers not taken. An agent who does not take every third offer is, for a third of his free time, not there."""
    refused, days = _all_refused(now), [float(_all_refused(day)) for day in before]
    if not _more(refused, days) or (not days and refused < MANY_REFUSED * _all_offers(now)):
        return
    extra = surplus(now.people, [day.people for day in before], lambda sums: refusals(sums.queue))
    agent = the_one(extra) if len(now.people) > 1 else ""
    lost = _lost(now) - (math.fsum(_lost(day) for day in before) / len(before) if before else 0.0)
    load = load_of(now)
    missing = replace(load, readiness=tuple(ready * (1.0 - max(lost, 0.0)) for ready in load.readiness))
    with_them, without = figure_of(figure, load, within_s), figure_of(figure, missing, within_s)
    effect = with_them - without if with_them is not None and without is not None else None
    if agent:
        is_now = refusals(now.people[agent].queue)
        usual = [float(refusals(day.people[agent].queue)) if agent in day.people else 0.0 for day in before]
    else:
        is_now, usual = refused, days
    yield Cause(
        kind=Kind.REFUSALS,
        now=is_now,
        usual=math.fsum(usual) / len(usual) if usual else None,
        effect=effect,
        would_be=None if effect is None else value + effect,
        dimension=Dimension.AGENT if agent else None,
        subject=agent,
        share=is_now / refused,
    )


def _all_refused(stretch: Stretch) -> int:
    """By the people who serve the queue, for whichever of their queues; of the queue itself if its people are not known."""
    people = stretch.people.values()
    return sum(refusals(sums.queue) for sums in people) if people else refusals(stretch.counts)


def _all_offers(stretch: Stretch) -> int:
    counts = [sums.queue for sums in stretch.people.values()] or [stretch.counts]
    return sum(sum(one.offers.values()) for one in counts)


def _lost(stretch: Stretch) -> float:
    """The share of the time agents were not "not ready" that is free time of agents who would not have taken a call."""
    lost_s = 0.0
    for sums in stretch.people.values():
        refused, accepted = refusals(sums.queue), sums.queue.offers.get("accepted", 0)
        if refused:
            lost_s += sums.agents.idle_s * refused / (refused + accepted)
    there_s = stretch.agents.logged_in_s - stretch.agents.not_ready_s
    return min(lost_s / there_s, 1.0) if there_s > 0.0 else 0.0


def _overflowed(now: Stretch, before: Sequence[Stretch]) -> Iterator[Cause]:
    """A rule sent callers on: who waits too long is sent on too, so this may be what follows, and no size is given."""
    days = [float(day.counts.overflowed) for day in before]
    if _more(now.counts.overflowed, days):
        usual = math.fsum(days) / len(days) if days else None
        yield Cause(kind=Kind.OVERFLOWS, now=now.counts.overflowed, usual=usual)


def _paused(figure: str, value: float, now: Stretch, within_s: float) -> Iterator[Cause]:
    over_s = math.fsum(pause.over_s for pause in now.pauses)
    logged_in = now.agents.logged_in_s
    if over_s <= 0.0 or not logged_in:
        return
    load = load_of(now)
    with_them = figure_of(figure, _readier(load, over_s / logged_in), within_s)
    as_it_was = figure_of(figure, load, within_s)
    if with_them is None or as_it_was is None:
        return
    agents = {pause.agent for pause in now.pauses}
    yield Cause(
        kind=Kind.PAUSES,
        now=len(now.pauses),
        effect=with_them - as_it_was,
        would_be=value + with_them - as_it_was,
        dimension=Dimension.AGENT if len(agents) == 1 else None,
        subject=min(agents) if len(agents) == 1 else "",
        seconds=over_s,
    )


def _readier(load: Load, by: float) -> Load:
    """Everybody as much readier at all times."""
    ready = share_ready(load)
    factor = min(ready + by, 1.0) / ready if ready else 1.0
    return replace(load, readiness=tuple(min(one * factor, 1.0) for one in load.readiness))


def _short(figure: str, value: float, now: Stretch, before: Sequence[Stretch]) -> Iterator[Cause]:
    days = [float(day.counts.short_abandoned) for day in before]
    if not _more(now.counts.short_abandoned, days):
        return
    effects = [effect for day in before if (effect := _without_short(figure, day.sums)) is not None]
    effect = _without_short(figure, now.sums)
    if effect is not None:
        yield Cause(
            kind=Kind.SHORT,
            now=now.counts.short_abandoned,
            usual=math.fsum(days) / len(days) if days else None,
            effect=effect - (math.fsum(effects) / len(effects) if effects else 0.0),
            would_be=value + effect,
        )


def _without_short(figure: str, sums: Sums) -> float | None:
    value, without = FIGURES[figure].of(sums), WITHOUT_SHORT[figure](sums)
    return None if value is None or without is None else without - value


def _waited(now: Stretch, before: Sequence[Stretch]) -> Iterator[Cause]:
    """Who waited longer than usual may be less content: that goes together, and is no proof."""
    asa = FIGURES["asa"].of
    is_now, days = asa(now.sums), [wait for day in before if (wait := asa(day.sums)) is not None]
    usual = usual_of(days)
    if is_now is not None and usual is not None and is_now > usual.mean and notable(is_now, usual, _error(now.counts)):
        yield Cause(kind=Kind.WAIT, now=is_now, usual=usual.mean)


def _error(counts: QueueCounts) -> float:
    return counts.answered_wait_s / counts.answered / math.sqrt(counts.answered) if counts.answered else 0.0
