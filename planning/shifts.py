"""Who works when. Pure; times are seconds from the midnight the day begins with, and a shift may end after the next."""

from collections.abc import Iterable, Iterator

import msgspec

from acd import events as ev
from acd.estimate import rivals
from acd.rules import Rules
from agents.roster import AgentId
from agents.state import PhoneState

__all__ = ["Break", "Shift", "comings_and_goings", "on_duty", "with_extra_agents"]


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody of a shift is not ready from `at_s` for `lasts_s`; a call he has then is ended first."""

    at_s: float
    lasts_s: float
    reason: str = "break"


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """These agents are ready from `start_s` to `end_s`. `extra` more are like `like`: same queues, same groups."""

    start_s: float
    end_s: float
    agents: tuple[AgentId, ...] = ()
    like: AgentId | None = None
    extra: int = 0
    first_extra: int = 1
    """The number of the first of them."""
    breaks: tuple[Break, ...] = ()

    @property
    def everybody(self) -> tuple[AgentId, ...]:
        """Agents of the roster, then the extra ones."""
        return (*self.agents, *self.extras)

    @property
    def extras(self) -> tuple[AgentId, ...]:
        """Names nobody of a roster has: a configured agent's has no plus in it. Two shifts share them, so that the 5th extra
        agent of the morning is the 5th of the evening."""
        return tuple(AgentId(f"{self.like}+{self.first_extra + n}") for n in range(self.extra))


def with_extra_agents(rules: Rules, shifts: Iterable[Shift]) -> Rules:
    """The rules with the shifts' extra agents in the roster."""
    agents = dict(rules.agents)
    for shift in shifts:
        for extra in shift.extras:
            assert shift.like is not None
            agents.setdefault(extra, msgspec.structs.replace(agents[shift.like], id=extra, name=extra))
    if len(agents) == len(rules.agents):
        return rules
    members = {queue: tuple(a.id for a in agents.values() if queue in a.queues) for queue in rules.queues}
    return msgspec.structs.replace(rules, agents=agents, members=members, rivals=rivals(members))


def comings_and_goings(shifts: Iterable[Shift]) -> Iterator[tuple[float, ev.Event]]:
    """What the agents do, and at what second of the day; in no order between shifts."""
    for shift in shifts:
        for agent in shift.everybody:
            yield shift.start_s, ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE)
            yield shift.start_s, ev.AgentLoggedIn(agent=agent)
            yield shift.start_s, ev.AgentReady(agent=agent)
            for pause in shift.breaks:
                yield pause.at_s, ev.AgentNotReady(agent=agent, reason=pause.reason)
                yield pause.at_s + pause.lasts_s, ev.AgentReady(agent=agent)
            yield shift.end_s, ev.AgentLoggedOut(agent=agent)


def on_duty(shifts: Iterable[Shift], start_s: float, end_s: float) -> float:
    """How many agents are at work between two seconds of the day, on the average, breaks taken off."""
    seconds = 0.0
    for shift in shifts:
        present = _overlap(shift.start_s, shift.end_s, start_s, end_s)
        away = sum(_overlap(b.at_s, b.at_s + b.lasts_s, start_s, end_s) for b in shift.breaks)
        seconds += len(shift.everybody) * (present - away)
    return seconds / (end_s - start_s)


def _overlap(a: float, b: float, c: float, d: float) -> float:
    return max(min(b, d) - max(a, c), 0.0)
