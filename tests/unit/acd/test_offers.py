"""The life of an offer and of the talk that comes of it, where times and order are awkward."""

from acd import events as ev
from acd.commands import WithdrawOffer
from acd.model import CallId, CallState, OfferId, OfferOutcome
from acd.records import AgentInterval, CallEnded, OfferEnded, QueueLeft, TalkFinished
from acd.rules import Affinity, Overflow
from agents.roster import AgentId
from agents.state import AgentState
from tests.unit.acd.floors import Stage, queue, rules

ANNA = AgentId("anna")
C1 = CallId("c1")


def one_agent() -> Stage:
    """Anna alone in sales, asked again after a second, never set not ready."""
    return Stage(rules({"anna": ["sales"]}, [queue(retry_s=1.0, no_answer_limit=0)]), "anna")


def test_agent_who_declines_in_the_moment_of_the_offer_leaves_no_second_interval_of_one_key() -> None:
    stage = one_agent()
    stage.wait(10.0)
    stage.caller("c1")
    stage.tell(ev.OfferFailed(offer=stage.offer("c1").id, outcome=OfferOutcome.DECLINED))
    stage.wait(5.0)
    keys = [(r.agent, r.started_at, r.state) for r in stage.records if isinstance(r, AgentInterval)]
    assert keys == [(ANNA, 1000.0, AgentState.READY), (ANNA, 1010.0, AgentState.READY)]


def test_hang_up_said_to_be_older_than_the_wait_counts_from_the_beginning_of_the_wait() -> None:
    stage = Stage(rules({"anna": ["sales"]}))
    stage.caller("c1")
    stage.wait(2.0)
    stage.tell(ev.CallLeftByCaller(call=C1, at=stage.now - 60.0))
    assert (stage.last(QueueLeft).left_at, stage.last(QueueLeft).wait_s) == (1000.0, 0.0)
    assert stage.last(CallEnded).ended_at == 1000.0


def test_hang_up_said_to_be_older_than_the_answer_makes_no_talk_of_negative_length() -> None:
    stage = one_agent()
    stage.caller("c1")
    stage.wait(5.0)
    stage.answer("c1")
    stage.wait(5.0)
    stage.tell(ev.CallLeftByCaller(call=C1, at=stage.now - 60.0))
    assert stage.last(TalkFinished).talk_s == 0.0
    assert stage.last(CallEnded).ended_at == stage.last(TalkFinished).ended_at == 1005.0


def test_talk_that_ended_before_the_news_of_the_hold_came_has_no_negative_hold() -> None:
    stage = one_agent()
    stage.caller("c1")
    stage.answer("c1")
    stage.wait(20.0)
    stage.tell(ev.HoldStarted(agent=ANNA), ev.TalkEnded(offer=stage.offer("c1").id, at=1010.0))
    assert (stage.last(TalkFinished).talk_s, stage.last(TalkFinished).hold_s) == (10.0, 0.0)


def test_hold_is_never_longer_than_the_talk_it_was_part_of() -> None:
    stage = one_agent()
    stage.caller("c1")
    stage.answer("c1")
    offer = stage.offer("c1").id
    stage.tell(ev.HoldStarted(agent=ANNA))
    stage.wait(20.0)
    stage.tell(ev.HoldEnded(agent=ANNA), ev.TalkEnded(offer=offer, at=1015.0))
    assert (stage.last(TalkFinished).talk_s, stage.last(TalkFinished).hold_s) == (15.0, 15.0)


def test_word_of_ringing_that_comes_after_the_answer_tells_the_channel_but_no_ringing_time() -> None:
    stage = one_agent()
    stage.caller("c1")
    stage.answer("c1")
    stage.tell(ev.OfferRinging(offer=stage.offer("c1").id, channel="PJSIP/anna-1", leg="7.1"))
    assert (stage.offer("c1").channel, stage.offer("c1").rang_at) == ("PJSIP/anna-1", None)


