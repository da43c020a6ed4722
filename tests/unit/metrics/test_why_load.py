"""What a figure would be: against the formulas themselves, and what the load of a stretch is."""

import pytest
from msgspec.structs import replace

from metrics.definitions import AgentTimes, QueueCounts
from metrics.erlang import erlang_a
from metrics.why import Part, Stretch
from metrics.why.load import PATIENCE_S, figure_of, load_of, mean_load
from metrics.why.usual import notable, usual_of

HOUR_S = 3600.0


def hour(
    offered: int = 120, agents: int = 8, not_ready: float = 0.0, talk_s: float = 180.0, start: float = 0.0
) -> Stretch:
    """An hour in which so many agents are logged in: 40 s of paperwork a call, 8 s of ringing, one caller in ten gives up."""
    answered = offered - offered // 10
    counts = QueueCounts(
        offered=offered,
        answered=answered,
        answered_wait_s=answered * 9.0,
        abandoned_waiting=offered // 10,
        abandoned_wait_s=offered // 10 * 60.0,
        talks=answered,
        talk_s=answered * talk_s,
        hold_s=answered * 12.0,
        wrap_ups=answered,
        wrap_up_s=answered * 40.0,
    )
    away_s, busy_s = agents * HOUR_S * not_ready, answered * (talk_s + 48.0)
    times = AgentTimes(
        not_ready_s=away_s,
        ready_s=agents * HOUR_S - away_s - busy_s,
        offered_s=answered * 8.0,
        talking_s=answered * (talk_s - 12.0),
        holding_s=answered * 12.0,
        wrap_up_s=answered * 40.0,
    )
    return Stretch(start=start, end=start + HOUR_S, counts=counts, agents=times)


def test_load_of_an_hour_is_that_of_its_numbers() -> None:
    load = load_of(hour(not_ready=0.1, talk_s=150.0))
    assert load.calls == (120.0,)
    assert load.duty == pytest.approx((8.0,))
    assert load.readiness == pytest.approx((0.9,))
    assert (load.talk, load.wrap_up, load.hold, load.ring_s) == pytest.approx((150.0, 40.0, 12.0, 8.0))
    assert load.elsewhere == pytest.approx(0.0)
    assert load.patience_s == pytest.approx((108 * 9.0 + 12 * 60.0) / 12)  # 141 s of waiting for each who gave up
    assert load.agents == pytest.approx((7.2,))


def test_agents_who_work_for_another_queue_half_of_the_time_are_half_there() -> None:
    shared = hour()
    times = AgentTimes(ready_s=4 * HOUR_S, talking_s=2 * shared.counts.talk_s, wrap_up_s=2 * shared.counts.wrap_up_s)
    load = load_of(replace(shared, agents=times))
    assert load.elsewhere == pytest.approx(0.5)
    assert load.agents == pytest.approx((load.duty[0] / 2,))


def test_whole_agents_are_as_the_formula_has_them_and_others_lie_between() -> None:
    eight, nine = hour(agents=8), hour(agents=9)
    load = load_of(eight)
    found = erlang_a(8, 120 / HOUR_S, 228.0, load.patience_s, 20.0)
    assert figure_of("service_level", load, 20.0) == pytest.approx(found.service_level, abs=1e-3)
    assert figure_of("asa", load, 20.0) == pytest.approx(found.asa_s, abs=0.1)
    assert figure_of("abandon_rate", load, 20.0) == pytest.approx(found.abandon_rate, abs=1e-3)
    assert figure_of("queued_share", load, 20.0) == pytest.approx(found.waits, abs=1e-3)
    assert figure_of("answered_share", load, 20.0) == pytest.approx(1 - found.abandon_rate, abs=1e-3)
    half = figure_of("service_level", replace(load, duty=(8.5,)), 20.0)
    ends = [figure_of("service_level", replace(load_of(one), ring_s=8.0), 20.0) for one in (eight, nine)]
    assert half == pytest.approx(sum(end or 0.0 for end in ends) / 2, abs=1e-3)


