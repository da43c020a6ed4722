"""What the API and the feeds show of the floor. Pure: values made from the floor as it stands, numbers masked on request."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from acd.doors import closed_by, emergency_of
from acd.floor import FREE, Floor
from acd.model import Agent, Call, CallId, CallState, Emergency, OfferId, QueueId
from acd.pacing import expected_for_the_next
from acd.records import CallEnded
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from cti.masking import mask_number, mask_text

__all__ = [
    "AgentView",
    "CallView",
    "EndedCallView",
    "PastCall",
    "QueueView",
    "StayView",
    "SurveyView",
    "agent_view",
    "agents_by_state",
    "call_view",
    "ended_call_view",
    "queue_views",
    "shown_attributes",
    "shown_calls",
]


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as he is now. `since` is in seconds since the epoch."""

    agent: AgentId
    name: str
    groups: tuple[str, ...]
    queues: tuple[QueueId, ...]
    skills: Mapping[str, int] = {}
    state: AgentState
    reason: str
    """Why he is not ready; empty in other states."""
    since: float
    phone: PhoneState
    queue: QueueId | None
    """The queue of the call he is offered, has, or is wrapping up."""
    call: CallId | None
    wish: str | None
    """What he asked for during a call and gets after it: a not-ready reason, "logout", or None."""
    wrap_up_until: float | None
    extensions: int = 0
    """How often he has asked for more time in this wrap-up."""
    overrun: bool = False
    """His break lasts longer than his group's rule allows."""


NO_ITEMS: Final[Mapping[QueueId, Mapping[str, int]]] = {}


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """A queue as it is now."""

    queue: QueueId
    names: Mapping[str, str]
    waiting: int
    """Callers without an agent yet, those for whom a phone is ringing too."""
    callbacks: int = 0
    """Customers who are to be called back: in line for an agent, or resting. They are not among those who wait."""
    items: Mapping[str, int] = {}
    """What people have to do after its calls and is not done, by kind of work item."""
    waiting_since: float | None
    """When the one who waits longest came into this queue; None: nobody waits."""
    longest_wait_s: float
    agents: Mapping[str, int]
    """Agents who serve it, by state."""
    free: int
    """Of those who are ready, the ones whose phone can ring."""
    closed: bool = False
    """Whether it takes no new callers."""
    closed_by: tuple[str, ...] = ()
    """What keeps it closed: "hours", "hand" (a supervisor), "emergency"."""
    emergency: Emergency | None = None
    """Why it is closed at once, until when, and what callers hear."""
    overruns: int = 0
    """Agents who serve it whose breaks last too long."""
    expected_s: float | None = None
    """The wait of an ordinary caller who would come now, four of five between the next two; None: nobody is on duty."""
    expected_low_s: float | None = None
    expected_high_s: float | None = None


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """A live call. Times are seconds since the epoch, durations seconds."""

    call: CallId
    state: CallState
    number: str
    name: str
    did: str
    vip: int
    customer: str = ""
    """Which customer he is; empty while that is not known."""
    attributes: Mapping[str, str] = {}
    """What else is known of him: region, line, what the caller rules say, what a CRM told."""
    opened_at: float
    path: tuple[str, ...]
    queue: QueueId | None
    segment: int
    priority: int
    require: Mapping[str, int] = {}
    """The skills an agent needs for him now, with the least level."""
    added: tuple[QueueId, ...] = ()
    """Queues whose agents may take him as well."""
    wait_s: float | None
    """How long he has waited (or had, when he was answered) since he entered his first queue; None: never waited."""
    position: int | None
    """1: next in his queue; None: not in line."""
    held_for: AgentId | None
    """The one agent he is waiting for: the last he had, or, if `assigned`, the one a supervisor gave him to."""
    assigned: bool = False
    expected_s: float | None = None
    """The wait that was expected when he entered the queue; four of five wait between the next two."""
    expected_low_s: float | None = None
    expected_high_s: float | None = None
    offer: OfferId | None
    agent: AgentId | None
    """Who is rung for him, or talks to him, or has."""
    rung: tuple[AgentId, ...] = ()
    """Everybody whose phone rings for him."""


