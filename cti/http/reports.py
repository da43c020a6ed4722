"""`/api/reports` and the pages below `/reports`: reports, the calls behind a number, an agent's day.

Who oversees sees everything, an agent what is about himself. The pages take the token from a cookie that is sent to them alone
and only reads; the cookie is made by signing in with a token.
"""

import asyncio
from typing import Final

import msgspec
from aiohttp import hdrs, web

from agents.accounts import Identity, Role
from agents.roster import AgentId
from cti.http.access import (
    OVERSEERS,
    REPORT_COOKIE,
    REPORT_PAGES,
    identity_of,
    known_identity,
    may_oversee,
    require_agent,
    wants_full_numbers,
)
from cti.http.errors import ApiError, forbidden, reply
from cti.http.queries import number_up_to
from cti.http.services import SERVICES, ReportFile
from cti.masking import mask_number

__all__ = ["calls_page", "draw_agent_day", "list_calls_behind", "page", "show_report", "sign_in"]

REPORT_S: Final = 30.0
"""A report takes longer than other questions."""
FORMS: Final = ("json", "csv", "xlsx", "html")
MOST_CALLS: Final = 1000
PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
}
ASKED: Final = ("from", "to", "by", "step", "figures", "key", "count", "language", "day")


async def show_report(request: web.Request) -> web.Response:
    """A report in one of four forms."""
    identity, services = identity_of(request), request.app[SERVICES]
    form = request.query.get("format", "json")
    if form not in FORMS:
        raise ApiError(400, "bad_request", f"format: expected one of {', '.join(FORMS)}, got {form[:40]!r}")
    async with asyncio.timeout(REPORT_S):
        made = await services.reports.file(_question(request, identity), form)
    return _as_answer(made, shown=form in ("json", "html"))


async def list_calls_behind(request: web.Request) -> web.Response:
    """What a count was made of: `total` of them, from `offset` on at most `limit`."""
    identity, services = identity_of(request), request.app[SERVICES]
    full = wants_full_numbers(request, identity)
    limit = number_up_to(request, "limit", 100, MOST_CALLS)
    offset = number_up_to(request, "offset", 1, 10**8) if request.query.get("offset", "0") != "0" else 0
    async with asyncio.timeout(REPORT_S):
        found = await services.reports.calls(_question(request, identity))
    part = found[offset : offset + limit]
    calls = part if full else [msgspec.structs.replace(one, number=mask_number(one.number)) for one in part]
    return reply({"total": len(found), "offset": offset, "calls": calls})


async def draw_agent_day(request: web.Request) -> web.Response:
    """An agent's day as SVG."""
    identity, services = identity_of(request), request.app[SERVICES]
    agent = AgentId(request.match_info["agent"])
    require_agent(identity, agent, OVERSEERS)
    async with asyncio.timeout(REPORT_S):
        made = await services.reports.agent_day(agent, _asked(request))
    return _as_answer(made, shown=True)


async def page(request: web.Request) -> web.Response:
    """The page of reports; who is not signed in is asked to. With `format` the report as a file."""
    services, identity = request.app[SERVICES], known_identity(request)
    if identity is None:
        return _page(services.reports.sign_in_page(refused=False))
    if request.query.get("format", "html") != "html":
        return await show_report(request)
    async with asyncio.timeout(REPORT_S):
        return _page(await services.reports.page(_question(request, identity)))


async def sign_in(request: web.Request) -> web.Response:
    """Take a token and keep it in the browser, for these pages alone, until it is closed."""
    services = request.app[SERVICES]
    token = str((await request.post()).get("token", "")).strip()
    identity = services.accounts.identify(token)
    if identity is None or identity.role is Role.WALLBOARD:
        return _page(services.reports.sign_in_page(refused=True), 401)
    answer = web.Response(status=303, headers={hdrs.LOCATION: REPORT_PAGES})
    answer.set_cookie(REPORT_COOKIE, token, path=REPORT_PAGES, httponly=True, samesite="Strict", secure=request.secure)
    return answer


async def calls_page(request: web.Request) -> web.Response:
    """The calls behind a number, as a page."""
    services, identity = request.app[SERVICES], identity_of(request)
    async with asyncio.timeout(REPORT_S):
        return _page(await services.reports.calls_page(_question(request, identity)))


def _asked(request: web.Request) -> dict[str, str]:
    return {name: request.query[name] for name in ASKED if request.query.get(name)}


def _question(request: web.Request, identity: Identity) -> dict[str, str]:
    """What is asked for; of an agent about himself, whatever he asks."""
    asked = _asked(request)
    if may_oversee(identity):
        return asked
    if (
        identity.agent is None
        or asked.get("by", "agent") != "agent"
        or asked.get("key", identity.agent) != identity.agent
    ):
        raise forbidden("agents see reports of themselves: by=agent")
    return asked | {"by": "agent", "key": identity.agent}


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=PAGE_HEADERS)


def _as_answer(made: ReportFile, *, shown: bool) -> web.Response:
    how = "inline" if shown else "attachment"
    headers: dict[str, str] = {
        hdrs.CONTENT_DISPOSITION: f'{how}; filename="{made.name}"',
        hdrs.CONTENT_TYPE: made.content_type,
    }
    return web.Response(body=made.content, headers=PAGE_HEADERS | headers)
