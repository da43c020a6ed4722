"""Whatever the data: no crash, sentences that are short and tell the cause's own numbers, a ranking that stays."""

import re
from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.definitions import FIGURES, AgentTimes, Band, QueueCounts, Sums, Unit
from metrics.why import Cause, Explanation, Names, Part, Pause, Stretch, explain, sentences
from metrics.why.telling import MUCH, number, percent, quantity
from metrics.why.words import told

NAMES = Names(zone=UTC)
BANDED = [figure for figure in FIGURES.values() if figure.band is not None]

few = st.integers(0, 400)
seconds = st.floats(0.0, 40_000.0)


@st.composite
def counts(draw: st.DrawFn) -> QueueCounts:
    offered = draw(few)
    answered = draw(st.integers(0, offered))
    within = draw(st.integers(0, answered))
    gone = draw(st.integers(0, offered - answered))
    short = draw(st.integers(0, gone))
    talks = draw(st.integers(0, answered))
    return QueueCounts(
        offered=offered,
        direct=draw(st.integers(0, offered)),
        answered=answered,
        answered_within_sl=within,
        answered_wait_s=draw(seconds),
        abandoned_waiting=gone - short,
        abandoned_wait_s=draw(seconds) if gone - short else 0.0,
        short_abandoned=short,
        short_abandoned_wait_s=short * 3.0,
        overflowed=draw(st.integers(0, 50)),
        queued_left=offered,
        queued_wait_s=draw(seconds),
        talks=talks,
        talk_s=draw(seconds) if talks else 0.0,
        hold_s=0.0,
        wrap_ups=talks,
        wrap_up_s=draw(seconds) if talks else 0.0,
        offers={"accepted": answered, "no_answer": draw(st.integers(0, 60))},
        surveys_asked=talks,
        surveys_answered=draw(st.integers(0, talks)),
        survey_scores=talks,
        survey_points=draw(st.integers(0, 5 * talks)),
    )


times = st.builds(
    AgentTimes, not_ready_s=seconds, ready_s=seconds, offered_s=seconds, talking_s=seconds, wrap_up_s=seconds
)


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    parts = tuple(
        Part(n * 3600.0, (n + 1) * 3600.0, draw(counts()), draw(times)) for n in range(draw(st.sampled_from([0, 3, 4])))
    )
    queues = draw(st.dictionaries(st.sampled_from(["q1", "q2", "q3"]), counts(), max_size=3))
    people = draw(st.dictionaries(st.sampled_from(["a1", "a2", "a3"]), st.builds(Sums, counts(), times), max_size=3))
    return Stretch(
        start=0.0,
        end=max(len(parts), 1) * 3600.0,
        counts=QueueCounts.total(part.counts for part in parts) if parts else draw(counts()),
        agents=AgentTimes.total(part.agents for part in parts) if parts else draw(times),
        parts=parts,
        queues=queues,
        people=people,
        reasons=draw(st.dictionaries(st.sampled_from(["break", "meal"]), seconds, max_size=2)),
        pauses=tuple(Pause("a1", 600.0 + over, 600.0) for over in draw(st.lists(st.floats(1.0, 900.0), max_size=2))),
    )


def all_explained(now: Stretch, before: list[Stretch]) -> list[Explanation]:
    return [explain(figure.id, figure.band or Band(), now, before, 20.0) for figure in BANDED]


@settings(max_examples=40, deadline=None)
@given(stretches(), st.lists(stretches(), max_size=3))
def test_any_data_is_explained_in_short_sentences_and_each_cause_leads_to_the_target(
    now: Stretch, before: list[Stretch]
) -> None:
    for found in all_explained(now, before):
        if found.side is None:
            assert found.causes == ()
        for cause in found.causes:
            assert cause.effect is None or cause.effect > 0.0
        for language, most in (("zh", 60), ("en", 120)):
            told_ones = sentences(found, NAMES, language)
            assert len(told_ones) <= 3
            assert all(len(sentence) <= most for sentence in told_ones)
            assert not any("nan" in sentence or "inf" in sentence for sentence in told_ones)


def numbers_of(cause: Cause, unit: Unit) -> set[str]:
    """Every number that may stand in a sentence about this cause."""
    values = [cause.now, cause.usual, cause.would_be, cause.share, cause.seconds]
    known = [value for value in values if value is not None]
    found = {number(value) for value in known} | {percent(value, "en") for value in known}
    found |= {percent(1.0 - value, "en") for value in known} | {
        quantity(max(value, 0.0), unit, "en") for value in known
    }
    if cause.usual is not None:
        found |= {number(abs(cause.now - cause.usual)), percent(MUCH, "en")}
        found |= {percent(abs(cause.now - cause.usual) / cause.usual, "en")} if cause.usual else set()
    if cause.would_be is not None and unit is Unit.RATIO:
        found.add(quantity(min(max(cause.would_be, 0.0), 1.0), unit, "en"))
    if cause.seconds is not None:
        found.add(f"{cause.seconds / 60:.0f}")
    return {re.sub(r"[^\d.-]", "", one) for one in found}


@settings(max_examples=40, deadline=None)
@given(stretches(), st.lists(stretches(), max_size=3))
def test_numbers_in_sentences_are_those_of_the_data(now: Stretch, before: list[Stretch]) -> None:
    for found in all_explained(now, before):
        unit = FIGURES[found.figure].unit
        for cause in found.causes:
            for language in ("zh", "en"):
                sentence = told(cause, found, Names(zone=UTC), language)
                sentence = re.sub(r"\d\d:\d\d", "", sentence).replace(cause.subject or "\0", "")
                assert set(re.findall(r"\d+(?:\.\d+)?", sentence)) <= numbers_of(cause, unit), sentence


@settings(max_examples=20, deadline=None)
@given(stretches(), st.lists(stretches(), max_size=3), st.randoms(use_true_random=False))
def test_ranking_does_not_depend_on_the_order_of_days_queues_or_agents(
    now: Stretch, before: list[Stretch], dice: object
) -> None:
    turned = Stretch(
        start=now.start,
        end=now.end,
        counts=now.counts,
        agents=now.agents,
        parts=now.parts,
        queues=dict(reversed(now.queues.items())),
        people=dict(reversed(now.people.items())),
        reasons=dict(reversed(now.reasons.items())),
        pauses=now.pauses[::-1],
    )
    for one, other in zip(all_explained(now, before), all_explained(turned, before[::-1]), strict=True):
        assert [(cause.kind, cause.subject) for cause in one.causes] == [
            (cause.kind, cause.subject) for cause in other.causes
        ]


@settings(max_examples=20, deadline=None)
@given(stretches(), st.integers(1, 4))
def test_when_everything_is_as_usual_there_is_no_cause_but_breaks_too_long(now: Stretch, days: int) -> None:
    for found in all_explained(now, [now] * days):
        assert {cause.kind.value for cause in found.causes} <= {"pauses"}


def test_a_stretch_without_anything_has_no_data_and_no_causes() -> None:
    empty = Stretch(start=0.0, end=3600.0, counts=QueueCounts(), agents=AgentTimes())
    for found in all_explained(empty, [empty]):
        assert (found.value, found.causes, found.days) == (None, (), 0)
