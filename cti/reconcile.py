"""What happened while nobody was looking: the floor held against what is alive in Asterisk. Pure.

After a restart of the engine or of Asterisk, or a break of the event stream, the floor remembers calls and offers as they
were. The events that bring it up to date are named here, in an order in which they could have happened. Asterisk is the
truth about what lives; its diary (cti.cel) about when the rest died. A caller whose leg is with this engine speaks for
himself: only of his agent's side something can have been missed.
"""

import math
import sys
from collections.abc import Container, Iterable, Mapping, Sequence

from acd.events import (
    CallArrived,
    CallDetached,
    CallLeftByCaller,
    CustomerMissed,
    CustomerReached,
    Event,
    HangUpCause,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PhoneChanged,
    TalkEnded,
)
from acd.floor import Floor
from acd.model import AttemptOutcome, Call, CallId, CallState, Offer, OfferOutcome
from acd.numbers import normal_number
from agents.roster import AgentId
from agents.state import PhoneState
from cti.cel import ChannelPast
from cti.translate import LiveChannel, agent_of_channel

__all__ = ["missed_of_calls", "missed_of_phones", "missing", "never_met", "past_of_offer"]

UP = 6
"""Asterisk's number for a channel that is answered (AST_STATE_UP)."""
TOGETHER_S = 0.5


def missing(floor: Floor, live: Sequence[LiveChannel]) -> bool:
    """Whether anything has happened that only the diary can tell the time of."""
    alive = {channel.uniqueid: channel for channel in live}
    if any(_is_gone(call, alive) for call in floor.calls.values()):
        return True
    if any(not call.has_leg and call.reached_at is None for call in floor.calls.values() if call.offer):
        return True
    legs = ((offer, _living_leg(offer, alive)) for offer in floor.offers.values())
    return any(leg is None or (leg.state == UP and offer.answered_at is None) for offer, leg in legs)


def missed_of_phones(floor: Floor, phones: Mapping[AgentId, PhoneState]) -> list[Event]:
    """Phones that are not as the floor believes. One that Asterisk does not name is not there."""
    now = {agent.id: phones.get(agent.id, PhoneState.UNREACHABLE) for agent in floor.agents.values()}
    return [PhoneChanged(agent=id, phone=phone) for id, phone in now.items() if phone is not floor.agents[id].phone]


def missed_of_calls(
    floor: Floor,
    live: Iterable[LiveChannel],
    past: Mapping[str, ChannelPast],
    booted_at: float,
    asked_at: float = math.inf,
) -> list[Event]:
    """What happened to offers, then to callers. `booted_at` is when the Asterisk that answers now was started, `asked_at`
    when it was asked what lives: an offer that began to ring after that cannot be among it, and is not missed."""
    alive = {channel.uniqueid: channel for channel in live}
    events: list[Event] = []
    for call, offers in _by_call(floor, asked_at):
        taken = _taken(offers, alive, past)
        for offer in offers if taken is None else [taken]:
            if not call.has_leg:
                events += _of_callback(offer, call, alive, past, floor.link_lost_at)
                continue
            events += _of_offer(offer, call, alive, past, floor.link_lost_at)
    for call in floor.calls.values():
        if _is_gone(call, alive):
            events.append(_call_gone(floor, call, past, booted_at))
    return events


def _is_gone(call: Call, alive: Container[str]) -> bool:
    """Whether his leg is neither with this engine nor anywhere else."""
    return call.has_leg and not call.attached and call.id not in alive


def never_met(
    floor: Floor, live: Iterable[LiveChannel], past: Mapping[str, ChannelPast], since: float, met: Container[CallId]
) -> list[Event]:
    """Callers who came after `since`, when the last engine was gone, and have not come to this one: `met` are those who
    have. Who is still there is on his way to us, or in Asterisk's own queue."""
    alive = {channel.uniqueid for channel in live}
    events: list[Event] = []
    for trace in past.values():
        call = CallId(trace.unique_id)
        unknown = call not in floor.calls and call not in met and trace.linked_id == call
        if not unknown or not trace.did or trace.answered_at is None or trace.answered_at < since:
            continue
        came = CallArrived(
            call=call, channel=trace.channel, number=normal_number(trace.number), did=trace.did, at=trace.answered_at
        )
        if call in alive:
            events += [came, CallDetached(call=call)]
        elif trace.hung_up_at is not None:
            events += [came, _left(call, trace.hung_up_at, past)]
    return events


