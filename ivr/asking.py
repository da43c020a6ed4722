"""Nodes that ask: a menu, the language, digits. Pure.

Each has two functions: what to do when a caller reaches it, and what to make of what he does there.
"""

from typing import Final

import msgspec

from ivr.digits import fits, is_complete
from ivr.nodes import ALL_KEYS, CollectNode, Flow, LanguageNode, MenuNode, NodeId
from ivr.steps import AskDigits, AskKey, DigitsTyped, Happened, KeyPressed, NothingPressed, Position
from ivr.ways import Answer, Back, Do, GiveUp, Go, NotHere, go_or_give_up

__all__ = [
    "at_collect",
    "at_language",
    "at_menu",
    "menu_keys",
    "reach_collect",
    "reach_language",
    "reach_menu",
    "special_keys",
]

_DIGITS: Final = "0123456789"


def menu_keys(flow: Flow, menu: MenuNode) -> dict[str, NodeId]:
    """Every key that leads somewhere from this menu, the operator's included."""
    if flow.operator is None or flow.operator_key in (*menu.keys, menu.repeat):
        return menu.keys
    return {**menu.keys, flow.operator_key: flow.operator}


def special_keys(flow: Flow, own: frozenset[str]) -> dict[str, Answer]:
    """The flow's own keys, as far as the node does not use them itself."""
    found: dict[str, Answer] = {}
    if flow.back_key and flow.back_key not in own:
        found[flow.back_key] = Back(flow.back_key)
    if flow.operator is not None and flow.operator_key not in own:
        found[flow.operator_key] = Go(flow.operator, flow.operator_key)
    return found


# --- a menu ----------------------------------------------------------------------------------------------------------


def reach_menu(flow: Flow, menu: MenuNode, position: Position) -> Answer:
    """A key pressed too early is taken, if it means something here."""
    way = _menu_ways(flow, menu).get(position.early[:1])
    return _with_early(way, position.early[1:]) if way is not None else _ask(menu, position, ())


def at_menu(flow: Flow, menu: MenuNode, position: Position, happened: Happened) -> Answer:
    """A key, or none in time."""
    key = _key(happened)
    way = _menu_ways(flow, menu).get(key)
    if way is not None:
        return way
    return _again(flow, menu, position, key, repeated=key != "" and key == menu.repeat)


def _menu_ways(flow: Flow, menu: MenuNode) -> dict[str, Answer]:
    own = {key: Go(target, key) for key, target in menu.keys.items()}
    return {**special_keys(flow, frozenset((*menu.keys, menu.repeat))), **own}


# --- the language ----------------------------------------------------------------------------------------------------


def reach_language(flow: Flow, node: LanguageNode, position: Position) -> Answer:
    """As a menu."""
    key = position.early[:1]
    return _chosen(node, key, position.early[1:]) if key in node.keys else _ask(node, position, ())


def at_language(flow: Flow, node: LanguageNode, position: Position, happened: Happened) -> Answer:
    """As a menu; whoever does not choose goes on in the language he has."""
    key = _key(happened)
    if key in node.keys:
        return _chosen(node, key, "")
    answer = _again(flow, node, position, key)
    return Go(node.next) if isinstance(answer, GiveUp) and position.moves < flow.max_moves else answer


def _chosen(node: LanguageNode, key: str, early: str) -> Go:
    return Go(node.next, key, early, learned={"language": node.keys[key]})


# --- asking for a key ------------------------------------------------------------------------------------------------


def _key(happened: Happened) -> str:
    if not isinstance(happened, KeyPressed | NothingPressed):
        raise NotHere
    return happened.key if isinstance(happened, KeyPressed) else ""


def _ask(node: MenuNode | LanguageNode, position: Position, apology: tuple[str, ...]) -> Do:
    kept = msgspec.structs.replace(position, early="")
    return Do(kept, AskKey((*apology, *node.prompts), ALL_KEYS if node.barge_in else "", node.timeout_s))


def _again(
    flow: Flow, node: MenuNode | LanguageNode, position: Position, key: str, *, repeated: bool = False
) -> Answer:
    """Ask once more, or see it has been often enough."""
    missed = _missed(flow, node, position, silent=not key, repeated=repeated)
    if not isinstance(missed, Position):
        return missed
    return _ask(node, missed, () if repeated else flow.wrong_key if key else flow.no_key)


def _missed(
    flow: Flow,
    node: MenuNode | LanguageNode | CollectNode,
    position: Position,
    *,
    silent: bool,
    repeated: bool = False,
) -> Answer | Position:
    """The position with one more miss; where to go when it is one too many."""
    if position.moves >= flow.max_moves:
        return GiveUp()
    misses = position.misses if repeated else position.misses + 1
    if misses >= node.attempts:
        return go_or_give_up((node.nothing if silent else None) or node.failed)
    return msgspec.structs.replace(position, misses=misses, moves=position.moves + 1, early="")


def _with_early(way: Answer, early: str) -> Answer:
    return msgspec.structs.replace(way, early=early) if isinstance(way, Go) else way


# --- digits ----------------------------------------------------------------------------------------------------------


def reach_collect(flow: Flow, node: CollectNode, position: Position) -> Answer:
    """Digits pressed too early are the first of them; what cannot begin a number is dropped."""
    typed, rest = _taken(node, position.early)
    if is_complete(typed, node.longest):
        return _with_early(_judged(flow, node, position, typed), rest)
    return _ask_digits(node, position, (), typed)


def at_collect(flow: Flow, node: CollectNode, position: Position, happened: Happened) -> Answer:
    """The keys he pressed."""
    if not isinstance(happened, DigitsTyped):
        raise NotHere
    return _judged(flow, node, position, happened.keys)


def _taken(node: CollectNode, early: str) -> tuple[str, str]:
    """The keys this node takes of those pressed early, and the rest."""
    taken = 0
    while taken < len(early) and not is_complete(early[:taken], node.longest):
        taken += 1
    return early[:taken], early[taken:]


def _judged(flow: Flow, node: CollectNode, position: Position, typed: str) -> Answer:
    last = typed[-1:]
    if last == node.repeat != "":
        missed = _missed(flow, node, position, silent=False, repeated=True)
        return missed if not isinstance(missed, Position) else _ask_digits(node, missed, ())
    digits = typed[:-1] if last == node.terminator != "" else typed
    if digits and digits[-1] not in _DIGITS and not (node.check == "cn_id" and len(digits) == node.longest):
        own = frozenset((*_DIGITS, node.terminator, node.repeat))
        way = special_keys(flow, own).get(digits[-1])
        if way is not None:
            return way
    elif node.shortest <= len(digits) <= node.longest and fits(node.check, digits):
        return _found(node, digits.replace("*", "X"))
    missed = _missed(flow, node, position, silent=not digits)
    if not isinstance(missed, Position):
        return missed
    wrong = node.wrong if node.wrong is not None else flow.wrong_digits
    return _ask_digits(node, missed, wrong if digits else flow.no_key)


def _found(node: CollectNode, digits: str) -> Go:
    if node.masked:
        return Go(node.next, "*" * len(digits), masked={node.attribute: digits})
    return Go(node.next, digits, learned={node.attribute: digits})


def _ask_digits(node: CollectNode, position: Position, apology: tuple[str, ...], typed: str = "") -> Do:
    prompts = () if typed else (*apology, *node.prompts)
    keys = ALL_KEYS if node.barge_in else ""
    kept = msgspec.structs.replace(position, early="")
    return Do(kept, AskDigits(prompts, keys, node.longest, node.first_s, node.between_s, typed))
