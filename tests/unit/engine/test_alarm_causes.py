"""The causes of alarms, read from stored counts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from acd.model import QueueId
from acd.rules import QueueRules, Rules
from agents.roster import AgentId, AgentSettings
from engine.alarm_causes import WEEKS, AlarmCauses
from engine.database import Database
from engine.database.models import IntervalRow
from metrics.definitions import Band
from metrics.intervals import INTERVAL_S

REPAIR, ZHANG = QueueId("repair"), AgentId("1001")
DAY = 86_400.0
MIDNIGHT = 20_000 * DAY
NOON = MIDNIGHT + DAY / 2


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hotline.db")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def causes(database: Database) -> AlarmCauses:
    rules = Rules.of(
        "r",
        [QueueRules(id=REPAIR, names={"zh": "报修", "en": "Repair"})],
        [AgentSettings(id=ZHANG, name="张伟", queues=(REPAIR,))],
    )
    bands = {"abandon_rate": Band(high=0.05)}
    return AlarmCauses(database, lambda: rules, lambda: bands, lambda ago: MIDNIGHT - ago * DAY, lambda: NOON)


async def store(database: Database, days_ago: int, by: str, key: str, **counts: float) -> None:
    """In the quarter that begins at ten."""
    empty: dict[str, Any] = {column.name: 0 for column in IntervalRow.__table__.columns}
    quarter = int((MIDNIGHT - days_ago * DAY + 36_000) // INTERVAL_S)
    async with database.transaction() as connection:
        await connection.execute(
            insert(IntervalRow), [{**empty, "dimension": by, "quarter": quarter, "key": key, **counts}]
        )


async def a_day(database: Database, days_ago: int, offered: int, in_time: int) -> None:
    done = {"answered": offered, "answered_wait_s": 30.0 * offered, "talks": offered, "talk_s": 120.0 * offered}
    await store(database, days_ago, "queue", REPAIR, offered=offered, answered_within_sl=in_time, **done)
    await store(database, days_ago, "agent", ZHANG, agent_ready_s=20_000.0, agent_talking_s=120.0 * offered)


async def test_more_callers_than_on_the_same_weekday_are_named_as_the_cause(
    database: Database, causes: AlarmCauses
) -> None:
    await a_day(database, 0, offered=160, in_time=60)
    for week in range(1, WEEKS + 1):
        await a_day(database, 7 * week, offered=80, in_time=76)
    found = await causes.read()
    assert set(found) == {(REPAIR, "service_level")}
    told = found[REPAIR, "service_level"]
    assert "160" in told["zh"]
    assert "160" in told["en"]


async def test_figures_in_their_band_are_not_explained(database: Database, causes: AlarmCauses) -> None:
    await a_day(database, 0, offered=80, in_time=76)
    assert await causes.read() == {}


async def test_empty_database_has_no_causes(causes: AlarmCauses) -> None:
    assert await causes.read() == {}
