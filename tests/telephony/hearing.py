"""Ears that know what they listen for: a prompt in what a caller heard, a tone on one side of a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Sound = npt.NDArray[np.float64]

RATE_HZ = 8000
SAME = 0.9
"""Two sounds are the same from this likeness on: what u-law and a jitter of a sample leave of 1."""


def read_sound(path: Path) -> Sound:
    """A mono file's samples; raw u-law by its name."""
    raw = {"samplerate": RATE_HZ, "channels": 1, "format": "RAW", "subtype": "ULAW"} if path.suffix == ".ulaw" else {}
    sound, rate = soundfile.read(path, dtype="float64", **raw)
    assert rate == RATE_HZ
    return np.asarray(sound)


def likeness(sound: Sound, wanted: Sound) -> Sound:
    """How much the sound is like the wanted one (-1 to 1) when that begins at each of its samples: their correlation."""
    size = len(sound) + len(wanted)
    both = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)
    energy = np.concatenate([[0.0], np.cumsum(sound**2)])
    places = len(sound) - len(wanted) + 1
    loudness = np.sqrt(np.maximum(energy[len(wanted) :] - energy[:places], 1e-6) * np.sum(wanted**2))
    return np.asarray(both[:places] / loudness)


def times_of(sound: Sound, wanted: Sound) -> list[float]:
    """When the wanted sound begins in the other, in seconds: none, once or several times."""
    found = np.flatnonzero(likeness(sound, wanted) > SAME)
    starts = found[np.diff(found, prepend=-RATE_HZ) > RATE_HZ // 4]
    return [float(start) / RATE_HZ for start in starts]


def tone_share(sound: Sound, hz: float, width_hz: float = 15.0) -> float:
    """Which part (0 to 1) of the energy lies around one frequency."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    return float(power[np.abs(frequencies - hz) < width_hz].sum() / max(float(power.sum()), 1e-9))


def longest_silence_s(sound: Sound, threshold: float = 0.002, window_s: float = 0.05) -> float:
    """The longest stretch in which nothing can be heard."""
    window = round(RATE_HZ * window_s)
    longest = run = 0
    for at in range(0, len(sound), window):
        run = run + 1 if np.abs(sound[at : at + window]).max() <= threshold else 0
        longest = max(longest, run)
    return longest * window_s
