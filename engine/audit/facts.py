"""What SQL knows of the calls and answers of a day, for the audit; and facts of one call that do not go together."""

from sqlalchemy import and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from engine.audit.asterisk import SAME_ANSWER_S, KnownAnswer, KnownCall
from engine.audit.differences import Difference, Kind
from engine.database.models import CallRow, OfferRow, SegmentRow

__all__ = ["calls_of", "facts_apart", "known_answers", "known_calls"]

BEFORE_S = 4 * 3600.0
"""A call that was answered today came in no earlier than this; nobody is on the line for longer."""


async def calls_of(session: AsyncSession, own: str, since: float, until: float) -> list[KnownCall]:
    """Calls that came in to this site (their ids begin with `own`: imported ones do not) and are over."""
    row = CallRow
    found = select(row.call, row.opened_at).where(
        row.opened_at >= since,
        row.opened_at < until,
        row.call.startswith(own, autoescape=True),
        row.callback.is_(None),
        row.ended_at.is_not(None),
    )
    return [KnownCall(*values) for values in (await session.execute(found.order_by(row.opened_at)))]


async def known_calls(session: AsyncSession, since: float, until: float) -> list[str]:
    """All that may stand in the diary of this time."""
    found = select(CallRow.call).where(CallRow.opened_at >= since - BEFORE_S, CallRow.opened_at < until + SAME_ANSWER_S)
    return list((await session.scalars(found)).all())


async def known_answers(session: AsyncSession, own: str, since: float, until: float) -> list[KnownAnswer]:
    """Answers of this site, a little more on both sides. Found by when their offers were made: that has an index."""
    row = OfferRow
    found = (
        select(row.call, row.agent, row.answered_at, row.talk_s, CallRow.callback.is_not(None))
        .outerjoin(CallRow, CallRow.call == row.call)
        .where(
            row.ended_at >= since - SAME_ANSWER_S,
            row.ended_at < until + SAME_ANSWER_S,
            row.answered_at.is_not(None),
            row.call.startswith(own, autoescape=True),
        )
        .order_by(row.answered_at)
    )
    return [KnownAnswer(*values) for values in (await session.execute(found))]  # type: ignore[arg-type]


async def facts_apart(session: AsyncSession, own: str, since: float, until: float) -> list[Difference]:
    """Answers without a stay, stays answered without an offer, stays of calls that are not there; of this site's calls."""
    stay, offer, call = SegmentRow, OfferRow, CallRow
    its_stay = exists().where(stay.call == offer.call, stay.segment == offer.segment, stay.answered_at.is_not(None))
    goes_out = exists().where(call.call == offer.call, call.callback.is_not(None))
    no_stay = (
        select(offer.call, offer.agent, offer.answered_at)
        .where(offer.ended_at >= since, offer.ended_at < until, offer.answered_at.is_not(None))
        .where(~its_stay, ~goes_out, offer.call.startswith(own, autoescape=True))
        .order_by(offer.answered_at)
    )
    its_offer = exists().where(offer.offer == stay.offer, offer.answered_at.is_not(None))
    own_stay = stay.call.startswith(own, autoescape=True)
    begun = and_(stay.entered_at >= since, stay.entered_at < until, own_stay)
    no_answer = (
        select(stay.call, stay.agent, stay.answered_at)
        .where(begun, stay.answered_at.is_not(None), ~its_offer)
        .order_by(stay.answered_at)
    )
    no_call = (
        select(stay.call, stay.agent, stay.entered_at)
        .where(begun, ~exists().where(call.call == stay.call))
        .order_by(stay.entered_at)
    )
    found: list[Difference] = []
    for what, statement in (("no_stay", no_stay), ("no_answer", no_answer), ("no_call", no_call)):
        for name, agent, at in await session.execute(statement):
            found.append(Difference(kind=Kind.FACTS, what=what, at=at or since, call=name, agent=agent or ""))
    return found
