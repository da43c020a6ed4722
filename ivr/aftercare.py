"""A caller who is asked about his talk, after the agent has hung up (see `survey` for what is asked, and who)."""

import contextlib
from typing import Final, assert_never

from acd.events import MessageLeft, QuestionAnswered, SurveyBegun, SurveyEnded
from acd.model import Call, MessageId, Talk
from ivr import survey as sv
from ivr.nodes import ALL_KEYS
from ivr.ports import CallerGone
from ivr.visit import Visit

__all__ = ["SHORTEST_S", "ask_about_talk"]

SHORTEST_S: Final = 1.0
"""Less than this is no comment."""


async def ask_about_talk(visit: Visit) -> None:
    """Ask him, if his queue's rules say so. A survey that was cut by a restart of the engine is gone on with, and none is begun
    twice. Who hangs up meanwhile leaves the questions as they are."""
    call = visit.desk.known(visit.call)
    if call is None or call.talk is None:
        return
    rule = visit.script.surveys.get(call.talk.queue)
    if rule is None or not _is_to_be_asked(rule, call, call.talk):
        return
    visit.speak_in(call.attributes.get("language", ""))
    if call.survey is None:
        visit.tell(SurveyBegun(call=call.id, survey=rule.survey.name, language=visit.language))
        first, intro = sv.begin(rule.survey), rule.survey.intro
    else:
        first, intro = sv.begin(rule.survey, call.survey.answers), ()
    await _ask_all(visit, rule.survey, call.talk, first, intro)


def _is_to_be_asked(rule: sv.QueueSurvey, call: Call, talk: Talk) -> bool:
    if call.survey is not None:
        return call.survey.survey == rule.survey.name and not call.survey.over
    return sv.is_asked(rule, call.id, talk, call.attributes)


async def _ask_all(
    visit: Visit, survey: sv.Survey, talk: Talk, step: sv.Ask | sv.Say | sv.Over, intro: tuple[str, ...]
) -> None:
    """`intro` is said before the first question, and cut short with it by a key."""
    while not isinstance(step, sv.Over):
        match step:
            case sv.Ask():
                reply, step = sv.advance(survey, step, await _key(visit, survey, step, intro))
                intro = ()
            case sv.Say(comment):
                reply, step = await _comment(visit, comment, talk), sv.Over(complete=True)
            case _:
                assert_never(step)
        if reply is not None:
            visit.tell(
                QuestionAnswered(call=visit.call, question=reply.question, answer=reply.answer, score=reply.score)
            )
    visit.tell(SurveyEnded(call=visit.call, complete=step.complete))
    if step.complete:
        await visit.say(survey.thanks)


async def _key(visit: Visit, survey: sv.Survey, ask: sv.Ask, intro: tuple[str, ...]) -> str:
    """What he presses at the question; "": nothing in time."""
    flow = visit.script.flow
    apology = {"wrong": flow.wrong_key, "silent": flow.no_key}.get(ask.missed, ())
    sounds = visit.sounds((*intro, *apology, *ask.question.prompts))
    return await visit.leg.ask_key(sounds, survey.timeout_s, ALL_KEYS) or ""


async def _comment(visit: Visit, comment: sv.Comment, talk: Talk) -> sv.Reply | None:
    """None: he said nothing. Who hangs up has said what he has said; the leg tells that he is gone when it is asked again."""
    await visit.say(comment.prompts)
    message = MessageId(f"{talk.offer}-comment")
    with contextlib.suppress(CallerGone):
        sound = visit.desk.message_sound(message)
        await visit.leg.record(sound, comment.longest_s, comment.silence_s, ALL_KEYS)
    seconds = await visit.desk.message_s(message)
    if seconds < SHORTEST_S:
        visit.desk.drop_message(message)
        return None
    visit.tell(MessageLeft(message=message, call=visit.call, seconds=seconds, queue=talk.queue, comment=True))
    return sv.recorded(message)
