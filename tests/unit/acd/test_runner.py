"""The runner: order of journal, records and commands, one event at a time, deadlines at their time (which is virtual here)."""

import asyncio
import logging
import selectors
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from acd import events as ev
from acd.commands import Command, OfferCall, WithdrawOffer
from acd.core import Refused
from acd.floor import Floor
from acd.model import CallId, OfferId, OfferOutcome, QueueId
from acd.records import OfferMade, Record
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import PhoneState
from tests.unit.acd.floors import queue, rules

ANNA = AgentId("anna")


class VirtualTime(selectors.DefaultSelector):
    """Lets the loop believe that the time it wants to wait has gone by."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class Site:
    """A runner with everything around it: each thing that happens is written into `story` in its order."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.behind_s = 0.0
        self.story: list[object] = []
        self.on_command: Callable[[Command], None] = lambda command: None
        self.runner = Runner(Floor.under(rules({"anna": ["sales"]}, [queue(no_answer_limit=1)])), self.clock, self)
        self.runner.telephony = self
        self.runner.sinks.append(self.take_records)

    def clock(self) -> float:
        return self.time.now - self.behind_s

    def append(self, event: ev.Event, now: float) -> None:
        self.story.append((type(event).__name__, now))

    def carry_out(self, command: Command) -> None:
        self.story.append(command)
        self.on_command(command)

    def take_records(self, records: Sequence[Record], now: float) -> None:
        self.story += records

    def open(self) -> None:
        for event in (
            ev.LinkRegained(),
            ev.PhoneChanged(agent=ANNA, phone=PhoneState.IDLE),
            ev.AgentLoggedIn(agent=ANNA),
            ev.AgentReady(agent=ANNA),
            ev.CallArrived(call=CallId("c1"), channel="", number="139", did="400"),
        ):
            self.runner.tell(event)
        self.story.clear()

    def caller_queues(self) -> None:
        self.runner.tell(ev.CallQueued(call=CallId("c1"), queue=QueueId("sales")))

    def kinds(self) -> list[str]:
        return [item[0] if isinstance(item, tuple) else type(item).__name__ for item in self.story]


def in_virtual_time(play: Callable[[Site], Coroutine[Any, Any, None]]) -> Site:
    """Run a coroutine on a loop whose waiting takes no time."""
    time = VirtualTime()
    loop = asyncio.SelectorEventLoop(time)
    loop.time = lambda: time.now  # type: ignore[method-assign]
    site = Site(time)
    try:
        loop.run_until_complete(play(site))
    finally:
        loop.close()
    return site


def test_event_is_journalled_first_and_records_are_told_before_the_phone_rings() -> None:
    async def play(site: Site) -> None:
        site.open()
        site.caller_queues()

    kinds = in_virtual_time(play).kinds()
    assert kinds[0] == "CallQueued"
    assert kinds[-1] == "OfferCall"
    assert "OfferMade" in kinds


def test_wish_that_is_refused_is_told_to_the_one_who_asked_and_changes_nothing() -> None:
    async def play(site: Site) -> None:
        site.open()
        with pytest.raises(Refused, match="cannot end_wrap_up") as caught:
            site.runner.tell(ev.WrapUpDone(agent=ANNA))
        assert caught.value.error == "illegal_transition"
        site.caller_queues()

    assert in_virtual_time(play).kinds()[:2] == ["WrapUpDone", "CallQueued"]


def test_command_that_fails_on_the_spot_is_taken_up_after_the_event_that_led_to_it() -> None:
    async def play(site: Site) -> None:
        site.open()
        site.on_command = lambda command: site.runner.tell(
            ev.OfferFailed(offer=OfferId("c1-1"), outcome=OfferOutcome.UNREACHABLE)
        )
        site.caller_queues()
        assert site.runner.floor.agents[ANNA].reason == "unreachable"

    kinds = in_virtual_time(play).kinds()
    assert kinds.index("OfferCall") < kinds.index("OfferFailed") < kinds.index("OfferEnded")


