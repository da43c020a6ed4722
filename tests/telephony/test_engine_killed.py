"""kill -9 of the engine, with callers everywhere: nobody notices, nothing is lost, nothing is counted twice."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.telephony.outages import (
    at_wall,
    engine_away,
    healthy,
    kill_engine,
    kill_engine_and_wait,
    since_epoch,
)
from tests.telephony.phones import longest_silence_s
from tests.telephony.site import Customer, SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

VIP = "13800138000"
TRUE_S = 0.3
"""How far a record may be from what the phone itself saw."""
LONG_WRAP_UP_S = 60.0
REPAIR, ENQUIRIES, COMPLAINT = "1", "2", "3"


def queues(data: Any) -> None:
    data["queues"]["repair"].update(ring="20s")
    data["queues"]["complaint"].update(wrap_up=f"{LONG_WRAP_UP_S:.0f}s")


def agents(data: Any) -> None:
    served = {"1001": "repair", "1002": "repair", "1003": "repair", "1004": "repair", "1005": "consultation"}
    served["1006"] = "complaint"
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": [queue]} for agent, queue in served.items()}


def system(data: Any) -> None:
    data["engine_away"] = {"music": "60s", "last_resort": "30s"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.supervisor.STABLE_S", 1.0)  # killed by us so often, it is still started at once
        async with running_site(tmp_path_factory.mktemp("killed"), queues=queues, agents=agents, system=system) as site:
            yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    await healthy(running)
    yield running
    await running.clear()


async def line_of(site: SiteUnderTest, queue: str) -> list[tuple[str, float, float]]:
    """Those who stand in line, first first: number, and between which times he began to wait."""
    before = at_wall()
    calls = await site.live()
    after = at_wall()
    waiting = sorted(((c["position"], c) for c in calls if c["queue"] == queue and c["position"]), key=lambda p: p[0])
    return [(call["number"], before - call["wait_s"], after - call["wait_s"]) for _, call in waiting]


async def long_line(site: SiteUnderTest, queue: str, length: int) -> list[tuple[str, float, float]]:
    """The line, once so many stand in it."""

    async def found() -> list[tuple[str, float, float]] | None:
        line = await line_of(site, queue)
        return line if len(line) == length else None

    return await until(found, 20.0)


async def talking(site: SiteUnderTest, agent: str, key: str = REPAIR, **more: Any) -> Customer:
    """A caller whom this agent, the only one ready, has answered."""
    await site.on_duty(agent)
    customer = await site.dial(key=key, **more)
    assert (await site.until_call(customer.number, "talking"))["agent"] == agent
    return customer


def stay_of(site: SiteUnderTest, call: str) -> dict[str, Any]:
    (row,) = site.sql("select * from segments where call = ?", call)
    return row


def talk_of(site: SiteUnderTest, call: str) -> dict[str, Any]:
    (row,) = site.sql("select * from offers where call = ? and outcome = 'accepted'", call)
    return row


async def test_callers_everywhere_notice_nothing_of_a_kill(site: SiteUnderTest) -> None:
    phones = site.network.phone
    await phones("1001").answers(after_s=0.1, talk_s=100)
    talker = await talking(site, "1001", hang_up_after_s=100)
    await phones("1002").answers(after_s=10, talk_s=100)
    await site.on_duty("1002")
    ringing = await site.queued(hang_up_after_s=100)
    ring = await phones("1002").next_ring()
    await phones("1001").next_ring()
    waiting = [await site.queued(hang_up_after_s=100) for _ in range(3)]
    vip = await site.queued(VIP, hang_up_after_s=100)
    line = await long_line(site, "repair", 4)
    assert [number for number, *_ in line] == [VIP, *(one.number for one in waiting)]
    in_menu = await site.dial(key="", hang_up_after_s=100)

    await kill_engine_and_wait(site)

    line_after = await long_line(site, "repair", 4)
    assert [number for number, *_ in line_after] == [number for number, *_ in line]
    for (_, earliest, latest), (_, earliest_after, latest_after) in zip(line, line_after, strict=True):
        assert earliest - 0.01 < latest_after
        assert earliest_after < latest + 0.01
    everybody = [talker, ringing, vip, in_menu, *waiting]
    assert [one.number for one in everybody if one.leg.ended.is_set()] == []
    assert (await site.until_call(talker.number))["state"] == "talking"
    assert not ring.ended.is_set()

    await ring.wait_answered(15.0)
    shown = await site.until_call(ringing.number, "talking")
    assert (shown["agent"], shown["wait_s"]) == ("1002", pytest.approx(10.0, abs=2.0))
    assert (len(phones("1001").rings), len(phones("1002").rings)) == (1, 1)

    async def queued_from_the_menu() -> bool:
        await in_menu.leg.press(REPAIR)
        return bool((await site.until_call(in_menu.number))["state"] == "waiting")

    await until(queued_from_the_menu, 15.0, every_s=1.0)
    assert [number for number, *_ in await long_line(site, "repair", 5)][4] == in_menu.number
    await talker.leg.hang_up()
    served = await site.ended(talker.id)
    assert (served["disposition"], served["ended_by"]) == ("served", "caller")
    assert served["ended_at"] == pytest.approx(since_epoch(talker.leg.ended_at), abs=TRUE_S)


async def test_what_happened_while_the_engine_was_away_is_known_with_its_true_times(site: SiteUnderTest) -> None:
    phones = site.network.phone
    entered: dict[str, float] = {}
    waiting = [await site.queued(key=ENQUIRIES, hang_up_after_s=100) for _ in range(3)]
    await phones("1001").answers(after_s=0.1, talk_s=100)
    caller_ends = await talking(site, "1001", hang_up_after_s=100)
    await phones("1002").answers(after_s=0.1, talk_s=6)
    agent_ends = await talking(site, "1002", hang_up_after_s=100)
    await phones("1003").answers(after_s=5, talk_s=100)
    await site.on_duty("1003")
    answered = await site.queued(hang_up_after_s=100)
    ring_answered = await phones("1003").next_ring()
    await phones("1004").answers(after_s=4, talk_s=1)
    await site.on_duty("1004")
    answered_and_over = await site.queued(hang_up_after_s=100)
    ring_over = await phones("1004").next_ring()
    in_menu = await site.dial(key="", hang_up_after_s=100)
    talk_agent_ends = await phones("1002").next_ring()
    talk_caller_ends = await phones("1001").next_ring()
    for one in waiting:
        entered[one.id] = (await site.until_call(one.number))["wait_s"]

    async with engine_away(site):
        await in_menu.leg.hang_up()
        await waiting[0].leg.hang_up()
        await caller_ends.leg.hang_up()
        for leg in (in_menu.leg, waiting[0].leg, caller_ends.leg, talk_agent_ends, talk_caller_ends, ring_over):
            await leg.wait_ended(20.0)
        await ring_answered.wait_answered(10.0)
        assert not answered.leg.ended.is_set()
        assert not waiting[1].leg.ended.is_set()

    gone = await site.ended(in_menu.id)
    assert gone["disposition"] == "abandoned_ivr"
    assert gone["ended_at"] == pytest.approx(since_epoch(in_menu.leg.ended_at), abs=TRUE_S)

    gone = await site.ended(waiting[0].id)
    assert (gone["disposition"], gone["ended_by"]) == ("abandoned_waiting", "caller")
    assert gone["ended_at"] == pytest.approx(since_epoch(waiting[0].leg.ended_at), abs=TRUE_S)
    assert stay_of(site, waiting[0].id)["left_at"] == gone["ended_at"]
    assert [number for number, *_ in await long_line(site, "consultation", 2)] == [one.number for one in waiting[1:]]

    for customer, ring, by in ((caller_ends, talk_caller_ends, "caller"), (agent_ends, talk_agent_ends, "agent")):
        call, talk = await site.ended(customer.id), talk_of(site, customer.id)
        assert (call["disposition"], call["ended_by"]) == ("served", by)
        assert talk["answered_at"] == pytest.approx(since_epoch(ring.answered_at), abs=TRUE_S)
        assert talk["talk_ended_at"] == pytest.approx(since_epoch(ring.ended_at), abs=TRUE_S)

    call, talk = await site.ended(answered_and_over.id), talk_of(site, answered_and_over.id)
    assert (call["disposition"], call["agent"]) == ("served", "1004")
    assert talk["answered_at"] == pytest.approx(since_epoch(ring_over.answered_at), abs=TRUE_S)
    assert talk["talk_ended_at"] == pytest.approx(since_epoch(ring_over.ended_at), abs=TRUE_S)
    assert talk["talk_s"] == pytest.approx(1.0, abs=TRUE_S)

    shown = await site.until_call(answered.number, "talking")
    assert shown["agent"] == "1003"
    await answered.leg.hang_up()
    await site.ended(answered.id)
    answered_at = since_epoch(ring_answered.answered_at)
    assert stay_of(site, answered.id)["answered_at"] == pytest.approx(answered_at, abs=TRUE_S)
    assert talk_of(site, answered.id)["talk_ended_at"] == pytest.approx(since_epoch(answered.leg.ended_at), abs=TRUE_S)


async def test_agents_are_as_they_were(site: SiteUnderTest) -> None:
    await site.network.phone("1006").answers(after_s=0.1, talk_s=0.3)
    await talking(site, "1006", COMPLAINT)
    wrap_up = await site.until_agent("1006", "wrap_up")
    await site.on_duty("1001")
    await site.agent("1002", "login")
    await site.agent("1002", "not_ready", "meal")
    before = {agent["agent"]: agent for agent in (await site.get("/api/agents"))["agents"]}

    await kill_engine_and_wait(site)

    after = {agent["agent"]: agent for agent in (await site.get("/api/agents"))["agents"]}
    assert after == before
    states = {agent: (shown["state"], shown["reason"]) for agent, shown in after.items()}
    assert states["1001"] == ("ready", "")
    assert states["1002"] == ("not_ready", "meal")
    assert states["1003"] == ("offline", "")
    assert states["1006"] == ("wrap_up", "")
    assert after["1006"]["wrap_up_until"] == wrap_up["wrap_up_until"]
    await site.agent("1006", "wrap_up_done")


FIGURES = {
    "callcenter_calls_total": "select count(*) n from calls",
    "callcenter_site_offered_total": "select count(*) n from segments where segment = 1",
    "callcenter_site_answered_total": "select count(*) n from segments where how = 'answered'",
    "callcenter_queue_offers_total": "select count(*) n from offers where outcome is not null",
    "callcenter_calls_ended_total": "select count(*) n from calls where disposition is not null",
}


async def figures_agree(site: SiteUnderTest) -> None:
    """Every figure is what the rows of SQL make it, once the last fact is there."""

    async def agree() -> bool:
        told = {name: await site.metric(name) for name in FIGURES}
        counted = {name: float(site.sql(query)[0]["n"]) for name, query in FIGURES.items()}
        return told == counted

    try:
        await until(agree)
    except TimeoutError:
        told = {name: await site.metric(name) for name in FIGURES}
        assert told == {name: float(site.sql(query)[0]["n"]) for name, query in FIGURES.items()}


async def test_figures_are_neither_lost_nor_doubled(site: SiteUnderTest) -> None:
    await site.network.phone("1001").answers(after_s=0.1, talk_s=0.3)
    await site.on_duty("1001")
    for _ in range(3):
        await site.ended((await site.dial()).id)
    before = {name: await site.metric(name) for name in FIGURES}

    await kill_engine_and_wait(site)

    assert {name: await site.metric(name) for name in FIGURES} == before
    await figures_agree(site)


async def test_kills_at_random_moments_under_a_trickle_of_calls_leave_every_call_ended_once(
    site: SiteUnderTest,
) -> None:
    dice = random.Random(7)  # noqa: S311 - the same moments every time
    desk = ("1001", "1002", "1003")
    for agent in desk:
        await site.network.phone(agent).answers(after_s=dice.uniform(0.05, 1.0), talk_s=dice.uniform(0.5, 2.0))
    await site.on_duty(*desk)
    calls_before = site.sql("select count(*) n from calls")[0]["n"]
    legs = []
    trickle_over = asyncio.Event()

    async def trickle() -> None:
        while not trickle_over.is_set():
            legs.append(
                await site.network.call(
                    site.number,
                    number=site.new_number(),
                    digits=[(dice.uniform(0.2, 0.6), REPAIR), *[(1.5, REPAIR)] * 6],  # not all of them are heard
                    hang_up_after_s=dice.choice((0.4, 1.0, 3.0, 25.0, 25.0)),
                )
            )
            await asyncio.sleep(0.3)

    calling = asyncio.create_task(trickle())
    for _ in range(5):
        await healthy(site)
        await asyncio.sleep(dice.uniform(0.0, 1.5))
        await kill_engine(site)
    trickle_over.set()
    await calling
    for leg in legs:
        await leg.wait_ended(60.0)
    await healthy(site)

    async def nobody_is_left() -> bool:
        return not await site.live()

    await until(nobody_is_left, 20.0)
    for agent in desk:
        await site.until_agent(agent, "ready", timeout_s=20.0)
    await figures_agree(site)
    print(f"{len(legs)} calls over 5 kills")
    answered = [leg for leg in legs if leg.answered.is_set()]
    assert site.sql("select count(*) n from calls")[0]["n"] - calls_before == len(answered) == len(legs)
    assert site.sql("select * from calls where ended_at is null or disposition is null") == []
    assert site.sql("select * from segments where left_at is null or how is null") == []
    assert site.sql("select * from offers where outcome is null") == []
    assert site.sql("select * from offers where outcome = 'accepted' and talk_ended_at is null") == []
    talks = site.sql("select agent, answered_at, talk_ended_at from offers where talk_ended_at is not null order by 2")
    for agent in desk:
        mine = [talk for talk in talks if talk["agent"] == agent]
        for earlier, later in itertools.pairwise(mine):
            assert earlier["talk_ended_at"] <= later["answered_at"] + TRUE_S


# --- the engine stays away ---------------------------------------------------------------------------------------------

MUSIC_S = 3
SILENCE_S = 1.5
"""A pause like this nobody takes for the end."""


def two_phones(data: Any) -> None:
    everything = ["repair", "consultation", "complaint"]
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": everything} for agent in ("1001", "1002")}


def short_music(data: Any) -> None:
    data["engine_away"] = {"music": f"{MUSIC_S}s", "dialogue": False, "last_resort": "60s"}


@pytest_asyncio.fixture(loop_scope="module")
async def left_alone(
    tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None
) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("alone"), agents=two_phones, system=short_music) as site:
        yield site


async def test_when_the_engine_stays_away_callers_hear_music_then_any_phone_and_are_on_record(
    left_alone: SiteUnderTest,
) -> None:
    site = left_alone
    await site.network.phone("1001").answers(after_s=0.2, talk_s=2)
    await site.network.phone("1002").answers(after_s=0.2, talk_s=100)
    callers = {one.number: one for one in [await site.queued(hang_up_after_s=100, listen=True) for _ in range(3)]}

    async with engine_away(site):
        rings = {agent: await site.network.phone(agent).next_ring(30.0) for agent in ("1001", "1002")}
        short, long = callers.pop(rings["1001"].shown_number), callers.pop(rings["1002"].shown_number)
        (left_waiting,) = callers.values()
        newcomer = await site.network.call(site.number, number=site.new_number(), hang_up_after_s=100)
        await newcomer.wait_answered()
        await rings["1001"].wait_ended(20.0)
        await site.network.phone("1001").ignores()
        await short.leg.wait_ended()
        assert rings["1001"].answered_at is not None
        assert not rings["1002"].ended.is_set()

    call = await site.ended(short.id)
    assert (call["disposition"], call["agent"], call["ended_by"]) == ("last_resort", "1001", "caller")
    assert call["ended_at"] == pytest.approx(since_epoch(short.leg.ended_at), abs=TRUE_S)
    stay = stay_of(site, short.id)
    assert (stay["how"], stay["agent"]) == ("overflowed", "1001")
    assert stay["left_at"] == pytest.approx(since_epoch(rings["1001"].answered_at), abs=TRUE_S)

    await long.leg.hang_up()
    call = await site.ended(long.id)
    assert (call["disposition"], call["agent"]) == ("last_resort", "1002")
    assert call["ended_at"] == pytest.approx(since_epoch(long.leg.ended_at), abs=TRUE_S)

    shown = await site.until_call(left_waiting.number, "waiting")
    assert shown["position"] == 1
    (new,) = [call for call in await site.live() if call["call"] != left_waiting.id]
    assert (new["state"], new["path"]) == ("ivr", ["hours", "menu"])
    assert new["opened_at"] == pytest.approx(since_epoch(newcomer.answered_at), abs=TRUE_S)
    await newcomer.hang_up()

    site.network.phone("1002").forget_rings()
    await site.network.phone("1002").answers(after_s=0.2, talk_s=0.5)
    await site.on_duty("1002")
    call = await site.ended(left_waiting.id)
    assert (call["disposition"], call["agent"], call["ended_by"]) == ("served", "1002", "agent")
    assert stay_of(site, left_waiting.id)["how"] == "answered"
    for customer in (short, long, left_waiting):
        assert customer.leg.heard is not None
        assert longest_silence_s(customer.leg.heard) < SILENCE_S
    await figures_agree(site)
    await site.clear()
