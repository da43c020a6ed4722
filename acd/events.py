"""What happens: the core's input, past-tense facts.

Each event is written to the journal before anything is done about it, so each holds all the core needs to know: the journal
alone rebuilds the floor. `at` is given where the fact is known to have happened earlier than it was learnt of (a talk that
ended while the engine was away); else the time of the step counts.
"""

from enum import StrEnum

import msgspec

from acd.model import AttemptOutcome, CallbackId, CallId, MessageId, OfferId, OfferOutcome, QueueId
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import PhoneState

__all__ = [
    "AgentLoggedIn",
    "AgentLoggedOut",
    "AgentNotReady",
    "AgentReady",
    "CallArrived",
    "CallAssigned",
    "CallClosed",
    "CallDetached",
    "CallIdentified",
    "CallLeftByCaller",
    "CallMoved",
    "CallQueued",
    "CallRaised",
    "CallRejoined",
    "CallSent",
    "CallTransferred",
    "CallbackCancelled",
    "CallbackHurried",
    "CallbackRequested",
    "CustomerMissed",
    "CustomerReached",
    "DeadlinePassed",
    "EmergencyDeclared",
    "EmergencyLifted",
    "EngineStarted",
    "Event",
    "HangUpCause",
    "HoldEnded",
    "HoldStarted",
    "LinkLost",
    "LinkRegained",
    "MessageLeft",
    "OfferAnswered",
    "OfferFailed",
    "OfferPulledBack",
    "OfferRinging",
    "PhoneChanged",
    "QuestionAnswered",
    "QueueClosed",
    "QueueOpened",
    "RulesLoaded",
    "SurveyBegun",
    "SurveyEnded",
    "TalkEnded",
    "WaitingKeyPressed",
    "WrapUpDone",
    "WrapUpExtended",
    "happened_at",
]


def happened_at(told: float | None, now: float) -> float:
    """When an event's fact happened: at the time it tells, which lies not after `now`, or just now."""
    return now if told is None else min(told, now)


class HangUpCause(StrEnum):
    """How a caller's leg came to its end."""

    HUNG_UP = "hung_up"
    FOUND_GONE = "found_gone"
    SWITCH_LOST = "switch_lost"
    LEFT_BY_AGENT = "left_by_agent"
    """The agent hung up first, and the engine was not there to say good-bye."""
    LAST_RESORT = "last_resort"
    """The engine was away, and Asterisk's own queue had given him to an agent before."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    pass


class CallArrived(_Event, frozen=True, gc=False):
    """A caller's leg reached the engine for the first time. `number` and `name` are what he claims, cleaned."""

    call: CallId
    channel: str
    number: str
    did: str
    name: str = ""
    attributes: dict[str, str] = {}
    """What the edge knows of his number (region, say); those of the caller rules are added by the core."""
    at: float | None = None


class CallIdentified(_Event, frozen=True, gc=False):
    """It is known which customer is calling, whatever number he uses; attributes are added to those he has."""

    call: CallId
    customer: str = ""
    attributes: dict[str, str] = {}


class CallMoved(_Event, frozen=True, gc=False):
    """The caller reached a node of the IVR flow; `key` is what he pressed to get there (stars for what is masked), `stack`
    where the sub-flows around the node go on, the innermost last."""

    call: CallId
    node: str
    key: str = ""
    stack: tuple[str, ...] = ()


class CallQueued(_Event, frozen=True, gc=False):
    """The IVR put the caller into a queue. `priority` is added to the queue's and the caller's own; `require` are skills
    his menu choice asks for, besides the queue's."""

    call: CallId
    queue: QueueId
    priority: int = 0
    require: dict[str, int] = {}
    unrecorded: bool = False
    """He has refused to be recorded: that holds for the whole call."""


class WaitingKeyPressed(_Event, frozen=True, gc=False):
    """A waiting caller has pressed a key that his queue has a use for. Keys nobody waits for are never told: they may be part
    of a secret."""

    call: CallId
    key: str


class MessageLeft(_Event, frozen=True, gc=False):
    """A caller has left a spoken message, kept as the file messages/`message`.wav of the recordings' folder. Told twice, it
    counts once. Of a call the floor does not know (it was taken while the engine was away) the event says all there is."""

    message: MessageId
    call: CallId
    seconds: float
    queue: QueueId | None = None
    """The queue whose people are to hear it; None: the one the caller was in last, if any."""
    number: str = ""
    did: str = ""
    at: float | None = None
    comment: bool = False
    """He said it after a talk, about that: a survey had asked him to."""


