"""Callers, agents and Asterisk in any order: stale, doubled and late events, jumps of time, restarts, changed rules.

After every step the laws hold. Every event is also given to a second floor that was just restored from a snapshot of the
first one: the outcomes are the same to the byte. At the end the whole run is played again from the start.
"""

import os
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from acd import events as ev
from acd.core import Outcome, Refused, next_deadline, step
from acd.floor import Floor
from acd.model import AttemptOutcome, CallbackId, CallId, CallState, MessageId, OfferId, OfferOutcome, QueueId
from acd.records import OfferMade
from acd.rules import (
    Affinity,
    Announce,
    AtClose,
    CallbackRules,
    CallerRule,
    Comfort,
    Dialling,
    Do,
    Overflow,
    Recipe,
    Rules,
    Strategy,
    When,
)
from agents.roster import AgentId, BreakRule, Membership, Takes
from agents.state import PhoneState
from tests.unit.acd.floors import outcome_bytes, queue, restored, rules
from tests.unit.acd.laws import Ledger, check_floor

AGENTS = [AgentId(name) for name in ("anna", "ben", "cleo", "dan")]
QUEUES = [QueueId(name) for name in ("sales", "repair", "press")]
DIALLING = Dialling(prefixes=("1",))
NUMBERS = ["13800000001", "13900000002", "13700000003", ""]


def first_rules() -> Rules:
    """All strategies, affinity, both kinds of overflow, short times so that much happens."""
    return rules(
        {"anna": ["sales"], "ben": ["sales", "repair"], "cleo": ["repair", "press"], "dan": QUEUES},
        [
            queue(
                "sales",
                affinity=Affinity(wait_s=30.0),
                wrap_up_s=10.0,
                retry_s=5.0,
                callback=CallbackRules(attempts=2, retry_s=(16.0,), ring_s=5.0),
            ),
            queue(
                "repair",
                strategy=Strategy.LEAST_BUSY,
                affinity=Affinity(window_s=200.0, wait_s=20.0),
                max_wait_s=40.0,
                overflow=Overflow(queue=QueueId("press")),
                no_answer_limit=1,
                callback=CallbackRules(customer_first=True, attempts=2, retry_s=(5.0, 30.0), keep_s=900.0),
            ),
            queue(
                "press",
                strategy=Strategy.ROUND_ROBIN,
                max_wait_s=60.0,
                overflow=Overflow(prompt="sorry"),
                wrap_up_s=0.0,
                retry_s=20.0,
                no_answer_limit=0,
            ),
        ],
        vip={"13800000001": 2},
        vip_priority={2: 10},
        dialling=DIALLING,
    )


def other_rules() -> Rules:
    """Fewer duties, other waits, one agent gone, one strategy changed."""
    return rules(
        {"anna": ["sales", "repair"], "ben": ["repair"], "cleo": ["press"]},
        [
            queue("sales", affinity=Affinity(wait_s=60.0), max_wait_s=25.0, overflow=Overflow(prompt="sorry")),
            queue(
                "repair",
                strategy=Strategy.ROUND_ROBIN,
                max_wait_s=90.0,
                overflow=Overflow(queue=QueueId("press")),
                callback=CallbackRules(wrap_up_if_missed=True),
            ),
            queue("press", strategy=Strategy.LEAST_BUSY, wrap_up_s=5.0),
        ],
        version="v2",
        dialling=DIALLING,
    )


def third_rules() -> Rules:
    """A queue is gone."""
    return rules(
        {"anna": ["sales"], "ben": ["sales"], "cleo": ["repair"], "dan": []}, [queue("sales"), queue("repair")]
    )


