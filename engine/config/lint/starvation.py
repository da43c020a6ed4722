"""Priorities so high that others are never served, as far as it can be seen from the rules alone."""

from collections.abc import Iterator

from acd.rules import QueueRules, Rules
from agents.roster import QueueId
from engine.config.check import Examined
from engine.config.fields import duration
from engine.config.ivr_models import EnqueueModel, all_nodes
from engine.config.source import Problem
from engine.words import say

__all__ = ["starvation_doubts"]


def starvation_doubts(examined: Examined) -> Iterator[Problem]:
    """Priorities age: who is pushed past is so for p * priority_point at most. It starves him when he leaves before."""
    rules = examined.configuration.rules
    for queue in rules.queues.values():
        if queue.max_wait_s is not None:
            yield from _by_vips(examined, rules, queue, queue.max_wait_s)
            yield from _by_other_queues(examined, rules, queue, queue.max_wait_s)


def _by_vips(examined: Examined, rules: Rules, queue: QueueRules, longest_s: float) -> Iterator[Problem]:
    """A few VIPs starve nobody: those who can call at once must be more than the agents."""
    for level, points in rules.vip_priority.items():
        ahead_s = points * rules.point_s
        numbers = sum(rule.vip == level for rule in rules.numbers.values())
        many = numbers > len(rules.members[queue.id]) or any(rule.vip == level for rule in rules.prefixes.values())
        if ahead_s > longest_s and many:
            yield examined.sources["queues"].problem(
                ("vip", "levels", str(level)),
                say(
                    f'这些来电可插到早到 {duration(ahead_s)} 的来电之前，而 "{queue.id}" 只等 {duration(longest_s)}'
                    "（max_wait）：VIP 多时普通来电得不到接听",
                    f"goes ahead of callers who came up to {duration(ahead_s)} earlier, but those of "
                    f'"{queue.id}" wait {duration(longest_s)} at most (max_wait): when many VIPs call, nobody else is served',
                ),
            )


def _by_other_queues(examined: Examined, rules: Rules, queue: QueueRules, longest_s: float) -> Iterator[Problem]:
    """Every agent of this queue also serves one whose callers are that much ahead."""
    lowest, _ = _priorities(examined, queue.id)
    pushing: list[QueueId] = []
    for agent in rules.members[queue.id]:
        others = [other for other in rules.agents[agent].queues if other != queue.id]
        ahead = [other for other in others if (_priorities(examined, other)[1] - lowest) * rules.point_s > longest_s]
        if not ahead:
            return
        pushing += ahead
    names = ", ".join(dict.fromkeys(pushing))
    yield examined.sources["queues"].problem(
        ("queues", queue.id, "priority"),
        say(
            f"所有座席都还服务优先级高得多的队列（{names}）：那边有人时，这里的来电在"
            f" {duration(longest_s)}（max_wait）内得不到接听",
            f"all agents also serve queues of much higher priority ({names}): while callers wait there, those here are not "
            f"served within {duration(longest_s)} (max_wait)",
        ),
    )


def _priorities(examined: Examined, queue: QueueId) -> tuple[int, int]:
    """The least and the most an ordinary caller can have, by the menu choices that lead here."""
    own = examined.configuration.rules.queues[queue].priority
    nodes = [node for _, node in all_nodes(examined.ivr) if isinstance(node, EnqueueModel) and node.queue == queue]
    added = [node.priority for node in nodes] or [0]
    return own + min(added), own + max(added)
