"""Reads a queue_log line by line: finished calls, agents' hours, and what is wrong with it.

What it cannot say, and what is done about it:

- Times are whole seconds: waits are right to a second.
- A call is whole or not there: one that began before the first line is left out (FROM_BEFORE), and so is one that is still open
  at the last (`unfinished`). Read together with the file before, or later with what was written since, it is there; so a part
  of a log never gives another call than the whole. That a call is older than the log tells the time in its id.
- An entry that nothing ends for LONGEST_S, or over a start of Asterisk, has no end: what is known of it counts (NO_END).
- Who left a queue unserved and enters none within NEXT_QUEUE_S has left for good.
- A transferred caller who is put into a queue again is a new call.
- A line LONGEST_S later than the one before it and the one after it has a damaged time (NO_TIME).
- Wrap-up, the menu and phones' states are not in it.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from acd.model import Disposition, OfferOutcome
from agents.roster import AgentId
from metrics.queue_log.calls import LoggedCall, LoggedOffer, LoggedStay
from metrics.queue_log.faults import Fault, Faults
from metrics.queue_log.hours import DUTY_EVENTS, Hours, LoggedInterval
from metrics.queue_log.lines import FEWEST, OUTSIDE, PASSED_OVER, TALK_FIELD, UNSERVED, time_of
from metrics.queue_log.summary import QueueSummary

__all__ = ["LONGEST_S", "NEXT_QUEUE_S", "TOLERANCE_S", "QueueLogReader"]

LONGEST_S: Final = 4 * 3600.0
NEXT_QUEUE_S: Final = 300.0
TOLERANCE_S: Final = 2.0
"""Lines of the same moment are written by several threads: so much earlier is no fault."""
NOBODY: Final = frozenset({"", "NONE"})
Fields = list[str]
Value = TypeVar("Value")


class _Lately(Generic[Value]):
    """What is known by call id, until it cannot matter any more: two generations, the older of which goes at each turn."""

    def __init__(self) -> None:
        self._new: dict[str, Value] = {}
        self._old: dict[str, Value] = {}

    def __setitem__(self, call: str, value: Value) -> None:
        self._new[call] = value

    def get(self, call: str) -> Value | None:
        found = self._new.get(call)
        return self._old.get(call) if found is None else found

    def turn(self) -> None:
        self._new, self._old = {}, self._new


class _Stranger(StrEnum):
    """Why a call's lines are not used."""

    OWN = "own"
    OUTSIDE = "outside"
    FROM_BEFORE = "from_before"
    ORPHAN = "orphan"


class _Open(msgspec.Struct, gc=False):
    """A call that is not over."""

    call: LoggedCall
    stay: LoggedStay
    touched_at: float
    talking: LoggedOffer | None = None
    left: str = ""
    """The event by which he left his queue unserved: he may come to another."""


class _Doubtful(NamedTuple):
    """A line that waits for the next one, and where it stands."""

    row: Fields
    number: int
    file: str
    at: float


