"""Reports that are due are mailed and filed once, whatever happens in between: a real mail server, a real database."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from msgspec.structs import replace

from engine.asterisk.ports import free_port
from engine.config import Configuration, load
from engine.config.metrics_models import MetricsFile
from engine.config.report_models import SmtpModel
from engine.database import Database
from engine.reports.mail import MailServer, NotSent, send
from engine.reports.sending import ReportSender

ZONE = ZoneInfo("Asia/Shanghai")
CONFIG = Path(__file__).parents[2] / "config"


class Postbox:
    """Takes mail, unless it is told not to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""
        self.unknown = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address == self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse:
            return self.refuse
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


class Clock:
    def __init__(self, text: str) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        self.now = datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, trusted by nobody but who is told to; key and certificate in one file."""
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
        f" -keyout {file} -out {file}.crt".split(),
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox, certificate: Path) -> Iterator[Controller]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def may(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"hotline", b"secret word"), handled=False)

    controller = Controller(
        postbox,
        hostname="127.0.0.1",
        port=free_port("127.0.0.1"),
        tls_context=context,
        authenticator=may,
        auth_required=True,
        require_starttls=True,
    )
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hotline.db")
    await database.open()
    yield database
    await database.close()


def configured(server: Controller, **report: Any) -> Configuration:
    smtp = {"host": "localhost", "port": server.port, "user": "hotline", "from": "hotline@example.com"}
    spec = {"name": "floor", "to": ["a@example.com", "b@example.com"], "folder": "reports/daily", **report}
    return replace(load(CONFIG), metrics=MetricsFile.model_validate({"reports": [spec], "smtp": smtp}))


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_SMTP_PASSWORD", "secret word")


def sender(database: Database, configuration: Configuration, home: Path, clock: Clock, trusted: Path) -> ReportSender:
    return ReportSender(database, lambda: configuration, home, clock, trusted=str(trusted))


@pytest.mark.usefixtures("password")
async def test_a_daily_report_reaches_everybody_once_over_restarts(
    server: Controller, postbox: Postbox, database: Database, tmp_path: Path, certificate: Path
) -> None:
    configuration, clock = configured(server), Clock("2026-11-26T06:29")
    first = sender(database, configuration, tmp_path, clock, certificate)
    await first.look()
    before = len(postbox.mails)  # of the day before, due since yesterday: a new report begins with the last one due
    clock.set("2026-11-26T06:30")
    await first.look()
    await first.look()
    again = sender(database, configuration, tmp_path, clock, certificate)
    await again.look()
    assert (before, len(postbox.mails)) == (2, 4)
    assert [mail["To"] for mail in postbox.mails[2:]] == ["a@example.com", "b@example.com"]
    mail = postbox.mails[2]
    assert mail["Subject"] == "日报  2026-11-25"
    attached = [part for part in mail.walk() if part.get_content_disposition() == "attachment"]
    assert [part.get_filename() for part in attached] == ["hotline-queue-2026-11-25.html"]
    files = sorted(file.name for file in (tmp_path / "reports" / "daily").iterdir())
    assert files == ["floor-hotline-queue-2026-11-24.html", "floor-hotline-queue-2026-11-25.html"]
    assert first.problem == again.problem == ""


@pytest.mark.usefixtures("password")
async def test_a_refused_mail_is_tried_again_later_and_only_for_who_has_not_had_it(
    server: Controller, postbox: Postbox, database: Database, tmp_path: Path, certificate: Path
) -> None:
    clock = Clock("2026-11-26T07:00")
    reports = sender(database, configured(server), tmp_path, clock, certificate)
    postbox.refuse = "451 try again later"
    await reports.look()
    assert postbox.mails == []
    assert "report floor of 2026-11-25" in reports.problem
    assert "451" in reports.problem
    postbox.refuse = ""
    await reports.look()
    assert postbox.mails == []  # not before a minute is over
    clock.now += 61
    await reports.look()
    assert [mail["To"] for mail in postbox.mails] == ["a@example.com", "b@example.com"]
    assert reports.problem == ""


@pytest.mark.usefixtures("password")
async def test_who_has_had_it_gets_it_no_second_time_when_the_server_dies_in_between(
    server: Controller, postbox: Postbox, database: Database, tmp_path: Path, certificate: Path
) -> None:
    clock = Clock("2026-11-26T07:00")
    await sender(database, configured(server, to=["a@example.com"]), tmp_path, clock, certificate).look()
    mark = tmp_path / "reports" / "sent" / "floor-2026-11-25.json"
    assert json.loads(mark.read_text())["mailed"] == ["a@example.com"]
    await sender(database, configured(server), tmp_path, clock, certificate).look()
    assert [mail["To"] for mail in postbox.mails] == ["a@example.com", "b@example.com"]


@pytest.mark.usefixtures("password")
async def test_an_address_the_server_refuses_keeps_no_other_from_having_the_report(
    server: Controller, postbox: Postbox, database: Database, tmp_path: Path, certificate: Path
) -> None:
    clock, postbox.unknown = Clock("2026-11-26T07:00"), "a@example.com"
    reports = sender(database, configured(server), tmp_path, clock, certificate)
    await reports.look()
    assert [mail["To"] for mail in postbox.mails] == ["b@example.com"]
    assert "…@…: 550 no such user" in reports.problem
    assert "example.com" not in reports.problem
    clock.now += 61
    await reports.look()
    assert len(postbox.mails) == 1
    assert "550" in reports.problem


@pytest.mark.usefixtures("password")
async def test_a_report_that_is_no_longer_made_up_for_is_no_longer_late(
    server: Controller, postbox: Postbox, database: Database, tmp_path: Path, certificate: Path
) -> None:
    clock, postbox.refuse = Clock("2026-11-26T07:00"), "451 try again later"
    reports = sender(database, configured(server, to=["a@example.com"]), tmp_path, clock, certificate)
    await reports.look()
    assert "of 2026-11-25" in reports.problem
    postbox.refuse, clock.now = "", clock.now + 9 * 86400
    await reports.look()
    assert reports.problem == ""


async def test_a_report_is_mended_when_the_password_is(
    server: Controller,
    postbox: Postbox,
    database: Database,
    tmp_path: Path,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOTLINE_SMTP_PASSWORD", "wrong")
    clock = Clock("2026-11-26T07:00")
    reports = sender(database, configured(server), tmp_path, clock, certificate)
    await reports.look()
    assert "535" in reports.problem
    assert "wrong" not in reports.problem
    monkeypatch.setenv("HOTLINE_SMTP_PASSWORD", "secret word")
    clock.now += 3700
    await reports.look()
    assert (len(postbox.mails), reports.problem) == (2, "")


async def test_a_server_with_a_strangers_certificate_is_told_nothing(server: Controller, postbox: Postbox) -> None:
    there = MailServer(host="localhost", port=server.port, tls="starttls", sender="h@example.com", user="hotline")
    mail = EmailMessage()
    mail["From"], mail["To"] = "h@example.com", "a@example.com"
    with pytest.raises(NotSent, match="certificate"):
        await asyncio.to_thread(send, mail, there)
    assert postbox.mails == []


def test_no_password_stands_in_the_file() -> None:
    assert "password" not in SmtpModel.model_fields
