"""The floor at one moment, as the HTTP API tells it."""

import asyncio
from collections.abc import Mapping

import msgspec

from acd.model import CallId, CallState
from agents.roster import AgentId, QueueId
from cti.explain import Names
from cti.http.queues import Today
from cti.views import AgentView, CallView, QueueView
from engine.rehearsal import Rehearsal
from engine.words import language

__all__ = ["QueueNow", "Scene", "Target", "look"]

LOOK_S = 5.0


class Target(msgspec.Struct, frozen=True):
    """A queue's service level: `target` (0-1) of the callers within so many seconds."""

    target: float
    within_s: float


class QueueNow(QueueView, frozen=True, kw_only=True):
    """A queue as `/api/queues` shows it."""

    service_level_target: Target
    today: Today


class _Queues(msgspec.Struct, frozen=True):
    queues: list[QueueNow]
    site: Today


class _Agents(msgspec.Struct, frozen=True):
    agents: list[AgentView]
    not_ready_reasons: dict[str, dict[str, str]]


class _Calls(msgspec.Struct, frozen=True):
    calls: list[CallView]


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown. `at` is the engine's clock, seconds since the epoch."""

    at: float
    queues: dict[QueueId, QueueNow]
    agents: dict[AgentId, AgentView]
    calls: dict[CallId, CallView]
    site: Today
    reasons: Mapping[str, Mapping[str, str]]

    def agent(self, agent: AgentId | None) -> str:
        """What people call an agent: number and name."""
        found = self.agents.get(agent) if agent else None
        return f"{found.agent} {found.name}" if found else str(agent or "")

    def since(self, agent: AgentId | None) -> float:
        """When an agent's state began."""
        found = self.agents.get(agent) if agent else None
        return found.since if found else self.at

    def queue(self, queue: QueueId | None) -> str:
        """What people call a queue."""
        found = self.queues.get(queue) if queue else None
        return found.names.get(language(), str(queue)) if found else str(queue or "")

    def reason(self, reason: str) -> str:
        """What people call a reason for being not ready."""
        return Names({}, {}, self.reasons).reason(reason, language())

    def call_from(self, shown_number: str) -> CallView | None:
        """The live call that shows this number."""
        return next((call for call in self.calls.values() if call.number == shown_number), None)

    def waiting_longer_than(self, call: CallView) -> int:
        """How many others wait in his queue who came before him."""
        return sum(
            other.queue == call.queue
            and other.state in (CallState.WAITING, CallState.OFFERED)
            and (other.wait_s or 0.0) > (call.wait_s or 0.0)
            for other in self.calls.values()
        )


async def look(site: Rehearsal) -> Scene:
    """Ask the API. Raises aiohttp.ClientError or TimeoutError while the engine is away."""
    async with asyncio.timeout(LOOK_S):
        answers = await asyncio.gather(site.get("/api/queues"), site.get("/api/calls"), site.get("/api/agents"))
    queues = msgspec.convert(answers[0], _Queues)
    calls = msgspec.convert(answers[1], _Calls)
    agents = msgspec.convert(answers[2], _Agents)
    return Scene(
        at=queues.site.until,
        queues={queue.queue: queue for queue in queues.queues},
        agents={agent.agent: agent for agent in agents.agents},
        calls={call.call: call for call in calls.calls},
        site=queues.site,
        reasons=agents.not_ready_reasons,
    )
