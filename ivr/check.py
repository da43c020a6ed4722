"""Whether a flow can be used: every name leads somewhere, every node can be reached and left. Pure."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from ivr.asking import menu_keys
from ivr.nodes import (
    ALL_KEYS,
    CallbackNode,
    CollectNode,
    ConditionNode,
    EnqueueNode,
    Flow,
    HoursNode,
    IdentifyNode,
    LanguageNode,
    Lookup,
    LookupNode,
    MenuNode,
    MessageNode,
    Node,
    ReturnNode,
)
from ivr.shape import Path, exits, group_of, leads_out, makes_known, place, prompts, reached, values_in
from ivr.speech import KINDS, is_value

__all__ = ["ALWAYS_KNOWN", "Known", "Problem", "flow_problems", "listed"]

ALWAYS_KNOWN = ("number", "did", "customer", "language")
"""What stands for itself in braces, besides attributes."""
MOST_NAMES = 12
"""So many names that there are a message about one that is not there tells."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """Where in ivr.yaml, as keys from the top, and what is wrong."""

    path: Path
    message: str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The names a flow may use that are defined elsewhere. `prompts` are those spoken in the flow's language, `spoken` those of
    each language there is."""

    queues: Collection[str]
    prompts: Collection[str]
    calendars: Collection[str]
    spoken: Mapping[str, Collection[str]] = {}
    attributes: Collection[str] = ()
    """What callers may have besides what the flow gives them."""


def flow_problems(flow: Flow, known: Known) -> list[Problem]:
    """Everything that is wrong with the flow; empty when it can be used."""
    problems = [
        *_unknown_nodes(flow),
        *_unknown_names(flow, known),
        *_unknown_prompts(flow, known),
        *_unknown_attributes(flow, known),
        *_key_problems(flow),
        *_operator_problems(flow),
    ]
    if not any(problem.path[-1] == "start" for problem in problems):
        problems += _shape_problems(flow)
    return problems


# --- names -----------------------------------------------------------------------------------------------------------


def listed(names: Sequence[str]) -> str:
    """The names, or the first of very many."""
    rest = len(names) - MOST_NAMES
    return f"{', '.join(names[:MOST_NAMES])} and {rest} more" if rest > 0 else ", ".join(names) or "none"


def _unless_known(kind: str, path: Path, name: str, names: Collection[str]) -> Iterator[Problem]:
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there are: {listed(sorted(names))}"
        yield Problem(path, f'no {kind} "{name}" ({hint})')


def _unknown_nodes(flow: Flow) -> Iterator[Problem]:
    yield from _unless_known("node", ("start",), flow.start, flow.nodes)
    if flow.operator is not None:
        yield from _unless_known("node", ("operator",), flow.operator, flow.nodes)
    for node in flow.nodes.values():
        for path, target in exits(node):
            if path == ("flow",) and target not in flow.nodes:
                groups = {group_of(name) for name in flow.nodes} - {""}
                yield from _unless_known("sub-flow", (*place(node.id), *path), group_of(target), groups)
            else:
                yield from _unless_known("node", (*place(node.id), *path), target, flow.nodes)


def _unknown_names(flow: Flow, known: Known) -> Iterator[Problem]:
    for node in flow.nodes.values():
        here = place(node.id)
        if isinstance(node, EnqueueNode | CallbackNode | MessageNode) and node.queue is not None:
            yield from _unless_known("queue", (*here, "queue"), node.queue, known.queues)
        if isinstance(node, HoursNode):
            yield from _unless_known("calendar", (*here, "calendar"), node.calendar, known.calendars)
        if isinstance(node, LookupNode | IdentifyNode):
            yield from _unless_known("lookup", (*here, "lookup"), node.lookup, flow.lookups)
        if isinstance(node, IdentifyNode) and "customer" not in getattr(
            flow.lookups.get(node.lookup), "fields", ("customer",)
        ):
            yield Problem((*here, "lookup"), f'lookup "{node.lookup}" has no field "customer"')
        if isinstance(node, LanguageNode):
            for key, language in node.keys.items():
                yield from _unless_known("language", (*here, "keys", key), language, known.spoken or {"zh", "en"})
        if isinstance(node, ConditionNode):
            yield from _unknown_in_cases(node, here, known)


