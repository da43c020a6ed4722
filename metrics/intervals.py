"""Counts the core's records into intervals of a quarter of an hour, and since the beginning for Prometheus.

The tally is part of the engine's snapshot: snapshot and journal together give it back exactly after a restart, so every record
is counted once and the counters never go back. Its rules:

- Everything is counted the moment its record is made: an answer at the answer, not at the hang-up.
- A stay in a queue (offered, answered, abandoned, its wait) is booked in the interval in which it began, so that shares are
  shares of the same callers and never exceed 1. A talk, a wrap-up and an offer are booked where they end. An agent's time is
  split at the intervals it spans. A survey is booked where it was asked, with all that was answered to it. A call, and how it
  ended in the menu, is booked where it came in.
- Per queue each stay counts: a caller who overflows is offered to both queues, and overflowed in the first.
- A callback is no caller: it is not offered, answered or abandoned again. Its talk and wrap-up are work like any other (talks,
  talk time, handle time), and so are the offers made for it.
- An agent has what he did himself: the callers he answered (booked as their stays are), his talks, wrap-ups, offers, and what
  was asked about him. Nobody is offered or abandoned to an agent.
- For the site each call counts once: offered with its first queue; waiting until it is answered; abandoned only if nobody ever
  answered it, and shortly only in its first queue; overflowed only if no queue took the caller after that; within the service
  level of the queue that answered it if its whole wait was.

Intervals are numbered from the epoch (900 s each): as every time zone of today is whole quarters of an hour from UTC, its days
begin with one. Half hours and all longer stretches are sums of them.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final

import msgspec

from acd.model import CallId, Disposition, OfferOutcome, QueueId
from acd.records import (
    AgentInterval,
    CallAnswered,
    CallEnded,
    CallOpened,
    NodeEntered,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    Record,
    SurveyAsked,
    SurveyReplied,
    TalkFinished,
)
from acd.rules import Rules, ServiceLevel
from agents.roster import AgentId
from agents.state import AgentState
from metrics.definitions import AgentTimes, QueueCounts

__all__ = [
    "INTERVAL_S",
    "Book",
    "Expectations",
    "Histogram",
    "Intervals",
    "Stay",
    "Tally",
    "interval_of",
    "pieces",
]

INTERVAL_S: Final = 900
KEPT_INTERVALS: Final = 200
"""Today and yesterday, on a day of 25 hours too."""
AT_ONCE_S: Final = 1.0
"""A caller offered to an agent within this time did not have to queue."""

WAIT_BOUNDS_S: Final = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
TALK_BOUNDS_S: Final = (15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 450.0, 600.0, 900.0, 1800.0)
WRAP_UP_BOUNDS_S: Final = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0)
ERROR_BOUNDS_S: Final = (2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0)


def interval_of(at: float) -> int:
    """The number of the interval this moment lies in."""
    return int(at // INTERVAL_S)


def pieces(start: float, end: float) -> Iterator[tuple[int, float]]:
    """A stretch of time cut at the intervals: (interval, seconds in it)."""
    while start < end:
        number = interval_of(start)
        stop = min(end, float((number + 1) * INTERVAL_S))
        yield number, stop - start
        start = stop


class Histogram(msgspec.Struct, array_like=True):
    """How often a duration fell between two bounds; the last count is of those above all bounds."""

    bounds: tuple[float, ...]
    counts: list[int]
    total_s: float = 0.0

    @classmethod
    def over(cls, bounds: tuple[float, ...]) -> "Histogram":
        """An empty one. It keeps its bounds, so a snapshot from before a change of bounds stays true."""
        return cls(bounds, [0] * (len(bounds) + 1))

    def observe(self, seconds: float) -> None:
        """Count one duration; a bound belongs to the bucket below it."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total_s += seconds


class Book(msgspec.Struct, array_like=True):
    """The counts of one interval, or of all time."""

    site: QueueCounts = msgspec.field(default_factory=QueueCounts)
    queues: dict[QueueId, QueueCounts] = {}
    agents: dict[AgentId, AgentTimes] = {}
    calls: int = 0
    """Of a snapshot from before calls were counted in `site`; nothing is counted here."""
    ended: dict[Disposition, int] = {}
    """Calls that ended, by how; booked where the call began."""
    agent_counts: dict[AgentId, QueueCounts] = {}
    """What each agent did himself; not since the beginning."""

    def queue(self, queue: QueueId) -> QueueCounts:
        """The queue's counts, begun if need be."""
        found = self.queues.get(queue)
        if found is None:
            found = self.queues[queue] = QueueCounts()
        return found

    def agent(self, agent: AgentId) -> AgentTimes:
        """The agent's times, begun if need be."""
        found = self.agents.get(agent)
        if found is None:
            found = self.agents[agent] = AgentTimes()
        return found

    def counts_of(self, agent: AgentId) -> QueueCounts:
        """The agent's counts, begun if need be."""
        found = self.agent_counts.get(agent)
        if found is None:
            found = self.agent_counts[agent] = QueueCounts()
        return found


