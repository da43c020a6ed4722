"""Claims of the review."""

from typing import Any
import pytest
from acd import events as ev
from acd.commands import OfferCall, EndCall, PlayPrompt, GoToNode
from acd.model import CallId, CallState, OfferOutcome, QueueId
from acd.records import *
from acd.refused import Refused
from acd.rules import *
from agents.roster import AgentId, BreakRule, Membership
from agents.state import AgentState, PhoneState
from tests.unit.acd.floors import Stage, queue, rules
from tests.unit.acd.laws import check_floor

S, P = QueueId("sales"), QueueId("press")
A = AgentId


def rung(stage, name):
    return sorted(stage.floor.offers[o].agent for o in stage.call(name).ringing)


def fail(stage, offer, outcome=OfferOutcome.DECLINED):
    return stage.tell(ev.OfferFailed(offer=offer, outcome=outcome, cause="BUSY"))


def test_reserve_offer_declined_recipes_go_on():
    r = rules(
        {"anna": ["sales"]},
        [queue(recipes=(Recipe(name="word", after_s=60.0, do=Do(play="sorry")),), retry_s=600.0)],
        settings={"anna": {"memberships": {S: Membership(after_s=20.0)}}},
    )
    st = Stage(r, "anna")
    st.caller("c1")
    st.wait(20)
    assert st.rung_for("c1") == "anna"
    fail(st, st.offer("c1").id)
    st.wait(60)
    assert any(isinstance(c, PlayPrompt) for c in st.commands)


def test_second_reserve_comes_in_after_the_first_declined():
    r = rules(
        {"anna": ["sales"], "ben": ["sales"]},
        [queue(retry_s=600.0)],
        settings={
            "anna": {"memberships": {S: Membership(after_s=20.0)}},
            "ben": {"memberships": {S: Membership(after_s=60.0)}},
        },
    )
    st = Stage(r, "anna", "ben")
    st.caller("c1")
    st.wait(20)
    fail(st, st.offer("c1").id)
    st.wait(50)
    assert rung(st, "c1") == ["ben"]


def test_reserve_of_added_queue():
    r = rules(
        {"anna": ["sales"], "ben": ["press"]},
        [queue(recipes=(Recipe(name="more", after_s=10.0, do=Do(add_queue=P)),)), queue("press")],
        settings={"ben": {"memberships": {P: Membership(after_s=30.0)}}},
    )
    st = Stage(r, "ben")
    st.caller("c1")
    st.wait(40)
    assert rung(st, "c1") == ["ben"]


def test_limit_frees_for_agent_of_added_queue():
    r = rules(
        {"anna": ["sales"], "ben": ["press"]},
        [
            queue(max_calls=1, wrap_up_s=30.0, recipes=(Recipe(name="more", after_s=5.0, do=Do(add_queue=P)),)),
            queue("press"),
        ],
    )
    st = Stage(r, "anna", "ben")
    st.caller("c1")
    st.answer("c1")
    st.caller("c2")
    st.wait(10)
    assert st.call("c2").state is CallState.WAITING
    st.tell(ev.TalkEnded(offer=st.offer("c1").id))
    check_floor(st.floor, st.now)


def test_held_caller_respects_limit():
    r = rules(
        {"anna": ["sales", "press"], "ben": ["sales"]},
        [queue(max_calls=1, wrap_up_s=0.0, affinity=Affinity(wait_s=300.0)), queue("press", wrap_up_s=0.0)],
    )
    st = Stage(r, "anna")
    st.caller("c0", number="n1")
    st.talk("c0", 20)  # anna: last agent of n1, mean 20 s
    st.caller("p1", into="press")
    st.answer("p1")
    st.caller("c1", number="n1")  # held for anna
    assert st.call("c1").held_for == "anna"
    st.come_to_work("ben")
    st.caller("c2")
    st.answer("c2")  # sales at its limit
    st.wait(5)
    st.tell(ev.TalkEnded(offer=st.offer("p1").id))
    assert st.floor.busy[S] <= 1