class StayView(msgspec.Struct, frozen=True, kw_only=True):
    """One stay of a call in a queue, when it is over. Times are seconds since the epoch, durations seconds."""

    queue: QueueId
    entered_at: float | None
    left_at: float | None
    wait_s: float | None
    how: str
    """answered | abandoned | short_abandon | overflowed | switch_lost"""
    why: str
    """With overflowed: max_wait | full | nobody | too_long | closed | emergency | recipe | sent (by a supervisor)."""
    agent: AgentId | None
    expected_s: float | None
    """The wait that was expected when he entered; four of five wait between the next two."""
    expected_low_s: float | None
    expected_high_s: float | None


class SurveyView(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller was asked after his talk. Times are seconds since the epoch."""

    survey: str
    agent: AgentId
    queue: QueueId
    offer: OfferId
    language: str
    asked_at: float
    outcome: str | None
    """answered (to its end) | partly | not_answered; None: it is not known (yet)."""
    why: str | None
    """asked_all | silence | hung_up (the call was over)"""
    answers: Mapping[str, str] = {}
    """By question; a spoken comment's is the work item of its message."""
    scores: Mapping[str, int] = {}
    """By question, the points, where it asks for points."""


class PastCall(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a call that is over."""

    ended: CallEnded
    customer: str = ""
    attributes: Mapping[str, str] = {}
    stays: tuple[StayView, ...] = ()
    survey: SurveyView | None = None


class EndedCallView(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is over."""

    call: CallId
    state: str = "ended"
    number: str
    name: str
    did: str
    vip: int
    opened_at: float
    ended_at: float
    disposition: str
    left_in: str
    ended_by: str
    why: str = ""
    """Why it ended, where more is known than that somebody hung up."""
    transferred_to: str = ""
    """The number outside he was connected with, by the flow."""
    queue: QueueId | None
    agent: AgentId | None
    path: tuple[str, ...]
    rules: str
    customer: str = ""
    attributes: Mapping[str, str] = {}
    stays: tuple[StayView, ...] = ()
    """His stays in queues, in order."""
    survey: SurveyView | None = None
    """What he was asked after his talk; None: nothing."""


def agent_view(floor: Floor, agent: Agent) -> AgentView:
    """What is to be shown of an agent."""
    settings = floor.rules.agents[agent.id]
    offer = floor.offers.get(agent.offer) if agent.offer else None
    return AgentView(
        agent=agent.id,
        name=settings.name,
        groups=settings.groups,
        queues=settings.queues,
        skills=settings.skills,
        state=agent.state,
        reason=agent.reason,
        since=agent.since,
        phone=agent.phone,
        queue=agent.queue,
        call=offer.call if offer else None,
        wish="logout" if agent.wish == "" else agent.wish,
        wrap_up_until=agent.wrap_up_until if agent.state is AgentState.WRAP_UP else None,
        extensions=agent.extensions if agent.state is AgentState.WRAP_UP else 0,
        overrun=agent.overrun,
    )


def queue_views(
    floor: Floor, queues: Iterable[QueueId], now: float, items: Mapping[QueueId, Mapping[str, int]] = NO_ITEMS
) -> list[QueueView]:
    """What is to be shown of these queues, with their work `items` that are not done; the callers are looked through once for
    all of them."""
    began: dict[QueueId, list[float]] = defaultdict(list)
    for call in floor.calls.values():
        if call.queue is not None and call.state in (CallState.WAITING, CallState.OFFERED) and call.has_leg:
            began[call.queue].append(call.segment_at)
    known = (queue for queue in queues if queue in floor.rules.queues)
    return [_queue_view(floor, queue, began.get(queue, []), now, items.get(queue, {})) for queue in known]


def _queue_view(floor: Floor, queue: QueueId, began: list[float], now: float, items: Mapping[str, int]) -> QueueView:
    since = min(began, default=None)
    keeps_closed = closed_by(floor, queue)
    expected = expected_for_the_next(floor, floor.rules.queues[queue], now)
    return QueueView(
        queue=queue,
        names=floor.rules.queues[queue].names,
        waiting=len(began),
        callbacks=sum(one.queue == queue for one in floor.callbacks.values()),
        items=items,
        waiting_since=since,
        longest_wait_s=0.0 if since is None else max(now - since, 0.0),
        agents=agents_by_state(floor.standings[queue]),
        free=floor.standings[queue].get(FREE, 0),
        closed=bool(keeps_closed),
        closed_by=keeps_closed,
        emergency=emergency_of(floor, queue),
        overruns=sum(floor.agents[member].overrun for member in floor.rules.members[queue]),
        expected_s=expected.middle_s if expected else None,
        expected_low_s=expected.low_s if expected else None,
        expected_high_s=expected.high_s if expected else None,
    )


def agents_by_state(standings: Mapping[str, int]) -> dict[str, int]:
    """Standings tell ready agents apart by their phones; the states do not."""
    counts = dict.fromkeys((str(state) for state in AgentState), 0)
    for standing, count in standings.items():
        counts[standing if standing in counts else str(AgentState.READY)] += count
    return counts


def shown_calls(floor: Floor) -> Iterator[Call]:
    """The calls of this moment. A customer who is to be called back and only stands in line is none yet."""
    return (call for call in floor.calls.values() if call.has_leg or call.offers)


def call_view(floor: Floor, call: Call, now: float, *, full: bool) -> CallView:
    """What is to be shown of a live call; with `full` the whole number."""
    offer = floor.offers.get(call.offer) if call.offer else None
    in_line = call.queue is not None and call.id in floor.waiting[call.queue]
    answered_at = offer.answered_at if offer else None
    waited = call.segment > 0 and call.state is not CallState.AFTER
    expected = call.expected
    return CallView(
        call=call.id,
        state=call.state,
        number=call.number if full else mask_number(call.number),
        name=call.name if full else mask_text(call.name),
        did=call.did,
        vip=call.vip,
        customer=call.customer if full else mask_text(call.customer),
        attributes=shown_attributes(call.attributes, full=full),
        opened_at=call.opened_at,
        path=tuple(call.path),
        queue=call.queue,
        segment=call.segment,
        priority=call.priority,
        require=call.require,
        added=tuple(call.added),
        wait_s=max((now if answered_at is None else answered_at) - call.queued_at, 0.0) if waited else None,
        position=floor.position(call) if in_line else None,
        held_for=call.held_for,
        assigned=call.assigned,
        expected_s=expected.middle_s if expected else None,
        expected_low_s=expected.low_s if expected else None,
        expected_high_s=expected.high_s if expected else None,
        offer=call.offer,
        agent=offer.agent if offer else call.answered_by,
        rung=tuple(floor.offers[ringing].agent for ringing in call.ringing),
    )


def shown_attributes(attributes: Mapping[str, str], *, full: bool) -> Mapping[str, str]:
    """Attributes come from other systems, too, and may hold numbers: without `full` these are masked."""
    return attributes if full else {name: mask_text(value) for name, value in attributes.items()}


def ended_call_view(past: PastCall, *, full: bool) -> EndedCallView:
    """What is to be shown of a call that is over; with `full` the whole number."""
    ended = past.ended
    return EndedCallView(
        call=ended.call,
        number=ended.number if full else mask_number(ended.number),
        name=ended.name if full else mask_text(ended.name),
        did=ended.did,
        vip=ended.vip,
        opened_at=ended.opened_at,
        ended_at=ended.ended_at,
        disposition=ended.disposition,
        left_in=ended.left_in,
        ended_by=ended.ended_by,
        why=ended.why,
        transferred_to=ended.transferred_to if full else mask_number(ended.transferred_to),
        queue=ended.queue,
        agent=ended.agent,
        path=ended.path,
        rules=ended.rules,
        customer=past.customer if full else mask_text(past.customer),
        attributes=shown_attributes(past.attributes, full=full),
        stays=past.stays,
        survey=past.survey,
    )
