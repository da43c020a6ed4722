"""What callers are asked after their talk: each survey begins once and ends once, answered or not."""

from acd import events as ev
from acd.model import CallId, MessageId
from acd.records import CallEnded, MessageTaken, SurveyAsked, SurveyClosed, SurveyReplied
from tests.unit.acd.floors import Stage, restored, rules

C = CallId("c")


def after_a_talk(talk_s: float = 30.0) -> Stage:
    """Anna and a caller have talked, she has hung up, he is still there."""
    stage = Stage(rules({"anna": ["sales"]}), "anna")
    stage.caller("c")
    stage.answer("c")
    stage.wait(talk_s)
    stage.tell(ev.TalkEnded(offer=stage.offer("c").id))
    stage.tell(ev.CallRejoined(call=C))
    return stage


def begin(stage: Stage) -> None:
    stage.tell(ev.SurveyBegun(call=C, survey="satisfaction", language="zh"))


def answer(stage: Stage, question: str, said: str, score: int | None = None) -> None:
    stage.tell(ev.QuestionAnswered(call=C, question=question, answer=said, score=score))


def closed(stage: Stage) -> list[tuple[str, str]]:
    return [(one.outcome, one.why) for one in stage.records if isinstance(one, SurveyClosed)]


def test_answers_are_tied_to_the_talk_its_agent_and_queue() -> None:
    stage = after_a_talk()
    begin(stage)
    stage.wait(5.0)
    answer(stage, "score", "5", 5)
    answer(stage, "solved", "yes")
    stage.tell(ev.SurveyEnded(call=C, complete=True))
    asked = next(one for one in stage.records if isinstance(one, SurveyAsked))
    replies = [one for one in stage.records if isinstance(one, SurveyReplied)]
    assert (asked.offer, asked.agent, asked.queue, asked.language) == ("c-1", "anna", "sales", "zh")
    assert [(one.offer, one.agent, one.question, one.answer, one.score) for one in replies] == [
        ("c-1", "anna", "score", "5", 5),
        ("c-1", "anna", "solved", "yes", None),
    ]
    assert [one.first for one in replies] == [True, False]
    assert all(one.asked_at == asked.at for one in replies)
    assert closed(stage) == [("answered", "asked_all")]


def test_who_hangs_up_without_an_answer_was_asked_all_the_same() -> None:
    stage = after_a_talk()
    begin(stage)
    stage.tell(ev.CallLeftByCaller(call=C))
    assert closed(stage) == [("not_answered", "hung_up")]


def test_who_hangs_up_after_the_first_question_has_answered_partly() -> None:
    stage = after_a_talk()
    begin(stage)
    answer(stage, "score", "2", 2)
    stage.tell(ev.CallLeftByCaller(call=C))
    assert closed(stage) == [("partly", "hung_up")]


def test_silence_ends_a_survey_and_what_comes_later_changes_nothing() -> None:
    stage = after_a_talk()
    begin(stage)
    stage.tell(ev.SurveyEnded(call=C, complete=False))
    answer(stage, "score", "5", 5)
    stage.tell(ev.SurveyEnded(call=C, complete=True))
    stage.tell(ev.CallClosed(call=C, reason="served"))
    assert closed(stage) == [("not_answered", "silence")]
    assert not any(isinstance(one, SurveyReplied) for one in stage.records)


def test_survey_is_begun_once_and_a_question_answered_once() -> None:
    stage = after_a_talk()
    for _ in range(2):
        begin(stage)
        answer(stage, "score", "4", 4)
    stage.floor = restored(stage.floor)
    begin(stage)
    kinds = [type(one) for one in stage.records]
    assert (kinds.count(SurveyAsked), kinds.count(SurveyReplied)) == (1, 1)


def test_nobody_is_asked_before_a_talk_or_during_one() -> None:
    stage = Stage(rules({"anna": ["sales"]}), "anna")
    stage.caller("c")
    begin(stage)
    stage.answer("c")
    begin(stage)
    answer(stage, "score", "5", 5)
    begin_of_nobody = stage.tell(ev.SurveyBegun(call=CallId("nobody"), survey="satisfaction", language="zh"))
    assert begin_of_nobody.records == []
    assert not any(isinstance(one, SurveyAsked | SurveyReplied) for one in stage.records)


def test_spoken_comment_is_a_message_of_the_talks_queue() -> None:
    stage = after_a_talk()
    stage.tell(ev.MessageLeft(message=MessageId("c-1-comment"), call=C, seconds=4.0, comment=True))
    taken = next(one for one in stage.records if isinstance(one, MessageTaken))
    assert (taken.queue, taken.comment) == ("sales", True)


def test_caller_who_waited_no_longer_than_a_misdial_is_told_apart_when_his_call_ends() -> None:
    stage = Stage(rules({"anna": ["sales"]}))
    for call, waits_s in (("soon", 2.0), ("late", 60.0)):
        stage.caller(call)
        stage.wait(waits_s)
        stage.tell(ev.CallLeftByCaller(call=CallId(call)))
    assert [(one.call, one.short) for one in stage.records if isinstance(one, CallEnded)] == [
        ("soon", True),
        ("late", False),
    ]
