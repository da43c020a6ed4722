"""What a node of ivr.yaml may say, each kind with its keys, and how it becomes the node that ivr works with."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from agents.roster import QueueId
from engine.config.fields import AtLeastASecond, Identifier, Level, OneOrMore, PhoneNumber, Priority, Text, Whole
from engine.config.models import Model
from ivr import nodes
from ivr.conditions import Case
from ivr.nodes import DigitCheck, NodeId
from ivr.shape import BRANCHES

__all__ = ["EnqueueModel", "Key", "NodeModel", "Prompts", "Resolve", "node_of"]

Resolve = Callable[[str], NodeId]
"""What a node's name means where it stands: the node of its own sub-flow, else that of the flow."""


def _prompt(value: str) -> str:
    """A prompt's id, or a value to be said."""
    if value.startswith("{") and value.endswith("}") and ":" in value and len(value) <= 80:
        return value
    return _identifier(value)


def _identifier(value: str) -> str:
    if not 1 <= len(value) <= 32 or not value.isascii() or not all(c.isalnum() or c in "_-" for c in value):
        raise ValueError("expected a prompt's name, or a value to be said such as {phone:number}")
    return value


Prompt = Annotated[str, AfterValidator(_prompt)]
Prompts = Annotated[tuple[Prompt, ...], OneOrMore]
Key = Annotated[str, Field(max_length=20)]
"""A key of the phone; ivr.check knows which there are."""
Attempts = Annotated[Whole, Field(ge=1, le=20)]
Digits = Annotated[Whole, Field(ge=1, le=40)]
Texts = Annotated[
    tuple[Annotated[str, Field(max_length=200)], ...], BeforeValidator(lambda v: [v] if isinstance(v, str | int) else v)
]


class AnnounceModel(Model):
    type: Literal["announce"]
    prompts: Prompts
    next: Identifier
    barge_in: bool = True


class _AskingModel(Model):
    prompts: Prompts
    timeout: AtLeastASecond = 5.0
    attempts: Attempts = 3
    barge_in: bool = True
    failed: Identifier | None = None
    nothing: Identifier | None = None


class MenuModel(_AskingModel):
    type: Literal["menu"]
    keys: dict[Key, Identifier] = Field(min_length=1)
    repeat: Key = ""


class LanguageModel(_AskingModel):
    type: Literal["language"]
    keys: dict[Key, Identifier] = Field(min_length=1)
    next: Identifier
    attempts: Attempts = 2


class CollectModel(Model):
    type: Literal["collect"]
    attribute: Identifier = Field(alias="as")
    prompts: Prompts
    next: Identifier
    digits: Digits | None = None
    """Just so many, instead of `shortest` and `longest`."""
    shortest: Digits = 1
    longest: Digits = 20
    check: DigitCheck = "none"
    terminator: Key = "#"
    repeat: Key = ""
    wrong: Prompts | None = None
    first: AtLeastASecond = 8.0
    between: AtLeastASecond = 4.0
    attempts: Attempts = 3
    masked: bool = False
    barge_in: bool = True
    failed: Identifier | None = None
    nothing: Identifier | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "CollectModel":
        if self.digits is None and self.longest < self.shortest:
            raise ValueError("longest must not be less than shortest")
        return self


class HoursModel(Model):
    type: Literal["hours"]
    calendar: Identifier
    open: Identifier
    closed: Identifier


class CaseModel(Model):
    next: Identifier
    vip: Level | None = None
    customer: bool | None = None
    language: Annotated[tuple[Identifier, ...], OneOrMore] = ()
    did: Annotated[tuple[PhoneNumber, ...], OneOrMore] = ()
    attributes: dict[Identifier, Texts] = Field(default_factory=dict)
    hours: Identifier | None = None
    queue: Identifier | None = None
    waiting_over: Annotated[Whole, Field(ge=0)] | None = None
    ready_under: Annotated[Whole, Field(ge=1)] | None = None
    on_duty_under: Annotated[Whole, Field(ge=1)] | None = None
    expected_wait_over: AtLeastASecond | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "CaseModel":
        of_queue = {"waiting_over", "ready_under", "on_duty_under", "expected_wait_over"} & self.model_fields_set
        if of_queue and self.queue is None:
            raise ValueError(f"{min(of_queue)} needs a queue")
        if self.queue is not None and not of_queue:
            raise ValueError("say of the queue waiting_over, ready_under, on_duty_under or expected_wait_over")
        if self.model_fields_set <= {"next"}:
            raise ValueError("says nothing that could hold; use otherwise")
        return self

    def case(self, resolve: Resolve) -> Case:
        return Case(
            next=resolve(self.next),
            vip=self.vip,
            customer=self.customer,
            language=self.language,
            did=self.did,
            attributes=dict(self.attributes),
            calendar=self.hours,
            queue=QueueId(self.queue) if self.queue else None,
            waiting_over=self.waiting_over,
            ready_under=self.ready_under,
            on_duty_under=self.on_duty_under,
            expected_over_s=self.expected_wait_over,
        )


