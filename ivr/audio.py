"""What can be measured of a prompt's sound: length, level, silences. Reads the WAV form Asterisk plays by itself."""

import wave
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = ["RATE_HZ", "NotAPrompt", "Sound", "measure", "read_prompt", "speech_level_db"]

RATE_HZ: Final = 8000
FRAME: Final = 80
"""Samples in 10 ms, the step in which levels are looked at."""
SILENT_DB: Final = -50.0
QUIETER_THAN_SPEECH_DB: Final = 25.0
"""Frames this far below the loudest one are pauses, not speech."""

Samples = npt.NDArray[np.float32]


class NotAPrompt(Exception):
    """The file is not 16-bit 8 kHz mono WAV; the message says what it is."""


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt's measurements. Levels are in dB below full scale, silences in seconds."""

    duration_s: float
    level_db: float
    peak_db: float
    lead_s: float
    tail_s: float
    longest_pause_s: float


def read_prompt(path: Path) -> Samples:
    """Samples from -1 to 1. NotAPrompt if Asterisk could not play the file, FileNotFoundError if there is none."""
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getframerate(), file.getnchannels(), file.getsampwidth() * 8)
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise NotAPrompt(f"not a PCM WAV file ({error})") from None
    if form != (RATE_HZ, 1, 16):
        raise NotAPrompt(f"{form[0]} Hz, {form[1]} channel(s), {form[2]} bit; expected 8000 Hz, 1 channel, 16 bit")
    return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float32) / np.float32(32768)


def measure(samples: Samples) -> Sound:
    """Measure a prompt."""
    levels = _frame_levels_db(samples)
    loud = np.flatnonzero(levels > SILENT_DB)
    frame_s = FRAME / RATE_HZ
    duration_s = len(samples) / RATE_HZ
    lead_s = float(loud[0]) * frame_s if len(loud) else duration_s
    tail_s = float(len(levels) - 1 - loud[-1]) * frame_s if len(loud) else duration_s
    pause = int(np.max(np.diff(loud), initial=1)) - 1
    return Sound(
        duration_s=duration_s,
        level_db=speech_level_db(samples),
        peak_db=_db(float(np.max(np.abs(samples), initial=0.0))),
        lead_s=lead_s,
        tail_s=tail_s,
        longest_pause_s=pause * frame_s,
    )


def speech_level_db(samples: Samples, frame: int = FRAME) -> float:
    """Level while there is speech: pauses do not make a prompt count as quieter."""
    levels = _frame_levels_db(samples, frame)
    if not len(levels):
        return _db(0.0)
    speech = levels[levels > max(float(levels.max()) - QUIETER_THAN_SPEECH_DB, SILENT_DB)]
    return float(10 * np.log10(np.mean(10 ** (speech / 10)))) if len(speech) else _db(0.0)


def _frame_levels_db(samples: Samples, frame: int = FRAME) -> npt.NDArray[np.float64]:
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    levels: npt.NDArray[np.float64] = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    return levels


def _db(amplitude: float) -> float:
    return float(20 * np.log10(max(amplitude, 1e-5)))
