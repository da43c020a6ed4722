"""What callers leave behind: a spoken message, a wish to be called back.

They come from a live call, or from a call that was taken while the engine was away. The second kind may be told again after
a restart: what has been told once changes nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from acd import callbacks
from acd import events as ev
from acd.floor import Floor
from acd.outcome import Outcome
from acd.records import CallbackOpened, MessageTaken

__all__ = ["HANDLERS", "REMEMBERED_S"]

REMEMBERED_S: Final = 30 * 86_400.0
"""For so long an entry that is told again is known; none is told again after that."""


def _message_left(floor: Floor, event: ev.MessageLeft, now: float, out: Outcome) -> None:
    if _is_known(floor, event.message, now):
        return
    call = floor.calls.get(event.call)
    out.records.append(
        MessageTaken(
            message=event.message,
            call=event.call,
            at=ev.happened_at(event.at, now),
            number=call.number if call else event.number,
            did=call.did if call else event.did,
            queue=event.queue or (call.queue if call else None),
            seconds=event.seconds,
            comment=event.comment,
        )
    )


def _callback_requested(floor: Floor, event: ev.CallbackRequested, now: float, out: Outcome) -> None:
    if event.callback in floor.told:
        return
    callbacks.refuse_unless_possible(floor, event)
    _is_known(floor, event.callback, now)
    call = floor.calls.get(event.call)
    at = ev.happened_at(event.at, now)
    out.records.append(
        CallbackOpened(
            callback=event.callback,
            call=event.call,
            at=at,
            number=event.number,
            did=call.did if call else event.did,
            queue=event.queue,
            place_at=callbacks.take(floor, event, at, now, out),
        )
    )


def _is_known(floor: Floor, entry: str, now: float) -> bool:
    """Whether it has been told of; from now on it has."""
    if entry in floor.told:
        return True
    for old in [known for known, at in floor.told.items() if at < now - REMEMBERED_S]:
        del floor.told[old]
    floor.told[entry] = now
    return False


HANDLERS: dict[type, Callable[[Floor, Any, float, Outcome], None]] = {
    ev.MessageLeft: _message_left,
    ev.CallbackRequested: _callback_requested,
}
