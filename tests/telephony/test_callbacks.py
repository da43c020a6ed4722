"""Customers who are called back, on a real Asterisk: agent first, customer first, not reached and tried again, over kills."""

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from engine.asterisk.ports import free_port
from tests.telephony.outages import engine_away, healthy, kill_engine_and_wait
from tests.telephony.site import SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

AGENT_FIRST, CUSTOMER_FIRST = "repair", "consultation"
KILLS = int(os.environ.get("HOTLINE_KILLS", "2"))
"""So many kills at any moment, each way."""
KEYS = {AGENT_FIRST: "1", CUSTOMER_FIRST: "2"}
AGENTS = {AGENT_FIRST: "1001", CUSTOMER_FIRST: "1005"}
RETRY_S = 2.0
AGENT_HZ, CUSTOMER_HZ, GREETING_HZ = 880, 440, 300
TALK_S = 3.0
FULL = 2
"""Callers who may wait."""
USER_BUSY, DECLINED = 17, 21


def queues(data: Any) -> None:
    how = {"attempts": 2, "retry": f"{RETRY_S:g}s", "ring": "4s"}
    full = {"max_waiting": FULL, "full": {"prompt": "agents_busy"}}
    data["queues"][AGENT_FIRST].update(limits=full, callback={"first": "agent", **how}, keys={"5": "call_back"})
    data["queues"][CUSTOMER_FIRST].update(limits=full, callback={"first": "customer", **how})


def ivr(data: Any) -> None:
    data["nodes"]["call_back"] = {"type": "callback", "cancelled": "repair"}


def agents(data: Any) -> None:
    served = {"1001": [AGENT_FIRST], "1005": [CUSTOMER_FIRST], "1006": ["complaint"]}
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": queue} for agent, queue in served.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    port = free_port(udp=True)

    def system(data: Any) -> None:
        data["trunks"][0]["dial"] = f"127.0.0.1:{port}"
        data["dialling"] = {"numbers": ["1*"]}

    home = tmp_path_factory.mktemp("back")
    speak_briefly(home / "config" / "prompts" / "zh")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.supervisor.STABLE_S", 1.0)
        async with running_site(home, queues=queues, ivr=ivr, agents=agents, system=system) as site:
            yield site


def speak_briefly(folder: Path) -> None:
    """What the agent is told before they talk takes half a second here, as ops' own recordings may; the greeting is as long as
    the one that comes with Hotline."""
    folder.mkdir(parents=True)
    tone = 0.2 * np.sin(2 * np.pi * GREETING_HZ * np.arange(8000 * 6) / 8000)
    soundfile.write(folder / "callback_hello.wav", tone, 8000)
    for prompt in ("callback_calling_agent", "callback_unreached"):
        soundfile.write(folder / f"{prompt}.wav", tone[:4000], 8000)


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
    site.network.outside(customer.number).forget_rings()
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


