"""The flow a caller is led through, and how it goes on: pure.

A flow is a set of nodes (`nodes`). `begin` and `advance` say what to do next (an action) and where the caller then is (a
position); whoever carries the action out comes back with what happened (`steps`). His node and the sub-flows around it are all
there is to remember: after a restart of the engine he goes on there (`resume`).

Each kind of node has two functions: what to do when a caller reaches it, and what to make of what happens there. They answer
with a way on or with something to do (`ways`); only this module goes the ways.

No caller is led in circles for ever: after Flow.max_moves nodes he is given to a person, or a word and the end of the call.
"""

from collections.abc import Callable
from typing import Any, Final, assert_never

from ivr import asking, deciding, leaving
from ivr.nodes import (
    ALL_KEYS,
    DEEPEST,
    AnnounceNode,
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
    MessageNode,
    Node,
    NodeId,
    ReturnNode,
    SetNode,
    TransferNode,
)
from ivr.steps import (
    MOST_EARLY,
    Enqueue,
    Entered,
    HangUp,
    Happened,
    KeyPressed,
    NothingPressed,
    Place,
    Play,
    Position,
    Step,
)
from ivr.ways import Answer, Back, Do, GiveUp, Go, Inside, NotHere, Return

__all__ = ["advance", "begin", "resume"]

LONGEST_TRAIL: Final = 20
"""So many menus back a caller can go."""


def begin(flow: Flow) -> Step:
    """A new caller at the start of the flow."""
    return _Journey(flow, Position(flow.start)).to(Go(flow.start))


def resume(flow: Flow, node: NodeId, stack: tuple[NodeId, ...] = ()) -> Step:
    """A caller who was at this node when the engine went away; from the start if the flow has no such node any more."""
    known = flow.nodes.get(node)
    if known is None or any(place not in flow.nodes for place in stack):
        return begin(flow)
    position = Position(node, stack=stack)
    return _Journey(flow, position).to(_reached(flow, known, position))


def advance(flow: Flow, position: Position, happened: Happened) -> Step:
    """The next step. ValueError where nothing can happen any more (enqueue, hang-up) or nothing like it (hours)."""
    node = flow.nodes[position.node]
    try:
        answer: Answer = _HAPPENED[type(node)](flow, node, position, happened)
    except (KeyError, NotHere):
        what = type(happened).__name__  # not its value, which may be what nobody else may know
        raise ValueError(f"{what} cannot happen at node {node.id} ({type(node).__name__})") from None
    return _Journey(flow, position).to(answer)


class _Journey:
    """From one node on until there is something to do."""

    def __init__(self, flow: Flow, position: Position) -> None:
        self.flow = flow
        self.position = position
        self.entered: list[Entered] = []
        self.learned: dict[str, str] = {}
        self.masked: dict[str, str] = {}

    def to(self, answer: Answer) -> Step:
        while not isinstance(answer, Do):
            answer = self._go(answer)
        return Step(answer.position, answer.action, tuple(self.entered), self.learned, self.masked)

    def _go(self, way: Go | Inside | Return | Back | GiveUp) -> Answer:
        position = self.position
        match way:
            case Go(target, key, early, learned, masked):
                self.learned |= learned
                self.masked |= masked
                return self._enter(Place(target, _stack_for(target, position.stack)), key, early, self._trail(key))
            case Inside(target, then, early) if len(position.stack) < DEEPEST:
                return self._enter(Place(target, (*position.stack, then)), "", early, position.trail)
            case Return(early) if position.stack:
                *outer, then = position.stack
                return self._enter(Place(then, tuple(outer)), "", early, position.trail)
            case Back(key) if position.trail:
                *before, place = position.trail
                return self._enter(place, key, "", tuple(before))
            case Back(key):
                return self._enter(Place(position.node, position.stack), key, "", ())
            case GiveUp() | Inside() | Return():
                return self._give_up()
            case _:
                assert_never(way)

    def _trail(self, key: str) -> tuple[Place, ...]:
        """A menu that was left by a key can be gone back to."""
        position = self.position
        if not key or not isinstance(self.flow.nodes[position.node], MenuNode):
            return position.trail
        return (*position.trail, Place(position.node, position.stack))[-LONGEST_TRAIL:]

    def _enter(self, place: Place, key: str, early: str, trail: tuple[Place, ...]) -> Answer:
        moves = self.position.moves
        self.position = Position(place.node, moves=moves + 1, early=early[:MOST_EARLY], stack=place.stack, trail=trail)
        if moves >= self.flow.max_moves:
            return self._give_up()
        self.entered.append(Entered(place.node, key, place.stack))
        return _reached(self.flow, self.flow.nodes[place.node], self.position)

    def _give_up(self) -> Do:
        """A person, or a word and the end."""
        flow = self.flow
        if flow.operator is None:
            return Do(self.position, HangUp(flow.give_up, "no_choice"))
        self.position = Position(flow.operator, moves=self.position.moves)
        self.entered.append(Entered(flow.operator))
        operator = flow.nodes[flow.operator]
        assert isinstance(operator, EnqueueNode)
        return _reach_enqueue(flow, operator, self.position)


