"""What figures are made of: plain sums that can be added up over queues, agents and stretches of time."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from msgspec.structs import astuple

from metrics.outside import Outside

__all__ = ["AgentTimes", "QueueCounts", "Sums"]


class QueueCounts(msgspec.Struct, array_like=True):
    """What happened to the callers of a queue (or of the whole site) in some stretch of time.

    A new field goes to the end and has a default: counts in an older snapshot are then still read.
    """

    offered: int = 0
    """Stays that began: a caller came to wait in the queue."""
    direct: int = 0
    """Of these, offered to an agent at once; the others had to queue."""
    answered: int = 0
    answered_within_sl: int = 0
    answered_wait_s: float = 0.0
    abandoned_waiting: int = 0
    """Hung up before an agent was rung. Short abandons are not in here."""
    abandoned_ringing: int = 0
    """Hung up while an agent's phone rang. Short abandons are not in here."""
    abandoned_wait_s: float = 0.0
    short_abandoned: int = 0
    """Hung up within the queue's short_abandon_s: misdials, counted apart."""
    short_abandoned_wait_s: float = 0.0
    abandoned_within_sl: int = 0
    """Hung up, short or not, before the service level's time was over."""
    overflowed: int = 0
    switch_lost: int = 0
    queued_left: int = 0
    """Stays that ended, in whatever way, of callers who had to queue."""
    queued_wait_s: float = 0.0
    talks: int = 0
    """Talks that ended."""
    talk_s: float = 0.0
    """Their time; hold is part of it."""
    hold_s: float = 0.0
    wrap_ups: int = 0
    """After-call work that ended."""
    wrap_up_s: float = 0.0
    offers: dict[str, int] = {}
    """Offers to agents that ended, by outcome."""
    surveys_asked: int = 0
    """Callers who were asked about their talk."""
    surveys_answered: int = 0
    """Of these, who answered at least one question."""
    survey_scores: int = 0
    """Answers that give points."""
    survey_points: int = 0
    """Their sum."""
    held: int = 0
    """Talks that ended and in which the caller was held."""
    transferred: int = 0
    """Talks that ended because the agent handed the caller on."""
    rung: int = 0
    """Offers that an agent accepted after his phone had rung."""
    rung_s: float = 0.0
    """How long it rang for these."""
    calls: int = 0
    """Calls that came in: of site, VIP level, dialled number and menu choice alone, as the two that follow."""
    completed_ivr: int = 0
    """Of these, served by the menu and no agent."""
    abandoned_ivr: int = 0
    """Of these, given up in the menu, before any queue."""

    @property
    def abandoned(self) -> int:
        """Callers who hung up before an answer, without the short abandons."""
        return self.abandoned_waiting + self.abandoned_ringing

    @classmethod
    def total(cls, parts: Iterable["QueueCounts"]) -> "QueueCounts":
        """The sum of counts that do not overlap."""
        return cls(*(_sum(column) for column in zip(*map(astuple, parts), strict=True)))


class AgentTimes(msgspec.Struct, array_like=True):
    """How long agents were in each state. Offline time is in none."""

    not_ready_s: float = 0.0
    ready_s: float = 0.0
    offered_s: float = 0.0
    talking_s: float = 0.0
    holding_s: float = 0.0
    wrap_up_s: float = 0.0

    @property
    def idle_s(self) -> float:
        """Ready and without a caller. A phone that rings is no work yet: it is part of it."""
        return self.ready_s + self.offered_s

    @property
    def logged_in_s(self) -> float:
        """In whatever state."""
        return self.not_ready_s + self.idle_s + self.talking_s + self.holding_s + self.wrap_up_s

    @classmethod
    def total(cls, parts: Iterable["AgentTimes"]) -> "AgentTimes":
        """The sum of times that do not overlap."""
        return cls(*(_sum(column) for column in zip(*map(astuple, parts), strict=True)))


def _sum(column: tuple[Any, ...]) -> Any:
    """The sum of one field of many counts; of counts by outcome, by outcome."""
    if not isinstance(column[0], dict):
        return sum(column)
    whole: dict[str, int] = {}
    for counts in column:
        for outcome, count in counts.items():
            whole[outcome] = whole.get(outcome, 0) + count
    return whole


class Sums(msgspec.Struct, frozen=True):
    """All a figure may be made of: the callers' counts, the agents' times and what was told from outside, all of the same
    stretch of time."""

    queue: QueueCounts
    agents: AgentTimes
    outside: Outside = Outside()

    @classmethod
    def total(cls, parts: Collection["Sums"]) -> "Sums":
        """Sums that do not overlap, together. What was told from outside is not added up: it is told of the whole."""
        return cls(QueueCounts.total(part.queue for part in parts), AgentTimes.total(part.agents for part in parts))
