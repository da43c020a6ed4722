"""`/api/items`: what people have to do after the calls, and their steps with it. An agent sees the items of his queues,
and those he was given."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from aiohttp import hdrs, web

from agents.accounts import Identity
from agents.roster import AgentId, QueueId
from cti.http.access import LEADERS, identity_of, may_oversee, require_role, wants_full_numbers, write_down
from cti.http.errors import ApiError, forbidden, not_found, reply
from cti.http.queries import moment, number_up_to
from cti.http.services import ASK_S, SERVICES, Services
from cti.masking import mask_number, mask_text
from desk.items import AUDIBLE, ItemId, ItemKind, ItemState, Step, What, WorkItem, take_step
from desk.store import Wanted

__all__ = ["change_item", "count_items", "list_items", "play_message", "show_item"]

S = TypeVar("S", bound=StrEnum)


class Doing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a step; only a leader names somebody else, and only to give him the item."""

    note: Annotated[str, msgspec.Meta(max_length=2000, pattern="^[^\\0]*$")] = ""
    agent: AgentId | None = None


async def list_items(request: web.Request) -> web.Response:
    """The newest that match `state`, `kind`, `queue`, `owner`, `since`, `until`; at most `limit`."""
    identity, services = identity_of(request), request.app[SERVICES]
    full = wants_full_numbers(request, identity)
    limit = number_up_to(request, "limit", 100, 1000)
    async with asyncio.timeout(ASK_S):
        found = await services.items.find(_wanted(request, identity, services), limit)
    return reply({"items": [_shown(item, full=full) for item in found]})


async def count_items(request: web.Request) -> web.Response:
    """How many there are by queue, kind and state, of those that match as in the list."""
    identity, services = identity_of(request), request.app[SERVICES]
    async with asyncio.timeout(ASK_S):
        counts = await services.items.counts(_wanted(request, identity, services))
    return reply({"counts": counts})


async def show_item(request: web.Request) -> web.Response:
    """One item with all its steps."""
    identity, services = identity_of(request), request.app[SERVICES]
    full = wants_full_numbers(request, identity)
    item = await _item(request, identity, services)
    return await _whole(services, item, full=full)


async def change_item(request: web.Request) -> web.Response:
    """Take it, give it back, be done with it, take it up anew: the last word of the path says which."""
    identity, services = identity_of(request), request.app[SERVICES]
    leads = identity.role in LEADERS
    if not leads and identity.agent is None:
        raise forbidden("this role looks at items, and leaves them as they are")
    what = What(request.path.rpartition("/")[2].replace("-", "_"))
    body = await request.read()
    doing = msgspec.json.decode(body, type=Doing) if body else Doing()
    item = await _item(request, identity, services)
    if doing.agent is not None:
        _may_be_given(identity, services, what, doing.agent)
    by = identity.agent or identity.name
    step = Step(at=services.runner.now(), what=what, by=by, note=doing.note)
    now, kept = take_step(item, step, leads=leads, given_to=doing.agent)
    async with asyncio.timeout(ASK_S):
        await services.items.change(item, now, kept)
    return await _whole(services, now, full=False)


async def play_message(request: web.Request) -> web.StreamResponse:
    """What the caller said, as WAV, whole or the range that is asked for. Each hearing is written down."""
    identity, services = identity_of(request), request.app[SERVICES]
    item = await _item(request, identity, services)
    if item.kind not in AUDIBLE:
        raise not_found("recording", item.item)
    path: Path = await asyncio.to_thread(services.items.audio, item.item)
    write_down(request, identity, "message heard", call=item.call)
    headers = {hdrs.CONTENT_TYPE: "audio/wav", hdrs.CONTENT_DISPOSITION: f'attachment; filename="{path.name}"'}
    return web.FileResponse(path, headers=headers)


async def _item(request: web.Request, identity: Identity, services: Services) -> WorkItem:
    key = ItemId(request.match_info["item"])
    async with asyncio.timeout(ASK_S):
        item = await services.items.get(key)
    if item is None:
        raise not_found("item", key)
    agent = _seer(identity)
    if agent is not None and not item.is_seen_by(agent, _queues(agent, services)):
        raise forbidden("this item is for the people of another queue")
    return item


async def _whole(services: Services, item: WorkItem, *, full: bool) -> web.Response:
    async with asyncio.timeout(ASK_S):
        steps = await services.items.steps(item.item)
    told = [step if full else msgspec.structs.replace(step, note=mask_text(step.note)) for step in steps]
    return reply({"item": _shown(item, full=full), "steps": told})


def _shown(item: WorkItem, *, full: bool) -> WorkItem:
    return item if full else msgspec.structs.replace(item, number=mask_number(item.number))


def _seer(identity: Identity) -> AgentId | None:
    """Whose view of the items this is; None: all are seen."""
    return None if may_oversee(identity) else identity.agent or AgentId("")


def _queues(agent: AgentId, services: Services) -> tuple[QueueId, ...]:
    settings = services.runner.floor.rules.agents.get(agent)
    return settings.queues if settings else ()


def _wanted(request: web.Request, identity: Identity, services: Services) -> Wanted:
    query = request.query
    agent = _seer(identity)
    return Wanted(
        state=_one_of(request, "state", ItemState),
        kind=_one_of(request, "kind", ItemKind),
        queue=QueueId(query["queue"]) if "queue" in query else None,
        seen_by=agent,
        queues=() if agent is None else _queues(agent, services),
        owner=query.get("owner"),
        since=moment(request, "since", services.zone),
        until=moment(request, "until", services.zone),
    )


def _one_of(request: web.Request, name: str, kind: type[S]) -> S | None:
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise ApiError(400, "bad_request", f"{name}: expected one of {', '.join(kind)}, got {text[:40]!r}") from None


def _may_be_given(identity: Identity, services: Services, what: What, agent: AgentId) -> None:
    """A leader gives an item to somebody of the roster."""
    require_role(identity, LEADERS)
    if what is not What.TAKE:
        raise ApiError(400, "bad_request", "agent: names who is to take the item, and goes with take alone")
    if agent not in services.runner.floor.rules.agents:
        raise not_found("agent", agent)
