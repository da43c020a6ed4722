"""What the interpreter and whoever carries its steps out tell each other: actions, what came of them, where he is. Pure."""

from typing import Final

import msgspec

from agents.roster import QueueId
from ivr.conditions import Facts
from ivr.nodes import NodeId

__all__ = [
    "MOST_EARLY",
    "Action",
    "AskDigits",
    "AskKey",
    "CallbackAnswered",
    "CheckHours",
    "DialOut",
    "DialledOut",
    "DigitsTyped",
    "DropMessage",
    "Enqueue",
    "Entered",
    "FactsSeen",
    "HangUp",
    "Happened",
    "HoursChecked",
    "KeepMessage",
    "KeyPressed",
    "LookUp",
    "LookedUp",
    "NothingPressed",
    "Place",
    "Play",
    "PlayMessage",
    "Position",
    "RecordMessage",
    "Recorded",
    "RequestCallback",
    "SeeFacts",
    "Step",
]

MOST_EARLY: Final = 32
"""Keys pressed before they were asked for that are kept."""


class _Value(msgspec.Struct, frozen=True):
    pass


# --- what to do ------------------------------------------------------------------------------------------------------


class Play(_Value, frozen=True):
    """Play the prompts; one of `keys` cuts them short."""

    prompts: tuple[str, ...]
    keys: str


class AskKey(_Value, frozen=True):
    """Play the prompts and wait for a key, up to `timeout_s` after their end; one of `keys` cuts them short."""

    prompts: tuple[str, ...]
    keys: str
    timeout_s: float


class AskDigits(_Value, frozen=True):
    """Play the prompts, which one of `keys` cuts short, and take digits: until there are `longest` of them, a key comes that is
    no digit, or none within `first_s` (the first) or `between_s` (any other). `typed` was typed already."""

    prompts: tuple[str, ...]
    keys: str
    longest: int
    first_s: float
    between_s: float
    typed: str = ""


class CheckHours(_Value, frozen=True):
    """Look whether the calendar is open."""

    calendar: str


class SeeFacts(_Value, frozen=True):
    """See what is so now, of the caller and of these queues and calendars."""

    queues: tuple[QueueId, ...] = ()
    calendars: tuple[str, ...] = ()


class LookUp(_Value, frozen=True):
    """Ask another system, while the prompts are said; keys pressed meanwhile are kept."""

    lookup: str
    prompts: tuple[str, ...]


class RequestCallback(_Value, frozen=True):
    """Tell that he wants to be called back. `queue` None: the one he was in last."""

    number: str
    queue: QueueId | None


class RecordMessage(_Value, frozen=True):
    """Say the prompts and record what he says after a tone, until `terminator`, a silence, or as long as it may be."""

    prompts: tuple[str, ...]
    longest_s: float
    silence_s: float
    shortest_s: float
    terminator: str
    queue: QueueId | None


class PlayMessage(_Value, frozen=True):
    """Let him hear what he has said; a key cuts it short."""


class KeepMessage(_Value, frozen=True):
    """Tell of the message, then say the prompts."""

    prompts: tuple[str, ...]


class DropMessage(_Value, frozen=True):
    """Delete the message, then say the prompts."""

    prompts: tuple[str, ...]


class DialOut(_Value, frozen=True):
    """Connect him with a number outside, after the prompts."""

    number: str
    ring_s: float
    longest_s: float
    prompts: tuple[str, ...]


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


Action = (
    Play
    | AskKey
    | AskDigits
    | CheckHours
    | SeeFacts
    | LookUp
    | RequestCallback
    | RecordMessage
    | PlayMessage
    | KeepMessage
    | DropMessage
    | DialOut
    | Enqueue
    | HangUp
)


# --- what happened ---------------------------------------------------------------------------------------------------


class KeyPressed(_Value, frozen=True):
    """The caller pressed a key."""

    key: str


class NothingPressed(_Value, frozen=True):
    """The prompts were played to their end, or the time for a key is over."""


class DigitsTyped(_Value, frozen=True):
    """The keys he pressed when asked for digits; the last may be none. "": he pressed nothing."""

    keys: str


class HoursChecked(_Value, frozen=True):
    """Whether the calendar was open."""

    open: bool


class FactsSeen(_Value, frozen=True):
    """What is so."""

    facts: Facts


class LookedUp(_Value, frozen=True):
    """What the other system answered, by attribute; None: nothing in time, or nothing that could be understood."""

    found: dict[str, str] | None
    early: str = ""
    """Keys he pressed meanwhile."""


class CallbackAnswered(_Value, frozen=True):
    """Whether he will be called back."""

    accepted: bool


class Recorded(_Value, frozen=True):
    """How long the message has become."""

    seconds: float


class DialledOut(_Value, frozen=True):
    """How the dial ended: Asterisk's DIALSTATUS."""

    status: str


Happened = (
    KeyPressed
    | NothingPressed
    | DigitsTyped
    | HoursChecked
    | FactsSeen
    | LookedUp
    | CallbackAnswered
    | Recorded
    | DialledOut
)


# --- where he is -----------------------------------------------------------------------------------------------------


class Place(_Value, frozen=True):
    """A node, and where the sub-flows around it go on: the innermost last."""

    node: NodeId
    stack: tuple[NodeId, ...] = ()


class Position(_Value, frozen=True):
    """Where a caller is. Node and stack survive a restart of the engine, the rest need not."""

    node: NodeId
    misses: int = 0
    """Wrong keys or silences in a row at this node."""
    moves: int = 0
    """Nodes passed, and how often one asked again."""
    early: str = ""
    """Keys pressed too early."""
    stack: tuple[NodeId, ...] = ()
    trail: tuple[Place, ...] = ()
    """Menus he came through: where the back key leads, the last first."""
    stage: str = ""
    """How far he is within a node that is a small conversation."""
    number: str = ""
    """At a callback node: the number he is asked about."""


class Entered(_Value, frozen=True):
    """A node the caller has reached, the key that led there, and where the sub-flows around it go on."""

    node: NodeId
    key: str = ""
    stack: tuple[NodeId, ...] = ()


class Step(_Value, frozen=True):
    """What to do next, where he is then, the nodes he reached on the way (none when a menu asks again), and what became known
    of him there; `masked` is for this visit alone."""

    position: Position
    action: Action
    entered: tuple[Entered, ...] = ()
    learned: dict[str, str] = {}
    masked: dict[str, str] = {}