def rich_rules() -> Rules:
    """Everything a queue can have: phones that ring together, skills that relax, recipes of each kind, limits, reserve agents,
    lots, breaks with quotas, callers' lists."""
    lot = {"sales": Strategy.WEIGHTED_RANDOM, "press": Strategy.WRANDOM}
    return rules(
        {"anna": ["sales", "press"], "ben": ["sales", "repair"], "cleo": ["repair", "press"], "dan": QUEUES},
        [
            queue(
                "sales",
                strategy=lot["sales"],
                require={"english": 2},
                recipes=(
                    Recipe(name="wider", after_s=5.0, do=Do(require={"english": 1}, raise_by=2)),
                    Recipe(name="more", after_s=16.0, when=When(ready_under=2), do=Do(add_queue=QueueId("repair"))),
                    Recipe(name="word", after_s=5.0, every_s=30.0, do=Do(play="please_wait")),
                ),
                wrap_up_s=10.0,
                wrap_up_extensions=1,
                max_calls=2,
                ring_at_once=2,
                callback=CallbackRules(customer_first=True, retry_s=(16.0,)),
                keys={"1": "message", "*": "menu"},
                resume_s=100.0,
                announce=Announce(
                    position=True,
                    expected_wait=True,
                    first_s=5.0,
                    every_s=20.0,
                    comfort=(Comfort(after_s=16.0, play=("still_busy",), every_s=30.0),),
                    gap_s=5.0,
                ),
            ),
            queue(
                "repair",
                strategy=Strategy.RINGALL,
                affinity=Affinity(wait_s=20.0),
                max_waiting=1,
                full=Overflow(busy=True),
                nobody=Overflow(queue=QueueId("press")),
                recipes=(
                    Recipe(
                        name="away", after_s=16.0, when=When(position_over=1), do=Do(leave=Overflow(queue=QUEUES[0]))
                    ),
                    Recipe(name="node", after_s=600.0, do=Do(leave=Overflow(node="message"))),
                ),
                no_answer_limit=1,
                ready_after_wrap_up=False,
                callback=CallbackRules(hours=((0, 300), (360, 1440)), retry_s=(1.0,)),
            ),
            queue("press", strategy=lot["press"], at_close=AtClose.TELL, closed=Overflow(node="closed"), max_calls=1),
        ],
        settings={
            "anna": {"skills": {"english": 2}, "groups": ("east",)},
            "ben": {"skills": {"english": 1}, "groups": ("east",), "takes": Takes.IN_ORDER},
            "cleo": {"memberships": {QueueId("press"): Membership(tier=1, share=3.0)}},
            "dan": {"memberships": {QueueId("repair"): Membership(after_s=16.0)}},
        },
        vip={"13800000001": 2},
        vip_priority={2: 10},
        prefixes={"137": CallerRule(blocked=True), "139": CallerRule(trusted=True, attributes={"city": "ningbo"})},
        breaks={"east": BreakRule(at_most=1, longest_s=30.0)},
        version="v4",
        dialling=DIALLING,
    )


RULES = st.sampled_from([first_rules(), other_rules(), third_rules(), rich_rules(), rich_rules()])
WALKS = int(os.environ.get("HOTLINE_WALKS", "0"))
"""So many new walks instead of the same hundred every time: HOTLINE_WALKS=2000 pytest tests/unit/acd -k AnyOrder."""
LATE = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 4.0, 30.0, 500.0]))
"""How long ago an event says it happened; None: it does not say."""


