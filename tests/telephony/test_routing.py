"""Who gets which caller: priorities, the last agent, evened-out load, phones that do not answer, waits that take too long."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.site import REPOSITORY
from tests.telephony.site import RING_S, Customer, SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

VIP = "13800138000"  # level 2 in the example configuration
LAST_AGENT_WAIT_S = 2.0
MAX_WAIT_S = 1.5
TALK_WEIGHT, COUNT_WEIGHT = 60.0, 1.0  # a second of talk weighs as much as a call
CONSULTATION, COMPLAINT, EVEN, PASSED_ON, TOLD = "2", "3", "4", "5", "6"  # keys of the menu; 1 is repair


def queues(data: Any) -> None:
    found = data["queues"]
    found["consultation"]["last_agent"] = {"window": "24h", "wait": f"{LAST_AGENT_WAIT_S}s"}
    found["complaint"].update(ring="1s", retry_same_agent="0.5s", no_answer_limit=2)
    weights = {"talk": TALK_WEIGHT, "count": COUNT_WEIGHT, "window": "1h"}
    found["even"] = {"name": {"zh": "均衡"}, "strategy": "least-busy", "weights": weights, "wrap_up": "0s"}
    limit = {"max_wait": f"{MAX_WAIT_S}s", "name": {"zh": "限时"}}
    found["passed_on"] = {**limit, "overflow": {"queue": "repair"}}
    found["told"] = {**limit, "overflow": {"prompt": "goodbye"}}


def flow(data: Any) -> None:
    nodes = data["nodes"]
    for key, queue in ((EVEN, "even"), (PASSED_ON, "passed_on"), (TOLD, "told")):
        nodes[queue] = {"type": "enqueue", "queue": queue}
        nodes["menu"]["keys"][key] = queue


def agents(data: Any) -> None:
    for agent in ("1006", "1007", "1008"):
        data["agents"][agent] = {"name": f"员工{agent}", "queues": ["even"]}
    data["agents"]["1009"] = {"name": "从不上班", "queues": ["passed_on", "told"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    home = tmp_path_factory.mktemp("routing")
    async with running_site(home, queues=queues, ivr=flow, agents=agents) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    yield running
    await running.clear()


async def offers_of(site: SiteUnderTest, call: str) -> list[tuple[str, str]]:
    """Who was asked for a call that is over, and what came of it."""
    await site.ended(call)
    rows = site.sql("select agent, outcome from offers where call = ? order by made_at", call)
    return [(row["agent"], row["outcome"]) for row in rows]


async def decisions_of(site: SiteUnderTest, call: str) -> list[dict[str, Any]]:
    return [told["decision"] for told in (await site.get(f"/api/calls/{call}/explain"))["decisions"]]


async def answers(site: SiteUnderTest, *phones: str, after_s: float = 0.1, talk_s: float = 0.3) -> None:
    for phone in phones:
        await site.network.phone(phone).answers(after_s=after_s, talk_s=talk_s)


# --- who comes first -------------------------------------------------------------------------------------------------


async def test_vip_goes_before_ordinary_callers_who_came_earlier(site: SiteUnderTest) -> None:
    first, second = await site.queued(), await site.queued()
    vip = await site.queued(VIP)
    assert [(await site.until_call(one.number))["position"] for one in (vip, first, second)] == [1, 2, 3]
    await answers(site, "1001")
    await site.on_duty("1001")
    ends = [await site.ended(one.id) for one in (vip, first, second)]
    assert [call["disposition"] for call in ends] == ["served"] * 3
    answered = site.sql("select call from segments where answered_at is not null order by answered_at desc limit 3")
    assert [row["call"] for row in answered] == [second.id, first.id, vip.id]
    assert ends[0]["vip"] == 2


# --- the last agent --------------------------------------------------------------------------------------------------


async def served_by(site: SiteUnderTest, agent: str, talk_s: float = 0.3) -> Customer:
    """A caller of the consultation queue who has been served by this agent; only he is on duty, and free again."""
    await answers(site, agent, talk_s=talk_s)
    await site.on_duty(agent)
    customer = await site.queued(key=CONSULTATION)
    assert (await site.ended(customer.id))["agent"] == agent
    await site.until_agent(agent, "ready", phone="idle")
    return customer


async def test_caller_who_rings_again_gets_his_last_agent_though_another_has_been_idle_longer(
    site: SiteUnderTest,
) -> None:
    await site.on_duty("1002")
    await site.agent("1002", "not_ready", "break")
    before = await served_by(site, "1001")
    await answers(site, "1002")
    await site.agent("1002", "ready")
    stranger = await site.queued(key=CONSULTATION)  # 1001 has been idle longer: so much for the strategy
    assert (await site.ended(stranger.id))["agent"] == "1001"
    await site.until_agent("1001", "ready", phone="idle")
    again = await site.queued(before.number, key=CONSULTATION)
    assert (await site.ended(again.id))["agent"] == "1001"
    assert (await decisions_of(site, again.id))[0]["reason"] == "last_agent"


async def test_caller_waits_for_his_last_agent_who_is_free_soon(site: SiteUnderTest) -> None:
    before = await served_by(site, "1001")
    await site.queued(key=CONSULTATION)
    await site.until_agent("1001", "talking")
    await answers(site, "1002")
    await site.on_duty("1002")
    again = await site.queued(before.number, key=CONSULTATION)
    assert (await site.ended(again.id))["agent"] == "1001"
    assert (await decisions_of(site, again.id))[0]["reason"] == "wait_for_last_agent"
    (segment,) = site.sql("select wait_s from segments where call = ?", again.id)
    assert 0.0 < segment["wait_s"] < LAST_AGENT_WAIT_S


async def test_caller_waits_no_longer_than_allowed_for_his_last_agent_and_gets_another(site: SiteUnderTest) -> None:
    before = await served_by(site, "1001")
    await answers(site, "1001", talk_s=30)
    await site.queued(key=CONSULTATION)
    await site.until_agent("1001", "talking")
    await answers(site, "1002")
    await site.on_duty("1002")
    again = await site.queued(before.number, key=CONSULTATION)
    assert (await site.until_call(again.number, "waiting"))["held_for"] == "1001"
    assert (await site.ended(again.id))["agent"] == "1002"
    reasons = [decision["reason"] for decision in await decisions_of(site, again.id)]
    assert reasons == ["wait_for_last_agent", "only_candidate"]
    (segment,) = site.sql("select wait_s from segments where call = ?", again.id)
    assert LAST_AGENT_WAIT_S < segment["wait_s"] < LAST_AGENT_WAIT_S + 1.0


async def test_caller_does_not_wait_for_a_last_agent_who_goes_on_a_break(site: SiteUnderTest) -> None:
    before = await served_by(site, "1001")
    await answers(site, "1001", talk_s=30)
    await site.queued(key=CONSULTATION)
    await site.until_agent("1001", "talking")
    await site.agent("1001", "not_ready", "break")
    await answers(site, "1002")
    await site.on_duty("1002")
    again = await site.queued(before.number, key=CONSULTATION)
    assert (await site.ended(again.id))["agent"] == "1002"
    (segment,) = site.sql("select wait_s from segments where call = ?", again.id)
    assert segment["wait_s"] < 1.0


# --- evened-out load -------------------------------------------------------------------------------------------------


async def test_least_busy_evens_out_talk_time_and_count(site: SiteUnderTest) -> None:
    """One of the three talks four times as long as the others; the loads may differ by one call, not more."""
    team = {"1006": 1.2, "1007": 0.3, "1008": 0.3}
    for agent, talk_s in team.items():
        await answers(site, agent, after_s=0.05, talk_s=talk_s)
    await site.on_duty(*team)
    for _ in range(12):
        customer = await site.queued(key=EVEN)
        await customer.leg.wait_ended()
        for agent in team:
            await site.until_agent(agent, "ready", phone="idle")
    await site.ended(customer.id)
    rows = site.sql("select agent, count(*) calls, sum(talk_s) talk_s from offers where queue = 'even' group by agent")
    load = {row["agent"]: COUNT_WEIGHT * row["calls"] + TALK_WEIGHT * row["talk_s"] / 60 for row in rows}
    calls = {row["agent"]: row["calls"] for row in rows}
    print(f"calls {calls}, load {load}")
    heaviest_call = COUNT_WEIGHT + TALK_WEIGHT * (team["1006"] + 0.2) / 60
    assert set(load) == set(team)
    assert max(load.values()) - min(load.values()) <= heaviest_call
    assert calls["1006"] < min(calls["1007"], calls["1008"])
    assert abs(calls["1007"] - calls["1008"]) <= 1


# --- phones that do not answer ---------------------------------------------------------------------------------------


async def test_caller_whose_agent_does_not_answer_keeps_his_place_and_gets_the_next_one(site: SiteUnderTest) -> None:
    first, second = await site.queued(), await site.queued()
    await site.on_duty("1001")
    ring = await site.network.phone("1001").next_ring()
    await ring.wait_ended(RING_S + 2)
    await site.until_call(second.number, "offered")  # 1001 is asked for the next one: he just did not take the first
    waiting = await site.until_call(first.number, "waiting")
    assert waiting["position"] == 1
    assert waiting["wait_s"] >= RING_S
    await answers(site, "1002")
    await site.on_duty("1002")
    await site.until_call(first.number, "talking")
    assert (await site.until_call(second.number))["state"] in ("waiting", "offered")
    assert await offers_of(site, first.id) == [("1001", "no_answer"), ("1002", "accepted")]


async def test_agent_who_misses_calls_is_set_not_ready_and_his_caller_waits_on(site: SiteUnderTest) -> None:
    await site.on_duty("1004")
    customer = await site.queued(key=COMPLAINT)
    shown = await site.until_agent("1004", "not_ready")
    assert shown["reason"] == "no_answer"
    assert len(site.network.phone("1004").rings) == 2
    assert (await site.until_call(customer.number, "waiting"))["position"] == 1
    await answers(site, "1003")
    await site.on_duty("1003")
    await customer.leg.wait_answered()
    assert (await site.ended(customer.id))["agent"] == "1003"


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [(17, "declined"), (21, "declined"), (19, "no_answer"), (1, "unreachable")],
    ids=["busy_486", "declined_603", "unavailable_480", "not_found_404"],
)
async def test_phone_that_refuses_is_passed_over_at_once(site: SiteUnderTest, cause: int, outcome: str) -> None:
    await site.network.phone("1001").refuses(cause)
    await answers(site, "1002")
    await site.on_duty("1001", "1002")
    customer = await site.queued()
    assert await offers_of(site, customer.id) == [("1001", outcome), ("1002", "accepted")]
    (segment,) = site.sql("select wait_s from segments where call = ?", customer.id)
    assert segment["wait_s"] < 1.0


async def test_unplugged_phone_shows_as_unreachable_and_is_offered_nothing(site: SiteUnderTest) -> None:
    phone = site.network.phone("1001")
    await answers(site, "1001", "1002")
    await site.on_duty("1001", "1002")
    try:
        await phone.unplug()
        await site.until_agent("1001", "ready", phone="unreachable")
        customer = await site.queued()
        assert await offers_of(site, customer.id) == [("1002", "accepted")]
        (decision,) = await decisions_of(site, customer.id)
        assert {"agent": "1001", "rule": "phone_unreachable"} in decision["excluded"]
    finally:
        await phone.plug_in()
    await site.until_agent("1001", "ready", phone="idle")
    await site.agent("1002", "logout")
    customer = await site.queued()
    assert await offers_of(site, customer.id) == [("1001", "accepted")]


async def test_waiting_caller_is_offered_to_a_phone_as_soon_as_it_is_plugged_in(site: SiteUnderTest) -> None:
    phone = site.network.phone("1001")
    await phone.unplug()
    await site.until_agent("1001", phone="unreachable")
    await site.on_duty("1001")
    customer = await site.queued()
    assert (await site.until_call(customer.number, "waiting"))["position"] == 1
    await phone.plug_in()
    await phone.next_ring()
    assert (await site.until_call(customer.number, "offered"))["agent"] == "1001"


# --- waits that take too long ----------------------------------------------------------------------------------------


async def test_caller_who_waited_too_long_goes_to_the_next_queue_at_his_old_place(site: SiteUnderTest) -> None:
    early = await site.queued(key=PASSED_ON)
    late = await site.queued()  # repair, where the early one will come to
    await site.until_call(late.number, "waiting")

    async def passed_on() -> dict[str, Any] | None:
        shown = await site.until_call(early.number)
        return shown if shown["queue"] == "repair" else None

    shown = await until(passed_on)
    assert (shown["position"], shown["segment"]) == (1, 2)
    assert shown["wait_s"] > MAX_WAIT_S
    await answers(site, "1001")
    await site.on_duty("1001")
    await site.ended(early.id)
    rows = site.sql("select queue, how, overflow_from from segments where call = ? order by segment", early.id)
    assert [tuple(row.values()) for row in rows] == [
        ("passed_on", "overflowed", None),
        ("repair", "answered", "passed_on"),
    ]


async def test_caller_who_waited_too_long_is_told_so_and_hotline_hangs_up(site: SiteUnderTest) -> None:
    customer = await site.queued(key=TOLD)
    await customer.leg.wait_ended(MAX_WAIT_S + 5)
    call = await site.ended(customer.id)
    assert (call["disposition"], call["ended_by"]) == ("overflowed", "hotline")
    (segment,) = site.sql("select how, wait_s from segments where call = ?", customer.id)
    assert segment["how"] == "overflowed"
    assert segment["wait_s"] == pytest.approx(MAX_WAIT_S, abs=0.3)


# --- why -------------------------------------------------------------------------------------------------------------


async def test_explain_command_names_candidates_and_the_reason(site: SiteUnderTest) -> None:
    await answers(site, "1001", "1002")
    await site.on_duty("1001", "1002")
    await site.agent("1003", "login")
    await site.agent("1003", "not_ready", "meal")
    customer = await site.queued()
    await site.ended(customer.id)
    environment = {**os.environ, "HOTLINE_HOME": str(site.home), "HOTLINE_LANG": "en", "COLUMNS": "1000"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine", "explain", customer.id),
        cwd=REPOSITORY,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    assert process.returncode == 0, printed
    assert "candidates 王小明 1001 (idle" in printed
    assert "李娜 1002 (idle" in printed
    assert "excluded 张伟 1003 (Meal), 陈静 1005 (not logged in)" in printed
    assert "chosen 王小明 1001, first by the strategy" in printed
