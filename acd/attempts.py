"""An attempt to call a customer back: whether he is reached, with or without an agent, and what comes of it.

What ends an attempt ends its call, frees its agent, and lets the callback rest until the next one (`callbacks`); a talk ends
the callback.
"""

from collections.abc import Callable
from typing import Any, Final

from acd import events as ev
from acd.callbacks import close, rules_of, step_back, wake
from acd.calling import GRACE_S, offer_call
from acd.doors import is_closed
from acd.ending import close_call, end_attempt
from acd.floor import Floor, set_timer
from acd.model import (
    AttemptOutcome,
    Call,
    Callback,
    CallbackEnd,
    CallbackId,
    CallState,
    Disposition,
    Offer,
    OfferOutcome,
)
from acd.offering import connected, end_offer
from acd.outcome import Outcome
from acd.records import CallbackAttempted
from agents.roster import AgentId

__all__ = ["HANDLERS", "call_ended", "end_ringing", "missed_without_a_word", "served", "talk_over"]

# --- what is told of the customer -------------------------------------------------------------------------------------


def _customer_reached(floor: Floor, event: ev.CustomerReached, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.has_leg or call.reached_at is not None or call.offer is None:
        return
    offer = floor.offers[call.offer]
    at = max(ev.happened_at(event.at, now), offer.answered_at or offer.made_at)
    if call.state is CallState.OFFERED and offer.reserved and event.channel:
        _ring_the_agent(floor, call, offer, event.channel, at, now, out)
    elif call.state is CallState.TALKING and not event.channel:
        call.reached_at = at
        connected(floor, call, offer, at, out)
        served(floor, call, at, out)


def _ring_the_agent(floor: Floor, call: Call, offer: Offer, channel: str, at: float, now: float, out: Outcome) -> None:
    """He is a caller now, with a leg of his own; the rules that hold for waiting callers count from here."""
    queue = floor.rules.queues[offer.queue]
    call.has_leg, call.attached, call.channel, call.reached_at, call.stay_at = True, True, channel, at, now
    offer.reserved = False
    offer.expires_at = now + queue.ring_s + GRACE_S
    set_timer(floor, offer.expires_at, "offer", offer.id)
    out.commands.append(offer_call(call, offer, queue))


def _customer_missed(floor: Floor, event: ev.CustomerMissed, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.has_leg or call.reached_at is not None or call.offer is None:
        return
    offer = floor.offers[call.offer]
    if not offer.reserved and call.state is not CallState.TALKING:
        return
    at = max(ev.happened_at(event.at, now), offer.answered_at or offer.made_at)
    wanted = _callback_of(floor, call)
    end_attempt(floor, call, at, now, out, cause=f"customer_{event.outcome or 'not_dialled'}")
    if event.outcome is not None:
        _attempted(floor, call, event.outcome, offer.agent, at, now, out)
    elif wanted is not None:
        wanted.live, wanted.attempts = None, wanted.attempts - 1
        wake(floor, wanted, now, out)


def missed_without_a_word(floor: Floor, offer: Offer, now: float, out: Outcome) -> None:
    """Asterisk did not say what became of the customer's phone."""
    _customer_missed(floor, ev.CustomerMissed(call=offer.call, outcome=AttemptOutcome.NO_ANSWER), now, out)


# --- what comes of it -------------------------------------------------------------------------------------------------


def served(floor: Floor, call: Call, at: float, out: Outcome) -> None:
    """Customer and agent talk: that is what was asked for, and from here on it is a call like any other."""
    wanted = _callback_of(floor, call)
    if wanted is None:
        return
    out.records.append(_attempt(wanted, call, AttemptOutcome.ANSWERED, call.answered_by, at))
    close(floor, wanted, CallbackEnd.DONE, at, out)


def talk_over(floor: Floor, call: Call, at: float, now: float, out: Outcome) -> None:
    """The agent's leg of a call that it leads is gone. After a talk that is the end of the call: no session says good-bye. If
    the customer had not answered, the agent did not wait for that."""
    if call.reached_at is not None:
        close_call(floor, call, max(at, call.reached_at), out, Disposition.SERVED, CallState.TALKING, "agent")
        return
    assert call.offer is not None
    offer = floor.offers[call.offer]
    at = max(at, offer.answered_at or offer.made_at)
    end_attempt(floor, call, at, now, out, cause="agent_left")
    _attempted(floor, call, AttemptOutcome.AGENT_NOT_AVAILABLE, offer.agent, at, now, out)


def end_ringing(
    floor: Floor, offer: Offer, outcome: OfferOutcome, at: float, now: float, out: Outcome, cause: str = ""
) -> None:
    """No talk comes of an offer. One that was only kept for a customer takes his attempt with it: nobody is called without an
    agent to be had."""
    if not offer.reserved:
        end_offer(floor, offer, outcome, at, now, out, cause=cause)
        wanted = floor.callbacks.get(floor.calls[offer.call].callback or CallbackId(""))
        if wanted is not None and is_closed(floor, wanted.queue):
            step_back(floor, wanted, now, out)
        return
    call, at = floor.calls[offer.call], max(at, offer.made_at)
    end_attempt(floor, call, at, now, out, cause=cause or str(outcome))
    _attempted(floor, call, AttemptOutcome.AGENT_NOT_AVAILABLE, offer.agent, at, now, out)


def call_ended(floor: Floor, call: Call, at: float, now: float, out: Outcome) -> None:
    """A call is over: the customer who was reached did not wait for an agent (unless Asterisk's own queue gave him one), or he
    who asked for a callback in it is off the line now and may be called."""
    if call.ending is Disposition.LAST_RESORT:
        served(floor, call, at, out)
    _attempted(floor, call, AttemptOutcome.AGENT_NOT_AVAILABLE, None, at, now, out)
    wanted = floor.callbacks.get(call.asked) if call.asked else None
    if wanted is not None:
        wake(floor, wanted, now, out)


def _attempted(
    floor: Floor, call: Call, outcome: AttemptOutcome, agent: AgentId | None, at: float, now: float, out: Outcome
) -> None:
    """Write the attempt down, and rest until the next one; after the last the callback is given up."""
    wanted = _callback_of(floor, call)
    if wanted is None:
        return
    rules = rules_of(floor, wanted)
    last = wanted.attempts >= rules.attempts or now >= wanted.asked_at + rules.keep_s
    wait_s = rules.retry_s[min(max(wanted.attempts, 1), len(rules.retry_s)) - 1]
    wanted.live, wanted.next_at = None, now + wait_s
    next_at = None if last else wanted.next_at
    out.records.append(_attempt(wanted, call, outcome, agent, at, next_at))
    if last:
        close(floor, wanted, CallbackEnd.GIVEN_UP, now, out)
    else:
        wake(floor, wanted, now, out)


def _attempt(
    wanted: Callback,
    call: Call,
    outcome: AttemptOutcome,
    agent: AgentId | None,
    at: float,
    next_at: float | None = None,
) -> CallbackAttempted:
    return CallbackAttempted(
        callback=wanted.id,
        number=wanted.attempts,
        call=call.id,
        queue=wanted.queue,
        at=at,
        agent=agent,
        outcome=outcome,
        next_at=next_at,
    )


def _callback_of(floor: Floor, call: Call) -> Callback | None:
    wanted = floor.callbacks.get(call.callback) if call.callback else None
    return wanted if wanted is not None and wanted.live == call.id else None


HANDLERS: Final[dict[type, Callable[[Floor, Any, float, Outcome], None]]] = {
    ev.CustomerReached: _customer_reached,
    ev.CustomerMissed: _customer_missed,
}
