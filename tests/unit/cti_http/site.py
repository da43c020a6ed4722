"""A small site behind a real HTTP server on loopback: a real runner and floor, with fakes only for what lies outside."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import msgspec

from acd.commands import Command
from acd.core import Refused
from acd.events import (
    AgentLoggedIn,
    AgentReady,
    CallArrived,
    CallLeftByCaller,
    CallQueued,
    Event,
    LinkRegained,
    OfferAnswered,
    PhoneChanged,
    TalkEnded,
)
from acd.floor import Floor
from acd.model import CallId, OfferId
from acd.records import Decision, Record
from acd.rules import Affinity, CallerRule, QueueRules, Rules, Strategy
from acd.runner import Runner
from agents.accounts import Accounts, Role
from agents.roster import AgentId, AgentSettings, QueueId
from agents.state import PhoneState
from cti.decisions import DecisionRing
from cti.floorfeed import FloorFeed
from cti.health import HealthBoard
from cti.http.app import make_app
from cti.http.server import HttpServer
from cti.http.services import (
    CallBehind,
    Curve,
    HistoryUnavailable,
    KeptVersion,
    Question,
    ReloadRefused,
    ReportFile,
    Services,
)
from cti.screenpop import PopHub
from cti.views import PastCall
from cti.wallboard import WallSettings
from cti.wallfeed import WallFeed
from desk.items import ItemId, Step, WorkItem
from desk.store import Count, Wanted
from ivr.prompts import Prompt, Prompts
from metrics.definitions import FIGURES, AgentTimes, Band, QueueCounts, bands_in_force
from metrics.dimensions import Dimension
from metrics.figures import Figures, curve, queue_figures, site_figures
from metrics.intervals import INTERVAL_S, Book, Tally
from metrics.outside import Entry, Overlapping, overlapping
from metrics.why import Answer, Names, Stretch, answer, explain
from recordings.ledger import Recording, RecordingNotThere

NINE = 1_800_000_000.0
REPAIR, SALES = QueueId("repair"), QueueId("sales")
ZHANG, WANG = AgentId("1001"), AgentId("1002")
CALLER = "13812348000"
ZONE = ZoneInfo("Asia/Shanghai")
REASONS = {"break": {"zh": "小休", "en": "Break"}, "meal": {"zh": "用餐", "en": "Meal"}}


def rules() -> Rules:
    return Rules.of(
        "r1",
        [
            QueueRules(
                id=REPAIR,
                names={"zh": "报修", "en": "Repair"},
                strategy=Strategy.LEAST_BUSY,
                affinity=Affinity(window_s=3600.0, wait_s=30.0),
            ),
            QueueRules(id=SALES, names={"zh": "咨询", "en": "Sales"}),
        ],
        [
            AgentSettings(id=ZHANG, name="张伟", queues=(REPAIR, SALES), groups=("day",)),
            AgentSettings(id=WANG, name="王芳", queues=(REPAIR,)),
        ],
        numbers={"13900000001": CallerRule(vip=2)},
        vip_priority={2: 50},
    )


class SetClock:
    """Stands still until a test moves it."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class ListJournal:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(self, event: Event, now: float) -> None:
        self.events.append(event)


class ListTelephony:
    def __init__(self) -> None:
        self.commands: list[Command] = []

    def carry_out(self, command: Command) -> None:
        self.commands.append(command)


class MemoryAudits:
    """cti.http.services.Audits: one that has been done, and one quarter in memory."""

    def __init__(self) -> None:
        self.done: dict[str, Any] | None = None
        self.books: dict[int, Book] = {}

    def last(self) -> dict[str, Any] | None:
        return self.done

    def live(self, quarter: int) -> Book | None:
        return self.books.get(quarter)


