"""What may stand in metrics.yaml: targets, and what is done with the numbers."""

from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from engine.config.fields import TIME_OF_DAY, AtLeastASecond, QuarterSpan, Text
from engine.config.models import Model
from engine.config.report_models import ReportModel, SmtpModel
from metrics.definitions import FIGURES, Band, bands_in_force

__all__ = ["AuditModel", "BandModel", "MetricsFile", "QueueLogModel"]

NEVER: Final = "never"


class BandModel(Model):
    """Where a figure should be, both ends included; an end left out: no limit on that side."""

    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "BandModel":
        if self.low is None and self.high is None:
            raise ValueError("a band has a low end, a high end or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low must not be above high")
        return self

    def band(self) -> Band:
        """As the figures are judged by."""
        return Band(self.low, self.high)


class WallboardModel(Model):
    """What the wallboard raises an alarm at, beside the bands."""

    longest_wait: AtLeastASecond = 120.0
    """A caller who has waited longer in his queue, in seconds."""


class AuditModel(Model):
    """The nightly audit of the day before."""

    at: str = "03:30"
    """By the site's clock; "never": it is not done."""

    @field_validator("at")
    @classmethod
    def _a_time(cls, at: str) -> str:
        if at != NEVER and not TIME_OF_DAY.fullmatch(at):
            raise ValueError('expected a time such as "03:30", or never')
        return at

    def minutes(self) -> int | None:
        """After midnight; None: never."""
        return None if self.at == NEVER else int(self.at[:2]) * 60 + int(self.at[3:])


class QueueLogModel(Model):
    """Writing Asterisk's queue_log, for programs that read it."""

    file: bool | Text = False
    """true: queue_log in the site's folder; or a path, from the site's folder on if it is not a whole one."""
    sql: bool = False
    """Into the table queue_log of the site's database as well."""
    agents: Literal["number", "name"] = "number"
    queuemetrics: bool = False
    """QueueMetrics' own verbs as well."""


class MetricsFile(Model):
    """metrics.yaml; a site need not have it."""

    bands: dict[str, BandModel] = Field(default_factory=dict)
    """By figure; others keep the target of their definition."""
    wallboard: WallboardModel = Field(default_factory=WallboardModel)
    shifts: dict[Text, QuarterSpan] = Field(default_factory=dict)
    """By name, when they are, every day; reports by shift go by them."""
    queue_log: QueueLogModel = QueueLogModel()
    audit: AuditModel = AuditModel()
    reports: list[ReportModel] = Field(default_factory=list)
    """Made by themselves, and brought to people."""
    smtp: SmtpModel | None = None

    @model_validator(mode="after")
    def _can_be_sent(self) -> "MetricsFile":
        names = [report.name for report in self.reports]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"reports: two are called {twice!r}")
        mailed = next((report.name for report in self.reports if report.to), None)
        if mailed is not None and self.smtp is None:
            raise ValueError(f"report {mailed!r} is mailed, but there is no mail server: smtp is missing")
        return self

    @field_validator("bands")
    @classmethod
    def _of_known_figures(cls, bands: dict[str, BandModel]) -> dict[str, BandModel]:
        unknown = [figure for figure in bands if figure not in FIGURES]
        if unknown:
            raise ValueError(f"no figure {unknown[0]!r} (there are: {', '.join(FIGURES)})")
        return bands

    def bands_in_force(self) -> dict[str, Band]:
        """Where each figure should be, the site's own targets before the usual ones."""
        return bands_in_force({name: band.band() for name, band in self.bands.items()})
