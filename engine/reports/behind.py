"""The calls behind a number: everything a count of a report was made of, one row each, so many rows as the number says."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from acd.model import OfferOutcome
from acd.rules import Rules, ServiceLevel
from agents.state import AgentState
from cti.http.services import CallBehind
from engine.database.models import (
    AgentIntervalRow,
    CallRow,
    IvrStepRow,
    OfferRow,
    SegmentRow,
    SurveyAnswerRow,
    SurveyRow,
)
from engine.reports.asked import BadQuestion
from engine.reports.stays import STAY_COUNTS, Stay, in_queue, on_site
from metrics.columns import COLUMNS
from metrics.dimensions import Dimension
from metrics.intervals import AT_ONCE_S

__all__ = ["Question", "behind"]

BY_CALL: Final = (Dimension.SITE, Dimension.VIP, Dimension.DID, Dimension.MENU)
"""Here each call counts once."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which number: a count of a key (None: of all) from `since` to before `until`, seconds since the epoch."""

    count: str
    by: Dimension
    key: str | None
    since: float
    until: float


async def behind(session: AsyncSession, asked: Question, rules: Rules) -> list[CallBehind]:
    """All of them, in the order of time. Raises BadQuestion for what cannot be listed."""
    if asked.count not in COLUMNS or not COLUMNS[asked.count].is_count:
        raise BadQuestion("count", f"there are no calls behind {asked.count[:40]!r}")
    found = await _kind(asked.count)(session, asked, rules)
    return sorted(found, key=lambda one: (one.at, one.call or "", one.agent or ""))


_Find = Callable[[AsyncSession, Question, Rules], Any]


def _kind(count: str) -> _Find:
    if count in STAY_COUNTS:
        return _stays
    if count in ("calls", "completed_ivr", "abandoned_ivr"):
        return _calls
    if count == "wrap_ups":
        return _wrap_ups
    return _surveys if count.startswith("surveys_") else _offers


def _people(asked: Question, rules: Rules) -> Collection[str] | None:
    """The agents a number of people is about; None: all."""
    match asked.by:
        case Dimension.GROUP:
            return [a.id for a in rules.agents.values() if asked.key in a.groups or (asked.key is None and a.groups)]
        case Dimension.SKILL:
            return [a.id for a in rules.agents.values() if asked.key in a.skills or (asked.key is None and a.skills)]
        case Dimension.AGENT if asked.key is not None:
            return [asked.key]
        case _:
            return None


# --- stays in queues ---------------------------------------------------------------------------------------------------


async def _stays(session: AsyncSession, asked: Question, rules: Rules) -> list[CallBehind]:
    if asked.by in BY_CALL:
        return [one async for one in _calls_in_queues(session, asked)]
    in_time = SegmentRow.entered_at >= asked.since, SegmentRow.entered_at < asked.until
    query = _segments().where(*in_time)
    if asked.by is Dimension.QUEUE and asked.key is not None:
        query = query.where(SegmentRow.queue == asked.key)
    if asked.by is not Dimension.QUEUE:  # nobody is offered or abandoned to an agent
        if asked.count not in ("answered", "answered_within_sl"):
            return []
        people = _people(asked, rules)
        query = query if people is None else query.where(SegmentRow.agent.in_(people))
    rows = (await session.execute(query)).all()
    return [_of_stay(stay, row, stay.entered_at) for row in rows if asked.count in in_queue(stay := _stay(row))]


async def _calls_in_queues(session: AsyncSession, asked: Question) -> AsyncIterator[CallBehind]:
    """By call: its first queue says when it is booked."""
    came = select(SegmentRow.call).where(SegmentRow.entered_at >= asked.since, SegmentRow.entered_at < asked.until)
    query = _segments().where(SegmentRow.call.in_(came)).order_by(SegmentRow.call, SegmentRow.segment)
    rows = (await session.execute(query)).all()
    menus = await _menus(session, {row.call for row in rows}) if asked.by is Dimension.MENU else {}
    for call, group in groupby(rows, key=lambda row: row.call):
        of_call = list(group)
        stays = [_stay(row) for row in of_call]
        first = stays[0].entered_at
        if not asked.since <= first < asked.until or not _is_of(asked, of_call[0], menus.get(call, "")):
            continue
        if asked.count in on_site(stays, is_over=of_call[0].ended_at is not None):
            yield _of_stay(stays[-1], of_call[-1], first)