def past_of_offer(offer: Offer, past: Mapping[str, ChannelPast]) -> ChannelPast | None:
    """What the diary holds of the offer's leg; by name when its id was not learnt in time."""
    if offer.leg:
        return past.get(offer.leg)
    legs = (leg for leg in _agents_legs(offer.call, past) if agent_of_channel(leg.channel) == offer.agent)
    return next((leg for leg in legs if (leg.hung_up_at or leg.answered_at or 0.0) >= offer.made_at), None)


def _by_call(floor: Floor, asked_at: float) -> Iterable[tuple[Call, list[Offer]]]:
    """Callers with those of their offers that can have been missed, in the order of the offers."""
    together: dict[CallId, list[Offer]] = {}
    for offer in floor.offers.values():
        if max(offer.made_at, offer.rang_at or 0.0) <= asked_at:
            together.setdefault(offer.call, []).append(offer)
    return [(floor.calls[call], offers) for call, offers in together.items()]


def _taken(offers: Sequence[Offer], alive: Mapping[str, LiveChannel], past: Mapping[str, ChannelPast]) -> Offer | None:
    """Which of the phones that rang together was answered: its end is the others' end too, for the core to see to. Of two
    picked up in the same moment Asterisk dropped one at once: the other lasted."""
    if len(offers) < 2:
        return None
    lasted = {offer.id: _lasted_until(offer, alive, past) for offer in offers}
    longest = max(offers, key=lambda offer: lasted[offer.id])
    return longest if lasted[longest.id] > 0.0 else None


def _lasted_until(offer: Offer, alive: Mapping[str, LiveChannel], past: Mapping[str, ChannelPast]) -> float:
    """When a phone that was picked up was put down; 0: it was not picked up. One that talks lasts longer than one that is
    only up."""
    if (leg := _living_leg(offer, alive)) is not None:
        return 0.0 if leg.state != UP else math.inf if leg.bridge_id else sys.float_info.max
    trace = past_of_offer(offer, past)
    if trace is None or trace.answered_at is None:
        return 0.0
    return trace.hung_up_at or math.inf


def _of_offer(
    offer: Offer, call: Call, alive: Mapping[str, LiveChannel], past: Mapping[str, ChannelPast], lost_at: float | None
) -> list[Event]:
    leg = _living_leg(offer, alive)
    if leg is not None:
        return _living(offer, leg, past)
    trace = past_of_offer(offer, past)
    ended_at = trace.hung_up_at if trace else None
    caller_left_at = past[call.id].hung_up_at if call.id in past else None
    if offer.answered_at is not None:
        return [TalkEnded(offer=offer.id, at=ended_at or caller_left_at or lost_at)]
    if trace is not None and trace.answered_at is not None:
        answered = OfferAnswered(offer=offer.id, at=trace.answered_at)
        return [answered, TalkEnded(offer=offer.id, at=ended_at or caller_left_at or lost_at)]
    if call.attached or (call.id not in alive and _same_moment(ended_at, caller_left_at)):
        return []  # his own leg tells how the ringing ended, or his own end does
    return [OfferFailed(offer=offer.id, outcome=OfferOutcome.WITHDRAWN, cause="lost_sight", at=ended_at or lost_at)]


def _of_callback(
    offer: Offer, call: Call, alive: Mapping[str, LiveChannel], past: Mapping[str, ChannelPast], lost_at: float | None
) -> list[Event]:
    """A customer without a leg of his own: his phone was being called with an agent kept for him, or the agent's leg calls
    it."""
    if offer.reserved:
        return _of_customer(call, alive, past)
    leg, trace, customer = alive.get(offer.leg), past.get(offer.leg), _customer_of(offer, past)
    reached_at = customer.answered_at if customer else None
    events: list[Event] = []
    answered_at = trace.answered_at if trace else None
    if offer.answered_at is None and (answered_at is not None or (leg is not None and leg.state == UP)):
        events.append(OfferAnswered(offer=offer.id, at=answered_at))
    if call.reached_at is None and reached_at is not None:
        events.append(CustomerReached(call=call.id, at=reached_at))
    if leg is not None:
        return events
    if offer.answered_at is None and not events:
        return [OfferFailed(offer=offer.id, outcome=OfferOutcome.WITHDRAWN, cause="lost_sight", at=lost_at)]
    ended_at = (trace.hung_up_at if trace else None) or lost_at
    hung_up = trace is not None and trace.hung_up_by == trace.channel
    if call.reached_at is None and reached_at is None and not hung_up:
        return [*events, CustomerMissed(call=call.id, outcome=AttemptOutcome.NO_ANSWER, at=ended_at)]
    return [*events, TalkEnded(offer=offer.id, at=ended_at)]


