"""The counts of quarters of an hour, made anew from the facts: SQL's word for what metrics.intervals counts live.

The rules of counting are those of metrics.intervals, and the two are held against each other by the tests and every night by
the audit. Each function below is one statement over one kind of fact; it gives rows of (quarter, key, sums by the names of
QueueCounts). For a VIP level, a dialled number and a choice of the menu, calls count as for the site; what knows of no call
(wrap-ups) is in none of them.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from acd.model import Disposition, OfferOutcome
from acd.rules import ServiceLevel
from agents.state import AgentState
from engine.database.models import (
    AgentIntervalRow,
    CallRow,
    IvrStepRow,
    OfferRow,
    SegmentRow,
    SurveyAnswerRow,
    SurveyRow,
)
from metrics.definitions import AgentTimes, QueueCounts
from metrics.dimensions import STORED, Dimension
from metrics.intervals import AT_ONCE_S, INTERVAL_S

__all__ = ["Counted", "quarter_of", "recount", "recount_together"]

Counted = dict[tuple[int, str], tuple[QueueCounts, AgentTimes]]
"""By quarter and key."""
Number = ColumnElement[Any]
Sums = dict[str, Number]

USUAL_WITHIN_S: Final = ServiceLevel().within_s
"""For stays from before theirs was written down."""
OF_CALLS: Final = (Dimension.SITE, Dimension.VIP, Dimension.DID, Dimension.MENU)
_TIMES: Final = tuple(state for state in AgentState if state is not AgentState.OFFLINE)


async def recount(session: AsyncSession, by: Dimension, since: float, until: float) -> Counted:
    """All that is to be counted in whole quarters from `since` to before `until`, seconds since the epoch."""
    return await _recount(session, by, since, until, whole=False)


async def recount_together(
    session: AsyncSession, by: Dimension, since: float, until: float
) -> dict[str, tuple[QueueCounts, AgentTimes]]:
    """The same, not told apart by quarters: by key alone, and much sooner where there are many."""
    return {key: sums for (_, key), sums in (await _recount(session, by, since, until, whole=True)).items()}


async def _recount(session: AsyncSession, by: Dimension, since: float, until: float, *, whole: bool) -> Counted:
    assert by in STORED
    counted: Counted = {}
    sqlite = session.get_bind().dialect.name == "sqlite"
    for statement in _Statements(by, since, until, whole=whole, sqlite=sqlite).all():
        for row in await session.execute(statement):
            _add(counted, row._mapping)
    return counted


def _add(counted: Counted, row: Any) -> None:
    key = (row.get("quarter", 0), row["key"])
    found = counted.get(key)
    if found is None:
        found = counted[key] = QueueCounts(), AgentTimes()
    counts, times = found
    for name, value in row.items():
        if not value or name in ("quarter", "key"):
            continue
        if name.startswith("offers_"):
            counts.offers[name.removeprefix("offers_")] = value
        elif name.startswith("agent_"):
            setattr(times, name.removeprefix("agent_"), value)
        else:
            setattr(counts, name, getattr(counts, name) + value)


class _Statements:
    def __init__(self, by: Dimension, since: float, until: float, *, whole: bool, sqlite: bool) -> None:
        self._by = by
        self._since = since
        self._until = until
        self._whole = whole
        self._sqlite = sqlite

    def all(self) -> Iterator[Select[Any]]:
        if self._by in OF_CALLS:
            yield self._calls()
            yield self._waits_of_calls()
        elif self._by is Dimension.QUEUE:
            yield self._stays()
        else:
            yield self._answers()
            yield self._agents_times()
        yield self._offers()
        yield self._talks()
        yield self._surveys()
        yield self._answers_to_surveys()
        if self._by in (Dimension.SITE, Dimension.QUEUE, Dimension.AGENT):
            yield self._wrap_ups()

    # --- callers ------------------------------------------------------------------------------------------------------

    def _calls(self) -> Select[Any]:
        sums = {
            "calls": func.count(),
            "completed_ivr": _count(CallRow.disposition == Disposition.COMPLETED_IVR),
            "abandoned_ivr": _count(CallRow.disposition == Disposition.ABANDONED_IVR),
        }
        return self._select(CallRow.opened_at, self._key_of_call(), sums).where(CallRow.callback.is_(None))

    def _stays(self) -> Select[Any]:
        direct, wait_s = _offered_at_once(SegmentRow), SegmentRow.wait_s
        left, answered = SegmentRow.how.is_not(None), SegmentRow.answered_at.is_not(None)
        sums = {
            "offered": func.count(),
            "direct": _count(direct),
            "overflowed": _count(SegmentRow.how == "overflowed"),
            "switch_lost": _count(SegmentRow.how == "switch_lost"),
            "queued_left": _count(and_(left, ~direct)),
            "queued_wait_s": _sum(and_(left, ~direct), wait_s),
            **_answered(answered, and_(answered, SegmentRow.in_service_level.is_(True)), wait_s),
            **_given_up(SegmentRow, wait_s, misdial=SegmentRow.how == "short_abandon"),
        }
        return self._select(SegmentRow.entered_at, SegmentRow.queue, sums)

    def _answers(self) -> Select[Any]:
        answered = SegmentRow.answered_at.is_not(None)
        sums = _answered(answered, and_(answered, SegmentRow.in_service_level.is_(True)), SegmentRow.wait_s)
        return self._select(SegmentRow.entered_at, SegmentRow.agent, sums).where(answered)

    def _waits_of_calls(self) -> Select[Any]:
        """Each call once, by its first queue: the first answer, and the first end of his waiting that is none by overflow."""
        first, answer, end = aliased(SegmentRow), aliased(SegmentRow), aliased(SegmentRow)
        way = self._ways()
        at_once = way.c.at_once == 1
        wait_s = end.left_at - first.entered_at
        alone = end.segment == 1
        direct = and_(alone, at_once)
        over = and_(end.segment.is_(None), CallRow.ended_at.is_not(None))
        over_direct = and_(way.c.last == 1, at_once)
        ended, gone = end.segment.is_not(None), and_(over, ~over_direct)
        within_s = func.coalesce(answer.within_s, USUAL_WITHIN_S)
        in_time = and_(answer.in_service_level.is_(True), or_(answer.segment == 1, answer.total_wait_s <= within_s))
        queued = and_(ended, ~direct)
        sums = {
            "offered": func.count(),
            "direct": _count(at_once),
            "overflowed": _count(over),
            "switch_lost": _count(end.how == "switch_lost"),
            "queued_left": _count(or_(queued, gone)),
            "queued_wait_s": _sum(queued, wait_s) + _sum(gone, way.c.overflowed_at - first.entered_at),
            **_answered(answer.segment.is_not(None), in_time, answer.total_wait_s),
            **_given_up(end, wait_s, misdial=and_(alone, end.how == "short_abandon")),
        }
        joined = (
            self._select(first.entered_at, self._key_of_call(), sums)
            .select_from(first)
            .join(way, way.c.call == first.call)
            .join(CallRow, CallRow.call == first.call)
            .outerjoin(answer, and_(answer.call == first.call, answer.segment == way.c.answered))
            .outerjoin(end, and_(end.call == first.call, end.segment == way.c.ended))
        )
        return joined.where(first.segment == 1)

    def _ways(self) -> FromClause:
        """Of each call that came to its first queue in this time: which of its stays was answered, which ended its wait, and
        whether the first was offered at once (looked up here, once)."""
        stay, first = aliased(SegmentRow), aliased(SegmentRow)
        ended = and_(stay.how.is_not(None), stay.how != "overflowed")
        return (
            select(
                stay.call,
                func.min(case((stay.answered_at.is_not(None), stay.segment))).label("answered"),
                func.min(case((ended, stay.segment))).label("ended"),
                func.max(stay.segment).label("last"),
                func.max(case((stay.how == "overflowed", stay.left_at))).label("overflowed_at"),
                func.max(case((and_(stay.segment == 1, _offered_at_once(stay)), 1), else_=0)).label("at_once"),
            )
            .join(first, and_(first.call == stay.call, first.segment == 1))
            .where(self._in_time(first.entered_at))
            .group_by(stay.call)
            .subquery()
        )

    # --- work ---------------------------------------------------------------------------------------------------------

    def _offers(self) -> Select[Any]:
        rang = and_(OfferRow.outcome == OfferOutcome.ACCEPTED, OfferRow.rang_at.is_not(None))
        sums = {
            **{f"offers_{outcome}": _count(OfferRow.outcome == outcome) for outcome in OfferOutcome},
            "rung": _count(rang),
            "rung_s": _sum(rang, OfferRow.ended_at - OfferRow.rang_at),
        }
        return self._of_work(OfferRow.ended_at, OfferRow, sums)

    def _talks(self) -> Select[Any]:
        sums: Sums = {
            "talks": func.count(),
            "transferred": _count(OfferRow.handed_on.is_(True)),
            "talk_s": func.sum(OfferRow.talk_s),
            "held": _count(OfferRow.hold_s > 0),
            "hold_s": func.sum(OfferRow.hold_s),
        }
        return self._of_work(OfferRow.talk_ended_at, OfferRow, sums)

    def _surveys(self) -> Select[Any]:
        answered = exists().where(SurveyAnswerRow.call == SurveyRow.call)
        sums: Sums = {"surveys_asked": func.count(), "surveys_answered": _count(answered)}
        return self._of_work(SurveyRow.asked_at, SurveyRow, sums)

    def _answers_to_surveys(self) -> Select[Any]:
        sums: Sums = {
            "survey_scores": func.count(SurveyAnswerRow.score),
            "survey_points": func.sum(SurveyAnswerRow.score),
        }
        found = self._of_work(SurveyRow.asked_at, SurveyRow, sums)
        return found.join(SurveyAnswerRow, SurveyAnswerRow.call == SurveyRow.call)

    def _wrap_ups(self) -> Select[Any]:
        row = AgentIntervalRow
        sums: Sums = {"wrap_ups": func.count(), "wrap_up_s": func.sum(row.ended_at - row.started_at)}
        found = self._select(row.ended_at, self._key_of_work(row), sums)
        return found.where(row.state == AgentState.WRAP_UP, row.queue.is_not(None))

    def _agents_times(self) -> Select[Any]:
        """Each stretch of an agent's time cut at the quarters it spans, the first piece first."""
        row = AgentIntervalRow
        began = case((row.started_at < self._since, self._since), else_=row.started_at)
        ends = case((row.ended_at > self._until, self._until), else_=row.ended_at)
        touched = and_(row.started_at < self._until, row.ended_at > self._since, row.state != AgentState.OFFLINE)
        if self._whole:
            return (
                select(row.agent.label("key"), *_of_states(row.state, ends - began)).where(touched).group_by(row.agent)
            )
        pieces = (
            select(row.agent, row.state, began.label("began"), ends.label("ends"))
            .where(touched)
            .cte("pieces", recursive=True)
        )
        border = (self._quarter(pieces.c.began) + 1) * float(INTERVAL_S)
        pieces = pieces.union_all(
            select(pieces.c.agent, pieces.c.state, border, pieces.c.ends).where(border < pieces.c.ends)
        )
        border = (self._quarter(pieces.c.began) + 1) * float(INTERVAL_S)
        seconds = case((border < pieces.c.ends, border), else_=pieces.c.ends) - pieces.c.began
        quarter = self._quarter(pieces.c.began).label("quarter")
        sums = _of_states(pieces.c.state, seconds)
        return select(quarter, pieces.c.agent.label("key"), *sums).group_by(quarter, pieces.c.agent)

    # --- what all have in common --------------------------------------------------------------------------------------

    def _of_work(self, at: Any, row: type[OfferRow | SurveyRow], sums: Sums) -> Select[Any]:
        """Work is its queue's, its agent's and the site's; and of the caller it was done for."""
        if self._by in (Dimension.VIP, Dimension.DID, Dimension.MENU):
            return self._select(at, self._key_of_call(), sums).select_from(row).join(CallRow, CallRow.call == row.call)
        return self._select(at, self._key_of_work(row), sums).select_from(row)

    def _select(self, at: Any, key: Any, sums: Sums) -> Select[Any]:
        told_apart = [key.label("key")]
        if not self._whole:
            told_apart.append(self._quarter(at).label("quarter"))
        return select(*told_apart, *_labelled(sums)).where(self._in_time(at)).group_by(*told_apart)

    def _in_time(self, at: Any) -> ColumnElement[bool]:
        return and_(at >= self._since, at < self._until)

    def _quarter(self, at: Any) -> Number:
        return quarter_of(at, sqlite=self._sqlite)

    def _key_of_work(self, row: Any) -> Number:
        match self._by:
            case Dimension.QUEUE:
                return row.queue  # type: ignore[no-any-return]
            case Dimension.AGENT:
                return row.agent  # type: ignore[no-any-return]
            case _:
                return _the_site()

    def _key_of_call(self) -> Number:
        match self._by:
            case Dimension.VIP:
                return cast(CallRow.vip, String)
            case Dimension.DID:
                return CallRow.did  # type: ignore[return-value]
            case Dimension.MENU:
                return _choice()
            case _:
                return _the_site()


