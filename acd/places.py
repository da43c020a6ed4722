"""Places in a queue that are kept for a while after their caller hung up: he has it back when he rings again.

It is the same number and the same queue, once for each wait he gave up. A caller who withholds his number is nobody's.
"""

from itertools import islice
from typing import Final

from acd.floor import Floor
from acd.model import Call, LeftPlace
from acd.rules import QueueRules

__all__ = ["MOST_PLACES", "keep", "resume"]

MOST_PLACES: Final = 10_000
"""More are not kept; the oldest go first."""


def keep(floor: Floor, call: Call, at: float) -> None:
    """He hung up while he waited, at `at`."""
    assert call.queue is not None
    if not call.number or not floor.queue_of(call).resume_s:
        return
    places = floor.left_places
    places.pop(call.number, None)
    places[call.number] = LeftPlace(call.queue, call.queued_at, call.order, at)
    for number in list(islice(places, 2)):  # one comes, two may go: it never grows with what nobody comes back for
        if places[number].left_at + floor.rules.keeps_places_s < at or len(places) > MOST_PLACES:
            del places[number]


def resume(floor: Floor, call: Call, queue: QueueRules, now: float) -> bool:
    """Whether he has a place in this queue from before; it is his from now on, and nobody else's."""
    place = floor.left_places.get(call.number)
    if place is None or call.order or place.queue != queue.id or now > place.left_at + queue.resume_s:
        return False
    del floor.left_places[call.number]
    call.queued_at, call.order, call.resumed_s = place.queued_at, place.order, now - place.queued_at
    return True