class Distributions(msgspec.Struct, array_like=True):
    """A queue's durations since the beginning."""

    wait: Histogram = msgspec.field(default_factory=lambda: Histogram.over(WAIT_BOUNDS_S))
    """Of every stay, whatever its end."""
    talk: Histogram = msgspec.field(default_factory=lambda: Histogram.over(TALK_BOUNDS_S))
    wrap_up: Histogram = msgspec.field(default_factory=lambda: Histogram.over(WRAP_UP_BOUNDS_S))


_WAIT: Final = attrgetter("wait")
_TALK: Final = attrgetter("talk")
_WRAP_UP: Final = attrgetter("wrap_up")


class Expectations(msgspec.Struct, array_like=True):
    """What became of the waits a queue's answered callers were to expect."""

    error: Histogram = msgspec.field(default_factory=lambda: Histogram.over(ERROR_BOUNDS_S))
    """By how much the wait missed the middle of what was expected, either way."""
    below: int = 0
    """Answered sooner than the low end said; four of five are to be within."""
    within: int = 0
    above: int = 0


class Stay(msgspec.Struct, array_like=True):
    """What must be remembered of a live call that has come to a queue."""

    first_at: float
    """When he began to wait at all."""
    at: float
    """When he entered the queue he is in, or was in last."""
    first: bool = True
    """Whether that is his first queue."""
    direct: bool = False
    """Whether this queue offered him to an agent at once."""
    answered: bool = False
    settled: bool = False
    """Whether his waiting has come to an end for the site: answered, hung up, lost."""
    overflow_wait_s: float = 0.0
    """How long he had waited in all when he last overflowed."""


