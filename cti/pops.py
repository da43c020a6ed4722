"""The words of the screen pop (来电弹屏): what an agent's desktop is told of a call he is offered. Pure.

A pop has one id from beginning to end, that of the offer, and goes offered -> withdrawn, or offered -> answered -> ended.
Every event carries the whole pop, so an event missed or seen twice does no harm.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

import msgspec

from acd.floor import Floor
from acd.model import Call, CallbackId, CallId, Offer, OfferId, OfferOutcome, QueueId
from acd.records import CallAnswered, OfferEnded, OfferMade, TalkFinished
from agents.roster import AgentId
from cti.masking import mask_number, mask_text
from cti.views import AgentView, shown_attributes

__all__ = [
    "AgentEvent",
    "LastContactView",
    "Pop",
    "PopEvent",
    "PopState",
    "Snapshot",
    "encode",
    "pop_answered",
    "pop_ended",
    "pop_offered",
    "pop_restored",
    "pop_withdrawn",
]


class PopState(StrEnum):
    """Where a pop is in its life."""

    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    ENDED = "ended"


class LastContactView(msgspec.Struct, frozen=True):
    """Who last served this caller, and when."""

    agent: AgentId
    name: str
    at: float


class Pop(msgspec.Struct, frozen=True, kw_only=True):
    """All an agent needs on his screen. Times are seconds since the epoch, durations seconds."""

    id: OfferId
    state: PopState
    reason: str = ""
    """Why it was withdrawn: caller_left | no_answer | declined | unreachable | answered_elsewhere |
    pulled_back | lost_sight | ..."""
    call: CallId
    agent: AgentId
    queue: QueueId
    queue_names: Mapping[str, str]
    number: str
    name: str
    """What the caller's network says; shown as text, never as markup."""
    did: str
    vip: int
    customer: str = ""
    """Which customer he is; empty while that is not known."""
    attributes: Mapping[str, str] = {}
    """What else is known of him: region, line, what the caller rules say, what a CRM told."""
    unrecorded: bool = False
    """He has refused to be recorded."""
    require: Mapping[str, int] = {}
    """The skills that were asked of the agent, with the least level."""
    wait_s: float
    path: tuple[str, ...]
    path_at: tuple[float, ...] = ()
    """When he reached each node of it; empty where that is not known."""
    last_contact: LastContactView | None
    reasons: tuple[str, ...]
    """Why this agent; empty for an offer made before the engine was started anew."""
    rung: tuple[AgentId, ...] = ()
    """Everybody whose phone rings for this caller, when there are several: the first to answer has him."""
    callback: CallbackId | None = None
    """He is called back: he does not wait on the line. Talk begins when he answers."""
    asked_in: CallId | None = None
    """With a callback: the call in which he asked for it,"""
    attempt: int | None = None
    """and how often he has been called before."""
    offered_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None


class PopEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A pop is in a new state."""

    type: PopState
    seq: int
    at: float
    pop: Pop


class AgentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The agent is in a new state, or his phone is."""

    type: Literal["agent"] = "agent"
    seq: int
    at: float
    agent: AgentView


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand at a (re)connect. Events up to `seq` that follow it are history; the state is in here."""

    type: Literal["snapshot"] = "snapshot"
    seq: int
    at: float
    agent: AgentView
    pops: tuple[Pop, ...]
    gap: bool
    """Events since the `after` that was asked for are gone."""


_encoder = msgspec.json.Encoder()


def encode(event: PopEvent | AgentEvent | Snapshot, *, full: bool) -> bytes:
    """The event as JSON; without `full`, numbers are masked."""
    if not full:
        if isinstance(event, PopEvent):
            event = msgspec.structs.replace(event, pop=masked(event.pop))
        elif isinstance(event, Snapshot):
            event = msgspec.structs.replace(event, pops=tuple(masked(pop) for pop in event.pops))
    return _encoder.encode(event)


def masked(pop: Pop) -> Pop:
    """The pop without the middle of the caller's number."""
    return msgspec.structs.replace(
        pop,
        number=mask_number(pop.number),
        name=mask_text(pop.name),
        customer=mask_text(pop.customer),
        attributes=shown_attributes(pop.attributes, full=False),
    )


