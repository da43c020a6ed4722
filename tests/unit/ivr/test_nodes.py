"""What each kind of node makes of what callers do."""

from typing import Any

import pytest

from acd.model import QueueId
from ivr.conditions import Case, Facts, QueueFacts, holds
from ivr.digits import fits, is_diallable
from ivr.flow import advance, begin, resume
from ivr.nodes import (
    DEEPEST,
    AnnounceNode,
    CallbackNode,
    CollectNode,
    ConditionNode,
    EnqueueNode,
    Flow,
    FlowNode,
    HangUpNode,
    IdentifyNode,
    LanguageNode,
    Lookup,
    LookupNode,
    MenuNode,
    MessageNode,
    Node,
    NodeId,
    ReturnNode,
    SetNode,
    TransferNode,
)
from ivr.steps import (
    AskDigits,
    AskKey,
    CallbackAnswered,
    DialledOut,
    DialOut,
    DigitsTyped,
    DropMessage,
    Enqueue,
    Entered,
    FactsSeen,
    HangUp,
    Happened,
    KeepMessage,
    KeyPressed,
    LookedUp,
    LookUp,
    NothingPressed,
    Play,
    PlayMessage,
    Recorded,
    RecordMessage,
    RequestCallback,
    SeeFacts,
    Step,
)

NOTHING = NothingPressed()
END = NodeId("end")
OTHER = NodeId("other")
PERSON = NodeId("person")
CRM = Lookup(
    name="crm", url="https://crm.example/{number}", fields={"customer": "id", "pin": "pin"}, masked=frozenset({"pin"})
)


def flow(*nodes: Node, **settings: Any) -> Flow:
    """These nodes, begun at the first; `end` and `other` hang up, `person` is the operator's queue."""
    always: list[Node] = [
        HangUpNode(id=END, reason="end"),
        HangUpNode(id=OTHER, reason="other"),
        EnqueueNode(id=PERSON, queue=QueueId("q")),
    ]
    by_id = {node.id: node for node in (*nodes, *always)}
    return Flow(nodes=by_id, start=nodes[0].id, operator=PERSON, lookups={"crm": CRM}, **settings)


def walk(led_by: Flow, *happenings: Happened) -> Step:
    """The last step."""
    step = begin(led_by)
    for happened in happenings:
        step = advance(led_by, step.position, happened)
    return step


def reason(step: Step) -> str:
    assert isinstance(step.action, HangUp)
    return step.action.reason


# --- collect ---------------------------------------------------------------------------------------------------------


def collect(**more: Any) -> CollectNode:
    settings: dict[str, Any] = {"id": NodeId("ask"), "attribute": "account", "prompts": ("ask",), "next": END, **more}
    return CollectNode(**settings)


def test_digits_that_fit_become_an_attribute_and_the_key_of_the_way_on() -> None:
    step = walk(flow(collect(shortest=3)), DigitsTyped("1234#"))
    assert (reason(step), step.learned, step.masked) == ("end", {"account": "1234"}, {})
    assert step.entered == (Entered(END, "1234"),)


def test_masked_digits_are_known_to_the_visit_alone_and_the_path_has_their_number() -> None:
    step = walk(flow(collect(masked=True)), DigitsTyped("6222021234#"))
    assert (step.learned, step.masked) == ({}, {"account": "6222021234"})
    assert step.entered == (Entered(END, "**********"),)
    assert "6222021234" not in repr((step.entered, step.position, step.action))


@pytest.mark.parametrize(
    ("typed", "said"),
    [("12#", ("wrong_key", "ask")), ("", ("no_key", "ask")), ("#", ("no_key", "ask")), ("1*", ("wrong_key", "ask"))],
)
def test_digits_too_few_or_none_are_asked_for_again(typed: str, said: tuple[str, ...]) -> None:
    step = walk(flow(collect(shortest=3)), DigitsTyped(typed))
    assert isinstance(step.action, AskDigits)
    assert (step.action.prompts, step.position.misses) == (said, 1)


def test_three_wrong_inputs_lead_to_a_person_or_the_nodes_own_branch() -> None:
    wrong = [DigitsTyped("1#")] * 3
    assert walk(flow(collect(shortest=3)), *wrong).position.node == PERSON
    assert reason(walk(flow(collect(shortest=3, failed=OTHER)), *wrong)) == "other"


def test_whoever_never_types_has_a_branch_of_his_own() -> None:
    led_by = flow(collect(shortest=3, failed=END, nothing=OTHER, attempts=2))
    assert reason(walk(led_by, DigitsTyped("1#"), DigitsTyped(""))) == "other"
    assert reason(walk(led_by, DigitsTyped(""), DigitsTyped("1#"))) == "end"


