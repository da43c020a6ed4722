"""What holds of a floor after every step, whatever happened: the laws the scenarios, the random walk and the simulation share.

`check_floor` looks at one floor as it stands; `Ledger` follows the records of a whole run.
"""

from collections import Counter

from acd.core import next_deadline
from acd.floor import FREE, Floor, callback_key, line_key
from acd.line import Lines
from acd.model import Agent, Call, CallbackId, CallId, CallState, Offer, OfferId, QueueId
from acd.records import (
    AgentChanged,
    AgentInterval,
    CallAnswered,
    CallbackAttempted,
    CallbackClosed,
    CallbackOpened,
    CallEnded,
    CallOpened,
    Decision,
    OfferEnded,
    OfferMade,
    QueueEntered,
    QueueLeft,
    Record,
    SurveyAsked,
    SurveyClosed,
    SurveyReplied,
    TalkFinished,
)
from acd.routing import group_of
from acd.suiting import suits
from agents.roster import AgentId
from agents.state import ON_CALL, AgentState, PhoneState

__all__ = ["Ledger", "check_floor"]


def check_floor(floor: Floor, now: float) -> None:
    """All laws about the floor as it stands at `now`."""
    for agent in floor.agents.values():
        _offer_and_agent_agree(floor, agent)
        _agent_is_counted_and_lined_up(floor, agent)
    for call in floor.calls.values():
        _offer_and_call_agree(floor, call)
        _call_stands_where_its_state_says(floor, call)
    _callbacks_are_called_one_at_a_time(floor)
    for lines in (*floor.waiting.values(), *floor.ready.values()):
        _lines_are_in_order(lines)
    _nobody_is_left_over(floor)
    _who_waits_is_counted(floor)
    _nobody_waits_for_a_free_agent(floor, now)


def _who_waits_is_counted(floor: Floor) -> None:
    """The count that is made of lines and places beside them is that of the calls."""
    for queue in floor.rules.queues:
        waiting = [call for call in floor.calls.values() if call.state is CallState.WAITING and call.queue == queue]
        assert floor.callers_waiting(queue) == sum(call.has_leg for call in waiting)
        offered = [call for call in floor.calls.values() if call.state is CallState.OFFERED and call.queue == queue]
        assert floor.present[queue] == sum(call.callback is None for call in (*waiting, *offered))


def _callbacks_are_called_one_at_a_time(floor: Floor) -> None:
    """A callback has one call at most, a call without a leg is one's or is talking, and nobody is called twice for a queue."""
    live = [one.live for one in floor.callbacks.values() if one.live is not None]
    assert len(set(live)) == len(live)
    for one in floor.callbacks.values():
        assert one.live is None or floor.calls[one.live].callback == one.id
    for call in floor.calls.values():
        if not call.has_leg and call.reached_at is None:
            assert call.callback is not None
            assert floor.callbacks[call.callback].live == call.id
            assert len(call.ringing) <= 1
    asked = {callback_key(one.number, one.queue): one.id for one in floor.callbacks.values()}
    assert len(asked) == len(floor.callbacks)
    assert asked == floor.wanted


def _is_talk(floor: Floor, offer: Offer) -> bool:
    """An agent whose leg is to call a customer talks when that one answers."""
    call = floor.calls[offer.call]
    return offer.answered_at is not None and (call.has_leg or call.reached_at is not None)


def _lines_are_in_order(lines: Lines) -> None:
    for group, line in lines.groups.items():
        assert line.entries, f"the group {group} is empty"
        assert line.entries == sorted((key, member) for member, key in line.keys.items())
        assert all(lines.group_of[member] == group for member in line.keys)
    assert len(lines) == sum(len(line) for line in lines.groups.values())


def _offer_and_agent_agree(floor: Floor, agent: Agent) -> None:
    mine = [offer for offer in floor.offers.values() if offer.agent == agent.id]
    assert len(mine) <= 1, f"{agent.id} has {len(mine)} offers"
    assert (agent.state in ON_CALL) == bool(mine), f"{agent.id} is {agent.state} with offers {mine}"
    assert agent.offer == (mine[0].id if mine else None)
    if mine:
        assert (mine[0].answered_at is None) == (agent.state is AgentState.OFFERED)


