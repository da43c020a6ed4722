"""Counts of the same quarter held against each other, field by field. Pure."""

from collections.abc import Iterator, Mapping

from engine.audit.differences import Difference, Kind
from metrics.definitions import AgentTimes, QueueCounts
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S, Book

__all__ = ["Counted", "counts_apart", "of_book"]

Counted = Mapping[tuple[int, str], tuple[QueueCounts, AgentTimes]]
"""By quarter and key."""

TOLERANCE = 0.01
"""Seconds are sums of many, added up in another order."""
NOTHING = (QueueCounts(), AgentTimes())


def counts_apart(kind: Kind, by: Dimension, here: Counted, there: Counted) -> list[Difference]:
    """All that differs, in the order of time."""
    found: list[Difference] = []
    for quarter, key in sorted({*here, *there}):
        ours, theirs = here.get((quarter, key), NOTHING), there.get((quarter, key), NOTHING)
        if ours == theirs:
            continue
        for name, one, other in _fields(ours, theirs):
            if abs(one - other) > TOLERANCE:
                found.append(
                    Difference(
                        kind=kind,
                        what=name,
                        at=float(quarter * INTERVAL_S),
                        dimension=by,
                        key=key,
                        here=one,
                        there=other,
                    )
                )
    return found


def _fields(
    ours: tuple[QueueCounts, AgentTimes], theirs: tuple[QueueCounts, AgentTimes]
) -> Iterator[tuple[str, float, float]]:
    for one, other in zip(ours, theirs, strict=True):
        for name in one.__struct_fields__:
            if name != "offers":
                yield name, getattr(one, name), getattr(other, name)
    offers, others = ours[0].offers, theirs[0].offers
    for outcome in sorted({*offers, *others}):
        yield f"offers_{outcome}", offers.get(outcome, 0), others.get(outcome, 0)


def of_book(book: Book, quarter: int, by: Dimension) -> dict[tuple[int, str], tuple[QueueCounts, AgentTimes]]:
    """A quarter of the tally as it would be stored: of site, queue or agent."""
    match by:
        case Dimension.SITE:
            return {(quarter, ""): (book.site, AgentTimes())}
        case Dimension.QUEUE:
            return {(quarter, queue): (counts, AgentTimes()) for queue, counts in book.queues.items()}
        case _:
            return {
                (quarter, agent): (
                    book.agent_counts.get(agent) or QueueCounts(),
                    book.agents.get(agent) or AgentTimes(),
                )
                for agent in {*book.agent_counts, *book.agents}
            }
