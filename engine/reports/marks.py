"""What was sent already: one small file for each report and time, so that a restart sends nothing twice."""

from pathlib import Path

import msgspec

from engine.site import write_private

__all__ = ["Marks", "Sent"]


class Sent(msgspec.Struct):
    """How far a report has come."""

    filed: bool = False
    mailed: list[str] = []


class Marks:
    """Below `$HOTLINE_HOME/reports/sent`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, first: str) -> Sent:
        """Of the report of this name that begins with this day. What cannot be read was not sent."""
        try:
            return msgspec.json.decode(self._file(name, first).read_bytes(), type=Sent)
        except (FileNotFoundError, msgspec.DecodeError):
            return Sent()

    def write(self, name: str, first: str, sent: Sent) -> None:
        """Whole or not at all, and on the disk before the next one goes out."""
        write_private(self._file(name, first), msgspec.json.encode(sent).decode())

    def earliest(self, name: str) -> str | None:
        """The first day of the first report of this name there is a mark of: when it began to be sent."""
        marks = sorted(self._folder.glob(f"{name}-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].json"))
        return marks[0].stem.removeprefix(f"{name}-") if marks else None

    def _file(self, name: str, first: str) -> Path:
        return self._folder / f"{name}-{first}.json"
