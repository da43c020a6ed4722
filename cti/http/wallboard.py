"""`/api/wallboard/curve`: the day so far and the day before, by intervals. What is live comes by the feed."""

from aiohttp import web

from acd.model import QueueId
from cti.http.access import WATCHERS, identity_of, require_role
from cti.http.errors import not_found, reply
from cti.http.services import SERVICES

__all__ = ["curve"]


async def curve(request: web.Request) -> web.Response:
    """Of the site, or of the `queues` named, separated by commas."""
    require_role(identity_of(request), WATCHERS)
    services = request.app[SERVICES]
    queues = [QueueId(name) for name in request.query.get("queues", "").split(",") if name]
    for queue in queues:
        if queue not in services.runner.floor.rules.queues:
            raise not_found("queue", queue)
    return reply(services.figures.curve(queues))
