"""What Asterisk's FastAGI connections are for: a caller's call, or an agent dialling a feature code on his phone."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from acd.core import Refused
from acd.events import AgentLoggedIn, AgentLoggedOut, AgentNotReady, AgentReady, CallDetached, Event, WrapUpDone
from acd.model import EVERYWHERE, Call, CallId, MessageId, OfferId, QueueId
from acd.numbers import normal_number
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import AgentState
from cti.agi import AgiSession
from cti.callbacks import CallbackLegs
from cti.control import CallControl
from cti.dial_line import Outside
from cti.errors import AgiError
from cti.floor_facts import queue_facts
from cti.leg import AgiLeg
from cti.lookups import Lookups
from cti.translate import agent_of_channel
from ivr.conditions import QueueFacts
from ivr.entry import Entry, entry_of, talked_offer
from ivr.nodes import Lookup
from ivr.session import CallerSession
from ivr.visit import Caller, Script

__all__ = ["Callers"]

log = logging.getLogger(__name__)

LONGEST_NAME = 64
"""Characters of a caller's name that are kept; it is whatever he claims."""


class Messages(Protocol):
    """Where messages are kept (recordings.messages)."""

    def sound(self, message: MessageId) -> str: ...

    async def seconds(self, message: MessageId) -> float: ...

    def drop(self, message: MessageId) -> None: ...

    def of_call(self, call: CallId) -> list[MessageId]: ...


class Callers:
    """The FastAGI handler. `script` gives the current version of what callers are led by; `reasons` the not-ready
    reasons in the order of their digits; `known` what a caller's number tells of him. `lookups` ask
    other systems, `messages` keeps what callers say, `outside` is how numbers outside are dialled; without them such nodes of
    the flow fail."""

    def __init__(
        self,
        runner: Runner,
        control: CallControl,
        script: Callable[[], Script],
        reasons: Callable[[], tuple[str, ...]],
        known: Callable[[str], dict[str, str]] = lambda number: {},
        lookups: Lookups | None = None,
        messages: Messages | None = None,
        outside: Outside = lambda number: None,
    ) -> None:
        self._runner = runner
        self._control = control
        self._script = script
        self._reasons = reasons
        self._known = known
        self._lookups = lookups
        self._messages = messages
        self._outside = outside
        self._callback_legs = CallbackLegs(runner, script)

    async def serve(self, session: AgiSession) -> None:
        """One connection, by its path."""
        match session.environment.path:
            case "/call":
                await self._call(session)
            case "/agent":
                await self._agent(session)
            case "/callback":
                await self._callback_legs.serve(session)
            case path:
                log.error("Asterisk asks for %s, which is not served here", path)

    # --- a caller -----------------------------------------------------------------------------------------------------

    async def _call(self, session: AgiSession) -> None:
        environment = session.environment
        query = environment.query
        call = CallId(environment.uniqueid)
        number = normal_number(environment.callerid)
        caller = Caller(
            call=call,
            channel=environment.channel,
            number=number,
            did=query.get("did", ""),
            name=environment.name[:LONGEST_NAME],
            attributes=self._known(number),
        )
        entry = await self._entry(call, query)
        leg = AgiLeg(session, self._control.stop_playback, self._outside)
        desk = _Desk(self._runner, self._control, self._lookups, self._messages)
        mine = desk.session = CallerSession(caller, leg, desk, self._script(), self._runner.now, entry)
        self._control.take_on(call, mine)
        try:
            await mine.run()
        finally:
            self._control.let_go(call, mine)

    async def _entry(self, call_id: CallId, query: Mapping[str, str]) -> Entry:
        """How he comes to us: new, or back after we were away."""
        call = self._runner.floor.calls.get(call_id)
        talked = query.get("talked") == "1"
        offer = answered_at = ended_at = None
        if call is not None and talked:
            agents = {rung: self._runner.floor.offers[rung].agent for rung in call.ringing}
            offer = talked_offer(call, agents, AgentId(agent_of_channel(query.get("peer", "")) or ""))
        if offer is not None:
            trace = await self._control.lookout.trace_of(offer)
            answered_at, ended_at = (trace.answered_at, trace.hung_up_at) if trace else (None, None)
            call = self._runner.floor.calls.get(call_id)
        wanted = self._runner.floor.callbacks.get(call.callback) if call is not None and call.callback else None
        return entry_of(
            call,
            query.get("place", ""),
            talked=talked,
            offer=offer,
            answered_at=answered_at,
            ended_at=ended_at,
            language=wanted.language if wanted else "",
        )

    # --- an agent's feature code --------------------------------------------------------------------------------------

    async def _agent(self, session: AgiSession) -> None:
        query = session.environment.query
        prompt = self._do(AgentId(query.get("agent", "")), query.get("do", ""), query.get("reason", ""))
        script = self._script()
        try:
            await session.answer()
            await session.stream_file(script.prompts.sound(prompt, script.flow.language))
            await session.set_variable("HOTLINE_DONE", "1")
        except AgiError as error:
            log.info("agent's feature code: %s", error)

    def _do(self, agent: AgentId, what: str, digit: str) -> str:
        """Carry the code out; the prompt that says what came of it."""
        event = self._event(agent, what, digit)
        if event is None:
            return "refused"
        try:
            if what == "ready" and self._is_offline(agent):
                self._runner.tell(AgentLoggedIn(agent=agent))
            self._runner.tell(event)
        except Refused as refused:
            log.info("feature code refused: %s", refused, extra={"agent_id": agent})
            return "refused"
        return _PROMPTS[what]

    def _is_offline(self, agent: AgentId) -> bool:
        found = self._runner.floor.agents.get(agent)
        return found is not None and found.state is AgentState.OFFLINE

    def _event(self, agent: AgentId, what: str, digit: str) -> Event | None:
        match what:
            case "login":
                return AgentLoggedIn(agent=agent)
            case "logout":
                return AgentLoggedOut(agent=agent)
            case "ready":
                return AgentReady(agent=agent)
            case "wrapup_done":
                return WrapUpDone(agent=agent)
            case "not_ready" if digit.isdecimal() and 1 <= int(digit) <= len(self._reasons()):
                return AgentNotReady(agent=agent, reason=self._reasons()[int(digit) - 1])
            case _:
                return None


