"""Phones that ring together for one caller: who gets him, what the others are told, and who is left with nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.network import PhoneCall
from tests.telephony.outages import engine_away, healthy, kill_engine
from tests.telephony.site import RING_S, Customer, SiteUnderTest, running_site

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

DESK = ("1001", "1002", "1003")
ANSWERED_ELSEWHERE = 26
"""Q.850, as a phone reads it from the Reason header of the CANCEL."""
STOPPED_S = 0.2
ROUNDS = 4
RETRY_S = 0.5


def queues(data: Any) -> None:
    data["queues"]["repair"].update(strategy="ring-all", wrap_up="0.2s", retry_same_agent=f"{RETRY_S}s")


def agents(data: Any) -> None:
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": ["repair"]} for agent in DESK}
    data["agents"]["1005"] = {"name": "the others", "queues": ["consultation", "complaint"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.supervisor.STABLE_S", 1.0)  # killed by us so often, it is still started at once
        async with running_site(tmp_path_factory.mktemp("together"), queues=queues, agents=agents) as site:
            yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    await healthy(running)
    await running.on_duty(*DESK)
    yield running
    await running.clear()


async def rung_together(site: SiteUnderTest, **more: Any) -> tuple[Customer, dict[str, PhoneCall]]:
    """A caller for whom all phones of the desk ring."""
    customer = await site.queued(**more)
    return customer, await next_rings(site)


async def next_rings(site: SiteUnderTest, timeout_s: float = 10.0) -> dict[str, PhoneCall]:
    """The next ringing of each phone."""
    rings = await asyncio.gather(*(site.network.phone(agent).next_ring(timeout_s) for agent in DESK))
    return dict(zip(DESK, rings, strict=True))


def ends(site: SiteUnderTest, call: str) -> list[tuple[str, str, str]]:
    """How the offers of a call ended, by agent."""
    rows = site.sql("select agent, outcome, cause from offers where call = ? order by made_at, agent", call)
    return [(row["agent"], row["outcome"], row["cause"]) for row in rows]


async def test_first_to_answer_has_the_caller_and_his_recording_and_the_others_are_told(
    site: SiteUnderTest,
) -> None:
    await site.network.phone("1002").answers(after_s=0.5, talk_s=1.0)
    customer, rings = await rung_together(site)
    began = [ring.began_at for ring in rings.values()]
    print(f"all phones rang within {(max(began) - min(began)) * 1000:.1f} ms")
    assert max(began) - min(began) < STOPPED_S
    await rings["1002"].wait_answered()
    for agent in ("1001", "1003"):
        assert await rings[agent].wait_ended(1.0) == ANSWERED_ELSEWHERE
        stopped_s = (rings[agent].ended_at or 0.0) - (rings["1002"].answered_at or 0.0)
        print(f"{agent} stopped {stopped_s * 1000:.1f} ms after the answer")
        assert stopped_s < STOPPED_S
        await site.until_agent(agent, "ready", phone="idle")
    assert (await site.until_call(customer.number, "talking"))["agent"] == "1002"
    call = await site.ended(customer.id)
    assert (call["disposition"], call["agent"]) == ("served", "1002")
    assert ends(site, customer.id) == [
        ("1001", "withdrawn", "answered_elsewhere"),
        ("1002", "accepted", ""),
        ("1003", "withdrawn", "answered_elsewhere"),
    ]
    row = await site.recording(customer.id)
    (offer,) = site.sql("select offer from offers where call = ? and outcome = 'accepted'", customer.id)
    assert (row["state"], row["agent"], row["offer"]) == ("ready", "1002", offer["offer"])
    assert row["duration_s"] == pytest.approx(1.0, abs=0.4)


async def test_phone_that_declines_is_out_and_the_others_ring_on(site: SiteUnderTest) -> None:
    await site.network.phone("1001").refuses(cause=21)
    await site.network.phone("1003").refuses(cause=17)
    await site.network.phone("1002").answers(after_s=1.5, talk_s=0.5)
    customer, rings = await rung_together(site)
    for agent in ("1001", "1003"):
        await site.until_agent(agent, "ready", timeout_s=1.0)
    assert not rings["1002"].ended.is_set()
    assert (await site.until_call(customer.number))["state"] == "offered"
    call = await site.ended(customer.id)
    assert (call["disposition"], call["agent"]) == ("served", "1002")
    assert ends(site, customer.id) == [
        ("1001", "declined", "NOANSWER"),
        ("1002", "accepted", ""),
        ("1003", "declined", "BUSY"),
    ]


async def test_when_nobody_answers_all_are_asked_again_after_the_retry_time(site: SiteUnderTest) -> None:
    customer, rings = await rung_together(site, hang_up_after_s=60)
    for ring in rings.values():
        await ring.wait_ended(RING_S + 2.0)
        assert (ring.ended_at or 0.0) - ring.began_at == pytest.approx(RING_S, abs=0.5)
    again = await next_rings(site)
    for agent, ring in again.items():
        assert ring.began_at - (rings[agent].ended_at or 0.0) == pytest.approx(RETRY_S, abs=0.5)
    await customer.leg.hang_up()
    await site.ended(customer.id)
    assert [outcome for _, outcome, _ in ends(site, customer.id)] == ["no_answer"] * 3 + ["withdrawn"] * 3


async def test_caller_who_hangs_up_while_all_ring_stops_every_phone(site: SiteUnderTest) -> None:
    customer, rings = await rung_together(site)
    await customer.leg.hang_up()
    await customer.leg.wait_ended()
    for agent, ring in rings.items():
        assert await ring.wait_ended(1.0) != ANSWERED_ELSEWHERE
        assert (ring.ended_at or 0.0) - (customer.leg.ended_at or 0.0) < STOPPED_S
        await site.until_agent(agent, "ready", phone="idle")
    call = await site.ended(customer.id)
    assert (call["disposition"], call["left_in"]) == ("abandoned_ringing", "offered")
    assert {outcome for _, outcome, _ in ends(site, customer.id)} == {"withdrawn"}


async def test_of_phones_picked_up_in_the_same_moment_one_has_the_caller_each_time(site: SiteUnderTest) -> None:
    for agent in DESK:
        await site.network.phone(agent).answers(after_s=0.2, talk_s=0.3)
    winners: Counter[str] = Counter()
    for _ in range(ROUNDS):
        customer, rings = await rung_together(site)
        call = await site.ended(customer.id)
        outcomes = Counter(outcome for _, outcome, _ in ends(site, customer.id))
        assert outcomes == {"accepted": 1, "withdrawn": 2}
        assert call["disposition"] == "served"
        winners[call["agent"]] += 1
        for agent, ring in rings.items():
            await ring.wait_ended(2.0)
            await site.until_agent(agent, "ready", phone="idle", timeout_s=3.0)
    print(dict(winners))
    assert "Traceback" not in site.log


# --- the engine dies meanwhile ------------------------------------------------------------------------------------------


async def test_phones_ring_on_when_the_engine_dies_and_an_answer_after_its_return_counts(site: SiteUnderTest) -> None:
    await site.network.phone("1002").answers(after_s=2.5, talk_s=4)
    customer, rings = await rung_together(site, hang_up_after_s=60)
    await kill_engine(site)
    await rings["1002"].wait_answered()
    await healthy(site)
    assert (await site.until_call(customer.number, "talking"))["agent"] == "1002"
    for agent in ("1001", "1003"):
        await site.until_agent(agent, "ready", phone="idle")
    call = await site.ended(customer.id)
    assert (call["disposition"], call["agent"]) == ("served", "1002")
    assert Counter(outcome for _, outcome, _ in ends(site, customer.id)) == {"accepted": 1, "withdrawn": 2}


@pytest.mark.parametrize("talk_s", [0.5, 30.0], ids=["and the talk is over", "and they talk"])
async def test_answer_while_the_engine_was_away_is_found_and_the_offers_of_the_others_end(
    site: SiteUnderTest, talk_s: float
) -> None:
    await site.network.phone("1003").answers(after_s=1.0, talk_s=talk_s)
    customer, rings = await rung_together(site, hang_up_after_s=60)
    async with engine_away(site):
        await rings["1003"].wait_answered()
        assert await rings["1001"].wait_ended(1.0) == ANSWERED_ELSEWHERE
        await asyncio.sleep(1.0)  # the end of the short talk is missed too
    for agent in ("1001", "1002"):
        await site.until_agent(agent, "ready", phone="idle")
    if talk_s > 10:
        assert (await site.until_call(customer.number, "talking"))["agent"] == "1003"
        await customer.leg.hang_up()
    call = await site.ended(customer.id, timeout_s=20.0)
    assert (call["disposition"], call["agent"]) == ("served", "1003")
    outcomes = {(agent, outcome) for agent, outcome, _ in ends(site, customer.id)}
    assert outcomes == {("1001", "withdrawn"), ("1002", "withdrawn"), ("1003", "accepted")}
    recording = await site.recording(customer.id)
    assert (recording["state"], recording["agent"]) == ("ready", "1003")
