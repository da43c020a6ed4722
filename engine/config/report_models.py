"""What metrics.yaml may say of reports that are sent, and of the mail server that takes them."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from engine.config.fields import Clock, Identifier, Port, Text
from engine.config.models import Model
from metrics.columns import COLUMNS
from metrics.dimensions import Dimension
from metrics.periods import Step

__all__ = ["ReportModel", "SmtpModel"]

_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)


def _mail(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise ValueError("expected a mail address such as floor@example.com")
    return text


def _figure(text: str) -> str:
    if text != "all" and text not in COLUMNS:
        raise ValueError(f"no figure or count of this name (there are: {', '.join(COLUMNS)})")
    return text


MailAddress = Annotated[str, AfterValidator(_mail)]


class ReportModel(Model):
    """One report that is made by itself and brought to people."""

    name: Identifier
    when: Literal["daily", "weekly", "monthly"] = "daily"
    """Of the day before; of the week before, on Mondays; of the month before, on the 1st."""
    at: Clock = "06:30"
    by: Dimension = Dimension.QUEUE
    step: Step | None = None
    """None: half hours of a day, days of a week or month."""
    figures: list[Annotated[str, AfterValidator(_figure)]] = Field(default_factory=list)
    """Empty: the usual ones."""
    format: Literal["html", "xlsx", "csv", "json"] = "html"
    language: Literal["zh", "en"] = "zh"
    to: list[MailAddress] = Field(default_factory=list)
    folder: Text | None = None
    """Where it is put; if it is not absolute, below $HOTLINE_HOME."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "ReportModel":
        if not self.to and self.folder is None:
            raise ValueError("a report goes to somebody: give `to`, `folder` or both")
        return self


class SmtpModel(Model):
    """The mail server. The password stands in HOTLINE_SMTP_PASSWORD or the file HOTLINE_SMTP_PASSWORD_FILE names."""

    host: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9.:-]+$")]
    port: Port = 587
    user: Text | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """starttls: encrypted before anything is said (587); tls: from the first byte (465); none: for a server of this machine."""
    sender: MailAddress = Field(alias="from")
