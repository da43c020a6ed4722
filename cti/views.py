"""What the API and the feeds show of the floor. Pure: values made from the floor as it stands, numbers masked on request."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from acd.floor import FREE, Floor
from acd.model import Agent, Call, CallId, CallState, OfferId, QueueId
from acd.records import CallEnded
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from cti.masking import mask_number, mask_text

__all__ = [
    "AgentView",
    "CallView",
    "EndedCallView",
    "QueueView",
    "agent_view",
    "call_view",
    "ended_call_view",
    "queue_views",
]


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as he is now. `since` is in seconds since the epoch."""

    agent: AgentId
    name: str
    groups: tuple[str, ...]
    queues: tuple[QueueId, ...]
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


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """A queue as it is now."""

    queue: QueueId
    names: Mapping[str, str]
    waiting: int
    """Callers without an agent yet, those for whom a phone is ringing too."""
    waiting_since: float | None
    """When the one who waits longest came into this queue; None: nobody waits."""
    longest_wait_s: float
    agents: Mapping[str, int]
    """Agents who serve it, by state."""
    free: int
    """Of those who are ready, the ones whose phone can ring."""


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """A live call. Times are seconds since the epoch, durations seconds."""

    call: CallId
    state: CallState
    number: str
    name: str
    did: str
    vip: int
    opened_at: float
    path: tuple[str, ...]
    queue: QueueId | None
    segment: int
    priority: int
    wait_s: float | None
    """How long he has waited (or had, when he was answered) since he entered his first queue; None: never waited."""
    position: int | None
    """1: next in his queue; None: not in line."""
    held_for: AgentId | None
    """The last agent he is waiting for."""
    offer: OfferId | None
    agent: AgentId | None
    """Who is rung for him, or talks to him, or has."""


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
    queue: QueueId | None
    agent: AgentId | None
    path: tuple[str, ...]
    rules: str


def agent_view(floor: Floor, agent: Agent) -> AgentView:
    """What is to be shown of an agent."""
    settings = floor.rules.agents[agent.id]
    offer = floor.offers.get(agent.offer) if agent.offer else None
    return AgentView(
        agent=agent.id,
        name=settings.name,
        groups=settings.groups,
        queues=settings.queues,
        state=agent.state,
        reason=agent.reason,
        since=agent.since,
        phone=agent.phone,
        queue=agent.queue,
        call=offer.call if offer else None,
        wish="logout" if agent.wish == "" else agent.wish,
        wrap_up_until=agent.wrap_up_until if agent.state is AgentState.WRAP_UP else None,
    )


def queue_views(floor: Floor, queues: Iterable[QueueId], now: float) -> list[QueueView]:
    """What is to be shown of these queues; the callers are looked through once for all of them."""
    began: dict[QueueId, list[float]] = defaultdict(list)
    for call in floor.calls.values():
        if call.queue is not None and call.state in (CallState.WAITING, CallState.OFFERED):
            began[call.queue].append(call.segment_at)
    return [_queue_view(floor, queue, began.get(queue, []), now) for queue in queues if queue in floor.rules.queues]


def _queue_view(floor: Floor, queue: QueueId, began: list[float], now: float) -> QueueView:
    since = min(began, default=None)
    return QueueView(
        queue=queue,
        names=floor.rules.queues[queue].names,
        waiting=len(began),
        waiting_since=since,
        longest_wait_s=0.0 if since is None else max(now - since, 0.0),
        agents=_by_state(floor.standings[queue]),
        free=floor.standings[queue].get(FREE, 0),
    )


def _by_state(standings: Mapping[str, int]) -> dict[str, int]:
    """Standings tell ready agents apart by their phones; the states do not."""
    counts = dict.fromkeys((str(state) for state in AgentState), 0)
    for standing, count in standings.items():
        counts[standing if standing in counts else str(AgentState.READY)] += count
    return counts


def call_view(floor: Floor, call: Call, now: float, *, full: bool) -> CallView:
    """What is to be shown of a live call; with `full` the whole number."""
    offer = floor.offers.get(call.offer) if call.offer else None
    in_line = call.queue is not None and call.id in floor.waiting[call.queue]
    answered_at = offer.answered_at if offer else None
    waited = call.segment > 0 and call.state is not CallState.AFTER
    return CallView(
        call=call.id,
        state=call.state,
        number=call.number if full else mask_number(call.number),
        name=call.name if full else mask_text(call.name),
        did=call.did,
        vip=call.vip,
        opened_at=call.opened_at,
        path=tuple(call.path),
        queue=call.queue,
        segment=call.segment,
        priority=call.priority,
        wait_s=max((now if answered_at is None else answered_at) - call.queued_at, 0.0) if waited else None,
        position=floor.position(call) if in_line else None,
        held_for=call.held_for,
        offer=call.offer,
        agent=offer.agent if offer else call.answered_by,
    )


def ended_call_view(ended: CallEnded, *, full: bool) -> EndedCallView:
    """What is to be shown of a call that is over; with `full` the whole number."""
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
        queue=ended.queue,
        agent=ended.agent,
        path=ended.path,
        rules=ended.rules,
    )
