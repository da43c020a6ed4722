"""What a caller is asked after his talk: which callers are asked, and how it goes on from question to question. Pure.

As with a flow, `begin` and `advance` say what to do next and whoever does it comes back with the key that was pressed. Which
calls are asked is a matter of their ids alone, so that a replay asks the same ones.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from acd.model import CallId, Talk

__all__ = [
    "AnsweredBy",
    "Ask",
    "Comment",
    "Over",
    "Question",
    "QueueSurvey",
    "Reply",
    "Say",
    "Survey",
    "advance",
    "begin",
    "is_asked",
    "recorded",
]

LOTS: Final = 2**64


class AnsweredBy(msgspec.Struct, frozen=True, kw_only=True):
    """What a key means at a question."""

    answer: str
    score: int | None = None
    """Points, at a question that asks for points."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question that is answered by a key."""

    name: str
    prompts: tuple[str, ...]
    keys: dict[str, AnsweredBy]


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What he may say at the end, in his own words."""

    prompts: tuple[str, ...]
    longest_s: float = 60.0
    silence_s: float = 4.0
    """So long a silence ends it."""


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to ask, in order."""

    name: str
    questions: tuple[Question, ...]
    intro: tuple[str, ...] = ()
    """Said once, before the first question."""
    thanks: tuple[str, ...] = ()
    """Said to who has answered, before the good-bye."""
    comment: Comment | None = None
    timeout_s: float = 6.0
    """How long to wait for a key after a question."""
    attempts: int = 2
    """So many wrong keys or silences at a question end the survey."""


class QueueSurvey(msgspec.Struct, frozen=True, kw_only=True):
    """Which callers of a queue are asked, and what."""

    survey: Survey
    share: float = 1.0
    """Of all calls, from 0 to 1."""
    shortest_talk_s: float = 0.0
    """Nobody is asked about a talk shorter than this."""
    not_for: dict[str, tuple[str, ...]] = {}
    """By attribute of the call, the values with which it is not asked."""


def is_asked(rule: QueueSurvey, call: CallId, talk: Talk, attributes: Mapping[str, str]) -> bool:
    """Whether this caller is to be asked about this talk."""
    if talk.talk_s < rule.shortest_talk_s:
        return False
    if any(attributes.get(name) in values for name, values in rule.not_for.items()):
        return False
    return _lot(f"{rule.survey.name}/{call}") < rule.share


def _lot(text: str) -> float:
    """A number from [0, 1), the same for the same text and evenly spread over all."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / LOTS


# --- from question to question -----------------------------------------------------------------------------------------


class _Value(msgspec.Struct, frozen=True):
    pass


class Ask(_Value, frozen=True):
    """Put the question and wait for a key; `missed`: "wrong" or "silent", the way its last answer was none."""

    question: Question
    misses: int = 0
    missed: str = ""


class Say(_Value, frozen=True):
    """Let him say his comment, and keep it."""

    comment: Comment


class Over(_Value, frozen=True):
    """Nothing more is asked; `complete`: all was."""

    complete: bool


class Reply(_Value, frozen=True):
    """What he has just answered."""

    question: str
    answer: str
    score: int | None = None


COMMENT: Final = "comment"
"""The name of the comment among the answers."""


def begin(survey: Survey, answered: Collection[str] = ()) -> Ask | Say | Over:
    """The first question that is not answered yet; after a restart of the engine some may be."""
    for question in survey.questions:
        if question.name not in answered:
            return Ask(question)
    if survey.comment is not None and COMMENT not in answered:
        return Say(survey.comment)
    return Over(complete=True)


def advance(survey: Survey, asked: Ask, key: str) -> tuple[Reply | None, Ask | Say | Over]:
    """He pressed this key, or none in time (""): his answer if it is one, and what comes next."""
    meant = asked.question.keys.get(key)
    if meant is not None:
        names = [question.name for question in survey.questions]
        answered = names[: names.index(asked.question.name) + 1]
        return Reply(asked.question.name, meant.answer, meant.score), begin(survey, answered)
    misses = asked.misses + 1
    if misses >= survey.attempts:
        return None, Over(complete=False)
    return None, Ask(asked.question, misses, "wrong" if key else "silent")


def recorded(message: str) -> Reply:
    """He has said his comment, which is kept as this message."""
    return Reply(COMMENT, message)
