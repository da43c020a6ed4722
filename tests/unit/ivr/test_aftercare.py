"""A caller who is asked about his talk, on a leg that is no Asterisk and the core that is the real one."""

from collections.abc import Sequence
from typing import Any

import pytest

from acd import events as ev
from acd.model import CallId, CallState, QueueId
from acd.records import CallEnded, MessageTaken, SurveyAsked, SurveyClosed, SurveyReplied, TalkFinished
from agents.state import AgentState
from ivr.entry import AfterTalk, entry_of
from ivr.ports import LegLost
from ivr.prompts import Prompt, Prompts
from ivr.session import CallerSession
from ivr.survey import AnsweredBy, Comment, Question, QueueSurvey, Survey
from ivr.visit import Caller, Script
from tests.unit.acd.floors import Stage, restored, rules
from tests.unit.ivr.flows import flow
from tests.unit.ivr.legs import CoreDesk, FakeLeg

CALL = CallId("c")
CALLER = Caller(call=CALL, channel="PJSIP/trunk-c", number="1c", did="400")
SCORE = Question(
    name="score",
    prompts=("score",),
    keys={str(point): AnsweredBy(answer=str(point), score=point) for point in range(1, 6)},
)
SOLVED = Question(name="solved", prompts=("solved",), keys={"1": AnsweredBy(answer="yes")})
SURVEY = Survey(
    name="satisfaction", questions=(SCORE, SOLVED), intro=("intro",), thanks=("thanks",), timeout_s=6.0, attempts=2
)
PROMPTS = Prompts(
    Prompt(id=prompt, language=language, text="", voice="", file=f"{language}/{prompt}.wav")
    for prompt in ("intro", "score", "solved", "comment", "thanks", "goodbye", "wrong_key", "no_key", "error")
    for language in ("zh", "en")
)


class After:
    """Anna and a caller have talked for a minute; she has hung up, and his leg is back with the engine."""

    def __init__(self, leg: FakeLeg, survey: Survey = SURVEY, attributes: dict[str, str] | None = None, **rule: Any):
        self.stage = Stage(rules({"anna": ["sales"]}), "anna")
        self.stage.caller("c")
        self.stage.call("c").attributes = attributes or {}
        self.stage.answer("c")
        self.stage.wait(60.0)
        self.leg = leg
        self.desk = CoreDesk(self.stage)
        self.script = Script(
            flow=flow(),
            calendars={},
            prompts=PROMPTS,
            music={},
            surveys={QueueId("sales"): QueueSurvey(survey=survey, **rule)},
        )

    async def run(self, leg: FakeLeg | None = None) -> None:
        self.leg = leg or self.leg
        call = self.stage.call("c")
        entry = entry_of(call, talked=True, offer=call.offer) if call.state is CallState.TALKING else AfterTalk()
        session = CallerSession(CALLER, self.leg, self.desk, self.script, lambda: self.stage.now, entry)
        self.desk.session = session
        await session.run()

    def heard(self) -> list[str]:
        return [str(sound).rpartition("/")[2] for act in self.leg.acts("play", "ask") for sound in act[1:]]

    def answers(self) -> dict[str, str]:
        return {one.question: one.answer for one in self.stage.records if isinstance(one, SurveyReplied)}

    def closed(self) -> tuple[str, str]:
        closed: SurveyClosed = self.stage.last(SurveyClosed)
        return closed.outcome, closed.why


async def test_caller_is_asked_thanked_and_told_good_bye() -> None:
    after = After(FakeLeg(["5", "1"]))
    await after.run()
    assert after.heard() == ["intro", "score", "solved", "thanks", "goodbye"]
    assert after.answers() == {"score": "5", "solved": "yes"}
    assert after.closed() == ("answered", "asked_all")
    assert after.stage.last(CallEnded).ended_by == "agent"


async def test_agent_does_his_paperwork_while_the_caller_is_asked() -> None:
    after = After(FakeLeg(["5", "1"]))
    seen: list[AgentState] = []
    ask = after.leg.ask_key

    async def ask_and_look(sounds: Sequence[str], timeout_s: float, keys: str) -> str | None:
        seen.append(after.stage.agent("anna").state)
        after.stage.wait(20.0)
        return await ask(sounds, timeout_s, keys)

    after.leg.ask_key = ask_and_look  # type: ignore[method-assign]
    await after.run()
    assert seen == [AgentState.WRAP_UP, AgentState.WRAP_UP]
    assert after.stage.agent("anna").state is AgentState.READY
    assert after.stage.last(TalkFinished).talk_s == 60.0


async def test_silent_caller_is_asked_twice_and_told_good_bye_without_thanks() -> None:
    after = After(FakeLeg([None, None]))
    await after.run()
    assert after.heard() == ["intro", "score", "no_key", "score", "goodbye"]
    assert after.closed() == ("not_answered", "silence")


async def test_wrong_key_is_told_and_asked_again() -> None:
    after = After(FakeLeg(["9", "3", "1"]))
    await after.run()
    assert after.heard() == ["intro", "score", "wrong_key", "score", "solved", "thanks", "goodbye"]
    assert after.answers() == {"score": "3", "solved": "yes"}


