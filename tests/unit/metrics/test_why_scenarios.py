"""Days in which exactly one thing was different: that thing is named first. Days in which nothing was: no cause is."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from agents.roster import AgentId
from metrics.definitions import FIGURES, AgentTimes, Band
from metrics.dimensions import Dimension
from metrics.why import Cause, Explanation, Kind, Names, Part, Stretch, explain, sentences
from tests.unit.metrics.days import AGENTS, changed, usual_days

NAMES = Names(zone=UTC)
BANDS = {"service_level": Band(low=0.90), "asa": Band(high=10.0), "abandon_rate": Band(high=0.02)}
SEEDS = (11, 12, 13)


def explained(day: Stretch, figure: str = "service_level") -> Explanation:
    band = BANDS.get(figure) or FIGURES[figure].band
    assert band is not None
    return explain(figure, band, day, usual_days(), within_s=20.0)


def first(day: Stretch, figure: str = "service_level") -> Cause:
    return explained(day, figure).causes[0]


@pytest.mark.parametrize("figure", ["service_level", "asa", "abandon_rate", "answered_share", "queued_share"])
@pytest.mark.parametrize("seed", SEEDS)
def test_two_fifths_more_calls_are_named_first(seed: int, figure: str) -> None:
    cause = first(changed(seed, sales=77.0, support=63.0), figure)
    assert (cause.kind, cause.subject) == (Kind.CALLS, "")
    assert cause.usual is not None
    assert cause.now / cause.usual == pytest.approx(1.4, abs=0.12)


@pytest.mark.parametrize("seed", SEEDS)
def test_handle_times_longer_by_three_tenths_are_named_first_with_the_talk_before_the_paperwork(seed: int) -> None:
    kinds = [cause.kind for cause in explained(changed(seed, handle=1.3)).causes]
    assert kinds in ([Kind.TALK], [Kind.TALK, Kind.WRAP_UP])


@pytest.mark.parametrize("figure", ["service_level", "asa", "abandon_rate"])
@pytest.mark.parametrize("seed", SEEDS)
def test_two_missing_agents_are_named_first(seed: int, figure: str) -> None:
    cause = first(changed(seed, agents=AGENTS[2:]), figure)
    assert cause.kind is Kind.DUTY
    assert cause.now == pytest.approx(12.0, abs=0.3)
    assert cause.usual == pytest.approx(14.0, abs=0.3)


@pytest.mark.parametrize("limit", [0, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_agent_who_declines_every_call_is_named_first_also_when_he_is_set_not_ready_for_it(
    seed: int, limit: int
) -> None:
    causes = explained(changed(seed, refuses=AgentId("a4"), no_answer_limit=limit)).causes
    assert (causes[0].kind, causes[0].subject) == (Kind.REFUSALS, "a4")
    assert Kind.READINESS not in [cause.kind for cause in causes]


@pytest.mark.parametrize("queue", ["sales", "support"])
@pytest.mark.parametrize("seed", SEEDS)
def test_flooded_queue_is_named_first(seed: int, queue: str) -> None:
    cause = first(changed(seed, **{queue: 105.0}))
    assert (cause.kind, cause.dimension, cause.subject) == (Kind.CALLS, Dimension.QUEUE, queue)


@pytest.mark.parametrize("figure", [figure for figure, one in FIGURES.items() if one.band is not None])
@pytest.mark.parametrize("seed", range(20, 24))
def test_no_cause_is_named_for_a_day_like_the_others_at_most_the_hour_it_came_to_a_head(seed: int, figure: str) -> None:
    found = explained(changed(seed), figure)
    assert [cause.kind for cause in found.causes] in ([], [Kind.PEAK])
    if found.side is not None and not found.causes:
        [only] = sentences(found, NAMES, "en")
        assert only.startswith(
            ("Nothing was found that is worse than usual: the 4 comparable days", "The data shows no")
        )


def test_causes_of_opposite_effect_are_not_named() -> None:
    """More agents than usual do not explain a low service level."""
    found = explained(changed(11, agents=AGENTS[:12], sales=60.0))
    assert all((cause.effect or 0.0) > 0.0 for cause in found.causes)
    fewer_calls = explain("occupancy", Band(low=0.99), changed(12, sales=20.0), usual_days(), 20.0)
    assert fewer_calls.causes[0].kind is Kind.CALLS
    assert fewer_calls.causes[0].now < (fewer_calls.causes[0].usual or 0.0)


def test_where_agents_hours_are_not_known_more_calls_are_told_without_a_size() -> None:
    """Days imported from a CDR have none."""

    def without_hours(day: Stretch) -> Stretch:
        parts = tuple(Part(part.start, part.end, part.counts, AgentTimes()) for part in day.parts)
        return replace(day, agents=AgentTimes(), people={}, parts=parts)

    days = [without_hours(day) for day in usual_days()]
    found = explain("service_level", Band(low=0.9), without_hours(changed(11, sales=77.0, support=63.0)), days, 20.0)
    assert [(cause.kind, cause.effect) for cause in found.causes] == [(Kind.CALLS, None)]
    assert sentences(found, NAMES, "en") == ["1117 calls, 36 % more than usual (823)."]
    fewer = explain("service_level", Band(low=0.99), without_hours(changed(12, sales=20.0)), days, 20.0)
    assert Kind.CALLS not in [cause.kind for cause in fewer.causes]


def test_of_days_in_one_piece_fewer_agents_are_told_without_a_size() -> None:
    def whole(day: Stretch) -> Stretch:
        return replace(day, end=day.start + 86400.0, parts=())

    days = [whole(day) for day in usual_days()]
    found = explain("service_level", Band(low=0.9), whole(changed(11, agents=AGENTS[2:])), days, 20.0)
    assert [(cause.kind, cause.effect) for cause in found.causes] == [(Kind.DUTY, None)]


def test_what_makes_callers_wait_does_not_explain_that_they_wait_too_little() -> None:
    day, days = changed(11, sales=77.0, support=63.0), usual_days()
    whole = [replace(one, end=one.start + 86400.0, parts=()) for one in (day, *days)]
    for band, named in ((Band(high=40.0), [Kind.CALLS]), (Band(low=200.0), [])):
        assert [cause.kind for cause in explain("queue_time", band, whole[0], whole[1:], 20.0).causes] == named
