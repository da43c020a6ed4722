"""What a decision says of itself, and what it remembers of callers."""

from acd import events as ev
from acd.model import CallId, LastContact, OfferOutcome
from acd.records import Candidate, Decision, Exclusion
from acd.routing import LISTED
from acd.rules import Affinity, Strategy
from acd.strategies import RANKED, RESCORED
from agents.roster import AgentId
from agents.state import PhoneState
from tests.unit.acd.floors import Stage, queue, rules


def test_decision_names_every_agent_who_was_excluded_and_the_rule_that_did_it() -> None:
    everybody = ["anna", "ben", "cleo", "dan", "eve", "finn"]
    stage = Stage(rules({name: ["sales"] for name in everybody}, [queue(no_answer_limit=0)]), *everybody[:5])
    stage.tell(ev.AgentNotReady(agent=AgentId("ben"), reason="meal"))
    stage.tell(ev.PhoneChanged(agent=AgentId("cleo"), phone=PhoneState.IN_USE))
    stage.tell(ev.PhoneChanged(agent=AgentId("dan"), phone=PhoneState.UNREACHABLE))
    stage.caller("c1")
    stage.tell(ev.OfferFailed(offer=stage.offer("c1").id, outcome=OfferOutcome.DECLINED))
    decision: Decision = stage.last(Decision)
    assert (decision.chosen, decision.asked, decision.number) == ("eve", "retry", 2)
    assert decision.excluded == (
        Exclusion(AgentId("anna"), "did_not_take_this_call"),
        Exclusion(AgentId("ben"), "not_ready:meal"),
        Exclusion(AgentId("cleo"), "phone_in_use"),
        Exclusion(AgentId("dan"), "phone_unreachable"),
        Exclusion(AgentId("finn"), "offline"),
    )
    assert decision.others_excluded == {}


def test_decision_in_a_big_queue_counts_the_excluded_by_rule() -> None:
    everybody = [f"a{n:02}" for n in range(LISTED + 1)]
    stage = Stage(rules({name: ["sales"] for name in everybody}), *everybody[:10])
    stage.tell(ev.AgentNotReady(agent=AgentId("a00"), reason="meal"))
    stage.caller("c1")
    decision: Decision = stage.last(Decision)
    assert decision.excluded == ()
    assert decision.others_excluded == {"offline": LISTED + 1 - 10, "not_ready": 1}
    assert [candidate.agent for candidate in decision.candidates] == [f"a{n:02}" for n in range(1, RANKED + 1)]


def test_candidates_show_the_score_they_were_ranked_by() -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}), "anna")
    stage.wait(30.0)
    stage.come_to_work("ben")
    stage.caller("c1")
    assert stage.last(Decision).candidates == (
        Candidate(AgentId("anna"), (1000.0,)),
        Candidate(AgentId("ben"), (1030.0,)),
    )


def test_least_busy_scores_are_worked_out_anew_as_time_on_duty_goes_by() -> None:
    stage = Stage(rules({"anna": ["sales"]}, [queue(strategy=Strategy.LEAST_BUSY, wrap_up_s=0.0)]), "anna")
    stage.caller("c1")
    stage.talk("c1", 60.0)
    stage.wait(1740.0)
    stage.caller("c2")
    assert stage.last(Decision).candidates == (Candidate(AgentId("anna"), (2.0, 1060.0)),)  # (0.4 + 0.6) / half an hour


def test_contacts_older_than_every_affinity_window_are_forgotten() -> None:
    windows = [
        queue(affinity=Affinity(window_s=100.0), wrap_up_s=0.0),
        queue("press", affinity=Affinity(window_s=50.0)),
    ]
    stage = Stage(rules({"anna": ["sales"]}, windows), "anna")
    for name, number in (("c1", "139"), ("c2", "138"), ("c3", "139"), ("c4", "137")):
        stage.caller(name, number)
        stage.talk(name, 65.0)
    assert stage.floor.last_contact("139") == LastContact(AgentId("anna"), 1130.0)
    stage.caller("c5", "136")
    stage.talk("c5", 65.0)
    assert stage.floor.last_contact("138") is None
    assert stage.floor.last_contact("139") is not None


def test_nobody_is_remembered_where_no_queue_asks_for_the_last_agent() -> None:
    stage = Stage(rules({"anna": ["sales"]}), "anna")
    stage.caller("c1", "139")
    stage.talk("c1", 45.0)
    assert stage.floor.contacts == {}


def test_big_team_is_ranked_anew_a_few_agents_at_a_time_until_all_are() -> None:
    everybody = [f"a{n:02}" for n in range(6 * RESCORED)]
    line_up = [queue(strategy=Strategy.LEAST_BUSY, wrap_up_s=0.0)]
    stage = Stage(rules({name: ["sales"] for name in everybody}, line_up), *everybody)
    for name in everybody:
        stage.caller(f"for-{name}")
    for name in everybody:
        stage.talk(f"for-{name}", 60.0)
    stage.wait(1800.0)
    for look in range(len(everybody) // RESCORED + 1):
        stage.caller(f"c{look}")
        stage.tell(ev.CallLeftByCaller(call=CallId(f"c{look}")))
    for key, name in stage.floor.ready[line_up[0].id]:
        agent = stage.agent(name)
        assert key == (round(agent.workload.load(line_up[0].weights, stage.now), 3), agent.idle_since)


def test_long_busy_agent_who_has_been_idle_for_hours_is_asked_before_the_one_who_works_now() -> None:
    stage = Stage(
        rules({"anna": ["sales"], "ben": ["sales"]}, [queue(strategy=Strategy.LEAST_BUSY, wrap_up_s=0.0)]), "anna"
    )
    for n in range(10):
        stage.caller(f"early{n}")
        stage.talk(f"early{n}", 300.0)
    stage.come_to_work("ben")
    stage.wait(7200.0)
    stage.tell(ev.AgentNotReady(agent=AgentId("anna"), reason="meal"))
    stage.caller("c1")
    stage.talk("c1", 300.0)
    stage.tell(ev.AgentReady(agent=AgentId("anna")))
    stage.caller("c2")
    assert stage.rung_for("c2") == "anna"
