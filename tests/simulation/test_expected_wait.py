"""Over a day with peaks callers are told what becomes true, and better than app_queue's formula. Seeded: never flaky.

`./hotline bench estimate` looks at more kinds of days; these are the ones a mistake would show in first.
"""

from statistics import median

import pytest

from acd.estimate import Pace
from bench.day import AppQueue, Day, Plan, Stay
from bench.estimate import Score, peaks, score, two_queues

IMPATIENT = peaks(16, load=1.15, talk_s=400.0, patience_s=180.0)


def day(plan: Plan, seed: int, pace: type[Pace] = Pace) -> Score:
    """How such a day went."""
    return score("", seed, Day(plan, seed, pace).run(), judged=True)


@pytest.mark.parametrize(
    "plan", [peaks(20), peaks(16, wrap_up_s=0.0), IMPATIENT], ids=["plain", "no wrap-up", "impatient callers"]
)
def test_eight_of_ten_waits_end_within_the_range_on_a_day_with_peaks(plan: Plan) -> None:
    one = day(plan, seed=21)
    assert one.callers > 500
    assert one.covered == pytest.approx(0.8, abs=0.05)
    assert one.covered_all == pytest.approx(0.8, abs=0.05)
    assert one.covered_stayed == pytest.approx(0.8, abs=0.06)
    assert one.ratio <= 0.5


def test_agents_of_two_queues_are_promised_to_one_line() -> None:
    one = day(two_queues(alone=0, common=20), seed=21)
    assert one.covered == pytest.approx(0.8, abs=0.05)
    assert one.ratio <= 0.5


class Unmoved(Pace):
    """Never learns from what became of its promises."""

    def _learn(self, ended_before: list[float]) -> None:
        pass


def test_range_is_true_because_it_learns_from_outcomes() -> None:
    """Where nobody gives up the line moves more evenly than the plain range allows for."""
    plan = peaks(20, load=0.85, patience_s=None)
    learnt, plain = (day(plan, 22, pace) for pace in (Pace, Unmoved))
    assert plain.covered > 0.87
    assert learnt.covered < 0.85


def told(stays: list[Stay], *, vip: bool) -> list[float]:
    """The middles told to those who had to wait."""
    return [
        stay.promised.middle_s for stay in stays if stay.promised is not None and not stay.at_once and stay.vip is vip
    ]


def test_vip_is_told_that_he_waits_less() -> None:
    stays = Day(peaks(10), 23).run()
    assert median(told(stays, vip=True)) < 0.6 * median(told(stays, vip=False))


def test_caller_told_at_once_is_answered_after_the_ringing() -> None:
    waits = [stay.wait_s for stay in Day(peaks(10), 24).run() if stay.at_once and stay.wait_s is not None]
    assert median(waits) < 8.0


def test_app_queue_goes_by_the_mean_wait_in_whole_seconds_and_30_more() -> None:
    """(3 * old + new) >> 2: 0, 10, 32; and the time waited is taken off it, beyond zero."""
    app_queue = AppQueue()
    assert app_queue.expect() == 30.0
    app_queue.connected(40.9)
    app_queue.connected(101.0)
    assert app_queue.holdtime_s == 32
    assert [app_queue.expect(waited_s) for waited_s in (0.0, 62.0, 100.0)] == [62.0, 0.0, 38.0]
