"""What has been decided and what has come to its end: the core's second output, facts for SQL, metrics and desktops.

A record is made once, at the moment it becomes true, and has a key that is the same in every replay of the journal: writing
it twice changes nothing. Times are seconds since the epoch, durations seconds.
"""

import msgspec

from acd.model import (
    AttemptOutcome,
    CallbackEnd,
    CallbackId,
    CallId,
    CallState,
    Disposition,
    MessageId,
    OfferId,
    OfferOutcome,
    QueueId,
)
from agents.roster import AgentId
from agents.state import AgentState, PhoneState

__all__ = [
    "AgentChanged",
    "AgentInterval",
    "CallAnswered",
    "CallEnded",
    "CallOpened",
    "CallbackAttempted",
    "CallbackClosed",
    "CallbackOpened",
    "Candidate",
    "Decision",
    "EmergencyBegan",
    "EmergencyOver",
    "Exclusion",
    "MessageTaken",
    "NodeEntered",
    "OfferEnded",
    "OfferMade",
    "QueueEntered",
    "QueueLeft",
    "Record",
    "SurveyAsked",
    "SurveyClosed",
    "SurveyReplied",
    "TalkFinished",
]


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    pass


class CallOpened(_Record, frozen=True, gc=False):
    """A call came in. Key: call."""

    call: CallId
    at: float
    number: str
    name: str
    did: str
    vip: int
    rules: str
    callback: CallbackId | None = None
    """The callback this call is to fulfil: it did not come in, it goes out."""


class NodeEntered(_Record, frozen=True, gc=False):
    """The caller reached a node of the IVR. Key: call, position in the path."""

    call: CallId
    at: float
    node: str
    key: str
    step: int


class QueueEntered(_Record, frozen=True, gc=False):
    """The caller began to wait in a queue. Key: call, segment."""

    call: CallId
    segment: int
    queue: QueueId
    at: float
    priority: int
    vip: int
    overflow_from: QueueId | None = None
    resumed: bool = False
    """He had hung up while he waited here, and has the place he had then."""
    expected_low_s: float | None = None
    """Four of five callers wait between this and `expected_high_s` (acd.estimate); None: nothing to go by. Seconds."""
    expected_s: float | None = None
    expected_high_s: float | None = None


class OfferMade(_Record, frozen=True, gc=False):
    """An agent is about to be rung: the desktop learns it before the phone. Key: offer."""

    offer: OfferId
    call: CallId
    segment: int
    queue: QueueId
    agent: AgentId
    at: float
    number: str
    name: str
    did: str
    wait_s: float
    path: tuple[str, ...]
    vip: int
    last_agent: AgentId | None
    last_contact_at: float | None
    reasons: tuple[str, ...]
    callback: CallbackId | None = None


class OfferEnded(_Record, frozen=True, gc=False):
    """An offer came to its end, well or ill. Key: offer."""

    offer: OfferId
    call: CallId
    segment: int
    queue: QueueId
    agent: AgentId
    made_at: float
    rang_at: float | None
    ended_at: float
    outcome: OfferOutcome
    cause: str = ""


class CallAnswered(_Record, frozen=True, gc=False):
    """An agent has the caller: counted here and now, not at hang-up. Key: call, segment."""

    call: CallId
    segment: int
    queue: QueueId
    agent: AgentId
    offer: OfferId
    at: float
    wait_s: float
    """From entering this queue to the answer."""
    total_wait_s: float
    """From entering the first queue to the answer."""
    in_service_level: bool
    unrecorded: bool = False
    """The caller has refused to be recorded."""
    expected_low_s: float | None = None
    """What was expected of his wait when he entered the queue."""
    expected_s: float | None = None
    expected_high_s: float | None = None
    callback: CallbackId | None = None
    """Fulfilled by this talk: it counts as handled, not as another answer to a caller."""


class TalkFinished(_Record, frozen=True, gc=False):
    """The talk is over; its time includes hold. Key: offer."""

    offer: OfferId
    call: CallId
    segment: int
    queue: QueueId
    agent: AgentId
    answered_at: float
    ended_at: float
    talk_s: float
    hold_s: float
    unrecorded: bool = False


class QueueLeft(_Record, frozen=True, gc=False):
    """A stay in a queue ended: answered, abandoned, overflowed or lost. Key: call, segment."""

    call: CallId
    segment: int
    queue: QueueId
    entered_at: float
    left_at: float
    wait_s: float
    how: str
    """answered | abandoned | short_abandon | overflowed | switch_lost"""
    phase: str
    """Where he was when he left: waiting | ringing."""
    agent: AgentId | None = None
    why: str = ""
    """With overflowed: max_wait | full | nobody | too_long | closed | emergency | recipe | sent (by a supervisor) | key (his
    own wish)."""
    within_s: float = 20.0
    """The time of the queue's service level just then."""


class CallEnded(_Record, frozen=True, gc=False):
    """The call is over. Key: call."""

    call: CallId
    opened_at: float
    ended_at: float
    number: str
    name: str
    did: str
    vip: int
    disposition: Disposition
    left_in: CallState
    ended_by: str
    """caller | agent | hotline | switch"""
    queue: QueueId | None
    agent: AgentId | None
    path: tuple[str, ...]
    rules: str
    customer: str = ""
    """Which customer he was, if that was known."""
    attributes: dict[str, str] = {}
    callback: CallbackId | None = None
    """The callback it was to fulfil."""
    short: bool = False
    """He hung up while he waited, within his queue's short-abandon time."""
    why: str = ""
    """Why it ended, where more is known than that somebody hung up: the flow's word (a hang_up's `reason`, transferred,
    callback, served), the queue's (max_wait, full, ...), blocked, or what became of the leg (found_gone, switch_lost, ...)."""
    transferred_to: str = ""
    """The number outside the flow has connected him with."""