class TallyFigures:
    def __init__(self, clock: SetClock) -> None:
        self.tally = Tally()
        self.midnight = NINE
        self._clock = clock

    def __call__(self, records: Sequence[Record], now: float) -> None:
        for record in records:
            self.tally.apply(record)

    def queue(self, queue: QueueId) -> Figures:
        return queue_figures(self.tally, queue, self.midnight, self._clock() + 1)

    def site(self) -> Figures:
        return site_figures(self.tally, self.midnight, self._clock() + 1)

    def counts(self, queue: QueueId | None) -> QueueCounts:
        return self.site().counts if queue is None else self.queue(queue).counts

    def curve(self, queues: Collection[QueueId]) -> Curve:
        yesterday = self.midnight - 86400
        points = curve(self.tally, yesterday, self._clock() + 1, queues)
        return Curve(step_s=INTERVAL_S, today=self.midnight, yesterday=yesterday, points=points)


def wall_settings() -> WallSettings:
    shown = ("service_level", "asa", "abandon_rate")
    bands = {figure: FIGURES[figure].band or Band() for figure in shown}
    return WallSettings(site="demo", zone="Asia/Shanghai", bands=bands, longest_wait_s=120.0, reasons=REASONS)


class DictHistory:
    """A database that may be away."""

    def __init__(self) -> None:
        self.calls: dict[CallId, PastCall] = {}
        self.stored: dict[CallId, list[Decision]] = {}
        self.away = False

    async def call(self, call: CallId) -> PastCall | None:
        self._answer()
        return self.calls.get(call)

    async def decisions(self, call: CallId) -> Sequence[Decision]:
        self._answer()
        return self.stored.get(call, [])

    def _answer(self) -> None:
        if self.away:
            raise HistoryUnavailable


class FolderArchive:
    """Recordings in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[Recording] = []
        self.asked: list[dict[str, Any]] = []

    async def find(self, *, limit: int, since: float | None, until: float | None, **wanted: Any) -> list[Recording]:
        self.asked.append({"limit": limit, "since": since, "until": until, **wanted})
        given = {name: value for name, value in wanted.items() if value is not None}
        return [row for row in self.rows if all(getattr(row, name) == value for name, value in given.items())][:limit]

    async def get(self, recording: str) -> Recording | None:
        return next((row for row in self.rows if row.offer == recording), None)

    def path(self, recording: Recording) -> Path:
        path = self.folder / str(recording.path)
        if not path.is_file():
            raise RecordingNotThere(f"the recording of {recording.offer} is missing")
        return path


class DictItems:
    """Work items in memory; their messages in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[ItemId, WorkItem] = {}
        self.kept: dict[ItemId, list[Step]] = {}
        self.refused: Exception | None = None

    async def find(self, wanted: Wanted, limit: int) -> list[WorkItem]:
        return [item for item in self.rows.values() if _matches(item, wanted)][:limit]

    async def counts(self, wanted: Wanted) -> list[Count]:
        found = Counter((one.queue, one.kind, one.state) for one in await self.find(wanted, 1000))
        return [Count(queue=q, kind=k, state=s, items=items, oldest_at=NINE) for (q, k, s), items in found.items()]

    async def get(self, item: ItemId) -> WorkItem | None:
        return self.rows.get(item)

    async def steps(self, item: ItemId) -> list[Step]:
        return self.kept.get(item, [])

    async def change(self, before: WorkItem, now: WorkItem, step: Step) -> None:
        if self.refused:
            raise self.refused
        self.rows[now.item] = now
        self.kept.setdefault(now.item, []).append(step)

    def audio(self, item: ItemId) -> Path:
        path = self.folder / f"{item}.wav"
        if not path.is_file():
            raise RecordingNotThere(f"the file of message {item} is gone")
        return path


def _matches(item: WorkItem, wanted: Wanted) -> bool:
    asked = {name: getattr(wanted, name) for name in ("state", "kind", "queue", "owner")}
    mine = wanted.seen_by is None or item.is_seen_by(wanted.seen_by, wanted.queues)
    return mine and all(value is None or getattr(item, name) == value for name, value in asked.items())


class ListOutside:
    """Numbers that were told, in memory."""

    def __init__(self) -> None:
        self.told: list[Entry] = []

    async def find(
        self,
        *,
        name: str | None,
        by: Dimension | None,
        keys: Collection[str] | None,
        since: float | None,
        until: float | None,
    ) -> list[Entry]:
        return [
            entry
            for entry in self.told
            if name in (None, entry.name)
            and by in (None, entry.dimension)
            and (keys is None or entry.key in keys)
            and (since is None or entry.until > since)
            and (until is None or entry.since < until)
        ]

    async def keep(self, entries: Sequence[Entry]) -> int:
        if (twice := overlapping([*self.told, *entries])) is not None:
            raise Overlapping(*twice)
        self.told += entries
        return len(entries)


