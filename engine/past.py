"""What SQL keeps of a call that is over, in the form the API shows. Pure."""

from acd.model import CallId, CallState, Disposition, OfferId, QueueId
from acd.records import CallEnded
from agents.roster import AgentId
from cti.views import PastCall, StayView, SurveyView
from engine.database.models import SegmentRow, SurveyRow
from engine.database.queries import CallStory

__all__ = ["past_call"]


def past_call(story: CallStory) -> PastCall | None:
    """The call, if it is over; None while it goes on."""
    row = story.call
    if row.ended_at is None or row.disposition is None:
        return None
    ended = CallEnded(
        call=CallId(row.call),
        opened_at=row.opened_at or row.ended_at,
        ended_at=row.ended_at,
        number=row.number or "",
        name=row.name or "",
        did=row.did or "",
        vip=row.vip or 0,
        disposition=Disposition(row.disposition),
        left_in=CallState(row.left_in or CallState.AFTER),
        ended_by=row.ended_by or "",
        queue=QueueId(row.queue) if row.queue else None,
        agent=AgentId(row.agent) if row.agent else None,
        path=tuple(step.node if not step.key else f"{step.node}:{step.key}" for step in story.ivr_steps),
        rules=row.rules or "",
        why=row.why or "",
        transferred_to=row.transferred_to or "",
    )
    return PastCall(
        ended=ended,
        customer=row.customer or "",
        attributes=row.attributes or {},
        stays=tuple(_stay(segment) for segment in story.segments),
        survey=None if story.survey is None else _survey(story.survey, story),
    )


def _stay(row: SegmentRow) -> StayView:
    return StayView(
        queue=QueueId(row.queue),
        entered_at=row.entered_at,
        left_at=row.left_at,
        wait_s=row.wait_s,
        how=row.how or "",
        why=row.why or "",
        agent=AgentId(row.agent) if row.agent else None,
        expected_s=row.expected_s,
        expected_low_s=row.expected_low_s,
        expected_high_s=row.expected_high_s,
    )


def _survey(row: SurveyRow, story: CallStory) -> SurveyView:
    return SurveyView(
        survey=row.survey,
        agent=AgentId(row.agent),
        queue=QueueId(row.queue),
        offer=OfferId(row.offer),
        language=row.language or "",
        asked_at=row.asked_at,
        outcome=row.outcome,
        why=row.why,
        answers={answer.question: answer.answer for answer in story.answers},
        scores={answer.question: answer.score for answer in story.answers if answer.score is not None},
    )
