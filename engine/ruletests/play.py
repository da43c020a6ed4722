"""One rule test played on the production core: `acd.core.step` with the checked rules, under a clock of its own.

Every deadline is kept at its time. Phones are idle, agents answer at once unless they are said not to, and talks last until
somebody hangs up. What agents have behind them when the test begins (a talk that goes on, a caller served an hour ago) is
played too, under rules by which only that agent can be meant.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import assert_never
from zoneinfo import ZoneInfo

import msgspec

from acd import events as ev
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
from acd.core import Refused, next_deadline, step
from acd.floor import Floor
from acd.model import CallId, CallState, OfferId, OfferOutcome, QueueId
from acd.records import CallAnswered, Decision, OfferEnded, OfferMade, QueueEntered, QueueLeft, Record
from acd.rules import QueueRules, Rules, Strategy
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from engine.config.check import Examined
from engine.config.ivr_models import EnqueueModel
from engine.ruletests.models import CallerModel, EventModel, StanceModel, TestModel
from ivr.hours import is_open

__all__ = ["Happening", "NotPossible", "Played", "play"]

USUAL_S = {"ready": 1800.0, "wrap-up": 0.0}
"""Since when an agent is what he is, if the test does not say; of anything else a minute."""
PAST_TALK_S = 180.0
MOST_STEPS = 200_000
"""A test that needs more does not come to an end."""


class NotPossible(Exception):
    """The situation cannot be: the core refuses it. The message says what."""


class Happening(msgspec.Struct, frozen=True):
    """Something that became of a caller, `at` seconds after the beginning.

    `what` is one of enters, rings, answered, missed, left, goes, hears, told.
    """

    at: float
    what: str
    queue: str = ""
    agent: str = ""
    note: str = ""
    """Of told and hears the prompt, of goes the node, of left how, of missed why, of enters the queue before."""


class Played(msgspec.Struct):
    """All that became of the callers, by name, and what was decided about them."""

    happened: dict[str, list[Happening]] = {}
    decisions: dict[str, list[Decision]] = {}
    waiting: dict[str, str] = {}
    """Who still waits at the end, and in which queue."""


def play(test: TestModel, examined: Examined) -> Played:
    """Play the test to its end. Raises NotPossible."""
    stage = _Stage(test, examined)
    for agenda in (_past_of_callers, _past_of_agents, _hours_of_queues, _test_itself):
        agenda(stage)
    stage.run()
    return stage.played


class _Stage:
    def __init__(self, test: TestModel, examined: Examined) -> None:
        self.test = test
        self.examined = examined
        self.rules = examined.configuration.rules
        self.begins_at = test.at.replace(tzinfo=ZoneInfo(self.rules.time_zone)).timestamp()
        self.now = 0.0
        self.floor = Floor.under(self.rules)
        self.played = Played()
        self.manners: dict[AgentId, str] = {}
        self.free_since: dict[AgentId, float] = {}
        """Who had a caller before the beginning, and when he was done with the last one."""
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._untold: deque[ev.Event] = deque()

    # --- time ---------------------------------------------------------------------------------------------------------

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        """Do it so long after the beginning (before it, if less than 0)."""
        heapq.heappush(self._agenda, (self.begins_at + seconds, next(self._order), do))

    def run(self) -> None:
        """All of the agenda and of the core's deadlines, up to the end of the test."""
        ends_at = self.begins_at + self.test.ends_s()
        for _ in range(MOST_STEPS):
            due, planned = next_deadline(self.floor), self._agenda[0][0] if self._agenda else None
            times = [time for time in (due, planned) if time is not None and time <= ends_at]
            if not times:
                self._see_who_waits()
                return
            self.now = max(self.now, min(times))
            if due is not None and due <= self.now:
                self.tell(ev.DeadlinePassed())
            else:
                heapq.heappop(self._agenda)[2]()
        raise NotPossible(f"does not come to an end within {MOST_STEPS} steps")

    def _see_who_waits(self) -> None:
        for name in self.played.happened:
            call = self.floor.calls.get(CallId(name))
            if call is not None and call.state in (CallState.WAITING, CallState.OFFERED) and call.queue is not None:
                self.played.waiting[name] = call.queue

    # --- the core and the telephones ----------------------------------------------------------------------------------

    def tell(self, *events: ev.Event) -> None:
        """Take these in, and whatever the telephones answer to what comes of them, all at this moment."""
        self._untold.extend(events)
        while self._untold:
            try:
                outcome = step(self.floor, self._untold.popleft(), self.now)
            except Refused as refused:
                raise NotPossible(str(refused)) from None
            self._note(outcome.records)
            for command in outcome.commands:
                self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case OfferCall():
                self._ring(command)
            case EndCall():
                self._add(command.call, "told", note=command.prompt or ("busy" if command.busy else command.reason))
                self._untold.append(ev.CallClosed(call=command.call, reason=command.reason))
            case GoToNode():
                self._add(command.call, "goes", note=command.node)
            case PlayPrompt():
                self._add(command.call, "hears", note=" ".join(command.prompts))
            case WithdrawOffer():
                pass  # a phone that rings is told; what it was to do later applies no longer
            case DialCustomer() | RingAgentFirst() | HangUpLeg():
                pass  # nobody asks to be called back in a rule test
            case _:
                assert_never(command)

    def _ring(self, offer: OfferCall) -> None:
        self._untold.append(ev.OfferRinging(offer=offer.offer, channel=f"PJSIP/agent-{offer.agent}", leg=offer.offer))
        match self.manners.get(offer.agent, "answer"):
            case "answer":
                self._untold.append(ev.OfferAnswered(offer=offer.offer))
            case "decline":
                self._untold.append(self._missed(offer.offer, OfferOutcome.DECLINED, "BUSY"))
            case _:
                missed = self._missed(offer.offer, OfferOutcome.NO_ANSWER, "NOANSWER")
                self.at(self.now + offer.ring_s - self.begins_at, lambda: self.tell(missed))

    def _missed(self, offer: OfferId, outcome: OfferOutcome, cause: str) -> ev.OfferFailed:
        return ev.OfferFailed(offer=offer, outcome=outcome, cause=cause)

    # --- what became of whom ------------------------------------------------------------------------------------------

    def _note(self, records: list[Record]) -> None:
        for record in records:
            match record:
                case Decision() if record.call in self.played.happened:
                    self.played.decisions.setdefault(record.call, []).append(record)
                case QueueEntered():
                    self._add(record.call, "enters", record.queue, note=record.overflow_from or "")
                case OfferMade():
                    self._add(record.call, "rings", record.queue, record.agent)
                case CallAnswered():
                    self._add(record.call, "answered", record.queue, record.agent)
                case OfferEnded() if record.outcome is not OfferOutcome.ACCEPTED:
                    self._add(record.call, "missed", record.queue, record.agent, record.outcome)
                case QueueLeft() if record.how != "answered":
                    self._add(record.call, "left", record.queue, note=record.why or record.how)
                case _:
                    pass

    def _add(self, call: CallId, what: str, queue: str = "", agent: str = "", note: str = "") -> None:
        if call in self.played.happened:
            happening = Happening(round(self.now - self.begins_at, 3), what, queue, agent, note)
            self.played.happened[call].append(happening)


