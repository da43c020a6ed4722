"""One caller, from the moment his leg reaches the engine to the moment it leaves.

The session leads him through the flow, keeps him in music while he waits, connects him with the agent the core names, and
says good-bye. It decides nothing about queues: it tells the core what happened to him and carries out the core's orders.

Whatever stage he is in: when he hangs up, exactly one CallLeftByCaller is told; when the connection breaks, CallDetached (he
may be alive, the dialplan keeps him in music and brings him back); when the session itself fails, the same, and the
dialplan's last-resort queue takes him.
"""

import logging
from collections.abc import Callable
from typing import assert_never

from acd.commands import EndCall
from acd.events import (
    CallArrived,
    CallDetached,
    CallLeftByCaller,
    CallQueued,
    CallRejoined,
    CallTransferred,
    CustomerReached,
    TalkEnded,
)
from ivr import flow as fl
from ivr.connect import tell_answered
from ivr.ending import end_as_told, say_good_bye
from ivr.entry import AfterTalk, AtNode, CalledBack, Entry, Forgotten, InQueue, LastWord, NewCall
from ivr.inbox import Order
from ivr.nodes import NodeId
from ivr.ports import CallerGone, Desk, Leg, LegLost
from ivr.stay import stay
from ivr.steps import DialledOut, DialOut, Step
from ivr.visit import Caller, Script, Visit
from ivr.walk import walk

__all__ = ["CallerSession"]

log = logging.getLogger(__name__)


class CallerSession:
    """Runs once. `clock` gives seconds since the epoch."""

    def __init__(
        self, caller: Caller, leg: Leg, desk: Desk, script: Script, clock: Callable[[], float], entry: Entry
    ) -> None:
        self._visit = Visit(caller, leg, desk, script, clock)
        self._entry = entry

    def order(self, command: Order) -> None:
        """A command of the core for this caller; carried out as soon as he waits, an EndCall between two steps of the flow as
        well."""
        self._visit.inbox.put(command)

    async def run(self) -> None:
        """Look after the caller until he is gone, served, or out of our hands. Raises only what the desk raises."""
        visit = self._visit
        visit.leg.on_end(visit.inbox.put)
        try:
            await self._serve()
        except CallerGone:
            visit.tell(CallLeftByCaller(call=visit.call))
        except LegLost:
            visit.tell(CallDetached(call=visit.call))
        except Exception:
            self._log_failure()
            await self._fall_back()

    # --- how it begins ------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        visit = self._visit
        call = visit.call
        match self._entry:
            case NewCall():
                self._tell_arrived()
                await self._take_or_refuse(visit.inbox.end())
            case AtNode(node, stack, talked):
                visit.tell(CallRejoined(call=call))
                await self._lead(self._back_at(node, stack, talked))
            case InQueue(queue):
                visit.tell(CallRejoined(call=call))
                await self._lead(await stay(visit, queue))
            case CalledBack(queue, language):
                visit.speak_in(language)
                visit.tell(CustomerReached(call=call, channel=visit.caller.channel))
                await self._lead(await stay(visit, queue, greet=True))
            case AfterTalk(offer, answered_at, ended_at):
                if offer is not None:
                    tell_answered(visit, offer, answered_at)
                    visit.tell(TalkEnded(offer=offer, at=ended_at))
                await say_good_bye(visit)
            case LastWord():
                visit.tell(CallRejoined(call=call))
                await end_as_told(visit, visit.inbox.end() or EndCall(call=call, reason="ended"))
            case Forgotten(queue, priority):
                self._tell_arrived()
                visit.tell(CallQueued(call=call, queue=queue, priority=priority))
                await self._lead(await stay(visit, queue))
            case _:
                assert_never(self._entry)

    def _back_at(self, node: NodeId, stack: tuple[NodeId, ...], talked: bool) -> Step:
        """Whoever has had his talk with somebody outside is not connected a second time."""
        step = fl.resume(self._visit.script.flow, node, stack)
        if talked and isinstance(step.action, DialOut):
            self._visit.tell(CallTransferred(call=self._visit.call, number=step.action.number))
            return fl.advance(self._visit.script.flow, step.position, DialledOut("ANSWER"))
        return step

    async def _take_or_refuse(self, end: EndCall | None) -> None:
        """Who is to get the busy tone is not answered at all: his carrier can say it, and nobody pays."""
        if end is None or not end.busy:
            await self._visit.leg.answer()
        if end is None:
            await self._lead(fl.begin(self._visit.script.flow))
        else:
            await end_as_told(self._visit, end)

    def _tell_arrived(self) -> None:
        who = self._visit.caller
        self._visit.tell(
            CallArrived(
                call=who.call,
                channel=who.channel,
                number=who.number,
                did=who.did,
                name=who.name,
                attributes=who.attributes,
            )
        )

    async def _lead(self, step: Step | None) -> None:
        """Through the flow and the queues it leads to, in turn, until the call is over (None)."""
        while step is not None:
            queue = await walk(self._visit, step)
            step = None if queue is None else await stay(self._visit, queue)

    async def _fall_back(self) -> None:
        """The session failed: a word to the caller, then Asterisk's own queue. The floor still has him, without a leg; it
        learns that first, so that nobody is offered to a session that cannot connect him."""
        self._visit.tell(CallDetached(call=self._visit.call))
        try:
            await self._visit.leg.play(self._visit.sounds(self._visit.script.flow.error), "")
            await self._visit.leg.fall_back()
        except CallerGone:
            self._visit.tell(CallLeftByCaller(call=self._visit.call))
        except LegLost:
            log.warning("the connection broke as well", extra={"call_id": self._visit.call})
        except Exception:
            self._log_failure()

    def _log_failure(self) -> None:
        log.exception("the session of call %s failed", self._visit.call, extra={"call_id": self._visit.call})
