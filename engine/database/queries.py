"""What the API asks of the past. Every list is bounded; times are seconds since the epoch, `since` <= time < `until`."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from engine.database.models import AgentIntervalRow, CallRow, DecisionRow, IvrStepRow, OfferRow, SegmentRow

__all__ = ["CallStory", "agent_intervals", "call_story", "recent_calls"]

MOST_LISTED: Final = 1000


class CallStory(msgspec.Struct, frozen=True):
    """Everything SQL knows of one call, each part in its own order."""

    call: CallRow
    ivr_steps: Sequence[IvrStepRow]
    segments: Sequence[SegmentRow]
    offers: Sequence[OfferRow]
    decisions: Sequence[DecisionRow]


async def recent_calls(
    session: AsyncSession,
    *,
    number: str | None = None,
    queue: str | None = None,
    agent: str | None = None,
    disposition: str | None = None,
    since: float | None = None,
    until: float | None = None,
    limit: int = 100,
) -> Sequence[CallRow]:
    """The newest calls first; `queue` and `agent` find every call that was there, not only those that ended there.

    For the next page pass the last one's `opened_at` as `until`.
    """
    query = select(CallRow).order_by(CallRow.opened_at.desc(), CallRow.call.desc())
    if number is not None:
        query = query.where(CallRow.number == number)
    if disposition is not None:
        query = query.where(CallRow.disposition == disposition)
    if queue is not None:
        query = query.where(CallRow.call.in_(select(SegmentRow.call).where(SegmentRow.queue == queue)))
    if agent is not None:
        answered = select(SegmentRow.call).where(SegmentRow.agent == agent, SegmentRow.answered_at.is_not(None))
        query = query.where(or_(CallRow.agent == agent, CallRow.call.in_(answered)))
    if since is not None:
        query = query.where(CallRow.opened_at >= since)
    if until is not None:
        query = query.where(CallRow.opened_at < until)
    return (await session.scalars(query.limit(max(0, min(limit, MOST_LISTED))))).all()


async def call_story(session: AsyncSession, call: str) -> CallStory | None:
    """One call with its way through IVR, queues, offers and decisions; None when SQL has not heard of it (yet)."""
    row = await session.get(CallRow, call)
    if row is None:
        return None
    steps = select(IvrStepRow).where(IvrStepRow.call == call).order_by(IvrStepRow.step)
    segments = select(SegmentRow).where(SegmentRow.call == call).order_by(SegmentRow.segment)
    offers = select(OfferRow).where(OfferRow.call == call).order_by(OfferRow.made_at, OfferRow.offer)
    decisions = select(DecisionRow).where(DecisionRow.call == call).order_by(DecisionRow.number)
    return CallStory(
        row,
        (await session.scalars(steps)).all(),
        (await session.scalars(segments)).all(),
        (await session.scalars(offers)).all(),
        (await session.scalars(decisions)).all(),
    )


async def agent_intervals(
    session: AsyncSession, *, since: float, until: float, agent: str | None = None
) -> Sequence[AgentIntervalRow]:
    """The intervals that touch the time from since to until, by agent and time; they are not cut at its ends."""
    query = select(AgentIntervalRow).where(AgentIntervalRow.started_at < until, AgentIntervalRow.ended_at > since)
    if agent is not None:
        query = query.where(AgentIntervalRow.agent == agent)
    return (await session.scalars(query.order_by(AgentIntervalRow.agent, AgentIntervalRow.started_at))).all()
