"""What may stand in system.yaml, and what all models of the configuration files have in common.

One model per file, every key with its unit and default. Durations are written as ops think of them: 20s, 5m, 1h30m, or a plain
number of seconds. The other files: queue_models, agent_models, ivr_models.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.config.fields import (
    Address,
    AtLeastASecond,
    DatabaseUrl,
    DialledNumbers,
    DialPrefix,
    Duration,
    HostAndPort,
    Identifier,
    Network,
    Origin,
    PhoneNumber,
    Port,
    RedisUrl,
    Secret,
    Text,
    TimeZone,
    WebUrl,
    Whole,
)

__all__ = ["Model", "Names", "SystemFile", "WebhookModel"]


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


class AsteriskMetricsModel(AddressModel):
    """Where Asterisk shows its own figures to Prometheus."""

    port: Port = 8088


class TrunkModel(Model):
    name: Identifier
    addresses: list[Network] = Field(min_length=1)
    dial: HostAndPort | None = None
    """Where it takes calls to numbers outside."""
    dial_prefix: DialPrefix = ""
    """Digits it wants before each number."""


class DiallingModel(Model):
    """Whom the site may call over its trunk."""

    numbers: list[DialledNumbers] = Field(min_length=1)
    caller_id: PhoneNumber | None = None


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
    dialogue: bool = True
    """Whether they are then told of the disturbance, and may leave a message or a number to be called back at."""
    queue: Annotated[str, Field(max_length=32)] = ""
    """Whose people hear messages and call back, for callers who were in no queue yet; "": the first of queues.yaml."""
    last_resort: AtLeastASecond = 120.0
    """How long after that the plain queue rings all phones; then the call ends."""


class SystemFile(Model):
    """system.yaml"""

    site: Identifier = "hotline"
    language: Literal["zh", "en"] = "zh"
    timezone: TimeZone = "Asia/Shanghai"
    numbers: list[PhoneNumber] = Field(min_length=1)
    trunks: list[TrunkModel] = []
    dialling: DiallingModel | None = None
    sip: SipModel = SipModel()
    rtp: RtpModel = RtpModel()
    http: HttpModel = HttpModel()
    agi: AgiModel = AgiModel()
    ami: AmiModel = AmiModel()
    asterisk_metrics: AsteriskMetricsModel | None = None
    longest_call: AtLeastASecond = 14400.0
    engine_away: AwayModel = AwayModel()
    database_url: DatabaseUrl = ""
    redis_url: RedisUrl = ""
    webhooks: list[WebhookModel] = []
    journal_keep_days: Whole = Field(default=30, ge=1, le=36500)
