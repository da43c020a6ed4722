"""One caller's session, with a leg that is no Asterisk and the core that is the real one."""

import asyncio
import logging
from typing import Any

import msgspec
import pytest

from acd import events as ev
from acd.commands import EndCall, PlayPrompt
from acd.model import CallId, CallState, Disposition, MessageId, OfferId, OfferOutcome, QueueId
from acd.records import CallAnswered, CallEnded, OfferEnded, TalkFinished
from acd.rules import CallerRule, Overflow
from agents.roster import AgentId
from agents.state import AgentState
from ivr.connect import OUTCOMES
from ivr.entry import AfterTalk, AtNode, Entry, Forgotten, NewCall, entry_of
from ivr.hours import WEEKDAYS, Hours, parse_span
from ivr.nodes import MessageNode, Node, NodeId, TransferNode
from ivr.ports import CallerGone, DialResult, LegLost
from ivr.prompts import Prompt, Prompts
from ivr.session import CallerSession
from ivr.visit import Caller, RecordingNotice, Script
from tests.unit.acd.floors import Stage, queue, rules
from tests.unit.ivr.flows import KNOWN, flow
from tests.unit.ivr.legs import CoreDesk, FakeLeg

CALL = CallId("c")
CALLER = Caller(
    call=CALL, channel="PJSIP/trunk-1", number="13800138000", did="4008869119", attributes={"region": "北京"}
)
ALWAYS = dict.fromkeys(WEEKDAYS, (parse_span("00:00-24:00"),))
BEN = AgentId("ben")
SERVED = DialResult(answered=True, status="ANSWER")
TO_REPAIR = [None, "1"]
"""Keys of a caller who listens to the welcome and presses 1 at the menu."""


class Room:
    """A caller, his leg, a desk and the agents on duty."""

    def __init__(self, leg: FakeLeg, *on_duty: str, entry: Entry | None = None, **settings: Any) -> None:
        queues = [queue("sales"), queue("repair", music="soft", **settings)]
        agents = {"anna": ["repair"], "ben": ["repair", "sales"], "cleo": ["repair"]}
        self.stage = Stage(rules(agents, queues), *on_duty)
        self.leg = leg
        self.desk = CoreDesk(self.stage)
        self.entry = entry or NewCall()
        self.open = True
        self.notices: dict[QueueId, RecordingNotice] = {}
        self.nodes: tuple[Node, ...] = ()
        """In place of the flow's of the same name."""

    def session(self) -> CallerSession:
        prompts = Prompts(
            Prompt(id=id_, language="zh", text="", voice="", file=f"zh/{id_}.wav") for id_ in KNOWN.prompts
        )
        script = Script(
            flow=flow(*self.nodes),
            calendars={"service": Hours(time_zone="Asia/Shanghai", weekly=ALWAYS if self.open else {})},
            prompts=prompts,
            music={QueueId("repair"): "soft"},
            notices=self.notices,
        )
        self.desk.session = CallerSession(CALLER, self.leg, self.desk, script, lambda: self.stage.now, self.entry)
        return self.desk.session

    def block(self, number: str) -> None:
        """This number is on the blacklist."""
        rules = msgspec.structs.replace(self.stage.floor.rules, numbers={number: CallerRule(blocked=True)})
        self.stage.tell(ev.RulesLoaded(rules=rules))

    def start(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.session().run())

    def ended(self) -> CallEnded:
        return next(record for record in self.stage.records if isinstance(record, CallEnded))


