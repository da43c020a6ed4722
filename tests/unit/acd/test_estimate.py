"""The expected wait by worked examples, and what holds of it whatever a queue has been through."""

from math import exp, isfinite, log
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.estimate import BOUND, Expectation, Judgement, Mean, Pace, judge, rivals
from agents.roster import AgentId, QueueId

NINE = 9 * 3600.0
TOLD = Expectation(60.0, 100.0, 180.0)


def pace(talk_s: float = 265.0, wrap_up_s: float = 30.0, ring_s: float = 5.0) -> Pace:
    """A queue whose agents need 300 s for a call; nobody has given up or gone ahead."""
    return Pace(talk=Mean(talk_s), wrap_up=Mean(wrap_up_s), ring_s=[ring_s - 2.0, ring_s, ring_s + 3.0])


def expect(of: Pace, ahead: float = 0.0, **more: Any) -> Expectation:
    """The wait of a caller with so many ahead, ten agents talking."""
    told = of.expect(**{"ahead": ahead, "agents": 10, "free": 0, "wrapping_up": 0, **more})
    assert told is not None
    return told


def crowded(of: Pace, seconds: float, waiting: int = 10, agents: int = 10) -> None:
    """So many wait all that time."""
    of.stand(NINE, waiting, agents)
    of.stand(NINE + seconds, waiting, agents)


# --- worked examples -------------------------------------------------------------------------------------------------


def test_caller_whom_an_agent_is_free_for_waits_for_the_ringing_alone() -> None:
    assert expect(pace(), free=1) == Expectation(3.0, 5.0, 8.0, at_once=True)


def test_free_agents_are_for_those_ahead_first() -> None:
    assert not expect(pace(), ahead=2.0, free=2).at_once
    assert expect(pace(), ahead=1.0, free=2).at_once


def test_nothing_is_promised_while_nobody_is_on_duty() -> None:
    assert pace().expect(ahead=0.0, agents=0, free=0, wrapping_up=0) is None


def test_ten_agents_of_300_s_a_call_take_one_caller_in_30_s() -> None:
    """The line moves on once in 30 s after nobody was in wrap-up (30 s) to begin with; patience is believed to be 900 s."""
    thirtieth = expect(pace(), ahead=29.0).middle_s
    hazard = 1.0 / 900.0
    departures = 30.0 * (1.0 - (1.0 / 30.0 + 0.03) / 9.0) ** 3
    left = departures * exp(-hazard * 30.0)
    assert thirtieth == pytest.approx(5.0 + 30.0 + log(1.0 + hazard * left * 30.0) / hazard)
    assert 540.0 < thirtieth < 660.0


def test_agents_in_wrap_up_come_free_within_its_time() -> None:
    """Six in a wrap-up of 30 s: one each 5 s, and the third caller's turn is the third of them."""
    told = expect(pace(), ahead=2.0, wrapping_up=6)
    assert 5.0 + 10.0 < told.middle_s < 5.0 + 15.0
    assert told.middle_s < expect(pace(), ahead=2.0, wrapping_up=3).middle_s < expect(pace(), ahead=2.0).middle_s


def test_where_there_is_no_wrap_up_nobody_waits_for_its_end() -> None:
    first = expect(pace(talk_s=295.0, wrap_up_s=0.0)).middle_s
    assert 5.0 + 0.6 * 30.0 < first < 5.0 + 0.8 * 30.0  # the median of an exponential time is 0.69 of its mean


def test_twice_the_agents_take_the_line_in_half_the_time() -> None:
    half = expect(pace(), ahead=39.0, agents=20, wrapping_up=2).middle_s
    assert half == pytest.approx(expect(pace(), ahead=39.0, wrapping_up=1).middle_s / 2.0, rel=0.35)
    assert half < expect(pace(), ahead=39.0, wrapping_up=1).middle_s / 1.5


def test_longer_talks_make_longer_waits() -> None:
    learnt = pace()
    before = expect(learnt, ahead=5.0).middle_s
    for _ in range(400):
        learnt.talked(530.0)
    assert learnt.talk.mean_s == pytest.approx(530.0, rel=0.1)
    assert expect(learnt, ahead=5.0).middle_s > 1.6 * before


def test_mean_of_talks_follows_the_first_ones_at_once() -> None:
    mean = Mean(240.0)
    for _ in range(2):
        mean.learn(120.0)
    assert mean.mean_s == pytest.approx((2 * 240.0 + 2 * 120.0) / 4)


def test_wrap_up_time_is_learnt() -> None:
    learnt = pace()
    for _ in range(400):
        learnt.wrapped_up(90.0)
    assert learnt.wrap_up.mean_s == pytest.approx(90.0, rel=0.1)
    assert learnt.cycle_s > 350.0


