"""`/api/agents`: who is doing what, and an agent's wishes."""

from collections.abc import Callable
from typing import Final, Literal

import msgspec
from aiohttp import web

from acd.events import AgentLoggedIn, AgentLoggedOut, AgentNotReady, AgentReady, Event, WrapUpDone
from acd.model import Agent
from agents.roster import AgentId
from cti.http.access import LEADERS, identity_of, require_agent
from cti.http.errors import ApiError, not_found, reply
from cti.http.services import SERVICES, Services
from cti.views import agent_view

__all__ = ["change_state", "known_agent", "list_agents", "show_agent"]


class StateWish(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a change of state; `reason` goes with not_ready alone."""

    state: Literal["login", "ready", "not_ready", "logout", "wrap_up_done"]
    reason: str = ""


_EVENTS: Final[dict[str, Callable[[AgentId], Event]]] = {
    "login": lambda agent: AgentLoggedIn(agent=agent),
    "ready": lambda agent: AgentReady(agent=agent),
    "logout": lambda agent: AgentLoggedOut(agent=agent),
    "wrap_up_done": lambda agent: WrapUpDone(agent=agent),
}


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
    """Log in or out, ready, not ready, paperwork done; the answer is the agent as he is then."""
    services = request.app[SERVICES]
    agent = AgentId(request.match_info["agent"])
    require_agent(identity_of(request), agent, LEADERS)
    known_agent(services, agent)
    wish = msgspec.json.decode(await request.read(), type=StateWish)
    services.runner.tell(_event(services, agent, wish))
    return reply(agent_view(services.runner.floor, known_agent(services, agent)))


def known_agent(services: Services, agent: str) -> Agent:
    """The agent on the floor. Raises ApiError 404."""
    found = services.runner.floor.agents.get(AgentId(agent))
    if found is None:
        raise not_found("agent", agent)
    return found


def _event(services: Services, agent: AgentId, wish: StateWish) -> Event:
    if wish.state != "not_ready":
        if wish.reason:
            raise ApiError(400, "bad_request", f"reason: goes with not_ready, not with {wish.state}")
        return _EVENTS[wish.state](agent)
    reasons = services.reasons()
    if wish.reason not in reasons:
        known = ", ".join(reasons)
        raise ApiError(400, "unknown_reason", f"reason: expected one of {known}", reasons=dict(reasons))
    return AgentNotReady(agent=agent, reason=wish.reason)
