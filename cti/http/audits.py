"""`/api/audit`: whether the numbers agree; and the live counts of a quarter of an hour, for who holds them against others."""

from aiohttp import web

from cti.http.access import OVERSEERS, identity_of, require_role
from cti.http.errors import ApiError, reply
from cti.http.services import SERVICES

__all__ = ["last_audit", "live_quarter"]


async def last_audit(request: web.Request) -> web.Response:
    """The last nightly audit with its differences; null: there was none yet."""
    require_role(identity_of(request), OVERSEERS)
    return reply({"audit": request.app[SERVICES].audits.last()})


async def live_quarter(request: web.Request) -> web.Response:
    """By its number from the epoch; null: not in memory (any more). Its form is metrics.intervals.Book's, and may change."""
    require_role(identity_of(request), OVERSEERS)
    quarter = request.match_info["quarter"]
    if not quarter.isdecimal() or len(quarter) > 9:
        raise ApiError(404, "not_found", f"quarter: expected its number from the epoch, got {quarter[:40]!r}")
    return reply({"book": request.app[SERVICES].audits.live(int(quarter))})
