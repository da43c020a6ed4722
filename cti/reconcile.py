"""What happened while nobody was looking: the floor held against what is alive in Asterisk. Pure.

After a restart of the engine or of Asterisk, or a break of the event stream, the floor remembers calls and offers as they
were. `reconcile` names the events that bring it up to date, in an order in which they could have happened. Asterisk is the
truth about what lives; its diary (cti.cel) about when the rest died.
"""

from collections.abc import Iterable, Mapping

from acd.events import (
    CallLeftByCaller,
    Event,
    HangUpCause,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PhoneChanged,
    TalkEnded,
)
from acd.floor import Floor
from acd.model import Call, Offer, OfferOutcome
from agents.roster import AgentId
from agents.state import PhoneState
from cti.cel import ChannelPast
from cti.translate import LiveChannel

__all__ = ["reconcile"]

UP = 6
"""Asterisk's number for a channel that is answered (AST_STATE_UP)."""


def reconcile(
    floor: Floor,
    channels: Iterable[LiveChannel],
    phones: Mapping[str, PhoneState],
    past: Mapping[str, ChannelPast],
    booted_at: float,
) -> list[Event]:
    """The events that happened unseen. `booted_at` is when the Asterisk that answers now was started."""
    alive = {channel.uniqueid: channel for channel in channels}
    events: list[Event] = []
    for offer in floor.offers.values():
        call = floor.calls[offer.call]
        events += _offer_events(offer, call, alive, past, floor.link_lost_at)
    for call in floor.calls.values():
        if not call.attached and call.id not in alive:  # an attached leg tells of its end itself
            events.append(_call_gone(call, past.get(call.id), booted_at, floor.link_lost_at))
    for agent in floor.agents.values():
        phone = phones.get(agent.id, PhoneState.UNREACHABLE)
        if phone is not agent.phone:
            events.append(PhoneChanged(agent=AgentId(agent.id), phone=phone))
    return events


def _offer_events(
    offer: Offer, call: Call, alive: Mapping[str, LiveChannel], past: Mapping[str, ChannelPast], lost_at: float | None
) -> list[Event]:
    leg = _living_leg(offer, alive)
    if leg is not None:
        return _living(offer, leg, past)
    trace = _trace(offer, past)
    ended_at = trace.hung_up_at if trace else None
    if ended_at is None and call.id in past:
        ended_at = past[call.id].hung_up_at
    if ended_at is None:
        ended_at = lost_at
    if offer.answered_at is not None:
        return [TalkEnded(offer=offer.id, at=ended_at)]
    if trace is not None and trace.answered_at is not None:
        return [OfferAnswered(offer=offer.id, at=trace.answered_at), TalkEnded(offer=offer.id, at=ended_at)]
    if call.id not in alive:
        return []  # he gave up while it rang: his own end tells the story
    return [OfferFailed(offer=offer.id, outcome=OfferOutcome.WITHDRAWN, cause="lost_sight", at=ended_at)]


def _living(offer: Offer, leg: LiveChannel, past: Mapping[str, ChannelPast]) -> list[Event]:
    events: list[Event] = []
    if not offer.leg:
        events.append(OfferRinging(offer=offer.id, channel=leg.channel, leg=leg.uniqueid))
    if offer.answered_at is None and leg.state == UP:
        trace = past.get(leg.uniqueid)
        events.append(OfferAnswered(offer=offer.id, at=trace.answered_at if trace else None))
    return events


def _living_leg(offer: Offer, alive: Mapping[str, LiveChannel]) -> LiveChannel | None:
    if offer.leg:
        return alive.get(offer.leg)
    mine = (leg for leg in alive.values() if leg.agent_id == offer.agent and leg.linkedid == offer.call)
    return next(mine, None)


def _trace(offer: Offer, past: Mapping[str, ChannelPast]) -> ChannelPast | None:
    """What the diary holds of the offer's leg; by name when its id was not learnt in time."""
    if offer.leg:
        return past.get(offer.leg)
    name = f"PJSIP/agent-{offer.agent}-"
    legs = [one for one in past.values() if one.linked_id == offer.call and one.channel.startswith(name)]
    since = [leg for leg in legs if (leg.hung_up_at or leg.answered_at or 0.0) >= offer.made_at]
    return since[-1] if since else None


def _call_gone(call: Call, trace: ChannelPast | None, booted_at: float, lost_at: float | None) -> CallLeftByCaller:
    if trace is not None and trace.hung_up_at is not None:
        return CallLeftByCaller(call=call.id, at=trace.hung_up_at, cause=HangUpCause.FOUND_GONE)
    cause = HangUpCause.SWITCH_LOST if booted_at > call.opened_at else HangUpCause.FOUND_GONE
    return CallLeftByCaller(call=call.id, at=lost_at, cause=cause)
