"""What is wrong with a flow is named with its place."""

from typing import Any

import msgspec
import pytest

from acd.model import QueueId
from ivr.check import Problem, flow_problems
from ivr.conditions import Case
from ivr.nodes import (
    AnnounceNode,
    CollectNode,
    ConditionNode,
    EnqueueNode,
    Flow,
    FlowNode,
    HangUpNode,
    HoursNode,
    LanguageNode,
    Lookup,
    LookupNode,
    Node,
    NodeId,
    ReturnNode,
)
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


# --- sub-flows, conditions, digits, languages ------------------------------------------------------------------------

END = HangUpNode(id=NodeId("end"), reason="end")
SPOKEN = msgspec.structs.replace(KNOWN, spoken={"zh": KNOWN.prompts, "en": {"menu"}}, attributes=("region",))


def small(*nodes: Node, **settings: Any) -> Flow:
    """These nodes, begun at the first, and an end."""
    return Flow(nodes={node.id: node for node in (*nodes, END)}, start=nodes[0].id, **settings)


def asking(**more: Any) -> CollectNode:
    settings: dict[str, Any] = {"id": NodeId("ask"), "attribute": "account", "prompts": ("menu",), "next": END.id}
    return CollectNode(**(settings | more))


def into(start: str, following: str = "end") -> FlowNode:
    return FlowNode(id=NodeId("in"), start=NodeId(start), next=NodeId(following))


def told(led_by: Flow) -> list[Problem]:
    return flow_problems(led_by, SPOKEN)


@pytest.mark.parametrize(
    ("led_by", "path", "message"),
    [
        (small(into("sub.?")), ("nodes", "in", "flow"), 'no sub-flow "sub" (there are: none)'),
        (
            small(into("s.a", "in"), ReturnNode(id=NodeId("s.a"))),
            ("nodes", "in"),
            'callers who reach node "in" never get to a queue or the end',
        ),
        (
            small(into("s.a"), AnnounceNode(id=NodeId("s.a"), prompts=("menu",), next=NodeId("s.a"))),
            ("flows", "s", "nodes", "a"),
            'callers who reach node "s.a" never get to a queue or the end',
        ),
        (
            small(into("s.a"), ReturnNode(id=NodeId("s.a")), ReturnNode(id=NodeId("s.b"))),
            ("flows", "s", "nodes", "b"),
            'node "s.b" cannot',
        ),
        (small(ReturnNode(id=NodeId("r"))), ("nodes", "r"), "callers who reach node"),
        (
            small(
                ConditionNode(
                    id=NodeId("c"), cases=(Case(next="end", queue=QueueId("sails"), waiting_over=1),), otherwise=END.id
                )
            ),
            ("nodes", "c", "when", 0, "queue"),
            'no queue "sails"',
        ),
        (
            small(
                ConditionNode(id=NodeId("c"), cases=(Case(next="c", attributes={"regoin": ("x",)}),), otherwise=END.id)
            ),
            ("nodes", "c", "when", 0, "attributes", "regoin"),
            'no attribute "regoin" (did you mean "region"?)',
        ),
        (
            small(ConditionNode(id=NodeId("c"), cases=(Case(next="c", vip=1),), otherwise=NodeId("c"))),
            ("nodes", "c"),
            'callers who reach node "c" never',
        ),
        (small(asking(terminator="1")), ("nodes", "ask", "terminator"), 'expected "*" or "#"'),
        (small(asking(attribute="number")), ("nodes", "ask", "as"), '"number" is no name for an attribute'),
        (small(asking(prompts=("{phone:accuont}",))), ("nodes", "ask", "prompts", 0), 'no attribute "accuont"'),
        (small(asking(prompts=("{fone:account}",))), ("nodes", "ask", "prompts", 0), 'no kind of value "fone"'),
        (
            small(LookupNode(id=NodeId("l"), lookup="crm", next=END.id, failed=END.id)),
            ("nodes", "l", "lookup"),
            'no lookup "crm" (there are: none)',
        ),
        (
            small(
                LookupNode(id=NodeId("l"), lookup="crm", next=END.id, failed=END.id),
                lookups={"crm": Lookup(name="crm", url="http://x/{accuont}", fields={"a": "a"})},
            ),
            ("lookups", "crm", "url"),
            'no attribute "accuont"',
        ),
        (
            small(
                LanguageNode(id=NodeId("w"), prompts=("menu",), keys={"1": "en"}, next=NodeId("hi")),
                AnnounceNode(id=NodeId("hi"), prompts=("welcome",), next=END.id),
            ),
            ("nodes", "hi", "prompts", 0),
            'prompt "welcome" is not there in language "en", which callers can choose',
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_problem_of_other_kinds_of_nodes_is_named_with_its_place(
    led_by: Flow, path: tuple[Any, ...], message: str
) -> None:
    found = [problem.message for problem in told(led_by) if problem.path == path]
    assert len(found) == 1
    assert found[0].startswith(message)


def test_sub_flow_that_returns_and_one_that_ends_the_call_are_sound() -> None:
    returning = small(into("s.a"), ReturnNode(id=NodeId("s.a")))
    ending = small(into("s.a", "in"), HangUpNode(id=NodeId("s.a")))
    assert [problem.path for problem in told(returning) if problem.path[0] in ("nodes", "flows")] == []
    assert [problem.path for problem in told(ending) if problem.path[0] in ("nodes", "flows")] == [("nodes", "end")]
