from zoneinfo import ZoneInfo

import pytest

from acd.model import CallId
from acd.records import Candidate, Decision, Exclusion
from acd.rules import Strategy
from agents.roster import AgentId, QueueId
from cti.decisions import DecisionRing
from cti.explain import Names, explain
from tests.unit.cti_http.site import NINE, REASONS, REPAIR, WANG, ZHANG, rules

NAMES = Names.of(rules(), REASONS)


def decided(**more: object) -> Decision:
    fields: dict[str, object] = {
        "call": CallId("c1"),
        "number": 1,
        "at": NINE,
        "queue": REPAIR,
        "strategy": Strategy.LEAST_BUSY,
        "rules": "r7",
        "asked": "caller_entered",
        "chosen": WANG,
        "reason": "best_score",
        "candidates": (Candidate(WANG, (0.52, NINE - 42)), Candidate(AgentId("1003"), (1.2, NINE - 7))),
        "excluded": (Exclusion(ZHANG, "not_ready:break"),),
        "others_excluded": {},
    }
    return Decision(**(fields | more))  # type: ignore[arg-type]


def told(**more: object) -> tuple[str, str]:
    words = explain(decided(**more), NAMES, ZoneInfo("Asia/Shanghai"))
    return words.zh, words.en


def test_a_decision_names_candidates_exclusions_choice_and_rules_in_both_languages() -> None:
    zh, en = told()
    assert en == (
        "16:00:00 queue Repair: the caller entered the queue; least-busy strategy; "
        "candidates 王芳 1002 (load 0.52, idle 42 s), 1003 (load 1.20, idle 7 s); "
        "excluded 张伟 1001 (Break); chosen 王芳 1002, first by the strategy; rules r7"
    )
    assert zh == (
        "16:00:00 队列 报修\uff1a来电进入队列\uff1b最少占用策略\uff1b"
        "候选 王芳 1002\uff08负荷 0.52\uff0c空闲 42 秒\uff09、1003\uff08负荷 1.20\uff0c空闲 7 秒\uff09\uff1b"
        "排除 张伟 1001\uff08小休\uff09\uff1b选中 王芳 1002\uff0c排序最前\uff1b规则版本 r7"
    )


def test_nobody_free_says_where_the_caller_stands() -> None:
    zh, en = told(chosen=None, reason="nobody_free", candidates=(), position=3)
    assert "nobody is free, he goes on waiting (place 3)" in en
    assert "第 3 位" in zh


def test_big_queues_are_counted_and_passed_over_callers_mentioned() -> None:
    zh, en = told(excluded=(), others_excluded={"talking": 40, "phone_in_use": 2}, passed_over=(CallId("c0"),))
    assert "excluded 40 talking, 2 phone in use" in en
    assert "passed over 1 ahead in line" in en
    assert "通话中 40 人、话机占用 2 人" in zh


@pytest.mark.parametrize(
    ("strategy", "score", "words"),
    [
        (Strategy.LONGEST_IDLE, (NINE - 90,), "idle 90 s"),
        (Strategy.ROUND_ROBIN, (17.0,), "last turn no. 17"),
        (Strategy.ROUND_ROBIN, (0.0,), "has not had a turn"),
        ("a-strategy-of-later", (1.5, 2.0), "1.5, 2"),
    ],
)
def test_each_strategys_score_is_put_in_words(strategy: str, score: tuple[float, ...], words: str) -> None:
    _, en = told(strategy=strategy, candidates=(Candidate(WANG, score),))
    assert f"1002 ({words})" in en


def test_words_and_names_nobody_knows_stand_for_themselves() -> None:
    _, en = told(
        queue=QueueId("gone"), asked="new_asking", reason="new_reason", excluded=(Exclusion(ZHANG, "new_rule"),)
    )
    assert "queue gone: new_asking" in en
    assert "1001 (new_rule)" in en
    assert "chosen 王芳 1002, new_reason" in en


def test_the_ring_keeps_the_newest_decisions_and_counts_all_calls_together() -> None:
    ring = DecisionRing(most=3)
    ring([decided(number=1), decided(number=2), decided(call=CallId("c2"), number=1)], NINE)
    assert [decision.number for decision in ring.of(CallId("c1"))] == [1, 2]
    ring([decided(call=CallId("c2"), number=2)], NINE)
    assert [decision.number for decision in ring.of(CallId("c1"))] == [2]
    ring([decided(call=CallId("c2"), number=3)], NINE)
    assert ring.of(CallId("c1")) == ()
    assert len(ring.of(CallId("c2"))) == 3
