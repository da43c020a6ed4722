"""A sound file that somebody recorded becomes a prompt: any usual format in, what Asterisk plays out.

libsndfile reads WAV of every kind, FLAC, Ogg and MP3; the formats of telephones and browsers (M4A, AMR ...) are left to ffmpeg.
Everything here blocks: run it in a thread.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import numpy as np
import soundfile as sf

from ivr.audio import NotAPrompt, Samples
from ivr.polish import polish, write_prompt
from ivr.prompts import ENDINGS, LONGEST_S, sound_problems

__all__ = ["FORMATS", "LARGEST_BYTES", "convert"]

READ_BY_LIBSNDFILE: Final = frozenset(
    ["wav", "wav16", "mp3", "ogg", "oga", "opus", "flac", "aif", "aiff", "au", "w64", "caf"]
)
RAW: Final = {"ulaw": "ULAW", "alaw": "ALAW", "sln": "PCM_16"}
"""Asterisk's own, without a header: 8 kHz."""
READ_BY_FFMPEG: Final = frozenset(["m4a", "aac", "mp4", "amr", "wma", "webm", "3gp", "mka"])
FORMATS: Final = READ_BY_LIBSNDFILE | RAW.keys() | READ_BY_FFMPEG
"""Endings of the files that can be converted, without the dot."""

LARGEST_BYTES: Final = 20_000_000
FFMPEG_HZ: Final = 48_000
FFMPEG_S: Final = 30.0


def convert(source: Path, target: Path) -> None:
    """Make the files of a prompt from `source`; `target` is without their endings. Raises NotAPrompt with everything that is
    wrong with the sound, and then leaves nothing; OSError when it cannot be written."""
    samples, rate_hz = _read(source)
    if len(samples) > LONGEST_S * rate_hz:
        raise NotAPrompt(f"lasts {len(samples) / rate_hz:.0f} s; expected at most {LONGEST_S:.0f} s")
    write_prompt(target, polish(samples, rate_hz))
    problems = [problem for ending in ENDINGS for problem in sound_problems(target.with_name(target.name + ending))]
    if problems:
        for ending in ENDINGS:
            target.with_name(target.name + ending).unlink(missing_ok=True)
        raise NotAPrompt("; ".join(dict.fromkeys(problems)))


def _read(source: Path) -> tuple[Samples, int]:
    """All channels as one."""
    if source.stat().st_size > LARGEST_BYTES:
        raise NotAPrompt(f"larger than {LARGEST_BYTES // 1_000_000} MB")
    ending = source.suffix[1:].lower()
    if ending in READ_BY_FFMPEG:
        return _through_ffmpeg(source)
    form = {"samplerate": 8000, "channels": 1, "format": "RAW", "subtype": RAW[ending]} if ending in RAW else {}
    try:
        samples, rate_hz = sf.read(str(source), dtype="float32", always_2d=True, **form)
    except sf.LibsndfileError as error:
        raise NotAPrompt(f"not audio, or damaged ({error.error_string.strip().rstrip('.')})") from None
    return np.nan_to_num(samples.mean(axis=1)).astype(np.float32), int(rate_hz)


def _through_ffmpeg(source: Path) -> tuple[Samples, int]:
    if shutil.which("ffmpeg") is None:
        raise NotAPrompt(
            "only ffmpeg reads this format, and it is not installed: install it, or bring WAV, MP3, OGG or FLAC"
        )
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(source.absolute()), "-map", "0:a:0", "-ac", "1"]
    command += ["-ar", str(FFMPEG_HZ), "-t", str(LONGEST_S + 1), "-f", "f32le", "-"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=FFMPEG_S)
    except subprocess.TimeoutExpired:
        raise NotAPrompt(f"ffmpeg did not read it within {FFMPEG_S:.0f} s") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotAPrompt(f"not audio, or damaged (ffmpeg: {said[-1][:120] if said else 'no sound in it'})")
    return np.nan_to_num(np.frombuffer(done.stdout[: len(done.stdout) // 4 * 4], dtype="<f4")), FFMPEG_HZ
