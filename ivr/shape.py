"""The flow as a graph: where each node leads, what it says, what it makes known, and where it stands in ivr.yaml. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from ivr.asking import menu_keys
from ivr.nodes import (
    CallbackNode,
    CollectNode,
    ConditionNode,
    EnqueueNode,
    Flow,
    FlowNode,
    HangUpNode,
    HoursNode,
    IdentifyNode,
    LanguageNode,
    LookupNode,
    MenuNode,
    Node,
    NodeId,
    ReturnNode,
    SetNode,
    TransferNode,
)

__all__ = [
    "BRANCHES",
    "ENDS",
    "Path",
    "calendars",
    "exits",
    "group_of",
    "leads_out",
    "makes_known",
    "place",
    "prompts",
    "reached",
    "values_in",
]

Path = tuple[str | int, ...]
"""Keys from the top of ivr.yaml."""

ENDS: Final = (EnqueueNode, HangUpNode, TransferNode)
"""Where a caller may leave the flow."""
BRANCHES: Final = (
    "next",
    "open",
    "closed",
    "otherwise",
    "known",
    "unknown",
    "deleted",
    "cancelled",
    "refused",
    "busy",
    "no_answer",
    "failed",
    "nothing",
)
"""What a node may call the ways on from it."""
_SPOKEN: Final = ("prompts", "choices", "ask_number", "saved", "review", "kept", "gone", "too_short", "wrong")
_VALUE: Final = re.compile(r"\{(?:[a-z]+:)?([^{}:]*)\}")


def place(node: NodeId) -> Path:
    """Where a node stands: nodes.menu, or flows.payment.nodes.card."""
    group, _, name = node.rpartition(".")
    return ("flows", group, "nodes", name) if group else ("nodes", name)


def group_of(node: NodeId) -> str:
    """The sub-flow it belongs to; "": the flow itself."""
    return node.rpartition(".")[0]


def exits(node: Node) -> Iterator[tuple[Path, NodeId]]:
    """Where it leads, each with the key of its branch."""
    if isinstance(node, MenuNode):
        yield from ((("keys", key), target) for key, target in node.keys.items())
    if isinstance(node, ConditionNode):
        yield from ((("when", index, "next"), NodeId(case.next)) for index, case in enumerate(node.cases))
    if isinstance(node, FlowNode):
        yield ("flow",), node.start
    for branch in BRANCHES:
        target = getattr(node, branch, None)
        if target is not None:
            yield (branch,), target


def prompts(node: Node) -> Iterator[tuple[Path, str]]:
    """What it says, each with its key."""
    for name in _SPOKEN:
        for index, prompt in enumerate(getattr(node, name, None) or ()):
            yield (name, index), prompt


def calendars(node: Node) -> Iterator[str]:
    """The calendars it goes by."""
    if isinstance(node, HoursNode):
        yield node.calendar
    if isinstance(node, ConditionNode):
        yield from (case.calendar for case in node.cases if case.calendar is not None)


def values_in(text: str) -> list[str]:
    """The names that stand in braces: of {phone:number} and of {account}."""
    return _VALUE.findall(text)


def makes_known(flow: Flow, node: Node) -> Iterator[str]:
    """The attributes it may give the caller."""
    match node:
        case SetNode():
            yield from node.attributes
        case CollectNode():
            yield node.attribute
        case LanguageNode():
            yield "language"
        case LookupNode() | IdentifyNode() if node.lookup in flow.lookups:
            yield from flow.lookups[node.lookup].fields


def _onward(flow: Flow, node: Node) -> set[NodeId]:
    """Every node he may be at next; of a sub-flow both its start and where it goes on."""
    targets = {target for _, target in exits(node)}
    if isinstance(node, MenuNode):
        targets |= set(menu_keys(flow, node).values())
    return targets & flow.nodes.keys()


def reached(flow: Flow) -> set[NodeId]:
    """Every node a caller can come to; where a sub-flow goes on only if something in it returns."""
    returning = leads_out(flow)[1]
    found: set[NodeId] = set()
    to_do = [flow.start, *([flow.operator] if flow.operator else [])]
    while to_do:
        name = to_do.pop()
        if name in found or name not in flow.nodes:
            continue
        found.add(name)
        node = flow.nodes[name]
        onward = _onward(flow, node)
        if isinstance(node, FlowNode) and node.start in flow.nodes and node.start not in returning:
            onward -= {node.next}
        to_do.extend(onward)
    return found


def leads_out(flow: Flow) -> tuple[set[NodeId], set[NodeId]]:
    """The nodes from which callers can get to a queue or the end, and those from which they can return from the sub-flow they
    are in. A sub-flow leads on only where something in it returns."""
    ending: set[NodeId] = set()
    returning: set[NodeId] = set()
    changed = True
    while changed:
        changed = False
        for name, node in flow.nodes.items():
            if name not in ending and _ends(flow, node, ending, returning):
                ending.add(name)
                changed = True
            if name not in returning and _returns(flow, node, returning):
                returning.add(name)
                changed = True
    return ending, returning


def _ends(flow: Flow, node: Node, ending: set[NodeId], returning: set[NodeId]) -> bool:
    if isinstance(node, ENDS) or (isinstance(node, CallbackNode) and node.next is None):
        return True
    if isinstance(node, FlowNode):
        return node.start in ending or (node.start in returning and node.next in ending)
    return not ending.isdisjoint(_onward(flow, node))


def _returns(flow: Flow, node: Node, returning: set[NodeId]) -> bool:
    if isinstance(node, FlowNode):
        return node.start in returning and node.next in returning
    inside = {target for target in _onward(flow, node) if group_of(target) == group_of(node.id)}
    return isinstance(node, ReturnNode) or not returning.isdisjoint(inside)
