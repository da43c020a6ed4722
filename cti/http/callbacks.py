"""Customers who are to be called back: the list, and what team leaders and administrators do about them.

Each act is an event told to the core with the name of whose token it was, and a line of the audit log.
"""

from typing import Annotated

import msgspec
from aiohttp import web

from acd.callbacks import in_order
from acd.events import CallbackCancelled, CallbackHurried, CallbackRequested, Event
from acd.model import Callback, CallbackId, CallId, QueueId
from agents.accounts import Identity
from cti.callback_views import callback_view
from cti.http.access import LEADERS, identity_of, require_overseer, require_role, wants_full_numbers, write_down
from cti.http.errors import not_found, reply
from cti.http.services import SERVICES, Services

__all__ = ["ask_for_callback", "cancel_callback", "hurry_callback", "list_callbacks"]


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """The body of putting somebody on the list."""

    number: Annotated[str, msgspec.Meta(min_length=3, max_length=21)]
    queue: QueueId
    call: CallId = CallId("")
    """Whose place he is to have; "": that of one who comes now."""


class Hurry(msgspec.Struct, forbid_unknown_fields=True):
    """The body of calling somebody now."""

    points: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0


async def list_callbacks(request: web.Request) -> web.Response:
    """Those of this moment, as they would stand in line; of one queue if it is named."""
    identity, services = identity_of(request), request.app[SERVICES]
    require_overseer(identity)
    full = wants_full_numbers(request, identity)
    floor, now = services.runner.floor, services.runner.now()
    queue = request.query.get("queue")
    wanted = [one for one in in_order(floor) if queue in (None, one.queue)]
    return reply({"callbacks": [callback_view(floor, one, now, full=full) for one in wanted]})


async def ask_for_callback(request: web.Request) -> web.Response:
    """Somebody is to be called back."""
    identity, services = _leader(request)
    wish = msgspec.json.decode(await request.read(), type=Wish)
    if wish.queue not in services.runner.floor.rules.queues:
        raise not_found("queue", wish.queue)
    callback = CallbackId(f"hand-{services.runner.now():.6f}")
    event = CallbackRequested(callback=callback, call=wish.call, number=wish.number, queue=wish.queue)
    return _reply(request, identity, callback, event, "callback asked for", queue=wish.queue)


async def cancel_callback(request: web.Request) -> web.Response:
    """He need not be called any more; what is being done for it stops."""
    identity, services = _leader(request)
    wanted = _known(services, request.match_info["callback"])
    event = CallbackCancelled(callback=wanted.id, by=identity.name)
    return _reply(request, identity, wanted.id, event, "callback cancelled")


async def hurry_callback(request: web.Request) -> web.Response:
    """He is called as soon as an agent is free, whatever the hours and the time of the next attempt say."""
    identity, services = _leader(request)
    wanted = _known(services, request.match_info["callback"])
    points = msgspec.json.decode(await request.read() or b"{}", type=Hurry).points
    event = CallbackHurried(callback=wanted.id, by=identity.name, points=points)
    return _reply(request, identity, wanted.id, event, "callback hurried", points=str(points))


def _leader(request: web.Request) -> tuple[Identity, Services]:
    identity = identity_of(request)
    require_role(identity, LEADERS)
    return identity, request.app[SERVICES]


def _known(services: Services, callback: str) -> Callback:
    found = services.runner.floor.callbacks.get(CallbackId(callback))
    if found is None:
        raise not_found("callback", callback)
    return found


def _reply(
    request: web.Request, identity: Identity, callback: CallbackId, event: Event, what: str, **fields: str
) -> web.Response:
    """Tell the core; the answer is the callback as it is then, or null when it is not on the floor (any more)."""
    services = request.app[SERVICES]
    services.runner.tell(event)
    write_down(request, identity, what, callback=callback, **fields)
    floor = services.runner.floor
    wanted = floor.callbacks.get(callback)
    return reply(None if wanted is None else callback_view(floor, wanted, services.runner.now(), full=False))
