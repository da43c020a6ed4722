"""Customers who are called back, on a real Asterisk: agent first and customer first, not reached and tried again, over kills."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.asterisk.ports import free_port
from tests.telephony.outages import healthy, kill_engine_and_wait
from tests.telephony.phones import tone_share
from tests.telephony.site import SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

AGENT_FIRST, CUSTOMER_FIRST = "repair", "consultation"
KEYS = {AGENT_FIRST: "1", CUSTOMER_FIRST: "2"}
AGENTS = {AGENT_FIRST: "1001", CUSTOMER_FIRST: "1005"}
RETRY_S = 2.0
AGENT_HZ, CUSTOMER_HZ = 880, 440


def queues(data: Any) -> None:
    how = {"attempts": 2, "retry": f"{RETRY_S:g}s", "ring": "4s"}
    data["queues"][AGENT_FIRST].update(callback={"first": "agent", **how})
    data["queues"][CUSTOMER_FIRST].update(callback={"first": "customer", **how})


def agents(data: Any) -> None:
    served = {"1001": [AGENT_FIRST], "1005": [CUSTOMER_FIRST]}
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": queue} for agent, queue in served.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    port = free_port(udp=True)

    def system(data: Any) -> None:
        data["trunks"][0]["dial"] = f"127.0.0.1:{port}"
        data["dialling"] = {"numbers": ["1*"]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.supervisor.STABLE_S", 1.0)
        async with running_site(tmp_path_factory.mktemp("back"), queues=queues, agents=agents, system=system) as site:
            yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    await healthy(running)
    yield running
    for one in await callbacks(running):
        await running.post(f"/api/callbacks/{one['callback']}/cancel", {})
    await running.clear()


async def callbacks(site: SiteUnderTest) -> list[dict[str, Any]]:
    return list((await site.get("/api/callbacks?numbers=full&reason=test"))["callbacks"])


async def asked(site: SiteUnderTest, queue: str, number: str = "") -> str:
    """A caller who waits is put on the list and hangs up; his number."""
    customer = await site.queued(number, KEYS[queue], hang_up_after_s=100)
    await site.post("/api/callbacks", {"number": customer.number, "queue": queue, "call": customer.id})
    await customer.leg.hang_up()
    await in_state(site, customer.number, "in_line")
    return customer.number


async def in_state(site: SiteUnderTest, number: str, *states: str, timeout_s: float = 10.0) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        mine = (one for one in await callbacks(site) if one["number"] == number)
        return next((one for one in mine if one["state"] in states), None)

    return await until(found, timeout_s)


async def closed(site: SiteUnderTest, number: str, timeout_s: float = 20.0) -> dict[str, Any]:
    """What SQL has of the number's callback, once it is over."""

    async def found() -> dict[str, Any] | None:
        rows = site.sql("select * from callbacks where number = ? and how is not null", number)
        return rows[-1] if rows else None

    return await until(found, timeout_s)


def attempts(site: SiteUnderTest, number: str) -> list[str]:
    rows = site.sql(
        "select a.outcome from callback_attempts a join callbacks c on c.callback = a.callback"
        " where c.number = ? order by a.number",
        number,
    )
    return [row["outcome"] for row in rows]


@pytest.mark.parametrize("queue", [AGENT_FIRST, CUSTOMER_FIRST])
async def test_customer_and_agent_are_brought_together_and_recorded(site: SiteUnderTest, queue: str) -> None:
    agent = AGENTS[queue]
    number = await asked(site, queue)
    line = site.network.outside(number)
    await line.answers(after_s=0.3, talk_s=3, tone_hz=CUSTOMER_HZ)
    await site.network.phone(agent).answers(after_s=0.3, talk_s=60, tone_hz=AGENT_HZ)
    await site.on_duty(agent)
    over = await closed(site, number)
    assert (over["how"], over["attempts"]) == ("done", 1)
    ended = await site.ended(over["closed_by_call"], 20.0)
    assert (ended["disposition"], ended["agent"]) == ("served", agent)
    assert attempts(site, number) == ["answered"]
    assert len(line.rings) == 1
    assert line.rings[0].shown_number == site.number
    recording = await site.recording(over["closed_by_call"], 20.0)
    assert recording["state"] == "ready"
    sound = site.home / "recordings" / recording["file"]
    assert tone_share(sound, CUSTOMER_HZ) + tone_share(sound, AGENT_HZ) > 0.5
    await site.until_agent(agent, "ready", "wrap_up")
    figures = (await site.get(f"/api/queues/{queue}"))["today"]
    assert figures["answered"] == 0