_PROMPTS = {
    "login": "logged_in",
    "logout": "logged_out",
    "ready": "ready",
    "not_ready": "not_ready",
    "wrapup_done": "wrap_up_done",
}


class _Desk:
    """ivr.ports.Desk over the runner."""

    def __init__(
        self, runner: Runner, control: CallControl, lookups: Lookups | None, messages: Messages | None
    ) -> None:
        self._runner = runner
        self._control = control
        self._lookups = lookups
        self._messages = messages
        self.session: CallerSession | None = None

    def tell(self, event: Event) -> None:
        """A session whose connection broke late must not detach the caller from the session that has him since."""
        if isinstance(event, CallDetached) and self.session and not self._control.has(event.call, self.session):
            return
        self._runner.tell(event)

    def known(self, call: CallId) -> Call | None:
        return self._runner.floor.calls.get(call)

    def answered(self, offer: OfferId) -> bool:
        found = self._runner.floor.offers.get(offer)
        return found is None or found.answered_at is not None

    def rang(self, offer: OfferId) -> bool:
        found = self._runner.floor.offers.get(offer)
        return found is not None and found.rang_at is not None

    async def answered_at(self, offer: OfferId) -> float | None:
        trace = await self._control.lookout.trace_of(offer)
        return trace.answered_at if trace else None

    def queue(self, queue: QueueId) -> QueueFacts | None:
        return queue_facts(self._runner.floor, queue, self._runner.now())

    async def look_up(self, lookup: Lookup, values: Mapping[str, str]) -> dict[str, str] | None:
        return await self._lookups.ask(lookup, values) if self._lookups else None

    def message_sound(self, message: MessageId) -> str:
        return self._messages.sound(message) if self._messages else ""

    async def message_s(self, message: MessageId) -> float:
        return await self._messages.seconds(message) if self._messages else 0.0

    def drop_message(self, message: MessageId) -> None:
        if self._messages:
            with contextlib.suppress(FileNotFoundError):
                self._messages.drop(message)

    async def drop_drafts(self, call: CallId) -> None:
        """The folder may hold a year's messages: it is looked through in a thread."""
        for message in await asyncio.to_thread(self._messages.of_call, call) if self._messages else ():
            if message not in self._runner.floor.told:
                self.drop_message(message)

    def emergency(self) -> str | None:
        found = self._runner.floor.emergencies.get(EVERYWHERE)
        return None if found is None else found.prompt
