"""`/api/recordings`: the list, and the sound. An agent has his own; leaders, inspectors and administrators have all."""

import asyncio
import re

from aiohttp import hdrs, web

from cti.http.access import identity_of, may_oversee, write_down
from cti.http.errors import forbidden, not_found, reply
from cti.http.queries import moment, number_up_to
from cti.http.services import ASK_S, SERVICES

__all__ = ["list_recordings", "play_recording"]


async def list_recordings(request: web.Request) -> web.Response:
    """The newest that match `call`, `agent`, `queue`, `since`, `until`; at most `limit`."""
    identity, services = identity_of(request), request.app[SERVICES]
    agent = request.query.get("agent")
    if not may_oversee(identity):
        if agent not in (None, identity.agent):
            raise forbidden("these are another agent's recordings")
        agent = identity.agent
    since, until = moment(request, "since", services.zone), moment(request, "until", services.zone)
    limit = number_up_to(request, "limit", 100, 1000)
    async with asyncio.timeout(ASK_S):
        found = await services.archive.find(
            call=request.query.get("call"),
            agent=agent,
            queue=request.query.get("queue"),
            since=since,
            until=until,
            limit=limit,
        )
    return reply({"recordings": found})


async def play_recording(request: web.Request) -> web.StreamResponse:
    """The sound as WAV (caller left, agent right), whole or the range that is asked for. Each hearing is written down."""
    identity, services = identity_of(request), request.app[SERVICES]
    key = request.match_info["recording"]
    async with asyncio.timeout(ASK_S):
        recording = await services.archive.get(key)
    if recording is None:
        raise not_found("recording", key)
    if not may_oversee(identity) and recording.agent != identity.agent:
        raise forbidden("this is another agent's recording")
    path = await asyncio.to_thread(services.archive.path, recording)
    write_down(request, identity, "recording heard", call=recording.call)
    name = re.sub(r"[^A-Za-z0-9.-]", "_", recording.offer)[:80]
    headers = {
        hdrs.CONTENT_TYPE: "audio/wav",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="recording-{name}.wav"',
    }
    return web.FileResponse(path, headers=headers)
