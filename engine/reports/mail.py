"""A report as a mail, and the mail on its way. Blocks: for a thread."""

import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

import msgspec

from cti.http.services import ReportFile
from engine.reports.document import Document
from engine.reports.shown import shown, target

__all__ = ["AddressRefused", "MailServer", "NotSent", "mail_of", "send"]

TIMEOUT_S: Final = 30.0


class NotSent(Exception):
    """The mail server did not take it; the message says why. Later it may."""


class AddressRefused(NotSent):
    """The mail server is well but will not take mail for this address: others may still have theirs."""


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail goes first. `tls`: starttls | tls | none; a certificate is checked against the host's name."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = ""
    trusted: str | None = None
    """A file of certificates to trust instead of the system's."""


def mail_of(document: Document, made: ReportFile, server: MailServer, to: str, message_id: str) -> EmailMessage:
    """The whole in words, the report attached. The id is made of report and time: sent twice, it is one mail."""
    mail = EmailMessage()
    mail["Subject"] = document.heading
    mail["From"], mail["To"] = server.sender, to
    mail["Date"], mail["Message-ID"] = formatdate(document.made_at, localtime=False), message_id
    mail.set_content(_words(document))
    kind, _, subtype = made.content_type.partition("/")
    mail.add_attachment(made.content, maintype=kind, subtype=subtype, filename=made.name)
    return mail


def _words(document: Document) -> str:
    report, language = document.report, document.language
    lines = [document.heading, ""]
    for column, value, side in zip(report.columns, report.whole.values, report.whole.sides, strict=True):
        aim = "" if side is None else f"  ({document.say('目标', 'target')} {target(column, language)})"
        lines.append(f"{column.names[language]}: {shown(value, column.unit, language)}{aim}")
    for one in document.because:
        lines += ["", one.headline, *(f"- {sentence}" for sentence in one.sentences)]
    return "\n".join(lines) + "\n"


def send(mail: EmailMessage, server: MailServer) -> None:
    """Hand it to the mail server. Raises AddressRefused, or NotSent."""
    import smtplib  # noqa: PLC0415 - waiting callers need not wait for it at a restart

    context = ssl.create_default_context(cafile=server.trusted)
    try:
        if server.tls == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        with client:
            if server.tls == "starttls":
                client.starttls(context=context)
            if server.user:
                client.login(server.user, server.password)
            client.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        [(code, text)] = error.recipients.values()
        raise AddressRefused(
            f"{server.host}:{server.port}: {mail['To']}: {code} {text.decode('utf-8', 'replace')}"
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"{server.host}:{server.port}: {error}") from error
