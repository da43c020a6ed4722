"""What a node answers when a caller reaches it or does something there: a way on, or something to do. Pure."""

import msgspec

from ivr.nodes import NodeId
from ivr.steps import Action, Position

__all__ = ["Answer", "Back", "Do", "GiveUp", "Go", "Inside", "NotHere", "Return", "go_or_give_up"]


class _Way(msgspec.Struct, frozen=True):
    pass


class Go(_Way, frozen=True):
    """On to this node. `key` is what he pressed for it; `early` keys are for what comes next."""

    target: NodeId
    key: str = ""
    early: str = ""
    learned: dict[str, str] = {}
    masked: dict[str, str] = {}


class Inside(_Way, frozen=True):
    """Into a sub-flow, which goes on at `then`."""

    target: NodeId
    then: NodeId
    early: str = ""


class Return(_Way, frozen=True):
    """Out of a sub-flow."""

    early: str = ""


class Back(_Way, frozen=True):
    """To the menu before."""

    key: str


class GiveUp(_Way, frozen=True):
    """To a person."""

    key: str = ""


class Do(_Way, frozen=True):
    """He stays at the node."""

    position: Position
    action: Action


Answer = Go | Inside | Return | Back | GiveUp | Do


class NotHere(Exception):
    """Nothing like it can happen at this node."""


def go_or_give_up(target: NodeId | None) -> Go | GiveUp:
    """A node's own branch for those who fail; None: it has none."""
    return GiveUp() if target is None else Go(target)
