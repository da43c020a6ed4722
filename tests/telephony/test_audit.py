"""The audit on a real Asterisk: what the engine has counted, what is stored and what Asterisk's diary says agree; what is taken
away or changed is named."""

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from engine.site import REPOSITORY
from tests.telephony.site import SiteUnderTest, running_site

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path | None) -> AsyncIterator[SiteUnderTest]:
    """Two calls that were answered, one that was given up, one that ended in the menu."""
    async with running_site(tmp_path_factory.mktemp("audit")) as site:
        await site.network.phone("1003").answers(after_s=0.3, talk_s=1.5)
        await site.on_duty("1003")
        served = [await site.queued(hang_up_after_s=30.0) for _ in range(2)]
        for customer in served:
            await customer.leg.wait_ended(30.0)
        await site.agent("1003", "logout")
        gone = await asyncio.gather(site.queued(hang_up_after_s=2.5), site.dial(key="", hang_up_after_s=1.0))
        for customer in (*served, *gone):
            await customer.leg.wait_ended(30.0)
            await site.ended(customer.id)
        yield site


async def audit(site: SiteUnderTest) -> tuple[int, dict[str, Any]]:
    """./hotline audit of today, and of yesterday should midnight come between."""
    today = datetime.now(ZoneInfo(site.supervisor.site.configuration.system.timezone)).date()
    days = ("--from", str(today - timedelta(days=1)), "--to", str(today))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "engine", "audit", "--json", *days),
        *("--config", str(site.supervisor.site.configuration.folder)),
        cwd=REPOSITORY,
        env={**os.environ, "HOTLINE_HOME": str(site.home)},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, json.loads(told)


def change(site: SiteUnderTest, sql: str, *values: object) -> None:
    """Damage the database behind the engine's back."""
    with contextlib.closing(sqlite3.connect(site.home / "hotline.db", timeout=10.0)) as database, database:
        database.execute(sql, values)


async def test_live_stored_recounted_and_asterisks_own_numbers_agree(site: SiteUnderTest) -> None:
    code, found = await audit(site)
    assert found.get("differences", []) == []
    assert code == 0
    assert (found["calls"], found["answers"]) == (4, 2)
    assert found["live_quarters"] > 0
    assert "live" not in found["notes"]
    assert "diary" not in found["notes"]


async def test_what_was_taken_away_or_changed_is_named(site: SiteUnderTest) -> None:
    (offer, *_) = site.sql("select call, offer from offers where talk_s is not null order by made_at")
    change(site, "delete from segments where call = ?", offer["call"])
    change(site, "update offers set talk_s = talk_s + 5 where offer = ?", offer["offer"])
    change(site, "update intervals set offered = offered + 3 where dimension = 'queue' and key = 'repair'")
    code, found = await audit(site)
    assert code == 1
    told = {(one["kind"], one["what"], one.get("call", "")) for one in found["differences"]}
    assert ("facts", "no_stay", offer["call"]) in told
    assert ("asterisk", "talk_s", offer["call"]) in told
    assert ("stored", "offered", "") in told
    assert ("live", "offered", "") in told