class ConditionModel(Model):
    type: Literal["condition"]
    when: list[CaseModel] = Field(min_length=1, max_length=50)
    otherwise: Identifier


class SetModel(Model):
    type: Literal["set"]
    attributes: dict[Identifier, Text] = Field(min_length=1)
    next: Identifier


class LookupModel(Model):
    type: Literal["lookup"]
    lookup: Identifier
    next: Identifier
    failed: Identifier
    prompts: Prompts = ()


class IdentifyModel(Model):
    type: Literal["identify"]
    lookup: Identifier
    known: Identifier
    unknown: Identifier
    failed: Identifier | None = None
    prompts: Prompts = ()


class EnqueueModel(Model):
    type: Literal["enqueue"]
    queue: Identifier
    priority: Priority = 0
    prompts: Prompts = ()
    require: dict[Identifier, Level] = Field(default_factory=dict)


class CallbackModel(Model):
    type: Literal["callback"]
    next: Identifier | None = None
    cancelled: Identifier
    refused: Identifier | None = None
    queue: Identifier | None = None
    prompts: Prompts = ("callback_confirm_number",)
    choices: Prompts = ("callback_press",)
    ask_number: Prompts = ("callback_enter_number",)
    saved: Prompts = ("callback_saved",)
    confirm_key: Key = "1"
    change_key: Key = "2"
    cancel_key: Key = "*"
    timeout: AtLeastASecond = 6.0
    attempts: Attempts = 3


class MessageModel(Model):
    type: Literal["message"]
    next: Identifier
    deleted: Identifier | None = None
    failed: Identifier | None = None
    queue: Identifier | None = None
    prompts: Prompts = ("leave_message",)
    review: Prompts = ("message_menu",)
    kept: Prompts = ("message_kept",)
    gone: Prompts = ("message_deleted",)
    too_short: Prompts = ("message_too_short",)
    shortest: AtLeastASecond = 2.0
    longest: AtLeastASecond = 180.0
    silence: AtLeastASecond = 5.0
    terminator: Key = "#"
    timeout: AtLeastASecond = 6.0
    attempts: Attempts = 3


class TransferModel(Model):
    type: Literal["transfer"]
    number: PhoneNumber
    busy: Identifier | None = None
    no_answer: Identifier | None = None
    failed: Identifier | None = None
    prompts: Prompts = ()
    ring: AtLeastASecond = 30.0
    longest: AtLeastASecond = 3600.0


class FlowModel(Model):
    type: Literal["flow"]
    flow: Identifier
    next: Identifier


class ReturnModel(Model):
    type: Literal["return"]


class HangUpModel(Model):
    type: Literal["hang_up"]
    prompts: Prompts = ()
    reason: Identifier = "completed"


AnyNode = (
    AnnounceModel
    | MenuModel
    | LanguageModel
    | CollectModel
    | HoursModel
    | ConditionModel
    | SetModel
    | LookupModel
    | IdentifyModel
    | EnqueueModel
    | CallbackModel
    | MessageModel
    | TransferModel
    | FlowModel
    | ReturnModel
    | HangUpModel
)
NodeModel = Annotated[AnyNode, Field(discriminator="type")]

_NODES: dict[str, type[nodes.Node]] = {
    "announce": nodes.AnnounceNode,
    "menu": nodes.MenuNode,
    "language": nodes.LanguageNode,
    "collect": nodes.CollectNode,
    "hours": nodes.HoursNode,
    "condition": nodes.ConditionNode,
    "set": nodes.SetNode,
    "lookup": nodes.LookupNode,
    "identify": nodes.IdentifyNode,
    "enqueue": nodes.EnqueueNode,
    "callback": nodes.CallbackNode,
    "message": nodes.MessageNode,
    "transfer": nodes.TransferNode,
    "flow": nodes.FlowNode,
    "return": nodes.ReturnNode,
    "hang_up": nodes.HangUpNode,
}
_SECONDS = {
    "timeout": "timeout_s",
    "first": "first_s",
    "between": "between_s",
    "ring": "ring_s",
    "silence": "silence_s",
}


def node_of(name: NodeId, model: AnyNode, resolve: Resolve, starts: dict[str, NodeId]) -> nodes.Node:
    """The node. `starts` has the first node of each sub-flow."""
    given: dict[str, Any] = {}
    for field in type(model).model_fields:
        value = getattr(model, field)
        if field in BRANCHES:
            value = resolve(value) if value is not None else None
        given[_SECONDS.get(field, field)] = value
    match model:
        case MenuModel():
            given["keys"] = {key: resolve(target) for key, target in model.keys.items()}
        case ConditionModel():
            given["cases"] = tuple(case.case(resolve) for case in given.pop("when"))
        case CollectModel():
            if (exact := given.pop("digits")) is not None:
                given["shortest"] = given["longest"] = exact
        case MessageModel() | TransferModel():
            given["longest_s"] = given.pop("longest")
            if isinstance(model, MessageModel):
                given["shortest_s"] = given.pop("shortest")
        case FlowModel():
            given["start"] = starts.get(given.pop("flow"), NodeId(f"{model.flow}.?"))
    return _NODES[given.pop("type")](id=name, **given)