async def settle() -> None:
    """Let the session go on until it waits for something."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_caller_is_led_through_the_menu_to_an_agent_and_heard_off() -> None:
    room = Room(FakeLeg(TO_REPAIR, [SERVED]), "anna")
    await room.session().run()
    assert room.leg.did == [
        ("answer",),
        ("play", "hotline/zh/welcome"),
        ("ask", "hotline/zh/menu"),
        ("play", "hotline/zh/wait"),
        ("place", "waiting/repair/3"),
        ("dial", "anna", 15.0, "c-1", "soft"),
        ("play", "hotline/zh/goodbye"),
        ("hang_up",),
    ]
    assert room.desk.kinds() == [
        *["CallArrived", "CallMoved", "CallMoved", "CallMoved", "CallMoved", "CallQueued"],
        *["OfferAnswered", "TalkEnded", "CallRejoined", "CallClosed"],
    ]
    assert room.ended().path == ("welcome", "hours", "menu", "repair:1")
    assert (room.ended().disposition, room.ended().ended_by) == (Disposition.SERVED, "agent")


async def test_answer_that_asterisk_told_of_already_is_not_told_again() -> None:
    room = Room(FakeLeg(TO_REPAIR), "anna")
    running = room.start()
    await settle()
    room.stage.answer("c")
    room.stage.wait(60)
    room.leg.dial_over(SERVED)
    await running
    assert "OfferAnswered" not in room.desk.kinds()
    assert room.stage.last(TalkFinished).talk_s == 60.0


async def test_answer_that_only_the_leg_knows_of_is_told_with_its_true_time() -> None:
    room = Room(FakeLeg(TO_REPAIR), "anna")
    running = room.start()
    await settle()
    room.stage.wait(12)
    room.desk.picked_up_at = room.stage.now - 10.0
    room.leg.dial_over(SERVED)
    await running
    assert room.stage.last(CallAnswered).at == 1002.0
    assert room.stage.last(TalkFinished).talk_s == 10.0


@pytest.mark.parametrize(
    ("refusal", "key", "said", "recorded"),
    [("9", "9", ["ask"], False), ("9", "1", ["ask"], True), ("9", None, ["ask"], True), ("", "9", ["play"], True)],
)
async def test_caller_is_told_of_the_recording_once_and_may_refuse_where_the_queue_lets_him(
    refusal: str, key: str | None, said: list[str], recorded: bool
) -> None:
    room = Room(FakeLeg([*TO_REPAIR, key], [SERVED]), "anna")
    room.notices = {QueueId("repair"): RecordingNotice(("closed",), refusal)}
    await room.session().run()
    assert [act[0] for act in room.leg.did if act[1:] == ("hotline/zh/closed",)] == said
    assert room.leg.acts("dial") == [("dial", "anna", 15.0, "c-1" if recorded else None, "soft")]


async def test_unrecorded_queue_is_dialled_without_a_recording_name() -> None:
    room = Room(FakeLeg(TO_REPAIR, [SERVED]), "anna", record=False)
    await room.session().run()
    assert room.leg.acts("dial") == [("dial", "anna", 15.0, None, "soft")]


async def test_caller_waits_in_his_queues_music_until_an_agent_is_free() -> None:
    room = Room(FakeLeg(TO_REPAIR, [SERVED]))
    running = room.start()
    await settle()
    assert room.leg.did[-1] == ("music", "soft")
    room.stage.come_to_work("anna")
    room.desk.session.order(room.stage.commands[-1])  # type: ignore[union-attr, arg-type]
    await running
    assert room.ended().disposition is Disposition.SERVED


async def test_next_agent_is_dialled_at_once_when_the_first_does_not_answer() -> None:
    room = Room(FakeLeg(TO_REPAIR, [DialResult(answered=False, status="NOANSWER"), SERVED]), "anna", "ben")
    await room.session().run()
    assert [act[1] for act in room.leg.acts("dial", "music")] == ["anna", "ben"]
    assert room.stage.last(TalkFinished).agent == "ben"


@pytest.mark.parametrize(("status", "outcome"), [*OUTCOMES.items(), ("INVALIDARGS", OfferOutcome.UNREACHABLE)])
async def test_caller_whose_agent_did_not_answer_is_back_in_music(status: str, outcome: OfferOutcome) -> None:
    room = Room(FakeLeg(TO_REPAIR, [DialResult(answered=False, status=status)]), "anna", no_answer_limit=1)
    running = room.start()
    await settle()
    ended = next(record for record in room.stage.records if isinstance(record, OfferEnded))
    assert (ended.outcome, ended.cause) == (outcome, status)
    if outcome is not OfferOutcome.WITHDRAWN:
        assert room.leg.did[-1] == ("music", "soft")
        assert room.stage.call("c").state is CallState.WAITING
    room.leg.end(CallerGone())
    await running


async def test_maximum_wait_is_told_to_the_caller_and_ends_the_call() -> None:
    room = Room(FakeLeg(TO_REPAIR), max_wait_s=30.0, overflow=Overflow(prompt="sorry"))
    running = room.start()
    await settle()
    room.stage.wait(31)
    room.desk.session.order(room.stage.commands[-1])  # type: ignore[union-attr, arg-type]
    await running
    assert room.leg.did[-3:] == [("music_off",), ("play", "hotline/zh/sorry"), ("hang_up",)]
    assert room.ended().disposition is Disposition.OVERFLOWED


async def test_caller_in_an_emergency_hears_its_announcement_and_goes_the_way_of_the_closed() -> None:
    room = Room(FakeLeg(), "anna")
    room.stage.tell(ev.EmergencyDeclared(queues=(), prompt="sorry", by="li"))
    await room.session().run()
    sounds = [act[1] for act in room.leg.did if act[0] == "play"]
    assert sounds == ["hotline/zh/welcome", "hotline/zh/sorry", "hotline/zh/closed"]
    assert room.ended().path == ("welcome", "hours", "closed")


async def test_emergency_of_some_queues_leaves_the_hours_as_they_are() -> None:
    room = Room(FakeLeg(TO_REPAIR, [SERVED]), "anna")
    room.stage.tell(ev.EmergencyDeclared(queues=(QueueId("sales"),), prompt="sorry", by="li"))
    await room.session().run()
    assert room.ended().disposition is Disposition.SERVED


async def test_emergency_whose_prompt_this_calls_script_does_not_know_closes_all_the_same() -> None:
    room = Room(FakeLeg(), "anna")
    room.stage.tell(ev.EmergencyDeclared(queues=(), prompt="newer", by="li"))
    await room.session().run()
    assert room.ended().path == ("welcome", "hours", "closed")


# --- a number outside -------------------------------------------------------------------------------------------------

OUTSIDE = TransferNode(id=NodeId("repair"), number="02164000000")


@pytest.mark.parametrize(
    ("leg", "ends"),
    [
        (FakeLeg(TO_REPAIR, [SERVED]), ("hotline", "completed_ivr", "transferred", "02164000000")),
        (
            FakeLeg(TO_REPAIR, gone_at=4, gone=CallerGone(SERVED)),
            ("caller", "completed_ivr", "transferred", "02164000000"),
        ),
        (FakeLeg(TO_REPAIR, gone_at=4), ("caller", "abandoned_ivr", "", "")),
    ],
    ids=["the other one hangs up", "the caller hangs up in the talk", "the caller hangs up while it rings"],
)
async def test_call_that_was_transferred_says_so_whoever_hung_up(leg: FakeLeg, ends: tuple[str, ...]) -> None:
    room = Room(leg)
    room.nodes = (OUTSIDE,)
    await room.session().run()
    ended = room.ended()
    assert (ended.ended_by, ended.disposition, ended.why, ended.transferred_to) == ends


async def test_caller_who_is_back_from_a_talk_outside_is_not_connected_again() -> None:
    room = Room(FakeLeg(), entry=AtNode(OUTSIDE.id, talked=True))
    room.nodes = (OUTSIDE,)
    room.stage.tell(ev.CallArrived(call=CALL, channel="PJSIP/trunk-1", number="13800138000", did="400"))
    room.stage.tell(ev.CallMoved(call=CALL, node=OUTSIDE.id))
    await room.session().run()
    assert room.leg.acts("dial_out") == []
    assert (room.ended().why, room.ended().transferred_to) == ("transferred", OUTSIDE.number)


# --- a message --------------------------------------------------------------------------------------------------------

SPEAKS = MessageNode(
    id=NodeId("repair"), next=NodeId("closed"), prompts=("wait",), review=("menu",), kept=(), too_short=()
)
OLD = MessageId("c-1763800000000")


@pytest.mark.parametrize(("gone_at", "dropped"), [(None, [OLD]), (0, [])], ids=["speaks again", "hangs up before"])
async def test_what_he_said_to_an_engine_that_died_gives_way_to_what_he_says_to_this_one(
    gone_at: int | None, dropped: list[MessageId]
) -> None:
    leg = FakeLeg(["3"], gone_at=gone_at)
    room = Room(leg, entry=AtNode(SPEAKS.id))
    room.nodes = (SPEAKS,)
    room.desk.drafts = [OLD]
    room.stage.tell(ev.CallArrived(call=CALL, channel="PJSIP/trunk-1", number="13800138000", did="400"))
    room.stage.tell(ev.CallMoved(call=CALL, node=SPEAKS.id))
    await room.session().run()
    assert room.desk.dropped == dropped
    assert ("MessageLeft" in room.desk.kinds()) == bool(dropped)


async def test_caller_outside_the_hours_is_told_so() -> None:
    room = Room(FakeLeg())
    room.open = False
    await room.session().run()
    assert room.leg.did[-2:] == [("play", "hotline/zh/closed"), ("hang_up",)]
    assert room.desk.told[-1] == ev.CallClosed(call=CALL, reason="closed")
    assert room.ended().disposition is Disposition.COMPLETED_IVR


FINAL = {ev.CallLeftByCaller, ev.CallClosed}


async def test_call_declined_on_the_phone_is_no_unreachable_phone() -> None:
    refused = DialResult(answered=False, status="CHANUNAVAIL", cause=21)
    room = Room(FakeLeg(TO_REPAIR, [refused]), "anna", no_answer_limit=1)
    running = room.start()
    await settle()
    ended = next(record for record in room.stage.records if isinstance(record, OfferEnded))
    assert (ended.outcome, ended.cause) == (OfferOutcome.DECLINED, "CHANUNAVAIL")
    room.leg.end(CallerGone())
    await running


@pytest.mark.parametrize(
    ("act", "disposition"),
    [
        (0, Disposition.ABANDONED_IVR),  # before the answer
        (1, Disposition.ABANDONED_IVR),  # in the welcome
        (2, Disposition.ABANDONED_IVR),  # in the menu
        (3, Disposition.ABANDONED_IVR),  # in the last prompt before the queue
        (4, Disposition.ABANDONED_IVR),
        (5, Disposition.ABANDONED_RINGING),
        (6, Disposition.SERVED),  # in the good-bye
        (7, Disposition.SERVED),  # as he is hung up
    ],
)
async def test_caller_who_hangs_up_at_any_moment_is_told_of_once(act: int, disposition: Disposition) -> None:
    room = Room(FakeLeg(TO_REPAIR, [SERVED], gone_at=act), "anna")
    await room.session().run()
    assert sum(type(event) in FINAL for event in room.desk.told) == 1
    assert room.ended().disposition is disposition
    assert not room.stage.floor.calls
    assert room.stage.agent("anna").state in (AgentState.READY, AgentState.WRAP_UP)


async def test_caller_who_hangs_up_while_waiting_is_told_of_at_once() -> None:
    room = Room(FakeLeg(TO_REPAIR))
    running = room.start()
    await settle()
    room.leg.end(CallerGone())
    await running
    assert room.desk.kinds()[-2:] == ["CallQueued", "CallLeftByCaller"]
    assert room.ended().disposition is Disposition.ABANDONED_WAITING


async def test_caller_who_hangs_up_while_the_phone_rings_frees_the_agent() -> None:
    room = Room(FakeLeg(TO_REPAIR), "anna")
    running = room.start()
    await settle()
    room.leg.end(CallerGone(DialResult(answered=False, status="CANCEL")))
    await running
    assert room.ended().disposition is Disposition.ABANDONED_RINGING
    assert room.stage.agent("anna").state is AgentState.READY


async def test_caller_who_ends_a_talk_nobody_told_of_counts_as_served() -> None:
    room = Room(FakeLeg(TO_REPAIR), "anna")
    running = room.start()
    await settle()
    room.stage.wait(14)
    room.desk.picked_up_at = room.stage.now - 11.0
    room.leg.end(CallerGone(SERVED))
    await running
    assert room.desk.kinds()[-2:] == ["OfferAnswered", "CallLeftByCaller"]
    assert (room.ended().disposition, room.ended().ended_by) == (Disposition.SERVED, "caller")
    assert room.stage.last(TalkFinished).talk_s == 11.0


@pytest.mark.parametrize("act", range(8))
async def test_broken_connection_keeps_the_caller_on_the_floor(act: int) -> None:
    room = Room(FakeLeg(TO_REPAIR, [SERVED], gone_at=act, gone=LegLost()), "anna")
    await room.session().run()
    assert not [event for event in room.desk.told if type(event) in FINAL]
    assert not room.stage.call("c").attached


async def test_connection_that_breaks_while_he_waits_takes_him_out_of_the_line_until_he_is_back() -> None:
    room = Room(FakeLeg(TO_REPAIR))
    running = room.start()
    await settle()
    room.leg.end(LegLost())
    await running
    room.stage.come_to_work("anna")
    assert room.stage.call("c").state is CallState.WAITING
    back = Room(FakeLeg(dials=[SERVED]), entry=entry_of(room.stage.call("c")))
    back.stage = back.desk.stage = room.stage
    await back.session().run()
    assert back.leg.did[0][:2] == ("dial", "anna")
    assert back.ended().disposition is Disposition.SERVED


@pytest.mark.parametrize(("failing", "act"), [("welcome", 1), ("menu", 2), ("place", 4), ("dial", 5), ("goodbye", 6)])
async def test_session_that_fails_says_so_and_hands_the_caller_to_the_dialplan(
    failing: str, act: int, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(FakeLeg(TO_REPAIR, [SERVED], gone_at=act, gone=RuntimeError(failing)), "anna")
    with caplog.at_level(logging.ERROR):
        await room.session().run()
    assert room.leg.did[-2:] == [("play", "hotline/zh/error"), ("fall_back",)]
    assert room.desk.kinds()[-1] == "CallDetached"
    [record] = caplog.records
    assert (record.call_id, failing in caplog.text) == ("c", True)  # type: ignore[attr-defined]


async def test_queue_that_is_gone_hands_the_caller_to_the_dialplan() -> None:
    room = Room(FakeLeg(TO_REPAIR))
    del room.stage.floor.rules.queues[QueueId("repair")]
    await room.session().run()
    assert room.leg.did[-1] == ("fall_back",)


@pytest.mark.parametrize(("gone", "told"), [(CallerGone(), ["CallLeftByCaller"]), (LegLost(), [])], ids=repr)
async def test_failure_detaches_the_caller_at_once_and_his_end_meanwhile_is_told_of_once(
    gone: CallerGone | LegLost, told: list[str]
) -> None:
    leg = FakeLeg([None, "1"], gone_at=2, gone=RuntimeError("broken"))
    room = Room(leg)
    running = room.start()
    await leg.reached("play", "hotline/zh/error")
    leg.end(gone)
    await running
    ends = [kind for kind in room.desk.kinds() if kind in ("CallLeftByCaller", "CallDetached", "CallClosed")]
    assert ends == ["CallDetached", *told]


# --- several phones ---------------------------------------------------------------------------------------------------


def together(*on_duty: str, leg: FakeLeg | None = None, **settings: Any) -> Room:
    """A queue in which all phones ring for a caller."""
    return Room(leg or FakeLeg(TO_REPAIR), *on_duty, ring_at_once=0, **settings)


def ends(room: Room) -> dict[str, tuple[OfferOutcome, str]]:
    """How each agent's last offer ended."""
    ended = (record for record in room.stage.records if isinstance(record, OfferEnded))
    return {record.agent: (record.outcome, record.cause) for record in ended}


