"""The engine's answers to what the HTTP side asks for: figures, history, recordings; and its start and stop."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from acd.model import CallId, QueueId
from acd.ports import RecordSink
from acd.records import Decision
from agents.accounts import Accounts
from agents.roster import AgentId
from cti.decisions import DecisionRing
from cti.floorfeed import FloorFeed
from cti.http.app import make_app
from cti.http.server import HttpServer
from cti.http.services import Curve, KeptVersion, ReloadRefused, Services, UnknownVersion
from cti.screenpop import PopHub
from cti.views import PastCall
from cti.wallboard import WallSettings
from cti.wallfeed import WallFeed
from cti.webhooks import HookSettings, Webhooks
from cti.wording import OWN_REASONS
from desk.items import ItemId
from desk.store import find_item
from engine import versions
from engine.config import BadConfiguration, Configuration
from engine.config.environment import secret
from engine.database.connection import Database
from engine.database.queries import call_story
from engine.database.reading import reading
from engine.health import EngineHealth
from engine.live import VERSION
from engine.open_items import OpenItems
from engine.outside import SqlOutside
from engine.past import past_call
from engine.reports.service import SqlReports
from engine.why.live import EngineWhy
from engine.work_items import SqlWorkItems
from metrics.definitions import Band, QueueCounts
from metrics.figures import Figures, OpenState, curve, queue_counts, queue_figures, site_counts, site_figures
from metrics.intervals import INTERVAL_S, Book, interval_of
from recordings.ledger import Recording, find_recording, list_recordings, path_of

if TYPE_CHECKING:
    from engine.app import Engine

__all__ = ["EngineAudits", "EngineFigures", "EngineVersions", "RecordingArchive", "SqlHistory", "Web"]

log = logging.getLogger(__name__)


PAGES: Final = Path(__file__).resolve().parents[1] / "web" / "dist"
SHOWN_FIGURES: Final = ("service_level", "asa", "abandon_rate")


class EngineFigures:
    """cti.http.services.TodaysFigures: since midnight in the site's time zone."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def queue(self, queue: QueueId) -> Figures:
        members = self._engine.floor.rules.members[queue]
        return queue_figures(self._engine.tally, queue, self.midnight(), self._engine.runner.now(), self._open(members))

    def site(self) -> Figures:
        everybody = tuple(self._engine.floor.agents)
        return site_figures(self._engine.tally, self.midnight(), self._engine.runner.now(), self._open(everybody))

    def counts(self, queue: QueueId | None) -> QueueCounts:
        """The callers of a queue, or of the site, alone."""
        since, now = self.midnight(), self._engine.runner.now()
        tally = self._engine.tally
        return site_counts(tally, since, now) if queue is None else queue_counts(tally, queue, since, now)

    def curve(self, queues: Collection[QueueId]) -> Curve:
        today, yesterday = self.midnight(), self.midnight(days_ago=1)
        points = curve(self._engine.tally, yesterday, self._engine.runner.now(), queues)
        return Curve(step_s=INTERVAL_S, today=today, yesterday=yesterday, points=points)

    def _open(self, agents: Sequence[AgentId]) -> list[OpenState]:
        floor = self._engine.floor
        found = (floor.agents[agent] for agent in agents)
        return [OpenState(agent.id, agent.state, agent.since) for agent in found]

    def midnight(self, days_ago: int = 0) -> float:
        """When the site's day began, today or so many days ago."""
        zone = ZoneInfo(self._engine.configuration.system.timezone)
        today = datetime.fromtimestamp(self._engine.runner.now(), zone).date()
        return datetime.combine(today - timedelta(days=days_ago), time(), zone).timestamp()


class SqlHistory:
    """cti.http.services.History over the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def call(self, call: CallId) -> PastCall | None:
        async with reading(self._database) as session:
            story = await call_story(session, call)
        return None if story is None else past_call(story)

    async def has_item(self, item: ItemId) -> bool:
        """Whether there is such a work item."""
        async with reading(self._database) as session:
            return await find_item(session, item) is not None

    async def decisions(self, call: CallId) -> Sequence[Decision]:
        async with reading(self._database) as session:
            story = await call_story(session, call)
        if story is None:
            return ()
        return [msgspec.convert(row.body, Decision) for row in story.decisions]


class EngineAudits:
    """cti.http.services.Audits over the nightly audit and the tally."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def last(self) -> dict[str, Any] | None:
        return self._engine.audit.document()

    def live(self, quarter: int) -> Book | None:
        """What came before the first quarter in memory is not known; a later one without a book had nothing."""
        kept = self._engine.tally.intervals
        if quarter in kept:
            return kept[quarter]
        return Book() if kept and min(kept) < quarter <= interval_of(self._engine.runner.now()) else None


