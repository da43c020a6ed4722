"""What is found out after an absence in which several phones rang for one caller."""

import pytest

from acd import events as ev
from acd.model import CallId, CallState, OfferId, OfferOutcome
from agents.state import AgentState
from cti.cel import ChannelPast
from cti.reconcile import missed_of_calls
from cti.translate import LiveChannel
from tests.unit.acd.floors import Stage, queue, rules

CALL, ANNAS, BENS = CallId("c"), OfferId("c-1"), OfferId("c-2")
ANNA, BEN, CALLER = "PJSIP/agent-anna-00000001", "PJSIP/agent-ben-00000002", "PJSIP/trunk-00000000"
LOST_AT, NOW = 1020.0, 1100.0
RINGING, UP = 5, 6


@pytest.fixture
def stage() -> Stage:
    """Both phones ring for the caller; then sight is lost."""
    found = Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [queue(ring_at_once=0, wrap_up_s=100.0)]), "anna", "ben")
    found.caller("c")
    for offer, channel, leg in ((ANNAS, ANNA, "leg.1"), (BENS, BEN, "leg.2")):
        found.tell(ev.OfferRinging(offer=offer, channel=channel, leg=leg))
    found.now = LOST_AT
    found.tell(ev.EngineStarted())
    found.now = NOW
    return found


def annas(state: int, bridge: str = "") -> LiveChannel:
    return LiveChannel(ANNA, "leg.1", CALL, state, "AppDial", bridge, 10, "anna")


def bens(state: int, bridge: str = "") -> LiveChannel:
    return LiveChannel(BEN, "leg.2", CALL, state, "AppDial", bridge, 10, "ben")


THERE = LiveChannel(CALLER, CALL, CALL, UP, "Dial", "", 20, None)


def anna_was(answered: float | None, ended: float | None, by: str = "") -> ChannelPast:
    return ChannelPast(ANNA, "leg.1", CALL, answered, ended, by)


def ben_was(answered: float | None, ended: float | None, by: str = "") -> ChannelPast:
    return ChannelPast(BEN, "leg.2", CALL, answered, ended, by)


def left(at: float, cause: ev.HangUpCause = ev.HangUpCause.FOUND_GONE) -> ev.Event:
    return ev.CallLeftByCaller(call=CALL, at=at, cause=cause)


def lost_sight(offer: OfferId, at: float) -> ev.Event:
    return ev.OfferFailed(offer=offer, outcome=OfferOutcome.WITHDRAWN, cause="lost_sight", at=at)


BEN_ANSWERED, BEN_WAS_DONE = ev.OfferAnswered(offer=BENS, at=1030.0), ev.TalkEnded(offer=BENS, at=1040.0)
GONE = ChannelPast(CALLER, CALL, CALL, 999.0, 1040.1, CALLER)

CASES: dict[str, tuple[list[LiveChannel], list[ChannelPast], list[ev.Event]]] = {
    "both ring on": ([THERE, annas(RINGING), bens(RINGING)], [], []),
    "one answered, and they talk": (
        [THERE, bens(UP, "b")],
        [anna_was(None, 1030), ben_was(1030, None)],
        [BEN_ANSWERED],
    ),
    "one answered, and the talk is over": (
        ([THERE], [anna_was(None, 1030), ben_was(1030, 1040)], [BEN_ANSWERED, BEN_WAS_DONE])
    ),
    "one answered, and the agent ended the talk and the call": (
        [],
        [anna_was(None, 1030), ben_was(1030, 1040, BEN), GONE],
        [BEN_ANSWERED, BEN_WAS_DONE, left(1040.1, ev.HangUpCause.LEFT_BY_AGENT)],
    ),
    "both picked up, and Asterisk dropped one of them at once": (
        ([THERE], [anna_was(1029.99, 1030.01), ben_was(1030, 1040)], [BEN_ANSWERED, BEN_WAS_DONE])
    ),
    "both have just picked up, and one of them talks": (
        ([THERE, annas(UP), bens(UP, "b")], [anna_was(1030.01, None), ben_was(1030, None)], [BEN_ANSWERED])
    ),
    "both rang out": (
        ([THERE], [anna_was(None, 1031), ben_was(None, 1032)], [lost_sight(ANNAS, 1031), lost_sight(BENS, 1032)])
    ),
    "one declined, and the other rings on": (
        ([THERE, bens(RINGING)], [anna_was(None, 1031)], [lost_sight(ANNAS, 1031)])
    ),
    "the caller gave up": ([], [anna_was(None, 1040), ben_was(None, 1040), GONE], [left(1040.1)]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_happened_unseen_is_named(stage: Stage, case: str) -> None:
    live, past, expected = CASES[case]
    assert missed_of_calls(stage.floor, live, {one.unique_id: one for one in past}, 1.0) == expected


@pytest.mark.parametrize("case", CASES)
def test_after_it_was_told_nothing_is_missed_any_more_and_at_most_one_talks(stage: Stage, case: str) -> None:
    live, past, _ = CASES[case]
    traces = {one.unique_id: one for one in past}
    stage.tell(*missed_of_calls(stage.floor, live, traces, 1.0))
    assert missed_of_calls(stage.floor, live, traces, 1.0) == []
    states = [agent.state for agent in stage.floor.agents.values()]
    call = stage.floor.calls.get(CALL)
    assert states.count(AgentState.TALKING) == (call is not None and call.state is CallState.TALKING)
    assert (AgentState.OFFERED in states) == (call is not None and call.state is CallState.OFFERED)
