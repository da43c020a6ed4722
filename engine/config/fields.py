"""What a single value of the configuration may be: each kind with its form, its bounds and what to say when it is broken."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from ivr.hours import WEEKDAYS, Span, parse_span

__all__ = [
    "TIME_OF_DAY",
    "ATenthOrMore",
    "Address",
    "AtLeastAMinute",
    "AtLeastASecond",
    "AtOnce",
    "CallerPattern",
    "Clock",
    "DatabaseUrl",
    "DialPrefix",
    "DialledNumbers",
    "Duration",
    "FeatureCode",
    "HostAndPort",
    "Identifier",
    "Level",
    "Network",
    "Number",
    "OneOrMore",
    "Origin",
    "PhoneKey",
    "PhoneNumber",
    "Port",
    "Priority",
    "QuarterSpan",
    "RedisUrl",
    "Secret",
    "Share",
    "Spans",
    "Text",
    "TimeZone",
    "VipLevel",
    "WebUrl",
    "Weekday",
    "Weight",
    "Whole",
    "database_url",
    "duration",
    "identifier",
    "redis_url",
    "seconds",
]

_DURATION = re.compile(r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?", re.ASCII)
_SHARE = re.compile(r"\d{1,3}(\.\d{1,6})?%?", re.ASCII)
_NOT_A_SHARE = "expected a share such as 30%, or a number from 0 to 1"
_A_YEAR_S = 366 * 86400.0
_NOT_A_DURATION = "expected a duration such as 20s, 5m or 1h30m, or a number of seconds"
_LONGEST_DURATION = 30  # characters: a longer one is no duration, and digits without end take time


def seconds(value: Any) -> float:
    """'1h30m' -> 5400.0; numbers are seconds already. ValueError for anything else, and for more than a year."""
    if isinstance(value, str) and len(value) <= _LONGEST_DURATION:
        match = _DURATION.fullmatch(value.strip())
        parts = match.groups() if match and any(match.groups()) else _plain(value)
        hours, minutes, secs = (float(part or 0) for part in parts)
        found = hours * 3600 + minutes * 60 + secs
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value)
    else:
        raise ValueError(_NOT_A_DURATION)
    if not 0 <= found <= _A_YEAR_S:
        raise ValueError("expected a duration from 0 to a year")
    return found


def _share(value: Any) -> float:
    """'30%' -> 0.3; numbers from 0 to 1 are shares already. ValueError for anything else."""
    text = str(value).strip()
    if isinstance(value, bool) or not _SHARE.fullmatch(text):
        raise ValueError(_NOT_A_SHARE)
    found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= found <= 1:
        raise ValueError(_NOT_A_SHARE)
    return found


def duration(value_s: float) -> str:
    """As ops write it: 5400.0 -> '1h30m', 90.0 -> '1m30s', 0.5 -> '0.5s'."""
    minutes, secs = divmod(value_s, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = [(hours, "h"), (minutes, "m"), (round(secs, 3), "s")]
    return "".join(f"{value:g}{unit}" for value, unit in parts if value) or "0s"


def _plain(value: str) -> tuple[str, str, str]:
    """A number in quotes."""
    if not re.fullmatch(r"\d+(\.\d+)?", value.strip(), re.ASCII):
        raise ValueError(_NOT_A_DURATION)
    return "0", "0", value


def _matching(pattern: str, expected: str) -> Callable[[str], str]:
    form = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return check


def _one_line(value: str) -> str:
    """Text people read: no line ends, no control or direction characters, nothing that is no character at all."""
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in value):
        raise ValueError("expected one line of text without control characters")
    return value


def _clock(text: str) -> str:
    if not TIME_OF_DAY.fullmatch(text):
        raise ValueError("expected a time of the day such as '06:30', in quotes")
    return text


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("expected a time zone such as Asia/Shanghai") from error
    return value


def _address(value: str) -> str:
    try:
        ipaddress.IPv4Address(value)
    except ValueError as error:
        raise ValueError("expected an IPv4 address such as 127.0.0.1 or 0.0.0.0") from error
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError("expected an address or a network such as 203.0.113.7 or 203.0.113.0/24") from error
    return value


def _url(*schemes: str) -> Callable[[str], str]:
    expected = f"expected a URL beginning with {' or '.join(f'{scheme}://' for scheme in schemes)}"

    def check(value: str) -> str:
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError as error:
            raise ValueError(expected) from error
        if parts.scheme not in schemes or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError(expected)
        return value

    return check


def _or_empty(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: check(value) if value else value


def _no_bool(value: Any) -> Any:
    """YAML's true is no 1."""
    if isinstance(value, bool):
        raise ValueError("expected a number")
    return value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


def _span(value: Any) -> Span:
    return parse_span(str(value))


def _by_quarters(span: Span) -> Span:
    if span.opens % 15 or span.closes % 15:
        raise ValueError("expected times in whole quarters of an hour, such as 08:15-16:30")
    return span


