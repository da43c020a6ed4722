"""`./hotline demo`, as a person runs it, only shorter: half a minute of calls, then figures that are true."""

import asyncio
import contextlib
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from engine.site import REPOSITORY
from tests.telephony.site import until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]

SHOW_MIN = 25 / 60
LONGEST_S = 120.0
ALL_OVER_S = 10.0
SQL = {
    "placed": "SELECT count(*) FROM calls",
    "in the menu": "SELECT count(*) FROM calls WHERE disposition IN ('abandoned_ivr', 'completed_ivr')",
    "Offered": "SELECT count(DISTINCT call) FROM segments",
    "Answered": "SELECT count(*) FROM segments WHERE how = 'answered'",
    "Abandoned": "SELECT count(*) FROM segments WHERE how = 'abandoned'",
    "Short abandons": "SELECT count(*) FROM segments WHERE how = 'short_abandon'",
    "ASA": "SELECT round(avg(total_wait_s), 1) FROM segments WHERE how = 'answered'",
    "recordings": "SELECT count(*) FROM recordings WHERE state = 'ready'",
}


@dataclass
class Show:
    """A demonstration that has ended. `site` is what the API said of the whole site last, `second` another one's words."""

    home: Path
    code: int
    lines: list[str]
    site: dict[str, Any]
    second: str

    @property
    def summary(self) -> list[str]:
        """The lines after the show."""
        return self.lines[next(n for n, line in enumerate(self.lines) if "What the demo came to" in line) :]

    def figure(self, name: str) -> str:
        """What the summary's last column says in the line that begins so."""
        (line,) = [line for line in self.summary if line.strip().startswith(name)]
        return re.split(r"\s{2,}", line.strip())[-1]

    def sql(self, name: str) -> float:
        """The same, counted from the calls in the database."""
        with contextlib.closing(sqlite3.connect(self.home / "hotline.db")) as database:
            return float(database.execute(SQL[name]).fetchone()[0])


async def demo(home: Path, *arguments: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, "HOTLINE_HOME": str(home), "HOTLINE_LANG": "en", "PYTHONPATH": str(REPOSITORY)}
    # A real site's database: the demonstration must not touch it.
    environment["HOTLINE_DATABASE_URL"] = "postgresql+asyncpg://nobody@127.0.0.1:1/real"
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "engine", "demo", "--plain", *arguments),
        cwd=home,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def ended(process: asyncio.subprocess.Process) -> str:
    try:
        output, _ = await asyncio.wait_for(process.communicate(), LONGEST_S)
    finally:
        if process.returncode is None:
            process.kill()
    return output.decode()


