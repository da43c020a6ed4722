"""What the API asks of the past; times are seconds since the epoch."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from engine.database.models import CallRow, DecisionRow, IvrStepRow, OfferRow, SegmentRow, SurveyAnswerRow, SurveyRow

__all__ = ["CallStory", "call_story"]


class CallStory(msgspec.Struct, frozen=True):
    """Everything SQL knows of one call, each part in its own order."""

    call: CallRow
    ivr_steps: Sequence[IvrStepRow]
    segments: Sequence[SegmentRow]
    offers: Sequence[OfferRow]
    decisions: Sequence[DecisionRow]
    survey: SurveyRow | None = None
    answers: Sequence[SurveyAnswerRow] = ()


async def call_story(session: AsyncSession, call: str) -> CallStory | None:
    """One call with its way through IVR, queues, offers, decisions and survey; None when SQL has not heard of it (yet)."""
    row = await session.get(CallRow, call)
    if row is None:
        return None
    steps = select(IvrStepRow).where(IvrStepRow.call == call).order_by(IvrStepRow.step)
    segments = select(SegmentRow).where(SegmentRow.call == call).order_by(SegmentRow.segment)
    offers = select(OfferRow).where(OfferRow.call == call).order_by(OfferRow.made_at, OfferRow.offer)
    decisions = select(DecisionRow).where(DecisionRow.call == call).order_by(DecisionRow.number)
    answers = select(SurveyAnswerRow).where(SurveyAnswerRow.call == call).order_by(SurveyAnswerRow.at)
    return CallStory(
        row,
        (await session.scalars(steps)).all(),
        (await session.scalars(segments)).all(),
        (await session.scalars(offers)).all(),
        (await session.scalars(decisions)).all(),
        await session.get(SurveyRow, call),
        (await session.scalars(answers)).all(),
    )
