"""What the core does over a day agrees with queueing theory and with what the rules promise. Seeded: never flaky."""

from collections import Counter
from statistics import mean
from typing import Any

from acd.rules import Strategy
from agents.roster import AgentId
from agents.state import AgentState
from agents.workload import LeastBusyWeights
from tests.simulation.hall import Hall, exponential, team
from tests.unit.acd.floors import queue, rules

TALK_S = 180.0


def hall(size: int, seed: int, **settings: Any) -> Hall:
    """A team on one queue without wrap-up."""
    built = Hall(
        rules({name: ["sales"] for name in team(size)}, [queue(wrap_up_s=0.0, **settings)]), seed, exponential(TALK_S)
    )
    built.come_to_work(*team(size))
    return built


def test_waits_are_the_same_whoever_is_asked_first() -> None:
    def waits(strategy: Strategy) -> list[float]:
        floor = hall(4, seed=7, strategy=strategy)
        floor.run(400, exponential(TALK_S / 3.0))
        return [record.wait_s for record in floor.answered]

    longest_idle, *others = (waits(strategy) for strategy in Strategy)
    assert mean(longest_idle) > 10.0
    assert all(other == longest_idle for other in others)


def test_least_busy_evens_out_the_talk_time_of_agents_better_than_longest_idle() -> None:
    def spread(strategy: Strategy) -> float:
        weights = LeastBusyWeights(talk=1.0, count=0.0, window_s=28800.0)
        floor = hall(6, seed=11, strategy=strategy, weights=weights)
        floor.run(600, exponential(TALK_S / 3.0))
        talk_s = dict.fromkeys(floor.centre.floor.floor.agents, 0.0)
        for interval in floor.intervals:
            if interval.state is AgentState.TALKING:
                talk_s[interval.agent] += interval.ended_at - interval.started_at
        return (max(talk_s.values()) - min(talk_s.values())) / mean(talk_s.values())

    assert spread(Strategy.LEAST_BUSY) < 0.04 < spread(Strategy.LONGEST_IDLE)


def test_least_busy_evens_out_the_number_of_calls_when_only_that_counts() -> None:
    weights = LeastBusyWeights(talk=0.0, count=1.0, window_s=28800.0)
    floor = hall(6, seed=12, strategy=Strategy.LEAST_BUSY, weights=weights)
    floor.run(600, exponential(TALK_S / 3.0))
    calls = Counter(record.agent for record in floor.answered)
    assert max(calls.values()) - min(calls.values()) <= 5  # of a hundred each; longest idle leaves 13


def test_least_busy_gives_an_agent_who_logs_in_late_his_share_of_the_calls_and_no_more() -> None:
    late = Hall(
        rules({name: ["sales"] for name in team(5)}, [queue(strategy=Strategy.LEAST_BUSY, wrap_up_s=0.0)]),
        13,
        exponential(TALK_S),
    )
    late.come_to_work(*team(4))
    late.run(150, exponential(TALK_S / 2.5))
    seen = len(late.answered)
    late.come_to_work("a4")
    late.run(60, exponential(TALK_S / 2.5))
    calls = Counter(record.agent for record in late.answered[seen:])
    assert calls[AgentId("a4")] <= 1.5 * mean(calls.values())
    assert calls[AgentId("a4")] >= 0.5 * mean(calls.values())


def test_vips_wait_less_under_overload_and_nobody_is_overtaken_within_his_rank() -> None:
    everybody = rules(
        {name: ["sales"] for name in team(4)}, [queue(wrap_up_s=0.0)], vip={"vip": 1}, vip_priority={1: 10}
    )
    floor = Hall(everybody, 17, exponential(TALK_S))
    floor.come_to_work(*team(4))
    floor.number_of = lambda n: "vip" if n % 10 == 0 else ""
    floor.patience = exponential(400.0)
    floor.run(2000, exponential(TALK_S / 6.0))
    rank = {call: opened.vip for call, opened in floor.seen.items()}
    order = {call: n for n, call in enumerate(floor.seen)}
    answered = [record.call for record in floor.answered]
    for vip in (0, 1):
        mine = [order[call] for call in answered if rank[call] == vip]
        assert mine == sorted(mine)
    waits = {vip: mean(r.wait_s for r in floor.answered if rank[r.call] == vip) for vip in (0, 1)}
    assert 3 * waits[1] < waits[0]
    abandoned = Counter(rank[record.call] for record in floor.left if record.how != "answered")
    assert abandoned[0] > 400
    assert abandoned[1] / 200 < 0.2


def test_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    days = []
    for seed in (1, 1, 2):
        floor = hall(3, seed=seed)
        floor.run(200, exponential(90.0))
        days.append([(record.agent, record.at) for record in floor.answered])
    assert days[0] == days[1] != days[2]
