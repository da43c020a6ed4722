"""Five hundred calls that end at every stage: afterwards nothing of them is left, in Asterisk or in the engine."""

import asyncio
import contextlib
import itertools
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.network import PlacedCall
from tests.telephony.phones import no_channel_is_left
from tests.telephony.site import SiteUnderTest, running_site, until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

WARM_UP = 60
CALLS = 500
PER_S = 15
GROWTH_MB = 12.0
"""Of the engine over 500 calls, caches that are allowed to fill included. Measured: 3."""
POOL = 7
"""Connections to the database: SQLAlchemy's pool of five, the one that counts quarters, and a report's."""
SERVED, NOBODY_THERE, NEVER_ANSWERED = "1", "2", "3"
POOL_THREADS = min(32, (os.cpu_count() or 1) + 4)
"""The event loop's thread pool grows with what is asked of it at once, up to this size, and then no further."""
STAGES: tuple[tuple[str, float], ...] = (
    ("", 0.7),  # gives up in the menu
    (NOBODY_THERE, 1.0),  # while waiting
    (NEVER_ANSWERED, 1.2),  # while a phone rings, or while waiting for it
    (SERVED, 0.9),  # at any moment around the answer
    (SERVED, 20.0),  # talks until the agent has had enough
    (SERVED, 20.0),
)
"""Key and time of the hang-up, one after the other."""
BUSY = tuple(str(1001 + n) for n in range(8))
DEAF = "1009"


def queues(data: Any) -> None:
    data["queues"]["repair"].update(wrap_up="0s")


def agents(data: Any) -> None:
    data["agents"] = {agent: {"name": f"agent {agent}", "queues": ["repair"]} for agent in BUSY}
    data["agents"][DEAF] = {"name": "never hears the phone", "queues": ["complaint"]}
    data["agents"]["1010"] = {"name": "is never there", "queues": ["consultation"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    async with running_site(tmp_path_factory.mktemp("leaks"), queues=queues, agents=agents) as site:
        for agent in BUSY:
            await site.network.phone(agent).answers(after_s=0.1, talk_s=0.3)
        yield site


@dataclass(frozen=True)
class Holdings:
    """What a process holds."""

    files: int
    """But for those of the SQLite database: its connections are kept for later, POOL at most."""
    database: int
    threads: int
    memory_mb: float


def holdings(pid: int) -> Holdings:
    """From proc(5)."""
    process = Path(f"/proc/{pid}")
    status = (process / "status").read_text("ascii")
    numbers = {name: int(value) for name, value in re.findall(r"^(Threads|VmRSS):\s+(\d+)", status, re.MULTILINE)}
    open_files = []
    for file in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            open_files.append(os.readlink(file))
    database = [file for file in open_files if Path(file).name.startswith("hotline.db")]
    files = len(open_files) - len(database)
    return Holdings(files, sum(file.endswith(".db") for file in database), numbers["Threads"], numbers["VmRSS"] / 1024)


async def tasks_of(site: SiteUnderTest) -> int:
    """How many asyncio tasks the engine has, as healthz tells."""
    components = {part["name"]: part for part in (await site.get("/healthz"))["components"]}
    found = re.search(r"(\d+) tasks", components["event_loop"]["detail"])
    assert found
    return int(found[1])


async def many_calls(site: SiteUnderTest, count: int) -> None:
    """So many calls in all stages, one after the other; returns when the last of them is over and written down."""
    before = site.sql("select count(*) n from calls where ended_at is not null")[0]["n"]
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    legs: list[PlacedCall] = []
    for n, (key, hang_up_after_s) in zip(range(count), itertools.cycle(STAGES), strict=False):
        digits = [(0.3, key)] if key else []
        leg = await site.network.call(
            site.number,
            number=site.new_number(),
            digits=digits,
            tone_hz=440,  # a caller whose phone sends no sound is let in half a second later
            hang_up_after_s=hang_up_after_s,
        )
        legs.append(leg)
        await asyncio.sleep(max(began_at + n / PER_S - loop.time(), 0.0))
    for leg in legs:
        await leg.wait_ended(60.0)

    async def written() -> bool:
        ended = site.sql("select count(*) n from calls where ended_at is not null")[0]["n"]
        return ended - before == count and not await site.live()

    await until(written, 30.0)


async def test_five_hundred_calls_leave_nothing_behind(site: SiteUnderTest) -> None:
    asterisk, engine = site.supervisor.asterisk, site.supervisor.engine
    assert asterisk is not None
    assert engine is not None
    await site.on_duty(*BUSY, DEAF)
    await many_calls(site, WARM_UP)
    await no_channel_is_left(asterisk)
    engine_before, asterisk_before, tasks_before = holdings(engine.pid), holdings(asterisk.pid), await tasks_of(site)

    await many_calls(site, CALLS)

    await no_channel_is_left(asterisk)
    bridges = await asterisk.command("bridge show all")
    assert len(bridges.strip().splitlines()) == 1, bridges
    for agent in (*BUSY, DEAF):
        await site.until_agent(agent, "ready", phone="idle")

    async def back() -> bool:
        now = holdings(engine.pid)
        return now.files <= engine_before.files and now.database <= POOL and await tasks_of(site) <= tasks_before

    await until(back)

    async def asterisk_back() -> bool:
        return holdings(asterisk.pid).files <= asterisk_before.files

    await until(asterisk_back)
    engine_after, asterisk_after = holdings(engine.pid), holdings(asterisk.pid)
    print(f"engine {engine_before} -> {engine_after}, {tasks_before} -> {await tasks_of(site)} tasks")
    print(f"asterisk {asterisk_before} -> {asterisk_after}")
    assert engine_after.memory_mb - engine_before.memory_mb < GROWTH_MB
    assert engine_after.threads <= engine_before.threads + POOL_THREADS
    ends = site.sql("select disposition, count(*) n from calls group by 1 order by 1")
    print({row["disposition"]: row["n"] for row in ends})
    assert {row["disposition"] for row in ends} == {
        *("abandoned_ivr", "abandoned_ringing", "abandoned_waiting", "served"),
    }
    assert await site.metric("callcenter_agi_sessions") == 0
    assert "Traceback" not in site.log
