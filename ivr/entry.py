"""How a caller's leg comes to its session: as a new call, or back from music or a talk after the engine was away. Pure."""

from typing import assert_never

import msgspec

from acd.model import Call, CallState, Disposition, OfferId
from agents.roster import QueueId
from ivr.flow import NodeId

__all__ = ["AfterTalk", "AtNode", "Entry", "Forgotten", "InQueue", "NewCall", "entry_of", "place_in_queue"]


class _Entry(msgspec.Struct, frozen=True):
    pass


class NewCall(_Entry, frozen=True):
    """Nothing is known of him."""


class AtNode(_Entry, frozen=True):
    """He was in the flow, at this node; at none yet if it is empty."""

    node: NodeId


class InQueue(_Entry, frozen=True):
    """He was waiting, or a phone was ringing for him."""

    queue: QueueId


class AfterTalk(_Entry, frozen=True):
    """His agent has hung up; `offer` if that talk has not been told of as ended, with its times, if they are known."""

    offer: OfferId | None = None
    answered_at: float | None = None
    ended_at: float | None = None


class Forgotten(_Entry, frozen=True):
    """The floor does not know him (its journal was lost), but his channel says he was waiting in this queue."""

    queue: QueueId
    priority: int


Entry = NewCall | AtNode | InQueue | AfterTalk | Forgotten


def entry_of(
    call: Call | None,
    place: str = "",
    *,
    talked: bool = False,
    answered_at: float | None = None,
    ended_at: float | None = None,
) -> Entry:
    """`call` is what the floor knows of him, `place` the text his channel kept, `talked` whether his last dial was
    answered (DIALSTATUS is ANSWER), with the times of that talk, seconds since the epoch, if they are known."""
    if call is None:
        return AfterTalk() if talked else _from_place(place)
    match call.state:
        case CallState.IVR:
            return AtNode(NodeId(call.node))
        case CallState.WAITING | CallState.OFFERED if not talked:
            return _waiting(call)
        case CallState.AFTER if call.ending is Disposition.OVERFLOWED:
            return _waiting(call)  # the core has a last word for him, which is given to those who wait
        case CallState.WAITING | CallState.OFFERED | CallState.TALKING | CallState.AFTER:
            return AfterTalk(call.offer, answered_at, ended_at)
        case _:
            assert_never(call.state)


def place_in_queue(queue: QueueId, priority: int) -> str:
    """The text a waiting caller's channel keeps."""
    return f"waiting/{queue}/{priority}"


def _waiting(call: Call) -> Entry:
    assert call.queue is not None
    return InQueue(call.queue)


def _from_place(place: str) -> Entry:
    """Anything that does not look like our own text is a new call: the text went through Asterisk."""
    match place.split("/"):
        case ["waiting", queue, priority] if queue and priority.lstrip("-").isdecimal():
            return Forgotten(QueueId(queue), int(priority))
        case _:
            return NewCall()
