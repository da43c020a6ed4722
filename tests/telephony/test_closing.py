"""Closing on a real Asterisk: by the calendar, and in an emergency, while callers wait or are in the menu."""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
import yaml

from ivr.hours import WEEKDAYS
from ivr.prompts import FOLDER
from tests.telephony.hearing import RATE_HZ, read_sound, times_of
from tests.telephony.site import Customer, SiteUnderTest, running_site
from tests.telephony.site import until as site_until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

ZONE = ZoneInfo("Asia/Shanghai")
TELLS, SERVES = "1", "2"
"""The menu's keys for the queue that tells those who wait at closing time, and for the one that serves them."""
STAYS_S = 100.0
EXACT_S = 0.25
"""From the closing time to what the engine wrote down, on a loaded machine."""


def queues(data: Any) -> None:
    data["queues"]["repair"]["hours"] = {"calendar": "desk", "at_close": "tell"}
    data["queues"]["consultation"]["hours"] = {"calendar": "desk", "at_close": "serve"}


def hours(data: Any) -> None:
    data["calendars"]["desk"] = _until("24:00")


def _until(closes: str) -> dict[str, Any]:
    return {"time_zone": str(ZONE), "weekly": {day: [f"00:00-{closes}"] for day in WEEKDAYS}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("closing"), queues=queues, hours=hours) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def cleared(site: SiteUnderTest) -> AsyncIterator[None]:
    yield
    await site.post("/api/emergencies/lift", {"queues": "all"})
    await _set_hours(site, "24:00")
    await site.clear()


async def _set_hours(site: SiteUnderTest, closes: str) -> None:
    file = site.supervisor.site.configuration.folder / "hours.yaml"
    data = yaml.safe_load(file.read_text("utf-8"))
    data["calendars"]["desk"] = _until(closes)
    file.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    await site.post("/api/reload", {})


async def _close_soon(site: SiteUnderTest) -> float:
    """The hours end at the next full minute, or the one after when that is near; when that is."""
    at = (time.time() // 60 + 1) * 60
    at += 60 if at - time.time() < 5 else 0
    closes = datetime.fromtimestamp(at, ZONE).strftime("%H:%M")
    await _set_hours(site, "24:00" if closes == "00:00" else closes)
    return at


async def heard(customer: Customer, prompt: str) -> int:
    """How often he had heard its beginning when his call was over."""
    file = customer.leg.heard
    assert file is not None
    await customer.leg.wait_ended()

    async def complete() -> bool:
        return len(read_sound(file)) > 0

    await site_until(complete)
    return len(times_of(read_sound(file), read_sound(FOLDER / "zh" / f"{prompt}.wav")[: RATE_HZ * 8 // 10]))


async def test_closing_time_passes_while_callers_wait(site: SiteUnderTest) -> None:
    told = await site.queued(key=TELLS, hang_up_after_s=STAYS_S, listen=True)
    served = await site.queued(key=SERVES, hang_up_after_s=STAYS_S)
    at = await _close_soon(site)
    call = await site.ended(told.id, timeout_s=130.0)
    assert (call["disposition"], call["stays"][0]["why"]) == ("overflowed", "closed")
    assert 0 <= call["stays"][0]["left_at"] - at < EXACT_S
    assert await heard(told, "closed") == 1
    late = await site.dial(key=SERVES)
    assert (await site.ended(late.id))["stays"][0]["why"] == "closed"
    assert (await site.until_call(served.number))["state"] == "waiting"
    await site.on_duty(_agents_of("consultation", await site.get("/api/agents"))[0])
    await site.until_call(served.number, "offered", "talking")


def _agents_of(queue: str, listed: Any) -> list[str]:
    return [agent["agent"] for agent in listed["agents"] if queue in agent["queues"]]


async def test_emergency_while_one_waits_and_one_is_in_the_menu(site: SiteUnderTest) -> None:
    told = await site.queued(key=TELLS, hang_up_after_s=STAYS_S, listen=True)
    served = await site.queued(key=SERVES, hang_up_after_s=STAYS_S)
    choosing = await site.dial(key="", hang_up_after_s=STAYS_S, listen=True)

    async def in_menu() -> bool:
        return "menu" in (await site.until_call(choosing.number))["path"]

    await site_until(in_menu)
    await site.post("/api/emergencies", {"queues": "all", "prompt": "sorry", "why": "test"})
    await choosing.leg.press(SERVES)
    for customer in (told, choosing):
        call = await site.ended(customer.id, timeout_s=20.0)
        assert (call["disposition"], call["stays"][0]["why"]) == ("overflowed", "emergency")
        assert (await heard(customer, "sorry"), await heard(customer, "closed")) == (1, 0)
    new = await site.dial(key="", hang_up_after_s=STAYS_S, listen=True)
    call = await site.ended(new.id, timeout_s=30.0)
    assert (call["disposition"], call["path"]) == ("completed_ivr", ["hours", "closed"])
    assert (await heard(new, "sorry"), await heard(new, "closed")) == (1, 1)
    assert (await site.until_call(served.number))["state"] == "waiting"
    assert await site.metric("callcenter_queue_closed") == len((await site.get("/api/queues"))["queues"])


async def test_emergency_outlives_the_engine_and_ends_by_itself(site: SiteUnderTest) -> None:
    until = time.time() + 25.0
    await site.post("/api/emergencies", {"queues": "all", "prompt": "sorry", "until": until})
    assert site.supervisor.engine is not None
    site.supervisor.engine.kill()
    await site.supervisor.engine.wait()
    await site_until(site.is_whole, 20.0)
    early = await site.dial(key="", hang_up_after_s=STAYS_S)
    assert (await site.ended(early.id, timeout_s=30.0))["path"] == ["hours", "closed"]

    async def over() -> float | None:
        return None if (await site.get("/api/emergencies"))["emergencies"] else time.time()

    assert 0 <= await site_until(over, 30.0) - until < 1.0
    await site.queued(key=SERVES)
