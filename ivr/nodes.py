"""The nodes of a flow, and the flow: what ops write in ivr.yaml, as data. Pure.

A node of a sub-flow has the sub-flow's name before its own: `payment.card`. Times are in seconds. Where a node's own branch for
those who fail is left out (None), the flow gives up on them: a person, or a word and the end of the call.
"""

from typing import Final, Literal, NewType

import msgspec

from agents.roster import QueueId
from ivr.conditions import Case

__all__ = [
    "ALL_KEYS",
    "DEEPEST",
    "AnnounceNode",
    "CallbackNode",
    "CollectNode",
    "ConditionNode",
    "DigitCheck",
    "EnqueueNode",
    "Flow",
    "FlowNode",
    "HangUpNode",
    "HoursNode",
    "IdentifyNode",
    "LanguageNode",
    "Lookup",
    "LookupNode",
    "MenuNode",
    "MessageNode",
    "Node",
    "NodeId",
    "ReturnNode",
    "SetNode",
    "TransferNode",
]

NodeId = NewType("NodeId", str)

ALL_KEYS: Final = "0123456789*#"
"""Wrong keys interrupt a menu as right ones do: the caller hears at once that his key was wrong."""
DEEPEST: Final = 8
"""So many sub-flows within each other a caller is led into at most."""

DigitCheck = Literal["none", "luhn", "cn_id", "mobile"]
"""What collected digits must be: a card's number, a Chinese identity number, a Chinese mobile number."""


