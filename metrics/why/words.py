"""An explanation in words, short enough for an alarm on a wall: at most 60 characters in Chinese, 120 in English.

"About" marks what was worked out by formula, "may" what goes together without being proved. Names longer than that leaves room
for are cut.
"""

from typing import Final

from metrics.definitions import FIGURES
from metrics.why.cause import Cause
from metrics.why.chinese import ZH
from metrics.why.english import EN
from metrics.why.explain import Explanation
from metrics.why.telling import Names, Teller, quantity

__all__ = ["LANGUAGES", "headline", "sentences", "told"]

LANGUAGES: Final = ("zh", "en")
MOST: Final = 3


def headline(explanation: Explanation, language: str) -> str:
    """The figure, where it is, where it should be and where it usually is."""
    figure = FIGURES[explanation.figure]
    name, unit, band = figure.names[language], figure.unit, explanation.band
    if explanation.value is None:
        return f"{name}：无数据。" if language == "zh" else f"{name}: no data."
    value = quantity(explanation.value, unit, language)
    least = None if band.low is None else quantity(band.low, unit, language)
    most = None if band.high is None else quantity(band.high, unit, language)
    usual = None if explanation.usual is None else quantity(explanation.usual, unit, language)
    if language == "zh":
        ends = "且".join([f"不低于 {least}"] * (least is not None) + [f"不高于 {most}"] * (most is not None))
        return f"{name} {value}" + (f"，目标{ends}" if ends else "") + (f"，平日 {usual}" if usual else "") + "。"
    ends = " and ".join([f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None))
    return f"{name} {value}" + (f", target {ends}" if ends else "") + (f", usually {usual}" if usual else "") + "."


def sentences(explanation: Explanation, names: Names, language: str, most: int = MOST) -> list[str]:
    """The causes, one sentence each, most first; what holds of all of them is said last. Empty: the figure is in its band."""
    if explanation.side is None:
        return []
    found = [told(cause, explanation, names, language) for cause in explanation.causes[:most]]
    note = _note(explanation, language)
    return found if note is None or len(found) >= most else [*found, note]


def _note(explanation: Explanation, language: str) -> str | None:
    if not explanation.days:
        if language == "zh":
            return "没有可比的往日数据，只看本时段。"
        return "There is no comparable day to hold it against: only this stretch itself was looked at."
    if explanation.causes:
        return None
    if explanation.usual is None:
        return "数据中看不出原因。" if language == "zh" else "The data shows no cause."
    days, usual = explanation.days, quantity(explanation.usual, FIGURES[explanation.figure].unit, language)
    if language == "zh":
        return f"未见比平日更不利之处：{days} 个可比日平均 {usual}。"
    of = "the comparable day" if days == 1 else f"the {days} comparable days"
    return f"Nothing was found that is worse than usual: {of} came to {usual}."


def told(cause: Cause, explanation: Explanation, names: Names, language: str) -> str:
    """The cause as a sentence."""
    return (ZH if language == "zh" else EN)[cause.kind](Teller(cause, explanation, names, language))
