"""From the core's records to the lines app_queue would have written: Asterisk's words and fields, exactly.

Where the words have no equal: wrap-up is not in them; a queue left by a rule other than its patience or nobody there is
EXITWITHTIMEOUT; which key led out is not recorded and its field is empty; a call lost with Asterisk is SYSCOMPAT; callbacks are
no callers and are not told. QUEUESTART stands once, where the log begins: a restart of the engine ends no call, as readers of
that word would take it.

Times are whole seconds and never go back; holds are the difference of the lines' times, as in app_queue. What must be
remembered between two events (`Memory`) is part of the engine's snapshot: events done again give the same lines again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from acd.floor import Floor, line_key
from acd.line import Key
from acd.model import CallId, OfferId, OfferOutcome, QueueId
from acd.records import (
    AgentChanged,
    CallAnswered,
    CallEnded,
    OfferEnded,
    QueueEntered,
    QueueLeft,
    Record,
    TalkFinished,
)
from agents.roster import AgentId
from agents.state import AgentState

__all__ = ["Entry", "Memory", "Teller", "Words"]

LONGEST: Final = 40
"""Characters of a field: what Asternic's columns hold."""
BREAKS: Final = re.compile("[\\0-\\x1f\\x7f|\"'`\\\\()\\[\\];,\\ud800-\\udfff\\u2028\\u2029]+")
"""What ends a line or a field, or would where the line is cut again: Asterisk cuts the data for SQL at bars outside of quotes,
brackets and parentheses."""
OVERFLOW: Final[Mapping[str, str]] = {"nobody": "EXITEMPTY", "key": "EXITWITHKEY"}
NOBODY: Final = "NONE"


class Words(msgspec.Struct, frozen=True):
    """What is up to the site."""

    names: bool = False
    """Agents by their names, as app_queue with member names; else `Agent/1001`, which QueueMetrics wants."""
    queuemetrics: bool = False
    """QueueMetrics' own verbs as well: INFO for the dialled number and the menu, PAUSEREASON."""


