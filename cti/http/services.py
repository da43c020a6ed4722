"""What the routes need, by role; engine.app fills it in."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from aiohttp import web

from acd.model import CallId, QueueId
from acd.records import Decision
from acd.runner import Runner
from agents.accounts import Accounts
from agents.roster import AgentId
from cti.decisions import DecisionRing
from cti.floorfeed import FloorFeed
from cti.health import Health
from cti.screenpop import PopHub
from cti.views import PastCall
from cti.wallfeed import WallFeed
from desk.items import ItemId, Step, WorkItem
from desk.store import Count, Wanted
from ivr.prompts import Prompts
from metrics.definitions import Band
from metrics.dimensions import Dimension
from metrics.figures import CurvePoint, Figures
from metrics.intervals import Book
from metrics.outside import Entry
from metrics.why import Answer
from recordings.ledger import Recording

__all__ = [
    "ASK_S",
    "SERVICES",
    "Archive",
    "Audits",
    "CallBehind",
    "Curve",
    "History",
    "HistoryUnavailable",
    "KeptVersion",
    "MetricsPage",
    "NotReadyReasons",
    "OutsideFigures",
    "Question",
    "QuestionRefused",
    "Reload",
    "ReloadRefused",
    "ReportFile",
    "Reports",
    "Services",
    "TodaysFigures",
    "UnknownVersion",
    "Versions",
    "Why",
    "WorkItems",
]

NotReadyReasons = Mapping[str, Mapping[str, str]]
"""Reason -> language -> what people call it."""


class HistoryUnavailable(Exception):
    """The database does not answer; what is over cannot be shown now. Calls are not affected."""


class ReloadRefused(Exception):
    """The new configuration is not good; the old one stays. `problems` has a line for each, with file, line and column."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} problem(s) in the configuration; nothing was changed")
        self.problems = tuple(problems)


class UnknownVersion(Exception):
    """No configuration of this version is kept."""


class KeptVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that was in force and can be gone back to. `at`: when it last came into force, in seconds since the
    epoch."""

    version: str
    at: float


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Two days by intervals of `step_s` seconds; `today` and `yesterday` are the moments the days began."""

    step_s: float
    today: float
    yesterday: float
    points: Sequence[CurvePoint]


class TodaysFigures(Protocol):
    """The figures since midnight. Does not block."""

    def queue(self, queue: QueueId) -> Figures: ...

    def site(self) -> Figures: ...

    def curve(self, queues: Collection[QueueId]) -> Curve:
        """Today's and yesterday's intervals: of these queues together, or, if there are none, of the site."""
        ...


class Why(Protocol):
    """Explains figures that are out of their bands. Raises HistoryUnavailable."""

    async def why(self, figure: str, queue: QueueId | None, since: float, until: float) -> Answer:
        """Of a queue or of the site, in the whole quarters of an hour from `since` to `until`."""
        ...


class History(Protocol):
    """What SQL knows of calls that are over. Raises HistoryUnavailable."""

    async def call(self, call: CallId) -> PastCall | None:
        """The call, if it is over and known."""
        ...

    async def decisions(self, call: CallId) -> Sequence[Decision]:
        """Its routing decisions, in order; empty when nothing is known of it."""
        ...


class Archive(Protocol):
    """The recordings. Raises HistoryUnavailable."""

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
        """The newest ones that match, `since` <= started < `until`."""
        ...

    async def get(self, recording: str) -> Recording | None: ...

    def path(self, recording: Recording) -> Path:
        """Its file; looks at the disk. Raises recordings.ledger.RecordingNotThere."""
        ...


class WorkItems(Protocol):
    """What there is to do. Raises HistoryUnavailable."""

    async def find(self, wanted: Wanted, limit: int) -> Sequence[WorkItem]:
        """The newest ones that match."""
        ...

    async def counts(self, wanted: Wanted) -> Sequence[Count]: ...

    async def get(self, item: ItemId) -> WorkItem | None: ...

    async def steps(self, item: ItemId) -> Sequence[Step]:
        """All that was done with it, in order."""
        ...

    async def change(self, before: WorkItem, now: WorkItem, step: Step) -> None:
        """Keep a step and what the item is after it. Raises desk.store.ItemChanged when it is not as `before` any more."""
        ...

    def audio(self, item: ItemId) -> Path:
        """The file of a message; looks at the disk. Raises recordings.ledger.RecordingNotThere."""
        ...


