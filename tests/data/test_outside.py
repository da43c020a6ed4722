"""Figures from outside on both databases: kept once, spread over time, never two for one moment."""

import asyncio

import pytest

from engine.database import Database
from engine.database.outside import entries, keep, outside
from metrics.dimensions import Dimension
from metrics.outside import Entry, Outside, Overlapping

DAY = 86400.0
MONDAY = 20_000 * DAY


def cost(value: float | None, first: int = 0, days: int = 30, source: str = "costs.csv") -> Entry:
    return Entry(
        name="cost", since=MONDAY + first * DAY, until=MONDAY + (first + days) * DAY, value=value, source=source
    )


def blocked(queue: str, value: float) -> Entry:
    return Entry(name="blocked", dimension=Dimension.QUEUE, key=queue, since=MONDAY, until=MONDAY + DAY, value=value)


async def tell(database: Database, *told: Entry, now: float = 1.0) -> int:
    async with database.transaction() as connection:
        return await keep(connection, told, now)


async def everything(database: Database) -> list[Entry]:
    async with database.session() as session:
        return await entries(session)


async def test_what_is_told_again_changes_nothing(database: Database) -> None:
    assert await tell(database, cost(30_000.0), blocked("sales", 4.0)) == 2
    assert await tell(database, cost(30_000.0), blocked("sales", 4.0), now=2.0) == 0
    assert await everything(database) == [blocked("sales", 4.0), cost(30_000.0)]


async def test_number_for_the_same_beginning_takes_the_others_place(database: Database) -> None:
    await tell(database, cost(30_000.0))
    assert await tell(database, cost(31_000.0, days=31)) == 1
    assert await everything(database) == [cost(31_000.0, days=31)]


async def test_what_is_taken_back_is_gone_and_may_be_told_anew_in_parts(database: Database) -> None:
    await tell(database, cost(30_000.0))
    assert await tell(database, cost(None), cost(10_000.0, 1, 10)) == 2
    assert await everything(database) == [cost(10_000.0, 1, 10)]


@pytest.mark.parametrize("new", [cost(1.0, 29, 10), cost(1.0, -5, 6), cost(1.0, 5, 5)])
async def test_two_numbers_for_one_moment_are_refused_and_nothing_is_changed(database: Database, new: Entry) -> None:
    await tell(database, cost(30_000.0))
    with pytest.raises(Overlapping, match="cost site is told for some of this time already"):
        await tell(database, blocked("sales", 4.0), new)
    assert await everything(database) == [cost(30_000.0)]


async def test_of_two_who_tell_at_once_for_the_same_time_one_is_refused(database: Database) -> None:
    told = await asyncio.gather(*(tell(database, cost(float(n), n, 10)) for n in range(4)), return_exceptions=True)
    assert sorted(map(str, told)).count("1") == 1
    assert sum(isinstance(one, Overlapping) for one in told) == 3
    assert len(await everything(database)) == 1


async def test_two_numbers_for_one_moment_in_one_go_are_refused(database: Database) -> None:
    with pytest.raises(Overlapping):
        await tell(database, cost(1.0), cost(2.0))
    assert await everything(database) == []


async def test_a_month_counts_in_each_day_by_its_share_of_it(database: Database) -> None:
    await tell(database, cost(30_000.0), blocked("sales", 4.0), blocked("repair", 6.0))
    days = [(MONDAY + n * DAY, MONDAY + (n + 1) * DAY) for n in (0, 29, 30)]
    async with database.session() as session:
        site = await outside(session, Dimension.SITE, days)
        queues = await outside(session, Dimension.QUEUE, days, ["sales"])
        assert await outside(session, Dimension.AGENT, days) == {}
        assert await outside(session, Dimension.SITE, []) == {}
    assert site == {(*days[0], ""): Outside(cost=1000.0), (*days[1], ""): Outside(cost=1000.0)}
    assert queues == {(*days[0], "sales"): Outside(blocked=4.0)}


async def test_entries_are_found_by_name_key_and_time(database: Database) -> None:
    await tell(database, cost(1.0, 0, 10), cost(2.0, 10, 10), blocked("sales", 4.0))
    async with database.session() as session:
        assert await entries(session, name="cost", since=MONDAY + 10 * DAY) == [cost(2.0, 10, 10)]
        assert await entries(session, name="cost", until=MONDAY + 10 * DAY) == [cost(1.0, 0, 10)]
        assert await entries(session, by=Dimension.QUEUE, keys=["sales"]) == [blocked("sales", 4.0)]
        assert await entries(session, by=Dimension.QUEUE, keys=["repair"]) == []
