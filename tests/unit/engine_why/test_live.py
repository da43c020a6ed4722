"""The engine's side: how often the database is asked, what agents are doing now, and the alarms' causes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert

from acd.floor import Floor
from acd.model import QueueId
from agents.roster import AgentId
from agents.state import AgentState
from cti.http.services import HistoryUnavailable
from engine.config import load
from engine.database.connection import Database
from engine.database.intervals import row_of
from engine.database.models import IntervalRow
from engine.why.ask import Known, find_out
from engine.why.live import EngineWhy
from metrics.definitions import AgentTimes, QueueCounts, Sums, values
from metrics.dimensions import Dimension
from metrics.figures import Figures
from metrics.intervals import interval_of
from tests.unit.engine.sites import folder_of

NOON = 1_800_000_000.0 // 86400 * 86400 + 4 * 3600  # in Shanghai
QUEUES = ("sales", "repair", "press")
MORNING = NOON - 4 * 3600
"""Eight o'clock."""


def calls(offered: int) -> QueueCounts:
    """Three of five calls are answered in time, the others late."""
    return QueueCounts(
        offered=offered,
        answered=offered,
        answered_within_sl=offered * 3 // 5,
        answered_wait_s=30.0 * offered,
        talks=offered,
        talk_s=180.0 * offered,
        wrap_ups=offered,
        wrap_up_s=20.0 * offered,
    )


async def fill(database: Database) -> None:
    """Quarters from eight to noon: 10 calls each for every queue on the Fridays before, 15 today; four agents' time under each
    of two numbers."""
    rows: list[dict[str, Any]] = []
    for weeks in range(5):
        offered = 10 if weeks else 15
        busy = AgentTimes(talking_s=180.0 * offered, wrap_up_s=20.0 * offered, ready_s=4 * 900.0 - 200.0 * offered)
        for n in range(16):
            quarter = interval_of(MORNING - weeks * 7 * 86400) + n
            rows.append(row_of(Dimension.AGENT, quarter, "1001", QueueCounts(), busy))
            rows.append(row_of(Dimension.AGENT, quarter, "1002", QueueCounts(), busy))
            rows.append(row_of(Dimension.SITE, quarter, "", calls(offered), AgentTimes()))
            rows += [row_of(Dimension.QUEUE, quarter, name, calls(offered), AgentTimes()) for name in QUEUES]
    async with database.transaction() as connection:
        await connection.execute(insert(IntervalRow), rows)


class Today:
    """The queues' figures since eight o'clock."""

    def __init__(self) -> None:
        self.counts = calls(240)

    def __call__(self, queue: QueueId) -> Figures:
        found = values(Sums(self.counts, AgentTimes()))
        return Figures(
            queue=queue, since=MORNING, until=NOON + 10, counts=self.counts, agents=AgentTimes(), values=found
        )


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Any]:
    database = Database(f"sqlite:///{tmp_path}/hotline.db")
    await database.open()
    await fill(database)
    configuration = load(folder_of(tmp_path / "config"))
    floor = Floor.under(configuration.rules)
    clock = SimpleNamespace(at=NOON)
    yield SimpleNamespace(
        configuration=configuration,
        floor=floor,
        database=database,
        clock=clock,
        runner=SimpleNamespace(now=lambda: clock.at),
    )
    await database.close()


async def test_more_calls_than_on_the_days_before_are_told(engine: Any) -> None:
    why = EngineWhy(engine, Today())
    found = await why.why("service_level", QueueId("repair"), MORNING, NOON + 500)
    assert (found.since, found.until, found.days, found.value) == (MORNING, NOON, 4, 0.6)
    assert found.low == engine.configuration.rules.queues["repair"].service_level.target
    assert [(cause.kind, cause.now, cause.usual) for cause in found.causes][:1] == [("calls", 240.0, 160.0)]
    assert found.headline["en"] == "Service level 60 %, target at least 80 %, usually 60 %."


async def test_database_is_asked_about_a_queue_once_a_minute_and_about_the_days_before_once_in_half_an_hour(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    async def noting(*arguments: Any) -> Known:
        asked.append(arguments[-1] is None)
        return await find_out(*arguments)

    monkeypatch.setattr("engine.why.live.find_out", noting)
    why, queue = EngineWhy(engine, Today()), QueueId("repair")
    await asyncio.gather(*(why.why(figure, queue, MORNING, NOON) for figure in ("service_level", "asa", "talk_time")))
    engine.clock.at += 59.0
    await why.why("abandon_rate", queue, MORNING, engine.clock.at)
    assert asked == [True]  # the days before as well
    engine.clock.at += 2.0
    await why.why("abandon_rate", queue, MORNING, engine.clock.at)
    assert asked == [True, False]
    engine.clock.at += 1800.0
    await why.why("abandon_rate", queue, MORNING, NOON)
    assert asked == [True, False, True]


async def test_what_agents_are_doing_now_counts_up_to_the_end_of_the_stretch(engine: Any) -> None:
    agent = engine.floor.agents[AgentId("1001")]
    agent.state, agent.reason, agent.since = AgentState.NOT_READY, "break", NOON - 1800.0
    why = EngineWhy(engine, Today())
    known = await why._find_out(QueueId("repair"), (MORNING, NOON))
    assert known.now.agents.not_ready_s == 1800.0
    assert known.now.parts[-1].agents.not_ready_s == 1800.0
    assert known.now.parts[0].agents.not_ready_s == 0.0
    assert known.now.people["1001"].agents.not_ready_s == 1800.0
    assert known.now.reasons == {"break": 1800.0}
    assert all(day.reasons == {} and day.agents.not_ready_s == 0.0 for day in known.before)
    agent.since = NOON + 5.0
    engine.clock.at += 61.0
    assert (await why._find_out(QueueId("repair"), (MORNING, NOON))).now.reasons == {}


async def test_alarms_have_the_causes_of_queues_out_of_their_bands_while_they_are(engine: Any) -> None:
    today = Today()
    why = EngineWhy(engine, today)
    await why.look_round()
    assert set(why.alarms) == {(QueueId(queue), "service_level") for queue in ("sales", "repair", "press")}
    [first, *_] = why.alarms[QueueId("repair"), "service_level"].sentences["zh"]
    assert first.startswith("来电 240 通，比平日 160 通多 50%")
    today.counts = calls(9)  # too few to be an alarm
    await why.look_round()
    assert why.alarms == {}


async def test_without_the_database_alarms_stand_without_a_cause_and_the_api_says_so(engine: Any) -> None:
    why = EngineWhy(engine, Today())
    await why.look_round()
    assert why.alarms
    await engine.database.close()
    engine.clock.at += 61.0
    await why.look_round()
    assert why.alarms == {}
    with pytest.raises(HistoryUnavailable):
        await why.why("service_level", None, MORNING, NOON)


async def test_causes_nobody_looks_at_are_not_kept_until_somebody_does(engine: Any) -> None:
    why = EngineWhy(engine, Today())
    await why.look_round()
    assert why.alarms
    task = asyncio.create_task(why.run(lambda: False))
    await asyncio.sleep(0)
    assert why.alarms == {}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_in_the_first_quarter_of_the_day_there_is_no_data_yet(engine: Any) -> None:
    why = EngineWhy(engine, Today())
    found = await why.why("service_level", None, MORNING, MORNING + 600.0)
    assert (found.value, found.causes) == (None, [])


async def test_site_has_its_queues_apart(engine: Any) -> None:
    why = EngineWhy(engine, Today())
    known = await why._find_out(None, (MORNING, NOON))
    assert set(known.now.queues) == set(QUEUES)
    assert known.within_s == 20.0
