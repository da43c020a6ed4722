"""How a caller's leg comes to its session: as a new call, or back from music or a talk after the engine was away. Pure."""

from collections.abc import Mapping
from typing import assert_never

import msgspec

from acd.model import Call, CallState, Disposition, OfferId
from agents.roster import AgentId, QueueId
from ivr.nodes import NodeId

__all__ = [
    "AfterTalk",
    "AtNode",
    "CalledBack",
    "Entry",
    "Forgotten",
    "InQueue",
    "LastWord",
    "NewCall",
    "entry_of",
    "place_in_queue",
    "talked_offer",
]


class _Entry(msgspec.Struct, frozen=True):
    pass


class NewCall(_Entry, frozen=True):
    """Nothing is known of him."""


class AtNode(_Entry, frozen=True):
    """He was in the flow, at this node; at none yet if it is empty. `stack`: where the sub-flows around it go on."""

    node: NodeId
    stack: tuple[NodeId, ...] = ()
    talked: bool = False
    """He has talked with somebody outside since."""


class InQueue(_Entry, frozen=True):
    """He was waiting, or phones were ringing for him."""

    queue: QueueId


class AfterTalk(_Entry, frozen=True):
    """His agent has hung up; `offer` if that talk has not been told of as ended, with its times, if they are known."""

    offer: OfferId | None = None
    answered_at: float | None = None
    ended_at: float | None = None


class CalledBack(_Entry, frozen=True):
    """A customer who was called first, and has just answered; an agent is kept for him."""

    queue: QueueId
    language: str = ""
    """In which he asked for it; "": the flow's own."""


class LastWord(_Entry, frozen=True):
    """The core has decided that his call ends, and says again how as soon as he is back."""


class Forgotten(_Entry, frozen=True):
    """The floor does not know him (its journal was lost), but his channel says he was waiting in this queue."""

    queue: QueueId
    priority: int


Entry = NewCall | AtNode | InQueue | CalledBack | AfterTalk | LastWord | Forgotten


def entry_of(
    call: Call | None,
    place: str = "",
    *,
    talked: bool = False,
    offer: OfferId | None = None,
    answered_at: float | None = None,
    ended_at: float | None = None,
    language: str = "",
) -> Entry:
    """`call` is what the floor knows of him, `place` the text his channel kept, `talked` whether his last dial was
    answered (DIALSTATUS is ANSWER): by whose offer (`talked_offer`), with the times of that talk, seconds since the epoch, if
    they are known. `language`: in which he asked to be called back."""
    if call is None:
        return AfterTalk() if talked else _from_place(place)
    if not call.has_leg:
        assert call.queue is not None
        return CalledBack(call.queue, language)
    match call.state:
        case CallState.IVR:
            return AtNode(NodeId(call.node), tuple(NodeId(node) for node in call.stack), talked)
        case CallState.WAITING | CallState.OFFERED if not talked:
            assert call.queue is not None
            return InQueue(call.queue)
        case CallState.AFTER if call.ending in (Disposition.OVERFLOWED, Disposition.BLOCKED):
            return LastWord()
        case CallState.WAITING | CallState.OFFERED | CallState.TALKING | CallState.AFTER:
            return AfterTalk(offer or call.offer, answered_at, ended_at)
        case _:
            assert_never(call.state)


def talked_offer(call: Call, agents: Mapping[OfferId, AgentId], answered_by: AgentId) -> OfferId | None:
    """Whose talk a caller comes back from, of his live offers: of those that rang together the one of the agent whose phone
    Asterisk says was answered. `agents` says whose offer each is."""
    if not call.ringing:
        return call.offer
    return next((offer for offer in call.ringing if agents[offer] == answered_by), call.offer)


def place_in_queue(queue: QueueId, priority: int) -> str:
    """The text a waiting caller's channel keeps."""
    return f"waiting/{queue}/{priority}"


def _from_place(place: str) -> Entry:
    """Anything that does not look like our own text is a new call: the text went through Asterisk."""
    match place.split("/"):
        case ["waiting", queue, priority] if queue and priority.lstrip("-").isdecimal():
            return Forgotten(QueueId(queue), int(priority))
        case _:
            return NewCall()
