"""Between the core and Asterisk: the core's commands become orders to the caller's session and AMI actions, and what
Asterisk says of the agents' phones becomes the core's events.

The caller's own leg speaks for itself over FastAGI (cti.callers); here are the agents' sides only.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, assert_never

from acd.commands import (
    Command,
    DialCustomer,
    EndCall,
    GoToNode,
    HangUpLeg,
    OfferCall,
    PlayPrompt,
    RingAgentFirst,
    WithdrawOffer,
)
from acd.events import (
    CallDetached,
    HoldEnded,
    HoldStarted,
    LinkLost,
    LinkRegained,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    PhoneChanged,
    TalkEnded,
    WaitingKeyPressed,
)
from acd.model import Call, CallId, CallState, Offer, OfferId, OfferOutcome
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import ON_CALL, PhoneState
from cti import translate as ami
from cti.callbacks import Outgoing
from cti.dial_line import Outside
from cti.errors import AmiError
from cti.lookout import PHONE_STATES, Actions, Lookout
from ivr.connect import outcome_of
from ivr.inbox import Order

__all__ = ["CallControl", "CallerOrders"]

log = logging.getLogger(__name__)

STRAY_S = 1.0
"""How often callers are looked after whose leg is not with this engine."""
RANG_OUT = (0, 16)
"""Q.850 causes of a phone that Dial gave up: none, or a normal end."""
LAST_RESORT = "Queue"
"""The application of callers in Asterisk's own queue; nothing else uses it."""


class CallerOrders(Protocol):
    """A caller's session, as far as commands go."""

    def order(self, command: Order) -> None: ...