class FixedPage:
    def pieces(self) -> Iterator[bytes]:
        yield b"callcenter_calls_total 0\n"
        yield b"callcenter_defects_total 0\n"


class ScriptedReload:
    def __init__(self) -> None:
        self.problems: list[str] = []
        self.refused: Refused | None = None
        self.done = 0

    async def __call__(self) -> None:
        if self.problems:
            raise ReloadRefused(self.problems)
        if self.refused:
            raise self.refused
        self.done += 1


class ScriptedVersions:
    """Two configurations that were in force."""

    def __init__(self) -> None:
        self.kept_ones = [KeptVersion(version="r1", at=NINE), KeptVersion(version="r0", at=NINE - 3600)]
        self.refused: Exception | None = None
        self.asked: list[str | None] = []

    async def kept(self) -> Sequence[KeptVersion]:
        return self.kept_ones

    async def go_back(self, version: str | None) -> None:
        if self.refused:
            raise self.refused
        self.asked.append(version)


class ScriptedWhy:
    """Answers what it is told to; a database that may be away."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, QueueId | None, float, float]] = []
        self.found: Answer | None = None
        self.away = False

    async def why(self, figure: str, queue: QueueId | None, since: float, until: float) -> Answer:
        if self.away:
            raise HistoryUnavailable
        self.asked.append((figure, queue, since, until))
        empty = Stretch(start=since, end=until, counts=QueueCounts(), agents=AgentTimes())
        return self.found or answer(explain(figure, Band(), empty, (), 20.0), Names(), queue, since, until)


class ScriptedReports:
    """Remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.refused: Exception | None = None

    async def file(self, question: Question, form: str) -> ReportFile:
        self._ask(question)
        return ReportFile(f"r.{form}", {"json": "application/json", "html": "text/html"}.get(form, "text/csv"), b"{}")

    async def page(self, question: Question) -> str:
        self._ask(question)
        return "<html>report</html>"

    async def calls(self, question: Question) -> Sequence[CallBehind]:
        self._ask(question)
        return [CallBehind(at=NINE + n, call=f"c{n}", number=CALLER) for n in range(250)]

    async def calls_page(self, question: Question) -> str:
        self._ask(question)
        return "<html>calls</html>"

    async def agent_day(self, agent: AgentId, question: Question) -> ReportFile:
        self._ask(question)
        return ReportFile("day.svg", "image/svg+xml", b"<svg/>")

    def sign_in_page(self, *, refused: bool) -> str:
        return "<html>sign in again</html>" if refused else "<html>sign in</html>"

    def _ask(self, question: Question) -> None:
        if self.refused is not None:
            raise self.refused
        self.asked.append(dict(question))