def tone_share(sound: np.ndarray[Any, Any], hz: float, rate: int) -> float:
    """Which part of a side's energy lies around one frequency."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / rate) - hz) < 15.0
    return float(power[near].sum() / max(power.sum(), 1e-12))


BOTH_WAYS = pytest.mark.parametrize("queue", [AGENT_FIRST, CUSTOMER_FIRST])


async def test_key_of_a_waiting_caller_and_his_word_bring_him_a_call_at_his_place(site: SiteUnderTest) -> None:
    customer = await site.queued(key=KEYS[AGENT_FIRST], hang_up_after_s=100)
    line = site.network.outside(customer.number)
    line.forget_rings()
    await line.answers(after_s=0.2, talk_s=2.0)
    await asyncio.sleep(1.0)  # so long after he came his keys are none of the menu's
    await customer.leg.press("5")
    await site.until_call(customer.number, "ivr")

    async def confirmed() -> bool:
        await customer.leg.press("1")  # that is the number
        await asyncio.sleep(1.0)
        return any(one["number"] == customer.number for one in await callbacks(site))

    await until(confirmed, 15.0)
    await in_state(site, customer.number, "in_line")
    assert customer.leg.ended.is_set()
    await site.network.phone(AGENTS[AGENT_FIRST]).answers(after_s=0.2, talk_s=60)
    await site.on_duty(AGENTS[AGENT_FIRST])
    over = await closed(site, customer.number)
    assert (over["how"], over["attempts"], over["call"]) == ("done", 1, customer.id)
    (stay,) = site.sql("select * from segments where call = ?", customer.id)
    assert (stay["how"], stay["why"], over["place_at"]) == ("overflowed", "key", stay["entered_at"])
    assert len(line.rings) == 1


@BOTH_WAYS
async def test_customer_and_agent_are_brought_together_and_recorded(site: SiteUnderTest, queue: str) -> None:
    agent = AGENTS[queue]
    number = await asked(site, queue)
    line = site.network.outside(number)
    await line.answers(after_s=0.3, talk_s=TALK_S, tone_hz=CUSTOMER_HZ)
    await site.network.phone(agent).answers(after_s=0.3, talk_s=60, tone_hz=AGENT_HZ)
    await site.on_duty(agent)
    over = await closed(site, number)
    assert (over["how"], over["attempts"]) == ("done", 1)
    ended = await site.ended(over["closed_by_call"], 20.0)
    assert (ended["disposition"], ended["agent"]) == ("served", agent)
    assert attempts(site, number) == ["answered"]
    assert len(line.rings) == 1
    assert line.rings[0].shown_number == site.number
    (phone,) = site.network.phone(agent).rings
    first, second = (phone, line.rings[0]) if queue == AGENT_FIRST else (line.rings[0], phone)
    assert first.answered_at is not None
    print(f"{queue}: {(second.began_at - first.answered_at) * 1000:.0f} ms from the first answer to the other's ring")
    recording = await site.recording(over["closed_by_call"], 20.0)
    assert recording["state"] == "ready"
    sound, rate = soundfile.read(site.supervisor.site.recordings / recording["path"], dtype="float64")
    customer_side, agent_side = sound[:, 0], sound[:, 1]
    assert tone_share(customer_side, CUSTOMER_HZ, rate) > 0.95
    assert tone_share(agent_side, AGENT_HZ, rate) > 0.95
    assert len(sound) / rate == pytest.approx(TALK_S, abs=1.0)  # of which he hears who calls first
    await site.until_agent(agent, "ready", "wrap_up")
    figures = (await site.get(f"/api/queues/{queue}"))["today"]
    assert figures["answered"] == 0


async def test_customer_who_is_called_first_hears_who_calls_while_his_agents_phone_rings(site: SiteUnderTest) -> None:
    """The agent answers in the middle of the greeting: they talk at once."""
    agent = AGENTS[CUSTOMER_FIRST]
    number = await asked(site, CUSTOMER_FIRST)
    line, phone = site.network.outside(number), site.network.phone(agent)
    await line.answers(after_s=0.2, talk_s=3.0, tone_hz=CUSTOMER_HZ, listen_as="greeted")
    await phone.answers(after_s=1.0, talk_s=60, tone_hz=AGENT_HZ)
    await site.on_duty(agent)
    over = await closed(site, number)
    assert over["how"] == "done"
    await line.rings[0].wait_ended()
    heard, rate = soundfile.read(site.home / "network" / "spool" / "heard-greeted.wav", dtype="float64")
    assert line.rings[0].answered_at is not None
    rang_s = phone.rings[0].began_at - line.rings[0].answered_at
    print(f"the agent's phone rang {rang_s * 1000:.0f} ms after the customer's answer")
    assert rang_s < 0.5
    assert tone_share(heard[round(0.2 * rate) : round(0.7 * rate)], GREETING_HZ, rate) > 0.5
    assert tone_share(heard[round(2.0 * rate) : round(2.8 * rate)], AGENT_HZ, rate) > 0.9


@BOTH_WAYS
async def test_customer_who_is_busy_is_tried_again_and_then_served(site: SiteUnderTest, queue: str) -> None:
    agent = AGENTS[queue]
    number = await asked(site, queue)
    line = site.network.outside(number)
    await line.refuses(USER_BUSY)
    await site.network.phone(agent).answers(after_s=0.2, talk_s=60)
    await site.on_duty(agent)
    resting = await in_state(site, number, "resting")
    assert resting["attempts"] == 1
    await site.until_agent(agent, "ready")  # free at once, without wrap-up
    await line.answers(after_s=0.2, talk_s=1.0)
    assert (await closed(site, number))["how"] == "done"
    assert attempts(site, number) == ["busy", "answered"]
    first, second = line.rings
    assert second.began_at - first.began_at > RETRY_S


@BOTH_WAYS
async def test_customer_who_never_answers_is_given_up_after_his_attempts(site: SiteUnderTest, queue: str) -> None:
    agent = AGENTS[queue]
    number = await asked(site, queue)
    await site.network.phone(agent).answers(after_s=0.1, talk_s=60)
    await site.on_duty(agent)
    over = await closed(site, number, 40.0)
    assert (over["how"], over["attempts"]) == ("given_up", 2)
    assert attempts(site, number) == ["no_answer", "no_answer"]
    assert len(site.network.outside(number).rings) == 2
    await site.until_agent(agent, "ready")
    if queue == CUSTOMER_FIRST:
        assert not site.network.phone(agent).rings


async def test_agent_who_does_not_pick_up_costs_the_customer_no_attempt(site: SiteUnderTest) -> None:
    agent = AGENTS[AGENT_FIRST]
    number = await asked(site, AGENT_FIRST)
    await site.network.phone(agent).refuses(DECLINED)
    await site.on_duty(agent)
    await site.network.phone(agent).next_ring()
    waits = await in_state(site, number, "in_line")

    async def refused() -> dict[str, Any] | None:
        mine = "select o.* from offers o join calls c on c.call = o.call where c.number = ? and o.outcome is not null"
        return next(iter(site.sql(mine, number)), None)

    assert (await until(refused))["outcome"] == "declined"
    assert (waits["attempts"], waits["position"]) == (0, 1)
    assert not site.network.outside(number).rings


async def test_customer_who_was_reached_and_not_taken_waits_in_music_at_his_old_place(site: SiteUnderTest) -> None:
    agent = AGENTS[CUSTOMER_FIRST]
    number = await asked(site, CUSTOMER_FIRST)
    line = site.network.outside(number)
    await line.answers(after_s=0.2, talk_s=40)
    await site.network.phone(agent).refuses(DECLINED)
    await site.on_duty(agent)
    await site.network.phone(agent).next_ring()
    call = await site.until_call(number, "waiting")
    assert call["position"] == 1
    await site.network.phone(agent).answers(after_s=0.1, talk_s=1.0)
    await site.until_call(number, "talking", timeout_s=20.0)
    assert (await closed(site, number))["how"] == "done"
    assert len(line.rings) == 1


@BOTH_WAYS
async def test_nobody_is_called_while_there_is_no_agent(site: SiteUnderTest, queue: str) -> None:
    number = await asked(site, queue)
    await asyncio.sleep(1.0)
    assert not site.network.outside(number).rings
    assert (await site.get(f"/api/queues/{queue}"))["waiting"] == 0
    assert (await site.get(f"/api/queues/{queue}"))["callbacks"] == 1
    assert await site.metric("callcenter_queue_callbacks", queue=queue) == 1


async def test_who_rings_again_himself_has_his_place_and_is_not_called(site: SiteUnderTest) -> None:
    agent = AGENTS[AGENT_FIRST]
    number = await asked(site, AGENT_FIRST)
    other = await site.queued("", KEYS[AGENT_FIRST], hang_up_after_s=100)
    again = await site.queued(number, KEYS[AGENT_FIRST], hang_up_after_s=100)
    over = await closed(site, number)
    assert (over["how"], over["closed_by_call"]) == ("merged", again.id)
    places = {call["number"]: call["position"] for call in await site.live()}
    assert (places[number], places[other.number]) == (1, 2)
    await site.network.phone(agent).answers(after_s=0.1, talk_s=1.0)
    await site.on_duty(agent)
    await site.until_call(number, "talking")
    assert not site.network.outside(number).rings


async def test_nobody_is_called_while_the_queue_is_closed(site: SiteUnderTest) -> None:
    agent = AGENTS[AGENT_FIRST]
    number = await asked(site, AGENT_FIRST)
    await site.post(f"/api/queues/{AGENT_FIRST}/close", {})
    await in_state(site, number, "resting")
    await site.network.phone(agent).answers(after_s=0.1, talk_s=60)
    line = site.network.outside(number)
    await line.answers(after_s=0.1, talk_s=1.0)
    await site.on_duty(agent)
    await asyncio.sleep(1.0)
    assert not line.rings
    await site.post(f"/api/queues/{AGENT_FIRST}/open", {})
    assert (await closed(site, number))["how"] == "done"


@BOTH_WAYS
async def test_two_restarts_lose_no_callback_and_call_nobody_twice(site: SiteUnderTest, queue: str) -> None:
    """Killed while the callback waits in a full queue, and again while the customer's phone rings."""
    agent = AGENTS[queue]
    older = await site.queued("", KEYS[queue], hang_up_after_s=100)
    number = await asked(site, queue)
    younger = await site.queued("", KEYS[queue], hang_up_after_s=100)
    turned_away = await site.dial("", KEYS[queue], hang_up_after_s=100)
    assert (await site.ended(turned_away.id))["disposition"] == "overflowed"
    line = site.network.outside(number)
    await line.answers(after_s=3.5, talk_s=2.0)
    before = await in_state(site, number, "in_line")

    await kill_engine_and_wait(site)

    await site.until_call(younger.number, "waiting")

    async def back_at_his_place() -> bool:
        return bool((await in_state(site, number, "in_line"))["position"] == 2)

    await until(back_at_his_place)
    assert (await in_state(site, number, "in_line"))["place_at"] == before["place_at"]
    await site.network.phone(agent).answers(after_s=0.1, talk_s=1.0)
    await site.on_duty(agent)
    await site.until_call(older.number, "talking")
    await site.network.phone(agent).answers(after_s=0.1, talk_s=60)
    await line.next_ring(20.0)

    await kill_engine_and_wait(site)

    over = await closed(site, number)
    assert (over["how"], over["attempts"]) == ("done", 1)
    ended = await site.ended(over["closed_by_call"], 20.0)
    assert (ended["disposition"], ended["agent"]) == ("served", agent)
    assert attempts(site, number) == ["answered"]
    assert len(line.rings) == 1
    await site.until_call(younger.number, "talking", timeout_s=20.0)


