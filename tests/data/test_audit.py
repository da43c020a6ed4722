"""The audit over a day that is in SQL, live and in Asterisk's diary: nothing differs, and whatever is changed is named."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from acd.records import CallAnswered, CallEnded, Record, TalkFinished
from engine.audit.differences import Audit, Difference, Kind, sentence
from engine.audit.run import AuditPlan, audit
from engine.database import Database
from engine.database.changes import note_changes
from engine.database.upserts import upsert
from engine.facts import rows_of
from metrics.intervals import Book
from tests.unit.metrics.records import NINE
from tests.unit.metrics.test_core_and_tally import Day

UNTIL = NINE + 4 * 3600
ZONE = ZoneInfo("Asia/Shanghai")


class AuditedDay:
    """A day and how to audit it."""

    def __init__(self, day: Day, database: Database, diary: Path) -> None:
        self.day, self.database, self.diary = day, database, diary
        self.plan = AuditPlan(since=NINE - 3600, until=UNTIL, now=UNTIL + 3600, own="call", diary=diary)

    async def live(self, quarter: int) -> Book | None:
        return self.day.tally.intervals.get(quarter, Book())

    async def audit(self, live: Callable[[int], Awaitable[Book | None]] | None = None) -> Audit:
        return await audit(self.plan, self.database, live or self.live)

    async def do(self, sql: str) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(text(sql))


@pytest.fixture
async def audited(database: Database, tmp_path: Path) -> AuditedDay:
    day = Day(7)
    for _ in range(300):
        day.something_happens()
    rows = [row for record in day.records for row in rows_of(record)]
    async with database.transaction() as connection:
        await upsert(connection, rows)
        await note_changes(connection, rows)
    diary = tmp_path / "hotline.csv"
    diary.write_text("".join(diary_of(day.records)), "utf-8")
    return AuditedDay(day, database, diary)


def diary_of(records: list[Record]) -> list[str]:
    """What Asterisk would have written of these calls, in the order of time."""
    lines: list[tuple[float, str]] = []

    def line(kind: str, at: float, channel: str, unique: str, linked: str, caller: str = "") -> None:
        lines.append((at, f'"{kind}","{at:.6f}","{channel}","{unique}","{linked}","","{caller}"\n'))

    talks = {record.offer: record for record in records if isinstance(record, TalkFinished)}
    line("ANSWER", NINE - 7200, "PJSIP/trunk-00000000", "call0", "call0")
    for record in records:
        if isinstance(record, CallEnded):
            channel = f"PJSIP/trunk-{record.call}"
            line("ANSWER", record.opened_at, channel, record.call, record.call, f"{record.number}/{record.did}")
            line("HANGUP", record.ended_at, channel, record.call, record.call, f"{record.number}/{record.did}")
        elif isinstance(record, CallAnswered):
            channel = f"PJSIP/agent-{record.agent}-0000002a"
            line("ANSWER", record.at, channel, f"leg-{record.offer}", record.call)
            if talk := talks.get(record.offer):
                line("HANGUP", talk.ended_at, channel, f"leg-{record.offer}", record.call)
    return [text for _, text in sorted(lines)]


def of(found: Audit, kind: Kind) -> list[Difference]:
    return [one for one in found.differences if one.kind is kind]


async def test_a_day_as_it_was_has_no_differences(audited: AuditedDay) -> None:
    found = await audited.audit()
    assert found.differences == ()
    assert found.notes == ()
    assert (found.quarters, found.live_quarters) == (20, 20)
    assert found.calls > 20
    assert found.answers > 10


async def test_a_stay_that_is_gone_is_missed_by_live_counts_and_by_its_call(audited: AuditedDay) -> None:
    await audited.audit()
    (call,) = [r.call for r in audited.day.records if isinstance(r, CallAnswered)][:1]
    await audited.do(f"DELETE FROM segments WHERE call = '{call}'")  # noqa: S608 - a name of this test's own
    found = await audited.audit()
    assert call in {one.call for one in of(found, Kind.FACTS)}
    recounted = {(one.dimension, one.what, one.here, one.there) for one in of(found, Kind.STORED)}
    assert any((dimension, what) == ("queue", "offered") for dimension, what, *_ in recounted)
    words = sentence(next(one for one in of(found, Kind.FACTS) if one.call == call), ZONE)
    assert all(call in said for said in words)


async def test_a_damaged_stored_number_is_named_with_its_quarter(audited: AuditedDay) -> None:
    await audited.audit()
    await audited.do("UPDATE intervals SET answered = answered + 2 WHERE dimension = 'queue' AND key = 'sales'")
    found = await audited.audit()
    assert {one.what for one in found.differences} == {"answered"}
    assert {one.kind for one in found.differences} == {Kind.LIVE, Kind.STORED}
    stored = of(found, Kind.STORED)[0]
    assert stored.here == (stored.there or 0) + 2
    zh, en = sentence(stored, ZONE)
    assert "sales" in en
    assert "answered" in en
    assert f"stored {stored.here:g}, counted again {stored.there:g}" in en
    assert "队列 sales" in zh


async def test_what_asterisk_alone_knows_and_what_it_does_not_is_listed(audited: AuditedDay) -> None:
    calls = [r for r in audited.day.records if isinstance(r, CallEnded)]
    answered = next(r for r in audited.day.records if isinstance(r, TalkFinished) and r.talk_s > 5)
    await audited.do(f"DELETE FROM calls WHERE call = '{calls[0].call}'")  # noqa: S608
    await audited.do(f"DELETE FROM segments WHERE call = '{calls[0].call}'")  # noqa: S608
    await audited.do(f"DELETE FROM offers WHERE call = '{calls[0].call}'")  # noqa: S608
    text_ = audited.diary.read_text("utf-8").splitlines(keepends=True)
    gone = calls[-1].call
    audited.diary.write_text("".join(one for one in text_ if f'"{gone}"' not in one), "utf-8")
    await audited.do(f"UPDATE offers SET talk_s = talk_s - 3 WHERE offer = '{answered.offer}'")  # noqa: S608
    found = of(await audited.audit(), Kind.ASTERISK)
    told = {(one.what, one.call) for one in found}
    assert ("unknown_call", calls[0].call) in told
    assert ("call_not_in_diary", gone) in told
    assert ("talk_s", answered.call) in told


async def test_without_engine_and_diary_it_says_what_was_not_compared(audited: AuditedDay, tmp_path: Path) -> None:
    async def nobody(quarter: int) -> Book | None:
        raise ConnectionRefusedError

    audited.diary.unlink()
    found = await audited.audit(nobody)
    assert found.notes == ("live", "diary")
    assert found.differences == ()
    assert (found.live_quarters, found.calls, found.answers) == (0, 0, 0)


async def test_quarters_the_engine_has_forgotten_are_not_compared_with_it(audited: AuditedDay) -> None:
    async def half(quarter: int) -> Book | None:
        return await audited.live(quarter) if quarter * 900 >= NINE else None

    found = await audited.audit(half)
    assert found.notes == ("live_part",)
    assert found.live_quarters == 16
    assert found.differences == ()