def test_event_told_meanwhile_that_is_refused_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def play(site: Site) -> None:
        site.open()
        site.on_command = lambda command: site.runner.tell(ev.WrapUpDone(agent=ANNA))
        site.caller_queues()
        assert site.runner.floor.offers

    with caplog.at_level(logging.INFO):
        in_virtual_time(play)
    assert "refused: anna: an agent who is offered cannot end_wrap_up (WrapUpDone)" in caplog.messages


def test_deadline_is_kept_at_its_time() -> None:
    async def play(site: Site) -> None:
        site.open()
        site.caller_queues()
        site.story.clear()
        await asyncio.sleep(19.9)
        assert site.story == []
        await asyncio.sleep(0.2)

    site = in_virtual_time(play)
    assert site.story[0] == ("DeadlinePassed", pytest.approx(1020.0))
    assert isinstance(site.story[-1], WithdrawOffer)


def test_timer_that_fires_before_the_floors_own_time_waits_on_for_the_rest() -> None:
    async def play(site: Site) -> None:
        site.open()
        site.caller_queues()
        site.story.clear()
        site.behind_s = 3.0
        await asyncio.sleep(22.9)
        assert site.story == []
        await asyncio.sleep(0.2)

    assert in_virtual_time(play).story[0] == ("DeadlinePassed", pytest.approx(1020.0))


def test_earlier_deadline_takes_the_place_of_a_later_one() -> None:
    async def play(site: Site) -> None:
        site.open()
        site.caller_queues()
        site.runner.tell(ev.OfferAnswered(offer=OfferId("c1-1")))
        site.runner.tell(ev.TalkEnded(offer=OfferId("c1-1")))
        site.story.clear()
        await asyncio.sleep(30.1)
        assert site.runner.floor.agents[ANNA].state == "ready"

    assert [item for item in in_virtual_time(play).story if isinstance(item, tuple)] == [
        ("DeadlinePassed", pytest.approx(1030.0))
    ]


def test_closed_runner_keeps_no_more_deadlines() -> None:
    async def play(site: Site) -> None:
        site.open()
        site.caller_queues()
        site.story.clear()
        site.runner.close()
        await asyncio.sleep(100.0)

    assert in_virtual_time(play).story == []


def test_sink_that_fails_is_counted_and_keeps_nobody_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(records: Sequence[Record], now: float) -> None:
        raise RuntimeError("disk full")

    async def play(site: Site) -> None:
        site.open()
        site.runner.sinks.insert(0, broken)
        site.caller_queues()
        assert site.runner.failures == 1

    site = in_virtual_time(play)
    assert any(isinstance(item, OfferMade) for item in site.story)
    assert isinstance(site.story[-1], OfferCall)
    assert "a record sink failed" in caplog.messages


def test_event_the_core_cannot_digest_is_counted_and_the_next_one_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    async def play(site: Site) -> None:
        site.open()
        site.runner.tell("no event at all")  # type: ignore[arg-type]
        assert site.runner.failures == 1
        site.caller_queues()

    assert isinstance(in_virtual_time(play).story[-1], OfferCall)
    assert "the core failed on str" in caplog.messages


def test_runner_without_telephony_decides_all_the_same() -> None:
    async def play(site: Site) -> None:
        site.runner.telephony = None
        site.open()
        site.caller_queues()
        assert site.runner.now() == 1000.0

    assert in_virtual_time(play).kinds()[-1] == "OfferMade"


def test_deadline_that_stays_the_same_keeps_its_timer() -> None:
    async def play(site: Site) -> None:
        site.open()
        site.caller_queues()
        site.story.clear()
        for _ in range(3):
            await asyncio.sleep(6.0)
            site.runner.tell(ev.CallMoved(call=CallId("c1"), node="music"))
        await asyncio.sleep(2.1)

    deadlines = [
        item for item in in_virtual_time(play).story if isinstance(item, tuple) and item[0] == "DeadlinePassed"
    ]
    assert deadlines == [("DeadlinePassed", pytest.approx(1020.0))]
