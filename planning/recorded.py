"""A day as it was: who rang, when he was put into a queue, what is known of his patience and his talk, and what the agents did
of their own accord. This is what stays the same under other rules; all else is decided anew.

Times are seconds since the epoch, durations seconds. Pure.
"""

from enum import StrEnum

import msgspec

from acd import events as ev
from acd.model import CallId, OfferOutcome, QueueId
from acd.offering import AFTER_CALL
from agents.roster import AgentId

__all__ = ["SYSTEM_REASONS", "LeftOut", "RecordedCall", "RecordedDay", "Rung"]

SYSTEM_REASONS = frozenset(
    {str(OfferOutcome.NO_ANSWER), str(OfferOutcome.DECLINED), str(OfferOutcome.UNREACHABLE), AFTER_CALL}
)
"""Why the core itself sets an agent not ready; every other reason was his own wish."""


class LeftOut(StrEnum):
    """What a record has and a replay cannot use."""

    REFUSED = "refused_events"
    TALK_ENDS = "talks_without_an_end"
    FROM_BEFORE = "lines_of_calls_from_before"
    NO_LOG_IN = "agents_without_a_log_in"
    """They are taken to be at work from their first sign to their last."""
    ODD_LINES = "lines_that_are_none"


class Rung(msgspec.Struct, frozen=True):
    """An agent's phone rang so long for a call: accepted, missed, or taken back (then he would have taken longer)."""

    after_s: float
    outcome: OfferOutcome


class RecordedCall(msgspec.Struct, kw_only=True):
    """One caller."""

    at: float
    arrived: ev.CallArrived
    queued: ev.CallQueued | None = None
    """Into his first queue; None: he never came to one."""
    queued_at: float = 0.0
    along: list[tuple[float, ev.Event]] = []
    """Nodes of the menu he reached, what became known of him, what supervisors did for him."""
    left_ivr_at: float | None = None
    """When he was gone without having come to a queue."""
    closed: bool = False
    """With `left_ivr_at`: the hotline ended the call, not he."""
    waited_s: float = 0.0
    """In all queues together, to the answer, to his giving up, or to whatever else ended his waiting."""
    gave_up: bool = False
    answered_by: AgentId | None = None
    talk_s: float | None = None
    """None: nobody served him, or the talk's end is not recorded."""
    wrap_up_s: float | None = None
    """The agent ended his paperwork after this time; None: he took all the time he was given."""
    rung: dict[AgentId, list[Rung]] = {}
    """His offers, by agent, in order."""

    @property
    def call(self) -> CallId:
        return self.arrived.call

    @property
    def queue(self) -> QueueId | None:
        """The first queue he was put into."""
        return self.queued.queue if self.queued else None


class RecordedDay(msgspec.Struct, kw_only=True):
    """All callers in the order they came, and what agents and the switch did, in order."""

    since: float
    until: float
    calls: list[RecordedCall] = []
    doings: list[tuple[float, ev.Event]] = []
    """Log-ins, log-outs, breaks, phones, queues closed and opened, and times when Asterisk was out of sight."""
    returns_s: dict[str, list[float]] = {}
    """How long agents stayed away whom the core had set not ready, by reason."""
    left_out: dict[LeftOut, int] = {}
    first_odd_line: str = ""
    """Of a file with ODD_LINES: file and line of the first of them."""

    def leave_out(self, reason: LeftOut, count: int = 1) -> None:
        """Note that something of the record is not part of the day."""
        self.left_out[reason] = self.left_out.get(reason, 0) + count
