"""Where rules meet: what the stories and the random walk were blind to, each with the smallest case."""

import pytest

from acd import events as ev
from acd.commands import EndCall, PlayPrompt
from acd.model import CallId, CallState, OfferId, OfferOutcome, QueueId
from acd.outcome import Outcome
from acd.records import OfferMade
from acd.refused import Refused
from acd.rules import Affinity, AtClose, Do, Overflow, Recipe, Rules, Strategy, When
from agents.roster import AgentId, BreakRule, Membership
from agents.state import AgentState, PhoneState
from tests.unit.acd.floors import Stage, queue, rules
from tests.unit.acd.laws import check_floor

S, P = QueueId("sales"), QueueId("press")
A = AgentId


def rung(stage: Stage, name: str) -> list[str]:
    """Whose phones ring for him."""
    return sorted(stage.floor.offers[offer].agent for offer in stage.call(name).ringing)


def fail(stage: Stage, offer: OfferId, outcome: OfferOutcome = OfferOutcome.DECLINED) -> Outcome:
    """The phone of this offer does not take it."""
    return stage.tell(ev.OfferFailed(offer=offer, outcome=outcome, cause="BUSY"))


def test_recipes_go_on_after_a_reserve_agent_declined() -> None:
    r = rules(
        {"anna": ["sales"]},
        [queue(recipes=(Recipe(name="word", after_s=60.0, do=Do(play="sorry")),), retry_s=600.0)],
        settings={"anna": {"memberships": {S: Membership(after_s=20.0)}}},
    )
    stage = Stage(r, "anna")
    stage.caller("c1")
    stage.wait(20)
    assert stage.rung_for("c1") == "anna"
    fail(stage, stage.offer("c1").id)
    stage.wait(60)
    assert any(isinstance(c, PlayPrompt) for c in stage.commands)


def test_second_reserve_agent_comes_in_after_the_first_declined() -> None:
    r = rules(
        {"anna": ["sales"], "ben": ["sales"]},
        [queue(retry_s=600.0)],
        settings={
            "anna": {"memberships": {S: Membership(after_s=20.0)}},
            "ben": {"memberships": {S: Membership(after_s=60.0)}},
        },
    )
    stage = Stage(r, "anna", "ben")
    stage.caller("c1")
    stage.wait(20)
    fail(stage, stage.offer("c1").id)
    stage.wait(50)
    assert rung(stage, "c1") == ["ben"]


def test_reserve_agents_of_an_added_queue_come_in_too() -> None:
    r = rules(
        {"anna": ["sales"], "ben": ["press"]},
        [queue(recipes=(Recipe(name="more", after_s=10.0, do=Do(add_queue=P)),)), queue("press")],
        settings={"ben": {"memberships": {P: Membership(after_s=30.0)}}},
    )
    stage = Stage(r, "ben")
    stage.caller("c1")
    stage.wait(40)
    assert rung(stage, "c1") == ["ben"]


def test_call_that_ends_frees_its_queue_for_agents_of_an_added_one() -> None:
    r = rules(
        {"anna": ["sales"], "ben": ["press"]},
        [
            queue(max_calls=1, wrap_up_s=30.0, recipes=(Recipe(name="more", after_s=5.0, do=Do(add_queue=P)),)),
            queue("press"),
        ],
    )
    stage = Stage(r, "anna", "ben")
    stage.caller("c1")
    stage.answer("c1")
    stage.caller("c2")
    stage.wait(10)
    assert stage.call("c2").state is CallState.WAITING
    stage.tell(ev.TalkEnded(offer=stage.offer("c1").id))
    check_floor(stage.floor, stage.now)


def test_caller_held_for_his_last_agent_does_not_pass_the_limit_of_calls() -> None:
    r = rules(
        {"anna": ["sales", "press"], "ben": ["sales"]},
        [queue(max_calls=1, wrap_up_s=0.0, affinity=Affinity(wait_s=300.0)), queue("press", wrap_up_s=0.0)],
    )
    stage = Stage(r, "anna")
    stage.caller("c0", number="n1")
    stage.talk("c0", 20)  # anna: last agent of n1, mean 20 s
    stage.caller("p1", into="press")
    stage.answer("p1")
    stage.caller("c1", number="n1")  # held for anna
    assert stage.call("c1").held_for == "anna"
    stage.come_to_work("ben")
    stage.caller("c2")
    stage.answer("c2")  # sales at its limit
    stage.wait(5)
    stage.tell(ev.TalkEnded(offer=stage.offer("p1").id))
    assert stage.floor.busy[S] <= 1