def test_repeat_key_asks_again_without_counting_and_back_leads_to_the_menu_before() -> None:
    menu = MenuNode(id=NodeId("menu"), prompts=("menu",), keys={"1": NodeId("ask")})
    led_by = flow(menu, collect(repeat="*", terminator=""), back_key="#")
    assert walk(led_by, KeyPressed("1"), DigitsTyped("12*")).position.misses == 0
    back = walk(led_by, KeyPressed("1"), DigitsTyped("12#"))
    assert (back.position.node, back.entered) == ("menu", (Entered(NodeId("menu"), "#"),))


def test_keys_pressed_too_early_are_the_first_digits_and_the_prompt_is_spared() -> None:
    hello = AnnounceNode(id=NodeId("hello"), prompts=("hello",), next=NodeId("ask"))
    step = walk(flow(hello, collect()), KeyPressed("7"))
    assert step.action == AskDigits((), "0123456789*#", 20, 8.0, 4.0, "7")


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("luhn", "4539578763621486", "4539578763621487"),
        ("cn_id", "11010519491231002*", "110105194912310021"),
        ("cn_id", "440524188001010014", "440524188013010014"),
        ("mobile", "13800138000", "12800138000"),
        ("none", "1", ""),
    ],
)
def test_check_digits(check: Any, good: str, bad: str) -> None:
    assert fits(check, good)
    assert check == "none" or not fits(check, bad)


def test_identity_number_that_ends_with_x_is_typed_with_a_star() -> None:
    step = walk(flow(collect(check="cn_id", shortest=18, longest=18)), DigitsTyped("11010519491231002*"))
    assert step.learned == {"account": "11010519491231002X"}


@pytest.mark.parametrize(
    ("number", "can"), [("13800138000", True), ("02188886666", True), ("", False), ("000000", False), ("+86138", False)]
)
def test_numbers_that_can_be_called_back(number: str, can: bool) -> None:
    assert is_diallable(number) is can


# --- language, set, conditions, lookups ------------------------------------------------------------------------------


def test_language_that_is_chosen_becomes_an_attribute() -> None:
    node = LanguageNode(id=NodeId("which"), prompts=("language",), keys={"1": "zh", "2": "en"}, next=END)
    assert walk(flow(node), KeyPressed("2")).learned == {"language": "en"}
    unchosen = walk(flow(node), NOTHING, KeyPressed("9"))
    assert (reason(unchosen), unchosen.learned) == ("end", {})


def test_set_gives_attributes_on_the_way() -> None:
    step = walk(flow(SetNode(id=NodeId("set"), attributes={"product": "printer"}, next=END)))
    assert (step.learned, [one.node for one in step.entered]) == ({"product": "printer"}, ["set", "end"])


BUSY = QueueFacts(waiting=5, ready=0, on_duty=3, expected_s=240.0)
FACTS = Facts(
    did="400", vip=2, language="zh", attributes={"region": "上海"}, queues={QueueId("q"): BUSY}, open={"day": True}
)


@pytest.mark.parametrize(
    ("case", "so"),
    [
        ({"vip": 2}, True),
        ({"vip": 3}, False),
        ({"customer": False}, True),
        ({"customer": True}, False),
        ({"language": ("en",)}, False),
        ({"did": ("400", "800")}, True),
        ({"attributes": {"region": ("北京", "上海")}}, True),
        ({"attributes": {"region": ("*",)}}, True),
        ({"attributes": {"level": ("*",)}}, False),
        ({"attributes": {"level": ("",)}}, True),
        ({"calendar": "day"}, True),
        ({"queue": "q", "waiting_over": 4}, True),
        ({"queue": "q", "waiting_over": 5}, False),
        ({"queue": "q", "ready_under": 1, "on_duty_under": 4}, True),
        ({"queue": "q", "on_duty_under": 3}, False),
        ({"queue": "q", "expected_over_s": 180.0}, True),
        ({"queue": "gone", "waiting_over": 0}, False),
        ({"vip": 2, "calendar": "day", "queue": "q", "waiting_over": 9}, False),
    ],
    ids=repr,
)
def test_case_holds_when_all_it_says_is_so(case: dict[str, Any], so: bool) -> None:
    assert holds(Case(next="x", **case), FACTS) is so


def test_first_case_that_holds_wins_else_otherwise() -> None:
    cases = (Case(next="other", vip=9), Case(next="end", vip=1, queue=QueueId("q"), waiting_over=1))
    led_by = flow(ConditionNode(id=NodeId("who"), cases=cases, otherwise=OTHER))
    assert begin(led_by).action == SeeFacts((QueueId("q"),), ())
    assert reason(walk(led_by, FactsSeen(FACTS))) == "end"
    assert reason(walk(led_by, FactsSeen(Facts()))) == "other"