class QueueLogReader:
    """`read` lines and `take_away` what they came to, as often as you like; `finish` at the end of the input.

    `agent` says who a name in the log is, `is_own` which calls are to be left alone because another record has them.
    """

    def __init__(self, agent: Callable[[str], AgentId], is_own: Callable[[str], bool] = lambda call: False) -> None:
        self._calls: list[LoggedCall] = []
        self.faults = Faults()
        self.queues: dict[str, QueueSummary] = {}
        self.lines = 0
        """Lines that are an event of a queue_log."""
        self.unfinished = 0
        """Calls that were still open at the end."""
        self.own = 0
        """Lines of calls that are left alone."""
        self.outside = 0
        """Calls that went out: they came to no queue."""
        self.events: dict[str, int] = {}
        """By name, unknown ones."""
        self.first_at: float | None = None
        self.last_at = 0.0
        """The last line's time."""
        self.file = ""
        self._names = agent
        self._agents: dict[str, AgentId] = {}
        self._is_own = is_own
        self._hours = Hours()
        self._open: dict[str, _Open] = {}
        self._ended: _Lately[int] = _Lately()
        """How many calls an id has had."""
        self._dids: _Lately[str] = _Lately()
        self._strangers: _Lately[_Stranger] = _Lately()
        self._forgotten_at = 0.0
        self._doubtful: _Doubtful | None = None
        """A line so much later than the one before that its time may be damaged: the next one tells."""
        self._stamp: str | None = None
        """The time of the last line that has one, as it is written."""
        self._at = 0.0
        self._number = 0
        self._handlers: dict[str, Callable[[Fields], None]] = self._table()

    def take_away(self) -> tuple[list[LoggedCall], list[LoggedInterval]]:
        """Finished calls, and stretches of agents' time, found since the last time."""
        calls, self._calls = self._calls, []
        hours, self._hours.found = self._hours.found, []
        return calls, hours

    @property
    def without_log_in(self) -> int:
        """Agents who talked and never logged in: only their talks are known."""
        return len(self._hours.without_log_in)

    def read(self, rows: Iterable[tuple[int, Fields]]) -> None:
        """Lines cut at their bars, in their order, each with its number in `file`."""
        handlers = self._handlers
        for number, row in rows:
            self._number = number
            try:
                if row[0] != self._stamp:
                    at = time_of(row[0])
                    if self._doubtful is not None:
                        self._settle(self._doubtful, at)
                    if at > self.last_at + LONGEST_S and self.first_at is not None:
                        self._doubtful = _Doubtful(row, number, self.file, at)
                        continue
                    self._set_clock(row[0], at)
                handler = handlers.get(row[4])
                if handler is None:
                    self._strange(row)
                else:
                    handler(row)
                    self.lines += 1
            except (IndexError, ValueError):
                self._bad(row)
        self._look_around()

    def start_file(self, name: str) -> None:
        """What follows comes from there."""
        self.file = name

    def finish(self) -> None:
        """There are no more lines: who left a queue long ago has left, who may still be there is `unfinished`."""
        if self._doubtful is not None:
            self._settle(self._doubtful, self._doubtful.at)
        self._look_around()
        self.unfinished = len(self._open)

    # --- lines --------------------------------------------------------------------------------------------------------

    def _table(self) -> dict[str, Callable[[Fields], None]]:
        return {
            "ENTERQUEUE": self._entered,
            "CONNECT": self._connected,
            "ABANDON": self._abandoned,
            "SYSCOMPAT": self._lost,
            "RINGNOANSWER": self._no_answer,
            "RINGCANCELED": self._cancelled,
            "CALLEROFFHOLD": self._held,
            "QUEUESTART": self._started,
            "DID": self._did,
            "INFO": self._info,
            **dict.fromkeys(TALK_FIELD, self._talked),
            **dict.fromkeys(UNSERVED, self._unserved),
            **dict.fromkeys(OUTSIDE, self._goes_out),
            **dict.fromkeys(DUTY_EVENTS, self._duty),
            **dict.fromkeys(PASSED_OVER, _nothing),
        }

    def _settle(self, line: _Doubtful, at: float) -> None:
        """A line is used now that one follows at this time; unless time goes back to before it."""
        self._doubtful = None
        here = self._number, self.file
        self._number, self.file = line.number, line.file
        if at < line.at - TOLERANCE_S:
            self._fault(Fault.NO_TIME)
        else:
            self._set_clock(line.row[0], line.at)
            self.read([(line.number, line.row)])
        self._number, self.file = here

    def _set_clock(self, stamp: str, at: float) -> None:
        self._stamp = stamp
        if self.first_at is None:
            self.first_at = self._forgotten_at = at
        elif at < self.last_at - TOLERANCE_S:
            self._fault(Fault.BACKWARDS)
        elif at < self.last_at:
            at = self.last_at
        self._at = self.last_at = at

    def _bad(self, row: Fields) -> None:
        if any("\0" in field for field in row):
            self._fault(Fault.NUL)
        elif len(row) < 5:
            if row not in ([], [""]):
                self._fault(Fault.CUT)
        elif row[0] != self._stamp:
            self._fault(Fault.NO_TIME)
        else:
            self._fault(Fault.CUT if self._is_cut(row) else Fault.NO_NUMBER)

    def _is_cut(self, row: Fields) -> bool:
        """Whether a line lacks fields its event always has."""
        return len(row) - 5 < FEWEST.get(row[4], 0)

    def _strange(self, row: Fields) -> None:
        """An event that is not in the table: in small letters, or unknown."""
        event = row[4].strip().upper()
        if event in self._handlers and event != row[4]:
            self.read([(self._number, [*row[:4], event, *row[5:]])])
        elif not event:
            self._fault(Fault.CUT)
        else:
            self.events[event[:40]] = self.events.get(event[:40], 0) + 1
            self._fault(Fault.UNKNOWN_EVENT)

    def _fault(self, fault: Fault) -> None:
        self.faults.note(fault, f"{self.file}:{self._number}")

    def _queue(self, name: str) -> QueueSummary:
        found = self.queues.get(name)
        if found is None:
            found = self.queues[name] = QueueSummary()
        return found

    def _agent(self, name: str) -> AgentId:
        found = self._agents.get(name)
        if found is None:
            found = self._agents[name] = self._names(name)
        return found

    # --- callers ------------------------------------------------------------------------------------------------------

    def _entered(self, row: Fields) -> None:
        call, queue, number, at = row[1], row[2], row[6], self._at
        found = self._open.get(call)
        if found is not None and self._is_over(found):
            self._give_up(call, found)
            found = None
        if found is None:
            if not self._is_stranger(call):
                self._begins(call, queue, number)
        elif found.left:
            found.left = ""
            self._enters(found, queue)
        elif found.stay.entered_at == at and found.stay.queue == queue:
            self._fault(Fault.TWICE)
        else:  # how he left the queue he was in, or his talk, is not told
            self._give_up(call, found)
            self._begins(call, queue, number)

    def _begins(self, call: str, queue: str, number: str) -> None:
        again = (self._ended.get(call) or 0) + 1
        whole = LoggedCall(call, again, number, [], self._dids.get(call) or "")
        stay = LoggedStay(queue, self._at, place=f"{self.file}:{self._number}")
        whole.stays.append(stay)
        self._open[call] = _Open(whole, stay, self._at)
        self._queue(queue).offered += 1

    def _enters(self, found: _Open, queue: str) -> None:
        found.stay = LoggedStay(queue, self._at, place=f"{self.file}:{self._number}")
        found.call.stays.append(found.stay)
        found.touched_at = self._at
        self._queue(queue).offered += 1

    def _is_stranger(self, call: str) -> bool:
        """Whether this call is none to read on: another's, or one of which the beginning is missing."""
        known = self._strangers.get(call)
        if known is None:
            if self._is_own(call):
                known = _Stranger.OWN
            elif self._is_older(call):
                known = _Stranger.FROM_BEFORE
            else:
                return False
            self._strangers[call] = known
        if known is _Stranger.OWN:
            self.own += 1
        elif known is not _Stranger.OUTSIDE:
            self._fault(Fault(known))
        return True

    def _is_older(self, call: str) -> bool:
        """Whether the caller's channel is older than the first line: its id is `[system-]epoch.number`."""
        born = call.rpartition("-")[2].partition(".")[0]
        return born.isascii() and born.isdigit() and 1e9 <= int(born) < (self.first_at or 0.0)

    def _stay(self, row: Fields) -> _Open | None:
        """The call a line is about, if it waits or talks; else the line is told to be an orphan."""
        call = row[1]
        found = self._open.get(call)
        if found is not None and self._is_over(found):
            self._give_up(call, found)
            found = None
        if found is not None and not found.left:
            return found
        if found is None and not self._ended.get(call):
            if self._strangers.get(call) is not _Stranger.ORPHAN and self._is_stranger(call):
                return None
            self._strangers[call] = _Stranger.ORPHAN
        self._orphan(row)
        return None

    def _orphan(self, row: Fields) -> None:
        self._fault(Fault.ORPHAN)
        self._queue(row[2]).orphans += 1

    def _is_over(self, found: _Open) -> bool:
        return found.touched_at < self._at - (NEXT_QUEUE_S if found.left else LONGEST_S)

    def _connected(self, row: Fields) -> None:
        ring_s = float(row[7]) if len(row) > 7 and row[7] else 0.0
        found = self._stay(row)
        if found is None:
            return
        stay = found.stay
        at = max(self._at, stay.entered_at)
        if found.talking is not None:
            self._fault(Fault.TWICE)
            return
        agent = self._agent(row[3])
        offer = LoggedOffer(agent, max(at - ring_s, stay.entered_at), at, OfferOutcome.ACCEPTED, at)
        stay.offers.append(offer)
        stay.answered = found.talking = offer
        stay.left_at, stay.how = at, "answered"
        found.touched_at = at
        queue = self._queue(stay.queue)
        queue.answered += 1
        queue.hold_s += at - stay.entered_at
        self._hours.talk_begins(agent, row[1], stay.queue, at)

    def _talked(self, row: Fields) -> None:
        event = row[4]
        data = row[5:-1] if event == "ATTENDEDTRANSFER" and row[-1] == "" else row[5:]
        talk_s = max(float(data[TALK_FIELD[event]]), 0.0)
        found = self._stay(row)
        if found is None:
            return
        offer = found.talking
        if offer is None:
            self._orphan(row)
            return
        offer.talk_s = talk_s
        offer.transferred = event.endswith("TRANSFER")
        queue = self._queue(found.stay.queue)
        queue.talks += 1
        queue.talk_s += talk_s
        self._hours.talk_ends(offer.agent, row[1], self._at)
        ended_at = max(self._at, found.stay.left_at or 0.0)
        self._close(row[1], found, ended_at, Disposition.SERVED, "caller" if event == "COMPLETECALLER" else "agent")

    def _abandoned(self, row: Fields) -> None:
        found = self._waiting(row)
        if found is None:
            return
        stay = found.stay
        stay.left_at, stay.how = max(self._at, stay.entered_at), "abandoned"
        if row[3] not in NOBODY:
            stay.ringing = self._agent(row[3])
        elif stay.offers and stay.offers[-1].outcome is OfferOutcome.WITHDRAWN:
            last = stay.offers[-1]
            stay.ringing = last.agent if last.ended_at >= stay.left_at - 1.0 else None
        self._queue(stay.queue).abandoned += 1
        how = Disposition.ABANDONED_RINGING if stay.ringing else Disposition.ABANDONED_WAITING
        self._close(row[1], found, stay.left_at, how, "caller")

    def _unserved(self, row: Fields) -> None:
        found = self._waiting(row)
        if found is None:
            return
        stay, event = found.stay, row[4]
        stay.left_at, stay.how, stay.why = max(self._at, stay.entered_at), "overflowed", UNSERVED[event]
        exits = self._queue(stay.queue).exits
        exits[event] = exits.get(event, 0) + 1
        found.left, found.touched_at = event, self._at

    def _lost(self, row: Fields) -> None:
        """SYSCOMPAT: agent and caller could not be joined. The caller's call ends."""
        found = self._waiting(row)
        if found is not None:
            found.stay.left_at, found.stay.how = max(self._at, found.stay.entered_at), "switch_lost"
            exits = self._queue(found.stay.queue).exits
            exits[row[4]] = exits.get(row[4], 0) + 1
            self._close(row[1], found, found.stay.left_at, Disposition.SWITCH_LOST, "switch")

    def _waiting(self, row: Fields) -> _Open | None:
        found = self._stay(row)
        if found is not None and found.talking is not None:
            self._orphan(row)
            return None
        return found

    def _no_answer(self, row: Fields) -> None:
        self._rang(row, OfferOutcome.NO_ANSWER)

    def _cancelled(self, row: Fields) -> None:
        self._rang(row, OfferOutcome.WITHDRAWN)

    def _rang(self, row: Fields, outcome: OfferOutcome) -> None:
        ring_s = float(row[5] or 0) / 1000
        found = self._open.get(row[1])
        if found is None:  # the caller's end may be written first
            if not self._ended.get(row[1]):
                self._stay(row)
            return
        at = self._at
        found.stay.offers.append(LoggedOffer(self._agent(row[3]), at - ring_s, at, outcome))

    def _held(self, row: Fields) -> None:
        held_s = float(row[5] or 0)
        found = self._open.get(row[1])
        if found is not None and found.talking is not None:
            found.talking.hold_s = (found.talking.hold_s or 0.0) + held_s

    def _did(self, row: Fields) -> None:
        self._note_did(row[1], row[5])

    def _info(self, row: Fields) -> None:
        if row[5] == "DID":
            self._note_did(row[1], row[6])

    def _note_did(self, call: str, did: str) -> None:
        found = self._open.get(call)
        if found is not None:
            found.call.did = did
        else:
            self._dids[call] = did

    def _goes_out(self, row: Fields) -> None:
        if row[1] not in self._open and self._strangers.get(row[1]) is None:
            self.outside += 1
            self._strangers[row[1]] = _Stranger.OUTSIDE

    # --- agents, and Asterisk itself ----------------------------------------------------------------------------------

    def _duty(self, row: Fields) -> None:
        if row[3] not in NOBODY:
            data = row[5] if len(row) > 5 else ""
            self._hours.take(row[4], self._agent(row[3]), row[2], data, self._at)

    def _started(self, row: Fields) -> None:
        """Asterisk was started: no call and no talk of before is left."""
        for call, found in list(self._open.items()):
            self._give_up(call, found)
        self._hours.start_anew()

    # --- ends ---------------------------------------------------------------------------------------------------------

    def _close(self, call: str, found: _Open, at: float | None, disposition: Disposition | None, ended_by: str) -> None:
        del self._open[call]
        self._ended[call] = found.call.again
        whole = found.call
        whole.ended_at, whole.disposition, whole.ended_by = at, disposition, ended_by
        self._calls.append(whole)

    def _give_up(self, call: str, found: _Open) -> None:
        if found.left:
            self._close(call, found, found.stay.left_at, Disposition.OVERFLOWED, "hotline")
        else:
            self._no_end(found)
            self._close(call, found, None, Disposition.SERVED if found.talking is not None else None, "")

    def _no_end(self, found: _Open) -> None:
        self.faults.note(Fault.NO_END, found.stay.place)
        self._queue(found.stay.queue).no_end += 1
        if found.talking is not None:
            self._hours.talk_lost(found.talking.agent, found.call.call)

    def _look_around(self) -> None:
        """Give up what has been open for too long, and forget ids that cannot come again."""
        over = [(call, found) for call, found in self._open.items() if self._is_over(found)]
        for call, found in over:
            self._give_up(call, found)
        if abs(self._at - self._forgotten_at) > 2 * LONGEST_S:
            self._forgotten_at = self._at
            for known in (self._ended, self._dids, self._strangers):
                known.turn()


def _nothing(row: Fields) -> None:
    """Known, and nothing follows from it."""