def _weekday(value: str) -> str:
    if value not in WEEKDAYS:
        raise ValueError(f"expected one of {', '.join(WEEKDAYS)}")
    return value


def _at_once(value: Any) -> int:
    """So many phones; 0 stands for all of them."""
    if value == "all":
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_AT_ONCE:
        raise ValueError(f"expected a whole number from 1 to {MOST_AT_ONCE}, or all")
    return value


def _caller_pattern(value: str) -> str:
    """A number, or how numbers begin. Callers are known by their number as people in China write it, and so are patterns: a
    whole number is brought into that form, the beginning of one cannot be."""
    if not _CALLER_PATTERN.fullmatch(value):
        raise ValueError("expected 3 to 20 digits, or the first digits of a number and *, in quotes")
    if value.endswith("*") and _WITH_COUNTRY.match(value):
        raise ValueError("expected a beginning without the country code 86, such as 138* or 0571*")
    return value


MOST_AT_ONCE = 50
"""More phones than this ring together only when all do."""

_CALLER_PATTERN = re.compile(r"\+?[0-9]{3,20}|\+?[0-9]{1,19}\*", re.ASCII)
_WITH_COUNTRY = re.compile(r"\+86|0086|861[3-9]", re.ASCII)
_IDENTIFIER = r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
_FEATURE_CODE = r"\*[0-9]{2,4}"

Duration = Annotated[float, PlainValidator(seconds)]
AtLeastASecond = Annotated[float, PlainValidator(seconds), Field(ge=1)]
ATenthOrMore = Annotated[float, PlainValidator(seconds), Field(ge=0.1)]
AtLeastAMinute = Annotated[float, PlainValidator(seconds), Field(ge=60)]
Share = Annotated[float, PlainValidator(_share)]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
identifier = _matching(_IDENTIFIER, "1 to 32 of A-Z a-z 0-9 _ -, the first a letter or digit")
Identifier = Annotated[str, AfterValidator(identifier)]
PhoneNumber = Annotated[str, AfterValidator(_matching(r"\+?[0-9]{3,20}", "3 to 20 digits, with or without + in front"))]
PhoneKey = Annotated[str, AfterValidator(_matching(r"[0-9*#]", "one of the keys 0 to 9, * and #, in quotes"))]
FeatureCode = Annotated[str, AfterValidator(_matching(_FEATURE_CODE, "* and 2 to 4 digits, in quotes"))]
Origin = Annotated[
    str,
    AfterValidator(
        _matching(
            r"https?://[a-z0-9.-]{1,200}(:[0-9]{1,5})?", "a page's origin such as https://crm.example, without a path"
        )
    ),
]
HostAndPort = Annotated[
    str,
    AfterValidator(
        _matching(
            r"[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?", "a host and port such as 203.0.113.7:5060 or sip.carrier.example"
        )
    ),
]
DialPrefix = Annotated[str, AfterValidator(_matching(r"[0-9]{0,8}", "up to 8 digits"))]
DialledNumbers = Annotated[str, AfterValidator(_matching(r"[0-9]{1,14}\*", "how numbers begin, such as 1* or 0571*"))]
TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
Clock = Annotated[str, AfterValidator(_clock)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
Whole = Annotated[int, BeforeValidator(_no_bool)]
Number = Annotated[float, BeforeValidator(_no_bool)]
Port = Annotated[Whole, Field(ge=0, le=65535)]
Secret = Annotated[str, Field(repr=False, max_length=500), AfterValidator(_one_line)]
database_url = _or_empty(_url("sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg"))
redis_url = _or_empty(_url("redis", "rediss", "unix"))
DatabaseUrl = Annotated[Secret, AfterValidator(database_url)]
RedisUrl = Annotated[Secret, AfterValidator(redis_url)]
WebUrl = Annotated[str, Field(max_length=500), AfterValidator(_url("http", "https"))]
VipLevel = Annotated[Whole, Field(ge=1, le=99)]
Level = Annotated[Whole, Field(ge=1, le=99)]
"""Of a skill; who lacks the skill has level 0."""
Weight = Annotated[Number, Field(ge=0.01, le=100)]
AtOnce = Annotated[int, PlainValidator(_at_once)]
CallerPattern = Annotated[str, AfterValidator(_caller_pattern)]
OneOrMore = BeforeValidator(_one_or_more)
"""A list, of which a single text may stand without its brackets."""
Spans = tuple[Annotated[Span, PlainValidator(_span)], ...]
QuarterSpan = Annotated[Span, PlainValidator(_span), AfterValidator(_by_quarters)]
"""A span that begins and ends with a quarter of an hour, as figures are counted by."""
Weekday = Annotated[str, AfterValidator(_weekday)]
Priority = Annotated[Whole, Field(ge=-100, le=100)]
