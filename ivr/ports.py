"""What a caller's session needs from the world, by role: his leg in Asterisk, and the desk where the core sits."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from acd.events import Event
from acd.model import Call, CallId, MessageId, OfferId, QueueId
from agents.roster import AgentId
from ivr.conditions import QueueFacts
from ivr.nodes import Lookup

__all__ = ["CallerGone", "Desk", "DialResult", "Leg", "LegLost", "RungPhone"]


class RungPhone(msgspec.Struct, frozen=True):
    """A phone to ring, and the name to record the talk under if it is the one that answers; None: no recording."""

    agent: AgentId
    record_name: str | None = None


class DialResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a dial ended: `status` is Asterisk's DIALSTATUS, `agent` who answered, `cause` the Q.850 cause with which the last
    phone to refuse did so (0: none is known)."""

    answered: bool
    status: str
    agent: AgentId | None = None
    cause: int = 0


class CallerGone(Exception):
    """The caller hung up. Raised by whatever the leg was asked to do, at any moment; by a dial with what came of it."""

    def __init__(self, dial: DialResult | None = None) -> None:
        super().__init__("the caller hung up")
        self.dial = dial


class LegLost(Exception):
    """The connection to Asterisk broke. The caller may be alive: the dialplan keeps him and brings him back."""


class Leg(Protocol):
    """The caller's channel. One command at a time; each raises CallerGone or LegLost when its caller or it is gone.

    Sounds are names as Asterisk knows them, without extension. A sound that cannot be played is the leg's to report: it is
    passed over, because a caller without a prompt is better off than without a call.
    """

    async def answer(self) -> None:
        """Answer the call; nothing happens when it is answered."""
        ...

    async def play(self, sounds: Sequence[str], keys: str) -> str | None:
        """Play the sounds in turn; one of `keys` cuts them all short and is returned. None: played to the end."""
        ...

    async def ask_key(self, sounds: Sequence[str], timeout_s: float, keys: str) -> str | None:
        """Play the sounds as `play` does, then wait for any key; None when none came within `timeout_s`."""
        ...

    async def music(self, music_class: str) -> None:
        """Music from now on, while nothing else is asked of the leg."""
        ...

    async def music_off(self) -> None:
        """Silence again."""
        ...

    async def announce(self, sound: str, stop: asyncio.Event) -> None:
        """Play the sound as `play` does, and no more of it once `stop` is set: return as soon as the leg is free."""
        ...

    def room_for(self, phones: Sequence[RungPhone]) -> int:
        """How many of these phones, from the first, one dial can ring."""
        ...

    async def dial(self, phones: Sequence[RungPhone], ring_s: float, music_class: str) -> DialResult:
        """Ring the phones together, with music for the caller, and connect him with the first that is answered; the others
        stop and are told so. Returns when it is over and the caller is still there."""
        ...

    async def dial_out(self, number: str, ring_s: float, longest_s: float) -> DialResult:
        """Ring a number outside over the trunk and connect him with it, for `longest_s` at most."""
        ...

    async def record(self, sound: str, longest_s: float, silence_s: float, terminator: str) -> None:
        """A tone, then record what he says, until `terminator`, a silence of `silence_s`, or `longest_s`."""
        ...

    async def set_place(self, place: str) -> None:
        """Keep this text with the channel; it comes back with the caller if the engine forgets him."""
        ...

    async def hang_up(self) -> None:
        """End the call for good."""
        ...

    async def refuse(self) -> None:
        """End the call for good with the busy tone."""
        ...

    async def fall_back(self) -> None:
        """Give the caller to the dialplan's last-resort queue."""
        ...

    def on_end(self, callback: Callable[[CallerGone | LegLost], None]) -> None:
        """Call back once, as soon as the caller or the connection is known to be gone; at once if it is."""
        ...


class Desk(Protocol):
    """Where the session tells what happened to its caller, and asks for what it cannot know itself."""

    def tell(self, event: Event) -> None:
        """Post an event. May raise acd.core.Refused."""
        ...

    def known(self, call: CallId) -> Call | None:
        """What the floor knows of the call, to look at; None: nothing."""
        ...

    def answered(self, offer: OfferId) -> bool:
        """Whether the answer to this offer has been told already, by whomever. True too when the offer is over."""
        ...

    def rang(self, offer: OfferId) -> bool:
        """Whether the phone is known to have rung for this live offer."""
        ...

    async def answered_at(self, offer: OfferId) -> float | None:
        """When the phone was picked up, of an answer nobody has told; None: it is not known."""
        ...

    def queue(self, queue: QueueId) -> QueueFacts | None:
        """The queue as it is now; None if the rules have none of that name."""
        ...

    async def look_up(self, lookup: Lookup, values: Mapping[str, str]) -> dict[str, str] | None:
        """Ask another system; None: it gave no answer that could be used, or none in time. Raises nothing of its own."""
        ...

    def message_sound(self, message: MessageId) -> str:
        """The name under which Asterisk records and plays a message."""
        ...

    async def message_s(self, message: MessageId) -> float:
        """How long the message is that has just been recorded, in seconds; 0: there is none."""
        ...

    def drop_message(self, message: MessageId) -> None:
        """Delete a message, if it is there."""
        ...

    async def drop_drafts(self, call: CallId) -> None:
        """Delete what he said in this call when an engine that is gone since was with him, unless it was kept as a message."""
        ...

    def emergency(self) -> str | None:
        """The prompt callers hear while the whole site is closed in an emergency; None: there is none."""
        ...
