"""Who called again within a week, on both databases."""

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from engine.database import Database
from engine.database.repeats import query, repeats
from engine.database.upserts import upsert
from engine.facts import Row
from metrics.dimensions import Dimension
from metrics.outside import Outside

DAY = 86400.0
MONDAY = 20_000 * DAY
WEEK = [(MONDAY + n * DAY, MONDAY + (n + 1) * DAY) for n in range(7)]


def call(name: str, number: str, day: float, **more: object) -> Row:
    values = {
        "opened_at": MONDAY + day * DAY, "number": number, "name": "", "did": "400", "vip": 0, "rules": "r1",
        "disposition": "served", "queue": "sales", "agent": "1001", **more,
    }  # fmt: skip
    return Row("calls", {"call": name}, values)


CALLS = [
    call("a", "138", 0.5),
    call("a again", "138", 3.0, disposition="abandoned_waiting"),
    call("b", "139", 0.6, queue="repair", agent="1002", vip=2),
    call("b called back", "139", 2.0, callback="c-1"),
    call("c", "137", 0.7),
    call("c much later", "137", 7.8),
    call("withheld", "", 0.5),
    call("withheld again", "", 0.6),
    call("gave up", "136", 0.5, disposition="abandoned_waiting"),
    call("late on monday", "135", 0.9999),
]


@pytest.fixture
async def past(database: Database) -> Database:
    async with database.transaction() as connection:
        await upsert(connection, CALLS)
    return database


async def found(database: Database, by: Dimension, **more: object) -> dict[tuple[int, str], tuple[float, float]]:
    async with database.session() as session:
        counted = await repeats(session, by, WEEK, **more)  # type: ignore[arg-type]
    return {
        (round((start - MONDAY) / DAY), key): (one.served_numbers or 0, one.called_again or 0)
        for (start, _, key), one in counted.items()
    }


async def test_who_calls_or_is_called_back_within_a_week_was_not_helped_at_once(past: Database) -> None:
    assert await found(past, Dimension.SITE) == {(0, ""): (4, 2)}


async def test_shorter_time_finds_fewer_who_called_again(past: Database) -> None:
    assert await found(past, Dimension.SITE, days=1.6) == {(0, ""): (4, 1)}


async def test_calls_count_for_the_queue_agent_and_vip_level_that_had_them(past: Database) -> None:
    assert await found(past, Dimension.QUEUE) == {(0, "sales"): (3, 1), (0, "repair"): (1, 1)}
    assert await found(past, Dimension.AGENT, keys=["1002"]) == {(0, "1002"): (1, 1)}
    assert await found(past, Dimension.VIP, keys=["2"]) == {(0, "2"): (1, 1)}
    assert await found(past, Dimension.DID) == {(0, "400"): (4, 2)}
    assert await found(past, Dimension.MENU) == {}


async def test_one_period_of_several_days_is_the_sum_of_them(past: Database) -> None:
    whole = (MONDAY, MONDAY + 9 * DAY)
    async with past.session() as session:
        assert await repeats(session, Dimension.SITE, [whole]) == {
            (*whole, ""): Outside(served_numbers=5.0, called_again=2.0)
        }
        assert await repeats(session, Dimension.SITE, []) == {}


async def test_both_ends_are_found_in_indexes(database: Database) -> None:
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL chooses by what is in the table")
    statement = query("sqlite", Dimension.SITE, WEEK, None, 7.0)
    asked = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    async with database.session() as session:
        plan = " ".join(str(row) for row in await session.execute(text(f"EXPLAIN QUERY PLAN {asked}")))
    assert "SEARCH calls USING INDEX calls_by_opening" in plan
    assert "calls_by_number (number=? AND opened_at>? AND opened_at<?)" in plan


async def test_a_vip_level_nobody_has_is_asked_for_in_vain_and_does_no_harm(past: Database) -> None:
    assert await found(past, Dimension.VIP, keys=["2"]) == {(0, "2"): (1, 1)}
    assert await found(past, Dimension.VIP, keys=["gold", "99999999999"]) == {}