def test_at_limit_then_last_agent():
    r = rules(
        {"anna": ["sales"], "ben": ["sales"], "cleo": ["sales"]},
        [queue(max_calls=1, wrap_up_s=0.0, affinity=Affinity(wait_s=300.0))],
    )
    st = Stage(r, "anna")
    st.caller("c0", number="n1")
    st.talk("c0", 20)
    st.tell(ev.AgentNotReady(agent=A("anna"), reason="x"))
    st.come_to_work("ben")
    st.caller("c2")
    st.answer("c2")
    st.come_to_work("cleo")
    st.wait(5)
    st.tell(ev.AgentReady(agent=A("anna")))
    st.caller("c1", number="n1")
    st.tell(ev.TalkEnded(offer=st.offer("c2").id))
    assert rung(st, "c1") == ["anna"]


def test_reload_without_the_skill():
    r1 = rules({"anna": ["sales"]}, [queue(require={"english": 1})], settings={"anna": {"skills": {"english": 2}}})
    r2 = rules({"anna": ["sales"]}, [queue()], settings={"anna": {"skills": {"english": 2}}}, version="v2")
    st = Stage(r1)
    st.caller("c1")
    st.tell(ev.RulesLoaded(rules=r2))
    st.come_to_work("anna")
    assert rung(st, "c1") == ["anna"]


def test_ring_all_losers_ring_together_for_the_next():
    r = rules({"anna": ["sales"], "ben": ["sales"], "cleo": ["sales"]}, [queue(strategy=Strategy.RING_ALL)])
    st = Stage(r, "anna", "ben", "cleo")
    st.caller("c1")
    st.caller("c2")
    assert rung(st, "c1") == ["anna", "ben", "cleo"]
    cleos = next(o.id for o in st.floor.offers.values() if o.agent == "cleo")
    st.tell(ev.OfferAnswered(offer=cleos))
    assert rung(st, "c2") == ["anna", "ben"]


def test_ring_all_caller_left():
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(strategy=Strategy.RING_ALL)])
    st = Stage(r, "anna", "ben")
    st.caller("c1")
    st.caller("c2")
    st.tell(ev.CallLeftByCaller(call=CallId("c1")))
    assert rung(st, "c2") == ["anna", "ben"]


def test_ring_all_lost_sight():
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(strategy=Strategy.RING_ALL)])
    st = Stage(r, "anna", "ben")
    st.caller("c1")
    st.caller("c2")
    st.tell(ev.CallRejoined(call=CallId("c1")))
    assert rung(st, "c1") == ["anna", "ben"] and rung(st, "c2") == []


def test_customer_identified_during_talk():
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(wrap_up_s=0.0, affinity=Affinity())])
    st = Stage(r, "anna")
    st.caller("c1", number="n1")
    st.answer("c1")
    st.tell(ev.CallIdentified(call=CallId("c1"), customer="k"))
    st.come_to_work("ben")
    st.wait(30)
    st.tell(ev.TalkEnded(offer=st.offer("c1").id))
    st.tell(ev.CallLeftByCaller(call=CallId("c1")))
    st.wait(5)
    st.tell(ev.CallArrived(call=CallId("c2"), channel="x", number="n2", did="4"))
    st.tell(ev.CallIdentified(call=CallId("c2"), customer="k"))
    st.tell(ev.CallQueued(call=CallId("c2"), queue=S))
    assert rung(st, "c2") == ["anna"]


def test_break_pressed_again():
    r = rules({"anna": ["sales"]}, settings={"anna": {"groups": ("east",)}}, breaks={"east": BreakRule(longest_s=30.0)})
    st = Stage(r, "anna")
    st.tell(ev.AgentNotReady(agent=A("anna"), reason="break"))
    st.wait(20)
    st.tell(ev.AgentNotReady(agent=A("anna"), reason="break"))
    st.wait(20)
    assert st.agent("anna").overrun


def test_break_rule_reloaded():
    def r(v, s):
        return rules(
            {"anna": ["sales"]},
            settings={"anna": {"groups": ("east",)}},
            breaks={"east": BreakRule(longest_s=s)},
            version=v,
        )

    st = Stage(r("v1", 30.0), "anna")
    st.tell(ev.AgentNotReady(agent=A("anna"), reason="break"))
    st.tell(ev.RulesLoaded(rules=r("v2", 60.0)))
    st.wait(100)
    assert st.agent("anna").overrun