def test_ringing_time_is_learnt_from_answers() -> None:
    learnt = pace()
    for _ in range(300):
        learnt.answered(12.0, 12.0, None)
    assert expect(learnt, free=1).middle_s == pytest.approx(12.0, abs=0.5)


def test_callers_who_give_up_make_room() -> None:
    learnt = pace()
    crowded(learnt, 600.0)
    before = expect(learnt, ahead=10.0).middle_s
    for _ in range(20):
        learnt.left_unserved(100.0, None)
    assert expect(learnt, ahead=10.0).middle_s < 0.8 * before


def test_agents_who_serve_other_queues_instead_take_fewer_from_this_one() -> None:
    """In 600 s ten agents should have taken 20 and took none: with 20 believed in beforehand that is half the pace."""
    slow = pace()
    crowded(slow, 600.0)
    assert slow.taken.value(20.0, 20.0) == pytest.approx(0.5)
    assert expect(slow, ahead=10.0).middle_s > 1.5 * expect(pace(), ahead=10.0).middle_s


def test_caller_taken_from_another_queue_counts_as_taken_while_any_wait_here() -> None:
    lent, idle = pace(), pace()
    crowded(lent, 600.0)
    for _ in range(20):
        lent.lent()
        idle.lent()
    assert lent.taken.value(20.0, 20.0) == pytest.approx(1.0, abs=0.1)
    assert idle == pace()


def test_callers_who_go_ahead_make_the_others_wait_longer_but_not_each_other() -> None:
    """One in 60 s goes ahead of all: half of what ten agents take."""
    passed = pace()
    crowded(passed, 600.0)
    passed.taken = pace().taken
    for _ in range(10):
        passed.arrived(10, 10)
    plain = expect(pace(), ahead=10.0).middle_s
    assert expect(passed, ahead=10.0).middle_s > 1.3 * plain
    assert expect(passed, ahead=10.0, may_be_passed=False).middle_s == pytest.approx(plain, rel=0.25)


def test_caller_at_the_end_of_the_line_goes_ahead_of_nobody() -> None:
    plain = pace()
    crowded(plain, 600.0)
    for _ in range(10):
        plain.arrived(0, 10)
    assert plain.gone_ahead.events == 0.0
    plain.arrived(0, 0)
    assert plain.gone_ahead.events == 0.0


def test_time_without_callers_teaches_nothing() -> None:
    learnt = pace()
    learnt.stand(NINE, 0, 10)
    learnt.stand(NINE + 3600.0, 0, 10)
    assert (learnt.taken, learnt.given_up, learnt.gone_ahead) == (pace().taken, pace().given_up, pace().gone_ahead)


# --- promises and what became of them --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waited_s", "verdict"),
    [
        (60.0, Judgement(-40.0, True)),
        (100.0, Judgement(0.0, True)),
        (180.0, Judgement(80.0, True)),
        (59.0, Judgement(-41.0, False)),
        (200.0, Judgement(100.0, False)),
    ],
)
def test_promise_is_judged_by_its_middle_and_its_edges(waited_s: float, verdict: Judgement) -> None:
    assert judge(TOLD, waited_s) == verdict


def test_waits_longer_than_promised_raise_the_whole_range() -> None:
    learnt = pace()
    for _ in range(50):
        learnt.answered(300.0, 5.0, TOLD)
    assert [now > before for now, before in zip(learnt.quantiles, pace().quantiles, strict=True)] == [True] * 3


def test_waits_shorter_than_promised_lower_it() -> None:
    learnt = pace()
    for _ in range(50):
        learnt.answered(30.0, 5.0, TOLD)
    assert [now < before for now, before in zip(learnt.quantiles, pace().quantiles, strict=True)] == [True] * 3


def test_range_of_which_eight_of_ten_waits_are_true_stays_as_it_is() -> None:
    learnt = pace()
    for waited_s in [50.0, 70.0, 80.0, 90.0, 95.0, 110.0, 120.0, 140.0, 160.0, 200.0] * 20:
        learnt.answered(waited_s, 5.0, TOLD)
    assert learnt.quantiles == pytest.approx(pace().quantiles, abs=0.02)


def test_promise_of_an_agent_at_once_says_nothing_about_waiting_in_line() -> None:
    learnt = pace()
    learnt.answered(40.0, 5.0, Expectation(3.0, 5.0, 8.0, at_once=True))
    learnt.left_unserved(40.0, Expectation(3.0, 5.0, 8.0, at_once=True))
    assert learnt.quantiles == pace().quantiles


