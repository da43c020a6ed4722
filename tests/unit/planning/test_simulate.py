"""Simulated days: who comes, who works, what is the same under any rules, and that time and chance behave."""

from random import Random

import msgspec
import pytest

from acd import events as ev
from acd.core import Outcome
from acd.model import QueueId
from acd.rules import Do, Overflow, Recipe, Rules, Strategy
from agents.roster import AgentId, AgentSettings, BreakRule
from planning.counted import Scope
from planning.draws import Constant, Exponential
from planning.shifts import Break, Shift, comings_and_goings, on_duty, with_extra_agents
from planning.simulate import MIDNIGHT, Plan, days, simulate
from planning.traffic import HALF_HOURS, Repeats, Stream, Traffic, Who, arrivals, known
from planning.virtual import VirtualFloor
from tests.unit.acd.floors import queue, rules

SITE = Scope("site")
HOURS = tuple(20.0 if 18 <= half < 22 else 0.0 for half in range(HALF_HOURS))


def plan(the_rules: Rules | None = None, shifts: tuple[Shift, ...] | None = None, **more: object) -> Plan:
    stream = Stream(queue=QueueId("sales"), arrivals=HOURS, talk=Exponential(120.0), patience=Exponential(60.0))
    settings = {"streams": (stream,), **more}
    everybody = rules({"anna": ["sales"], "ben": ["sales"]}, [queue("sales", wrap_up_s=10.0)], vip_priority={1: 10})
    shift = Shift(start_s=9 * 3600.0, end_s=11.5 * 3600, agents=(AgentId("anna"), AgentId("ben")))
    return Plan(
        rules=the_rules or everybody,
        traffic=Traffic(**settings),  # type: ignore[arg-type]
        shifts=shifts if shifts is not None else (shift,),
    )


def test_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    seen = [msgspec.json.encode(simulate(plan(), seed).half_hours) for seed in (1, 1, 2)]
    assert seen[0] == seen[1] != seen[2]
    assert [day.calls for day in days(plan(), 1, 2)] == [simulate(plan(), 1).calls, simulate(plan(), 2).calls]


def test_rules_change_what_becomes_of_callers_but_not_who_comes() -> None:
    slow = rules({"anna": ["sales"], "ben": ["sales"]}, [queue("sales", wrap_up_s=120.0)])
    one, other = simulate(plan(), 3), simulate(plan(slow), 3)
    assert [half.offered for half in one.half_hours] == [half.offered for half in other.half_hours]
    assert (one.figures[SITE]["service_level"] or 0) > (other.figures[SITE]["service_level"] or 0)


def test_callers_come_at_the_rate_of_each_half_hour() -> None:
    stream = msgspec.structs.replace(plan().traffic.streams[0], arrivals=(0.0, 400.0, 0.0, 100.0, *[0.0] * 44))
    times = list(arrivals(stream, Random(1), 0.0))  # noqa: S311 - a simulation has no secrets
    by_half = [sum(half * 1800 <= at < (half + 1) * 1800 for at in times) for half in range(5)]
    assert by_half[0] == by_half[2] == by_half[4] == 0
    assert by_half[1] == pytest.approx(400, abs=60)
    assert by_half[3] == pytest.approx(100, abs=30)
    assert times == sorted(times)


def test_shares_of_vips_and_of_callers_who_ring_again_are_those_asked_for() -> None:
    traffic = plan(vip={1: 0.2}, repeats=Repeats(share=0.25, within_s=1e9)).traffic
    who = Who(traffic, Random(1))  # noqa: S311
    numbers = [who.rings(float(n)) for n in range(4000)]
    assert sum(number.startswith("vip-1-") for number in numbers) / 4000 == pytest.approx(0.2, abs=0.04)
    strangers = [number for number in numbers if number.startswith("caller")]
    again = 1 - len(set(strangers)) / len(strangers)
    assert again == pytest.approx(0.25, abs=0.04)
    assert known(plan().rules, traffic).caller("vip-1-0").vip == 1


def test_vips_go_ahead_in_a_long_line() -> None:
    busy = tuple(32.0 if calls else 0.0 for calls in HOURS)
    patient = msgspec.structs.replace(plan().traffic.streams[0], arrivals=busy, patience=Exponential(900.0))
    found = [simulate(plan(vip={1: 0.2}, streams=(patient,)), seed).figures for seed in range(1, 5)]
    vip, others = (sum(run[Scope("vip", level)]["queue_time"] or 0.0 for run in found) for level in ("1", "0"))
    assert 2 * vip < others
    offered = sum(found[0][Scope("vip", level)]["offered"] or 0 for level in ("0", "1"))
    assert offered == found[0][SITE]["offered"]


def test_callers_who_gave_up_ring_again_when_they_do() -> None:
    assert simulate(plan(redial=1.0, redial_after=Constant(60.0)), 1).calls > simulate(plan(), 1).calls


