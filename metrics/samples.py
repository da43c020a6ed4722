"""What each metric shows of a page: the values of its labels, and the number."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, TypeVar

from acd.model import CallState, Disposition, OfferOutcome, QueueId
from agents.state import AgentState
from metrics.definitions import QueueCounts
from metrics.intervals import Distributions, Expectations, Histogram, Tally
from metrics.live_view import LiveView

__all__ = ["NO_LABELS", "VALUES", "Histograms", "Page", "Values", "histograms"]

DEFAULT_FLOW: Final = "main"


class Page(NamedTuple):
    """What one scrape shows."""

    tally: Tally
    live: LiveView
    queues: tuple[QueueId, ...]
    """Those configured and those with counts: a counter must stand at 0 before it rises, or Prometheus misses the rise."""


_Key = TypeVar("_Key", bound=str)
Values = Iterable[tuple[tuple[str, ...], float]]
Histograms = Iterable[tuple[tuple[str, ...], Histogram]]
NO_LABELS: Final = ()
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


def _one(read: Callable[[Page], float]) -> Callable[[Page], Values]:
    """A metric without labels."""
    return lambda page: [(NO_LABELS, read(page))]


def _by_queue(read: Callable[[QueueCounts], float]) -> Callable[[Page], Values]:
    return lambda page: [((queue,), read(_counts(page, queue))) for queue in page.queues]


def _counts(page: Page, queue: QueueId) -> QueueCounts:
    return page.tally.since_start.queues.get(queue, _EMPTY)


def _abandoned(page: Page) -> Values:
    return [((queue, phase), read(_counts(page, queue))) for queue in page.queues for phase, read in _PHASES.items()]


def _site_abandoned(page: Page) -> Values:
    return [((phase,), read(page.tally.since_start.site)) for phase, read in _PHASES.items()]


def _offers(page: Page) -> Values:
    for queue in page.queues:
        offers = _counts(page, queue).offers
        for outcome in OfferOutcome:
            yield (queue, outcome.value), offers.get(outcome, 0)


def _ended(page: Page) -> Values:
    return [((how.value,), page.tally.since_start.ended.get(how, 0)) for how in Disposition]


def _calls(page: Page) -> Values:
    counts = page.live.calls()
    return [((state.value,), counts.get(state, 0)) for state in CallState]


def _agents(page: Page) -> Values:
    return _by_state(page.live.agents())


def _group_agents(page: Page) -> Values:
    return _by_state(page.live.group_agents())


def _by_state(counts: Mapping[tuple[_Key, AgentState], int]) -> Values:
    """A state nobody is in stands at 0, for every key there is."""
    keys = sorted({key for key, _ in counts})
    return [((key, state.value), counts.get((key, state), 0)) for key in keys for state in AgentState]


def _break_limits(page: Page) -> Values:
    return [((group,), now.limit_s) for group, now in page.live.breaks().items() if now.limit_s is not None]


def _targets(page: Page) -> Values:
    for figure, band in page.live.targets().items():
        ends = (("low", band.low), ("high", band.high))
        yield from (((figure, bound), value) for bound, value in ends if value is not None)


def _site_agents(page: Page) -> Values:
    counts = page.live.site_agents()
    return [((state.value,), counts.get(state, 0)) for state in AgentState]


def _nodes(page: Page) -> Values:
    """A node is named "flow/node" in the records, or "node" where there is one flow."""
    for name, count in sorted(page.tally.nodes.items()):
        flow, _, node = name.rpartition("/")
        yield (flow or DEFAULT_FLOW, node), count


def _waiting(page: Page) -> Values:
    return [((queue,), count) for queue, count in page.live.waiting_calls().items()]


def _callbacks(page: Page) -> Values:
    return [((queue,), count) for queue, count in page.live.callbacks().items()]


def _longest_wait(page: Page) -> Values:
    return [((queue,), seconds) for queue, seconds in page.live.longest_wait_s().items()]


def _calendars(page: Page) -> Values:
    return [((name,), days * 86400) for name, days in page.live.calendar_days_known().items()]


def _level_targets(page: Page) -> Values:
    return [((queue,), target) for queue, target in page.live.service_level_targets().items()]


def _closed(page: Page) -> Values:
    return [((queue,), int(closed)) for queue, closed in page.live.queues_closed().items()]


def _expected_waits(page: Page) -> Values:
    for queue in page.queues:
        found = page.tally.expectations.get(queue, _NOTHING_EXPECTED)
        yield (queue, "below"), found.below
        yield (queue, "within"), found.within
        yield (queue, "above"), found.above


def _components(page: Page) -> Values:
    return [((name,), int(up)) for name, up in page.live.components_up().items()]


def _connected(page: Page) -> Values:
    return [((node,), int(up)) for node, up in page.live.ami_connected().items()]


def _by_name(read: Callable[[Page], Mapping[str, float]]) -> Callable[[Page], Values]:
    """A metric with one label."""
    return lambda page: [((name,), count) for name, count in read(page).items()]


def _build(page: Page) -> Values:
    return [((page.live.version(),), 1)]


VALUES: Final[dict[str, Callable[[Page], Values]]] = {
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
    "callcenter_queue_service_level_target_ratio": _level_targets,
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
    "callcenter_audit_last_seconds": _one(lambda page: page.live.last_audit_at()),
    "callcenter_build_info": _build,
}

_DISTRIBUTIONS: Final[dict[str, Callable[[Distributions], Histogram]]] = {
    "callcenter_queue_wait_seconds": lambda d: d.wait,
    "callcenter_talk_seconds": lambda d: d.talk,
    "callcenter_acw_seconds": lambda d: d.wrap_up,
}


def histograms(name: str, page: Page) -> Histograms:
    """The samples of a histogram that is counted by queue."""
    if name == "callcenter_expected_wait_error_seconds":
        expected = page.tally.expectations
        return [((queue,), expected.get(queue, _NOTHING_EXPECTED).error) for queue in page.queues]
    part, known = _DISTRIBUTIONS[name], page.tally.distributions
    return [((queue,), part(known.get(queue, _NEVER))) for queue in page.queues]
