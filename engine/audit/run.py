"""One audit: what is counted but not stored yet is stored, then everything is held against everything."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from cti.cel import begins_at, read_stretch
from engine.audit.asterisk import answers_apart, calls_apart
from engine.audit.counts import Counted, counts_apart, of_book
from engine.audit.differences import Audit, Difference, Kind
from engine.audit.facts import BEFORE_S, calls_of, facts_apart, known_answers, known_calls
from engine.audit.live import Live
from engine.database.connection import Database
from engine.database.intervals import roll_up_changed, slices
from engine.database.recount import recount
from metrics.dimensions import STORED, Dimension
from metrics.intervals import INTERVAL_S, Book, interval_of

__all__ = ["AuditPlan", "audit"]

AT_ONCE: Final = 16
"""Quarters."""
ON_THEIR_WAY_S: Final = 2.0
"""Facts of this moment are in SQL after this, as a rule."""
TRIES: Final = 4
LIVE: Final = (Dimension.SITE, Dimension.QUEUE, Dimension.AGENT)


class AuditPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be audited."""

    since: float
    until: float
    now: float
    """Not before `until`."""
    own: str
    """How ids of this site's calls begin."""
    diary: Path


async def audit(
    plan: AuditPlan, database: Database, live: Live | None, progress: Callable[[float], None] = lambda share: None
) -> Audit:
    """Raises what the database raises. `live` None: there is no engine to ask."""
    started = time.monotonic()
    notes: list[str] = []
    found, live_quarters = await _counts(plan, database, live, progress)
    quarters = _quarters(plan)
    if live is None or live_quarters < 0:
        notes.append("live")
    elif live_quarters < len(quarters):
        notes.append("live_part")
    async with database.session() as session:
        found += await facts_apart(session, plan.own, plan.since, plan.until)
        calls, answers = await _asterisk(plan, session, found, notes)
    progress(1.0)
    return Audit(
        since=plan.since,
        until=plan.until,
        at=plan.now,
        took_s=round(time.monotonic() - started, 3),
        quarters=len(quarters),
        live_quarters=max(live_quarters, 0),
        calls=calls,
        answers=answers,
        notes=tuple(notes),
        differences=tuple(sorted(found, key=lambda one: (one.at, one.kind, one.call, one.dimension, one.key))),
    )


def _quarters(plan: AuditPlan) -> range:
    return range(interval_of(plan.since), interval_of(plan.until - 0.001) + 1)


async def _counts(
    plan: AuditPlan, database: Database, live: Live | None, progress: Callable[[float], None]
) -> tuple[list[Difference], int]:
    """The differences of counts, and how many quarters the engine knew; -1: it did not answer."""
    quarters = _quarters(plan)
    found: list[Difference] = []
    asked = 0
    for begin in range(quarters.start, quarters.stop, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, quarters.stop))
        for left in reversed(range(TRIES)):
            books = await _ask(live, numbers)
            apart = await _apart(database, numbers, books or {})
            if not apart or not left or plan.until < plan.now - INTERVAL_S:
                break
            await asyncio.sleep(ON_THEIR_WAY_S)
        found += apart
        if books is None:
            live, asked = None, -1
        elif live is not None:
            asked += len(books)
        progress((numbers.stop - quarters.start) / len(quarters) * 0.9)
    return found, asked


async def _ask(live: Live | None, numbers: range) -> dict[int, Book] | None:
    """The books the engine still has; None: it does not answer."""
    if live is None:
        return {}
    try:
        books = {number: await live(number) for number in numbers}
    except (aiohttp.ClientError, OSError, TimeoutError, msgspec.MsgspecError):
        return None
    return {number: book for number, book in books.items() if book is not None}


async def _apart(database: Database, numbers: range, books: dict[int, Book]) -> list[Difference]:
    await roll_up_changed(database)
    found: list[Difference] = []
    since, until = float(numbers.start * INTERVAL_S), float(numbers.stop * INTERVAL_S)
    for by in STORED:
        async with database.session() as session:
            here = await _stored(session, by, numbers)
            there = await recount(session, by, since, until)
        found += counts_apart(Kind.STORED, by, here, there)
        if by in LIVE:
            found += _live_apart(by, books, here)
    return found


async def _stored(session: AsyncSession, by: Dimension, numbers: range) -> Counted:
    periods = [(float(number * INTERVAL_S), float((number + 1) * INTERVAL_S)) for number in numbers]
    found = await slices(session, by, periods)
    return {(interval_of(one.start), one.key): (one.counts, one.agents) for one in found}


def _live_apart(by: Dimension, books: dict[int, Book], here: Counted) -> list[Difference]:
    counted = {key: counts for number, book in books.items() for key, counts in of_book(book, number, by).items()}
    return counts_apart(Kind.LIVE, by, counted, {key: counts for key, counts in here.items() if key[0] in books})


async def _asterisk(
    plan: AuditPlan, session: AsyncSession, found: list[Difference], notes: list[str]
) -> tuple[int, int]:
    """How many calls and answers could be held against the diary."""
    first = await asyncio.to_thread(begins_at, plan.diary)
    if first is None or first >= plan.until:
        notes.append("diary")
        return 0, 0
    since = plan.since
    if first > since + INTERVAL_S:
        notes.append("diary_part")
    since = max(since, first)
    past = await asyncio.to_thread(read_stretch, plan.diary, since - BEFORE_S, plan.until + BEFORE_S)
    came = await calls_of(session, plan.own, plan.since, plan.until)
    calls = [call for call in came if call.opened_at >= since or call.call in past]  # the first line is an answer
    answers = await known_answers(session, plan.own, since, plan.until)
    found += calls_apart(past, calls, await known_calls(session, since, plan.until), since, plan.until)
    found += answers_apart(past, answers, since, plan.until)
    return len(calls), sum(since <= answer.answered_at < plan.until for answer in answers)