def test_agents_who_miss_calls_are_set_aside_and_come_back() -> None:
    strict = rules({"anna": ["sales"], "ben": ["sales"]}, [queue("sales", no_answer_limit=1, ring_s=10.0)])
    day = simulate(plan(strict, missed=0.3, back_after=Constant(30.0)), 1)
    assert (day.figures[SITE]["missed_offers"] or 0) > 5
    late = [half for half in day.half_hours[20:22] if half.offered]
    assert sum(half.answered_within_sl for half in late) > 0


def test_shift_comes_breaks_and_goes() -> None:
    shift = Shift(
        start_s=100.0, end_s=900.0, agents=(AgentId("anna"),), breaks=(Break(at_s=300.0, lasts_s=50.0, reason="meal"),)
    )
    told = [(at, type(event).__name__) for at, event in comings_and_goings([shift])]
    assert told == [
        (100.0, "PhoneChanged"),
        (100.0, "AgentLoggedIn"),
        (100.0, "AgentReady"),
        (300.0, "AgentNotReady"),
        (350.0, "AgentReady"),
        (900.0, "AgentLoggedOut"),
    ]
    assert on_duty([shift], 0.0, 1000.0) == pytest.approx(0.75)


def test_extra_agents_serve_what_the_one_they_are_like_serves() -> None:
    shift = Shift(start_s=0.0, end_s=10.0, like=AgentId("anna"), extra=2)
    more = with_extra_agents(plan().rules, [shift])
    assert shift.everybody == ("anna+1", "anna+2")
    assert more.agents[AgentId("anna+2")].queues == more.agents[AgentId("anna")].queues
    assert more.members[QueueId("sales")] == ("anna", "ben", "anna+1", "anna+2")


def test_nobody_at_work_serves_nobody() -> None:
    day = simulate(plan(shifts=()), 1)
    assert day.figures[SITE]["answered"] == 0
    assert day.figures[SITE]["service_level"] == 0.0


def test_virtual_time_goes_from_one_happening_to_the_next_and_no_further_than_told() -> None:
    outcomes: list[Outcome] = []
    floor = VirtualFloor(plan().rules, MIDNIGHT, outcomes.append)
    seen: list[tuple[str, float]] = []
    for at, name in ((30.0, "c"), (10.0, "a"), (10.0, "b")):
        floor.later(MIDNIGHT + at, lambda who: seen.append((who, floor.now - MIDNIGHT)), name)
    floor.run(MIDNIGHT + 20.0)
    assert seen == [("a", 10.0), ("b", 10.0)]
    assert floor.now == MIDNIGHT + 20.0
    floor.run()
    assert seen[-1] == ("c", 30.0)


def test_refused_wish_is_noted_and_changes_nothing() -> None:
    floor = VirtualFloor(plan().rules, MIDNIGHT, lambda outcome: None)
    floor.tell(ev.AgentReady(agent=AgentId("anna")))
    assert [(type(event).__name__, error) for event, error in floor.refused] == [("AgentReady", "illegal_transition")]


def test_every_command_of_the_core_is_obeyed() -> None:
    """Prompts and nodes, ring-all and skills in one: all agents are rung, the losers told, callers nobody can help leave."""
    rich = rules(
        {"anna": ["sales"], "ben": ["sales"]},
        [
            queue(
                "sales",
                strategy=Strategy.RING_ALL,
                ring_at_once=0,
                max_wait_s=30.0,
                overflow=Overflow(node="message"),
                recipes=(Recipe(name="music", after_s=5.0, do=Do(play="please_wait")),),
                ready_after_wrap_up=False,
            )
        ],
    )
    day = simulate(plan(rich, answer=Constant(4.0)), 1)
    site = day.figures[SITE]
    assert (site["answered"] or 0) > 20
    assert (site["overflowed"] or 0) > 0
    ended = sum(site[kind] or 0 for kind in ("answered", "abandoned", "short_abandoned", "overflowed"))
    assert ended == site["offered"] == day.calls


def test_callers_who_need_a_skill_nobody_has_are_answered_by_nobody() -> None:
    asking = msgspec.structs.replace(plan().traffic.streams[0], require={"russian": 3})
    assert simulate(plan(streams=(asking,)), 1).figures[SITE]["answered"] == 0


def test_breaks_the_rules_do_not_allow_are_told() -> None:
    shift = Shift(
        start_s=9 * 3600.0,
        end_s=11 * 3600.0,
        agents=(AgentId("anna"), AgentId("ben")),
        breaks=(Break(at_s=8 * 3600.0, lasts_s=60.0),),  # before anybody is logged in
    )
    assert simulate(plan(shifts=(shift,)), 1).refused == {}
    agents = [AgentSettings(id=AgentId(a), name=a, queues=(QueueId("sales"),), groups=("g",)) for a in ("anna", "ben")]
    strict = Rules.of("v", [queue("sales")], agents, breaks={"g": BreakRule(at_most=1)})
    at_once = msgspec.structs.replace(shift, breaks=(Break(at_s=9.1 * 3600, lasts_s=600.0),))
    assert sum(simulate(plan(strict, shifts=(at_once,)), 1).refused.values()) == 1
