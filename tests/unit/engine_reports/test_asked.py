"""Questions as people write them, and what they are told when these cannot be answered."""

from datetime import date

import pytest

from engine.reports.asked import BadQuestion
from engine.reports.asking import last_month, last_week, wanted_of
from engine.reports.site import Surroundings
from metrics.definitions import AgentTimes, QueueCounts, Sums
from metrics.dimensions import Dimension
from metrics.periods import Step
from tests.unit.engine_reports.reports import RULES, SINCE, UNTIL, ZONE

TODAY = date(2026, 11, 26)
AROUND = Surroundings(rules=RULES, zone=ZONE)


def test_nothing_said_is_yesterday_by_queue_and_half_hour() -> None:
    wanted = wanted_of({}, [], AROUND, TODAY)
    assert (wanted.since, wanted.until, wanted.by, wanted.step) == (SINCE, UNTIL, Dimension.QUEUE, Step.HALF_HOUR)
    assert wanted.keys is None


def test_the_last_day_is_part_of_it() -> None:
    wanted = wanted_of({"from": "2026-11-24", "to": "2026-11-25"}, [], AROUND, TODAY)
    assert (wanted.until - wanted.since, wanted.step) == (2 * 86400, Step.DAY)


def test_a_time_is_where_it_ends_and_may_name_its_own_zone() -> None:
    wanted = wanted_of({"from": "2026-11-25T08:30", "to": "2026-11-25T01:30:00+00:00"}, [], AROUND, TODAY)
    assert (wanted.since, wanted.until) == (SINCE + 8.5 * 3600, SINCE + 9.5 * 3600)


@pytest.mark.parametrize(
    ("words", "keys", "said"),
    [
        ({"figures": "servce_level"}, [], "figures: there is no 'servce_level' (did you mean \"service_level\"?)"),
        ({"by": "queu"}, [], "by: there is no 'queu' (did you mean \"queue\"?)"),
        ({"step": "fortnight"}, [], "step: there is no 'fortnight'"),
        ({"from": "2026-13-01"}, [], "from: expected a day such as 2026-11-25"),
        ({"from": "2026-11-25", "to": "2026-11-24"}, [], "to: must not be before from (2026-11-25)"),
        ({"from": "2026-11-25T08:31"}, [], "from: reports go by quarters of an hour; 2026-11-25T08:31 is none"),
        ({"from": "1990-01-01", "to": "2026-01-01"}, [], "to: a report spans at most five years"),
        ({"by": "group"}, ["est"], "key: there is no 'est' (did you mean \"east\"?)"),
        ({"by": "site"}, ["x"], "key: a report of the whole site has no keys"),
    ],
)
def test_what_cannot_be_answered_is_said_with_its_name(words: dict[str, str], keys: list[str], said: str) -> None:
    with pytest.raises(BadQuestion) as refused:
        wanted_of(words, keys, AROUND, TODAY)
    assert str(refused.value).startswith(said)


def test_weeks_begin_on_monday_and_months_end_where_they_end() -> None:
    assert last_week(date(2026, 11, 30)) == (date(2026, 11, 23), date(2026, 11, 29))
    assert last_week(date(2026, 11, 29)) == (date(2026, 11, 16), date(2026, 11, 22))
    assert last_month(date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert last_month(date(2026, 1, 1)) == (date(2025, 12, 1), date(2025, 12, 31))


def test_what_a_dimension_does_not_count_is_no_data_there_and_not_nought() -> None:
    sums = Sums(QueueCounts(), AgentTimes())
    for by, names, values in (
        ("queue", "calls,offered,talks", [None, 0, 0]),
        ("agent", "calls,offered,talks", [None, None, 0]),
        ("menu", "calls,wrap_ups,time_ready", [0, None, None]),
        ("site", "calls,wrap_ups,time_ready", [0, 0, 0]),
    ):
        wanted = wanted_of({"by": by, "figures": names}, [], AROUND, TODAY)
        assert [column.of(sums) for column in wanted.columns] == values
