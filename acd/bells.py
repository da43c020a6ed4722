"""What the core asked to be woken for: each kind of timer, whether it still means something, and what happens then.

A timer is (when, kind, whose). It is never taken out of the heap; when its time comes and its subject no longer waits for just
this moment, it is passed over.
"""

from collections.abc import Callable
from typing import Final

from acd.announcing import announce
from acd.attempts import missed_without_a_word
from acd.callbacks import wake
from acd.duty import break_over
from acd.emergencies import emergency_is_over, end_emergency
from acd.floor import Floor, break_ends_at
from acd.matching import release, seek_agent
from acd.model import IN_QUEUE, Call, CallbackId, CallId, CallState, OfferId, OfferOutcome
from acd.offering import end_offer, end_wrap_up, not_again, withdraw
from acd.outcome import Outcome
from acd.waiting import look_at_recipes, overflow_at, overflow_due
from agents.roster import AgentId
from agents.state import AgentState

__all__ = ["applies", "ring"]

Timer = tuple[float, str, str]


def applies(floor: Floor, timer: Timer) -> bool:
    """Whether a timer still means something."""
    when, kind, subject = timer
    return _BELLS[kind][0](floor, subject, when)


def ring(floor: Floor, timer: Timer, now: float, out: Outcome) -> None:
    """Its time has come."""
    when, kind, subject = timer
    still_means_something, happens = _BELLS[kind]
    if still_means_something(floor, subject, when):
        happens(floor, subject, now, out)


# --- offers --------------------------------------------------------------------------------------------------------------


def _offer_is_overdue(floor: Floor, subject: str, when: float) -> bool:
    """Only while Asterisk is in sight is its silence a sign."""
    offer = floor.offers.get(OfferId(subject))
    return floor.linked and offer is not None and offer.answered_at is None and offer.expires_at <= when


def _give_up(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    """Asterisk did not report the end of an offer. One that never rang is not held against the agent; he is only not asked
    for the same call again at once."""
    offer = floor.offers[OfferId(subject)]
    if offer.reserved:
        missed_without_a_word(floor, offer, now, out)
        return
    withdraw(offer, "not_answered_in_time", out)
    if offer.rang_at is not None:
        end_offer(floor, offer, OfferOutcome.NO_ANSWER, now, now, out, cause="no_word_from_asterisk")
        return
    not_again(floor, floor.calls[offer.call], [offer.agent], offer.queue, now)
    end_offer(floor, offer, OfferOutcome.WITHDRAWN, now, now, out, cause="never_rang")


# --- agents --------------------------------------------------------------------------------------------------------------


def _wrap_up_is_over(floor: Floor, subject: str, when: float) -> bool:
    agent = floor.agents.get(AgentId(subject))
    return agent is not None and agent.state is AgentState.WRAP_UP and agent.wrap_up_until <= when


def _end_wrap_up(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    agent = floor.agents[AgentId(subject)]
    end_wrap_up(floor, agent, agent.wrap_up_until, now, out)


def _break_is_too_long(floor: Floor, subject: str, when: float) -> bool:
    agent = floor.agents.get(AgentId(subject))
    return agent is not None and not agent.overrun and break_ends_at(floor, agent) == when


def _break_over(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    break_over(floor, floor.agents[AgentId(subject)], now, out)


# --- callers -------------------------------------------------------------------------------------------------------------


def _is_held_so_long(floor: Floor, subject: str, when: float) -> bool:
    call = floor.calls.get(CallId(subject))
    return call is not None and call.held_for is not None and not call.assigned and call.held_until <= when


def _release(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    release(floor, floor.calls[CallId(subject)], now, out)


def _is_still_in_queue(floor: Floor, subject: str, when: float) -> bool:
    """He may be waiting again by then."""
    call = floor.calls.get(CallId(subject))
    return call is not None and call.state in IN_QUEUE


def _ask_again(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    call = floor.calls[CallId(subject)]
    if call.held_for is None:
        seek_agent(floor, call, now, out, asked="retry")


def _recipe_is_due(floor: Floor, subject: str, when: float) -> bool:
    call = floor.calls.get(CallId(subject))
    return call is not None and call.state is CallState.WAITING and call.bell_at == when


def _look_at_recipes(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    look_at_recipes(floor, floor.calls[CallId(subject)], now, out)


def _something_is_to_be_said(floor: Floor, subject: str, when: float) -> bool:
    call = floor.calls.get(CallId(subject))
    return call is not None and call.state is CallState.WAITING and call.words_at == when


def _announce(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    announce(floor, floor.calls[CallId(subject)], now, out)


def _has_waited_enough(floor: Floor, subject: str, when: float) -> bool:
    call = floor.calls.get(CallId(subject))
    due = overflow_at(floor, call) if call is not None and call.state in IN_QUEUE else None
    return due is not None and due <= when


def _overflow(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    call: Call = floor.calls[CallId(subject)]
    if call.state is CallState.WAITING:  # with a phone ringing for him, the end of the offer sees to it
        overflow_due(floor, call, now, out)


# --- callbacks -----------------------------------------------------------------------------------------------------------


def _is_to_be_called(floor: Floor, subject: str, when: float) -> bool:
    return CallbackId(subject) in floor.callbacks


def _wake(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    wake(floor, floor.callbacks[CallbackId(subject)], now, out)


_BELLS: Final[dict[str, tuple[Callable[[Floor, str, float], bool], Callable[[Floor, str, float, Outcome], None]]]] = {
    "offer": (_offer_is_overdue, _give_up),
    "wrap_up": (_wrap_up_is_over, _end_wrap_up),
    "break": (_break_is_too_long, _break_over),
    "hold": (_is_held_so_long, _release),
    "retry": (_is_still_in_queue, _ask_again),
    "recipe": (_recipe_is_due, _look_at_recipes),
    "emergency": (emergency_is_over, end_emergency),
    "callback": (_is_to_be_called, _wake),
    "announce": (_something_is_to_be_said, _announce),
    "max_wait": (_has_waited_enough, _overflow),
}
