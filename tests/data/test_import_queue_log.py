"""Old logs in a real database: the same rows however often, in whatever pieces and forms they are imported."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from acd.model import QueueId
from acd.rules import Rules, ServiceLevel
from agents.roster import AgentId, AgentSettings
from bench.queue_log_days import days
from engine.database import Database
from engine.database.intervals import raw_slices, roll_up_changed, slices
from engine.database.upserts import upsert
from engine.facts import Row
from engine.importing.cdr import CdrPlan, CdrTotals, import_cdr
from engine.importing.queue_log import Plan, Totals, import_queue_log
from engine.queue_log import QueueLog
from metrics.dimensions import Dimension
from metrics.queue_log import Words
from tests.unit.acd.floors import queue
from tests.unit.engine.lives import Life, dice_of, fresh_rules

pytestmark = pytest.mark.data

T = 1_700_006_400
RULES = Rules.of(
    "v1",
    [queue("sales", service_level=ServiceLevel(within_s=20.0), short_abandon_s=5.0)],
    [AgentSettings(id=AgentId("1001"), name="王小明", queues=(QueueId("sales"),))],
)
TABLES = ("calls", "segments", "offers", "agent_intervals")


def told(_: int) -> None:
    pass


async def imported(database: Database, *files: Path, **more: Any) -> Totals:
    plan = Plan(
        files=files,
        own="hotline-",
        zone=ZoneInfo("Asia/Shanghai"),
        rules=RULES,
        **{"system": "pbx", "queues": {}, "agents": {}} | more,
    )
    return await import_queue_log(plan, database, told)


async def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    async with database.session() as session:
        return {
            table: [tuple(row) for row in await session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3"))]  # noqa: S608
            for table in TABLES
        }


def log(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("".join(lines), "utf-8")
    return path


async def test_callers_whom_agents_handed_on_count_as_transferred(database: Database, tmp_path: Path) -> None:
    lines = [f"{T}|NONE|sales|PJSIP/1001|ADDMEMBER|\n"]
    for n, how in enumerate(
        ("BLINDTRANSFER|200|internal|2|30|1", "COMPLETECALLER|2|30|1", "ATTENDEDTRANSFER|BRIDGE|b1|2|30|1")
    ):
        at, call = T + 100 * (n + 1), f"{T + n}.1"
        lines += [
            f"{at}|{call}|sales|NONE|ENTERQUEUE||13800138000|1\n",
            f"{at + 2}|{call}|sales|王小明|CONNECT|2|{T + n}.2|1\n",
            f"{at + 32}|{call}|sales|王小明|{how}\n",
        ]
    await imported(database, log(tmp_path / "queue_log", lines))
    await roll_up_changed(database)  # what was imported is noted to be counted, whatever came after
    async with database.session() as session:
        facts = await raw_slices(session, Dimension.QUEUE, [(T, T + 900)])
        assert await slices(session, Dimension.QUEUE, [(T, T + 900)]) == facts
    assert (facts[0].counts.talks, facts[0].counts.transferred) == (3, 2)


async def test_served_and_given_up_calls_are_rows_like_those_of_live_calls(database: Database, tmp_path: Path) -> None:
    lines = [
        f"{T}|NONE|600|PJSIP/1001|ADDMEMBER|\n",
        f"{T + 2}|{T + 1}.1|600|NONE|DID|4008869119\n",
        f"{T + 2}|{T + 1}.1|600|NONE|ENTERQUEUE||13800138000|1\n",
        f"{T + 12}|{T + 1}.1|600|王小明|CONNECT|10|{T + 8}.2|4\n",
        f"{T + 72}|{T + 1}.1|600|王小明|COMPLETEAGENT|10|60|1\n",
        f"{T + 80}|{T + 79}.3|600|NONE|ENTERQUEUE||139|1\n",
        f"{T + 84}|{T + 79}.3|600|NONE|ABANDON|1|1|4\n",
    ]
    await imported(database, log(tmp_path / "queue_log", lines), queues={"600": "sales"})
    async with database.session() as session:
        calls = [
            tuple(row)
            for row in await session.execute(
                text(
                    "SELECT call, opened_at, ended_at, number, did, disposition, ended_by, queue, agent FROM calls ORDER BY 1"
                )
            )
        ]
        segments = [
            tuple(row)
            for row in await session.execute(
                text("SELECT call, queue, wait_s, how, phase, agent, offer, in_service_level FROM segments ORDER BY 1")
            )
        ]
        offers = [
            tuple(row)
            for row in await session.execute(
                text("SELECT offer, outcome, made_at, answered_at, talk_ended_at, talk_s, hold_s FROM offers")
            )
        ]
        hours = [
            tuple(row)
            for row in await session.execute(
                text("SELECT agent, state, started_at, ended_at, queue FROM agent_intervals ORDER BY started_at")
            )
        ]
    first, second = f"pbx-{T + 1}.1", f"pbx-{T + 79}.3"
    assert calls == [
        (first, T + 2, T + 72, "13800138000", "4008869119", "served", "agent", "sales", "1001"),
        (second, T + 80, T + 84, "139", "", "abandoned_waiting", "caller", "sales", None),
    ]
    assert segments == [
        (first, "sales", 10.0, "answered", "ringing", "1001", f"{first}-1", True),
        (second, "sales", 4.0, "short_abandon", "waiting", None, None, None),
    ]
    assert offers == [(f"{first}-1", "accepted", T + 8, T + 12, T + 72, 60.0, None)]
    assert hours == [("1001", "ready", T, T + 12, None), ("1001", "talking", T + 12, T + 72, "sales")]


async def test_second_import_and_overlapping_pieces_change_nothing(database: Database, tmp_path: Path) -> None:
    lines = list(days(400, seed=3))
    whole = log(tmp_path / "queue_log", lines)
    totals = await imported(database, whole)
    assert totals.calls == 400
    before = await content(database)
    dice = random.Random(3)  # noqa: S311 - repeatable
    again = await imported(database, whole)
    assert (again.calls, again.lines) == (totals.calls, totals.lines)
    assert await content(database) == before
    for n in range(8):
        begin = dice.randrange(len(lines))
        await imported(database, log(tmp_path / f"piece.{n}", lines[begin : begin + dice.randrange(50, 900)]))
    assert await content(database) == before


async def test_log_imported_as_it_grows_and_in_rotated_pieces_is_the_whole_log(
    database: Database, tmp_path: Path
) -> None:
    lines = list(days(400, seed=4))
    await imported(database, log(tmp_path / "grows", lines[:600]))
    await imported(database, log(tmp_path / "grows", lines[:1100]))
    pieces = [
        log(tmp_path / f"queue_log.{9 - n}", lines[n * 300 : (n + 1) * 300]) for n in range(len(lines) // 300 + 1)
    ]
    totals = await imported(database, *reversed(pieces))
    assert (totals.calls, totals.faults.counts, totals.overlapping) == (400, {}, 0)
    by_pieces = await content(database)
    other = Database(f"sqlite:///{tmp_path}/other.db")
    await other.open()
    await imported(other, log(tmp_path / "whole", lines))
    at_once = await content(other)
    await other.close()
    for table in ("calls", "segments", "offers"):
        assert by_pieces[table] == at_once[table], table
    assert sum(row[4] - row[1] for row in by_pieces["agent_intervals"]) == pytest.approx(
        sum(row[4] - row[1] for row in at_once["agent_intervals"])
    )


async def test_two_systems_logs_do_not_mix(database: Database, tmp_path: Path) -> None:
    path = log(tmp_path / "queue_log", list(days(50, seed=5)))
    await imported(database, path, system="north")
    await imported(database, path, system="south")
    assert len((await content(database))["calls"]) == 100


async def test_agents_time_that_is_told_already_is_not_told_twice(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            text(f"INSERT INTO agent_intervals VALUES ('1001', {T + 10}, 'ready', '', {T + 500}, NULL)")  # noqa: S608
        )
    lines = [f"{T}|NONE|sales|PJSIP/1001|ADDMEMBER|\n"] + [
        f"{T + 100 * n}|NONE|sales|PJSIP/1001|PAUSE|x\n" for n in range(1, 8)
    ]
    await imported(database, log(tmp_path / "queue_log", lines))
    starts = [row[1] - T for row in (await content(database))["agent_intervals"]]
    assert starts == [10, 500, 600]


async def test_lines_that_hotline_writes_into_the_table_stand_there_once_and_in_order(
    database: Database, tmp_path: Path
) -> None:
    rows: list[Row] = []
    life = Life(tmp_path / "journal", float(T), QueueLog(Words(), None, ZoneInfo("UTC"), rows.extend))
    life.begin(fresh_rules()).live(dice_of(1), 120)
    life.kill()
    for _ in range(2):
        async with database.transaction() as connection:
            await upsert(connection, random.Random(1).sample(rows, len(rows)))  # noqa: S311 - repeatable
    async with database.session() as session:
        found = await session.execute(text("SELECT event, data1, data2, data3 FROM queue_log ORDER BY id"))
        stored = [tuple(row) for row in found]
    assert len(stored) > 50
    assert stored == [tuple(row.values[name] for name in ("event", "data1", "data2", "data3")) for row in rows]


CDR = (
    '"","13800138000","4008869119","from-trunk","""A"" <13800138000>","PJSIP/t-1","PJSIP/1001-2","Queue","sales",'
    '"2023-11-15 08:00:00","2023-11-15 08:00:01","2023-11-15 08:01:13",73,72,"ANSWERED","DOCUMENTATION","1700006401.1",""\n'
    '"","139","4008869119","from-trunk","139","PJSIP/t-3","","Busy","",'
    '"2023-11-15 08:02:00","","2023-11-15 08:02:05",5,0,"BUSY","DOCUMENTATION","1700006520.9",""\n'
    '"","1001","1002","internal","1001","PJSIP/1001","PJSIP/1002","Dial","",'
    '"2023-11-15 08:03:00","","2023-11-15 08:03:05",5,0,"NO ANSWER","DOCUMENTATION","1700006580.1",""\n'
    '"","cut"\n'
)


