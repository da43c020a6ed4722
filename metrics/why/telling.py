"""What the sentences of both languages have in common: names, quantities, the parts of a cause."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

import msgspec

from metrics.definitions import FIGURES, Unit
from metrics.dimensions import Dimension
from metrics.why.cause import Cause
from metrics.why.explain import Explanation

__all__ = ["MUCH", "Names", "Teller", "number", "percent", "quantity"]

LONGEST_NAME: Final = {"zh": 10, "en": 14}
MUCH: Final = 9.99
"""More than so much more is not told to the percent."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What people call queues, agents and not-ready reasons, by language; whatever is missing is called by its id."""

    queues: Mapping[str, Mapping[str, str]] = {}
    agents: Mapping[str, str] = {}
    reasons: Mapping[str, Mapping[str, str]] = {}
    zone: tzinfo | None = None
    """The site's time zone, for times of the day."""


def quantity(value: float, unit: Unit, language: str) -> str:
    """A figure as people read it."""
    match unit:
        case Unit.RATIO:
            return f"{value:.0%}" if language == "zh" else f"{value * 100:.0f} %"
        case Unit.SECONDS:
            return f"{value:.0f} {'秒' if language == 'zh' else 's'}"
        case Unit.CALLS:
            return f"{value:.0f}"
        case _:
            return f"{value:.1f}"


def number(value: float) -> str:
    """Whole when it is much; one digit more when it is little."""
    return f"{value:.0f}" if value >= 20 or value == int(value) else f"{value:.1f}"


def percent(ratio: float, language: str) -> str:
    return quantity(ratio, Unit.RATIO, language)


class Teller:
    """What the sentences of one cause have in common."""

    def __init__(self, cause: Cause, explanation: Explanation, names: Names, language: str) -> None:
        self.cause, self.language = cause, language
        self._unit, self._names = FIGURES[explanation.figure].unit, names

    @property
    def more(self) -> bool:
        return self.cause.usual is not None and self.cause.now > self.cause.usual

    @property
    def off(self) -> str:
        """By how much it is off the usual; empty when the usual is nothing."""
        usual = self.cause.usual
        if usual is None or float(number(usual)) == 0.0:
            return ""
        off = abs(self.cause.now - usual) / usual
        if off <= MUCH:
            return percent(off, self.language)
        most = percent(MUCH, self.language)
        return f"{most} 以上" if self.language == "zh" else f"over {most}"

    @property
    def subject(self) -> str:
        cause, language = self.cause, self.language
        match cause.dimension:
            case Dimension.QUEUE:
                named = self._names.queues.get(cause.subject, {}).get(language, cause.subject)
            case Dimension.AGENT:
                named = self._names.agents.get(cause.subject, cause.subject)
            case _:
                named = self._names.reasons.get(cause.subject, {}).get(language, cause.subject)
        longest = LONGEST_NAME[language]
        return named if len(named) <= longest else named[: longest - 1] + "…"

    @property
    def would_be(self) -> str:
        """What the figure would come to, as the end of a sentence."""
        if self.cause.would_be is None:
            return ""
        value = self.cause.would_be
        if self._unit is Unit.RATIO:
            value = min(max(value, 0.0), 1.0)
        return quantity(max(value, 0.0), self._unit, self.language)

    def figure(self, value: float) -> str:
        return quantity(value, self._unit, self.language)

    def clock(self, at: float | None) -> str:
        return "" if at is None else f"{datetime.fromtimestamp(at, self._names.zone):%H:%M}"