def _offer_and_call_agree(floor: Floor, call: Call) -> None:
    mine = [offer for offer in floor.offers.values() if offer.call == call.id]
    ringing = [offer.id for offer in mine if offer.answered_at is None]
    talks = [offer.id for offer in mine if offer.answered_at is not None]
    assert len(talks) <= 1, f"{call.id} has {len(talks)} talks"
    assert not (talks and ringing), f"{call.id} talks while phones ring"
    assert sorted(call.ringing) == sorted(ringing)
    assert (call.state is CallState.OFFERED) == bool(ringing)
    assert (call.state is CallState.TALKING) == bool(talks)
    assert call.offer == (call.ringing[0] if call.ringing else talks[0] if talks else None)
    rounds = {offer.made_at for offer in mine if offer.answered_at is None}
    assert len(rounds) <= 1, f"phones ring for {call.id} since {rounds}: they were not rung together"


def _agent_is_counted_and_lined_up(floor: Floor, agent: Agent) -> None:
    takes_calls = agent.state is AgentState.READY and agent.phone is PhoneState.IDLE
    assert (agent.standing == FREE) == takes_calls
    served = floor.rules.agents[agent.id].queues
    for queue, line in floor.ready.items():
        assert (agent.id in line) == (takes_calls and queue in served), f"{agent.id} in the ready line of {queue}"


def _call_stands_where_its_state_says(floor: Floor, call: Call) -> None:
    lines = {queue for queue, line in floor.waiting.items() if call.id in line}
    in_line = call.state is CallState.WAITING and call.attached and call.held_for is None
    assert lines == ({call.queue, *call.added} if in_line else set()), (
        f"{call.id} is {call.state} and stands in {lines}"
    )
    for queue in lines:
        assert floor.waiting[queue].key(call.id) == line_key(call, floor.rules)
    if call.held_for is not None:
        assert call.state is CallState.WAITING
        assert floor.held[call.held_for].count(call.id) == 1
        assert call.assigned or call.queue in floor.rules.agents[call.held_for].queues


def _nobody_is_left_over(floor: Floor) -> None:
    assert sum(len(held) for held in floor.held.values()) == sum(c.held_for is not None for c in floor.calls.values())
    assert all(call in floor.calls for lines in floor.waiting.values() for call in lines.group_of)
    for queue, counts in floor.standings.items():
        actual = Counter(floor.agents[member].standing for member in floor.rules.members[queue])
        assert {standing: n for standing, n in counts.items() if n} == dict(actual)
    for queue in floor.rules.queues:
        with_agents = {offer.call for offer in floor.offers.values() if offer.queue == queue}
        assert floor.busy.get(queue, 0) == len(with_agents), f"{queue} counts {floor.busy} calls with agents"


def _nobody_waits_for_a_free_agent(floor: Floor, now: float) -> None:
    """Work conservation: while Asterisk is in sight, a free agent and a caller he may have do not both wait."""
    deadline = next_deadline(floor)
    if not floor.linked or (deadline is not None and deadline <= now):
        return
    for queue, lines in floor.waiting.items():
        for line in lines.groups.values():
            for member in line.keys:
                call = floor.calls[CallId(member)]
                _could_have_nobody(floor, queue, call, group_of(floor, call, queue, now), now)
    for held_for, held in floor.held.items():
        for call in (floor.calls[member] for member in held):
            kept = not call.attached or (not call.assigned and floor.at_limit(floor.queue_of(call)))
            assert kept or floor.agents[held_for].standing != FREE, f"{call.id} is held for {held_for}, who is free"


def _could_have_nobody(floor: Floor, queue: QueueId, call: Call, callers: str, now: float) -> None:
    if floor.at_limit(floor.queue_of(call)):
        return
    for group, line in floor.ready[queue].groups.items():
        for agent in line.keys if suits(group, callers) else ():
            assert call.unwilling.get(AgentId(agent), 0.0) > now, f"{call.id} waits though {agent} is free"


