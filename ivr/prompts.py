"""The spoken prompts: which there are, where Asterisk finds them, and whether the files are what they should be.

The manifest (prompts/manifest.yaml; pieces.yaml for the pieces of spoken values) has one entry per prompt and language. Files
lie beside it, for 8 kHz and 16 kHz each, and are played by Asterisk as they are; it sees the folder under the name PREFIX.
"""

import functools
import hashlib
import wave
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
    "ENDINGS",
    "FOLDER",
    "MANIFEST",
    "OWN",
    "PIECES_MANIFEST",
    "PREFIX",
    "ManifestRefused",
    "Prompt",
    "Prompts",
    "UnknownPrompt",
    "built_in",
    "check_sum",
    "file_problems",
    "read_manifest",
    "seconds_of",
    "sound_problems",
]

FOLDER: Final = Path(__file__).with_name("prompts")
MANIFEST: Final = FOLDER / "manifest.yaml"
PIECES_MANIFEST: Final = FOLDER / "pieces.yaml"
ENDINGS: Final = (".wav", ".wav16")
PREFIX: Final = "hotline"
"""Where Asterisk's sound folder links to FOLDER: hotline/zh/welcome is prompts/zh/welcome.wav."""
OWN_PREFIX: Final = "hotline-own"
"""Ops' own prompts lie in Asterisk's sound folder under this name."""

OWN: Final = "own"
"""The voice of ops' own prompts, as far as anybody knows."""

SHORTEST_S: Final = 0.2
LONGEST_S: Final = 60.0
LEVELS_DB: Final = (-20.5, -19.5)
LOUDEST_EDGE_DB: Final = -40.0
LONGEST_EDGE_S: Final = 0.3
LONGEST_PAUSE_S: Final = 1.5


class ManifestRefused(Exception):
    """The manifest cannot be used; the message names the file, the entry and what was expected."""


class UnknownPrompt(Exception):
    """No prompt has this id, in any language."""

    def __init__(self, prompt: str) -> None:
        super().__init__(f'there is no prompt "{prompt}" in the manifest')


class Prompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One prompt in one language. `voice` says who spoke it; `file` is the narrow one, `sha256` that of both in a row."""

    id: str
    language: str
    text: str
    voice: str
    file: str
    sha256: str = ""


class _Place(msgspec.Struct, frozen=True):
    """`sound` is what Asterisk calls it."""

    prompt: Prompt
    sound: str
    path: Path


class Prompts:
    """Looks prompts up by id and language. `own` are ops' prompts, with their files in `own_folder`; they go before built-in
    ones of the same id and language."""

    def __init__(
        self,
        entries: Iterable[Prompt],
        prefix: str = PREFIX,
        *,
        own: Iterable[Prompt] = (),
        own_folder: Path = Path(OWN_PREFIX),
    ) -> None:
        self.own = tuple(own)
        self._places: dict[str, dict[str, _Place]] = {}
        places = [(entry, prefix, FOLDER) for entry in entries] + [
            (entry, OWN_PREFIX, own_folder) for entry in self.own
        ]
        for entry, seen_as, folder in places:
            sound = str(PurePosixPath(seen_as) / PurePosixPath(entry.file).with_suffix(""))
            self._places.setdefault(entry.id, {})[entry.language] = _Place(entry, sound, folder / entry.file)

    @property
    def ids(self) -> frozenset[str]:
        """Every prompt there is in some language."""
        return frozenset(self._places)

    @property
    def languages(self) -> frozenset[str]:
        """Every language there is a prompt in."""
        return frozenset(language for places in self._places.values() for language in places)

    def in_language(self, language: str) -> frozenset[str]:
        """The prompts there are in this language, for flows and rules to name: without the pieces of spoken values."""
        there = (prompt for prompt, places in self._places.items() if language in places)
        return frozenset(there) - PIECES.get(language, {}).keys()

    def __iter__(self) -> Iterator[tuple[Prompt, Path]]:
        """Each prompt that is played, with its file of 8 kHz."""
        return ((place.prompt, place.path) for places in self._places.values() for place in places.values())

    def find(self, prompt: str, language: str) -> tuple[Prompt, Path] | None:
        """The prompt and its file of 8 kHz."""
        place = self._places.get(prompt, {}).get(language)
        return (place.prompt, place.path) if place else None

    def sound(self, prompt: str, language: str) -> str:
        """The name Asterisk plays, without extension. A prompt that was never spoken in the caller's language is played
        in the one it has: better than silence. UnknownPrompt if there is none at all."""
        try:
            places = self._places[prompt]
        except KeyError:
            raise UnknownPrompt(prompt) from None
        return (places.get(language) or next(iter(places.values()))).sound

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
                lacking = [piece for piece in pieces if spoken not in self._places.get(piece, {})]
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


@functools.cache
def built_in() -> tuple[Prompt, ...]:
    """Prompts and pieces that come with the engine: they do not change while it runs."""
    return read_manifest() + read_manifest(PIECES_MANIFEST)


def check_sum(path: Path) -> str:
    """Of a prompt's files; `path` is without their endings."""
    return hashlib.sha256(b"".join(path.with_suffix(ending).read_bytes() for ending in ENDINGS)).hexdigest()


