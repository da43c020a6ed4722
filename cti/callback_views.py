"""What the API shows of customers who are to be called back. Pure; numbers masked on request."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from acd.floor import Floor
from acd.model import Call, Callback, CallbackId, CallId, CallState, QueueId
from agents.roster import AgentId
from cti.masking import mask_number, mask_text
from cti.views import shown_attributes

__all__ = ["CallbackView", "callback_view"]


class CallbackView(msgspec.Struct, frozen=True, kw_only=True):
    """A callback as it is now. Times are seconds since the epoch."""

    callback: CallbackId
    queue: QueueId
    number: str
    name: str
    vip: int
    customer: str
    attributes: Mapping[str, str]
    state: Literal["resting", "in_line", "calling", "talking"]
    """resting: until `next_at`, the queue's opening, or the end of the call in which he asked; in_line: an agent is awaited."""
    asked_at: float
    place_at: float
    """Since when he has waited: his place in the order."""
    wait_s: float
    position: int | None
    """1: next in the queue, callers who wait counted in; None: not in line."""
    priority: int
    attempts: int
    """How often his phone has been rung."""
    next_at: float | None
    """While he rests: not called before this."""
    asked_in: CallId
    call: CallId | None
    """The attempt that is being made."""
    agent: AgentId | None


def callback_view(floor: Floor, wanted: Callback, now: float, *, full: bool) -> CallbackView:
    """What is to be shown of a callback; with `full` the whole number."""
    live = floor.calls.get(wanted.live) if wanted.live else None
    offer = floor.offers.get(live.offer) if live is not None and live.offer else None
    in_line = live is not None and live.id in floor.waiting[wanted.queue]
    return CallbackView(
        callback=wanted.id,
        queue=wanted.queue,
        number=wanted.number if full else mask_number(wanted.number),
        name=wanted.name if full else mask_text(wanted.name),
        vip=wanted.vip,
        customer=wanted.customer if full else mask_text(wanted.customer),
        attributes=shown_attributes(wanted.attributes, full=full),
        state=_state(live),
        asked_at=wanted.asked_at,
        place_at=wanted.place_at,
        wait_s=max(now - wanted.place_at, 0.0),
        position=floor.position(live) if in_line and live is not None else None,
        priority=wanted.priority,
        attempts=wanted.attempts,
        next_at=wanted.next_at if live is None else None,
        asked_in=wanted.call,
        call=wanted.live,
        agent=offer.agent if offer else None,
    )


def _state(live: Call | None) -> Literal["resting", "in_line", "calling", "talking"]:
    if live is None:
        return "resting"
    if live.state is CallState.WAITING and not live.has_leg:
        return "in_line"
    return "talking" if live.state is CallState.TALKING and live.reached_at is not None else "calling"
