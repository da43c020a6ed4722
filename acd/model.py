"""The nouns: calls, offers and agents as the floor keeps them."""

from enum import StrEnum
from typing import Final, NewType

import msgspec

from acd.estimate import Expectation
from agents.roster import AgentId, QueueId
from agents.state import AgentState, PhoneState
from agents.workload import Workload

__all__ = [
    "EVERYWHERE",
    "IN_QUEUE",
    "Agent",
    "AskedSurvey",
    "AttemptOutcome",
    "Call",
    "CallId",
    "CallState",
    "Callback",
    "CallbackEnd",
    "CallbackId",
    "Disposition",
    "Emergency",
    "LastContact",
    "LeftPlace",
    "MessageId",
    "Offer",
    "OfferId",
    "OfferOutcome",
    "Promise",
    "QueueId",
    "Talk",
]

CallId = NewType("CallId", str)
"""The unique id Asterisk gave the caller's channel: it comes back with the call after a restart of the engine."""

OfferId = NewType("OfferId", str)

MessageId = NewType("MessageId", str)
"""A spoken message's; its file has the same name."""

CallbackId = NewType("CallbackId", str)


class CallState(StrEnum):
    """Where a live call is."""

    IVR = "ivr"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    AFTER = "after"  # the talk is over, the caller is still there (survey, good-bye)


IN_QUEUE: Final = (CallState.WAITING, CallState.OFFERED)
"""A caller who has no agent yet: his queue's rules hold for him."""


class OfferOutcome(StrEnum):
    """How an offer ended; every offer ends exactly once."""

    ACCEPTED = "accepted"
    DECLINED = "declined"  # busy or rejected
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"  # the caller left, or Hotline took it back


class Disposition(StrEnum):
    """How a call ended; every call has exactly one."""

    SERVED = "served"
    ABANDONED_IVR = "abandoned_ivr"
    ABANDONED_WAITING = "abandoned_waiting"
    ABANDONED_RINGING = "abandoned_ringing"
    OVERFLOWED = (
        "overflowed"  # a rule of the queue (maximum wait, full, closed, ...) ended the call, and he was told so
    )
    BLOCKED = "blocked"  # his number is on the blacklist
    COMPLETED_IVR = "completed_ivr"  # the flow ended without a queue: closed, information only
    SWITCH_LOST = "switch_lost"
    NOT_REACHED = "not_reached"  # a callback that brought agent and customer not together
    LAST_RESORT = "last_resort"  # an agent took him from Asterisk's own queue, while the engine was away


class AttemptOutcome(StrEnum):
    """What came of one attempt to call a customer back."""

    ANSWERED = "answered"  # he talks with an agent
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"  # the number, or the way there, does not work
    AGENT_NOT_AVAILABLE = "agent_not_available"  # he could be reached, but no agent was there for him


class CallbackEnd(StrEnum):
    """How a callback ended; every callback ends exactly once."""

    DONE = "done"
    GIVEN_UP = "given_up"  # all attempts made, or asked for too long ago
    MERGED = "merged"  # the customer rang again himself, and has his place
    CANCELLED = "cancelled"


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A call's last talk, when it is over: what a survey asks about."""

    offer: OfferId
    queue: QueueId
    agent: AgentId
    talk_s: float


class AskedSurvey(msgspec.Struct, kw_only=True):
    """The survey a caller was asked to take, and how far he is. `at`: seconds since the epoch."""

    survey: str
    at: float
    answers: dict[str, str] = {}
    """By question, what he answered."""
    over: bool = False


class Promise(msgspec.Struct, frozen=True):
    """A wait a caller was told when he stood at `position`: to end between these two moments."""

    position: int
    low_at: float
    high_at: float


