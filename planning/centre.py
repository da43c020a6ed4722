"""A call centre in virtual time: the core decides, and the people react to what it decides.

People act on commands and records alone, as phones and desktops do in life; the floor is never looked into. How they act
(when a phone is taken, how long a talk lasts, when patience ends) is `People`'s to say: drawn in a simulation, remembered in a
replay.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from acd import events as ev
from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt, WithdrawOffer
from acd.core import Outcome
from acd.model import CallId, OfferId, OfferOutcome, QueueId
from acd.ports import Journal
from acd.records import AgentChanged, CallAnswered, CallEnded, QueueEntered, Record, TalkFinished
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import AgentState
from planning.recorded import SYSTEM_REASONS
from planning.virtual import VirtualFloor

__all__ = ["Caller", "Centre", "People", "Ring"]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who rings and asks for a queue."""

    call: CallId
    number: str
    queue: QueueId
    priority: int = 0
    require: dict[str, int] = {}
    """Skills his menu choice asks for, with the least level."""
    attributes: dict[str, str] = {}
    did: str = ""


class Ring(msgspec.Struct, frozen=True):
    """What comes of a ringing phone: so many seconds later it is answered, or `missed` in this way."""

    after_s: float
    missed: OfferOutcome | None = None


class People(Protocol):
    """How callers and agents behave. Each is asked once a moment: an offer, a talk, a wrap-up, a caller."""

    def ring(self, offer: OfferCall) -> Ring: ...

    def talk_s(self, answered: CallAnswered) -> float: ...

    def wrap_up_s(self, talk: TalkFinished) -> float | None:
        """When the agent ends his paperwork by himself; None: he takes all the time the queue gives him."""
        ...

    def patience_s(self, entered: QueueEntered) -> float:
        """How long the caller waits in all, from his first queue on; infinite: he never gives up."""
        ...

    def back_after_s(self, agent: AgentId, reason: str) -> float:
        """How long he stays away who was set not ready: because he took no calls, or because his queue wants him to say
        after each call that he is ready again."""
        ...


class Centre:
    """Callers and agents around one virtual floor. `sink` is given every step's records, first of all."""

    def __init__(
        self,
        rules: Rules,
        people: People,
        start: float,
        sink: Callable[[Sequence[Record]], None] | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._people = people
        self._sink = sink
        self._waiting: set[CallId] = set()
        self._ringing: set[OfferId] = set()
        self._set_aside: dict[AgentId, float] = {}
        self._react: dict[type, Callable[[Any], None]] = {
            AgentChanged: self._changed,
            QueueEntered: self._entered,
            CallAnswered: self._answered,
            TalkFinished: self._talk_finished,
            CallEnded: self._ended,
        }
        self._obey: dict[type, Callable[[Any], None]] = {
            OfferCall: self._offered,
            WithdrawOffer: self._withdrawn,
            EndCall: self._told_to_end,
            GoToNode: self._sent_to_node,
            PlayPrompt: _hears,
        }
        self.floor = VirtualFloor(rules, start, self._listen, journal)

    @property
    def now(self) -> float:
        return self.floor.now

    def arrive(self, caller: Caller) -> None:
        """He rings and is put into his queue at once."""
        tell = self.floor.tell
        tell(
            ev.CallArrived(
                call=caller.call, channel="", number=caller.number, did=caller.did, attributes=caller.attributes
            )
        )
        tell(ev.CallQueued(call=caller.call, queue=caller.queue, priority=caller.priority, require=caller.require))

    def agent(self, event: ev.Event) -> None:
        """Somebody comes, goes, or takes a break."""
        self.floor.tell(event)

    def _listen(self, outcome: Outcome) -> None:
        records = outcome.records
        if self._sink is not None and records:
            self._sink(records)
        react = self._react
        for record in records:
            if (reaction := react.get(type(record))) is not None:
                reaction(record)
        for command in outcome.commands:
            self._obey[type(command)](command)

    # --- callers ------------------------------------------------------------------------------------------------------

    def _entered(self, record: QueueEntered) -> None:
        if record.segment > 1:
            return
        patience_s = self._people.patience_s(record)
        if patience_s < math.inf:
            self._waiting.add(record.call)
            self.floor.later(record.at + patience_s, self._loses_patience, record.call)

    def _loses_patience(self, call: CallId) -> None:
        if call in self._waiting:
            self.floor.tell(ev.CallLeftByCaller(call=call))

    def _told_to_end(self, command: EndCall) -> None:
        self.floor.tell(ev.CallClosed(call=command.call, reason=command.reason))

    def _sent_to_node(self, command: GoToNode) -> None:
        """Back in the menu, where nobody knows what he would choose: for planning the call ends there."""
        self.floor.tell(ev.CallClosed(call=command.call, reason=f"node {command.node}"))

    def _ended(self, record: CallEnded) -> None:
        self._waiting.discard(record.call)

    # --- agents -------------------------------------------------------------------------------------------------------

    def _offered(self, command: OfferCall) -> None:
        ring = self._people.ring(command)
        offer = command.offer
        if ring.missed is not None:
            self._ringing.add(offer)
            self.floor.later(self.now + ring.after_s, self._misses, (offer, ring.missed))
        elif ring.after_s > 0.0:
            self._ringing.add(offer)
            self.floor.later(self.now + ring.after_s, self._answers, offer)
        else:
            self.floor.tell(ev.OfferAnswered(offer=offer))

    def _withdrawn(self, command: WithdrawOffer) -> None:
        self._ringing.discard(command.offer)

    def _answers(self, offer: OfferId) -> None:
        if offer in self._ringing:
            self._ringing.remove(offer)
            self.floor.tell(ev.OfferAnswered(offer=offer))

    def _misses(self, missed: tuple[OfferId, OfferOutcome]) -> None:
        offer, outcome = missed
        if offer in self._ringing:
            self._ringing.remove(offer)
            self.floor.tell(ev.OfferFailed(offer=offer, outcome=outcome))

    def _answered(self, record: CallAnswered) -> None:
        self._waiting.discard(record.call)
        self.floor.later(record.at + self._people.talk_s(record), self._hangs_up, record.call)

    def _hangs_up(self, call: CallId) -> None:
        """The end of the caller's leg ends the talk: one event says both."""
        self.floor.tell(ev.CallLeftByCaller(call=call))

    def _talk_finished(self, record: TalkFinished) -> None:
        wrap_up_s = self._people.wrap_up_s(record)
        if wrap_up_s is not None:
            self.floor.later(record.ended_at + wrap_up_s, self._wrap_up_done, record.agent)

    def _wrap_up_done(self, agent: AgentId) -> None:
        """Refused when his time was over before: then nothing is lost."""
        self.floor.tell(ev.WrapUpDone(agent=agent))

    def _changed(self, record: AgentChanged) -> None:
        """Whom the core set not ready comes back by himself, unless something else became of him meanwhile."""
        if record.reason in SYSTEM_REASONS and record.state is AgentState.NOT_READY:
            if record.agent not in self._set_aside:
                self._set_aside[record.agent] = record.at
                back_at = record.at + self._people.back_after_s(record.agent, record.reason)
                self.floor.later(back_at, self._comes_back, (record.agent, record.at))
        elif self._set_aside:
            self._set_aside.pop(record.agent, None)

    def _comes_back(self, aside: tuple[AgentId, float]) -> None:
        agent, since = aside
        if self._set_aside.get(agent) == since:
            self.floor.tell(ev.AgentReady(agent=agent))


def _hears(command: PlayPrompt) -> None:
    """A prompt while he waits changes nothing."""