@pytest.mark.parametrize(("act", "closed"), [(0, ("not_answered", "hung_up")), (1, ("partly", "hung_up"))])
async def test_caller_who_hangs_up_meanwhile_was_asked_all_the_same(act: int, closed: tuple[str, str]) -> None:
    after = After(FakeLeg(["5", "1"], gone_at=act))
    await after.run()
    assert after.closed() == closed
    assert after.stage.last(CallEnded).ended_by == "agent"
    assert after.desk.kinds()[-1] == "CallLeftByCaller"


async def test_survey_is_in_the_callers_language() -> None:
    after = After(FakeLeg(["5", "1"]), attributes={"language": "en"})
    await after.run()
    assert after.leg.acts("ask") == [("ask", "hotline/en/intro", "hotline/en/score"), ("ask", "hotline/en/solved")]
    assert after.stage.last(SurveyAsked).language == "en"
    assert ("play", "hotline/en/goodbye") in after.leg.did


async def test_language_nobody_has_spoken_prompts_in_is_not_used() -> None:
    after = After(FakeLeg(["5", "1"]), attributes={"language": "fr"})
    await after.run()
    assert after.stage.last(SurveyAsked).language == "zh"


@pytest.mark.parametrize("rule", [{"share": 0.0}, {"shortest_talk_s": 61.0}, {"not_for": {"survey": ("no",)}}])
async def test_caller_who_is_not_to_be_asked_hears_the_good_bye_alone(rule: dict[str, Any]) -> None:
    after = After(FakeLeg(), attributes={"survey": "no"}, **rule)
    await after.run()
    assert after.heard() == ["goodbye"]
    assert "SurveyBegun" not in after.desk.kinds()


async def test_spoken_comment_is_kept_as_a_message_and_is_an_answer() -> None:
    spoken = Survey(name="satisfaction", questions=(SCORE,), comment=Comment(prompts=("comment",), longest_s=30.0))
    after = After(FakeLeg(["5"]), spoken)
    await after.run()
    assert after.leg.acts("record") == [("record", "/messages/c-1-comment")]
    assert after.answers() == {"score": "5", "comment": "c-1-comment"}
    assert (after.stage.last(MessageTaken).seconds, after.stage.last(MessageTaken).comment) == (5.0, True)
    assert after.closed() == ("answered", "asked_all")


async def test_who_says_nothing_has_left_no_comment() -> None:
    spoken = Survey(name="satisfaction", questions=(SCORE,), comment=Comment(prompts=("comment",)))
    after = After(FakeLeg(["5"]), spoken)
    after.desk.said_s = 0.9
    await after.run()
    assert after.desk.dropped == ["c-1-comment"]
    assert after.answers() == {"score": "5"}
    assert after.closed() == ("answered", "asked_all")
    assert "MessageLeft" not in after.desk.kinds()


async def test_who_hangs_up_while_he_speaks_has_said_what_he_has_said() -> None:
    spoken = Survey(name="satisfaction", questions=(SCORE,), comment=Comment(prompts=("comment",)))
    after = After(FakeLeg(["5"], gone_at=2), spoken)
    await after.run()
    assert after.answers() == {"score": "5", "comment": "c-1-comment"}
    assert after.stage.last(MessageTaken).seconds == 5.0
    assert after.desk.kinds()[-1] == "CallLeftByCaller"


async def test_survey_cut_by_a_restart_of_the_engine_goes_on_and_is_not_begun_again() -> None:
    after = After(FakeLeg(["5"], gone_at=1, gone=LegLost()))
    await after.run()
    assert after.answers() == {"score": "5"}
    after.stage.floor = restored(after.stage.floor)
    after.stage.tell(ev.EngineStarted())
    await after.run(FakeLeg(["1"]))
    assert after.heard() == ["solved", "thanks", "goodbye"]
    assert after.answers() == {"score": "5", "solved": "yes"}
    assert sum(isinstance(one, SurveyAsked) for one in after.stage.records) == 1
    assert after.closed() == ("answered", "asked_all")


async def test_survey_that_is_over_is_not_asked_again_after_a_restart() -> None:
    after = After(FakeLeg(["5", "1"], gone_at=2, gone=LegLost()))
    await after.run()
    await after.run(FakeLeg(["5"]))
    assert after.heard() == ["goodbye"]


async def test_survey_that_was_taken_out_of_the_rules_meanwhile_ends_with_the_call() -> None:
    after = After(FakeLeg(["5"], gone_at=1, gone=LegLost()))
    await after.run()
    after.script = Script(flow=flow(), calendars={}, prompts=PROMPTS, music={})
    await after.run(FakeLeg())
    assert after.heard() == ["goodbye"]
    assert after.closed() == ("partly", "hung_up")


async def test_call_the_floor_does_not_know_is_not_asked() -> None:
    after = After(FakeLeg())
    del after.stage.floor.calls[CALL]
    session = CallerSession(CALLER, after.leg, after.desk, after.script, lambda: after.stage.now, AfterTalk())
    await session.run()
    assert after.heard() == ["goodbye"]
