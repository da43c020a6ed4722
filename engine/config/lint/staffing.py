"""Queues nobody can serve, or only late; skills and shares nobody asks for."""

from collections.abc import Iterable, Iterator, Mapping

from acd.rules import QueueRules, Rules, Strategy
from agents.roster import AgentId, AgentSettings
from engine.config.check import Examined
from engine.config.fields import duration
from engine.config.source import Path_, Problem, Source
from engine.words import say

__all__ = ["staffing_doubts"]


def staffing_doubts(examined: Examined) -> Iterator[Problem]:
    """Queue by queue, then agent by agent."""
    rules, sources = examined.configuration.rules, examined.sources
    for queue in rules.queues.values():
        here: Path_ = ("queues", queue.id)
        yield from _levels(sources["queues"], here, queue, rules)
        yield from _skilled(sources["queues"], here, queue, rules)
        yield from _reserve(sources["queues"], here, queue, rules)
    yield from _agents(sources["agents"], rules)


def _levels(source: Source, here: Path_, queue: QueueRules, rules: Rules) -> Iterator[Problem]:
    for skill, level in queue.require.items():
        highest = max((agent.skills.get(skill, 0) for agent in rules.agents.values()), default=0)
        if highest < level:
            yield source.problem(
                (*here, "require", skill),
                say(
                    f"没有座席达到 {level} 级（最高 {highest} 级）",
                    f"no agent has level {level} or more (the highest is {highest})",
                ),
            )


def _skilled(source: Source, here: Path_, queue: QueueRules, rules: Rules) -> Iterator[Problem]:
    """Whether any of the agents has all that is asked, at once or after some recipe."""
    members = list(rules.members[queue.id])
    if _anybody(members, queue.require, rules):
        return
    for recipe in sorted(queue.recipes, key=lambda recipe: recipe.after_s):
        if recipe.do.add_queue is not None:
            members += rules.members[recipe.do.add_queue]
        require = queue.require if recipe.do.require is None else recipe.do.require
        if _anybody(members, require, rules):
            yield source.problem(
                (*here, "require"),
                say(
                    f'"{recipe.name}"（{duration(recipe.after_s)}）放宽之前没有座席可接',
                    f'nobody can serve these callers before recipe "{recipe.name}" ({duration(recipe.after_s)})',
                ),
            )
            return
    yield source.problem(
        (*here, "require"),
        say(
            "没有座席同时具备这些技能，放宽之后也没有：来电永远无人接听",
            "none of the queue's agents has all of it, not even after the recipes: nobody is ever answered",
        ),
    )


def _anybody(members: Iterable[AgentId], require: Mapping[str, int], rules: Rules) -> bool:
    return any(_has(rules.agents[agent], require) for agent in members)


def _has(agent: AgentSettings, require: Mapping[str, int]) -> bool:
    return all(agent.skills.get(skill, 0) >= level for skill, level in require.items())


def _reserve(source: Source, here: Path_, queue: QueueRules, rules: Rules) -> Iterator[Problem]:
    """Nobody who takes its callers at once, or before those of another queue."""
    members = [rules.agents[agent] for agent in rules.members[queue.id]]
    soonest_s = min((agent.membership(queue.id).after_s for agent in members), default=0.0)
    if soonest_s > 0:
        said = duration(soonest_s)
        yield source.problem(
            here,
            say(
                f"只有后备座席：每个来电至少等待 {said}",
                f"all its agents are reserve: every caller waits at least {said}",
            ),
        )
    if members and all(agent.takes == "in-order" and agent.queues[0] != queue.id for agent in members):
        yield source.problem(
            here,
            say(
                "所有座席都先接别的队列（in-order）：别处有人等待时这里无人接听",
                "all its agents take the callers of another queue first (in-order): while anybody waits there, nobody is "
                "served here",
            ),
        )


def _agents(source: Source, rules: Rules) -> Iterator[Problem]:
    asked = {skill for queue in rules.queues.values() for skill in queue.require}
    for agent in rules.agents.values():
        for skill in agent.skills.keys() - asked:
            asked.add(skill)  # told once
            yield source.problem(
                ("agents", agent.id, "skills", skill), say("没有队列要求这个技能", "no queue asks for this skill")
            )
        for index, queue_id in enumerate(agent.queues):
            here: Path_ = ("agents", agent.id, "queues", index)
            yield from _membership(source, here, agent, rules.queues[queue_id])


def _membership(source: Source, here: Path_, agent: AgentSettings, queue: QueueRules) -> Iterator[Problem]:
    served = agent.membership(queue.id)
    if queue.max_wait_s is not None and served.after_s >= queue.max_wait_s:
        said = duration(queue.max_wait_s)
        yield source.problem(
            (*here, "after"),
            say(
                f"永远不会派给他：{said}（max_wait）时来电已溢出",
                f"he is never given a caller: by then they have overflowed (max_wait {said})",
            ),
        )
    if served.share != 1.0 and queue.strategy is not Strategy.WEIGHTED_RANDOM:
        yield source.problem(
            (*here, "share"),
            say(
                f'没有作用：队列 "{queue.id}" 的策略是 {queue.strategy}',
                f'says nothing: the strategy of "{queue.id}" is {queue.strategy}, only weighted-random goes by it',
            ),
        )