def quarter_of(at: Any, *, sqlite: bool) -> Number:
    """The number of a moment's quarter (metrics.intervals). SQLite cuts off when it makes an integer, and has no floor();
    PostgreSQL rounds."""
    number = at / float(INTERVAL_S)
    return cast(number if sqlite else func.floor(number), Integer)


def _the_site() -> Number:
    return literal("", String)


def _choice() -> Number:
    """The node that a caller's last key before his first queue led to; "" when he pressed none. Digits he was asked for are no
    choice."""
    first = aliased(SegmentRow)
    queued_at = select(first.entered_at).where(first.call == IvrStepRow.call, first.segment == 1).scalar_subquery()
    node = (
        select(IvrStepRow.node)
        .where(IvrStepRow.call == CallRow.call, func.length(IvrStepRow.key) == 1)
        .where(or_(queued_at.is_(None), IvrStepRow.at <= queued_at))
        .order_by(IvrStepRow.step.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(node, "")


def _offered_at_once(stay: Any) -> ColumnElement[bool]:
    of_it = and_(OfferRow.call == stay.call, OfferRow.segment == stay.segment)
    return exists().where(of_it, OfferRow.made_at - stay.entered_at <= AT_ONCE_S)


def _answered(answered: Any, in_time: Any, wait_s: Any) -> Sums:
    return {
        "answered": _count(answered),
        "answered_within_sl": _count(in_time),
        "answered_wait_s": _sum(answered, wait_s),
    }


def _given_up(stay: Any, wait_s: Any, *, misdial: Any) -> Sums:
    given_up = stay.how.in_(("abandoned", "short_abandon"))
    rightly = and_(given_up, ~misdial)
    return {
        "short_abandoned": _count(and_(given_up, misdial)),
        "short_abandoned_wait_s": _sum(and_(given_up, misdial), wait_s),
        "abandoned_ringing": _count(and_(rightly, stay.phase == "ringing")),
        "abandoned_waiting": _count(and_(rightly, stay.phase != "ringing")),
        "abandoned_wait_s": _sum(rightly, wait_s),
        "abandoned_within_sl": _count(and_(given_up, wait_s <= func.coalesce(stay.within_s, USUAL_WITHIN_S))),
    }


def _count(condition: Any) -> Number:
    return func.sum(case((condition, 1), else_=0))


def _sum(condition: Any, value: Any) -> Number:
    return func.sum(case((condition, value), else_=0.0))


def _of_states(state: Any, seconds: Any) -> Sequence[ColumnElement[Any]]:
    return _labelled({f"agent_{one}_s": _sum(state == one, seconds) for one in _TIMES})


def _labelled(sums: Sums) -> Sequence[ColumnElement[Any]]:
    return [value.label(name) for name, value in sums.items()]
