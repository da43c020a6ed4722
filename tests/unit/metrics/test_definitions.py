"""Each figure by a worked example that can be checked with a pencil."""

import pytest

from metrics.definitions import FIGURES, AgentTimes, Band, QueueCounts, Sums, Unit, values

MORNING = QueueCounts(
    offered=100,
    direct=60,
    answered=80,
    answered_within_sl=72,
    answered_wait_s=960.0,
    abandoned_waiting=6,
    abandoned_ringing=2,
    abandoned_wait_s=320.0,
    short_abandoned=8,
    short_abandoned_wait_s=24.0,
    abandoned_within_sl=9,
    overflowed=3,
    switch_lost=1,
    queued_left=40,
    queued_wait_s=1400.0,
    talks=75,
    talk_s=22500.0,
    hold_s=900.0,
    wrap_ups=70,
    wrap_up_s=2800.0,
    offers={"accepted": 80, "no_answer": 5},
    surveys_asked=20,
    surveys_answered=8,
    survey_scores=8,
    survey_points=34,
)
"""100 callers: 80 answered, 8 gave up, 8 misdials, 3 overflowed, 1 lost with the switch."""

TEAM = AgentTimes(not_ready_s=3600, ready_s=4000, offered_s=500, talking_s=9000, holding_s=900, wrap_up_s=600)

EXAMPLES = {
    "service_level": 72 / 100,
    "service_level_less_short_abandons": 72 / 92,
    "service_level_genesys": 72 / (80 + 8 + 8),
    "service_level_app_queue": 72 / 80,
    "service_level_app_queue_2": (72 + 9) / (80 + 8 + 8),
    "asa": 960 / 80,
    "abandon_rate": 8 / 92,
    "abandon_rate_with_short": 16 / 100,
    "time_to_abandon": (320 + 24) / 16,
    "time_to_abandon_less_short": 320 / 8,
    "queue_time": 1400 / 40,
    "talk_time": 300.0,
    "after_call_work": 40.0,
    "handle_time": 340.0,
    "occupancy": 9900 / (9900 + 4500),
    "occupancy_with_wrap_up": 10500 / (10500 + 4500),
    "answered_share": 0.80,
    "queued_share": 0.40,
    "survey_score": 34 / 8,
    "survey_answered": 8 / 20,
}


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_gives_what_its_worked_example_says(figure: str) -> None:
    assert FIGURES[figure].of(Sums(MORNING, TEAM)) == pytest.approx(EXAMPLES[figure])


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_without_data_says_so_instead_of_zero(figure: str) -> None:
    assert FIGURES[figure].of(Sums(QueueCounts(), AgentTimes())) is None


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_is_described_in_both_languages_with_formula_and_source(figure: str) -> None:
    described = FIGURES[figure]
    assert set(described.names) == {"zh", "en"}
    assert all((*described.names.values(), described.formula, described.source))


@pytest.mark.parametrize("figure", FIGURES)
def test_variant_belongs_to_a_figure_of_the_same_norm_and_unit(figure: str) -> None:
    variant = FIGURES[figure]
    if variant.variant_of is None:
        assert variant.band is not None
        return
    default = FIGURES[variant.variant_of]
    assert (variant.norm, variant.unit, default.variant_of) == (default.norm, default.unit, None)


def test_names_tell_all_figures_apart() -> None:
    for language in ("zh", "en"):
        assert len({figure.names[language] for figure in FIGURES.values()}) == len(FIGURES)


def test_handle_time_is_the_talk_alone_until_the_first_wrap_up_ended() -> None:
    only_talks = Sums(QueueCounts(talks=2, talk_s=100.0), AgentTimes())
    assert FIGURES["handle_time"].of(only_talks) == 50.0


def test_breaks_do_not_lower_occupancy() -> None:
    busy = AgentTimes(ready_s=100.0, talking_s=300.0)
    on_break = AgentTimes(ready_s=100.0, talking_s=300.0, not_ready_s=9000.0)
    assert values(Sums(QueueCounts(), busy))["occupancy"] == values(Sums(QueueCounts(), on_break))["occupancy"] == 0.75


def test_counts_and_times_add_up() -> None:
    twice = QueueCounts.total([MORNING, MORNING])
    assert (twice.offered, twice.talk_s, twice.offers) == (200, 45000.0, {"accepted": 160, "no_answer": 10})
    assert AgentTimes.total([TEAM, TEAM]).idle_s == 9000.0
    assert MORNING.offers == {"accepted": 80, "no_answer": 5}


@pytest.mark.parametrize(
    ("band", "value", "holds"),
    [
        (Band(low=0.8), 0.8, True),
        (Band(low=0.8), 0.79, False),
        (Band(high=20.0), 20.1, False),
        (Band(20.0, 60.0), 60.0, True),
        (Band(20.0, 60.0), 10.0, False),
    ],
)
def test_band_tells_whether_a_value_is_on_target(band: Band, value: float, holds: bool) -> None:
    assert band.holds(value) is holds


def test_shares_are_ratios_and_times_are_seconds() -> None:
    shown = values(Sums(MORNING, TEAM))
    for figure, value in shown.items():
        assert value is not None
        assert (value <= 1.0) is (FIGURES[figure].unit is Unit.RATIO)
