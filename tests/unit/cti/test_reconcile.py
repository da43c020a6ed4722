"""What is found out after an absence: each way in which floor, living channels and diary can differ, as a table."""

from collections.abc import Callable

import pytest

from acd import events as ev
from acd.model import CallId, CallState, Offer, OfferId, OfferOutcome
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from cti.cel import ChannelPast
from cti.reconcile import missed_of_calls, missed_of_phones, missing, never_met, past_of_offer
from cti.translate import LiveChannel
from tests.unit.acd.floors import Stage, queue, rules

CALL, OFFER, ANNA, BEN = CallId("c"), OfferId("c-1"), AgentId("anna"), AgentId("ben")
LEG = "leg.1"
LOST_AT, NOW = 1020.0, 1100.0
RINGING, UP = 5, 6
BOOTED_LONG_AGO, BOOTED_SINCE = 1.0, 1050.0

Prepare = Callable[[Stage], None]


# --- the floor as it was left -----------------------------------------------------------------------------------------


def stage(*prepare: Prepare) -> Stage:
    """Anna is on duty and a caller is there; what else happens; then sight is lost."""
    found = Stage(rules({"anna": ["sales"], "ben": ["sales"]}))
    for step in prepare:
        step(found)
    found.now = LOST_AT
    found.tell(ev.EngineStarted())
    found.now = NOW
    return found


def in_menu(stage: Stage) -> None:
    stage.tell(ev.CallArrived(call=CALL, channel="PJSIP/trunk-1", number="139", did="400"))


def waiting(stage: Stage) -> None:
    stage.caller("c")


def offered(stage: Stage) -> None:
    stage.come_to_work("anna")
    stage.caller("c")


def ringing(stage: Stage) -> None:
    offered(stage)
    stage.tell(ev.OfferRinging(offer=OFFER, channel="PJSIP/agent-anna-00000001", leg=LEG))


def talking(stage: Stage) -> None:
    ringing(stage)
    stage.now += 5.0
    stage.tell(ev.OfferAnswered(offer=OFFER))


def after_the_talk(stage: Stage) -> None:
    talking(stage)
    stage.now += 3.0
    stage.tell(ev.TalkEnded(offer=OFFER))


def back(stage: Stage) -> None:
    """The caller's leg is with this engine again."""
    stage.floor.calls[CALL].attached = True


# --- what lives, and what is written ----------------------------------------------------------------------------------


def channel(uniqueid: str, name: str, state: int, *, linked: str = CALL, agent: str | None = None) -> LiveChannel:
    return LiveChannel(name, uniqueid, linked, state, "AGI", "", 10, agent)


CALLER_LIVES = channel(CALL, "PJSIP/trunk-00000000", UP)
LEG_RINGS = channel(LEG, "PJSIP/agent-anna-00000001", RINGING, agent="anna")
LEG_TALKS = channel(LEG, "PJSIP/agent-anna-00000001", UP, agent="anna")
BENS_OTHER_CALL = channel("leg.9", "PJSIP/agent-ben-00000009", UP, linked="other", agent="ben")


def caller_left(at: float, by: str = "PJSIP/trunk-00000000") -> ChannelPast:
    return ChannelPast("PJSIP/trunk-00000000", CALL, CALL, answered_at=999.0, hung_up_at=at, hung_up_by=by)


def leg_of(
    agent: str = "anna", *, answered: float | None = None, ended: float | None = None, by: str = "", id: str = LEG
) -> ChannelPast:
    name = f"PJSIP/agent-{agent}-0000000{1 if agent == 'anna' else 2}"
    return ChannelPast(name, id, CALL, answered, ended, name if by == "agent" else by)


def found(
    stage: Stage, live: list[LiveChannel], past: list[ChannelPast], booted_at: float = BOOTED_LONG_AGO
) -> list[ev.Event]:
    return missed_of_calls(stage.floor, live, {one.unique_id: one for one in past}, booted_at)


RINGS = ev.OfferRinging(offer=OFFER, channel="PJSIP/agent-anna-00000001", leg=LEG)


def answered(at: float | None) -> ev.Event:
    return ev.OfferAnswered(offer=OFFER, at=at)


def talk_ended(at: float | None) -> ev.Event:
    return ev.TalkEnded(offer=OFFER, at=at)


def lost_sight(at: float | None) -> ev.Event:
    return ev.OfferFailed(offer=OFFER, outcome=OfferOutcome.WITHDRAWN, cause="lost_sight", at=at)