class Tally(msgspec.Struct, kw_only=True):
    """All counts. `apply` every record once, in order."""

    since_start: Book = msgspec.field(default_factory=Book)
    """Never goes back; agents are not in it."""
    intervals: dict[int, Book] = {}
    distributions: dict[QueueId, Distributions] = {}
    expectations: dict[QueueId, Expectations] = {}
    nodes: dict[str, int] = {}
    """How often each node of the IVR was entered."""
    stays: dict[CallId, Stay] = {}
    within_s: dict[QueueId, float] = {}
    latest: int = 0
    """The latest interval seen."""
    half_hours: dict[int, Book] = {}
    """Of a snapshot from before quarters: each becomes the first quarter of its half hour, as nobody can tell them apart."""

    def __post_init__(self) -> None:
        if self.half_hours:
            self._take_over()

    def _take_over(self) -> None:
        """A site that is upgraded at noon keeps its morning: hours and days are right, its quarters are whole half hours."""
        for book in (self.since_start, *self.half_hours.values()):
            book.site.calls, book.calls = book.calls, 0
            book.site.completed_ivr = book.ended.get(Disposition.COMPLETED_IVR, 0)
            book.site.abandoned_ivr = book.ended.get(Disposition.ABANDONED_IVR, 0)
        self.intervals = {half * 2: book for half, book in self.half_hours.items()}
        self.latest = max(self.intervals)
        self.half_hours = {}

    def follow(self, rules: Rules) -> None:
        """Take the queues' service levels from these rules: whenever they are loaded, before the records that follow."""
        self.within_s = {queue.id: queue.service_level.within_s for queue in rules.queues.values()}

    def apply(self, record: Record) -> None:
        """Count a record. Kinds that no figure is made of are passed over."""
        count = _COUNT.get(type(record))
        if count is not None:
            count(self, record)

    def _node_entered(self, record: NodeEntered) -> None:
        self.nodes[record.node] = self.nodes.get(record.node, 0) + 1

    def _books(self, at: float) -> tuple[Book, ...]:
        """Where to count what is booked at this moment: its interval, and since the beginning."""
        return self._book(interval_of(at)), self.since_start

    def _work(self, at: float, queue: QueueId, agent: AgentId) -> tuple[QueueCounts, ...]:
        """Where to count what an agent did for a caller of a queue."""
        book, whole = self._book(interval_of(at)), self.since_start
        return book.queue(queue), book.site, book.counts_of(agent), whole.queue(queue), whole.site

    def _book(self, number: int) -> Book:
        if number > self.latest:
            self.latest = number
            self._forget()
        found = self.intervals.get(number)
        if found is None:
            found = Book()
            if number > self.latest - KEPT_INTERVALS:
                self.intervals[number] = found
        return found

    def _forget(self) -> None:
        """Drop what is too old, so that memory and snapshot stay small."""
        oldest = self.latest - KEPT_INTERVALS
        self.intervals = {number: book for number, book in self.intervals.items() if number > oldest}
        self.stays = {call: stay for call, stay in self.stays.items() if interval_of(stay.at) > oldest}

    def _observe(self, queue: QueueId, what: Callable[[Distributions], Histogram], seconds: float) -> None:
        found = self.distributions.get(queue)
        if found is None:
            found = self.distributions[queue] = Distributions()
        what(found).observe(seconds)

    def _call_opened(self, record: CallOpened) -> None:
        if record.callback is not None:  # it goes out
            return
        for book in self._books(record.at):
            book.site.calls += 1

    def _entered(self, record: QueueEntered) -> None:
        known = self.stays.get(record.call)
        if known is None:
            self.stays[record.call] = Stay(first_at=record.at, at=record.at)
        else:
            known.at, known.first, known.direct = record.at, False, False
        for book in self._books(record.at):
            book.queue(record.queue).offered += 1
            if known is None:
                book.site.offered += 1

    def _offered(self, record: OfferMade) -> None:
        if record.callback is not None:
            return
        stay = self._stay(record.call, record.at - record.wait_s)
        if stay.direct or record.at - stay.at > AT_ONCE_S:
            return
        stay.direct = True
        for book in self._books(stay.at):
            book.queue(record.queue).direct += 1
            if stay.first:
                book.site.direct += 1

    def _stay(self, call: CallId, entered_at: float) -> Stay:
        """What is known of the call; a call from before the tally began is taken as it says itself."""
        return self.stays.get(call) or self.stays.setdefault(call, Stay(first_at=entered_at, at=entered_at))

    def _offer_ended(self, record: OfferEnded) -> None:
        """How long it rang is known of offers that were accepted; a phone that was never heard ringing did not."""
        rang_s = None
        if record.outcome is OfferOutcome.ACCEPTED and record.rang_at is not None:
            rang_s = record.ended_at - record.rang_at
        for counts in self._work(record.ended_at, record.queue, record.agent):
            counts.offers[record.outcome] = counts.offers.get(record.outcome, 0) + 1
            if rang_s is not None:
                counts.rung += 1
                counts.rung_s += rang_s

    def _answered(self, record: CallAnswered) -> None:
        """The answer to a callback is none to a caller who waited: his stay was counted when he left the queue."""
        if record.callback is not None:
            return
        stay = self._stay(record.call, record.at - record.wait_s)
        for book in self._books(stay.at):
            _count_answer(book.queue(record.queue), record.wait_s, record.in_service_level)
        _count_answer(self._book(interval_of(stay.at)).counts_of(record.agent), record.wait_s, record.in_service_level)
        if not stay.answered:
            stay.answered = True
            in_time = record.in_service_level and (stay.first or record.total_wait_s <= self._within_s(record.queue))
            for book in self._books(stay.first_at):
                _count_answer(book.site, record.total_wait_s, in_time)

        self._compare(record)

    def _compare(self, record: CallAnswered) -> None:
        """The wait against what was expected of it when he entered the queue, if anything was."""
        low_s, expected_s, high_s = record.expected_low_s, record.expected_s, record.expected_high_s
        if low_s is None or expected_s is None or high_s is None:
            return
        found = self.expectations.get(record.queue)
        if found is None:
            found = self.expectations[record.queue] = Expectations()
        found.error.observe(abs(record.wait_s - expected_s))
        found.below += record.wait_s < low_s
        found.within += low_s <= record.wait_s <= high_s
        found.above += record.wait_s > high_s

    def _within_s(self, queue: QueueId) -> float:
        return self.within_s.get(queue, ServiceLevel().within_s)

    def _left(self, record: QueueLeft) -> None:
        stay = self._stay(record.call, record.entered_at)
        self._observe(record.queue, _WAIT, record.wait_s)
        for book in self._books(record.entered_at):
            self._count_leaving(book.queue(record.queue), record, record.wait_s, direct=stay.direct)
        self._left_the_site(record, stay)

    def _left_the_site(self, record: QueueLeft, stay: Stay) -> None:
        """The site counts the first end of the caller's waiting. An overflow is none while the call lives: he may
        come to another queue."""
        wait_s = record.left_at - stay.first_at
        if record.how == "overflowed":
            stay.overflow_wait_s = wait_s
        elif not stay.settled:
            stay.settled = True
            for book in self._books(stay.first_at):
                self._count_leaving(book.site, record, wait_s, direct=stay.first and stay.direct, first=stay.first)

    def _count_leaving(
        self, counts: QueueCounts, record: QueueLeft, wait_s: float, *, direct: bool, first: bool = True
    ) -> None:
        if not direct:
            counts.queued_left += 1
            counts.queued_wait_s += wait_s
        match record.how:
            case "abandoned" | "short_abandon":
                misdial = record.how == "short_abandon" and first
                _count_abandon(counts, wait_s, misdial=misdial, ringing=record.phase == "ringing")
                counts.abandoned_within_sl += wait_s <= self._within_s(record.queue)
            case "overflowed":
                counts.overflowed += 1
            case "switch_lost":
                counts.switch_lost += 1
            case _:
                pass

    def _talked(self, record: TalkFinished) -> None:
        self._observe(record.queue, _TALK, record.talk_s)
        for counts in self._work(record.ended_at, record.queue, record.agent):
            counts.talks += 1
            counts.talk_s += record.talk_s
            counts.held += record.hold_s > 0
            counts.hold_s += record.hold_s

    def _asked(self, record: SurveyAsked) -> None:
        for counts in self._work(record.at, record.queue, record.agent):
            counts.surveys_asked += 1

    def _replied(self, record: SurveyReplied) -> None:
        for counts in self._work(record.asked_at, record.queue, record.agent):
            counts.surveys_answered += record.first
            counts.survey_scores += record.score is not None
            counts.survey_points += record.score or 0

    def _agent_was(self, record: AgentInterval) -> None:
        field = _TIME_OF.get(record.state)
        if field is None:
            return
        for number, seconds in pieces(record.started_at, record.ended_at):
            times = self._book(number).agent(record.agent)
            setattr(times, field, getattr(times, field) + seconds)
        if record.state is AgentState.WRAP_UP and record.queue is not None:
            self._wrapped_up(record.queue, record)

    def _wrapped_up(self, queue: QueueId, record: AgentInterval) -> None:
        seconds = record.ended_at - record.started_at
        self._observe(queue, _WRAP_UP, seconds)
        for counts in self._work(record.ended_at, queue, record.agent):
            counts.wrap_ups += 1
            counts.wrap_up_s += seconds

    def _call_ended(self, record: CallEnded) -> None:
        if record.callback is not None:
            return
        for book in self._books(record.opened_at):
            book.ended[record.disposition] = book.ended.get(record.disposition, 0) + 1
            book.site.completed_ivr += record.disposition is Disposition.COMPLETED_IVR
            book.site.abandoned_ivr += record.disposition is Disposition.ABANDONED_IVR
        stay = self.stays.pop(record.call, None)
        if stay is not None and not stay.settled:  # no queue followed the one he overflowed from
            for book in self._books(stay.first_at):
                book.site.overflowed += 1
                if not (stay.first and stay.direct):
                    book.site.queued_left += 1
                    book.site.queued_wait_s += stay.overflow_wait_s


