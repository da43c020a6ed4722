"""The formulas against what others printed, and against a sum over states that shares nothing with them."""

import math

import pytest

from metrics.erlang import erlang_a, erlang_b, erlang_c, outlook


def test_erlang_b_is_that_of_the_printed_example_of_ten_erlangs_on_ten_lines() -> None:
    assert erlang_b(10, 10.0) == pytest.approx(0.2146, abs=5e-5)  # every traffic table: 10 erlangs, 10 lines
    assert erlang_b(1, 1.0) == 0.5


def test_published_comparison_of_fifty_agents_with_and_without_giving_up() -> None:
    """O. Garnett, A. Mandelbaum, M. Reiman, "Designing a call center with impatient customers", Manufacturing & Service
    Operations Management 4 (2002) 208-227, section 1: 50 agents, 48 calls a minute, talks of 1 min, patience of 2 min."""
    nobody_gives_up = erlang_c(50, 48 / 60, 60.0, within_s=58.1)
    assert nobody_gives_up.asa_s == pytest.approx(20.8, abs=0.05)
    assert nobody_gives_up.service_level == pytest.approx(0.90, abs=5e-4)  # the 90th percentile of the wait is 58.1 s
    assert nobody_gives_up.occupancy == pytest.approx(0.96)
    some_do = erlang_a(50, 48 / 60, 60.0, 120.0, within_s=20.0)
    assert some_do.abandon_rate == pytest.approx(0.031, abs=5e-4)
    assert some_do.occupancy == pytest.approx(0.93, abs=5e-3)
    mean_wait_s = some_do.abandon_rate * 120.0  # of all callers: those who give up do so at the rate 1 / patience
    assert mean_wait_s == pytest.approx(3.7, abs=0.05)


def test_worked_example_of_360_calls_in_half_an_hour() -> None:
    """The usual worked example of Erlang C: 360 calls in half an hour, talks of 4 minutes, 55 agents, answers within 15 s."""
    seen = erlang_c(55, 360 / 1800, 240.0, within_s=15.0)
    assert seen.waits == pytest.approx(0.239, abs=5e-4)
    assert seen.service_level == pytest.approx(0.846, abs=5e-4)
    assert seen.asa_s == pytest.approx(8.2, abs=0.05)
    assert seen.occupancy == pytest.approx(0.873, abs=5e-4)


def by_states(agents: int, per_s: float, handle_s: float, patience_s: float) -> dict[str, float]:
    """Birth and death, state by state, on a log scale."""
    logs, total = [0.0], 0.0
    for k in range(1, 6000):
        leaving = min(k, agents) / handle_s + max(k - agents, 0) / patience_s
        logs.append(logs[-1] + math.log(per_s) - math.log(leaving))
    highest = max(logs)
    shares = [math.exp(one - highest) for one in logs]
    total = math.fsum(shares)
    waiting = math.fsum((k - agents) * share for k, share in enumerate(shares) if k > agents) / total
    return {
        "waits": math.fsum(shares[agents:]) / total,
        "abandon_rate": waiting / patience_s / per_s,
        "occupancy": math.fsum(min(k, agents) * share for k, share in enumerate(shares)) / total / agents,
        "mean_wait_s": waiting / per_s,
    }


@pytest.mark.parametrize("agents", [1, 2, 10, 100, 500])
@pytest.mark.parametrize("occupancy", [0.5, 0.8, 0.98, 1.3])
@pytest.mark.parametrize("patience_s", [20.0, 180.0, 3600.0])
def test_erlang_a_is_the_sum_over_its_states(agents: int, occupancy: float, patience_s: float) -> None:
    per_s = occupancy * agents / 180.0
    seen, summed = erlang_a(agents, per_s, 180.0, patience_s, 20.0), by_states(agents, per_s, 180.0, patience_s)
    for figure in ("waits", "abandon_rate", "occupancy"):
        assert getattr(seen, figure) == pytest.approx(summed[figure], rel=1e-5, abs=1e-9), figure
    given_up_s = summed["mean_wait_s"] - seen.asa_s * (1 - seen.abandon_rate)
    assert given_up_s >= -1e-9  # the rest of all waiting is that of callers who gave up


def test_share_answered_in_time_is_found_again_by_moving_the_line_on_in_small_steps() -> None:
    """One agent. Whoever finds k ahead of him moves up when the agent is done or one of them gives up, until he is served or
    gives up himself."""
    per_s, handle_s, patience_s, within_s, longest, steps = 1 / 100, 80.0, 60.0, 30.0, 40, 5000
    shares = [1.0]
    for k in range(longest):
        shares.append(shares[-1] * per_s / (1 / handle_s + k / patience_s))
    places = [share / math.fsum(shares) for share in shares[1:]]
    in_time, width = shares[0] / math.fsum(shares), within_s / steps
    for _ in range(steps):
        moving = [place * (1 / handle_s + k / patience_s) * width for k, place in enumerate(places)]
        giving_up = [place / patience_s * width for place in places]
        in_time += moving[0]
        behind = [*moving[1:], 0.0]
        places = [at - go - up + come for at, go, up, come in zip(places, moving, giving_up, behind, strict=True)]
    assert in_time == pytest.approx(erlang_a(1, per_s, handle_s, patience_s, within_s).service_level, abs=2e-3)


def test_more_calls_than_agents_can_take_never_settle_when_nobody_gives_up() -> None:
    seen = outlook(10, 10 / 180, 180.0, math.inf, 20.0)
    assert seen.asa_s == math.inf
    assert seen.service_level == 0.0


def test_no_calls_are_all_answered() -> None:
    assert erlang_a(3, 0.0, 180.0, 60.0, 20.0).service_level == 1.0