def test_caller_who_came_at_the_limit_still_gets_his_last_agent() -> None:
    r = rules(
        {"anna": ["sales"], "ben": ["sales"], "cleo": ["sales"]},
        [queue(max_calls=1, wrap_up_s=0.0, affinity=Affinity(wait_s=300.0))],
    )
    stage = Stage(r, "anna")
    stage.caller("c0", number="n1")
    stage.talk("c0", 20)
    stage.tell(ev.AgentNotReady(agent=A("anna"), reason="x"))
    stage.come_to_work("ben")
    stage.caller("c2")
    stage.answer("c2")
    stage.come_to_work("cleo")
    stage.wait(5)
    stage.tell(ev.AgentReady(agent=A("anna")))
    stage.caller("c1", number="n1")
    stage.tell(ev.TalkEnded(offer=stage.offer("c2").id))
    assert rung(stage, "c1") == ["anna"]


def test_caller_is_not_stranded_by_rules_that_no_longer_know_the_skill_he_was_asked_for() -> None:
    r1 = rules({"anna": ["sales"]}, [queue(require={"english": 1})], settings={"anna": {"skills": {"english": 2}}})
    r2 = rules({"anna": ["sales"]}, [queue()], settings={"anna": {"skills": {"english": 2}}}, version="v2")
    stage = Stage(r1)
    stage.caller("c1")
    stage.tell(ev.RulesLoaded(rules=r2))
    stage.come_to_work("anna")
    assert rung(stage, "c1") == ["anna"]


def test_agents_who_lost_a_round_are_rung_together_for_the_next_caller() -> None:
    r = rules({"anna": ["sales"], "ben": ["sales"], "cleo": ["sales"]}, [queue(strategy=Strategy.RING_ALL)])
    stage = Stage(r, "anna", "ben", "cleo")
    stage.caller("c1")
    stage.caller("c2")
    assert rung(stage, "c1") == ["anna", "ben", "cleo"]
    cleos = next(o.id for o in stage.floor.offers.values() if o.agent == "cleo")
    stage.tell(ev.OfferAnswered(offer=cleos))
    assert rung(stage, "c2") == ["anna", "ben"]


def test_agents_whose_caller_left_are_rung_together_for_the_next() -> None:
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(strategy=Strategy.RING_ALL)])
    stage = Stage(r, "anna", "ben")
    stage.caller("c1")
    stage.caller("c2")
    stage.tell(ev.CallLeftByCaller(call=CallId("c1")))
    assert rung(stage, "c2") == ["anna", "ben"]


def test_caller_who_is_back_from_a_round_goes_before_the_one_behind_him() -> None:
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(strategy=Strategy.RING_ALL)])
    stage = Stage(r, "anna", "ben")
    stage.caller("c1")
    stage.caller("c2")
    stage.tell(ev.CallRejoined(call=CallId("c1")))
    assert rung(stage, "c1") == ["anna", "ben"]
    assert rung(stage, "c2") == []


def test_customer_who_is_identified_during_the_talk_gets_this_agent_next_time() -> None:
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(wrap_up_s=0.0, affinity=Affinity())])
    stage = Stage(r, "anna")
    stage.caller("c1", number="n1")
    stage.answer("c1")
    stage.tell(ev.CallIdentified(call=CallId("c1"), customer="k"))
    stage.come_to_work("ben")
    stage.wait(30)
    stage.tell(ev.TalkEnded(offer=stage.offer("c1").id))
    stage.tell(ev.CallLeftByCaller(call=CallId("c1")))
    stage.wait(5)
    stage.tell(ev.CallArrived(call=CallId("c2"), channel="x", number="n2", did="4"))
    stage.tell(ev.CallIdentified(call=CallId("c2"), customer="k"))
    stage.tell(ev.CallQueued(call=CallId("c2"), queue=S))
    assert rung(stage, "c2") == ["anna"]


def test_break_that_is_asked_for_twice_is_one_break() -> None:
    r = rules({"anna": ["sales"]}, settings={"anna": {"groups": ("east",)}}, breaks={"east": BreakRule(longest_s=30.0)})
    stage = Stage(r, "anna")
    stage.tell(ev.AgentNotReady(agent=A("anna"), reason="break"))
    stage.wait(20)
    stage.tell(ev.AgentNotReady(agent=A("anna"), reason="break"))
    stage.wait(20)
    assert stage.agent("anna").overrun


