"""Calls and hours of a log as rows of the tables that live facts fill (engine.database.models), ready for whole portions.

Keys are made of the call's id in the log and the name of the system it is from: the same call always is the same row. Texts are
written as they are: a line with what no database can hold was none.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from acd.model import CallState, Disposition, OfferOutcome, QueueId
from acd.rules import Rules, ServiceLevel
from agents.state import AgentState
from metrics.queue_log import LoggedCall, LoggedInterval, LoggedOffer, LoggedStay

__all__ = ["COLUMNS", "KEYS", "Portion", "Rows"]

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "calls": (
        *(
            "call",
            "opened_at",
            "ended_at",
            "number",
            "name",
            "did",
            "vip",
            "rules",
            "disposition",
            "left_in",
            "ended_by",
        ),
        *("queue", "agent"),
    ),
    "segments": (
        *("call", "segment", "queue", "entered_at", "left_at", "priority", "vip", "overflow_from", "wait_s"),
        *("total_wait_s", "how", "phase", "agent", "offer", "answered_at", "in_service_level", "why", "within_s"),
    ),
    "offers": (
        *("offer", "call", "segment", "queue", "agent", "made_at", "rang_at", "ended_at", "outcome", "cause", "wait_s"),
        *("answered_at", "talk_ended_at", "talk_s", "hold_s", "handed_on"),
    ),
    "agent_intervals": ("agent", "started_at", "state", "reason", "ended_at", "queue"),
}
KEYS: Final = {
    "calls": ("call",),
    "segments": ("call", "segment"),
    "offers": ("offer",),
    "agent_intervals": ("agent", "started_at", "state"),
}
UNKNOWN_RULES: Final = ""
Values = tuple[Any, ...]
TEXT: Final[dict[Any, str]] = {
    one: one.value for kind in (AgentState, CallState, Disposition, OfferOutcome) for one in kind
}
"""Plain text of the words: drivers take it without asking what it is."""


class Portion(NamedTuple):
    """Rows of each table, in the order of COLUMNS."""

    calls: list[Values]
    segments: list[Values]
    offers: list[Values]
    agent_intervals: list[Values]


class Rows:
    """Makes them; what is short and what is in time is judged by today's rules."""

    def __init__(self, rules: Rules, system: str, queues: dict[str, str]) -> None:
        self._system = system
        self._within_s: dict[str, float] = {}
        self._short_s: dict[str, float] = {}
        self._queues = queues
        self._rules = rules
        self._vip = lru_cache(maxsize=65_536)(lambda number: rules.caller(number).vip if rules.knows_vips else 0)

    def of(self, calls: Iterable[LoggedCall], hours: Iterable[LoggedInterval]) -> Portion:
        """A portion's."""
        portion = Portion([], [], [], [])
        for call in calls:
            self._call(call, portion)
        for one in hours:
            queue = None if one.queue is None else self._queues.get(one.queue, one.queue)
            portion.agent_intervals.append(
                (one.agent, one.started_at, TEXT[one.state], one.reason, one.ended_at, queue)
            )
        return portion

    def _call(self, call: LoggedCall, portion: Portion) -> None:
        name = f"{self._system}-{call.call}"
        if call.again > 1:
            name = f"{name}#{call.again}"
        number = call.number
        vip = self._vip(number)
        first_at, before, count, agent = call.stays[0].entered_at, None, 0, None
        queue = ""
        for segment, stay in enumerate(call.stays, 1):
            queue = self._queues.get(stay.queue, stay.queue)
            answered = None
            for offer in stay.offers:
                count += 1
                key = f"{name}-{count}"
                if offer is stay.answered:
                    answered, agent = key, offer.agent
                portion.offers.append(_offer(key, name, segment, queue, stay, offer))
            portion.segments.append(self._segment(name, segment, queue, stay, vip, before, answered, first_at))
            before = queue if stay.how == "overflowed" else None
        disposition = call.disposition
        left_in = None if disposition is None else CallState.TALKING if agent is not None else CallState.WAITING
        portion.calls.append(
            (
                *(name, first_at, call.ended_at, number, "", call.did, vip, UNKNOWN_RULES),
                *(disposition and TEXT[disposition], left_in and TEXT[left_in], call.ended_by or None, queue, agent),
            )
        )

    def _segment(
        self,
        call: str,
        segment: int,
        queue: str,
        stay: LoggedStay,
        vip: int,
        before: str | None,
        offer: str | None,
        first_at: float,
    ) -> Values:
        left_at, answered = stay.left_at, stay.answered
        wait_s = None if left_at is None else left_at - stay.entered_at
        how: str | None = stay.how or None
        if how == "abandoned" and wait_s is not None and wait_s <= self._short(queue):
            how = "short_abandon"
        agent = answered.agent if answered is not None else stay.ringing
        answered_at = answered.answered_at if answered is not None else None
        in_time = None if answered_at is None or wait_s is None else wait_s <= self._within(queue)
        return (
            *(call, segment, queue, stay.entered_at, left_at, 0, vip, before, wait_s),
            *(None if answered_at is None else answered_at - first_at, how),
            *(
                None if how is None else "ringing" if agent is not None else "waiting",
                agent,
                offer,
                answered_at,
                in_time,
            ),
            *(stay.why, self._within(queue)),
        )

    def _within(self, queue: str) -> float:
        found = self._within_s.get(queue)
        if found is None:
            rules = self._rules.queues.get(QueueId(queue))
            level = rules.service_level if rules else ServiceLevel()
            found = self._within_s[queue] = level.within_s
        return found

    def _short(self, queue: str) -> float:
        found = self._short_s.get(queue)
        if found is None:
            rules = self._rules.queues.get(QueueId(queue))
            found = self._short_s[queue] = rules.short_abandon_s if rules else 0.0
        return found


def _offer(key: str, call: str, segment: int, queue: str, stay: LoggedStay, offer: LoggedOffer) -> Values:
    answered_at, talk_s = offer.answered_at, offer.talk_s
    talk_ended_at = None if answered_at is None or talk_s is None else answered_at + talk_s
    return (
        *(
            key,
            call,
            segment,
            queue,
            offer.agent,
            offer.made_at,
            offer.made_at,
            offer.ended_at,
            TEXT[offer.outcome],
            "",
        ),
        *(max(offer.made_at - stay.entered_at, 0.0), answered_at, talk_ended_at, talk_s, offer.hold_s),
        offer.transferred,
    )
