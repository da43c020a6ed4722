"""What has been decided and what has come to its end: the core's second output, facts for SQL, metrics and desktops.

A record is made once, at the moment it becomes true, and has a key that is the same in every replay of the journal: writing
it twice changes nothing. Times are seconds since the epoch, durations seconds.
"""

import msgspec

from acd.model import CallbackId, CallId, CallState, Disposition, MessageId, OfferId, OfferOutcome, QueueId
from agents.roster import AgentId
from agents.state import AgentState, PhoneState

__all__ = [
    "AgentChanged",
    "AgentInterval",
    "CallAnswered",
    "CallEnded",
    "CallOpened",
    "CallbackOpened",
    "Candidate",
    "Decision",
    "Exclusion",
    "MessageTaken",
    "NodeEntered",
    "OfferEnded",
    "OfferMade",
    "QueueEntered",
    "QueueLeft",
    "Record",
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
    """With overflowed: max_wait | full | nobody | too_long | closed | recipe | sent (by a supervisor) | key (his own wish)."""


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


class MessageTaken(_Record, frozen=True, gc=False):
    """A caller's spoken message waits to be heard. Key: message."""

    message: MessageId
    call: CallId
    at: float
    number: str
    did: str
    queue: QueueId | None
    seconds: float


class CallbackOpened(_Record, frozen=True, gc=False):
    """A caller is to be called back at `number`; his place is that of a caller who came at `place_at`. Key: callback."""

    callback: CallbackId
    call: CallId
    at: float
    number: str
    did: str
    queue: QueueId
    place_at: float


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
    | AgentChanged
    | AgentInterval
    | Decision
)
