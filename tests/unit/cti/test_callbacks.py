"""Legs that Asterisk is asked to originate, and what is told of them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from acd import events as ev
from acd.commands import DialCustomer, RingAgentFirst
from acd.model import AttemptOutcome, OfferOutcome
from acd.rules import CallbackRules, Dialling
from acd.runner import Runner
from cti.callbacks import Outgoing
from cti.translate import DialStatus, OriginateEnded, OutsideDialEnded
from tests.unit.acd.floors import Stage, queue, rules
from tests.unit.acd.test_callbacks import NUMBER, asks, live

TARGET = f"PJSIP/trunk/sip:{NUMBER}@203.0.113.7:5060"


class Pages:
    def __init__(self) -> None:
        self.events: list[ev.Event] = []

    def append(self, event: ev.Event, now: float) -> None:
        self.events.append(event)


class Edge:
    """A customer is offered to Anna; Originate goes nowhere."""

    def __init__(self, *, customer_first: bool, done: bool = True, target: str | None = TARGET) -> None:
        sales = queue("sales", callback=CallbackRules(customer_first=customer_first, ring_s=20.0))
        dialling = Dialling(prefixes=("1",), caller_id="4008869119")
        self.stage = Stage(rules({"anna": ["sales"]}, [sales], dialling=dialling))
        asks(self.stage)
        self.stage.come_to_work("anna")
        self.asked: list[Mapping[str, Any]] = []
        self.journal = Pages()
        self.done = done
        runner = Runner(self.stage.floor, lambda: self.stage.now, self.journal)
        self.outgoing = Outgoing(runner, lambda number: target, self.originate, why_comes_s=0.0)

    async def originate(self, fields: Mapping[str, str | list[str]]) -> bool:
        self.asked.append(fields)
        return self.done

    async def begin(self) -> None:
        command = self.stage.commands[-1]
        if isinstance(command, DialCustomer):
            await self.outgoing.dial_customer(command)
        elif isinstance(command, RingAgentFirst):
            await self.outgoing.ring_agent(command)


async def test_customer_is_called_with_ids_of_our_own_and_his_place_in_his_channel() -> None:
    edge = Edge(customer_first=True)
    call = live(edge.stage).id
    await edge.begin()
    (fields,) = edge.asked
    assert fields["Channel"] == TARGET
    assert (fields["ChannelId"], fields["ActionID"]) == (call, f"customer:{call}")
    assert (fields["CallerID"], fields["Timeout"]) == ("4008869119", "20000")
    assert f"HOTLINE_NUMBER={NUMBER}" in fields["Variable"]
    assert "HOTLINE_PLACE=waiting/sales/0" in fields["Variable"]


async def test_agents_phone_shows_the_customers_number_and_his_leg_knows_whom_to_call() -> None:
    edge = Edge(customer_first=False)
    offer = edge.stage.offer(live(edge.stage).id)
    await edge.begin()
    (fields,) = edge.asked
    assert (fields["Channel"], fields["ChannelId"]) == ("PJSIP/agent-anna", offer.leg)
    assert (fields["CallerID"], fields["Exten"]) == (NUMBER, "agent")
    assert {f"HOTLINE_TARGET={TARGET}", "HOTLINE_RING=20", f"HOTLINE_RECORD={offer.id}"} <= set(fields["Variable"])


@pytest.mark.parametrize("customer_first", [True, False])
@pytest.mark.parametrize("how", ["no_way", "refused"])
async def test_what_asterisk_will_not_do_comes_back_as_an_event(customer_first: bool, how: str) -> None:
    edge = Edge(customer_first=customer_first, done=how != "refused", target=None if how == "no_way" else TARGET)
    call = live(edge.stage).id
    await edge.begin()
    (event,) = edge.journal.events
    if customer_first:
        assert event == ev.CustomerMissed(call=call, outcome=AttemptOutcome.FAILED)
    else:
        assert isinstance(event, ev.OfferFailed)
        assert event.outcome is OfferOutcome.WITHDRAWN


async def test_number_the_rules_do_not_allow_any_more_is_not_called() -> None:
    edge = Edge(customer_first=True)
    command = edge.stage.commands[-1]
    assert isinstance(command, DialCustomer)
    edge.stage.tell(ev.RulesLoaded(rules=rules({"anna": ["sales"]}, [queue("sales")])))
    await edge.outgoing.dial_customer(command)
    assert not edge.asked


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (DialStatus.BUSY, AttemptOutcome.BUSY),
        (DialStatus.NOANSWER, AttemptOutcome.NO_ANSWER),
        (DialStatus.CHANUNAVAIL, AttemptOutcome.FAILED),
        (DialStatus.ANSWER, None),
        (DialStatus.CANCEL, None),
    ],
)
async def test_how_a_called_number_ended_is_told_of_its_call(
    status: DialStatus, outcome: AttemptOutcome | None
) -> None:
    edge = Edge(customer_first=True)
    call = live(edge.stage).id
    edge.outgoing.on_fact(OutsideDialEnded(call, status))
    assert edge.journal.events == ([ev.CustomerMissed(call=call, outcome=outcome)] if outcome else [])


@pytest.mark.parametrize(("reason", "outcome"), [(3, AttemptOutcome.NO_ANSWER), (0, AttemptOutcome.FAILED)])
async def test_originated_customer_who_came_to_nothing_was_missed(reason: int, outcome: AttemptOutcome) -> None:
    edge = Edge(customer_first=True)
    call = live(edge.stage).id
    edge.outgoing.on_fact(OriginateEnded(f"customer:{call}", False, reason))
    await asyncio.sleep(0.001)
    assert edge.journal.events == [ev.CustomerMissed(call=call, outcome=outcome)]


@pytest.mark.parametrize("why_first", [True, False])
async def test_why_a_customer_was_missed_is_heard_whichever_word_comes_first(why_first: bool) -> None:
    edge = Edge(customer_first=True)
    call = live(edge.stage).id
    words: list[OutsideDialEnded | OriginateEnded] = [
        OutsideDialEnded(call, DialStatus.BUSY),
        OriginateEnded(f"customer:{call}", False, 0),
    ]
    for word in words if why_first else reversed(words):
        edge.outgoing.on_fact(word)
    await asyncio.sleep(0.001)
    assert edge.journal.events == [ev.CustomerMissed(call=call, outcome=AttemptOutcome.BUSY)]


async def test_phone_that_rang_is_told_of_by_its_own_end_and_one_that_never_did_here() -> None:
    edge = Edge(customer_first=False)
    offer = edge.stage.offer(live(edge.stage).id)
    edge.stage.tell(ev.OfferRinging(offer=offer.id, channel="PJSIP/agent-anna-00000001", leg=offer.leg))
    edge.outgoing.on_fact(OriginateEnded(f"agent:{offer.id}", False, 0))
    assert not edge.journal.events
    offer.rang_at = None
    edge.outgoing.on_fact(OriginateEnded(f"agent:{offer.id}", False, 0))
    assert edge.journal.events == [ev.OfferFailed(offer=offer.id, outcome=OfferOutcome.UNREACHABLE, cause="never_rang")]
