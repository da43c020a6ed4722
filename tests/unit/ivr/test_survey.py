"""Which callers are asked after their talk, and how it goes from question to question."""

import pytest

from acd.model import CallId, OfferId, QueueId, Talk
from agents.roster import AgentId
from ivr import survey as sv

SCORE = sv.Question(
    name="score",
    prompts=("survey_score",),
    keys={str(point): sv.AnsweredBy(answer=str(point), score=point) for point in range(1, 6)},
)
SOLVED = sv.Question(
    name="solved",
    prompts=("survey_solved",),
    keys={"1": sv.AnsweredBy(answer="yes"), "2": sv.AnsweredBy(answer="no")},
)
COMMENT = sv.Comment(prompts=("survey_comment",))
SURVEY = sv.Survey(name="satisfaction", questions=(SCORE, SOLVED), attempts=2)


def talk(talk_s: float = 60.0) -> Talk:
    return Talk(offer=OfferId("c-1"), queue=QueueId("sales"), agent=AgentId("anna"), talk_s=talk_s)


def asked_share(rule: sv.QueueSurvey, calls: int = 4000) -> float:
    return sum(sv.is_asked(rule, CallId(f"hotline-1763800000.{n}"), talk(), {}) for n in range(calls)) / calls


@pytest.mark.parametrize("share", [0.0, 0.3, 0.75, 1.0])
def test_so_many_calls_are_asked_as_the_share_says(share: float) -> None:
    assert asked_share(sv.QueueSurvey(survey=SURVEY, share=share)) == pytest.approx(share, abs=0.02)


def test_same_call_is_asked_whenever_it_is_looked_at() -> None:
    rule = sv.QueueSurvey(survey=SURVEY, share=0.5)
    calls = [CallId(f"c{n}") for n in range(100)]
    first = [sv.is_asked(rule, call, talk(), {}) for call in calls]
    assert [sv.is_asked(rule, call, talk(600.0), {}) for call in calls] == first
    assert True in first
    assert False in first


@pytest.mark.parametrize(("talk_s", "asked"), [(19.9, False), (20.0, True)])
def test_nobody_is_asked_about_a_short_talk(talk_s: float, asked: bool) -> None:
    rule = sv.QueueSurvey(survey=SURVEY, shortest_talk_s=20.0)
    assert sv.is_asked(rule, CallId("c"), talk(talk_s), {}) is asked


@pytest.mark.parametrize(
    ("attributes", "asked"), [({}, True), ({"survey": "no"}, False), ({"survey": "yes"}, True), ({"vip": "no"}, True)]
)
def test_who_has_a_word_against_it_is_not_asked(attributes: dict[str, str], asked: bool) -> None:
    rule = sv.QueueSurvey(survey=SURVEY, not_for={"survey": ("no", "never")})
    assert sv.is_asked(rule, CallId("c"), talk(), attributes) is asked


def test_question_follows_on_question_to_the_end() -> None:
    first = sv.begin(SURVEY)
    assert first == sv.Ask(SCORE)
    reply, second = sv.advance(SURVEY, first, "4")
    assert (reply, second) == (sv.Reply("score", "4", 4), sv.Ask(SOLVED))
    assert isinstance(second, sv.Ask)
    assert sv.advance(SURVEY, second, "2") == (sv.Reply("solved", "no"), sv.Over(complete=True))


@pytest.mark.parametrize(("key", "missed"), [("9", "wrong"), ("", "silent")])
def test_wrong_key_or_silence_asks_again_and_then_leaves_him_in_peace(key: str, missed: str) -> None:
    nothing, again = sv.advance(SURVEY, sv.Ask(SCORE), key)
    assert (nothing, again) == (None, sv.Ask(SCORE, 1, missed))
    assert isinstance(again, sv.Ask)
    assert sv.advance(SURVEY, again, key) == (None, sv.Over(complete=False))
    assert sv.advance(SURVEY, again, "1") == (sv.Reply("score", "1", 1), sv.Ask(SOLVED))


@pytest.mark.parametrize(
    ("answered", "goes_on"),
    [
        ([], sv.Ask(SCORE)),
        (["score"], sv.Ask(SOLVED)),
        (["score", "solved"], sv.Say(COMMENT)),
        (["score", "solved", "comment"], sv.Over(complete=True)),
        (["of_before_a_reload"], sv.Ask(SCORE)),
    ],
)
def test_survey_that_was_cut_goes_on_where_it_was(answered: list[str], goes_on: object) -> None:
    whole = sv.Survey(name="satisfaction", questions=(SCORE, SOLVED), comment=COMMENT)
    assert sv.begin(whole, answered) == goes_on
