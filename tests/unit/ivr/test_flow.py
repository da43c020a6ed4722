"""How the interpreter leads a caller."""

from typing import Any

import msgspec
import pytest

from acd.model import QueueId
from ivr.flow import advance, begin, resume
from ivr.nodes import ALL_KEYS, AnnounceNode, Flow, HangUpNode, NodeId
from ivr.steps import (
    AskKey,
    CheckHours,
    Enqueue,
    Entered,
    HangUp,
    Happened,
    HoursChecked,
    KeyPressed,
    NothingPressed,
    Play,
    Position,
    Step,
)
from tests.unit.ivr.flows import flow, menu

OPEN, NOTHING = HoursChecked(True), NothingPressed()


def walk(led_by: Flow, *happenings: Happened) -> Step:
    """The step after all this happened to a new caller."""
    step = begin(led_by)
    for happened in happenings:
        step = advance(led_by, step.position, happened)
    return step


def keys(text: str) -> list[Happened]:
    return [KeyPressed(key) for key in text]


def test_caller_hears_the_welcome_then_the_hours_are_looked_at_then_the_menu() -> None:
    first = begin(flow())
    second = advance(flow(), first.position, NOTHING)
    third = advance(flow(), second.position, OPEN)
    assert first.action == Play(("welcome",), ALL_KEYS)
    assert second.action == CheckHours("service")
    assert third.action == AskKey(("menu",), ALL_KEYS, 5.0)
    assert [step.entered for step in (first, second, third)] == [
        (Entered(NodeId("welcome")),),
        (Entered(NodeId("hours")),),
        (Entered(NodeId("menu")),),
    ]


def test_caller_who_presses_1_is_put_into_the_repair_queue() -> None:
    step = walk(flow(), NOTHING, OPEN, KeyPressed("1"))
    assert step.action == Enqueue(QueueId("repair"), 3, ("wait",))
    assert step.entered == (Entered(NodeId("repair"), "1"),)


def test_caller_outside_the_hours_is_told_so_and_the_call_ends() -> None:
    step = walk(flow(), NOTHING, HoursChecked(False))
    assert step.action == HangUp(("closed",), "closed")


@pytest.mark.parametrize(
    ("pressed", "said"), [(KeyPressed("7"), ("wrong_key", "menu")), (NOTHING, ("no_key", "menu"))], ids=repr
)
def test_wrong_key_or_silence_is_said_and_the_menu_asked_again(pressed: Happened, said: tuple[str, ...]) -> None:
    step = walk(flow(), NOTHING, OPEN, pressed)
    assert isinstance(step.action, AskKey)
    assert step.action.prompts == said
    assert (step.entered, step.position.misses) == ((), 1)


def test_repeat_key_says_the_menu_again_without_apology_and_without_counting() -> None:
    step = walk(flow(), NOTHING, OPEN, *keys("***"))
    assert step.action == AskKey(("menu",), ALL_KEYS, 5.0)
    assert step.position.misses == 0


def test_repeat_key_does_not_wipe_out_wrong_keys() -> None:
    assert walk(flow(), NOTHING, OPEN, *keys("7*7*7")).position.node == "person"


@pytest.mark.parametrize("pressed", [keys("777"), [NOTHING] * 3, [*keys("7"), NOTHING, *keys("#")]], ids=repr)
def test_three_wrong_keys_or_silences_lead_to_a_person(pressed: list[Happened]) -> None:
    step = walk(flow(), NOTHING, OPEN, *pressed)
    assert step.action == Enqueue(QueueId("sales"), 0, ())
    assert step.entered == (Entered(NodeId("person")),)


def test_three_wrong_keys_end_the_call_with_a_word_where_there_is_no_operator() -> None:
    step = walk(flow(operator=None), NOTHING, OPEN, *keys("777"))
    assert step.action == HangUp(("sorry",), "no_choice")