def test_answer_of_a_lookup_becomes_attributes_and_keys_meanwhile_count_at_the_menu() -> None:
    menu = MenuNode(id=NodeId("menu"), prompts=("menu",), keys={"1": END})
    led_by = flow(LookupNode(id=NodeId("find"), lookup="crm", prompts=("wait",), next=menu.id, failed=OTHER), menu)
    assert begin(led_by).action == LookUp("crm", ("wait",))
    step = walk(led_by, LookedUp({"level": "gold", "pin": "77"}, "1"))
    assert (reason(step), step.learned, step.masked) == ("end", {"level": "gold"}, {"pin": "77"})
    assert reason(walk(led_by, LookedUp(None))) == "other"


def test_identified_is_who_is_known_or_whom_the_lookup_names() -> None:
    led_by = flow(IdentifyNode(id=NodeId("he"), lookup="crm", known=END, unknown=OTHER, failed=PERSON))
    assert reason(walk(led_by, FactsSeen(Facts(customer="C1")))) == "end"
    found = walk(led_by, FactsSeen(Facts()), LookedUp({"customer": "C2"}))
    assert (reason(found), found.learned) == ("end", {"customer": "C2"})
    assert reason(walk(led_by, FactsSeen(Facts()), LookedUp({}))) == "other"
    assert walk(led_by, FactsSeen(Facts()), LookedUp(None)).position.node == PERSON


# --- callback --------------------------------------------------------------------------------------------------------

CALLBACK = CallbackNode(id=NodeId("back"), queue=QueueId("q"), next=END, cancelled=OTHER)
MINE = FactsSeen(Facts(number="13800138000"))


def test_caller_confirms_his_number_and_is_told_that_it_is_kept() -> None:
    led_by = flow(CALLBACK)
    asked = walk(led_by, MINE)
    assert isinstance(asked.action, AskKey)
    assert asked.action.prompts == ("callback_confirm_number", "{phone:13800138000}", "callback_press")
    assert walk(led_by, MINE, KeyPressed("1")).action == RequestCallback("13800138000", QueueId("q"))
    saved = walk(led_by, MINE, KeyPressed("1"), CallbackAnswered(True))
    assert saved.action == Play(("callback_saved",), "")
    assert reason(advance(led_by, saved.position, NOTHING)) == "end"


def test_other_number_is_typed_confirmed_and_taken() -> None:
    typed = walk(flow(CALLBACK), MINE, KeyPressed("2"), DigitsTyped("02188886666#"), KeyPressed("1"))
    assert typed.action == RequestCallback("02188886666", QueueId("q"))


def test_withheld_number_is_asked_for_at_once() -> None:
    step = walk(flow(CALLBACK), FactsSeen(Facts(number="")))
    assert isinstance(step.action, AskDigits)


@pytest.mark.parametrize(
    "happenings",
    [
        [MINE, KeyPressed("*")],
        [MINE, NOTHING, KeyPressed("5"), NOTHING],
        [MINE, KeyPressed("2"), DigitsTyped("*")],
        [MINE, KeyPressed("2"), *[DigitsTyped("12#")] * 3],
        [MINE, KeyPressed("1"), CallbackAnswered(False)],
    ],
    ids=repr,
)
def test_callback_that_is_cancelled_failed_or_refused_goes_on_elsewhere(happenings: list[Happened]) -> None:
    assert reason(walk(flow(CALLBACK), *happenings)) == "other"


def test_without_a_queue_there_is_no_place_to_keep() -> None:
    anywhere = CallbackNode(id=NodeId("back"), cancelled=OTHER)
    assert reason(walk(flow(anywhere), MINE)) == "other"
    in_queue = FactsSeen(Facts(number="13800138000", queue=QueueId("q")))
    done = walk(flow(anywhere), in_queue, KeyPressed("1"), CallbackAnswered(True))
    assert done.action == HangUp(("callback_saved",), "callback")


# --- message ---------------------------------------------------------------------------------------------------------

MESSAGE = MessageNode(id=NodeId("say"), next=END, deleted=OTHER, failed=PERSON, attempts=2)


def test_message_is_recorded_heard_recorded_again_and_kept() -> None:
    led_by = flow(MESSAGE)
    assert isinstance(begin(led_by).action, RecordMessage)
    assert isinstance(walk(led_by, Recorded(5.0)).action, AskKey)
    assert walk(led_by, Recorded(5.0), KeyPressed("1")).action == PlayMessage()
    assert isinstance(walk(led_by, Recorded(5.0), KeyPressed("1"), NOTHING, KeyPressed("2")).action, RecordMessage)
    kept = walk(led_by, Recorded(5.0), KeyPressed("3"))
    assert kept.action == KeepMessage(("message_kept",))
    assert reason(advance(led_by, kept.position, NOTHING)) == "end"


def test_silence_and_too_many_wrong_keys_keep_the_message() -> None:
    assert isinstance(walk(flow(MESSAGE), Recorded(5.0), NOTHING).action, KeepMessage)
    assert isinstance(walk(flow(MESSAGE), Recorded(5.0), KeyPressed("9"), KeyPressed("9")).action, KeepMessage)