def test_offered_at_closing_told_after_decline():
    r = rules({"anna": ["sales"]}, [queue(at_close=AtClose.TELL)])
    st = Stage(r, "anna")
    st.caller("c1")
    st.tell(ev.QueueClosed(queue=S, by="hours"))
    fail(st, st.offer("c1").id)
    assert any(isinstance(c, EndCall) for c in st.commands)


def test_overflow_into_closed_queue():
    r = rules(
        {"anna": ["sales"], "ben": ["press"]},
        [queue(max_wait_s=10.0, overflow=Overflow(queue=P)), queue("press", at_close=AtClose.TELL)],
    )
    st = Stage(r)
    st.caller("c1")
    st.tell(ev.QueueClosed(queue=P, by="hours"))
    st.wait(600)
    assert any(isinstance(c, EndCall) for c in st.commands)


def test_no_length_and_limit():
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(max_waiting=0, max_calls=1, full=Overflow(busy=True))])
    st = Stage(r, "anna", "ben")
    st.caller("c1")
    st.answer("c1")
    st.caller("c2")
    assert any(isinstance(c, EndCall) for c in st.commands)


def test_no_length_and_skill():
    r = rules({"anna": ["sales"]}, [queue(max_waiting=0, require={"english": 1}, full=Overflow(busy=True))])
    st = Stage(r, "anna")
    st.caller("c1")
    assert any(isinstance(c, EndCall) for c in st.commands)


def test_full_counts_held():
    r = rules(
        {"anna": ["sales"]},
        [queue(max_waiting=1, affinity=Affinity(wait_s=300.0), wrap_up_s=0.0, full=Overflow(busy=True))],
    )
    st = Stage(r, "anna")
    st.caller("c0", number="n1")
    st.talk("c0", 20)
    st.caller("c1")
    st.answer("c1")
    st.caller("c2", number="n1")
    assert st.call("c2").held_for
    st.caller("c3", number="n1")
    assert any(isinstance(c, EndCall) for c in st.commands)


def test_full_after_restart():
    r = rules({"anna": ["sales"]}, [queue(max_waiting=1, full=Overflow(busy=True))])
    st = Stage(r)
    st.caller("c1")
    st.tell(ev.EngineStarted())
    st.caller("c2")
    assert any(isinstance(c, EndCall) for c in st.commands)


def test_recipes_circle():
    leave = lambda q: (Recipe(name="away", do=Do(leave=Overflow(queue=q))),)
    r = rules({"anna": ["sales", "press"]}, [queue(recipes=leave(P)), queue("press", recipes=leave(S))])
    st = Stage(r, "anna")
    st.caller("c1")


def test_recipe_at_the_door_beats_free_agent():
    r = rules(
        {"anna": ["sales"], "ben": ["press"]},
        [queue(recipes=(Recipe(name="away", do=Do(leave=Overflow(node="message"))),))],
    )
    st = Stage(
        rules({"anna": ["sales"]}, [queue(recipes=(Recipe(name="away", do=Do(leave=Overflow(node="message"))),))]),
        "anna",
    )
    st.caller("c1")
    assert rung(st, "c1") == ["anna"]


def test_assign_to_unreachable_phone():
    st = Stage(
        rules({"anna": ["sales"], "ben": ["sales"]}),
    )
    st.tell(ev.AgentLoggedIn(agent=A("anna")), ev.AgentReady(agent=A("anna")))
    st.caller("c1")
    with pytest.raises(Refused):
        st.tell(ev.CallAssigned(call=CallId("c1"), agent=A("anna"), by="li"))


def test_assign_to_agent_with_wish():
    st = Stage(rules({"anna": ["sales"], "ben": ["sales"]}), "anna")
    st.caller("c0")
    st.answer("c0")
    st.tell(ev.AgentLoggedOut(agent=A("anna")))
    st.caller("c1")
    with pytest.raises(Refused):
        st.tell(ev.CallAssigned(call=CallId("c1"), agent=A("anna"), by="li"))


def test_node_and_back_keeps_points():
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
    st = Stage(r)
    st.caller("c1")
    st.tell(ev.CallRaised(call=CallId("c1"), points=9, by="li"))
    st.wait(10)
    assert st.call("c1").state is CallState.IVR
    st.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert st.call("c1").priority >= 14


def test_node_and_back_does_not_leave_again_at_once():
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
    st = Stage(r)
    st.caller("c1")
    st.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert st.call("c1").state is CallState.WAITING


