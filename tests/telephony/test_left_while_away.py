"""The engine stays away, and callers leave a message or their number: everything is there once it is back, and once only."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import soundfile

from tests.telephony.hearing import read_sound, tone_share
from tests.telephony.outages import engine_away, kill_engine_and_wait
from tests.telephony.site import SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

MUSIC_S = 2
TONE_HZ = 700


def system(data: Any) -> None:
    data["engine_away"] = {"music": f"{MUSIC_S}s", "last_resort": "60s"}


def speaks_on_4(data: Any) -> None:
    data["nodes"]["menu"]["keys"]["4"] = "say"
    data["nodes"]["say"] = {"type": "message", "queue": "repair", "prompts": "ready", "next": "closed"}


def one_phone(data: Any) -> None:
    everything = ["repair", "consultation", "complaint"]
    data["agents"] = {"1001": {"name": "agent 1001", "queues": everything}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.supervisor.STABLE_S", 1.0)
        async with running_site(
            tmp_path_factory.mktemp("left"), agents=one_phone, system=system, ivr=speaks_on_4
        ) as site:
            yield site


@pytest_asyncio.fixture(loop_scope="module")
async def site(running: SiteUnderTest) -> AsyncIterator[SiteUnderTest]:
    yield running
    await running.clear()


def spool(site: SiteUnderTest) -> Path:
    return site.supervisor.site.asterisk_folder / "away"


def entries(site: SiteUnderTest) -> list[dict[str, Any]]:
    """What lies in the spool."""
    return [json.loads(file.read_text("utf-8")) for file in sorted(spool(site).glob("*.json"))]


async def until_kept(site: SiteUnderTest, number: str) -> dict[str, Any]:
    """The entry of the caller with this number."""

    async def kept() -> dict[str, Any] | None:
        return next((entry for entry in entries(site) if entry["number"] == number), None)

    return await until(kept, 30.0)


def told(site: SiteUnderTest, name: str) -> int:
    """How often the journal has an entry."""
    files = (site.home / "journal").glob("*.jsonl")
    return sum(file.read_text("utf-8").count(f'"{name}"') for file in files)


async def taken_up(site: SiteUnderTest) -> None:
    """Wait until the spool is empty."""

    async def empty() -> bool:
        return not list(spool(site).glob("*.*"))

    await until(empty, 15.0)


async def test_messages_and_numbers_are_there_once_when_the_engine_is_back(site: SiteUnderTest) -> None:
    speaks, confirms, types = (site.new_number() for _ in range(3))
    other = "02188886666"
    async with engine_away(site):
        legs = [
            await site.network.call(
                site.number, number=speaks, digits=[(MUSIC_S + 3.0, "1")], tone_hz=TONE_HZ, hang_up_after_s=12
            ),
            await site.network.call(site.number, number=confirms, digits=[(MUSIC_S + 3.0, "2"), (2.0, "1")]),
            await site.network.call(
                site.number, number=types, digits=[(MUSIC_S + 3.0, "2"), (2.0, "2"), (1.5, other + "#"), (2.0, "1")]
            ),
        ]
        message, own = await until_kept(site, speaks), await until_kept(site, confirms)
        typed = await until_kept(site, other)
        for leg in legs:
            await leg.wait_ended(40.0)
        assert [message["kind"], own["kind"], typed["kind"]] == ["message", "callback", "callback"]
        assert (message["did"], message["language"]) == (site.number, "zh")
        assert 1.0 < message["seconds"] < 8.0

    await taken_up(site)
    for entry in (message, own, typed):
        assert told(site, entry["name"]) == 1
    sound = site.supervisor.site.recordings / "messages" / f"{message['name']}.wav"
    assert soundfile.info(str(sound)).duration == pytest.approx(message["seconds"], abs=0.1)
    assert tone_share(read_sound(sound), TONE_HZ) > 0.5
    assert await site.metric("callcenter_left_while_away_total", outcome="imported") == 3.0
    await kill_engine_and_wait(site)
    assert [told(site, entry["name"]) for entry in (message, own, typed)] == [1, 1, 1]


async def test_who_presses_nothing_or_3_is_rung_through_and_who_hangs_up_leaves_nothing(site: SiteUnderTest) -> None:
    await site.network.phone("1001").answers(after_s=0.2, talk_s=1)
    async with engine_away(site):
        hasty = await site.network.call(site.number, number=site.new_number(), hang_up_after_s=MUSIC_S + 3)
        in_number = await site.network.call(
            site.number, number=site.new_number(), digits=[(MUSIC_S + 3.0, "2")], hang_up_after_s=MUSIC_S + 5
        )
        waits = await site.network.call(site.number, number=site.new_number(), digits=[(MUSIC_S + 3.0, "3")])
        ring = await site.network.phone("1001").next_ring(30.0)
        await ring.wait_answered()
        for leg in (hasty, in_number, waits):
            await leg.wait_ended(40.0)
        silent = await site.network.call(site.number, number=site.new_number())
        await (await site.network.phone("1001").next_ring(40.0)).wait_answered()
        await silent.wait_ended(40.0)
        assert list(spool(site).iterdir()) == []


async def test_what_a_caller_said_when_the_engine_died_is_his_message_in_the_end(site: SiteUnderTest) -> None:
    speaks = await site.dial(key="4", tone_hz=TONE_HZ, hang_up_after_s=8.0)
    folder = site.supervisor.site.recordings / "messages"

    async def spoken() -> Path | None:
        return next((file for file in folder.glob(f"{speaks.id}-*.wav") if file.stat().st_size > 2.5 * 16_000), None)

    file = await until(spoken)
    async with engine_away(site):
        await speaks.leg.wait_ended(20.0)

    async def item() -> dict[str, Any] | None:
        return next(iter(site.sql("select * from work_items where number = ?", speaks.number)), None)

    found = await until(item, 60.0)
    assert (found["item"], found["call"], found["queue"]) == (file.stem, speaks.id, "repair")
    assert found["seconds"] == pytest.approx((file.stat().st_size - 44) / 16_000, abs=0.1)
    assert told(site, file.stem) == 1


async def test_a_damaged_entry_is_set_aside_and_reported(site: SiteUnderTest) -> None:
    (spool(site) / "cut.json").write_text('{"version": 1, "kind": "mess', "utf-8")

    async def reported() -> bool:
        parts = {part["name"]: part for part in (await site.get("/healthz"))["components"]}
        return bool(parts["left_while_away"]["state"] == "degraded")

    await until(reported, 15.0)
    assert "not an entry" in (spool(site) / "damaged" / "cut.reason.txt").read_text("utf-8")
    assert (spool(site) / "damaged" / "cut.json").exists()
