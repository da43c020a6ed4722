"""What may stand in the configuration files: one model per file, every key with its unit and default.

Durations are written as ops think of them: 20s, 5m, 1h30m, or a plain number of seconds.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from acd.rules import Strategy

__all__ = ["AgentsFile", "Duration", "Model", "Names", "QueueModel", "QueuesFile", "SystemFile", "WebhookModel"]

_DURATION = re.compile(r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?")


def seconds(value: Any) -> Any:
    """'1h30m' -> 5400.0; numbers pass."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if not match or not any(match.groups()):
            raise ValueError("expected a duration such as 20s, 5m or 1h30m, or a number of seconds")
        hours, minutes, secs = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + secs
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a duration such as 20s, 5m or 1h30m, or a number of seconds")
    return float(value)


Duration = Annotated[float, BeforeValidator(seconds), Field(ge=0)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
PhoneNumber = Annotated[str, BeforeValidator(str), Field(pattern=r"^\+?[0-9]{3,20}$")]
Port = Annotated[int, Field(ge=0, le=65535)]
Secret = Annotated[str, Field(repr=False)]


class Model(BaseModel):
    """Unknown keys are errors: a typing mistake must not silently mean the default."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Names(Model):
    """What people call a thing, by language."""

    zh: str
    en: str = ""


class SipModel(Model):
    bind: str = "127.0.0.1"
    port: Port = 5060


class RtpModel(Model):
    start: Port = 10000
    """0: any free range."""
    end: Port = 10999

    @model_validator(mode="after")
    def _in_order(self) -> "RtpModel":
        if self.start and self.end - self.start < 9:
            raise ValueError("the range must hold at least 10 ports (end - start >= 9)")
        return self


class AddressModel(Model):
    bind: str = "127.0.0.1"
    port: Port


class HttpModel(AddressModel):
    port: Port = 8080


class AgiModel(AddressModel):
    port: Port = 4573


class AmiModel(AddressModel):
    port: Port = 5038


class TrunkModel(Model):
    name: Identifier
    addresses: list[str] = Field(min_length=1)


class WebhookModel(Model):
    url: str = Field(pattern=r"^https?://")
    events: list[str] = []
    secret: Secret = ""
    full_numbers: bool = False
    give_up_after: Duration = 3600.0


class AwayModel(Model):
    """What callers meet while the engine is away."""

    music: Duration = 45.0
    """How long they are kept in music, while Asterisk looks for the engine once a second."""
    last_resort: Duration = 120.0
    """How long after that the plain queue rings all phones; then the call ends."""


class SystemFile(Model):
    """system.yaml"""

    site: Identifier = "hotline"
    language: Literal["zh", "en"] = "zh"
    timezone: str = "Asia/Shanghai"
    numbers: list[PhoneNumber] = Field(min_length=1)
    trunks: list[TrunkModel] = []
    sip: SipModel = SipModel()
    rtp: RtpModel = RtpModel()
    http: HttpModel = HttpModel()
    agi: AgiModel = AgiModel()
    ami: AmiModel = AmiModel()
    longest_call: Duration = 14400.0
    engine_away: AwayModel = AwayModel()
    database_url: Secret = ""
    redis_url: Secret = ""
    webhooks: list[WebhookModel] = []
    journal_keep_days: int = Field(default=30, ge=1)


class WeightsModel(Model):
    talk: float = Field(default=0.4, ge=0)
    count: float = Field(default=0.6, ge=0)
    window: Duration = 7200.0


class AffinityModel(Model):
    window: Duration = 86400.0
    wait: Duration = 30.0


class OverflowModel(Model):
    queue: Identifier | None = None
    prompt: Identifier | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "OverflowModel":
        if (self.queue is None) == (self.prompt is None):
            raise ValueError("name either a queue or a prompt")
        return self


class ServiceLevelModel(Model):
    target: float = Field(default=0.8, ge=0, le=1)
    within: Duration = 20.0


class QueueModel(Model):
    name: Names
    strategy: Strategy = Strategy.LONGEST_IDLE
    weights: WeightsModel = WeightsModel()
    priority: int = Field(default=0, ge=-100, le=100)
    ring: Duration = 15.0
    retry_same_agent: Duration = 10.0
    no_answer_limit: int = Field(default=2, ge=0)
    wrap_up: Duration = 30.0
    max_wait: Duration | None = None
    overflow: OverflowModel | None = None
    last_agent: AffinityModel | None = None
    service_level: ServiceLevelModel = ServiceLevelModel()
    short_abandon: Duration = 5.0
    record: bool = True
    music: Literal["default"] = "default"

    @model_validator(mode="after")
    def _overflow_needs_both(self) -> "QueueModel":
        if (self.max_wait is None) != (self.overflow is None):
            raise ValueError("max_wait and overflow go together: after how long, and what then")
        return self


class VipModel(Model):
    levels: dict[int, int] = {}
    numbers: dict[PhoneNumber, int] = {}


class QueuesFile(Model):
    """queues.yaml"""

    vip: VipModel = VipModel()
    queues: dict[Identifier, QueueModel] = Field(min_length=1)


class AgentModel(Model):
    name: str = Field(min_length=1, max_length=40)
    queues: list[Identifier] = []
    groups: list[Identifier] = []


class FeatureCodesModel(Model):
    """What an agent dials on his phone."""

    login: str = Field(default="*61", pattern=r"^\*[0-9]{2,4}$")
    logout: str = Field(default="*62", pattern=r"^\*[0-9]{2,4}$")
    ready: str = Field(default="*63", pattern=r"^\*[0-9]{2,4}$")
    not_ready: str = Field(default="*64", pattern=r"^\*[0-9]{2,4}$")
    wrap_up_done: str = Field(default="*65", pattern=r"^\*[0-9]{2,4}$")


class AgentsFile(Model):
    """agents.yaml"""

    not_ready_reasons: dict[Identifier, Names] = {
        "break": Names(zh="小休", en="Break"),
        "meal": Names(zh="用餐", en="Meal"),
        "meeting": Names(zh="会议", en="Meeting"),
        "training": Names(zh="培训", en="Training"),
    }
    feature_codes: FeatureCodesModel = FeatureCodesModel()
    agents: dict[Identifier, AgentModel] = Field(min_length=1)