def test_message_that_is_deleted_goes_on_elsewhere() -> None:
    deleted = walk(flow(MESSAGE), Recorded(5.0), KeyPressed("4"))
    assert deleted.action == DropMessage(("message_deleted",))
    assert reason(advance(flow(MESSAGE), deleted.position, NOTHING)) == "other"


def test_message_too_short_is_asked_for_again_then_given_up() -> None:
    again = walk(flow(MESSAGE), Recorded(0.5))
    assert isinstance(again.action, RecordMessage)
    assert again.action.prompts == ("message_too_short", "leave_message")
    assert walk(flow(MESSAGE), Recorded(0.5), Recorded(0.0)).position.node == PERSON


# --- transfer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "ends"),
    [
        ("ANSWER", "transferred"),
        ("BUSY", "end"),
        ("NOANSWER", "other"),
        ("CHANUNAVAIL", "failed"),
        ("CONGESTION", "failed"),
    ],
)
def test_transfer_ends_by_how_the_dial_did(status: str, ends: str) -> None:
    node = TransferNode(id=NodeId("out"), number="02164000000", busy=END, no_answer=OTHER, failed=NodeId("failed"))
    led_by = flow(node, HangUpNode(id=NodeId("failed"), reason="failed"))
    assert begin(led_by).action == DialOut("02164000000", 30.0, 3600.0, ())
    assert reason(walk(led_by, DialledOut(status))) == ends


# --- sub-flows, back, early keys -------------------------------------------------------------------------------------


def sub_flow() -> Flow:
    return flow(
        FlowNode(id=NodeId("first"), start=NodeId("sub.ask"), next=NodeId("second")),
        FlowNode(id=NodeId("second"), start=NodeId("sub.ask"), next=END),
        MenuNode(id=NodeId("sub.ask"), prompts=("menu",), keys={"1": NodeId("sub.done"), "2": OTHER}),
        ReturnNode(id=NodeId("sub.done")),
        back_key="9",
    )


def test_sub_flow_returns_to_where_each_of_its_callers_goes_on() -> None:
    step = walk(sub_flow(), KeyPressed("1"))
    assert step.position.stack == ("end",)
    assert step.entered[-1] == Entered(NodeId("sub.ask"), "", (END,))
    assert reason(walk(sub_flow(), KeyPressed("1"), KeyPressed("1"))) == "end"


def test_sub_flow_may_be_left_for_good() -> None:
    step = walk(sub_flow(), KeyPressed("2"))
    assert (reason(step), step.position.stack) == ("other", ())


def test_back_leads_into_the_sub_flow_as_it_was() -> None:
    step = walk(sub_flow(), KeyPressed("1"), KeyPressed("9"))
    assert (step.position.node, step.position.stack) == ("sub.ask", ("second",))


def test_caller_of_a_restarted_engine_goes_on_within_his_sub_flow() -> None:
    step = resume(sub_flow(), NodeId("sub.ask"), (END,))
    assert reason(advance(sub_flow(), step.position, KeyPressed("1"))) == "end"
    assert resume(sub_flow(), NodeId("sub.ask"), (NodeId("removed"),)) == begin(sub_flow())


def test_sub_flow_that_leads_into_itself_ends_with_a_person() -> None:
    own = FlowNode(id=NodeId("sub.again"), start=NodeId("sub.again"), next=END)
    step = walk(flow(FlowNode(id=NodeId("in"), start=NodeId("sub.again"), next=END), own))
    assert step.action == Enqueue(QueueId("q"), 0, ())
    assert len(step.entered) == DEEPEST + 2


def test_back_at_the_first_menu_asks_again() -> None:
    step = walk(sub_flow(), KeyPressed("9"))
    assert step.position.node == "sub.ask"


def test_callers_who_know_the_way_press_through_announcements() -> None:
    second = MenuNode(id=NodeId("m2"), prompts=("m2",), keys={"2": END})
    tell = AnnounceNode(id=NodeId("tell"), prompts=("tell",), next=second.id)
    first = MenuNode(id=NodeId("m1"), prompts=("m1",), keys={"1": tell.id})
    find = LookupNode(id=NodeId("find"), lookup="crm", next=first.id, failed=OTHER)
    assert reason(walk(flow(find, first, tell, second), LookedUp({}, "12"))) == "end"


def test_200_early_keys_are_not_all_remembered() -> None:
    ask = collect(longest=40)
    find = LookupNode(id=NodeId("find"), lookup="crm", next=ask.id, failed=OTHER)
    step = walk(flow(find, ask), LookedUp({}, "1" * 200))
    assert isinstance(step.action, AskDigits)
    assert len(step.action.typed) == 32
