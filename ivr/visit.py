"""A caller's visit: who he is, his leg, the desk, and what he is led by. All stages of his session work on it."""

import logging
from collections.abc import Callable

import msgspec

from acd.events import Event
from acd.model import CallId
from agents.roster import QueueId
from ivr.flow import Flow
from ivr.hours import Hours
from ivr.inbox import Inbox
from ivr.ports import Desk, Leg
from ivr.prompts import Prompts, UnknownPrompt

__all__ = ["Caller", "RecordingNotice", "Script", "Visit"]

log = logging.getLogger(__name__)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling: what CallArrived needs. Number and name are cleaned."""

    call: CallId
    channel: str
    number: str
    did: str
    name: str = ""
    attributes: dict[str, str] = {}
    """What his number tells of him."""


class RecordingNotice(msgspec.Struct, frozen=True):
    """What callers of a queue are told before their talk is recorded, and the key by which they refuse; "": they cannot."""

    prompts: tuple[str, ...]
    refusal: str = ""


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What sessions are led by, of one version of the configuration. A call keeps the script it began with."""

    flow: Flow
    calendars: dict[str, Hours]
    prompts: Prompts
    music: dict[QueueId, str]
    """Music class by queue; "default" for others."""
    notices: dict[QueueId, RecordingNotice] = {}
    """By queue, where there is one."""


class Visit:
    """What one caller's stages share. `clock` gives seconds since the epoch."""

    def __init__(self, caller: Caller, leg: Leg, desk: Desk, script: Script, clock: Callable[[], float]) -> None:
        self.caller = caller
        self.leg = leg
        self.desk = desk
        self.script = script
        self.clock = clock
        self.inbox = Inbox()
        self.language = script.flow.language
        """The language he hears."""
        self.unrecorded: bool | None = None
        """Whether he has refused to be recorded; None: he has not been told of it."""

    @property
    def call(self) -> CallId:
        """His call's id."""
        return self.caller.call

    def tell(self, event: Event) -> None:
        """Tell the desk what happened."""
        self.desk.tell(event)

    async def say(self, prompts: tuple[str, ...], keys: str = "") -> str | None:
        """Play prompts of the script; one of `keys` cuts them short and is returned."""
        return await self.leg.play(self.sounds(prompts), keys)

    def sounds(self, prompts: tuple[str, ...]) -> list[str]:
        """The sounds of prompts that the script names. UnknownPrompt if there is none of that name."""
        return [self.script.prompts.sound(prompt, self.language) for prompt in prompts]

    def known_sounds(self, items: tuple[str, ...]) -> list[str]:
        """Of prompts and values the core names: its rules may be newer than this call's script, and then they are passed over,
        all together."""
        try:
            return self.script.prompts.sounds(items, self.language)
        except (UnknownPrompt, ValueError) as problem:
            log.warning("%s", problem, extra={"call_id": self.call})
            return []