def _segments() -> Select[Any]:
    direct = exists().where(
        OfferRow.call == SegmentRow.call,
        OfferRow.segment == SegmentRow.segment,
        OfferRow.made_at - SegmentRow.entered_at <= AT_ONCE_S,
    )
    return (
        select(
            *SegmentRow.__table__.columns,
            direct.label("direct"),
            CallRow.number,
            CallRow.vip.label("level"),
            CallRow.did,
            CallRow.ended_at,
        )
        .outerjoin(CallRow, CallRow.call == SegmentRow.call)
        .where(SegmentRow.entered_at.is_not(None))
    )


def _stay(row: Row[Any]) -> Stay:
    return Stay(
        call=row.call,
        segment=row.segment,
        queue=row.queue,
        agent=row.agent,
        entered_at=row.entered_at,
        left_at=row.left_at,
        wait_s=row.wait_s,
        total_wait_s=row.total_wait_s,
        how=row.how,
        phase=row.phase,
        answered_at=row.answered_at,
        in_time=bool(row.in_service_level),
        direct=bool(row.direct),
        within_s=row.within_s if row.within_s is not None else ServiceLevel().within_s,
    )


def _of_stay(stay: Stay, row: Row[Any], at: float) -> CallBehind:
    answered = stay.answered_at is not None
    return CallBehind(
        at=at,
        call=stay.call,
        queue=stay.queue,
        agent=stay.agent,
        number=row.number or "",
        wait_s=stay.answered_at - stay.entered_at if answered and stay.answered_at is not None else stay.wait_s,
        how=stay.how or ("answered" if answered else ""),
    )


def _is_of(asked: Question, row: Any, menu: str) -> bool:
    if asked.key is None:
        return True
    match asked.by:
        case Dimension.VIP:
            return str(row.level or 0) == asked.key
        case Dimension.DID:
            return (row.did or "") == asked.key
        case Dimension.MENU:
            return menu == asked.key
        case _:
            return True


async def _menus(session: AsyncSession, calls: Collection[str]) -> dict[str, str]:
    """By call its choice in the menu, as engine.database.recount has it: where the last key before the first queue led."""
    first = select(SegmentRow.call, SegmentRow.entered_at).where(SegmentRow.segment == 1).subquery()
    query = (
        select(IvrStepRow.call, IvrStepRow.node)
        .outerjoin(first, first.c.call == IvrStepRow.call)
        .where(func.length(IvrStepRow.key) == 1)
        .where(or_(first.c.entered_at.is_(None), IvrStepRow.at <= first.c.entered_at))
        .order_by(IvrStepRow.call, IvrStepRow.step)
    )
    return {call: node for call, node in await session.execute(query) if call in calls}


# --- offers, wrap-ups, surveys, calls ----------------------------------------------------------------------------------


async def _offers(session: AsyncSession, asked: Question, rules: Rules) -> list[CallBehind]:
    is_talk = asked.count in ("talks", "held", "transferred")
    booked = OfferRow.talk_ended_at if is_talk else OfferRow.ended_at
    query = (
        select(
            *OfferRow.__table__.columns, booked.label("booked"), CallRow.number, CallRow.vip.label("level"), CallRow.did
        )
        .outerjoin(CallRow, CallRow.call == OfferRow.call)
        .where(booked >= asked.since, booked < asked.until, *_offers_of(asked.count))
        .where(*_whose(asked, rules, OfferRow.queue, OfferRow.agent))
    )
    return [
        CallBehind(
            at=row.booked,
            call=row.call,
            queue=row.queue,
            agent=row.agent,
            number=row.number or "",
            wait_s=row.wait_s,
            talk_s=row.talk_s,
            how=row.outcome or "",
        )
        for row in await _of_the_key(session, query, asked)
    ]


