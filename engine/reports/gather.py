"""Reads what a report is made of, and makes it.

Groups and skills are sums over their people as the roster has them today. The times of a queue's agents are whole, whichever of
their queues they worked for, as in the live figures; the whole has each agent once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from acd.rules import Rules
from agents.roster import AgentId, QueueId
from engine.reports.asked import BadQuestion, Wanted
from engine.reports.told import told_of
from ivr.hours import Span
from metrics.definitions import AgentTimes, QueueCounts, Sums
from metrics.dimensions import STORED, Dimension
from metrics.periods import Period, periods
from metrics.reports import Report, build

__all__ = ["MOST_LINES", "Reader", "Slice", "gather"]

MOST_LINES: Final = 100_000


class Slice(Protocol):
    """What is stored of a key in a period; engine.database.intervals has it."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def key(self) -> str: ...
    @property
    def counts(self) -> QueueCounts: ...
    @property
    def agents(self) -> AgentTimes: ...


class Reader(Protocol):
    """engine.database.intervals.slices"""

    async def __call__(
        self,
        session: AsyncSession,
        by: Dimension,
        periods: Sequence[tuple[float, float]],
        keys: Collection[str] | None = None,
    ) -> Sequence[Slice]: ...


async def gather(
    session: AsyncSession, read: Reader, wanted: Wanted, rules: Rules, zone: ZoneInfo, shifts: Mapping[str, Span]
) -> Report:
    """The report. Raises BadQuestion when it would have too many lines, or no period."""
    spans = periods(wanted.since, wanted.until, wanted.step, zone, shifts)
    if not spans:
        raise BadQuestion("step", "no shift begins in this time; shifts stand in metrics.yaml")
    if len(spans) * _most_keys(wanted, rules) > MOST_LINES:
        raise BadQuestion("step", f"this may be more than {MOST_LINES:,} lines: choose longer periods, or fewer keys")
    by_span = {(span.start, span.end): span for span in spans}
    keys = _stored_keys(wanted, rules)
    stored = wanted.by if wanted.by in STORED else Dimension.AGENT
    found = await read(session, stored, list(by_span), keys)
    cells = {(by_span[one.start, one.end], one.key): Sums(one.counts, one.agents) for one in found}
    everybody: dict[Period, AgentTimes] | None = None
    if wanted.by in (Dimension.SITE, Dimension.QUEUE):
        people = await read(session, Dimension.AGENT, list(by_span), None)
        times = {(by_span[one.start, one.end], AgentId(one.key)): one.agents for one in people}
        cells = _with_times(cells, times, wanted.by, rules)
        everybody = _everybody(times, _serving(keys, rules) if wanted.by is Dimension.QUEUE else None)
    elif wanted.by in (Dimension.GROUP, Dimension.SKILL):
        everybody = _everybody({(span, AgentId(key)): sums.agents for (span, key), sums in cells.items()}, None)
        cells = _by_teams(cells, wanted, rules)
    told = await told_of(session, wanted, spans)
    span = (wanted.since, wanted.until)
    return build(wanted.by, wanted.step, span, wanted.columns, cells, everybody=everybody, told=told)


def _most_keys(wanted: Wanted, rules: Rules) -> int:
    """How many keys a period may have; of VIP levels, numbers and menu choices there are few."""
    if wanted.by is Dimension.SITE:
        return 1
    known = len(rules.queues) if wanted.by is Dimension.QUEUE else len(rules.agents)
    return known if wanted.keys is None or wanted.by not in STORED else len(wanted.keys)


def _stored_keys(wanted: Wanted, rules: Rules) -> Collection[str] | None:
    if wanted.keys is None or wanted.by in STORED:
        return wanted.keys
    return {agent for agent in rules.agents if set(_teams(agent, wanted.by, rules)) & set(wanted.keys)}


def _teams(agent: str, by: Dimension, rules: Rules) -> Iterable[str]:
    """The groups, or the skills, an agent has; who is in the roster no more has none."""
    settings = rules.agents.get(AgentId(agent))
    if settings is None:
        return ()
    return settings.groups if by is Dimension.GROUP else settings.skills


def _by_teams(cells: Mapping[tuple[Period, str], Sums], wanted: Wanted, rules: Rules) -> dict[tuple[Period, str], Sums]:
    parts: dict[tuple[Period, str], list[Sums]] = {}
    for (span, agent), sums in cells.items():
        for team in _teams(agent, wanted.by, rules):
            if wanted.keys is None or team in wanted.keys:
                parts.setdefault((span, team), []).append(sums)
    return {
        cell: Sums(QueueCounts.total(one.queue for one in of), AgentTimes.total(one.agents for one in of))
        for cell, of in parts.items()
    }


_Times = Mapping[tuple[Period, AgentId], AgentTimes]


def _with_times(
    cells: Mapping[tuple[Period, str], Sums], times: _Times, by: Dimension, rules: Rules
) -> dict[tuple[Period, str], Sums]:
    everybody = _everybody(times, None)

    def of(span: Period, key: str) -> AgentTimes:
        if by is Dimension.SITE:
            return everybody.get(span, AgentTimes())
        members = rules.members.get(QueueId(key), ())
        return AgentTimes.total(times[span, agent] for agent in members if (span, agent) in times)

    return {(span, key): Sums(sums.queue, of(span, key)) for (span, key), sums in cells.items()}


def _everybody(times: _Times, only: Collection[str] | None) -> dict[Period, AgentTimes]:
    parts: dict[Period, list[AgentTimes]] = {}
    for (span, agent), spent in times.items():
        if only is None or agent in only:
            parts.setdefault(span, []).append(spent)
    return {span: AgentTimes.total(of) for span, of in parts.items()}


def _serving(queues: Collection[str] | None, rules: Rules) -> Collection[str] | None:
    """Who serves one of these queues; None: everybody."""
    if queues is None:
        return None
    return {agent for queue in queues for agent in rules.members.get(QueueId(queue), ())}
