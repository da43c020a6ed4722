"""What Prometheus reads on /metrics."""

import logging
from collections.abc import Mapping

import msgspec
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from acd.model import Disposition, OfferOutcome, QueueId
from acd.records import Record
from agents.state import AgentState
from metrics.exporter import Exporter
from metrics.families import FAMILIES, Kind
from metrics.intervals import Tally
from metrics.live_view import LiveView
from tests.unit.metrics.floor import StillFloor
from tests.unit.metrics.records import (
    LI,
    NINE,
    SALES,
    answered,
    asked,
    ended,
    entered,
    left,
    node,
    offer_ended,
    opened,
    replied,
    talked,
    was,
)

MORNING: list[Record] = [
    opened("a", NINE), node("menu"), node("night/menu"), entered("a", NINE),
    offer_ended("a", NINE + 8, OfferOutcome.ACCEPTED), *answered("a", NINE + 8, 8.0), talked("a", NINE + 100, 92.0),
    was(AgentState.WRAP_UP, NINE + 100, NINE + 125, queue=SALES), ended("a", NINE, NINE + 100),
    asked("a", NINE + 100), replied("a", NINE + 100, NINE + 105, 4), asked("d", NINE + 200),
    opened("b", NINE), entered("b", NINE), left("b", NINE + 50, 50.0, "abandoned", phase="ringing"),
    opened("c", NINE), entered("c", NINE), left("c", NINE + 2, 2.0, "short_abandon"),
]  # fmt: skip


def tally_of(records: list[Record]) -> Tally:
    tally = Tally()
    for record in records:
        tally.apply(record)
    return tally


def page(tally: Tally | None = None, live: LiveView | None = None) -> str:
    return Exporter(lambda: tally or tally_of(MORNING), live or StillFloor()).render().decode()


def sample(text: str, name: str, **labels: str) -> float:
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    assert len(found) == 1, f"{name}{labels}: {found}"
    return float(found[0])


