"""The spoken prompts: which there are, where Asterisk finds them, and whether the files are what they should be.

The manifest (prompts/manifest.yaml) has one entry per prompt and language. Files lie beside it and are played by Asterisk
as they are; Asterisk sees the folder under the name PREFIX.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec
import yaml

from ivr.speech import PIECES, is_value, speak

try:  # read at every reload, while callers are being served: the C one takes a tenth of the time
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

__all__ = [
    "FOLDER",
    "MANIFEST",
    "PREFIX",
    "ManifestRefused",
    "Prompt",
    "Prompts",
    "UnknownPrompt",
    "file_problems",
    "read_manifest",
]

FOLDER: Final = Path(__file__).with_name("prompts")
MANIFEST: Final = FOLDER / "manifest.yaml"
PREFIX: Final = "hotline"
"""Where Asterisk's sound folder links to FOLDER: hotline/zh/welcome is prompts/zh/welcome.wav."""

SHORTEST_S: Final = 0.3
LONGEST_S: Final = 30.0
LEVELS_DB: Final = (-26.0, -16.0)
LONGEST_EDGE_S: Final = 0.3
LONGEST_PAUSE_S: Final = 1.5


class ManifestRefused(Exception):
    """The manifest cannot be used; the message names the file, the entry and what was expected."""


class UnknownPrompt(Exception):
    """No prompt has this id, in any language."""

    def __init__(self, prompt: str) -> None:
        super().__init__(f'there is no prompt "{prompt}" in the manifest')


class Prompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One prompt in one language. `voice` says who spoke it, `sha256` is the file's."""

    id: str
    language: str
    text: str
    voice: str
    file: str
    sha256: str = ""


class Prompts:
    """Looks prompts up by id and language."""

    def __init__(self, entries: Iterable[Prompt], prefix: str = PREFIX) -> None:
        self.entries = tuple(entries)
        self._prefix = PurePosixPath(prefix)
        self._files: dict[str, dict[str, str]] = {}
        for entry in self.entries:
            self._files.setdefault(entry.id, {})[entry.language] = entry.file

    @property
    def ids(self) -> frozenset[str]:
        """Every prompt there is in some language."""
        return frozenset(self._files)

    def in_language(self, language: str) -> frozenset[str]:
        """The prompts there are in this language."""
        return frozenset(prompt for prompt, files in self._files.items() if language in files)

    def sound(self, prompt: str, language: str) -> str:
        """The name Asterisk plays, without extension. A prompt that was never spoken in the caller's language is played
        in the one it has: better than silence. UnknownPrompt if there is none at all."""
        try:
            files = self._files[prompt]
        except KeyError:
            raise UnknownPrompt(prompt) from None
        file = files.get(language) or next(iter(files.values()))
        return str(self._prefix / PurePosixPath(file).with_suffix(""))

    def sounds(self, items: Iterable[str], language: str) -> list[str]:
        """What Asterisk plays for prompts and values, one after the other. A value with a piece missing in the caller's
        language is said in another. UnknownPrompt for what is in none, ValueError for a value that cannot be said."""
        return [sound for item in items for sound in self._sounds(item, language)]

    def _sounds(self, item: str, language: str) -> list[str]:
        if not is_value(item):
            return [self.sound(item, language)]
        missing = item
        for spoken in dict.fromkeys((language, *PIECES)):
            if spoken in PIECES:
                pieces = speak(item, spoken)
                lacking = [piece for piece in pieces if spoken not in self._files.get(piece, {})]
                if not lacking:
                    return [self.sound(piece, spoken) for piece in pieces]
                missing = lacking[0]
        raise UnknownPrompt(missing)


def read_manifest(path: Path = MANIFEST) -> tuple[Prompt, ...]:
    """The manifest's entries. ManifestRefused if it is not a list of prompts or has one twice."""
    try:
        entries = msgspec.convert(yaml.load(path.read_text("utf-8"), Loader=SafeLoader), tuple[Prompt, ...])
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ManifestRefused(f"{path}: {error}") from None
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if (entry.id, entry.language) in seen:
            raise ManifestRefused(f'{path}: prompt "{entry.id}" stands there twice for language "{entry.language}"')
        if PurePosixPath(entry.file).is_absolute() or ".." in PurePosixPath(entry.file).parts:
            raise ManifestRefused(f'{path}: prompt "{entry.id}": file "{entry.file}" must lie below the manifest')
        seen.add((entry.id, entry.language))
    return entries


def file_problems(entries: Iterable[Prompt], folder: Path = FOLDER) -> list[str]:
    """What is wrong with the files, one line each; empty when Asterisk can play all of them well."""
    return [f"{folder / entry.file}: {problem}" for entry in entries for problem in _problems_of(entry, folder)]


def _problems_of(entry: Prompt, folder: Path) -> Iterator[str]:
    from ivr.audio import NotAPrompt, measure, read_prompt  # noqa: PLC0415 - numpy; a restarted engine has callers waiting

    path = folder / entry.file
    try:
        sound = measure(read_prompt(path))
    except FileNotFoundError:
        yield f'missing; prompt "{entry.id}" ({entry.language}) cannot be played'
        return
    except NotAPrompt as problem:
        yield str(problem)
        return
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry.sha256:
        yield "differs from the manifest; if it was replaced on purpose: python -m tools.prompts.render --accept"
    if not SHORTEST_S <= sound.duration_s <= LONGEST_S:
        yield f"lasts {sound.duration_s:.1f} s; expected {SHORTEST_S} to {LONGEST_S} s"
    if not LEVELS_DB[0] <= sound.level_db <= LEVELS_DB[1]:
        yield f"speech level {sound.level_db:.1f} dB; expected {LEVELS_DB[0]} to {LEVELS_DB[1]} dB"
    if max(sound.lead_s, sound.tail_s) > LONGEST_EDGE_S:
        yield f"begins or ends with more than {LONGEST_EDGE_S} s of silence ({sound.lead_s:.2f}, {sound.tail_s:.2f} s)"
    if sound.longest_pause_s > LONGEST_PAUSE_S:
        yield f"has a pause of {sound.longest_pause_s:.1f} s; expected at most {LONGEST_PAUSE_S} s"