def test_offer_is_not_held_against_the_agent_while_asterisk_is_out_of_sight() -> None:
    stage = one_agent()
    stage.caller("c1")
    stage.tell(ev.LinkLost())
    stage.wait(300.0)
    assert stage.rung_for("c1") == "anna"
    stage.tell(ev.LinkRegained())
    stage.wait(4.9)
    assert stage.rung_for("c1") == "anna"
    stage.wait(0.1)
    assert stage.last(OfferEnded).cause == "never_rang"
    assert isinstance(stage.commands[-1], WithdrawOffer)


def test_offer_that_never_rang_is_not_counted_against_the_agent_but_one_that_rang_is() -> None:
    stage = one_agent()
    stage.caller("c1")
    stage.wait(20.0)
    assert (stage.last(OfferEnded).outcome, stage.last(OfferEnded).cause) == (OfferOutcome.WITHDRAWN, "never_rang")
    assert stage.agent("anna").no_answers == 0
    assert stage.call("c1").state is CallState.WAITING  # not the same agent again at once
    stage.wait(1.0)
    stage.tell(ev.OfferRinging(offer=stage.offer("c1").id, channel="PJSIP/anna-1", leg="7.1"))
    stage.wait(20.0)
    assert stage.last(OfferEnded).outcome is OfferOutcome.NO_ANSWER
    assert stage.agent("anna").no_answers == 1


def test_agent_who_declined_is_asked_again_in_time_though_another_phone_rang_meanwhile() -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [queue(retry_s=10.0)]), "anna", "ben")
    stage.caller("c1")
    stage.tell(ev.OfferFailed(offer=OfferId("c1-1"), outcome=OfferOutcome.DECLINED))
    stage.wait(5.0)
    stage.tell(ev.OfferFailed(offer=OfferId("c1-2"), outcome=OfferOutcome.DECLINED))
    stage.wait(4.9)
    assert stage.call("c1").state is CallState.WAITING
    stage.wait(0.1)
    assert stage.rung_for("c1") == "anna"


def test_retry_of_an_earlier_queue_does_not_break_the_wait_for_the_last_agent() -> None:
    stage = Stage(
        rules(
            {"anna": ["sales"], "ben": ["press"], "cleo": ["press"]},
            [
                queue(retry_s=20.0, max_wait_s=5.0, overflow=Overflow(queue=queue("press").id)),
                queue("press", affinity=Affinity(wait_s=30.0)),
            ],
        ),
        *("ben", "anna"),
    )
    stage.caller("c0", "139", into="press")
    stage.talk("c0", 60.0)
    stage.caller("c1", "139")
    stage.tell(ev.OfferFailed(offer=OfferId("c1-1"), outcome=OfferOutcome.DECLINED))
    stage.wait(15.0)
    stage.come_to_work("cleo")
    assert stage.call("c1").held_for == "ben"
    stage.wait(14.9)
    assert stage.call("c1").held_for == "ben"
    stage.wait(0.2)
    assert stage.rung_for("c1") == "ben"


def test_caller_held_for_an_agent_who_now_wants_a_break_looks_for_another_at_once() -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [queue(affinity=Affinity())]), "anna")
    stage.caller("c0", "139")
    stage.talk("c0", 60.0)
    stage.come_to_work("ben")
    stage.caller("c1", "139")
    assert stage.call("c1").held_for == "anna"
    stage.tell(ev.AgentNotReady(agent=ANNA, reason="break"))
    assert stage.rung_for("c1") == "ben"


def test_caller_held_for_an_agent_who_now_wants_to_go_home_looks_for_another_at_once() -> None:
    stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [queue(affinity=Affinity())]), "anna")
    stage.caller("c0", "139")
    stage.talk("c0", 60.0)
    stage.come_to_work("ben")
    stage.caller("c1", "139")
    stage.tell(ev.AgentLoggedOut(agent=ANNA))
    assert stage.rung_for("c1") == "ben"