class CallControl:
    """One Asterisk's call control."""

    def __init__(
        self,
        runner: Runner,
        lookout: Lookout,
        observe_dispatch: Callable[[float], None],
        outside: Outside = lambda number: None,
    ) -> None:
        """`outside`: what Asterisk is told to reach a number over the trunk."""
        self.lookout = lookout
        self._outgoing = Outgoing(runner, outside, lambda fields: self._act("Originate", fields))
        self._runner = runner
        self._observe_dispatch = observe_dispatch
        self._actions: Actions | None = None
        self._sessions: dict[CallId, CallerOrders] = {}
        self._legs: dict[str, OfferId] = {}
        self._read_legs()
        self._together: set[OfferId] = set()
        """Offers whose phones ring beside others: how each ends, its own channel says."""
        self._unanswered: dict[str, ami.DialStatus] = {}
        """Legs of those that were not answered, until their hang-up tells the cause."""
        self._stop_when_seen: set[tuple[CallId, AgentId]] = set()
        self._tasks: set[asyncio.Future[object]] = set()

    def use(self, actions: Actions) -> None:
        """The AMI client to act through."""
        self._actions = actions

    def take_on(self, call: CallId, session: CallerOrders) -> None:
        """From now on this session has the caller's leg."""
        self._sessions[call] = session
        self.lookout.has_come(call)

    def has(self, call: CallId, session: CallerOrders) -> bool:
        """Whether this session is the one that has the caller's leg now."""
        return self._sessions.get(call) is session

    def let_go(self, call: CallId, session: CallerOrders) -> None:
        """This session has the caller's leg no more; another may have it already."""
        if self._sessions.get(call) is session:
            del self._sessions[call]
            self._forget_what_is_over()

    # --- the core's commands ------------------------------------------------------------------------------------------

    def carry_out(self, command: Command) -> None:
        """Pass a command on; what cannot be passed on comes back as an event."""
        match command:
            case OfferCall() | EndCall() | PlayPrompt() | GoToNode():
                self._order(command)
            case DialCustomer():
                self._spawn(self._outgoing.dial_customer(command))
            case RingAgentFirst():
                self._legs[command.leg] = command.offer
                self._spawn(self._outgoing.ring_agent(command))
            case HangUpLeg():
                self._stop_ringing(command.leg)
            case WithdrawOffer(channel=""):
                self._stop_when_seen.add((command.call, command.agent))
            case WithdrawOffer():
                self._stop_ringing(command.channel)
            case _:
                assert_never(command)

    def _order(self, command: Order) -> None:
        session = self._sessions.get(command.call)
        if session is None:
            self._no_leg_for(command)
            return
        if isinstance(command, OfferCall) and self._rings_with_others(command.offer):
            self._together.add(command.offer)
        session.order(command)

    def _rings_with_others(self, offer_id: OfferId) -> bool:
        offer = self._runner.floor.offers.get(offer_id)
        return offer is not None and len(self._runner.floor.calls[offer.call].ringing) > 1

    def _forget_what_is_over(self) -> None:
        floor = self._runner.floor
        self._together.intersection_update(floor.offers)
        self._stop_when_seen = {(call, agent) for call, agent in self._stop_when_seen if call in floor.calls}

    def _no_leg_for(self, command: Order) -> None:
        log.warning("no leg for a command", extra={"call_id": command.call})
        self._runner.tell(CallDetached(call=command.call))
        if isinstance(command, OfferCall):
            self._runner.tell(OfferFailed(offer=command.offer, outcome=OfferOutcome.WITHDRAWN, cause="no_leg"))

    def _stop_ringing(self, channel: str) -> None:
        self._spawn(self._act("Hangup", {"Channel": channel, "Cause": "26"}))  # Q.850 26: answered elsewhere

    def stop_playback(self, channel: str) -> None:
        """Cut off what Asterisk plays on a caller's channel, if it does."""
        self._spawn(self._act("ControlPlayback", {"Channel": channel, "Control": "stop"}))

    async def _act(self, name: str, fields: Mapping[str, str | list[str]]) -> bool:
        """Whether Asterisk does it."""
        if self._actions is None:
            return False
        try:
            return (await self._actions.action(name, fields)).success
        except AmiError as error:
            log.warning("AMI %s: %s", name, error)
            return False

    def _spawn(self, work: Awaitable[object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- Asterisk's facts ---------------------------------------------------------------------------------------------

    def on_fact(self, fact: ami.Fact) -> None:
        """Take in what Asterisk says of an agent's phone."""
        self.lookout.note(fact)
        match fact:
            case ami.DialStarted():
                self._dial_started(fact)
            case ami.DialEnded(status=ami.DialStatus.ANSWER):
                if offer := self._legs.get(fact.agent_uniqueid):
                    self._runner.tell(OfferAnswered(offer=offer))
            case ami.DialEnded():
                self._dial_failed(fact)
            case ami.ChannelHangingUp():
                self._talk_ended(self._legs.get(fact.uniqueid))
            case ami.ChannelHungUp():
                self._hung_up(fact)
            case ami.DeviceChanged():
                self._device_changed(AgentId(fact.agent_id), PHONE_STATES[fact.state])
            case ami.OutsideDialEnded() | ami.OriginateEnded():
                self._outgoing.on_fact(fact)
            case ami.HoldStarted() | ami.HoldEnded():
                self._hold_changed(fact)
            case ami.KeyPressed():
                self._key_pressed(CallId(fact.uniqueid), fact.key)
            case ami.SwitchBooted() | ami.SwitchStopping():
                pass
            case _:
                assert_never(fact)

    def _hold_changed(self, fact: ami.HoldStarted | ami.HoldEnded) -> None:
        """Of an agent's phone; a caller's own hold is no agent's."""
        if fact.agent_id is not None:
            holds = HoldStarted if isinstance(fact, ami.HoldStarted) else HoldEnded
            self._runner.tell(holds(agent=AgentId(fact.agent_id)))

    def _key_pressed(self, call_id: CallId, key: str) -> None:
        """Of a caller who waits where the key means something; all others, among them what he types of himself, go no further.
        In the menu his leg listens itself."""
        call = self._runner.floor.calls.get(call_id)
        if call is not None and call.state is CallState.WAITING and key in self._runner.floor.queue_of(call).keys:
            self._runner.tell(WaitingKeyPressed(call=call_id, key=key))

    def _dial_started(self, fact: ami.DialStarted) -> None:
        call = CallId(fact.caller_uniqueid or fact.linkedid)
        agent = self._runner.floor.agents.get(AgentId(fact.agent_id))
        offer = self._runner.floor.offers.get(agent.offer) if agent and agent.offer else None
        begun_by_us = offer is not None and offer.leg == fact.agent_uniqueid and not offer.channel
        if offer is not None and (begun_by_us or (offer.call == call and not offer.leg)):
            self._legs[fact.agent_uniqueid] = offer.id
            self._runner.tell(OfferRinging(offer=offer.id, channel=fact.agent_channel, leg=fact.agent_uniqueid))
            self._observe_dispatch(self._runner.now() - offer.made_at)
        elif (call, AgentId(fact.agent_id)) in self._stop_when_seen:
            self._stop_when_seen.discard((call, AgentId(fact.agent_id)))
            self._stop_ringing(fact.agent_channel)

    def _dial_failed(self, fact: ami.DialEnded) -> None:
        """How a ringing without an answer ended, the caller's leg says; if it is not with us, or other phones ring on for him,
        Asterisk's word of this phone counts. That the caller gave up, or that another was quicker, is no word about the phone:
        his own end, or the answer, tells the story."""
        offer = self._runner.floor.offers.get(self._legs.get(fact.agent_uniqueid, OfferId("")))
        if offer is None or fact.status is ami.DialStatus.CANCEL:
            return
        call = self._runner.floor.calls[offer.call]
        if offer.id in self._together or not call.attached or not call.has_leg:
            self._unanswered[fact.agent_uniqueid] = fact.status

    def _talk_ended(self, offer_id: OfferId | None) -> None:
        """Told with the phone's good-bye, some milliseconds before its channel is gone: so much sooner the next caller
        rings. Where there was none (Asterisk ended it), the channel's end tells."""
        offer = self._runner.floor.offers.get(offer_id or OfferId(""))
        if offer is not None and offer.answered_at is not None:
            self._runner.tell(TalkEnded(offer=offer.id))

    def _hung_up(self, fact: ami.ChannelHungUp) -> None:
        """The end of an agent's leg: of a talk, or of a ringing that came to nothing."""
        status = self._unanswered.pop(fact.uniqueid, None)
        offer = self._runner.floor.offers.get(self._legs.pop(fact.uniqueid, OfferId("")))
        if offer is None:
            return
        self._together.discard(offer.id)
        if offer.answered_at is not None:
            self._runner.tell(TalkEnded(offer=offer.id))
        elif status is not None and not self._rang_out_with_the_others(offer, status, fact.cause):
            self._runner.tell(OfferFailed(offer=offer.id, outcome=outcome_of(status, fact.cause), cause=status))

    def _rang_out_with_the_others(self, offer: Offer, status: ami.DialStatus, cause: int) -> bool:
        """Whether the ringing time of all of them was over, and no phone refused. That the caller's leg tells of all at once,
        so that they are asked again at once as well."""
        rang_out = status is ami.DialStatus.NOANSWER and cause in RANG_OUT
        call = self._runner.floor.calls[offer.call]
        return rang_out and call.attached and call.has_leg

    def _device_changed(self, agent_id: AgentId, phone: PhoneState) -> None:
        agent = self._runner.floor.agents.get(agent_id)
        if agent is None or agent.phone is phone or (agent.state in ON_CALL and phone is PhoneState.IN_USE):
            return
        self._runner.tell(PhoneChanged(agent=agent_id, phone=phone))

    # --- the link -----------------------------------------------------------------------------------------------------

    def link_lost(self, reason: str) -> None:
        """The event stream broke: nothing more is offered."""
        self.lookout.lost_sight()
        self._unanswered.clear()
        if self._runner.floor.linked:
            log.warning("the link to Asterisk is lost: %s", reason)
            self._runner.tell(LinkLost())

    async def resynchronise(self) -> None:
        """Learn what happened unseen, then offer calls again. Raises AmiError when Asterisk does not answer in full."""
        if self._actions is None:
            return
        live = await self.lookout.catch_up(self._actions)
        self._read_legs()
        for channel in live:
            if channel.application == LAST_RESORT and not channel.bridge_id and channel.agent_id is None:
                self._fetch(channel.channel)
        self._runner.tell(LinkRegained())

    async def look_after_strays(self) -> None:
        """A caller whose leg is not with us cannot say that he hangs up: ask Asterisk for him until he is back or gone.
        While he talks, the agent's leg tells of the end. Runs until cancelled."""
        while True:
            await asyncio.sleep(STRAY_S)
            floor = self._runner.floor
            if self._actions is None or not floor.linked or not any(map(_is_stray, floor.calls.values())):
                continue
            try:
                await self.lookout.look_for_callers(self._actions)
                self._read_legs()
            except AmiError as error:
                log.warning("cannot look after callers who are not with us: %s", error)

    def _read_legs(self) -> None:
        self._legs = {offer.leg: offer.id for offer in self._runner.floor.offers.values() if offer.leg}

    def _fetch(self, channel: str) -> None:
        """Take a caller back out of Asterisk's last-resort queue; the dialplan brings him to us."""
        where = {"Context": "call", "Exten": "again", "Priority": "1"}
        self._spawn(self._act("Redirect", {"Channel": channel, **where}))


def _is_stray(call: Call) -> bool:
    return call.has_leg and not call.attached and call.state is not CallState.TALKING
