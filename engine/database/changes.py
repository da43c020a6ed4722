"""Which quarters of an hour are to be counted again: noted in the same transaction as the facts that changed them, and struck
out in the same transaction as they are counted. Whatever is cut off between, nothing is missed and nothing counts twice."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Select, delete, func, insert, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from agents.state import AgentState
from engine.database.models import CallRow, ChangedIntervalRow, OfferRow, SegmentRow, SurveyRow
from engine.facts import Row
from metrics.intervals import interval_of, pieces

__all__ = ["changed_run", "how_many_changed", "note_changes", "note_quarters", "strike_out"]

OF_CALLS: Final = frozenset({"calls", "ivr_steps", "segments", "offers", "surveys", "survey_answers"})
CALLS_AT_ONCE: Final = 500


async def note_changes(connection: AsyncConnection, rows: Iterable[Row]) -> None:
    """Note the quarters these rows are counted in, after they were written. What is told of a call may change how any of its
    stays counts, and for whom: all quarters it is counted in are."""
    calls: set[str] = set()
    quarters: set[int] = set()
    for row in rows:
        if row.table in OF_CALLS:
            calls.add(row.key.get("call") or row.values["call"])
        elif row.table == "agent_intervals" and row.key["state"] != AgentState.OFFLINE:
            quarters |= _spanned(row.key["started_at"], row.values["ended_at"])
    named = sorted(calls)
    for at in range(0, len(named), CALLS_AT_ONCE):
        times = await connection.execute(_times_of(named[at : at + CALLS_AT_ONCE]))
        quarters |= {interval_of(time) for (time,) in times if time is not None}
    await note_quarters(connection, quarters)


async def note_quarters(connection: AsyncConnection, quarters: Collection[int]) -> None:
    """As `note_changes`, for who knows which they are."""
    if quarters:
        await connection.execute(insert(ChangedIntervalRow), [{"quarter": quarter} for quarter in sorted(quarters)])


async def how_many_changed(session: AsyncSession) -> int:
    """Quarters that are to be counted."""
    return (await session.scalars(select(func.count(ChangedIntervalRow.quarter.distinct())))).one()


async def changed_run(session: AsyncSession, at_most: int) -> range:
    """The first quarters to be counted, one after the other without a gap; empty: none."""
    noted = select(ChangedIntervalRow.quarter).distinct().order_by(ChangedIntervalRow.quarter).limit(at_most)
    quarters = (await session.scalars(noted)).all()
    if not quarters:
        return range(0)
    length = next((n for n, quarter in enumerate(quarters) if quarter != quarters[0] + n), len(quarters))
    return range(quarters[0], quarters[0] + length)


async def strike_out(connection: AsyncConnection, quarters: range) -> None:
    """They are counted in this transaction. What is noted from now on has another id, and stays."""
    row = ChangedIntervalRow
    await connection.execute(delete(row).where(row.quarter >= quarters.start, row.quarter < quarters.stop))


def _spanned(start: float, end: float) -> set[int]:
    """What is booked where it ends may end just where a quarter begins."""
    return {interval_of(end), *(quarter for quarter, _ in pieces(start, end))}


def _times_of(calls: Sequence[str]) -> Any:
    """Each moment something of these calls is booked at."""
    columns = (
        (CallRow.opened_at, CallRow.call),
        (SegmentRow.entered_at, SegmentRow.call),
        (OfferRow.ended_at, OfferRow.call),
        (OfferRow.talk_ended_at, OfferRow.call),
        (SurveyRow.asked_at, SurveyRow.call),
    )
    found: list[Select[Any]] = [select(time.label("at")).where(call.in_(calls)) for time, call in columns]
    return union_all(*found)