async def test_offers_of_one_step_ring_together_and_the_one_who_answered_has_the_caller() -> None:
    room = together("anna", "ben", leg=FakeLeg(TO_REPAIR, [DialResult(answered=True, status="ANSWER", agent=BEN)]))
    await room.session().run()
    assert room.leg.acts("dial", "dial_together") == [("dial_together", "anna", "ben")]
    assert room.stage.last(TalkFinished).agent == "ben"
    assert ends(room) == {
        "ben": (OfferOutcome.ACCEPTED, ""),
        "anna": (OfferOutcome.WITHDRAWN, "answered_elsewhere"),
    }


async def test_caller_who_ends_a_talk_only_the_leg_knows_of_had_it_with_the_one_who_answered() -> None:
    room = together("anna", "ben")
    running = room.start()
    await settle()
    room.leg.end(CallerGone(DialResult(answered=True, status="ANSWER", agent=BEN)))
    await running
    assert room.stage.last(CallAnswered).agent == "ben"
    assert room.ended().disposition is Disposition.SERVED


async def test_phones_that_all_rang_out_are_each_told_of_once() -> None:
    room = together("anna", "ben", "cleo")
    running = room.start()
    await settle()
    ring(room)
    room.stage.tell(ev.OfferFailed(offer=OfferId("c-1"), outcome=OfferOutcome.DECLINED, cause="BUSY"))
    room.leg.dial_over(DialResult(answered=False, status="NOANSWER", cause=21))
    await settle()
    assert [event.offer for event in room.desk.told if isinstance(event, ev.OfferFailed)] == ["c-2", "c-3"]
    assert ends(room) == {
        "anna": (OfferOutcome.DECLINED, "BUSY"),
        "ben": (OfferOutcome.NO_ANSWER, "NOANSWER"),
        "cleo": (OfferOutcome.NO_ANSWER, "NOANSWER"),
    }
    room.leg.end(CallerGone())
    await running


