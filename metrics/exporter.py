"""`GET /metrics`: the tally's counters and what is true at this moment, read when Prometheus asks.

A reading that fails leaves its metric without samples and a line in the log; the rest of the page is not harmed.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol, TypeVar

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from acd.model import CallState, Disposition, OfferOutcome, QueueId
from agents.state import AgentState
from metrics.definitions import Band, QueueCounts
from metrics.exposition import CONTENT_TYPE, head, histogram_lines, value_lines
from metrics.families import FAMILIES
from metrics.intervals import Distributions, Expectations, Histogram, Tally

__all__ = ["CONTENT_TYPE", "Break", "Disk", "Exporter", "LiveView"]

log = logging.getLogger(__name__)

DISPATCH_BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
DEFAULT_FLOW: Final = "main"
PIECE_BYTES: Final = 64 * 1024


class Break(NamedTuple):
    """The breaks of a group now, and what its rule allows (None: no limit)."""

    agents: int
    longest_s: float
    limit_s: float | None


class Disk(NamedTuple):
    """The space of a disk, in bytes; free is what the engine may still use."""

    free: int
    size: int


class LiveView(Protocol):
    """What is read at each scrape; no method may block."""

    def waiting_calls(self) -> Mapping[QueueId, int]:
        """Callers waiting, those being offered to an agent too. Every configured queue is in it: 0 where nobody waits."""
        ...

    def callbacks(self) -> Mapping[QueueId, int]:
        """By queue: customers who are to be called back."""
        ...

    def longest_wait_s(self) -> Mapping[QueueId, float]:
        """Per queue; 0 where nobody waits."""
        ...

    def agents(self) -> Mapping[tuple[QueueId, AgentState], int]:
        """Agents by queue they serve and state; states nobody is in may be left out."""
        ...

    def site_agents(self) -> Mapping[AgentState, int]:
        """Agents by state, each once."""
        ...

    def calls(self) -> Mapping[CallState, int]:
        """Live calls by where they are; states no call is in may be left out."""
        ...

    def group_agents(self) -> Mapping[tuple[str, AgentState], int]:
        """Agents by group and state; as `agents`."""
        ...

    def breaks(self) -> Mapping[str, Break]:
        """By group that has a rule about breaks."""
        ...

    def targets(self) -> Mapping[str, Band]:
        """The bands in force, by figure."""
        ...

    def components_up(self) -> Mapping[str, bool]:
        """Whether they are as they should be; those not configured are not in it."""
        ...

    def disks(self) -> Mapping[str, Disk]:
        """By what is kept there; as last measured."""
        ...

    def queues_closed(self) -> Mapping[QueueId, bool]:
        """Whether they take no new callers. Every configured queue is in it."""
        ...

    def breaks_overrun(self) -> int:
        """Agents whose break lasts too long."""
        ...

    def calendar_days_known(self) -> Mapping[str, int]:
        """By calendar; those that need no holidays are not in it."""
        ...

    def ami_connected(self) -> Mapping[str, bool]:
        """By Asterisk node."""
        ...

    def events_dropped(self) -> int:
        """Facts lost because they could not be kept, since the process began; the next five likewise."""
        ...

    def defects(self) -> Mapping[str, int]:
        """By part of the engine; each part is in it, with 0 when nothing failed. The next three likewise."""
        ...

    def edge_alarms(self) -> Mapping[tuple[str, str], int]:
        """By edge and kind."""
        ...

    def journal_failures(self) -> Mapping[str, int]:
        """By kind."""
        ...

    def webhook_events(self) -> Mapping[str, int]:
        """By outcome, all hooks together."""
        ...

    def spool_set_aside(self) -> int: ...

    def left_while_away(self) -> Mapping[str, int]:
        """By outcome."""
        ...

    def sessions(self) -> int:
        """Callers' legs the FastAGI server holds."""
        ...

    def event_loop_lag_s(self) -> float: ...

    def journal_sequence(self) -> int:
        """Number of the last event in the journal."""
        ...

    def spool_entries(self) -> int: ...

    def spool_oldest_age_s(self) -> float:
        """0 when the spool is empty."""
        ...

    def recordings_missing(self) -> int: ...

    def audit_differences(self) -> Mapping[str, int]:
        """Of the last audit, by kind; empty: there was none yet."""
        ...

    def last_audit_at(self) -> float | None:
        """Seconds since the epoch."""
        ...

    def version(self) -> str: ...


