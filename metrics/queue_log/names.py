"""Who is meant by a name in somebody's queue_log."""

from collections.abc import Mapping

from acd.rules import Rules
from agents.roster import AgentId

__all__ = ["Names"]


class Names:
    """Agents by id, by `agent-<id>` with or without technology, or by their configured name; `others` goes before all of it."""

    def __init__(self, rules: Rules, others: Mapping[str, str] | None = None) -> None:
        self._rules = rules
        self._others = others or {}
        self._ids = {settings.name: agent for agent, settings in rules.agents.items()}

    def __call__(self, name: str) -> AgentId:
        """Agent/1001, PJSIP/agent-1001, Local/1001@from-queue/n: 1001; else the agent of this name; else what stands there."""
        if (other := self._others.get(name)) is not None:
            return AgentId(other)
        bare = self.bare(name)
        if (other := self._others.get(bare)) is not None:
            return AgentId(other)
        if AgentId(bare) in self._rules.agents:
            return AgentId(bare)
        return self._ids.get(name) or self._ids.get(bare) or AgentId(bare)

    @staticmethod
    def bare(name: str) -> str:
        """Without technology, context and Local's options."""
        technology, slash, rest = name.partition("/")
        bare = rest if slash and technology.isalnum() else name
        return bare.partition("@")[0].removesuffix("/n").removeprefix("agent-").strip() or name
