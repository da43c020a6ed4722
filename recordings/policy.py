"""What the files of a recording are called.

Every name is made from the offer id alone, so a file found after a crash still says which talk it belongs to, and doing the
same work twice ends in the same file.
"""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple

from acd.model import CallId, OfferId

__all__ = [
    "LegNames",
    "UnsafeName",
    "call_of",
    "leg_names",
    "offer_of_leg",
    "recording_path",
]

SAFE_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,149}[A-Za-z0-9_-])?")
STARTED_IN_ID: Final = re.compile(r"(?:^|-)(\d{9,11})\.\d+-\d+$")
"""The epoch second in `<system>-<epoch>.<n>-<offer>`: Asterisk puts the channel's creation time into its unique id."""


class UnsafeName(ValueError):
    """The id holds characters that may not stand in a file name; refused, never cleaned."""


class LegNames(NamedTuple):
    """The two files Asterisk writes while the talk goes on."""

    caller: str
    agent: str


def leg_names(offer: OfferId) -> LegNames:
    """The names MixMonitor is given: r() for what the caller says, t() for what he hears. Raises UnsafeName."""
    name = _checked(offer)
    return LegNames(f"{name}-caller.wav", f"{name}-agent.wav")


def offer_of_leg(file_name: str) -> OfferId | None:
    """The offer a leg belongs to; None for any other file."""
    for ending in ("-caller.wav", "-agent.wav"):
        name = file_name.removesuffix(ending)
        if name != file_name and SAFE_NAME.fullmatch(name) and ".." not in name:
            return OfferId(name)
    return None


def call_of(offer: OfferId) -> CallId:
    """An offer id is its call's id and a running number."""
    return CallId(offer.rpartition("-")[0])


def recording_path(offer: OfferId, zone: tzinfo = UTC) -> str:
    """Where the finished recording lies under the root: YYYY/MM/DD/<offer>.wav, by the day the call came in."""
    name = _checked(offer)
    started = STARTED_IN_ID.search(name)
    day = f"{datetime.fromtimestamp(int(started[1]), zone):%Y/%m/%d}" if started else "undated"
    return f"{day}/{name}.wav"


def _checked(name: str) -> str:
    if not SAFE_NAME.fullmatch(name) or ".." in name:
        raise UnsafeName(
            f"{name!r} cannot name a file: only letters, digits, dot, hyphen and underscore may stand in it"
        )
    return name