class _Page(NamedTuple):
    """What one scrape shows."""

    tally: Tally
    live: LiveView
    queues: tuple[QueueId, ...]
    """Those configured and those with counts: a counter must stand at 0 before it rises, or Prometheus misses the rise."""


_Key = TypeVar("_Key", bound=str)
_Values = Iterable[tuple[tuple[str, ...], float]]
_Histograms = Iterable[tuple[tuple[str, ...], Histogram]]
_NO_LABELS: Final = ()
_EMPTY: Final = QueueCounts()
_NEVER: Final = Distributions()
_NOTHING_EXPECTED: Final = Expectations()

_COUNTERS: Final[dict[str, Callable[[QueueCounts], float]]] = {
    "offered": lambda c: c.offered,
    "direct": lambda c: c.direct,
    "answered": lambda c: c.answered,
    "answered_within_sl": lambda c: c.answered_within_sl,
    "answered_wait_seconds": lambda c: c.answered_wait_s,
    "short_abandoned": lambda c: c.short_abandoned,
    "abandoned_wait_seconds": lambda c: c.abandoned_wait_s,
    "queued_left": lambda c: c.queued_left,
    "queued_wait_seconds": lambda c: c.queued_wait_s,
    "held": lambda c: c.held,
    "hold_seconds": lambda c: c.hold_s,
    "transferred": lambda c: c.transferred,
    "rung": lambda c: c.rung,
    "rung_seconds": lambda c: c.rung_s,
    "overflowed": lambda c: c.overflowed,
    "switch_lost": lambda c: c.switch_lost,
    "surveys_asked": lambda c: c.surveys_asked,
    "surveys_answered": lambda c: c.surveys_answered,
    "survey_scores": lambda c: c.survey_scores,
    "survey_points": lambda c: c.survey_points,
}
"""Counters that have the queue as their only label."""

_PHASES: Final[dict[str, Callable[[QueueCounts], float]]] = {
    "waiting": lambda c: c.abandoned_waiting,
    "ringing": lambda c: c.abandoned_ringing,
}


def _one(read: Callable[[_Page], float]) -> Callable[[_Page], _Values]:
    """A metric without labels."""
    return lambda page: [(_NO_LABELS, read(page))]


def _by_queue(read: Callable[[QueueCounts], float]) -> Callable[[_Page], _Values]:
    return lambda page: [((queue,), read(_counts(page, queue))) for queue in page.queues]


def _counts(page: _Page, queue: QueueId) -> QueueCounts:
    return page.tally.since_start.queues.get(queue, _EMPTY)


def _abandoned(page: _Page) -> _Values:
    return [((queue, phase), read(_counts(page, queue))) for queue in page.queues for phase, read in _PHASES.items()]


def _site_abandoned(page: _Page) -> _Values:
    return [((phase,), read(page.tally.since_start.site)) for phase, read in _PHASES.items()]


def _offers(page: _Page) -> _Values:
    for queue in page.queues:
        offers = _counts(page, queue).offers
        for outcome in OfferOutcome:
            yield (queue, outcome.value), offers.get(outcome, 0)


def _ended(page: _Page) -> _Values:
    return [((how.value,), page.tally.since_start.ended.get(how, 0)) for how in Disposition]


def _calls(page: _Page) -> _Values:
    counts = page.live.calls()
    return [((state.value,), counts.get(state, 0)) for state in CallState]


def _agents(page: _Page) -> _Values:
    return _by_state(page.live.agents())


def _group_agents(page: _Page) -> _Values:
    return _by_state(page.live.group_agents())


def _by_state(counts: Mapping[tuple[_Key, AgentState], int]) -> _Values:
    """A state nobody is in stands at 0, for every key there is."""
    keys = sorted({key for key, _ in counts})
    return [((key, state.value), counts.get((key, state), 0)) for key in keys for state in AgentState]


def _break_limits(page: _Page) -> _Values:
    return [((group,), now.limit_s) for group, now in page.live.breaks().items() if now.limit_s is not None]


def _targets(page: _Page) -> _Values:
    for figure, band in page.live.targets().items():
        ends = (("low", band.low), ("high", band.high))
        yield from (((figure, bound), value) for bound, value in ends if value is not None)


