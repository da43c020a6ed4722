"""Callers, agents and Asterisk in any order (tests/unit/acd): whatever the core makes of it, SQL counts what was counted
live."""

import asyncio
import os

from hypothesis import HealthCheck, settings
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from acd import events as ev
from acd.core import Outcome
from acd.floor import Floor
from acd.records import Record
from engine.audit.counts import counts_apart, of_book
from engine.audit.differences import Difference, Kind
from engine.database.models import METADATA
from engine.database.recount import recount
from engine.database.upserts import upsert
from engine.facts import rows_of
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S, Tally
from tests.unit.acd.test_any_order_of_events import AnyOrder, first_rules

WALKS = int(os.environ.get("HOTLINE_WALKS", "0"))
"""More of them, other ones each time."""


class AnyOrderCounted(AnyOrder):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.tally = Tally()
        self.tally.follow(first_rules())

    def take(self, floor: Floor, event: ev.Event) -> tuple[Outcome, str]:
        outcome, refused = super().take(floor, event)
        if floor is self.floor:
            self.records += outcome.records
            for record in outcome.records:
                self.tally.apply(record)
            if isinstance(event, ev.RulesLoaded) and not refused:
                self.tally.follow(floor.rules)
        return outcome, refused

    def the_run_played_again_is_the_same_to_the_byte(self) -> None:
        """That is another test's; here it is counted again."""
        assert asyncio.run(self.differences()) == []

    async def differences(self) -> list[Difference]:
        engine = create_async_engine("sqlite+aiosqlite://")
        until = (self.tally.latest + 2) * float(INTERVAL_S)
        found: list[Difference] = []
        async with engine.begin() as connection:
            for metadata in METADATA:
                await connection.run_sync(metadata.create_all)
            await upsert(connection, [row for record in self.records for row in rows_of(record)])
            async with AsyncSession(connection) as session:
                for by in (Dimension.SITE, Dimension.QUEUE, Dimension.AGENT):
                    books = self.tally.intervals.items()
                    live = {
                        key: counts for quarter, book in books for key, counts in of_book(book, quarter, by).items()
                    }
                    found += counts_apart(Kind.LIVE, by, live, await recount(session, by, 0.0, until))
        await engine.dispose()
        return found


TestAnyOrderCounted = AnyOrderCounted.TestCase
TestAnyOrderCounted.settings = settings(
    max_examples=WALKS or 60,
    stateful_step_count=60 if WALKS else 40,
    derandomize=not WALKS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
