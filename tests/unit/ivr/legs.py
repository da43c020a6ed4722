"""A caller's leg without Asterisk, and a desk with the real core behind it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from acd import events as ev
from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt
from acd.model import EVERYWHERE, Call, CallId, MessageId, OfferId, QueueId
from cti.floor_facts import queue_facts
from ivr.conditions import QueueFacts
from ivr.nodes import Lookup
from ivr.ports import CallerGone, DialResult, LegLost, RungPhone
from ivr.session import CallerSession
from tests.unit.acd.floors import Stage

__all__ = ["CoreDesk", "FakeLeg"]


class FakeLeg:
    """Answers keys and dials from what the test gives it. A dial without a given result goes on until `dial_over`.

    `did` is what it was asked for. Before its `gone_at`-th act (from 0) it raises `gone`.
    """

    def __init__(
        self,
        keys: Iterable[str | None] = (),
        dials: Iterable[DialResult] = (),
        gone_at: int | None = None,
        gone: CallerGone | LegLost | RuntimeError | None = None,
    ) -> None:
        self.did: list[tuple[object, ...]] = []
        self._keys = deque(keys)
        self._dials = deque(dials)
        self._gone_at = gone_at
        self._gone = gone or CallerGone()
        self._ended: CallerGone | LegLost | None = None
        self._callbacks: list[Callable[[CallerGone | LegLost], None]] = []
        self._dial: asyncio.Future[DialResult] | None = None
        """The dial, or the prompt for a waiting caller, that goes on."""
        self.room = 60
        self._awaited: dict[tuple[object, ...], asyncio.Event] = {}

    async def reached(self, *act: object) -> None:
        """Wait until it was asked for just this."""
        await self._awaited.setdefault(act, asyncio.Event()).wait()

    def acts(self, *names: str) -> list[tuple[object, ...]]:
        """What it was asked for, of these kinds."""
        return [act for act in self.did if act[0] in names]

    def end(self, gone: CallerGone | LegLost) -> None:
        """The caller hangs up, or the connection breaks, whatever goes on."""
        self._ended = gone
        for callback in self._callbacks:
            callback(gone)
        if self._dial is not None and not self._dial.done():
            self._dial.set_exception(gone)

    def press(self, *keys: str | None) -> None:
        """What the caller presses when he is next asked."""
        self._keys.extend(keys)

    def said(self) -> None:
        """The prompt that is being played comes to its end."""
        self.dial_over(DialResult(answered=False, status=""))

    def dial_over(self, result: DialResult) -> None:
        """The running dial ends."""
        assert self._dial is not None
        self._dial.set_result(result)

    async def answer(self) -> None:
        await self._act("answer")

    async def play(self, sounds: Sequence[str], keys: str) -> str | None:
        await self._act("play", *sounds)
        return self._keys.popleft() if keys and self._keys else None

    async def ask_key(self, sounds: Sequence[str], timeout_s: float, keys: str) -> str | None:
        await self._act("ask", *sounds)
        return self._keys.popleft() if self._keys else None

    async def music(self, music_class: str) -> None:
        await self._act("music", music_class)

    async def music_off(self) -> None:
        await self._act("music_off")

    async def announce(self, sound: str, stop: asyncio.Event) -> None:
        await self._act("announce", sound)
        playing = self._dial = asyncio.get_running_loop().create_future()
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait((playing, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if playing.done():
            playing.result()
        else:
            await self._act("cut", sound)

    def room_for(self, phones: Sequence[RungPhone]) -> int:
        return min(len(phones), self.room)

    async def dial(self, phones: Sequence[RungPhone], ring_s: float, music_class: str) -> DialResult:
        match phones:
            case [phone]:
                await self._act("dial", phone.agent, ring_s, phone.record_name, music_class)
            case _:
                await self._act("dial_together", *(phone.agent for phone in phones))
        if self._dials:
            return self._dials.popleft()
        self._dial = asyncio.get_running_loop().create_future()
        return await self._dial

    async def dial_out(self, number: str, ring_s: float, longest_s: float) -> DialResult:
        await self._act("dial_out", number, ring_s, longest_s)
        return self._dials.popleft()

    async def record(self, sound: str, longest_s: float, silence_s: float, terminator: str) -> None:
        await self._act("record", sound)

    async def set_place(self, place: str) -> None:
        await self._act("place", place)

    async def hang_up(self) -> None:
        await self._act("hang_up")

    async def refuse(self) -> None:
        await self._act("refuse")

    async def fall_back(self) -> None:
        await self._act("fall_back")

    def on_end(self, callback: Callable[[CallerGone | LegLost], None]) -> None:
        self._callbacks.append(callback)
        if self._ended is not None:
            callback(self._ended)

    async def _act(self, *act: object) -> None:
        await asyncio.sleep(0)
        if self._ended is not None:
            raise self._ended
        if self._gone_at == len(self.did):
            if not isinstance(self._gone, RuntimeError):
                self.end(self._gone)
            self._gone_at = None
            raise self._gone
        self.did.append(act)
        self._awaited.setdefault(act, asyncio.Event()).set()


class CoreDesk:
    """Tells the real core, and passes its commands for this caller back to the session."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.told: list[ev.Event] = []
        self.session: CallerSession | None = None
        self.picked_up_at: float | None = None
        """When the phone was picked up, of an answer nobody tells."""
        self.answers: deque[dict[str, str] | None] = deque()
        """What other systems answer, in turn."""
        self.asked: list[tuple[str, dict[str, str]]] = []
        """The lookups asked, with the values given."""
        self.said_s = 5.0
        """How long what a caller says is that is recorded."""
        self.dropped: list[MessageId] = []
        self.drafts: list[MessageId] = []
        """What he said while an engine before was with him."""

    def tell(self, event: ev.Event) -> None:
        self.told.append(event)
        for command in self.stage.tell(event).commands:
            if isinstance(command, OfferCall | EndCall | PlayPrompt | GoToNode) and self.session is not None:
                self.session.order(command)

    def known(self, call: CallId) -> Call | None:
        return self.stage.floor.calls.get(call)

    def answered(self, offer: OfferId) -> bool:
        live = self.stage.floor.offers.get(offer)
        return live is None or live.answered_at is not None

    def rang(self, offer: OfferId) -> bool:
        live = self.stage.floor.offers.get(offer)
        return live is not None and live.rang_at is not None

    async def answered_at(self, offer: OfferId) -> float | None:
        return self.picked_up_at

    def emergency(self) -> str | None:
        found = self.stage.floor.emergencies.get(EVERYWHERE)
        return None if found is None else found.prompt

    def message_sound(self, message: MessageId) -> str:
        return f"/messages/{message}"

    async def message_s(self, message: MessageId) -> float:
        return self.said_s

    def drop_message(self, message: MessageId) -> None:
        self.dropped.append(message)

    async def drop_drafts(self, call: CallId) -> None:
        self.dropped += self.drafts
        self.drafts = []

    def kinds(self) -> list[str]:
        """Names of the events told, in order."""
        return [type(event).__name__ for event in self.told]

    def queue(self, queue: QueueId) -> QueueFacts | None:
        return queue_facts(self.stage.floor, queue, self.stage.now)

    async def look_up(self, lookup: Lookup, values: Mapping[str, str]) -> dict[str, str] | None:
        self.asked.append((lookup.name, dict(values)))
        return self.answers.popleft()
