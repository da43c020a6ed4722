"""What is to be done when an offer is made: ring for a caller who is there, or begin to call a customer back."""

from acd.commands import DialCustomer, OfferCall, RingAgentFirst
from acd.floor import Floor
from acd.model import Call, Offer
from acd.rules import CallbackRules, Dialling, QueueRules

__all__ = ["GRACE_S", "offer_call", "ring_command"]

GRACE_S = 5.0
"""An offer Asterisk does not report the end of is given up this long after its ringing time."""


def ring_command(
    floor: Floor, call: Call, offer: Offer, queue: QueueRules, now: float
) -> OfferCall | DialCustomer | RingAgentFirst:
    """For a customer without a leg the offer is prepared as well: its agent is kept, or his leg's id is chosen."""
    if call.has_leg:
        return offer_call(call, offer, queue)
    rules = queue.callback or CallbackRules()
    caller_id = (floor.rules.dialling or Dialling()).caller_id or call.did
    assert call.callback is not None
    if rules.customer_first:
        offer.reserved = True
        offer.expires_at = now + rules.ring_s + GRACE_S
        floor.callbacks[call.callback].attempts += 1
        return DialCustomer(
            call=call.id,
            callback=call.callback,
            number=call.number,
            caller_id=caller_id,
            queue=queue.id,
            priority=call.priority,
            ring_s=rules.ring_s,
        )
    offer.leg = f"leg{call.offers}-{call.id}"
    return RingAgentFirst(
        offer=offer.id,
        call=call.id,
        agent=offer.agent,
        leg=offer.leg,
        queue=queue.id,
        ring_s=queue.ring_s,
        number=call.number,
        caller_id=caller_id,
        customer_ring_s=rules.ring_s,
        record=queue.record and not call.unrecorded,
    )


def offer_call(call: Call, offer: Offer, queue: QueueRules) -> OfferCall:
    """Ring the agent for a caller who is there."""
    return OfferCall(
        offer=offer.id,
        call=call.id,
        agent=offer.agent,
        queue=queue.id,
        ring_s=queue.ring_s,
        record=queue.record and not call.unrecorded,
    )
