"""The calls behind a number are as many as the number says, whichever number it is: random days, counted and listed."""

import pytest

from engine.database import Database
from engine.database.upserts import upsert
from engine.facts import rows_of
from engine.reports.behind import Question, behind
from metrics.columns import COLUMNS
from metrics.definitions import AgentTimes, QueueCounts, Sums
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S
from tests.unit.metrics.test_core_and_tally import RULES, Day

pytestmark = pytest.mark.data

COUNTS = [column.id for column in COLUMNS.values() if column.is_count]


async def a_day_in_sql(database: Database, seed: int) -> Day:
    """A random day, with every record of it in the database."""
    day = Day(seed)
    for _ in range(500):
        day.something_happens()
    rows = [row for record in day.records for row in rows_of(record)]
    for start in range(0, len(rows), 500):
        async with database.transaction() as connection:
            await upsert(connection, rows[start : start + 500])
    return day


def counted(day: Day, by: Dimension) -> dict[tuple[int, str], QueueCounts]:
    """By interval and key, as the live tally has it."""
    found: dict[tuple[int, str], QueueCounts] = {}
    for number, book in day.tally.intervals.items():
        match by:
            case Dimension.SITE:
                found[number, ""] = book.site
            case Dimension.QUEUE:
                found |= {(number, str(queue)): counts for queue, counts in book.queues.items()}
            case _:
                found |= {(number, str(agent)): counts for agent, counts in book.agent_counts.items()}
    return found


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("by", [Dimension.SITE, Dimension.QUEUE, Dimension.AGENT])
async def test_as_many_are_listed_as_were_counted(database: Database, seed: int, by: Dimension) -> None:
    day = await a_day_in_sql(database, seed)
    nothing: list[str] = []
    seen: dict[str, int] = dict.fromkeys(COUNTS, 0)
    async with database.session() as session:
        for (number, key), counts in counted(day, by).items():
            for count in COUNTS:
                told = COLUMNS[count].of(Sums(counts, AgentTimes()))
                since = number * float(INTERVAL_S)
                asked = Question(count=count, by=by, key=key or None, since=since, until=since + INTERVAL_S)
                listed = await behind(session, asked, RULES)
                seen[count] += len(listed)
                if len(listed) != told:
                    nothing.append(f"{count} of {key or 'the site'} in {number}: {told} counted, {len(listed)} listed")
    assert nothing == []
    if by is Dimension.QUEUE:
        assert {"offered", "answered", "abandoned", "overflowed", "talks", "offers_declined"} <= {
            count for count, rows in seen.items() if rows
        }
