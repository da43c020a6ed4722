"""What is computed of the sounds Asterisk plays: the tone before a message, and the melody for those who wait.

The melody is soft, slow, and in the public domain because it is computed. It is written as headerless u-law and
A-law (8 kHz), so that no waiting call needs its music transcoded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 8000
BEAT_S = 0.6
_LOUDNESS = 0.10  # of full scale: well below a voice

# Notes as semitones over A3 (220 Hz), pentatonic, one bar of eight beats each; None rests.
_BARS: tuple[tuple[int | None, ...], ...] = (
    (3, 10, 12, 15, 19, 15, 12, 10),
    (0, 7, 12, 15, 12, 7, 3, None),
    (5, 12, 15, 17, 15, 12, 10, 7),
    (3, 10, 15, 19, 22, 19, 15, 10),
    (0, 7, 10, 15, 19, 15, 10, None),
    (5, 10, 12, 17, 12, 10, 5, None),
    (3, 7, 10, 12, 15, 12, 10, 7),
    (3, 10, 15, 10, 7, None, 3, None),
)


def melody() -> NDArray[np.float64]:
    """About 38 seconds whose end rings on into its beginning, so that it repeats without a seam."""
    beats = [note for bar in _BARS for note in bar]
    length = round(len(beats) * BEAT_S * RATE_HZ)
    sound = np.zeros(length)
    for index, note in enumerate(beats):
        if note is not None:
            at = round(index * BEAT_S * RATE_HZ)
            bell = _bell(220.0 * 2 ** (note / 12))
            np.add.at(sound, (at + np.arange(len(bell))) % length, bell)
    quiet: NDArray[np.float64] = sound * (_LOUDNESS / np.abs(sound).max())
    return quiet


def _bell(frequency_hz: float) -> NDArray[np.float64]:
    """One struck note of two seconds: a fundamental and two fading partials, without a click at its start."""
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    partials = sum(
        strength * np.sin(2 * np.pi * frequency_hz * multiple * t) * np.exp(-decay * t)
        for multiple, strength, decay in ((1, 1.0, 2.2), (2, 0.35, 3.5), (3, 0.12, 6.0))
    )
    return np.asarray(partials * np.minimum(1.0, t / 0.02))


def write_tone(file: Path) -> None:
    """Write the tone after which callers speak their message, unless it is there: a quarter of a second of 1 kHz."""
    if file.exists():
        return
    t = np.arange(RATE_HZ // 4) / RATE_HZ
    edges = np.minimum(1.0, np.minimum(t, t[::-1]) / 0.01)
    unfinished = file.with_suffix(".part")
    soundfile.write(unfinished, 0.2 * np.sin(2 * np.pi * 1000 * t) * edges, RATE_HZ, format="WAV", subtype="PCM_16")
    unfinished.replace(file)


def write_music(folder: Path) -> None:
    """Write `hold.ulaw` and `hold.alaw` into the folder, unless they are there."""
    missing = [codec for codec in ("ulaw", "alaw") if not (folder / f"hold.{codec}").exists()]
    if not missing:
        return
    sound = melody()
    for codec in missing:
        target = folder / f"hold.{codec}"
        unfinished = target.with_suffix(".part")
        soundfile.write(unfinished, sound, RATE_HZ, format="RAW", subtype=codec.upper())
        unfinished.replace(target)
