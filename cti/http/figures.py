"""`/api/figures`: what each figure means; `/api/outside`: the numbers Hotline is told because it cannot count them."""

from typing import Annotated, Final

import msgspec
from aiohttp import web

from cti.http.access import LEADERS, identity_of, name_of, require_overseer, require_role, write_down
from cti.http.errors import ApiError, reply
from cti.http.queries import moment
from cti.http.services import SERVICES
from metrics.definitions import FIGURES
from metrics.dimensions import Dimension
from metrics.outside import OUTSIDE, Entry, check
from metrics.periods import stretch

__all__ = ["list_figures", "list_outside", "tell_outside"]

MOST_AT_ONCE: Final = 1000


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """One number. `from` and `to` as people write them: a `to` without a time of day is the last day that counts."""

    name: str
    first: str = msgspec.field(name="from")
    last: str = msgspec.field(name="to")
    value: float | None
    dimension: Dimension = Dimension.SITE
    key: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Telling(msgspec.Struct, forbid_unknown_fields=True):
    """The body of telling numbers: all are taken, or none."""

    figures: Annotated[list[Told], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]


async def list_figures(request: web.Request) -> web.Response:
    """Every figure with its formula, and the band in force; and what can be told from outside."""
    identity_of(request)
    bands = request.app[SERVICES].bands()
    figures = [
        {
            "id": figure.id,
            "norm": figure.norm,
            "names": figure.names,
            "unit": figure.unit,
            "formula": {"zh": figure.formula_zh, "en": figure.formula},
            "source": figure.source,
            "band": bands.get(figure.id),
            "variant_of": figure.variant_of,
        }
        for figure in FIGURES.values()
    ]
    outside = [{"name": name, "names": kind.names, "unit": kind.unit} for name, kind in OUTSIDE.items()]
    return reply({"figures": figures, "outside": outside})


async def list_outside(request: web.Request) -> web.Response:
    """What was told, by name, dimension, key and time."""
    require_overseer(identity_of(request))
    services, query = request.app[SERVICES], request.query
    dimension = query.get("dimension")
    if dimension is not None and dimension not in list(Dimension):
        raise ApiError(400, "bad_request", f"dimension: expected one of {', '.join(Dimension)}, got {dimension[:40]!r}")
    found = await services.outside.find(
        name=query.get("name"),
        by=None if dimension is None else Dimension(dimension),
        keys=[query["key"]] if "key" in query else None,
        since=moment(request, "since", services.zone),
        until=moment(request, "until", services.zone),
    )
    return reply({"figures": found})


async def tell_outside(request: web.Request) -> web.Response:
    """Tell numbers, or take them back (value null). Telling the same again changes nothing."""
    identity = identity_of(request)
    require_role(identity, LEADERS)
    services = request.app[SERVICES]
    body = msgspec.json.decode(await request.read(), type=Telling)
    entries = []
    for number, told in enumerate(body.figures):
        source = f"{name_of(identity)} [{number}]"
        try:
            since, until = stretch(told.first, told.last, services.zone)
            entry = Entry(
                name=told.name,
                dimension=told.dimension,
                key=told.key,
                since=since,
                until=until,
                value=told.value,
                source=source,
            )
            check(entry)
        except ValueError as error:
            raise ApiError(400, "bad_request", f"figures[{number}]: {error}") from None
        entries.append(entry)
    changed = await services.outside.keep(entries)
    write_down(request, identity, "figures told", names=",".join(sorted({entry.name for entry in entries})))
    return reply({"told": len(entries), "changed": changed})