def test_last_agent_not_ready_after_wrap_up():
    r = rules(
        {"anna": ["sales"], "ben": ["sales"]},
        [queue(ready_after_wrap_up=False, wrap_up_s=20.0, affinity=Affinity(wait_s=60.0))],
    )
    st = Stage(r, "anna")
    st.caller("c0", number="n1")
    st.talk("c0", 20)
    assert st.agent("anna").state is AgentState.WRAP_UP
    st.caller("c1", number="n1")
    assert st.call("c1").held_for is None


def test_unheld_within_seek_call():
    r = rules(
        {"anna": ["sales"], "ben": ["sales"]}, [queue(ring_at_once=2, wrap_up_s=0.0, affinity=Affinity(wait_s=300.0))]
    )
    st = Stage(r, "anna")
    st.caller("x", number="n9")
    st.talk("x", 20)
    st.caller("a", number="n1")  # anna rung
    st.tell(ev.LinkLost())
    st.caller("c1", number="n1")
    st.caller("c2", number="n2")
    st.tell(ev.LinkRegained())
    st.answer("a")
    st.come_to_work("ben")
    check_floor(st.floor, st.now)


def test_reserve_float():
    bad = []
    for i in range(2000):
        s = 1000.0 + i * 0.0137
        if (s + 60.0) - s < 60.0:
            bad.append(s)
    assert bad
    r = rules({"anna": ["sales"]}, settings={"anna": {"memberships": {S: Membership(after_s=60.0)}}})
    st = Stage(r, "anna")
    st.wait(bad[0] - 1000.0)
    st.now = bad[0]
    st.caller("c1")
    st.wait(100)
    assert rung(st, "c1") == ["anna"]


def test_identified_while_ringing():
    r = rules({"anna": ["sales"], "ben": ["sales"]}, [queue(wrap_up_s=0.0, affinity=Affinity(wait_s=60.0))])
    st = Stage(r, "anna")
    st.tell(
        ev.CallArrived(call=CallId("c0"), channel="x", number="n0", did="4"),
        ev.CallIdentified(call=CallId("c0"), customer="k"),
        ev.CallQueued(call=CallId("c0"), queue=S),
    )
    st.talk("c0", 20)
    st.tell(ev.AgentNotReady(agent=A("anna"), reason="x"))
    st.come_to_work("ben")
    st.caller("c1", number="n1")
    assert rung(st, "c1") == ["ben"]
    st.tell(ev.CallIdentified(call=CallId("c1"), customer="k"))
    st.tell(ev.AgentReady(agent=A("anna")))
    st.caller("c2", number="n2")  # anna busy
    st.answer("c2")
    fail(st, st.offer("c1").id)
    assert st.call("c1").held_for == "anna"


def test_nobody_after_reload():
    q = [queue(nobody=Overflow(queue=P)), queue("press")]
    st = Stage(rules({"anna": ["sales", "press"]}, q), "anna")
    st.caller("c0")
    st.caller("c1")
    st.tell(ev.RulesLoaded(rules=rules({"anna": ["press"]}, q, version="v2")))
    assert st.call("c1").queue == P


def test_play_while_detached():
    r = rules({"anna": ["sales"]}, [queue(recipes=(Recipe(name="word", after_s=10.0, do=Do(play="w")),))])
    st = Stage(r)
    st.caller("c1")
    st.tell(ev.CallDetached(call=CallId("c1")))
    st.wait(10)
    assert not any(isinstance(c, PlayPrompt) for c in st.commands)


def test_offer_made_names_last_agent_of_customer():
    r = rules({"anna": ["sales"]}, [queue(wrap_up_s=0.0, affinity=Affinity())])
    st = Stage(r, "anna")
    st.tell(
        ev.CallArrived(call=CallId("c0"), channel="x", number="n0", did="4"),
        ev.CallIdentified(call=CallId("c0"), customer="k"),
        ev.CallQueued(call=CallId("c0"), queue=S),
    )
    st.talk("c0", 20)
    st.tell(
        ev.CallArrived(call=CallId("c1"), channel="x", number="n1", did="4"),
        ev.CallIdentified(call=CallId("c1"), customer="k"),
        ev.CallQueued(call=CallId("c1"), queue=S),
    )
    assert st.last(OfferMade).last_agent == "anna"