def test_caller_who_gives_up_at_once_says_nothing_about_the_range() -> None:
    learnt = pace()
    learnt.left_unserved(0.0, TOLD)
    assert learnt.quantiles == pace().quantiles


def test_caller_who_gives_up_after_the_middle_raises_it_as_much_as_one_answered_then() -> None:
    gave_up, answered = pace(), pace()
    gave_up.left_unserved(140.0, TOLD)
    answered.answered(140.0, 5.0, TOLD)
    assert gave_up.quantiles[:2] == answered.quantiles[:2]


def test_caller_who_gives_up_in_the_middle_of_the_range_raises_its_end_by_what_is_likely() -> None:
    """Half of such waits are over by then; of the other half four fifths end within the range (0.9 - 0.5) / (1 - 0.5)."""
    learnt = pace()
    learnt.left_unserved(100.0, TOLD)
    assert learnt.quantiles[2] - pace().quantiles[2] == pytest.approx(0.015 * (0.9 - 0.8))


def test_caller_who_gives_up_after_the_range_shows_that_it_was_too_short() -> None:
    learnt = pace()
    learnt.left_unserved(500.0, TOLD)
    assert learnt.quantiles[2] > pace().quantiles[2]


def test_quantiles_stay_bounded_however_strange_the_day() -> None:
    up, down = pace(), pace()
    for _ in range(2000):
        up.answered(10_000.0, 5.0, TOLD)
        down.answered(6.0, 5.0, TOLD)
    assert max(up.quantiles) == BOUND
    assert min(down.quantiles) == -BOUND


def test_queues_are_rivals_as_far_as_they_have_agents_in_common() -> None:
    sales, repair, press = QueueId("sales"), QueueId("repair"), QueueId("press")
    anna, ben, cleo = AgentId("anna"), AgentId("ben"), AgentId("cleo")
    assert rivals({sales: (anna, ben), repair: (ben,), press: (cleo,)}) == {
        sales: {repair: 1.0},
        repair: {sales: 0.5},
        press: {},
    }


# --- whatever a queue has been through --------------------------------------------------------------------------------

seconds = st.floats(0.0, 20_000.0)
counts = st.integers(0, 500)
lessons = st.lists(
    st.one_of(
        st.tuples(st.just("stand"), st.floats(0.0, 5000.0), counts, counts),
        st.tuples(st.just("arrived"), counts, counts),
        st.tuples(st.just("answered"), seconds, seconds),
        st.tuples(st.just("left_unserved"), seconds),
        st.tuples(st.just("lent")),
        st.tuples(st.just("talked"), seconds),
        st.tuples(st.just("wrapped_up"), seconds),
    ),
    max_size=60,
)


def taught(history: list[tuple[Any, ...]]) -> Pace:
    """A pace after any history, whose promises are its own."""
    learnt = Pace()
    now = NINE
    for name, *values in history:
        promised = learnt.expect(ahead=7.0, agents=5, free=0, wrapping_up=1)
        if name == "stand":
            now += values[0]
            learnt.stand(now, values[1], values[2])
        elif name in ("answered", "left_unserved"):
            getattr(learnt, name)(*values, promised)
        else:
            getattr(learnt, name)(*values)
    return learnt


@given(lessons, counts, st.integers(1, 500), counts, st.booleans())
def test_range_is_in_order_and_finite_and_grows_with_the_callers_ahead(
    history: list[tuple[Any, ...]], ahead: int, agents: int, wrapping_up: int, may_be_passed: bool
) -> None:
    learnt = taught(history)
    told = [
        expect(learnt, ahead=float(n), agents=agents, wrapping_up=wrapping_up, may_be_passed=may_be_passed)
        for n in (ahead, ahead + 1)
    ]
    for one in told:
        assert all(map(isfinite, (one.low_s, one.middle_s, one.high_s)))
        assert 0.0 <= one.low_s <= one.middle_s <= one.high_s
    here, behind = told
    tolerance = 1e-9 * (1.0 + behind.high_s)
    assert behind.low_s >= here.low_s - tolerance
    assert behind.middle_s >= here.middle_s - tolerance
    assert behind.high_s >= here.high_s - tolerance


@given(lessons)
def test_pace_comes_back_from_a_snapshot_as_it_was_and_goes_on_the_same(history: list[tuple[Any, ...]]) -> None:
    learnt = taught(history)
    written = msgspec.json.encode(learnt)
    restored = msgspec.json.decode(written, type=Pace)
    assert msgspec.json.encode(restored) == written
    for one in (learnt, restored):
        one.answered(77.0, 4.0, TOLD)
        one.stand(NINE * 9, 3, 4)
    assert msgspec.json.encode(learnt) == msgspec.json.encode(restored)
    assert expect(learnt) == expect(restored)
