"""Figures of stretches of time, with what is not over yet."""

import pytest

from acd.model import Disposition
from agents.state import AgentState
from metrics.figures import OpenState, agent_times, queue_figures, site_figures, summary
from metrics.intervals import INTERVAL_S, Tally
from tests.unit.metrics.records import LI, NINE, SALES, WANG, answered, ended, entered, left, opened, was


def busy_tally() -> Tally:
    """Four callers: answered after 10 and 30 s, given up after 40, misdialled; two agents at work for a while."""
    tally = Tally()
    records = [
        opened("a", NINE), entered("a", NINE), *answered("a", NINE + 10, 10.0),
        opened("b", NINE), entered("b", NINE), *answered("b", NINE + 30, 30.0, in_time=False),
        opened("c", NINE), entered("c", NINE), left("c", NINE + 40, 40.0, "abandoned"),
        opened("d", NINE), entered("d", NINE), left("d", NINE + 2, 2.0, "short_abandon"),
        opened("e", NINE), ended("e", NINE, NINE + 7, Disposition.ABANDONED_IVR),
        was(AgentState.READY, NINE, NINE + 10), was(AgentState.TALKING, NINE + 10, NINE + 100),
        was(AgentState.NOT_READY, NINE, NINE + 100, WANG),
    ]  # fmt: skip
    for record in records:
        tally.apply(record)
    return tally


def test_queue_figures_of_the_last_interval() -> None:
    figures = queue_figures(busy_tally(), SALES, NINE, NINE + 60)
    assert figures.counts.offered == 4
    assert figures.values["service_level"] == 0.25
    assert figures.values["asa"] == 20.0
    assert figures.values["abandon_rate"] == pytest.approx(1 / 3)


def test_other_intervals_are_not_in_the_figures() -> None:
    tally = busy_tally()
    tally.apply(entered("z", NINE + INTERVAL_S))
    assert queue_figures(tally, SALES, NINE, NINE + INTERVAL_S).counts.offered == 4
    assert queue_figures(tally, SALES, NINE + INTERVAL_S, NINE + 3600).counts.offered == 1
    assert queue_figures(tally, SALES, NINE, NINE + 3600).counts.offered == 5


def test_queue_nobody_rang_has_no_data_rather_than_zero() -> None:
    figures = site_figures(Tally(), NINE, NINE + 60)
    assert figures.counts.offered == 0
    assert set(figures.values.values()) == {None}


def test_agent_who_is_ready_since_two_hours_counts_in_todays_occupancy() -> None:
    tally = Tally()
    tally.apply(was(AgentState.TALKING, NINE - 3600, NINE))
    ready = OpenState(LI, AgentState.READY, NINE)
    figures = site_figures(tally, NINE - 3600, NINE + 7200, [ready])
    assert figures.values["occupancy"] == pytest.approx(3600 / (3600 + 7200))


def test_only_the_part_of_an_open_state_inside_the_period_counts() -> None:
    ready = OpenState(LI, AgentState.READY, NINE - 5000)
    assert agent_times(Tally(), [ready], NINE, NINE + 100).ready_s == 100.0


def test_agent_who_went_home_keeps_the_time_he_worked() -> None:
    gone = OpenState(LI, AgentState.OFFLINE, NINE + 100)
    times = agent_times(busy_tally(), [gone], NINE, NINE + 1000)
    assert (times.ready_s, times.talking_s) == (10.0, 90.0)


def test_only_the_agents_asked_about_count() -> None:
    times = agent_times(busy_tally(), [OpenState(WANG, AgentState.NOT_READY, NINE + 100)], NINE, NINE + 150)
    assert (times.not_ready_s, times.talking_s) == (150.0, 0.0)


def test_summary_counts_every_call_once() -> None:
    total = summary(busy_tally(), NINE, NINE + 100, [OpenState(LI, AgentState.WRAP_UP, NINE + 100)])
    assert (total.calls, total.offered, total.answered, total.abandoned, total.short_abandoned) == (5, 4, 2, 1, 1)
    assert (total.abandoned_ivr, total.completed_ivr, total.overflowed, total.switch_lost) == (1, 0, 0, 0)
    assert (total.asa_s, total.service_level, total.occupancy) == (20.0, 0.25, 0.9)


def test_document_names_every_count() -> None:
    document = queue_figures(busy_tally(), SALES, NINE, NINE + 60, [OpenState(LI, AgentState.READY, NINE)]).document()
    counts, agents = document["counts"], document["agents"]
    assert isinstance(counts, dict)
    assert (counts["offered"], counts["abandoned"], counts["short_abandoned"]) == (4, 1, 1)
    assert isinstance(agents, dict)
    assert agents["talking_s"] == 90.0
