"""The tally over what the real core records: random days at the telephone, every caller accounted for."""

import random
from collections import Counter

import pytest

from acd import events as ev
from acd.commands import OfferCall
from acd.core import next_deadline, step
from acd.floor import Floor
from acd.model import CallId, CallState, OfferId, OfferOutcome
from acd.records import Record
from acd.rules import Overflow, QueueRules, Rules
from agents.roster import AgentSettings
from agents.state import AgentState, PhoneState
from metrics.definitions import AgentTimes, QueueCounts
from metrics.figures import OpenState, agent_times, site_figures
from metrics.intervals import Tally
from tests.unit.metrics.records import LI, NINE, REPAIR, SALES, WANG

RULES = Rules.of(
    "r1",
    [
        QueueRules(id=SALES, max_wait_s=40.0, overflow=Overflow(queue=REPAIR), wrap_up_s=20.0),
        QueueRules(id=REPAIR, max_wait_s=60.0, overflow=Overflow(prompt="sorry"), wrap_up_s=10.0),
    ],
    [AgentSettings(id=LI, name="李", queues=(SALES,)), AgentSettings(id=WANG, name="王", queues=(SALES, REPAIR))],
)


class Day:
    """A floor with two agents, and people who do what chance says."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same days every time
        self.floor = Floor.under(RULES)
        self.tally = Tally()
        self.tally.follow(RULES)
        self.now = NINE - 100.0
        self.ringing: list[OfferId] = []
        self.records: list[Record] = []
        self.calls = 0
        self.tell(ev.LinkRegained())
        for agent in (LI, WANG):
            for event in (ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE), ev.AgentLoggedIn(agent=agent)):
                self.tell(event)
            self.tell(ev.AgentReady(agent=agent))

    def tell(self, event: ev.Event) -> None:
        outcome = step(self.floor, event, self.now)
        for record in outcome.records:
            self.tally.apply(record)
        self.records += outcome.records
        self.ringing += [command.offer for command in outcome.commands if isinstance(command, OfferCall)]

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while (deadline := next_deadline(self.floor)) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.tell(ev.DeadlinePassed())
        self.now = until

    def something_happens(self) -> None:
        self.pass_time(self.chance.expovariate(1 / 6))
        self.chance.choice((self.a_call_comes, self.an_agent_reacts, self.a_break_ends, self.someone_leaves))()

    def a_call_comes(self) -> None:
        self.calls += 1
        call = CallId(f"call{self.calls}")
        self.tell(ev.CallArrived(call=call, channel=call, number="13800138000", did="400"))
        if self.chance.random() < 0.9:
            self.tell(ev.CallQueued(call=call, queue=self.chance.choice((SALES, REPAIR))))

    def an_agent_reacts(self) -> None:
        if not self.ringing:
            return
        offer = self.ringing.pop()
        if self.chance.random() < 0.8:
            self.tell(ev.OfferAnswered(offer=offer))
        else:
            self.tell(ev.OfferFailed(offer=offer, outcome=OfferOutcome.DECLINED))

    def a_break_ends(self) -> None:
        for agent in list(self.floor.agents.values()):
            if agent.state is AgentState.NOT_READY:
                self.tell(ev.AgentReady(agent=agent.id))

    def someone_leaves(self) -> None:
        if self.floor.calls:
            cause = self.chance.choice((*[ev.HangUpCause.HUNG_UP] * 9, ev.HangUpCause.SWITCH_LOST))
            self.tell(ev.CallLeftByCaller(call=self.chance.choice(sorted(self.floor.calls)), cause=cause))

    def waiting(self) -> Counter[str | None]:
        states = (CallState.WAITING, CallState.OFFERED)
        return Counter(call.queue for call in self.floor.calls.values() if call.state in states)


@pytest.fixture(params=range(8))
def day(request: pytest.FixtureRequest) -> Day:
    day = Day(request.param)
    for _ in range(600):
        day.something_happens()
    return day


def gone(counts: QueueCounts) -> int:
    return counts.answered + counts.abandoned + counts.short_abandoned + counts.overflowed + counts.switch_lost


def test_every_caller_of_a_queue_was_answered_left_or_waits(day: Day) -> None:
    waiting = day.waiting()
    for queue in (SALES, REPAIR):
        counts = day.tally.since_start.queues[queue]
        assert counts.offered == gone(counts) + waiting[queue]
        assert counts.offered > 50


def test_every_call_of_the_site_counts_once(day: Day) -> None:
    site = day.tally.since_start.site
    told_to_go = sum(call.state is CallState.AFTER and call.answered_by is None for call in day.floor.calls.values())
    assert site.offered == gone(site) + sum(day.waiting().values()) + told_to_go
    assert day.tally.since_start.site.calls == day.calls


def test_only_live_calls_are_remembered(day: Day) -> None:
    assert set(day.tally.stays) <= set(day.floor.calls)


def test_agents_times_add_up_to_the_time_they_were_logged_in(day: Day) -> None:
    agents = [OpenState(agent.id, agent.state, agent.since) for agent in day.floor.agents.values()]
    times = agent_times(day.tally, agents, NINE - 1800, day.now)
    spent = sum(getattr(times, field) for field in AgentTimes.__struct_fields__)
    assert spent == pytest.approx(2 * (day.now - (NINE - 100.0)))
    occupancy = site_figures(day.tally, NINE - 1800, day.now, agents).values["occupancy"]
    assert occupancy is not None
    assert 0 < occupancy < 1


def test_shares_are_between_nothing_and_everything(day: Day) -> None:
    for name, value in site_figures(day.tally, NINE - 1800, day.now).values.items():
        if name.startswith(("service_level", "abandon_rate", "answered", "queued")):
            assert value is not None
            assert 0 <= value <= 1, name


def test_talks_of_the_tally_are_those_the_agents_had(day: Day) -> None:
    talking = sum(agent.state in (AgentState.TALKING, AgentState.HOLDING) for agent in day.floor.agents.values())
    site = day.tally.since_start.site
    assert site.talks + talking == sum(c.answered for c in day.tally.since_start.queues.values())
    assert site.offers["accepted"] == site.talks + talking
