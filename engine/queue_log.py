"""Writes Asterisk's queue_log from the core's records: a file, the table, or both. Each line once, whatever happens.

A snapshot of the floor knows how long the file was at its event, and what the lines after it depend on. Started again, the
engine does the events after the snapshot again, which gives the lines after it again: those that stand in the file already are
left out, the rest is written. Rows of the table have keys made of the event's number, so that a second copy changes nothing.

A disk that takes nothing keeps nobody from anything: lines wait in memory (MOST_WAITING), `problem` says so.
"""

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from acd.floor import Floor
from acd.records import Record
from engine.facts import Row
from metrics.queue_log import Entry, Memory, Teller, Words

if TYPE_CHECKING:
    from engine.site import Site

__all__ = ["QueueLog", "QueueLogState", "queue_log_of"]

log = logging.getLogger(__name__)

MOST_WAITING: Final = 50_000_000
"""Bytes of lines that wait for a disk; more are lost, and counted."""
TABLE: Final = "queue_log"
DATA_COLUMNS: Final = 5


class QueueLogState(msgspec.Struct, kw_only=True):
    """What a snapshot knows of it."""

    memory: Memory
    inode: int = 0
    """Of the file, whatever its name is by now; 0: there was none."""
    size: int = 0
    """How much of the file was written before."""
    waiting: str = ""
    """Lines the disk had not taken."""