def pop_offered(floor: Floor, made: OfferMade) -> Pop:
    """The beginning: an agent is about to be rung."""
    return Pop(
        id=made.offer,
        state=PopState.OFFERED,
        call=made.call,
        agent=made.agent,
        queue=made.queue,
        queue_names=_queue_names(floor, made.queue),
        number=made.number,
        name=made.name,
        did=made.did,
        vip=made.vip,
        **_known(floor, made.call),
        wait_s=made.wait_s,
        path=made.path,
        last_contact=_contact(floor, made.last_agent, made.last_contact_at),
        reasons=made.reasons,
        **_wish(floor, floor.calls.get(made.call)),
        offered_at=made.at,
    )


def pop_withdrawn(pop: Pop, ended: OfferEnded) -> Pop:
    """No talk came of it."""
    reason = ended.cause or "withdrawn" if ended.outcome is OfferOutcome.WITHDRAWN else str(ended.outcome)
    return msgspec.structs.replace(pop, state=PopState.WITHDRAWN, reason=reason, ended_at=ended.ended_at)


def pop_answered(floor: Floor, pop: Pop, answered: CallAnswered) -> Pop:
    """The agent has the caller; by now more may be known of him."""
    known = {**_known(floor, answered.call), "rung": ()}
    return msgspec.structs.replace(
        pop, state=PopState.ANSWERED, answered_at=answered.at, wait_s=answered.total_wait_s, **known
    )


def pop_ended(pop: Pop, finished: TalkFinished) -> Pop:
    """The talk is over."""
    return msgspec.structs.replace(
        pop, state=PopState.ENDED, ended_at=finished.ended_at, talk_s=finished.talk_s, hold_s=finished.hold_s
    )


def pop_restored(floor: Floor, offer: Offer) -> Pop:
    """A live offer of an engine that is no more, as far as the floor remembers it.

    Once he has answered, the agent himself is the caller's last contact, so that is left out.
    """
    call = floor.calls[offer.call]
    contact = floor.last_contact(call.number) if offer.answered_at is None else None
    return Pop(
        id=offer.id,
        state=PopState.OFFERED if _talks_since(call, offer) is None else PopState.ANSWERED,
        call=call.id,
        agent=offer.agent,
        queue=offer.queue,
        queue_names=_queue_names(floor, offer.queue),
        number=call.number,
        name=call.name,
        did=call.did,
        vip=call.vip,
        **_known(floor, call.id),
        wait_s=(offer.answered_at or offer.made_at) - call.queued_at,
        path=tuple(call.path),
        last_contact=_contact(floor, contact.agent, contact.at) if contact else None,
        reasons=(),
        **_wish(floor, call),
        offered_at=offer.made_at,
        answered_at=_talks_since(call, offer),
    )


def _talks_since(call: Call, offer: Offer) -> float | None:
    """An agent whose leg calls a customer talks when that one has answered."""
    return offer.answered_at if call.has_leg else call.reached_at


def _wish(floor: Floor, call: Call | None) -> dict[str, Any]:
    """What is to be said of a callback while it is open."""
    wanted = floor.callbacks.get(call.callback) if call is not None and call.callback else None
    if wanted is None:
        return {"callback": call.callback if call is not None else None}
    return {"callback": wanted.id, "asked_in": wanted.call, "attempt": wanted.attempts}


def _known(floor: Floor, call_id: CallId) -> dict[str, Any]:
    """What the floor knows of a caller beside what the records say."""
    call = floor.calls.get(call_id)
    if call is None:
        return {}
    rung = tuple(floor.offers[offer].agent for offer in call.ringing)
    return {
        "customer": call.customer,
        "unrecorded": call.unrecorded,
        "attributes": call.attributes,
        "require": call.require,
        "rung": rung if len(rung) > 1 else (),
        "path_at": tuple(call.path_at) if len(call.path_at) == len(call.path) else (),
    }


def _queue_names(floor: Floor, queue: QueueId) -> Mapping[str, str]:
    rules = floor.rules.queues.get(queue)
    return rules.names if rules else {}


def _contact(floor: Floor, agent: AgentId | None, at: float | None) -> LastContactView | None:
    if agent is None or at is None:
        return None
    settings = floor.rules.agents.get(agent)
    return LastContactView(agent, settings.name if settings else "", at)