def left(at: float | None, cause: ev.HangUpCause = ev.HangUpCause.FOUND_GONE) -> ev.Event:
    return ev.CallLeftByCaller(call=CALL, at=at, cause=cause)


def taken(agent: AgentId, answered_at: float, at: float) -> ev.Event:
    cause = ev.HangUpCause.LAST_RESORT
    return ev.CallLeftByCaller(call=CALL, at=at, cause=cause, agent=agent, answered_at=answered_at)


SWITCH_LOST, LEFT_BY_AGENT = ev.HangUpCause.SWITCH_LOST, ev.HangUpCause.LEFT_BY_AGENT

CASES: dict[str, tuple[Prepare, list[LiveChannel], list[ChannelPast], list[ev.Event]]] = {
    "in the menu and still there": (in_menu, [CALLER_LIVES], [], []),
    "left the menu": (in_menu, [], [caller_left(1030)], [left(1030)]),
    "waiting and still there": (waiting, [CALLER_LIVES], [], []),
    "gave up waiting": (waiting, [], [caller_left(1030)], [left(1030)]),
    "gave up waiting, and nothing is written": (waiting, [], [], [left(LOST_AT)]),
    "answered in the diary but not gone there, and not alive": (
        (waiting, [], [ChannelPast("PJSIP/trunk-00000000", CALL, CALL, answered_at=999.0)], [left(LOST_AT)])
    ),
    "rings on": (ringing, [CALLER_LIVES, LEG_RINGS], [], []),
    "rings on, and its channel was not known": (offered, [CALLER_LIVES, LEG_RINGS], [], [RINGS]),
    "another agent's leg is not the offer's": ((offered, [CALLER_LIVES, LEG_RINGS, BENS_OTHER_CALL], [], [RINGS])),
    "was answered": (ringing, [CALLER_LIVES, LEG_TALKS], [leg_of(answered=1030)], [answered(1030)]),
    "was answered, and its channel was not known": (
        (offered, [CALLER_LIVES, LEG_TALKS], [leg_of(answered=1030)], [RINGS, answered(1030)])
    ),
    "was answered, and nothing is written": (ringing, [CALLER_LIVES, LEG_TALKS], [], [answered(None)]),
    "rang out": (ringing, [CALLER_LIVES], [leg_of(ended=1030)], [lost_sight(1030)]),
    "rang out, and nothing is written": (ringing, [CALLER_LIVES], [], [lost_sight(LOST_AT)]),
    "never came to ring": (offered, [CALLER_LIVES], [], [lost_sight(LOST_AT)]),
    "gave up while it rang": (ringing, [], [leg_of(ended=1030), caller_left(1030.1)], [left(1030.1)]),
    "gave up while it rang, and nothing is written": (ringing, [], [], [left(LOST_AT)]),
    "rang out, and gave up later": (
        (ringing, [], [leg_of(ended=1030), caller_left(1040)], [lost_sight(1030), left(1040)])
    ),
    "was answered, and the agent ended the talk": (
        (ringing, [CALLER_LIVES], [leg_of(answered=1030, ended=1040, by="agent")], [answered(1030), talk_ended(1040)])
    ),
    "was answered, and the agent ended the talk and the call": (
        ringing,
        [],
        [leg_of(answered=1030, ended=1040, by="agent"), caller_left(1040.1)],
        [answered(1030), talk_ended(1040), left(1040.1, LEFT_BY_AGENT)],
    ),
    "was answered, and the caller ended the talk": (
        ringing,
        [],
        [leg_of(answered=1030, ended=1040, by="PJSIP/trunk-00000000"), caller_left(1040.1)],
        [answered(1030), talk_ended(1040), left(1040.1)],
    ),
    "was answered by a leg that was not known": (
        offered,
        [],
        [leg_of(answered=1030, ended=1040, by="agent"), caller_left(1040.1)],
        [answered(1030), talk_ended(1040), left(1040.1, LEFT_BY_AGENT)],
    ),
    "talks on": (talking, [CALLER_LIVES, LEG_TALKS], [], []),
    "the agent ended the talk": (
        (talking, [CALLER_LIVES], [leg_of(answered=1005, ended=1040, by="agent")], [talk_ended(1040)])
    ),
    "the agent ended the talk and the call": (
        talking,
        [],
        [leg_of(answered=1005, ended=1040, by="agent"), caller_left(1040.1)],
        [talk_ended(1040), left(1040.1, LEFT_BY_AGENT)],
    ),
    "the caller ended the talk": (
        talking,
        [],
        [leg_of(answered=1005, ended=1040, by="PJSIP/trunk-00000000"), caller_left(1040.1)],
        [talk_ended(1040), left(1040.1)],
    ),
    "the talk ended, and only the caller's end is written": (
        (talking, [], [caller_left(1040)], [talk_ended(1040), left(1040)])
    ),
    "the talk ended, and nothing is written": (talking, [], [], [talk_ended(LOST_AT), left(LOST_AT)]),
    "went after the talk": ((after_the_talk, [], [leg_of(answered=1005, ended=1008), caller_left(1030)], [left(1030)])),
    "was served by Asterisk's own queue": (
        (waiting, [], [leg_of("ben", answered=1030, ended=1040), caller_left(1040)], [taken(BEN, 1030, 1040)])
    ),
    "was served by Asterisk's own queue out of the menu": (
        (in_menu, [], [leg_of("ben", answered=1030, ended=1040), caller_left(1040)], [taken(BEN, 1030, 1040)])
    ),
    "a phone rang for him in Asterisk's own queue, in vain": (
        (waiting, [], [leg_of("ben", ended=1035), caller_left(1040)], [left(1040)])
    ),
    "rang out, and another agent took him from Asterisk's own queue": (
        ringing,
        [],
        [leg_of(ended=1025), leg_of("ben", answered=1030, ended=1040, id="leg.2"), caller_left(1040)],
        [lost_sight(1025), taken(BEN, 1030, 1040)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_happened_unseen_is_named(case: str) -> None:
    prepare, live, past, expected = CASES[case]
    assert found(stage(prepare), live, past) == expected


@pytest.mark.parametrize("case", CASES)
def test_after_it_was_told_nothing_is_missed_any_more(case: str) -> None:
    prepare, live, past, _ = CASES[case]
    floor = stage(prepare)
    floor.tell(*found(floor, live, past))
    assert found(floor, live, past) == []


@pytest.mark.parametrize("case", CASES)
def test_diary_is_only_needed_when_something_is_missed(case: str) -> None:
    prepare, live, _, expected = CASES[case]
    assert missing(stage(prepare).floor, live) is bool([event for event in expected if event != RINGS])


LOST = {
    "in the menu": (in_menu, [left(LOST_AT, SWITCH_LOST)]),
    "waiting": (waiting, [left(LOST_AT, SWITCH_LOST)]),
    "while a phone rang": (ringing, [left(LOST_AT, SWITCH_LOST)]),
    "talking": (talking, [talk_ended(LOST_AT), left(LOST_AT, SWITCH_LOST)]),
}


@pytest.mark.parametrize("case", LOST)
def test_what_lived_before_asterisk_was_started_was_lost_with_it(case: str) -> None:
    prepare, expected = LOST[case]
    floor = stage(prepare)
    assert found(floor, [], [], BOOTED_SINCE) == expected
    floor.tell(*expected)
    assert not floor.floor.calls
    assert not floor.floor.offers


def test_caller_who_hung_up_before_asterisk_died_hung_up() -> None:
    assert found(stage(waiting), [], [caller_left(1015)], BOOTED_SINCE) == [left(1015)]


# --- callers who are with us speak for themselves ---------------------------------------------------------------------


@pytest.mark.parametrize("prepare", [in_menu, waiting, offered, ringing, after_the_talk])
def test_of_a_caller_who_is_with_us_nothing_is_told(prepare: Prepare) -> None:
    floor = stage(prepare)
    back(floor)
    assert found(floor, [], []) == []


def test_of_a_caller_who_is_with_us_the_agents_side_can_have_been_missed() -> None:
    floor = stage(ringing)
    back(floor)
    assert found(floor, [CALLER_LIVES, LEG_TALKS], [leg_of(answered=1030)]) == [answered(1030)]
    ended = [leg_of(answered=1030, ended=1040)]
    assert found(floor, [CALLER_LIVES], ended) == [answered(1030), talk_ended(1040)]


def test_paperwork_after_a_talk_nobody_saw_began_when_the_talk_ended() -> None:
    floor = stage(ringing)
    floor.tell(*found(floor, [], [leg_of(answered=1090, ended=1095, by="agent"), caller_left(1095.1)]))
    assert not floor.floor.calls
    assert floor.agent("anna").state is AgentState.WRAP_UP
    assert floor.agent("anna").wrap_up_until == 1095 + queue().wrap_up_s


# --- phones -----------------------------------------------------------------------------------------------------------


def test_phones_are_as_asterisk_says_and_one_it_does_not_name_is_not_there() -> None:
    floor = stage(lambda stage: stage.come_to_work("anna")).floor
    busy = missed_of_phones(floor, {ANNA: PhoneState.IN_USE, BEN: PhoneState.IDLE})
    assert busy == [
        ev.PhoneChanged(agent=ANNA, phone=PhoneState.IN_USE),
        ev.PhoneChanged(agent=BEN, phone=PhoneState.IDLE),
    ]
    assert missed_of_phones(floor, {ANNA: PhoneState.IDLE, AgentId("stranger"): PhoneState.IDLE}) == []
    assert missed_of_phones(floor, {}) == [ev.PhoneChanged(agent=ANNA, phone=PhoneState.UNREACHABLE)]


# --- whose leg it was -------------------------------------------------------------------------------------------------


def offer_made_at(at: float, leg: str = "") -> Offer:
    floor = stage(offered)
    offer = floor.floor.offers[OFFER]
    offer.made_at, offer.leg = at, leg
    return offer


def test_leg_is_found_by_its_id() -> None:
    past = {one.unique_id: one for one in (leg_of(ended=1040), leg_of("ben", ended=1050, id="leg.2"))}
    assert past_of_offer(offer_made_at(1020, "leg.2"), past) is past["leg.2"]
    assert past_of_offer(offer_made_at(1020, "leg.3"), past) is None


def test_leg_whose_id_is_not_known_is_the_agents_first_since_the_offer() -> None:
    legs = [
        leg_of(ended=1010, id="earlier offer"),
        leg_of("ben", answered=1025, ended=1030, id="another agent"),
        leg_of(answered=1031, ended=1040, id="this one"),
        leg_of(answered=1050, ended=1060, id="Asterisk's own queue"),
    ]
    past = {one.unique_id: one for one in legs}
    assert past_of_offer(offer_made_at(1020), past) is past["this one"]
    assert past_of_offer(offer_made_at(1070), past) is None


# --- callers no engine has met ----------------------------------------------------------------------------------------


def stranger(id: str, *, answered: float | None, ended: float | None = None, did: str = "400") -> ChannelPast:
    return ChannelPast(
        f"PJSIP/trunk-{id}", id, id, answered_at=answered, hung_up_at=ended, number="+8613800138000", did=did
    )


def arrived(id: str, at: float) -> ev.Event:
    return ev.CallArrived(call=CallId(id), channel=f"PJSIP/trunk-{id}", number="13800138000", did="400", at=at)


def test_callers_who_came_while_no_engine_was_there_are_told_of_with_their_times() -> None:
    legs = [
        stranger("gone", answered=1030, ended=1040),
        stranger("there", answered=1031),
        stranger("served", answered=1032, ended=1050),
        ChannelPast("PJSIP/agent-ben-00000003", "leg.7", "served", answered_at=1041, hung_up_at=1049),
    ]
    live = [channel("there", "PJSIP/trunk-there", UP, linked="there")]
    events = never_met(stage().floor, live, {one.unique_id: one for one in legs}, LOST_AT, set())
    cause = ev.HangUpCause.LAST_RESORT
    assert events == [
        arrived("gone", 1030),
        ev.CallLeftByCaller(call=CallId("gone"), at=1040, cause=ev.HangUpCause.FOUND_GONE),
        arrived("there", 1031),
        ev.CallDetached(call=CallId("there")),
        arrived("served", 1032),
        ev.CallLeftByCaller(call=CallId("served"), at=1050, cause=cause, agent=BEN, answered_at=1041),
    ]


NOT_STRANGERS = {
    "known to the floor": caller_left(1030),
    "met by an engine": stranger("met", answered=1030, ended=1040),
    "answered before the last engine's end": stranger("early", answered=LOST_AT - 1, ended=1040),
    "never answered": stranger("busy", answered=None, ended=1040),
    "an agent's phone": leg_of("ben", answered=1030, ended=1040),
    "a feature code": ChannelPast("PJSIP/agent-ben-00000003", "f.1", "f.1", answered_at=1030, hung_up_at=1040),
    "lost with an Asterisk that crashed": stranger("lost", answered=1030),
}


@pytest.mark.parametrize("case", NOT_STRANGERS)
def test_of_others_nothing_is_told(case: str) -> None:
    trace = NOT_STRANGERS[case]
    assert never_met(stage(waiting).floor, [], {trace.unique_id: trace}, LOST_AT, {CallId("met")}) == []


def test_caller_nobody_met_keeps_the_time_he_came() -> None:
    floor = stage()
    floor.tell(arrived("there", 1030), ev.CallDetached(call=CallId("there")))
    call = floor.call("there")
    assert (call.opened_at, call.state, call.attached) == (1030, CallState.IVR, False)
