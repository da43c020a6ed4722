"""The tables of work items and of the steps of their lives. Times are seconds since the epoch.

An item's row is made by the record that brings it up and says nothing of its state, so the record may be told again; state and
owner are written by the steps alone. No step is ever changed or removed. What only the first record knows is NULL in a row that
a later one has made, and such a row is no item (yet).
"""

from sqlalchemy import Double, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from desk.items import ItemState

__all__ = ["DeskTables", "WorkItemRow", "WorkStepRow"]


class DeskTables(DeclarativeBase):
    """The tables of this package; engine.database makes them together with its own."""

    type_annotation_map = {float: Double}  # noqa: RUF012 - SQLAlchemy reads it so


class WorkItemRow(DeskTables):
    """One item."""

    __tablename__ = "work_items"

    item: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    call: Mapped[str | None]
    queue: Mapped[str | None]
    number: Mapped[str | None]
    did: Mapped[str | None]
    opened_at: Mapped[float | None]
    seconds: Mapped[float | None]
    state: Mapped[str] = mapped_column(server_default=ItemState.OPEN)
    owner: Mapped[str | None]
    changed_at: Mapped[float | None]
    closed_at: Mapped[float | None]
    steps: Mapped[int] = mapped_column(server_default="0")
    """How many steps people have taken with it."""

    __table_args__ = (
        Index("work_items_by_state", "state", "opened_at"),
        Index("work_items_by_opening", "opened_at"),
        Index("work_items_by_number", "number", "closed_at"),
    )


class WorkStepRow(DeskTables):
    """One step of an item's life. `step` counts those of people from 1; what the hotline does itself has a name there."""

    __tablename__ = "work_steps"

    item: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
    what: Mapped[str]
    by: Mapped[str]
    owner: Mapped[str | None]
    note: Mapped[str]