@pytest.mark.parametrize(("rang", "outcome"), [(1, OfferOutcome.UNREACHABLE), (0, OfferOutcome.NO_ANSWER)])
async def test_phone_that_never_rang_while_another_did_was_not_there(rang: int, outcome: OfferOutcome) -> None:
    room = together("anna", "ben")
    running = room.start()
    await settle()
    ring(room, rang)
    room.leg.dial_over(DialResult(answered=False, status="NOANSWER"))
    await settle()
    assert ends(room)["anna"][0] is OfferOutcome.NO_ANSWER
    assert ends(room)["ben"][0] is outcome
    room.leg.end(CallerGone())
    await running


async def test_more_phones_than_a_dial_can_hold_are_given_back_at_once() -> None:
    room = together("anna", "ben", "cleo")
    room.leg.room = 2
    running = room.start()
    await settle()
    assert room.leg.acts("dial_together") == [("dial_together", "anna", "ben")]
    assert ends(room) == {"cleo": (OfferOutcome.WITHDRAWN, "too_many_phones")}
    room.leg.end(CallerGone())
    await running


def ring(room: Room, phones: int = 9) -> None:
    """So many of the phones ring."""
    for number, offer in enumerate(list(room.stage.floor.offers)[:phones]):
        room.stage.tell(ev.OfferRinging(offer=offer, channel=f"PJSIP/agent-{number}", leg=f"leg-{number}"))


