"""Nodes by which a caller leaves something or leaves us: callback, message, transfer. Each is a small conversation. Pure."""

import msgspec

from ivr.conditions import Facts
from ivr.digits import DIALLABLE, is_diallable
from ivr.nodes import ALL_KEYS, CallbackNode, Flow, MessageNode, NodeId, TransferNode
from ivr.steps import (
    AskDigits,
    AskKey,
    CallbackAnswered,
    DialledOut,
    DialOut,
    DigitsTyped,
    DropMessage,
    FactsSeen,
    HangUp,
    Happened,
    KeepMessage,
    KeyPressed,
    NothingPressed,
    Play,
    PlayMessage,
    Position,
    Recorded,
    RecordMessage,
    RequestCallback,
    SeeFacts,
)
from ivr.ways import Answer, Do, GiveUp, Go, NotHere, go_or_give_up

__all__ = ["at_callback", "at_message", "at_transfer", "reach_callback", "reach_message", "reach_transfer"]


def _on(position: Position, stage: str, *, misses: int = 0, number: str = "") -> Position:
    """At the next stage of the same node."""
    return msgspec.structs.replace(
        position, stage=stage, misses=misses, moves=position.moves + 1, number=number or position.number, early=""
    )


# --- callback --------------------------------------------------------------------------------------------------------


def reach_callback(flow: Flow, node: CallbackNode, position: Position) -> Answer:
    """First of all: what is his number?"""
    queues = (node.queue,) if node.queue is not None else ()
    return Do(position, SeeFacts(queues=queues))


def at_callback(flow: Flow, node: CallbackNode, position: Position, happened: Happened) -> Answer:
    """His number, then his choice, perhaps another number, then what the core says."""
    if position.moves >= flow.max_moves:
        return GiveUp()
    match position.stage, happened:
        case "", FactsSeen(facts):
            return _offer(node, position, facts)
        case "confirm", KeyPressed() | NothingPressed():
            return _callback_choice(flow, node, position, happened.key if isinstance(happened, KeyPressed) else "")
        case "type", DigitsTyped(keys):
            return _typed_number(flow, node, position, keys)
        case "told", CallbackAnswered(accepted):
            return _requested(node, position) if accepted else Go(node.refused or node.cancelled)
        case "said", KeyPressed() | NothingPressed() if node.next is not None:
            return Go(node.next)
        case _:
            raise NotHere


def _offer(node: CallbackNode, position: Position, facts: Facts) -> Answer:
    """Whose number cannot be called is asked for one at once; who was in no queue has no place to keep."""
    if node.queue is None and facts.queue is None:
        return Go(node.refused or node.cancelled)
    return _confirm(node, position, facts.number) if is_diallable(facts.number) else _type(node, position)


def _requested(node: CallbackNode, position: Position) -> Do:
    if node.next is None:
        return Do(position, HangUp(node.saved, "callback"))
    return Do(_on(position, "said"), Play(node.saved, ""))


def _confirm(
    node: CallbackNode, position: Position, number: str, *, misses: int = 0, apology: tuple[str, ...] = ()
) -> Do:
    prompts = (*apology, *node.prompts, f"{{phone:{number}}}", *node.choices)
    return Do(_on(position, "confirm", misses=misses, number=number), AskKey(prompts, ALL_KEYS, node.timeout_s))


def _type(node: CallbackNode, position: Position, *, misses: int = 0, apology: tuple[str, ...] = ()) -> Do:
    prompts = (*apology, *node.ask_number)
    action = AskDigits(prompts, ALL_KEYS, DIALLABLE.stop, node.timeout_s, node.timeout_s)
    return Do(_on(position, "type", misses=misses), action)


def _callback_choice(flow: Flow, node: CallbackNode, position: Position, key: str) -> Answer:
    if key == node.confirm_key:
        return Do(_on(position, "told"), RequestCallback(position.number, node.queue))
    if key == node.change_key:
        return _type(node, position)
    if key == node.cancel_key or position.misses + 1 >= node.attempts:
        return Go(node.cancelled, key)
    apology = flow.wrong_key if key else flow.no_key
    return _confirm(node, position, position.number, misses=position.misses + 1, apology=apology)


