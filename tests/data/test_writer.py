"""The spool into real databases: every fact once, whatever SQL does meanwhile."""

import asyncio
import contextlib
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from acd.records import Record
from engine.database import Database, DatabaseNotReady, SpoolWriter
from engine.database.models import AgentIntervalRow, CallRow, DecisionRow, IvrStepRow, OfferRow, SegmentRow
from engine.facts import Row, rows_of
from engine.spool import Spool
from tests.data.servers import PrivatePostgres
from tests.unit.engine_data.stories import abandoned_call, served_call


@asynccontextmanager
async def writing(spool: Spool, database: Database, **settings: float) -> AsyncIterator[SpoolWriter]:
    writer = SpoolWriter(spool, database, gather_s=0.01, longest_pause_s=0.2, **settings)  # type: ignore[arg-type]
    task = asyncio.create_task(writer.run())
    yield writer
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def tell(spool: Spool, records: list[Record]) -> None:
    for record in records:
        spool.append(rows_of(record))


async def calls_in(session: AsyncSession) -> list[str]:
    return list((await session.scalars(select(CallRow.call).order_by(CallRow.call))).all())


async def count_of_calls(database: Database) -> int:
    async with database.session() as session:
        return (await session.execute(select(func.count()).select_from(CallRow))).scalar_one()


async def test_the_records_of_a_call_end_up_in_their_tables(database: Database, spool: Spool) -> None:
    async with writing(spool, database):
        tell(spool, served_call() + abandoned_call())
        assert await spool.drained(20)
    call = "demo-1763800000.12"
    async with database.session() as session:
        row = await session.get_one(CallRow, call)
        assert (row.opened_at, row.ended_at, row.name) == (1763800000.125, 1763800200.125, "王小明")
        assert (row.disposition, row.path) == ("served", ["welcome", "menu:1"])
        segment = await session.get_one(SegmentRow, (call, 2))
        assert (segment.how, segment.agent, segment.in_service_level) == ("answered", "1001", False)
        assert (segment.wait_s, segment.overflow_from, segment.offer) == (32.0, "sales", f"{call}-2")
        offer = await session.get_one(OfferRow, f"{call}-2")
        assert (offer.outcome, offer.talk_s, offer.hold_s, offer.reasons) == ("accepted", 120.0, 20.5, ["least busy"])
        decision = await session.get_one(DecisionRow, (call, 2))
        assert decision.body["excluded"] == [{"agent": "1003", "rule": "not_ready"}]
        assert (await session.get_one(IvrStepRow, (call, 1))).node == "menu"
        assert (await session.get_one(AgentIntervalRow, ("1001", 1763800066.125, "talking"))).queue == "repair"


async def test_a_call_is_there_while_it_goes_on_and_whole_when_it_is_over(database: Database, spool: Spool) -> None:
    story = served_call()
    async with writing(spool, database):
        tell(spool, story[:3])
        assert await spool.drained(20)
        async with database.session() as session:
            assert (await session.get_one(CallRow, "demo-1763800000.12")).ended_at is None
        tell(spool, story[3:])
        assert await spool.drained(20)
        async with database.session() as session:
            assert (await session.get_one(CallRow, "demo-1763800000.12")).ended_at is not None


async def test_everything_written_twice_is_there_once(database: Database, tmp_path: Path) -> None:
    seen = []
    for run in range(2):
        spool = Spool(tmp_path / f"spool-{run}")
        async with writing(spool, database):
            tell(spool, served_call())
            assert await spool.drained(20)
        async with database.session() as session:
            tables = (CallRow, SegmentRow, OfferRow)
            rows = [list((await session.execute(select(*table.__table__.c))).all()) for table in tables]
        seen.append(rows)
    assert seen[0] == seen[1]
    assert [len(rows) for rows in seen[0]] == [1, 2, 2]


async def test_a_row_the_database_will_never_take_is_set_aside_and_the_rest_goes_on(
    database: Database, spool: Spool, tmp_path: Path
) -> None:
    good = {"opened_at": 1.0, "number": "", "name": "", "did": "", "vip": 0, "rules": ""}
    bad = [
        Row("calls", {"call": "no-name"}, {"opened_at": 1.0}),
        Row("calls", {"call": "no-number"}, good | {"opened_at": "soon"}),
        Row("calls", {"call": "too-big"}, good | {"vip": 2**70}),
        Row("calls", {"call": "strange"}, good | {"colour": "red"}),
        Row("tickets", {"ticket": 1}, {}),
        Row("calls", {"caller": "wrong key"}, good),
    ]
    async with writing(spool, database) as writer:
        for n, one in enumerate(bad):
            spool.append([Row("calls", {"call": f"good-{n}"}, good), one])
        assert await spool.drained(30)
        assert writer.problem == ""
    async with database.session() as session:
        assert {call for call in await calls_in(session) if call.startswith("good")} == {f"good-{n}" for n in range(6)}
    refused = (tmp_path / "spool/set_aside.jsonl").read_text()
    told = ("no-name", "no-number", "too-big", "strange", "tickets", "wrong key")
    assert [name for name in told if name not in refused] == []
    assert spool.set_aside_lines == len(bad)


