"""Simulated days in a real database: the causes found there are those found in the counts themselves."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from acd.records import AgentInterval
from agents.roster import AgentId, BreakRule, QueueId
from agents.state import AgentState
from engine.config import Configuration, load
from engine.database import Database
from engine.database.intervals import roll_up
from engine.database.upserts import upsert
from engine.facts import rows_of
from engine.why.ask import answers, find_out
from metrics.definitions import Band
from metrics.why import Stretch, explain
from planning.simulate import MIDNIGHT
from tests.unit.engine.sites import folder_of
from tests.unit.metrics.days import CLOSE, OPEN, recorded, stretch

WEEK_S = 7 * 86400.0
WEEKS = 4
TODAY = MIDNIGHT + WEEKS * WEEK_S
SPAN = (TODAY + OPEN, TODAY + CLOSE)


async def kept(database: Database, seed: int, week: int, **different: object) -> Stretch:
    """A simulated day, stored, and as it was counted live."""
    records, rules = recorded(seed, midnight=MIDNIGHT + week * WEEK_S, **different)  # type: ignore[arg-type]
    async with database.transaction() as connection:
        rows = [row for record in records for row in rows_of(record)]
        for at in range(0, len(rows), 2000):
            await upsert(connection, rows[at : at + 2000])
    return stretch(records, rules)


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """Of the simulated centre."""
    rules = recorded(1)[1]
    return replace(load(folder_of(tmp_path / "config")), rules=rules)


async def test_day_with_an_agent_who_takes_no_calls_is_explained_from_the_database(
    database: Database, configuration: Configuration
) -> None:
    before = [await kept(database, seed=1 + week, week=week) for week in range(WEEKS)]
    now = await kept(database, seed=11, week=WEEKS, refuses=AgentId("a4"), no_answer_limit=2)
    await roll_up(database, MIDNIGHT, SPAN[1] + 3600.0)
    async with database.session() as session:
        known = await find_out(session, configuration, None, SPAN)
    counted = explain("service_level", Band(low=0.8), now, before, 20.0)
    [told] = answers(known, configuration, ["service_level"])
    assert told.value == pytest.approx(counted.value, abs=0.002)
    assert told.usual == pytest.approx(counted.usual, abs=0.002)
    assert told.days == WEEKS
    assert [(cause.kind, cause.subject) for cause in told.causes] == [
        (cause.kind, cause.subject) for cause in counted.causes
    ]
    [first, *_] = told.causes
    assert (first.kind, first.subject) == ("refusals", "a4")
    assert known.now.reasons["declined"] == pytest.approx(
        now.reasons["declined"], abs=130.0
    )  # one may end after closing


async def test_one_queue_of_a_day_with_more_calls_is_explained_from_the_database(
    database: Database, configuration: Configuration
) -> None:
    for week in range(WEEKS):
        await kept(database, seed=1 + week, week=week)
    await kept(database, seed=11, week=WEEKS, sales=105.0)
    await roll_up(database, MIDNIGHT, SPAN[1] + 3600.0)
    async with database.session() as session:
        sales = await find_out(session, configuration, QueueId("sales"), SPAN)
        support = await find_out(session, configuration, QueueId("support"), SPAN)
    [told] = answers(sales, configuration, ["service_level"])
    assert told.causes[0].kind == "calls"
    [other] = answers(support, configuration, ["service_level"])
    assert other.causes[0].kind == "elsewhere"  # its agents work for sales
    assert other.sentences["en"][0].endswith(f"as usual about {(other.causes[0].would_be or 0.0) * 100:.0f} %.")


async def test_breaks_too_long_are_found_with_their_agents(database: Database, configuration: Configuration) -> None:
    start = SPAN[0]
    breaks = [
        AgentInterval(
            agent=AgentId(agent),
            state=AgentState.NOT_READY,
            reason=reason,
            started_at=start + begins,
            ended_at=start + begins + lasts,
        )
        for agent, reason, begins, lasts in (
            ("a1", "break", 60.0, 900.0),
            ("a2", "break", 60.0, 600.0),
            ("a3", "meal", 60.0, 1800.0),
            ("a4", "break", -300.0, 1200.0),
        )
    ]
    async with database.transaction() as connection:
        await upsert(connection, [row for record in breaks for row in rows_of(record)])
    rules = configuration.rules
    agents = {agent: replace(settings, groups=("day",)) for agent, settings in rules.agents.items()}
    strict = replace(rules, agents=agents, breaks={"day": BreakRule(longest_s=600.0)})
    async with database.session() as session:
        known = await find_out(session, replace(configuration, rules=strict), None, SPAN)
    assert [(pause.agent, pause.over_s) for pause in known.now.pauses] == [("a1", 300.0)]
    assert known.now.reasons == {"break": 900.0 + 600.0 + 900.0, "meal": 1800.0}