def _typed_number(flow: Flow, node: CallbackNode, position: Position, keys: str) -> Answer:
    number = keys.removesuffix("#")
    if is_diallable(number):
        return _confirm(node, position, number)
    if keys[-1:] == node.cancel_key or position.misses + 1 >= node.attempts:
        return Go(node.cancelled)
    apology = flow.wrong_digits if number else flow.no_key
    return _type(node, position, misses=position.misses + 1, apology=apology)


# --- message ---------------------------------------------------------------------------------------------------------


def reach_message(flow: Flow, node: MessageNode, position: Position) -> Answer:
    """Speak after the tone."""
    return Do(position, _record(node, node.prompts))


def at_message(flow: Flow, node: MessageNode, position: Position, happened: Happened) -> Answer:
    """He has spoken, or says what is to become of it."""
    match position.stage, happened:
        case "", Recorded(seconds):
            return _spoken(flow, node, position, seconds)
        case "review", KeyPressed() | NothingPressed():
            return _message_choice(flow, node, position, happened.key if isinstance(happened, KeyPressed) else "")
        case "hear", KeyPressed() | NothingPressed():
            return _review(node, position)
        case "kept", KeyPressed() | NothingPressed():
            return Go(node.next)
        case "deleted", KeyPressed() | NothingPressed():
            return Go(node.deleted or node.next)
        case _:
            raise NotHere


def _record(node: MessageNode, prompts: tuple[str, ...]) -> RecordMessage:
    return RecordMessage(prompts, node.longest_s, node.silence_s, node.shortest_s, node.terminator, node.queue)


def _spoken(flow: Flow, node: MessageNode, position: Position, seconds: float) -> Answer:
    if seconds >= node.shortest_s:
        return _review(node, position)
    misses = position.misses + 1
    if misses >= node.attempts or position.moves >= flow.max_moves:
        return go_or_give_up(node.failed)
    return Do(_on(position, "", misses=misses), _record(node, (*node.too_short, *node.prompts)))


def _review(node: MessageNode, position: Position, *, misses: int = 0, apology: tuple[str, ...] = ()) -> Do:
    action = AskKey((*apology, *node.review), ALL_KEYS, node.timeout_s)
    return Do(_on(position, "review", misses=misses), action)


def _message_choice(flow: Flow, node: MessageNode, position: Position, key: str) -> Answer:
    """A silence keeps it, and so do too many wrong keys: what was said is never lost by accident."""
    misses = position.misses + 1
    if key == "4":
        return Do(_on(position, "deleted"), DropMessage(node.gone))
    if key in ("3", "") or misses >= node.attempts or position.moves >= flow.max_moves:
        return Do(_on(position, "kept"), KeepMessage(node.kept))
    if key == "1":
        return Do(_on(position, "hear"), PlayMessage())
    if key == "2":
        return Do(_on(position, ""), _record(node, node.prompts))
    return _review(node, position, misses=misses, apology=flow.wrong_key)


# --- transfer --------------------------------------------------------------------------------------------------------


def reach_transfer(flow: Flow, node: TransferNode, position: Position) -> Answer:
    """Dial at once."""
    return Do(position, DialOut(node.number, node.ring_s, node.longest_s, node.prompts))


def at_transfer(flow: Flow, node: TransferNode, position: Position, happened: Happened) -> Answer:
    """The talk is over, or there was none."""
    if not isinstance(happened, DialledOut):
        raise NotHere
    if happened.status == "ANSWER":
        return Do(position, HangUp((), "transferred"))
    return go_or_give_up(_unconnected(node, happened.status))


def _unconnected(node: TransferNode, status: str) -> NodeId | None:
    match status:
        case "BUSY":
            return node.busy or node.failed
        case "NOANSWER":
            return node.no_answer or node.failed
        case _:
            return node.failed
