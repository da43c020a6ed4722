"""What a figure would be if one thing had been as usual.

Waits: each interval of the stretch is a queue in balance by Erlang A (metrics.erlang): callers Poisson at the interval's rate,
handle times exponential with the mean of the whole stretch, patience exponential with the mean that those who gave up show
(all waiting time / all abandons), agents the mean number at work. So many callers as an interval has, so much it counts. Then
one thing is put to its usual value, in all intervals, and the difference of the two answers is what that thing is worth. This
is a first-order method: it knows no skills, no callers left over from the interval before, and effects do not add up.

Occupancy, handle time and talk time are worked out from their own definitions.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from metrics.definitions import AgentTimes, QueueCounts
from metrics.erlang import Outlook, outlook
from metrics.why.stretch import Stretch

__all__ = ["FIGURES_OF_LOAD", "FIGURES_OF_WAITING", "LONGEST_S", "Load", "figure_of", "load_of", "mean_load"]

PATIENCE_S: Final = 1800.0
"""Where nobody gave up."""
LONGEST_S: Final = 7200.0
"""An interval that may be taken as a queue in balance."""
PANELS: Final = 120
"""Of the integrals: good to three digits, in a millisecond."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What a stretch had to do and who was there to do it; by interval what changes over a day."""

    spans_s: tuple[float, ...]
    calls: tuple[float, ...]
    """Callers who came to the queue."""
    duty: tuple[float, ...]
    """Agents logged in at once, on the average."""
    readiness: tuple[float, ...]
    """The share of that time that they were not "not ready"."""
    elsewhere: float
    """The share of their working time that other queues got."""
    talk: float
    """Seconds a talk; hold is part of it."""
    wrap_up: float
    """Seconds of paperwork a talk."""
    hold: float
    """Seconds of hold a talk."""
    ring_s: float
    """Seconds an agent's phone rings for a talk."""
    patience_s: float

    @property
    def agents(self) -> tuple[float, ...]:
        """Agents there are for these callers, by interval."""
        return tuple(
            duty * ready * (1.0 - self.elsewhere) for duty, ready in zip(self.duty, self.readiness, strict=True)
        )


def load_of(stretch: Stretch) -> Load:
    """The load of a stretch as it was."""
    parts, counts = stretch.in_parts, stretch.counts
    talks = max(counts.talks, 1)
    return Load(
        spans_s=tuple(part.end - part.start for part in parts),
        calls=tuple(float(part.counts.offered) for part in parts),
        duty=tuple(part.agents.logged_in_s / (part.end - part.start) for part in parts),
        readiness=tuple(_readiness(part.agents) for part in parts),
        elsewhere=_elsewhere(counts, stretch.agents),
        talk=counts.talk_s / talks,
        wrap_up=counts.wrap_up_s / talks,
        hold=counts.hold_s / talks,
        ring_s=_ring_s(stretch.agents, counts),
        patience_s=_patience_s(counts),
    )


def _readiness(agents: AgentTimes) -> float:
    logged_in_s = agents.logged_in_s
    return 1.0 - agents.not_ready_s / logged_in_s if logged_in_s else 1.0


def _work_s(agents: AgentTimes) -> float:
    return agents.talking_s + agents.holding_s + agents.wrap_up_s


def _elsewhere(counts: QueueCounts, agents: AgentTimes) -> float:
    """A talk is booked where it ends, an agent's time where it is: so a little more than all of it may seem to be here."""
    work_s = _work_s(agents)
    return max(1.0 - (counts.talk_s + counts.wrap_up_s) / work_s, 0.0) if work_s else 0.0


def _ring_s(agents: AgentTimes, counts: QueueCounts) -> float:
    work_s, mine_s = _work_s(agents), counts.talk_s + counts.wrap_up_s
    return agents.offered_s * min(mine_s / work_s, 1.0) / max(counts.talks, 1) if work_s else 0.0


def _patience_s(counts: QueueCounts) -> float:
    """The likeliest mean of an exponential patience: all waiting time / those who gave up."""
    waited_s = counts.answered_wait_s + counts.abandoned_wait_s + counts.short_abandoned_wait_s
    gave_up = counts.abandoned + counts.short_abandoned
    return min(max(waited_s / gave_up, 1.0), PATIENCE_S) if gave_up else PATIENCE_S


