"""Reads what a report is made of, and makes it.

Groups and skills are sums over their people as the roster has them today. The times of a queue's agents are whole, whichever of
their queues they worked for and whether or not anybody called, as in the live figures; the whole has each agent once.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from acd.rules import Rules
from agents.roster import AgentId, QueueId
from engine.database.intervals import agent_times, slices
from engine.reports.asked import BadQuestion, Wanted
from engine.reports.told import told_of
from engine.why.ask import own_bands
from ivr.hours import Span
from metrics.definitions import AgentTimes, Band, QueueCounts, Sums
from metrics.dimensions import STORED, Dimension
from metrics.periods import Period, periods
from metrics.reports import Report, build

__all__ = ["MOST_LINES", "gather"]

MOST_LINES: Final = 100_000
AGENTS_AT_ONCE: Final = 50_000
"""Agents' times, by period, held in memory while those of queues are made of them."""


async def gather(
    session: AsyncSession, wanted: Wanted, rules: Rules, zone: ZoneInfo, shifts: Mapping[str, Span]
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
    found = await slices(session, stored, list(by_span), keys)
    cells = {(by_span[one.start, one.end], one.key): Sums(one.counts, one.agents) for one in found}
    everybody: dict[Period, AgentTimes] | None = None
    if wanted.by in (Dimension.SITE, Dimension.QUEUE):
        serving = _serving(keys, rules) if wanted.by is Dimension.QUEUE else None
        everybody = await _everybody(session, list(by_span.values()), serving)
    match wanted.by:
        case Dimension.SITE:
            cells = _with_times(cells, {(span, ""): times for span, times in (everybody or {}).items()})
        case Dimension.QUEUE:
            queues = {key for _, key in cells}
            cells = _with_times(cells, await _of_queues(session, list(by_span.values()), queues, rules))
        case Dimension.GROUP | Dimension.SKILL:
            everybody = _once_each(cells, wanted.by, rules)
            cells = _by_teams(cells, wanted, rules)
        case _:
            pass
    told = await told_of(session, wanted, spans)
    span, own = (wanted.since, wanted.until), _own_bands(rules) if wanted.by is Dimension.QUEUE else None
    return build(wanted.by, wanted.step, span, wanted.columns, cells, everybody=everybody, told=told, own=own)


def _own_bands(rules: Rules) -> dict[tuple[str, str], Band]:
    return {(queue, figure): band for queue in rules.queues for figure, band in own_bands(rules, queue).items()}


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


def _teams(agent: str, by: Dimension, rules: Rules) -> Collection[str]:
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
    return {cell: Sums.total(of) for cell, of in parts.items()}


def _with_times(
    cells: Mapping[tuple[Period, str], Sums], times: Mapping[tuple[Period, str], AgentTimes]
) -> dict[tuple[Period, str], Sums]:
    """The callers' counts with the agents' times; where agents were ready and nobody called, there are times alone."""
    return {
        cell: Sums(cells[cell].queue if cell in cells else QueueCounts(), times.get(cell, AgentTimes()))
        for cell in {*cells, *times}
    }


async def _everybody(
    session: AsyncSession, spans: Sequence[Period], only: Collection[str] | None
) -> dict[Period, AgentTimes]:
    times = await agent_times(session, [(span.start, span.end) for span in spans], only)
    return {span: spent for span, spent in zip(spans, times, strict=True) if spent != AgentTimes()}


async def _of_queues(
    session: AsyncSession, spans: Sequence[Period], queues: Collection[str], rules: Rules
) -> dict[tuple[Period, str], AgentTimes]:
    """What the agents of each queue did, by period; a few periods at a time, so that a year of a thousand agents fits in."""
    found: dict[tuple[Period, str], AgentTimes] = {}
    at_once = max(AGENTS_AT_ONCE // max(len(rules.agents), 1), 1)
    for begin in range(0, len(spans), at_once):
        some = spans[begin : begin + at_once]
        people: dict[tuple[float, float], dict[str, AgentTimes]] = {}
        for one in await slices(session, Dimension.AGENT, [(span.start, span.end) for span in some]):
            people.setdefault((one.start, one.end), {})[one.key] = one.agents
        for span in some:
            there = people.get((span.start, span.end), {})
            for queue in queues:
                times = [there[agent] for agent in rules.members.get(QueueId(queue), ()) if agent in there]
                if (spent := AgentTimes.total(times)) != AgentTimes():
                    found[span, queue] = spent
    return found


def _once_each(people: Mapping[tuple[Period, str], Sums], by: Dimension, rules: Rules) -> dict[Period, AgentTimes]:
    """Of everybody who has a group, or a skill, however many."""
    parts: dict[Period, list[AgentTimes]] = {}
    for (span, agent), sums in people.items():
        if _teams(agent, by, rules):
            parts.setdefault(span, []).append(sums.agents)
    return {span: AgentTimes.total(of) for span, of in parts.items()}


def _serving(queues: Collection[str] | None, rules: Rules) -> Collection[str] | None:
    """Who serves one of these queues; None: everybody."""
    if queues is None:
        return None
    return {agent for queue in queues for agent in rules.members.get(QueueId(queue), ())}
