"""What it costs to say why a figure is out of its band, from stored intervals of a day and the four days it is compared with.

./hotline bench why [--agents 1000] [--queues 200] [--json]

`first_ms` reads all five days, `again_ms` today alone (as the alarms do every minute), `explain_ms` works out all figures with
a band, in a thread. `held_ms` is the most work the event loop, set up as the engine's, did in one go meanwhile (the time of its
own thread), `delay_ms` how long other work waited at worst, which on a busy machine is mostly others' doing. To reach: a queue
in a second, 50 ms held for the whole site; else it ends with 1.
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from sqlalchemy import insert

from acd.model import QueueId
from acd.rules import QueueRules, Rules
from agents.roster import AgentId, AgentSettings
from engine.app import COLLECT_AFTER, SWITCH_S
from engine.config import Configuration, load
from engine.database import Database
from engine.database.intervals import row_of
from engine.database.models import IntervalRow
from engine.why.ask import answers, find_out
from metrics.definitions import FIGURES, AgentTimes, QueueCounts
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S, interval_of
from metrics.periods import midnight

__all__ = ["main"]

DAY = date(2026, 11, 24)
WEEKS = 4
OPEN = range(32, 88)
"""Quarters of the day: 8:00 to 22:00."""
ROWS = 500
QUEUE_MS = 1000.0
HELD_MS = 50.0


def main(argv: list[str]) -> int:
    """Exit code 0: all targets reached."""
    parser = argparse.ArgumentParser(prog="hotline bench why")
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--queues", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    found = asyncio.run(_measure(asked.agents, asked.queues))
    if asked.json:
        print(json.dumps(found))
    else:
        for who, numbers in found.items():
            print(f"{who:6}" + "".join(f"{name} {value:8.1f}   " for name, value in numbers.items()))
    reached = found["queue"]["first_ms"] <= QUEUE_MS and all(one["held_ms"] <= HELD_MS for one in found.values())
    return 0 if reached else 1


async def _measure(agents: int, queues: int) -> dict[str, dict[str, float]]:
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*COLLECT_AFTER)
    configuration = _centre(agents, queues)
    zone = ZoneInfo(configuration.system.timezone)
    span = midnight(DAY, zone), midnight(DAY + timedelta(days=1), zone)
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/why.db")
        await database.open()
        for week in range(WEEKS + 1):
            await _fill(database, midnight(DAY - timedelta(weeks=week), zone), configuration.rules, busy=week == 0)
        found = {"site": await _of(database, configuration, None, span)}
        found["queue"] = await _of(database, configuration, QueueId("q0"), span)
        await database.close()
    return found


def _centre(agents: int, queues: int) -> Configuration:
    """Everybody serves two queues."""
    named = [QueueRules(id=QueueId(f"q{n}")) for n in range(queues)]
    roster = [
        AgentSettings(id=AgentId(f"a{n}"), name="", queues=(named[n % queues].id, named[n * 7 % queues].id))
        for n in range(agents)
    ]
    example = load(Path(__file__).parents[1] / "config")
    return replace(example, rules=Rules.of("bench", named, roster))


async def _fill(database: Database, begins: float, rules: Rules, *, busy: bool) -> None:
    """A day's intervals; a third more callers when it is busy."""
    rows = list(_rows(interval_of(begins), rules, 16 if busy else 12))
    async with database.transaction() as connection:
        for at in range(0, len(rows), ROWS):
            await connection.execute(insert(IntervalRow), rows[at : at + ROWS])


def _rows(first: int, rules: Rules, callers: int) -> Iterator[dict[str, Any]]:
    handled = callers * len(rules.queues) / len(rules.agents)
    times = AgentTimes(
        talking_s=180.0 * handled, wrap_up_s=30.0 * handled, ready_s=max(INTERVAL_S - 210.0 * handled, 0.0)
    )
    for quarter in (first + n for n in OPEN):
        yield row_of(Dimension.SITE, quarter, "", _counts(callers * len(rules.queues)), AgentTimes())
        for queue in rules.queues:
            yield row_of(Dimension.QUEUE, quarter, queue, _counts(callers), AgentTimes())
        for agent in rules.agents:
            yield row_of(Dimension.AGENT, quarter, agent, _counts(round(handled)), times)


def _counts(callers: int) -> QueueCounts:
    return QueueCounts(
        offered=callers,
        answered=callers,
        answered_within_sl=callers * 6 // 10,
        answered_wait_s=25.0 * callers,
        talks=callers,
        talk_s=180.0 * callers,
        wrap_ups=callers,
        wrap_up_s=30.0 * callers,
        offers={"accepted": callers},
    )


async def _of(
    database: Database, configuration: Configuration, queue: QueueId | None, span: tuple[float, float]
) -> dict[str, float]:
    figures = [figure.id for figure in FIGURES.values() if figure.band is not None]
    gc.collect()
    gc.freeze()
    async with _delays() as worst:
        async with database.session() as session:
            began = time.perf_counter()
            known = await find_out(session, configuration, queue, span)
            first = time.perf_counter()
            await find_out(session, configuration, queue, span, (), known)
            again = time.perf_counter()
        await asyncio.to_thread(answers, known, configuration, figures)
        done = time.perf_counter()
        return {
            "first_ms": (first - began) * 1000,
            "again_ms": (again - first) * 1000,
            "explain_ms": (done - again) * 1000,
            "held_ms": worst.held_ms,
            "delay_ms": worst.delay_ms,
        }


class _Worst:
    held_ms = 0.0
    delay_ms = 0.0


@asynccontextmanager
async def _delays() -> AsyncIterator[_Worst]:
    """What the event loop does between two looks at the clock."""
    worst = _Worst()

    async def probe() -> None:
        while True:
            due, worked_s = time.perf_counter() + 0.002, time.thread_time()
            await asyncio.sleep(0.002)
            worst.delay_ms = max(worst.delay_ms, (time.perf_counter() - due) * 1000)
            worst.held_ms = max(worst.held_ms, (time.thread_time() - worked_s) * 1000)

    task = asyncio.create_task(probe())
    yield worst
    task.cancel()