def _site_agents(page: _Page) -> _Values:
    counts = page.live.site_agents()
    return [((state.value,), counts.get(state, 0)) for state in AgentState]


def _nodes(page: _Page) -> _Values:
    """A node is named "flow/node" in the records, or "node" where there is one flow."""
    for name, count in sorted(page.tally.nodes.items()):
        flow, _, node = name.rpartition("/")
        yield (flow or DEFAULT_FLOW, node), count


def _waiting(page: _Page) -> _Values:
    return [((queue,), count) for queue, count in page.live.waiting_calls().items()]


def _callbacks(page: _Page) -> _Values:
    return [((queue,), count) for queue, count in page.live.callbacks().items()]


def _longest_wait(page: _Page) -> _Values:
    return [((queue,), seconds) for queue, seconds in page.live.longest_wait_s().items()]


def _calendars(page: _Page) -> _Values:
    return [((name,), days * 86400) for name, days in page.live.calendar_days_known().items()]


def _closed(page: _Page) -> _Values:
    return [((queue,), int(closed)) for queue, closed in page.live.queues_closed().items()]


def _expected_waits(page: _Page) -> _Values:
    for queue in page.queues:
        found = page.tally.expectations.get(queue, _NOTHING_EXPECTED)
        yield (queue, "below"), found.below
        yield (queue, "within"), found.within
        yield (queue, "above"), found.above


def _components(page: _Page) -> _Values:
    return [((name,), int(up)) for name, up in page.live.components_up().items()]


def _connected(page: _Page) -> _Values:
    return [((node,), int(up)) for node, up in page.live.ami_connected().items()]


def _by_name(read: Callable[[_Page], Mapping[str, float]]) -> Callable[[_Page], _Values]:
    """A metric with one label."""
    return lambda page: [((name,), count) for name, count in read(page).items()]


def _last_audit(page: _Page) -> _Values:
    at = page.live.last_audit_at()
    return [] if at is None else [((), at)]


def _build(page: _Page) -> _Values:
    return [((page.live.version(),), 1)]


_VALUES: Final[dict[str, Callable[[_Page], _Values]]] = {
    "callcenter_calls_total": _one(lambda page: page.tally.since_start.site.calls),
    "callcenter_calls_ended_total": _ended,
    "callcenter_site_offered_total": _one(lambda page: page.tally.since_start.site.offered),
    "callcenter_site_direct_total": _one(lambda page: page.tally.since_start.site.direct),
    "callcenter_site_answered_total": _one(lambda page: page.tally.since_start.site.answered),
    "callcenter_site_answered_within_sl_total": _one(lambda page: page.tally.since_start.site.answered_within_sl),
    "callcenter_site_answered_wait_seconds_total": _one(lambda page: page.tally.since_start.site.answered_wait_s),
    "callcenter_site_abandoned_total": _site_abandoned,
    "callcenter_site_short_abandoned_total": _one(lambda page: page.tally.since_start.site.short_abandoned),
    "callcenter_calls": _calls,
    "callcenter_figure_target": _targets,
    **{f"callcenter_queue_{name}_total": _by_queue(read) for name, read in _COUNTERS.items()},
    "callcenter_queue_abandoned_total": _abandoned,
    "callcenter_queue_offers_total": _offers,
    "callcenter_queue_waiting_calls": _waiting,
    "callcenter_queue_callbacks": _callbacks,
    "callcenter_queue_longest_wait_seconds": _longest_wait,
    "callcenter_queue_closed": _closed,
    "callcenter_expected_wait_outcomes_total": _expected_waits,
    "callcenter_agents": _agents,
    "callcenter_site_agents": _site_agents,
    "callcenter_group_agents": _group_agents,
    "callcenter_agents_on_break": _by_name(
        lambda page: {group: now.agents for group, now in page.live.breaks().items()}
    ),
    "callcenter_longest_break_seconds": _by_name(
        lambda page: {group: now.longest_s for group, now in page.live.breaks().items()}
    ),
    "callcenter_break_limit_seconds": _break_limits,
    "callcenter_breaks_overrun": _one(lambda page: page.live.breaks_overrun()),
    "callcenter_calendar_known_seconds": _calendars,
    "callcenter_ivr_node_entered_total": _nodes,
    "callcenter_component_up": _components,
    "callcenter_disk_free_bytes": _by_name(lambda page: {name: disk.free for name, disk in page.live.disks().items()}),
    "callcenter_disk_size_bytes": _by_name(lambda page: {name: disk.size for name, disk in page.live.disks().items()}),
    "callcenter_ami_connected": _connected,
    "callcenter_events_dropped_total": _one(lambda page: page.live.events_dropped()),
    "callcenter_defects_total": _by_name(lambda page: page.live.defects()),
    "callcenter_edge_alarms_total": lambda page: page.live.edge_alarms().items(),
    "callcenter_agi_sessions": _one(lambda page: page.live.sessions()),
    "callcenter_event_loop_lag_seconds": _one(lambda page: page.live.event_loop_lag_s()),
    "callcenter_journal_events_total": _one(lambda page: page.live.journal_sequence()),
    "callcenter_journal_failures_total": _by_name(lambda page: page.live.journal_failures()),
    "callcenter_spool_set_aside_total": _one(lambda page: page.live.spool_set_aside()),
    "callcenter_left_while_away_total": _by_name(lambda page: page.live.left_while_away()),
    "callcenter_spool_entries": _one(lambda page: page.live.spool_entries()),
    "callcenter_spool_oldest_age_seconds": _one(lambda page: page.live.spool_oldest_age_s()),
    "callcenter_recordings_missing": _one(lambda page: page.live.recordings_missing()),
    "callcenter_webhook_events_total": _by_name(lambda page: page.live.webhook_events()),
    "callcenter_audit_differences": _by_name(lambda page: page.live.audit_differences()),
    "callcenter_audit_last_seconds": _last_audit,
    "callcenter_build_info": _build,
}

