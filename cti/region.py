"""Where a caller's number is from, and what kind of line it is: a look-up in data that come with two libraries.

Landlines go by their area code, mobiles by their first seven digits (号段归属): the place the number was given out at,
which need not be where the caller is. A mobile's carrier is a guess, because numbers are carried over to others (携号转网).

`phonenumbers` says whether a number is valid and of what kind; the places of both kinds are those of `phone`, so that they have
one spelling. The library's own places are not used: they are the same ones, for a hundred megabytes of memory.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from phone import Phone

__all__ = ["ATTRIBUTES", "LINES", "Atlas", "Regions", "load_atlas"]

log = logging.getLogger(__name__)

ATTRIBUTES: Final = ("line", "region", "province", "city", "carrier")
"""What a number may tell of its caller."""
LINES: Final = ("mobile", "landline", "service", "unknown")
"""What `line` can be."""

_HOME: Final = "CN"
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE: Final = re.compile(r"0[0-9]{9,11}")
_DIALLED: Final = re.compile(r"(?!00)[0-9]{3,20}")
"""Numbers of this country. Others say nothing of a province, and each country's rules would have to be read first."""

_FIRST_LOOKED_UP: Final = ("01088886666", "4008869119", "8008201234", "12345", "13800138000")
"""`phonenumbers` reads its rules when they are first needed, which would cost the first caller fifty milliseconds."""

Place = tuple[str, str]
"""Province and city."""


class Atlas:
    """The loaded data."""

    def __init__(self, mobiles: "Phone", areas: Mapping[str, Place]) -> None:
        self._mobiles = mobiles
        self._areas = areas

    def of(self, number: str) -> dict[str, str]:
        """What is known of a number in acd.numbers' form: `line` always; region, province, city, carrier where they are.

        Never raises: what callers send as their number is whatever they like.
        """
        if not _DIALLED.fullmatch(number):
            return {"line": "unknown"}
        if _MOBILE.fullmatch(number):
            return {"line": "mobile", **self._mobile(number)}
        line = _kind(number)
        return {"line": line, **_named(self._area(number))} if line == "landline" else {"line": line}

    def _mobile(self, number: str) -> dict[str, str]:
        found = self._mobiles.find(number)
        if not found:
            return {}
        carrier = {"carrier": found["phone_type"]} if found["phone_type"] else {}
        return _named((found["province"], found["city"])) | carrier

    def _area(self, number: str) -> Place | None:
        """010 and 02x have three digits, the others four; none begins another."""
        return self._areas.get(number[:3]) or self._areas.get(number[:4])


class Regions:
    """The look-up for an engine: empty answers until the data are there, so that no caller waits for them after a restart."""

    def __init__(self) -> None:
        self._atlas: Atlas | None = None

    async def load(self) -> None:
        """Read the data, in a thread. Without them the answers stay empty; the log says why."""
        try:
            self._atlas = await asyncio.to_thread(load_atlas)
        except (ImportError, OSError, ValueError) as error:
            log.error("callers' regions are not known: %s", error)

    def of(self, number: str) -> dict[str, str]:
        """As Atlas.of; nothing before the data are there, or without a number."""
        return self._atlas.of(number) if self._atlas is not None and number else {}


def load_atlas() -> Atlas:
    """Read the data: some tenths of a second of work."""
    from phone import Phone  # noqa: PLC0415 - here, in this thread: no start waits for it

    mobiles = Phone()
    atlas = Atlas(mobiles, _areas(mobiles))
    for number in _FIRST_LOOKED_UP:
        atlas.of(number)
    return atlas


def _areas(mobiles: "Phone") -> dict[str, Place]:
    """By area code. One that several cities share (0731: 长沙, 株洲, 湘潭) counts as the biggest's, by mobile numbers."""
    import numpy as np  # noqa: PLC0415 - likewise

    index = np.frombuffer(
        mobiles.buf,
        dtype=[("prefix", "<i4"), ("place", "<i4"), ("kind", "u1")],
        offset=mobiles.first_phone_record_offset,
    )
    sizes = np.bincount(index["place"])
    biggest: dict[str, tuple[int, Place]] = {}
    for offset in np.flatnonzero(sizes):
        end = mobiles.buf.index(b"\0", offset)
        province, city, _, code = mobiles.buf[offset:end].decode().split("|")
        if code not in biggest or sizes[offset] > biggest[code][0]:
            biggest[code] = (int(sizes[offset]), (province, city))
    return {code: place for code, (_, place) in biggest.items()}


def _named(place: Place | None) -> dict[str, str]:
    if place is None or not place[0]:
        return {}
    province, city = place
    region = province if city in ("", province) else f"{province} {city}"
    return {"region": region, "province": province, "city": city or province}


def _kind(number: str) -> str:
    import phonenumbers as pn  # noqa: PLC0415 - load_atlas has loaded it
    from phonenumbers import shortnumberinfo  # noqa: PLC0415 - likewise

    try:
        parsed = pn.parse(number, _HOME)
    except pn.NumberParseException:
        return "unknown"
    if shortnumberinfo.is_valid_short_number_for_region(parsed, _HOME):
        return "service"
    match pn.number_type(parsed):
        case pn.PhoneNumberType.FIXED_LINE if _LANDLINE.fullmatch(number):
            return "landline"
        case pn.PhoneNumberType.TOLL_FREE | pn.PhoneNumberType.SHARED_COST | pn.PhoneNumberType.PREMIUM_RATE:
            return "service"
        case _:
            return "unknown"
