"""cti.http.services.Reports over the database."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from agents.roster import AgentId
from cti.http.services import CallBehind, HistoryUnavailable, Question, QuestionRefused, ReportFile
from engine.config import Configuration
from engine.database.connection import Database, DatabaseNotReady
from engine.database.reading import reading
from engine.reports.agent_day import read_day
from engine.reports.agent_day_picture import picture
from engine.reports.apart import apart
from engine.reports.asked import BadQuestion, span_of
from engine.reports.asking import dimension_of, wanted_of
from engine.reports.behind import Question as AskedCalls
from engine.reports.behind import behind
from engine.reports.document import Document
from engine.reports.making import file_of, make
from engine.reports.pages import calls_page, report_page, sign_in_page
from engine.reports.shown import Language, Names
from engine.reports.site import Surroundings, surroundings

__all__ = ["SqlReports"]

T = TypeVar("T")


class SqlReports:
    """Answers questions by the configuration in force."""

    def __init__(
        self, database: Database, configuration: Callable[[], Configuration], now: Callable[[], float]
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._now = now

    async def file(self, question: Question, form: str) -> ReportFile:
        async def made(session: AsyncSession) -> ReportFile:
            return file_of(await self._document(session, question), form)

        return await self._read(made)

    async def page(self, question: Question) -> str:
        language = self._language(question)

        async def shown(session: AsyncSession) -> str:
            return report_page(await self._document(session, question), question, language)

        try:
            return await self._read(shown)
        except QuestionRefused as refused:
            return report_page(None, question, language, str(refused))

    async def calls(self, question: Question) -> Sequence[CallBehind]:
        around = surroundings(self._configuration())
        asked = self._behind(question, around)
        return await self._read(lambda session: behind(session, asked, around.rules))

    async def calls_page(self, question: Question) -> str:
        around = surroundings(self._configuration())
        asked, names, language = self._behind(question, around), Names.of(around.rules), self._language(question)

        async def shown(session: AsyncSession) -> str:
            return calls_page(await behind(session, asked, around.rules), asked, names, around.zone, language)

        return await self._read(shown)

    async def agent_day(self, agent: AgentId, question: Question) -> ReportFile:
        around, language = surroundings(self._configuration()), self._language(question)
        try:
            text = question.get("day")
            day = date.fromisoformat(text) if text else self._today(around) - timedelta(days=1)
        except ValueError:
            raise QuestionRefused("day: expected a day such as 2026-11-25") from None

        async def drawn(session: AsyncSession) -> str:
            return picture(await read_day(session, agent, day, around), language)

        drawing = await self._read(drawn)
        return ReportFile(f"hotline-agent-{quote(agent, safe='')}-{day}.svg", "image/svg+xml", drawing.encode())

    def sign_in_page(self, *, refused: bool) -> str:
        return sign_in_page(self._configuration().system.language, refused=refused)

    async def _document(self, session: AsyncSession, question: Question) -> Document:
        around = surroundings(self._configuration())
        wanted = wanted_of(question, _keys(question), around, self._today(around))
        return await make(session, wanted, around, self._language(question))

    def _behind(self, question: Question, around: Surroundings) -> AskedCalls:
        keys = _keys(question)
        try:
            since, until = span_of(question.get("from", ""), question.get("to", ""), around.zone, self._today(around))
            by = dimension_of(question.get("by", ""))
            if len(keys) > 1:
                raise BadQuestion("key", "the calls behind one number are of one key")
        except BadQuestion as refused:
            raise QuestionRefused(str(refused)) from refused
        return AskedCalls(
            count=question.get("count", ""), by=by, key=keys[0] if keys else None, since=since, until=until
        )

    async def _read(self, read: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """In a thread of its own: callers wait on this loop."""

        async def work(database: Database) -> T:
            async with reading(database) as session:
                return await read(session)

        try:
            return await apart(self._database, work)
        except BadQuestion as refused:
            raise QuestionRefused(str(refused)) from refused
        except DatabaseNotReady as error:
            raise HistoryUnavailable(str(error)) from error

    def _today(self, around: Surroundings) -> date:
        return datetime.fromtimestamp(self._now(), around.zone).date()

    def _language(self, question: Mapping[str, str]) -> Language:
        wanted = question.get("language") or self._configuration().system.language
        return "en" if wanted == "en" else "zh"


def _keys(question: Question) -> list[str]:
    """Callers who made no choice in the menu are asked for as `""`."""
    return [key.replace('""', "") for key in question.get("key", "").split(",") if key]
