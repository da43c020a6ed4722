"""What agents dial on their phones: *61 log in, *62 log out, *63 ready, *64 and a digit not ready, *65 wrap-up done."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.telephony.site import SiteUnderTest, running_site

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

AGENT = "1001"
CLEARED, UNKNOWN_NUMBER = 16, 1  # Q.850


def queues(data: Any) -> None:
    data["queues"]["repair"]["wrap_up"] = "60s"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("codes"), queues=queues) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    yield running
    await running.clear()


async def dial(site: SiteUnderTest, code: str, state: str, reason: str = "") -> None:
    """The agent dials a code, and is in this state before he hangs up."""
    call = await site.network.phone(AGENT).dial(code)
    await site.until_agent(AGENT, state, reason=reason, timeout_s=2.0)
    await call.hang_up()
    await call.wait_ended(2.0)


async def test_day_of_an_agent_from_the_phone_alone(site: SiteUnderTest) -> None:
    await dial(site, "*61", "not_ready", "logged_in")
    await dial(site, "*63", "ready")
    for digit, reason in enumerate(("break", "meal", "meeting", "training"), start=1):
        await dial(site, f"*64{digit}", "not_ready", reason)
    await dial(site, "*63", "ready")
    await dial(site, "*62", "offline")


async def test_ready_code_of_an_agent_at_home_logs_him_in_as_well(site: SiteUnderTest) -> None:
    await dial(site, "*63", "ready")


async def test_wrap_up_done_code_ends_the_wrap_up(site: SiteUnderTest) -> None:
    await site.network.phone(AGENT).answers(after_s=0.1, talk_s=0.2)
    await site.on_duty(AGENT)
    await site.queued()
    await site.until_agent(AGENT, "wrap_up")
    await dial(site, "*65", "ready")


async def test_agent_who_dials_a_code_is_told_what_came_of_it_and_offered_no_call_meanwhile(
    site: SiteUnderTest,
) -> None:
    code = await site.network.phone(AGENT).dial("*63", stay_s=10.0)
    await site.until_agent(AGENT, "ready", phone="in_use")
    customer = await site.queued()
    assert (await site.until_call(customer.number, "waiting"))["position"] == 1
    assert await code.wait_ended(6.0) == CLEARED  # Hotline hangs up when it has said so
    await site.network.phone(AGENT).next_ring()


async def test_codes_that_are_not_possible_now_change_nothing_and_are_refused_aloud(site: SiteUnderTest) -> None:
    """Five agents who are at home: each tries one."""
    before = await site.get("/api/agents")
    codes = {"1001": "*62", "1002": "*641", "1003": "*645", "1004": "*640", "1005": "*65"}
    calls = [await site.network.phone(agent).dial(code, stay_s=10.0) for agent, code in codes.items()]
    for call in calls:
        assert await call.wait_ended(6.0) == CLEARED
        told_s = (call.ended_at or 0.0) - (call.answered_at or 0.0)
        assert told_s == pytest.approx(2.89, abs=0.6)  # the prompt `refused`
    for agent in codes:
        await site.until_agent(agent, "offline", phone="idle")
    assert await site.get("/api/agents") == before


@pytest.mark.parametrize("number", ["*64", "*66", "*6411", "1002", "13800138000", "4008869119"])
async def test_phone_reaches_nothing_but_the_codes(site: SiteUnderTest, number: str) -> None:
    call = await site.network.phone(AGENT).dial(number)
    assert await call.wait_ended(3.0) == UNKNOWN_NUMBER
    assert call.answered_at is None
    assert await site.live() == []
