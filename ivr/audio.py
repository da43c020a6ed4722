"""What can be measured of a prompt's sound: length, level, silences. Reads the WAV forms Asterisk plays by itself."""

import wave
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = ["RATES_HZ", "NotAPrompt", "Samples", "Sound", "measure", "read_prompt", "speech_level_db"]

RATES_HZ: Final = {".wav": 8000, ".wav16": 16000}
"""Ending of a prompt's file -> its rate. Asterisk takes the one that suits the caller's codec."""
FRAMES_A_SECOND: Final = 100
"""Levels are looked at in steps of 10 ms."""
SILENT_DB: Final = -50.0
QUIETER_THAN_SPEECH_DB: Final = 25.0
"""Frames this far below the loudest one are pauses, not speech."""

Samples = npt.NDArray[np.float32]


class NotAPrompt(Exception):
    """The file cannot be played as a prompt; the message says what it is."""


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt's measurements. Levels are in dB below full scale, silences in seconds. `edge_db`: the louder of its first and
    its last 10 ms; a voice that is cut off shows there."""

    duration_s: float
    level_db: float
    peak_db: float
    edge_db: float
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
    rate = RATES_HZ[path.suffix]
    if form != (rate, 1, 16):
        raise NotAPrompt(f"{form[0]} Hz, {form[1]} channel(s), {form[2]} bit; expected {rate} Hz, 1 channel, 16 bit")
    return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float32) / np.float32(32768)


def measure(samples: Samples, rate_hz: int) -> Sound:
    """Measure a prompt."""
    levels = _frame_levels_db(samples, rate_hz)
    loud = np.flatnonzero(levels > SILENT_DB)
    duration_s = len(samples) / rate_hz
    pause = int(np.max(np.diff(loud), initial=1)) - 1
    return Sound(
        duration_s=duration_s,
        level_db=speech_level_db(samples, rate_hz),
        peak_db=_db(float(np.max(np.abs(samples), initial=0.0))),
        edge_db=float(max(levels[0], levels[-1])) if len(levels) else _db(0.0),
        lead_s=float(loud[0]) / FRAMES_A_SECOND if len(loud) else duration_s,
        tail_s=float(len(levels) - 1 - loud[-1]) / FRAMES_A_SECOND if len(loud) else duration_s,
        longest_pause_s=pause / FRAMES_A_SECOND,
    )


def speech_level_db(samples: Samples, rate_hz: int) -> float:
    """Level while there is speech: pauses do not make a prompt count as quieter."""
    levels = _frame_levels_db(samples, rate_hz)
    if not len(levels):
        return _db(0.0)
    speech = levels[levels > max(float(levels.max()) - QUIETER_THAN_SPEECH_DB, SILENT_DB)]
    return float(10 * np.log10(np.mean(10 ** (speech / 10)))) if len(speech) else _db(0.0)


def _frame_levels_db(samples: Samples, rate_hz: int) -> npt.NDArray[np.float64]:
    frame = rate_hz // FRAMES_A_SECOND
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    levels: npt.NDArray[np.float64] = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    return levels


def _db(amplitude: float) -> float:
    return float(20 * np.log10(max(amplitude, 1e-5)))