def families(text: str) -> dict[str, Metric]:
    """By the name under which FAMILIES has them."""
    parsed = text_string_to_metric_families(text)
    return {family.name + ("_total" if family.type == "counter" else ""): family for family in parsed}


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("callcenter_calls_total", {}, 3),
        ("callcenter_calls_ended_total", {"disposition": Disposition.SERVED}, 1),
        ("callcenter_site_offered_total", {}, 3),
        ("callcenter_site_abandoned_total", {"phase": "ringing"}, 1),
        ("callcenter_queue_offered_total", {"queue": "sales"}, 3),
        ("callcenter_queue_answered_total", {"queue": "sales"}, 1),
        ("callcenter_queue_answered_within_sl_total", {"queue": "sales"}, 1),
        ("callcenter_queue_answered_wait_seconds_total", {"queue": "sales"}, 8),
        ("callcenter_queue_abandoned_total", {"queue": "sales", "phase": "ringing"}, 1),
        ("callcenter_queue_abandoned_total", {"queue": "sales", "phase": "waiting"}, 0),
        ("callcenter_queue_short_abandoned_total", {"queue": "sales"}, 1),
        ("callcenter_queue_offers_total", {"queue": "sales", "outcome": "accepted"}, 1),
        ("callcenter_queue_surveys_asked_total", {"queue": "sales"}, 2),
        ("callcenter_queue_surveys_answered_total", {"queue": "sales"}, 1),
        ("callcenter_queue_survey_points_total", {"queue": "sales"}, 4),
        ("callcenter_queue_waiting_calls", {"queue": "sales"}, 3),
        ("callcenter_queue_callbacks", {"queue": "sales"}, 2),
        ("callcenter_queue_longest_wait_seconds", {"queue": "sales"}, 41.5),
        ("callcenter_queue_closed", {"queue": "sales"}, 0),
        ("callcenter_queue_closed", {"queue": "repair"}, 1),
        ("callcenter_site_direct_total", {}, 0),
        ("callcenter_queue_direct_total", {"queue": "sales"}, 0),
        ("callcenter_queue_abandoned_wait_seconds_total", {"queue": "sales"}, 50),
        ("callcenter_queue_queued_left_total", {"queue": "sales"}, 3),
        ("callcenter_queue_queued_wait_seconds_total", {"queue": "sales"}, 60),
        ("callcenter_queue_hold_seconds_total", {"queue": "sales"}, 0),
        ("callcenter_calls", {"state": "waiting"}, 3),
        ("callcenter_calls", {"state": "ivr"}, 0),
        ("callcenter_figure_target", {"figure": "queue_time", "bound": "high"}, 90),
        ("callcenter_group_agents", {"group": "day", "state": "not_ready"}, 3),
        ("callcenter_group_agents", {"group": "day", "state": "talking"}, 0),
        ("callcenter_agents_on_break", {"group": "night"}, 0),
        ("callcenter_longest_break_seconds", {"group": "day"}, 1200),
        ("callcenter_break_limit_seconds", {"group": "day"}, 900),
        ("callcenter_component_up", {"component": "database"}, 0),
        ("callcenter_disk_free_bytes", {"folder": "home"}, 5000),
        ("callcenter_disk_size_bytes", {"folder": "home"}, 20000),
        ("callcenter_breaks_overrun", {}, 2),
        ("callcenter_calendar_known_seconds", {"calendar": "office"}, 59 * 86400),
        ("callcenter_calendar_known_seconds", {"calendar": "night"}, -3 * 86400),
        ("callcenter_expected_wait_outcomes_total", {"queue": "sales", "outcome": "within"}, 0),
        ("callcenter_agents", {"queue": "sales", "state": "ready"}, 2),
        ("callcenter_agents", {"queue": "repair", "state": "wrap_up"}, 0),
        ("callcenter_site_agents", {"state": "ready"}, 2),
        ("callcenter_ami_connected", {"node": "node2"}, 0),
        ("callcenter_ivr_node_entered_total", {"flow": "main", "node": "menu"}, 1),
        ("callcenter_ivr_node_entered_total", {"flow": "night", "node": "menu"}, 1),
        ("callcenter_events_dropped_total", {}, 4),
        ("callcenter_defects_total", {"part": "core"}, 1),
        ("callcenter_edge_alarms_total", {"edge": "ami", "kind": "odd_message"}, 3),
        ("callcenter_journal_failures_total", {"kind": "not_written"}, 8),
        ("callcenter_spool_set_aside_total", {}, 7),
        ("callcenter_left_while_away_total", {"outcome": "damaged"}, 2),
        ("callcenter_webhook_events_total", {"outcome": "delivered"}, 9),
        ("callcenter_build_info", {"version": "0.1.0"}, 1),
    ],
)
def test_metric_shows_what_happened(name: str, labels: dict[str, str], value: float) -> None:
    assert sample(page(), name, **labels) == value


def test_wait_histogram_is_cumulative_and_counts_every_stay() -> None:
    text = page()
    buckets = [
        sample(text, "callcenter_queue_wait_seconds_bucket", queue="sales", le=le) for le in ("5.0", "10.0", "60.0")
    ]
    assert buckets == [1, 2, 3]
    assert sample(text, "callcenter_queue_wait_seconds_bucket", queue="sales", le="+Inf") == 3
    assert sample(text, "callcenter_queue_wait_seconds_sum", queue="sales") == 60.0
    assert sample(text, "callcenter_talk_seconds_sum", queue="sales") == 92.0
    assert sample(text, "callcenter_acw_seconds_count", queue="sales") == 1


def test_expected_waits_are_held_against_what_came_of_them() -> None:
    records: list[Record] = []
    for call, wait_s in (("a", 4.0), ("b", 20.0), ("c", 31.0), ("d", 90.0)):
        records += [entered(call, NINE), *answered(call, NINE + wait_s, wait_s, expected=(5.0, 20.0, 60.0))]
    records += [entered("e", NINE), *answered("e", NINE + 7, 7.0)]
    text = page(tally_of(records))
    name = "callcenter_expected_wait_outcomes_total"
    counts = [sample(text, name, queue="sales", outcome=outcome) for outcome in ("below", "within", "above")]
    assert counts == [1, 2, 1]
    error = "callcenter_expected_wait_error_seconds"
    assert sample(text, f"{error}_count", queue="sales") == 4
    assert sample(text, f"{error}_sum", queue="sales") == 16.0 + 0.0 + 11.0 + 70.0
    assert sample(text, f"{error}_bucket", queue="sales", le="15.0") == 2


