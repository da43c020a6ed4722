"""Each kind of cause in its exact words, and that every sentence is short enough for a wall."""

from datetime import UTC
from typing import Any

import pytest

from metrics.definitions import FIGURES, Band
from metrics.dimensions import Dimension
from metrics.why import Cause, Explanation, Kind, Names, Side, headline, sentences
from metrics.why.words import told

NAMES = Names(
    queues={"sales": {"zh": "销售", "en": "Sales"}},
    agents={"1001": "李梅"},
    reasons={"meeting": {"zh": "会议", "en": "meeting"}},
    zone=UTC,
)
DAY_S = 86400.0
QUEUE, AGENT = {"dimension": Dimension.QUEUE, "subject": "sales"}, {"dimension": Dimension.AGENT, "subject": "1001"}

SENTENCES: list[tuple[Kind, dict[str, Any], str, str]] = [
    (
        Kind.CALLS,
        {"now": 840.0, "usual": 600.0, "would_be": 0.912},
        "来电 840 通，比平日 600 通多 40%；如平日则约 91%。",
        "840 calls, 40 % more than usual (600); as usual about 91 %.",
    ),
    (
        Kind.CALLS,
        {"now": 240.0, "usual": 100.0, "would_be": 0.85, **QUEUE},
        "队列销售来电 240 通，比平日 100 通多 140%；如平日则约 85%。",
        "240 calls in queue Sales, 140 % more than usual (100); as usual about 85 %.",
    ),
    (
        Kind.TALK,
        {"now": 300.0, "usual": 200.0, "would_be": 0.8},
        "平均通话 300 秒，平日 200 秒，长 50%；如平日则约 80%。",
        "Talk 300 s a call, 50 % longer than usual (200 s); as usual about 80 %.",
    ),
    (
        Kind.WRAP_UP,
        {"now": 60.0, "usual": 30.0, "would_be": 0.8, **AGENT},
        "平均事后处理 60 秒，平日 30 秒，长 100%，主要在座席李梅；如平日则约 80%。",
        "After-call work 60 s a call, 100 % longer than usual (30 s), mainly by agent 李梅; as usual about 80 %.",
    ),
    (
        Kind.HOLD,
        {"now": 12.5, "usual": 0.0, "would_be": 0.8},
        "平均保持 12.5 秒，平日没有；如平日则约 80%。",
        "Hold 12.5 s a call, usually none; as usual about 80 %.",
    ),
    (
        Kind.DUTY,
        {"now": 12.0, "usual": 14.5, "would_be": 0.8},
        "平均在岗 12 人，比平日 14.5 人少 2.5 人；如平日则约 80%。",
        "12 agents on duty, 2.5 fewer than usual (14.5); as usual about 80 %.",
    ),
    (
        Kind.READINESS,
        {"now": 0.70, "usual": 0.90, "would_be": 0.8, "subject": "meeting"},
        "示忙占 30%，平日 10%，主要因会议；如平日则约 80%。",
        "Agents not ready 30 %, usually 10 %, mainly meeting; as usual about 80 %.",
    ),
    (
        Kind.READINESS,
        {"now": 0.70, "usual": 0.90, "would_be": 0.8, **AGENT},
        "示忙占 30%，平日 10%，主要因座席李梅；如平日则约 80%。",
        "Agents not ready 30 %, usually 10 %, mainly agent 李梅; as usual about 80 %.",
    ),
    (
        Kind.ELSEWHERE,
        {"now": 0.60, "usual": 0.25, "would_be": 0.8},
        "座席工作时间的 40% 用于本队列，平日 75%；如平日则约 80%。",
        "40 % of its agents' work was here, usually 75 %; as usual about 80 %.",
    ),
    (
        Kind.REFUSALS,
        {"now": 38.0, "usual": 2.0, "share": 0.6, "would_be": 0.8, **AGENT},
        "座席李梅未接振铃 38 次，占全部 60%，平日 2 次；如平日则约 80%。",
        "Agent 李梅 did not take 38 offers, 60 % of all, usually 2; as usual about 80 %.",
    ),
    (
        Kind.REFUSALS,
        {"now": 38.0, "share": 1.0},
        "未接振铃 38 次。",
        "38 offers not taken.",
    ),
    (
        Kind.OVERFLOWS,
        {"now": 25.0, "usual": 5.5},
        "25 名来电者按规则溢出，平日 5.5 名，可能有关。",
        "25 callers were sent on by a rule, usually 5.5; this may be part of it.",
    ),
    (
        Kind.SHORT,
        {"now": 30.0, "usual": 10.0, "would_be": 0.78},
        "短时放弃 30 次，平日 10 次；不计则为 78%。",
        "30 short abandons, usually 10; without them it is 78 %.",
    ),
    (
        Kind.STANDS_OUT,
        {"now": 0.41, "share": 0.8, "would_be": 0.92, **QUEUE},
        "队列销售为 41%，占未达标的 80%；其余合计 92%。",
        "Queue Sales is at 41 %, with 80 % of what misses the target; the others at 92 %.",
    ),
    (
        Kind.PAUSES,
        {"now": 3.0, "seconds": 1500.0, "would_be": 0.8},
        "3 次小休超时，共超 25 分钟；否则约 80%。",
        "3 breaks too long, by 25 min in all; otherwise about 80 %.",
    ),
    (
        Kind.PAUSES,
        {"now": 1.0, "seconds": 1500.0, "would_be": 0.8, **AGENT},
        "座席李梅有 1 次小休超时，共超 25 分钟；否则约 80%。",
        "1 break of agent 李梅 too long, by 25 min in all; otherwise about 80 %.",
    ),
    (
        Kind.WAIT,
        {"now": 75.0, "usual": 25.0},
        "平均应答速度 75 秒，平日 25 秒，可能影响评价。",
        "Callers waited 75 s for an answer, usually 25; this may lower what they say.",
    ),
    (
        Kind.PEAK,
        {"now": 0.31, "share": 0.62, "would_be": 0.86, "start": 10 * 3600.0, "end": 11 * 3600.0},
        "未达标的 62% 在 10:00–11:00，其间 31%，其余 86%。",
        "62 % of what misses the target fell into 10:00-11:00, at 31 %; the rest is at 86 %.",
    ),
]


