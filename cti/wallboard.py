"""What a wallboard shows: agents, queues with those who wait, the site. Pure: values made from the floor and the day's counts.

Everything here may hang on a wall: callers' numbers are always masked, their names are left out. Durations are not sent but
when they began, so that a screen ticks by itself and a frame stays true. Times are seconds since the epoch.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from acd.doors import closed_by
from acd.floor import FREE, Floor
from acd.model import IN_QUEUE, Agent, Call, CallState, QueueId
from agents.roster import AgentId
from agents.state import AgentState
from cti.alarms import Alarm
from cti.masking import mask_number
from cti.views import agents_by_state
from metrics.definitions import FIGURES, AgentTimes, Band, QueueCounts, Sums

__all__ = [
    "CALLERS_SHOWN",
    "Today",
    "WallAgent",
    "WallCaller",
    "WallFrame",
    "WallQueue",
    "WallSettings",
    "WallSite",
    "wall_agent",
    "wall_queues",
    "wall_site",
]

CALLERS_SHOWN: Final = 12
"""Of each queue, those who have waited longest; how many there are is always said."""


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """The callers since midnight. Shares run from 0 to 1; None: no data yet."""

    offered: int
    answered: int
    abandoned: int
    """Without the short abandons."""
    short_abandoned: int
    service_level: float | None
    asa: float | None
    """Seconds."""
    abandon_rate: float | None

    @classmethod
    def of(cls, counts: QueueCounts) -> "Today":
        """By the figures' own definitions."""
        sums = Sums(counts, AgentTimes())
        return cls(
            offered=counts.offered,
            answered=counts.answered,
            abandoned=counts.abandoned,
            short_abandoned=counts.short_abandoned,
            service_level=FIGURES["service_level"].of(sums),
            asa=FIGURES["asa"].of(sums),
            abandon_rate=FIGURES["abandon_rate"].of(sums),
        )


class WallAgent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An agent as he is now."""

    agent: AgentId
    name: str
    queues: tuple[QueueId, ...]
    state: AgentState
    since: float
    reason: str = ""
    """Why he is not ready."""
    queue: QueueId | None = None
    """Of the call he is offered, has, or is wrapping up."""
    overrun: bool = False
    """His break lasts longer than his group's rule allows."""


class WallCaller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Someone who waits."""

    call: str
    number: str
    """Masked."""
    since: float
    """When he began to wait at all, in whatever queue."""
    vip: int = 0
    position: int | None = None
    """1: next in his queue; None: he stands in no line at this moment."""
    ringing: bool = False
    """An agent's phone rings for him."""


class WallQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue as it is now, and its day."""

    queue: QueueId
    names: Mapping[str, str]
    waiting: int
    """Callers without an agent yet, those for whom a phone is ringing too."""
    waiting_since: float | None
    """Since when the one waits who has waited longest in this queue."""
    callers: tuple[WallCaller, ...]
    callbacks: int
    """Customers who are to be called back; not among those who wait."""
    agents: Mapping[str, int]
    """Agents who serve it, by state."""
    free: int
    """Of those who are ready, the ones whose phone can ring."""
    closed_by: tuple[str, ...]
    """What keeps it closed: "hours", "hand", "emergency"."""
    target: float
    within_s: float
    """Its service level: this share answered within so many seconds."""
    today: Today


class WallSite(msgspec.Struct, frozen=True, kw_only=True):
    """The whole site: each call and each agent once."""

    waiting: int
    waiting_since: float | None
    callbacks: int
    agents: Mapping[str, int]
    today: Today


class WallSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules and the configuration say, sent with each snapshot."""

    site: str
    zone: str
    """Its time zone, by IANA's name: a screen shows the site's clock."""
    bands: Mapping[str, Band]
    """The targets of the figures that are shown, by figure."""
    longest_wait_s: float
    reasons: Mapping[str, Mapping[str, str]]
    """Not-ready reason -> language -> what people call it."""


class WallFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What changed; in a snapshot everything, and in a `tick` nothing: it says that the numbers on the screen hold."""

    type: str
    """snapshot | wall | tick"""
    seq: int
    at: float
    settings: WallSettings | None = None
    agents: tuple[WallAgent, ...] = ()
    queues: tuple[WallQueue, ...] = ()
    site: WallSite | None = None
    alarms: tuple[Alarm, ...] | None = None
    """All there are, if any came, went or changed."""


def wall_agent(floor: Floor, agent: Agent) -> WallAgent:
    """What is shown of an agent."""
    settings = floor.rules.agents[agent.id]
    return WallAgent(
        agent=agent.id,
        name=settings.name,
        queues=settings.queues,
        state=agent.state,
        since=agent.since,
        reason=agent.reason,
        queue=agent.queue,
        overrun=agent.overrun,
    )


def wall_queues(floor: Floor, queues: Iterable[QueueId], day: Mapping[QueueId | None, QueueCounts]) -> list[WallQueue]:
    """What is shown of these queues, whose callers since midnight are in `day`."""
    waiting: dict[QueueId, list[Call]] = defaultdict(list)
    for call in _waiting(floor):
        assert call.queue is not None
        waiting[call.queue].append(call)
    return [_wall_queue(floor, queue, waiting[queue], day[queue]) for queue in queues if queue in floor.rules.queues]


def wall_site(floor: Floor, counts: QueueCounts) -> WallSite:
    """What is shown of the site."""
    waiting = [call.queued_at for call in _waiting(floor)]
    agents = dict.fromkeys((str(state) for state in AgentState), 0)
    for agent in floor.agents.values():
        agents[agent.state] += 1
    return WallSite(
        waiting=len(waiting),
        waiting_since=min(waiting, default=None),
        callbacks=len(floor.callbacks),
        agents=agents,
        today=Today.of(counts),
    )


def _waiting(floor: Floor) -> Iterable[Call]:
    return (call for call in floor.calls.values() if call.queue is not None and call.state in IN_QUEUE and call.has_leg)


def _wall_queue(floor: Floor, queue: QueueId, waiting: list[Call], counts: QueueCounts) -> WallQueue:
    rules = floor.rules.queues[queue]
    shown = sorted(waiting, key=lambda call: call.queued_at)[:CALLERS_SHOWN]
    return WallQueue(
        queue=queue,
        names=rules.names,
        waiting=len(waiting),
        waiting_since=min((call.segment_at for call in waiting), default=None),
        callers=tuple(_wall_caller(floor, call) for call in shown),
        callbacks=sum(one.queue == queue for one in floor.callbacks.values()),
        agents=agents_by_state(floor.standings[queue]),
        free=floor.standings[queue].get(FREE, 0),
        closed_by=closed_by(floor, queue),
        target=rules.service_level.target,
        within_s=rules.service_level.within_s,
        today=Today.of(counts),
    )


def _wall_caller(floor: Floor, call: Call) -> WallCaller:
    assert call.queue is not None
    return WallCaller(
        call=call.id,
        number=mask_number(call.number),
        since=call.queued_at,
        vip=call.vip,
        position=floor.position(call) if call.id in floor.waiting[call.queue] else None,
        ringing=call.state is CallState.OFFERED,
    )