class SmallSite:
    """The site; `start` makes it listen. `get`, `post` and `feed` ask as a role or an agent."""

    def __init__(
        self,
        folder: Path,
        floor: Floor | None = None,
        *,
        now: float = NINE,
        metrics_token: str = "",
        port: int = 0,
        pages: Path | None = None,
    ) -> None:
        self.pages = pages or folder / "pages"
        self.clock = SetClock(now)
        self.journal, self.telephony = ListJournal(), ListTelephony()
        self.floor = floor or Floor.under(rules())
        self.runner = Runner(self.floor, self.clock, self.journal)
        self.pops, self.floor_feed = PopHub(self.runner), FloorFeed(self.runner, gather_s=0.01)
        self.decisions, self.figures = DecisionRing(), TallyFigures(self.clock)
        self.wall_feed = WallFeed(self.runner, self.figures.counts, wall_settings)
        self.runner.telephony = self.telephony
        self.runner.sinks = [self.pops, self.floor_feed, self.wall_feed, self.decisions, self.figures]
        self.history, self.archive, self.reload = DictHistory(), FolderArchive(folder), ScriptedReload()
        self.audits = MemoryAudits()
        self.versions = ScriptedVersions()
        self.items = DictItems(folder)
        self.outside = ListOutside()
        self.why = ScriptedWhy()
        self.reports = ScriptedReports()
        self.health = HealthBoard(self.clock, vital=["ami", "agi", "journal"], others=["database", "redis"])
        self.accounts = Accounts.open(folder / "tokens.json", self.floor.rules.agents.values())
        self.prompts = Prompts(
            Prompt(id=id_, language="zh", text="", voice="", file=f"zh/{id_}.wav")
            for id_ in ("closed", "emergency_closed")
        )
        self.services = Services(
            runner=self.runner,
            pops=self.pops,
            floor_feed=self.floor_feed,
            wall_feed=self.wall_feed,
            decisions=self.decisions,
            accounts=self.accounts,
            reasons=lambda: REASONS,
            figures=self.figures,
            why=self.why,
            history=self.history,
            archive=self.archive,
            prompts=lambda: self.prompts,
            items=self.items,
            outside=self.outside,
            bands=lambda: bands_in_force({"asa": Band(high=30.0)}),
            reports=self.reports,
            health=self.health,
            metrics=FixedPage(),
            reload=self.reload,
            versions=self.versions,
            audits=self.audits,
            zone=ZONE,
            version="0.1.0",
            pages=self.pages,
            metrics_token=metrics_token,
            origins=("https://desk.example",),
        )
        self.server = HttpServer(make_app(self.services), "127.0.0.1", port)
        self.url = ""
        self.http: aiohttp.ClientSession

    async def start(self) -> None:
        self.port = await self.server.start()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = aiohttp.ClientSession()

    async def stop(self) -> None:
        await self.http.close()
        await self.server.stop()
        self.runner.close()

    # --- asking ---------------------------------------------------------------------------------------------------

    def token(self, who: Role | AgentId) -> str:
        token = self.accounts.token_for(who) if isinstance(who, Role) else self.accounts.token_of(who)
        assert token is not None
        return token

    def bearer(self, who: Role | AgentId | None) -> dict[str, str]:
        return {} if who is None else {"Authorization": f"Bearer {self.token(who)}"}

    async def get(self, path: str, who: Role | AgentId | None = None) -> tuple[int, Any]:
        async with self.http.get(self.url + path, headers=self.bearer(who)) as response:
            return response.status, msgspec.json.decode(await response.read())

    async def post(self, path: str, who: Role | AgentId | None, body: Any = None) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        async with self.http.post(self.url + path, headers=self.bearer(who), data=data) as response:
            return response.status, msgspec.json.decode(await response.read())

    async def put(self, path: str, who: Role | AgentId | None, body: Any) -> tuple[int, Any]:
        async with self.http.put(self.url + path, headers=self.bearer(who), data=msgspec.json.encode(body)) as response:
            return response.status, msgspec.json.decode(await response.read())

    def feed(self, path: str, who: Role | AgentId | None, **more: Any) -> Any:
        return self.http.ws_connect(self.url + path, headers=self.bearer(who), **more)

    # --- what happens on the floor ----------------------------------------------------------------------------------

    def tell(self, *events: Event) -> None:
        for event in events:
            self.runner.tell(event)

    def link(self) -> None:
        self.tell(LinkRegained())

    def ready(self, *agents: AgentId) -> None:
        for agent in agents:
            self.tell(
                PhoneChanged(agent=agent, phone=PhoneState.IDLE), AgentLoggedIn(agent=agent), AgentReady(agent=agent)
            )

    def call(self, call: str = "c1", number: str = CALLER, name: str = "", queue: QueueId = REPAIR) -> None:
        self.tell(
            CallArrived(call=CallId(call), channel=f"PJSIP/trunk-{call}", number=number, did="4008869119", name=name),
            CallQueued(call=CallId(call), queue=queue),
        )

    def answered(self, offer: str) -> None:
        self.tell(OfferAnswered(offer=OfferId(offer)))

    def hung_up(self, call: str) -> None:
        self.tell(CallLeftByCaller(call=CallId(call)))

    def talk_over(self, offer: str) -> None:
        self.tell(TalkEnded(offer=OfferId(offer)))
