"""The least-busy load by worked examples: (0.4 x minutes talked + 0.6 x calls) per hour on duty, over a window."""

import msgspec
import pytest

from agents.workload import SLOTS, LeastBusyWeights, Workload

NINE = 9 * 3600.0
HOUR = 3600.0
WEIGHTS = LeastBusyWeights()


def on_duty_since(start: float, *calls: tuple[float, float]) -> Workload:
    """Work from `start` on, with calls of (end, talk seconds)."""
    workload = Workload()
    workload.begin_duty(start)
    for end, talk_s in calls:
        workload.add_call(talk_s, end)
    return workload


def test_three_calls_of_five_minutes_in_one_hour_are_a_load_of_7_8() -> None:
    workload = on_duty_since(NINE, (NINE + 600, 300.0), (NINE + 1500, 300.0), (NINE + 3000, 300.0))
    assert workload.load(WEIGHTS, NINE + HOUR) == pytest.approx(0.4 * 15 + 0.6 * 3)


def test_the_same_work_in_half_the_time_is_double_the_load() -> None:
    calls = ((NINE + 600, 300.0), (NINE + 1500, 300.0))
    in_an_hour = on_duty_since(NINE, *calls).load(WEIGHTS, NINE + HOUR)
    in_half = on_duty_since(NINE + HOUR / 2, (NINE + 2400, 300.0), (NINE + 3300, 300.0)).load(WEIGHTS, NINE + HOUR)
    assert in_half == pytest.approx(2 * in_an_hour)


def test_weights_say_whether_talk_time_or_the_number_of_calls_counts() -> None:
    workload = on_duty_since(NINE, (NINE + 600, 300.0), (NINE + 700, 60.0))
    now = NINE + HOUR
    assert workload.load(LeastBusyWeights(talk=1.0, count=0.0), now) == pytest.approx(6.0)
    assert workload.load(LeastBusyWeights(talk=0.0, count=1.0), now) == pytest.approx(2.0)


def test_first_minutes_count_as_five_so_that_one_call_after_log_in_is_no_giant_load() -> None:
    workload = on_duty_since(NINE, (NINE + 30, 30.0))
    assert workload.load(WEIGHTS, NINE + 30) == pytest.approx((0.4 * 0.5 + 0.6) * 12)


def test_break_is_no_time_on_duty() -> None:
    workload = on_duty_since(NINE, (NINE + 600, 300.0))
    workload.end_duty(NINE + 1800)
    workload.begin_duty(NINE + 4500)
    assert workload.load(WEIGHTS, NINE + 6300) == pytest.approx(0.4 * 5 + 0.6)


def test_duty_that_began_already_does_not_begin_again() -> None:
    workload = on_duty_since(NINE, (NINE + 600, 300.0))
    workload.begin_duty(NINE + 1800)
    assert workload.load(WEIGHTS, NINE + HOUR) == pytest.approx(0.4 * 5 + 0.6)


def test_end_of_a_duty_that_never_began_changes_nothing() -> None:
    workload = Workload()
    workload.end_duty(NINE)
    assert workload == Workload()


def test_agent_who_never_worked_has_no_load() -> None:
    assert Workload().load(WEIGHTS, NINE) == 0.0


def test_call_leaves_the_window_after_its_length_at_the_latest() -> None:
    workload = on_duty_since(NINE, (NINE + 60, 60.0))
    slot_s = WEIGHTS.window_s / SLOTS
    assert workload.load(WEIGHTS, NINE + WEIGHTS.window_s - slot_s) > 0.0
    assert workload.load(WEIGHTS, NINE + WEIGHTS.window_s) == 0.0


def test_memory_of_a_long_day_stays_at_the_slots_of_the_window() -> None:
    workload = on_duty_since(NINE)
    for minute in range(0, 10 * 60, 3):
        workload.add_call(120.0, NINE + 60 * minute)
        workload.load(WEIGHTS, NINE + 60 * minute)
    assert len(workload.slots) <= SLOTS


def test_queue_with_a_shorter_window_sees_only_the_latest_work() -> None:
    workload = on_duty_since(NINE, (NINE + 60, 60.0), (NINE + 6500, 120.0))
    short = LeastBusyWeights(talk=0.0, count=1.0, window_s=1800.0)
    assert workload.load(short, NINE + 7000) == pytest.approx(1 / (1600 / 3600))  # slots from 5400 s on


def test_long_idle_time_nobody_looked_at_counts_no_more_than_the_window() -> None:
    workload = on_duty_since(NINE)
    workload.add_call(60.0, NINE + 5 * HOUR)
    assert workload.load(WEIGHTS, NINE + 5 * HOUR) == pytest.approx(3600 / 6300)  # seven of eight slots


def test_workload_comes_back_from_a_snapshot_as_it_was() -> None:
    workload = on_duty_since(NINE, (NINE + 60, 60.0))
    assert msgspec.json.decode(msgspec.json.encode(workload), type=Workload) == workload
