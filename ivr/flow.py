"""The flow a caller is led through, and how it goes on: pure.

A flow is a set of nodes. `begin` and `advance` say what to do next (an action) and where the caller then is (a position);
whoever carries the action out comes back with what happened. A position is all there is to remember: after a restart of the
engine the caller goes on at his node (`resume`).

No caller is led in circles for ever: after Flow.max_moves nodes he is given to a person, or a word and the end of the call.
"""

from typing import Final, NewType, assert_never

import msgspec

from agents.roster import QueueId

__all__ = [
    "ALL_KEYS",
    "Action",
    "AnnounceNode",
    "AskKey",
    "CheckHours",
    "Enqueue",
    "EnqueueNode",
    "Entered",
    "Flow",
    "HangUp",
    "HangUpNode",
    "Happened",
    "HoursChecked",
    "HoursNode",
    "KeyPressed",
    "MenuNode",
    "Node",
    "NodeId",
    "NothingPressed",
    "Position",
    "Step",
    "advance",
    "begin",
    "menu_keys",
    "resume",
]

NodeId = NewType("NodeId", str)

ALL_KEYS: Final = "0123456789*#"
"""Wrong keys interrupt a menu as right ones do: the caller hears at once that his key was wrong."""


# --- the flow --------------------------------------------------------------------------------------------------------


