"""What may stand in ivr.yaml, and how it becomes what ivr works with."""

from typing import Annotated, Literal

from pydantic import Field

from agents.roster import QueueId
from engine.config.fields import AtLeastASecond, Identifier, Level, OneOrMore, Priority, Whole
from engine.config.models import Model
from ivr.flow import AnnounceNode, EnqueueNode, Flow, HangUpNode, HoursNode, MenuNode, Node, NodeId

__all__ = ["EnqueueModel", "IvrFile", "asked_by_menus", "flow_of"]


Prompts = Annotated[tuple[Identifier, ...], OneOrMore]
Key = Annotated[str, Field(max_length=20)]
"""A key of the phone; ivr.check knows which there are."""


class AnnounceModel(Model):
    type: Literal["announce"]
    prompts: Prompts
    next: Identifier
    barge_in: bool = True

    def node(self, name: NodeId) -> Node:
        return AnnounceNode(id=name, prompts=self.prompts, next=NodeId(self.next), barge_in=self.barge_in)


class HoursModel(Model):
    type: Literal["hours"]
    calendar: Identifier
    open: Identifier
    closed: Identifier

    def node(self, name: NodeId) -> Node:
        return HoursNode(id=name, calendar=self.calendar, open=NodeId(self.open), closed=NodeId(self.closed))


class MenuModel(Model):
    type: Literal["menu"]
    prompts: Prompts
    keys: dict[Key, Identifier] = Field(min_length=1)
    repeat: Key = ""
    timeout: AtLeastASecond = 5.0
    attempts: Whole = Field(default=3, ge=1, le=20)
    barge_in: bool = True
    failed: Identifier | None = None

    def node(self, name: NodeId) -> Node:
        return MenuNode(
            id=name,
            prompts=self.prompts,
            keys={key: NodeId(target) for key, target in self.keys.items()},
            repeat=self.repeat,
            timeout_s=self.timeout,
            attempts=self.attempts,
            barge_in=self.barge_in,
            failed=NodeId(self.failed) if self.failed else None,
        )


class EnqueueModel(Model):
    type: Literal["enqueue"]
    queue: Identifier
    priority: Priority = 0
    prompts: Prompts = ()
    require: dict[Identifier, Level] = Field(default_factory=dict)

    def node(self, name: NodeId) -> Node:
        return EnqueueNode(
            id=name,
            queue=QueueId(self.queue),
            priority=self.priority,
            prompts=self.prompts,
            require=dict(self.require),
        )


class HangUpModel(Model):
    type: Literal["hang_up"]
    prompts: Prompts = ()
    reason: Identifier = "completed"

    def node(self, name: NodeId) -> Node:
        return HangUpNode(id=name, prompts=self.prompts, reason=self.reason)


NodeModel = Annotated[AnnounceModel | HoursModel | MenuModel | EnqueueModel | HangUpModel, Field(discriminator="type")]


class IvrFile(Model):
    """ivr.yaml"""

    language: Literal["zh", "en"] = "zh"
    start: Identifier
    operator: Identifier | None = None
    operator_key: Key = "0"
    wrong_key: Prompts = ("wrong_key",)
    no_key: Prompts = ("no_key",)
    give_up: Prompts = ("sorry",)
    goodbye: Prompts = ("goodbye",)
    error: Prompts = ("error",)
    max_moves: Whole = Field(default=60, ge=1, le=1000)
    nodes: dict[Identifier, NodeModel] = Field(min_length=1)


def flow_of(file: IvrFile) -> Flow:
    """The flow that ivr.yaml describes."""
    return Flow(
        nodes={NodeId(name): node.node(NodeId(name)) for name, node in file.nodes.items()},
        start=NodeId(file.start),
        language=file.language,
        operator=NodeId(file.operator) if file.operator else None,
        operator_key=file.operator_key,
        wrong_key=file.wrong_key,
        no_key=file.no_key,
        give_up=file.give_up,
        goodbye=file.goodbye,
        error=file.error,
        max_moves=file.max_moves,
    )


def asked_by_menus(file: IvrFile) -> dict[str, int]:
    """Skills that menu choices ask for, with the highest level any of them asks for."""
    asked: dict[str, int] = {}
    for node in file.nodes.values():
        for skill, level in node.require.items() if isinstance(node, EnqueueModel) else ():
            asked[skill] = max(asked.get(skill, 0), level)
    return asked
