"""Reads a journal that another process writes: what is there, and what comes after it. Never writes, never locks."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.journal import Line, Snapshot

__all__ = ["JournalTail"]

UNREADABLE = (ValueError, RecursionError)


class JournalTail:
    """The events of the journal in this folder, from its newest snapshot on."""

    def __init__(self, folder: Path) -> None:
        self.unreadable = 0
        """Lines that could not be read: torn by a kill, or damaged."""
        self._folder = folder
        self._file: Path | None = None
        self._offset = 0
        self._number = 0
        self._decoder = msgspec.json.Decoder(Line)

    def snapshot(self) -> Snapshot | None:
        """The newest snapshot that can be read, to begin with; None: the events are there from the first on."""
        for name in ("snapshot.json", "snapshot.previous.json"):
            try:
                found = msgspec.json.decode((self._folder / name).read_bytes(), type=Snapshot)
            except (FileNotFoundError, *UNREADABLE):
                continue
            self._number = found.n
            return found
        return None

    def lines(self) -> Iterator[Line]:
        """The events that have come since the last time."""
        while True:
            yield from self._rest_of_the_file()
            following = self._next_file()
            if following is None:
                return
            self._file, self._offset = following, 0

    def _rest_of_the_file(self) -> Iterator[Line]:
        """Whole lines only: the last one may be on its way."""
        if self._file is None:
            return
        with self._file.open("rb") as stream:
            stream.seek(self._offset)
            raw = stream.read()
        whole = raw[: raw.rfind(b"\n") + 1]
        self._offset += len(whole)
        for text in whole.split(b"\n"):
            line = self._decoded(text)
            if line is not None and line.n > self._number:
                self._number = line.n
                yield line

    def _decoded(self, text: bytes) -> Line | None:
        if not text:
            return None
        try:
            return self._decoder.decode(text)
        except UNREADABLE:
            self.unreadable += 1
            return None

    def _next_file(self) -> Path | None:
        """Files are named by their first event. The first to be read is the last that can hold the event we need."""
        files = sorted(self._folder.glob("[0-9]*.jsonl"))
        if self._file is not None:
            return next((file for file in files if file.name > self._file.name), None)
        fitting = [file for file in files if int(file.stem) <= self._number + 1]
        return fitting[-1] if fitting else files[0] if files else None
