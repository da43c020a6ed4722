"""`hotline up` as a site's keeper: how it is stopped with callers in it, that it is alone, and that it notices a hang."""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.site import REPOSITORY
from tests.telephony.outages import BACK_S, healthy
from tests.telephony.phones import longest_silence_s
from tests.telephony.site import Customer, SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

DRAIN_S = 60.0
CIRCUITS_BUSY = {34, 42}
"""Q.850 causes a caller's exchange makes of 503."""
AT_ONCE_S = 8.0
"""How long the two children may take to end."""
NOTICED_S = 10.0 + 2 * 2.0
"""A hang: the time without an answer, and two questions."""


def agents(data: Any) -> None:
    data["agents"] = {"1001": {"name": "agent 1001", "queues": ["repair", "consultation", "complaint"]}}


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path: Path, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path, agents=agents) as site:
        yield site


async def talking_and_waiting(site: SiteUnderTest) -> tuple[Customer, Customer]:
    """Agent 1001 talks to the first for as long as he likes; the second is in line."""
    await site.network.phone("1001").answers(after_s=0.1, talk_s=100)
    await site.on_duty("1001")
    talking = await site.dial(hang_up_after_s=100)
    await site.until_call(talking.number, "talking")
    waiting = await site.queued(hang_up_after_s=100)
    await site.network.phone("1001").next_ring()
    return talking, waiting


async def refused_newcomer(site: SiteUnderTest) -> str:
    """Somebody calls, again and again until he is refused: from then on the site takes nobody in. His number."""

    async def refused() -> str | None:
        number = site.new_number()
        leg = await site.network.call(site.number, number=number, hang_up_after_s=0.1)
        cause = await leg.wait_ended(5.0)
        return number if cause in CIRCUITS_BUSY and not leg.answered.is_set() else None

    return await until(refused)


async def test_while_the_site_is_being_stopped_who_waits_is_answered_and_who_calls_is_refused(
    site: SiteUnderTest,
) -> None:
    talking, waiting = await talking_and_waiting(site)
    stopping = asyncio.create_task(site.supervisor.stop(DRAIN_S))
    refused = await refused_newcomer(site)
    assert refused not in {call["number"] for call in await site.live()}

    await talking.leg.hang_up()
    ring = await site.network.phone("1001").next_ring()
    await ring.wait_answered()
    assert (await site.until_call(waiting.number, "talking"))["agent"] == "1001"
    assert not stopping.done()
    await waiting.leg.hang_up()
    async with asyncio.timeout(AT_ONCE_S):
        await stopping

    calls = {row["call"]: row["disposition"] for row in site.sql("select call, disposition from calls")}
    assert {calls[talking.id], calls[waiting.id]} == {"served"}
    diary = (site.supervisor.site.asterisk_folder / "log/cel-custom/hotline.csv").read_text("utf-8")
    assert waiting.number in diary
    assert refused not in diary
    with (site.home / "up.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_second_interrupt_ends_the_calls_at_once(site: SiteUnderTest) -> None:
    talking, waiting = await talking_and_waiting(site)
    hurry = asyncio.Event()
    stopping = asyncio.create_task(site.supervisor.stop(DRAIN_S, hurry))
    await refused_newcomer(site)
    assert not talking.leg.ended.is_set()
    hurry.set()
    async with asyncio.timeout(AT_ONCE_S):
        await stopping
        await talking.leg.wait_ended()
        await waiting.leg.wait_ended()


async def test_second_site_in_the_same_home_is_refused_and_changes_nothing(site: SiteUnderTest) -> None:
    def written() -> dict[Path, int]:
        files = [site.home / "endpoints.json", *(site.supervisor.site.asterisk_folder / "etc").iterdir()]
        return {file: file.stat().st_mtime_ns for file in files}

    before = written()
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "engine", "up", "--config", str(site.home.parent / "config")),
        env={**os.environ, "HOTLINE_HOME": str(site.home), "HOTLINE_LANG": "en", "PYTHONPATH": str(REPOSITORY)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        printed, complained = await second.communicate()
    assert second.returncode == 1
    assert printed == b""
    assert complained.decode() == (
        f"A site is already running in {site.home}. Stop it first, or set HOTLINE_HOME to another folder.\n"
    )
    assert written() == before
    await healthy(site, 1.0)


async def test_engine_that_hangs_is_replaced_and_who_waited_with_music_is_served(site: SiteUnderTest) -> None:
    customer = await site.queued(hang_up_after_s=100, listen=True)
    hung = site.supervisor.engine
    assert hung is not None
    hung.send_signal(signal.SIGSTOP)
    async with asyncio.timeout(NOTICED_S):
        assert await hung.wait() == -signal.SIGKILL
    await healthy(site, BACK_S)
    assert (await site.until_call(customer.number, "waiting"))["call"] == customer.id

    await site.network.phone("1001").answers(after_s=0.1, talk_s=0.5)
    await site.on_duty("1001")
    ended = await site.ended(customer.id)
    assert (ended["disposition"], ended["agent"]) == ("served", "1001")
    await customer.leg.wait_ended()
    assert customer.leg.heard is not None
    assert longest_silence_s(customer.leg.heard) < 1.5
