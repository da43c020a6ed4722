"""Telephone numbers in one form, so that the same caller is the same caller over every trunk. Pure."""

import re

__all__ = ["normal_number"]

_MOBILE = re.compile(r"1[3-9]\d{9}")
_COUNTRY = re.compile(r"(?:(?:\+86|0086)(\d{7,12})|86(1[3-9]\d{9}))")


def normal_number(number: str) -> str:
    """The number as people in China write it: no country code, no trunk zero before a mobile.

    +8613800138000, 8613800138000, 008613800138000 and 013800138000 are 13800138000; +86 10 12345678 is 01012345678.
    """
    digits = re.sub(r"[^\d+]", "", number)
    if match := _COUNTRY.fullmatch(digits):
        national = match[1] or match[2]
        return national if _MOBILE.fullmatch(national) or national.startswith(("0", "400", "800")) else f"0{national}"
    if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]):
        return digits[1:]
    return digits