async def last_of_the_site(home: Path) -> dict[str, Any]:
    """Ask the API for the site's figures until it is gone; what it said last."""
    site: dict[str, Any] = {}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2.0)) as session:
        while True:
            try:
                endpoints = json.loads((home / "endpoints.json").read_text())
                staff = json.loads((home / "secrets" / "tokens.json").read_text())["staff"]
                headers = {"Authorization": f"Bearer {staff[0]['token']}"}
                async with session.get(f"http://{endpoints['http']}/api/queues", headers=headers) as answer:
                    site = (await answer.json())["site"]
            except (OSError, aiohttp.ClientError, TimeoutError):
                if site:
                    return site
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def show(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[Show]:
    home = tmp_path_factory.mktemp("d")
    process = await demo(home, "--minutes", str(SHOW_MIN))
    asking = asyncio.create_task(last_of_the_site(home / "demo"))
    try:
        assert process.stdout is not None
        first_line = await asyncio.wait_for(process.stdout.readline(), LONGEST_S)
        assert b"Making the demo ready" in first_line
        second = await ended(await demo(home))
        output = await ended(process)
        site = await asyncio.wait_for(asking, 10.0)
    finally:
        asking.cancel()
    assert process.returncode is not None
    yield Show(home / "demo", process.returncode, output.splitlines(), site, second)


def left_running(home: Path) -> list[str]:
    """Command lines of processes that name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(home).encode() in command and int(process.name) != os.getpid():
                found.append(command[:200].decode(errors="replace"))
    return found


async def nothing_runs_in(home: Path) -> None:
    async def found() -> bool:
        return not left_running(home)

    await until(found, ALL_OVER_S)


async def test_demo_ends_well_and_leaves_nothing_running(show: Show) -> None:
    assert show.code == 0, "\n".join(show.lines)
    assert not [line for line in show.lines if "Traceback" in line]
    assert left_running(show.home) == []


async def test_summary_says_what_the_api_said(show: Show) -> None:
    assert show.figure("Offered") == str(show.site["offered"])
    assert show.figure("Answered") == str(show.site["answered"])
    assert show.figure("Abandoned") == str(show.site["abandoned"])
    assert show.figure("Short abandons") == str(show.site["short_abandoned"])
    assert show.figure("Average speed of answer") == f"{show.site['asa_s']:.1f} s"
    assert show.figure("Service level") == f"{show.site['service_level']:.0%}"
    assert show.figure("Abandon rate") == f"{show.site['abandon_rate']:.0%}"


async def test_summary_says_what_the_calls_in_the_database_add_up_to(show: Show) -> None:
    text = "\n".join(show.summary)
    assert f"{show.sql('placed'):.0f} calls came in: {show.sql('in the menu'):.0f} ended in the menu" in text
    for name in ("Offered", "Answered", "Abandoned", "Short abandons"):
        assert show.figure(name) == f"{show.sql(name):.0f}", name
    assert show.figure("Average speed of answer") == f"{show.sql('ASA'):.1f} s"
    assert show.sql("placed") == show.sql("in the menu") + show.sql("Offered"), "every call is in one of the two"


async def test_every_talk_is_a_recording_and_one_is_named(show: Show) -> None:
    assert show.sql("recordings") == show.sql("Answered") > 0
    assert any(line.startswith(f"Recordings: {show.sql('recordings'):.0f} ") for line in show.summary)
    (named,) = [line.removeprefix("for example ") for line in show.summary if line.startswith("for example ")]
    assert Path(named).stat().st_size > 1000  # noqa: ASYNC240 - a look at one local file


async def test_show_tells_of_the_vip_the_missed_call_and_who_gave_up(show: Show) -> None:
    text = "\n".join(show.lines)
    for kind in ("call", "waits", "rings", "answered", "missed", "ended", "gave up", "agent"):
        assert re.search(rf"^\d\d:\d\d:\d\d {kind} ", text, re.MULTILINE), kind
    assert "138****8888 VIP 2" in text
    assert "13800008888" not in text, "numbers are masked"


async def test_one_decision_is_explained(show: Show) -> None:
    text = "\n".join(show.summary)
    assert re.search(r"^Why did ", text, re.MULTILINE)
    assert "strategy" in text
    assert "chosen" in text


async def test_second_demo_in_the_same_home_is_refused(show: Show) -> None:
    assert show.second.strip() == (
        f"A demo already runs in {show.home}. End it first (Ctrl-C), or set another HOTLINE_HOME."
    )


async def test_interrupt_ends_the_show_early_with_its_summary(tmp_path: Path, asterisk_root: Path | None) -> None:
    process = await demo(tmp_path)
    assert process.stdout is not None
    async with asyncio.timeout(LONGEST_S):
        while b"answered" not in (line := await process.stdout.readline()):
            assert line, "it ended by itself"
    process.send_signal(signal.SIGINT)
    text = await ended(process)
    assert process.returncode == 0, text
    assert "What the demo came to" in text
    assert "still up at the end" in text
    assert "Recordings: 1 " in text
    await nothing_runs_in(tmp_path)


async def test_interrupt_while_it_starts_ends_everything_at_once(tmp_path: Path, asterisk_root: Path | None) -> None:
    process = await demo(tmp_path)
    assert process.stdout is not None
    async with asyncio.timeout(LONGEST_S):
        while b"Starting" not in await process.stdout.readline():
            pass
    process.send_signal(signal.SIGINT)
    text = await ended(process)
    assert process.returncode == 130
    assert "Traceback" not in text
    await nothing_runs_in(tmp_path)


async def test_length_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    process = await demo(tmp_path, "--minutes", "nan")
    assert await ended(process) == "--minutes: expected a number from 0.1 to 60.\n"
    assert process.returncode == 2
