"""The screen-pop hub: from the core's records to the desktop of each agent, in order, with what a desktop missed.

It is a record sink and runs within the runner's turn, before the commands go out: the desktop is told before the phone rings.

Sequence numbers are an agent's own and begin at the milliseconds of the hub's start, so that those of a later engine process
are higher than all before it, and a desktop may come back with a number of the old one.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from acd.model import CallId, OfferId, OfferOutcome
from acd.records import AgentChanged, CallAnswered, CallEnded, OfferEnded, OfferMade, Record, TalkFinished
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import AgentState
from cti.feed import Feed
from cti.pops import (
    AgentEvent,
    Pop,
    PopEvent,
    PopState,
    Snapshot,
    encode,
    pop_answered,
    pop_ended,
    pop_offered,
    pop_restored,
    pop_withdrawn,
)
from cti.views import agent_view

__all__ = ["KEPT_EVENTS", "PopHub"]

KEPT_EVENTS: Final = 32
"""Pop events kept for each agent to be sent again: eight calls or more."""
NOT_REACHED: Final = "customer_not_reached"
_OVER: Final = (PopState.WITHDRAWN, PopState.ENDED)


class _Stream:
    """One agent's events: the last number given, the last pop events, who listens."""

    __slots__ = ("feeds", "forgotten", "kept", "seq")

    def __init__(self, seq: int) -> None:
        self.seq = self.forgotten = seq
        """`forgotten`: the highest number that can no longer be sent again."""
        self.kept: deque[PopEvent] = deque()
        self.feeds: set[Feed] = set()

    def keep(self, event: PopEvent) -> None:
        self.kept.append(event)
        if len(self.kept) > KEPT_EVENTS:
            self.forgotten = self.kept.popleft().seq

    def missed(self, after: int) -> tuple[list[PopEvent], bool]:
        """Kept events above `after`, and whether others are gone."""
        gap = after < self.forgotten or after > self.seq
        return [event for event in self.kept if event.seq > after], gap


class PopHub:
    """Pops of all agents. `listeners` hear each pop event with its whole number (webhooks); they may not block."""

    def __init__(self, runner: Runner) -> None:
        self.listeners: list[Callable[[PopEvent], None]] = []
        self._runner = runner
        self._first_seq = int(runner.now() * 1000)
        self._streams: dict[AgentId, _Stream] = {}
        self._live: dict[OfferId, Pop] = {}
        self._last_ended: dict[AgentId, Pop] = {}

    def restore(self) -> None:
        """Take over the offers a recovered floor holds: call it once, before the first event is told."""
        floor = self._runner.floor
        self._live = {offer.id: pop_restored(floor, offer) for offer in floor.offers.values()}

    def __call__(self, records: Sequence[Record], now: float) -> None:
        """Take in what became true in one step."""
        changed: dict[AgentId, None] = {}
        for record in records:
            if isinstance(record, AgentChanged):
                changed[record.agent] = None
            else:
                pop = self._next(record)
                if pop is not None:
                    self._publish(pop, now)
        for agent in changed:
            self._publish_agent(agent, now)

    @contextmanager
    def feed(self, agent: AgentId, *, full: bool, after: int | None = None) -> Iterator[Feed]:
        """A feed of this agent's events; it begins with a snapshot and what was missed since `after`."""
        stream = self._stream(agent)
        feed = Feed(full=full)
        missed, gap = stream.missed(after) if after is not None else ([], False)
        feed.put(encode(self._snapshot(agent, stream, gap), full=full))
        for event in missed:
            feed.put(encode(event, full=full))
        stream.feeds.add(feed)
        try:
            yield feed
        finally:
            stream.feeds.discard(feed)

    def close(self) -> None:
        """Send the desktops away; the engine stops."""
        for stream in self._streams.values():
            for feed in stream.feeds:
                feed.close()

    def _snapshot(self, agent: AgentId, stream: _Stream, gap: bool) -> Snapshot:
        floor = self._runner.floor
        live = floor.agents[agent]
        pops = [pop for pop in self._live.values() if pop.agent == agent]
        if live.state is AgentState.WRAP_UP and agent in self._last_ended:
            pops.append(self._last_ended[agent])  # the call whose paperwork he is doing
        return Snapshot(seq=stream.seq, at=self._runner.now(), agent=agent_view(floor, live), pops=tuple(pops), gap=gap)

    def _next(self, record: Record) -> Pop | None:  # noqa: PLR0911 - one line a kind of record
        """The pop this record brings about, if any."""
        match record:
            case OfferMade():
                return pop_offered(self._runner.floor, record)
            case OfferEnded(outcome=OfferOutcome.ACCEPTED):
                return None
            case OfferEnded() if pop := self._live.get(record.offer):
                return pop_withdrawn(pop, record)
            case CallAnswered() if pop := self._live.get(record.offer):
                return pop_answered(self._runner.floor, pop, record)
            case TalkFinished() if pop := self._live.get(record.offer):
                return pop_ended(pop, record)
            case CallEnded(callback=str()) if pop := self._of_call(record.call):
                ended_at = record.ended_at
                return msgspec.structs.replace(pop, state=PopState.WITHDRAWN, reason=NOT_REACHED, ended_at=ended_at)
            case _:
                return None

    def _of_call(self, call: CallId) -> Pop | None:
        """The pop of an agent who was to call a customer and did not reach him."""
        return next((pop for pop in self._live.values() if pop.call == call), None)

    def _publish(self, pop: Pop, now: float) -> None:
        if pop.state in _OVER:
            self._live.pop(pop.id, None)
            if pop.state is PopState.ENDED:
                self._last_ended[pop.agent] = pop
        else:
            self._live[pop.id] = pop
        stream = self._stream(pop.agent)
        stream.seq += 1
        event = PopEvent(type=pop.state, seq=stream.seq, at=now, pop=pop)
        stream.keep(event)
        _send(stream, event)
        for listener in self.listeners:
            listener(event)

    def _publish_agent(self, agent: AgentId, now: float) -> None:
        """Agents' states are not kept to be sent again: the snapshot has them."""
        stream = self._streams.get(agent)
        if stream is None or not stream.feeds:
            return
        floor = self._runner.floor
        stream.seq += 1
        _send(stream, AgentEvent(seq=stream.seq, at=now, agent=agent_view(floor, floor.agents[agent])))

    def _stream(self, agent: AgentId) -> _Stream:
        return self._streams.setdefault(agent, _Stream(self._first_seq))


def _send(stream: _Stream, event: PopEvent | AgentEvent) -> None:
    for full in (False, True):
        readers = [feed for feed in stream.feeds if feed.full is full]
        if readers:
            frame = encode(event, full=full)
            for feed in readers:
                feed.put(frame)
