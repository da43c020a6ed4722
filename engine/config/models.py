"""What may stand in the configuration files: one model per file, every key with its unit and default.

Durations are written as ops think of them: 20s, 5m, 1h30m, or a plain number of seconds.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from acd.rules import Strategy
from engine.config.fields import (
    Address,
    ATenthOrMore,
    AtLeastAMinute,
    AtLeastASecond,
    DatabaseUrl,
    Duration,
    FeatureCode,
    Identifier,
    Network,
    Number,
    Origin,
    PhoneNumber,
    Port,
    Priority,
    RedisUrl,
    Secret,
    Text,
    TimeZone,
    VipLevel,
    WebUrl,
    Whole,
)

__all__ = ["AgentsFile", "Model", "Names", "QueueModel", "QueuesFile", "SystemFile", "WebhookModel"]


class Model(BaseModel):
    """Unknown keys are errors: a typing mistake must not silently mean the default."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False)


class Names(Model):
    """What people call a thing, by language."""

    zh: Text
    en: Text | None = None


class SipModel(Model):
    bind: Address = "127.0.0.1"
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
    bind: Address = "127.0.0.1"
    port: Port


class HttpModel(AddressModel):
    port: Port = 8080
    origins: list[Origin] = []
    """Web pages of other hosts that may open the feeds."""


class AgiModel(AddressModel):
    port: Port = 4573


class AmiModel(AddressModel):
    port: Port = 5038


class TrunkModel(Model):
    name: Identifier
    addresses: list[Network] = Field(min_length=1)


class WebhookModel(Model):
    url: WebUrl
    events: list[Text] = []
    secret: Secret = ""
    full_numbers: bool = False
    give_up_after: Duration = 3600.0


class AwayModel(Model):
    """What callers meet while the engine is away."""

    music: AtLeastASecond = 45.0
    """How long they are kept in music, while Asterisk looks for the engine once a second."""
    last_resort: AtLeastASecond = 120.0
    """How long after that the plain queue rings all phones; then the call ends."""


class SystemFile(Model):
    """system.yaml"""

    site: Identifier = "hotline"
    language: Literal["zh", "en"] = "zh"
    timezone: TimeZone = "Asia/Shanghai"
    numbers: list[PhoneNumber] = Field(min_length=1)
    trunks: list[TrunkModel] = []
    sip: SipModel = SipModel()
    rtp: RtpModel = RtpModel()
    http: HttpModel = HttpModel()
    agi: AgiModel = AgiModel()
    ami: AmiModel = AmiModel()
    longest_call: AtLeastASecond = 14400.0
    engine_away: AwayModel = AwayModel()
    database_url: DatabaseUrl = ""
    redis_url: RedisUrl = ""
    webhooks: list[WebhookModel] = []
    journal_keep_days: Whole = Field(default=30, ge=1, le=36500)


class WeightsModel(Model):
    talk: Number = Field(default=0.4, ge=0, le=1000)
    count: Number = Field(default=0.6, ge=0, le=1000)
    window: AtLeastAMinute = 7200.0


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
    target: Number = Field(default=0.8, ge=0, le=1)
    within: Duration = 20.0


class QueueModel(Model):
    name: Names
    strategy: Strategy = Strategy.LONGEST_IDLE
    weights: WeightsModel = WeightsModel()
    priority: Priority = 0
    ring: AtLeastASecond = 15.0
    retry_same_agent: ATenthOrMore = 10.0
    no_answer_limit: Whole = Field(default=2, ge=0, le=1000)
    wrap_up: Duration = 30.0
    max_wait: AtLeastASecond | None = None
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
    levels: dict[VipLevel, Priority] = {}
    numbers: dict[PhoneNumber, VipLevel] = {}


class QueuesFile(Model):
    """queues.yaml"""

    vip: VipModel = VipModel()
    queues: dict[Identifier, QueueModel] = Field(min_length=1)


class AgentModel(Model):
    name: Annotated[Text, Field(max_length=40)]
    queues: list[Identifier] = []
    groups: list[Identifier] = []


class FeatureCodesModel(Model):
    """What an agent dials on his phone."""

    login: FeatureCode = "*61"
    logout: FeatureCode = "*62"
    ready: FeatureCode = "*63"
    not_ready: FeatureCode = "*64"
    wrap_up_done: FeatureCode = "*65"


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
