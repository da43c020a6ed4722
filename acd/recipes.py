"""Recipes: what is done for a caller in the course of his wait, and when to look at them again.

The conditions only; what a recipe does to him is `waiting`'s work.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from acd.floor import Floor
from acd.model import Call
from acd.outcome import Outcome
from acd.pacing import expected_wait
from acd.rules import QueueRules, Recipe, Rules, When

__all__ = ["due", "next_look"]

LOOK_AGAIN_S: Final = 5.0
"""A recipe whose time has come but whose other conditions do not hold is looked at again, so often."""


def due(floor: Floor, call: Call, queue: QueueRules, now: float, out: Outcome) -> Iterator[Recipe]:
    """The recipes to be applied now, in the order of the file."""
    for recipe in _recipes_of(call, queue):
        at = _due_at(call, recipe)
        if at is not None and at <= now and _holds(floor, call, queue, recipe.when, now, out):
            yield recipe


def next_look(call: Call, queue: QueueRules, reserves: Sequence[float], now: float) -> float | None:
    """When something may be due next: a recipe, or a reserve whose agents come in; None: nothing more in this stay. What is
    overdue, because a condition or his leg is missing, is looked at again in a while."""
    times = [call.stay_at + after_s for after_s in reserves if call.stay_at + after_s > now]
    for recipe in _recipes_of(call, queue):
        if (at := _due_at(call, recipe)) is not None:
            times.append(at if at > now else now + LOOK_AGAIN_S)
    return min(times, default=None)


def _recipes_of(call: Call, queue: QueueRules) -> tuple[Recipe, ...]:
    """Nothing is played to, and nothing changed for, a customer who is not on the line."""
    return queue.recipes if call.has_leg else ()


def _due_at(call: Call, recipe: Recipe) -> float | None:
    """When its time has come or will come; None: it was done, and once is enough."""
    last = call.done.get(recipe.name)
    if last is None:
        return call.stay_at + recipe.after_s
    return None if recipe.every_s is None else last + recipe.every_s


def _holds(floor: Floor, call: Call, queue: QueueRules, when: When, now: float, out: Outcome) -> bool:
    return (
        (when.vip is None or call.vip >= when.vip)
        and (not when.nodes or any(step.partition(":")[0] in when.nodes for step in call.path))
        and all(call.attributes.get(name) in values for name, values in when.attributes.items())
        and _queue_is_so(floor, call, queue, when, now, out)
        and _time_is_so(floor.rules, when, now)
    )


def _queue_is_so(floor: Floor, call: Call, queue: QueueRules, when: When, now: float, out: Outcome) -> bool:
    return (
        (when.waiting_over is None or floor.callers_in_line(queue.id) > when.waiting_over)
        and (when.ready_under is None or len(floor.ready[queue.id]) < when.ready_under)
        and (when.on_duty_under is None or floor.on_duty(queue.id) < when.on_duty_under)
        and (when.position_over is None or floor.position(call) > when.position_over)
        and (when.expected_wait_over_s is None or _waits_longer(floor, call, when.expected_wait_over_s, now, out))
    )


def _waits_longer(floor: Floor, call: Call, seconds: float, now: float, out: Outcome) -> bool:
    expected = expected_wait(floor, call, now, out)
    return expected is not None and expected.middle_s > seconds


def _time_is_so(rules: Rules, when: When, now: float) -> bool:
    if not when.hours and not when.weekdays:
        return True
    local = datetime.fromtimestamp(now, ZoneInfo(rules.time_zone))
    minute = local.hour * 60 + local.minute
    in_hours = not when.hours or any(begins <= minute < ends for begins, ends in when.hours)
    return in_hours and (not when.weekdays or local.weekday() in when.weekdays)
