"""Who rings in the demonstration, and when."""

from random import Random

import pytest

from cti.masking import mask_number
from engine.demo.story import VIPS, Story, write_story


def story(length_s: float, seed: int = 1) -> Story:
    return write_story(length_s, Random(seed))  # noqa: S311 - a show


def test_same_chance_tells_the_same_story_and_another_one_another() -> None:
    assert story(120) == story(120)
    assert story(120) != story(120, seed=2)


@pytest.mark.parametrize("length_s", [15.0, 25.0, 60.0, 120.0, 600.0])
def test_callers_ring_in_order_and_none_so_late_that_he_cannot_be_served(length_s: float) -> None:
    times = [caller.rings_at_s for caller in story(length_s).callers]
    assert times == sorted(times)
    assert times[0] < 1.0
    assert times[-1] < length_s - min(15.0, length_s / 5)


def test_shown_numbers_tell_callers_apart_in_a_long_show() -> None:
    ordinary = [caller.number for caller in story(600).callers if caller.number not in VIPS]
    assert len({number[-4:] for number in ordinary}) == len(ordinary)
    assert all("****" in mask_number(number) for number in ordinary)


@pytest.mark.parametrize("length_s", [25.0, 120.0])
def test_vip_rings_when_a_rush_has_just_filled_the_queues(length_s: float) -> None:
    callers = story(length_s).callers
    vip = next(caller for caller in callers if caller.number in VIPS)
    before = [caller for caller in callers if 0 < vip.rings_at_s - caller.rings_at_s < 6]
    assert sum(bool(caller.keys) for caller in before) >= 5


def test_two_minutes_hold_everybody_the_show_is_about() -> None:
    callers = story(120).callers
    keys = {key for caller in callers for _, key in caller.keys}
    assert {"0", "1", "2", "3"} <= keys
    assert "8" in keys, "somebody presses a wrong key"
    assert any(not caller.keys for caller in callers), "somebody leaves the menu"
    assert any(caller.rings_again_after_s is not None for caller in callers)
    assert any(caller.patience_s < 15 and caller.keys for caller in callers), "somebody gives up waiting"
    assert len(story(120).breaks) == 2
