"""From the events of a floor and the records they led to: the day as it was, in the form a replay starts from. Pure.

What an agent did of his own accord is told from what the core did to him: `AgentReady` in the wrap-up only ends it early, and
`AgentReady` after he was set not ready for missed calls is how long that kept him away; neither belongs to his plan of the day.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

from acd import events as ev
from acd.model import CallId, Disposition
from acd.records import (
    AgentChanged,
    AgentInterval,
    CallAnswered,
    CallEnded,
    OfferEnded,
    QueueLeft,
    Record,
    TalkFinished,
)
from agents.roster import AgentId
from agents.state import ON_CALL, AgentState, PhoneState
from planning.recorded import SYSTEM_REASONS, LeftOut, RecordedCall, RecordedDay, Rung

__all__ = ["Witness"]

BY_HAND = (ev.WrapUpDone, ev.AgentReady)
SIGHT: dict[type, ev.LinkLost | ev.LinkRegained] = {
    ev.LinkLost: ev.LinkLost(),
    ev.EngineStarted: ev.LinkLost(),
    ev.LinkRegained: ev.LinkRegained(),
}
"""When nothing could be offered. A new engine is blind until it is linked; callers' legs are taken to be where they were."""
WISHES = (ev.AgentNotReady, ev.AgentLoggedOut)
DOORS = (ev.QueueClosed, ev.QueueOpened, ev.EmergencyDeclared, ev.EmergencyLifted)
PLANS = frozenset({*SIGHT, *WISHES, *DOORS, ev.AgentLoggedIn, ev.AgentReady, ev.PhoneChanged})
AboutCaller = (
    ev.CallArrived | ev.CallQueued | ev.CallMoved | ev.CallIdentified | ev.CallRaised | ev.CallAssigned | ev.CallSent
)
OF_CALLERS = frozenset(get_args(AboutCaller))