class Intervals(Tally):
    """Counts by interval alone, for runs of which nobody asks what came since the beginning: half the work."""

    def _observe(self, queue: QueueId, what: Callable[[Distributions], Histogram], seconds: float) -> None:
        pass

    def _books(self, at: float) -> tuple[Book, ...]:
        return (self._book(interval_of(at)),)

    def _work(self, at: float, queue: QueueId, agent: AgentId) -> tuple[QueueCounts, ...]:
        book = self._book(interval_of(at))
        return book.queue(queue), book.site, book.counts_of(agent)


def _count_answer(counts: QueueCounts, wait_s: float, in_time: bool) -> None:
    counts.answered += 1
    counts.answered_within_sl += in_time
    counts.answered_wait_s += wait_s


def _count_abandon(counts: QueueCounts, wait_s: float, *, misdial: bool, ringing: bool) -> None:
    if misdial:
        counts.short_abandoned += 1
        counts.short_abandoned_wait_s += wait_s
        return
    counts.abandoned_wait_s += wait_s
    counts.abandoned_ringing += ringing
    counts.abandoned_waiting += not ringing


_TIME_OF: Final[dict[AgentState, str]] = {
    state: f"{state}_s" for state in AgentState if state is not AgentState.OFFLINE
}
"""By state, the field of AgentTimes it is counted in."""

_COUNT: Final[dict[type, Callable[[Tally, Any], None]]] = {
    NodeEntered: Tally._node_entered,
    CallOpened: Tally._call_opened,
    QueueEntered: Tally._entered,
    OfferMade: Tally._offered,
    OfferEnded: Tally._offer_ended,
    CallAnswered: Tally._answered,
    QueueLeft: Tally._left,
    TalkFinished: Tally._talked,
    SurveyAsked: Tally._asked,
    SurveyReplied: Tally._replied,
    AgentInterval: Tally._agent_was,
    CallEnded: Tally._call_ended,
}
"""By kind: a day has a quarter of a million records, and a chain of comparisons for each was most of the counting."""
