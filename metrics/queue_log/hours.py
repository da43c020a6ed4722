"""When agents were at work, by what a log says of logging in, pausing and talking.

Known time only: from the first log-in on an agent is ready, not ready or off, in a talk whatever his state; before it, and
after Asterisk was started anew, nothing but his talks is known. Members that stand in queues.conf never log in: they have
talks only. A pause is of one queue: an agent is not ready when no queue of his is left. Stretches begin and end at lines of
his, so that a part of the log gives the same stretches as the whole.
"""

from typing import Final

import msgspec

from agents.roster import AgentId
from agents.state import AgentState

__all__ = ["DUTY_EVENTS", "Hours", "LoggedInterval"]

OFF: Final = AgentState.OFFLINE
READY: Final = AgentState.READY
NOT_READY: Final = AgentState.NOT_READY
PAUSED: Final = "paused"
"""The reason of a pause that was given none."""

DUTY_EVENTS: Final = (
    *("ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL"),
    *("AGENTLOGIN", "AGENTLOGOFF", "AGENTCALLBACKLOGIN", "AGENTCALLBACKLOGOFF"),
)

LOG_IN: Final = ("ADDMEMBER", "AGENTLOGIN", "AGENTCALLBACKLOGIN")


class LoggedInterval(msgspec.Struct, frozen=True, gc=False):
    """An agent was in one state from start to end."""

    agent: AgentId
    state: AgentState
    reason: str
    started_at: float
    ended_at: float
    queue: str | None = None


class _Duty(msgspec.Struct, gc=False):
    state: AgentState = OFF
    reason: str = ""
    since: float | None = None
    """None: his state is not known."""
    blind: bool = False
    """The end of a talk is not in the log: what he does is known again from his next line on."""
    queues: set[str] = set()
    paused: set[str] = set()
    pool: bool = False
    """Logged in by AGENTLOGIN, for all his queues."""
    talk: str = ""
    """The call he talks in."""
    talk_queue: str = ""
    talk_since: float = 0.0
    aside: dict[str, tuple[float, float, str]] = {}
    """Talks whose end had not been seen when the next began: from, to, queue."""


class Hours:
    """All agents; `found` collects what is certain. Tell it lines in their order."""

    def __init__(self) -> None:
        self.found: list[LoggedInterval] = []
        self.without_log_in: set[AgentId] = set()
        """Who talked and whom nothing has been known of but that."""
        self._duties: dict[AgentId, _Duty] = {}

    def take(self, event: str, agent: AgentId, queue: str, data: str, at: float) -> None:
        """A line of DUTY_EVENTS; `data` is its first field."""
        duty = self._duties.get(agent) or self._duties.setdefault(agent, _Duty())
        self._stretch(agent, duty, at)
        self._change(event, duty, queue, data)
        if duty.since is None and event in LOG_IN:
            self.without_log_in.discard(agent)
            duty.since = at
        if duty.since is not None:
            duty.state = _state_of(duty)

    def talk_begins(self, agent: AgentId, call: str, queue: str, at: float) -> None:
        """CONNECT."""
        duty = self._duties.get(agent)
        if duty is None:
            duty = self._duties[agent] = _Duty()
            self.without_log_in.add(agent)
        if duty.talk:
            duty.aside[duty.talk] = (duty.talk_since, at, duty.talk_queue)
        else:
            self._stretch(agent, duty, at)
        duty.talk, duty.talk_queue, duty.talk_since = call, queue, at

    def talk_ends(self, agent: AgentId, call: str, at: float) -> None:
        """COMPLETE*, or a transfer."""
        duty = self._duties.get(agent)
        if duty is None:
            return
        if duty.talk == call:
            self._add(agent, AgentState.TALKING, "", duty.talk_since, at, duty.talk_queue)
            duty.talk = ""
            if duty.since is not None:
                duty.since = max(duty.since, at)
        elif call in duty.aside:
            start, end, queue = duty.aside.pop(call)
            self._add(agent, AgentState.TALKING, "", start, end, queue)

    def talk_lost(self, agent: AgentId, call: str) -> None:
        """The end of the talk is not in the log: what he did from its beginning to his next line is not known."""
        duty = self._duties.get(agent)
        if duty is None:
            return
        duty.aside.pop(call, None)
        if duty.talk == call:
            duty.talk, duty.blind = "", True

    def start_anew(self) -> None:
        """Asterisk was started: nobody knows since when nobody was there."""
        for agent in self._duties:
            self._duties[agent] = _Duty()

    def _stretch(self, agent: AgentId, duty: _Duty, at: float) -> None:
        """What was, up to now."""
        if duty.since is None or duty.talk:
            return
        if duty.blind:
            duty.blind, duty.since = False, max(duty.since, at)
            return
        if duty.state is not OFF:
            self._add(agent, duty.state, duty.reason if duty.state is NOT_READY else "", duty.since, at)
        duty.since = max(duty.since, at)

    def _add(
        self, agent: AgentId, state: AgentState, reason: str, start: float, end: float, queue: str | None = None
    ) -> None:
        if end > start:
            self.found.append(LoggedInterval(agent, state, reason, start, end, queue))

    def _change(self, event: str, duty: _Duty, queue: str, data: str) -> None:
        match event:
            case "ADDMEMBER":
                duty.queues.add(queue)
                if data == "PAUSED":
                    self._pause(duty, {queue}, "")
                else:
                    duty.paused.discard(queue)
            case "REMOVEMEMBER":
                duty.queues.discard(queue)
                duty.paused.discard(queue)
            case "AGENTLOGIN" | "AGENTCALLBACKLOGIN":
                duty.pool = True
                duty.paused.clear()
            case "AGENTLOGOFF" | "AGENTCALLBACKLOGOFF":
                duty.pool = False
                duty.queues.clear()
            case "PAUSEALL":
                self._pause(duty, duty.queues | {""}, data)
            case "UNPAUSEALL":
                duty.paused.clear()
            case "PAUSE":
                self._pause(duty, {queue}, data)
            case _:
                duty.paused -= {queue, ""}

    def _pause(self, duty: _Duty, queues: set[str], reason: str) -> None:
        duty.paused |= queues
        if reason or duty.state is not NOT_READY:
            duty.reason = reason or PAUSED


def _state_of(duty: _Duty) -> AgentState:
    if not duty.queues and not duty.pool:
        return OFF
    everywhere = "" in duty.paused or (duty.paused and duty.queues <= duty.paused)
    return NOT_READY if everywhere else READY
