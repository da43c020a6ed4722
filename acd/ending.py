"""The end of a call on the floor, with its one last record; and of one made for a callback that brought nobody together."""

from acd import surveys
from acd.commands import HangUpLeg
from acd.floor import Floor, leave_line
from acd.model import Call, CallState, Disposition, Offer, OfferOutcome
from acd.offering import drop_talk, end_offers, withdraw
from acd.outcome import Outcome
from acd.records import CallEnded

__all__ = ["close_call", "end_attempt"]


def close_call(
    floor: Floor,
    call: Call,
    at: float,
    out: Outcome,
    disposition: Disposition,
    left_in: CallState,
    by: str,
    *,
    short: bool = False,
    why: str = "",
) -> None:
    """Take the call off the floor. One that was to be made for a callback, and for which nobody was ever rung, is no call
    yet: it only stood in line."""
    del floor.calls[call.id]
    if call.callback is not None and not call.offers:
        return
    surveys.close(call, at, out)
    out.records.append(
        CallEnded(
            call=call.id,
            opened_at=call.opened_at,
            ended_at=at,
            number=call.number,
            name=call.name,
            did=call.did,
            vip=call.vip,
            disposition=disposition,
            left_in=left_in,
            ended_by=by,
            queue=call.queue,
            agent=call.answered_by,
            path=tuple(call.path),
            rules=floor.rules.version,
            customer=call.customer,
            attributes=call.attributes,
            callback=call.callback,
            short=short,
            why=why,
            transferred_to=call.transferred_to,
        )
    )


def end_attempt(floor: Floor, call: Call, at: float, now: float, out: Outcome, *, cause: str) -> None:
    """The call that was made for it ends without a talk; whatever still rings is stopped, and the agent is free."""
    state, call.state, call.ending = call.state, CallState.AFTER, Disposition.NOT_REACHED
    offers = [floor.offers[ringing] for ringing in call.ringing]
    match state:
        case CallState.WAITING:
            call.state = CallState.WAITING
            leave_line(floor, call)
        case CallState.OFFERED:
            for offer in offers:
                if offer.reserved:
                    out.commands.append(HangUpLeg(call=call.id, leg=call.id))
                else:
                    withdraw(offer, cause, out)
            end_offers(floor, offers, OfferOutcome.WITHDRAWN, at, now, out, cause=cause)
        case CallState.TALKING:
            assert call.offer is not None
            offer = floor.offers[call.offer]
            out.commands.append(HangUpLeg(call=call.id, leg=offer.leg))
            wraps_up = _wraps_up(floor, offer)
            drop_talk(floor, offer, at, now, out, wraps_up=wraps_up)
        case _:
            pass
    close_call(floor, call, at, out, Disposition.NOT_REACHED, state, "hotline", why=cause)


def _wraps_up(floor: Floor, offer: Offer) -> bool:
    rules = floor.rules.queues[offer.queue].callback
    return rules is not None and rules.wrap_up_if_missed