def explanation(*causes: Cause, figure: str = "service_level", **more: Any) -> Explanation:
    given = {"value": 0.61, "usual": 0.84, "days": 4, "side": Side.LOW, "band": Band(low=0.8)} | more
    return Explanation(figure=figure, causes=causes, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "given", "zh", "en"), SENTENCES)
def test_cause_is_told_in_these_words(kind: Kind, given: dict[str, Any], zh: str, en: str) -> None:
    cause = Cause(kind=kind, **given)
    assert (told(cause, explanation(), NAMES, "zh"), told(cause, explanation(), NAMES, "en")) == (zh, en)


def test_every_kind_of_cause_has_its_words() -> None:
    assert {kind for kind, *_ in SENTENCES} == set(Kind)


@pytest.mark.parametrize(("kind", "given", "zh", "en"), SENTENCES)
@pytest.mark.parametrize("figure", ["service_level", "asa"])
def test_sentences_are_short_enough_for_a_wall_whatever_the_names_and_numbers(
    kind: Kind, given: dict[str, Any], zh: str, en: str, figure: str
) -> None:
    long = Names(
        queues={
            "sales": {"zh": "企业客户大件家电安装与上门维修预约专线队列", "en": "Installation of large appliances"}
        },
        agents={"1001": "Alexandra Konstantinopoulou"},
        reasons={"meeting": {"zh": "季度质量与服务改进专题例会及培训", "en": "quarterly quality meeting"}},
        zone=UTC,
    )
    much = {
        name: value * 137 if name in ("now", "usual", "would_be") and value > 1 else value
        for name, value in given.items()
    }
    if figure == "asa" and "would_be" in much:
        much["would_be"] = 1234.0
    for subject in ({}, QUEUE, AGENT):
        if kind is Kind.STANDS_OUT and not subject:
            continue
        cause = Cause(kind=kind, **much | (subject if "subject" in given else {}))
        assert len(told(cause, explanation(figure=figure), long, "zh")) <= 60
        assert len(told(cause, explanation(figure=figure), long, "en")) <= 120