@BOTH_WAYS
async def test_engine_killed_in_the_talk_changes_nothing(site: SiteUnderTest, queue: str) -> None:
    agent = AGENTS[queue]
    number = await asked(site, queue)
    line = site.network.outside(number)
    await line.answers(after_s=0.2, talk_s=6.0)
    await site.network.phone(agent).answers(after_s=0.2, talk_s=60)
    await site.on_duty(agent)
    await site.until_call(number, "talking")
    over = await closed(site, number)

    await kill_engine_and_wait(site)

    ended = await site.ended(over["closed_by_call"], 20.0)
    assert (ended["disposition"], ended["agent"]) == ("served", agent)
    (talk,) = site.sql("select * from offers where call = ? and talk_s is not null", over["closed_by_call"])
    assert talk["talk_s"] == pytest.approx(6.0, abs=1.0)
    assert len(line.rings) == 1


@BOTH_WAYS
async def test_customer_who_gives_no_answer_while_the_engine_is_dead_is_tried_again(
    site: SiteUnderTest, queue: str
) -> None:
    agent = AGENTS[queue]
    number = await asked(site, queue)
    line = site.network.outside(number)
    await line.ignores()
    await site.network.phone(agent).answers(after_s=0.1, talk_s=60)
    await site.on_duty(agent)
    await line.next_ring(20.0)
    async with engine_away(site):
        await asyncio.sleep(6.0)
    await healthy(site)
    await line.answers(after_s=0.1, talk_s=1.0)
    assert (await closed(site, number))["how"] == "done"
    assert attempts(site, number) == ["no_answer", "answered"]
    assert len(line.rings) == 2


