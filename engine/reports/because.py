"""Why figures of a day's report are out of their bands, in sentences: of the site, or of each queue."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agents.roster import QueueId
from engine.config import Configuration
from engine.reports.document import Because
from engine.reports.shown import Language
from engine.why.ask import answers, find_out
from metrics.definitions import FIGURES
from metrics.dimensions import Dimension
from metrics.reports import Line, Report

__all__ = ["because"]

LONGEST_S: Final = 25 * 3600.0
"""What is longer has no comparable days before it."""


async def because(
    session: AsyncSession, report: Report, configuration: Configuration, language: Language
) -> list[Because]:
    """Each figure out of its band for which something is found; nothing for reports of people, or of more than a day."""
    if report.by not in (Dimension.SITE, Dimension.QUEUE) or report.until - report.since > LONGEST_S:
        return []
    found: list[Because] = []
    for line in [report.whole] if report.by is Dimension.SITE else report.by_key:
        queue = None if report.by is Dimension.SITE else QueueId(line.key or "")
        out = _out_of_band(report, line)
        if not out or (queue is not None and queue not in configuration.rules.queues):
            continue
        known = await find_out(session, configuration, queue, (report.since, report.until))
        name = "" if queue is None else f"{configuration.rules.queues[queue].names.get(language, queue)} · "
        found += [
            Because(answer.figure, name + answer.headline[language], tuple(answer.sentences[language]))
            for answer in answers(known, configuration, out)
            if answer.causes
        ]
    return found


def _out_of_band(report: Report, line: Line) -> list[str]:
    return [
        column.id
        for column, side in zip(report.columns, line.sides, strict=True)
        if column.id in FIGURES and side is not None
    ]
