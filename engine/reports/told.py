"""What was told from outside, and who called again, for every line of a report."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from engine.database.outside import outside
from engine.database.repeats import repeats
from engine.reports.asked import Wanted
from metrics.dimensions import STORED, Dimension
from metrics.outside import Outside
from metrics.periods import Period, Step
from metrics.reports import Told

__all__ = ["told_of"]

NEEDS_REPEATS: Final = "first_call_resolution_no_repeat"
"""The one figure for which every call must be looked up again; it is done only when it is asked for."""


async def told_of(session: AsyncSession, wanted: Wanted, periods: Sequence[Period]) -> Told:
    """By period and key, by key over all, and of the whole; a site's is never added up from parts of it."""
    whole = (wanted.since, wanted.until)
    spans: dict[tuple[float, float], list[Period | None]] = {whole: [None]}
    for period in periods:
        spans.setdefault((period.start, period.end), []).append(period)
    found = await outside(session, wanted.by, list(spans), wanted.keys)
    if any(column.id == NEEDS_REPEATS for column in wanted.columns) and wanted.by in STORED:
        await _add_repeats(session, wanted, list(spans), found)
    by: dict[tuple[Period | None, str | None], Outside] = {}
    for (start, end, key), told in found.items():
        for span in spans.get((start, end), ()):
            by[span, key] = told
            if wanted.by is Dimension.SITE:
                by[span, None] = told
    return Told(by)


async def _add_repeats(
    session: AsyncSession,
    wanted: Wanted,
    spans: Sequence[tuple[float, float]],
    found: dict[tuple[float, float, str], Outside],
) -> None:
    """What is asked for at once must not overlap: not the whole and its parts, and no two shifts."""
    whole, *parts = spans
    groups = [[whole], *([one] for one in parts)] if wanted.step is Step.SHIFT else [[whole], parts]
    for group in filter(None, groups):
        for place, served in (await repeats(session, wanted.by, group, wanted.keys)).items():
            found[place] = replace(
                found.get(place, Outside()), served_numbers=served.served_numbers, called_again=served.called_again
            )