# --- what the core says to those who wait, and to those who do not get so far -----------------------------------------


SAY = PlayPrompt(call=CALL, prompts=("sorry",))
SAY_MORE = PlayPrompt(call=CALL, prompts=("closed",))


async def waiting(*on_duty: str, **settings: Any) -> tuple[Room, "asyncio.Task[None]", CallerSession]:
    """A caller in the music of his queue."""
    room = Room(FakeLeg(TO_REPAIR), *on_duty, **settings)
    running = room.start()
    await settle()
    assert room.leg.did[-1] == ("music", "soft")
    assert room.desk.session is not None
    return room, running, room.desk.session


async def test_prompts_are_said_one_after_the_other_and_the_music_goes_on() -> None:
    room, running, session = await waiting()
    session.order(SAY)
    session.order(SAY_MORE)
    await settle()
    assert room.leg.did[-1] == ("announce", "hotline/zh/sorry")
    room.leg.said()
    await settle()
    assert room.leg.did[-1] == ("announce", "hotline/zh/closed")
    room.leg.said()
    await settle()
    assert room.leg.did[-2:] == [("announce", "hotline/zh/closed"), ("music", "soft")]
    room.leg.end(CallerGone())
    await running


async def test_agent_who_comes_free_cuts_the_prompt_short_and_what_else_was_to_be_said_is_forgotten() -> None:
    room, running, session = await waiting()
    session.order(SAY)
    await settle()
    session.order(SAY_MORE)
    come_to_work(room, "anna")
    await settle()
    assert room.leg.did[-2:] == [("cut", "hotline/zh/sorry"), ("dial", "anna", 15.0, "c-1", "soft")]
    session.order(SAY)
    room.leg.dial_over(DialResult(answered=False, status="NOANSWER"))
    await settle()
    assert room.leg.did[-1] == ("music", "soft")
    room.leg.end(CallerGone())
    await running


