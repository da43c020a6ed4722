"""Makes reports of a database: for commands, for the API and for those that are sent."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from cti.http.services import ReportFile
from engine.reports.agent_day import read_day
from engine.reports.agent_day_picture import picture
from engine.reports.asked import OF_PEOPLE, Wanted, columns_of
from engine.reports.because import because
from engine.reports.csv_file import csv_of
from engine.reports.document import Document, file_name
from engine.reports.gather import gather
from engine.reports.html_page import html_of
from engine.reports.json_file import json_of
from engine.reports.shown import Language, Names
from engine.reports.site import Surroundings
from metrics.dimensions import Dimension
from metrics.periods import Step, midnight
from metrics.reports import Report

__all__ = ["FORMATS", "file_of", "make"]

CURVE: Final = ("offered", "service_level", "asa")
DAY_S: Final = 86400.0
MOST_DAYS: Final = 20


def _xlsx_of(document: Document) -> bytes:
    from engine.reports.xlsx_file import xlsx_of  # noqa: PLC0415 - waiting callers need not wait for its library at a restart

    return xlsx_of(document)


FORMATS: Final[dict[str, tuple[Callable[[Document], bytes], str]]] = {
    "html": (html_of, "text/html"),
    "xlsx": (_xlsx_of, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (csv_of, "text/csv"),
    "json": (json_of, "application/json"),
}
"""By format what makes the file, and its content type."""


async def make(
    session: AsyncSession, wanted: Wanted, around: Surroundings, language: Language, title: str = ""
) -> Document:
    """The report with all that is shown around it. Raises BadQuestion."""
    report = await gather(session, wanted, around.rules, around.zone, around.shifts)
    return Document(
        report=report,
        curve=await _curve(session, wanted, around),
        names=Names.of(around.rules),
        language=language,
        zone=around.zone,
        made_at=time.time(),
        title=title,
        because=[] if around.configuration is None else await because(session, report, around.configuration, language),
        pictures=await _days(session, wanted, around, language),
    )


async def _days(session: AsyncSession, wanted: Wanted, around: Surroundings, language: Language) -> list[str]:
    """Of a few agents by name on one day, what each did."""
    if wanted.by is not Dimension.AGENT or wanted.keys is None or len(wanted.keys) > MOST_DAYS:
        return []
    day = datetime.fromtimestamp(wanted.since, around.zone).date()
    if wanted.until > midnight(day + timedelta(days=1), around.zone):
        return []
    return [picture(await read_day(session, agent, day, around), language) for agent in wanted.keys]


async def _curve(session: AsyncSession, wanted: Wanted, around: Surroundings) -> Report | None:
    """The callers of the same time by half hours, days or months. None of people: nobody waits for one agent alone."""
    if wanted.by in OF_PEOPLE:
        return None
    span_s = wanted.until - wanted.since
    step = Step.HALF_HOUR if span_s <= 2 * DAY_S else Step.DAY if span_s <= 92 * DAY_S else Step.MONTH
    columns = columns_of(CURVE, Dimension.SITE, around.bands)
    by = wanted.by if wanted.keys is not None else Dimension.SITE
    asked = replace(wanted, by=by, step=step, columns=columns)
    return await gather(session, asked, around.rules, around.zone, around.shifts)


def file_of(document: Document, form: str) -> ReportFile:
    """The document in one of FORMATS."""
    render, content_type = FORMATS[form]
    return ReportFile(file_name(document, form), content_type, render(document))