def file_problems(entries: Iterable[Prompt], folder: Path = FOLDER) -> list[str]:
    """What is wrong with the files, one line each; empty when Asterisk can play all of them well."""
    return [problem for entry in entries for problem in _problems_of(entry, folder)]


def _problems_of(entry: Prompt, folder: Path) -> Iterator[str]:
    paths = [(folder / entry.file).with_suffix(ending) for ending in ENDINGS]
    missing = [path for path in paths if not path.exists()]
    for path in missing:
        yield f'{path}: missing; prompt "{entry.id}" ({entry.language}) cannot be played'
    if not missing and check_sum(paths[0]) != entry.sha256:
        yield f"{paths[0]}: differs from the manifest; if it was replaced on purpose: python -m tools.prompts.render --accept"
    for path in paths:
        if path not in missing:
            yield from (f"{path}: {problem}" for problem in sound_problems(path))


def seconds_of(path: Path) -> float:
    """How long a prompt's file is; 0 if there is none (any more), or no sound in it."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except (OSError, wave.Error, EOFError):
        return 0.0


def sound_problems(path: Path) -> Iterator[str]:
    """What is wrong with one file's sound."""
    from ivr.audio import RATES_HZ, NotAPrompt, measure, read_prompt  # noqa: PLC0415 - numpy; a restarted engine has callers waiting

    try:
        sound = measure(read_prompt(path), RATES_HZ[path.suffix])
    except NotAPrompt as problem:
        yield str(problem)
        return
    if not SHORTEST_S <= sound.duration_s <= LONGEST_S:
        yield f"lasts {sound.duration_s:.1f} s; expected {SHORTEST_S} to {LONGEST_S} s"
    if not LEVELS_DB[0] <= sound.level_db <= LEVELS_DB[1]:
        yield f"speech level {sound.level_db:.1f} dB; expected {LEVELS_DB[0]} to {LEVELS_DB[1]} dB"
    if sound.edge_db > LOUDEST_EDGE_DB:
        yield f"begins or ends in the middle of the sound ({sound.edge_db:.1f} dB; expected at most {LOUDEST_EDGE_DB} dB)"
    if max(sound.lead_s, sound.tail_s) > LONGEST_EDGE_S:
        yield f"begins or ends with more than {LONGEST_EDGE_S} s of silence ({sound.lead_s:.2f}, {sound.tail_s:.2f} s)"
    if sound.longest_pause_s > LONGEST_PAUSE_S:
        yield f"has a pause of {sound.longest_pause_s:.1f} s; expected at most {LONGEST_PAUSE_S} s"
