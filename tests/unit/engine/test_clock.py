"""The floor's time never runs backwards, whatever is done to the computer's clock."""

import time

import pytest

from engine.clock import SteadyClock


class Computer:
    """Its wall clock, which anybody may set, and its monotonic one, which nobody can."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.up = 1_800_000_000.0, 5_000.0
        monkeypatch.setattr(time, "time", lambda: self.wall)
        monkeypatch.setattr(time, "monotonic", lambda: self.up)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.up += seconds


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Computer:
    return Computer(monkeypatch)


def test_it_shows_the_time_of_day(computer: Computer) -> None:
    clock = SteadyClock()
    computer.wait(10.0)
    assert clock() == 1_800_000_010.0


@pytest.mark.parametrize("set_by_s", [3600.0, -3600.0, -1_000_000.0])
def test_setting_the_computers_clock_changes_no_waiting_time(computer: Computer, set_by_s: float) -> None:
    clock = SteadyClock()
    began = clock()
    computer.wait(7.0)
    computer.wall += set_by_s
    computer.wait(5.0)
    assert clock() - began == 12.0


def test_a_restart_goes_on_after_the_last_event_even_when_the_clock_was_set_back(computer: Computer) -> None:
    last_event = SteadyClock()()
    computer.wall -= 3600.0
    clock = SteadyClock(not_before=last_event)
    assert clock() == last_event
    computer.wait(4.0)
    assert clock() == last_event + 4.0


def test_a_restart_takes_the_time_of_day_when_that_is_later(computer: Computer) -> None:
    last_event = SteadyClock()()
    computer.wait(600.0)
    assert SteadyClock(not_before=last_event)() == last_event + 600.0


def test_the_real_one_never_goes_back() -> None:
    clock = SteadyClock()
    shown = [clock() for _ in range(1000)]
    assert shown == sorted(shown)
    assert abs(shown[-1] - time.time()) < 1.0
