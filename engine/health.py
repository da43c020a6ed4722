"""How the engine's parts are, for `GET /healthz`: looked at when somebody asks."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cti.health import Component, ComponentState, HealthBoard
from engine.config.lint.calendars import AHEAD_DAYS

if TYPE_CHECKING:
    from engine.app import Engine

__all__ = ["EngineHealth"]

UP, DEGRADED, DOWN = ComponentState.UP, ComponentState.DEGRADED, ComponentState.DOWN


class EngineHealth:
    """cti.health.Health. What failed and goes on well again counts against a part for RECENT_S, not for ever."""

    LATE_S = 30.0
    """Facts that have waited longer than this for SQL make the spool degraded."""
    LAG_S = 0.5
    RECENT_S = 300.0

    def __init__(self, engine: "Engine", clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock
        self._failures: dict[str, tuple[int, float]] = {}
        """By part: how many there were, and when somebody looked and they had become more."""
        self._board = HealthBoard(
            clock,
            vital=("ami", "agi"),
            others=(
                "journal",
                "spool",
                "database",
                "redis",
                "recordings",
                "left_while_away",
                "queue_log",
                "reports",
                "event_loop",
            ),
        )

    def components(self) -> Sequence[Component]:
        engine, report = self._engine, self._board.report
        report("ami", UP if engine.floor.linked else DOWN, "" if engine.floor.linked else "no link to Asterisk")
        report("agi", UP if engine.agi.accepting else DOWN)
        self._report_failures("journal", engine.journal.failed_writes, "events not written")
        self._report_spool()
        open_ = engine.database.is_open
        problem = "" if open_ and not engine.writer.problem else "not reachable; facts wait in the spool (see the log)"
        report("database", DEGRADED if problem else UP, problem)
        self._report_redis()
        self._report_failures("recordings", engine.keeper.counts["failed"], "failed attempts")
        set_aside = engine.away.spool.damaged + engine.untold.set_aside
        self._report_failures("left_while_away", set_aside, "entries or messages set aside as damaged")
        report("reports", DEGRADED if engine.reports.problem else UP, engine.reports.problem)
        self._report_queue_log()
        pace = f"late by {engine.lag_s * 1000:.0f} ms, {len(asyncio.all_tasks())} tasks"
        report("event_loop", DEGRADED if engine.lag_s > self.LAG_S else UP, pace)
        return self._board.components()

    def warnings(self) -> Sequence[str]:
        engine = self._engine
        return [
            f"calendar {name}: holidays and make-up workdays are known for {max(days, 0)} more days"
            for name, days in engine.view.calendar_days_known().items()
            if days < AHEAD_DAYS
        ]

    def _report_spool(self) -> None:
        spool = self._engine.spool
        if spool.oldest_age_s > self.LATE_S:
            self._board.report("spool", DEGRADED, f"{spool.depth} facts waiting")
        else:
            self._report_failures("spool", self._engine.dropped, "facts not kept")

    def _report_queue_log(self) -> None:
        queue_log = self._engine.queue_log
        if queue_log is None:
            self._board.report("queue_log", ComponentState.OFF, "not configured")
        elif queue_log.problem:
            self._board.report("queue_log", DEGRADED, f"lines wait in memory: {queue_log.problem}")
        else:
            self._report_failures("queue_log", queue_log.lost, "bytes of lines lost")

    def _report_failures(self, part: str, count: int, what: str) -> None:
        recent = self._failed_lately(part, count)
        self._board.report(
            part, DEGRADED if recent else UP, f"{count} {what}, the last of them lately" if recent else ""
        )

    def _failed_lately(self, part: str, count: int) -> bool:
        known, at = self._failures.get(part, (0, 0.0))
        if count > known:
            at = self._clock()
            self._failures[part] = (count, at)
        return count > 0 and self._clock() - at < self.RECENT_S

    def _report_redis(self) -> None:
        redis = self._engine.redis
        if redis is None:
            self._board.report("redis", ComponentState.OFF, "not configured")
        else:
            self._board.report(
                "redis", UP if redis.state == "up" else DEGRADED, "" if redis.state == "up" else redis.state
            )