def _offers_of(count: str) -> tuple[ColumnElement[bool], ...]:
    match count:
        case "talks":
            return ()
        case "held":
            return (OfferRow.hold_s > 0,)
        case "transferred":
            return (OfferRow.handed_on.is_(True),)
        case "rung":
            return OfferRow.outcome == OfferOutcome.ACCEPTED, OfferRow.rang_at.is_not(None)
        case _:
            return (OfferRow.outcome == count.removeprefix("offers_"),)


async def _surveys(session: AsyncSession, asked: Question, rules: Rules) -> list[CallBehind]:
    query = (
        select(*SurveyRow.__table__.columns, CallRow.number, CallRow.vip.label("level"), CallRow.did)
        .outerjoin(CallRow, CallRow.call == SurveyRow.call)
        .where(SurveyRow.asked_at >= asked.since, SurveyRow.asked_at < asked.until)
        .where(*_whose(asked, rules, SurveyRow.queue, SurveyRow.agent))
    )
    if asked.count == "surveys_answered":
        query = query.where(exists().where(SurveyAnswerRow.call == SurveyRow.call))
    return [
        CallBehind(
            at=row.asked_at,
            call=row.call,
            queue=row.queue,
            agent=row.agent,
            number=row.number or "",
            how=row.outcome or "",
        )
        for row in await _of_the_key(session, query, asked)
    ]


async def _wrap_ups(session: AsyncSession, asked: Question, rules: Rules) -> list[CallBehind]:
    """After-call work is the agent's: nothing says of which call it was."""
    if asked.by in BY_CALL and asked.by is not Dimension.SITE:
        raise BadQuestion("count", "after-call work is known by queue and agent alone")
    row = AgentIntervalRow
    query = select(row.ended_at, row.agent, row.queue, row.started_at).where(
        row.state == AgentState.WRAP_UP,
        row.queue.is_not(None),
        row.ended_at >= asked.since,
        row.ended_at < asked.until,
        *_whose(asked, rules, row.queue, row.agent),
    )
    return [
        CallBehind(at=one.ended_at, call=None, queue=one.queue, agent=one.agent, how="wrap_up")
        for one in await session.execute(query)
    ]


async def _calls(session: AsyncSession, asked: Question, _rules: Rules) -> list[CallBehind]:
    """Calls are counted of the site, VIP levels, numbers dialled and menu choices."""
    if asked.by not in BY_CALL:
        return []
    query = select(*CallRow.__table__.columns, CallRow.vip.label("level")).where(
        CallRow.opened_at >= asked.since, CallRow.opened_at < asked.until, CallRow.callback.is_(None)
    )
    if asked.count != "calls":
        query = query.where(CallRow.disposition == asked.count)
    return [
        CallBehind(
            at=row.opened_at,
            call=row.call,
            queue=row.queue,
            agent=row.agent,
            number=row.number or "",
            how=row.disposition or "",
        )
        for row in await _of_the_key(session, query, asked)
    ]


def _whose(asked: Question, rules: Rules, queue: Any, agent: Any) -> Iterator[ColumnElement[bool]]:
    if asked.by is Dimension.QUEUE and asked.key is not None:
        yield queue == asked.key
    people = _people(asked, rules)
    if people is not None:
        yield agent.in_(people)


async def _of_the_key(session: AsyncSession, query: Select[Any], asked: Question) -> Sequence[Any]:
    rows: Sequence[Any] = (await session.execute(query)).all()
    if asked.by not in BY_CALL or asked.key is None:
        return rows
    menus: Mapping[str, str] = {}
    if asked.by is Dimension.MENU:
        menus = await _menus(session, {row.call for row in rows})
    return [row for row in rows if _is_of(asked, row, menus.get(row.call, ""))]
