"""Reports as values: totals come from sums, and what has no data says so."""

from metrics.columns import COLUMNS
from metrics.definitions import AgentTimes, Band, QueueCounts, Side, Sums
from metrics.dimensions import Dimension
from metrics.outside import Outside
from metrics.periods import Period, Step
from metrics.reports import Told, build

MONDAY, TUESDAY = Period(0.0, 86400.0, "Monday"), Period(86400.0, 172800.0, "Tuesday")
SPAN = (0.0, 172800.0)


def sums(offered: int, in_time: int, talking_s: float = 0.0, ready_s: float = 0.0) -> Sums:
    return Sums(
        QueueCounts(offered=offered, answered=offered, answered_within_sl=in_time),
        AgentTimes(talking_s=talking_s, ready_s=ready_s),
    )


def test_a_total_is_made_of_sums_and_not_of_shares() -> None:
    """9 of 10 and 10 of 90 are 19 of 100: the mean of 90 % and 11 % would be 51 %."""
    cells = {(MONDAY, "sales"): sums(10, 9), (TUESDAY, "sales"): sums(90, 10)}
    report = build(Dimension.QUEUE, Step.DAY, SPAN, [COLUMNS["service_level"]], cells)
    assert [line.values for line in report.lines] == [(0.9,), (10 / 90,)]
    assert report.by_key[0].values == (0.19,)
    assert report.whole.values == (0.19,)


def test_agents_of_two_queues_are_once_in_the_whole() -> None:
    shared = AgentTimes(talking_s=1800.0, ready_s=1800.0)
    cells = {
        (MONDAY, "sales"): Sums(QueueCounts(offered=1), shared),
        (MONDAY, "repair"): Sums(QueueCounts(offered=2), shared),
    }
    columns = [COLUMNS["offered"], COLUMNS["time_talking"], COLUMNS["occupancy"]]
    report = build(Dimension.QUEUE, Step.DAY, SPAN, columns, cells, everybody={MONDAY: shared})
    assert report.whole.values == (3, 1800.0, 0.5)
    assert report.by_period[0].values == (3, 1800.0, 0.5)


def test_lines_are_ordered_by_time_and_then_by_the_size_of_their_keys() -> None:
    cells = {(day, key): sums(1, 1) for day in (TUESDAY, MONDAY) for key in ("10", "9", "b", "a")}
    report = build(Dimension.VIP, Step.DAY, SPAN, [COLUMNS["offered"]], cells)
    assert [(line.period, line.key) for line in report.lines] == [
        (day, key) for day in (MONDAY, TUESDAY) for key in ("9", "10", "a", "b")
    ]


def test_what_was_told_from_outside_is_not_added_up_but_told_of_the_whole() -> None:
    told = Told({(MONDAY, ""): Outside(cost=100.0), (None, None): Outside(cost=500.0)})
    cost = next(column for column in COLUMNS.values() if column.norm == 4)
    cells = {(MONDAY, ""): sums(50, 50), (TUESDAY, ""): sums(50, 50)}
    report = build(Dimension.SITE, Step.DAY, SPAN, [cost], cells, told=told)
    assert [line.values for line in report.lines] == [(2.0,), (None,)]
    assert report.whole.values == (5.0,)


def test_a_report_of_nothing_has_no_lines_and_no_shares() -> None:
    report = build(Dimension.QUEUE, Step.DAY, SPAN, [COLUMNS["offered"], COLUMNS["asa"]], {})
    assert report.lines == ()
    assert report.whole.values == (0, None)


def test_a_queue_is_held_against_its_own_band_and_the_whole_against_the_columns() -> None:
    cells = {(MONDAY, "repair"): sums(100, 75), (MONDAY, "sales"): sums(100, 85)}
    own = {("repair", "service_level"): Band(low=0.7), ("sales", "service_level"): Band(low=0.9)}
    columns = [COLUMNS["offered"], COLUMNS["service_level"]]
    plain = build(Dimension.QUEUE, Step.DAY, SPAN, columns, cells)
    assert [line.sides for line in plain.lines] == [(None, Side.LOW), (None, None)]
    report = build(Dimension.QUEUE, Step.DAY, SPAN, columns, cells, own=own)
    assert [line.sides for line in (*report.lines, *report.by_key)] == [(None, None), (None, Side.LOW)] * 2
    assert report.whole.sides == (None, None)


def test_every_column_has_names_and_a_formula_in_both_languages() -> None:
    for column in COLUMNS.values():
        assert column.names.keys() == column.formulas.keys() == {"zh", "en"}, column.id
        assert all(column.formulas.values()), column.id
