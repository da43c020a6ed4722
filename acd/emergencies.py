"""Emergencies: queues, or the whole site, closed at once with an announcement of their own, until they are lifted or over.

One emergency per queue, and one of all queues. A new one of the same queues takes the place of the old.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from acd import callbacks
from acd import events as ev
from acd.doors import is_closed
from acd.floor import Floor, set_timer
from acd.model import EVERYWHERE, Emergency, QueueId
from acd.outcome import Outcome
from acd.records import EmergencyBegan, EmergencyOver
from acd.refused import Refused
from acd.waiting import close_queue

__all__ = ["HANDLERS", "emergency_is_over", "end_emergency"]


def _declared(floor: Floor, event: ev.EmergencyDeclared, now: float, out: Outcome) -> None:
    _refuse_unknown(floor, event.queues)
    if event.until is not None and event.until <= now:
        raise Refused("already_over", "until: expected a time to come")
    open_before = [queue for queue in floor.rules.queues if not is_closed(floor, queue)]
    emergency = Emergency(prompt=event.prompt, since=now, until=event.until, why=event.why, by=event.by)
    for queue in event.queues or (EVERYWHERE,):
        floor.emergencies[queue] = emergency
        if event.until is not None:
            set_timer(floor, event.until, "emergency", queue)
    out.records.append(
        EmergencyBegan(queues=event.queues, at=now, prompt=event.prompt, until=event.until, why=event.why, by=event.by)
    )
    for queue in open_before:
        if is_closed(floor, queue):
            close_queue(floor, floor.rules.queues[queue], now, out)
            callbacks.queue_closed(floor, queue, now, out)


def _lifted(floor: Floor, event: ev.EmergencyLifted, now: float, out: Outcome) -> None:
    _refuse_unknown(floor, event.queues)
    if event.queues and EVERYWHERE in floor.emergencies:
        raise Refused("emergency_everywhere", "all queues are closed together, and can only be opened together")
    _end(floor, event.queues or tuple(floor.emergencies), now, out, by=event.by)


def emergency_is_over(floor: Floor, subject: str, when: float) -> bool:
    """Whether it still is the emergency that ends just then."""
    emergency = floor.emergencies.get(QueueId(subject))
    return emergency is not None and emergency.until == when


def end_emergency(floor: Floor, subject: str, now: float, out: Outcome) -> None:
    """It ends by itself."""
    _end(floor, (QueueId(subject),), now, out, by="")


def _end(floor: Floor, queues: Iterable[QueueId], now: float, out: Outcome, *, by: str) -> None:
    for queue in queues:
        emergency = floor.emergencies.pop(queue, None)
        if emergency is not None:
            ended = () if queue == EVERYWHERE else (queue,)
            out.records.append(EmergencyOver(queues=ended, began_at=emergency.since, at=now, by=by))
            for opened in ended or floor.rules.queues:
                callbacks.queue_opened(floor, opened, now, out)


def _refuse_unknown(floor: Floor, queues: Iterable[QueueId]) -> None:
    for queue in queues:
        if queue not in floor.rules.queues:
            raise Refused("unknown_queue", f'there is no queue "{queue}"')


HANDLERS: Final[dict[type, Callable[[Floor, Any, float, Outcome], None]]] = {
    ev.EmergencyDeclared: _declared,
    ev.EmergencyLifted: _lifted,
}
