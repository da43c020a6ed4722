"""Who called again: what first-call resolution is worked out from when nobody says whether a matter was solved.

A call counts when an agent served it and its number is known, in the interval it came in. It was called again when the same
number came in, or was called back, within some days after it began; of the last days that is not known to the end yet.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, String, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from acd.model import Disposition
from engine.database.models import CallRow
from engine.database.recount import quarter_of
from metrics.definitions import REPEAT_DAYS
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S
from metrics.outside import Outside

__all__ = ["query", "repeats"]

_KEYS: Final[Mapping[Dimension, Any]] = {
    Dimension.SITE: None,
    Dimension.QUEUE: CallRow.queue,
    Dimension.AGENT: CallRow.agent,
    Dimension.VIP: cast(CallRow.vip, String),
    Dimension.DID: CallRow.did,
}
"""The call's last queue and agent are those that served it."""


async def repeats(
    session: AsyncSession,
    by: Dimension,
    periods: Sequence[tuple[float, float]],
    keys: Collection[str] | None = None,
    days: float = REPEAT_DAYS,
) -> dict[tuple[float, float, str], Outside]:
    """By period (whole intervals, none overlapping) and key, how many were served and how many of them called again. Reads
    every call of the periods; for other dimensions than site, queue, agent, VIP and number dialled nothing is known."""
    if not periods or by not in _KEYS:
        return {}
    found = await session.execute(query(session.get_bind().dialect.name, by, periods, keys, days))
    counted: dict[tuple[float, float, str], Outside] = {}
    ordered = sorted(periods)
    for number, of, served, called_again in found:
        at = number * INTERVAL_S
        start, end = ordered[bisect_right(ordered, (at, float("inf"))) - 1]
        if start <= at < end:
            place = (start, end, str(of))
            one = Outside(served_numbers=float(served), called_again=float(called_again))
            counted[place] = Outside.total([counted[place], one]) if place in counted else one
    return counted


def query(
    dialect: str,
    by: Dimension,
    periods: Sequence[tuple[float, float]],
    keys: Collection[str] | None,
    days: float,
) -> Select[Any]:
    """Interval, key, served, called again. Both ends are found in indexes: the calls by time, the later ones by number."""
    column = _KEYS[by]
    key: Any = literal("") if column is None else column
    interval = quarter_of(CallRow.opened_at, sqlite=dialect == "sqlite").label("interval")
    later = aliased(CallRow)
    again = (
        select(later.call)
        .where(
            later.number == CallRow.number,
            later.opened_at > CallRow.opened_at,
            later.opened_at <= CallRow.opened_at + days * 86400.0,
        )
        .exists()
    )
    wanted = [
        CallRow.opened_at >= min(start for start, _ in periods),
        CallRow.opened_at < max(end for _, end in periods),
        CallRow.disposition == Disposition.SERVED.value,
        CallRow.callback.is_(None),
        CallRow.number != "",
    ]
    if keys is not None and column is not None:
        wanted.append(column.in_(keys))
    counts = func.count(), func.sum(case((again, 1), else_=0))
    return select(interval, key, *counts).where(*wanted).group_by("interval", key)