def _stack_for(target: NodeId, stack: tuple[NodeId, ...]) -> tuple[NodeId, ...]:
    """A node of the flow itself, reached from within a sub-flow, ends that sub-flow: nothing returns from there."""
    return stack if "." in target else ()


# --- reaching a node -------------------------------------------------------------------------------------------------


def _reached(flow: Flow, node: Node, position: Position) -> Answer:
    answer: Answer = _REACHED[type(node)](flow, node, position)
    return answer


def _reach_announce(flow: Flow, node: AnnounceNode, position: Position) -> Answer:
    """Whoever has pressed on already knows what it says."""
    if position.early and node.barge_in:
        return Go(node.next, early=position.early)
    return Do(position, Play(node.prompts, ALL_KEYS if node.barge_in else ""))


def _reach_set(flow: Flow, node: SetNode, position: Position) -> Answer:
    return Go(node.next, early=position.early, learned=node.attributes)


def _reach_flow(flow: Flow, node: FlowNode, position: Position) -> Answer:
    return Inside(node.start, node.next, position.early)


def _reach_return(flow: Flow, node: ReturnNode, position: Position) -> Answer:
    return Return(position.early)


def _reach_enqueue(flow: Flow, node: EnqueueNode, position: Position) -> Do:
    return Do(position, Enqueue(node.queue, node.priority, node.prompts, node.require))


def _reach_hang_up(flow: Flow, node: HangUpNode, position: Position) -> Answer:
    return Do(position, HangUp(node.prompts, node.reason))


def _at_announce(flow: Flow, node: AnnounceNode, position: Position, happened: Happened) -> Answer:
    if not isinstance(happened, KeyPressed | NothingPressed):
        raise NotHere
    key = happened.key if isinstance(happened, KeyPressed) else ""
    return Go(node.next, early=position.early + key)


_REACHED: Final[dict[type, Callable[[Flow, Any, Position], Answer]]] = {
    AnnounceNode: _reach_announce,
    MenuNode: asking.reach_menu,
    LanguageNode: asking.reach_language,
    CollectNode: asking.reach_collect,
    HoursNode: deciding.reach_hours,
    ConditionNode: deciding.reach_condition,
    SetNode: _reach_set,
    LookupNode: deciding.reach_lookup,
    IdentifyNode: deciding.reach_identify,
    EnqueueNode: _reach_enqueue,
    CallbackNode: leaving.reach_callback,
    MessageNode: leaving.reach_message,
    TransferNode: leaving.reach_transfer,
    FlowNode: _reach_flow,
    ReturnNode: _reach_return,
    HangUpNode: _reach_hang_up,
}

_HAPPENED: Final[dict[type, Callable[[Flow, Any, Position, Happened], Answer]]] = {
    AnnounceNode: _at_announce,
    MenuNode: asking.at_menu,
    LanguageNode: asking.at_language,
    CollectNode: asking.at_collect,
    HoursNode: deciding.at_hours,
    ConditionNode: deciding.at_condition,
    LookupNode: deciding.at_lookup,
    IdentifyNode: deciding.at_identify,
    CallbackNode: leaving.at_callback,
    MessageNode: leaving.at_message,
    TransferNode: leaving.at_transfer,
}
"""The others are through at once, or the end."""
