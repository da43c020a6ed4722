"""Makes the reports of metrics.yaml when they are due, puts them into folders and mails them: each to everybody once.

A mark on the disk says who has had it, written after each mail. A machine that dies between the mail server's word and the
mark sends that one mail again, with the same Message-ID, by which mail programs know it. What could not be done is tried again
after a minute, then after longer and longer pauses up to an hour, and shows in healthz as long as it is so.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cti.http.services import ReportFile
from engine.config import Configuration
from engine.config.environment import secret
from engine.config.report_models import ReportModel
from engine.database.connection import Database, DatabaseNotReady
from engine.database.intervals import roll_up_changed
from engine.reports.apart import apart
from engine.reports.asked import BadQuestion, Wanted, columns_of
from engine.reports.document import Document
from engine.reports.mail import AddressRefused, MailServer, NotSent, mail_of, send
from engine.reports.making import file_of, make
from engine.reports.marks import Marks, Sent
from engine.reports.schedule import Due, due, span
from engine.reports.site import surroundings
from metrics.periods import Step

__all__ = ["ReportSender"]

log = logging.getLogger(__name__)

LOOK_S: Final = 30.0
FIRST_PAUSE_S: Final = 60.0
LONGEST_PAUSE_S: Final = 3600.0
TITLES: Final = {
    "daily": {"zh": "日报", "en": "Daily report"},
    "weekly": {"zh": "周报", "en": "Weekly report"},
    "monthly": {"zh": "月报", "en": "Monthly report"},
}
ADDRESS: Final = re.compile(r"[^\s<>()'\":;,]+@[^\s<>()'\":;,]+")
FAILURES: Final = (DatabaseNotReady, SQLAlchemyError, BadQuestion, NotSent, OSError, TimeoutError)


class ReportSender:
    """`run` it as a task; `problem` says what is late and why, for healthz ("" when nothing is)."""

    def __init__(
        self,
        database: Database,
        configuration: Callable[[], Configuration],
        home: Path,
        now: Callable[[], float],
        *,
        trusted: str | None = None,
    ) -> None:
        self._database = database
        self._configuration = configuration
        self._home = home
        self._now = now
        self._trusted = trusted
        self._marks = Marks(home / "reports" / "sent")
        self._late: dict[tuple[str, date], tuple[float, float, str]] = {}
        """By report and first day: when to try again, the pause before that, and why it failed."""
        self.sent = 0
        """Mails and files, since the start."""

    @property
    def problem(self) -> str:
        """The first of what is late. Everybody may read healthz: addresses stand in the log alone."""
        told = (f"report {name} of {day}: {ADDRESS.sub('…@…', why)}" for (name, day), (_, _, why) in self._late.items())
        return next(told, "")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (
                Exception
            ):  # a defect in one report must not keep the engine's other tasks, or other reports, from working
                log.exception("reports were not looked at")
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Make and send all that is due now and not sent yet."""
        configuration = self._configuration()
        zone = surroundings(configuration).zone
        specs = {spec.name: spec for spec in configuration.metrics.reports}
        wanted = [
            (spec, one)
            for spec in specs.values()
            for one in await self._wanted(spec, due(spec.when, spec.at, self._now(), zone))
        ]
        still = {(spec.name, one.first) for spec, one in wanted}
        self._late = {late: told for late, told in self._late.items() if late in still}
        for spec, one in wanted:
            await self._see_to(spec, one)

    async def _wanted(self, spec: ReportModel, dues: Sequence[Due]) -> Sequence[Due]:
        """A report that is new in the configuration begins with the last one due; nobody waits for those before."""
        earliest = await asyncio.to_thread(self._marks.earliest, spec.name)
        if earliest is not None:
            return [one for one in dues if one.first.isoformat() >= earliest]
        if dues:
            await asyncio.to_thread(self._marks.write, spec.name, dues[-1].first.isoformat(), Sent())
        return dues[-1:]

    async def _see_to(self, spec: ReportModel, one: Due) -> None:
        late = spec.name, one.first
        retry_at, pause_s, _ = self._late.get(late, (0.0, 0.0, ""))
        if self._now() < retry_at:
            return
        try:
            sent = await asyncio.to_thread(self._marks.read, spec.name, one.first.isoformat())
            if self._is_done(spec, sent):
                return
            await self._send(spec, one, sent)
            self._late.pop(late, None)
        except FAILURES as error:
            pause_s = min(max(pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            self._late[late] = self._now() + pause_s, pause_s, why
            log.error("report %s of %s: %s; tried again in %.0f s", spec.name, one.first, why, pause_s)

    def _is_done(self, spec: ReportModel, sent: Sent) -> bool:
        return (spec.folder is None or sent.filed) and set(spec.to) <= set(sent.mailed)

    async def _send(self, spec: ReportModel, one: Due, sent: Sent) -> None:
        await self._database.open()  # the first look may come before its writer has opened it
        document, made = await apart(self._database, lambda database: self._made(database, spec, one))
        first = one.first.isoformat()
        if spec.folder is not None and not sent.filed:
            await asyncio.to_thread(_put, self._home / spec.folder, spec.name, made)
            sent.filed = True
            await self._note(spec, first, sent)
        refused: AddressRefused | None = None
        for address in spec.to:
            if address not in sent.mailed:
                try:
                    await self._mail(spec, document, made, address, first)
                except AddressRefused as error:
                    refused = error
                    continue
                sent.mailed.append(address)
                await self._note(spec, first, sent)
        if refused is not None:
            raise refused

    async def _note(self, spec: ReportModel, first: str, sent: Sent) -> None:
        self.sent += 1
        await asyncio.to_thread(self._marks.write, spec.name, first, sent)

    async def _made(self, database: Database, spec: ReportModel, one: Due) -> tuple[Document, ReportFile]:
        around = surroundings(self._configuration())
        since, until = span(one, around.zone)
        step = spec.step or (Step.HALF_HOUR if spec.when == "daily" else Step.DAY)
        wanted = Wanted(
            since=since, until=until, by=spec.by, step=step, columns=columns_of(spec.figures, spec.by, around.bands)
        )
        await roll_up_changed(database)  # what came in the last minute, too
        async with database.session() as session:
            document = await make(session, wanted, around, spec.language, TITLES[spec.when][spec.language])
        return document, file_of(document, spec.format)

    async def _mail(self, spec: ReportModel, document: Document, made: ReportFile, to: str, first: str) -> None:
        server = self._server()
        site = self._configuration().system.site
        host = server.sender.rpartition("@")[2]
        mail = mail_of(document, made, server, to, f"<{site}.{spec.name}.{first}.{to.replace('@', '.')}@{host}>")
        await asyncio.to_thread(send, mail, server)

    def _server(self) -> MailServer:
        smtp = self._configuration().metrics.smtp
        if smtp is None:
            raise NotSent("metrics.yaml names no mail server: smtp")
        return MailServer(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            sender=smtp.sender,
            user=smtp.user or "",
            password=secret("HOTLINE_SMTP_PASSWORD"),
            trusted=self._trusted,
        )


def _put(folder: Path, name: str, made: ReportFile) -> None:
    """Whole or not at all: whoever looks into the folder meets no half file."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{name}-{made.name}.new"
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    fresh.write_bytes(made.content)
    fresh.replace(folder / f"{name}-{made.name}")
