"""What is to be done: the core's output, imperatives carried out by the ports (telephony, desktops)."""

import msgspec

from acd.model import CallId, OfferId, QueueId
from agents.roster import AgentId

__all__ = ["Command", "EndCall", "GoToNode", "OfferCall", "PlayPrompt", "WithdrawOffer"]


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    pass


class OfferCall(_Command, frozen=True, gc=False):
    """Ring the agent's phone for `ring_s` seconds and connect the caller when it is answered. Several for one call in one step
    ring together: the first to answer has him, the others are told that he was answered elsewhere."""

    offer: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    ring_s: float
    record: bool


class WithdrawOffer(_Command, frozen=True, gc=False):
    """Stop the agent's phone ringing; `channel` is empty while it is not known yet."""

    offer: OfferId
    call: CallId
    agent: AgentId
    channel: str
    reason: str


class EndCall(_Command, frozen=True, gc=False):
    """Play the prompt, if any, or the busy tone, and hang up. It may come while the caller is still in the IVR."""

    call: CallId
    reason: str
    prompt: str = ""
    busy: bool = False


class PlayPrompt(_Command, frozen=True, gc=False):
    """Let a waiting caller hear prompts, one after the other; an agent who comes free does not wait for their end. An item is a
    prompt's id, or a value to be said such as {position:3}."""

    call: CallId
    prompts: tuple[str, ...]


class GoToNode(_Command, frozen=True, gc=False):
    """The caller has left the queue: go on with him at this node of the IVR flow."""

    call: CallId
    node: str


Command = OfferCall | WithdrawOffer | EndCall | PlayPrompt | GoToNode
