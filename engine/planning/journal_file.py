"""A recorded journal read for a replay, without touching it: no lock, nothing put aside, the live engine may go on writing it.

Doing the events again under the rules they were recorded with gives the records the engine made then, to the byte: that is the
recorded day, its figures, and the proof that they are the same decisions (`Redone.digest`).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from acd.events import RulesLoaded
from acd.floor import Floor
from acd.records import AgentChanged, Decision, Record
from acd.rules import Rules
from engine.journal import UNREADABLE, Line, Snapshot
from engine.recovery import done_again
from planning.counted import Counted
from planning.recorded import RecordedDay
from planning.witness import Witness

__all__ = ["JournalUnreadable", "Redone", "do_again", "events_of", "time_of"]


class JournalUnreadable(Exception):
    """There is nothing to replay; the message names the file and what is wrong with it."""


class Redone(msgspec.Struct, kw_only=True):
    """A recorded day as it was."""

    day: RecordedDay
    counted: Counted
    rules: list[Rules]
    """All versions that were in force, the last one last."""
    events: int
    decisions: int
    digest: str
    """SHA-256 of all records of the day, as JSON lines."""


class _Start(msgspec.Struct):
    """Where the events begin: after a snapshot, or on an empty floor."""

    floor: Floor
    number: int


def events_of(path: Path) -> tuple[Floor, Iterator[Line]]:
    """The floor before the first event, and the events, of a journal's folder or of one of its files.

    The folder of a journal that has forgotten its beginning starts from its oldest snapshot; so does a single file when the
    snapshot lies beside it and goes before it. Raises JournalUnreadable.
    """
    files = sorted(path.glob("[0-9]*.jsonl")) if path.is_dir() else [path]
    if not path.exists() or not files:
        raise JournalUnreadable(f"{path}: no journal there (expected a folder with files such as 000000000001.jsonl)")
    first = _first_number(files[0])
    start = _start(files[0].parent, first)
    return start.floor, _lines(files, start.number)


def _start(folder: Path, first: int) -> _Start:
    if first > 1:
        for name in ("snapshot.previous.json", "snapshot.json"):
            snapshot = _snapshot(folder / name)
            if snapshot is not None and snapshot.n >= first - 1:
                return _Start(snapshot.floor, snapshot.n)
    return _Start(Floor.under(Rules(version="", queues={}, agents={})), first - 1)


def _snapshot(file: Path) -> Snapshot | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Snapshot)
    except (OSError, *UNREADABLE):
        return None


def _first_number(file: Path) -> int:
    """Raises JournalUnreadable for a file that holds no event at all."""
    decoder = msgspec.json.Decoder(Line)
    try:
        with file.open("rb") as stream:
            for raw in stream:
                try:
                    return decoder.decode(raw).n
                except UNREADABLE as error:
                    problem = str(error)
                    raise JournalUnreadable(f"{file}:1: no event of a journal: {problem}") from None
    except OSError as error:
        raise JournalUnreadable(f"{file}: cannot be read: {error.strerror}") from None
    raise JournalUnreadable(f"{file}: the file is empty")


def _lines(files: Sequence[Path], number: int) -> Iterator[Line]:
    """In order; a line that cannot be read is what a kill tore, and the live engine did without it too."""
    decoder = msgspec.json.Decoder(Line)
    for file in files:
        for raw in file.read_bytes().split(b"\n"):
            try:
                line = decoder.decode(raw) if raw else None
            except UNREADABLE:
                line = None
            if line is not None and line.n > number:
                number = line.n
                yield line


def time_of(path: Path) -> tuple[float, float]:
    """When the first and the last event happened. Raises JournalUnreadable."""
    events_of(path)
    files = sorted(path.glob("[0-9]*.jsonl")) if path.is_dir() else [path]
    last = next(reversed(list(_lines(files[-1:], 0))), None)
    first = next(_lines(files, 0), None)
    if first is None or last is None:
        raise JournalUnreadable(f"{path}: no event there")
    return first.t, last.t


def do_again(
    path: Path,
    since: float,
    until: float,
    keep: Callable[[bytes], object] | None = None,
    tell: Callable[[int], None] | None = None,
) -> Redone:
    """Let the core do every event again as it was recorded. `keep` is given the records of the day as JSON lines, those of an
    event together; `tell` the number of events done now and then. Raises JournalUnreadable."""
    floor, lines = events_of(path)
    witness = Witness(since, until, _as_they_are(floor))
    counted = Counted(floor.rules)
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder()
    rules = [floor.rules] if floor.rules.queues else []
    events = decisions = 0
    for line in lines:
        records = done_again(floor, line.e, line.t, line.n)
        refused = records is None
        if isinstance(line.e, RulesLoaded) and not refused:
            rules.append(floor.rules)
            counted.follow(floor.rules)
        made: Sequence[Record] = records or ()
        witness.take(line.e, line.t, made, refused=refused)
        events += 1
        if since <= line.t < until:
            counted(made)
            for record in made:
                decisions += type(record) is Decision
            text = encoder.encode_lines(made)
            digest.update(text)
            if keep is not None:
                keep(text)
        if tell is not None and events % 5000 == 0:
            tell(events)
    if not events:
        raise JournalUnreadable(f"{path}: no event lies after its snapshot")
    return Redone(
        day=witness.finish(),
        counted=counted,
        rules=rules,
        events=events,
        decisions=decisions,
        digest=digest.hexdigest(),
    )


def _as_they_are(floor: Floor) -> list[AgentChanged]:
    """Agents of a snapshot, as their last change would have told."""
    return [
        AgentChanged(agent=agent.id, at=agent.since, state=agent.state, reason=agent.reason, phone=agent.phone)
        for agent in floor.agents.values()
    ]