_DISTRIBUTIONS: Final[dict[str, Callable[[Distributions], Histogram]]] = {
    "callcenter_queue_wait_seconds": lambda d: d.wait,
    "callcenter_talk_seconds": lambda d: d.talk,
    "callcenter_acw_seconds": lambda d: d.wrap_up,
}


class Exporter:
    """The metrics page. `tally` gives the tally of now: it is another one after a restore."""

    def __init__(self, tally: Callable[[], Tally], live: LiveView) -> None:
        self._tally = tally
        self._live = live
        self._dispatch = Histogram.over(DISPATCH_BOUNDS_S)
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def observe_dispatch(self, seconds: float) -> None:
        """Tell how long it took from an agent's becoming free to the order to ring him."""
        self._dispatch.observe(seconds)

    def render(self) -> bytes:
        """The page in Prometheus' text format; serve it as CONTENT_TYPE."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The same page in pieces of about a millisecond's work: between two of them calls may move.

        A series is never cut; two series of one page may be of different moments, as always in Prometheus."""
        tally = self._tally()
        page = _Page(tally, self._live, tuple(sorted({*tally.since_start.queues, *self._configured()})))
        piece, size = [], 0
        for line in self._lines(page):
            piece.append(line)
            size += len(line)
            if size >= PIECE_BYTES:
                yield "".join(piece).encode()
                piece, size = [], 0
        yield "".join(piece).encode()
        yield generate_latest(self._process)

    def _configured(self) -> Iterable[QueueId]:
        try:
            return self._live.waiting_calls()
        except Exception:  # the gauge made of the same reading logs it
            return ()

    def _lines(self, page: _Page) -> Iterator[str]:
        for name, family in FAMILIES.items():
            yield head(family)
            if name in _VALUES:
                yield from value_lines(family, _read(name, _VALUES[name], page))
            else:
                yield from histogram_lines(family, self._histograms(name, page))

    def _histograms(self, name: str, page: _Page) -> _Histograms:
        if name == "callcenter_dispatch_latency_seconds":
            return [(_NO_LABELS, self._dispatch)]
        if name == "callcenter_expected_wait_error_seconds":
            expected = page.tally.expectations
            return [((queue,), expected.get(queue, _NOTHING_EXPECTED).error) for queue in page.queues]
        part, known = _DISTRIBUTIONS[name], page.tally.distributions
        return [((queue,), part(known.get(queue, _NEVER))) for queue in page.queues]


def _read(name: str, read: Callable[[_Page], _Values], page: _Page) -> _Values:
    try:
        return list(read(page))
    except Exception:
        log.exception("cannot read metric %s", name)
        return []