# --- before the beginning --------------------------------------------------------------------------------------------


def _past_of_callers(stage: _Stage) -> None:
    """Who has a last agent was served by him, so long ago. One after another where an agent served several."""
    stage.at(-10_000_000.0, lambda: stage.tell(ev.LinkRegained()))
    busy_from: dict[AgentId, float] = {}
    for caller in sorted(stage.test.callers, key=lambda one: one.last_call):
        if caller.last_agent is None:
            continue
        agent = AgentId(caller.last_agent)
        talk_s = min(PAST_TALK_S, caller.last_call / 2)
        begins = min(caller.at - caller.last_call, busy_from.get(agent, 0.0) - talk_s - 2.0)
        busy_from[agent] = begins
        stage.free_since.setdefault(agent, begins + talk_s)
        stage.at(begins - 1.0, lambda agent=agent: _come(stage, agent))  # type: ignore[misc]
        stage.at(begins, lambda agent=agent, caller=caller: _serve(stage, agent, caller))  # type: ignore[misc]
        stage.at(begins + talk_s, lambda agent=agent: _go(stage, agent))  # type: ignore[misc]


def _past_of_agents(stage: _Stage) -> None:
    for agent in stage.rules.agents:
        stance = stage.test.agents.get(agent, stage.test.others)
        since = stance.time if stance.time is not None else USUAL_S.get(stance.state, 60.0)
        for before, do in _way_into(stage, agent, stance):
            stage.at(max(-since - before, stage.free_since.get(agent, -since - before)), do)


