"""New rules while calls are under way: they hold at once, for callers who came before them too."""

from acd import events as ev
from acd.commands import EndCall
from acd.model import CallId, CallState, OfferOutcome
from acd.rules import Affinity, Overflow, QueueRules, Strategy
from agents.roster import AgentId
from agents.workload import LeastBusyWeights
from tests.unit.acd.floors import Stage, queue, rules

ROSTER = {"anna": ["sales"]}
SORRY = Overflow(prompt="sorry")


def load(stage: Stage, *queues: QueueRules) -> None:
    """The same roster under changed queues."""
    stage.tell(ev.RulesLoaded(rules=rules(ROSTER, queues, version="v2")))


def test_longer_maximum_wait_holds_for_callers_who_wait_already() -> None:
    stage = Stage(rules(ROSTER, [queue(max_wait_s=60.0, overflow=SORRY)]))
    stage.caller("c1")
    stage.wait(50.0)
    load(stage, queue(max_wait_s=100.0, overflow=SORRY))
    stage.wait(49.0)
    assert stage.call("c1").state is CallState.WAITING
    stage.wait(1.0)
    assert stage.commands == [EndCall(call=CallId("c1"), reason="max_wait", prompt="sorry")]


def test_new_maximum_wait_holds_for_callers_who_wait_already() -> None:
    stage = Stage(rules(ROSTER, [queue()]))
    stage.caller("c1")
    stage.wait(50.0)
    load(stage, queue(max_wait_s=60.0, overflow=SORRY))
    stage.wait(10.0)
    assert stage.call("c1").state is CallState.AFTER


def test_caller_is_not_sent_away_once_the_maximum_wait_is_gone_from_the_rules() -> None:
    stage = Stage(rules(ROSTER, [queue(max_wait_s=60.0, overflow=SORRY)]))
    stage.caller("c1")
    stage.wait(50.0)
    load(stage, queue())
    stage.wait(1000.0)
    assert stage.call("c1").state is CallState.WAITING


def test_caller_keeps_his_place_when_the_overflow_is_gone_while_a_phone_rang_for_him() -> None:
    stage = Stage(rules(ROSTER, [queue(max_wait_s=10.0, overflow=SORRY)]), "anna")
    stage.caller("c1")
    stage.wait(12.0)
    load(stage, queue())
    stage.tell(ev.OfferFailed(offer=stage.offer("c1").id, outcome=OfferOutcome.NO_ANSWER))
    assert stage.floor.position(stage.call("c1")) == 1
    assert "c1" in stage.floor.waiting[queue().id]


def test_caller_held_for_an_agent_who_left_the_queue_stands_in_line_for_the_others() -> None:
    stage = Stage(rules({"anna": ["sales"]}, [queue(affinity=Affinity())]), "anna")
    stage.caller("c0", "139")
    stage.talk("c0", 60.0)
    stage.caller("c1", "139")
    assert stage.call("c1").held_for == "anna"
    stage.tell(ev.RulesLoaded(rules=rules({"anna": ["press"]}, [queue(), queue("press")], version="v2")))
    assert stage.call("c1").held_for is None
    assert stage.floor.position(stage.call("c1")) == 1
    stage.tell(ev.WrapUpDone(agent=AgentId("anna")))
    assert stage.call("c1").state is CallState.WAITING


def test_caller_who_was_being_told_good_bye_when_his_queue_went_is_still_told_so_after_a_restart() -> None:
    stage = Stage(rules(ROSTER, [queue(max_wait_s=60.0, overflow=SORRY)]))
    stage.caller("c1")
    stage.wait(60.0)
    stage.tell(ev.RulesLoaded(rules=rules({"anna": ["press"]}, [queue("press")], version="v2")))
    stage.tell(ev.EngineStarted(), ev.CallRejoined(call=CallId("c1")))
    assert stage.commands[-1] == EndCall(call=CallId("c1"), reason="max_wait", prompt="sorry")


def test_least_busy_window_of_the_rules_is_the_window_the_agents_are_measured_over() -> None:
    short = queue(strategy=Strategy.LEAST_BUSY, weights=LeastBusyWeights(window_s=1800.0))
    long = queue("press", strategy=Strategy.LEAST_BUSY, weights=LeastBusyWeights(window_s=14400.0))
    plain = queue("repair", weights=LeastBusyWeights(window_s=99999.0))
    roster = {"anna": ["sales", "press"], "ben": ["sales", "repair"], "cleo": ["repair"]}
    stage = Stage(rules(roster, [short, long, plain]))
    assert [stage.agent(name).workload.window_s for name in roster] == [14400.0, 1800.0, 7200.0]
    stage.tell(ev.RulesLoaded(rules=rules({"anna": ["sales"]}, [short], version="v2")))
    assert stage.agent("anna").workload.window_s == 1800.0


def test_reload_ranks_an_idle_agent_by_his_time_on_duty_up_to_now() -> None:
    stage = Stage(rules(ROSTER, [queue(strategy=Strategy.LEAST_BUSY, wrap_up_s=0.0)]), "anna")
    stage.caller("c1")
    stage.talk("c1", 60.0)
    stage.wait(1740.0)
    load(stage, queue(strategy=Strategy.LEAST_BUSY))
    assert stage.floor.ready[queue().id].key("anna") == (2.0, 1060.0)  # (0.4 + 0.6) in half an hour
