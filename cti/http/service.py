"""The engine itself: health, metrics, version; the rules in force, reloading them and going back."""

import asyncio
import contextlib
from collections.abc import Iterator

import msgspec
from aiohttp import hdrs, web

from agents.accounts import Role
from cti.health import ComponentState, serving
from cti.http.access import bearer_token, identity_of, require_role, same_secret, unauthorized, write_down
from cti.http.errors import reply
from cti.http.services import SERVICES
from metrics.exposition import CONTENT_TYPE

__all__ = ["health", "metrics", "reload", "rollback", "rules", "send_pieces", "version"]


class Rollback(msgspec.Struct, forbid_unknown_fields=True):
    """The body of going back; without a version to the one before that in force."""

    version: str | None = None


async def health(request: web.Request) -> web.Response:
    """What is up, and what will not be well for ever; status 200 if calls can be served, 503 if not."""
    board = request.app[SERVICES].health
    components = board.components()
    up = serving(components)
    whole = all(part.state in (ComponentState.UP, ComponentState.OFF) for part in components)
    status = ComponentState.DOWN if not up else ComponentState.UP if whole else ComponentState.DEGRADED
    return reply({"status": status, "components": components, "warnings": board.warnings()}, 200 if up else 503)


async def metrics(request: web.Request) -> web.StreamResponse:
    """The page for Prometheus, made and sent piece by piece: it is a megabyte on a big floor, and calls come first."""
    services = request.app[SERVICES]
    if services.metrics_token and not same_secret(bearer_token(request), services.metrics_token):
        raise unauthorized()
    return await send_pieces(request, services.metrics.pieces())


async def send_pieces(request: web.Request, pieces: Iterator[bytes]) -> web.StreamResponse:
    """A metrics page, with room for other work between its pieces."""
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # who asked has gone away
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(0)
        await response.write_eof()
    return response


async def version(request: web.Request) -> web.Response:
    """Of the engine and of the rules in force."""
    identity_of(request)
    services = request.app[SERVICES]
    return reply({"version": services.version, "rules": services.runner.floor.rules.version})


async def rules(request: web.Request) -> web.Response:
    """The version in force, and those that can be gone back to, newest first."""
    identity_of(request)
    services = request.app[SERVICES]
    kept = await services.versions.kept()
    return reply({"version": services.runner.floor.rules.version, "kept": kept})


async def reload(request: web.Request) -> web.Response:
    """Read the configuration anew; for administrators. A bad one changes nothing and is answered with all its problems."""
    identity = identity_of(request)
    require_role(identity, frozenset({Role.ADMINISTRATOR}))
    services = request.app[SERVICES]
    await services.reload()
    version = services.runner.floor.rules.version
    write_down(request, identity, "rules loaded", version=version)
    return reply({"rules": version})


async def rollback(request: web.Request) -> web.Response:
    """Put a version in force that was so before; for administrators. The files stay as they are."""
    identity = identity_of(request)
    require_role(identity, frozenset({Role.ADMINISTRATOR}))
    services = request.app[SERVICES]
    body = await request.read()
    wanted = msgspec.json.decode(body, type=Rollback) if body else Rollback()
    await services.versions.go_back(wanted.version)
    version = services.runner.floor.rules.version
    write_down(request, identity, "went back to earlier rules", version=version)
    return reply({"version": version})
