"""What is stored of a stretch of time, as `metrics.why` takes it."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Float, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from acd.rules import Rules
from agents.roster import AgentId, QueueId
from agents.state import AgentState
from engine.database.intervals import Slice, agent_times, slices
from engine.database.models import AgentIntervalRow
from engine.why.days import Span, cut
from metrics.definitions import AgentTimes, QueueCounts, Sums
from metrics.dimensions import Dimension
from metrics.why import Part, Pause, Stretch

__all__ = ["Unfinished", "gather"]

LONGEST_S = 86400.0
"""No agent is in one state for longer: what began earlier is not looked for."""
ROWS_AT_ONCE = 100
"""Rows become values on the event loop, which has calls to look after in between."""


class Unfinished(NamedTuple):
    """The state an agent is in: no stored interval tells of it yet."""

    agent: AgentId
    state: AgentState
    reason: str
    since: float


async def gather(
    session: AsyncSession,
    queue: QueueId | None,
    span: Span,
    rules: Rules,
    zone: ZoneInfo,
    unfinished: Iterable[Unfinished] = (),
) -> Stretch:
    """All that is known of the queue, or of the site, in this stretch of whole quarters of an hour. `unfinished`: what agents
    are doing now, if the stretch goes on; it counts up to its end."""
    if span[0] >= span[1]:
        return Stretch(start=span[0], end=span[1], counts=QueueCounts(), agents=AgentTimes())
    members = None if queue is None else rules.members.get(queue, ())
    going_on = [one for one in unfinished if members is None or one.agent in members]
    spans = cut(span, zone)
    if queue is None:
        callers = await slices(session, Dimension.SITE, spans)
    else:
        callers = await slices(session, Dimension.QUEUE, spans, [queue])
    parts = _parts(spans, callers, await agent_times(session, spans, members), going_on)
    people = await _by_key(session, Dimension.AGENT, span, rules.agents if members is None else members)
    queues = [] if queue else await _by_key(session, Dimension.QUEUE, span, rules.queues)
    return Stretch(
        start=span[0],
        end=span[1],
        counts=QueueCounts.total(part.counts for part in parts),
        agents=AgentTimes.total(part.agents for part in parts),
        parts=tuple(parts),
        queues={one.key: one.counts for one in queues},
        people=_people(people, going_on, span),
        reasons=await _reasons(session, span, members, going_on),
        pauses=tuple(await _pauses(session, span, members, rules, going_on)),
    )


async def _by_key(session: AsyncSession, by: Dimension, span: Span, keys: Collection[str]) -> list[Slice]:
    known = list(keys)
    return [
        one
        for first in range(0, len(known), ROWS_AT_ONCE)
        for one in await slices(session, by, [span], known[first : first + ROWS_AT_ONCE])
    ]


def _parts(
    spans: Sequence[Span], callers: Sequence[Slice], times: Sequence[AgentTimes], going_on: Sequence[Unfinished]
) -> list[Part]:
    counts = {one.start: one.counts for one in callers}
    return [
        Part(
            *span,
            counts.get(span[0], QueueCounts()),
            AgentTimes.total([spent, *(_time(one, span) for one in going_on)]),
        )
        for span, spent in zip(spans, times, strict=True)
    ]


def _time(one: Unfinished, span: Span) -> AgentTimes:
    times = AgentTimes()
    if one.state is not AgentState.OFFLINE:
        setattr(times, f"{one.state}_s", _within(one.since, span[1], span))
    return times


def _within(started_at: float, ended_at: float, span: Span) -> float:
    return max(min(ended_at, span[1]) - max(started_at, span[0]), 0.0)


def _people(people: Sequence[Slice], going_on: Sequence[Unfinished], span: Span) -> dict[str, Sums]:
    found = {one.key: Sums(one.counts, one.agents) for one in people}
    for state in going_on:
        if state.state is not AgentState.OFFLINE and state.since < span[1]:
            known = found.get(state.agent, Sums(QueueCounts(), AgentTimes()))
            times = AgentTimes.total([known.agents, _time(state, span)])
            found[state.agent] = Sums(known.queue, times)
    return found


async def _reasons(
    session: AsyncSession, span: Span, members: Collection[str] | None, going_on: Sequence[Unfinished]
) -> dict[str, float]:
    row, (since, until) = AgentIntervalRow, span
    began = case((row.started_at > since, row.started_at), else_=cast(since, Float))
    ended = case((row.ended_at < until, row.ended_at), else_=cast(until, Float))
    asked = (
        select(row.agent, row.reason, func.sum(ended - began))
        .where(
            row.state == str(AgentState.NOT_READY),
            row.started_at > since - LONGEST_S,
            row.started_at < until,
            row.ended_at > since,
        )
        .group_by(row.agent, row.reason)
    )
    found: dict[str, float] = {}
    for agent, reason, seconds in await session.execute(asked):
        if members is None or agent in members:
            found[reason] = found.get(reason, 0.0) + seconds
    for one in going_on:
        if one.state is AgentState.NOT_READY:
            found[one.reason] = found.get(one.reason, 0.0) + _within(one.since, until, span)
    return found


async def _pauses(
    session: AsyncSession,
    span: Span,
    members: Collection[str] | None,
    rules: Rules,
    going_on: Sequence[Unfinished],
) -> list[Pause]:
    """Breaks that began in the stretch and lasted too long by the rules of today."""
    limits = [rule.longest_s for rule in rules.breaks.values() if rule.longest_s is not None]
    if not limits:
        return []
    row = AgentIntervalRow
    asked = select(row.agent, row.reason, row.started_at, row.ended_at).where(
        row.state == str(AgentState.NOT_READY),
        row.started_at >= span[0],
        row.started_at < span[1],
        row.ended_at - row.started_at > min(limits),
    )
    lasted = [(agent, reason, ended - began) for agent, reason, began, ended in await session.execute(asked)]
    lasted += [
        (one.agent, one.reason, span[1] - one.since)
        for one in going_on
        if one.state is AgentState.NOT_READY and span[0] <= one.since < span[1]
    ]
    longest = (
        (agent, lasted_s, rules.longest_break_s(AgentId(agent), reason)) for agent, reason, lasted_s in sorted(lasted)
    )
    return [
        Pause(agent, lasted_s, allowed_s)
        for agent, lasted_s, allowed_s in longest
        if (members is None or agent in members) and allowed_s is not None and lasted_s > allowed_s
    ]
