"""A caller's visit: who he is, his leg, the desk, and what he is led by. All stages of his session work on it."""

import logging
from collections.abc import Callable, Sequence

import msgspec

from acd.events import Event
from acd.model import CallId, MessageId
from agents.roster import QueueId
from ivr.conditions import CallFacts
from ivr.hours import Hours
from ivr.inbox import Inbox
from ivr.nodes import Flow
from ivr.ports import Desk, Leg
from ivr.prompts import Prompts, UnknownPrompt
from ivr.speech import is_value
from ivr.survey import QueueSurvey

__all__ = ["Caller", "Draft", "RecordingNotice", "Script", "Visit"]

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
    surveys: dict[QueueId, QueueSurvey] = {}
    """What callers of a queue are asked after their talk; of others nothing is."""
    notices: dict[QueueId, RecordingNotice] = {}
    """By queue, where there is one."""


class Draft(msgspec.Struct, frozen=True):
    """A message he has recorded and neither kept nor deleted. Durations in seconds."""

    message: MessageId
    queue: QueueId | None
    shortest_s: float


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
        self.masked: dict[str, str] = {}
        """What he typed, or was looked up of him, that nobody else may know."""
        self.draft: Draft | None = None
        self.speak_in(self.facts.attributes.get("language", ""))
        self.unrecorded: bool | None = None
        """Whether he has refused to be recorded; None: he has not been told of it."""

    @property
    def call(self) -> CallId:
        """His call's id."""
        return self.caller.call

    @property
    def facts(self) -> CallFacts:
        """What is known of him now."""
        return CallFacts.of(self.desk.known(self.call))

    def tell(self, event: Event) -> None:
        """Tell the desk what happened."""
        self.desk.tell(event)

    async def say(self, prompts: tuple[str, ...], keys: str = "") -> str | None:
        """Play prompts of the script; one of `keys` cuts them short and is returned."""
        return await self.leg.play(self.sounds(prompts), keys)

    def speak_in(self, language: str) -> None:
        """Say everything in this language from now on, if there are prompts in it."""
        if language and self.script.prompts.in_language(language):
            self.language = language

    def values(self) -> dict[str, str]:
        """What may stand in braces, in prompts and in what other systems are asked."""
        known = self.facts
        himself = {
            "number": self.caller.number,
            "did": self.caller.did,
            "customer": known.customer,
            "language": self.language,
        }
        return {**known.attributes, **self.masked, **himself}

    def sounds(self, prompts: Sequence[str]) -> list[str]:
        """The sounds of prompts that the script names. UnknownPrompt if there is none of that name."""
        return [sound for prompt in prompts for sound in self._sounds_of(prompt)]

    def known_sounds(self, items: tuple[str, ...]) -> list[str]:
        """Of prompts and values the core names: its rules may be newer than this call's script, and then they are passed over,
        all together."""
        try:
            return self.script.prompts.sounds(items, self.language)
        except (UnknownPrompt, ValueError) as problem:
            log.warning("%s", problem, extra={"call_id": self.call})
            return []

    def _sounds_of(self, prompt: str) -> list[str]:
        """A value that cannot be said is passed over: what it is stays out of the log."""
        if not is_value(prompt):
            return [self.script.prompts.sound(prompt, self.language)]
        kind, _, name = prompt[1:-1].partition(":")
        try:
            return self.script.prompts.sounds([f"{{{kind}:{self.values().get(name, name)}}}"], self.language)
        except (ValueError, UnknownPrompt):
            log.warning("a value of kind %s cannot be said in %s", kind, self.language, extra={"call_id": self.call})
            return []
