"""The spool of what callers left while the engine was away: its entries are read, checked, and let go of. Blocks.

asterisk-config/agi/away.py writes it: NAME.json, for a message with NAME.wav beside it, which is there first. What is not as it
should be is moved to `damaged/`, each with a file that says why. What lies there can have been written by anybody who got
into Asterisk, so nothing is followed, believed or read without limit.
"""

import contextlib
import io
import logging
import os
import stat
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

__all__ = ["Left", "LeftBehind"]

log = logging.getLogger(__name__)

MOST_ENTRY_BYTES: Final = 16 * 1024
MOST_SOUND_BYTES: Final = 8 * 1024 * 1024
SHORTEST_S: Final = 0.5
SOUND_FORM: Final = (8000, 2, 1)
"""As Asterisk records: samples a second, bytes a sample, channels."""
HEAD_BYTES: Final = 44
UNFINISHED_S: Final = 900.0
"""Sound without an entry, or half an entry, that is older was left by a script that died. No message lasts so long."""
DAMAGED: Final = "damaged"
NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,90}$"

_Name = Annotated[str, msgspec.Meta(pattern=NAME)]
_Text = Annotated[str, msgspec.Meta(max_length=200)]


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: a message or a number to call back, as the script wrote it. `at` is seconds since the epoch; `place` is where
    his channel said he was (HOTLINE_PLACE)."""

    version: Literal[1]
    kind: Literal["message", "callback"]
    name: _Name
    call: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    number: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9]{0,32}$")]
    did: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9]{0,32}$")]
    at: Annotated[float, msgspec.Meta(gt=0)]
    language: Literal["zh", "en"]
    place: _Text = ""
    seconds: float = 0.0


class Damaged(Exception):
    """An entry cannot be used; the text says why."""


class LeftBehind:
    """The spool in one folder. Messages' sound goes to `messages`."""

    def __init__(self, folder: Path, messages: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._messages = messages
        self._clock = clock
        self._stuck: set[str] = set()
        self.damaged = 0
        """Entries set aside since the start."""

    def entries(self) -> Iterator[Left]:
        """What is there and whole, oldest name first, each message's sound in its place; the rest is set aside on the way.
        Raises OSError when the folder cannot be read or the sound not be copied: all of it stays for the next time."""
        for file in self._files():
            if file.suffix == ".json":
                try:
                    yield self._entry(file)
                except Damaged as damaged:
                    self.set_aside(file.stem, str(damaged))
            elif file.name not in (DAMAGED, *self._stuck) and not self._may_become_an_entry(file):
                self.set_aside(file.stem, "no entry belongs to it", file.suffix)

    def let_go(self, name: str) -> None:
        """It has been taken up for good: nothing of it stays. The sound goes last: without it the entry would seem damaged."""
        for ending in (".json", ".wav"):
            (self._folder / (name + ending)).unlink(missing_ok=True)

    def set_aside(self, name: str, why: str, *endings: str) -> None:
        """Move an entry to where a person can look at it, and say so. One that cannot be moved is told of once."""
        if name in self._stuck:
            return
        self.damaged += 1
        aside = self._folder / DAMAGED
        log.error("what a caller left while the engine was away cannot be used, see %s: %s: %s", aside, name, why)
        try:
            aside.mkdir(mode=0o750, exist_ok=True)
            for ending in endings or (".json", ".wav"):
                with contextlib.suppress(FileNotFoundError):
                    os.rename(self._folder / (name + ending), _free(aside, name, ending))
            _free(aside, name, ".reason.txt").write_text(why + "\n", "utf-8")
        except OSError as error:
            self._stuck |= {name, *(name + ending for ending in (".wav", ".part", *endings))}
            log.error("it cannot be set aside either: %s", error)

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except FileNotFoundError:
            return []

    def _entry(self, file: Path) -> Left:
        try:
            left = msgspec.json.decode(_content(file, MOST_ENTRY_BYTES), type=Left)
        except msgspec.DecodeError as error:
            raise Damaged(f"not an entry: {error}") from error
        if left.name != file.stem:
            raise Damaged(f'its name is "{left.name}"')
        if left.kind == "callback" and not left.number:
            raise Damaged("no number to call back")
        if left.kind == "message":
            left = self._with_sound(left, file.with_suffix(".wav"))
        return left

    def _with_sound(self, left: Left, file: Path) -> Left:
        """The entry with the true length of its sound, which then lies among the messages, however often this is done."""
        sound = _content(file, MOST_SOUND_BYTES)
        seconds = _seconds(sound)
        if seconds < SHORTEST_S:
            raise Damaged(f"its sound is empty ({seconds:.2f} s)")
        self._messages.mkdir(mode=0o750, parents=True, exist_ok=True)
        _write_through(self._messages / f"{left.name}.wav", sound)
        return msgspec.structs.replace(left, seconds=round(seconds, 2))

    def _may_become_an_entry(self, file: Path) -> bool:
        """Whether the script may still be at it, or the entry it belongs to is there."""
        if file.suffix == ".wav" and file.with_suffix(".json").exists():
            return True
        try:
            found = file.lstat()
        except FileNotFoundError:
            return True
        return stat.S_ISREG(found.st_mode) and self._clock() - found.st_mtime < UNFINISHED_S


def _content(file: Path, most: int) -> bytes:
    """A regular file's bytes. Raises Damaged when it is none, not there, or longer."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Damaged(f"{file.name} cannot be read: {error.strerror}") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Damaged(f"{file.name} is no file")
        if found.st_size > most:
            raise Damaged(f"{file.name} has {found.st_size} bytes, more than {most}")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(most)
    finally:
        os.close(descriptor)


def _seconds(sound: bytes) -> float:
    """How long it is, by what is there: a head that was never completed says nothing. Raises Damaged when it is no sound."""
    try:
        with wave.open(io.BytesIO(sound)) as opened:
            form = (opened.getframerate(), opened.getsampwidth(), opened.getnchannels())
    except (wave.Error, EOFError) as error:
        raise Damaged(f"its sound is no WAV: {error}") from error
    if form != SOUND_FORM:
        raise Damaged(f"its sound has {form[0]} Hz, {form[1]} bytes, {form[2]} channels, not 8000, 2, 1")
    return (len(sound) - HEAD_BYTES) / (form[0] * form[1])


def _write_through(file: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk."""
    unfinished = file.with_name(file.name + ".part")
    with unfinished.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(file)
    descriptor = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free(folder: Path, name: str, ending: str) -> Path:
    """A path nothing is at yet."""
    path, number = folder / (name + ending), 1
    while os.path.lexists(path):
        path, number = folder / f"{name}~{number}{ending}", number + 1
    return path