class Call(msgspec.Struct, kw_only=True):
    """A live call, or a customer who is to be called back and stands in line without a leg. Times are seconds since the
    epoch."""

    id: CallId
    channel: str
    number: str
    name: str
    did: str
    opened_at: float
    state: CallState = CallState.IVR
    attached: bool = True
    """Whether the caller's leg is with this engine process; only then can it be given an agent."""
    node: str = ""
    path: list[str] = []
    """Nodes of the IVR flow, with the key that led there: ["welcome", "menu", "repair:1"]."""
    path_at: list[float] = []
    """When he reached each of them."""
    stack: tuple[str, ...] = ()
    """Where the sub-flows around his node go on, the innermost last."""
    vip: int = 0
    trusted: bool = False
    """On the whitelist: no limit of a queue turns him away."""
    customer: str = ""
    """Which customer he is, once that is known; "" before."""
    attributes: dict[str, str] = {}
    """What else is known of him: region, and whatever the caller rules say of his number."""
    queue: QueueId | None = None
    segment: int = 0
    """Counts the queues this call has been in: segment n of a call is its n-th stay in a queue."""
    priority: int = 0
    """Points: the queue's, his VIP level's, his menu choice's, a recipe's, a supervisor's."""
    require: dict[str, int] = {}
    """Skills an agent needs for him, with the least level. It only ever relaxes within a stay."""
    menu_require: dict[str, int] = {}
    """Those of them that his menu choice asked for; they go with him into other queues."""
    added: list[QueueId] = []
    """Queues whose agents may take him as well."""
    done: dict[str, float] = {}
    """Recipes applied in this stay, and when last."""
    bell_at: float = 0.0
    """When the next recipe or reserve is to be looked at; 0: none."""
    words_at: float = 0.0
    """When the next announcement is to be looked at; 0: none."""
    said_at: float = 0.0
    """When the last words to him began, in whatever queue."""
    unsaid: list[str] = []
    """Prompts that wait until the gap after those words is over."""
    told: dict[str, float] = {}
    """Announcements made in this stay, and when last."""
    promised: Promise | None = None
    """The wait he was last told in this stay."""
    queued_at: float = 0.0
    """When the caller began to wait at all: his place in the order. An overflow does not change it."""
    segment_at: float = 0.0
    """When he entered the queue he is in now."""
    stay_at: float = 0.0
    """Since when his waiting in this queue counts for its rules: he may have been at a node of the flow in between."""
    been: list[QueueId] = []
    """Queues he has left for another one: no recipe sends him back there."""
    order: int = 0
    """Breaks ties between callers of the same moment."""
    offer: OfferId | None = None
    """The offer of the agent he talks with; while phones ring for him, the first of `ringing`."""
    ringing: list[OfferId] = []
    """His live offers that nobody has answered yet: one, or several with ring-all and ring-N."""
    missed_by: list[AgentId] = []
    """Who of those rung together for him did not take him; the others still ring."""
    unwilling: dict[AgentId, float] = {}
    """Agents who did not take this call, and until when they are not asked again. Afterwards they are asked last."""
    held_for: AgentId | None = None
    held_until: float = 0.0
    assigned: bool = False
    """He is held because a supervisor gave him to that agent, for as long as it takes."""
    sought: bool = False
    """Whether an agent has been looked for since he came into this queue; the first look asks for his last agent."""
    ending: Disposition | None = None
    """Set when the end is already decided and only the good-bye is left."""
    farewell: tuple[str, str, bool] = ("", "", False)
    """That good-bye: why, the prompt, and whether it is the busy tone."""
    offers: int = 0
    decisions: int = 0
    answered_by: AgentId | None = None
    returned: bool = False
    """The agent left first: the caller's leg came back after the talk."""
    expected: Expectation | None = None
    """The wait that was expected when he entered the queue."""
    callback: CallbackId | None = None
    """The callback that is fulfilled by this call: it is in no figure of callers who wait, or were offered."""
    reached_at: float | None = None
    """When the customer of a callback answered."""
    asked: CallbackId | None = None
    """The callback he asked for in this call."""
    has_leg: bool = True
    """Whether a leg of the caller's is led by Hotline. A customer to be called back has none before he is reached, and none at
    all where his agent was rung first: there the agent's leg calls him."""
    talk: Talk | None = None
    survey: AskedSurvey | None = None
    resumed_s: float = 0.0
    """So long before this call his place dates back, from an earlier one: no wait of this call's."""
    unrecorded: bool = False
    """He has refused to be recorded."""
    transferred_to: str = ""
    """The number outside the flow has connected him with."""


