"""Agents for a service level: the fewest that reach it, and where a simulation comes to another answer than the formulas."""

import math

import msgspec
import pytest

from acd.model import QueueId
from acd.rules import Rules, ServiceLevel
from agents.roster import AgentId
from metrics.erlang import outlook
from planning.draws import Constant, Exponential, Never
from planning.shifts import on_duty
from planning.staffing import agents_for, in_roster_order, needs, roster_shifts, scheduled, search
from planning.traffic import HALF_HOURS, Stream, Traffic
from tests.unit.acd.floors import queue, rules

LEVEL = ServiceLevel(target=0.8, within_s=20.0)


@pytest.mark.parametrize("patience_s", [60.0, 300.0, math.inf])
@pytest.mark.parametrize("load", [0.3, 5.0, 48.0])
def test_agents_found_are_the_fewest_that_reach_the_target(load: float, patience_s: float) -> None:
    agents = agents_for(LEVEL, load / 240.0, 240.0, patience_s)
    assert outlook(agents, load / 240.0, 240.0, patience_s, 20.0).service_level >= 0.8
    assert agents == 1 or outlook(agents - 1, load / 240.0, 240.0, patience_s, 20.0).service_level < 0.8


def test_no_calls_need_nobody_and_an_impossible_target_is_refused() -> None:
    assert agents_for(LEVEL, 0.0, 240.0, math.inf) == 0
    with pytest.raises(ValueError, match="more than 10000 agents"):
        agents_for(ServiceLevel(target=0.8, within_s=20.0), 1000.0, 240.0, math.inf)


def test_shrinkage_is_taken_off_paid_time() -> None:
    assert scheduled(7, 0.3) == 10
    assert scheduled(10, 0.0) == 10
    assert scheduled(1, 0.05) == 2


def morning(calls: float) -> tuple[float, ...]:
    return tuple(calls if 18 <= half < 22 else 0.0 for half in range(HALF_HOURS))


def two_queues(pooled: bool) -> Rules:
    served = ["sales", "repair"]
    agents = {"anna": served, "ben": served} if pooled else {"anna": ["sales"], "ben": ["repair"]}
    return rules(agents, [queue("sales", wrap_up_s=0.0), queue("repair", wrap_up_s=0.0)])


def traffic() -> Traffic:
    streams = tuple(
        Stream(queue=QueueId(name), arrivals=morning(30.0), talk=Exponential(240.0), patience=Never())
        for name in ("sales", "repair")
    )
    return Traffic(streams=streams, answer=Constant(0.0))


def test_need_of_a_queue_is_that_of_its_calls_and_handle_time() -> None:
    found = needs(traffic(), two_queues(pooled=False))
    assert len(found) == 8
    assert {need.load for need in found} == {30.0 * 240.0 / 1800.0}
    assert {need.agents for need in found} == {agents_for(LEVEL, 30 / 1800, 240.0, math.inf)}
    assert all(need.agents == need.without_giving_up for need in found)


def test_agents_who_serve_both_queues_are_fewer_than_two_teams() -> None:
    """Two teams are what the formulas add up; one team for both is what only the simulator sees."""
    alone = 2 * agents_for(LEVEL, 30 / 1800, 240.0, math.inf)
    together = search(traffic(), two_queues(pooled=True), 0.8, seed=1, runs=3)
    apart = search(traffic(), two_queues(pooled=False), 0.8, seed=1, runs=3)
    busy = slice(18, 22)
    assert all(together.reached)
    assert sum(together.agents[busy]) < sum(apart.agents[busy])
    assert sum(together.agents[busy]) < 4 * alone
    assert sum(together.agents) == sum(together.agents[busy])  # nobody where nobody rings


def test_part_of_the_roster_has_the_skills_of_the_whole() -> None:
    roster = rules(
        {"a1": ["sales"], "a2": ["sales"], "a3": ["sales"], "a4": ["sales"], "b1": ["repair"], "b2": ["repair"]},
        [queue("sales"), queue("repair")],
    )
    first = in_roster_order(roster)[:3]
    assert sorted(agent[0] for agent in first) == ["a", "a", "b"] or sorted(a[0] for a in first) == ["a", "b", "b"]


def test_shifts_put_as_many_to_work_as_asked_even_more_than_the_roster_has() -> None:
    wanted = [0] * 18 + [2, 5, 3, 0, 1] + [0] * 25
    shifts = roster_shifts(two_queues(pooled=True), wanted)
    seen = [on_duty(shifts, half * 1800.0, (half + 1) * 1800.0) for half in range(HALF_HOURS)]
    assert seen == wanted
    names = {agent for shift in shifts for agent in shift.everybody}
    assert names == {AgentId(name) for name in ("anna", "ben", "anna+1", "ben+1", "anna+2")}


def test_handle_time_has_no_more_wrap_up_than_the_queue_gives() -> None:
    short = rules({"anna": ["sales"]}, [queue("sales", wrap_up_s=10.0)])
    stream = msgspec.structs.replace(traffic().streams[0], wrap_up=Constant(60.0))
    [need, *_] = needs(Traffic(streams=(stream,), answer=Constant(5.0)), short)
    assert need.load == pytest.approx(30 / 1800 * (240.0 + 10.0 + 5.0))
