"""What is to be done: the core's output, imperatives carried out by the ports (telephony, desktops)."""

import msgspec

from acd.model import CallId, OfferId, QueueId
from agents.roster import AgentId

__all__ = ["Command", "EndCall", "OfferCall", "WithdrawOffer"]


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class OfferCall(_Command, frozen=True):
    """Ring the agent's phone for `ring_s` seconds and connect the caller when it is answered."""

    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    ring_s: float
    record: bool


class WithdrawOffer(_Command, frozen=True):
    """Stop the agent's phone ringing; `channel` is empty while it is not known yet."""

    offer: OfferId
    call: CallId
    agent: AgentId
    channel: str
    reason: str


class EndCall(_Command, frozen=True):
    """Play the prompt, if any, and hang up."""

    call: CallId
    reason: str
    prompt: str = ""


Command = OfferCall | WithdrawOffer | EndCall