class Agent(msgspec.Struct, kw_only=True):
    """A member of the roster, as he is now."""

    id: AgentId
    state: AgentState = AgentState.OFFLINE
    reason: str = ""
    """Why he is not ready; empty in other states."""
    since: float = 0.0
    """Since when he is in this state."""
    logged_in_at: float = 0.0
    idle_since: float = 0.0
    """Since when he has had nothing to do. An offer withdrawn by the caller's hang-up does not set it back."""
    phone: PhoneState = PhoneState.UNREACHABLE
    offer: OfferId | None = None
    queue: QueueId | None = None
    """The queue of the call he is offered, has, or is wrapping up."""
    wrap_up_until: float = 0.0
    extensions: int = 0
    """How often he has asked for more time in this wrap-up."""
    no_answers: int = 0
    """Offers missed in a row."""
    wish: str | None = None
    """What he asked for during a call: a not-ready reason, or "" for going home; None: nothing."""
    workload: Workload = msgspec.field(default_factory=Workload)
    turn: dict[QueueId, int] = {}
    """Round robin: when he last had his turn in each queue (a running number)."""
    handling_since: float | None = None
    """When the talk began that he has, or whose paperwork he does."""
    handle_s: float = 0.0
    """Running mean of his handle time (talk + wrap-up), seconds; 0 while he has handled nothing."""
    served: dict[QueueId, int] = {}
    """Calls he has finished, by queue, since the floor began (strategy fewestcalls)."""
    last_served: dict[QueueId, float] = {}
    """When his last call of each queue ended (strategy leastrecent)."""
    groups: dict[QueueId, str] = {}
    """In which group of each of his queues' ready agents he stands (acd.suiting). Worked out from the rules."""
    spots: dict[QueueId, int] = {}
    """His place in each queue's roster, from 0. Worked out from the rules."""
    overrun: bool = False
    """His break lasts longer than his group's rule allows."""
    standing: str = "offline"
    """"free", or the rule that keeps him from being offered a call; the floor keeps the counts by it."""


class Offer(msgspec.Struct, kw_only=True):
    """One attempt to give one call to one agent, from the decision to the end of the talk."""

    id: OfferId
    call: CallId
    agent: AgentId
    queue: QueueId
    """The caller's queue, whose rules hold for the call."""
    segment: int
    made_at: float
    expires_at: float
    rang_at: float | None = None
    answered_at: float | None = None
    channel: str = ""
    leg: str = ""
    held_s: float = 0.0
    hold_since: float | None = None
    reserved: bool = False
    """The agent is kept for a customer who is being dialled; his phone does not ring yet."""


EVERYWHERE: Final = QueueId("*")
"""In place of a queue: all of them."""


class Emergency(msgspec.Struct, frozen=True, kw_only=True):
    """Why queues are closed at once, since when, until when (None: until somebody opens them), and what callers hear."""

    prompt: str
    since: float
    until: float | None = None
    why: str = ""
    by: str = ""


class LeftPlace(msgspec.Struct, frozen=True):
    """The place in a queue of one who hung up while he waited."""

    queue: QueueId
    queued_at: float
    order: int
    left_at: float


class LastContact(msgspec.Struct, frozen=True):
    """Who last served a caller's number, and when."""

    agent: AgentId
    at: float


class Callback(msgspec.Struct, kw_only=True):
    """A customer who is to be called back, with his place in the queue. Each attempt is a call of its own (`live`)."""

    id: CallbackId
    call: CallId
    """The call in which he asked for it."""
    number: str
    queue: QueueId
    asked_at: float
    place_at: float
    """Since when he has waited: his place in the order,"""
    order: int
    """with what breaks ties in it."""
    did: str = ""
    language: str = ""
    name: str = ""
    vip: int = 0
    trusted: bool = False
    customer: str = ""
    attributes: dict[str, str] = {}
    path: list[str] = []
    priority: int = 0
    require: dict[str, int] = {}
    menu_require: dict[str, int] = {}
    unrecorded: bool = False
    attempts: int = 0
    """How often his phone has been rung."""
    next_at: float = 0.0
    """Not called before this."""
    live: CallId | None = None
    """The call that stands in line for him, or is being made; None: he rests."""