class CallbackRequested(_Event, frozen=True, gc=False):
    """A caller wants to be called back at `number`, at his place in the queue. Told twice, it counts once. Of a call the floor
    does not know (it was taken while the engine was away) his place is that of `at`."""

    callback: CallbackId
    call: CallId
    number: str
    queue: QueueId
    did: str = ""
    language: str = ""
    """In which he is to be greeted; "": the flow's own."""
    at: float | None = None


class CallbackCancelled(_Event, frozen=True, gc=False):
    """Somebody (`by`) says that the customer need not be called back any more."""

    callback: CallbackId
    by: str


class CallbackHurried(_Event, frozen=True, gc=False):
    """Somebody (`by`) wants the customer called as soon as an agent is free, whatever the hours and the time of the next
    attempt say; `points` of priority more for it."""

    callback: CallbackId
    by: str
    points: int = 0


class CustomerReached(_Event, frozen=True, gc=False):
    """The customer of a callback has answered. `channel` is his leg's, when that was dialled first and is with a session now;
    "": the agent's leg was first."""

    call: CallId
    channel: str = ""
    at: float | None = None


class CustomerMissed(_Event, frozen=True, gc=False):
    """The customer of a callback did not answer, or could not be dialled. `outcome` None: he was not dialled at all (the engine
    ended before), so that it was no attempt."""

    call: CallId
    outcome: AttemptOutcome | None
    at: float | None = None


class SurveyBegun(_Event, frozen=True, gc=False):
    """A caller whose agent has hung up is about to be asked this survey, in this language. Once for each call."""

    call: CallId
    survey: str
    language: str


class QuestionAnswered(_Event, frozen=True, gc=False):
    """What a caller answered to a question of his survey: the name of the answer, or of a message he has left. `score`: the
    points it gives, where the question asks for points."""

    call: CallId
    question: str
    answer: str
    score: int | None = None


class SurveyEnded(_Event, frozen=True, gc=False):
    """The caller was asked all there is to ask (`complete`), or did not answer in time."""

    call: CallId
    complete: bool


class CallRejoined(_Event, frozen=True, gc=False):
    """The caller's leg is with the engine (again): after a talk, or after the engine was away."""

    call: CallId


class CallDetached(_Event, frozen=True, gc=False):
    """The connection that carries the caller's leg broke without a hang-up: he may be alive, and can be given nobody."""

    call: CallId


class CallLeftByCaller(_Event, frozen=True, gc=False):
    """The caller's leg is gone; whose doing it was is in `cause`."""

    call: CallId
    at: float | None = None
    cause: HangUpCause = HangUpCause.HUNG_UP
    agent: AgentId | None = None
    """With LAST_RESORT: who had him."""
    answered_at: float | None = None
    """With LAST_RESORT: since when."""


class CallTransferred(_Event, frozen=True, gc=False):
    """The caller was connected with this number outside, by the flow. Told when that talk is over: whoever hangs up in it, the
    flow has done for him what it was to do."""

    call: CallId
    number: str


class CallClosed(_Event, frozen=True, gc=False):
    """The engine ended the call: the flow's end was reached, or the talk is over."""

    call: CallId
    reason: str


class AgentLoggedIn(_Event, frozen=True, gc=False):
    agent: AgentId


class AgentLoggedOut(_Event, frozen=True, gc=False):
    """`by`: the supervisor who did it for him."""

    agent: AgentId
    by: str = ""


class AgentReady(_Event, frozen=True, gc=False):
    """The agent wants calls. `by`: the supervisor who did it for him."""

    agent: AgentId
    by: str = ""


class AgentNotReady(_Event, frozen=True, gc=False):
    """The agent wants no calls, for this reason (a key of agents.yaml's not_ready_reasons). `by`: the supervisor who did it for
    him; no break quota holds him back."""

    agent: AgentId
    reason: str
    by: str = ""


class WrapUpExtended(_Event, frozen=True, gc=False):
    """The agent needs more time for his paperwork."""

    agent: AgentId


class WrapUpDone(_Event, frozen=True, gc=False):
    """The agent finished his paperwork before its time was over."""

    agent: AgentId


