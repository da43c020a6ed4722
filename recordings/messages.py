"""Messages callers have spoken: one file each, in the folder `messages` beside the finished recordings. Asterisk writes it."""

import asyncio
import re
from pathlib import Path
from typing import Final

from acd.model import MessageId

__all__ = ["FOLDER", "MessageFiles"]

FOLDER: Final = "messages"
HEADER_BYTES: Final = 44
BYTES_A_SECOND: Final = 16_000
"""8 kHz, 16 bit, one channel: what Asterisk records as .wav."""
SETTLES_S: Final = 1.0
"""When a caller hangs up while he speaks, Asterisk closes the file a moment after it says so."""
LOOK_S: Final = 0.05
_SAFE: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")


class MessageFiles:
    """The files below `root`, the recordings' folder."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def make_folder(self) -> None:
        """Before Asterisk is to write there."""
        self._folder.mkdir(parents=True, exist_ok=True)

    def sound(self, message: MessageId) -> str:
        """Its name for Asterisk: without extension. ValueError for what is no id of ours."""
        return str(self._file(message).with_suffix(""))

    async def seconds(self, message: MessageId) -> float:
        """How long it is, once its file grows no more; by its size, as the header is only written when it is closed."""
        file = self._file(message)
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + SETTLES_S
        before, size = -1, _size(file)
        while size != before and loop.time() < ends_at:
            await asyncio.sleep(LOOK_S)
            before, size = size, _size(file)
        return max(size - HEADER_BYTES, 0) / BYTES_A_SECOND

    def drop(self, message: MessageId) -> None:
        """Delete it. FileNotFoundError if it is not there."""
        self._file(message).unlink()

    def _file(self, message: MessageId) -> Path:
        if not _SAFE.fullmatch(message):
            raise ValueError("a message's id has letters, digits, dots, dashes and underlines alone")
        return self._folder / f"{message}.wav"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