async def test_sqlite_locked_by_someone_else_loses_nothing_and_blocks_nothing(tmp_path: Path) -> None:
    database, spool = Database(f"sqlite:///{tmp_path}/hotline.db"), Spool(tmp_path / "spool")
    await database.open()
    other = sqlite3.connect(tmp_path / "hotline.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    async with writing(spool, database) as writer:
        tell(spool, served_call())
        assert not await spool.drained(3)
        assert "locked" in writer.problem
        assert spool.depth > 0
        other.execute("ROLLBACK")
        assert await spool.drained(20)
        assert writer.problem == ""
    other.close()
    assert await count_of_calls(database) == 1
    await database.close()


async def test_postgresql_stopped_for_a_while_loses_nothing(tmp_path: Path) -> None:
    with PrivatePostgres() as postgres:
        database, spool = Database(postgres.new_database()), Spool(tmp_path / "spool", segment_bytes=20_000)
        async with writing(spool, database) as writer:
            tell(spool, abandoned_call(1))
            assert await spool.drained(20)
            postgres.stop(signal.SIGQUIT)
            for n in range(2, 200):
                tell(spool, abandoned_call(n))
            assert not await spool.drained(1)
            assert writer.problem
            with pytest.raises(DatabaseNotReady, match="cannot be used"):
                await count_of_calls(database)
            postgres.start()
            assert await spool.drained(30)
            assert await count_of_calls(database) == 199
        await database.close()


async def test_an_engine_that_starts_before_its_database_writes_when_it_is_there(tmp_path: Path) -> None:
    with PrivatePostgres() as postgres:
        database, spool = Database(postgres.new_database()), Spool(tmp_path / "spool")
        postgres.stop()
        async with writing(spool, database) as writer:
            tell(spool, served_call())
            assert not await spool.drained(0.5)
            assert "cannot be used" in writer.problem
            postgres.start()
            assert await spool.drained(20)
        assert await count_of_calls(database) == 1
        await database.close()


async def test_a_database_slower_than_the_time_limit_still_gets_on_in_small_portions(
    postgres: PrivatePostgres, tmp_path: Path
) -> None:
    url = postgres.new_database()
    database, spool = Database(url), Spool(tmp_path / "spool")
    await database.open()
    postgres.execute(
        url,
        "CREATE FUNCTION slow() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END' LANGUAGE plpgsql;"
        "CREATE TRIGGER slow BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION slow()",
    )
    async with writing(spool, database, transaction_s=0.6) as writer:
        for n in range(60):
            tell(spool, abandoned_call(n))
        assert await spool.drained(40)
        assert writer.failures > 0
    assert await count_of_calls(database) == 60
    await database.close()


async def test_a_stuck_database_does_not_hold_up_the_event_loop(postgres: PrivatePostgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    database, spool = Database(url), Spool(tmp_path / "spool")
    await database.open()
    async with database.transaction() as lock:
        await lock.exec_driver_sql("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        async with writing(spool, database, transaction_s=0.3) as writer:
            loop, lags = asyncio.get_running_loop(), []
            for n in range(100):
                tell(spool, abandoned_call(n))
                before = loop.time()
                await asyncio.sleep(0.01)
                lags.append(loop.time() - before)
            assert sorted(lags)[50] < 0.1, "waiting for SQL would show in each of them"
            assert writer.problem
    async with writing(spool, database):
        assert await spool.drained(20)
    assert await count_of_calls(database) == 100
    await database.close()


ENGINE = """
import asyncio, sys
from pathlib import Path
from engine.database import Database, SpoolWriter
from engine.facts import rows_of
from engine.spool import Spool
from tests.unit.engine_data.stories import abandoned_call

async def main(url, folder, first):
    spool, database = Spool(Path(folder), segment_bytes=30_000), Database(url)
    writer = asyncio.create_task(SpoolWriter(spool, database, gather_s=0.01).run())
    for n in range(first, first + 100_000):
        for record in abandoned_call(n):
            spool.append(rows_of(record))
        print(n, flush=True)
        await asyncio.sleep(0.001)

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def test_kill_9_at_any_moment_keeps_every_call_that_was_told(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    last = 0
    dice = random.Random(9)  # noqa: S311 - repeatable
    for _ in range(4):
        arguments = [sys.executable, "-c", ENGINE, database_url, str(tmp_path / "spool"), str(last + 1)]
        engine = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        assert engine.stdout is not None
        last = int(await asyncio.wait_for(engine.stdout.readline(), 30))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(dice.uniform(0.05, 0.8)):
                while line := await engine.stdout.readline():
                    last = int(line)
        engine.kill()
        rest = (await engine.stdout.read()).split()
        last = int(rest[-1]) if rest else last
        await engine.wait()
    spool = Spool(tmp_path / "spool")
    async with writing(spool, database):
        assert await spool.drained(60)
    async with database.session() as session:
        calls = [int(call.rpartition(".")[2]) for call in await calls_in(session)]
        finished = await session.scalar(select(func.count()).select_from(CallRow).where(CallRow.ended_at.is_not(None)))
    assert len(calls) == len(set(calls))
    assert set(calls) >= set(range(1, last + 1))
    assert (finished or 0) >= last
    assert spool.set_aside_lines == 0
