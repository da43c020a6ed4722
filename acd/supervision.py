"""The supervisor's hand: what a person decides about a waiting caller, an offer or a queue goes before the rules.

Each is an event in the journal like any other. What is not possible now is refused and changes nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from acd import attempts, callbacks
from acd import events as ev
from acd.doors import is_closed
from acd.duty import known_agent
from acd.floor import FREE, Floor, join_line
from acd.matching import explain, hold_for, offer_to
from acd.model import Call, CallId, CallState, OfferOutcome
from acd.offering import not_again, withdraw
from acd.outcome import Outcome
from acd.refused import Refused
from acd.routing import AgentChoice
from acd.rules import Overflow, QueueRules
from acd.waiting import close_queue, leave_for
from agents.roster import QueueId
from agents.state import AgentState, PhoneState

__all__ = ["HANDLERS"]

BY_HOURS: Final = "hours"
BY_HAND: Final = "hand"


def _waiting_call(floor: Floor, call_id: CallId) -> Call:
    call = floor.calls.get(call_id)
    if call is None:
        raise Refused("unknown_call", f'there is no call "{call_id}"')
    if call.state is not CallState.WAITING:
        raise Refused("call_not_waiting", f"the call is {call.state}, not waiting")
    return call


def _known_queue(floor: Floor, queue: QueueId) -> QueueRules:
    if queue not in floor.rules.queues:
        raise Refused("unknown_queue", f'there is no queue "{queue}"')
    return floor.rules.queues[queue]


def _call_raised(floor: Floor, event: ev.CallRaised, now: float, out: Outcome) -> None:
    call = _waiting_call(floor, event.call)
    if event.points < 1:
        raise Refused("not_a_raise", "points: expected a whole number from 1")
    call.priority += event.points
    if call.held_for is None:
        join_line(floor, call, now)
    explain(floor, call, now, AgentChoice((), "raised"), out, asked=f"hand:{event.by}")


def _call_assigned(floor: Floor, event: ev.CallAssigned, now: float, out: Outcome) -> None:
    call = _waiting_call(floor, event.call)
    agent = known_agent(floor, event.agent)
    if agent.state in (AgentState.OFFLINE, AgentState.NOT_READY) or agent.wish is not None:
        raise Refused("agent_not_on_duty", f"{agent.id} is {agent.state}, or about to leave")
    if agent.phone is PhoneState.UNREACHABLE:
        raise Refused("phone_unreachable", f"the phone of {agent.id} cannot be reached")
    hold_for(floor, call, agent.id, now, assigned=True)
    at_once = agent.standing == FREE and floor.linked and call.attached
    choice = (
        AgentChoice((agent.id,), "assigned") if at_once else AgentChoice((), "wait_for_assigned", wait_for=agent.id)
    )
    explain(floor, call, now, choice, out, asked=f"hand:{event.by}")
    if at_once:
        offer_to(floor, call, (agent.id,), now, out, "assigned")


def _call_sent(floor: Floor, event: ev.CallSent, now: float, out: Outcome) -> None:
    call = _waiting_call(floor, event.call)
    if not call.has_leg:
        raise Refused("is_callback", "a customer who is to be called back stays in his queue")
    queue = _known_queue(floor, event.queue)
    if queue.id == call.queue:
        raise Refused("already_there", f'the call waits in queue "{queue.id}" already')
    leave_for(floor, call, Overflow(queue=queue.id), "sent", now, out)


def _offer_pulled_back(floor: Floor, event: ev.OfferPulledBack, now: float, out: Outcome) -> None:
    offer = floor.offers.get(event.offer)
    if offer is None or offer.answered_at is not None:
        raise Refused("offer_over", "the offer is over or answered already")
    not_again(floor, floor.calls[offer.call], [offer.agent], offer.queue, now)
    if not offer.reserved:
        withdraw(offer, "pulled_back", out)
    attempts.end_ringing(floor, offer, OfferOutcome.WITHDRAWN, now, now, out, cause="pulled_back")


def _queue_closed(floor: Floor, event: ev.QueueClosed, now: float, out: Outcome) -> None:
    queue = _known_queue(floor, event.queue)
    was_open = not is_closed(floor, queue.id)
    by = floor.closed.setdefault(queue.id, [])
    if (who := _who(event.by)) not in by:
        by.append(who)
    if was_open:
        close_queue(floor, queue, now, out)
        callbacks.queue_closed(floor, queue.id, now, out)


def _queue_opened(floor: Floor, event: ev.QueueOpened, now: float, out: Outcome) -> None:
    queue = _known_queue(floor, event.queue)
    left = [who for who in floor.closed.get(queue.id, ()) if who != _who(event.by)]
    if left:
        floor.closed[queue.id] = left
    else:
        floor.closed.pop(queue.id, None)
        callbacks.queue_opened(floor, queue.id, now, out)


def _who(by: str) -> str:
    return BY_HOURS if by == BY_HOURS else BY_HAND


HANDLERS: Final[dict[type, Callable[[Floor, Any, float, Outcome], None]]] = {
    ev.CallRaised: _call_raised,
    ev.CallAssigned: _call_assigned,
    ev.CallSent: _call_sent,
    ev.OfferPulledBack: _offer_pulled_back,
    ev.QueueClosed: _queue_closed,
    ev.QueueOpened: _queue_opened,
}
