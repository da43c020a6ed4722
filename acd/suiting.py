"""Who suits whom by skill and reserve, without looking at each pair.

Agents of a queue who are alike for it (same tier, reserve, share, and levels of the skills that matter there) form a group,
and so do callers with the same needs. Lines are kept by group, so a decision compares a few heads of lines, however many
stand in them. A group is known by its text: it is a key in the snapshot, too.
"""

from collections.abc import Mapping
from functools import lru_cache

from acd.rules import QueueRules
from agents.roster import AgentSettings

__all__ = ["agent_group", "caller_group", "home_of", "lacking", "level_in", "share_of", "suits", "tier_of"]


def agent_group(agent: AgentSettings, queue: QueueRules, skills: tuple[str, ...]) -> str:
    """The agent's group in a queue in which these skills matter: "tier|after|share|english=2,repair=3"."""
    how = agent.membership(queue.id)
    levels = ",".join(f"{skill}={agent.skills[skill]}" for skill in skills if agent.skills.get(skill))
    return f"{how.tier}|{how.after_s!r}|{how.share!r}|{levels}"


def caller_group(
    require: Mapping[str, int], since: float, now: float, reserves: tuple[float, ...], home: str = ""
) -> str:
    """The group of a caller with these needs who has waited so long: "reserve|english=2|home". `home` is his own queue, for the
    lines of queues that a recipe has added to it."""
    if not require and not reserves and not home:
        return _ANYBODY
    reserve = 0.0
    for after_s in reserves:
        if since + after_s <= now:  # the very sum his bell is set by
            reserve = after_s
    if not require:
        return f"{reserve!r}||{home}"
    return f"{reserve!r}|{','.join(f'{skill}={require[skill]}' for skill in sorted(require))}|{home}"


_ANYBODY = "0.0||"


def home_of(callers: str) -> str:
    """The own queue of the callers of a group; "" where it is the queue in whose line they stand."""
    return callers.rpartition("|")[2]


@lru_cache(maxsize=65536)
def suits(agents: str, callers: str) -> bool:
    """Whether the agents of a group may have the callers of a group."""
    _, after, _, have = agents.split("|")
    reserve, need, _ = callers.split("|")
    levels = _levels(have)
    return float(after) <= float(reserve) and all(
        levels.get(skill, 0) >= level for skill, level in _levels(need).items()
    )


@lru_cache(maxsize=65536)
def level_in(agents: str, callers: str) -> int:
    """How well the agents of a group do what the callers of a group need: the sum of their levels."""
    levels = _levels(agents.split("|")[3])
    return sum(levels.get(skill, 0) for skill in _levels(callers.split("|")[1]))


@lru_cache(maxsize=65536)
def tier_of(agents: str) -> int:
    """The tier of a group of agents."""
    return int(agents.split("|", maxsplit=1)[0])


@lru_cache(maxsize=65536)
def share_of(agents: str) -> float:
    """The share of each agent of a group."""
    return float(agents.split("|")[2])


@lru_cache(maxsize=65536)
def lacking(agents: str, callers: str) -> str:
    """Why a group of agents does not suit: "lacks:english>=2" or "reserve:60"; "" when it does."""
    levels = _levels(agents.split("|")[3])
    for skill, level in _levels(callers.split("|")[1]).items():
        if levels.get(skill, 0) < level:
            return f"lacks:{skill}>={level}"
    after_s = float(agents.split("|")[1])
    return f"reserve:{after_s:g}" if after_s > float(callers.split("|", maxsplit=1)[0]) else ""


def _levels(text: str) -> dict[str, int]:
    return {skill: int(level) for skill, _, level in (part.partition("=") for part in text.split(",") if part)}
