"""The caller hangs up in the very moment of the answer, a little before, a little after: one end, and a free agent."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.telephony.site import SiteUnderTest, running_site

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

DESK = ("1001", "1002", "1003", "1004")
RINGS_S = 0.4
ROUNDS = 11
SPREAD_S = 0.05


def queues(data: Any) -> None:
    data["queues"]["repair"].update(wrap_up="0.2s")


def agents(data: Any) -> None:
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": ["repair"]} for agent in DESK}
    data["agents"]["1005"] = {"name": "the others", "queues": ["consultation", "complaint"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("races"), queues=queues, agents=agents) as site:
        for agent in DESK:
            await site.network.phone(agent).answers(after_s=RINGS_S, talk_s=30)
        yield site
        await site.clear()


async def hang_up_around_the_answer(site: SiteUnderTest, offset_s: float) -> tuple[str, str]:
    """One call that ends so much after the answer; what became of it, and of the offer."""
    customer = await site.queued(hang_up_after_s=30)
    agent = (await site.until_call(customer.number, "offered", "talking"))["agent"]
    ring = await site.network.phone(agent).next_ring()
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(ring.began_at + RINGS_S + offset_s - loop.time(), 0.0))
    await customer.leg.hang_up()
    await ring.wait_ended(2.0)
    call = await site.ended(customer.id)
    await site.until_agent(agent, "ready", phone="idle", timeout_s=5.0)
    (offer,) = site.sql("select * from offers where call = ?", customer.id)
    (stay,) = site.sql("select * from segments where call = ?", customer.id)
    assert stay["left_at"] is not None
    assert call["ended_by"] == "caller"
    return call["disposition"], offer["outcome"]


async def test_caller_who_hangs_up_around_the_answer_ends_once_and_leaves_no_agent_stuck(site: SiteUnderTest) -> None:
    await site.on_duty(*DESK)
    step_s = 2 * SPREAD_S / (ROUNDS * len(DESK) - 1)
    offsets = [n * step_s - SPREAD_S for n in range(ROUNDS * len(DESK))]
    ends: Counter[tuple[str, str]] = Counter()
    for n in range(0, len(offsets), len(DESK)):
        group = offsets[n : n + len(DESK)]
        ends.update(await asyncio.gather(*(hang_up_around_the_answer(site, offset_s) for offset_s in group)))
    print(dict(ends))
    assert set(ends) <= {("served", "accepted"), ("abandoned_ringing", "withdrawn")}
    assert len(ends) == 2, "all fell on one side of the answer"
    assert "Traceback" not in site.log
