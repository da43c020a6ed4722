"""The flow most tests walk through: welcome, hours, menu, three queues, a person on 0, closed."""

from typing import Any

from acd.model import QueueId
from ivr.check import Known
from ivr.nodes import AnnounceNode, EnqueueNode, Flow, HangUpNode, HoursNode, MenuNode, Node, NodeId

__all__ = ["KNOWN", "flow", "menu", "nodes"]

KNOWN = Known(
    queues={"sales", "repair"},
    prompts={"welcome", "menu", "wait", "closed", "wrong_key", "no_key", "sorry", "goodbye", "error"},
    calendars={"service"},
)


def menu(**changes: Any) -> MenuNode:
    """Repairs on 1, sales on 2, back to the welcome on 9."""
    keys = {"1": NodeId("repair"), "2": NodeId("sales"), "9": NodeId("welcome")}
    settings: dict[str, Any] = {"id": NodeId("menu"), "prompts": ("menu",), "keys": keys, "repeat": "*", **changes}
    return MenuNode(**settings)


def nodes() -> list[Node]:
    """All nodes of the flow."""
    return [
        AnnounceNode(id=NodeId("welcome"), prompts=("welcome",), next=NodeId("hours")),
        HoursNode(id=NodeId("hours"), calendar="service", open=NodeId("menu"), closed=NodeId("closed")),
        menu(),
        EnqueueNode(id=NodeId("repair"), queue=QueueId("repair"), priority=3, prompts=("wait",)),
        EnqueueNode(id=NodeId("sales"), queue=QueueId("sales"), prompts=("wait",)),
        EnqueueNode(id=NodeId("person"), queue=QueueId("sales")),
        HangUpNode(id=NodeId("closed"), prompts=("closed",), reason="closed"),
    ]


def flow(*replaced: Node, **changes: Any) -> Flow:
    """The flow, some nodes replaced or added, some settings changed."""
    by_id = {node.id: node for node in (*nodes(), *replaced)}
    settings: dict[str, Any] = {"nodes": by_id, "start": NodeId("welcome"), "operator": NodeId("person"), **changes}
    return Flow(**settings)
