"""Whether a flow can be used: every name leads somewhere, every node can be reached and left. Pure."""

import difflib
from collections.abc import Collection, Iterator
from typing import assert_never

import msgspec

from ivr.flow import ALL_KEYS, AnnounceNode, EnqueueNode, Flow, HangUpNode, HoursNode, MenuNode, Node, NodeId, menu_keys

__all__ = ["Known", "Problem", "flow_problems"]

Path = tuple[str | int, ...]
Reference = tuple[Path, NodeId]


class Problem(msgspec.Struct, frozen=True, order=True):
    """Where in ivr.yaml, as keys from the top, and what is wrong."""

    path: Path
    message: str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The names a flow may use that are defined elsewhere. `prompts` are those spoken in the flow's language."""

    queues: Collection[str]
    prompts: Collection[str]
    calendars: Collection[str]


def flow_problems(flow: Flow, known: Known) -> list[Problem]:
    """Everything that is wrong with the flow; empty when it can be used."""
    problems = [*_unknown_names(flow, known), *_key_problems(flow), *_operator_problems(flow)]
    if not any(problem.path[-1] == "start" for problem in problems):
        problems += _shape_problems(flow)
    return problems


def _unknown_names(flow: Flow, known: Known) -> Iterator[Problem]:
    for path, target in _references(flow):
        yield from _unless_known("node", path, target, flow.nodes)
    for path, prompt in _prompts(flow):
        yield from _unless_known("prompt", path, prompt, known.prompts)
    for node in flow.nodes.values():
        if isinstance(node, EnqueueNode):
            yield from _unless_known("queue", ("nodes", node.id, "queue"), node.queue, known.queues)
        if isinstance(node, HoursNode):
            yield from _unless_known("calendar", ("nodes", node.id, "calendar"), node.calendar, known.calendars)


def _unless_known(kind: str, path: Path, name: str, names: Collection[str]) -> Iterator[Problem]:
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(sorted(names)) or 'none'}"
        yield Problem(path, f'no {kind} "{name}" ({hint})')


def _references(flow: Flow) -> Iterator[Reference]:
    yield ("start",), flow.start
    if flow.operator is not None:
        yield ("operator",), flow.operator
    for node in flow.nodes.values():
        for path, target in _exits(node):
            yield ("nodes", node.id, *path), target


def _exits(node: Node) -> Iterator[Reference]:
    match node:
        case AnnounceNode():
            yield ("next",), node.next
        case HoursNode():
            yield ("open",), node.open
            yield ("closed",), node.closed
        case MenuNode():
            yield from ((("keys", key), target) for key, target in node.keys.items())
            if node.failed is not None:
                yield ("failed",), node.failed
        case EnqueueNode() | HangUpNode():
            pass
        case _:
            assert_never(node)


def _prompts(flow: Flow) -> Iterator[tuple[Path, str]]:
    for name in ("wrong_key", "no_key", "give_up", "goodbye", "error"):
        for index, prompt in enumerate(getattr(flow, name)):
            yield (name, index), prompt
    for node in flow.nodes.values():
        if not isinstance(node, HoursNode):
            for index, prompt in enumerate(node.prompts):
                yield ("nodes", node.id, "prompts", index), prompt


def _key_problems(flow: Flow) -> Iterator[Problem]:
    if not _is_key(flow.operator_key):
        yield Problem(("operator_key",), f'expected one of {ALL_KEYS}, got "{flow.operator_key}"')
    for node in flow.nodes.values():
        if isinstance(node, MenuNode):
            yield from _menu_key_problems(node)


def _menu_key_problems(menu: MenuNode) -> Iterator[Problem]:
    here: Path = ("nodes", menu.id)
    for key in menu.keys:
        if not _is_key(key):
            yield Problem((*here, "keys", key), f'expected one of {ALL_KEYS}, got "{key}"')
    if menu.repeat and not _is_key(menu.repeat):
        yield Problem((*here, "repeat"), f'expected one of {ALL_KEYS}, got "{menu.repeat}"')
    if menu.repeat in menu.keys:
        yield Problem((*here, "repeat"), f'key "{menu.repeat}" already leads to "{menu.keys[menu.repeat]}"')


def _is_key(text: str) -> bool:
    return len(text) == 1 and text in ALL_KEYS


def _operator_problems(flow: Flow) -> Iterator[Problem]:
    operator = flow.nodes.get(flow.operator) if flow.operator else None
    if operator is not None and not isinstance(operator, EnqueueNode):
        yield Problem(
            ("operator",), f'node "{flow.operator}" must be of type enqueue: it is where callers get a person'
        )


def _shape_problems(flow: Flow) -> Iterator[Problem]:
    """Nodes nobody can get to, and nodes nobody can get out of."""
    exits = {node.id: _successors(flow, node) for node in flow.nodes.values()}
    reached = _closure({flow.start} | ({flow.operator} if flow.operator else set()), exits)
    ends = {node.id for node in flow.nodes.values() if isinstance(node, EnqueueNode | HangUpNode)}
    entrances: dict[NodeId, set[NodeId]] = {node: set() for node in exits}
    for node, targets in exits.items():
        for target in targets & exits.keys():
            entrances[target].add(node)
    leads_out = _closure(ends, entrances)
    for node in flow.nodes:
        if node not in reached:
            yield Problem(("nodes", node), f'node "{node}" cannot be reached')
        elif node not in leads_out and exits[node] <= exits.keys():
            yield Problem(("nodes", node), f'callers who reach node "{node}" never get to a queue or the end')


def _successors(flow: Flow, node: Node) -> set[NodeId]:
    targets = {target for _, target in _exits(node)}
    return targets | set(menu_keys(flow, node).values()) if isinstance(node, MenuNode) else targets


def _closure(start: set[NodeId], onward: dict[NodeId, set[NodeId]]) -> set[NodeId]:
    reached: set[NodeId] = set()
    to_do = list(start)
    while to_do:
        node = to_do.pop()
        if node not in reached:
            reached.add(node)
            to_do.extend(onward.get(node, ()))
    return reached
