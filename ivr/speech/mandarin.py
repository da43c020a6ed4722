"""Values in Mandarin.

Two is 两 before a measure word and before 百, 千, 万, but 二 in every other place; ten is 一十 inside a number; a gap is 零;
one is 幺 in phone numbers.
"""

from typing import Final, assert_never

from ivr.speech import values as v

__all__ = ["PIECES", "say"]

_ONES: Final = "零一二三四五六七八九"


def _below_100(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return _ONES[ones]
    return ("" if tens == 1 else _ONES[tens]) + "十" + (_ONES[ones] if ones else "")


def _before_measure(digit: int) -> str:
    return "两" if digit == 2 else _ONES[digit]


PIECES: Final[dict[str, str]] = {
    **{f"n/{number}": _below_100(number) for number in range(100)},
    **{f"n/{digit}00": _before_measure(digit) + "百" for digit in range(1, 10)},
    **{f"n/{digit}000": _before_measure(digit) + "千" for digit in range(1, 10)},
    **{f"n/in/{number}": "一" + _below_100(number) for number in range(10, 20)},
    "n/liang": "两",
    **{f"digit/{digit}": word for digit, word in enumerate(_ONES)},
    **{f"digit/{digit}-end": word for digit, word in enumerate(_ONES)},
    "digit/yao": "幺",
    "digit/yao-end": "幺",
    "key/star": "星号键",
    "key/pound": "井号键",
    "unit/wan": "万",
    "unit/ordinal": "第",
    "unit/place": "位",
    "unit/hour": "小时",
    "unit/minutes": "分钟",
    "unit/minute": "分",
    "unit/second": "秒",
    "unit/to": "到",
    "unit/about": "左右",
    "unit/within": "以内",
    "unit/or_more": "以上",
    "less_than_a_minute": "不到一分钟",
    "part/night": "凌晨",
    "part/morning": "上午",
    "part/noon": "中午",
    "part/afternoon": "下午",
    "part/evening": "晚上",
    "unit/oclock": "点",
    **{f"month/{month}": _below_100(month) + "月" for month in range(1, 13)},
    "unit/year": "年",
    "unit/day": "日",
    "unit/yuan": "元",
    "unit/jiao": "角",
    "unit/fen": "分",
}

_PARTS: Final = ((6, "night"), (12, "morning"), (13, "noon"), (18, "afternoon"), (25, "evening"))
"""Up to which hour a part of the day goes."""


def say(value: v.Value) -> list[str]:
    """The pieces."""
    match value:
        case v.Digits(groups):
            said = [piece for group in groups for piece in _digits(group, "1")]
        case v.Phone(groups):
            said = [piece for group in groups for piece in _digits(group, "yao")]
        case v.Number(number):
            said = _number(number)
        case v.Position(number):
            said = ["unit/ordinal", *_number(number), "unit/place"]
        case v.Duration(hours, minutes, seconds):
            said = _duration(hours, minutes, seconds)
        case v.Range(low_s, high_s):
            said = _range(low_s, high_s)
        case v.Clock(hour, minute):
            said = _clock(hour, minute)
        case v.Date(year, month, day):
            in_year = [*(f"digit/{digit}" for digit in str(year)), "unit/year"] if year else []
            said = [*in_year, f"month/{month}", f"n/{day}", "unit/day"]
        case v.Money(yuan, jiao, fen):
            said = _money(yuan, jiao, fen)
        case v.Key(key):
            said = [_KEYS.get(key, f"digit/{key}")]
        case _:
            assert_never(value)
    return said


_KEYS: Final = {"*": "key/star", "#": "key/pound"}


def _digits(group: str, one: str) -> list[str]:
    names = [one if digit == "1" else digit for digit in group]
    return [*(f"digit/{name}" for name in names[:-1]), f"digit/{names[-1]}-end"]


def _number(number: int) -> list[str]:
    high, low = divmod(number, 10_000)
    if not high:
        return _section(low, first=True)
    said = [*(_counted(2) if high == 2 else _section(high, first=True)), "unit/wan"]
    if low:
        said += [*(["n/0"] if low < 1000 else []), *_section(low, first=False)]
    return said


def _section(number: int, *, first: bool) -> list[str]:
    """Four digits of a number. `first`: nothing is said before them, so that ten is 十 and not 一十."""
    if first and number < 100:
        return [f"n/{number}"]
    thousands, rest = divmod(number, 1000)
    hundreds, rest = divmod(rest, 100)
    said = [f"n/{thousands}000"] if thousands else []
    if hundreds:
        said.append(f"n/{hundreds}00")
    if rest and ((thousands and not hundreds) or (hundreds and rest < 10)):
        said.append("n/0")
    if rest:
        said.append(f"n/in/{rest}" if 10 <= rest < 20 else f"n/{rest}")
    return said


def _counted(number: int) -> list[str]:
    """A number of something: a measure word follows."""
    return ["n/liang"] if number == 2 else _number(number)


def _amounts(*parts: tuple[int, str], bridged_below: int = 0) -> list[str]:
    """Amounts from the largest unit to the smallest, those of nothing left out. 零 bridges the gap that leaves, and goes before
    amounts below `bridged_below` that are not the first."""
    said: list[str] = []
    gap = False
    for amount, unit in parts:
        if amount and said and (gap or amount < bridged_below):
            said += ["n/0", *_number(amount), unit]
        elif amount:
            said += [*_counted(amount), unit]
        gap = not amount
    return said


def _duration(hours: int, minutes: int, seconds: int) -> list[str]:
    minute = "unit/minute" if seconds else "unit/minutes"
    said = _amounts((hours, "unit/hour"), (minutes, minute), (seconds, "unit/second"), bridged_below=10)
    return said or ["n/0", "unit/second"]


def _range(low_s: int, high_s: int) -> list[str]:
    low, high = low_s // 60, -(-high_s // 60)
    if high <= 1:
        return ["less_than_a_minute"]
    if high > 99:
        amount = [*_counted(low), "unit/minutes"] if low < 60 else [*_counted(low // 60), "unit/hour"]
        return [*amount, "unit/or_more"] if low else [*_counted(-(-high // 60)), "unit/hour", "unit/within"]
    if not low:
        return [*_counted(high), "unit/minutes", "unit/within"]
    if low == high:
        return [*_counted(low), "unit/minutes", "unit/about"]
    return [*_counted(low), "unit/to", *_counted(high), "unit/minutes"]


def _clock(hour: int, minute: int) -> list[str]:
    part = next(name for until, name in _PARTS if hour < until)
    said = [f"part/{part}", *_counted(hour - 12 if hour > 12 else hour), "unit/oclock"]
    if minute:
        said += [*(["n/0"] if minute < 10 else []), *_number(minute), "unit/minute"]
    return said


def _money(yuan: int, jiao: int, fen: int) -> list[str]:
    said = _amounts((yuan, "unit/yuan"), (jiao, "unit/jiao"), (fen, "unit/fen"))
    return said or ["n/0", "unit/yuan"]