async def test_announcement_of_several_pieces_ends_where_an_agent_comes_free() -> None:
    room, running, session = await waiting()
    session.order(PlayPrompt(call=CALL, prompts=("sorry", "closed", "sorry")))
    await settle()
    room.leg.said()
    await settle()
    come_to_work(room, "anna")
    await settle()
    assert room.leg.acts("announce") == [("announce", "hotline/zh/sorry"), ("announce", "hotline/zh/closed")]
    assert room.leg.did[-2:] == [("cut", "hotline/zh/closed"), ("dial", "anna", 15.0, "c-1", "soft")]
    room.leg.end(CallerGone())
    await running


async def test_offer_that_is_over_before_the_leg_is_free_is_not_dialled() -> None:
    room, running, session = await waiting()
    session.order(SAY)
    await settle()
    come_to_work(room, "anna")
    before = len(room.stage.commands)
    room.stage.tell(ev.OfferFailed(offer=OfferId("c-1"), outcome=OfferOutcome.WITHDRAWN))
    for command in room.stage.commands[before:]:
        session.order(command)  # type: ignore[arg-type]
    await settle()
    assert room.leg.acts("dial", "dial_together") == [("dial", "anna", 15.0, "c-2", "soft")]
    room.leg.end(CallerGone())
    await running


async def test_caller_who_hangs_up_in_a_prompt_is_told_of_once() -> None:
    room, running, session = await waiting()
    session.order(SAY)
    await settle()
    room.leg.end(CallerGone())
    await running
    assert room.desk.kinds()[-2:] == ["CallQueued", "CallLeftByCaller"]
    assert room.leg.did[-1] == ("announce", "hotline/zh/sorry")


