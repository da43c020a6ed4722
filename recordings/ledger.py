"""The ledger: one row for each recording that should exist, with what became of it.

The row is written twice: when the talk begins (state `expected`) and when its sound has been dealt with. What a reader is
told is checked against the disk at that moment, so a file that vanished later does not show as ready.
"""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Double, Index, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from acd.model import CallId, OfferId, QueueId
from agents.roster import AgentId
from recordings.audio import HEADER_BYTES

__all__ = [
    "LedgerEntry",
    "LedgerTables",
    "Recording",
    "RecordingNotThere",
    "RecordingRow",
    "State",
    "find_recording",
    "list_recordings",
    "path_of",
]

MOST_LISTED: Final = 1000


class State(StrEnum):
    """What became of a recording."""

    EXPECTED = "expected"  # the talk goes on, or its sound has not been dealt with yet
    READY = "ready"
    MISSING = "missing"  # no file where one should be
    EMPTY = "empty"  # files without a sample in them
    REFUSED = "refused"  # the caller would not be recorded: there is none
    DAMAGED = "damaged"  # part of the sound is lost, or the file is not as it was written


class RecordingNotThere(LookupError):
    """There is no file to hand out: the message says why."""


class LedgerTables(DeclarativeBase):
    """The tables of this package; engine.database makes them together with its own."""

    type_annotation_map = {float: Double}  # noqa: RUF012 - SQLAlchemy reads it so


class RecordingRow(LedgerTables):
    """The ledger as stored. Times are seconds since the epoch, `size` bytes, `path` relative to the recordings' root."""

    __tablename__ = "recordings"

    offer: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str]
    linkedid: Mapped[str]
    queue: Mapped[str | None]
    agent: Mapped[str | None]
    started_at: Mapped[float | None]
    ended_at: Mapped[float | None]
    state: Mapped[str] = mapped_column(server_default=State.EXPECTED)
    path: Mapped[str | None]
    duration_s: Mapped[float | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    note: Mapped[str | None]

    __table_args__ = (
        Index("recordings_by_call", "call"),
        Index("recordings_by_start", "started_at"),
        Index("recordings_by_agent", "agent", "started_at"),
        Index("recordings_by_queue", "queue", "started_at"),
    )


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written of one recording now. Fields left at None stay as they are in the ledger.

    `state` None leaves `expected` to a new row and never takes back what an old one has reached.
    """

    offer: OfferId
    call: CallId
    linkedid: str
    queue: QueueId | None = None
    agent: AgentId | None = None
    started_at: float | None = None
    ended_at: float | None = None
    state: State | None = None
    path: str | None = None
    duration_s: float | None = None
    size: int | None = None
    sha256: str | None = None
    note: str | None = None


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One recording as a reader sees it, its state checked against the disk."""

    offer: OfferId
    call: CallId
    linkedid: str
    queue: QueueId | None
    agent: AgentId | None
    started_at: float | None
    ended_at: float | None
    state: State
    path: str | None
    duration_s: float | None
    size: int | None
    sha256: str | None
    note: str | None


async def list_recordings(
    session: AsyncSession,
    root: Path,
    *,
    call: str | None = None,
    agent: str | None = None,
    queue: str | None = None,
    since: float | None = None,
    until: float | None = None,
    limit: int = 100,
) -> list[Recording]:
    """The newest recordings that match, `since` <= started < `until`; next page: pass the last one's start as `until`."""
    query = select(RecordingRow).order_by(RecordingRow.started_at.desc().nulls_last(), RecordingRow.offer)
    if call is not None:
        query = query.where(RecordingRow.call == call)
    if agent is not None:
        query = query.where(RecordingRow.agent == agent)
    if queue is not None:
        query = query.where(RecordingRow.queue == queue)
    if since is not None:
        query = query.where(RecordingRow.started_at >= since)
    if until is not None:
        query = query.where(RecordingRow.started_at < until)
    rows = (await session.scalars(query.limit(max(0, min(limit, MOST_LISTED))))).all()
    return await asyncio.to_thread(_checked, rows, root)


async def find_recording(session: AsyncSession, root: Path, offer: str) -> Recording | None:
    """The recording of one offer, or None when the ledger knows of none."""
    row = await session.get(RecordingRow, offer)
    return (await asyncio.to_thread(_checked, [row], root))[0] if row is not None else None


def path_of(root: Path, recording: Recording) -> Path:
    """The file to hand out. Raises RecordingNotThere when there is none or the ledger's path leaves the root."""
    path = _inside(root, recording.path) if recording.path is not None else None
    if path is None or recording.state not in (State.READY, State.DAMAGED) or not path.is_file():
        raise RecordingNotThere(f"the recording of {recording.offer} is {recording.state}: there is no file to play")
    return path


def _checked(rows: Sequence[RecordingRow], root: Path) -> list[Recording]:
    return [_as_seen(row, root) for row in rows]


def _as_seen(row: RecordingRow, root: Path) -> Recording:
    seen = msgspec.convert(row, Recording, from_attributes=True)
    state, note = _on_disk(seen, root)
    return seen if state is seen.state else msgspec.structs.replace(seen, state=state, note=note)


def _on_disk(recording: Recording, root: Path) -> tuple[State, str | None]:
    """The state the disk allows: a good one only for a file of the size the ledger has."""
    if recording.path is None:
        return recording.state, recording.note
    path = _inside(root, recording.path)
    if path is None or not path.is_file():
        return State.MISSING, "the file is gone"
    size = path.stat().st_size
    if size <= HEADER_BYTES:
        return State.EMPTY, "the file is empty"
    if recording.size not in (None, size):
        return State.DAMAGED, f"the file has {size} bytes, the ledger {recording.size}"
    return recording.state, recording.note


def _inside(root: Path, relative: str) -> Path | None:
    """The resolved path if it lies below the root: neither `..`, nor an absolute path, nor a link may lead out of it."""
    if "\0" in relative:
        return None
    path = (root / relative).resolve()
    return path if path.is_relative_to(root.resolve()) else None