def _way_into(stage: _Stage, agent: AgentId, stance: StanceModel) -> Iterator[tuple[float, Callable[[], None]]]:
    """What an agent does to be what he is at the beginning, each with how long before he became so."""
    match stance.state:
        case "offline":
            return
        case "ready":
            yield 0.0, lambda: _come(stage, agent)
        case "talking":
            yield 0.0, lambda: _come(stage, agent)
            yield 0.0, lambda: _serve_somebody(stage, agent, stance.queue)
        case "wrap-up":
            yield PAST_TALK_S, lambda: _come(stage, agent)
            yield PAST_TALK_S, lambda: _serve_somebody(stage, agent, stance.queue)
            yield 0.0, lambda: _hang_up(stage, agent)
        case reason:
            yield 0.0, lambda: stage.tell(*_log_in(agent), ev.AgentNotReady(agent=agent, reason=reason))


def _log_in(agent: AgentId) -> tuple[ev.Event, ...]:
    return ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE), ev.AgentLoggedIn(agent=agent)


def _come(stage: _Stage, agent: AgentId) -> None:
    stage.tell(*_log_in(agent), ev.AgentReady(agent=agent))


def _go(stage: _Stage, agent: AgentId) -> None:
    _hang_up(stage, agent)
    if stage.floor.agents[agent].state is AgentState.WRAP_UP:
        stage.tell(ev.WrapUpDone(agent=agent))
    stage.tell(ev.AgentLoggedOut(agent=agent))


def _serve(stage: _Stage, agent: AgentId, caller: CallerModel) -> None:
    served = stage.rules.agents[agent].queues
    wanted = _queued(stage, caller).queue
    _serve_alone(stage, agent, wanted if wanted in served else None, f"before-{caller.name}", caller.number or "")


def _serve_somebody(stage: _Stage, agent: AgentId, queue: str | None) -> None:
    _serve_alone(stage, agent, QueueId(queue) if queue else None, f"with-{agent}", "")


def _serve_alone(stage: _Stage, agent: AgentId, queue: QueueId | None, call: str, number: str) -> None:
    """A caller of this queue is answered by just this agent: for the moment nobody else serves anything."""
    queue = queue or next(iter(stage.rules.agents[agent].queues), None)
    if queue is None:
        raise NotPossible(f"agent {agent} serves no queue, so he cannot have had a caller")
    stage.tell(
        ev.RulesLoaded(rules=_only(stage.rules, agent, queue)),
        ev.CallArrived(call=CallId(call), channel=call, number=number, did=""),
        ev.CallQueued(call=CallId(call), queue=queue),
        ev.RulesLoaded(rules=stage.rules),
    )


def _only(rules: Rules, agent: AgentId, queue: QueueId) -> Rules:
    """Plain rules by which only this agent serves this queue, and nobody is refused."""
    agents = [
        msgspec.structs.replace(one, queues=(queue,) if one.id == agent else (), memberships={})
        for one in rules.agents.values()
    ]
    plain = [
        QueueRules(id=one.id, affinity=one.affinity, strategy=Strategy.LONGEST_IDLE) for one in rules.queues.values()
    ]
    return Rules.of(rules.version, plain, agents, time_zone=rules.time_zone)


