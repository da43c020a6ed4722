"""What a day of the week is called in the terminal's language."""

from datetime import date
from typing import Final

from engine.words import say
from ivr.hours import WEEKDAYS

__all__ = ["weekday"]

_CHINESE: Final = "一二三四五六日"


def weekday(day: date) -> str:
    """周四, thu."""
    return say(f"周{_CHINESE[day.weekday()]}", WEEKDAYS[day.weekday()])
