"""What rounds of the hand-off benchmark come to."""

import json

import pytest

from bench.handoff_figures import Results, Turn, as_json, as_text, gaps_ms, missed, ratios


def turn(*gaps: float, cpu_ms: float = 40.0, engine_ms: float = 0.0, calls: int = 100) -> Turn:
    return Turn(calls, list(gaps), cpu_ms, engine_ms)


def a_round(queue_ms: float, hotline_ms: float, *, engine_ms: float = 8.0) -> dict[str, Turn]:
    return {
        "app_queue": turn(*[queue_ms] * 100),
        "hotline": turn(*[hotline_ms] * 100, cpu_ms=32.0, engine_ms=engine_ms),
    }


def test_gap_is_from_an_agents_bye_to_his_own_next_invite() -> None:
    log = [
        "INVITE agent-1000 2026-11-25 18:00:00.000 100.000",
        "BYE agent-1000 2026-11-25 18:00:02.000 102.000",
        "BYE agent-1001 2026-11-25 18:00:02.001 102.001",
        "INVITE agent-1001 2026-11-25 18:00:02.009 102.009",
        "half a li",
        "",
        "INVITE agent-1000 2026-11-25 18:00:02.020 102.020",
    ]
    assert gaps_ms(log) == [pytest.approx(8.0), pytest.approx(20.0)]


def test_rounds_are_one_heap_of_hand_offs_not_a_mean_of_quantiles() -> None:
    quick, slow = a_round(500.0, 5.0), a_round(500.0, 5.0)
    slow["hotline"] = turn(*[100.0] * 10, cpu_ms=32.0, engine_ms=8.0)
    found = ratios([quick, slow])
    assert found["p50"] == pytest.approx(100.0)
    assert found["p95"] == pytest.approx(5.0)


def test_cpu_of_rounds_counts_by_their_calls() -> None:
    results: Results = [a_round(500.0, 5.0), a_round(500.0, 5.0)]
    results[0]["hotline"] = turn(*[5.0] * 9, cpu_ms=80.0, calls=300)
    assert ratios(results)["cpu"] == pytest.approx((80.0 * 300 + 40.0 * 100) / 400 / 40.0)


def test_targets_are_of_all_rounds_together() -> None:
    assert missed([a_round(500.0, 10.0)]) == []
    assert missed([a_round(499.0, 10.0)]) == ["app_queue takes 49.9x as long at p50; to reach: 50x"]
    assert missed([a_round(90.0, 10.0, engine_ms=9.0)]) == [
        "app_queue takes 9.0x as long at p50; to reach: 50x",
        "app_queue takes 9.0x as long at p95; to reach: 10x",
        "Hotline needs 1.02x app_queue's CPU; to reach: at most 1x",
    ]


def test_each_round_is_shown_for_itself_when_there_are_several() -> None:
    one, two = a_round(500.0, 10.0), a_round(600.0, 10.0)
    assert "round" not in as_text([one])
    text = as_text([one, two])
    assert "round 1: 500 against 10.0 ms (50x)" in text
    assert "round 2: 600 against 10.0 ms (60x)" in text
    document = json.loads(as_json([one, two]))
    assert [found["p50"] for found in document["rounds"]] == [50.0, 60.0]
    assert document["hotline"]["handoffs"] == 200
