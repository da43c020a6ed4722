"""From any sound to what Asterisk plays: both rates, trimmed, faded, all prompts equally loud.

soxr changes rates, numpy measures and levels, pydub cuts, fades and joins.
"""

import os
import warnings
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import soxr

from ivr.audio import RATES_HZ, NotAPrompt, Samples, speech_level_db

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it misses ffmpeg, which is needed for none of this
    from pydub import AudioSegment

__all__ = ["PIECE", "PIECE_AT_AN_END", "PROMPT", "Edges", "polish", "write_prompt"]

LEVEL_DB: Final = -20.0
PEAK: Final = 0.9
KNEE: Final = 0.75 * PEAK
QUIETEST_PEAK: Final = 0.001
FADE_MS: Final = 10
SPEECH_STARTS_DB: Final = -45.0
WIDE_HZ: Final = max(RATES_HZ.values())


class Edges(msgspec.Struct, frozen=True):
    """Around the speech, in ms: how much is kept of what was recorded there, and the silence before and after that."""

    kept: int
    before: int
    after: int


PROMPT: Final = Edges(50, 30, 30)
PIECE: Final = Edges(25, 0, 0)
"""The next piece follows at once."""
PIECE_AT_AN_END: Final = Edges(25, 0, 175)
"""A group of digits is over."""


def polish(samples: Samples, rate_hz: int, edges: Edges = PROMPT) -> dict[str, Any]:
    """Ending of the file -> finished sound (an AudioSegment). NotAPrompt when there is nothing to hear."""
    wide = _levelled(_at_rate(samples, rate_hz, WIDE_HZ), WIDE_HZ)
    loud = np.flatnonzero(np.abs(wide) > 10 ** (SPEECH_STARTS_DB / 20))
    first_ms, last_ms = (int(place) * 1000 // WIDE_HZ for place in (loud[0], loud[-1]))
    finished = {}
    for ending, rate in RATES_HZ.items():
        segment = _segment(_levelled(_at_rate(wide, WIDE_HZ, rate), rate), rate)
        speech = segment[max(first_ms - edges.kept, 0) : last_ms + 1 + edges.kept].fade_in(FADE_MS).fade_out(FADE_MS)
        finished[ending] = _silence(edges.before, rate) + speech + _silence(edges.after, rate)
    return finished


def write_prompt(path: Path, finished: dict[str, Any]) -> None:
    """Write the files of a prompt; `path` is without their endings. Each is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for ending, segment in finished.items():
        unfinished = path.with_name(f"{path.name}{ending}.{os.getpid()}.part")
        segment.export(str(unfinished), format="wav").close()
        unfinished.replace(path.with_name(path.name + ending))


def _at_rate(samples: Samples, rate_hz: int, wanted_hz: int) -> Samples:
    return np.asarray(soxr.resample(samples, rate_hz, wanted_hz), dtype=np.float32)


def _levelled(samples: Samples, rate_hz: int) -> Samples:
    """At LEVEL_DB; a peak that would not fit is rounded off instead of making the whole prompt quieter. Twice: rounding off
    takes some of the level away."""
    peak = float(np.max(np.abs(samples), initial=0.0))
    if peak < QUIETEST_PEAK:
        raise NotAPrompt("there is nothing to hear in it")
    loud = samples / np.float32(peak)
    for _ in range(2):
        loud = loud * np.float32(10 ** ((LEVEL_DB - speech_level_db(loud, rate_hz)) / 20))
        bent = np.sign(loud) * (KNEE + (PEAK - KNEE) * np.tanh((np.abs(loud) - KNEE) / (PEAK - KNEE)))
        loud = np.where(np.abs(loud) > KNEE, bent, loud).astype(np.float32)
    return loud


def _segment(samples: Samples, rate_hz: int) -> Any:
    raw = np.rint(samples * 32767).astype("<i2").tobytes()
    return AudioSegment(data=raw, sample_width=2, frame_rate=rate_hz, channels=1)


def _silence(length_ms: int, rate_hz: int) -> Any:
    return AudioSegment.silent(length_ms, frame_rate=rate_hz)
