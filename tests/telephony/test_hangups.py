"""Callers who hang up, at every stage: what it makes of the call, and how soon the agent is free again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.telephony.site import Customer, Feed, SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

AT_ONCE_S = 0.5
"""Measured: a few milliseconds. The margin is for a machine that has other things to do."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("hangups")) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    yield running
    await running.clear()


async def freed_after_s(feed: Feed, customer: Customer, state: str) -> float:
    """How long after the caller's leg was gone the desktop learnt that the agent is in this state."""

    async def found() -> float | None:
        heard = (at for at, event in feed.events if event["type"] == "agent" and event["agent"]["state"] == state)
        return next((at for at in heard if at > hung_up_at - 0.1), None)

    await customer.leg.wait_ended()
    hung_up_at = customer.leg.ended_at or 0.0
    return await until(found, every_s=0.005) - hung_up_at


async def test_caller_who_hangs_up_in_the_menu_is_abandoned_in_the_ivr(site: SiteUnderTest) -> None:
    customer = await site.dial(key="")

    async def in_the_menu() -> bool:
        return bool((await site.until_call(customer.number))["path"][-1:] == ["menu"])

    await until(in_the_menu)
    await customer.leg.hang_up()
    call = await site.ended(customer.id)
    assert (call["disposition"], call["left_in"], call["ended_by"]) == ("abandoned_ivr", "ivr", "caller")
    assert call["path"] == ["hours", "menu"]
    assert site.sql("select * from segments where call = ?", customer.id) == []


async def test_caller_who_hangs_up_while_waiting_leaves_the_line(site: SiteUnderTest) -> None:
    first, second = await site.queued(), await site.queued()
    assert (await site.until_call(second.number))["position"] == 2
    await first.leg.hang_up()
    call = await site.ended(first.id)
    assert (call["disposition"], call["left_in"], call["ended_by"]) == ("abandoned_waiting", "waiting", "caller")
    (segment,) = site.sql("select * from segments where call = ?", first.id)
    assert (segment["how"], segment["phase"]) == ("short_abandon", "waiting")
    assert (await site.until_call(second.number))["position"] == 1


async def test_caller_who_hangs_up_while_ringing_frees_the_agent_at_once_without_wrap_up(
    site: SiteUnderTest,
) -> None:
    await site.on_duty("1001")
    async with site.feed("1001") as feed:
        customer = await site.queued()
        ring = await site.network.phone("1001").next_ring()
        await feed.next_pop("offered", call=customer.id)
        await customer.leg.hang_up()
        freed_s = await freed_after_s(feed, customer, "ready")
        _, withdrawn = await feed.next_pop("withdrawn", call=customer.id)
        await ring.wait_ended(1.0)
    print(f"the agent was free after {freed_s * 1000:.1f} ms")
    assert freed_s < AT_ONCE_S
    assert withdrawn["pop"]["reason"] == "caller_left"
    call = await site.ended(customer.id)
    assert (call["disposition"], call["left_in"], call["ended_by"]) == ("abandoned_ringing", "offered", "caller")
    (offer,) = site.sql("select * from offers where call = ?", customer.id)
    assert (offer["outcome"], offer["cause"]) == ("withdrawn", "caller_left")


async def test_agent_whose_caller_hung_up_while_ringing_gets_the_next_one_at_once(
    site: SiteUnderTest,
) -> None:
    await site.on_duty("1001")
    phone = site.network.phone("1001")
    first = await site.queued()
    await phone.next_ring()
    second = await site.queued()
    await first.leg.hang_up()
    ring = await phone.next_ring(2.0)
    await first.leg.wait_ended()
    next_s = ring.began_at - (first.leg.ended_at or 0.0)
    print(f"the phone rang for the next caller after {next_s * 1000:.1f} ms")
    assert next_s < AT_ONCE_S
    assert (await site.until_call(second.number))["agent"] == "1001"


async def test_caller_who_hangs_up_during_the_talk_was_served_and_the_agent_wraps_up(
    site: SiteUnderTest,
) -> None:
    await site.on_duty("1001")
    await site.network.phone("1001").answers(after_s=0.1, talk_s=20)
    async with site.feed("1001") as feed:
        customer = await site.queued()
        await feed.next_pop("answered", call=customer.id)
        await asyncio.sleep(1.0)  # they talk
        await customer.leg.hang_up()
        freed_s = await freed_after_s(feed, customer, "wrap_up")
        _, ended = await feed.next_pop("ended", call=customer.id)
    print(f"the agent was free after {freed_s * 1000:.1f} ms")
    assert freed_s < AT_ONCE_S
    assert ended["pop"]["talk_s"] == pytest.approx(1.0, abs=0.4)
    call = await site.ended(customer.id)
    assert (call["disposition"], call["left_in"], call["ended_by"]) == ("served", "talking", "caller")
    assert call["agent"] == "1001"


async def test_caller_whose_agent_hangs_up_was_served_and_the_agent_ended_it(site: SiteUnderTest) -> None:
    await site.on_duty("1001")
    await site.network.phone("1001").answers(after_s=0.1, talk_s=0.5)
    customer = await site.queued()
    call = await site.ended(customer.id)
    assert (call["disposition"], call["ended_by"], call["agent"]) == ("served", "agent", "1001")
    assert await customer.leg.wait_ended(2.0) == 16  # normal clearing


async def test_caller_who_hangs_up_at_the_moment_of_the_answer_frees_the_agent(site: SiteUnderTest) -> None:
    await site.on_duty("1001")
    await site.network.phone("1001").answers(after_s=0.05, talk_s=20)
    for _ in range(5):
        customer = await site.queued()
        ring = await site.network.phone("1001").next_ring()
        await ring.wait_answered()
        await customer.leg.hang_up()
        assert (await site.ended(customer.id))["disposition"] in ("served", "abandoned_ringing")
        await ring.wait_ended(1.0)
        await site.until_agent("1001", "ready", phone="idle", timeout_s=3.0)
