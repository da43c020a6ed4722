"""The engine: builds everything, in the order it can be built in, and stops it in the order it can be stopped in.

Start: journal (floor and figures as they were), stores, FastAGI (waiting callers come back at once), the link to Asterisk
(what happened meanwhile is learnt, then calls are offered), HTTP.
Stop: the link closed (nothing more is offered), HTTP away, the callers' legs let go, journal and spool flushed. Callers are
not lost: Asterisk keeps them.
"""

import asyncio
import gc
import logging
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from acd.core import Refused
from acd.events import AgentLoggedOut, EngineStarted, RulesLoaded, WrapUpDone
from acd.model import OfferId, QueueId
from acd.records import Record
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import AgentState
from cti.agi import AgiServer
from cti.ami import AmiClient
from cti.callers import Callers
from cti.control import CallControl
from cti.lookout import Lookout
from cti.lookups import Lookups
from cti.region import Regions
from engine.asterisk.settings import TRUNK
from engine.audit.nightly import NightlyAudit
from engine.away.script import SPOOL
from engine.away.spool import LeftBehind
from engine.away.taking_up import AwayImport
from engine.clock import SteadyClock
from engine.config import BadConfiguration, Configuration, load
from engine.config.own_prompts import converted_folder, own_prompts
from engine.database.connection import Database
from engine.database.writer import SpoolWriter
from engine.disks import Disks
from engine.facts import Row, row_of_recording, rows_of
from engine.gone_back import forget, note
from engine.journal import FileJournal
from engine.last_good import keep_as_last_good
from engine.live import EngineView
from engine.openings import Openings
from engine.queue_log import QueueLogState, queue_log_of
from engine.recovery import EngineBefore, Figures, recover
from engine.reports.sending import ReportSender
from engine.rollups import keep_rolled_up
from engine.site import Site
from engine.spool import Spool, SpoolNotWritable
from engine.untold_messages import UntoldMessages
from engine.versions import list_versions, path_of
from engine.web import SqlHistory, Web
from metrics.exporter import Exporter
from recordings.keeper import RecordingKeeper
from recordings.ledger import LedgerEntry
from recordings.messages import FOLDER as MESSAGES
from recordings.messages import MessageFiles

if TYPE_CHECKING:
    from engine.redis_copy import RedisCopy

__all__ = ["Engine"]

log = logging.getLogger(__name__)

SNAPSHOT_S = 60.0
LAG_PROBE_S = 0.25
COLLECT_AFTER = (20_000, 20, 20)
"""Python's thresholds for collecting garbage: a call makes hundreds of objects and almost no cycles."""
SWITCH_S = 0.0002
"""How long a thread with work of its own (facts on their way to SQL) may keep the event loop waiting after each of its
system calls. With Python's 5 ms, one hand-off in twenty took 60 ms longer (bench handoff)."""


