"""Why figures are out of their bands while the day goes on: for the API, and for the alarms on the wallboard.

The database is asked about a queue once a minute at most; who asks again within it gets what is known. What the data says is
worked out in a thread.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from acd.model import QueueId
from cti.alarms import ENOUGH_CALLERS
from cti.http.services import HistoryUnavailable
from engine.database.reading import reading
from engine.why.ask import Known, answers, bands_of, find_out
from engine.why.days import Span, whole_quarters
from engine.why.gather import Unfinished
from metrics.figures import Figures
from metrics.why import Answer

if TYPE_CHECKING:
    from engine.app import Engine

__all__ = ["EngineWhy"]

log = logging.getLogger(__name__)

FRESH_S: Final = 60.0
KEPT_S: Final = 1800.0
"""The days before a stretch are read once in this time."""
MOST_KEPT: Final = 400
"""Stretches of time that are remembered."""
FIGURES_OF_ALARMS: Final = ("service_level", "abandon_rate")


class _Kept(NamedTuple):
    """What is known, as of when, and since when of the days before."""

    known: Known
    at: float
    since: float


class EngineWhy:
    """cti.http.services.Why over an engine's database."""

    def __init__(self, engine: "Engine", today: Callable[[QueueId], Figures]) -> None:
        self._engine = engine
        self._today = today
        self._known: dict[tuple[QueueId | None, Span], _Kept] = {}
        self._reading = asyncio.Lock()
        self.alarms: dict[tuple[QueueId, str], Answer] = {}
        """By queue and figure, why it is out of its band, as far as was found out in the last minute."""

    async def why(self, figure: str, queue: QueueId | None, since: float, until: float) -> Answer:
        """Raises HistoryUnavailable."""
        [found] = await self._answers([figure], queue, since, until)
        return found

    async def run(self, wanted: Callable[[], bool]) -> None:
        """Keep `alarms` true, minute by minute, while they are wanted: while a screen shows them."""
        while True:
            if wanted():
                await self.look_round()
            else:
                self.alarms.clear()
            await asyncio.sleep(FRESH_S)

    async def look_round(self) -> None:
        """Find out why for every queue of which a figure is out of its band, one after the other."""
        for queue in list(self._engine.floor.rules.queues):
            try:
                found = await self._of_queue(queue)
            except HistoryUnavailable:
                self.alarms.clear()  # health tells of it; alarms stand without a cause meanwhile
                return
            except Exception:
                log.exception("why figures of queue %s are out of their bands was not found out", queue)
                continue
            self._forget(queue)
            self.alarms.update({(queue, one.figure): one for one in found if one.side is not None})
        for queue in {queue for queue, _ in self.alarms} - set(self._engine.floor.rules.queues):
            self._forget(queue)

    def _forget(self, queue: QueueId) -> None:
        for figure in FIGURES_OF_ALARMS:
            self.alarms.pop((queue, figure), None)

    async def _of_queue(self, queue: QueueId) -> list[Answer]:
        today = self._today(queue)
        await asyncio.sleep(0)  # many queues are looked at in turns with the calls
        if today.counts.offered < ENOUGH_CALLERS:
            return []
        bands = bands_of(self._engine.configuration, queue)
        out = [
            figure
            for figure in FIGURES_OF_ALARMS
            if (value := today.values[figure]) is not None and figure in bands and not bands[figure].holds(value)
        ]
        return await self._answers(out, queue, today.since, today.until) if out else []

    async def _answers(self, figures: list[str], queue: QueueId | None, since: float, until: float) -> list[Answer]:
        configuration = self._engine.configuration
        known = await self._find_out(queue, whole_quarters(since, until))
        return await asyncio.to_thread(answers, known, configuration, figures)

    async def _find_out(self, queue: QueueId | None, span: Span) -> Known:
        async with self._reading:  # one at a time: the database has calls to write as well
            now = self._engine.runner.now()
            self._known = {key: kept for key, kept in self._known.items() if now - kept.since < KEPT_S}
            kept = self._known.get((queue, span))
            if kept is not None and now - kept.at < FRESH_S:
                return kept.known
            async with reading(self._engine.database) as session:
                earlier = kept.known if kept else None
                configuration, unfinished = self._engine.configuration, self._unfinished(span)
                found = await find_out(session, configuration, queue, span, unfinished, earlier)
            if kept is not None or len(self._known) < MOST_KEPT:
                self._known[queue, span] = _Kept(found, now, kept.since if kept else now)
            return found

    def _unfinished(self, span: Span) -> list[Unfinished]:
        """What the agents do now, if they have done it since before the stretch's end."""
        agents = self._engine.floor.agents.values()
        return [
            Unfinished(agent.id, agent.state, agent.reason, agent.since) for agent in agents if agent.since < span[1]
        ]
