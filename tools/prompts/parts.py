"""What the voice is given for an entry, and how its sound is cut: whole sentences, pieces of spoken values, a tone."""

import re
from itertools import chain
from typing import Final

import numpy as np

from ivr.audio import Samples
from ivr.polish import PIECE, PIECE_AT_AN_END, PROMPT, Edges
from ivr.prompts import Prompt
from ivr.speech import PIECES

__all__ = ["TONE", "VOICES", "edges_of", "joined", "parts_of", "tone"]

VOICES: Final = {"zh": "kokoro-82m-int8/zf_xiaobei", "en": "kokoro-82m-int8/af_heart"}
TONE: Final = "tone/880"
BETWEEN_PARTS_S: Final = 0.35

_LAST: Final = {
    "zh": "key/star key/pound unit/place unit/minutes unit/second unit/about unit/within unit/or_more unit/day unit/fen "
    "less_than_a_minute",
    "en": "key/star key/pound unit/minutes unit/second unit/seconds unit/yuan part/am part/pm less_than_a_minute",
}
"""What nothing follows, as a rule: the voice goes down."""


def parts_of(entry: Prompt) -> list[tuple[str, str, str]]:
    """Text, language and voice of each part; parts in several languages are divided by |."""
    if entry.id in PIECES[entry.language]:
        return [(_text_of_piece(entry), entry.language, entry.voice.rpartition("/")[2])]
    parts = [(text, "zh" if re.search("[一-鿿]", text) else "en") for text in entry.text.split("|")]
    return [
        (text, language, (entry.voice if language == entry.language else VOICES[language]).rpartition("/")[2])
        for text, language in parts
    ]


def _text_of_piece(entry: Prompt) -> str:
    """Before a comma the voice stays up and the word is whole; with nothing behind it the recogniser no longer knew many of
    the Mandarin ones, while English is clear and shorter without."""
    last = entry.id.endswith("-end") or entry.id in _LAST[entry.language].split()
    return entry.text + {"zh": "，。", "en": " ."}[entry.language][last].strip()


def edges_of(entry: Prompt) -> Edges:
    """Pieces are cut close; the last digit of a group has the group's pause in it."""
    if entry.id not in PIECES[entry.language]:
        return PROMPT
    return PIECE_AT_AN_END if entry.id.endswith("-end") else PIECE


def joined(parts: list[Samples], rate_hz: int) -> Samples:
    """One after the other, with a pause in between in place of the silence the voice leaves around each."""
    pause = np.zeros(int(BETWEEN_PARTS_S * rate_hz), dtype=np.float32)
    heard = [part[slice(*_speech(part))] for part in parts] if len(parts) > 1 else parts
    return np.concatenate([*chain.from_iterable((part, pause) for part in heard[:-1]), heard[-1]])


def _speech(part: Samples) -> tuple[int, int]:
    loud = np.flatnonzero(np.abs(part) > 0.01 * np.abs(part).max())
    return int(loud[0]), int(loud[-1])


def tone(rate_hz: int) -> Samples:
    """After it a message is recorded."""
    times = np.arange(rate_hz // 4) / rate_hz
    return np.asarray(0.2 * np.sin(2 * np.pi * 880 * times), dtype=np.float32)