def test_break_is_measured_by_the_rules_in_force() -> None:
    def r(v: str, s: float) -> Rules:
        return rules(
            {"anna": ["sales"]},
            settings={"anna": {"groups": ("east",)}},
            breaks={"east": BreakRule(longest_s=s)},
            version=v,
        )

    stage = Stage(r("v1", 30.0), "anna")
    stage.tell(ev.AgentNotReady(agent=A("anna"), reason="break"))
    stage.tell(ev.RulesLoaded(rules=r("v2", 60.0)))
    stage.wait(100)
    assert stage.agent("anna").overrun


def test_caller_who_is_rung_for_while_his_queue_closes_is_told_when_nobody_answers() -> None:
    r = rules({"anna": ["sales"]}, [queue(at_close=AtClose.TELL)])
    stage = Stage(r, "anna")
    stage.caller("c1")
    stage.tell(ev.QueueClosed(queue=S, by="hours"))
    fail(stage, stage.offer("c1").id)
    assert any(isinstance(c, EndCall) for c in stage.commands)


def test_caller_who_overflows_into_a_closed_queue_is_told() -> None:
    r = rules(
        {"anna": ["sales"], "ben": ["press"]},
        [queue(max_wait_s=10.0, overflow=Overflow(queue=P)), queue("press", at_close=AtClose.TELL)],
    )
    stage = Stage(r)
    stage.caller("c1")
    stage.tell(ev.QueueClosed(queue=P, by="hours"))
    stage.wait(600)
    assert any(isinstance(c, EndCall) for c in stage.commands)


def test_queue_of_no_length_takes_nobody_at_its_limit_of_calls() -> None:
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(max_waiting=0, max_calls=1, full=Overflow(busy=True))])
    stage = Stage(r, "anna", "ben")
    stage.caller("c1")
    stage.answer("c1")
    stage.caller("c2")
    assert any(isinstance(c, EndCall) for c in stage.commands)


def test_queue_of_no_length_takes_nobody_whom_the_free_agent_does_not_suit() -> None:
    r = rules({"anna": ["sales"]}, [queue(max_waiting=0, require={"english": 1}, full=Overflow(busy=True))])
    stage = Stage(r, "anna")
    stage.caller("c1")
    assert any(isinstance(c, EndCall) for c in stage.commands)


def test_recipes_that_lead_to_each_other_lead_a_caller_round_once() -> None:
    def leave(q: QueueId) -> tuple[Recipe, ...]:
        return (Recipe(name="away", do=Do(leave=Overflow(queue=q))),)

    r = rules({"anna": ["sales", "press"]}, [queue(recipes=leave(P)), queue("press", recipes=leave(S))])
    stage = Stage(r, "anna")
    stage.caller("c1")


def test_free_agent_goes_before_a_recipe_that_is_due_at_once() -> None:
    rules(
        {"anna": ["sales"], "ben": ["press"]},
        [queue(recipes=(Recipe(name="away", do=Do(leave=Overflow(node="message"))),))],
    )
    stage = Stage(
        rules({"anna": ["sales"]}, [queue(recipes=(Recipe(name="away", do=Do(leave=Overflow(node="message"))),))]),
        "anna",
    )
    stage.caller("c1")
    assert rung(stage, "c1") == ["anna"]


def test_nobody_is_assigned_to_an_agent_whose_phone_is_unreachable() -> None:
    stage = Stage(
        rules({"anna": ["sales"], "ben": ["sales"]}),
    )
    stage.tell(ev.AgentLoggedIn(agent=A("anna")), ev.AgentReady(agent=A("anna")))
    stage.caller("c1")
    with pytest.raises(Refused):
        stage.tell(ev.CallAssigned(call=CallId("c1"), agent=A("anna"), by="li"))


def test_nobody_is_assigned_to_an_agent_who_is_about_to_leave() -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}), "anna")
    stage.caller("c0")
    stage.answer("c0")
    stage.tell(ev.AgentLoggedOut(agent=A("anna")))
    stage.caller("c1")
    with pytest.raises(Refused):
        stage.tell(ev.CallAssigned(call=CallId("c1"), agent=A("anna"), by="li"))


def test_caller_who_comes_back_from_a_node_keeps_his_points() -> None:
    r = rules(
        {"anna": ["sales"]},
        [
            queue(
                recipes=(
                    Recipe(name="up", do=Do(raise_by=5)),
                    Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(node="offer"))),
                )
            )
        ],
    )
    stage = Stage(r)
    stage.caller("c1")
    stage.tell(ev.CallRaised(call=CallId("c1"), points=9, by="li"))
    stage.wait(10)
    assert stage.call("c1").state is CallState.IVR
    stage.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert stage.call("c1").priority >= 14


