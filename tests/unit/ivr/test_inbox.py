"""What lies before a session, and in which order it is done."""

import asyncio

import pytest

from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt
from acd.model import CallId, OfferId, QueueId
from agents.roster import AgentId
from ivr.inbox import Inbox
from ivr.ports import CallerGone, LegLost

CALL = CallId("c")
SAY = PlayPrompt(call=CALL, prompts=("sorry",))
END = EndCall(call=CALL, reason="full")
GO = GoToNode(call=CALL, node="menu")


def offer(number: int) -> OfferCall:
    return OfferCall(
        offer=OfferId(f"c-{number}"),
        call=CALL,
        agent=AgentId(str(number)),
        queue=QueueId("sales"),
        ring_s=15.0,
        record=True,
    )


async def test_prompts_come_after_everything_else() -> None:
    inbox = Inbox()
    for item in (SAY, GO, SAY, END):
        inbox.put(item)
    assert [await inbox.next() for _ in range(4)] == [GO, END, SAY, SAY]
    assert inbox.empty


async def test_only_what_is_no_prompt_is_urgent_and_only_while_it_lies_there() -> None:
    inbox = Inbox()
    inbox.put(SAY)
    assert not inbox.urgent.is_set()
    inbox.put(offer(1))
    assert inbox.urgent.is_set()
    await inbox.next()
    assert not inbox.urgent.is_set()


async def test_offers_are_taken_together_up_to_whatever_else_was_ordered() -> None:
    inbox = Inbox()
    for item in (offer(1), offer(2), GO, offer(3)):
        inbox.put(item)
    assert inbox.offers() == [offer(1), offer(2)]
    assert inbox.offers() == []
    assert await inbox.next() == GO
    assert inbox.offers() == [offer(3)]


async def test_end_of_the_call_is_taken_only_when_it_comes_next() -> None:
    inbox = Inbox()
    assert inbox.end() is None
    inbox.put(offer(1))
    inbox.put(END)
    assert inbox.end() is None
    inbox.offers()
    assert inbox.end() == END
    assert inbox.empty


async def test_prompts_can_be_forgotten() -> None:
    inbox = Inbox()
    inbox.put(SAY)
    inbox.put(GO)
    inbox.forget_prompts()
    assert await inbox.next() == GO
    assert inbox.empty


@pytest.mark.parametrize("news", [CallerGone(), LegLost()], ids=repr)
async def test_whoever_waits_for_an_order_learns_that_the_caller_is_gone(news: CallerGone | LegLost) -> None:
    inbox = Inbox()
    taking = asyncio.create_task(inbox.next())
    await asyncio.sleep(0)
    inbox.put(news)
    with pytest.raises(type(news)):
        await taking
