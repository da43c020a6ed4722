"""What may stand in queues.yaml. What each key means for a call is told in acd.rules and, for ops, in docs/rules.md."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from acd.rules import AtClose, Strategy
from engine.config.fields import (
    ATenthOrMore,
    AtLeastAMinute,
    AtLeastASecond,
    AtOnce,
    CallerPattern,
    Duration,
    Identifier,
    Level,
    Number,
    OneOrMore,
    PhoneKey,
    PhoneNumber,
    Priority,
    Spans,
    Text,
    VipLevel,
    Weekday,
    Weight,
    Whole,
    seconds,
)
from engine.config.models import Model, Names
from engine.config.source import Path_
from engine.config.survey_models import QueueSurveyModel, SurveyModel, named_survey

__all__ = [
    "CallerModel",
    "DoModel",
    "OverflowModel",
    "QueueModel",
    "QueuesFile",
    "RecipeModel",
    "VipModel",
    "WhenModel",
    "exits_of",
]

LEAST_GAP_S = 5
"""A gap is counted from where a prompt begins, and none is over sooner."""

Count = Annotated[Whole, Field(ge=0, le=100_000)]
OneOrMoreNames = Annotated[tuple[Identifier, ...], OneOrMore]
OneOrMoreTexts = Annotated[tuple[Text, ...], OneOrMore, Field(min_length=1)]


class WeightsModel(Model):
    talk: Number = Field(default=0.4, ge=0, le=1000)
    count: Number = Field(default=0.6, ge=0, le=1000)
    window: AtLeastAMinute = 7200.0


class AffinityModel(Model):
    window: Duration = 86400.0
    wait: Duration = 30.0
    by: Literal["customer", "number"] = "customer"


def _off(value: Any) -> Any:
    """`off` is YAML's word for false."""
    return None if value is False or value == "off" else value


class OverflowModel(Model):
    """Where callers go who are not kept in a queue."""

    queue: Identifier | None = None
    prompt: Identifier | None = None
    busy: bool = False
    node: Identifier | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "OverflowModel":
        if sum(map(bool, (self.queue, self.prompt, self.busy, self.node))) != 1:
            raise ValueError("name one of queue, prompt, node or busy: true")
        return self


class ServiceLevelModel(Model):
    target: Number = Field(default=0.8, ge=0, le=1)
    within: Duration = 20.0


class WrapUpModel(Model):
    """Time for paperwork after a talk."""

    time: Duration = 30.0
    extension: AtLeastASecond = 60.0
    extensions: Whole = Field(default=0, ge=0, le=100)
    then: Literal["ready", "not_ready"] = "ready"


def _wrap_up(value: Any) -> Any:
    """A duration alone is the time."""
    return value if isinstance(value, dict) else WrapUpModel.model_construct(time=seconds(value))


class WhenModel(Model):
    """Conditions on a waiting caller, all of which must hold."""

    position_over: Count | None = None
    waiting_over: Count | None = None
    ready_under: Annotated[Whole, Field(ge=1, le=100_000)] | None = None
    on_duty_under: Annotated[Whole, Field(ge=1, le=100_000)] | None = None
    expected_wait_over: Duration | None = None
    hours: Spans = ()
    weekdays: tuple[Weekday, ...] = ()
    vip: VipLevel | None = None
    nodes: OneOrMoreNames = ()
    attributes: dict[Identifier, OneOrMoreTexts] = Field(default_factory=dict)


class DoModel(Model):
    """What is done for him."""

    require: dict[Identifier, Level] | None = None
    raise_by: Annotated[Whole, Field(ge=1, le=1000)] | None = Field(default=None, alias="raise")
    add_queue: Identifier | None = None
    play: Identifier | None = None
    leave: OverflowModel | None = None

    @model_validator(mode="after")
    def _does_something(self) -> "DoModel":
        if not self.model_fields_set:
            raise ValueError("does nothing: name one or more of require, raise, add_queue, play, leave")
        return self


class RecipeModel(Model):
    name: Identifier
    after: Duration = 0.0
    when: WhenModel = WhenModel()
    do: DoModel
    every: AtLeastASecond | None = None


class LimitsModel(Model):
    """Who is not let into the queue, or must go on."""

    max_waiting: Count | None = None
    full: OverflowModel | None = None
    nobody: OverflowModel | None = None
    max_expected_wait: AtLeastASecond | None = None
    too_long: OverflowModel | None = None
    max_calls: Annotated[Whole, Field(ge=1, le=100_000)] | None = None

    @model_validator(mode="after")
    def _limits_need_both(self) -> "LimitsModel":
        if (self.max_waiting is None) != (self.full is None):
            raise ValueError("max_waiting and full go together: how many may wait, and where the next one goes")
        if (self.max_expected_wait is None) != (self.too_long is None):
            raise ValueError("max_expected_wait and too_long go together: how long, and where he goes then")
        return self


class OpenModel(Model):
    """When the queue is open."""

    calendar: Identifier
    closed: OverflowModel | None = None
    at_close: AtClose = AtClose.SERVE