def mean_load(loads: Sequence[Load], like: Load) -> Load:
    """The usual load: interval by interval the mean of the days; times a call the mean of the days' means."""
    alike = [load for load in loads if len(load.calls) == len(like.calls)]

    def each(of: Callable[[Load], tuple[float, ...]]) -> tuple[float, ...]:
        return tuple(_mean(column) for column in zip(*(of(load) for load in alike), strict=True)) or of(like)

    def one(of: Callable[[Load], float]) -> float:
        return _mean([of(load) for load in alike]) if alike else of(like)

    return replace(
        like,
        calls=each(lambda load: load.calls),
        duty=each(lambda load: load.duty),
        readiness=each(lambda load: load.readiness),
        elsewhere=one(lambda load: load.elsewhere),
        talk=one(lambda load: load.talk),
        wrap_up=one(lambda load: load.wrap_up),
        hold=one(lambda load: load.hold),
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def figure_of(figure: str, load: Load, within_s: float) -> float | None:
    """The figure by formula. None: no formula has it, or nobody came; and of waits: no agent's hours are known, or an interval
    is so long that its mean says nothing of its peaks."""
    of = FIGURES_OF_LOAD.get(figure)
    if of is None or (figure in FIGURES_OF_WAITING and not (any(load.agents) and max(load.spans_s) <= LONGEST_S)):
        return None
    return of(load, within_s)


def _waits(take: Callable[["_Waits"], float | None]) -> Callable[[Load, float], float | None]:
    return lambda load, within_s: take(_Waits(load, within_s))


class _Waits:
    """The intervals' outlooks, each weighed by its callers."""

    def __init__(self, load: Load, within_s: float) -> None:
        self.calls = math.fsum(load.calls)
        handle_s = max(load.talk + load.wrap_up + load.ring_s, 1.0)
        self._parts = [
            (calls, _between(agents, calls / span_s, handle_s, load.patience_s, within_s))
            for calls, agents, span_s in zip(load.calls, load.agents, load.spans_s, strict=True)
            if calls > 0.0
        ]

    def mean(self, of: Callable[[Outlook], float]) -> float | None:
        return math.fsum(calls * of(one) for calls, one in self._parts) / self.calls if self.calls else None

    def asa_s(self) -> float | None:
        answered = math.fsum(calls * (1.0 - one.abandon_rate) for calls, one in self._parts)
        waited_s = math.fsum(calls * (1.0 - one.abandon_rate) * one.asa_s for calls, one in self._parts)
        return waited_s / answered if answered else None

    def queue_time_s(self) -> float | None:
        waits, all_s = self.mean(lambda one: one.waits), self.mean(lambda one: one.asa_s)
        return all_s / waits if waits and all_s is not None else None


def _between(agents: float, per_s: float, handle_s: float, patience_s: float, within_s: float) -> Outlook:
    """The outlook of a number of agents that is not whole: on the line between its neighbours."""
    below = math.floor(agents)
    low = _whole(below, per_s, handle_s, patience_s, within_s)
    part = agents - below
    if part < 0.01:
        return low
    high = _whole(below + 1, per_s, handle_s, patience_s, within_s)
    return Outlook(
        **{
            field: (1.0 - part) * getattr(low, field) + part * getattr(high, field)
            for field in Outlook.__struct_fields__
        }
    )


def _whole(agents: int, per_s: float, handle_s: float, patience_s: float, within_s: float) -> Outlook:
    if agents < 1:  # everybody waits until he gives up
        return Outlook(waits=1.0, service_level=0.0, asa_s=patience_s, abandon_rate=1.0, occupancy=0.0)
    return outlook(agents, per_s, handle_s, patience_s, within_s, PANELS)


def _occupancy(load: Load, _within_s: float) -> float | None:
    """(talk + hold) / (talk + hold + idle), all callers being answered: what is left of the time ready after wrap-ups."""
    ready_s = math.fsum(agents * span_s for agents, span_s in zip(load.agents, load.spans_s, strict=True))
    calls = math.fsum(load.calls)
    left_s = ready_s - calls * load.wrap_up
    return min(calls * load.talk / left_s, 1.0) if left_s > 0.0 else None


FIGURES_OF_LOAD: Final[dict[str, Callable[[Load, float], float | None]]] = {
    "service_level": _waits(lambda waits: waits.mean(lambda one: one.service_level)),
    "service_level_less_short_abandons": _waits(lambda waits: waits.mean(lambda one: one.service_level)),
    "asa": _waits(_Waits.asa_s),
    "abandon_rate": _waits(lambda waits: waits.mean(lambda one: one.abandon_rate)),
    "abandon_rate_with_short": _waits(lambda waits: waits.mean(lambda one: one.abandon_rate)),
    "answered_share": _waits(lambda waits: waits.mean(lambda one: 1.0 - one.abandon_rate)),
    "queued_share": _waits(lambda waits: waits.mean(lambda one: one.waits)),
    "queue_time": _waits(_Waits.queue_time_s),
    "occupancy": _occupancy,
    "handle_time": lambda load, _: load.talk + load.wrap_up,
    "talk_time": lambda load, _: load.talk,
}
FIGURES_OF_WAITING: Final = frozenset(FIGURES_OF_LOAD) - {"occupancy", "handle_time", "talk_time"}
"""Figures of how callers wait."""
