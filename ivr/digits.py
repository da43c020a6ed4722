"""Whether typed digits can be what they should be. Pure.

Sources: ISO/IEC 7812-1 annex B (Luhn), GB 11643-1999 (identity numbers, ISO 7064 MOD 11-2), the numbering plan of YD/T 3009
(mobile numbers begin with 13 to 19). A phone has no X: for the check character of an identity number callers press `*`.
"""

from datetime import date
from typing import Final

from ivr.nodes import DigitCheck

__all__ = ["DIALLABLE", "fits", "is_complete", "is_diallable"]

DIALLABLE: Final = range(5, 16)
"""Digits of a number that can be called back."""
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10*98765432"


def is_complete(typed: str, longest: int) -> bool:
    """Whether nothing more is waited for: so many keys were pressed, or one that is no digit."""
    return typed != "" and (len(typed) >= longest or not typed[-1].isdecimal())


def fits(check: DigitCheck, digits: str) -> bool:
    """Whether the digits pass the check."""
    match check:
        case "none":
            return True
        case "luhn":
            return digits.isdecimal() and _luhn(digits) % 10 == 0
        case "cn_id":
            return _is_identity(digits)
        case "mobile":
            return len(digits) == 11 and digits.isdecimal() and "13" <= digits[:2] <= "19"


def is_diallable(number: str) -> bool:
    """Whether a number looks like one that can be called back; withheld ones do not."""
    return number.isascii() and number.isdecimal() and len(number) in DIALLABLE and number.strip("0") != ""


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total


def _is_identity(digits: str) -> bool:
    if len(digits) != 18 or not digits[:17].isdecimal():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS, strict=False))
    return digits[17] == _ID_CHECKS[total % 11] and _is_date(digits[6:14])


def _is_date(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True
