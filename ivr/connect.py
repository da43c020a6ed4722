"""A caller and the agents the core offers him to: their phones ring, one answers, they talk."""

from collections.abc import Sequence
from typing import Final

from acd.commands import OfferCall
from acd.events import OfferAnswered, OfferFailed, TalkEnded
from acd.model import OfferId, OfferOutcome
from ivr.ports import CallerGone, DialResult, RungPhone
from ivr.visit import Visit

__all__ = ["OUTCOMES", "connect", "outcome_of", "tell_answered"]

OUTCOMES: Final = {
    "NOANSWER": OfferOutcome.NO_ANSWER,
    "BUSY": OfferOutcome.DECLINED,
    "CHANUNAVAIL": OfferOutcome.UNREACHABLE,
    "CONGESTION": OfferOutcome.UNREACHABLE,
    "CANCEL": OfferOutcome.WITHDRAWN,
}
"""What Asterisk's DIALSTATUS makes of an offer. Any other word means that the phone could not be rung: UNREACHABLE."""

CALL_REJECTED: Final = 21
"""Q.850: a phone whose user pressed "decline" (603); its DIALSTATUS is CHANUNAVAIL, as if there were no phone, and NOANSWER
where others ring on."""


async def connect(visit: Visit, offers: Sequence[OfferCall], music_class: str) -> bool:
    """Ring the agents together; True when one of them and the caller have talked and he is still there."""
    rung = _to_ring(visit, offers)
    if not rung:
        return False
    phones = [RungPhone(offer.agent, str(offer.offer) if offer.record else None) for offer in rung]
    try:
        result = await visit.leg.dial(phones, max(offer.ring_s for offer in rung), music_class)
    except CallerGone as gone:
        if gone.dial is not None and gone.dial.answered:
            await _tell_answer(visit, _taken(rung, gone.dial))
        raise
    if result.answered:
        offer = _taken(rung, result)
        await _tell_answer(visit, offer)
        visit.tell(TalkEnded(offer=offer))
    else:
        _tell_failed(visit, rung, result)
    return result.answered


def _to_ring(visit: Visit, offers: Sequence[OfferCall]) -> list[OfferCall]:
    """Without those that are over already; and if there are more than a dial can hold, the last are given back at once."""
    live = [offer for offer in offers if not visit.desk.answered(offer.offer)]
    room = visit.leg.room_for([RungPhone(offer.agent, str(offer.offer)) for offer in live])
    for offer in live[room:]:
        visit.tell(OfferFailed(offer=offer.offer, outcome=OfferOutcome.WITHDRAWN, cause="too_many_phones"))
    return live[:room]


def _tell_failed(visit: Visit, rung: Sequence[OfferCall], result: DialResult) -> None:
    """Of each that nobody has told of. What the dial says as a whole is right for one phone; of several, one that never
    rang while others did was not there."""
    one_of_many = len(rung) > 1 and result.status == "NOANSWER"  # rang out, whatever another refused it with before
    outcome = outcome_of(result.status, 0 if one_of_many else result.cause)
    left = [offer.offer for offer in rung if not visit.desk.answered(offer.offer)]
    silent = {offer for offer in left if not visit.desk.rang(offer)} if len(rung) > 1 else set()
    if len(silent) == len(rung):  # Asterisk's events are away
        silent = set()
    for offer in left:
        how = OfferOutcome.UNREACHABLE if offer in silent else outcome
        visit.tell(OfferFailed(offer=offer, outcome=how, cause="never_rang" if offer in silent else result.status))


async def _tell_answer(visit: Visit, offer: OfferId) -> None:
    """Asterisk's event stream usually has told of it; when that was away just then, the leg knows that it happened."""
    if not visit.desk.answered(offer):
        tell_answered(visit, offer, await visit.desk.answered_at(offer))


def tell_answered(visit: Visit, offer: OfferId, at: float | None) -> None:
    """An answer, if nobody has told of it; `at`: seconds since the epoch, None: just now."""
    if not visit.desk.answered(offer):
        visit.tell(OfferAnswered(offer=offer, at=at))


def outcome_of(status: str, cause: int) -> OfferOutcome:
    """What Asterisk's DIALSTATUS and the phone's cause make of an offer that was not answered."""
    return OfferOutcome.DECLINED if cause == CALL_REJECTED else OUTCOMES.get(status, OfferOutcome.UNREACHABLE)


def _taken(rung: Sequence[OfferCall], result: DialResult) -> OfferId:
    """The offer that was answered."""
    mine = (offer for offer in rung if offer.agent == result.agent)
    return next(mine, rung[0]).offer
