"""Ops' own prompts: sound files of any usual format in the configuration's folder, as prompts/LANGUAGE/ID.ENDING.

One with the id of a built-in prompt (or piece) is played in its place; any other is a new prompt that flows and rules can
name. A text file beside it, ID.txt, may say what is said in it. Each is converted once and kept, by the check sum of the file,
where Asterisk finds it. A kept copy of a configuration has, in place of the files, their list in own_prompts.yaml.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import yaml

from engine.config.environment import setting
from engine.config.fields import identifier
from engine.config.source import Problem
from ivr.prompts import ENDINGS, OWN, Prompt
from ivr.speech import PIECES

__all__ = ["LIST", "converted_folder", "list_of", "own_prompts"]

FOLDER: Final = "prompts"
LIST: Final = "own_prompts.yaml"
_OF_TEXT: Final = (".txt", ".md")


def converted_folder(home: Path | None = None) -> Path:
    """Where the converted files of a site are kept: below Asterisk's sounds."""
    home = home or Path(setting("HOTLINE_HOME", "var"))
    return Path(setting("HOTLINE_ASTERISK_FOLDER", str(home / "asterisk"))) / "data" / "sounds" / "hotline-own"


def own_prompts(folder: Path, converted: Path, problems: list[Problem]) -> tuple[Prompt, ...]:
    """The own prompts of a configuration, converted; what is wrong with them is added to the problems. Slow (it reads, and may
    convert, sound): where calls are served, in a thread first."""
    if (folder / LIST).exists():
        return tuple(_kept(folder / LIST, converted, problems))
    found: dict[tuple[str, str], Prompt] = {}
    for path in sorted((folder / FOLDER).rglob("*")) if (folder / FOLDER).is_dir() else ():
        name = path.relative_to(folder)
        if path.is_dir() or path.suffix in _OF_TEXT or any(part.startswith(".") for part in name.parts):
            continue
        try:
            prompt = _prompt_of(path, folder, converted)
            if (prompt.id, prompt.language) in found:
                raise ValueError(f'there is another file of prompt "{prompt.id}"; which of them is meant?')
            found[prompt.id, prompt.language] = prompt
        except ValueError as error:
            problems.append(Problem(str(name), 0, 0, "", str(error)))
        except OSError as error:
            problems.append(Problem(str(name), 0, 0, "", f"{error.filename or path}: {error.strerror}"))
    return tuple(found.values())


def list_of(prompts: Iterable[Prompt]) -> str:
    """The text of own_prompts.yaml."""
    return yaml.safe_dump(msgspec.to_builtins(list(prompts)), allow_unicode=True, sort_keys=False)


def _kept(file: Path, converted: Path, problems: list[Problem]) -> Iterator[Prompt]:
    try:
        prompts = msgspec.convert(yaml.safe_load(file.read_text("utf-8")), list[Prompt])
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        problems.append(Problem(LIST, 1, 1, "", f"cannot be used: {error}"))
        return
    for prompt in prompts:
        if _is_there(converted / prompt.sha256[:_NAME]):
            yield prompt
        else:
            problems.append(Problem(LIST, 1, 1, "", f'the sound of prompt "{prompt.id}" is gone from {converted}'))


def _prompt_of(path: Path, folder: Path, converted: Path) -> Prompt:
    """Raises ValueError: it cannot be a prompt, and why."""
    language, _, name = path.relative_to(folder / FOLDER).as_posix().partition("/")
    if language not in PIECES or not name:
        raise ValueError(f"expected {FOLDER}/LANGUAGE/ID.ENDING with a language of {', '.join(PIECES)}")
    id_ = name.removesuffix(path.suffix)
    if id_ not in PIECES[language]:
        identifier(id_)
    check_sum = hashlib.sha256(path.read_bytes()).hexdigest()
    if not _is_there(converted / check_sum[:_NAME]):
        _convert(path, converted / check_sum[:_NAME])
    text = path.with_suffix(".txt")
    said = text.read_text("utf-8").strip() if text.exists() else ""
    return Prompt(id=id_, language=language, text=said, voice=OWN, file=f"{check_sum[:_NAME]}.wav", sha256=check_sum)


_NAME: Final = 24
"""Signs of the check sum that name the converted files."""


def _is_there(target: Path) -> bool:
    return all(target.with_name(target.name + ending).exists() for ending in ENDINGS)


def _convert(path: Path, target: Path) -> None:
    from ivr.audio import NotAPrompt  # noqa: PLC0415 - numpy, soxr and pydub: not for those who have nothing to convert
    from ivr.convert import FORMATS, convert  # noqa: PLC0415

    if path.suffix[1:].lower() not in FORMATS:
        raise ValueError(f"not a sound file by its ending; expected one of {', '.join(sorted(FORMATS))}")
    try:
        convert(path, target)
    except NotAPrompt as error:
        raise ValueError(str(error)) from None