def test_menu_may_name_its_own_way_out_for_those_who_fail() -> None:
    step = walk(flow(menu(failed=NodeId("repair"), attempts=1)), NOTHING, OPEN, NOTHING)
    assert step.position.node == "repair"


def test_0_leads_to_a_person() -> None:
    step = walk(flow(), NOTHING, OPEN, KeyPressed("0"))
    assert step.entered == (Entered(NodeId("person"), "0"),)


def test_0_is_a_wrong_key_where_there_is_no_operator() -> None:
    step = walk(flow(operator=None), NOTHING, OPEN, KeyPressed("0"))
    assert step.position == Position(NodeId("menu"), misses=1, moves=4)


def test_menus_own_use_of_the_operator_key_goes_first() -> None:
    step = walk(flow(menu(keys={"0": NodeId("repair")})), NOTHING, OPEN, KeyPressed("0"))
    assert step.position.node == "repair"


def test_key_pressed_during_the_welcome_counts_at_the_menu_behind_the_hours() -> None:
    step = walk(flow(), KeyPressed("2"), OPEN)
    assert step.action == Enqueue(QueueId("sales"), 0, ("wait",))
    assert step.entered == (Entered(NodeId("menu")), Entered(NodeId("sales"), "2"))


def test_wrong_key_during_the_welcome_only_cuts_it_short() -> None:
    step = walk(flow(), KeyPressed("7"), OPEN)
    assert step.action == AskKey(("menu",), ALL_KEYS, 5.0)
    assert step.position.misses == 0


def test_early_key_opens_nothing_when_the_hotline_is_closed() -> None:
    assert walk(flow(), KeyPressed("1"), HoursChecked(False)).position.node == "closed"


def test_prompts_without_barge_in_are_not_cut_short_by_keys() -> None:
    quiet = AnnounceNode(id=NodeId("welcome"), prompts=("welcome",), next=NodeId("hours"), barge_in=False)
    assert begin(flow(quiet)).action == Play(("welcome",), "")
    step = walk(flow(menu(barge_in=False)), NOTHING, OPEN)
    assert step.action == AskKey(("menu",), "", 5.0)


def test_caller_of_a_restarted_engine_goes_on_at_his_node_and_does_not_enter_it_twice() -> None:
    step = resume(flow(), NodeId("menu"))
    assert step == Step(Position(NodeId("menu")), AskKey(("menu",), ALL_KEYS, 5.0), ())


def test_caller_whose_node_is_gone_from_the_flow_begins_again() -> None:
    assert resume(flow(), NodeId("removed")) == begin(flow())


def test_position_survives_being_written_down() -> None:
    position = walk(flow(), NOTHING, OPEN, KeyPressed("7")).position
    assert msgspec.json.decode(msgspec.json.encode(position), type=Position) == position


def test_announcements_in_a_circle_end_with_a_person() -> None:
    circle = AnnounceNode(id=NodeId("welcome"), prompts=("welcome",), next=NodeId("welcome"))
    step = walk(flow(circle, max_moves=5), *[NOTHING] * 5)
    assert step.action == Enqueue(QueueId("sales"), 0, ())


@pytest.mark.parametrize(
    ("node", "happened"),
    [("hours", KeyPressed("1")), ("menu", OPEN), ("welcome", OPEN), ("repair", NOTHING), ("closed", NOTHING)],
)
def test_what_cannot_happen_at_a_node_is_refused_by_name(node: str, happened: Happened) -> None:
    with pytest.raises(ValueError, match=node):
        advance(flow(), Position(NodeId(node)), happened)


def test_flow_can_be_written_down_and_read_back() -> None:
    whole: Any = flow()
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Flow) == whole


def test_hang_up_without_prompts_is_possible() -> None:
    silent = HangUpNode(id=NodeId("closed"))
    assert walk(flow(silent), NOTHING, HoursChecked(False)).action == HangUp((), "completed")
