"""The dashboards on a day of a simulated floor: a real Prometheus has an answer for every panel, and the right one."""

import math
from collections.abc import Iterator

import pytest

from acd.model import QueueId
from deploy.grafana.figures import half_hour, over_hours
from metrics.definitions import FIGURES, AgentTimes, QueueCounts, Sums
from tests.deploy.demo_floor import END, START, DemoFloor
from tests.deploy.prometheus import Prometheus
from tests.deploy.promql import RULES, rules
from tests.deploy.test_dashboards import BOARDS, filled_in, panels

SCRAPED = {"$__rate_interval": "4m", "$__range": "24h", "$site": "main", "$queue": ".*", "$group": ".*"}
"""What Grafana puts in, for a scrape a minute and everything chosen."""


@pytest.fixture(scope="module")
def day() -> DemoFloor:
    floor = DemoFloor()
    floor.run()
    return floor


@pytest.fixture(scope="module")
def prometheus(day: DemoFloor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    day.openmetrics(folder / "day.om")
    server = Prometheus(folder)
    server.take_samples(folder / "day.om")
    with server:
        server.record([path for path in RULES if path.stem in ("figures", "hours")], START, END)
        yield server


def asked() -> list[tuple[str, str]]:
    """Panel and expression; the other language asks the same."""
    return [
        (f"{name.removeprefix('en/').removesuffix('.json')}: {panel['title']}", filled_in(target["expr"], SCRAPED))
        for name, board in BOARDS.items()
        if name.startswith("en/")
        for panel in panels(board)
        for target in panel.get("targets", ())
    ]


def test_no_panel_is_empty(prometheus: Prometheus) -> None:
    questions = asked()
    empty = [question for question in questions if not any(map(math.isfinite, prometheus.ask(question[1], END)))]
    assert empty == []
    assert len(questions) > 100


@pytest.mark.parametrize(
    "figure",
    ["service_level", "asa", "abandon_rate", "answered_share", "queued_share", "talk_time", "after_call_work"],
)
def test_recorded_figure_of_the_half_hour_is_that_of_the_definition(
    prometheus: Prometheus, day: DemoFloor, figure: str
) -> None:
    """To the caller: a second more lets the scrapes at both ends in, and shares and means are the same for it."""
    recorded = half_hour(figure, "queue", "")
    (rule,) = [rule for rule in rules() if rule.get("record") == recorded]
    both_ends = rule["expr"].replace("[30m]", "[1801s]")
    found = prometheus.ask(f'({both_ends}) and on (queue) callcenter_queue_closed{{queue="sales"}}', END)
    counts = less(counts_at(day, END), counts_at(day, END - 1800.0))
    assert found == [pytest.approx(defined(figure, counts), rel=1e-9)]


@pytest.mark.parametrize(
    "figure", ["service_level", "asa", "abandon_rate", "answered_share", "talk_time", "after_call_work"]
)
def test_figure_added_up_from_hours_is_that_of_the_definition(
    prometheus: Prometheus, day: DemoFloor, figure: str
) -> None:
    """Over the day, of which the hours leave out a part of the last one."""
    (found,) = prometheus.ask(over_hours(figure, "queue", '{queue="sales"}', "24h"), END)
    assert found == pytest.approx(defined(figure, counts_at(day, END)), rel=0.1)


def defined(figure: str, counts: QueueCounts) -> float:
    value = FIGURES[figure].of(Sums(counts, AgentTimes()))
    assert value is not None
    return value


def counts_at(day: DemoFloor, at: float) -> QueueCounts:
    return day.counts[at][QueueId("sales")]


def less(counts: QueueCounts, before: QueueCounts) -> QueueCounts:
    numbers = [field for field in QueueCounts.__struct_fields__ if field != "offers"]
    return QueueCounts(**{field: getattr(counts, field) - getattr(before, field) for field in numbers})
