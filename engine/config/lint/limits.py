"""Times and limits of a queue, a break or a wrap-up that contradict each other or say nothing."""

from collections.abc import Iterator

from acd.rules import QueueRules, Strategy
from engine.config.check import Examined
from engine.config.fields import duration
from engine.config.queue_models import QueueModel
from engine.config.source import Path_, Problem, Source
from engine.words import say

__all__ = ["limit_doubts"]


def limit_doubts(examined: Examined) -> Iterator[Problem]:
    """Queue by queue, then the breaks."""
    rules, source = examined.configuration.rules, examined.sources["queues"]
    for queue in rules.queues.values():
        here: Path_ = ("queues", queue.id)
        model = examined.queues.queues[queue.id]
        yield from _against_max_wait(source, here, queue)
        yield from _that_say_nothing(source, here, queue, model, len(rules.members[queue.id]))
    yield from _breaks(examined)


def _against_max_wait(source: Source, here: Path_, queue: QueueRules) -> Iterator[Problem]:
    """Nobody waits longer than `max_wait`: what would happen later does not."""
    longest_s = queue.max_wait_s
    if longest_s is None:
        return
    said = duration(longest_s)
    if queue.max_expected_wait_s is not None and queue.max_expected_wait_s >= longest_s:
        yield source.problem(
            (*here, "limits", "max_expected_wait"),
            say(
                f"不短于 max_wait（{said}）：到时早已溢出", f"is no shorter than max_wait ({said}): he overflows before"
            ),
        )
    if queue.service_level.within_s >= longest_s:
        yield source.problem(
            (*here, "service_level", "within"),
            say(
                f"不短于 max_wait（{said}）：接听的来电总是达标",
                f"is no shorter than max_wait ({said}): whoever is answered is answered in time",
            ),
        )
    if queue.ring_s >= longest_s:
        yield source.problem(
            (*here, "ring"),
            say(
                f"不短于 max_wait（{said}）：只会问到一个座席",
                f"is no shorter than max_wait ({said}): only one agent is ever asked",
            ),
        )
    if queue.affinity is not None and queue.affinity.wait_s >= longest_s:
        yield source.problem(
            (*here, "last_agent", "wait"),
            say(
                f"不短于 max_wait（{said}）：等不到上次座席的来电不会再派给别人",
                f"is no shorter than max_wait ({said}): who waits for his last agent in vain gets nobody else",
            ),
        )
    if queue.short_abandon_s >= longest_s:
        yield source.problem(
            (*here, "short_abandon"),
            say(
                f"不短于 max_wait（{said}）：所有放弃都算短放弃",
                f"is no shorter than max_wait ({said}): every abandon counts as a short one",
            ),
        )


def _that_say_nothing(
    source: Source, here: Path_, queue: QueueRules, model: QueueModel, members: int
) -> Iterator[Problem]:
    if queue.max_waiting == 0:
        yield source.problem(
            (*here, "limits", "max_waiting"),
            say(
                "为 0：没有座席立即空闲的来电都会被转走",
                "is 0: nobody may wait, who finds no agent free at once goes to `full`",
            ),
        )
    if queue.max_calls is not None and queue.max_calls >= members:
        yield source.problem(
            (*here, "limits", "max_calls"),
            say(
                f"没有作用：本队列只有 {members} 名座席",
                f"says nothing: agents have one call at a time, and those of this queue are {members}",
            ),
        )
    if "weights" in model.model_fields_set and queue.strategy is not Strategy.LEAST_BUSY:
        yield source.problem(
            (*here, "weights"), say("只对 least-busy 策略有用", "says nothing: only the strategy least-busy goes by it")
        )
    if "ring_at_once" in model.model_fields_set and queue.strategy in (Strategy.RING_ALL, Strategy.RINGALL):
        yield source.problem(
            (*here, "ring_at_once"),
            say("没有作用：该策略总是全部振铃", f"says nothing: the strategy {queue.strategy} rings all"),
        )
    if "extension" in model.wrap_up.model_fields_set and queue.wrap_up_extensions == 0:
        yield source.problem(
            (*here, "wrap_up", "extension"),
            say("没有作用：extensions 为 0，不能延长", "says nothing: extensions is 0, nobody may ask for more time"),
        )


def _breaks(examined: Examined) -> Iterator[Problem]:
    rules, source = examined.configuration.rules, examined.sources["agents"]
    for group, rule in rules.breaks.items():
        size = sum(group in agent.groups for agent in rules.agents.values())
        here: Path_ = ("breaks", group, "at_most")
        if rule.at_most == 0:
            yield source.problem(here, say("为 0：谁也不能小休", "is 0: nobody of the group can ever take a break"))
        elif rule.at_most is not None and rule.at_most >= size:
            yield source.problem(
                here, say(f"没有作用：该班组只有 {size} 人", f"says nothing: agents of the group: {size}")
            )
