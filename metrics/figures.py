"""The figures of a queue, of the site or of some agents over a stretch of time, live: what is not over yet is in them.

Agents are given as they are now (`OpenState`): the time since the last change of state is in no record yet, and an agent who
has been ready for two hours must count in the occupancy of these two hours.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec
from msgspec.structs import asdict

from acd.model import QueueId
from agents.roster import AgentId
from agents.state import AgentState
from metrics.definitions import FIGURES, AgentTimes, QueueCounts, Sums, values
from metrics.intervals import INTERVAL_S, Book, Tally, interval_of, pieces

__all__ = [
    "CurvePoint",
    "Figures",
    "OpenState",
    "Summary",
    "agent_sums",
    "agent_times",
    "curve",
    "queue_counts",
    "queue_figures",
    "site_counts",
    "site_figures",
    "summary",
]


class OpenState(NamedTuple):
    """The state an agent is in, and since when."""

    agent: AgentId
    state: AgentState
    since: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of a stretch of time with the sums they are made of. `queue` None: the whole site."""

    queue: QueueId | None
    since: float
    until: float
    counts: QueueCounts
    agents: AgentTimes
    values: dict[str, float | None]
    """By id, see definitions.FIGURES; None: no data."""

    def document(self) -> dict[str, object]:
        """As the API gives it out: everything by name."""
        counts, agents = asdict(self.counts), asdict(self.agents)
        return {**asdict(self), "counts": {**counts, "abandoned": self.counts.abandoned}, "agents": agents}


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of a day's curve; `service_level` None: nobody was offered in it."""

    start: float
    offered: int
    answered: int
    abandoned: int
    """Without the short abandons."""
    service_level: float | None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The site in a few numbers, each call counted once. None: no data."""

    calls: int
    completed_ivr: int
    abandoned_ivr: int
    offered: int
    answered: int
    abandoned: int
    """Without the short abandons."""
    short_abandoned: int
    overflowed: int
    switch_lost: int
    asa_s: float | None
    service_level: float | None
    abandon_rate: float | None
    occupancy: float | None


def queue_figures(
    tally: Tally, queue: QueueId, since: float, until: float, agents: Iterable[OpenState] = ()
) -> Figures:
    """A queue's figures in the intervals from `since` (rounded down to one) to before `until`.

    `agents` are those who serve the queue; their times count whole, whichever of their queues they worked for.
    """
    return _figures(tally, queue, queue_counts(tally, queue, since, until), since, until, agents)


def site_figures(tally: Tally, since: float, until: float, agents: Iterable[OpenState] = ()) -> Figures:
    """The whole site's figures: each call once, however many queues it went through. `agents`: all of them."""
    return _figures(tally, None, site_counts(tally, since, until), since, until, agents)


def queue_counts(tally: Tally, queue: QueueId, since: float, until: float) -> QueueCounts:
    """A queue's callers alone, without the agents' times: cheap enough for every change on a busy floor."""
    return QueueCounts.total(book.queues[queue] for book in _books(tally, since, until) if queue in book.queues)


def site_counts(tally: Tally, since: float, until: float) -> QueueCounts:
    """The whole site's callers, each call once."""
    return QueueCounts.total(book.site for book in _books(tally, since, until))


def curve(tally: Tally, since: float, until: float, queues: Collection[QueueId] = ()) -> list[CurvePoint]:
    """The intervals from that of `since` to before `until` in which anything happened, in order: of these queues together,
    a caller counting in each he was in, or of the site."""
    first = interval_of(since)
    found = [number for number in sorted(tally.intervals) if number >= first and number * INTERVAL_S < until]
    return [_point(number * float(INTERVAL_S), tally.intervals[number], queues) for number in found]


def _point(start: float, book: Book, queues: Collection[QueueId]) -> CurvePoint:
    parts = [book.queues[queue] for queue in queues if queue in book.queues] if queues else [book.site]
    counts = QueueCounts.total(parts)
    return CurvePoint(
        start=start,
        offered=counts.offered,
        answered=counts.answered,
        abandoned=counts.abandoned,
        service_level=FIGURES["service_level"].of(Sums(counts, AgentTimes())),
    )


def _figures(
    tally: Tally, queue: QueueId | None, counts: QueueCounts, since: float, until: float, agents: Iterable[OpenState]
) -> Figures:
    times = agent_times(tally, agents, since, until)
    return Figures(
        queue=queue, since=since, until=until, counts=counts, agents=times, values=values(Sums(counts, times))
    )


def agent_sums(tally: Tally, agent: OpenState, since: float, until: float) -> Sums:
    """What an agent's figures are made of, over the same stretch."""
    books = _books(tally, since, until)
    counts = QueueCounts.total(book.agent_counts[agent.agent] for book in books if agent.agent in book.agent_counts)
    return Sums(counts, agent_times(tally, [agent], since, until))


def agent_times(tally: Tally, agents: Iterable[OpenState], since: float, until: float) -> AgentTimes:
    """What these agents did from the interval of `since` to `until`, the state each is in now up to `until`."""
    everyone = list(agents)
    known = {agent.agent for agent in everyone}
    parts = [times for book in _books(tally, since, until) for agent, times in book.agents.items() if agent in known]
    return AgentTimes.total([*parts, *(_open_time(agent, since, until) for agent in everyone)])


def _open_time(agent: OpenState, since: float, until: float) -> AgentTimes:
    times = AgentTimes()
    if agent.state is not AgentState.OFFLINE:
        first = interval_of(since)
        seconds = sum(seconds for number, seconds in pieces(agent.since, until) if number >= first)
        setattr(times, f"{agent.state}_s", seconds)
    return times


def summary(tally: Tally, since: float, until: float, agents: Iterable[OpenState] = ()) -> Summary:
    """The site from the interval of `since` to `until`, in short: what a day or a demonstration came to."""
    figures = site_figures(tally, since, until, agents)
    counts = figures.counts
    return Summary(
        calls=counts.calls,
        completed_ivr=counts.completed_ivr,
        abandoned_ivr=counts.abandoned_ivr,
        offered=counts.offered,
        answered=counts.answered,
        abandoned=counts.abandoned,
        short_abandoned=counts.short_abandoned,
        overflowed=counts.overflowed,
        switch_lost=counts.switch_lost,
        asa_s=figures.values["asa"],
        service_level=figures.values["service_level"],
        abandon_rate=figures.values["abandon_rate"],
        occupancy=figures.values["occupancy"],
    )


def _books(tally: Tally, since: float, until: float) -> list[Book]:
    first = interval_of(since)
    return [book for number, book in tally.intervals.items() if number >= first and number * INTERVAL_S < until]
