"""A checked version of the configuration, in the form the core decides by.

engine.config builds it from the YAML files; it travels inside the journal, so that a replay needs no files.
Durations are seconds.
"""

from enum import StrEnum

import msgspec

from acd.model import QueueId
from agents.roster import AgentId, AgentSettings
from agents.workload import LeastBusyWeights

__all__ = ["Affinity", "Overflow", "QueueRules", "Rules", "ServiceLevel", "Strategy"]


class Strategy(StrEnum):
    """Which of the ready agents of a queue is asked first."""

    LONGEST_IDLE = "longest-idle"
    LEAST_BUSY = "least-busy"
    ROUND_ROBIN = "round-robin"


class ServiceLevel(msgspec.Struct, frozen=True, kw_only=True):
    """80/20: the share `target` (0-1) of the callers is to be answered within `within_s`."""

    target: float = 0.8
    within_s: float = 20.0


class Affinity(msgspec.Struct, frozen=True, kw_only=True):
    """Last agent first: a caller who rings again within `window_s` waits up to `wait_s` for the agent who served him,
    if that agent can be expected to be free by then."""

    window_s: float = 86400.0
    wait_s: float = 30.0


class Overflow(msgspec.Struct, frozen=True, kw_only=True):
    """What happens when the maximum wait is over: another queue, or a prompt and the end of the call."""

    queue: QueueId | None = None
    prompt: str = ""


class QueueRules(msgspec.Struct, frozen=True, kw_only=True):
    """One queue as configured."""

    id: QueueId
    names: dict[str, str] = {}
    """What people call it, by language ("zh", "en")."""
    strategy: Strategy = Strategy.LONGEST_IDLE
    weights: LeastBusyWeights = LeastBusyWeights()
    priority: int = 0
    ring_s: float = 15.0
    retry_s: float = 10.0
    """An agent who did not take a call is not asked again for the same call this long."""
    no_answer_limit: int = 2
    """So many missed offers in a row set the agent not ready; 0: never."""
    wrap_up_s: float = 30.0
    max_wait_s: float | None = None
    overflow: Overflow | None = None
    affinity: Affinity | None = None
    service_level: ServiceLevel = ServiceLevel()
    short_abandon_s: float = 5.0
    """Callers who hang up sooner are counted apart (misdials)."""
    record: bool = True
    music: str = "default"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of a site, of one version. `vip` maps a caller's number to his level, `vip_priority` a level to priority."""

    version: str
    queues: dict[QueueId, QueueRules]
    agents: dict[AgentId, AgentSettings]
    vip: dict[str, int] = {}
    vip_priority: dict[int, int] = {}
    members: dict[QueueId, tuple[AgentId, ...]] = {}
    """Who serves each queue, in roster order; `Rules.of` fills it in."""

    @classmethod
    def of(
        cls,
        version: str,
        queues: list[QueueRules],
        agents: list[AgentSettings],
        vip: dict[str, int] | None = None,
        vip_priority: dict[int, int] | None = None,
    ) -> "Rules":
        """Rules from their parts, members worked out."""
        return cls(
            version=version,
            queues={queue.id: queue for queue in queues},
            agents={agent.id: agent for agent in agents},
            vip=vip or {},
            vip_priority=vip_priority or {},
            members={queue.id: tuple(a.id for a in agents if queue.id in a.queues) for queue in queues},
        )
