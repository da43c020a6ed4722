"""Calls as a log tells them. Times are seconds since the epoch, durations seconds; both whole, as the log has them."""

import msgspec

from acd.model import Disposition, OfferOutcome
from agents.roster import AgentId

__all__ = ["LoggedCall", "LoggedOffer", "LoggedStay"]


class LoggedOffer(msgspec.Struct, gc=False):
    """An agent's phone rang for the caller."""

    agent: AgentId
    made_at: float
    ended_at: float
    outcome: OfferOutcome
    answered_at: float | None = None
    talk_s: float | None = None
    """Includes hold. None: nobody answered, or the end of the talk is not in the log."""
    hold_s: float | None = None
    transferred: bool = False
    """The agent handed the caller on."""


class LoggedStay(msgspec.Struct, gc=False):
    """From one ENTERQUEUE to what ended it."""

    queue: str
    entered_at: float
    left_at: float | None = None
    how: str = ""
    """answered | abandoned | overflowed | switch_lost (acd.records.QueueLeft); empty: the log does not tell."""
    why: str = ""
    """With overflowed: max_wait | nobody | key | sent."""
    ringing: AgentId | None = None
    """The agent whose phone rang for him, or who was told of him, when he hung up."""
    answered: LoggedOffer | None = None
    offers: list[LoggedOffer] = []
    place: str = ""
    """Of its ENTERQUEUE in the input, for faults found later."""


class LoggedCall(msgspec.Struct, gc=False):
    """A caller, from his first queue to the end of his call or of his talk. Put into a queue again after a talk, by a transfer,
    he is a new call (`again` is 2, 3, ...)."""

    call: str
    again: int
    number: str
    stays: list[LoggedStay]
    did: str = ""
    ended_at: float | None = None
    disposition: Disposition | None = None
    """None: the log does not tell."""
    ended_by: str = ""
    """caller | agent | hotline (the queue's rules, whoever's they were) | switch"""
