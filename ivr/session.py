"""One caller, from the moment his leg reaches the engine to the moment it leaves.

The session leads him through the flow, keeps him in music while he waits, connects him with the agent the core names, and
says good-bye. It decides nothing about queues: it tells the core what happened to him and carries out the core's orders.

Whatever stage he is in: when he hangs up, exactly one CallLeftByCaller is told; when the connection breaks, CallDetached (he
may be alive, the dialplan keeps him in music and brings him back); when the session itself fails, the same, and the
dialplan's last-resort queue takes him.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final, assert_never

import msgspec

from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt
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
from ivr.entry import AfterTalk, AtNode, Entry, Forgotten, InQueue, LastWord, NewCall, place_in_queue
from ivr.hours import Hours, is_open
from ivr.inbox import Inbox, Order
from ivr.ports import CallerGone, Desk, DialResult, Leg, LegLost, RungPhone
from ivr.prompts import Prompts, UnknownPrompt

__all__ = ["OUTCOMES", "Caller", "CallerSession", "Script", "outcome_of"]

log = logging.getLogger(__name__)

OUTCOMES: Final = {
    "NOANSWER": OfferOutcome.NO_ANSWER,
    "BUSY": OfferOutcome.DECLINED,
    "CHANUNAVAIL": OfferOutcome.UNREACHABLE,
    "CONGESTION": OfferOutcome.UNREACHABLE,
    "CANCEL": OfferOutcome.WITHDRAWN,
}
"""What Asterisk's DIALSTATUS makes of an offer. Any other word means that the phone could not be rung: UNREACHABLE."""