class EngineVersions:
    """cti.http.services.Versions over the home folder."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    async def kept(self) -> Sequence[KeptVersion]:
        found = await asyncio.to_thread(versions.list_versions, self._engine.site.home)
        return [KeptVersion(version=one.version, at=one.at) for one in found]

    async def go_back(self, version: str | None) -> None:
        try:
            self._engine.go_back(version)
        except versions.UnknownVersion as error:
            raise UnknownVersion(str(error)) from error
        except BadConfiguration as error:
            raise ReloadRefused([str(problem) for problem in error.problems]) from error


class RecordingArchive:
    """cti.http.services.Archive over ledger and disk."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = root

    async def find(
        self,
        *,
        call: str | None,
        agent: str | None,
        queue: str | None,
        since: float | None,
        until: float | None,
        limit: int,
    ) -> Sequence[Recording]:
        async with reading(self._database) as session:
            return await list_recordings(
                session, self._root, call=call, agent=agent, queue=queue, since=since, until=until, limit=limit
            )

    async def get(self, recording: str) -> Recording | None:
        async with reading(self._database) as session:
            return await find_recording(session, self._root, recording)

    def path(self, recording: Recording) -> Path:
        return path_of(self._root, recording)


class Web:
    """The HTTP side of an engine: hub and feeds as record sinks, webhooks, the server."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        site, runner = engine.site, engine.runner
        self.accounts = Accounts.open(site.home / "secrets" / "tokens.json", engine.configuration.rules.agents.values())
        self.pops = PopHub(runner)
        self.floor_feed = FloorFeed(runner)
        self._figures = EngineFigures(engine)
        self.why = EngineWhy(engine, self._figures.queue)
        self.wall_feed = WallFeed(runner, self._figures.counts, self._wall_settings, lambda: self.why.alarms)
        self.decisions = DecisionRing()
        self.open_items = OpenItems(engine.database, self.floor_feed.note_items)
        self.sinks: tuple[RecordSink, ...] = (
            self.pops,
            self.floor_feed,
            self.wall_feed,
            self.decisions,
            self.open_items,
        )
        self.webhooks = Webhooks(
            _hooks(engine.configuration), f"/hotline/{engine.configuration.system.site}", runner.now
        )
        self.pops.listeners.append(self.webhooks.take)
        host, _, port = site.endpoints.http.rpartition(":")
        self.health = EngineHealth(engine)
        self._server = HttpServer(make_app(self._services()), host, int(port))

    def _services(self) -> Services:
        engine = self._engine
        return Services(
            runner=engine.runner,
            pops=self.pops,
            floor_feed=self.floor_feed,
            wall_feed=self.wall_feed,
            decisions=self.decisions,
            accounts=self.accounts,
            reasons=self._reasons,
            figures=self._figures,
            why=self.why,
            history=SqlHistory(engine.database),
            archive=RecordingArchive(engine.database, engine.site.recordings),
            prompts=lambda: engine.configuration.script.prompts,
            outside=SqlOutside(engine.database),
            bands=self._bands,
            items=SqlWorkItems(engine.database, engine.messages, self.open_items.look_soon),
            reports=SqlReports(engine.database, lambda: engine.configuration, engine.runner.now),
            health=self.health,
            metrics=engine.exporter,
            reload=self._reload,
            versions=EngineVersions(engine),
            audits=EngineAudits(engine),
            zone=ZoneInfo(engine.configuration.system.timezone),
            version=VERSION,
            pages=PAGES,
            metrics_token=secret("HOTLINE_METRICS_TOKEN"),
            origins=tuple(engine.configuration.system.http.origins),
        )

    def restore(self) -> None:
        """Take over the offers of a recovered floor; before the first event is told."""
        self.pops.restore()

    async def start(self) -> None:
        await self.webhooks.start()
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()
        await self.webhooks.close()

    def follow(self, configuration: Configuration) -> None:
        """The roster changed: new agents get tokens, those who are gone lose theirs."""
        self.accounts.follow(configuration.rules.agents.values())

    def _reasons(self) -> dict[str, dict[str, str]]:
        reasons = self._engine.configuration.agents.not_ready_reasons
        return {name: {"zh": names.zh, "en": names.en or names.zh} for name, names in reasons.items()}

    def _bands(self) -> Mapping[str, Band]:
        return self._engine.configuration.metrics.bands_in_force()

    def _wall_settings(self) -> WallSettings:
        configuration = self._engine.configuration
        own = {name: {"zh": zh, "en": en} for name, (zh, en) in OWN_REASONS.items()}
        bands = self._bands()
        return WallSettings(
            site=configuration.system.site,
            zone=configuration.system.timezone,
            bands={name: bands.get(name, Band()) for name in SHOWN_FIGURES},
            longest_wait_s=configuration.metrics.wallboard.longest_wait,
            reasons=own | self._reasons(),
        )

    async def _reload(self) -> None:
        try:
            await self._engine.reload_with_prompts()
        except BadConfiguration as error:
            raise ReloadRefused([str(problem) for problem in error.problems]) from error


def _hooks(configuration: Configuration) -> list[HookSettings]:
    return [
        HookSettings(
            url=hook.url,
            events=tuple(hook.events),
            secret=hook.secret,
            full_numbers=hook.full_numbers,
            give_up_after_s=hook.give_up_after,
        )
        for hook in configuration.system.webhooks
    ]
