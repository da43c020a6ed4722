"""What `GET /healthz` says of the engine's parts: what is wrong now or was lately, and not what was put right long ago."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import aiohttp
import msgspec
import pytest

from cti.health import Component, ComponentState
from engine.app import Engine
from engine.config import load
from engine.health import EngineHealth
from engine.site import settle_site
from tests.unit.engine.sites import SITE, edited, folder_of


@asynccontextmanager
async def engine_of(folder: Path, site: Mapping[str, str] = SITE) -> AsyncIterator[Engine]:
    """Built, and not started: nothing listens, nothing is connected."""
    built = Engine(settle_site(load(folder_of(folder / "config", site)), folder / "home"))
    yield built
    built.journal.close()
    built.spool.close()
    await built.database.close()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with engine_of(tmp_path) as built:
        yield built


class Health(EngineHealth):
    """Under a clock that goes where the test says."""

    def __init__(self, engine: Engine) -> None:
        self.now = 1_000.0
        super().__init__(engine, lambda: self.now)

    def part(self, name: str) -> Component:
        return next(part for part in self.components() if part.name == name)


def fail(engine: Engine, part: str) -> None:
    if part == "journal":
        engine.journal.failed_writes += 1
    elif part == "spool":
        engine.dropped += 1
    else:
        engine.keeper.counts["failed"] += 1


@pytest.mark.parametrize("part", ["journal", "spool", "recordings"])
async def test_failure_counts_against_a_part_for_five_minutes(engine: Engine, part: str) -> None:
    health = Health(engine)
    assert health.part(part).state is ComponentState.UP
    fail(engine, part)
    assert health.part(part).state is ComponentState.DEGRADED
    assert "1 " in health.part(part).detail
    health.now += 299
    assert health.part(part).state is ComponentState.DEGRADED
    health.now += 1
    assert (health.part(part).state, health.part(part).detail) == (ComponentState.UP, "")


async def test_part_that_fails_again_is_degraded_again_from_then_on(engine: Engine) -> None:
    health = Health(engine)
    for _ in range(2):
        fail(engine, "journal")
        assert health.part("journal").state is ComponentState.DEGRADED
        health.now += 200
    assert health.part("journal").state is ComponentState.DEGRADED
    assert "2 " in health.part("journal").detail


async def test_calendar_whose_holidays_are_known_too_short_ahead_is_a_warning_and_no_fault(engine: Engine) -> None:
    health = Health(engine)
    (known,) = engine.view.calendar_days_known().values()
    told = [f"calendar service: holidays and make-up workdays are known for {max(known, 0)} more days"]
    assert health.warnings() == (told if known < 60 else [])
    calendars = engine.configuration.script.calendars
    far = msgspec.structs.replace(calendars["service"], special={date(9999, 1, 1): ()})
    calendars["service"] = far
    assert health.warnings() == []


async def test_engine_without_asterisk_and_listener_is_down_in_both(engine: Engine) -> None:
    health = Health(engine)
    assert {part.name for part in health.components() if part.state is ComponentState.DOWN} == {"ami", "agi"}


async def test_metrics_page_of_a_new_engine_counts_every_failure_from_zero(engine: Engine) -> None:
    page = engine.exporter.render().decode()
    assert 'callcenter_defects_total{part="core"} 0' in page
    assert 'callcenter_edge_alarms_total{edge="ami",kind="odd_message"} 0' in page
    engine.ami.counters.alarms += 2
    engine.runner.failures += 1
    engine.journal.missing_events += 3
    page = engine.exporter.render().decode()
    assert 'callcenter_defects_total{part="core"} 1' in page
    assert 'callcenter_edge_alarms_total{edge="ami",kind="odd_message"} 2' in page
    assert 'callcenter_journal_failures_total{kind="missing"} 3' in page
    assert "callcenter_events_dropped_total 0" in page


async def test_metrics_ask_for_the_token_of_the_environment_and_feeds_take_the_origins_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_METRICS_TOKEN", "scrape")
    site = edited("system", "sip: {", "http: {port: 0, origins: ['https://crm.example']}\nsip: {")
    async with (
        engine_of(tmp_path, site) as engine,
        aiohttp.ClientSession(f"http://{engine.site.endpoints.http}") as http,
    ):
        await engine.web.start()
        answers = []
        for headers in ({}, {"Authorization": "Bearer scrape"}):
            async with http.get("/metrics", headers=headers) as answer:
                answers.append(answer.status)
        for origin in ("https://crm.example", "https://other.example"):
            async with http.get("/api/floor/feed", headers={"Origin": origin}) as answer:
                answers.append(answer.status)
        await engine.web.stop()
    assert answers[:2] == [401, 200]
    assert answers[2] != 403
    assert answers[3] == 403
