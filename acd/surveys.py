"""What a caller is asked after his talk, and what he answers: each survey begins once and ends once.

Not to answer is a fact too: a caller who hangs up, or is silent, has been asked all the same. How far he was is kept with his
call, so that an engine that comes back in time goes on there.
"""

from collections.abc import Callable
from typing import Any

from acd import events as ev
from acd.floor import Floor
from acd.model import AskedSurvey, Call, CallState
from acd.outcome import Outcome
from acd.records import SurveyAsked, SurveyClosed, SurveyReplied

__all__ = ["HANDLERS", "close"]


def _survey_begun(floor: Floor, event: ev.SurveyBegun, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.state is not CallState.AFTER or call.talk is None or call.survey is not None:
        return
    call.survey = AskedSurvey(survey=event.survey, at=now)
    talk = call.talk
    out.records.append(
        SurveyAsked(
            call=call.id,
            offer=talk.offer,
            queue=talk.queue,
            agent=talk.agent,
            at=now,
            survey=event.survey,
            language=event.language,
        )
    )


def _question_answered(floor: Floor, event: ev.QuestionAnswered, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is None or call.survey is None or call.survey.over or event.question in call.survey.answers:
        return
    assert call.talk is not None
    talk, asked = call.talk, call.survey
    out.records.append(
        SurveyReplied(
            call=call.id,
            offer=talk.offer,
            queue=talk.queue,
            agent=talk.agent,
            at=now,
            survey=asked.survey,
            asked_at=asked.at,
            question=event.question,
            answer=event.answer,
            score=event.score,
            first=not asked.answers,
        )
    )
    asked.answers[event.question] = event.answer


def _survey_ended(floor: Floor, event: ev.SurveyEnded, now: float, out: Outcome) -> None:
    call = floor.calls.get(event.call)
    if call is not None:
        _end(call, now, out, "asked_all" if event.complete else "silence")


def close(call: Call, at: float, out: Outcome) -> None:
    """The call is over, and with it a survey that goes on."""
    _end(call, at, out, "hung_up")


def _end(call: Call, at: float, out: Outcome, why: str) -> None:
    asked, talk = call.survey, call.talk
    if asked is None or asked.over:
        return
    assert talk is not None
    asked.over = True
    out.records.append(
        SurveyClosed(
            call=call.id,
            offer=talk.offer,
            queue=talk.queue,
            agent=talk.agent,
            at=max(at, asked.at),
            survey=asked.survey,
            asked_at=asked.at,
            outcome=_outcome(asked, complete=why == "asked_all"),
            why=why,
        )
    )


def _outcome(asked: AskedSurvey, *, complete: bool) -> str:
    if not asked.answers:
        return "not_answered"
    return "answered" if complete else "partly"


HANDLERS: dict[type, Callable[[Floor, Any, float, Outcome], None]] = {
    ev.SurveyBegun: _survey_begun,
    ev.QuestionAnswered: _question_answered,
    ev.SurveyEnded: _survey_ended,
}