async def cdr_imported(database: Database, path: Path) -> CdrTotals:
    plan = CdrPlan(
        files=[path],
        system="pbx",
        own="hotline-",
        zone=ZoneInfo("Asia/Shanghai"),
        contexts=frozenset({"from-trunk"}),
    )
    return await import_cdr(plan, database, told)


async def test_cdr_and_queue_log_of_a_call_make_one_call_in_either_order(database: Database, tmp_path: Path) -> None:
    lines = [
        f"{T}|NONE|NONE|NONE|QUEUESTART|\n",
        f"{T + 12}|{T + 1}.1|sales|NONE|ENTERQUEUE||13800138000|1\n",
        f"{T + 22}|{T + 1}.1|sales|PJSIP/1001|CONNECT|10|{T + 8}.2|4\n",
        f"{T + 72}|{T + 1}.1|sales|PJSIP/1001|COMPLETEAGENT|10|50|1\n",
    ]
    path = log(tmp_path / "queue_log", lines)
    master = tmp_path / "Master.csv"
    master.write_text(CDR, "utf-8")
    seen = []
    for first in (True, False, True):
        if first:
            await imported(database, path)
        totals = await cdr_imported(database, master)
        await imported(database, path)
        seen.append((await content(database))["calls"])
        assert (totals.records, totals.calls, totals.busy) == (3, 2, 1)
        assert totals.faults.places == {"cut": [f"{master}:4"]}
    assert seen[0] == seen[1] == seen[2]
    served, busy = seen[0]
    assert served[:6] == (f"pbx-{T + 1}.1", T, T + 73, "13800138000", "", "4008869119")
    assert "served" in served
    assert "blocked" in busy
