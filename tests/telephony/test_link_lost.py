"""The line to Asterisk's manager breaks or stalls: calls go on, nothing is offered blindly, and what happened is found out."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.asterisk.ports import free_port
from engine.rehearsal import write_configuration
from tests.telephony.outages import AmiProxy, healthy, since_epoch, unhealthy
from tests.telephony.site import SiteUnderTest, short_flow, short_queues

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

TRUE_S = 0.3
STALL_NOTICED_S = 6.0
"""A ping every 2 s, each given 4 s."""


def queues(data: Any) -> None:
    short_queues(data)
    data["queues"]["repair"].update(ring="20s")


@pytest.fixture(scope="module")
def line() -> AmiProxy:
    """Between the engine and Asterisk."""
    return AmiProxy(free_port())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None, line: AmiProxy
) -> AsyncIterator[SiteUnderTest]:
    """A site whose engine is told, by its environment, to find Asterisk behind the line."""
    home = tmp_path_factory.mktemp("link")
    configuration = write_configuration(home / "config", {"queues": queues, "ivr": short_flow})
    site = SiteUnderTest(home / "h", configuration, tell=lambda _: None)
    await line.start(int(site.supervisor.site.endpoints.ami.rpartition(":")[2]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_AMI_PORT", str(line.port))
        async with site:
            yield site
    await line.cut()


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest, line: AmiProxy) -> AsyncIterator[SiteUnderTest]:
    yield running
    line.flow()
    await line.mend()
    await healthy(running)
    await running.clear()


async def test_nothing_is_offered_while_the_line_is_cut_and_everybody_once_it_is_back(
    site: SiteUnderTest, line: AmiProxy
) -> None:
    first, second = await site.queued(), await site.queued()
    await line.cut()
    await unhealthy(site, 2.0)
    await site.on_duty("1001", "1002")
    third = await site.queued()
    for customer in (first, second, third):
        assert (await site.until_call(customer.number))["state"] == "waiting"
    assert site.network.phone("1001").rings == site.network.phone("1002").rings == []
    assert not any(one.leg.ended.is_set() for one in (first, second, third))
    await line.mend()
    await asyncio.gather(site.network.phone("1001").next_ring(), site.network.phone("1002").next_ring())
    await site.until_call(first.number, "offered")
    await site.until_call(second.number, "offered")
    assert (await site.until_call(third.number))["position"] == 1


async def test_answers_and_hang_ups_of_the_gap_are_found_with_their_true_times(
    site: SiteUnderTest, line: AmiProxy
) -> None:
    phones = site.network.phone
    await phones("1001").answers(after_s=2, talk_s=100)
    await phones("1002").answers(after_s=1.5, talk_s=1)
    await site.on_duty("1001")
    answered = await site.queued(hang_up_after_s=100)
    ring_answered = await phones("1001").next_ring()
    await site.on_duty("1002")
    over = await site.queued(hang_up_after_s=100)
    ring_over = await phones("1002").next_ring()
    await site.on_duty("1003")
    given_up = await site.queued(hang_up_after_s=100)
    ring_given_up = await phones("1003").next_ring()
    await line.cut()
    await unhealthy(site, 2.0)
    await given_up.leg.hang_up()
    for leg in (ring_over, ring_given_up):
        await leg.wait_ended()
    await ring_answered.wait_answered()
    await line.mend()

    await site.until_call(answered.number, "talking")
    await answered.leg.hang_up()
    for customer, ring in ((answered, ring_answered), (over, ring_over)):
        assert (await site.ended(customer.id))["disposition"] == "served"
        (talk,) = site.sql("select * from offers where call = ?", customer.id)
        assert talk["answered_at"] == pytest.approx(since_epoch(ring.answered_at), abs=TRUE_S)
        assert talk["talk_ended_at"] == pytest.approx(since_epoch(ring.ended_at), abs=TRUE_S)
    gone = await site.ended(given_up.id)
    assert gone["disposition"] == "abandoned_ringing"
    assert gone["ended_at"] == pytest.approx(since_epoch(given_up.leg.ended_at), abs=TRUE_S)
    assert [len(phones(agent).rings) for agent in ("1001", "1002", "1003")] == [1, 1, 1]
    for agent in ("1001", "1002", "1003"):
        await site.until_agent(agent, "ready", phone="idle")


async def test_talk_and_ringing_go_on_over_the_gap_and_nobody_is_offered_twice(
    site: SiteUnderTest, line: AmiProxy
) -> None:
    phones = site.network.phone
    await phones("1001").answers(after_s=0.1, talk_s=100)
    await site.on_duty("1001")
    talker = await site.dial(hang_up_after_s=100)
    await site.until_call(talker.number, "talking")
    await site.on_duty("1002")
    ringing = await site.queued(hang_up_after_s=100)
    await phones("1002").next_ring()
    for _ in range(3):
        await line.cut()
        await unhealthy(site, 2.0)
        await line.mend()
        await healthy(site)
        assert (await site.until_call(talker.number))["state"] == "talking"
        assert (await site.until_call(ringing.number))["state"] == "offered"
    assert [len(phones(agent).rings) for agent in ("1001", "1002")] == [1, 1]
    await ringing.leg.hang_up()
    await talker.leg.hang_up()
    assert (await site.ended(talker.id))["disposition"] == "served"
    assert [row["outcome"] for row in site.sql("select outcome from offers where call = ?", ringing.id)] == [
        "withdrawn"
    ]


async def test_phone_unplugged_in_the_gap_is_known_to_be_gone(site: SiteUnderTest, line: AmiProxy) -> None:
    await site.on_duty("1001")
    await site.until_agent("1001", phone="idle")
    await line.cut()
    await unhealthy(site, 2.0)
    await site.network.phone("1001").unplug()
    await line.mend()
    await site.until_agent("1001", phone="unreachable")
    await site.network.phone("1001").plug_in()
    await site.until_agent("1001", phone="idle")


async def test_stalled_line_is_noticed_and_given_up(site: SiteUnderTest, line: AmiProxy) -> None:
    customer = await site.queued(hang_up_after_s=60)
    line.stall()
    began_at = time.monotonic()
    await unhealthy(site, STALL_NOTICED_S + 3.0)
    noticed_s = time.monotonic() - began_at
    print(f"the stall was noticed after {noticed_s:.1f} s")
    assert noticed_s < STALL_NOTICED_S + 1.0
    await site.on_duty("1001")
    assert (await site.until_call(customer.number))["state"] == "waiting"
    line.flow()
    await site.network.phone("1001").next_ring(15.0)
    await healthy(site)
    assert len(site.network.phone("1001").rings) == 1
