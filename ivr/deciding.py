"""Nodes that go on by what is so: the hours, a condition, what another system answers. Pure."""

from ivr.conditions import holds
from ivr.nodes import ConditionNode, Flow, HoursNode, IdentifyNode, LookupNode, NodeId
from ivr.steps import (
    CheckHours,
    FactsSeen,
    Happened,
    HoursChecked,
    LookedUp,
    LookUp,
    Position,
    SeeFacts,
)
from ivr.ways import Answer, Do, Go, NotHere

__all__ = [
    "CUSTOMER",
    "at_condition",
    "at_hours",
    "at_identify",
    "at_lookup",
    "reach_condition",
    "reach_hours",
    "reach_identify",
    "reach_lookup",
]

CUSTOMER = "customer"
"""The field of a lookup's answer that says which customer it is."""


def reach_hours(flow: Flow, node: HoursNode, position: Position) -> Answer:
    return Do(position, CheckHours(node.calendar))


def at_hours(flow: Flow, node: HoursNode, position: Position, happened: Happened) -> Answer:
    if not isinstance(happened, HoursChecked):
        raise NotHere
    return Go(node.open if happened.open else node.closed, early=position.early)


def reach_condition(flow: Flow, node: ConditionNode, position: Position) -> Answer:
    queues = dict.fromkeys(case.queue for case in node.cases if case.queue is not None)
    calendars = dict.fromkeys(case.calendar for case in node.cases if case.calendar is not None)
    return Do(position, SeeFacts(tuple(queues), tuple(calendars)))


def at_condition(flow: Flow, node: ConditionNode, position: Position, happened: Happened) -> Answer:
    if not isinstance(happened, FactsSeen):
        raise NotHere
    first = next((NodeId(case.next) for case in node.cases if holds(case, happened.facts)), node.otherwise)
    return Go(first, early=position.early)


def reach_lookup(flow: Flow, node: LookupNode, position: Position) -> Answer:
    return Do(position, LookUp(node.lookup, node.prompts))


def at_lookup(flow: Flow, node: LookupNode, position: Position, happened: Happened) -> Answer:
    if not isinstance(happened, LookedUp):
        raise NotHere
    early = position.early + happened.early
    return (
        Go(node.failed, early=early) if happened.found is None else _with_found(flow, node, node.next, happened, early)
    )


def reach_identify(flow: Flow, node: IdentifyNode, position: Position) -> Answer:
    """Whom the floor knows is not asked for."""
    return Do(position, SeeFacts())


def at_identify(flow: Flow, node: IdentifyNode, position: Position, happened: Happened) -> Answer:
    match happened:
        case FactsSeen(facts):
            if facts.customer:
                return Go(node.known, early=position.early)
            return Do(position, LookUp(node.lookup, node.prompts))
        case LookedUp(None, early):
            return Go(node.failed or node.unknown, early=position.early + early)
        case LookedUp(found, early):
            target = node.known if found and found.get(CUSTOMER) else node.unknown
            return _with_found(flow, node, target, happened, position.early + early)
        case _:
            raise NotHere


def _with_found(flow: Flow, node: LookupNode | IdentifyNode, target: NodeId, answer: LookedUp, early: str) -> Go:
    masked = flow.lookups[node.lookup].masked
    found = answer.found or {}
    return Go(
        target,
        early=early,
        learned={name: value for name, value in found.items() if name not in masked},
        masked={name: value for name, value in found.items() if name in masked},
    )
