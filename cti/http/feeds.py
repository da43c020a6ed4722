"""WebSocket feeds: an agent's screen pops, the floor for supervisors, and what a wallboard shows.

The token comes in the Authorization header, as the subprotocol `token.<token>` offered next to `hotline`, or, from browsers
that want neither, in the first message: {"token": "..."}. Nothing is sent before it is known.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, hdrs, web
from yarl import URL

from agents.accounts import Identity
from agents.roster import AgentId
from cti.feed import Feed, FeedClosed, FeedOverrun
from cti.http.access import (
    OVERSEERS,
    WATCHERS,
    known_identity,
    require_agent,
    require_role,
    unauthorized,
    wants_full_numbers,
)
from cti.http.agents import known_agent
from cti.http.errors import ApiError, forbidden
from cti.http.queries import sequence_number
from cti.http.services import SERVICES
from cti.liveness import watch_for_dead_peer

__all__ = ["agent_feed", "floor_feed", "wall_feed"]

log = logging.getLogger(__name__)

PROTOCOL: Final = "hotline"
TOKEN_PREFIX: Final = "token."  # noqa: S105 - the word before it, not a token
FIRST_MESSAGE_S: Final = 5.0
SLOW_S: Final = 5.0
"""A frame the desktop's connection does not take for this long: the desktop is too slow."""
CLOSE_S: Final = 2.0
HEARTBEAT_S: Final = 10.0
DEAD_AFTER_S: Final = 10
LONGEST_MESSAGE: Final = 4096
WRITE_AHEAD: Final = 32_768

Open = Callable[[Identity], AbstractContextManager[Feed]]
"""Checks what the asker may see, and opens it. Raises ApiError."""


class _FirstMessage(msgspec.Struct):
    token: str


async def agent_feed(request: web.Request) -> web.StreamResponse:
    """`/api/agents/{agent}/feed?after=seq`: his pops and states; supervisors may look on."""
    services = request.app[SERVICES]
    agent = AgentId(request.match_info["agent"])
    after = sequence_number(request, "after")

    def open_feed(identity: Identity) -> AbstractContextManager[Feed]:
        require_agent(identity, agent, OVERSEERS)
        known_agent(services, agent)
        return services.pops.feed(agent, full=wants_full_numbers(request, identity), after=after)

    return await _serve(request, open_feed)


async def floor_feed(request: web.Request) -> web.StreamResponse:
    """`/api/floor/feed`: agents and queues as they change, for supervisors."""

    def open_feed(identity: Identity) -> AbstractContextManager[Feed]:
        require_role(identity, OVERSEERS)
        return request.app[SERVICES].floor_feed.feed()

    return await _serve(request, open_feed)


async def wall_feed(request: web.Request) -> web.StreamResponse:
    """`/api/wallboard/feed`: what a wallboard shows, as it changes."""

    def open_feed(identity: Identity) -> AbstractContextManager[Feed]:
        require_role(identity, WATCHERS)
        return request.app[SERVICES].wall_feed.feed()

    return await _serve(request, open_feed)


async def _serve(request: web.Request, open_feed: Open) -> web.StreamResponse:
    _check_origin(request)
    identity = known_identity(request) or _by_subprotocol(request)
    opened = open_feed(identity) if identity is not None else None
    socket = web.WebSocketResponse(
        protocols=(PROTOCOL,),
        heartbeat=HEARTBEAT_S,
        timeout=CLOSE_S,
        max_msg_size=LONGEST_MESSAGE,
        compress=False,
        writer_limit=WRITE_AHEAD,
    )
    await socket.prepare(request)
    if request.transport is not None:
        watch_for_dead_peer(request.transport, dead_after_s=DEAD_AFTER_S)
    try:
        opened = opened or open_feed(await _by_first_message(request, socket))
    except ApiError as error:  # the connection is a WebSocket by now: its own codes, 4000 + the HTTP status
        await socket.close(code=4000 + error.status, message=error.error.encode())
        return socket
    with opened as feed:
        await _run(request, socket, feed)
    return socket


def _check_origin(request: web.Request) -> None:
    """A page of another host may not use the browser of someone who is known here."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None or origin in request.app[SERVICES].origins:
        return
    try:
        same = URL(origin).authority == URL(f"//{request.host}").authority
    except ValueError:
        same = False
    if not same:
        raise forbidden("pages of this origin may not open feeds")


def _by_subprotocol(request: web.Request) -> Identity | None:
    """Who offered `token.<token>`; None when nothing like it was offered. Raises ApiError 401."""
    offered = [protocol.strip() for protocol in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(",")]
    tokens = [protocol.removeprefix(TOKEN_PREFIX) for protocol in offered if protocol.startswith(TOKEN_PREFIX)]
    return _identify(request, tokens[0]) if tokens else None


async def _by_first_message(request: web.Request, socket: web.WebSocketResponse) -> Identity:
    """Who the first message says. Raises ApiError 401."""
    try:
        message = await socket.receive(timeout=FIRST_MESSAGE_S)
        if message.type is not WSMsgType.TEXT:
            raise unauthorized()
        return _identify(request, msgspec.json.decode(message.data, type=_FirstMessage).token)
    except (TimeoutError, msgspec.DecodeError):
        raise unauthorized() from None


def _identify(request: web.Request, token: str) -> Identity:
    identity = request.app[SERVICES].accounts.identify(token)
    if identity is None:
        raise unauthorized()
    return identity


async def _run(request: web.Request, socket: web.WebSocketResponse, feed: Feed) -> None:
    """Send what comes until one side has enough. What the desktop says is read for its close and pongs only."""
    sender = asyncio.create_task(_send_all(request.transport, socket, feed), name=f"feed {request.path}")
    try:
        async for _ in socket:
            pass
    finally:
        feed.close()
        _, stuck = await asyncio.wait({sender}, timeout=SLOW_S + 2 * CLOSE_S)
        for task in stuck:
            task.cancel()


async def _send_all(transport: asyncio.Transport | None, socket: web.WebSocketResponse, feed: Feed) -> None:
    try:
        while True:
            frame = await feed.next()
            async with asyncio.timeout(SLOW_S):
                await socket.send_frame(frame, WSMsgType.TEXT)
    except (FeedOverrun, TimeoutError):
        await _cut_off(transport, socket)
    except FeedClosed:
        await socket.close(code=WSCloseCode.GOING_AWAY)
    except ConnectionError:
        pass  # the desktop went away; the reading side sees it too
    except Exception:
        log.exception("a feed failed")
        await socket.close(code=WSCloseCode.INTERNAL_ERROR)


async def _cut_off(transport: asyncio.Transport | None, socket: web.WebSocketResponse) -> None:
    """Say why, and give him a moment to hear it; what still lies in the buffer for him then is dropped."""
    log.info("a desktop is too slow for its feed and was cut off")
    if transport is not None:
        asyncio.get_running_loop().call_later(2 * CLOSE_S, transport.abort)
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow", drain=False)