@BOTH_WAYS
async def test_killed_at_any_moment_everybody_is_served_and_nobody_rung_twice_at_once(
    site: SiteUnderTest, queue: str
) -> None:
    agent, dice = AGENTS[queue], random.Random(os.environ.get("HOTLINE_SEED", queue))  # noqa: S311 - not a secret
    for _ in range(KILLS):
        number = await asked(site, queue)
        line = site.network.outside(number)
        await line.answers(after_s=0.6, talk_s=1.0)
        await site.network.phone(agent).answers(after_s=0.4, talk_s=60)
        await site.on_duty(agent)
        moment_s = dice.uniform(0.0, 2.5)
        await asyncio.sleep(moment_s)
        await kill_engine_and_wait(site)
        over = await closed(site, number, 30.0)
        print(
            f"{queue}: killed after {moment_s:.2f} s, {over['how']}, {len(line.rings)} rings, {attempts(site, number)}"
        )
        assert over["how"] == "done"
        for earlier, later in itertools.pairwise(line.rings):
            assert earlier.ended_at is not None
            assert earlier.ended_at <= later.began_at
        ended = await site.ended(over["closed_by_call"], 30.0)
        assert (ended["disposition"], ended["agent"]) == ("served", agent)
        assert await callbacks(site) == []
        await site.clear()
