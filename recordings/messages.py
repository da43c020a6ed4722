"""Messages callers have spoken: one file each, in the folder `messages` beside the finished recordings. Asterisk writes it."""

import asyncio
import contextlib
import re
import wave
from pathlib import Path
from typing import Final

import msgspec

from acd.model import CallId, MessageId, OfferId
from recordings.policy import call_of

__all__ = ["FOLDER", "MessageFiles", "WrittenMessage", "call_of_message", "is_comment"]

FOLDER: Final = "messages"
ASIDE: Final = "aside"
"""Below it: what cannot be heard, each with a file that says why."""
COMMENT: Final = "-comment"
"""How the id of a survey's comment ends; before it stands the offer's."""
HEADER_BYTES: Final = 44
BYTES_A_SECOND: Final = 16_000
"""8 kHz, 16 bit, one channel: what Asterisk records as .wav."""
SETTLES_S: Final = 1.0
"""When a caller hangs up while he speaks, Asterisk closes the file a moment after it says so."""
LOOK_S: Final = 0.05
_SAFE: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")
_OURS: Final = re.compile(rf".+-(\d{{13}}|\d+{COMMENT})")
"""A call's id and the moment in milliseconds, or an offer's id and that it is a comment."""
_FORM: Final = (8000, 2, 1)


class WrittenMessage(msgspec.Struct, frozen=True):
    """A file of the folder, and when it was last written to (seconds since the epoch)."""

    message: MessageId
    at: float


def is_comment(message: MessageId) -> bool:
    """Whether a survey asked for it."""
    return message.endswith(COMMENT)


def call_of_message(message: MessageId) -> CallId:
    """The call in which it was said."""
    return (
        call_of(OfferId(message.removesuffix(COMMENT))) if is_comment(message) else CallId(message.rpartition("-")[0])
    )


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

    def written(self) -> list[WrittenMessage]:
        """Those sessions of ours have begun, whatever became of them. Looks at the disk."""
        found = []
        for file in self._folder.glob("*.wav") if self._folder.is_dir() else ():
            if _OURS.fullmatch(file.stem):
                with contextlib.suppress(FileNotFoundError):  # a session has just dropped it
                    found.append(WrittenMessage(MessageId(file.stem), file.stat().st_mtime))
        return found

    def of_call(self, call: CallId) -> list[MessageId]:
        """Those of one call, comments left out. Looks at the disk."""
        mine = (MessageId(file.stem) for file in self._folder.glob(f"{call}-*.wav") if _SAFE.fullmatch(call))
        return [message for message in mine if not is_comment(message) and call_of_message(message) == call]

    def flaw(self, message: MessageId) -> str:
        """Why nobody can hear it; "": he can."""
        try:
            with wave.open(str(self._file(message)), "rb") as opened:
                form = (opened.getframerate(), opened.getsampwidth(), opened.getnchannels())
        except (OSError, wave.Error, EOFError) as error:
            return f"no WAV file: {error or type(error).__name__}"
        return "" if form == _FORM else f"{form[0]} Hz, {form[1]} bytes, {form[2]} channels, not 8000, 2, 1"

    def set_aside(self, message: MessageId, why: str) -> Path:
        """Move it to where a person can look at it; the folder. Raises OSError."""
        file, aside = self._file(message), self._folder / ASIDE
        aside.mkdir(exist_ok=True)
        file.replace(aside / file.name)
        (aside / f"{message}.reason.txt").write_text(why + "\n", "utf-8")
        return aside

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
