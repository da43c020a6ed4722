"""What happens: the core's input, past-tense facts.

Each event is written to the journal before anything is done about it, so each holds all the core needs to know: the journal
alone rebuilds the floor. `at` is given where the fact is known to have happened earlier than it was learnt of (a talk that
ended while the engine was away); else the time of the step counts.
"""

from enum import StrEnum

import msgspec

from acd.model import CallId, OfferId, OfferOutcome, QueueId
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import PhoneState

__all__ = [
    "AgentLoggedIn",
    "AgentLoggedOut",
    "AgentNotReady",
    "AgentReady",
    "CallArrived",
    "CallClosed",
    "CallDetached",
    "CallLeftByCaller",
    "CallMoved",
    "CallQueued",
    "CallRejoined",
    "DeadlinePassed",
    "EngineStarted",
    "Event",
    "HangUpCause",
    "HoldEnded",
    "HoldStarted",
    "LinkLost",
    "LinkRegained",
    "OfferAnswered",
    "OfferFailed",
    "OfferRinging",
    "PhoneChanged",
    "RulesLoaded",
    "TalkEnded",
    "WrapUpDone",
]


class HangUpCause(StrEnum):
    """How a caller's leg came to its end."""

    HUNG_UP = "hung_up"
    FOUND_GONE = "found_gone"
    SWITCH_LOST = "switch_lost"
    LEFT_BY_AGENT = "left_by_agent"
    """The agent hung up first, and the engine was not there to say good-bye."""
    LAST_RESORT = "last_resort"
    """The engine was away, and Asterisk's own queue had given him to an agent before."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    pass


class CallArrived(_Event, frozen=True):
    """A caller's leg reached the engine for the first time. `number` and `name` are what he claims, cleaned."""

    call: CallId
    channel: str
    number: str
    did: str
    name: str = ""
    at: float | None = None


class CallMoved(_Event, frozen=True):
    """The caller reached a node of the IVR flow; `key` is what he pressed to get there."""

    call: CallId
    node: str
    key: str = ""


class CallQueued(_Event, frozen=True):
    """The IVR put the caller into a queue. `priority` is added to the queue's and the caller's own."""

    call: CallId
    queue: QueueId
    priority: int = 0


class CallRejoined(_Event, frozen=True):
    """The caller's leg is with the engine (again): after a talk, or after the engine was away."""

    call: CallId


class CallDetached(_Event, frozen=True):
    """The connection that carries the caller's leg broke without a hang-up: he may be alive, and can be given nobody."""

    call: CallId


class CallLeftByCaller(_Event, frozen=True):
    """The caller's leg is gone; whose doing it was is in `cause`."""

    call: CallId
    at: float | None = None
    cause: HangUpCause = HangUpCause.HUNG_UP
    agent: AgentId | None = None
    """With LAST_RESORT: who had him."""
    answered_at: float | None = None
    """With LAST_RESORT: since when."""


class CallClosed(_Event, frozen=True):
    """The engine ended the call: the flow's end was reached, or the talk is over."""

    call: CallId
    reason: str


class AgentLoggedIn(_Event, frozen=True):
    agent: AgentId


class AgentLoggedOut(_Event, frozen=True):
    agent: AgentId


class AgentReady(_Event, frozen=True):
    """The agent wants calls."""

    agent: AgentId


class AgentNotReady(_Event, frozen=True):
    """The agent wants no calls, for this reason (a key of agents.yaml's not_ready_reasons)."""

    agent: AgentId
    reason: str


class WrapUpDone(_Event, frozen=True):
    """The agent finished his paperwork before its time was over."""

    agent: AgentId


class PhoneChanged(_Event, frozen=True):
    """Asterisk's device state of the agent's phone."""

    agent: AgentId
    phone: PhoneState


class OfferRinging(_Event, frozen=True):
    """The agent's phone has a channel for this offer; `channel` is its name, `leg` its unique id."""

    offer: OfferId
    channel: str
    leg: str


class OfferAnswered(_Event, frozen=True):
    offer: OfferId
    at: float | None = None


class OfferFailed(_Event, frozen=True):
    """The phone did not take the offer. `cause` is Asterisk's own word (BUSY, CHANUNAVAIL, ...)."""

    offer: OfferId
    outcome: OfferOutcome
    cause: str = ""
    at: float | None = None


class TalkEnded(_Event, frozen=True):
    """The agent's leg is gone. Who hung up shows in whether the caller's leg rejoins afterwards."""

    offer: OfferId
    at: float | None = None


class HoldStarted(_Event, frozen=True):
    agent: AgentId


class HoldEnded(_Event, frozen=True):
    agent: AgentId


class DeadlinePassed(_Event, frozen=True):
    """The time `core.next_deadline` named has come."""


class RulesLoaded(_Event, frozen=True):
    """These rules hold from now on."""

    rules: Rules


class EngineStarted(_Event, frozen=True):
    """A new engine process took over this floor: no caller's leg is with it yet. The one before saw nothing after `at`."""

    at: float | None = None


class LinkLost(_Event, frozen=True):
    """Asterisk's event stream is gone: answers and hang-ups would be missed, so nothing is offered."""


class LinkRegained(_Event, frozen=True):
    """The event stream is back and what happened meanwhile has been told."""


Event = (
    CallArrived
    | CallMoved
    | CallQueued
    | CallRejoined
    | CallDetached
    | CallLeftByCaller
    | CallClosed
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentReady
    | AgentNotReady
    | WrapUpDone
    | PhoneChanged
    | OfferRinging
    | OfferAnswered
    | OfferFailed
    | TalkEnded
    | HoldStarted
    | HoldEnded
    | DeadlinePassed
    | RulesLoaded
    | EngineStarted
    | LinkLost
    | LinkRegained
)