def _hours_of_queues(stage: _Stage) -> None:
    """Calendars are to the minute: queues close and open as they say, from the beginning to the end."""
    for queue in stage.rules.queues.values():
        if queue.calendar:
            calendar = stage.examined.configuration.script.calendars[queue.calendar]
            was_open = True
            for minute in range(int(stage.test.ends_s() // 60) + 1):
                moment = datetime.fromtimestamp(stage.begins_at + minute * 60, UTC)
                if (now_open := is_open(calendar, moment)) != was_open:
                    kind = ev.QueueOpened if now_open else ev.QueueClosed
                    event = kind(queue=queue.id, by="hours")
                    stage.at(minute * 60.0, lambda event=event: stage.tell(event))  # type: ignore[misc]
                    was_open = now_open


# --- the test itself -------------------------------------------------------------------------------------------------


def _test_itself(stage: _Stage) -> None:
    """What agents do comes before who calls in the same moment: a phone that is not answered from 0s on is not at 0s."""
    for event in stage.test.events:
        stage.at(event.at, lambda event=event: _do(stage, event))  # type: ignore[misc]
    for caller in stage.test.callers:
        stage.played.happened[caller.name] = []
        stage.at(caller.at, lambda caller=caller: _call(stage, caller))  # type: ignore[misc]


def _queued(stage: _Stage, caller: CallerModel) -> ev.CallQueued:
    """Where he is led, with the priority that adds and the skills it asks for."""
    call, node = CallId(caller.name), stage.examined.ivr.nodes.get(caller.node or "")
    if isinstance(node, EnqueueModel):
        return ev.CallQueued(call=call, queue=QueueId(node.queue), priority=node.priority, require=dict(node.require))
    assert caller.queue is not None
    return ev.CallQueued(call=call, queue=QueueId(caller.queue))


def _call(stage: _Stage, caller: CallerModel) -> None:
    call = CallId(caller.name)
    stage.tell(ev.CallArrived(call=call, channel=caller.name, number=caller.number or "", did=""))
    if caller.node is not None:
        stage.tell(ev.CallMoved(call=call, node=caller.node))
    if call in stage.floor.calls:
        stage.tell(_queued(stage, caller))


def _do(stage: _Stage, event: EventModel) -> None:
    if event.caller is not None:
        stage.tell(ev.CallLeftByCaller(call=CallId(event.caller)))
        return
    assert event.agent is not None
    agent = AgentId(event.agent)
    match event.does:
        case "ready":
            stage.tell(ev.AgentReady(agent=agent))
        case "log in":
            stage.tell(*_log_in(agent))
        case "log out":
            stage.tell(ev.AgentLoggedOut(agent=agent))
        case "finish":
            stage.tell(ev.WrapUpDone(agent=agent))
        case "hang up":
            _hang_up(stage, agent)
        case "answer" | "do not answer" | "decline":
            _behave(stage, agent, event.does)
        case reason:
            stage.tell(ev.AgentNotReady(agent=agent, reason=reason))


def _behave(stage: _Stage, agent: AgentId, manner: str) -> None:
    """From now on; a phone that rings already is answered, or declined, at once."""
    stage.manners[agent] = manner
    offer = stage.floor.offers.get(stage.floor.agents[agent].offer or OfferId(""))
    if offer is None or offer.answered_at is not None:
        return
    if manner == "answer":
        stage.tell(ev.OfferAnswered(offer=offer.id))
    elif manner == "decline":
        stage.tell(ev.OfferFailed(offer=offer.id, outcome=OfferOutcome.DECLINED, cause="BUSY"))


def _hang_up(stage: _Stage, agent: AgentId) -> None:
    offer = stage.floor.offers.get(stage.floor.agents[agent].offer or OfferId(""))
    if offer is None or offer.answered_at is None:
        raise NotPossible(f"agent {agent} cannot hang up: he talks to nobody then")
    stage.tell(
        ev.TalkEnded(offer=offer.id),
        ev.CallRejoined(call=offer.call),
        ev.CallClosed(call=offer.call, reason="completed"),
    )
