"""Legs as Asterisk leaves them: closed, cut off, empty."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

RATE = 8000
LEFT_HZ = 440.0
RIGHT_HZ = 1000.0


def tone(hz: float, seconds: float) -> npt.NDArray[np.int16]:
    t = np.arange(int(RATE * seconds)) / RATE
    return np.asarray(8000 * np.sin(2 * np.pi * hz * t), dtype=np.int16)


def leg(path: Path, samples: npt.NDArray[np.int16], *, closed: bool = True) -> Path:
    """Write the 44 bytes and the samples; an unclosed leg's header says there are none."""
    size = samples.nbytes if closed else 0
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVE" + form + b"data" + struct.pack("<I", size))
    with path.open("ab") as file:
        file.write(samples.tobytes())
    return path


def strongest_hz(samples: npt.NDArray[np.int16]) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    return float(np.argmax(spectrum) * RATE / len(samples))


def channels(path: Path) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """What is left and what is right in a finished recording."""
    samples, rate = sf.read(path, dtype="int16")
    assert rate == RATE
    return samples[:, 0], samples[:, 1]
