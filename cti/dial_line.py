"""What `EXEC Dial` is told when phones ring together: one line, as long as Asterisk takes. Pure.

The recording is named by whoever answers: hotline-record (extensions.conf) finds his name among those of all.
"""

import math
from collections.abc import Callable, Sequence

from cti.agi_lines import MAX_COMMAND_BYTES
from ivr.ports import RungPhone

__all__ = ["Outside", "dial_options", "dial_target", "ring_seconds", "room_for"]

Outside = Callable[[str], str | None]
"""What Dial is told to reach a number outside; None: there is no way to it."""

_FIXED_BYTES = 160
"""The command's name, quotes, separators, the ringing time, the options' letters and a music class of up to 80 characters."""


def dial_target(phones: Sequence[RungPhone]) -> str:
    """All phones, side by side."""
    return "&".join(f"PJSIP/agent-{phone.agent}" for phone in phones)


def dial_options(phones: Sequence[RungPhone], music_class: str) -> str:
    """g: the caller comes back when the agent hangs up; i: no forwarding by a phone; m: music while they ring; U: the
    recording begins on the answer."""
    return f"gim({music_class}){_record(phones)}"


def ring_seconds(ring_s: float) -> int:
    """Dial rings for whole seconds."""
    return math.ceil(ring_s)


def room_for(phones: Sequence[RungPhone]) -> int:
    """How many of these phones, from the first, fit on one line: some 60 with four-digit numbers."""
    room = len(phones)
    while room > 1 and len(dial_target(phones[:room]) + _record(phones[:room])) + _FIXED_BYTES > MAX_COMMAND_BYTES:
        room -= 1
    return room


def _record(phones: Sequence[RungPhone]) -> str:
    """Names of one call's offers differ in their last characters: what they share is said once."""
    names = [phone.record_name or "" for phone in phones]
    if not any(names):
        return ""
    if len(phones) == 1:
        return f"U(hotline-record^{names[0]})"
    shared = _shared_start(names)
    rest = "/".join(name.removeprefix(shared) for name in names)
    return f"U(hotline-record^{shared}^{'/'.join(phone.agent for phone in phones)}^{rest})"


def _shared_start(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    same = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, len(first))]