class AnyOrder(RuleBasedStateMachine):
    calls: Bundle[CallId] = Bundle("calls")
    offers: Bundle[OfferId] = Bundle("offers")

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.floor = Floor.under(first_rules())
        self.ledger = Ledger()
        self.told: list[tuple[ev.Event, float]] = []
        self.outcomes: list[bytes] = []
        self.arrivals = 0
        self.known_offers: list[OfferId] = []
        self.sound = True
        self.wishes = 0

    def tell(self, event: ev.Event) -> None:
        """One step, side by side on the floor itself and on one fresh from a snapshot."""
        self.sound = False
        twin = restored(self.floor)
        before = msgspec.json.encode(self.floor)
        outcome, refused = self.take(self.floor, event)
        twin_outcome, twin_refused = self.take(twin, event)
        assert outcome_bytes(twin_outcome) == outcome_bytes(outcome)
        assert twin_refused == refused
        assert msgspec.json.encode(twin) == msgspec.json.encode(self.floor)
        if refused:
            assert msgspec.json.encode(self.floor) == before
        self.ledger.add(outcome.records)
        self.known_offers += [record.offer for record in outcome.records if isinstance(record, OfferMade)]
        self.told.append((event, self.now))
        self.outcomes.append(outcome_bytes(outcome))
        next_deadline(self.floor)
        self.sound = True

    def take(self, floor: Floor, event: ev.Event) -> tuple[Outcome, str]:
        try:
            return step(floor, event, self.now), ""
        except Refused as refused:
            return Outcome(), refused.error

    def ago(self, late: float | None) -> float | None:
        return None if late is None else self.now - late

    @initialize()
    def everybody_at_work(self) -> None:
        self.tell(ev.LinkRegained())
        for agent in AGENTS[:3]:
            self.tell(ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE))
            self.tell(ev.AgentLoggedIn(agent=agent))
            self.tell(ev.AgentReady(agent=agent))

    @rule(target=calls, number=st.sampled_from(NUMBERS), queue=st.sampled_from(QUEUES), priority=st.integers(0, 2))
    def caller_queues(self, number: str, queue: QueueId, priority: int) -> CallId:
        call = self.caller_arrives(number)
        self.tell(ev.CallQueued(call=call, queue=queue, priority=priority))
        return call

    @rule(target=calls, number=st.sampled_from(NUMBERS))
    def caller_in_the_menu(self, number: str) -> CallId:
        call = self.caller_arrives(number)
        self.tell(ev.CallMoved(call=call, node="ask.menu", key="1", stack=("menu",)))
        return call

    def caller_arrives(self, number: str) -> CallId:
        self.arrivals += 1
        call = CallId(f"c{self.arrivals}")
        self.tell(ev.CallArrived(call=call, channel="PJSIP/x", number=number, did="400"))
        return call

    @rule(call=calls, queue=st.sampled_from([*QUEUES, QueueId("nowhere")]))
    def queued(self, call: CallId, queue: QueueId) -> None:
        self.tell(ev.CallQueued(call=call, queue=queue))

    @rule(call=calls, key=st.sampled_from("12*"))
    def presses_a_key(self, call: CallId, key: str) -> None:
        self.tell(ev.WaitingKeyPressed(call=call, key=key))

    @rule(call=calls, kind=st.sampled_from([ev.CallRejoined, ev.CallDetached]))
    def leg_comes_or_goes(self, call: CallId, kind: Any) -> None:
        self.tell(kind(call=call))

    @rule(call=calls, late=LATE, cause=st.sampled_from(ev.HangUpCause))
    def left(self, call: CallId, late: float | None, cause: ev.HangUpCause) -> None:
        self.tell(ev.CallLeftByCaller(call=call, at=self.ago(late), cause=cause))

    @rule(call=calls)
    def transferred(self, call: CallId) -> None:
        self.tell(ev.CallTransferred(call=call, number="02164000000"))

    @rule(call=calls)
    def closed(self, call: CallId) -> None:
        self.tell(ev.CallClosed(call=call, reason="end_of_flow"))

    @rule(call=calls, what=st.sampled_from(["begun", "score", "solved", "complete", "silent", "comment"]))
    def asked_about_the_talk(self, call: CallId, what: str) -> None:
        match what:
            case "begun":
                self.tell(ev.SurveyBegun(call=call, survey="satisfaction", language="zh"))
            case "complete" | "silent":
                self.tell(ev.SurveyEnded(call=call, complete=what == "complete"))
            case "comment":
                self.tell(ev.MessageLeft(message=MessageId(f"{call}-comment"), call=call, seconds=3.0, comment=True))
            case _:
                self.tell(ev.QuestionAnswered(call=call, question=what, answer="5", score=5))

    @rule(agent=st.sampled_from(AGENTS), kind=st.sampled_from([ev.AgentLoggedIn, ev.AgentLoggedOut, ev.WrapUpDone]))
    def agent_does(self, agent: AgentId, kind: Any) -> None:
        self.tell(kind(agent=agent))

    @rule(agent=st.sampled_from([*AGENTS, AgentId("nobody")]))
    def ready(self, agent: AgentId) -> None:
        self.tell(ev.AgentReady(agent=agent))

    @rule(agent=st.sampled_from(AGENTS))
    def takes_a_break(self, agent: AgentId) -> None:
        self.tell(ev.AgentNotReady(agent=agent, reason="break"))

    @rule(agent=st.sampled_from(AGENTS), kind=st.sampled_from([ev.HoldStarted, ev.HoldEnded]))
    def holds(self, agent: AgentId, kind: Any) -> None:
        self.tell(kind(agent=agent))

    @rule(agent=st.sampled_from(AGENTS), phone=st.sampled_from(PhoneState))
    def phone_changes(self, agent: AgentId, phone: PhoneState) -> None:
        self.tell(ev.PhoneChanged(agent=agent, phone=phone))

    @rule(data=st.data(), late=LATE, kind=st.sampled_from(["ringing", "answered", "answered", "failed", "talk_ended"]))
    def asterisk_says_of_an_offer(self, data: st.DataObject, late: float | None, kind: str) -> None:
        """About one of the last few offers, live or long over."""
        if not self.known_offers:
            return
        offer, at = data.draw(st.sampled_from(self.known_offers[-6:])), self.ago(late)
        match kind:
            case "ringing":
                self.tell(ev.OfferRinging(offer=offer, channel="PJSIP/y", leg="1.1"))
            case "answered":
                self.tell(ev.OfferAnswered(offer=offer, at=at))
            case "failed":
                outcome = data.draw(st.sampled_from([o for o in OfferOutcome if o is not OfferOutcome.ACCEPTED]))
                self.tell(ev.OfferFailed(offer=offer, outcome=outcome, cause="BUSY", at=at))
            case _:
                self.tell(ev.TalkEnded(offer=offer, at=at))

    @rule(data=st.data())
    def something_is_told_again(self, data: st.DataObject) -> None:
        """A doubled event. Asterisk's unique ids do not come again, so a finished call does not arrive anew."""
        event = data.draw(st.sampled_from(self.told[-15:]))[0]
        if not isinstance(event, ev.CallArrived):
            self.tell(event)

    @rule(seconds=st.sampled_from([0.001, 1.0, 5.0, 16.0, 30.0, 600.0]), watched=st.booleans())
    def time_goes_by(self, seconds: float, watched: bool) -> None:
        """With each deadline kept at its time, or all of them late."""
        until = self.now + seconds
        while watched and (deadline := next_deadline(self.floor)) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.tell(ev.DeadlinePassed())
        self.now = until
        self.tell(ev.DeadlinePassed())

    @rule(call=calls, what=st.sampled_from(["raised", "assigned", "sent", "identified"]), data=st.data())
    def supervisor_decides_about_a_caller(self, call: CallId, what: str, data: st.DataObject) -> None:
        match what:
            case "raised":
                self.tell(ev.CallRaised(call=call, points=data.draw(st.integers(0, 3)), by="li"))
            case "assigned":
                self.tell(ev.CallAssigned(call=call, agent=data.draw(st.sampled_from(AGENTS)), by="li"))
            case "sent":
                self.tell(ev.CallSent(call=call, queue=data.draw(st.sampled_from(QUEUES)), by="li"))
            case _:
                self.tell(ev.CallIdentified(call=call, customer=data.draw(st.sampled_from(["c-1", "c-2"]))))

    @rule(data=st.data())
    def offer_is_pulled_back(self, data: st.DataObject) -> None:
        if self.known_offers:
            self.tell(ev.OfferPulledBack(offer=data.draw(st.sampled_from(self.known_offers[-6:])), by="li"))

    @rule(call=calls, number=st.sampled_from(NUMBERS), queue=st.sampled_from(QUEUES), late=LATE, gone=st.booleans())
    def caller_asks_to_be_called_back(
        self, call: CallId, number: str, queue: QueueId, late: float | None, gone: bool
    ) -> None:
        """And hangs up then, mostly."""
        self.wishes += 1
        wish = CallbackId(f"b{self.wishes}")
        self.tell(ev.CallbackRequested(callback=wish, call=call, number=number, queue=queue, at=self.ago(late)))
        if gone:
            self.tell(ev.CallLeftByCaller(call=call))

    @rule(data=st.data(), late=LATE, outcome=st.sampled_from([*AttemptOutcome, None]), reached=st.booleans())
    def asterisk_says_of_a_customer(
        self, data: st.DataObject, late: float | None, outcome: AttemptOutcome | None, reached: bool
    ) -> None:
        """Who is being called back, most often; or of any other call."""
        called = [call.id for call in self.floor.calls.values() if call.callback is not None]
        call = data.draw(st.sampled_from([*called, *called, *called, CallId("c1")]))
        if reached:
            channel = data.draw(st.sampled_from(["", "PJSIP/trunk-1"]))
            self.tell(ev.CustomerReached(call=call, channel=channel, at=self.ago(late)))
        else:
            self.tell(ev.CustomerMissed(call=call, outcome=outcome, at=self.ago(late)))

    @rule(data=st.data(), cancelled=st.booleans())
    def supervisor_decides_about_a_callback(self, data: st.DataObject, cancelled: bool) -> None:
        wish = data.draw(st.sampled_from([*self.floor.callbacks, CallbackId("nothing")]))
        if cancelled:
            self.tell(ev.CallbackCancelled(callback=wish, by="li"))
        else:
            self.tell(ev.CallbackHurried(callback=wish, by="li", points=data.draw(st.integers(0, 2))))

    @rule(queue=st.sampled_from(QUEUES), by=st.sampled_from(["hours", "li"]), closed=st.booleans())
    def queue_closes_or_opens(self, queue: QueueId, by: str, closed: bool) -> None:
        self.tell(ev.QueueClosed(queue=queue, by=by) if closed else ev.QueueOpened(queue=queue, by=by))

    @rule(queues=st.lists(st.sampled_from(QUEUES), max_size=2, unique=True), lasts_s=st.sampled_from([None, 5.0, 60.0]))
    def emergency_is_declared(self, queues: list[QueueId], lasts_s: float | None) -> None:
        until = None if lasts_s is None else self.now + lasts_s
        self.tell(ev.EmergencyDeclared(queues=tuple(queues), prompt="closed", by="li", until=until))

    @rule(queues=st.lists(st.sampled_from(QUEUES), max_size=2, unique=True))
    def emergency_is_lifted(self, queues: list[QueueId]) -> None:
        self.tell(ev.EmergencyLifted(queues=tuple(queues), by="li"))

    @rule(agent=st.sampled_from(AGENTS), kind=st.sampled_from([ev.AgentReady, ev.AgentLoggedOut]))
    def supervisor_forces_a_state(self, agent: AgentId, kind: Any) -> None:
        self.tell(kind(agent=agent, by="li"))

    @rule(agent=st.sampled_from(AGENTS))
    def needs_more_time(self, agent: AgentId) -> None:
        self.tell(ev.WrapUpExtended(agent=agent))

    @rule(new=RULES)
    def rules_loaded(self, new: Rules) -> None:
        self.tell(ev.RulesLoaded(rules=new))

    @rule(kind=st.sampled_from([ev.EngineStarted, ev.LinkLost, ev.LinkRegained, ev.LinkRegained]))
    def engine_and_link(self, kind: Any) -> None:
        self.tell(kind())

    @rule()
    def engine_restarts(self) -> None:
        """Snapshot, start, every caller back, Asterisk in sight."""
        self.floor = restored(self.floor)
        self.tell(ev.EngineStarted())
        for call in list(self.floor.calls):
            self.tell(ev.CallRejoined(call=call))
        self.tell(ev.LinkRegained())

    @invariant()
    def the_laws_hold(self) -> None:
        check_floor(self.floor, self.now)
        self.ledger.check(self.floor)

    def teardown(self) -> None:
        if not self.sound:
            return
        self.everybody_goes_home()
        self.the_run_played_again_is_the_same_to_the_byte()

    def everybody_goes_home(self) -> None:
        for call in list(self.floor.calls):
            self.tell(ev.CallLeftByCaller(call=call))
        for wish in list(self.floor.callbacks):
            self.tell(ev.CallbackCancelled(callback=wish, by="li"))
        for left in list(self.floor.calls.values()):
            assert left.state is CallState.TALKING
            assert not left.has_leg
            assert left.offer is not None
            self.tell(ev.TalkEnded(offer=left.offer))
        self.the_laws_hold()
        assert not self.floor.calls
        assert not self.floor.offers
        assert not any(self.floor.busy.values())
        made, ended = self.ledger.counts["OfferMade"], self.ledger.counts["OfferEnded"]
        assert made == ended
        assert self.ledger.counts["QueueEntered"] == self.ledger.counts["QueueLeft"]
        assert self.ledger.counts["CallAnswered"] == self.ledger.counts["TalkFinished"]
        assert self.ledger.counts["SurveyAsked"] == self.ledger.counts["SurveyClosed"]
        assert self.ledger.counts["CallOpened"] == self.ledger.counts["CallEnded"]
        assert self.ledger.incoming == self.arrivals
        assert not self.floor.callbacks

    def the_run_played_again_is_the_same_to_the_byte(self) -> None:
        floor = Floor.under(first_rules())
        for (event, now), outcome in zip(self.told, self.outcomes, strict=True):
            self.now = now
            assert outcome_bytes(self.take(floor, event)[0]) == outcome


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=WALKS or 100,
    stateful_step_count=60 if WALKS else 40,
    derandomize=not WALKS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
