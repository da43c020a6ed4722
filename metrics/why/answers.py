"""An explanation as the API gives it out: numbers and words."""

import msgspec

from metrics.definitions import Side
from metrics.dimensions import Dimension
from metrics.why.cause import Cause, Kind
from metrics.why.explain import Explanation
from metrics.why.telling import Names
from metrics.why.words import LANGUAGES, headline, sentences, told

__all__ = ["Answer", "ToldCause", "answer"]


class ToldCause(msgspec.Struct, frozen=True, kw_only=True):
    """A cause: its numbers as `metrics.why.Cause` says them, and its sentence by language."""

    kind: Kind
    now: float
    usual: float | None
    effect: float | None
    would_be: float | None
    dimension: Dimension | None
    subject: str
    share: float | None
    words: dict[str, str]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a queue (None: of the site) from `since` to before `until`, seconds since the epoch, and why it is out of its
    band. `sentences`: by language, the three that matter most; `causes`: all there are, most first."""

    figure: str
    queue: str | None
    since: float
    until: float
    value: float | None
    low: float | None
    high: float | None
    side: Side | None
    usual: float | None
    days: int
    headline: dict[str, str]
    sentences: dict[str, list[str]]
    causes: list[ToldCause]


def answer(explanation: Explanation, names: Names, queue: str | None, since: float, until: float) -> Answer:
    """The explanation in numbers and words."""
    return Answer(
        figure=explanation.figure,
        queue=queue,
        since=since,
        until=until,
        value=explanation.value,
        low=explanation.band.low,
        high=explanation.band.high,
        side=explanation.side,
        usual=explanation.usual,
        days=explanation.days,
        headline={language: headline(explanation, language) for language in LANGUAGES},
        sentences={language: sentences(explanation, names, language) for language in LANGUAGES},
        causes=[_told(cause, explanation, names) for cause in explanation.causes],
    )


def _told(cause: Cause, explanation: Explanation, names: Names) -> ToldCause:
    return ToldCause(
        kind=cause.kind,
        now=cause.now,
        usual=cause.usual,
        effect=cause.effect,
        would_be=cause.would_be,
        dimension=cause.dimension,
        subject=cause.subject,
        share=cause.share,
        words={language: told(cause, explanation, names, language) for language in LANGUAGES},
    )
