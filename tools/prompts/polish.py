"""From the voice's 24 kHz output to what Asterisk plays: 8 kHz, trimmed, faded, all prompts equally loud."""

import numpy as np
import soxr  # type: ignore[import, unused-ignore]

from ivr.audio import RATE_HZ, Samples, speech_level_db

LEVEL_DB = -20.0
PEAK = 0.9
MARGIN_S = 0.08
FADE_S = 0.01
SPEECH_STARTS_DB = -45.0


def polish(samples: Samples, rate_hz: int) -> Samples:
    """The finished prompt. Trimmed to MARGIN_S around the speech, so that no prompt starts late or ends clipped."""
    narrow: Samples = np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), dtype=np.float32)
    return _faded(_trimmed(_levelled(narrow)))


def _levelled(samples: Samples) -> Samples:
    """All prompts at LEVEL_DB; a peak that would not fit is rounded off instead of making the whole prompt quieter."""
    gain = 10 ** ((LEVEL_DB - speech_level_db(samples)) / 20)
    loud = samples * np.float32(gain)
    over = np.abs(loud) > PEAK * 0.75
    knee = PEAK * 0.75
    bent = np.sign(loud) * (knee + (PEAK - knee) * np.tanh((np.abs(loud) - knee) / (PEAK - knee)))
    return np.where(over, bent, loud).astype(np.float32)


def _trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > 10 ** (SPEECH_STARTS_DB / 20))
    margin = int(MARGIN_S * RATE_HZ)
    padded = np.pad(samples, margin)
    return padded[loud[0] : loud[-1] + 2 * margin] if len(loud) else samples


def _faded(samples: Samples) -> Samples:
    length = int(FADE_S * RATE_HZ)
    ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[-length:] *= ramp[::-1]
    return faded