class _Node(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    id: NodeId


# --- saying and asking -----------------------------------------------------------------------------------------------


class AnnounceNode(_Node, frozen=True, tag="announce"):
    """Say something and go on. With `barge_in` a key cuts it short and already counts at the menu that follows."""

    prompts: tuple[str, ...]
    next: NodeId
    barge_in: bool = True


class MenuNode(_Node, frozen=True, tag="menu"):
    """Ask for a key. `attempts` wrong keys or silences in a row lead to `failed`, or where the flow gives up; to `nothing`, if
    it is given, when the last of them was a silence. `repeat` is the key that says the menu again; the flow's operator and
    back keys work here unless `keys` uses them."""

    prompts: tuple[str, ...]
    keys: dict[str, NodeId]
    repeat: str = ""
    timeout_s: float = 5.0
    attempts: int = 3
    barge_in: bool = True
    failed: NodeId | None = None
    nothing: NodeId | None = None


class LanguageNode(_Node, frozen=True, tag="language"):
    """Ask in which language he wants to go on; `keys` names the language of each key. It becomes his attribute `language`, and
    every prompt from then on is in it. Whoever does not choose goes on as he is."""

    prompts: tuple[str, ...]
    keys: dict[str, str]
    next: NodeId
    timeout_s: float = 5.0
    attempts: int = 2
    barge_in: bool = True
    failed: NodeId | None = None
    nothing: NodeId | None = None


class CollectNode(_Node, frozen=True, tag="collect"):
    """Ask for digits, which become the attribute `attribute`. `masked` ones are known to this visit alone: no event, record,
    log or path has them, only how many there were."""

    attribute: str
    prompts: tuple[str, ...]
    next: NodeId
    shortest: int = 1
    longest: int = 20
    check: DigitCheck = "none"
    terminator: str = "#"
    repeat: str = ""
    wrong: tuple[str, ...] | None = None
    """Said when the digits cannot be right; None: the flow's wrong_digits."""
    first_s: float = 8.0
    """How long he may take to begin."""
    between_s: float = 4.0
    """After so long without a further digit he is done."""
    attempts: int = 3
    masked: bool = False
    barge_in: bool = True
    failed: NodeId | None = None
    nothing: NodeId | None = None


# --- deciding and finding out ----------------------------------------------------------------------------------------


class HoursNode(_Node, frozen=True, tag="hours"):
    """Go on by whether the named calendar is open now."""

    calendar: str
    open: NodeId
    closed: NodeId


class ConditionNode(_Node, frozen=True, tag="condition"):
    """Go on by the first case that holds, else `otherwise`."""

    cases: tuple[Case, ...]
    otherwise: NodeId


class SetNode(_Node, frozen=True, tag="set"):
    """Give the caller attributes."""

    attributes: dict[str, str]
    next: NodeId


class LookupNode(_Node, frozen=True, tag="lookup"):
    """Ask another system; what it answers becomes attributes. The prompts are said meanwhile."""

    lookup: str
    next: NodeId
    failed: NodeId
    prompts: tuple[str, ...] = ()


class IdentifyNode(_Node, frozen=True, tag="identify"):
    """Find out which customer is calling: whom the floor knows already is known, else a lookup is asked whose answer must have
    a field `customer`. `unknown`: it has none; `failed`: no answer, `unknown` if left out."""

    lookup: str
    known: NodeId
    unknown: NodeId
    failed: NodeId | None = None
    prompts: tuple[str, ...] = ()


# --- leaving ---------------------------------------------------------------------------------------------------------


class EnqueueNode(_Node, frozen=True, tag="enqueue"):
    """Put the caller into a queue, after the prompts if there are any. `priority` is added to the queue's; `require` are skills
    an agent needs for him besides those the queue asks for."""

    queue: QueueId
    priority: int = 0
    prompts: tuple[str, ...] = ()
    require: dict[str, int] = {}


class CallbackNode(_Node, frozen=True, tag="callback"):
    """Offer to call back: say his number, let him confirm it or type another, and keep the wish. `queue` None: the one he was
    in last. `cancelled`: he does not want it, or fails; `refused`: it cannot be done (no queue, one is waiting already)."""

    cancelled: NodeId
    next: NodeId | None = None
    """None: a word, and the call is over."""
    refused: NodeId | None = None
    """None: as `cancelled`."""
    queue: QueueId | None = None
    prompts: tuple[str, ...] = ("callback_confirm_number",)
    """Said before the number."""
    choices: tuple[str, ...] = ("callback_press",)
    """Said after it: confirm, another number, cancel."""
    ask_number: tuple[str, ...] = ("callback_enter_number",)
    saved: tuple[str, ...] = ("callback_saved",)
    confirm_key: str = "1"
    change_key: str = "2"
    cancel_key: str = "*"
    timeout_s: float = 6.0
    attempts: int = 3


class MessageNode(_Node, frozen=True, tag="message"):
    """Record a message; then listen (1), record again (2), keep (3) or delete it (4). Whoever hangs up or says nothing of it
    keeps it, if it is as long as `shortest_s`."""

    next: NodeId
    deleted: NodeId | None = None
    """None: as `next`."""
    failed: NodeId | None = None
    queue: QueueId | None = None
    """Whose people are to hear it; None: the queue he was in last."""
    prompts: tuple[str, ...] = ("leave_message",)
    review: tuple[str, ...] = ("message_menu",)
    kept: tuple[str, ...] = ("message_kept",)
    gone: tuple[str, ...] = ("message_deleted",)
    too_short: tuple[str, ...] = ("message_too_short",)
    shortest_s: float = 2.0
    longest_s: float = 180.0
    silence_s: float = 5.0
    terminator: str = "#"
    timeout_s: float = 6.0
    attempts: int = 3


class TransferNode(_Node, frozen=True, tag="transfer"):
    """Connect him with a number outside, over the trunk, and end the call when that talk is over. The number is the
    configuration's, never the caller's: else strangers call abroad at our cost."""

    number: str
    busy: NodeId | None = None
    no_answer: NodeId | None = None
    failed: NodeId | None = None
    prompts: tuple[str, ...] = ()
    ring_s: float = 30.0
    longest_s: float = 3600.0


class FlowNode(_Node, frozen=True, tag="flow"):
    """Lead him through a sub-flow, from its first node `start`; what comes to its `return` goes on here at `next`."""

    start: NodeId
    next: NodeId


class ReturnNode(_Node, frozen=True, tag="return"):
    """The end of a sub-flow."""


class HangUpNode(_Node, frozen=True, tag="hang_up"):
    """Say good-bye and end the call. `reason` is kept with the call."""

    prompts: tuple[str, ...] = ()
    reason: str = "completed"


Node = (
    AnnounceNode
    | MenuNode
    | LanguageNode
    | CollectNode
    | HoursNode
    | ConditionNode
    | SetNode
    | LookupNode
    | IdentifyNode
    | EnqueueNode
    | CallbackNode
    | MessageNode
    | TransferNode
    | FlowNode
    | ReturnNode
    | HangUpNode
)


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """How another system is asked over HTTP. `{number}`, `{did}`, `{customer}`, `{language}` and attributes may stand in braces
    in `url` and in the values of `body`."""

    name: str
    url: str
    method: Literal["GET", "POST"] = "GET"
    body: dict[str, str] = {}
    """With POST: sent as a JSON object."""
    headers: dict[str, str] = {}
    """By header, the environment variable its value is read from."""
    timeout_s: float = 2.0
    cache_s: float = 0.0
    fields: dict[str, str] = {}
    """By attribute, where its value stands in the JSON answer: names and list indices, joined by dots."""
    masked: frozenset[str] = frozenset()
    """Those of them that are known to the visit alone."""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """All nodes and what holds for the whole flow. `check.flow_problems` says whether it can be used."""

    nodes: dict[NodeId, Node]
    start: NodeId
    language: str = "zh"
    operator: NodeId | None = None
    """Where callers get a person: an enqueue node. Whoever fails at a menu goes there, and `operator_key` leads there."""
    operator_key: str = "0"
    back_key: str = ""
    """Leads from a menu or from asking for digits to the menu before; "": no such key."""
    wrong_key: tuple[str, ...] = ("wrong_key",)
    no_key: tuple[str, ...] = ("no_key",)
    wrong_digits: tuple[str, ...] = ("wrong_key",)
    give_up: tuple[str, ...] = ("sorry",)
    """What a caller hears whom no operator can be given."""
    goodbye: tuple[str, ...] = ("goodbye",)
    """What he hears when the agent has hung up."""
    error: tuple[str, ...] = ("error",)
    """What he hears when Hotline itself fails and Asterisk's last-resort queue takes him."""
    max_moves: int = 60
    lookups: dict[str, Lookup] = {}
