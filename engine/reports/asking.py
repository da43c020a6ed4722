"""From the words of a question, whoever asks it, to the report that is wanted."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from acd.rules import Rules
from engine.reports.asked import BadQuestion, Wanted, columns_of, one_of, span_of
from engine.reports.site import Surroundings
from metrics.dimensions import Dimension
from metrics.periods import Step

__all__ = ["dimension_of", "last_month", "last_week", "wanted_of"]


def wanted_of(words: Mapping[str, str], keys: Sequence[str], around: Surroundings, today: date) -> Wanted:
    """`from`, `to`, `by`, `step` and `figures` as they were written; what is left out is as usual. Raises BadQuestion."""
    since, until = span_of(words.get("from", ""), words.get("to", ""), around.zone, today)
    by = dimension_of(words.get("by", ""))
    usual = Step.DAY if until - since > 86400.0 * 1.1 or by not in (Dimension.SITE, Dimension.QUEUE) else Step.HALF_HOUR
    step = Step(one_of("step", words.get("step", "") or usual, list(Step)))
    _check_keys(by, keys, around.rules)
    return Wanted(
        since=since,
        until=until,
        by=by,
        step=step,
        columns=columns_of(words.get("figures", "").split(","), by, around.bands),
        keys=tuple(keys) or None,
    )


def dimension_of(text: str) -> Dimension:
    """By what; of no word by queue. Raises BadQuestion."""
    return Dimension(one_of("by", text or Dimension.QUEUE, list(Dimension)))


def last_week(today: date) -> tuple[date, date]:
    """Monday and Sunday of the week before this one."""
    monday = today - timedelta(days=today.weekday() + 7)
    return monday, monday + timedelta(days=6)


def last_month(today: date) -> tuple[date, date]:
    """First and last day of the month before this one."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _check_keys(by: Dimension, keys: Sequence[str], rules: Rules) -> None:
    """Groups and skills are those of today; queues and agents of the past may be gone from the roster."""
    known: set[str] = set()
    match by:
        case Dimension.GROUP:
            known = {group for agent in rules.agents.values() for group in agent.groups}
        case Dimension.SKILL:
            known = {skill for agent in rules.agents.values() for skill in agent.skills}
        case Dimension.SITE if keys:
            raise BadQuestion("key", "a report of the whole site has no keys")
        case _:
            return
    for key in keys:
        one_of("key", key, sorted(known))
