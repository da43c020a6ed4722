"""Hides the middle of phone numbers: 138****8000. Pure.

Every screen, log and export shows numbers this way, unless the reader's role and a reason he gives allow the whole number.
"""

import re
from typing import Final

__all__ = ["mask_number", "mask_text"]

HIDDEN: Final = 4
KEPT_AT_END: Final = 4
SHORTEST_PERSONAL: Final = 7
"""Shorter ones are extensions and service numbers (1001, 10086): nobody's own."""

_NUMBER_IN_TEXT: Final = re.compile(r"\d(?:[\s()./-]{0,2}\d){6,}")


def mask_number(number: str) -> str:
    """The four characters before the last four are hidden; of seven, the middle four. Separators stay where they are."""
    places = [place for place, character in enumerate(number) if character.isalnum()]
    if len(places) < SHORTEST_PERSONAL:
        return number
    kept = KEPT_AT_END if len(places) >= HIDDEN + KEPT_AT_END else 2
    hidden = set(places[-kept - HIDDEN : -kept])
    return "".join("*" if place in hidden else character for place, character in enumerate(number))


def mask_text(text: str) -> str:
    """Text in which whatever looks like a phone number is masked: many networks send the number as the caller's name."""
    return _NUMBER_IN_TEXT.sub(lambda found: mask_number(found.group()), text)
