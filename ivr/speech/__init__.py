"""How a value is said: as a row of recorded pieces, in Mandarin or English. Pure.

A flow's prompts are items: the id of a prompt, or a value in braces such as {position:3} (`values` tells which there are).
`mandarin` and `english` know the pieces of their language and how they are put together; the audio of the pieces is
recorded like that of prompts and stands in the same manifest.
"""

from collections.abc import Mapping
from typing import Final

from ivr.speech import english, mandarin
from ivr.speech.values import KINDS, is_value, value_of

__all__ = ["KINDS", "PIECES", "is_value", "speak"]

_SPEAKERS: Final = {"zh": mandarin, "en": english}

PIECES: Final[Mapping[str, Mapping[str, str]]] = {language: speaker.PIECES for language, speaker in _SPEAKERS.items()}
"""Language -> id of a piece -> its words: every piece that some value needs."""


def speak(item: str, language: str) -> tuple[str, ...]:
    """The prompts and pieces to be played one after the other. Raises ValueError naming an item that cannot be said."""
    if not is_value(item):
        return (item,)
    if language not in _SPEAKERS:
        raise ValueError(f'"{item}": no values are said in language "{language}"; expected {" or ".join(_SPEAKERS)}')
    return tuple(_SPEAKERS[language].say(value_of(item)))
