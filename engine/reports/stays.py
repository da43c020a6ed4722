"""What each caller's stays in queues count as: the rules of metrics.intervals, told of one call at a time. Pure.

The figures are counted from records as they come, and in SQL in sums; here the same rules say it of a call, so that whoever
doubts a number can look at each caller in it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from metrics.columns import OF_CALLERS

__all__ = ["STAY_COUNTS", "Stay", "in_queue", "on_site"]

STAY_COUNTS: Final = OF_CALLERS | {"answered", "answered_within_sl"}


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """One stay of a call in a queue, as SQL has it. Times are seconds since the epoch; None: it has not come to that yet."""

    call: str
    segment: int
    queue: str
    agent: str | None
    entered_at: float
    left_at: float | None
    wait_s: float | None
    total_wait_s: float | None
    how: str | None
    phase: str | None
    answered_at: float | None
    in_time: bool
    """Answered within the queue's service level."""
    direct: bool
    """Offered to an agent at once."""
    within_s: float
    """The service level's time of the queue."""


def in_queue(stay: Stay) -> Iterator[str]:
    """What the stay counts as in its queue."""
    yield "offered"
    yield "direct" if stay.direct else "queued"
    if stay.answered_at is not None:
        yield "answered"
        if stay.in_time:
            yield "answered_within_sl"
    if stay.left_at is not None:
        yield from _left(stay, stay.wait_s or 0.0, short=stay.how == "short_abandon")


def on_site(stays: Sequence[Stay], *, is_over: bool) -> Iterator[str]:
    """What a call counts as for the site, by all its stays in order: each call once, however many queues it went through."""
    first = stays[0]
    yield "offered"
    yield "direct" if first.direct else "queued"
    answered = next((stay for stay in stays if stay.answered_at is not None), None)
    if answered is not None:
        yield "answered"
        if answered.in_time and (answered is first or (answered.total_wait_s or 0.0) <= answered.within_s):
            yield "answered_within_sl"
    left = [stay for stay in stays if stay.left_at is not None]
    settled = next((stay for stay in left if stay.how != "overflowed"), None)
    if settled is not None and settled.left_at is not None:
        short = settled.how == "short_abandon" and settled is first
        yield from _left(settled, settled.left_at - first.entered_at, short=short)
    elif is_over:
        yield "overflowed"


def _left(stay: Stay, wait_s: float, *, short: bool) -> Iterator[str]:
    match stay.how:
        case "abandoned" | "short_abandon":
            if short:
                yield "short_abandoned"
            else:
                yield "abandoned"
                yield "abandoned_ringing" if stay.phase == "ringing" else "abandoned_waiting"
            if wait_s <= stay.within_s:
                yield "abandoned_within_sl"
        case "overflowed":
            yield "overflowed"
        case "switch_lost":
            yield "switch_lost"
        case _:
            pass