async def test_end_of_the_call_cuts_the_prompt_short() -> None:
    room, running, session = await waiting(max_wait_s=30.0, overflow=Overflow(prompt="closed"))
    session.order(SAY)
    await settle()
    room.stage.wait(31)
    session.order(room.stage.commands[-1])  # type: ignore[arg-type]
    await running
    assert room.leg.did[-4:] == [
        ("cut", "hotline/zh/sorry"),
        ("music_off",),
        ("play", "hotline/zh/closed"),
        ("hang_up",),
    ]


async def test_prompt_this_calls_script_does_not_know_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    room, running, session = await waiting()
    session.order(PlayPrompt(call=CALL, prompts=("new",)))
    session.order(SAY)
    await settle()
    assert room.leg.did[-1] == ("announce", "hotline/zh/sorry")
    assert 'no prompt "new"' in caplog.text
    session.order(EndCall(call=CALL, reason="full", prompt="newer"))
    await running
    assert room.leg.did[-2:] == [("play",), ("hang_up",)]


async def test_caller_who_leaves_the_queue_for_a_node_goes_on_there_and_may_come_back() -> None:
    room, running, session = await waiting(max_wait_s=30.0, overflow=Overflow(node="menu"))
    room.leg.press("2")
    room.stage.wait(31)
    session.order(room.stage.commands[-1])  # type: ignore[arg-type]
    await settle()
    assert room.leg.did[-6:] == [
        ("music_off",),
        ("place", ""),
        ("ask", "hotline/zh/menu"),
        ("play", "hotline/zh/wait"),
        ("place", "waiting/sales/0"),
        ("music", "default"),
    ]
    assert room.stage.call("c").path == ["welcome", "hours", "menu", "repair:1", "menu", "sales:2"]
    assert room.stage.call("c").queue == "sales"
    room.leg.end(CallerGone())
    await running


async def test_node_the_calls_script_does_not_know_leads_to_the_start_of_its_flow() -> None:
    room, running, session = await waiting(max_wait_s=30.0, overflow=Overflow(node="new"))
    room.stage.wait(31)
    session.order(room.stage.commands[-1])  # type: ignore[arg-type]
    await settle()
    assert room.stage.call("c").path[4:7] == ["welcome", "hours", "menu"]
    room.leg.end(CallerGone())
    await running


async def test_what_the_number_tells_of_the_caller_is_known_from_his_arrival_on() -> None:
    room = Room(FakeLeg(TO_REPAIR))
    running = room.start()
    await settle()
    assert room.stage.call("c").attributes == {"region": "北京"}
    room.leg.end(CallerGone())
    await running


async def test_blocked_caller_gets_the_busy_tone_and_is_not_answered() -> None:
    room = Room(FakeLeg())
    room.block(CALLER.number)
    await room.session().run()
    assert room.leg.did == [("refuse",)]
    assert room.desk.kinds() == ["CallArrived", "CallClosed"]
    assert room.ended().disposition is Disposition.BLOCKED


async def test_caller_whose_call_ends_with_a_prompt_as_it_arrives_is_answered_to_hear_it() -> None:
    room = Room(FakeLeg())
    session = room.session()
    session.order(EndCall(call=CALL, reason="closed", prompt="sorry"))
    await session.run()
    assert room.leg.did == [("answer",), ("play", "hotline/zh/sorry"), ("hang_up",)]


async def test_blocked_caller_who_is_gone_before_the_tone_is_over_was_blocked() -> None:
    room = Room(FakeLeg(gone_at=0))
    room.block(CALLER.number)
    await room.session().run()
    assert room.desk.kinds() == ["CallArrived", "CallClosed"]
    assert room.ended().disposition is Disposition.BLOCKED


async def test_blocked_caller_whom_the_restart_met_is_told_again() -> None:
    room = Room(FakeLeg())
    room.block(CALLER.number)
    room.stage.tell(ev.CallArrived(call=CALL, channel="PJSIP/trunk-1", number=CALLER.number, did="400"))
    room.stage.tell(ev.EngineStarted(), ev.LinkRegained())
    room.entry = entry_of(room.stage.call("c"))
    await room.session().run()
    assert room.leg.did == [("refuse",)]
    assert room.ended().disposition is Disposition.BLOCKED