class Entry(msgspec.Struct, frozen=True):
    """One line, before it is put together."""

    at: int
    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As it stands in the file; an event without data still ends in a bar."""
        return "|".join([str(self.at), self.call, self.queue, self.agent, self.event, *(self.data or ("",))]) + "\n"


class Caller(msgspec.Struct, array_like=True):
    """A caller who was told to have entered, until his talk or his waiting is told to be over."""

    queue: QueueId
    entered_at: int
    place: int
    key: Key
    held_s: int = -1
    """How long he had waited at the answer; before it -1."""


class Member(msgspec.Struct, array_like=True):
    """An agent who was told to be there."""

    queues: tuple[QueueId, ...]
    reason: str | None = None
    """Why he is paused; None: he is not."""


class Memory(msgspec.Struct):
    """What later lines depend on."""

    at: int = 0
    """Time of the last line."""
    rules: str = ""
    callers: dict[CallId, Caller] = {}
    members: dict[AgentId, Member] = {}


class Teller:
    """Tell it the records of each event, with the floor after it; the same events give the same entries."""

    def __init__(self, words: Words, memory: Memory | None = None) -> None:
        self._words = words
        self.memory = memory or Memory()

    def entries(self, records: Sequence[Record], floor: Floor, now: float) -> list[Entry]:
        """The lines of one event."""
        memory = self.memory
        memory.at = max(memory.at, int(now))
        found = list(self._start(floor)) if memory.rules != floor.rules.version else []
        taken = {record.offer: record for record in records if isinstance(record, OfferEnded)}
        by_caller = {record.call for record in records if isinstance(record, CallEnded) and record.ended_by == "caller"}
        for offer in taken.values():  # a phone that stops ringing is told before the caller's end
            found += self._offer_ended(offer, floor)
        for record in records:
            match record:
                case QueueEntered():
                    found += self._entered(record, floor)
                case CallAnswered():
                    found += self._answered(record, floor, taken.get(record.offer))
                case QueueLeft():
                    found += self._left(record, floor)
                case TalkFinished():
                    found += self._talked(record, floor, record.call in by_caller)
                case AgentChanged():
                    found += self._agent_is(record, floor)
                case _:
                    pass
        return found

    def _entry(self, call: str, queue: str, agent: str, event: str, *data: object) -> Entry:
        fields = tuple(field(str(one)) for one in data)
        return Entry(self.memory.at, field(call), field(queue), field(agent), event, fields)

    def _start(self, floor: Floor) -> Iterator[Entry]:
        """The rules are others than before, or the log begins here."""
        yield self._entry(NOBODY, NOBODY, NOBODY, "CONFIGRELOAD" if self.memory.rules else "QUEUESTART")
        self.memory.rules = floor.rules.version
        for agent, member in self.memory.members.items():
            settings = floor.rules.agents.get(agent)
            serves = settings.queues if settings else ()
            name = self._name(agent, floor)
            for queue in member.queues:
                if queue not in serves:
                    yield self._entry(NOBODY, queue, name, "REMOVEMEMBER")
            for queue in serves:
                if queue not in member.queues:
                    yield self._entry(NOBODY, queue, name, "ADDMEMBER", *_paused(member.reason))
            member.queues = serves

    def _name(self, agent: AgentId, floor: Floor) -> str:
        settings = floor.rules.agents.get(agent)
        if self._words.names and settings is not None and settings.name:
            return settings.name
        return f"Agent/{agent}"

    # --- callers ------------------------------------------------------------------------------------------------------

    def _entered(self, record: QueueEntered, floor: Floor) -> Iterator[Entry]:
        call = floor.calls.get(record.call)
        key = line_key(call, floor.rules) if call is not None else (record.at, 0.0)
        caller = Caller(record.queue, self.memory.at, _place(floor, record.queue, key), key)
        self.memory.callers[record.call] = caller
        if call is not None and self._words.queuemetrics:
            if call.did:
                yield self._entry(record.call, record.queue, NOBODY, "INFO", "DID", call.did)
            if call.path:
                yield self._entry(record.call, record.queue, NOBODY, "INFO", "IVR", call.path[-1])
        number = call.number if call is not None else ""
        yield self._entry(record.call, record.queue, NOBODY, "ENTERQUEUE", "", number, caller.place)

    def _offer_ended(self, record: OfferEnded, floor: Floor) -> Iterator[Entry]:
        caller = self.memory.callers.get(record.call)
        if caller is None or record.outcome is OfferOutcome.ACCEPTED:
            return
        event = "RINGCANCELED" if record.outcome is OfferOutcome.WITHDRAWN else "RINGNOANSWER"
        rang_ms = round((record.ended_at - (record.rang_at or record.ended_at)) * 1000)
        yield self._entry(record.call, caller.queue, self._name(record.agent, floor), event, rang_ms)

    def _answered(self, record: CallAnswered, floor: Floor, offer: OfferEnded | None) -> Iterator[Entry]:
        caller = self.memory.callers.get(record.call)
        if caller is None or record.callback is not None:
            return
        caller.held_s = self.memory.at - caller.entered_at
        rang_s = 0 if offer is None else round(record.at - (offer.rang_at or record.at))
        channel = _channel(floor, record.offer)
        agent = self._name(record.agent, floor)
        yield self._entry(record.call, caller.queue, agent, "CONNECT", caller.held_s, channel, max(rang_s, 0))

    def _talked(self, record: TalkFinished, floor: Floor, by_caller: bool) -> Iterator[Entry]:
        caller = self.memory.callers.pop(record.call, None)
        if caller is None:
            return
        event = "COMPLETECALLER" if by_caller else "COMPLETEAGENT"
        agent = self._name(record.agent, floor)
        talk_s = max(round(record.talk_s), 0)
        yield self._entry(record.call, caller.queue, agent, event, max(caller.held_s, 0), talk_s, caller.place)

    def _left(self, record: QueueLeft, floor: Floor) -> Iterator[Entry]:
        caller = self.memory.callers.get(record.call)
        if caller is None or record.how == "answered":
            return
        del self.memory.callers[record.call]
        places = (_place(floor, caller.queue, caller.key), caller.place, self.memory.at - caller.entered_at)
        if record.how in ("abandoned", "short_abandon"):
            yield self._entry(record.call, caller.queue, NOBODY, "ABANDON", *places)
        elif record.how == "overflowed":
            event = OVERFLOW.get(record.why, "EXITWITHTIMEOUT")
            key = ("",) if event == "EXITWITHKEY" else ()
            yield self._entry(record.call, caller.queue, NOBODY, event, *key, *places)
        else:
            yield self._entry(record.call, caller.queue, NOBODY, "SYSCOMPAT")

    # --- agents -------------------------------------------------------------------------------------------------------

    def _agent_is(self, record: AgentChanged, floor: Floor) -> Iterator[Entry]:
        agent, members = record.agent, self.memory.members
        name, member = self._name(agent, floor), members.get(agent)
        if record.state is AgentState.OFFLINE:
            if member is not None:
                del members[agent]
                yield from (self._entry(NOBODY, queue, name, "REMOVEMEMBER") for queue in member.queues)
            return
        reason = (record.reason or "break") if record.state is AgentState.NOT_READY else None
        if member is None:
            settings = floor.rules.agents.get(agent)
            member = members[agent] = Member(settings.queues if settings else ())
            for queue in member.queues:
                yield self._entry(NOBODY, queue, name, "ADDMEMBER", *_paused(reason))
        if reason != member.reason:
            yield from self._pauses(member, name, reason)
            member.reason = reason

    def _pauses(self, member: Member, name: str, reason: str | None) -> Iterator[Entry]:
        """For all his queues, and for each: some readers know only the one."""
        event, why = ("PAUSE", reason) if reason is not None else ("UNPAUSE", "")
        yield self._entry(NOBODY, NOBODY, name, f"{event}ALL", why)
        for queue in member.queues:
            yield self._entry(NOBODY, queue, name, event, why)
        if reason is not None and self._words.queuemetrics:
            yield self._entry(NOBODY, NOBODY, name, "PAUSEREASON", reason)


def field(text: str) -> str:
    """Text that cannot break a line, nor be taken for something else where the line is cut again."""
    return BREAKS.sub(" ", text).strip()[:LONGEST]


def _place(floor: Floor, queue: QueueId, key: Key) -> int:
    line = floor.waiting.get(queue)
    return 1 if line is None else line.ahead_of(key) + 1


def _channel(floor: Floor, offer: OfferId) -> str:
    """The agent's leg, by its unique id where that is known."""
    found = floor.offers.get(offer)
    return (found.leg or found.channel) if found is not None else ""


def _paused(reason: str | None) -> tuple[str, ...]:
    return () if reason is None else ("PAUSED",)