def test_caller_who_comes_back_from_a_node_is_not_sent_there_again() -> None:
    r = rules(
        {"anna": ["sales"]},
        [
            queue(
                recipes=(
                    Recipe(name="away", after_s=0.0, when=When(ready_under=1), do=Do(leave=Overflow(node="offer"))),
                )
            )
        ],
    )
    stage = Stage(r)
    stage.caller("c1")
    stage.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert stage.call("c1").state is CallState.WAITING


def test_nobody_waits_for_an_agent_who_is_not_ready_after_his_wrap_up() -> None:
    r = rules(
        {"anna": ["sales"], "ben": ["sales"]},
        [queue(ready_after_wrap_up=False, wrap_up_s=20.0, affinity=Affinity(wait_s=60.0))],
    )
    stage = Stage(r, "anna")
    stage.caller("c0", number="n1")
    stage.talk("c0", 20)
    assert stage.agent("anna").state is AgentState.WRAP_UP
    stage.caller("c1", number="n1")
    assert stage.call("c1").held_for is None


def test_agent_goes_on_to_the_next_caller_when_the_first_is_held_for_another() -> None:
    r = rules(
        {"anna": ["sales"], "ben": ["sales"]}, [queue(ring_at_once=2, wrap_up_s=0.0, affinity=Affinity(wait_s=300.0))]
    )
    stage = Stage(r, "anna")
    stage.caller("x", number="n9")
    stage.talk("x", 20)
    stage.caller("a", number="n1")  # anna rung
    stage.tell(ev.LinkLost())
    stage.caller("c1", number="n1")
    stage.caller("c2", number="n2")
    stage.tell(ev.LinkRegained())
    stage.answer("a")
    stage.come_to_work("ben")
    check_floor(stage.floor, stage.now)


def test_reserve_is_not_missed_by_a_rounding_error() -> None:
    bad = []
    for i in range(2000):
        s = 1000.0 + i * 0.0137
        if (s + 60.0) - s < 60.0:
            bad.append(s)
    assert bad
    r = rules({"anna": ["sales"]}, settings={"anna": {"memberships": {S: Membership(after_s=60.0)}}})
    stage = Stage(r, "anna")
    stage.wait(bad[0] - 1000.0)
    stage.now = bad[0]
    stage.caller("c1")
    stage.wait(100)
    assert rung(stage, "c1") == ["anna"]


def test_caller_identified_while_phones_ring_is_given_to_his_last_agent_after_a_decline() -> None:
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(wrap_up_s=0.0, affinity=Affinity(wait_s=60.0))])
    stage = Stage(r, "anna")
    stage.tell(
        ev.CallArrived(call=CallId("c0"), channel="x", number="n0", did="4"),
        ev.CallIdentified(call=CallId("c0"), customer="k"),
        ev.CallQueued(call=CallId("c0"), queue=S),
    )
    stage.talk("c0", 20)
    stage.tell(ev.AgentNotReady(agent=A("anna"), reason="x"))
    stage.come_to_work("ben")
    stage.caller("c1", number="n1")
    assert rung(stage, "c1") == ["ben"]
    stage.tell(ev.CallIdentified(call=CallId("c1"), customer="k"))
    stage.tell(ev.AgentReady(agent=A("anna")))
    stage.caller("c2", number="n2")  # anna busy
    stage.answer("c2")
    fail(stage, stage.offer("c1").id)
    assert stage.call("c1").held_for == "anna"


def test_callers_go_elsewhere_when_new_rules_leave_their_queue_without_anybody() -> None:
    q = [queue(nobody=Overflow(queue=P)), queue("press")]
    stage = Stage(rules({"anna": ["sales", "press"]}, q), "anna")
    stage.caller("c0")
    stage.caller("c1")
    stage.tell(ev.RulesLoaded(rules=rules({"anna": ["press"]}, q, version="v2")))
    assert stage.call("c1").queue == P


def test_prompt_is_not_played_to_a_caller_whose_leg_is_away() -> None:
    r = rules({"anna": ["sales"]}, [queue(recipes=(Recipe(name="word", after_s=10.0, do=Do(play="w")),))])
    stage = Stage(r)
    stage.caller("c1")
    stage.tell(ev.CallDetached(call=CallId("c1")))
    stage.wait(10)
    assert not any(isinstance(c, PlayPrompt) for c in stage.commands)


