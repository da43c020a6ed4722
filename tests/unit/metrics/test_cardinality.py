"""How many series a big site costs Prometheus, and that nothing a caller brings along makes one more."""

from acd.model import QueueId
from acd.records import Record
from bench.scrape import BusyFloor, busy_tally
from metrics.exporter import Exporter
from metrics.families import FAMILIES
from metrics.intervals import Tally
from tests.unit.metrics.records import NINE, answered, ended, entered, opened
from tests.unit.metrics.test_exporter import tally_of

QUEUES = [QueueId(f"queue-{number:03}") for number in range(200)]
A_QUEUE, THE_SITE, A_GROUP = 97, 150, 10
"""The most series that each of these may have."""
FROM_CODE_OR_CONFIGURATION = {
    "queue", "group", "state", "phase", "outcome", "disposition", "flow", "node", "calendar", "figure", "bound",
    "component", "folder", "part", "edge", "kind", "version",
}  # fmt: skip


def series(tally: Tally, agents: int) -> set[str]:
    page = Exporter(lambda: tally, BusyFloor(QUEUES, agents)).render().decode()
    return {line.rpartition(" ")[0] for line in page.splitlines() if not line.startswith("#")}


def test_two_hundred_queues_and_a_thousand_agents_are_a_bounded_number_of_series() -> None:
    assert len(series(busy_tally(QUEUES), 1000)) <= 200 * A_QUEUE + 50 * A_GROUP + THE_SITE


def test_more_agents_are_no_more_series() -> None:
    assert series(busy_tally(QUEUES), 1000) == series(busy_tally(QUEUES), 3000)


def test_more_calls_are_no_more_series() -> None:
    def day(calls: int) -> Tally:
        records: list[Record] = []
        for number in range(calls):
            call = f"call{number}"
            records += [
                opened(call, NINE),
                entered(call, NINE),
                *answered(call, NINE + 8, 8.0),
                ended(call, NINE, NINE),
            ]
        return tally_of(records)

    assert series(day(1), 10) == series(day(500), 10)


def test_labels_are_things_of_the_code_or_of_the_configuration() -> None:
    assert {label for family in FAMILIES.values() for label in family.labels} == FROM_CODE_OR_CONFIGURATION
