"""What the voice is given for a text: pure, so that it can be tested without the voice."""

from typing import Final

__all__ = ["PRONOUNCED", "spoken_zh"]

_DIGITS: Final = str.maketrans("0123456789", "零一二三四五六七八九")

PRONOUNCED: Final[dict[str, list[list[str]]]] = {
    "重听": [["chóng"], ["tīng"]],  # "hear again": the dictionary takes 重 for "heavy"
    "星号键": [["xīng"], ["hào"], ["jiàn"]],
    "座席": [["zuò"], ["xí"]],
}
"""Readings that the pronouncing dictionary has wrong or not at all."""


def spoken_zh(text: str) -> str:
    """Digits as the names of keys; the voice's own reading of numbers is by magnitude."""
    return text.translate(_DIGITS)
