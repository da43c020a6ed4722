"""The values that can be said, and how they are written in an item: {kind:text}."""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

import msgspec

__all__ = [
    "KINDS",
    "LARGEST",
    "Clock",
    "Date",
    "Digits",
    "Duration",
    "Key",
    "Money",
    "Number",
    "Phone",
    "Position",
    "Range",
    "Value",
    "is_value",
    "value_of",
]

LARGEST: Final = 99_999_999
"""The largest number, position and amount of money (in yuan)."""
LONGEST_S: Final = 100 * 3600 - 1
MOST_DIGITS: Final = 40
A_LEAP_YEAR: Final = 2024


class Digits(msgspec.Struct, frozen=True):
    """{digits:400123}: one by one, in groups."""

    groups: tuple[str, ...]


class Phone(msgspec.Struct, frozen=True):
    """{phone:13800138000}: one by one, in the groups people say; China's own code is left out."""

    groups: tuple[str, ...]


class Number(msgspec.Struct, frozen=True):
    """{number:105}"""

    number: int


class Position(msgspec.Struct, frozen=True):
    """{position:3}: in a queue, from 1."""

    number: int


class Duration(msgspec.Struct, frozen=True):
    """{duration:90}: in seconds."""

    hours: int
    minutes: int
    seconds: int


class Range(msgspec.Struct, frozen=True):
    """{range:120-300}: a wait between so many seconds, said in whole minutes that hold it."""

    low_s: int
    high_s: int


class Clock(msgspec.Struct, frozen=True):
    """{time:08:30}: from 00:00 to 24:00."""

    hour: int
    minute: int


class Date(msgspec.Struct, frozen=True):
    """{date:2026-10-01}, or {date:10-01} with no year (0)."""

    year: int
    month: int
    day: int


class Money(msgspec.Struct, frozen=True):
    """{money:12.05}: in yuan; at most two digits after the point."""

    yuan: int
    jiao: int
    fen: int


class Key(msgspec.Struct, frozen=True):
    """{key:1}: a key of the telephone."""

    key: str


Value = Digits | Phone | Number | Position | Duration | Range | Clock | Date | Money | Key


def is_value(item: str) -> bool:
    """Whether an item is a value, well written or not, and no prompt's id."""
    return "{" in item or "}" in item


def value_of(item: str) -> Value:
    """The value an item stands for. Raises ValueError naming the item and what was expected."""
    kind, _, text = item[1:-1].partition(":")
    if not (item.startswith("{") and item.endswith("}")) or kind not in _KINDS:
        raise ValueError(f'"{item}": expected the id of a prompt, or a value {{KIND:...}} with {", ".join(_KINDS)}')
    read, expected = _KINDS[kind]
    try:
        return read(text)
    except ValueError:
        raise ValueError(f'"{item}": expected {expected}') from None


def _whole(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(text)
    return int(text)


def _parts(pattern: str, text: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    if found is None:
        raise ValueError(text)
    return tuple(found.groups(default=""))


def _digits(text: str) -> Digits:
    _parts(rf"[0-9]{{1,{MOST_DIGITS}}}", text)
    if len(text) <= _LONGEST_GROUP:
        return Digits((text,))
    return Digits(tuple(text[at : at + 4] for at in range(0, len(text), 4)))


def _phone(text: str) -> Phone:
    (plus, digits) = _parts(r"(\+?)([0-9]{2,20})", text)
    national = digits.removeprefix("86") if plus else digits.removeprefix("0086")
    if national != digits and len(national) == 10 and national[0] != "4":
        national = f"0{national}"  # an area code; its zero is left out behind the country's code
    area = _area_code(national)
    return Phone((*([area] if area else []), *_groups(national.removeprefix(area))))


_LONGEST_GROUP: Final = 5
_GROUPS: Final = {6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (3, 3, 4), 11: (3, 4, 4)}


def _area_code(number: str) -> str:
    """010 and 02x have three digits, the others four. Empty: none, or nothing behind it."""
    length = 3 if re.match(r"010|02", number) else 4
    return number[:length] if number.startswith("0") and not number.startswith("00") and len(number) > length else ""


def _groups(digits: str) -> list[str]:
    if len(digits) <= _LONGEST_GROUP:
        return [digits]
    lengths = _GROUPS.get(len(digits)) or (4,) * (-(-len(digits) // 4))
    ends = [sum(lengths[: index + 1]) for index in range(len(lengths))]
    return [digits[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def _duration(text: str) -> Duration:
    minutes, seconds = divmod(_whole(text, 0, LONGEST_S), 60)
    return Duration(minutes // 60, minutes % 60, seconds)


def _range(text: str) -> Range:
    low, high = _parts(r"([0-9]+)-([0-9]+)", text)
    return Range(_whole(low, 0, _whole(high, 0, LONGEST_S)), int(high))


def _clock(text: str) -> Clock:
    hour, minute = (int(part) for part in _parts(r"([0-9]{1,2}):([0-9]{2})", text))
    if minute > 59 or hour * 60 + minute > 24 * 60:
        raise ValueError(text)
    return Clock(hour, minute)


def _date(text: str) -> Date:
    year, month, day = (int(part or 0) for part in _parts(r"(?:(19[0-9]{2}|20[0-9]{2})-)?([0-9]{2})-([0-9]{2})", text))
    date(year or A_LEAP_YEAR, month, day)
    return Date(year, month, day)


def _money(text: str) -> Money:
    yuan, fraction = _parts(r"([0-9]+)(?:\.([0-9]{1,2}))?", text)
    return Money(_whole(yuan, 0, LARGEST), *divmod(int(fraction.ljust(2, "0")), 10))


def _key(text: str) -> Key:
    _parts(r"[0-9*#]", text)
    return Key(text)


_KINDS: Final[dict[str, tuple[Callable[[str], Value], str]]] = {
    "digits": (_digits, f"1 to {MOST_DIGITS} digits, such as {{digits:400123}}"),
    "phone": (_phone, "a phone number of 2 to 20 digits, such as {phone:13800138000}"),
    "number": (lambda text: Number(_whole(text, 0, LARGEST)), f"a whole number from 0 to {LARGEST}"),
    "position": (lambda text: Position(_whole(text, 1, LARGEST)), f"a whole number from 1 to {LARGEST}"),
    "duration": (_duration, f"seconds, from 0 to {LONGEST_S}"),
    "range": (_range, f"two numbers of seconds up to {LONGEST_S}, the smaller first, such as {{range:120-300}}"),
    "time": (_clock, "a time of day from 00:00 to 24:00, such as {time:08:30}"),
    "date": (_date, "a day of the years 1900 to 2099, such as {date:2026-10-01}, or without its year {date:10-01}"),
    "money": (_money, f"yuan up to {LARGEST}, such as {{money:12.05}}"),
    "key": (_key, "one of the keys 0 to 9, * and #"),
}

KINDS: Final = tuple(_KINDS)
"""The kinds of values that can be said."""