def _unknown_in_cases(node: ConditionNode, here: Path, known: Known) -> Iterator[Problem]:
    for index, case in enumerate(node.cases):
        path: Path = (*here, "when", index)
        if case.queue is not None:
            yield from _unless_known("queue", (*path, "queue"), case.queue, known.queues)
        if case.calendar is not None:
            yield from _unless_known("calendar", (*path, "calendar"), case.calendar, known.calendars)
        for language in case.language:
            yield from _unless_known("language", (*path, "language"), language, known.spoken or {"zh", "en"})


# --- prompts ---------------------------------------------------------------------------------------------------------


def _all_prompts(flow: Flow) -> Iterator[tuple[Path, str]]:
    for name in ("wrong_key", "no_key", "wrong_digits", "give_up", "goodbye", "error"):
        for index, prompt in enumerate(getattr(flow, name)):
            yield (name, index), prompt
    for node in flow.nodes.values():
        for path, prompt in prompts(node):
            yield (*place(node.id), *path), prompt


def _unknown_prompts(flow: Flow, known: Known) -> Iterator[Problem]:
    """Each must be there in every language a caller may have chosen."""
    others = _languages(flow) - {flow.language}
    anywhere = set(known.prompts).union(*known.spoken.values())
    for path, prompt in _all_prompts(flow):
        if is_value(prompt):
            kind = prompt[1:-1].partition(":")[0]
            yield from _unless_known("kind of value", path, kind, KINDS)
        elif prompt not in known.prompts and prompt in anywhere:
            yield Problem(path, f'prompt "{prompt}" is not there in language "{flow.language}"')
        else:
            yield from _unless_known("prompt", path, prompt, known.prompts)
            for language in sorted(others & known.spoken.keys()):
                if prompt in known.prompts and prompt not in known.spoken[language]:
                    message = f'prompt "{prompt}" is not there in language "{language}", which callers can choose'
                    yield Problem(path, message)


def _languages(flow: Flow) -> set[str]:
    """The languages callers may hear."""
    chosen = {
        language for node in flow.nodes.values() if isinstance(node, LanguageNode) for language in node.keys.values()
    }
    return {flow.language, *chosen}


# --- attributes ------------------------------------------------------------------------------------------------------


def _unknown_attributes(flow: Flow, known: Known) -> Iterator[Problem]:
    given = {name for node in flow.nodes.values() for name in makes_known(flow, node)}
    names = given | {*known.attributes, *ALWAYS_KNOWN}
    for path, prompt in _all_prompts(flow):
        for name in values_in(prompt) if is_value(prompt) else ():
            if not any(letter.isdecimal() for letter in name):  # else a value that stands for itself
                yield from _unless_known("attribute", path, name, names)
    for node in flow.nodes.values():
        for index, case in enumerate(node.cases) if isinstance(node, ConditionNode) else ():
            for name in case.attributes:
                here = (*place(node.id), "when", index, "attributes", name)
                yield from _unless_known("attribute", here, name, names)
    for lookup in flow.lookups.values():
        for path, text in _texts(lookup):
            for name in values_in(text):
                yield from _unless_known("attribute", ("lookups", lookup.name, *path), name, names)


def _texts(lookup: Lookup) -> Iterator[tuple[Path, str]]:
    yield ("url",), lookup.url
    yield from ((("body", name), text) for name, text in lookup.body.items())


# --- keys ------------------------------------------------------------------------------------------------------------


