"""The figures of what came of it: solved or not, how good, what it cost, who stayed."""

from typing import Final

from metrics.definitions.counts import Sums
from metrics.definitions.figure import HOTLINE, Band, Figure, Unit, share

__all__ = ["REPEAT_DAYS", "RESULTS"]

REPEAT_DAYS: Final = 7
"""Whoever has not called, or been called back, for so long was helped."""


def _not_called_again(s: Sums) -> float | None:
    again = share(s.outside.called_again, s.outside.served_numbers)
    return None if again is None else 1 - again


RESULTS: Final = (
    Figure(
        id="first_call_resolution",
        norm=17,
        names={"zh": "一次性解决率", "en": "First-call resolution"},
        unit=Unit.RATIO,
        formula="calls solved at once / calls of which it is known whether they were",
        formula_zh="一次解决数 ÷ 已登记是否解决的呼叫数",
        of=lambda s: share(s.outside.solved, s.outside.solvable),
        band=Band(low=0.85),
    ),
    Figure(
        id="first_call_resolution_no_repeat",
        norm=17,
        names={"zh": "一次性解决率（无再次来去电）", "en": "First-call resolution: no call back either way"},
        unit=Unit.RATIO,
        formula="1 - served calls whose number called, or was called back, again "
        f"within {REPEAT_DAYS} days / served calls with a number",
        formula_zh=f"1 − {REPEAT_DAYS} 天内再次来电或被回拨的已服务呼叫数 ÷ 有号码的已服务呼叫数",
        source=HOTLINE,
        of=_not_called_again,
        variant_of="first_call_resolution",
    ),
    Figure(
        id="quality_score",
        norm=12,
        names={"zh": "监听分值", "en": "Quality score"},
        unit=Unit.POINTS,
        formula="points of all quality scores / calls scored",
        formula_zh="质检总分 ÷ 质检录音数",
        of=lambda s: share(s.outside.quality_points, s.outside.quality_scores),
    ),
    Figure(
        id="survey_score",
        names={"zh": "满意度平均分", "en": "Mean survey score"},
        unit=Unit.POINTS,
        formula="points of all answers that give points / their number",
        formula_zh="评分总和 ÷ 评分次数",
        source=HOTLINE,
        of=lambda s: share(s.queue.survey_points, s.queue.survey_scores),
        band=Band(low=4.0),
    ),
    Figure(
        id="survey_answered",
        names={"zh": "满意度参评率", "en": "Surveys answered"},
        unit=Unit.RATIO,
        formula="callers who answered a question of the survey / callers who were asked",
        formula_zh="参评人数 ÷ 受邀人数",
        source=HOTLINE,
        of=lambda s: share(s.queue.surveys_answered, s.queue.surveys_asked),
        band=Band(low=0.30),
    ),
    Figure(
        id="cost_per_call",
        norm=4,
        names={"zh": "平均单呼成本", "en": "Cost per call"},
        unit=Unit.YUAN,
        formula="all cost / calls handled: answered by an agent, or served by the menu",
        formula_zh="全部成本 ÷ 已处理呼叫数（座席接听或语音导航完成）",
        of=lambda s: share(s.outside.cost, s.queue.answered + s.queue.completed_ivr),
        band=Band(2.0, 5.0),
    ),
    Figure(
        id="turnover",
        norm=23,
        names={"zh": "值机员流动率", "en": "Turnover"},
        unit=Unit.RATIO,
        formula="agents who left / (mean headcount x years): a year's rate, of whatever stretch",
        formula_zh="离职人数 ÷（平均在册人数 × 年数）：折合年率",
        of=lambda s: share(s.outside.leavers, s.outside.person_years),
        band=Band(0.15, 0.30),
    ),
)