def test_hours_count_by_their_callers() -> None:
    calm, busy = hour(offered=20, agents=12), hour(offered=180, agents=8, start=HOUR_S)
    both = replace(
        calm,
        end=2 * HOUR_S,
        counts=QueueCounts.total((calm.counts, busy.counts)),
        agents=AgentTimes.total((calm.agents, busy.agents)),
        parts=tuple(Part(one.start, one.end, one.counts, one.agents) for one in (calm, busy)),
    )
    load = load_of(both)
    alone = [
        figure_of("service_level", replace(load, calls=(n,), duty=(d,), readiness=(1.0,), spans_s=(HOUR_S,)), 20.0)
        for n, d in ((20.0, 12.0), (180.0, 8.0))
    ]
    assert figure_of("service_level", load, 20.0) == pytest.approx((20 * (alone[0] or 0) + 180 * (alone[1] or 0)) / 200)


def test_occupancy_and_handle_time_follow_their_definitions() -> None:
    load = load_of(hour())
    # 120 calls of 180 s in the 8 hours ready, less 120 wrap-ups of 40 s
    assert figure_of("occupancy", load, 20.0) == pytest.approx(120 * 180 / (8 * 3600 - 120 * 40))
    assert figure_of("handle_time", load, 20.0) == pytest.approx(220.0)
    assert figure_of("talk_time", load, 20.0) == pytest.approx(180.0)
    assert figure_of("survey_score", load, 20.0) is None


def test_with_nobody_there_for_an_hour_everybody_waits_and_nobody_coming_is_no_data() -> None:
    load = load_of(hour())
    two = replace(load, spans_s=(HOUR_S, HOUR_S), calls=(120.0, 40.0), duty=(0.0, 50.0), readiness=(1.0, 1.0))
    assert figure_of("service_level", two, 20.0) == pytest.approx(0.25)
    assert figure_of("abandon_rate", two, 20.0) == pytest.approx(0.75)
    assert figure_of("service_level", replace(load, calls=(0.0,)), 20.0) is None
    assert figure_of("asa", replace(load, calls=(0.0,)), 20.0) is None
    assert figure_of("queue_time", replace(load, duty=(5000.0,)), 20.0) is None
    assert figure_of("service_level", replace(load, duty=(5000.0,)), 20.0) == 1.0


def test_waits_have_no_size_where_no_hours_are_known_or_an_interval_is_a_day() -> None:
    load = load_of(hour())
    for unknown in (replace(load, duty=(0.0,)), replace(load, spans_s=(86400.0,))):
        assert figure_of("service_level", unknown, 20.0) is None
        assert figure_of("handle_time", unknown, 20.0) == pytest.approx(220.0)


def test_patience_is_half_an_hour_where_nobody_gave_up() -> None:
    patient = hour()
    patient.counts.abandoned_waiting = 0
    assert load_of(patient).patience_s == PATIENCE_S


def test_usual_load_is_the_mean_of_days_that_are_cut_alike() -> None:
    days = [load_of(hour(offered=n)) for n in (100, 140)]
    assert mean_load(days, days[0]).calls == (120.0,)
    cut = replace(days[0], calls=(1.0, 2.0), duty=(1.0, 1.0), readiness=(1.0, 1.0), spans_s=(1800.0, 1800.0))
    assert mean_load([cut], days[0]) == days[0]


def test_notable_is_more_than_a_tenth_and_more_than_days_differ() -> None:
    calm = usual_of([100.0, 100.0, 100.0])
    assert calm is not None
    assert not notable(110.0, calm)
    assert notable(111.0, calm)
    assert notable(89.0, calm)
    assert not notable(111.0, calm, chance=6.0)
    assert notable(104.0, calm, least=0.03)
    wild = usual_of([80.0, 100.0, 120.0])
    assert wild is not None
    assert wild.spread == pytest.approx(20.0)
    assert not notable(139.0, wild)
    assert notable(141.0, wild)
    few = usual_of([100.0])
    assert few is not None
    assert not notable(119.0, few)
    assert notable(121.0, few)
    assert usual_of([]) is None