class Ledger:
    """The records of one run, checked as they come: each thing begins once, ends once, and is never lost."""

    def __init__(self) -> None:
        self.open_calls: dict[CallId, CallOpened] = {}
        self.ended_calls: set[CallId] = set()
        self.open_callbacks: set[CallbackId] = set()
        self.incoming = 0
        self.open_offers: dict[OfferId, OfferMade] = {}
        self.talks: dict[OfferId, CallAnswered] = {}
        self.counts: Counter[str] = Counter()
        self.stays: dict[tuple[CallId, int], QueueEntered] = {}
        self.states: dict[AgentId, AgentState] = {}
        self.logged_in_at: dict[AgentId, float] = {}
        self.last_interval: dict[AgentId, AgentInterval] = {}
        self.keys: set[tuple[object, ...]] = set()
        self.surveys: set[CallId] = set()

    def add(self, records: list[Record]) -> None:  # noqa: PLR0912 - one case a kind of record
        """Book what one step recorded."""
        for record in records:
            self.counts[type(record).__name__] += 1
            match record:
                case CallOpened():
                    assert record.call not in self.open_calls
                    self.incoming += record.callback is None
                    self.open_calls[record.call] = record
                case CallEnded():
                    self._call_ended(record)
                case QueueEntered():
                    self._once("stay", record.call, record.segment)
                    self.stays[record.call, record.segment] = record
                case QueueLeft():
                    self._queue_left(record)
                case OfferMade():
                    self._once("offer", record.offer)
                    self.open_offers[record.offer] = record
                case OfferEnded():
                    made = self.open_offers.pop(record.offer)
                    assert made.at == record.made_at <= record.ended_at
                case CallAnswered():
                    assert record.wait_s >= 0.0
                    assert record.total_wait_s >= record.wait_s
                    self.talks[record.offer] = record
                case TalkFinished():
                    self._talk_finished(record)
                case CallbackOpened():
                    self._once("callback", record.callback)
                    self.open_callbacks.add(record.callback)
                case CallbackAttempted():
                    self._once("attempt", record.callback, record.number)
                    assert record.callback in self.open_callbacks
                case CallbackClosed():
                    self.open_callbacks.remove(record.callback)
                case AgentInterval():
                    self._interval(record)
                case SurveyAsked():
                    self._once("survey", record.call)
                    self.surveys.add(record.call)
                case SurveyReplied():
                    self._once("answer", record.call, record.question)
                    assert record.call in self.surveys
                case SurveyClosed():
                    self.surveys.remove(record.call)
                    assert record.asked_at <= record.at
                case AgentChanged():
                    self._changed(record)
                case Decision():
                    self._once("decision", record.call, record.number)
                case _:
                    pass

    def check(self, floor: Floor) -> None:
        """The books agree with the floor: nothing vanished, nothing is counted twice."""
        assert set(self.open_calls) == {c.id for c in floor.calls.values() if c.callback is None or c.offers}
        assert set(self.open_offers) == {offer.id for offer in floor.offers.values() if offer.answered_at is None}
        assert set(self.talks) == {offer.id for offer in floor.offers.values() if _is_talk(floor, offer)}
        assert self.surveys == {c.id for c in floor.calls.values() if c.survey is not None and not c.survey.over}
        in_queue = (CallState.WAITING, CallState.OFFERED)
        stays = {(c.id, c.segment) for c in floor.calls.values() if c.state in in_queue and c.callback is None}
        assert set(self.stays) == stays
        assert set(floor.callbacks) <= self.open_callbacks
        for agent, interval in self.last_interval.items():
            if agent in floor.agents and floor.agents[agent].state is not AgentState.OFFLINE:
                assert floor.agents[agent].since >= interval.ended_at

    def _once(self, *key: object) -> None:
        assert key not in self.keys, f"{key} twice"
        self.keys.add(key)

    def _call_ended(self, record: CallEnded) -> None:
        opened = self.open_calls.pop(record.call)
        assert opened.at == record.opened_at <= record.ended_at
        assert record.call not in self.ended_calls
        self.ended_calls.add(record.call)

    def _queue_left(self, record: QueueLeft) -> None:
        entered = self.stays.pop((record.call, record.segment))
        assert entered.at == record.entered_at <= record.left_at
        assert record.wait_s == record.left_at - record.entered_at
        assert entered.queue == record.queue

    def _talk_finished(self, record: TalkFinished) -> None:
        answered = self.talks.pop(record.offer)
        assert answered.at == record.answered_at <= record.ended_at
        assert 0.0 <= record.hold_s <= record.talk_s

    def _changed(self, record: AgentChanged) -> None:
        if self.states.get(record.agent, AgentState.OFFLINE) is AgentState.OFFLINE:
            self.logged_in_at[record.agent] = record.at
        self.states[record.agent] = record.state

    def _interval(self, record: AgentInterval) -> None:
        """One agent's intervals follow on each other from log-in to log-out, and no two have the same key."""
        self._once("interval", record.agent, record.started_at, record.state)
        assert record.started_at <= record.ended_at
        before = self.last_interval.get(record.agent)
        self.last_interval[record.agent] = record
        if before is not None:
            went_home = before.ended_at <= self.logged_in_at[record.agent] == record.started_at
            assert record.started_at == before.ended_at or went_home
