"""Sound that measures like speech: syllables of a voice, with short gaps between them."""

import numpy as np

from ivr.audio import Samples

__all__ = ["voice"]


def voice(seconds: float, rate_hz: int, *, level: float = 0.1, silence_s: float = 0.0) -> Samples:
    """A buzz of 150 Hz, four syllables a second, between silences."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    buzz = sum(np.sin(2 * np.pi * 150 * harmonic * times) / harmonic for harmonic in range(1, 15))
    syllables = np.abs(np.sin(2 * np.pi * 2 * times)) ** 0.5
    quiet = np.zeros(int(silence_s * rate_hz))
    return np.concatenate([quiet, level * buzz * syllables, quiet]).astype(np.float32)
