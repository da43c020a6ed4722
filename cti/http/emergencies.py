"""`/api/emergencies`: queues, or the whole site, closed at once by a supervisor, with an announcement of its own."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web

from acd.events import EmergencyDeclared, EmergencyLifted
from acd.model import EVERYWHERE, QueueId
from agents.accounts import Identity
from cti.http.access import LEADERS, identity_of, name_of, require_role, write_down
from cti.http.errors import not_found, reply
from cti.http.queries import moment_of
from cti.http.services import SERVICES, Services

__all__ = ["ALL", "declare", "lift", "list_emergencies"]

ALL: Final = "all"
PROMPT: Final = "emergency_closed"
"""What callers hear when the one who closes does not say."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

Queues = Annotated[list[QueueId], msgspec.Meta(min_length=1)] | Literal["all"]


class Declaration(msgspec.Struct, forbid_unknown_fields=True):
    """The body of closing. `until`: 18:30 (the next by the site's clock), ISO 8601, or seconds; none: until it is lifted."""

    queues: Queues
    prompt: str = PROMPT
    until: str | float | None = None
    why: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Lifting(msgspec.Struct, forbid_unknown_fields=True):
    """The body of opening."""

    queues: Queues


class EmergencyView(msgspec.Struct, frozen=True, kw_only=True):
    """An emergency in force. `queue` is "all" for the whole site; times are seconds since the epoch."""

    queue: str
    prompt: str
    since: float
    until: float | None
    why: str
    by: str


async def list_emergencies(request: web.Request) -> web.Response:
    """Those in force, that of the whole site first."""
    identity_of(request)
    return _answer(request.app[SERVICES])


async def declare(request: web.Request) -> web.Response:
    """Close these queues, or all, now."""
    identity, services = _leader(request)
    body = msgspec.json.decode(await request.read(), type=Declaration)
    if body.prompt not in services.prompts().ids:
        raise not_found("prompt", body.prompt)
    queues, until = _known(services, body.queues), _until(body.until, services.zone, services.runner.now())
    by = name_of(identity)
    services.runner.tell(
        EmergencyDeclared(queues=queues, prompt=body.prompt, by=by, until=until, why=_one_line(body.why))
    )
    write_down(request, identity, "emergency declared", queues=_named(queues), prompt=body.prompt, why=body.why)
    return _answer(services)


async def lift(request: web.Request) -> web.Response:
    """The emergency of these queues is over; `all`: every one there is."""
    identity, services = _leader(request)
    queues = _known(services, msgspec.json.decode(await request.read(), type=Lifting).queues)
    services.runner.tell(EmergencyLifted(queues=queues, by=name_of(identity)))
    write_down(request, identity, "emergency lifted", queues=_named(queues))
    return _answer(services)


def _leader(request: web.Request) -> tuple[Identity, Services]:
    identity = identity_of(request)
    require_role(identity, LEADERS)
    return identity, request.app[SERVICES]


def _known(services: Services, queues: list[QueueId] | str) -> tuple[QueueId, ...]:
    """As the core names them: none means all. Raises ApiError 404."""
    if isinstance(queues, str):
        return ()
    for queue in queues:
        if queue not in services.runner.floor.rules.queues:
            raise not_found("queue", queue)
    return tuple(dict.fromkeys(queues))


def _until(given: str | float | None, zone: tzinfo, now: float) -> float | None:
    """Raises ApiError 400."""
    if given is None or isinstance(given, float):
        return given
    clock = _CLOCK.fullmatch(given)
    if clock is None:
        return moment_of(given, "until", zone)
    today = datetime.fromtimestamp(now, zone)
    at = today.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0, fold=0)
    return at.timestamp() if at.timestamp() > now else (at + timedelta(days=1)).timestamp()


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def _named(queues: tuple[QueueId, ...]) -> str:
    return ",".join(queues) or ALL


def _answer(services: Services) -> web.Response:
    found = services.runner.floor.emergencies
    views = [
        EmergencyView(
            queue=ALL if queue == EVERYWHERE else queue,
            prompt=found[queue].prompt,
            since=found[queue].since,
            until=found[queue].until,
            why=found[queue].why,
            by=found[queue].by,
        )
        for queue in sorted(found, key=lambda queue: (queue != EVERYWHERE, queue))
    ]
    return reply({"emergencies": views, "time_zone": str(services.zone)})