CALL_REJECTED: Final = 21
"""Q.850: a phone whose user pressed "decline" (603); its DIALSTATUS is CHANUNAVAIL, as if there were no phone, and NOANSWER
where others ring on."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling: what CallArrived needs. Number and name are cleaned."""

    call: CallId
    channel: str
    number: str
    did: str
    name: str = ""
    attributes: dict[str, str] = {}
    """What his number tells of him."""


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
        self._inbox = Inbox()

    def order(self, command: Order) -> None:
        """A command of the core for this caller; carried out as soon as he waits, an EndCall between two steps of the flow as
        well."""
        self._inbox.put(command)

    async def run(self) -> None:
        """Look after the caller until he is gone, served, or out of our hands. Raises only what the desk raises."""
        self._leg.on_end(self._inbox.put)
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
                await self._take_or_refuse(self._inbox.end())
            case AtNode(node):
                self._desk.tell(CallRejoined(call=call))
                await self._lead(fl.resume(self._script.flow, node))
            case InQueue(queue):
                self._desk.tell(CallRejoined(call=call))
                await self._lead(await self._wait(queue))
            case AfterTalk(offer, answered_at, ended_at):
                if offer is not None:
                    self._tell_answered(offer, answered_at)
                    self._desk.tell(TalkEnded(offer=offer, at=ended_at))
                await self._say_good_bye()
            case LastWord():
                self._desk.tell(CallRejoined(call=call))
                await self._end_as_told(self._inbox.end() or EndCall(call=call, reason="ended"))
            case Forgotten(queue, priority):
                self._tell_arrived()
                self._desk.tell(CallQueued(call=call, queue=queue, priority=priority))
                await self._lead(await self._wait(queue))
            case _:
                assert_never(self._entry)

    async def _take_or_refuse(self, end: EndCall | None) -> None:
        """Who is to get the busy tone is not answered at all: his carrier can say it, and nobody pays."""
        if end is None or not end.busy:
            await self._leg.answer()
        if end is None:
            await self._lead(fl.begin(self._script.flow))
        else:
            await self._end_as_told(end)

    def _tell_arrived(self) -> None:
        who = self.caller
        self._desk.tell(
            CallArrived(
                call=who.call,
                channel=who.channel,
                number=who.number,
                did=who.did,
                name=who.name,
                attributes=who.attributes,
            )
        )

    # --- the flow -----------------------------------------------------------------------------------------------------

    async def _lead(self, step: fl.Step | None) -> None:
        """Through the flow and the queues it leads to, in turn, until the call is over (None)."""
        while step is not None:
            queue = await self._follow(step)
            step = None if queue is None else await self._wait(queue)

    async def _follow(self, step: fl.Step) -> QueueId | None:
        """Walk from here to a queue; None: the call is over."""
        while True:
            for entered in step.entered:
                self._desk.tell(CallMoved(call=self.caller.call, node=entered.node, key=entered.key))
            if (end := self._inbox.end()) is not None:
                await self._end_as_told(end)
                return None
            match step.action:
                case fl.Play(prompts, keys):
                    happened = _heard(await self._leg.play(self._sounds(prompts), keys))
                case fl.AskKey(prompts, keys, timeout_s):
                    happened = _heard(await self._leg.ask_key(self._sounds(prompts), timeout_s, keys))
                case fl.CheckHours(calendar):
                    happened = fl.HoursChecked(self._is_open(calendar))
                case fl.Enqueue() as enqueue:
                    await self._enqueue(enqueue)
                    return enqueue.queue
                case fl.HangUp(prompts, reason):
                    await self._end(prompts, reason)
                    return None
                case _:
                    assert_never(step.action)
            step = fl.advance(self._script.flow, step.position, happened)

    def _is_open(self, calendar: str) -> bool:
        return is_open(self._script.calendars[calendar], datetime.fromtimestamp(self._clock(), UTC))

    def _sounds(self, prompts: tuple[str, ...]) -> list[str]:
        return [self._script.prompts.sound(prompt, self._script.flow.language) for prompt in prompts]

    def _known_sounds(self, prompt: str) -> list[str]:
        """Of a prompt the core names: its rules may be newer than this call's script, and then it is passed over."""
        try:
            return self._sounds((prompt,)) if prompt else []
        except UnknownPrompt as unknown:
            log.warning("%s", unknown, extra={"call_id": self.caller.call})
            return []

    # --- waiting and talking ------------------------------------------------------------------------------------------

    async def _enqueue(self, step: fl.Enqueue) -> None:
        """The prompts first: once he is queued, nothing may stand between him and a free agent."""
        await self._leg.play(self._sounds(step.prompts), "")
        await self._leg.set_place(place_in_queue(step.queue, step.priority))
        call = self.caller.call
        self._desk.tell(CallQueued(call=call, queue=step.queue, priority=step.priority, require=step.require))

    async def _wait(self, queue: QueueId) -> fl.Step | None:
        """In music until the core says what comes next; where he goes on in the flow, or None: the call is over."""
        music_class = self._script.music.get(queue, "default")
        while True:
            if self._inbox.empty:
                await self._leg.music(music_class)
            match await self._inbox.next():
                case OfferCall() as first:
                    if await self._connect([first, *self._inbox.offers()], music_class):
                        await self._say_good_bye()
                        return None
                    self._inbox.forget_prompts()  # of before and during the ringing
                case PlayPrompt(prompt=prompt):
                    await self._announce(prompt)
                case GoToNode(node=node):
                    return await self._leave_for(fl.NodeId(node))
                case EndCall() as end:
                    await self._leg.music_off()
                    await self._end_as_told(end)
                    return None

    async def _announce(self, prompt: str) -> None:
        for sound in self._known_sounds(prompt):
            await self._leg.announce(sound, self._inbox.urgent)

    async def _leave_for(self, node: fl.NodeId) -> fl.Step:
        """He is in no queue any more: his channel forgets that too, and he is told of at the node as if he had walked there."""
        await self._leg.music_off()
        await self._leg.set_place("")
        step = fl.resume(self._script.flow, node)
        if step.entered:
            return step
        return msgspec.structs.replace(step, entered=(fl.Entered(node),))

    async def _connect(self, offers: Sequence[OfferCall], music_class: str) -> bool:
        """Ring the agents together; True when one of them and the caller have talked and he is still there."""
        rung = self._to_ring(offers)
        if not rung:
            return False
        phones = [RungPhone(offer.agent, str(offer.offer) if offer.record else None) for offer in rung]
        try:
            result = await self._leg.dial(phones, max(offer.ring_s for offer in rung), music_class)
        except CallerGone as gone:
            if gone.dial is not None and gone.dial.answered:
                await self._tell_answer(_taken(rung, gone.dial))
            raise
        if result.answered:
            offer = _taken(rung, result)
            await self._tell_answer(offer)
            self._desk.tell(TalkEnded(offer=offer))
        else:
            self._tell_failed(rung, result)
        return result.answered

    def _to_ring(self, offers: Sequence[OfferCall]) -> list[OfferCall]:
        """Without those that are over already; and if there are more than a dial can hold, the last are given back at once."""
        live = [offer for offer in offers if not self._desk.answered(offer.offer)]
        room = self._leg.room_for([RungPhone(offer.agent, str(offer.offer)) for offer in live])
        for offer in live[room:]:
            self._desk.tell(OfferFailed(offer=offer.offer, outcome=OfferOutcome.WITHDRAWN, cause="too_many_phones"))
        return live[:room]

    def _tell_failed(self, rung: Sequence[OfferCall], result: DialResult) -> None:
        """Of each that nobody has told of. What the dial says as a whole is right for one phone; of several, one that never
        rang while others did was not there."""
        one_of_many = len(rung) > 1 and result.status == "NOANSWER"  # rang out, whatever another refused it with before
        outcome = outcome_of(result.status, 0 if one_of_many else result.cause)
        left = [offer.offer for offer in rung if not self._desk.answered(offer.offer)]
        silent = {offer for offer in left if not self._desk.rang(offer)} if len(rung) > 1 else set()
        if len(silent) == len(rung):  # Asterisk's events are away
            silent = set()
        for offer in left:
            how = OfferOutcome.UNREACHABLE if offer in silent else outcome
            self._desk.tell(
                OfferFailed(offer=offer, outcome=how, cause="never_rang" if offer in silent else result.status)
            )

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

    async def _end_as_told(self, end: EndCall) -> None:
        if end.busy:
            await self._hang_up(self._leg.refuse, end.reason)
        else:
            await self._leg.play(self._known_sounds(end.prompt), "")
            await self._hang_up(self._leg.hang_up, end.reason)

    async def _end(self, prompts: tuple[str, ...], reason: str) -> None:
        await self._leg.play(self._sounds(prompts), "")
        await self._hang_up(self._leg.hang_up, reason)

    async def _hang_up(self, hang_up: Callable[[], Awaitable[None]], reason: str) -> None:
        try:
            await hang_up()
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


def outcome_of(status: str, cause: int) -> OfferOutcome:
    """What Asterisk's DIALSTATUS and the phone's cause make of an offer that was not answered."""
    return OfferOutcome.DECLINED if cause == CALL_REJECTED else OUTCOMES.get(status, OfferOutcome.UNREACHABLE)


def _taken(rung: Sequence[OfferCall], result: DialResult) -> OfferId:
    """The offer that was answered."""
    mine = (offer for offer in rung if offer.agent == result.agent)
    return next(mine, rung[0]).offer


def _heard(key: str | None) -> fl.Happened:
    return fl.KeyPressed(key) if key else fl.NothingPressed()