def test_direct_call_sets_idle_back():
    st = Stage(rules({"anna": ["sales"], "ben": ["sales"]}), "anna")
    st.wait(5)
    st.come_to_work("ben")
    st.wait(5)
    st.tell(ev.PhoneChanged(agent=A("anna"), phone=PhoneState.IN_USE))
    st.wait(600)
    st.tell(ev.PhoneChanged(agent=A("anna"), phone=PhoneState.IDLE))
    st.caller("c1")
    assert rung(st, "c1") == ["ben"]


def test_handle_time_is_what_it_was():
    st = Stage(rules({"anna": ["sales"]}, [queue(wrap_up_s=600.0)]), "anna")
    st.caller("c1")
    st.talk("c1", 20)
    st.wait(10)
    st.tell(ev.WrapUpDone(agent=A("anna")))
    assert st.agent("anna").handle_s == 30.0


def test_node_and_back_into_full_queue():
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
    st = Stage(r)
    st.caller("c1")
    st.wait(10)
    st.caller("c2")
    st.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert st.call("c1").state is CallState.WAITING


def test_node_and_back_into_closed_queue_that_serves():
    r = rules(
        {"anna": ["sales"]}, [queue(recipes=(Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(node="offer"))),))]
    )
    st = Stage(r)
    st.caller("c1")
    st.wait(10)
    st.tell(ev.QueueClosed(queue=S, by="hours"))
    st.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert st.call("c1").state is CallState.WAITING


def test_max_wait_counts_on_over_a_node():
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
    st = Stage(r)
    st.caller("c1")
    for _ in range(5):
        st.wait(60)
        if st.call("c1").state is CallState.IVR:
            st.tell(ev.CallQueued(call=CallId("c1"), queue=S))
    assert any(isinstance(c, EndCall) for c in st.commands)


def test_hang_up_in_the_node_after_the_queue():
    r = rules(
        {"anna": ["sales"]},
        [queue(recipes=(Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(node="message"))),))],
    )
    st = Stage(r)
    st.caller("c1")
    st.wait(10)
    st.tell(ev.CallClosed(call=CallId("c1"), reason="end_of_flow"))
    assert st.last(CallEnded).disposition == "overflowed", st.last(CallEnded).disposition


def test_queue_removed_while_a_caller_of_it_is_at_a_node():
    r = rules(
        {"anna": ["sales"]},
        [queue(recipes=(Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(node="message"))),)), queue("press")],
    )
    st = Stage(r)
    st.caller("c1")
    st.wait(10)
    st.tell(ev.RulesLoaded(rules=rules({"anna": ["press"]}, [queue("press")], version="v2")))


def test_recipes_raise_again_and_again_bound():
    """A VIP who came an hour later overtakes after all."""
    r = rules(
        {"anna": ["sales"]},
        [queue(recipes=(Recipe(name="up", when=When(vip=1), every_s=10.0, after_s=10.0, do=Do(raise_by=1)),))],
        vip={"n2": 1},
    )
    st = Stage(r)
    st.caller("c1", number="n1")
    st.wait(3600)
    st.caller("c2", number="n2")
    st.wait(1000)
    assert st.floor.position(st.call("c1")) == 1


def test_round_robin_loser_keeps_turn():
    r = rules(
        {"anna": ["sales"], "ben": ["sales"], "cleo": ["sales"]}, [queue(strategy=Strategy.ROUND_ROBIN, ring_at_once=2)]
    )
    st = Stage(r, "anna", "ben", "cleo")
    st.caller("c1")
    assert rung(st, "c1") == ["anna", "ben"]
    bens = next(o.id for o in st.floor.offers.values() if o.agent == "ben")
    st.tell(ev.OfferAnswered(offer=bens))
    st.caller("c2")
    o = st.call("c2").ringing
    assert st.floor.offers[o[0]].agent == "anna"


def test_recipes_circle_with_busy_agents():
    leave = lambda q: (Recipe(name="away", do=Do(leave=Overflow(queue=q))),)
    r = rules(
        {"anna": ["sales", "press"]},
        [queue(recipes=leave(P)), queue("press", recipes=leave(S)), queue("x")],
    )
    st = Stage(r, "anna")
    st.tell(ev.PhoneChanged(agent=A("anna"), phone=PhoneState.IN_USE))
    st.caller("c1")
