import msgspec
import pytest

from acd.model import CallId
from acd.records import Candidate, Decision, Exclusion
from acd.rules import Strategy
from agents.roster import AgentId, QueueId
from cti.decisions import DecisionRing
from cti.explain import Names, explain
from cti.wording import ASKED, REASONS, STRATEGIES
from tests.unit.cti_http.site import NINE, REPAIR, WANG, ZHANG, ZONE, rules
from tests.unit.cti_http.site import REASONS as NOT_READY_REASONS

NAMES = Names.of(rules(), NOT_READY_REASONS)


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
    words = explain(decided(**more), NAMES, ZONE)
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
        (Strategy.FEWEST_CALLS, (6.5, NINE - 9), "6.5 calls an hour, idle 9 s"),
        (Strategy.MOST_SKILLED, (NINE - 9,), "idle 9 s"),
        (Strategy.RING_ALL, (NINE - 9,), "idle 9 s"),
        (Strategy.LEASTRECENT, (NINE - 60, 1.0), "last call ended 60 s ago"),
        (Strategy.LEASTRECENT, (0.0, 1.0), "has had no call yet"),
        (Strategy.FEWESTCALLS, (12.0, 1.0), "12 calls served"),
        (Strategy.LINEAR, (0.0,), "no. 1 of the roster"),
        (Strategy.RRMEMORY, (2.0,), "no. 3 of the roster"),
        ("a-strategy-of-later", (1.5, 2.0), "1.5, 2"),
    ],
)
def test_each_strategys_score_is_put_in_words(strategy: str, score: tuple[float, ...], words: str) -> None:
    _, en = told(strategy=strategy, candidates=(Candidate(WANG, score),))
    assert f"1002 ({words})" in en


def test_lot_has_no_score_but_the_tier_is_said() -> None:
    candidates = (Candidate(WANG, (1.0,)), Candidate(ZHANG, (0.0,), tier=2))
    zh, en = told(strategy=Strategy.WEIGHTED_RANDOM, reason="drawn", candidates=candidates)
    assert "weighted-random strategy; candidates 王芳 1002, 张伟 1001 (tier 2)" in en
    assert "chosen 王芳 1002, drawn by lot" in en
    assert "候选 王芳 1002、张伟 1001（第 2 梯队）" in zh


@pytest.mark.parametrize(
    ("rule", "en", "zh"),
    [
        ("lacks:english>=2", "needs english 2, has 1", "要求 english 2 级，他为 1 级"),
        ("lacks:repair>=1", "needs repair 1, has none", "要求 repair 1 级，他没有"),
        ("lacks:english>=1", "without english 1", "技能不足 english 1 级"),
        ("reserve:60", "in reserve until he has waited 60 s", "后备，等待满 60 秒才接"),
        ("queue_limit", "the queue's limit of calls is reached", "队列同时通话数已满"),
        ("not_ready:after_call", "not ready again after a call", "话后待就绪"),
        ("not_ready:meal", "Meal", "用餐"),
    ],
)
def test_each_rule_that_keeps_an_agent_out_is_said_in_words(rule: str, en: str, zh: str) -> None:
    names = msgspec.structs.replace(NAMES, skills={ZHANG: {"english": 1}})
    words = explain(decided(excluded=(Exclusion(ZHANG, rule),)), names, ZONE)
    assert f"excluded 张伟 1001 ({en})" in words.en
    assert f"排除 张伟 1001（{zh}）" in words.zh


def test_needs_of_the_caller_and_the_counts_of_those_who_lack_them_are_told() -> None:
    zh, en = told(
        chosen=None,
        reason="nobody_suits",
        candidates=(),
        excluded=(),
        require={"english": 2, "repair": 1},
        others_excluded={"lacks:english>=2": 30, "reserve:60": 4},
    )
    assert "needs english 2, repair 1; excluded 30 without english 2, 4 in reserve until he has waited 60 s" in en
    assert "nobody who suits is free, he goes on waiting (place 1)" in en
    assert "要求技能 english 2 级、repair 1 级" in zh
    assert "技能不足 english 2 级 30 人" in zh


def test_all_who_are_rung_together_are_named() -> None:
    zh, en = told(rung=(WANG, ZHANG))
    assert "rung together 王芳 1002, 张伟 1001, first by the strategy; the first to answer has him" in en
    assert "同时振铃 王芳 1002、张伟 1001，先接者得" in zh


def test_recipe_names_itself_and_the_queue_whose_agents_it_brought() -> None:
    zh, en = told(asked="recipe", recipe="repair/older", via=QueueId("sales"))
    assert "queue Repair: a recipe was applied (repair/older)" in en
    assert "by the agents of queue Sales, added to his" in en
    assert "等待规则生效（repair/older）" in zh
    assert "由加入的队列 咨询 的座席接听" in zh


def test_supervisor_who_stepped_in_is_named() -> None:
    zh, en = told(asked="hand:li", chosen=None, reason="wait_for_assigned", candidates=(), wait_for=ZHANG)
    assert "supervisor li stepped in" in en
    assert "waits for the agent a supervisor gave him to (张伟 1001)" in en
    assert "主管 li 手动处理" in zh


def test_customer_whom_the_agent_served_last_is_the_reason() -> None:
    _, en = told(asked="identified", reason="last_agent_of_customer")
    assert "it became known which customer he is" in en
    assert "chosen 王芳 1002, served this customer last" in en


def test_every_id_the_core_writes_is_called_something_in_both_languages() -> None:
    asked = "caller_entered agent_free retry affinity_over recipe reserve queue_limit identified assigned"
    reasons = (
        "best_score only_candidate drawn last_agent last_agent_of_customer wait_for_last_agent assigned wait_for_assigned"
        " nobody_free nobody_suits queue_limit next_in_line raised recipe"
    )
    assert set(asked.split()) - ASKED.keys() == set()
    assert set(reasons.split()) - REASONS.keys() == set()


def test_every_strategy_is_called_something() -> None:
    assert set(Strategy) - STRATEGIES.keys() == set()


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
