"""The people: what agents.yaml says about each, in the form the core uses."""

from typing import NewType

import msgspec

__all__ = ["AgentId", "AgentSettings", "QueueId"]

AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One agent as configured. `queues` are the queues he serves, `groups` the teams he belongs to."""

    id: AgentId
    name: str
    queues: tuple[QueueId, ...] = ()
    groups: tuple[str, ...] = ()
