"""What SQL counts anew from the facts is what the tally counted as they happened, on both databases."""

import itertools

import pytest

from engine.database import Database
from engine.database.intervals import raw_slices, roll_up, slices
from engine.database.upserts import upsert
from engine.facts import rows_of
from metrics.definitions import AgentTimes, QueueCounts
from metrics.dimensions import STORED, Dimension
from metrics.intervals import INTERVAL_S
from tests.unit.metrics.records import NINE
from tests.unit.metrics.test_core_and_tally import Day

UNTIL = NINE + 4 * 3600


@pytest.fixture(params=range(4))
async def day(request: pytest.FixtureRequest, database: Database) -> Day:
    day = Day(request.param)
    for _ in range(600):
        day.something_happens()
    rows = [row for record in day.records for row in rows_of(record)]
    async with database.transaction() as connection:
        await upsert(connection, rows)
    await roll_up(database, NINE - 3600, UNTIL)
    return day


Found = dict[tuple[int, str], tuple[QueueCounts, AgentTimes]]


async def stored(database: Database, by: Dimension) -> Found:
    quarters = [(at, at + INTERVAL_S) for at in range(int(NINE) - 3600, int(UNTIL), INTERVAL_S)]
    async with database.session() as session:
        found = await slices(session, by, quarters)
    return {(int(one.start) // INTERVAL_S, one.key): (one.counts, one.agents) for one in found}


def same(stored: Found, live: Found) -> None:
    empty = QueueCounts(), AgentTimes()
    for key in sorted({*stored, *live}):
        for there, here in zip(stored.get(key, empty), live.get(key, empty), strict=True):
            for name in here.__struct_fields__:
                expected = pytest.approx(getattr(here, name), abs=1e-5)
                assert getattr(there, name) == expected, (key, name)


async def test_queues(day: Day, database: Database) -> None:
    live = {
        (quarter, str(queue)): (counts, AgentTimes())
        for quarter, book in day.tally.intervals.items()
        for queue, counts in book.queues.items()
    }
    assert sum(counts.offered for counts, _ in live.values()) > 100
    same(await stored(database, Dimension.QUEUE), live)


async def test_the_site(day: Day, database: Database) -> None:
    live = {(quarter, ""): (book.site, AgentTimes()) for quarter, book in day.tally.intervals.items()}
    same(await stored(database, Dimension.SITE), live)


async def test_agents(day: Day, database: Database) -> None:
    live = {
        (quarter, str(agent)): (book.agent_counts.get(agent, QueueCounts()), book.agents.get(agent, AgentTimes()))
        for quarter, book in day.tally.intervals.items()
        for agent in {*book.agent_counts, *book.agents}
    }
    assert len(live) > 4
    same(await stored(database, Dimension.AGENT), live)


@pytest.mark.parametrize("by", [Dimension.VIP, Dimension.DID, Dimension.MENU])
async def test_parts_of_the_site_add_up_to_it(day: Day, database: Database, by: Dimension) -> None:
    """But for wrap-ups, of which nobody knows the call."""
    parts = await stored(database, by)
    site = await stored(database, Dimension.SITE)
    for (quarter, _), (whole, _) in site.items():
        total = QueueCounts.total(
            [counts for (at, _), (counts, _) in parts.items() if at == quarter] or [QueueCounts()]
        )
        total.wrap_ups, total.wrap_up_s = whole.wrap_ups, whole.wrap_up_s
        for name in QueueCounts.__struct_fields__:
            assert getattr(total, name) == pytest.approx(getattr(whole, name)), name


async def test_counting_again_changes_nothing(day: Day, database: Database) -> None:
    before = await stored(database, Dimension.QUEUE)
    await roll_up(database, NINE - 3600, UNTIL)
    assert await stored(database, Dimension.QUEUE) == before


async def test_what_is_read_together_is_the_sum_of_its_quarters(day: Day, database: Database) -> None:
    quarters = await stored(database, Dimension.QUEUE)
    async with database.session() as session:
        for one in await slices(session, Dimension.QUEUE, [(NINE - 3600, UNTIL)], keys=["sales"]):
            assert one.key == "sales"
            assert one.counts.offered == sum(c.offered for (_, key), (c, _) in quarters.items() if key == "sales")
        uneven = await slices(session, Dimension.QUEUE, [(NINE - 3600, NINE), (NINE, UNTIL)])
    assert sum(one.counts.talks for one in uneven) == sum(counts.talks for counts, _ in quarters.values())


async def test_facts_read_without_what_is_stored_say_the_same(day: Day, database: Database) -> None:
    async with database.session() as session:
        for by, length_s in itertools.product(STORED, (INTERVAL_S, 3600)):
            starts = range(int(NINE) - 3600, int(UNTIL), length_s)
            whole = [(float(at), float(at + length_s)) for at in starts]
            for periods in (whole, whole[1:3]):  # many are counted in one go, few each by itself
                there = await slices(session, by, periods)
                again = await raw_slices(session, by, periods)
                assert [(one.start, one.key) for one in again] == [(one.start, one.key) for one in there]
                for one, other in zip(again, there, strict=True):
                    same({(0, one.key): (one.counts, one.agents)}, {(0, one.key): (other.counts, other.agents)})
