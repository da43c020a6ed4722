"""The supervisor's hand: what team leaders and administrators do to waiting callers, ringing offers and queues.

Each act is an event told to the core with the name of whose token it was, and a line of the audit log. What is not possible now
is refused by the core; then nothing has changed, and nothing is written down.
"""

from typing import Annotated

import msgspec
from aiohttp import web

from acd.events import CallAssigned, CallRaised, CallSent, Event, OfferPulledBack, QueueClosed, QueueOpened
from acd.model import Call, CallId, OfferId, QueueId
from agents.accounts import Identity
from agents.roster import AgentId
from cti.http.access import LEADERS, identity_of, name_of, require_role, write_down
from cti.http.errors import not_found, reply
from cti.http.services import SERVICES, Services
from cti.views import call_view, queue_views

__all__ = [
    "assign_call",
    "close_queue",
    "known_call",
    "open_queue",
    "pull_back_offer",
    "raise_call",
    "send_call",
]


class Raise(msgspec.Struct, forbid_unknown_fields=True):
    """The body of raising a caller."""

    points: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Assignment(msgspec.Struct, forbid_unknown_fields=True):
    """The body of giving a caller to an agent."""

    agent: AgentId


class Sending(msgspec.Struct, forbid_unknown_fields=True):
    """The body of sending a caller to another queue."""

    queue: QueueId


async def raise_call(request: web.Request) -> web.Response:
    """A waiting caller gets so many points of priority more."""
    identity, services = _leader(request)
    call = known_call(services, request.match_info["call"])
    points = msgspec.json.decode(await request.read(), type=Raise).points
    event = CallRaised(call=call.id, points=points, by=name_of(identity))
    return _call_reply(request, identity, call.id, event, "caller raised", points=str(points))


async def assign_call(request: web.Request) -> web.Response:
    """A waiting caller is given to this agent, at once or when he comes free."""
    identity, services = _leader(request)
    call = known_call(services, request.match_info["call"])
    agent = msgspec.json.decode(await request.read(), type=Assignment).agent
    if agent not in services.runner.floor.agents:
        raise not_found("agent", agent)
    event = CallAssigned(call=call.id, agent=agent, by=name_of(identity))
    return _call_reply(request, identity, call.id, event, "caller assigned", agent=agent)


async def send_call(request: web.Request) -> web.Response:
    """A waiting caller goes to another queue, with the time he has waited."""
    identity, services = _leader(request)
    call = known_call(services, request.match_info["call"])
    queue = msgspec.json.decode(await request.read(), type=Sending).queue
    if queue not in services.runner.floor.rules.queues:
        raise not_found("queue", queue)
    event = CallSent(call=call.id, queue=queue, by=name_of(identity))
    return _call_reply(request, identity, call.id, event, "caller sent to another queue", queue=queue)


async def pull_back_offer(request: web.Request) -> web.Response:
    """An offer that still rings is taken back: the caller is offered to someone else."""
    identity, services = _leader(request)
    offer = services.runner.floor.offers.get(OfferId(request.match_info["offer"]))
    if offer is None:
        raise not_found("offer", request.match_info["offer"])
    event = OfferPulledBack(offer=offer.id, by=name_of(identity))
    return _call_reply(request, identity, offer.call, event, "offer pulled back", offer=offer.id, agent=offer.agent)


async def close_queue(request: web.Request) -> web.Response:
    """The queue takes no new callers until a supervisor opens it again."""
    return _door(request, "queue closed", QueueClosed)


async def open_queue(request: web.Request) -> web.Response:
    """What supervisors closed is open again; what its hours keep closed stays so."""
    return _door(request, "queue opened", QueueOpened)


def known_call(services: Services, call: str) -> Call:
    """The live call. Raises ApiError 404."""
    found = services.runner.floor.calls.get(CallId(call))
    if found is None:
        raise not_found("call", call)
    return found


def _leader(request: web.Request) -> tuple[Identity, Services]:
    identity = identity_of(request)
    require_role(identity, LEADERS)
    return identity, request.app[SERVICES]


def _call_reply(
    request: web.Request, identity: Identity, call_id: CallId, event: Event, what: str, **fields: str
) -> web.Response:
    """Tell the core; the answer is the call as it is then, or null if the act was its end."""
    services = request.app[SERVICES]
    services.runner.tell(event)
    write_down(request, identity, what, call=call_id, **fields)
    floor = services.runner.floor
    call = floor.calls.get(call_id)
    return reply(None if call is None else call_view(floor, call, services.runner.now(), full=False))


def _door(request: web.Request, what: str, event: type[QueueClosed] | type[QueueOpened]) -> web.Response:
    identity, services = _leader(request)
    queue = QueueId(request.match_info["queue"])
    if queue not in services.runner.floor.rules.queues:
        raise not_found("queue", queue)
    services.runner.tell(event(queue=queue, by=name_of(identity)))
    services.floor_feed.note_queue(queue)
    write_down(request, identity, what, queue=queue)
    return reply(queue_views(services.runner.floor, [queue], services.runner.now())[0])
