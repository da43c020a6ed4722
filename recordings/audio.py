"""Two mono legs, as Asterisk's MixMonitor leaves them, become one stereo WAV: caller left, agent right.

Asterisk writes a leg's sizes into its WAV header only when it closes the file. A leg whose header says nothing (Asterisk was
killed, or is still writing) is read as plain samples behind the 44 bytes of header. Everything here blocks: run it in a thread.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import soundfile as sf

if TYPE_CHECKING:  # slow to load, and a restarted engine has callers waiting
    import numpy.typing as npt

__all__ = ["AudioNotWritten", "Leg", "SoundFile", "inspect", "merge"]

HEADER_BYTES: Final = 44
RATE: Final = 8000
BLOCK_FRAMES: Final = 65_536
STEREO_FRAME_BYTES: Final = 4
MONO_PCM_16: Final = struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16)
"""The format block of the legs MixMonitor writes under the name .wav."""


class Leg(StrEnum):
    """What a leg's file looks like."""

    COMPLETE = "complete"
    UNFINISHED = "unfinished"  # there is sound, but the header was not brought up to date
    EMPTY = "empty"
    UNREADABLE = "unreadable"  # no mono 16-bit WAV of 8 kHz
    MISSING = "missing"

    @property
    def has_sound(self) -> bool:
        """Whether there is anything to hear."""
        return self in (Leg.COMPLETE, Leg.UNFINISHED)


class SoundFile(msgspec.Struct, frozen=True):
    """What the ledger says of a finished file: seconds, bytes, and the checksum that proves it unchanged."""

    duration_s: float
    size: int
    sha256: str


class AudioNotWritten(OSError):
    """The stereo file could not be written whole (disk full?). The legs are untouched: free some space, it is tried again."""


def inspect(path: Path) -> Leg:
    """Look at a leg's header and size. A header just opened says 0 bytes of sound, as an empty leg does: EMPTY."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return Leg.MISSING
    if size <= HEADER_BYTES:
        return Leg.EMPTY
    if header[:4] != b"RIFF" or header[8:16] != b"WAVEfmt " or header[20:36] != MONO_PCM_16 or header[36:40] != b"data":
        return Leg.UNREADABLE
    (data_bytes,) = struct.unpack_from("<I", header, 40)
    return Leg.COMPLETE if data_bytes == size - HEADER_BYTES else Leg.UNFINISHED


def merge(caller: Path, agent: Path, target: Path) -> SoundFile:
    """Write both legs as one file, the shorter one padded with silence; a leg without sound is silence altogether.

    When it returns, the file is whole and on the disk; when it raises AudioNotWritten, there is none.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        frames = _write_stereo(caller, agent, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
        if size < HEADER_BYTES + frames * STEREO_FRAME_BYTES:
            raise OSError("the file came out shorter than the sound")
    except (OSError, sf.LibsndfileError) as error:
        with contextlib.suppress(OSError):
            target.unlink()
        raise AudioNotWritten(f"cannot write the recording {target}: {error}") from error
    return SoundFile(frames / RATE, size, digest)


def _write_stereo(caller: Path, agent: Path, target: Path) -> int:
    left, right = _open(caller), _open(agent)
    try:
        with sf.SoundFile(target, "w", samplerate=RATE, channels=2, subtype="PCM_16", format="WAV") as out:
            return _interleave(left, right, out)
    finally:
        for leg in (left, right):
            if leg is not None:
                leg.close()


def _interleave(left: Any, right: Any, out: Any) -> int:
    frames = 0
    while True:
        both = [_block(left), _block(right)]
        longest = max(len(block) for block in both)
        if longest == 0:
            return frames
        out.write(np.column_stack([np.pad(block, (0, longest - len(block))) for block in both]))
        frames += longest


def _block(leg: Any) -> npt.NDArray[np.int16]:
    if leg is None:
        return np.empty(0, np.int16)
    samples: npt.NDArray[np.int16] = leg.read(BLOCK_FRAMES, dtype="int16")
    return samples


def _open(path: Path) -> Any:
    """A soundfile reader at the first sample; None for a leg without sound."""
    match inspect(path):
        case Leg.COMPLETE:
            return sf.SoundFile(path)
        case Leg.UNFINISHED:
            raw = sf.SoundFile(path, samplerate=RATE, channels=1, format="RAW", subtype="PCM_16", endian="LITTLE")
            raw.seek(HEADER_BYTES // 2)
            return raw
        case _:
            return None
