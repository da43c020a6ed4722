"""Each figure by a worked example that can be checked with a pencil."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.definitions import FIGURES, AgentTimes, Band, QueueCounts, Side, Sums, Unit, bands_in_force, values
from metrics.outside import Outside

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
    held=30,
    transferred=3,
    rung=80,
    rung_s=640.0,
    calls=130,
    completed_ivr=20,
    abandoned_ivr=10,
)
"""130 calls came in: 20 were served by the menu, 10 gave up in it. Of the 100 others 80 were answered, 8 gave up, 8 were
misdials, 3 overflowed, 1 was lost with the switch."""

TEAM = AgentTimes(not_ready_s=3600, ready_s=4000, offered_s=500, talking_s=9000, holding_s=900, wrap_up_s=600)
"""Four agents for 4,650 s: 15,000 s in which they could answer, an hour of breaks."""

TOLD = Outside(
    cost=350.0,
    blocked=2.0,
    scheduled_s=16000.0,
    people_present=19.0,
    people_scheduled=20.0,
    quality_points=430.0,
    quality_scores=5.0,
    person_years=20 * 30 / 365,
    leavers=1.0,
    solved=63.0,
    solvable=70.0,
    served_numbers=75.0,
    called_again=9.0,
)
"""One of 20 agents left in a month of 30 days."""

EXAMPLES = {
    "service_level": ("72 of 100 offered", 0.72),
    "service_level_less_short_abandons": ("72 of 100 - 8", 72 / 92),
    "service_level_less_abandons": ("72 of 100 - 8 - 8", 72 / 84),
    "service_level_genesys": ("72 of 80 + 8 + 8", 72 / 96),
    "service_level_amazon": ("72 + 9 of 100", 0.81),
    "service_level_app_queue": ("72 of 80 answered", 0.9),
    "service_level_app_queue_2": ("72 + 9 of 80 + 8 + 8", 81 / 96),
    "asa": ("960 s / 80", 12.0),
    "asa_with_abandons": ("960 + 320 + 24 s / 80 + 8 + 8", 1304 / 96),
    "queue_time": ("1400 s / 40 who queued", 35.0),
    "queued_share": ("100 - 60 of 100", 0.4),
    "rings": ("640 s / 80 = 8 s: 1 + 8 / 5", 2.6),
    "abandon_rate": ("8 of 100 - 8", 8 / 92),
    "abandon_rate_with_short": ("8 + 8 of 100", 0.16),
    "time_to_abandon": ("320 + 24 s / 8 + 8", 21.5),
    "time_to_abandon_less_short": ("320 s / 8", 40.0),
    "answered_share": ("80 of 100", 0.8),
    "answered_share_less_short": ("80 of 100 - 8", 80 / 92),
    "blocked_share": ("2 of 2 + 130", 2 / 132),
    "total_calls": ("2 + 8 + 8 + 80", 98.0),
    "total_calls_less_blocked": ("8 + 8 + 80", 96.0),
    "talk_time": ("22500 s / 75", 300.0),
    "hold_time": ("900 s / 30 who were held", 30.0),
    "hold_time_of_all_talks": ("900 s / 75", 12.0),
    "after_call_work": ("2800 s / 70", 40.0),
    "handle_time": ("300 + 40 s", 340.0),
    "occupancy": ("9900 s of 9900 + 4500", 9900 / 14400),
    "occupancy_with_wrap_up": ("10500 s of 15000", 0.7),
    "occupancy_of_login": ("10500 s of 15000 + 3600", 10500 / 18600),
    "calls_per_hour": ("80 / 18600 s = 5.1667 h", 80 / (18600 / 3600)),
    "transferred_share": ("3 of 75 talks", 0.04),
    "adherence": ("15000 s of 16000", 0.9375),
    "attendance": ("19 of 20", 0.95),
    "first_call_resolution": ("63 of 70", 0.9),
    "first_call_resolution_no_repeat": ("1 - 9 / 75", 0.88),
    "quality_score": ("430 points / 5 calls", 86.0),
    "survey_score": ("34 points / 8", 4.25),
    "survey_answered": ("8 of 20", 0.4),
    "cost_per_call": ("350 yuan / 80 + 20", 3.5),
    "turnover": ("1 of 20 in 30 of 365 days", 365 / 600),
}
"""By figure: the arithmetic, and what it comes to."""

NOT_ON_TARGET = {
    "service_level", "queued_share", "abandon_rate", "answered_share", "occupancy", "transferred_share", "turnover",
}  # fmt: skip


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_gives_what_its_worked_example_says(figure: str) -> None:
    arithmetic, value = EXAMPLES[figure]
    assert FIGURES[figure].of(Sums(MORNING, TEAM, TOLD)) == pytest.approx(value), arithmetic


@pytest.mark.parametrize("figure", [name for name, figure in FIGURES.items() if figure.band])
def test_figure_is_held_against_its_band(figure: str) -> None:
    band = FIGURES[figure].band
    assert band is not None
    assert band.holds(EXAMPLES[figure][1]) is (figure not in NOT_ON_TARGET)


OF_OUTSIDE = {
    "cost_per_call", "blocked_share", "total_calls", "adherence", "attendance", "quality_score", "turnover",
    "first_call_resolution", "first_call_resolution_no_repeat",
}  # fmt: skip


def test_figures_of_what_nobody_told_are_no_data() -> None:
    missing = {figure for figure, value in values(Sums(MORNING, TEAM)).items() if value is None}
    assert missing == OF_OUTSIDE


def test_transfers_that_nothing_counts_are_no_data_until_they_are_told() -> None:
    talks, told = QueueCounts(talks=50), Outside(transferred=1.0)
    assert values(Sums(talks, TEAM))["transferred_share"] is None
    assert values(Sums(talks, TEAM, told))["transferred_share"] == 0.02
    assert values(Sums(QueueCounts(talks=50, transferred=2), TEAM, told))["transferred_share"] == 0.04, (
        "counted goes first"
    )
    assert values(Sums(talks, TEAM, Outside(transferred=0.0)))["transferred_share"] == 0.0


def test_each_of_the_23_norms_has_one_figure_and_its_variants() -> None:
    norms = [figure.norm for figure in FIGURES.values() if figure.norm and figure.variant_of is None]
    assert sorted(norms) == list(range(1, 24))


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_without_data_says_so_instead_of_zero(figure: str) -> None:
    assert FIGURES[figure].of(Sums(QueueCounts(), AgentTimes())) is None


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_is_described_in_both_languages_with_formula_and_source(figure: str) -> None:
    described = FIGURES[figure]
    assert set(described.names) == {"zh", "en"}
    assert all((*described.names.values(), described.formula, described.formula_zh, described.source))


@pytest.mark.parametrize("figure", FIGURES)
def test_variant_belongs_to_a_figure_of_the_same_norm_and_unit(figure: str) -> None:
    variant = FIGURES[figure]
    if variant.variant_of is None:
        return
    assert variant.band is None
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


@pytest.mark.parametrize(("value", "side"), [(0.79, Side.LOW), (0.8, None), (0.9, None), (0.91, Side.HIGH)])
def test_band_tells_on_which_side_of_it_a_value_is_with_both_ends_in_it(value: float, side: Side | None) -> None:
    assert Band(0.8, 0.9).side(value) is side


def test_sites_own_band_is_in_force_instead_of_the_figures() -> None:
    bands = bands_in_force({"asa": Band(high=30.0), "quality_score": Band(low=85.0)})
    assert (bands["asa"], bands["quality_score"]) == (Band(high=30.0), Band(low=85.0))
    assert bands["service_level"] == Band(low=0.80)
    assert "service_level_genesys" not in bands


COUNT = st.integers(0, 10_000)
SECONDS = st.floats(0, 1e6)


@st.composite
def counted(draw: st.DrawFn) -> Sums:
    """Counts as they can be: no more answered in time than answered, no more direct than offered."""
    answered, abandoned, short, others = (draw(COUNT) for _ in range(4))
    offered, talks = answered + abandoned + short + others, draw(COUNT)
    asked, calls, matters, served = (draw(COUNT) for _ in range(4))
    counts = QueueCounts(
        offered=offered,
        direct=draw(st.integers(0, offered)),
        answered=answered,
        answered_within_sl=draw(st.integers(0, answered)),
        answered_wait_s=draw(SECONDS),
        abandoned_waiting=abandoned,
        short_abandoned=short,
        abandoned_within_sl=draw(st.integers(0, abandoned + short)),
        talks=talks,
        held=draw(st.integers(0, talks)),
        transferred=draw(st.integers(0, talks)),
        talk_s=draw(SECONDS),
        surveys_asked=asked,
        surveys_answered=draw(st.integers(0, asked)),
        calls=offered + calls,
    )
    told = Outside(
        blocked=draw(st.none() | COUNT),
        solvable=matters,
        solved=draw(st.integers(0, matters)),
        served_numbers=served,
        called_again=draw(st.integers(0, served)),
    )
    return Sums(counts, AgentTimes(*(draw(SECONDS) for _ in range(6))), told)


@given(counted())
def test_shares_lie_between_nothing_and_everything(sums: Sums) -> None:
    for figure, value in values(sums).items():
        assert value is None or value >= 0
        if FIGURES[figure].unit is Unit.RATIO:
            assert value is None or value <= 1


@given(counted())
def test_variants_of_the_service_level_stand_in_the_order_of_what_they_leave_out(sums: Sums) -> None:
    shown = values(sums)
    if shown["service_level"] is not None:
        low = shown["service_level"]
        for variant in ("less_short_abandons", "less_abandons", "genesys", "amazon", "app_queue"):
            value = shown[f"service_level_{variant}"]
            assert value is None or value >= low


@given(st.lists(counted(), max_size=4))
def test_counts_add_up_in_any_order(parts: list[Sums]) -> None:
    forward, backward = (QueueCounts.total(one.queue for one in order) for order in (parts, parts[::-1]))
    assert forward.offered == backward.offered == sum(one.queue.offered for one in parts)
    assert forward.talk_s == pytest.approx(backward.talk_s)