class Engine:
    """One engine process for one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.configuration = site.configuration
        self.dropped = 0
        """Records the spool's disk would not take."""
        self.lag_s = 0.0
        """How late the event loop was at the last probe."""
        self._facts: list[Record] = []
        self._reloads: set[asyncio.Task[None]] = set()
        self.rules_refused = ""
        """Why the configured rules are not in force, if they are not."""
        self._tasks: list[asyncio.Task[None]] = []
        self.journal = FileJournal(site.home / "journal")
        self.spool = Spool(site.home / "spool")
        before = EngineBefore()
        self.queue_log = queue_log_of(site, self._rows_to_spool)
        self.floor, self.tally = recover(
            self.journal, lambda records: self._to_spool(before.take(records)), self.queue_log
        )
        before.ended_at = self.journal.last_time
        self.before = before
        clock = SteadyClock(not_before=self.journal.last_time)
        self.runner = Runner(self.floor, clock, self.journal)
        self.figures = Figures(self.floor, self.tally)
        self.disks = Disks({"home": site.home, "recordings": site.recordings})
        self.view = EngineView(self)
        self.exporter = Exporter(lambda: self.tally, self.view)
        self.database = Database(site.database_url)
        self.writer = SpoolWriter(self.spool, self.database)
        self.keeper = self._recording_keeper(clock)
        diary = site.asterisk_folder / "log" / "cel-custom" / "hotline.csv"
        left_behind = LeftBehind(site.asterisk_folder / SPOOL, site.recordings / MESSAGES)
        self.away = AwayImport(left_behind, self.runner, self.journal, self._usual_queue)
        lookout = Lookout(self.runner, diary, before.met, before.knew_all_since)
        self.control = CallControl(self.runner, lookout, self.exporter.observe_dispatch, self._outside)
        self.ami = self._ami_client()
        self.control.use(self.ami)
        self.regions = Regions()
        self.lookups = Lookups()
        self.messages = MessageFiles(site.recordings)
        self.callers = Callers(
            self.runner,
            self.control,
            lambda: self.configuration.script,
            lambda: tuple(self.configuration.agents.not_ready_reasons),
            self.regions.of,
            self.lookups,
            self.messages,
            self._outside,
        )
        agi_host, _, agi_port = site.endpoints.agi.rpartition(":")
        self.agi = AgiServer(self.callers.serve, agi_host, int(agi_port))
        self.audit = NightlyAudit(
            site.home,
            lambda: self.configuration.folder,
            self._zone(),
            lambda: self.configuration.metrics.audit.minutes(),  # noqa: PLW0108 - of the configuration of then
        )
        self.redis = self._redis_copy()
        self.reports = ReportSender(self.database, lambda: self.configuration, site.home, self.runner.now)
        self.web = Web(self)
        self.untold = UntoldMessages(
            self.messages, self.runner, SqlHistory(self.database), lambda: self.configuration.script, self._usual_queue
        )
        self.openings = Openings(
            self.runner, lambda: self.configuration.script.calendars, self.web.floor_feed.note_queue
        )

    async def start(self) -> None:
        """Begin to serve. Returns when listening; the link to Asterisk comes up by itself."""
        sys.setswitchinterval(SWITCH_S)
        gc.freeze()  # what is loaded by now stays: no collection of garbage need look through it, with callers waiting
        gc.set_threshold(*COLLECT_AFTER)
        self.take_up()
        self.messages.make_folder()
        await self.agi.start()
        await self.ami.start()
        await self.web.start()
        self._keep("journal sync", self.journal.keep_synced())
        self._keep("snapshots", self._keep_snapshots())
        self._keep("database", self.writer.run())
        self._keep("counts by quarter", keep_rolled_up(self.database, self._zone(), self.runner.now))
        self._keep("nightly audit", self.audit.run())
        self._keep("recordings", self.keeper.run())
        self._keep("loop lag", self._probe_lag())
        self._keep("disks", self.disks.run())
        self._keep("opening hours", self.openings.run())
        self._keep("regions", self.regions.load())
        self._keep("why figures are out of their bands", self.web.why.run(self.web.wall_feed.is_watched))
        self._keep("left while away", self.away.run())
        self._keep("open work items", self.web.open_items.run())
        self._keep("messages nobody was told of", self.untold.run())
        self._keep("reports", self.reports.run())
        self._keep("callers without their leg", self.control.look_after_strays())
        if self.redis is not None:
            self._keep("redis", self.redis.run())

    async def stop(self) -> None:
        """Stop serving; callers stay with Asterisk."""
        await self.ami.close()  # nothing is offered from here on
        await self.web.stop()
        await self.agi.close()
        await self.lookups.close()
        self.runner.close()
        self._keep_facts()
        await self.spool.drained(5.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.database.close()
        try:
            self.journal.save(self.floor, self.tally, self._queue_log_state())
        except OSError as error:
            log.error("no snapshot could be written: %s; the next start does the events again", error)
        if self.queue_log is not None:
            self.queue_log.close()
        self.journal.close()
        self.spool.close()

    def take_up(self) -> None:
        """Go on with the recovered floor: a new engine is here, no caller's leg is with it yet, and these rules hold."""
        self._begin_queue_log()
        self._listen_to_the_core()
        self.web.restore()
        self.runner.tell(EngineStarted(at=self.before.ended_at or None))
        self.use_rules()

    def use_rules(self) -> None:
        """Put the configured rules in force. What a running floor would refuse must not keep the engine from starting:
        agents who were taken out while they were logged in go home, and while callers are still in a queue that was taken
        out, the rules before stay in force (tried again each minute)."""
        rules = self.configuration.rules
        self.rules_refused = ""
        if self.floor.rules != rules:
            try:
                self._send_home(agent for agent in self.floor.agents if agent not in rules.agents)
                self.runner.tell(RulesLoaded(rules=rules))
            except Refused as refused:
                self.rules_refused = str(refused)
                log.error("the rules before stay in force: %s", refused)
        self.figures.follow()
        self.openings.follow()
        if not self.rules_refused:
            keep_as_last_good(self.configuration, self.site.home)

    def _send_home(self, agents: Iterable[AgentId]) -> None:
        for agent in list(agents):
            if self.floor.agents[agent].state is AgentState.WRAP_UP:
                self.runner.tell(WrapUpDone(agent=agent))
            if self.floor.agents[agent].state is not AgentState.OFFLINE:
                self.runner.tell(AgentLoggedOut(agent=agent))

    def reload(self, folder: Path | None = None) -> Configuration:
        """Read the configuration again and use it, whole or not at all. With `folder` the files there are used this once; the
        next reload reads the configuration's own again. Raises BadConfiguration or acd.core.Refused."""
        own = self.configuration.folder
        fresh = load(folder or own, self.site.home)
        self.runner.tell(RulesLoaded(rules=fresh.rules))
        self.configuration = replace(fresh, folder=own)
        self.rules_refused = ""
        self.figures.follow()
        self.web.follow(fresh)
        self.openings.follow()
        keep_as_last_good(fresh, self.site.home)
        if folder is None:
            forget(self.site.home)
        log.info("configuration %s is in force", fresh.version)
        return fresh

    def go_back(self, version: str | None = None) -> Configuration:
        """Use a kept version, whole or not at all; None: the newest one that is not in force. It holds over restarts until the
        configuration's own files are changed or loaded again. Raises engine.versions.UnknownVersion, and as `reload`."""
        home, now = self.site.home, self.floor.rules.version
        before = [kept.version for kept in list_versions(home) if kept.version != now]
        wanted = version if version is not None else before[0] if before else ""
        fresh = self.reload(path_of(wanted, home))
        note(home, self.configuration.folder, fresh.version)
        return fresh

    async def reload_with_prompts(self) -> Configuration:
        """As `reload` from the configuration's own folder. Prompts that are new there are converted first, in a thread:
        callers are served meanwhile."""
        folder, home = self.configuration.folder, self.site.home
        await asyncio.to_thread(own_prompts, folder, converted_folder(home), [])
        return self.reload()

    def reload_on_signal(self) -> None:
        """SIGHUP: as `reload_with_prompts`, with the problems in the log."""
        task = asyncio.create_task(self._reload_and_tell(), name="reload")
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload_and_tell(self) -> None:
        try:
            await self.reload_with_prompts()
        except BadConfiguration as bad:
            for problem in bad.problems:
                log.error("configuration not loaded: %s", problem)
        except Exception as error:
            log.error("configuration not loaded: %s", error)

    # --- where records go ---------------------------------------------------------------------------------------------

    def _listen_to_the_core(self) -> None:
        self.runner.telephony = self.control
        self.runner.sinks = [*self.web.sinks, self.figures, self._facts_sink]
        if self.queue_log is not None:
            self.runner.sinks.append(self._queue_log_sink)
        if self.redis is not None:
            self.runner.sinks.append(self.redis.on_records)

    def _facts_sink(self, records: Sequence[Record], now: float) -> None:
        """Facts can wait for the commands that were decided with them: the next caller's phone rings first."""
        if not self._facts:
            asyncio.get_running_loop().call_soon(self._keep_facts)
        self._facts.extend(records)

    def _keep_facts(self) -> None:
        """Spool what has gathered; also before each snapshot, because a restart does nothing again from before it."""
        facts, self._facts = self._facts, []
        for record in facts:
            self.keeper.on_record(record)
        self._to_spool(facts)
        if self.queue_log is not None:
            self.queue_log.flush()

    def _queue_log_sink(self, records: Sequence[Record], now: float) -> None:
        """At once, because a line tells of the floor as it is now; it is written with the facts."""
        if self.queue_log is not None:
            self.queue_log.take(records, self.floor, now, self.journal.number)

    def _begin_queue_log(self) -> None:
        """From its first line on, what the queue_log has is known to a snapshot: no line is ever written twice."""
        if self.queue_log is not None and self.queue_log.is_new:
            try:
                self.journal.save(self.floor, self.tally, self._queue_log_state())
            except OSError as error:
                log.error("no snapshot could be written: %s", error)

    def _queue_log_state(self) -> QueueLogState | None:
        return None if self.queue_log is None else self.queue_log.state()

    def _to_spool(self, records: Sequence[Record]) -> None:
        self._rows_to_spool([row for record in records for row in rows_of(record)])

    def _rows_to_spool(self, rows: Sequence[Row]) -> None:
        try:
            self.spool.append(rows)
        except SpoolNotWritable as error:
            if not self.dropped:
                log.error("facts cannot be kept: %s", error)
            self.dropped += len(rows)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _recording_keeper(self, clock: Callable[[], float]) -> RecordingKeeper:
        def save(entry: LedgerEntry) -> None:
            self.spool.append([row_of_recording(entry)])

        def is_recorded(queue: QueueId) -> bool:
            rules = self.floor.rules.queues.get(queue)
            return rules is not None and rules.record

        def talking() -> set[OfferId]:
            return set(self.floor.offers)

        return RecordingKeeper(
            self.site.recordings / "legs",
            self.site.recordings,
            save=save,
            is_recorded=is_recorded,
            talking=talking,
            zone=ZoneInfo(self.configuration.system.timezone),
            clock=clock,
        )

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.configuration.system.timezone)

    def _outside(self, number: str) -> str | None:
        """Over the first trunk that takes calls."""
        trunk = next((trunk for trunk in self.configuration.system.trunks if trunk.dial), None)
        return f"PJSIP/{TRUNK}/sip:{trunk.dial_prefix}{number}@{trunk.dial}" if trunk else None

    def _usual_queue(self) -> QueueId:
        """Whose people see to callers who were in no queue."""
        configured = QueueId(self.configuration.system.engine_away.queue)
        queues = self.floor.rules.queues
        return configured if configured in queues else next(iter(queues))

    def _ami_client(self) -> AmiClient:
        host, _, port = self.site.endpoints.ami.rpartition(":")
        return AmiClient(
            host,
            int(port),
            "hotline",
            self.site.secrets.ami,
            on_fact=self.control.on_fact,
            on_connected=self.control.resynchronise,
            on_disconnected=self.control.link_lost,
        )

    def _redis_copy(self) -> "RedisCopy | None":
        url = self.site.redis_url
        if not url:
            return None
        from engine.redis_copy import RedisCopy  # noqa: PLC0415 - most sites have none, and every start would wait for it

        name = self.configuration.system.site
        return RedisCopy(url, name, self.journal, lambda: self.floor, self.runner.now)

    # --- tasks --------------------------------------------------------------------------------------------------------

    def _keep(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_notice)
        self._tasks.append(task)

    async def _keep_snapshots(self) -> None:
        keep_s = self.configuration.system.journal_keep_days * 86400.0
        last = self.journal.number
        while True:
            await asyncio.sleep(SNAPSHOT_S)
            if self.rules_refused:
                self.use_rules()
            if self.journal.number == last:
                continue
            try:
                if self.queue_log is not None:
                    await asyncio.to_thread(self.queue_log.sync)
                self._keep_facts()  # nothing may happen between this and the snapshot
                await self.journal.save_aside(self.floor, self.tally, self._queue_log_state())
                last = self.journal.saved_number
                await asyncio.to_thread(self.journal.forget_before, time.time() - keep_s)
            except OSError as error:
                log.error("no snapshot could be written: %s", error)

    async def _probe_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_PROBE_S
            await asyncio.sleep(LAG_PROBE_S)
            self.lag_s = max(loop.time() - due, 0.0)


def _notice(task: asyncio.Task[None]) -> None:
    """A task that is to run as long as the engine does must not end unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the task %r has ended and is not done any more until a restart", task.get_name(), exc_info=error)