def test_headline_says_the_figure_its_target_and_the_usual() -> None:
    found = explanation()
    assert headline(found, "zh") == "服务水平 61%，目标不低于 80%，平日 84%。"
    assert headline(found, "en") == "Service level 61 %, target at least 80 %, usually 84 %."
    band = {"value": 75.2, "usual": None, "band": Band(30.0, 60.0), "side": Side.HIGH}
    work = explanation(figure="after_call_work", **band)
    assert headline(work, "en") == "After-call work 75 s, target at least 30 s and at most 60 s."
    assert headline(work, "zh") == "事后处理时间 75 秒，目标不低于 30 秒且不高于 60 秒。"
    score = explanation(figure="survey_score", value=3.42, usual=4.1, band=Band(low=4.0))
    assert headline(score, "en") == "Mean survey score 3.4, target at least 4.0, usually 4.1."
    assert headline(explanation(value=None, side=None), "en") == "Service level: no data."
    assert headline(explanation(value=None, side=None), "zh") == "服务水平：无数据。"


def test_without_comparable_days_that_is_said() -> None:
    [zh] = sentences(explanation(days=0, usual=None), NAMES, "zh")
    [en] = sentences(explanation(days=0, usual=None), NAMES, "en")
    assert zh == "没有可比的往日数据，只看本时段。"
    assert en == "There is no comparable day to hold it against: only this stretch itself was looked at."


def test_without_a_cause_the_usual_is_said() -> None:
    assert sentences(explanation(), NAMES, "zh") == ["未见比平日更不利之处：4 个可比日平均 84%。"]
    assert sentences(explanation(days=1), NAMES, "en") == [
        "Nothing was found that is worse than usual: the comparable day came to 84 %."
    ]
    assert sentences(explanation(usual=None), NAMES, "en") == ["The data shows no cause."]
    assert sentences(explanation(usual=None), NAMES, "zh") == ["数据中看不出原因。"]


def test_of_many_causes_the_first_are_told_and_a_report_may_have_them_all() -> None:
    causes = [Cause(kind=Kind.OVERFLOWS, now=float(n)) for n in range(10, 15)]
    assert len(sentences(explanation(*causes), NAMES, "en")) == 3
    assert len(sentences(explanation(*causes), NAMES, "en", most=10)) == 5
    assert sentences(explanation(*causes, side=None), NAMES, "en") == []


def test_shares_stay_between_nothing_and_all_and_unknown_names_are_ids() -> None:
    cause = Cause(kind=Kind.CALLS, now=30.0, usual=10.0, would_be=1.07, dimension=Dimension.QUEUE, subject="q7")
    assert told(cause, explanation(), Names(), "en").startswith("30 calls in queue q7, 200 % more")
    assert told(cause, explanation(), Names(), "en").endswith("about 100 %.")
    fewer = Cause(kind=Kind.CALLS, now=10.0, usual=40.0, would_be=-0.2)
    assert told(fewer, explanation(), Names(), "zh") == "来电 10 通，比平日 40 通少 75%；如平日则约 0%。"
    much = Cause(kind=Kind.CALLS, now=90.0, usual=2.0)
    assert told(much, explanation(), Names(), "zh") == "来电 90 通，比平日 2 通多 999% 以上。"
    assert told(Cause(kind=Kind.CALLS, now=9.0, usual=0.0, would_be=0.9), explanation(), Names(), "en") == (
        "9 calls, usually none; as usual about 90 %."
    )


def test_every_figure_with_a_band_has_a_headline_in_both_languages() -> None:
    for figure in FIGURES.values():
        if figure.band is not None:
            found = explanation(figure=figure.id, band=figure.band)
            assert figure.names["zh"] in headline(found, "zh")
            assert figure.names["en"] in headline(found, "en")
