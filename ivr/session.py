"""One caller, from the moment his leg reaches the engine to the moment it leaves.

The session leads him through the flow, keeps him in music while he waits, connects him with the agent the core names, and
says good-bye. It decides nothing about queues: it tells the core what happened to him and carries out the core's orders.

Whatever stage he is in: when he hangs up, exactly one CallLeftByCaller is told; when the connection breaks, CallDetached (he
may be alive, the dialplan keeps him in music and brings him back); when the session itself fails, the same, and the
dialplan's last-resort queue takes him.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, assert_never

import msgspec

from acd.commands import EndCall, OfferCall
from acd.events import (
    CallArrived,
    CallClosed,
    CallDetached,
    CallLeftByCaller,
    CallMoved,
    CallQueued,
    CallRejoined,
    OfferAnswered,
    OfferFailed,
    TalkEnded,
)
from acd.model import CallId, OfferId, OfferOutcome
from agents.roster import QueueId
from ivr import flow as fl
from ivr.entry import AfterTalk, AtNode, Entry, Forgotten, InQueue, NewCall, place_in_queue
from ivr.hours import Hours, is_open
from ivr.ports import CallerGone, Desk, DialResult, Leg, LegLost
from ivr.prompts import Prompts

__all__ = ["OUTCOMES", "Caller", "CallerSession", "Order", "Script"]

log = logging.getLogger(__name__)

Order = OfferCall | EndCall

OUTCOMES: Final = {
    "NOANSWER": OfferOutcome.NO_ANSWER,
    "BUSY": OfferOutcome.DECLINED,
    "CHANUNAVAIL": OfferOutcome.UNREACHABLE,
    "CONGESTION": OfferOutcome.UNREACHABLE,
    "CANCEL": OfferOutcome.WITHDRAWN,
}
"""What Asterisk's DIALSTATUS makes of an offer. Any other word means that the phone could not be rung: UNREACHABLE."""

