"""What a run came to: its records counted by `metrics`, for the site, each queue, each VIP level, each agent, each half hour.

No figure is worked out here: `metrics.definitions` has the formulas, `metrics.intervals` the rules of counting.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from acd.model import CallId, OfferOutcome
from acd.records import (
    AgentChanged,
    AgentInterval,
    CallAnswered,
    CallEnded,
    CallOpened,
    NodeEntered,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    Record,
    TalkFinished,
)
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import AgentState
from metrics.definitions import QueueCounts, Sums, values
from metrics.figures import Figures, OpenState, agent_times, queue_figures, site_figures
from metrics.intervals import INTERVAL_S, Book, Intervals, Tally
from planning.traffic import HALF_HOUR_S

__all__ = ["COUNTS", "Counted", "HalfHour", "Scope", "Table", "half_hours", "table"]

COUNTS = ("offered", "answered", "abandoned", "short_abandoned", "overflowed", "switch_lost", "talks")
"""Counts that stand beside the figures."""


class Scope(NamedTuple):
    """Whose figures: `site`, or a `queue`, `vip` level or `agent` by name."""

    kind: str
    name: str = ""


Table = dict[Scope, dict[str, float | None]]
"""By scope, figures (ids of metrics.definitions) and counts; None: no data."""


class HalfHour(msgspec.Struct, frozen=True, kw_only=True):
    """The site in one half hour of the day."""

    at: float
    offered: int
    answered_within_sl: int
    service_level: float | None
    asa_s: float | None
    queue_time_s: float | None
    abandon_rate: float | None
    occupancy: float | None


OF_CALLS: Final = frozenset(
    {
        CallOpened,
        NodeEntered,
        QueueEntered,
        OfferMade,
        OfferEnded,
        CallAnswered,
        TalkFinished,
        QueueLeft,
        CallEnded,
    }
)


class Counted:
    """Counts the records of a run. `by_vip`: apart for each VIP level, 0 being everybody else; the whole is their sum."""

    def __init__(self, rules: Rules, *, by_vip: bool = True) -> None:
        self.by_vip: dict[int, Tally] = {}
        self.open: dict[AgentId, OpenState] = {}
        """What each agent is doing now, and since when: no interval tells of it yet."""
        self._rest: Tally = Intervals()
        """What is of no call; of everything, when levels are not told apart."""
        self._split = by_vip
        self._of: dict[CallId, Tally] = {}
        self.follow(rules)

    def follow(self, rules: Rules) -> None:
        """These rules hold from now on."""
        self._rules = rules
        for tally in (self._rest, *self.by_vip.values()):
            tally.follow(rules)

    def __call__(self, records: Sequence[Record]) -> None:
        for record in records:
            kind = type(record)
            if kind in OF_CALLS:
                self._tally(record).apply(record)
            elif kind is AgentInterval:
                self._rest.apply(record)
            elif kind is AgentChanged:
                self._changed(record)  # type: ignore[arg-type]

    @property
    def tally(self) -> Tally:
        """Everything: intervals of all VIP levels added up, but for what agents did (`by_agent`)."""
        if not self.by_vip:
            return self._rest
        whole = Tally()
        parts = (self._rest, *self.by_vip.values())
        for number in sorted({number for part in parts for number in part.intervals}):
            whole.intervals[number] = _sum([part.intervals[number] for part in parts if number in part.intervals])
        return whole

    def by_agent(self, since: float, until: float) -> dict[AgentId, QueueCounts]:
        """What each agent did."""
        found: dict[AgentId, list[QueueCounts]] = {}
        for part in (self._rest, *self.by_vip.values()):
            for number, book in part.intervals.items():
                if since <= number * INTERVAL_S < until:
                    for agent, counts in book.agent_counts.items():
                        found.setdefault(agent, []).append(counts)
        return {agent: QueueCounts.total(parts) for agent, parts in found.items()}

    def _tally(self, record: Any) -> Tally:
        if not self._split:
            return self._rest
        call = record.call
        if type(record) is CallOpened:
            self._of[call] = self._vip_tally(record.vip)
        elif type(record) is CallEnded:
            return self._of.pop(call, self._rest)
        return self._of.get(call, self._rest)

    def _vip_tally(self, level: int) -> Tally:
        found = self.by_vip.get(level)
        if found is None:
            found = self.by_vip[level] = Intervals()
            found.follow(self._rules)
        return found

    def _changed(self, record: AgentChanged) -> None:
        """A phone that changes leaves the state as it was."""
        before = self.open.get(record.agent)
        if before is None or before.state is not record.state:
            self.open[record.agent] = OpenState(record.agent, record.state, record.at)


def _sum(books: Sequence[Book]) -> Book:
    """One interval's books that do not overlap; agents' times stand in one of them alone."""
    if len(books) == 1:
        return books[0]
    queues = {queue for book in books for queue in book.queues}
    return Book(
        site=QueueCounts.total(book.site for book in books),
        queues={queue: QueueCounts.total(b.queues[queue] for b in books if queue in b.queues) for queue in queues},
        agents={agent: times for book in books for agent, times in book.agents.items()},
    )


def table(counted: Counted, rules: Rules, since: float, until: float) -> Table:
    """All figures of a stretch of whole half hours."""
    everybody, whole = _everybody(counted, rules, until), counted.tally
    figures: Table = {Scope("site"): _row(site_figures(whole, since, until, everybody.values()))}
    for queue in rules.queues:
        members = [everybody[agent] for agent in rules.members[queue]]
        figures[Scope("queue", queue)] = _row(queue_figures(whole, queue, since, until, members))
    for level in sorted(counted.by_vip):
        figures[Scope("vip", str(level))] = _row(site_figures(counted.by_vip[level], since, until))
    by_agent = counted.by_agent(since, until)
    for agent in rules.agents:
        if (counts := by_agent.get(agent)) is not None and (counts.answered or counts.talks):
            sums = Sums(counts, agent_times(whole, [everybody[agent]], since, until))
            figures[Scope("agent", agent)] = {**values(sums), "answered": float(counts.answered)}
    return figures


def _everybody(counted: Counted, rules: Rules, until: float) -> dict[AgentId, OpenState]:
    """All agents as they are at the end; who never came is offline."""
    return {agent: counted.open.get(agent) or OpenState(agent, AgentState.OFFLINE, until) for agent in rules.agents}


def _row(figures: Figures) -> dict[str, float | None]:
    counts = figures.counts
    missed = sum(n for outcome, n in counts.offers.items() if outcome == OfferOutcome.NO_ANSWER)
    return {
        **figures.values,
        **{name: float(getattr(counts, name)) for name in COUNTS},
        "missed_offers": float(missed),
    }


def half_hours(counted: Counted, rules: Rules, since: float, until: float) -> list[HalfHour]:
    """The site, half hour by half hour."""
    everybody, whole = list(_everybody(counted, rules, until).values()), counted.tally
    found = []
    at = since
    while at < until:
        one = site_figures(whole, at, min(at + HALF_HOUR_S, until), everybody)
        found.append(
            HalfHour(
                at=at,
                offered=one.counts.offered,
                answered_within_sl=one.counts.answered_within_sl,
                service_level=one.values["service_level"],
                asa_s=one.values["asa"],
                queue_time_s=one.values["queue_time"],
                abandon_rate=one.values["abandon_rate"],
                occupancy=one.values["occupancy"],
            )
        )
        at += HALF_HOUR_S
    return found