class MessageTaken(_Record, frozen=True, gc=False):
    """A caller's spoken message waits to be heard. Key: message."""

    message: MessageId
    call: CallId
    at: float
    number: str
    did: str
    queue: QueueId | None
    seconds: float
    comment: bool = False
    """Said after a talk, because a survey asked for it."""


class CallbackOpened(_Record, frozen=True, gc=False):
    """A caller is to be called back at `number`; his place is that of a caller who came at `place_at`. Key: callback."""

    callback: CallbackId
    call: CallId
    at: float
    number: str
    did: str
    queue: QueueId
    place_at: float


class CallbackAttempted(_Record, frozen=True, gc=False):
    """A customer was called back, with or without success. Key: callback, number."""

    callback: CallbackId
    number: int
    call: CallId
    """The attempt's own call."""
    queue: QueueId
    at: float
    agent: AgentId | None
    outcome: AttemptOutcome
    next_at: float | None
    """Not before this he is called again; None: this was the last attempt."""


class CallbackClosed(_Record, frozen=True, gc=False):
    """A callback came to its end. Key: callback."""

    callback: CallbackId
    at: float
    queue: QueueId
    how: CallbackEnd
    attempts: int
    call: CallId | None
    """The call in which he was served, or in which he rang again himself; None: neither."""


class SurveyAsked(_Record, frozen=True, gc=False):
    """A caller is asked about the talk he has had. Key: call."""

    call: CallId
    offer: OfferId
    queue: QueueId
    agent: AgentId
    at: float
    survey: str
    language: str


class SurveyReplied(_Record, frozen=True, gc=False):
    """He answered a question of it. Key: call, question."""

    call: CallId
    offer: OfferId
    queue: QueueId
    agent: AgentId
    at: float
    survey: str
    asked_at: float
    question: str
    answer: str
    """The answer's name, or the message's."""
    score: int | None
    first: bool
    """Whether it is his first answer."""


class SurveyClosed(_Record, frozen=True, gc=False):
    """The survey is over. Key: call."""

    call: CallId
    offer: OfferId
    queue: QueueId
    agent: AgentId
    at: float
    survey: str
    asked_at: float
    outcome: str
    """answered (to its end) | partly | not_answered"""
    why: str
    """asked_all | silence | hung_up (the call was over)"""


class AgentChanged(_Record, frozen=True, gc=False):
    """An agent is in a new state from `at` on (or his phone is). Key: none; live displays use it."""

    agent: AgentId
    at: float
    state: AgentState
    reason: str
    phone: PhoneState
    queue: QueueId | None = None
    call: CallId | None = None
    overrun: bool = False
    """His break lasts longer than his group's rule allows."""


class EmergencyBegan(_Record, frozen=True, gc=False):
    """Queues (none named: all) are closed at once, with an announcement; None: until somebody opens them."""

    queues: tuple[QueueId, ...]
    at: float
    prompt: str
    until: float | None
    why: str
    by: str


class EmergencyOver(_Record, frozen=True, gc=False):
    """That is over; `by` is empty when it ended by itself."""

    queues: tuple[QueueId, ...]
    began_at: float
    at: float
    by: str


class AgentInterval(_Record, frozen=True, gc=False):
    """An agent was in one state from start to end. Key: agent, started_at, state."""

    agent: AgentId
    state: AgentState
    reason: str
    started_at: float
    ended_at: float
    queue: QueueId | None = None


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An agent who could have had the call, with the score the strategy gave him (lower goes first). Lower tiers go before."""

    agent: AgentId
    score: tuple[float, ...]
    tier: int = 0


class Exclusion(msgspec.Struct, frozen=True):
    """An agent who could not, and the rule that kept him out."""

    agent: AgentId
    rule: str


class Decision(_Record, frozen=True, gc=False):
    """Why a caller was given to this agent, or to nobody yet. Key: call, number."""

    call: CallId
    number: int
    at: float
    queue: QueueId
    strategy: str
    rules: str
    asked: str
    """What set it off: caller_entered | agent_free | retry | affinity_over | recipe | reserve | queue_limit | identified |
    hand:NAME (a supervisor)."""
    chosen: AgentId | None
    """The agent who is rung; with ring-all and ring-N the best of them."""
    reason: str
    """best_score | only_candidate | drawn | last_agent | last_agent_of_customer | wait_for_last_agent | assigned |
    wait_for_assigned | nobody_free | nobody_suits | queue_limit | next_in_line | raised | recipe"""
    candidates: tuple[Candidate, ...]
    excluded: tuple[Exclusion, ...]
    others_excluded: dict[str, int]
    """By rule, how many more were excluded than are listed (big queues)."""
    wait_for: AgentId | None = None
    """The last agent he is held for."""
    passed_over: tuple[CallId, ...] = ()
    """Callers who stood further ahead and could not be given this agent."""
    position: int = 1
    waiting: int = 1
    require: dict[str, int] = {}
    """The skills an agent needed for him just then."""
    via: QueueId | None = None
    """The queue whose agents he was given, when a recipe added one to his own."""
    rung: tuple[AgentId, ...] = ()
    """All who are rung, when there are several."""
    recipe: str = ""
    """The recipe that was just applied, as queue/name."""


Record = (
    CallOpened
    | NodeEntered
    | QueueEntered
    | OfferMade
    | OfferEnded
    | CallAnswered
    | TalkFinished
    | QueueLeft
    | CallEnded
    | MessageTaken
    | CallbackOpened
    | CallbackAttempted
    | CallbackClosed
    | SurveyAsked
    | SurveyReplied
    | SurveyClosed
    | AgentChanged
    | AgentInterval
    | EmergencyBegan
    | EmergencyOver
    | Decision
)
