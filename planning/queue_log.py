"""A day from Asterisk's queue_log: what `app_queue` wrote down, as far as it goes. Pure: lines in, a recorded day out.

What it cannot say, and what is done about it:

- Times are whole seconds: waits are right to a second.
- Wrap-up is not in it: recorded idle time contains it, and a replay gives each call the rules' whole wrap-up.
- Members that stand in queues.conf never log in: such an agent is taken to be at work from his first sign to his last.
- A COMPLETE* may be lost: the talk then has no length, and the agent is free when he is seen again.
- A pause is of one queue: an agent is not ready when no queue of his is left.
- Neither the menu nor phones are in it, and how a caller's priority came about is not either: the rules' own count.
- A transferred call that is put into a queue again is a new call.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import msgspec

from acd import events as ev
from acd.model import CallId, CallState, Disposition, OfferId, OfferOutcome, QueueId
from acd.records import (
    AgentInterval,
    CallAnswered,
    CallEnded,
    CallOpened,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    Record,
    TalkFinished,
)
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from metrics.queue_log import LogLine, Names
from metrics.queue_log.lines import TALK_FIELD
from metrics.queue_log.lines import UNSERVED as LEAVES_UNSERVED
from planning.recorded import LeftOut, RecordedCall, RecordedDay, Rung

__all__ = ["QueueLogDay", "read_queue_log"]

UNSERVED: Final = (*LEAVES_UNSERVED, "SYSCOMPAT")
SIGNS: Final = ("CONNECT", "RINGNOANSWER", "RINGCANCELED", *TALK_FIELD)
"""What only happens to an agent who is at work."""


class QueueLogDay(msgspec.Struct):
    """The day, and records like those the core would have made, for counting."""

    day: RecordedDay
    records: list[Record]


def read_queue_log(lines: Iterable[LogLine], rules: Rules, since: float, until: float) -> QueueLogDay:
    """What lies between two moments, in file order. Agents are told by id, by `agent-<id>` with or without technology, or by
    their configured name."""
    reader = _Reader(rules, since, until)
    for line in lines:
        if since <= line.at < until:
            reader.take(line)
    return reader.finish()


class _Stay(msgspec.Struct):
    """A caller between ENTERQUEUE and the end of his call."""

    call: RecordedCall
    queue: QueueId
    entered_at: float
    segment: int = 1
    answered_at: float | None = None
    left_at: float | None = None
    """He left his queue unserved; nothing tells whether he was put into another, until he is."""


class _Reader:
    def __init__(self, rules: Rules, since: float, until: float) -> None:
        self.day = RecordedDay(since=since, until=until)
        self._rules = rules
        self._names = Names(rules)
        self._stays: dict[str, _Stay] = {}
        self._again: dict[str, int] = {}
        self._records: list[tuple[float, Record]] = []
        self._duties: dict[AgentId, _Duty] = {}

    def take(self, line: LogLine) -> None:
        agent = self._names(line.agent) if line.agent not in ("", "NONE") else None
        if agent is not None:
            self._doings(line, agent)
        stay = self._stays.get(line.call)
        if line.event == "ENTERQUEUE":
            self._enters(line, stay)
        elif stay is not None:
            self._goes_on(line, stay, agent)
        elif line.event in SIGNS or line.event == "ABANDON":
            self.day.leave_out(LeftOut.FROM_BEFORE)

    def finish(self) -> QueueLogDay:
        for stay in self._stays.values():
            if stay.left_at is not None:
                self._ends(stay.left_at, stay, Disposition.OVERFLOWED)
            elif stay.answered_at is not None:
                self.day.leave_out(LeftOut.TALK_ENDS)
        for agent, duty in self._duties.items():
            if not duty.told:
                self.day.leave_out(LeftOut.NO_LOG_IN)
            self.day.doings += duty.doings(agent)
            self._records += [(record.ended_at, record) for record in duty.intervals(agent, self.day.until)]
        self.day.doings.sort(key=lambda doing: doing[0])
        self.day.calls.sort(key=lambda call: call.at)
        self._records.sort(key=lambda entry: entry[0])
        return QueueLogDay(self.day, [record for _, record in self._records])

    # --- callers ------------------------------------------------------------------------------------------------------

    def _tell(self, at: float, record: Record) -> None:
        self._records.append((at, record))

    def _enters(self, line: LogLine, stay: _Stay | None) -> None:
        queue = QueueId(line.queue)
        if stay is not None and stay.answered_at is None:  # he left his queue for another one
            stay.queue, stay.entered_at, stay.segment, stay.left_at = queue, line.at, stay.segment + 1, None
        else:
            again = self._again[line.call] = self._again.get(line.call, 0) + 1
            name = CallId(line.call if again == 1 else f"{line.call}#{again}")
            number = line.data[1] if len(line.data) > 1 else ""
            call = RecordedCall(
                at=line.at,
                arrived=ev.CallArrived(call=name, channel="", number=number, did=""),
                queued=ev.CallQueued(call=name, queue=queue),
                queued_at=line.at,
            )
            self.day.calls.append(call)
            stay = self._stays[line.call] = _Stay(call, queue, line.at)
            vip = self._rules.caller(number).vip
            self._tell(
                line.at,
                CallOpened(call=name, at=line.at, number=number, name="", did="", vip=vip, rules=""),
            )
        self._tell(
            line.at,
            QueueEntered(call=stay.call.call, segment=stay.segment, queue=queue, at=line.at, priority=0, vip=0),
        )

    def _goes_on(self, line: LogLine, stay: _Stay, agent: AgentId | None) -> None:
        call = stay.call
        if line.event == "CONNECT" and agent is not None:
            self._connected(line, stay, agent)
        elif line.event in TALK_FIELD and agent is not None and stay.answered_at is not None:
            self._talked(line, stay, agent)
        elif line.event == "ABANDON":
            call.gave_up, call.waited_s = True, line.at - call.queued_at
            short = line.at - stay.entered_at <= self._short_s(stay.queue)
            self._leaves(line.at, stay, "short_abandon" if short else "abandoned")
            self._ends(line.at, stay, Disposition.ABANDONED_WAITING)
            del self._stays[line.call]
        elif line.event in UNSERVED:
            call.waited_s, stay.left_at = line.at - call.queued_at, line.at
            self._leaves(line.at, stay, "overflowed")
        elif line.event == "RINGNOANSWER" and agent is not None:
            self._offer(line.at, stay, agent, (line.seconds(0) or 0.0) / 1000, OfferOutcome.NO_ANSWER)
        elif line.event == "RINGCANCELED" and agent is not None:
            self._offer(line.at, stay, agent, (line.seconds(0) or 0.0) / 1000, OfferOutcome.WITHDRAWN)

    def _short_s(self, queue: QueueId) -> float:
        found = self._rules.queues.get(queue)
        return found.short_abandon_s if found else 0.0

    def _within_s(self, queue: QueueId) -> float:
        found = self._rules.queues.get(queue)
        return found.service_level.within_s if found else 20.0

    def _connected(self, line: LogLine, stay: _Stay, agent: AgentId) -> None:
        call, ring_s = stay.call, line.seconds(2) or 0.0
        call.answered_by, call.waited_s = agent, line.at - call.queued_at
        stay.answered_at = line.at
        self._offer(line.at, stay, agent, ring_s, OfferOutcome.ACCEPTED)
        wait_s = line.at - stay.entered_at
        self._tell(
            line.at,
            CallAnswered(
                call=call.call,
                segment=stay.segment,
                queue=stay.queue,
                agent=agent,
                offer=OfferId(f"{call.call}-{agent}"),
                at=line.at,
                wait_s=wait_s,
                total_wait_s=call.waited_s,
                in_service_level=wait_s <= self._within_s(stay.queue),
            ),
        )
        self._leaves(line.at, stay, "answered")

    def _offer(self, at: float, stay: _Stay, agent: AgentId, ring_s: float, outcome: OfferOutcome) -> None:
        call, offer, made_at = stay.call, OfferId(f"{stay.call.call}-{agent}"), at - ring_s
        call.rung.setdefault(agent, []).append(Rung(ring_s, outcome))
        made = OfferMade(
            offer=offer,
            call=call.call,
            segment=stay.segment,
            queue=stay.queue,
            agent=agent,
            at=made_at,
            number=call.arrived.number,
            name="",
            did="",
            wait_s=made_at - call.queued_at,
            path=(),
            vip=0,
            last_agent=None,
            last_contact_at=None,
            reasons=(),
        )
        self._tell(at, made)
        self._tell(
            at,
            OfferEnded(
                offer=offer,
                call=call.call,
                segment=stay.segment,
                queue=stay.queue,
                agent=agent,
                made_at=made_at,
                rang_at=None,
                ended_at=at,
                outcome=outcome,
            ),
        )

    def _talked(self, line: LogLine, stay: _Stay, agent: AgentId) -> None:
        assert stay.answered_at is not None
        talk_s = line.seconds(TALK_FIELD[line.event])
        if talk_s is None:
            talk_s = line.at - stay.answered_at
        stay.call.talk_s = talk_s
        self._duties[agent].talks.append((stay.answered_at, stay.answered_at + talk_s, stay.queue))
        self._tell(
            line.at,
            TalkFinished(
                offer=OfferId(f"{stay.call.call}-{agent}"),
                call=stay.call.call,
                segment=stay.segment,
                queue=stay.queue,
                agent=agent,
                answered_at=stay.answered_at,
                ended_at=stay.answered_at + talk_s,
                talk_s=talk_s,
                hold_s=0.0,
            ),
        )
        self._ends(line.at, stay, Disposition.SERVED)
        del self._stays[line.call]

    def _leaves(self, at: float, stay: _Stay, how: str) -> None:
        self._tell(
            at,
            QueueLeft(
                call=stay.call.call,
                segment=stay.segment,
                queue=stay.queue,
                entered_at=stay.entered_at,
                left_at=at,
                wait_s=at - stay.entered_at,
                how=how,
                phase="waiting",
            ),
        )

    def _ends(self, at: float, stay: _Stay, disposition: Disposition) -> None:
        call = stay.call
        self._tell(
            at,
            CallEnded(
                call=call.call,
                opened_at=call.at,
                ended_at=at,
                number=call.arrived.number,
                name="",
                did="",
                vip=0,
                disposition=disposition,
                left_in=CallState.TALKING if disposition is Disposition.SERVED else CallState.WAITING,
                ended_by="caller",
                queue=stay.queue,
                agent=call.answered_by,
                path=(),
                rules="",
            ),
        )

    # --- agents -------------------------------------------------------------------------------------------------------

    def _doings(self, line: LogLine, agent: AgentId) -> None:
        duty = self._duties.get(agent)
        if duty is None:
            settings = self._rules.agents.get(agent)
            duty = self._duties[agent] = _Duty(serves=set(settings.queues) if settings else set())
        duty.take(line, self.day.since)


class _Duty:
    """One agent's day: when he was there, and when he was not ready."""

    def __init__(self, serves: set[QueueId]) -> None:
        self.told = False
        """Whether the log says when he came."""
        self.talks: list[tuple[float, float, QueueId]] = []
        self._serves = serves
        self._added: set[QueueId] = set()
        self._paused: set[QueueId] = set()
        self._changes: list[tuple[float, AgentState]] = []
        self._first: float | None = None
        self._last = 0.0

    def take(self, line: LogLine, since: float) -> None:
        queue, at = QueueId(line.queue), line.at
        match line.event:
            case "ADDMEMBER" | "AGENTLOGIN":
                self._added.add(queue)
                self.told = True
                paused = line.data[:1] == ("PAUSED",)
                self._becomes(at, AgentState.NOT_READY if paused else AgentState.READY, only_from=AgentState.OFFLINE)
            case "REMOVEMEMBER" | "AGENTLOGOFF":
                self._added.discard(queue)
                if not self._added or line.event == "AGENTLOGOFF":
                    self._becomes(at, AgentState.OFFLINE)
            case "PAUSEALL":
                self._paused |= self._queues | {queue}
                self._becomes(at, AgentState.NOT_READY)
            case "UNPAUSEALL":
                self._paused.clear()
                self._becomes(at, AgentState.READY)
            case "PAUSE":
                self._paused.add(queue)
                if self._queues <= self._paused:
                    self._becomes(at, AgentState.NOT_READY)
            case "UNPAUSE":
                self._paused.discard(queue)
                self._becomes(at, AgentState.READY)
            case event if event in SIGNS:
                ring_s = (line.seconds(0) or 0.0) / 1000 if event.startswith("RING") else line.seconds(2) or 0.0
                seen_at = at - ring_s - 1.0 if event in ("CONNECT", "RINGNOANSWER", "RINGCANCELED") else at
                self._first = max(seen_at if self._first is None else min(self._first, seen_at), since)
                self._last = max(self._last, at)
            case _:
                pass

    @property
    def _queues(self) -> set[QueueId]:
        return self._added or self._serves

    def _becomes(self, at: float, state: AgentState, only_from: AgentState | None = None) -> None:
        before = self._changes[-1][1] if self._changes else AgentState.OFFLINE
        if before is not state and only_from in (None, before):
            self._changes.append((at, state))

    def changes(self) -> list[tuple[float, AgentState]]:
        """His states in order; one whose coming is not in the log was there when he first showed himself."""
        if self.told or self._first is None:
            return self._changes
        later = [change for change in self._changes if change[0] > self._first]
        there = [(self._first, AgentState.READY), *later]
        end = max(self._last, there[-1][0]) + 1.0
        return there if there[-1][1] is AgentState.OFFLINE else [*there, (end, AgentState.OFFLINE)]

    def doings(self, agent: AgentId) -> Iterator[tuple[float, ev.Event]]:
        """As events of the floor."""
        before = AgentState.OFFLINE
        for at, state in self.changes():
            if state is AgentState.OFFLINE:
                yield at, ev.AgentLoggedOut(agent=agent)
            elif before is AgentState.OFFLINE:
                yield at, ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE)
                yield at, ev.AgentLoggedIn(agent=agent)
            if state is AgentState.READY:
                yield at, ev.AgentReady(agent=agent)
            elif state is AgentState.NOT_READY:
                yield at, ev.AgentNotReady(agent=agent, reason="break")
            before = state

    def intervals(self, agent: AgentId, until: float) -> Iterator[AgentInterval]:
        """His time up to the end of the day, talks taken out of the time he was ready."""
        talks = sorted(self.talks)
        for start, end, queue in talks:
            yield _interval(agent, AgentState.TALKING, start, end, queue)
        changes = self.changes()
        for (start, state), (end, _) in pairwise([*changes, (until, AgentState.OFFLINE)]):
            if state is AgentState.OFFLINE:
                continue
            at = start
            for talk_start, talk_end, _ in talks:
                if talk_end <= at or talk_start >= end:
                    continue
                if talk_start > at:
                    yield _interval(agent, state, at, talk_start)
                at = max(at, talk_end)
            if at < end:
                yield _interval(agent, state, at, end)


def _interval(
    agent: AgentId, state: AgentState, start: float, end: float, queue: QueueId | None = None
) -> AgentInterval:
    return AgentInterval(agent=agent, state=state, reason="", started_at=start, ended_at=end, queue=queue)
