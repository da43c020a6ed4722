"""kill -9 of Asterisk: every call is lost, as nobody could prevent; but no record, no agent and no later call is."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.telephony.outages import asterisk_back, healthy, kill_asterisk, kill_engine, since_epoch
from tests.telephony.site import Customer, SiteUnderTest, running_site

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

NOTICED_S = 1.0
"""How much later than its death the loss of Asterisk may be written down."""
PHONES_BACK_S = 30.0
REPAIR, COMPLAINT = "1", "3"


def queues(data: Any) -> None:
    data["queues"]["repair"].update(ring="20s")
    data["queues"]["complaint"].update(wrap_up="60s")


def agents(data: Any) -> None:
    served = {"1001": "repair", "1002": "repair", "1003": "repair", "1004": "complaint", "1005": "consultation"}
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": [queue]} for agent, queue in served.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.supervisor.STABLE_S", 1.0)  # killed by us so often, it is still started at once
        async with running_site(tmp_path_factory.mktemp("switch"), queues=queues, agents=agents) as site:
            yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    await healthy(running)
    yield running
    await running.clear()


class Floor:
    """A caller at every stage, and agents in every state."""

    talking: Customer
    ringing: Customer
    waiting: Customer
    in_menu: Customer

    @property
    def customers(self) -> list[Customer]:
        return [self.talking, self.ringing, self.waiting, self.in_menu]


async def busy_floor(site: SiteUnderTest) -> Floor:
    """1001 talks, 1002 is rung, 1003 is at lunch, 1004 does his paperwork."""
    floor, phone = Floor(), site.network.phone
    await site.network.reset()
    await phone("1004").answers(after_s=0.1, talk_s=0.3)
    await site.on_duty("1004")
    await site.ended((await site.dial(key=COMPLAINT)).id)
    await site.until_agent("1004", "wrap_up")
    await site.agent("1003", "login")
    await site.agent("1003", "not_ready", "meal")
    await phone("1001").answers(after_s=0.1, talk_s=100)
    await site.on_duty("1001")
    floor.talking = await site.dial(hang_up_after_s=100)
    await site.until_call(floor.talking.number, "talking")
    await site.on_duty("1002")
    floor.ringing = await site.queued(hang_up_after_s=100)
    await phone("1002").next_ring()
    floor.waiting = await site.queued(hang_up_after_s=100)
    floor.in_menu = await site.dial(key="", hang_up_after_s=100)
    return floor


async def lost_as_they_were(site: SiteUnderTest, floor: Floor, killed_at: float) -> None:
    """The records of the four callers."""
    stages = {
        floor.talking.id: ("talking", "1001"),
        floor.ringing.id: ("offered", None),
        floor.waiting.id: ("waiting", None),
        floor.in_menu.id: ("ivr", None),
    }
    for call, (left_in, agent) in stages.items():
        ended = await site.ended(call)
        assert (ended["disposition"], ended["ended_by"]) == ("switch_lost", "switch")
        assert (ended["left_in"], ended["agent"]) == (left_in, agent)
        assert killed_at - 0.1 < ended["ended_at"] < killed_at + NOTICED_S
    (talk,) = site.sql("select * from offers where call = ?", floor.talking.id)
    assert talk["outcome"] == "accepted"
    assert killed_at - 0.1 < talk["talk_ended_at"] < killed_at + NOTICED_S
    (ring,) = site.sql("select * from offers where call = ?", floor.ringing.id)
    assert ring["outcome"] == "withdrawn"
    hows = site.sql("select how from segments where call in (?, ?)", floor.ringing.id, floor.waiting.id)
    assert [row["how"] for row in hows] == ["switch_lost", "switch_lost"]


async def nothing_but_agents_is_left(site: SiteUnderTest) -> None:
    """No ghosts; everybody is as he was, and those whose call was lost are through with it."""
    assert await site.live() == []
    queues = (await site.get("/api/queues"))["queues"]
    assert [queue["waiting"] for queue in queues] == [0] * len(queues)
    await site.until_agent("1001", "ready")
    await site.until_agent("1002", "ready")
    assert (await site.until_agent("1003", "not_ready"))["reason"] == "meal"
    await site.until_agent("1004", "wrap_up")


async def next_call_works(site: SiteUnderTest) -> None:
    """The phones are back by themselves, and the first caller is answered."""
    for agent in ("1001", "1002", "1003", "1004"):
        await site.until_agent(agent, phone="idle", timeout_s=PHONES_BACK_S)
    for agent in ("1001", "1002"):
        site.network.phone(agent).forget_rings()
        await site.network.phone(agent).answers(after_s=0.1, talk_s=0.3)
    customer = await site.dial()
    served = await site.ended(customer.id)
    assert (served["disposition"], served["ended_by"]) == ("served", "agent")
    await site.agent("1004", "wrap_up_done")


async def test_calls_are_closed_as_lost_agents_come_back_and_the_next_call_works(site: SiteUnderTest) -> None:
    floor = await busy_floor(site)
    asterisk = site.supervisor.asterisk
    killed_at = await kill_asterisk(site)
    await asterisk_back(site, asterisk)
    await lost_as_they_were(site, floor, killed_at)
    await nothing_but_agents_is_left(site)
    await site.network.reset()
    await next_call_works(site)


async def test_engine_and_asterisk_killed_together(site: SiteUnderTest) -> None:
    floor = await busy_floor(site)
    asterisk = site.supervisor.asterisk
    last_event_at = since_epoch(asyncio.get_running_loop().time())
    _, killed_at = await asyncio.gather(kill_engine(site), kill_asterisk(site))
    await asterisk_back(site, asterisk)
    await nothing_but_agents_is_left(site)
    for customer in floor.customers:
        ended = await site.ended(customer.id)
        assert (ended["disposition"], ended["ended_by"]) == ("switch_lost", "switch")
        assert last_event_at - 2.0 < ended["ended_at"] < killed_at + NOTICED_S
    await site.network.reset()
    await next_call_works(site)


async def test_asterisk_that_dies_while_nobody_calls_is_back_for_the_next_caller(site: SiteUnderTest) -> None:
    await site.on_duty("1001", "1002")
    await site.agent("1003", "login")
    await site.network.phone("1004").answers(after_s=0.1, talk_s=0.3)
    await site.on_duty("1004")
    await site.ended((await site.dial(key=COMPLAINT)).id)
    asterisk = site.supervisor.asterisk
    await kill_asterisk(site)
    await asterisk_back(site, asterisk)
    await next_call_works(site)
