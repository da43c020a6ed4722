"""Recipes that never apply, that are always too late, or that change nothing."""

from collections.abc import Iterator

from acd.rules import QueueRules, Recipe, Rules, When
from agents.roster import QueueId
from engine.config.check import Examined
from engine.config.fields import duration
from engine.config.lint.ways import leading_to
from engine.config.messages import unknown
from engine.config.source import Path_, Problem, Source
from engine.words import say
from ivr.hours import DAY_MIN, WEEKDAYS, Hours

__all__ = ["recipe_doubts"]


def recipe_doubts(examined: Examined) -> Iterator[Problem]:
    """All recipes of all queues."""
    rules, source = examined.configuration.rules, examined.sources["queues"]
    for queue in rules.queues.values():
        calendar = examined.configuration.script.calendars.get(queue.calendar)
        for index, recipe in enumerate(queue.recipes):
            here: Path_ = ("queues", queue.id, "recipes", index)
            yield from _too_late(source, here, recipe, queue)
            yield from _conditions(source, (*here, "when"), recipe.when, queue, rules)
            yield from _nodes(examined, (*here, "when", "nodes"), recipe.when, queue.id)
            if calendar is not None and not _can_be_open(recipe.when, calendar):
                yield source.problem((*here, "when"), say("此时队列不营业", "the queue is closed then"))
            yield from _hidden(source, here, index, queue)
            yield from _changes_nothing(source, here, recipe, queue, rules)


def _too_late(source: Source, here: Path_, recipe: Recipe, queue: QueueRules) -> Iterator[Problem]:
    if queue.max_wait_s is not None and recipe.after_s >= queue.max_wait_s:
        said = duration(queue.max_wait_s)
        yield source.problem(
            (*here, "after"),
            say(
                f"永远不会执行：{said}（max_wait）时他已溢出",
                f"never applies: by then he has overflowed (max_wait {said})",
            ),
        )


def _conditions(source: Source, here: Path_, when: When, queue: QueueRules, rules: Rules) -> Iterator[Problem]:
    most, members = queue.max_waiting, len(rules.members[queue.id])
    for key, over in (("position_over", when.position_over), ("waiting_over", when.waiting_over)):
        if most is not None and over is not None and over >= most:
            yield source.problem(
                (*here, key),
                say(
                    f"不可能成立：最多 {most} 人等待（max_waiting）", f"never holds: at most {most} wait (max_waiting)"
                ),
            )
    for key, under in (("ready_under", when.ready_under), ("on_duty_under", when.on_duty_under)):
        if under is not None and under > members:
            yield source.problem(
                (*here, key),
                say(f"总是成立：本队列只有 {members} 名座席", f"always holds: agents who serve this queue: {members}"),
            )
    known = [*rules.numbers.values(), *rules.prefixes.values()]
    highest = max((rule.vip for rule in known), default=0)
    if when.vip is not None and when.vip > highest:
        yield source.problem(
            (*here, "vip"),
            say(
                f"不可能成立：没有来电者的 VIP 等级达到 {when.vip}（最高 {highest}）",
                f"never holds: no caller has VIP level {when.vip} or more (the highest is {highest})",
            ),
        )
    for name, values in when.attributes.items():
        given = {rule.attributes[name] for rule in known if name in rule.attributes}
        if not given:  # he may have it from elsewhere: who identifies the customer can say more of him
            names = dict.fromkeys(name for rule in known for name in rule.attributes)
            yield source.problem((*here, "attributes", name), unknown("attribute of callers", name, names))
            continue
        for index, value in enumerate(values):
            if value not in given:
                there_are = ", ".join(sorted(given))
                yield source.problem(
                    (*here, "attributes", name, index),
                    say(
                        f'没有来电者的 {name} 为 "{value}"（有：{there_are}）',
                        f'no caller has the {name} "{value}" (there are: {there_are})',
                    ),
                )


def _nodes(examined: Examined, here: Path_, when: When, queue: QueueId) -> Iterator[Problem]:
    entrances = leading_to(examined, queue) if when.nodes else set()
    for index, node in enumerate(when.nodes):
        if node not in entrances:
            yield examined.sources["queues"].problem(
                (*here, index),
                say(f'节点 "{node}" 不通向本队列', f'node "{node}" does not lead to this queue'),
            )


def _can_be_open(when: When, calendar: Hours) -> bool:
    """Whether the recipe's hours and weekdays meet the calendar's week at all."""
    spans = when.hours or ((0, DAY_MIN),)
    for day in when.weekdays or range(len(WEEKDAYS)):
        before = WEEKDAYS[(day - 1) % len(WEEKDAYS)]
        opens = [(span.opens, span.closes) for span in calendar.weekly.get(WEEKDAYS[day], ())]
        opens += [(span.opens - DAY_MIN, span.closes - DAY_MIN) for span in calendar.weekly.get(before, ())]
        if any(first < closes and opened < last for first, last in spans for opened, closes in opens):
            return True
    return False


def _hidden(source: Source, here: Path_, index: int, queue: QueueRules) -> Iterator[Problem]:
    """He has left before. A way to a queue hides nothing: he stays while nobody is on duty there."""
    recipe = queue.recipes[index]
    for place, other in enumerate(queue.recipes):
        leaves = other.do.leave is not None and other.do.leave.queue is None
        sooner = other.after_s < recipe.after_s or (other.after_s == recipe.after_s and place < index)
        if leaves and sooner and other.when in (When(), recipe.when):
            yield source.problem(
                here,
                say(
                    f'永远不会执行：他已按 "{other.name}" 离开队列',
                    f'never applies: he has left the queue by "{other.name}" before',
                ),
            )
            return


def _changes_nothing(source: Source, here: Path_, recipe: Recipe, queue: QueueRules, rules: Rules) -> Iterator[Problem]:
    do = recipe.do
    if do.require is not None and do.require == queue.require:
        yield source.problem(
            (*here, "do", "require"), say("没有放宽任何要求", "relaxes nothing: the queue asks for just this")
        )
    if do.add_queue is not None and set(rules.members[do.add_queue]) <= set(rules.members[queue.id]):
        yield source.problem(
            (*here, "do", "add_queue"),
            say(
                f'没有增加座席："{do.add_queue}" 的座席本来就服务本队列',
                f'adds nobody: the agents of "{do.add_queue}" serve this queue already',
            ),
        )
    if recipe.every_s is not None and not do.play:
        yield source.problem(
            (*here, "every"),
            say("没有作用：只有 play 会重复", "says nothing: only play is done again"),
        )
