"""What may stand under `surveys` of queues.yaml, and how it becomes what callers are asked."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from engine.config.fields import AtLeastASecond, Duration, Identifier, OneOrMore, Share, Text, Whole
from engine.config.models import Model
from ivr.nodes import ALL_KEYS
from ivr.survey import COMMENT, AnsweredBy, Comment, Question, QueueSurvey, Survey

__all__ = ["QueueSurveyModel", "SurveyModel", "named_survey", "prompts_of", "queue_survey"]

MOST_POINTS = 9
"""A point is one key."""


def _key(value: str) -> str:
    if len(value) != 1 or value not in ALL_KEYS:
        raise ValueError("expected a key of the phone, in quotes: one of 0-9 * #")
    return value


def _question(value: str) -> str:
    if value == COMMENT:
        raise ValueError(f'"{COMMENT}" is what the spoken comment is called')
    return value


Key = Annotated[str, AfterValidator(_key)]
Prompts = Annotated[tuple[Identifier, ...], OneOrMore]
OneOrMoreTexts = Annotated[tuple[Text, ...], OneOrMore, Field(min_length=1)]
Point = Annotated[Whole, Field(ge=0, le=MOST_POINTS)]


class ScaleModel(Model):
    lowest: Point = 1
    highest: Point = 5

    @model_validator(mode="after")
    def _in_order(self) -> "ScaleModel":
        if self.lowest >= self.highest:
            raise ValueError("lowest must be less than highest")
        return self


class QuestionModel(Model):
    """Points on a scale, or keys with a meaning."""

    name: Annotated[Identifier, AfterValidator(_question)]
    prompts: Annotated[Prompts, Field(min_length=1)]
    scale: ScaleModel | None = None
    keys: dict[Key, Identifier] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_them(self) -> "QuestionModel":
        if (self.scale is None) == (not self.keys):
            raise ValueError("name one of scale (points) or keys (what each key means)")
        return self

    def question(self) -> Question:
        keys = {key: AnsweredBy(answer=answer) for key, answer in self.keys.items()}
        if self.scale is not None:
            points = range(self.scale.lowest, self.scale.highest + 1)
            keys = {str(point): AnsweredBy(answer=str(point), score=point) for point in points}
        return Question(name=self.name, prompts=self.prompts, keys=keys)


class CommentModel(Model):
    prompts: Annotated[Prompts, Field(min_length=1)]
    longest: Annotated[AtLeastASecond, Field(le=600)] = 60.0
    silence: Annotated[AtLeastASecond, Field(le=60)] = 4.0


class SurveyModel(Model):
    intro: Prompts = ()
    questions: list[QuestionModel] = Field(min_length=1, max_length=5)
    comment: CommentModel | None = None
    thanks: Prompts = ()
    timeout: Annotated[AtLeastASecond, Field(le=60)] = 6.0
    attempts: Whole = Field(default=2, ge=1, le=10)


class QueueSurveyModel(Model):
    """Which survey a queue's callers are asked to take, and which callers."""

    use: Identifier
    share: Share = 1.0
    shortest_talk: Duration = 0.0
    not_for: dict[Identifier, OneOrMoreTexts] = Field(default_factory=dict)


def _named(value: Any) -> Any:
    """The name alone: all callers are asked."""
    return {"use": value} if isinstance(value, str) else value


named_survey = BeforeValidator(_named)


def prompts_of(survey: SurveyModel) -> dict[tuple[str | int, ...], str]:
    """By place below the survey, each prompt it names."""
    said: list[tuple[tuple[str | int, ...], tuple[str, ...]]] = [
        (("intro",), survey.intro),
        *((("questions", index, "prompts"), question.prompts) for index, question in enumerate(survey.questions)),
        (("comment", "prompts"), survey.comment.prompts if survey.comment else ()),
        (("thanks",), survey.thanks),
    ]
    return {(*path, place): prompt for path, prompts in said for place, prompt in enumerate(prompts)}


def queue_survey(rule: QueueSurveyModel, surveys: dict[str, SurveyModel]) -> QueueSurvey:
    """What the callers of a queue are asked."""
    return QueueSurvey(
        survey=_survey(rule.use, surveys[rule.use]),
        share=rule.share,
        shortest_talk_s=rule.shortest_talk,
        not_for=dict(rule.not_for),
    )


def _survey(name: str, survey: SurveyModel) -> Survey:
    comment = survey.comment
    return Survey(
        name=name,
        questions=tuple(question.question() for question in survey.questions),
        intro=survey.intro,
        thanks=survey.thanks,
        comment=Comment(prompts=comment.prompts, longest_s=comment.longest, silence_s=comment.silence)
        if comment
        else None,
        timeout_s=survey.timeout,
        attempts=survey.attempts,
    )
