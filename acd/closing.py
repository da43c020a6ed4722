"""The end of a call on the floor: its one last record."""

from acd.floor import Floor
from acd.model import Call, CallState, Disposition
from acd.outcome import Outcome
from acd.records import CallEnded

__all__ = ["close_call"]


def close_call(
    floor: Floor, call: Call, at: float, out: Outcome, disposition: Disposition, left_in: CallState, by: str
) -> None:
    """Take the call off the floor. One that was to be made for a callback, and for which nobody was ever rung, is no call
    yet: it only stood in line."""
    del floor.calls[call.id]
    if call.callback is not None and not call.offers:
        return
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
        )
    )
