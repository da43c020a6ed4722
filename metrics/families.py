"""Every metric Hotline shows to Prometheus: name, kind, labels, meaning.

Labels are few and bounded by code or configuration: queue, group, state, phase, outcome, disposition, flow, node, calendar,
figure, bound, component, folder, part, edge, kind. Never a call, a number or an agent. Counters of callers come from the tally
and go on where they were after a restart; those of the engine itself (dropped, defects, alarms, failures, webhooks) begin at
0 with each process. What is counted per queue counts a caller once in each queue he comes to; the `callcenter_site_` families
count him once.
"""

from enum import StrEnum
from typing import Final

import msgspec

__all__ = ["FAMILIES", "Family", "Kind"]


class Kind(StrEnum):
    """A metric's type in the exposition format."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Family(msgspec.Struct, frozen=True):
    """One metric and the names of its labels."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


_QUEUE: Final = ("queue",)

_ALL: Final = (
    # the site, each call once
    Family("callcenter_calls_total", Kind.COUNTER, "Calls that came in."),
    Family("callcenter_calls_ended_total", Kind.COUNTER, "Calls that ended, by how.", ("disposition",)),
    Family("callcenter_site_offered_total", Kind.COUNTER, "Calls that came to a first queue."),
    Family("callcenter_site_direct_total", Kind.COUNTER, "Of these, offered to an agent at once: they did not queue."),
    Family("callcenter_site_answered_total", Kind.COUNTER, "Calls an agent answered."),
    Family("callcenter_site_answered_within_sl_total", Kind.COUNTER, "Calls answered within the service level."),
    Family("callcenter_site_answered_wait_seconds_total", Kind.COUNTER, "Whole wait of answered calls."),
    Family("callcenter_site_abandoned_total", Kind.COUNTER, "Calls given up, without short abandons.", ("phase",)),
    Family("callcenter_site_short_abandoned_total", Kind.COUNTER, "Calls given up within the short-abandon time."),
    Family("callcenter_calls", Kind.GAUGE, "Calls now, by where they are.", ("state",)),
    Family(
        "callcenter_figure_target",
        Kind.GAUGE,
        "The low or high end of the band a figure should be in (metrics.yaml, else its definition).",
        ("figure", "bound"),
    ),
    # by queue
    Family("callcenter_queue_service_level_target_ratio", Kind.GAUGE, "The queue's own target (queues.yaml).", _QUEUE),
    Family("callcenter_queue_offered_total", Kind.COUNTER, "Callers who came to the queue.", _QUEUE),
    Family("callcenter_queue_direct_total", Kind.COUNTER, "Of these, offered to an agent at once.", _QUEUE),
    Family("callcenter_queue_answered_total", Kind.COUNTER, "Callers answered.", _QUEUE),
    Family("callcenter_queue_answered_within_sl_total", Kind.COUNTER, "Answered within the service level.", _QUEUE),
    Family("callcenter_queue_answered_wait_seconds_total", Kind.COUNTER, "Wait of answered callers.", _QUEUE),
    Family(
        "callcenter_queue_abandoned_total",
        Kind.COUNTER,
        "Callers who hung up before an answer, without short abandons.",
        ("queue", "phase"),
    ),
    Family("callcenter_queue_short_abandoned_total", Kind.COUNTER, "Hung up within the short-abandon time.", _QUEUE),
    Family("callcenter_queue_abandoned_wait_seconds_total", Kind.COUNTER, "Wait of abandoned callers.", _QUEUE),
    Family("callcenter_queue_queued_left_total", Kind.COUNTER, "Stays that ended of callers who had to queue.", _QUEUE),
    Family("callcenter_queue_queued_wait_seconds_total", Kind.COUNTER, "Their wait.", _QUEUE),
    Family("callcenter_queue_held_total", Kind.COUNTER, "Talks that ended in which the caller was held.", _QUEUE),
    Family("callcenter_queue_hold_seconds_total", Kind.COUNTER, "How long, in all.", _QUEUE),
    Family("callcenter_queue_transferred_total", Kind.COUNTER, "Talks that ended with the caller handed on.", _QUEUE),
    Family("callcenter_queue_rung_total", Kind.COUNTER, "Offers accepted after the agent's phone rang.", _QUEUE),
    Family("callcenter_queue_rung_seconds_total", Kind.COUNTER, "How long it rang for these.", _QUEUE),
    Family("callcenter_queue_overflowed_total", Kind.COUNTER, "Callers whose maximum wait was over.", _QUEUE),
    Family("callcenter_queue_switch_lost_total", Kind.COUNTER, "Waiting callers lost with Asterisk.", _QUEUE),
    Family(
        "callcenter_queue_offers_total",
        Kind.COUNTER,
        "Offers to agents that ended, by outcome.",
        ("queue", "outcome"),
    ),
    Family("callcenter_queue_wait_seconds", Kind.HISTOGRAM, "Time in the queue, whatever came of it.", _QUEUE),
    Family(
        "callcenter_expected_wait_error_seconds",
        Kind.HISTOGRAM,
        "How far the wait of answered callers was from the one expected when they entered the queue, either way.",
        _QUEUE,
    ),
    Family(
        "callcenter_expected_wait_outcomes_total",
        Kind.COUNTER,
        "Answered callers whose wait was below, within or above the expected range.",
        ("queue", "outcome"),
    ),
    Family("callcenter_queue_surveys_asked_total", Kind.COUNTER, "Callers asked about their talk.", _QUEUE),
    Family("callcenter_queue_surveys_answered_total", Kind.COUNTER, "Of these, who answered a question.", _QUEUE),
    Family("callcenter_queue_survey_scores_total", Kind.COUNTER, "Survey answers that give points.", _QUEUE),
    Family("callcenter_queue_survey_points_total", Kind.COUNTER, "The sum of their points.", _QUEUE),
    Family("callcenter_talk_seconds", Kind.HISTOGRAM, "Time agent and caller were connected, with hold.", _QUEUE),
    Family("callcenter_acw_seconds", Kind.HISTOGRAM, "After-call work.", _QUEUE),
    Family("callcenter_queue_waiting_calls", Kind.GAUGE, "Callers waiting now, those being offered too.", _QUEUE),
    Family(
        "callcenter_queue_callbacks", Kind.GAUGE, "Customers to be called back, apart from callers waiting.", _QUEUE
    ),
    Family("callcenter_queue_longest_wait_seconds", Kind.GAUGE, "Wait of who waits longest; 0: nobody does.", _QUEUE),
    Family("callcenter_queue_closed", Kind.GAUGE, "1 while the queue takes no new callers.", _QUEUE),
    Family(
        "callcenter_agents",
        Kind.GAUGE,
        "Agents who serve the queue, by state; who serves several stands in each.",
        ("queue", "state"),
    ),
    Family("callcenter_site_agents", Kind.GAUGE, "Agents by state, each once.", ("state",)),
    Family(
        "callcenter_group_agents",
        Kind.GAUGE,
        "Agents of the group, by state; who belongs to several stands in each.",
        ("group", "state"),
    ),
    Family("callcenter_breaks_overrun", Kind.GAUGE, "Agents whose break lasts longer than their group's rule allows."),
    Family("callcenter_agents_on_break", Kind.GAUGE, "Agents on a break their group has a rule for.", ("group",)),
    Family("callcenter_longest_break_seconds", Kind.GAUGE, "The longest of these breaks; 0: nobody's.", ("group",)),
    Family("callcenter_break_limit_seconds", Kind.GAUGE, "How long the group's rule lets them last.", ("group",)),
    Family("callcenter_calendar_known_seconds", Kind.GAUGE, "How far ahead holidays are known.", ("calendar",)),
    # the menu
    Family("callcenter_ivr_node_entered_total", Kind.COUNTER, "Callers who came to a menu node.", ("flow", "node")),
    # the engine
    Family("callcenter_dispatch_latency_seconds", Kind.HISTOGRAM, "From a free agent to the order to ring him."),
    Family(
        "callcenter_component_up",
        Kind.GAUGE,
        "1 while this part of the engine is as it should be (/healthz); parts not configured are not shown.",
        ("component",),
    ),
    Family("callcenter_disk_free_bytes", Kind.GAUGE, "Free space where the folder lies.", ("folder",)),
    Family("callcenter_disk_size_bytes", Kind.GAUGE, "The whole space there.", ("folder",)),
    Family("callcenter_ami_connected", Kind.GAUGE, "1 while Asterisk's event stream is up.", ("node",)),
    Family("callcenter_events_dropped_total", Kind.COUNTER, "Finished facts the spool's disk would not take: lost."),
    Family("callcenter_defects_total", Kind.COUNTER, "Failures of the code itself, each in the log.", ("part",)),
    Family("callcenter_edge_alarms_total", Kind.COUNTER, "What came in and was not as it must be.", ("edge", "kind")),
    Family("callcenter_agi_sessions", Kind.GAUGE, "Callers' legs held by the engine."),
    Family("callcenter_event_loop_lag_seconds", Kind.GAUGE, "How late the event loop last was."),
    Family("callcenter_journal_events_total", Kind.COUNTER, "Events written to the journal."),
    Family("callcenter_journal_failures_total", Kind.COUNTER, "What the journal lost or could not do.", ("kind",)),
    Family("callcenter_spool_set_aside_total", Kind.COUNTER, "Facts SQL will never take, put aside for a person."),
    Family(
        "callcenter_left_while_away_total",
        Kind.COUNTER,
        "Messages and numbers callers left while the engine was away, by what became of them.",
        ("outcome",),
    ),
    Family("callcenter_spool_entries", Kind.GAUGE, "Facts on disk that are not in SQL yet."),
    Family("callcenter_spool_oldest_age_seconds", Kind.GAUGE, "Age of the oldest of them; 0: none."),
    Family("callcenter_recordings_missing", Kind.GAUGE, "Recordings whose file is missing or empty."),
    Family("callcenter_webhook_events_total", Kind.COUNTER, "What became of events for webhooks.", ("outcome",)),
    Family(
        "callcenter_audit_differences",
        Kind.GAUGE,
        "Numbers of the day before that did not agree when they were last held against each other (./hotline audit).",
        ("kind",),
    ),
    Family("callcenter_audit_last_seconds", Kind.GAUGE, "When that was, in seconds since the epoch; 0: not yet."),
    Family("callcenter_build_info", Kind.GAUGE, "Always 1; the version is in the label.", ("version",)),
)

FAMILIES: Final[dict[str, Family]] = {family.name: family for family in _ALL}