class Witness:
    """Looks on from the first event to the last; what lies before `since` or after `until` only shows how the day begins.
    `before`: agents as they were when the first event was told."""

    def __init__(self, since: float, until: float, before: Iterable[AgentChanged] = ()) -> None:
        self.day = RecordedDay(since=since, until=until)
        self._agents: dict[AgentId, AgentChanged] = {changed.agent: changed for changed in before}
        self._calls: dict[CallId, RecordedCall] = {}
        self._wrapping: dict[AgentId, CallId] = {}
        self._wished: set[AgentId] = set()
        self._away_since: dict[AgentId, tuple[float, str]] = {}
        self._begun = False
        self._linked = True
        self._notes: dict[type, Callable[[Any, ev.Event], None]] = {
            AgentChanged: self._changed,
            AgentInterval: self._wrapped_up,
            OfferEnded: self._offer_ended,
            CallAnswered: self._answered,
            TalkFinished: self._talked,
            QueueLeft: self._left,
            CallEnded: self._ended,
        }

    def take(self, event: ev.Event, at: float, records: Sequence[Record], *, refused: bool = False) -> None:
        """One event and what it led to; in order."""
        if self.day.since <= at < self.day.until:
            self._begin()
            if refused:
                self.day.leave_out(LeftOut.REFUSED)
            elif type(event) in OF_CALLERS:
                self._caller(event, at)  # type: ignore[arg-type]
            elif type(event) in PLANS:
                self._plan(event, at, records)
        elif (seen := SIGHT.get(type(event))) is not None:
            self._linked = isinstance(seen, ev.LinkRegained)
        for record in records:
            note = self._notes.get(type(record))
            if note is not None:
                note(record, event)

    def finish(self) -> RecordedDay:
        """The day; calls that were still going on are part of it, with what is known of them."""
        self._begin()
        self.day.calls = [call for call in self._calls.values() if self.day.since <= call.at < self.day.until]
        unfinished = sum(1 for call in self.day.calls if call.answered_by and call.talk_s is None)
        if unfinished:
            self.day.leave_out(LeftOut.TALK_ENDS, unfinished)
        return self.day

    def _begin(self) -> None:
        """Agents who were at work before come to work first of all."""
        if self._begun:
            return
        self._begun = True
        at, tell = self.day.since, self.day.doings.append
        if not self._linked:
            tell((at, ev.LinkLost()))
        for changed in self._agents.values():
            tell((at, ev.PhoneChanged(agent=changed.agent, phone=_phone(changed))))
            if changed.state is AgentState.OFFLINE:
                continue
            tell((at, ev.AgentLoggedIn(agent=changed.agent)))
            if changed.state is AgentState.NOT_READY:
                tell((at, ev.AgentNotReady(agent=changed.agent, reason=changed.reason)))
            else:
                tell((at, ev.AgentReady(agent=changed.agent)))

    # --- what agents plan ---------------------------------------------------------------------------------------------

    def _plan(self, event: ev.Event, at: float, records: Sequence[Record]) -> None:
        if (seen := SIGHT.get(type(event))) is not None:
            self.day.doings.append((at, seen))
        elif isinstance(event, ev.PhoneChanged):
            if any(isinstance(record, AgentChanged) and record.agent == event.agent for record in records):
                self.day.doings.append((at, event))
        elif isinstance(event, DOORS):
            self.day.doings.append((at, event))
        elif isinstance(event, ev.AgentReady):
            self._ready(event, at)
        elif isinstance(event, (ev.AgentLoggedIn, *WISHES)):
            self.day.doings.append((at, event))
            self._away_since.pop(event.agent, None)
            if isinstance(event, WISHES) and self._state(event.agent) in (*ON_CALL, AgentState.WRAP_UP):
                self._wished.add(event.agent)

    def _ready(self, event: ev.AgentReady, at: float) -> None:
        away_since = self._away_since.pop(event.agent, None)
        if away_since is not None:
            since, reason = away_since
            self.day.returns_s.setdefault(reason, []).append(at - since)
        elif event.agent in self._wished or self._state(event.agent) is AgentState.NOT_READY:
            self._wished.discard(event.agent)
            self.day.doings.append((at, event))

    def _state(self, agent: AgentId) -> AgentState:
        known = self._agents.get(agent)
        return known.state if known else AgentState.OFFLINE

    # --- what became of callers ---------------------------------------------------------------------------------------

    def _caller(self, event: AboutCaller, at: float) -> None:
        call = self._calls.get(event.call)
        if isinstance(event, ev.CallArrived):
            if call is None:
                self._calls[event.call] = RecordedCall(at=at, arrived=event)
        elif call is None:
            return
        elif isinstance(event, ev.CallQueued):
            if call.queued is None:
                call.queued, call.queued_at = event, at
        else:
            call.along.append((at, event))

    def _answered(self, record: CallAnswered, event: ev.Event) -> None:
        if (call := self._calls.get(record.call)) is not None:
            call.answered_by, call.waited_s = record.agent, record.total_wait_s

    def _talked(self, record: TalkFinished, event: ev.Event) -> None:
        self._wrapping[record.agent] = record.call
        if (call := self._calls.get(record.call)) is not None:
            call.talk_s = record.talk_s

    def _left(self, record: QueueLeft, event: ev.Event) -> None:
        call = self._calls.get(record.call)
        if call is not None and record.how != "answered":
            call.waited_s = record.left_at - call.queued_at
            call.gave_up = record.how in ("abandoned", "short_abandon")

    def _ended(self, record: CallEnded, event: ev.Event) -> None:
        call = self._calls.get(record.call)
        if call is not None and call.queue is None:
            call.left_ivr_at = record.ended_at
            call.closed = record.disposition is Disposition.COMPLETED_IVR

    def _changed(self, record: AgentChanged, event: ev.Event) -> None:
        self._agents[record.agent] = record
        if record.state not in (*ON_CALL, AgentState.WRAP_UP):
            self._wished.discard(record.agent)
        if record.state is AgentState.NOT_READY and record.reason in SYSTEM_REASONS:
            self._away_since.setdefault(record.agent, (record.at, record.reason))

    def _wrapped_up(self, record: AgentInterval, event: ev.Event) -> None:
        if record.state is not AgentState.WRAP_UP:
            return
        call = self._calls.get(self._wrapping.pop(record.agent, CallId("")))
        if call is not None and isinstance(event, BY_HAND) and event.agent == record.agent:
            call.wrap_up_s = record.ended_at - record.started_at

    def _offer_ended(self, record: OfferEnded, event: ev.Event) -> None:
        call = self._calls.get(record.call)
        if call is None:
            return
        rung = Rung(record.ended_at - record.made_at, record.outcome)
        call.rung.setdefault(record.agent, []).append(rung)


def _phone(changed: AgentChanged) -> PhoneState:
    """In the middle of a call of ours the phone is as good as free: it will be."""
    return PhoneState.IDLE if changed.state in ON_CALL else changed.phone
