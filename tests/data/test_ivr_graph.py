"""`./hotline ivr graph` on both databases: the ways callers took on a day of the site's time zone, and no other's."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from acd.model import CallId
from acd.records import NodeEntered, Record
from engine.database import Database
from engine.flowchart import Counts, counted
from tests.data.test_queries import store

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 25)


def steps(call: str, hour: int, minute: int, *nodes: str, day: date = DAY) -> list[Record]:
    """A caller who reaches these nodes, a second apart; what stands behind a colon is the key."""
    began = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).timestamp()
    pairs = (node.partition(":") for node in nodes)
    return [
        NodeEntered(call=CallId(call), at=began + step, node=node, key=key, step=step)
        for step, (node, _, key) in enumerate(pairs, 1)
    ]


async def test_nodes_and_ways_of_the_day_are_counted(database: Database, database_url: str) -> None:
    await store(
        database,
        [
            *steps("a", 0, 0, "welcome", "menu", "repair:1"),
            *steps("b", 12, 0, "welcome", "menu", "menu:*", "to_operator:0"),
            *steps("c", 23, 59, "welcome", "menu"),
            *steps("before", 23, 0, "welcome", "menu", day=date(2026, 11, 24)),
            *steps("after", 0, 0, "welcome", "menu", day=date(2026, 11, 26)),
        ],
    )
    ways = {
        ("welcome", "menu"): 3,
        ("menu", "repair"): 1,
        ("menu", "menu"): 1,
        ("menu", "to_operator"): 1,
    }
    nodes = {"welcome": 3, "menu": 4, "repair": 1, "to_operator": 1}
    assert await counted(Database(database_url), DAY, ZONE) == Counts(nodes, ways)


async def test_caller_over_midnight_counts_with_what_he_did_on_the_day(database: Database, database_url: str) -> None:
    began = datetime(2026, 11, 26, tzinfo=ZONE).timestamp() - 1.0
    nodes = ("welcome", "menu", "repair")
    await store(
        database,
        [NodeEntered(call=CallId("a"), at=began + n, node=node, key="", step=n + 1) for n, node in enumerate(nodes)],
    )
    assert await counted(Database(database_url), DAY, ZONE) == Counts({"welcome": 1}, {})
    assert (await counted(Database(database_url), date(2026, 11, 26), ZONE)).ways == {("menu", "repair"): 1}