def test_queue_nobody_rang_yet_starts_at_zero() -> None:
    text = page(Tally())
    assert sample(text, "callcenter_queue_offered_total", queue="repair") == 0
    assert sample(text, "callcenter_queue_wait_seconds_count", queue="repair") == 0


def test_counters_go_on_after_a_restart() -> None:
    restored = msgspec.msgpack.decode(msgspec.msgpack.encode(tally_of(MORNING)), type=Tally)
    assert page(restored).split("# HELP process_")[0] == page().split("# HELP process_")[0]


def test_dispatch_latency_is_observed() -> None:
    exporter = Exporter(Tally, StillFloor())
    exporter.observe_dispatch(0.003)
    text = exporter.render().decode()
    assert sample(text, "callcenter_dispatch_latency_seconds_count") == 1
    assert sample(text, "callcenter_dispatch_latency_seconds_bucket", le="0.005") == 1


def test_pieces_are_the_page_and_small_enough_to_let_calls_move() -> None:
    queues = [QueueId(f"queue-{number:03}") for number in range(200)]
    exporter = Exporter(lambda: tally_of([entered("a", NINE, queue) for queue in queues]), StillFloor())
    pieces = list(exporter.pieces())
    assert len(pieces) > 10
    assert max(len(piece) for piece in pieces) < 80_000
    assert b"".join(pieces).split(b"# HELP process_")[0] == exporter.render().split(b"# HELP process_")[0]


def test_page_holds_exactly_the_families_of_the_registry() -> None:
    shown = {name: family for name, family in families(page()).items() if name.startswith("callcenter_")}
    assert shown.keys() == FAMILIES.keys()
    for name, family in shown.items():
        assert family.type == FAMILIES[name].kind
        for line in family.samples:
            extra = {"le"} if FAMILIES[name].kind is Kind.HISTOGRAM and line.name.endswith("_bucket") else set()
            assert line.labels.keys() == {*FAMILIES[name].labels, *extra}


def test_every_family_but_the_menu_nodes_has_samples_before_the_first_call() -> None:
    empty = {name for name, family in families(page(Tally())).items() if not family.samples}
    assert empty == {"callcenter_ivr_node_entered_total"}


def test_process_of_the_engine_is_shown() -> None:
    assert sample(page(), "process_resident_memory_bytes") > 0


def test_page_never_names_a_call_a_number_or_an_agent() -> None:
    records: list[Record] = [entered("call-77", NINE), was(AgentState.READY, NINE, NINE + 5), opened("call-77", NINE)]
    text = page(tally_of(records))
    assert all(word not in text for word in ("call-77", "13800138000", f'"{LI}"'))


class BrokenFloor(StillFloor):
    """Some of its readings fail."""

    def waiting_calls(self) -> Mapping[QueueId, int]:
        raise RuntimeError("no floor")

    def spool_entries(self) -> int:
        raise OSError("disk gone")


def test_reading_that_fails_leaves_one_metric_empty_and_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        shown = families(page(live=BrokenFloor()))
    assert {name for name, family in shown.items() if not family.samples} == {
        "callcenter_queue_waiting_calls",
        "callcenter_spool_entries",
    }
    assert [record.getMessage() for record in caplog.records] == [
        "cannot read metric callcenter_queue_waiting_calls",
        "cannot read metric callcenter_spool_entries",
    ]


def test_queue_named_with_quotes_and_line_ends_cannot_break_the_page() -> None:
    evil = QueueId('a"b\\c\nd')
    text = page(tally_of([entered("a", NINE, evil)]))
    assert sample(text, "callcenter_queue_offered_total", queue=evil) == 1