class OutsideFigures(Protocol):
    """The numbers Hotline was told. Raises HistoryUnavailable."""

    async def find(
        self,
        *,
        name: str | None,
        by: Dimension | None,
        keys: Collection[str] | None,
        since: float | None,
        until: float | None,
    ) -> Sequence[Entry]:
        """Those that match and lie, if only in part, between `since` and `until`."""
        ...

    async def keep(self, entries: Sequence[Entry]) -> int:
        """All of them or none; how many are new or changed. Raises metrics.outside.Overlapping."""
        ...


class QuestionRefused(Exception):
    """A report cannot be asked for like this; the message says what was expected."""


class ReportFile(msgspec.Struct, frozen=True):
    """A report, or a picture, as a file."""

    name: str
    content_type: str
    content: bytes


class CallBehind(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was counted. `at`: when it was booked. Wrap-ups are of no call."""

    at: float
    call: str | None
    queue: str | None = None
    agent: str | None = None
    number: str = ""
    wait_s: float | None = None
    talk_s: float | None = None
    how: str = ""


Question = Mapping[str, str]
"""from, to, by, step, figures, count, key, language: as they stand in a request; several keys with commas between."""


class Reports(Protocol):
    """Reports of stored figures. All raise HistoryUnavailable and QuestionRefused."""

    async def file(self, question: Question, form: str) -> ReportFile:
        """In one of the forms json, csv, xlsx, html."""
        ...

    async def page(self, question: Question) -> str:
        """As a page with a form to ask for other ones."""
        ...

    async def calls(self, question: Question) -> Sequence[CallBehind]:
        """What one count of a report was made of."""
        ...

    async def calls_page(self, question: Question) -> str:
        """The same as a page."""
        ...

    async def agent_day(self, agent: AgentId, question: Question) -> ReportFile:
        """An agent's `day` as a picture."""
        ...

    def sign_in_page(self, *, refused: bool) -> str:
        """Asks for a token."""
        ...


class MetricsPage(Protocol):
    """Makes the page for Prometheus."""

    def pieces(self) -> Iterator[bytes]:
        """Each is little work: what waits may run between two of them."""
        ...


class Reload(Protocol):
    """Reads the configuration anew and tells the runner. Raises ReloadRefused, or acd.core.Refused."""

    async def __call__(self) -> None: ...


class Versions(Protocol):
    """The configurations that were in force lately."""

    async def kept(self) -> Sequence[KeptVersion]:
        """Newest first; the one in force is the first of them, unless it could not be kept."""
        ...

    async def go_back(self, version: str | None) -> None:
        """Put a kept version in force, whole or not at all; None: the one before that in force. Raises UnknownVersion,
        ReloadRefused, or acd.core.Refused."""
        ...


class Audits(Protocol):
    """Numbers held against each other."""

    def last(self) -> dict[str, Any] | None:
        """The last nightly audit; None: there was none yet."""
        ...

    def live(self, quarter: int) -> Book | None:
        """A quarter of an hour as it was counted live; None: it is not in memory."""
        ...


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """All there is behind the routes. `metrics_token` empty: `/metrics` needs none."""

    runner: Runner
    pops: PopHub
    floor_feed: FloorFeed
    wall_feed: WallFeed
    decisions: DecisionRing
    accounts: Accounts
    reasons: Callable[[], NotReadyReasons]
    figures: TodaysFigures
    why: Why
    history: History
    archive: Archive
    prompts: Callable[[], Prompts]
    items: WorkItems
    outside: OutsideFigures
    bands: Callable[[], Mapping[str, Band]]
    """Where each figure should be, by the configuration in force."""
    reports: Reports
    health: Health
    metrics: MetricsPage
    reload: Reload
    versions: Versions
    audits: Audits
    zone: tzinfo
    version: str
    pages: Path
    """The folder the browser's pages were built into; there may be nothing in it yet."""
    metrics_token: str = ""
    origins: tuple[str, ...] = ()
    """Web pages of other hosts that may open feeds, as scheme://host[:port]."""


ASK_S: Final = 5.0
"""The past is answered for in this time, or not at all."""
SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
