"""What is wrong with a flow is named with its place."""

from typing import Any

import msgspec
import pytest

from acd.model import QueueId
from ivr.check import Problem, flow_problems
from ivr.flow import AnnounceNode, EnqueueNode, Flow, HoursNode, Node, NodeId
from tests.unit.ivr.flows import KNOWN, flow, menu

LOOP = AnnounceNode(id=NodeId("loop"), prompts=("menu",), next=NodeId("loop"))


def test_good_flow_has_no_problems() -> None:
    assert flow_problems(flow(), KNOWN) == []


@pytest.mark.parametrize(
    ("broken", "path", "message"),
    [
        (flow(start="welcom"), ("start",), 'no node "welcom" (did you mean "welcome"?)'),
        (flow(menu(keys={"1": "repiar"})), ("nodes", "menu", "keys", "1"), 'no node "repiar" (did you mean "repair"?)'),
        (flow(menu(failed="persn")), ("nodes", "menu", "failed"), 'no node "persn" (did you mean "person"?)'),
        (flow(operator="nobody"), ("operator",), 'no node "nobody" (there are: '),
        (
            flow(EnqueueNode(id=NodeId("sales"), queue=QueueId("sails"))),
            ("nodes", "sales", "queue"),
            'no queue "sails" (did you mean "sales"?)',
        ),
        (flow(menu(prompts=("menu", "mneu"))), ("nodes", "menu", "prompts", 1), 'no prompt "mneu"'),
        (flow(goodbye=("byebye",)), ("goodbye", 0), 'no prompt "byebye"'),
        (
            flow(HoursNode(id=NodeId("hours"), calendar="servce", open=NodeId("menu"), closed=NodeId("closed"))),
            ("nodes", "hours", "calendar"),
            'no calendar "servce" (did you mean "service"?)',
        ),
        (flow(operator="welcome"), ("operator",), 'node "welcome" must be of type enqueue'),
        (flow(operator_key="00"), ("operator_key",), 'expected one of 0123456789*#, got "00"'),
        (flow(menu(keys={"A": "repair"})), ("nodes", "menu", "keys", "A"), 'expected one of 0123456789*#, got "A"'),
        (flow(menu(repeat="**")), ("nodes", "menu", "repeat"), 'expected one of 0123456789*#, got "**"'),
        (flow(menu(repeat="1")), ("nodes", "menu", "repeat"), 'key "1" already leads to "repair"'),
        (flow(msgspec.structs.replace(LOOP, next="menu")), ("nodes", "loop"), 'node "loop" cannot be reached'),
        (flow(LOOP, menu(failed="loop")), ("nodes", "loop"), 'callers who reach node "loop" never get to a queue'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_problem_is_named_with_its_place(broken: Flow, path: tuple[Any, ...], message: str) -> None:
    found = [problem for problem in flow_problems(broken, KNOWN) if problem.path == path]
    assert len(found) == 1
    assert found[0].message.startswith(message)


def test_all_problems_are_found_at_once() -> None:
    twice: list[Node] = [menu(prompts=("nix",), keys={"1": NodeId("nowhere")}), LOOP]
    paths = {problem.path for problem in flow_problems(flow(*twice), KNOWN)}
    assert {("nodes", "menu", "prompts", 0), ("nodes", "menu", "keys", "1"), ("nodes", "loop")} <= paths


def test_unknown_start_does_not_make_every_node_unreachable() -> None:
    problems = flow_problems(flow(start="welcom"), KNOWN)
    assert problems == [Problem(("start",), 'no node "welcom" (did you mean "welcome"?)')]