CALL_REJECTED: Final = 21
"""Q.850: a phone whose user pressed "decline" (603); its DIALSTATUS is CHANUNAVAIL, as if there were no phone."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling: what CallArrived needs. Number and name are cleaned."""

    call: CallId
    channel: str
    number: str
    did: str
    name: str = ""


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What sessions are led by, of one version of the configuration. A call keeps the script it began with."""

    flow: fl.Flow
    calendars: dict[str, Hours]
    prompts: Prompts
    music: dict[QueueId, str]
    """Music class by queue; "default" for others."""


class CallerSession:
    """Runs once. `clock` gives seconds since the epoch."""

    def __init__(
        self, caller: Caller, leg: Leg, desk: Desk, script: Script, clock: Callable[[], float], entry: Entry
    ) -> None:
        self.caller = caller
        self._leg = leg
        self._desk = desk
        self._script = script
        self._clock = clock
        self._entry = entry
        # Never long: the core has at most one live offer for a caller.
        self._inbox: asyncio.Queue[Order | CallerGone | LegLost] = asyncio.Queue()

    def order(self, command: Order) -> None:
        """A command of the core for this caller; carried out as soon as he waits."""
        self._inbox.put_nowait(command)

    async def run(self) -> None:
        """Look after the caller until he is gone, served, or out of our hands. Raises only what the desk raises."""
        self._leg.on_end(self._inbox.put_nowait)
        try:
            await self._serve()
        except CallerGone:
            self._desk.tell(CallLeftByCaller(call=self.caller.call))
        except LegLost:
            self._desk.tell(CallDetached(call=self.caller.call))
        except Exception:
            self._log_failure()
            await self._fall_back()

    # --- how it begins ------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        call = self.caller.call
        match self._entry:
            case NewCall():
                self._tell_arrived()
                await self._leg.answer()
                await self._follow(fl.begin(self._script.flow))
            case AtNode(node):
                self._desk.tell(CallRejoined(call=call))
                await self._follow(fl.resume(self._script.flow, node))
            case InQueue(queue):
                self._desk.tell(CallRejoined(call=call))
                await self._wait(queue)
            case AfterTalk(offer, answered_at, ended_at):
                if offer is not None:
                    self._tell_answered(offer, answered_at)
                    self._desk.tell(TalkEnded(offer=offer, at=ended_at))
                await self._say_good_bye()
            case Forgotten(queue, priority):
                self._tell_arrived()
                self._desk.tell(CallQueued(call=call, queue=queue, priority=priority))
                await self._wait(queue)
            case _:
                assert_never(self._entry)

    def _tell_arrived(self) -> None:
        who = self.caller
        self._desk.tell(CallArrived(call=who.call, channel=who.channel, number=who.number, did=who.did, name=who.name))

    # --- the flow -----------------------------------------------------------------------------------------------------

    async def _follow(self, step: fl.Step) -> None:
        while True:
            for entered in step.entered:
                self._desk.tell(CallMoved(call=self.caller.call, node=entered.node, key=entered.key))
            match step.action:
                case fl.Play(prompts, keys):
                    happened = _heard(await self._leg.play(self._sounds(prompts), keys))
                case fl.AskKey(prompts, keys, timeout_s):
                    happened = _heard(await self._leg.ask_key(self._sounds(prompts), timeout_s, keys))
                case fl.CheckHours(calendar):
                    happened = fl.HoursChecked(self._is_open(calendar))
                case fl.Enqueue(queue, priority, prompts):
                    await self._enqueue(queue, priority, prompts)
                    return
                case fl.HangUp(prompts, reason):
                    await self._end(prompts, reason)
                    return
                case _:
                    assert_never(step.action)
            step = fl.advance(self._script.flow, step.position, happened)

    def _is_open(self, calendar: str) -> bool:
        return is_open(self._script.calendars[calendar], datetime.fromtimestamp(self._clock(), UTC))

    def _sounds(self, prompts: tuple[str, ...]) -> list[str]:
        return [self._script.prompts.sound(prompt, self._script.flow.language) for prompt in prompts]

    # --- waiting and talking ------------------------------------------------------------------------------------------

    async def _enqueue(self, queue: QueueId, priority: int, prompts: tuple[str, ...]) -> None:
        """The prompts first: once he is queued, nothing may stand between him and a free agent."""
        await self._leg.play(self._sounds(prompts), "")
        await self._leg.set_place(place_in_queue(queue, priority))
        self._desk.tell(CallQueued(call=self.caller.call, queue=queue, priority=priority))
        await self._wait(queue)

    async def _wait(self, queue: QueueId) -> None:
        music_class = self._script.music.get(queue, "default")
        while True:
            if self._inbox.empty():
                await self._leg.music(music_class)
            match await self._next_order():
                case OfferCall() as offer:
                    if await self._connect(offer, music_class):
                        await self._say_good_bye()
                        return
                case EndCall() as end:
                    await self._leg.music_off()
                    await self._end((end.prompt,) if end.prompt else (), end.reason)
                    return

    async def _next_order(self) -> Order:
        order = await self._inbox.get()
        if isinstance(order, CallerGone | LegLost):
            raise order
        return order

    async def _connect(self, order: OfferCall, music_class: str) -> bool:
        """Ring the agent; True when the two have talked and the caller is still there."""
        record_name = str(order.offer) if order.record else None
        try:
            result = await self._leg.dial(order.agent, order.ring_s, record_name, music_class)
        except CallerGone as gone:
            if gone.dial is not None and gone.dial.answered:
                await self._tell_answer(order.offer)
            raise
        if result.answered:
            await self._tell_answer(order.offer)
            self._desk.tell(TalkEnded(offer=order.offer))
        else:
            self._tell_failed(order.offer, result)
        return result.answered

    def _tell_failed(self, offer: OfferId, result: DialResult) -> None:
        outcome = OUTCOMES.get(result.status, OfferOutcome.UNREACHABLE)
        if result.cause == CALL_REJECTED:
            outcome = OfferOutcome.DECLINED
        self._desk.tell(OfferFailed(offer=offer, outcome=outcome, cause=result.status))

    async def _tell_answer(self, offer: OfferId) -> None:
        """Asterisk's event stream usually has told of it; when that was away just then, the leg knows that it happened."""
        if not self._desk.answered(offer):
            self._tell_answered(offer, await self._desk.answered_at(offer))

    def _tell_answered(self, offer: OfferId, at: float | None) -> None:
        if not self._desk.answered(offer):
            self._desk.tell(OfferAnswered(offer=offer, at=at))

    # --- how it ends --------------------------------------------------------------------------------------------------

    async def _say_good_bye(self) -> None:
        self._desk.tell(CallRejoined(call=self.caller.call))
        await self._end(self._script.flow.goodbye, "served")

    async def _end(self, prompts: tuple[str, ...], reason: str) -> None:
        await self._leg.play(self._sounds(prompts), "")
        try:
            await self._leg.hang_up()
        except CallerGone:
            log.debug("the caller was quicker", extra={"call_id": self.caller.call})
        self._desk.tell(CallClosed(call=self.caller.call, reason=reason))

    async def _fall_back(self) -> None:
        """The session failed: a word to the caller, then Asterisk's own queue. The floor still has him, without a leg; it
        learns that first, so that nobody is offered to a session that cannot connect him."""
        self._desk.tell(CallDetached(call=self.caller.call))
        try:
            await self._leg.play(self._sounds(self._script.flow.error), "")
            await self._leg.fall_back()
        except CallerGone:
            self._desk.tell(CallLeftByCaller(call=self.caller.call))
        except LegLost:
            log.warning("the connection broke as well", extra={"call_id": self.caller.call})
        except Exception:
            self._log_failure()

    def _log_failure(self) -> None:
        log.exception("the session of call %s failed", self.caller.call, extra={"call_id": self.caller.call})


def _heard(key: str | None) -> fl.Happened:
    return fl.KeyPressed(key) if key else fl.NothingPressed()