class QueueClosed(_Event, frozen=True, gc=False):
    """No new callers from now on. `by`: "hours", when its calendar says so, or the supervisor who closed it. It is open again
    when neither its hours nor a supervisor keep it closed."""

    queue: QueueId
    by: str


class QueueOpened(_Event, frozen=True, gc=False):
    """What was closed by "hours" is open again, or what any supervisor closed."""

    queue: QueueId
    by: str


class EmergencyDeclared(_Event, frozen=True, gc=False):
    """These queues (none named: all, and the flow's hours nodes too) are closed at once, and callers hear `prompt` in place of
    what they hear after hours; until `until`, or until it is lifted. `why` is for people."""

    queues: tuple[QueueId, ...]
    prompt: str
    by: str
    until: float | None = None
    why: str = ""


class EmergencyLifted(_Event, frozen=True, gc=False):
    """The emergency of these queues (none named: every emergency there is) is over before its time."""

    queues: tuple[QueueId, ...]
    by: str


class CallRaised(_Event, frozen=True, gc=False):
    """A supervisor raises a waiting caller by so many points of priority (never fewer than 1)."""

    call: CallId
    points: int
    by: str


class CallAssigned(_Event, frozen=True, gc=False):
    """A supervisor gives a waiting caller to this agent and nobody else: at once, or when he comes free."""

    call: CallId
    agent: AgentId
    by: str


class CallSent(_Event, frozen=True, gc=False):
    """A supervisor sends a waiting caller to another queue, at his place in the order."""

    call: CallId
    queue: QueueId
    by: str


class OfferPulledBack(_Event, frozen=True, gc=False):
    """A supervisor takes an offer back that still rings: the caller is offered to someone else."""

    offer: OfferId
    by: str


class PhoneChanged(_Event, frozen=True, gc=False):
    """Asterisk's device state of the agent's phone."""

    agent: AgentId
    phone: PhoneState


class OfferRinging(_Event, frozen=True, gc=False):
    """The agent's phone has a channel for this offer; `channel` is its name, `leg` its unique id."""

    offer: OfferId
    channel: str
    leg: str


class OfferAnswered(_Event, frozen=True, gc=False):
    offer: OfferId
    at: float | None = None


class OfferFailed(_Event, frozen=True, gc=False):
    """The phone did not take the offer. `cause` is Asterisk's own word (BUSY, CHANUNAVAIL, ...)."""

    offer: OfferId
    outcome: OfferOutcome
    cause: str = ""
    at: float | None = None


class TalkEnded(_Event, frozen=True, gc=False):
    """The agent's leg is gone. Who hung up shows in whether the caller's leg rejoins afterwards."""

    offer: OfferId
    at: float | None = None


class HoldStarted(_Event, frozen=True, gc=False):
    agent: AgentId


class HoldEnded(_Event, frozen=True, gc=False):
    agent: AgentId


class DeadlinePassed(_Event, frozen=True, gc=False):
    """The time `core.next_deadline` named has come."""


class RulesLoaded(_Event, frozen=True, gc=False):
    """These rules hold from now on."""

    rules: Rules


class EngineStarted(_Event, frozen=True, gc=False):
    """A new engine process took over this floor: no caller's leg is with it yet. The one before saw nothing after `at`."""

    at: float | None = None


class LinkLost(_Event, frozen=True, gc=False):
    """Asterisk's event stream is gone: answers and hang-ups would be missed, so nothing is offered."""


class LinkRegained(_Event, frozen=True, gc=False):
    """The event stream is back and what happened meanwhile has been told."""


Event = (
    CallArrived
    | CallIdentified
    | CallMoved
    | CallQueued
    | WaitingKeyPressed
    | MessageLeft
    | CallbackRequested
    | CallbackCancelled
    | CallbackHurried
    | CustomerReached
    | CustomerMissed
    | SurveyBegun
    | QuestionAnswered
    | SurveyEnded
    | CallRejoined
    | CallDetached
    | CallLeftByCaller
    | CallTransferred
    | CallClosed
    | AgentLoggedIn
    | AgentLoggedOut
    | AgentReady
    | AgentNotReady
    | WrapUpDone
    | WrapUpExtended
    | QueueClosed
    | QueueOpened
    | EmergencyDeclared
    | EmergencyLifted
    | CallRaised
    | CallAssigned
    | CallSent
    | OfferPulledBack
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
