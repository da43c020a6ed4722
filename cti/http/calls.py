"""`/api/calls`: live calls, one call, why it went where it went, and who the caller is."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from aiohttp import web

from acd.events import CallIdentified
from acd.model import Call, CallId
from acd.records import Decision
from agents.accounts import Identity, Role
from cti.explain import Names, explain
from cti.http.access import identity_of, may_oversee, wants_full_numbers, write_down
from cti.http.errors import ApiError, forbidden, not_found, reply
from cti.http.interventions import known_call
from cti.http.services import ASK_S, SERVICES, Services
from cti.views import call_view, ended_call_view, shown_calls

__all__ = ["explain_call", "identify_call", "list_calls", "show_call"]

MOST_ATTRIBUTES: Final = 20


class Identification(msgspec.Struct, forbid_unknown_fields=True):
    """The body of telling who a caller is."""

    customer: Annotated[str, msgspec.Meta(max_length=64)] = ""
    attributes: Annotated[
        dict[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], Annotated[str, msgspec.Meta(max_length=200)]],
        msgspec.Meta(max_length=MOST_ATTRIBUTES),
    ] = {}


async def list_calls(request: web.Request) -> web.Response:
    """The calls of this moment, oldest first; an agent sees his own."""
    identity, services = identity_of(request), request.app[SERVICES]
    full = wants_full_numbers(request, identity)
    floor, now = services.runner.floor, services.runner.now()
    calls = [call for call in shown_calls(floor) if may_oversee(identity) or _is_his(services, identity, call)]
    return reply({"calls": [call_view(floor, call, now, full=full) for call in calls]})


async def show_call(request: web.Request) -> web.Response:
    """A live call, or one that is over."""
    identity, services = identity_of(request), request.app[SERVICES]
    full = wants_full_numbers(request, identity)
    call = CallId(request.match_info["call"])
    live = services.runner.floor.calls.get(call)
    if live is not None:
        if not may_oversee(identity) and not _is_his(services, identity, live):
            raise forbidden("this is another agent's call")
        return reply(call_view(services.runner.floor, live, services.runner.now(), full=full))
    async with asyncio.timeout(ASK_S):
        past = await services.history.call(call)
    if past is None:
        raise not_found("call", call)
    if not may_oversee(identity) and past.ended.agent != identity.agent:
        raise forbidden("this was another agent's call")
    return reply(ended_call_view(past, full=full))


async def identify_call(request: web.Request) -> web.Response:
    """A CRM (as administrator), or the agent who has the call, says which customer it is. What is known already stays,
    unless it is said anew; his last agent may be found by it while he waits."""
    identity, services = identity_of(request), request.app[SERVICES]
    call = known_call(services, request.match_info["call"])
    if identity.role is not Role.ADMINISTRATOR and not _is_his(services, identity, call):
        raise forbidden("only an administrator, or the agent who has the call, says who the caller is")
    known = msgspec.json.decode(await request.read(), type=Identification)
    if not known.customer and not known.attributes:
        raise ApiError(400, "bad_request", "expected a customer, or attributes")
    if len({*call.attributes, *known.attributes}) > MOST_ATTRIBUTES:
        raise ApiError(400, "bad_request", f"attributes: a call has at most {MOST_ATTRIBUTES}")
    services.runner.tell(CallIdentified(call=call.id, customer=known.customer, attributes=known.attributes))
    write_down(request, identity, "caller identified", call=call.id, customer=known.customer)
    return reply(call_view(services.runner.floor, call, services.runner.now(), full=False))


async def explain_call(request: web.Request) -> web.Response:
    """Each routing decision of a call, in words and as it was recorded."""
    identity, services = identity_of(request), request.app[SERVICES]
    call = CallId(request.match_info["call"])
    decisions = await _decisions(services, call)
    if not decisions and call not in services.runner.floor.calls:
        raise not_found("call", call)
    if not may_oversee(identity) and not any(_given_to(identity, one) for one in decisions):
        raise forbidden("this call was never given to you")
    names = Names.of(services.runner.floor.rules, services.reasons())
    told = [explain(decision, names, services.zone) for decision in decisions]
    return reply({"call": call, "decisions": told})


async def _decisions(services: Services, call: CallId) -> Sequence[Decision]:
    """From memory if it has all of them; else the database has the older ones, memory perhaps newer ones."""
    kept = services.decisions.of(call)
    if kept and kept[0].number == 1:
        return kept
    async with asyncio.timeout(ASK_S):
        stored = await services.history.decisions(call)
    known = {decision.number: decision for decision in (*stored, *kept)}
    return [known[number] for number in sorted(known)]


def _given_to(identity: Identity, decision: Decision) -> bool:
    return identity.agent is not None and identity.agent in (decision.chosen, *decision.rung)


def _is_his(services: Services, identity: Identity, call: Call) -> bool:
    """Whether the agent is being rung for this call, talks to the caller, or did."""
    if identity.agent is None:
        return False
    offers = services.runner.floor.offers
    with_him = {offers[offer].agent for offer in (*call.ringing, call.offer) if offer in offers}
    return identity.agent in (*with_him, call.answered_by)