class QueueLog:
    """`take` the records of each event, `flush` soon after; `state` goes into each snapshot."""

    def __init__(
        self, words: Words, file: Path | None, zone: ZoneInfo, rows: Callable[[Sequence[Row]], None] | None = None
    ) -> None:
        self.problem = ""
        """What keeps lines from the disk."""
        self.lost = 0
        """Bytes of lines that are in no file."""
        self.is_new = True
        """Nothing was known of it when the engine started: lines are told from now on."""
        self._teller = Teller(words)
        self._file = file
        self._zone = zone
        self._rows = rows
        self._waiting = bytearray()
        self._fd = -1
        self._inode = 0
        self._written: Counter[bytes] = Counter()
        """Lines after the snapshot that stand in the file already."""
        self._catching_up = False

    def take_up(self, state: QueueLogState | None) -> None:
        """Before the events after the snapshot are done again."""
        self._catching_up = True
        self.is_new = state is None
        if state is not None:
            self._teller.memory = state.memory
            self._written = Counter(self._lines_after(state))
            self._keep(state.waiting.encode())

    def caught_up(self) -> None:
        """All events have been done again."""
        self._catching_up = False
        self._written.clear()
        self.flush()

    def take(self, records: Sequence[Record], floor: Floor, now: float, number: int) -> None:
        """The records of event `number`, with the floor right after it. Nothing is known of events before the first start."""
        if not records or (self._catching_up and self.is_new):
            return
        entries = self._teller.entries(records, floor, now)
        if not entries:
            return
        if self._file is not None:
            self._keep(b"".join(entry.text.encode() for entry in entries))
        if self._rows is not None:
            self._rows([self._row(entry, now, number, n) for n, entry in enumerate(entries)])

    def flush(self) -> None:
        """Hand what waits to the operating system; a file that was renamed is followed by a new one."""
        if self._file is None or not self._waiting:
            return
        try:
            self._open(self._file)
            written = os.write(self._fd, self._waiting)
            del self._waiting[:written]
            self._note("" if not self._waiting else "the disk took only part of a line")
        except OSError as error:
            self._note(error.strerror or str(error))

    def state(self) -> QueueLogState:
        """As of the last event taken."""
        self.flush()
        with contextlib.suppress(OSError):  # flush has told of it
            if self._file is not None:
                self._open(self._file)
        size = os.fstat(self._fd).st_size if self._fd >= 0 else 0
        waiting = self._waiting.decode("utf-8", "replace")
        return QueueLogState(memory=self._teller.memory, inode=self._inode, size=size, waiting=waiting)

    def sync(self) -> None:
        """Put what was written on the disk. Blocks; raises OSError."""
        if self._fd >= 0:
            os.fdatasync(self._fd)

    def close(self) -> None:
        """Let go of the file."""
        self.flush()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _keep(self, lines: bytes) -> None:
        """What is not in the file yet waits to be written."""
        if self._written:
            lines = b"".join(line for line in lines.splitlines(keepends=True) if not self._is_written(line))
        if len(self._waiting) + len(lines) > MOST_WAITING:
            self.lost += len(lines)
            return
        self._waiting += lines

    def _is_written(self, line: bytes) -> bool:
        if self._written[line] <= 0:
            return False
        self._written[line] -= 1
        return True

    def _open(self, file: Path) -> None:
        """The file of this name, which may be another than before."""
        if self._fd >= 0:
            with contextlib.suppress(FileNotFoundError):
                found = file.stat()
                if found.st_ino == self._inode:
                    return
            os.close(self._fd)
            self._fd = -1
        file.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._fd, self._inode = fd, os.fstat(fd).st_ino

    def _lines_after(self, state: QueueLogState) -> list[bytes]:
        """What was written after the snapshot: in the file it knows, by whatever name, and in those that followed it."""
        if self._file is None:
            return []
        try:
            files = {path: path.stat() for path in self._file.parent.glob(f"{self._file.name}*")}
            known = [path for path, found in files.items() if found.st_ino == state.inode]
            since_ns = files[known[0]].st_mtime_ns if known else 0
            later = [path for path, found in files.items() if path not in known and found.st_mtime_ns >= since_ns]
            lines = [line for path in known for line in _whole_lines(path, state.size, mend=path == self._file)]
            for path in later if known else [path for path in later if path == self._file]:
                lines += _whole_lines(path, 0, mend=path == self._file)
            return lines
        except OSError as error:
            log.error("the queue_log cannot be read: %s; lines of the last minute may be in it twice", error)
            return []

    def _note(self, problem: str) -> None:
        if problem and not self.problem:
            log.error("the queue_log cannot be written: %s", problem)
        self.problem = problem

    def _row(self, entry: Entry, now: float, number: int, place: int) -> Row:
        data = [*entry.data[: DATA_COLUMNS - 1], "|".join(entry.data[DATA_COLUMNS - 1 :])]
        data += [""] * (DATA_COLUMNS - len(data))
        values = {
            "time": datetime.fromtimestamp(entry.at, self._zone).strftime("%Y-%m-%d %H:%M:%S.000000"),
            "callid": entry.call,
            "queuename": entry.queue,
            "agent": entry.agent,
            "event": entry.event,
            **{f"data{n}": one for n, one in enumerate(data, 1)},
        }
        return Row(TABLE, {"id": f"{int(now * 1_000_000):016d}-{number:012d}-{place:03d}"}, values)


def queue_log_of(site: "Site", rows: Callable[[Sequence[Row]], None]) -> QueueLog | None:
    """As the site is configured; None: it writes none."""
    settings = site.configuration.metrics.queue_log
    if not settings.file and not settings.sql:
        return None
    name = "queue_log" if settings.file is True else settings.file
    return QueueLog(
        Words(names=settings.agents == "name", queuemetrics=settings.queuemetrics),
        site.home / name if name else None,
        ZoneInfo(site.configuration.system.timezone),
        rows if settings.sql else None,
    )


def _whole_lines(path: Path, start: int, *, mend: bool) -> list[bytes]:
    """The lines from there on. A torn one at the end, which a full disk or a kill left, is taken away (`mend`)."""
    with path.open("r+b" if mend else "rb") as file:
        file.seek(start)
        raw = file.read()
        whole = raw[: raw.rfind(b"\n") + 1]
        if mend and len(whole) < len(raw):
            file.truncate(start + len(whole))
    return whole.splitlines(keepends=True)
