"""What is to be done: the core's output, imperatives carried out by the ports (telephony, desktops)."""

import msgspec

from acd.model import CallbackId, CallId, OfferId, QueueId
from agents.roster import AgentId

__all__ = [
    "Command",
    "DialCustomer",
    "EndCall",
    "GoToNode",
    "HangUpLeg",
    "OfferCall",
    "PlayPrompt",
    "RingAgentFirst",
    "WithdrawOffer",
]


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


class DialCustomer(_Command, frozen=True, gc=False):
    """Call the customer of a callback over the trunk, for `ring_s` seconds; an agent is kept for him. His leg's unique id is to
    be `call`; when he answers it comes to a session like any caller's."""

    call: CallId
    callback: CallbackId
    number: str
    caller_id: str
    queue: QueueId
    priority: int
    ring_s: float


class RingAgentFirst(_Command, frozen=True, gc=False):
    """Ring the agent's phone for `ring_s` seconds; when he answers, call the customer over the trunk from his leg, for
    `customer_ring_s` seconds. The leg's unique id is to be `leg`."""

    offer: OfferId
    call: CallId
    agent: AgentId
    leg: str
    queue: QueueId
    ring_s: float
    number: str
    caller_id: str
    customer_ring_s: float
    record: bool


class HangUpLeg(_Command, frozen=True, gc=False):
    """End this leg, known by its unique id, if it is there: what was begun for a callback is called off."""

    call: CallId
    leg: str


Command = OfferCall | WithdrawOffer | EndCall | PlayPrompt | GoToNode | DialCustomer | RingAgentFirst | HangUpLeg