class CallbackModel(Model):
    """How those are called back who asked for it."""

    first: Literal["agent", "customer"] = "agent"
    attempts: Annotated[Whole, Field(ge=1, le=20)] = 3
    retry: Annotated[tuple[AtLeastASecond, ...], OneOrMore, Field(min_length=1)] = (300.0, 900.0, 3600.0)
    ring: Annotated[AtLeastASecond, Field(le=120)] = 25.0
    hours: Spans = ()
    keep: AtLeastAMinute = 28_800.0
    wrap_up_if_missed: bool = False


class ComfortModel(Model):
    """A word to those who have waited so long."""

    after: AtLeastASecond
    play: Annotated[OneOrMoreNames, Field(min_length=1)]
    every: AtLeastASecond | None = None


class AnnounceModel(Model):
    """What callers are told while they wait."""

    position: bool = False
    expected_wait: bool = False
    first: Duration = 20.0
    every: AtLeastASecond = 60.0
    comfort: list[ComfortModel] = Field(default_factory=list)
    gap: Annotated[AtLeastASecond, Field(ge=LEAST_GAP_S)] = 20.0

    @model_validator(mode="after")
    def _one_at_a_time(self) -> "AnnounceModel":
        if not (self.position or self.expected_wait or self.comfort):
            raise ValueError("says nothing: name one or more of position, expected_wait, comfort")
        if len({comfort.after for comfort in self.comfort}) < len(self.comfort):
            raise ValueError("comfort: each has an `after` of its own; the last one whose time has come is said")
        return self


class QueueModel(Model):
    name: Names
    strategy: Strategy = Strategy.LONGEST_IDLE
    weights: WeightsModel = WeightsModel()
    ring_at_once: AtOnce = 1
    require: dict[Identifier, Level] = Field(default_factory=dict)
    recipes: list[RecipeModel] = Field(default_factory=list)
    priority: Priority = 0
    weight: Weight = 1.0
    ring: AtLeastASecond = 15.0
    retry_same_agent: ATenthOrMore = 10.0
    no_answer_limit: Whole = Field(default=2, ge=0, le=1000)
    wrap_up: Annotated[WrapUpModel, BeforeValidator(_wrap_up)] = WrapUpModel()
    max_wait: AtLeastASecond | None = None
    overflow: OverflowModel | None = None
    limits: LimitsModel = LimitsModel()
    hours: OpenModel | None = None
    last_agent: Annotated[AffinityModel | None, BeforeValidator(_off)] = None
    service_level: ServiceLevelModel = ServiceLevelModel()
    short_abandon: Duration = 5.0
    callback: CallbackModel | None = None
    announce: AnnounceModel | None = None
    keys: dict[PhoneKey, Identifier] = Field(default_factory=dict)
    resume: Annotated[Duration | None, BeforeValidator(_off)] = None
    record: bool = True
    recording_notice: OneOrMoreNames = ()
    recording_refusal: PhoneKey | None = None
    music: Identifier = "default"
    survey: Annotated[QueueSurveyModel | None, named_survey] = None

    @model_validator(mode="after")
    def _overflow_needs_both(self) -> "QueueModel":
        if (self.max_wait is None) != (self.overflow is None):
            raise ValueError("max_wait and overflow go together: after how long, and what then")
        return self

    @model_validator(mode="after")
    def _notice_of_a_recording(self) -> "QueueModel":
        if self.recording_notice and not self.record:
            raise ValueError("recording_notice: nothing is recorded here (record: false)")
        if self.recording_refusal is not None and not self.recording_notice:
            raise ValueError("recording_refusal needs recording_notice: it says which key refuses")
        return self


class VipModel(Model):
    levels: dict[VipLevel, Priority] = Field(default_factory=dict)
    numbers: dict[PhoneNumber, VipLevel] = Field(default_factory=dict)


class CallerModel(Model):
    """What is known of callers by their number. What is not said here is taken from the next shorter pattern that fits."""

    vip: VipLevel | None = None
    blocked: bool | None = None
    trusted: bool | None = None
    attributes: dict[Identifier, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_list(self) -> "CallerModel":
        if self.blocked and self.trusted:
            raise ValueError("cannot be both blocked and trusted")
        return self


class QueuesFile(Model):
    """queues.yaml"""

    vip: VipModel = VipModel()
    priority_point: AtLeastASecond = 60.0
    callers: dict[CallerPattern, CallerModel] = Field(default_factory=dict)
    surveys: dict[Identifier, SurveyModel] = Field(default_factory=dict)
    queues: dict[Identifier, QueueModel] = Field(min_length=1)


def exits_of(queue: QueueModel) -> Iterator[tuple[Path_, OverflowModel]]:
    """Every way out of a queue but an agent, with its path below the queue."""
    ways: list[tuple[Path_, OverflowModel | None]] = [
        (("overflow",), queue.overflow),
        (("limits", "full"), queue.limits.full),
        (("limits", "nobody"), queue.limits.nobody),
        (("limits", "too_long"), queue.limits.too_long),
        (("hours", "closed"), queue.hours.closed if queue.hours else None),
        *((("recipes", index, "do", "leave"), recipe.do.leave) for index, recipe in enumerate(queue.recipes)),
    ]
    yield from ((path, way) for path, way in ways if way is not None)
