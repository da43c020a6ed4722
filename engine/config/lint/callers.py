"""Lists of callers that contradict each other, and levels nobody has."""

from collections.abc import Iterator

from acd.rules import CallerRule, Rules
from engine.config.callers_of import said_of_callers
from engine.config.check import Examined
from engine.config.source import Path_, Problem
from engine.words import say

__all__ = ["caller_doubts"]


def caller_doubts(examined: Examined) -> Iterator[Problem]:
    """All of queues.yaml's `vip` and `callers`."""
    rules, source = examined.configuration.rules, examined.sources["queues"]
    numbers, _ = said_of_callers(examined.queues)
    of_vips = {number for number, entry in numbers.items() if entry.vip}
    for number, rule in rules.numbers.items():
        if rule.blocked and rule.vip and number in of_vips:
            yield source.problem(_place(examined, number), _both())
    for prefix, rule in rules.prefixes.items():
        if rule.blocked and rule.vip:
            yield source.problem(("callers", f"{prefix}*"), _both())
    for level in rules.vip_priority:
        if not any(rule.vip == level for rule in _all_of(rules)):
            yield source.problem(
                ("vip", "levels", str(level)), say("没有来电者属于这个等级", "no caller has this level")
            )


def _all_of(rules: Rules) -> list[CallerRule]:
    return [*rules.numbers.values(), *rules.prefixes.values()]


def _place(examined: Examined, number: str) -> Path_:
    """Where a number in its normal form stands in the file, however it is written there."""
    for path in examined.sources["queues"].places:
        if len(path) > 1 and path[:-1] in (("vip", "numbers"), ("callers",)) and str(path[-1]).endswith(number):
            return path
    return ("callers",)


def _both() -> str:
    return say(
        "是 VIP 却在黑名单中（黑名单生效，通话会被挂断）",
        "is a VIP and blocked: the blacklist wins, and his calls end at once",
    )
