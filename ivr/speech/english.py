"""Values in English, the American way: no "and" inside a number, a.m. and p.m., days as ordinals."""

from typing import Final, assert_never

from ivr.speech import values as v

__all__ = ["PIECES", "say"]

_BELOW_20: Final = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS: Final = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth", "twentieth",
]  # fmt: skip
_MONTHS: Final = (
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
)  # fmt: skip


def _below_100(number: int) -> str:
    if number < 20:
        return _BELOW_20[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens - 2]}-{_BELOW_20[ones]}" if ones else _TENS[tens - 2]


def _ordinal(day: int) -> str:
    if day <= 20:
        return _ORDINALS[day - 1]
    tens, ones = divmod(day, 10)
    return f"{_TENS[tens - 2]}-{_ORDINALS[ones - 1]}" if ones else "thirtieth"


PIECES: Final[dict[str, str]] = {
    **{f"n/{number}": _below_100(number) for number in range(100)},
    **{f"n/{digit}00": f"{_BELOW_20[digit]} hundred" for digit in range(1, 10)},
    "unit/hundred": "hundred",
    "unit/thousand": "thousand",
    "unit/million": "million",
    "unit/oh": "oh",
    **{f"digit/{digit}": word for digit, word in enumerate(_BELOW_20[:10])},
    **{f"digit/{digit}-end": word for digit, word in enumerate(_BELOW_20[:10])},
    "key/star": "star",
    "key/pound": "pound",
    "unit/ordinal": "number",
    "unit/hour": "hour",
    "unit/hours": "hours",
    "unit/minute": "minute",
    "unit/minutes": "minutes",
    "unit/second": "second",
    "unit/seconds": "seconds",
    "unit/to": "to",
    "unit/about": "about",
    "unit/within": "up to",
    "unit/or_more": "more than",
    "less_than_a_minute": "less than a minute",
    "part/am": "a.m.",
    "part/pm": "p.m.",
    **{f"month/{month}": name for month, name in enumerate(_MONTHS, 1)},
    **{f"day/{day}": _ordinal(day) for day in range(1, 32)},
    "unit/point": "point",
    "unit/yuan": "yuan",
}


def say(value: v.Value) -> list[str]:
    """The pieces."""
    match value:
        case v.Digits(groups) | v.Phone(groups):
            said = [piece for group in groups for piece in _digits(group)]
        case v.Number(number):
            said = _number(number)
        case v.Position(number):
            said = ["unit/ordinal", *_number(number)]
        case v.Duration(hours, minutes, seconds):
            parts = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
            said = [piece for amount, unit in parts if amount for piece in _counted(amount, unit)] or _counted(
                0, "second"
            )
        case v.Range(low_s, high_s):
            said = _range(low_s, high_s)
        case v.Clock(hour, minute):
            said = _clock(hour, minute)
        case v.Date(year, month, day):
            said = [f"month/{month}", f"day/{day}", *(_year(year) if year else [])]
        case v.Money(yuan, jiao, fen):
            said = [*_number(yuan), *_fraction(jiao, fen), "unit/yuan"]
        case v.Key(key):
            said = [_KEYS.get(key, f"digit/{key}")]
        case _:
            assert_never(value)
    return said


_KEYS: Final = {"*": "key/star", "#": "key/pound"}


def _digits(group: str) -> list[str]:
    return [*(f"digit/{digit}" for digit in group[:-1]), f"digit/{group[-1]}-end"]


def _number(number: int) -> list[str]:
    millions, rest = divmod(number, 1_000_000)
    thousands, rest = divmod(rest, 1000)
    said = [*_section(millions), "unit/million"] if millions else []
    if thousands:
        said += [*_section(thousands), "unit/thousand"]
    return [*said, *_section(rest)] if rest or not said else said


def _section(number: int) -> list[str]:
    """Three digits of a number."""
    hundreds, rest = divmod(number, 100)
    said = [f"n/{hundreds}00"] if hundreds else []
    return [*said, f"n/{rest}"] if rest or not said else said


def _counted(amount: int, unit: str) -> list[str]:
    return [*_number(amount), f"unit/{unit}" if amount == 1 else f"unit/{unit}s"]


def _range(low_s: int, high_s: int) -> list[str]:
    low, high = low_s // 60, -(-high_s // 60)
    if high <= 1:
        return ["less_than_a_minute"]
    if high > 99:
        amount = _counted(low, "minute") if low < 60 else _counted(low // 60, "hour")
        return ["unit/or_more", *amount] if low else ["unit/within", *_counted(-(-high // 60), "hour")]
    if not low:
        return ["unit/within", *_counted(high, "minute")]
    if low == high:
        return ["unit/about", *_counted(low, "minute")]
    return [*_number(low), "unit/to", *_counted(high, "minute")]


def _clock(hour: int, minute: int) -> list[str]:
    said = [f"n/{(hour - 1) % 12 + 1}"]
    if minute:
        said += [*(["unit/oh"] if minute < 10 else []), f"n/{minute}"]
    return [*said, "part/pm" if 12 <= hour < 24 else "part/am"]


def _year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if not rest or (century == 20 and rest < 10):
        return _number(year) if century == 20 else [f"n/{century}", "unit/hundred"]
    return [f"n/{century}", *(["unit/oh"] if rest < 10 else []), f"n/{rest}"]


def _fraction(jiao: int, fen: int) -> list[str]:
    if not (jiao or fen):
        return []
    return ["unit/point", f"n/{jiao}", *([f"n/{fen}"] if fen else [])]
