"""`/api/why`: why a figure is out of its band, in numbers and in words."""

from datetime import datetime

from aiohttp import web

from acd.model import QueueId
from cti.http.access import identity_of, require_overseer
from cti.http.errors import ApiError, not_found, reply
from cti.http.queries import moment
from cti.http.services import SERVICES, Services
from metrics.definitions import FIGURES
from metrics.periods import midnight

__all__ = ["why"]

LONGEST_S = 31 * 86400.0


async def why(request: web.Request) -> web.Response:
    """`figure` (service_level), `queue` (the site), `since` (midnight) and `until` (now). It names agents: for overseers."""
    require_overseer(identity_of(request))
    services = request.app[SERVICES]
    figure = request.query.get("figure", "service_level")
    if figure not in FIGURES:
        raise ApiError(400, "bad_request", f"figure: no figure {figure[:40]!r} (there are: {', '.join(FIGURES)})")
    queue = QueueId(request.query["queue"]) if "queue" in request.query else None
    if queue is not None and queue not in services.runner.floor.rules.queues:
        raise not_found("queue", queue)
    since, until = _stretch(request, services)
    return reply(await services.why.why(figure, queue, since, until))


def _stretch(request: web.Request, services: Services) -> tuple[float, float]:
    now = services.runner.now()
    until = min(moment(request, "until", services.zone) or now, now)
    since = moment(request, "since", services.zone)
    if since is None:
        since = midnight(datetime.fromtimestamp(until, services.zone).date(), services.zone)
    if not 0 <= until - since <= LONGEST_S:
        raise ApiError(400, "bad_request", "since: it must not be after until, nor more than 31 days before it")
    return since, until
