"""`/api/agents`: who is doing what, and an agent's wishes."""

from collections.abc import Callable
from typing import Final, Literal

import msgspec
from aiohttp import web

from acd.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentNotReady,
    AgentReady,
    Event,
    WrapUpDone,
    WrapUpExtended,
)
from acd.model import Agent
from agents.accounts import Identity
from agents.roster import AgentId
from cti.http.access import LEADERS, identity_of, require_agent, write_down
from cti.http.errors import ApiError, not_found, reply
from cti.http.services import SERVICES, Services
from cti.views import agent_view

__all__ = ["change_state", "extend_wrap_up", "known_agent", "list_agents", "show_agent"]


class StateWish(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a change of state; `reason` goes with not_ready alone."""

    state: Literal["login", "ready", "not_ready", "logout", "wrap_up_done"]
    reason: str = ""


class WrapUpWish(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a wish for more time."""

    extend: Literal[True]


_EVENTS: Final[dict[str, Callable[[AgentId, str], Event]]] = {
    "login": lambda agent, by: AgentLoggedIn(agent=agent),
    "ready": lambda agent, by: AgentReady(agent=agent, by=by),
    "logout": lambda agent, by: AgentLoggedOut(agent=agent, by=by),
    "wrap_up_done": lambda agent, by: WrapUpDone(agent=agent),
}
"""`by`: the supervisor who does it for the agent; empty when he does it himself."""


async def list_agents(request: web.Request) -> web.Response:
    """The whole roster as it is now, and the reasons there are for being not ready."""
    identity_of(request)
    services = request.app[SERVICES]
    floor = services.runner.floor
    agents = [agent_view(floor, agent) for agent in floor.agents.values()]
    return reply({"agents": agents, "not_ready_reasons": services.reasons()})


async def show_agent(request: web.Request) -> web.Response:
    """One agent."""
    identity_of(request)
    services = request.app[SERVICES]
    return reply(agent_view(services.runner.floor, known_agent(services, request.match_info["agent"])))


async def change_state(request: web.Request) -> web.Response:
    """Log in or out, ready, not ready, paperwork done; the answer is the agent as he is then. A supervisor does it for anybody,
    whatever the break rules say; that is written down."""
    services, identity = request.app[SERVICES], identity_of(request)
    agent = AgentId(request.match_info["agent"])
    require_agent(identity, agent, LEADERS)
    known_agent(services, agent)
    wish = msgspec.json.decode(await request.read(), type=StateWish)
    services.runner.tell(_event(services, agent, wish, by=_supervisor(identity, agent)))
    if _supervisor(identity, agent):
        write_down(request, identity, "agent's state set", agent=agent, state=wish.state, reason=wish.reason)
    return reply(agent_view(services.runner.floor, known_agent(services, agent)))


async def extend_wrap_up(request: web.Request) -> web.Response:
    """More time for paperwork, as often as the queue allows."""
    services, identity = request.app[SERVICES], identity_of(request)
    agent = AgentId(request.match_info["agent"])
    require_agent(identity, agent, LEADERS)
    known_agent(services, agent)
    msgspec.json.decode(await request.read(), type=WrapUpWish)
    services.runner.tell(WrapUpExtended(agent=agent))
    if _supervisor(identity, agent):
        write_down(request, identity, "wrap-up extended", agent=agent)
    return reply(agent_view(services.runner.floor, known_agent(services, agent)))


def known_agent(services: Services, agent: str) -> Agent:
    """The agent on the floor. Raises ApiError 404."""
    found = services.runner.floor.agents.get(AgentId(agent))
    if found is None:
        raise not_found("agent", agent)
    return found


def _supervisor(identity: Identity, agent: AgentId) -> str:
    """The name of who does this for the agent; empty: himself."""
    return "" if identity.agent == agent else identity.name


def _event(services: Services, agent: AgentId, wish: StateWish, by: str) -> Event:
    if wish.state != "not_ready":
        if wish.reason:
            raise ApiError(400, "bad_request", f"reason: goes with not_ready, not with {wish.state}")
        return _EVENTS[wish.state](agent, by)
    reasons = services.reasons()
    if wish.reason not in reasons:
        known = ", ".join(reasons)
        raise ApiError(400, "unknown_reason", f"reason: expected one of {known}", reasons=dict(reasons))
    return AgentNotReady(agent=agent, reason=wish.reason, by=by)
