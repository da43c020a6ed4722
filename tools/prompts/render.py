"""Speaks the manifest's texts and writes the audio beside it. Run it through make.sh, which provides the voice.

python -m tools.prompts.render --voices FOLDER            what has no file yet
python -m tools.prompts.render --voices FOLDER ID ...     these, in all languages
python -m tools.prompts.render --voices FOLDER --all      everything
python -m tools.prompts.render --accept                   take over files that somebody replaced by hand
"""

import argparse
import sys
from pathlib import Path

import msgspec
import yaml

from ivr.polish import polish, write_prompt
from ivr.prompts import (
    ENDINGS,
    FOLDER,
    MANIFEST,
    PIECES_MANIFEST,
    Prompt,
    check_sum,
    file_problems,
    read_manifest,
)
from ivr.speech import PIECES
from tools.prompts.parts import TONE, VOICES, edges_of, joined, parts_of, tone

HEADER = """\
# The spoken prompts: one entry per prompt and language. After a change of a text: tools/prompts/make.sh ID
# 语音提示清单：每条提示、每种语言一项。修改文字后请运行 tools/prompts/make.sh ID
# id, language   how flows and rules name it; zh or en
# text           what is said; digits are keys
# voice          who says it: engine/voice, or "recorded" for a person
# file, sha256   the audio beside this file: WAV, 16 bit, mono, 8 kHz; the same name with .wav16 has it in 16 kHz; and the
#                check sum of both in a row (written by the tool)
"""
PIECES_HEADER = """\
# The pieces that spoken values are made of. Written by tools/prompts/make.sh from ivr/speech; keys as in manifest.yaml.
# 数值播报的录音片段清单，由 tools/prompts/make.sh 生成，请勿手工修改。
"""


def main() -> int:
    """Render what is asked for, rewrite the check sums, report what is wrong with the files."""
    arguments = _arguments()
    prompts, pieces = read_manifest(), _pieces()
    if not arguments.accept:
        _render([entry for entry in (*prompts, *pieces) if _wanted(entry, arguments)], arguments.voices)
    prompts, pieces = _summed(prompts), _summed(pieces)
    MANIFEST.write_text(HEADER + _yaml(prompts).replace("\n- ", "\n\n- "), "utf-8")
    PIECES_MANIFEST.write_text(PIECES_HEADER + _lines(pieces), "utf-8")
    problems = file_problems((*prompts, *pieces))
    print("\n".join(problems) if problems else f"{len(prompts) + len(pieces)} prompts are in order", file=sys.stderr)
    return 1 if problems else 0


def _pieces() -> tuple[Prompt, ...]:
    return tuple(
        Prompt(id=piece, language=language, text=text, voice=VOICES[language], file=f"{language}/{piece}.wav")
        for language, pieces in PIECES.items()
        for piece, text in pieces.items()
    )


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
    return arguments.all or entry.id in arguments.ids or not _has_audio(entry)


def _render(entries: list[Prompt], voices: Path) -> None:
    if not entries:
        return
    from tools.prompts.speech import RATE_HZ as SPOKEN_HZ  # noqa: PLC0415 - the voice is only there inside make.sh
    from tools.prompts.speech import Speaker  # noqa: PLC0415

    speaker = Speaker(voices)
    for entry in entries:
        print(f"{entry.file}: {entry.text}", file=sys.stderr)
        spoken = (
            tone(SPOKEN_HZ)
            if entry.voice == TONE
            else joined([speaker.say(*part) for part in parts_of(entry)], SPOKEN_HZ)
        )
        write_prompt((FOLDER / entry.file).with_suffix(""), polish(spoken, SPOKEN_HZ, edges_of(entry)))


def _summed(entries: tuple[Prompt, ...]) -> tuple[Prompt, ...]:
    return tuple(
        msgspec.structs.replace(entry, sha256=check_sum(FOLDER / entry.file) if _has_audio(entry) else "")
        for entry in entries
    )


def _has_audio(entry: Prompt) -> bool:
    return all((FOLDER / entry.file).with_suffix(ending).exists() for ending in ENDINGS)


def _yaml(entries: tuple[Prompt, ...]) -> str:
    return yaml.safe_dump(msgspec.to_builtins(list(entries)), allow_unicode=True, sort_keys=False, width=120)


def _lines(entries: tuple[Prompt, ...]) -> str:
    lines = (
        yaml.safe_dump(
            msgspec.to_builtins(entry), allow_unicode=True, sort_keys=False, width=1000, default_flow_style=True
        )
        for entry in entries
    )
    return "".join(f"- {line}" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