def test_offer_names_the_last_agent_of_the_customer() -> None:
    r = rules({"anna": ["sales"]}, [queue(wrap_up_s=0.0, affinity=Affinity())])
    stage = Stage(r, "anna")
    stage.tell(
        ev.CallArrived(call=CallId("c0"), channel="x", number="n0", did="4"),
        ev.CallIdentified(call=CallId("c0"), customer="k"),
        ev.CallQueued(call=CallId("c0"), queue=S),
    )
    stage.talk("c0", 20)
    stage.tell(
        ev.CallArrived(call=CallId("c1"), channel="x", number="n1", did="4"),
        ev.CallIdentified(call=CallId("c1"), customer="k"),
        ev.CallQueued(call=CallId("c1"), queue=S),
    )
    assert stage.last(OfferMade).last_agent == "anna"


def test_call_of_an_agents_own_is_no_idle_time() -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}), "anna")
    stage.wait(5)
    stage.come_to_work("ben")
    stage.wait(5)
    stage.tell(ev.PhoneChanged(agent=A("anna"), phone=PhoneState.IN_USE))
    stage.wait(600)
    stage.tell(ev.PhoneChanged(agent=A("anna"), phone=PhoneState.IDLE))
    stage.caller("c1")
    assert rung(stage, "c1") == ["ben"]


def test_handle_time_is_what_the_call_took_not_what_it_might_have() -> None:
    stage = Stage(rules({"anna": ["sales"]}, [queue(wrap_up_s=600.0)]), "anna")
    stage.caller("c1")
    stage.talk("c1", 20)
    stage.wait(10)
    stage.tell(ev.WrapUpDone(agent=A("anna")))
    assert stage.agent("anna").handle_s == 30.0


def test_caller_who_comes_back_from_a_node_finds_his_place_in_a_full_queue() -> None:
    r = rules(
        {"anna": ["sales"]},
        [
            queue(
                max_waiting=1,
                full=Overflow(busy=True),
                recipes=(Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(node="offer"))),),
            )
        ],
    )
    stage = Stage(r)
    stage.caller("c1")
    stage.wait(10)
    stage.caller("c2")
    stage.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert stage.call("c1").state is CallState.WAITING


def test_caller_who_comes_back_from_a_node_is_served_by_a_queue_that_closed_meanwhile() -> None:
    r = rules(
        {"anna": ["sales"]}, [queue(recipes=(Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(node="offer"))),))]
    )
    stage = Stage(r)
    stage.caller("c1")
    stage.wait(10)
    stage.tell(ev.QueueClosed(queue=S, by="hours"))
    stage.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert stage.call("c1").state is CallState.WAITING


def test_maximum_wait_goes_on_while_a_caller_is_at_a_node() -> None:
    r = rules(
        {"anna": ["sales"]},
        [
            queue(
                max_wait_s=100.0,
                overflow=Overflow(prompt="sorry"),
                recipes=(Recipe(name="away", after_s=60.0, do=Do(leave=Overflow(node="offer"))),),
            )
        ],
    )
    stage = Stage(r)
    stage.caller("c1")
    for _ in range(5):
        stage.wait(60)
        if stage.call("c1").state is CallState.IVR:
            stage.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert any(isinstance(c, EndCall) for c in stage.commands)


def test_queue_can_be_taken_out_while_a_caller_of_it_is_at_a_node() -> None:
    r = rules(
        {"anna": ["sales"]},
        [queue(recipes=(Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(node="message"))),)), queue("press")],
    )
    stage = Stage(r)
    stage.caller("c1")
    stage.wait(10)
    stage.tell(ev.RulesLoaded(rules=rules({"anna": ["press"]}, [queue("press")], version="v2")))


def test_recipe_raises_a_caller_once_however_often_it_is_done() -> None:
    """A VIP who came an hour later overtakes after all."""
    r = rules(
        {"anna": ["sales"]},
        [queue(recipes=(Recipe(name="up", when=When(vip=1), every_s=10.0, after_s=10.0, do=Do(raise_by=1)),))],
        vip={"n2": 1},
    )
    stage = Stage(r)
    stage.caller("c1", number="n1")
    stage.wait(3600)
    stage.caller("c2", number="n2")
    stage.wait(1000)
    assert stage.floor.position(stage.call("c1")) == 1


def test_recipes_that_lead_to_each_other_end_where_all_agents_are_busy() -> None:
    def leave(q: QueueId) -> tuple[Recipe, ...]:
        return (Recipe(name="away", do=Do(leave=Overflow(queue=q))),)

    r = rules(
        {"anna": ["sales", "press"]},
        [queue(recipes=leave(P)), queue("press", recipes=leave(S)), queue("x")],
    )
    stage = Stage(r, "anna")
    stage.tell(ev.PhoneChanged(agent=A("anna"), phone=PhoneState.IN_USE))
    stage.caller("c1")