def _of_customer(call: Call, alive: Mapping[str, LiveChannel], past: Mapping[str, ChannelPast]) -> list[Event]:
    if call.id in alive:
        return []  # rings, or is on his way to us
    trace = past.get(call.id)
    if trace is None:  # the engine ended before Asterisk was asked
        return [CustomerMissed(call=call.id, outcome=None)]
    if trace.answered_at is None or trace.hung_up_at is None:
        return [CustomerMissed(call=call.id, outcome=AttemptOutcome.NO_ANSWER, at=trace.hung_up_at)]
    left = _left(call.id, trace.hung_up_at, past)
    if left.cause is HangUpCause.LAST_RESORT:  # Asterisk's own queue had an agent for him
        return [CustomerReached(call=call.id, channel=trace.channel, at=trace.answered_at), left]
    return [CustomerMissed(call=call.id, outcome=AttemptOutcome.AGENT_NOT_AVAILABLE, at=trace.hung_up_at)]


def _customer_of(offer: Offer, past: Mapping[str, ChannelPast]) -> ChannelPast | None:
    """The leg that the agent's leg called."""
    legs = (leg for leg in past.values() if leg.linked_id == offer.leg and leg.unique_id != offer.leg)
    return next(legs, None)


def _same_moment(one: float | None, other: float | None) -> bool:
    """Whether the two legs ended together, as they do when a caller gives up while a phone rings for him."""
    return one is None or other is None or abs(one - other) < TOGETHER_S


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


def _call_gone(floor: Floor, call: Call, past: Mapping[str, ChannelPast], booted_at: float) -> CallLeftByCaller:
    trace = past.get(call.id)
    if trace is None or trace.hung_up_at is None:
        cause = HangUpCause.SWITCH_LOST if booted_at > call.opened_at else HangUpCause.FOUND_GONE
        return CallLeftByCaller(call=call.id, at=floor.link_lost_at, cause=cause)
    ours = _talk_of(floor, call, past)
    if ours is not None:
        cause = HangUpCause.LEFT_BY_AGENT if ours.hung_up_by == ours.channel else HangUpCause.FOUND_GONE
        return CallLeftByCaller(call=call.id, at=trace.hung_up_at, cause=cause)
    if call.state is CallState.AFTER:
        return CallLeftByCaller(call=call.id, at=trace.hung_up_at, cause=HangUpCause.FOUND_GONE)
    return _left(call.id, trace.hung_up_at, past)


def _talk_of(floor: Floor, call: Call, past: Mapping[str, ChannelPast]) -> ChannelPast | None:
    """The agent's leg of the talk he had by an offer of ours."""
    ids = call.ringing or ([call.offer] if call.offer else [])
    offers = [floor.offers[offer] for offer in ids]
    taken = _taken(offers, {}, past) or next(iter(offers), None)
    trace = past_of_offer(taken, past) if taken else None
    return trace if trace is not None and trace.answered_at is not None else None


def _left(call: CallId, at: float, past: Mapping[str, ChannelPast]) -> CallLeftByCaller:
    """The end of a caller who had no agent of ours: if he had one, Asterisk's own queue had connected the two."""
    taker = next((leg for leg in _agents_legs(call, past) if leg.answered_at is not None), None)
    if taker is None:
        return CallLeftByCaller(call=call, at=at, cause=HangUpCause.FOUND_GONE)
    agent = AgentId(agent_of_channel(taker.channel) or "")
    cause = HangUpCause.LAST_RESORT
    return CallLeftByCaller(call=call, at=at, cause=cause, agent=agent, answered_at=taker.answered_at)


def _agents_legs(call: str, past: Mapping[str, ChannelPast]) -> Iterable[ChannelPast]:
    return (leg for leg in past.values() if leg.linked_id == call and agent_of_channel(leg.channel) is not None)
