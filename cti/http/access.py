"""Who asks, and what his role allows. Tokens come in `Authorization: Bearer`; those of feeds also otherwise, see `feeds`."""

import hmac
import logging
from typing import Final

from aiohttp import hdrs, web

from agents.accounts import Identity, Role
from agents.roster import AgentId
from cti.http.errors import ApiError, Handler, forbidden
from cti.http.services import SERVICES

__all__ = [
    "OVERSEERS",
    "REPORT_COOKIE",
    "REPORT_PAGES",
    "WATCHERS",
    "authenticated",
    "bearer_token",
    "identity_of",
    "known_identity",
    "may_oversee",
    "name_of",
    "require_agent",
    "require_role",
    "same_secret",
    "unauthorized",
    "wants_full_numbers",
]

audit = logging.getLogger("hotline.audit")
"""Who saw what is shown to few: whole numbers, recordings."""

OVERSEERS: Final = frozenset({Role.TEAM_LEADER, Role.INSPECTOR, Role.ADMINISTRATOR})
"""See all agents' calls and recordings."""
WATCHERS: Final = OVERSEERS | {Role.WALLBOARD}
"""See the wallboard."""
LEADERS: Final = frozenset({Role.TEAM_LEADER, Role.ADMINISTRATOR})
"""Change agents' states, and may ask for whole numbers."""
OPEN_PATHS: Final = frozenset({"/healthz", "/metrics", "/wallboard", "/reports"})
REPORT_PAGES: Final = "/reports"
"""Pages of a browser, which cannot send the header: here the token may come in a cookie that goes nowhere else."""
REPORT_COOKIE: Final = "hotline_reports"
OPEN_FOLDER: Final = "/web/"
"""The pages' own files: programs and styles, no data."""
WALL_PATHS: Final = "/api/wallboard/"
"""All a screen on the wall may ask for."""
FEED_PATHS_END: Final = "/feed"

_IDENTITY: Final = web.RequestKey("identity", Identity)


@web.middleware
async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only known tokens get past, but to paths that need none; a feed may bring its token after the connection is made."""
    token = bearer_token(request) or _cookie_token(request)
    if token:
        identity = request.app[SERVICES].accounts.identify(token)
        if identity is not None:
            _keep_to_the_wall(request, identity)
            request[_IDENTITY] = identity
    open_path = (
        request.path in OPEN_PATHS
        or request.path.startswith(OPEN_FOLDER)
        or (not token and request.path.endswith(FEED_PATHS_END))
    )
    if not open_path and request.get(_IDENTITY) is None:
        raise unauthorized()
    return await handler(request)


def _keep_to_the_wall(request: web.Request, identity: Identity) -> None:
    """A screen's token lies in the address of a page: it opens nothing else. Raises ApiError 403."""
    if identity.role is Role.WALLBOARD and not request.path.startswith(WALL_PATHS):
        raise forbidden("this token is for the wallboard alone")


def _cookie_token(request: web.Request) -> str:
    return request.cookies.get(REPORT_COOKIE, "") if request.path.startswith(REPORT_PAGES) else ""


def bearer_token(request: web.Request) -> str:
    """The token of the Authorization header; empty: none."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def unauthorized() -> ApiError:
    """No token, or nobody's."""
    return ApiError(401, "unauthorized", "send a valid token: Authorization: Bearer <token>")


def identity_of(request: web.Request) -> Identity:
    """Who asks. Raises ApiError 401."""
    identity = known_identity(request)
    if identity is None:
        raise unauthorized()
    return identity


def known_identity(request: web.Request) -> Identity | None:
    """Who asks, or None while that is not known: on open paths and at the beginning of feeds."""
    return request.get(_IDENTITY)


def name_of(identity: Identity) -> str:
    """Whose doing an event is. `hours` is what the opening hours do: nobody can pass for them."""
    return identity.name if identity.name != "hours" else f"{identity.role} hours"


def require_role(identity: Identity, roles: frozenset[Role]) -> None:
    """These roles alone may do this. Raises ApiError 403."""
    if identity.role not in roles:
        raise forbidden(f"this needs one of the roles {', '.join(sorted(roles))}")


def require_agent(identity: Identity, agent: AgentId, roles: frozenset[Role]) -> None:
    """An agent may do this for himself, these roles for all. Raises ApiError 403."""
    if identity.agent != agent and identity.role not in roles:
        raise forbidden("this is another agent's")


def require_overseer(identity: Identity) -> None:
    """Only who sees all calls may see this. Raises ApiError 403."""
    if not may_oversee(identity):
        raise forbidden("this is for those who oversee all calls")


def may_oversee(identity: Identity) -> bool:
    """Whether he sees all calls, not only his own."""
    return identity.role in OVERSEERS


def wants_full_numbers(request: web.Request, identity: Identity) -> bool:
    """Whether whole numbers are to be shown: asked for with a reason by a role that may, and then written down."""
    if request.query.get("numbers") != "full":
        return False
    reason = request.query.get("reason", "").strip()
    if identity.role not in LEADERS:
        raise forbidden("whole numbers are not shown to this role")
    if not reason:
        raise ApiError(400, "bad_request", "whole numbers need a reason: ?numbers=full&reason=...")
    write_down(request, identity, "whole numbers shown", reason=reason[:200])
    return True


def write_down(request: web.Request, identity: Identity, what: str, **fields: str) -> None:
    """A line of the audit log."""
    said = {"role": str(identity.role), "who": identity.agent or identity.name, "path": request.path, **fields}
    audit.info("%s: %s", what, " ".join(f"{name}={value!r}" for name, value in said.items()), extra={"audit": said})


def same_secret(one: str, other: str) -> bool:
    """Compare without telling by the time it takes how much is right."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))
