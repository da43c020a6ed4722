"""What is known of callers by their number: queues.yaml's lists as the core's rules.

The core takes the exact number's rule, else that of the longest beginning that fits, and no other. Ops think of an entry as
adding to the wider ones: a VIP of Hangzhou is still of Hangzhou. So what an entry does not say is put in here, from the next
shorter pattern that says it.
"""

from collections.abc import Mapping

from acd.numbers import normal_number
from acd.rules import CallerRule
from engine.config.queue_models import CallerModel, QueuesFile

__all__ = ["caller_rules", "said_of_callers"]

_NOTHING = CallerModel()


def caller_rules(file: QueuesFile) -> tuple[dict[str, CallerRule], dict[str, CallerRule]]:
    """The rules by exact number and by beginning."""
    numbers, prefixes = said_of_callers(file)
    return (
        {number: _rule(_with_shorter(entry, number, prefixes)) for number, entry in numbers.items()},
        {prefix: _rule(_with_shorter(entry, prefix[:-1], prefixes)) for prefix, entry in prefixes.items()},
    )


def said_of_callers(file: QueuesFile) -> tuple[dict[str, CallerModel], dict[str, CallerModel]]:
    """What the file says itself, by exact number in its normal form and by beginning; `vip.numbers` and `callers` together."""
    numbers = {normal_number(number): CallerModel(vip=level) for number, level in file.vip.numbers.items()}
    prefixes: dict[str, CallerModel] = {}
    for pattern, entry in file.callers.items():
        if pattern.endswith("*"):
            prefixes[pattern[:-1]] = entry
        else:
            number = normal_number(pattern)
            numbers[number] = _filled(entry, numbers.get(number, _NOTHING))
    return numbers, prefixes


def _with_shorter(entry: CallerModel, number: str, prefixes: Mapping[str, CallerModel]) -> CallerModel:
    for length in range(len(number), 0, -1) if prefixes else ():
        if shorter := prefixes.get(number[:length]):
            entry = _filled(entry, shorter)
    return entry


def _filled(entry: CallerModel, wider: CallerModel) -> CallerModel:
    """The entry, with what it does not say taken from a wider one. On one list he is not on the other."""
    on_a_list = entry.blocked is not None or entry.trusted is not None
    return CallerModel.model_construct(
        vip=entry.vip if entry.vip is not None else wider.vip,
        blocked=entry.blocked if on_a_list else wider.blocked,
        trusted=entry.trusted if on_a_list else wider.trusted,
        attributes={**wider.attributes, **entry.attributes},
    )


def _rule(entry: CallerModel) -> CallerRule:
    return CallerRule(
        vip=entry.vip or 0,
        blocked=bool(entry.blocked),
        trusted=bool(entry.trusted),
        attributes=dict(entry.attributes),
    )
