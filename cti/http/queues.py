"""`/api/queues`: each queue as it is now, and its figures of today."""

import asyncio

import msgspec
from aiohttp import web

from acd.model import QueueId
from cti.http.access import identity_of
from cti.http.errors import not_found, reply
from cti.http.services import SERVICES, Services
from cti.views import QueueView, queue_views
from metrics.figures import Figures

__all__ = ["Today", "list_queues", "show_queue", "today"]


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """What happened since midnight. Shares run from 0 to 1; null: no data yet. `figures` has all figures by id."""

    since: float
    until: float
    offered: int
    answered: int
    abandoned: int
    """Without the short abandons."""
    short_abandoned: int
    overflowed: int
    switch_lost: int
    asa_s: float | None
    abandon_rate: float | None
    service_level: float | None
    occupancy: float | None
    figures: dict[str, float | None]


async def list_queues(request: web.Request) -> web.Response:
    """All queues, and the site as a whole."""
    identity_of(request)
    services = request.app[SERVICES]
    floor = services.runner.floor
    queues = []
    for view in queue_views(floor, floor.rules.queues, services.runner.now(), services.floor_feed.items):
        queues.append(_with_today(services, view))
        await asyncio.sleep(0)  # many queues are worked out in turns with the calls
    return reply({"queues": queues, "site": today(services.figures.site())})


async def show_queue(request: web.Request) -> web.Response:
    """One queue."""
    identity_of(request)
    services = request.app[SERVICES]
    queue = QueueId(request.match_info["queue"])
    views = queue_views(services.runner.floor, [queue], services.runner.now(), services.floor_feed.items)
    if not views:
        raise not_found("queue", queue)
    return reply(_with_today(services, views[0]))


def _with_today(services: Services, view: QueueView) -> dict[str, object]:
    rules = services.runner.floor.rules.queues.get(view.queue)
    shown = msgspec.to_builtins(view)
    if rules is not None:
        target = {"target": rules.service_level.target, "within_s": rules.service_level.within_s}
        shown |= {"strategy": rules.strategy, "service_level_target": target}
    return {**shown, "today": today(services.figures.queue(view.queue))}


def today(figures: Figures) -> Today:
    """The figures most asked for by name, and all of them by id."""
    counts, values = figures.counts, figures.values
    return Today(
        since=figures.since,
        until=figures.until,
        offered=counts.offered,
        answered=counts.answered,
        abandoned=counts.abandoned,
        short_abandoned=counts.short_abandoned,
        overflowed=counts.overflowed,
        switch_lost=counts.switch_lost,
        asa_s=values["asa"],
        abandon_rate=values["abandon_rate"],
        service_level=values["service_level"],
        occupancy=values["occupancy"],
        figures=values,
    )
