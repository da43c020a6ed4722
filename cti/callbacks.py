"""Calls out, to customers who are to be called back: the legs Asterisk is asked to originate, and what their dialplan says.

Which leg is dialled first the core says. Every leg's unique id and every action's id are chosen before Asterisk hears of them,
so an engine that takes over knows what the one before began.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from acd.commands import DialCustomer, RingAgentFirst
from acd.events import CustomerMissed, CustomerReached, OfferAnswered, OfferFailed, TalkEnded
from acd.model import AttemptOutcome, Call, CallId, Offer, OfferId, OfferOutcome
from acd.runner import Runner
from cti.agi_session import AgiSession
from cti.dial_line import Outside
from cti.errors import AgiError
from cti.translate import DialStatus, OriginateEnded, OutsideDialEnded
from ivr.entry import place_in_queue
from ivr.prompts import UnknownPrompt
from ivr.visit import Script

__all__ = ["CallbackLegs", "Outgoing"]

log = logging.getLogger(__name__)

CALLING: Final = "callback_calling_agent"
UNREACHED: Final = "callback_unreached"
"""What the agent hears before the customer is called, and when he is not reached."""
RANG_OUT: Final = 3
"""AST_CONTROL_RINGING: nobody answered in time."""
WHY_COMES_S: Final = 0.5
"""So long after an Originate that came to nothing its DialEnd, which says why, may still come: they travel by different
queues of Asterisk's, and either may be the first."""
OUTCOMES: Final = {
    "BUSY": AttemptOutcome.BUSY,
    "NOANSWER": AttemptOutcome.NO_ANSWER,
}
"""What DIALSTATUS makes of an attempt; any other word: FAILED."""


class Outgoing:
    """Originates. `originate` carries out the AMI action with these fields and says whether Asterisk does it."""

    def __init__(
        self,
        runner: Runner,
        outside: Outside,
        originate: Callable[[Mapping[str, str | list[str]]], Awaitable[bool]],
        why_comes_s: float = WHY_COMES_S,
    ) -> None:
        self._runner = runner
        self._outside = outside
        self._originate = originate
        self._why_comes_s = why_comes_s

    async def dial_customer(self, command: DialCustomer) -> None:
        """His leg goes to the dialplan, and from there to a session, when he answers."""
        target = self._way_to(command.number)
        call = self._runner.floor.calls.get(command.call)
        if target is None or call is None:
            self._runner.tell(CustomerMissed(call=command.call, outcome=AttemptOutcome.FAILED))
            return
        done = await self._originate(
            {
                "ActionID": f"customer:{command.call}",
                "Channel": target,
                "ChannelId": command.call,
                "Context": "callback",
                "Exten": "customer",
                "Priority": "1",
                "Timeout": str(round(command.ring_s * 1000)),
                "CallerID": command.caller_id,
                "Async": "true",
                "Variable": [
                    f"HOTLINE_NUMBER={command.number}",
                    f"HOTLINE_DID={call.did}",
                    f"HOTLINE_PLACE={place_in_queue(command.queue, command.priority)}",
                ],
            }
        )
        if not done:
            self._runner.tell(CustomerMissed(call=command.call, outcome=AttemptOutcome.FAILED))

    async def ring_agent(self, command: RingAgentFirst) -> None:
        """His phone shows the customer's number; his leg goes to the dialplan when he answers."""
        target = self._way_to(command.number)
        done = target is not None and await self._originate(
            {
                "ActionID": f"agent:{command.offer}",
                "Channel": f"PJSIP/agent-{command.agent}",
                "ChannelId": command.leg,
                "Context": "callback",
                "Exten": "agent",
                "Priority": "1",
                "Timeout": str(round(command.ring_s * 1000)),
                "CallerID": command.number,
                "Async": "true",
                "Variable": [
                    f"HOTLINE_CALL={command.call}",
                    f"HOTLINE_TARGET={target}",
                    f"HOTLINE_RING={round(command.customer_ring_s)}",
                    f"HOTLINE_CALLER_ID={command.caller_id}",
                    f"HOTLINE_RECORD={command.offer if command.record else ''}",
                ],
            }
        )
        if not done:
            self._runner.tell(OfferFailed(offer=command.offer, outcome=OfferOutcome.WITHDRAWN, cause="not_originated"))

    def _way_to(self, number: str) -> str | None:
        """None: the number may not be called, or there is no trunk that takes calls."""
        return self._outside(number) if self._runner.floor.rules.may_dial(number) else None

    def on_fact(self, fact: OriginateEnded | OutsideDialEnded) -> None:
        """Take in what Asterisk says of legs it was asked for."""
        if isinstance(fact, OriginateEnded):
            self._ended(fact)
        else:
            self._refused(fact)

    def _ended(self, fact: OriginateEnded) -> None:
        """What came of an originated leg, whichever engine began it. That a customer answered, his session tells."""
        kind, _, id = fact.action.partition(":")
        if kind == "customer" and fact.reason == RANG_OUT:
            self._runner.tell(CustomerMissed(call=CallId(id), outcome=AttemptOutcome.NO_ANSWER))
        elif kind == "customer" and not fact.answered:
            asyncio.get_running_loop().call_later(self._why_comes_s, self._nobody_said_why, CallId(id))
        elif kind == "agent" and fact.answered:
            self._runner.tell(OfferAnswered(offer=OfferId(id)))
        elif kind == "agent" and fact.reason == RANG_OUT:
            self._runner.tell(OfferFailed(offer=OfferId(id), outcome=OfferOutcome.NO_ANSWER, cause="NOANSWER"))
        elif kind == "agent" and not self._rang(OfferId(id)):  # else its channel's own end tells
            self._runner.tell(OfferFailed(offer=OfferId(id), outcome=OfferOutcome.UNREACHABLE, cause="never_rang"))

    def _nobody_said_why(self, call: CallId) -> None:
        if call in self._runner.floor.calls:
            self._runner.tell(CustomerMissed(call=call, outcome=AttemptOutcome.FAILED))

    def _refused(self, fact: OutsideDialEnded) -> None:
        """A customer's phone was busy, say; what Asterisk says of the originated leg does not tell that apart (reason 0)."""
        if fact.status not in (DialStatus.ANSWER, DialStatus.CANCEL):
            outcome = OUTCOMES.get(fact.status, AttemptOutcome.FAILED)
            self._runner.tell(CustomerMissed(call=CallId(fact.uniqueid), outcome=outcome))

    def _rang(self, offer_id: OfferId) -> bool:
        offer = self._runner.floor.offers.get(offer_id)
        return offer is not None and offer.rang_at is not None


