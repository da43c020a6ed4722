"""The people in the telephone network: callers' calls, and agents' phones with what they do when they ring."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

Script = tuple[str, ...]

ROWS_HZ: Final = (697, 770, 852, 941)
COLUMNS_HZ: Final = (1209, 1336, 1477)
KEYPAD: Final = "123456789*0#"
"""ITU-T Q.23: a key is one tone of its row and one of its column."""


def inband(keys: str) -> tuple[str, ...]:
    """Steps of a caller who presses these keys on a line that carries them as tones."""
    places = (divmod(KEYPAD.index(key), len(COLUMNS_HZ)) for key in keys)
    return tuple(f"inband:{ROWS_HZ[row]}+{COLUMNS_HZ[column]}" for row, column in places)


def caller_script(
    name: str, digits: Sequence[tuple[float, str]], tone_hz: int | None, hang_up_after_s: float, *, listen: bool
) -> Script:
    """Steps of a caller, all times counted from the answer: keys at (seconds after the last one), then a tone."""
    steps: list[str] = [f"listen:{name}"] if listen else []
    for pause_s, keys in digits:
        steps += [f"wait:{pause_s:g}", f"key:{keys}"]
    if tone_hz is not None:
        steps.append(f"tone:{tone_hz}")
    spent_s = sum(pause_s + 0.26 * len(keys) for pause_s, keys in digits)
    return (*steps, f"wait:{max(0.1, hang_up_after_s - spent_s):g}")


@dataclass(slots=True, eq=False)
class NetworkLeg:
    """One channel of the network's Asterisk. Times are the event loop's; `cause` is the Q.850 cause of its end."""

    id: str
    began_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def was_answered(self, at: float) -> None:
        """Its other side picked up; the first time counts."""
        if not self.answered.is_set():
            self.answered_at = at
            self.answered.set()

    def has_ended(self, at: float, cause: int) -> None:
        """It is over; the first cause counts."""
        if not self.ended.is_set():
            self.ended_at, self.cause = at, cause
            self.ended.set()

    async def wait_answered(self, timeout_s: float = 10.0) -> None:
        """Return once it is answered; TimeoutError otherwise."""
        await asyncio.wait_for(self.answered.wait(), timeout_s)

    async def wait_ended(self, timeout_s: float = 30.0) -> int:
        """Return its cause once it is over; TimeoutError otherwise."""
        await asyncio.wait_for(self.ended.wait(), timeout_s)
        return self.cause or 0


Act = Callable[..., Awaitable[object]]


@dataclass(slots=True, eq=False)
class PlacedCall(NetworkLeg):
    """A call into Hotline, by a caller or from an agent's phone."""

    act: Act | None = field(default=None, repr=False)
    heard: Path | None = None  # what the caller heard, complete when the call has ended; None unless listened to

    async def hang_up(self) -> None:
        """The caller hangs up now."""
        await self._act("Hangup", Channel=self.id)

    async def press(self, keys: str) -> None:
        """The caller presses keys now, beside his script."""
        for key in keys:
            await self._act("PlayDTMF", Channel=self.id, Digit=key, Duration="100")

    async def _act(self, action: str, **headers: str) -> None:
        assert self.act is not None
        await self.act(action, **headers)


@dataclass(slots=True, eq=False)
class PhoneCall(NetworkLeg):
    """One ringing of an agent's phone, with the number it showed."""

    shown_number: str = ""
    shown_name: str = ""


Originate = Callable[..., Awaitable[PlacedCall]]


class Phone:
    """One agent's phone, or one outside. What it does when it rings stays so until it is told otherwise; at first it only
    rings."""

    def __init__(self, agent_id: str, act: Act, originate: Originate, extension: str = "") -> None:
        """`extension`: the number under which it is called, when it is no agent's."""
        self.agent_id = agent_id
        self._extension = extension or f"agent-{agent_id}"
        self.rings: list[PhoneCall] = []
        self._new: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._act = act
        self._originate = originate

    async def answers(self, after_s: float = 1.0, talk_s: float = 5.0, tone_hz: int = 880, listen_as: str = "") -> None:
        """Pick up after a while, sound a tone as its voice, hang up when it has talked. With `listen_as` what it hears is kept,
        as heard-NAME.wav in the network's spool folder."""
        listens = f"/listen:{listen_as}" if listen_as else ""
        await self._does(f"ring/wait:{after_s:g}/answer{listens}/tone:{tone_hz}/wait:{talk_s:g}")

    async def ignores(self) -> None:
        """Ring and never be picked up."""
        await self._does("ring/wait:3600")

    async def refuses(self, cause: int = 17) -> None:
        """Refuse at once: 17 busy (486), 21 declined (603), 19 no answer (480)."""
        await self._does(f"refuse:{cause}")

    async def dial(self, code: str, stay_s: float = 5.0) -> PlacedCall:
        """Dial a feature code as this agent."""
        return await self._originate(f"phone-{self.agent_id}", code, (f"wait:{stay_s:g}",), self.agent_id, "")

    async def unplug(self) -> None:
        """Unregister: the phone is gone for Hotline until `plug_in`."""
        await self._act("PJSIPUnregister", Registration=f"phone-{self.agent_id}")

    async def plug_in(self) -> None:
        """Register now."""
        await self._act("PJSIPRegister", Registration=f"phone-{self.agent_id}")

    async def next_ring(self, timeout_s: float = 10.0) -> PhoneCall:
        """The next ringing not yet taken from here; TimeoutError if the phone stays silent."""
        return await asyncio.wait_for(self._new.get(), timeout_s)

    def forget_rings(self) -> None:
        """Start anew: no ringing of before is waited for or listed."""
        self.rings.clear()
        while not self._new.empty():
            self._new.get_nowait()

    def rang(self, call: PhoneCall) -> None:
        """Note a ringing (the network calls this)."""
        self.rings.append(call)
        self._new.put_nowait(call)

    async def _does(self, script: str) -> None:
        await self._act("DBPut", Family="script", Key=self._extension, Val=script)
