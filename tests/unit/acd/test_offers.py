"""The life of an offer and of the talk that comes of it, where times and order are awkward."""

from acd import events as ev
from acd.model import CallId, OfferOutcome
from acd.records import AgentInterval
from agents.roster import AgentId
from agents.state import AgentState
from tests.unit.acd.floors import Stage, queue, rules

ANNA = AgentId("anna")
C1 = CallId("c1")


def one_agent() -> Stage:
    """Anna alone in sales, asked again at once, never set not ready."""
    return Stage(rules({"anna": ["sales"]}, [queue(retry_s=1.0, no_answer_limit=0)]), "anna")


def test_agent_who_declines_in_the_moment_of_the_offer_leaves_no_second_interval_of_one_key() -> None:
    stage = one_agent()
    stage.wait(10.0)
    stage.caller("c1")
    stage.tell(ev.OfferFailed(offer=stage.offer("c1").id, outcome=OfferOutcome.DECLINED))
    stage.wait(5.0)
    keys = [(r.agent, r.started_at, r.state) for r in stage.records if isinstance(r, AgentInterval)]
    assert keys == [(ANNA, 1000.0, AgentState.READY), (ANNA, 1010.0, AgentState.READY)]