async def test_end_of_the_call_is_carried_out_between_two_steps_of_the_flow() -> None:
    room = Room(FakeLeg(TO_REPAIR))
    session = room.session()
    running = asyncio.create_task(session.run())
    await room.leg.reached("answer")
    session.order(EndCall(call=CALL, reason="closed", prompt="sorry"))
    await running
    assert room.leg.did[-2:] == [("play", "hotline/zh/sorry"), ("hang_up",)]
    assert not room.leg.acts("ask")


def come_to_work(room: Room, agent: str) -> None:
    """Ready, with the orders that come of it on their way."""
    before = len(room.stage.commands)
    room.stage.come_to_work(agent)
    for command in room.stage.commands[before:]:
        room.desk.session.order(command)  # type: ignore[union-attr, arg-type]


# --- after a restart --------------------------------------------------------------------------------------------------


def rejoin(state_after: list[ev.Event], leg: FakeLeg, *on_duty: str, talked: bool = False) -> Room:
    """A caller who comes back to a new engine process that has this past in its journal."""
    room = Room(leg, *on_duty)
    room.stage.tell(ev.CallArrived(call=CALL, channel="PJSIP/trunk-1", number="1", did="400"))
    room.stage.tell(*state_after)
    room.stage.tell(ev.EngineStarted(), ev.LinkRegained())
    room.entry = entry_of(room.stage.call("c"), talked=talked)
    return room


QUEUED = ev.CallQueued(call=CALL, queue=QueueId("repair"))
OFFER = OfferId("c-1")


async def test_caller_in_the_menu_hears_it_again_after_a_restart() -> None:
    room = rejoin([ev.CallMoved(call=CALL, node="menu")], FakeLeg(["1"], [SERVED]), "anna")
    await room.session().run()
    assert room.leg.did[0] == ("ask", "hotline/zh/menu")
    assert room.ended().path == ("menu", "repair:1")
    assert room.ended().disposition is Disposition.SERVED


async def test_caller_whom_the_restart_met_before_his_first_node_is_still_given_an_agent() -> None:
    room = rejoin([], FakeLeg(TO_REPAIR, [SERVED]), "anna")
    await room.session().run()
    assert room.ended().disposition is Disposition.SERVED


async def test_waiting_caller_goes_straight_back_to_the_music_after_a_restart() -> None:
    room = rejoin([QUEUED], FakeLeg())
    running = room.start()
    await settle()
    assert room.leg.did == [("music", "soft")]
    assert room.stage.call("c").attached
    room.leg.end(CallerGone())
    await running


async def test_caller_whose_ringing_the_restart_ended_is_offered_again() -> None:
    room = rejoin([QUEUED], FakeLeg(dials=[SERVED]), "anna")
    assert room.stage.call("c").state is CallState.OFFERED
    await room.session().run()
    assert [act[0] for act in room.leg.did] == ["dial", "play", "hang_up"]
    assert room.ended().disposition is Disposition.SERVED


async def test_caller_who_talked_during_the_restart_hears_good_bye() -> None:
    room = rejoin([QUEUED, ev.OfferAnswered(offer=OFFER)], FakeLeg(), "anna", talked=True)
    assert room.entry == AfterTalk(OFFER)
    await room.session().run()
    assert room.desk.kinds() == ["TalkEnded", "CallRejoined", "CallClosed"]
    assert room.ended().disposition is Disposition.SERVED


async def test_talk_that_began_and_ended_during_the_restart_is_told_with_its_times() -> None:
    room = rejoin([QUEUED], FakeLeg(), "anna")
    room.stage.wait(15)
    room.entry = entry_of(room.stage.call("c"), talked=True, answered_at=1002.0, ended_at=1012.0)
    await room.session().run()
    assert room.desk.kinds() == ["OfferAnswered", "TalkEnded", "CallRejoined", "CallClosed"]
    assert (room.stage.last(CallAnswered).at, room.stage.last(TalkFinished).talk_s) == (1002.0, 10.0)


async def test_caller_the_journal_forgot_waits_again_in_the_queue_his_channel_names() -> None:
    room = Room(FakeLeg(dials=[SERVED]), "anna", entry=Forgotten(QueueId("repair"), 3))
    await room.session().run()
    assert room.desk.kinds()[:2] == ["CallArrived", "CallQueued"]
    assert room.ended().disposition is Disposition.SERVED


async def test_cancelled_session_tells_nothing_for_the_next_engine_goes_on() -> None:
    room = Room(FakeLeg(TO_REPAIR))
    running = room.start()
    await settle()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert room.desk.kinds()[-1] == "CallQueued"
