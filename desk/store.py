"""Work items in SQL: finding them, and taking steps with them.

Whether a caller rang again, or has been called back, is nowhere stored: it is read off the calls and the other items.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Select, column, func, or_, select, table, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from acd.model import QueueId
from agents.roster import AgentId
from desk.items import ItemKind, ItemState, Step, WorkItem
from desk.tables import WorkItemRow, WorkStepRow

__all__ = ["Count", "ItemChanged", "Wanted", "count_items", "find_item", "keep_step", "list_items", "steps_of"]

MOST_LISTED: Final = 1000

Rows = Select[*tuple[Any, ...]]

_CALLS: Final = table("calls", column("call"), column("number"), column("opened_at"))
_SEGMENTS: Final = table("segments", column("call"), column("answered_at"))


class ItemChanged(Exception):
    """Somebody else was quicker: look at the item again."""

    def __init__(self, item: str) -> None:
        super().__init__(f"item {item} was changed by somebody else just now")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which items are asked for; None: whatever it is. `since` <= opened < `until`, seconds since the epoch. `seen_by`: only
    those this agent sees, who serves `queues` (WorkItem.is_seen_by)."""

    state: ItemState | None = None
    kind: ItemKind | None = None
    queue: QueueId | None = None
    seen_by: AgentId | None = None
    queues: Collection[QueueId] = ()
    owner: str | None = None
    since: float | None = None
    until: float | None = None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many items of a kind a queue has in a state, and when the oldest of them came up."""

    queue: QueueId | None
    kind: ItemKind
    state: ItemState
    items: int
    oldest_at: float


async def list_items(session: AsyncSession, wanted: Wanted, limit: int) -> list[WorkItem]:
    """The newest that match; next page: pass the last one's opening as `until`."""
    query = _that_match(_items(), wanted).order_by(WorkItemRow.opened_at.desc(), WorkItemRow.item)
    rows = await session.execute(query.limit(max(0, min(limit, MOST_LISTED))))
    return [_item(row) for row in rows.all()]


async def find_item(session: AsyncSession, item: str) -> WorkItem | None:
    """The item, or None when there is none of that id (yet)."""
    row = (
        await session.execute(_items().where(WorkItemRow.item == item, WorkItemRow.opened_at.is_not(None)))
    ).one_or_none()
    return _item(row) if row is not None else None


async def steps_of(session: AsyncSession, item: str) -> list[Step]:
    """All that was done with it, in order."""
    query = select(WorkStepRow).where(WorkStepRow.item == item).order_by(WorkStepRow.at, WorkStepRow.step)
    return [msgspec.convert(row, Step, from_attributes=True, strict=False) for row in await session.scalars(query)]


async def count_items(session: AsyncSession, wanted: Wanted) -> list[Count]:
    """By queue, kind and state, of those that match."""
    what = (WorkItemRow.queue, WorkItemRow.kind, WorkItemRow.state)
    query: Rows = select(*what, func.count(), func.min(WorkItemRow.opened_at)).group_by(*what).order_by(*what)
    return [
        Count(
            queue=QueueId(queue) if queue else None,
            kind=ItemKind(kind),
            state=ItemState(state),
            items=items,
            oldest_at=oldest_at,
        )
        for queue, kind, state, items, oldest_at in (await session.execute(_that_match(query, wanted))).all()
    ]


async def keep_step(connection: AsyncConnection, before: WorkItem, now: WorkItem, step: Step) -> None:
    """Write an item's step and what it made of the item. Raises ItemChanged when the item is not as it was `before`."""
    changed = await connection.execute(
        update(WorkItemRow)
        .where(WorkItemRow.item == now.item, WorkItemRow.steps == before.steps, WorkItemRow.state == before.state)
        .values(state=now.state, owner=now.owner, changed_at=now.changed_at, closed_at=now.closed_at, steps=now.steps)
    )
    if changed.rowcount != 1:
        raise ItemChanged(now.item)
    row = {"item": now.item, "step": f"{now.steps:06}", **msgspec.structs.asdict(step)}
    try:
        await connection.execute(WorkStepRow.__table__.insert().values(**row))  # type: ignore[attr-defined]
    except IntegrityError as error:
        raise ItemChanged(now.item) from error


def _items() -> Rows:
    """Each item with what became of its caller since."""
    other = aliased(WorkItemRow)
    answered_since = (
        select(func.max(_CALLS.c.opened_at))
        .select_from(_CALLS.join(_SEGMENTS, _SEGMENTS.c.call == _CALLS.c.call))
        .where(_CALLS.c.number == WorkItemRow.number, WorkItemRow.number != "")
        .where(_CALLS.c.opened_at > WorkItemRow.opened_at, _SEGMENTS.c.answered_at.is_not(None))
        .correlate(WorkItemRow)
        .scalar_subquery()
    )
    called_back_at = (
        select(func.max(other.closed_at))
        .where(other.number == WorkItemRow.number, WorkItemRow.number != "", other.item != WorkItemRow.item)
        .where(other.closed_at > WorkItemRow.opened_at, other.kind != ItemKind.SURVEY_COMMENT)
        .correlate(WorkItemRow)
        .scalar_subquery()
    )
    return select(WorkItemRow, answered_since, called_back_at)


def _that_match(query: Rows, wanted: Wanted) -> Rows:
    query = query.where(WorkItemRow.opened_at.is_not(None))
    if wanted.state is not None:
        query = query.where(WorkItemRow.state == wanted.state)
    if wanted.kind is not None:
        query = query.where(WorkItemRow.kind == wanted.kind)
    if wanted.queue is not None:
        query = query.where(WorkItemRow.queue == wanted.queue)
    if wanted.seen_by is not None:
        query = query.where(or_(WorkItemRow.queue.in_(wanted.queues), WorkItemRow.owner == wanted.seen_by))
    if wanted.owner is not None:
        query = query.where(WorkItemRow.owner == wanted.owner)
    if wanted.since is not None:
        query = query.where(WorkItemRow.opened_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(WorkItemRow.opened_at < wanted.until)
    return query


def _item(row: Sequence[Any]) -> WorkItem:
    found, answered_since, called_back_at = row
    item = msgspec.convert(found, WorkItem, from_attributes=True, strict=False)
    return msgspec.structs.replace(item, answered_since=answered_since, called_back_at=called_back_at)