def _key_problems(flow: Flow) -> Iterator[Problem]:
    yield from _unless_key(("operator_key",), flow.operator_key)
    if flow.back_key:
        yield from _unless_key(("back_key",), flow.back_key)
        if flow.back_key == flow.operator_key:
            yield Problem(("back_key",), f'key "{flow.back_key}" is the operator\'s')
    for node in flow.nodes.values():
        here = place(node.id)
        match node:
            case MenuNode():
                yield from _menu_key_problems(node, here)
            case LanguageNode():
                for key in node.keys:
                    yield from _unless_key((*here, "keys", key), key)
            case CollectNode():
                yield from _collect_problems(node, here)
            case CallbackNode():
                yield from _twice_problems(node, here)
            case MessageNode():
                yield from _unless_key((*here, "terminator"), node.terminator)


def _unless_key(path: Path, key: str) -> Iterator[Problem]:
    if len(key) != 1 or key not in ALL_KEYS:
        yield Problem(path, f'expected one of {ALL_KEYS}, got "{key}"')


def _menu_key_problems(menu: MenuNode, here: Path) -> Iterator[Problem]:
    for key in menu.keys:
        yield from _unless_key((*here, "keys", key), key)
    if menu.repeat:
        yield from _unless_key((*here, "repeat"), menu.repeat)
    if menu.repeat in menu.keys:
        yield Problem((*here, "repeat"), f'key "{menu.repeat}" already leads to "{menu.keys[menu.repeat]}"')


def _collect_problems(node: CollectNode, here: Path) -> Iterator[Problem]:
    for name in ("terminator", "repeat"):
        key = getattr(node, name)
        if key and key not in ("*", "#"):
            yield Problem((*here, name), f'expected "*" or "#", got "{key}": digits are what is asked for')
    if node.repeat and node.repeat == node.terminator:
        yield Problem((*here, "repeat"), f'key "{node.repeat}" is the terminator already')
    if node.check == "cn_id" and "*" in (node.terminator, node.repeat):
        yield Problem((*here, "check"), 'an identity number may end with X, for which callers press "*"')
    if node.attribute in ALWAYS_KNOWN:
        yield Problem((*here, "as"), f'"{node.attribute}" is no name for an attribute: it means something else')


def _twice_problems(node: CallbackNode, here: Path) -> Iterator[Problem]:
    used: dict[str, str] = {}
    for name in ("confirm_key", "change_key", "cancel_key"):
        key = getattr(node, name)
        yield from _unless_key((*here, name), key)
        other = used.setdefault(key, name)
        if other != name:
            yield Problem((*here, name), f'key "{key}" is {other} already')


# --- shape -----------------------------------------------------------------------------------------------------------


def _operator_problems(flow: Flow) -> Iterator[Problem]:
    operator = flow.nodes.get(flow.operator) if flow.operator else None
    if operator is not None and not isinstance(operator, EnqueueNode):
        yield Problem(
            ("operator",), f'node "{flow.operator}" must be of type enqueue: it is where callers get a person'
        )


def _shape_problems(flow: Flow) -> Iterator[Problem]:
    """Nodes nobody can get to, and nodes nobody can get out of."""
    found = reached(flow)
    ending, returning = leads_out(flow)
    for name, node in flow.nodes.items():
        if name not in found:
            yield Problem(place(name), f'node "{name}" cannot be reached')
        elif name not in ending | (returning if group_of(name) else set()) and _leads_to_what_there_is(flow, node):
            yield Problem(place(name), f'callers who reach node "{name}" never get to a queue or the end')
        elif isinstance(node, ReturnNode) and not group_of(name):
            yield Problem(place(name), f'node "{name}" returns, but is in no sub-flow')


def _leads_to_what_there_is(flow: Flow, node: Node) -> bool:
    """Of a node that names another by mistake it is not known where it leads."""
    onward = {target for _, target in exits(node)}
    onward |= set(menu_keys(flow, node).values()) if isinstance(node, MenuNode) else set()
    return onward <= flow.nodes.keys()
