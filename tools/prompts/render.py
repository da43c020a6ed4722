"""Speaks the manifest's texts and writes the audio beside it. Run it through make.sh, which provides the voice.

python -m tools.prompts.render --voices FOLDER            what has no file yet
python -m tools.prompts.render --voices FOLDER ID ...     these, in all languages
python -m tools.prompts.render --voices FOLDER --all      everything
python -m tools.prompts.render --accept                   take over files that somebody replaced by hand
"""

import argparse
import hashlib
import sys
import wave
from pathlib import Path

import msgspec
import numpy as np
import yaml

from ivr.audio import RATE_HZ, Samples
from ivr.prompts import FOLDER, MANIFEST, Prompt, file_problems, read_manifest

HEADER = """\
# The spoken prompts: one entry per prompt and language. After a change of a text: tools/prompts/make.sh ID
# 语音提示清单：每条提示、每种语言一项。修改文字后请运行 tools/prompts/make.sh ID
# id, language   how flows and rules name it; zh or en
# text           what is said; digits are keys
# voice          who says it: engine/voice, or "recorded" for a person
# file, sha256   the audio beside this file: WAV, 16 bit, 8 kHz, mono; and its check sum (written by the tool)
"""


def main() -> int:
    """Render what is asked for, rewrite the check sums, report what is wrong with the files."""
    arguments = _arguments()
    entries = read_manifest()
    if not arguments.accept:
        _render([entry for entry in entries if _wanted(entry, arguments)], arguments.voices)
    entries = tuple(msgspec.structs.replace(entry, sha256=_check_sum(entry)) for entry in entries)
    _write_manifest(entries)
    problems = file_problems(entries)
    print("\n".join(problems) if problems else f"{len(entries)} prompts are in order", file=sys.stderr)
    return 1 if problems else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--voices", type=Path, default=Path("voices"))
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--accept", action="store_true")
    return parser.parse_args()


def _wanted(entry: Prompt, arguments: argparse.Namespace) -> bool:
    if entry.voice == "recorded":
        return False
    return arguments.all or entry.id in arguments.ids or not (FOLDER / entry.file).exists()


def _render(entries: list[Prompt], voices: Path) -> None:
    if not entries:
        return
    from tools.prompts.polish import polish  # noqa: PLC0415 - the voice is only there inside make.sh
    from tools.prompts.speech import RATE_HZ as SPOKEN_HZ  # noqa: PLC0415
    from tools.prompts.speech import Speaker  # noqa: PLC0415

    speaker = Speaker(voices)
    for entry in entries:
        print(f"{entry.file}: {entry.text}", file=sys.stderr)
        spoken = speaker.say(entry.text, entry.language, entry.voice.rpartition("/")[2])
        _write_wav(FOLDER / entry.file, polish(spoken, SPOKEN_HZ))


def _write_wav(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())


def _check_sum(entry: Prompt) -> str:
    path = FOLDER / entry.file
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _write_manifest(entries: tuple[Prompt, ...]) -> None:
    listed = msgspec.to_builtins(entries)
    text = yaml.safe_dump(list(listed), allow_unicode=True, sort_keys=False, width=120)
    MANIFEST.write_text(HEADER + text.replace("\n- ", "\n\n- "), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