class _Node(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    id: NodeId


class AnnounceNode(_Node, frozen=True, tag="announce"):
    """Say something and go on. With `barge_in` a key cuts it short and already counts at the menu that follows."""

    prompts: tuple[str, ...]
    next: NodeId
    barge_in: bool = True


class HoursNode(_Node, frozen=True, tag="hours"):
    """Go on by whether the named calendar is open now."""

    calendar: str
    open: NodeId
    closed: NodeId


class MenuNode(_Node, frozen=True, tag="menu"):
    """Ask for a key. `attempts` wrong keys or silences in a row lead to `failed`, or where the flow gives up.
    `repeat` is the key that says the menu again; the flow's operator key works here unless `keys` uses it."""

    prompts: tuple[str, ...]
    keys: dict[str, NodeId]
    repeat: str = ""
    timeout_s: float = 5.0
    attempts: int = 3
    barge_in: bool = True
    failed: NodeId | None = None


class EnqueueNode(_Node, frozen=True, tag="enqueue"):
    """Put the caller into a queue, after the prompts if there are any. `priority` is added to the queue's; `require` are skills
    an agent needs for him besides those the queue asks for."""

    queue: QueueId
    priority: int = 0
    prompts: tuple[str, ...] = ()
    require: dict[str, int] = {}


class HangUpNode(_Node, frozen=True, tag="hang_up"):
    """Say good-bye and end the call. `reason` is kept with the call."""

    prompts: tuple[str, ...] = ()
    reason: str = "completed"


Node = AnnounceNode | HoursNode | MenuNode | EnqueueNode | HangUpNode


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """All nodes and what holds for the whole flow. `check.flow_problems` says whether it can be used."""

    nodes: dict[NodeId, Node]
    start: NodeId
    language: str = "zh"
    operator: NodeId | None = None
    """Where callers get a person: an enqueue node. Whoever fails at a menu goes there, and `operator_key` leads there."""
    operator_key: str = "0"
    wrong_key: tuple[str, ...] = ("wrong_key",)
    no_key: tuple[str, ...] = ("no_key",)
    give_up: tuple[str, ...] = ("sorry",)
    """What a caller hears whom no operator can be given."""
    goodbye: tuple[str, ...] = ("goodbye",)
    """What he hears when the agent has hung up."""
    error: tuple[str, ...] = ("error",)
    """What he hears when Hotline itself fails and Asterisk's last-resort queue takes him."""
    max_moves: int = 60


# --- what to do, what happened, where he is --------------------------------------------------------------------------


class _Value(msgspec.Struct, frozen=True):
    pass


class Play(_Value, frozen=True):
    """Play the prompts; one of `keys` cuts them short."""

    prompts: tuple[str, ...]
    keys: str


class AskKey(_Value, frozen=True):
    """Play the prompts and wait for a key, up to `timeout_s` after their end; one of `keys` cuts them short."""

    prompts: tuple[str, ...]
    keys: str
    timeout_s: float


class CheckHours(_Value, frozen=True):
    """Look whether the calendar is open."""

    calendar: str


class Enqueue(_Value, frozen=True):
    """The caller leaves the flow for a queue."""

    queue: QueueId
    priority: int
    prompts: tuple[str, ...]
    require: dict[str, int] = {}


class HangUp(_Value, frozen=True):
    """The flow and the call are over."""

    prompts: tuple[str, ...]
    reason: str


Action = Play | AskKey | CheckHours | Enqueue | HangUp


class KeyPressed(_Value, frozen=True):
    """The caller pressed a key."""

    key: str


class NothingPressed(_Value, frozen=True):
    """The prompts were played to their end, or the time for a key is over."""


class HoursChecked(_Value, frozen=True):
    """Whether the calendar was open."""

    open: bool


Happened = KeyPressed | NothingPressed | HoursChecked


class Position(_Value, frozen=True):
    """Where a caller is: the node, wrong keys or silences in a row there, nodes passed, and a key he pressed too early."""

    node: NodeId
    misses: int = 0
    moves: int = 0
    early_key: str = ""


class Entered(_Value, frozen=True):
    """A node the caller has reached, and the key that led there."""

    node: NodeId
    key: str = ""


class Step(_Value, frozen=True):
    """What to do next, where he is then, and the nodes he reached on the way (none when a menu asks again)."""

    position: Position
    action: Action
    entered: tuple[Entered, ...] = ()


# --- how it goes on --------------------------------------------------------------------------------------------------


def begin(flow: Flow) -> Step:
    """A new caller at the start of the flow."""
    return _enter(flow, flow.start, moves=0)


def resume(flow: Flow, node: NodeId) -> Step:
    """A caller who was at this node when the engine went away; from the start if the flow has no such node any more."""
    known = flow.nodes.get(node)
    return Step(Position(node), _act(flow, known)) if known is not None else begin(flow)


def advance(flow: Flow, position: Position, happened: Happened) -> Step:
    """The next step. ValueError where nothing can happen any more (enqueue, hang-up) or nothing like it (hours)."""
    node = flow.nodes[position.node]
    key = happened.key if isinstance(happened, KeyPressed) else ""
    match node, happened:
        case AnnounceNode(), KeyPressed() | NothingPressed():
            return _enter(flow, node.next, position.moves, early_key=key)
        case HoursNode(), HoursChecked():
            target = node.open if happened.open else node.closed
            return _enter(flow, target, position.moves, early_key=position.early_key)
        case MenuNode(), KeyPressed() | NothingPressed():
            return _answered(flow, node, position, key)
        case _:
            raise ValueError(f"{happened} cannot happen at node {node.id} ({type(node).__name__})")


def menu_keys(flow: Flow, menu: MenuNode) -> dict[str, NodeId]:
    """Every key that leads somewhere from this menu, the operator's included."""
    if flow.operator is None or flow.operator_key in (*menu.keys, menu.repeat):
        return menu.keys
    return {**menu.keys, flow.operator_key: flow.operator}


def _answered(flow: Flow, menu: MenuNode, position: Position, key: str) -> Step:
    """The caller pressed a key at the menu, or "" in time."""
    target = menu_keys(flow, menu).get(key)
    if target is not None:
        return _enter(flow, target, position.moves, key=key)
    if position.moves >= flow.max_moves:
        return _give_up(flow, position)
    repeated = key != "" and key == menu.repeat
    misses = position.misses if repeated else position.misses + 1
    if misses >= menu.attempts:
        return _failed(flow, menu, position)
    apology = () if repeated else flow.wrong_key if key else flow.no_key
    return Step(Position(menu.id, misses, position.moves + 1), _ask(menu, apology))


def _failed(flow: Flow, menu: MenuNode, position: Position) -> Step:
    return _give_up(flow, position) if menu.failed is None else _enter(flow, menu.failed, position.moves)


def _enter(flow: Flow, target: NodeId, moves: int, *, key: str = "", early_key: str = "") -> Step:
    """Reach a node. A key pressed too early is taken at the first menu, if it means something there."""
    node = flow.nodes[target]
    position = Position(target, 0, moves + 1, early_key if isinstance(node, HoursNode) else "")
    arrived = Entered(target, key)
    if moves >= flow.max_moves:
        return _give_up(flow, position)
    if isinstance(node, MenuNode) and early_key in menu_keys(flow, node):
        step = _answered(flow, node, position, early_key)
        return msgspec.structs.replace(step, entered=(arrived, *step.entered))
    return Step(position, _act(flow, node), (arrived,))


def _give_up(flow: Flow, position: Position) -> Step:
    """A person, or a word and the end."""
    if flow.operator is None:
        return Step(position, HangUp(flow.give_up, "no_choice"))
    operator = flow.nodes[flow.operator]
    return Step(Position(operator.id, 0, position.moves), _act(flow, operator), (Entered(operator.id),))


def _act(flow: Flow, node: Node) -> Action:
    match node:
        case AnnounceNode():
            return Play(node.prompts, ALL_KEYS if node.barge_in else "")
        case HoursNode():
            return CheckHours(node.calendar)
        case MenuNode():
            return _ask(node, ())
        case EnqueueNode():
            return Enqueue(node.queue, node.priority, node.prompts, node.require)
        case HangUpNode():
            return HangUp(node.prompts, node.reason)
        case _:
            assert_never(node)


def _ask(menu: MenuNode, apology: tuple[str, ...]) -> AskKey:
    return AskKey((*apology, *menu.prompts), ALL_KEYS if menu.barge_in else "", menu.timeout_s)