class CallbackLegs:
    """What the dialplan of an agent's leg that calls a customer has to say (extensions.conf, callback and callback-reached)."""

    def __init__(self, runner: Runner, script: Callable[[], Script]) -> None:
        self._runner = runner
        self._script = script

    async def serve(self, session: AgiSession) -> None:
        """One step of it."""
        query = session.environment.query
        call = self._runner.floor.calls.get(CallId(query.get("call", "")))
        offer = self._runner.floor.offers.get(call.offer) if call is not None and call.offer else None
        mine = offer is not None and offer.leg == session.environment.uniqueid
        try:
            match query.get("step"):
                case "picked_up":
                    await self._picked_up(session, offer if mine else None)
                case "reached" if call is not None:
                    self._runner.tell(CustomerReached(call=call.id))
                case "over" if call is not None and offer is not None and mine:
                    await self._over(session, call, offer, query.get("status", ""))
                case _:
                    log.info("a leg of a callback that is over")
        except AgiError as error:
            log.info("a callback's leg: %s", error)

    async def _picked_up(self, session: AgiSession, offer: Offer | None) -> None:
        if offer is None:  # called off meanwhile
            await session.set_variable("HOTLINE_DONE", "1")
            return
        if offer.answered_at is None:
            self._runner.tell(OfferAnswered(offer=offer.id))
        await self._say(session, CALLING)

    async def _say(self, session: AgiSession, prompt: str) -> None:
        script = self._script()
        try:
            sound = script.prompts.sound(prompt, script.flow.language)
        except UnknownPrompt as unknown:  # the agent can do without
            log.warning("%s", unknown)
            return
        await session.stream_file(sound)

    async def _over(self, session: AgiSession, call: Call, offer: Offer, status: str) -> None:
        """The customer was not reached, or is gone after the talk; the agent's leg is hung up next. He is free as soon as he
        has been told."""
        if call.reached_at is None and status != "ANSWER":
            outcome = OUTCOMES.get(status, AttemptOutcome.FAILED)
            await self._say(session, UNREACHED)
            self._runner.tell(CustomerMissed(call=call.id, outcome=outcome))
            return
        if call.reached_at is None:
            self._runner.tell(CustomerReached(call=call.id))
        self._runner.tell(TalkEnded(offer=offer.id))
