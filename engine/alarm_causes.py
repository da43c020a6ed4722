"""Why a queue's day is out of its band, for the wallboard's alarms: today's stored counts against those of the same weekday.

Read from SQL, and only while a screen looks and a figure is out of its band; a cause is some minutes old at most.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from acd.model import QueueId
from acd.rules import QueueRules, Rules
from cti.alarms import ENOUGH_CALLERS, Causes
from cti.http.services import HistoryUnavailable
from engine.database.connection import Database
from engine.database.intervals import slices
from engine.database.reading import reading
from metrics.definitions import FIGURES, AgentTimes, Band, QueueCounts, Sums
from metrics.dimensions import Dimension
from metrics.intervals import INTERVAL_S, interval_of
from metrics.why import Names, Stretch, explain, sentences

__all__ = ["AlarmCauses"]

log = logging.getLogger(__name__)

EVERY_S: Final = 120.0
WEEKS: Final = 4
"""So many days of the same weekday are what is usual."""


class Wanted(msgspec.Struct, frozen=True):
    """A figure of a queue that is out of its band."""

    queue: QueueRules
    figure: str
    band: Band


class AlarmCauses:
    """`found` has what is known, by queue and figure. `midnight` tells when the day began so many days ago."""

    def __init__(
        self,
        database: Database,
        rules: Callable[[], Rules],
        bands: Callable[[], Mapping[str, Band]],
        midnight: Callable[[int], float],
        now: Callable[[], float],
    ) -> None:
        self.found: Causes = {}
        self._database = database
        self._rules = rules
        self._bands = bands
        self._midnight = midnight
        self._now = now

    async def run(self, wanted: Callable[[], bool]) -> None:
        """Runs until cancelled; looks while it is wanted."""
        while True:
            if wanted():
                try:
                    self.found = await self.read()
                except HistoryUnavailable as error:
                    log.debug("the causes of alarms cannot be read: %s", error)
            await asyncio.sleep(EVERY_S)

    async def read(self) -> Causes:
        """The first cause of each figure that is out of its band. Raises HistoryUnavailable."""
        rules = self._rules()
        length = interval_of(self._now()) * INTERVAL_S - self._midnight(0)
        if length <= 0:
            return {}
        starts = [self._midnight(7 * week) for week in range(WEEKS + 1)]
        async with reading(self._database) as session:
            [today] = await _queues(session, starts[:1], length)
            wanted = list(_out_of_band(rules, today, self._bands()))
            if not wanted:
                return {}
            before = await _queues(session, starts[1:], length)
            agents = [await _agents(session, start, length) for start in starts]
        names = Names(
            queues={queue.id: queue.names for queue in rules.queues.values()},
            agents={agent.id: agent.name for agent in rules.agents.values()},
            zone=ZoneInfo(rules.time_zone),
        )
        causes = {}
        for one in wanted:
            now, *days = _stretches(rules, one.queue, starts, length, [today, *before], agents)
            explained = explain(one.figure, one.band, now, days, one.queue.service_level.within_s)
            told = {language: sentences(explained, names, language, most=1) for language in ("zh", "en")}
            if explained.causes:
                causes[one.queue.id, one.figure] = {language: found[0] for language, found in told.items()}
        return causes


def _out_of_band(rules: Rules, today: Mapping[str, QueueCounts], bands: Mapping[str, Band]) -> Iterator[Wanted]:
    for queue in rules.queues.values():
        counts = today.get(queue.id, QueueCounts())
        targets = {**bands, "service_level": Band(low=queue.service_level.target)}
        for figure in ("service_level", "abandon_rate"):
            value = FIGURES[figure].of(Sums(counts, AgentTimes()))
            if counts.offered >= ENOUGH_CALLERS and value is not None and not targets[figure].holds(value):
                yield Wanted(queue, figure, targets[figure])


async def _queues(session: AsyncSession, starts: Sequence[float], length: float) -> list[dict[str, QueueCounts]]:
    found = []
    for start in starts:
        parts = await slices(session, Dimension.QUEUE, [(start, start + length)])
        found.append({one.key: one.counts for one in parts})
    return found


async def _agents(session: AsyncSession, start: float, length: float) -> dict[str, AgentTimes]:
    return {one.key: one.agents for one in await slices(session, Dimension.AGENT, [(start, start + length)])}


def _stretches(
    rules: Rules,
    queue: QueueRules,
    starts: Sequence[float],
    length: float,
    counts: Sequence[Mapping[str, QueueCounts]],
    agents: Sequence[Mapping[str, AgentTimes]],
) -> list[Stretch]:
    """Today's and the days' before, with the times of those who serve the queue now."""
    members: Sequence[QueueId | str] = rules.members[queue.id]
    return [
        Stretch(
            start=start,
            end=start + length,
            counts=of_day.get(queue.id, QueueCounts()),
            agents=AgentTimes.total([times.get(member, AgentTimes()) for member in members] or [AgentTimes()]),
        )
        for start, of_day, times in zip(starts, counts, agents, strict=True)
    ]
