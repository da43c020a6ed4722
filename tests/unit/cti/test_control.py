"""Between the core and Asterisk, without Asterisk: what becomes of commands, and of facts that come early, late or twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from acd import events as ev
from acd.commands import EndCall, GoToNode, OfferCall, PlayPrompt, WithdrawOffer
from acd.model import CallId, CallState, OfferId, OfferOutcome
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import AgentState, PhoneState
from cti import translate as ami
from cti.ami import AmiReply
from cti.ami_protocol import AmiMessage
from cti.control import CallControl
from cti.errors import AmiError, NotConnected
from cti.lookout import Lookout
from ivr.inbox import Order
from tests.unit.acd.floors import Stage, queue, rules

CALL, CALLER = CallId("site-1795338018.0"), "PJSIP/trunk-00000000"
LEG, LEG_CHANNEL = "site-1795338018.1", "PJSIP/agent-1001-00000001"
LATER_LEG, LATER_CHANNEL = "site-1795338018.2", "PJSIP/agent-1001-00000002"
ANNA, BEN = AgentId("1001"), AgentId("1002")
FIRST, SECOND = OfferId(f"{CALL}-1"), OfferId(f"{CALL}-2")


# --- what stands around it --------------------------------------------------------------------------------------------


class Pages:
    """A journal that is only listened to."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []

    def append(self, event: ev.Event, now: float) -> None:
        self.events.append(event)


class Manager:
    """An Asterisk as its manager shows it: channels and phones, and what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str | list[str]]]] = []
        self.channels: list[dict[str, str]] = []
        self.phones: dict[str, str] = {"1001": "NOT_INUSE", "1002": "NOT_INUSE"}
        self.while_asked: dict[str, Callable[[], None]] = {}
        """Done while the answer to this action is on its way."""
        self.refuses: set[str] = set()
        self.away = False

    async def action(
        self, name: str, fields: Mapping[str, str | list[str]] | None = None, timeout_s: float = 2.0
    ) -> AmiReply:
        await asyncio.sleep(0)
        if self.away:
            raise NotConnected(f"AMI action {name} not sent: not logged in")
        self.asked.append((name, dict(fields or {})))
        events: list[AmiMessage] = []
        if name == "CoreShowChannels":
            events = [AmiMessage({"Event": "CoreShowChannel", **one}) for one in self.channels]
        if name == "DeviceStateList":
            states = self.phones.items()
            events = [
                AmiMessage({"Event": "DeviceStateChange", "Device": f"PJSIP/agent-{agent}", "State": state})
                for agent, state in states
            ]
        self.while_asked.pop(name, lambda: None)()
        return AmiReply(name not in self.refuses, "no", {}, tuple(events))

    def actions(self, *names: str) -> list[tuple[str, dict[str, str | list[str]]]]:
        return [one for one in self.asked if one[0] in names]


def channel(
    uniqueid: str, name: str, state: int = 6, application: str = "AGI", bridge: str = "", linked: str = CALL
) -> dict[str, str]:
    return {
        "Channel": name,
        "Uniqueid": uniqueid,
        "Linkedid": linked,
        "ChannelState": str(state),
        "Application": application,
        "BridgeId": bridge,
        "Duration": "00:00:10",
    }


class Session:
    """A caller's session, as far as orders go."""

    def __init__(self) -> None:
        self.orders: list[Order] = []

    def order(self, command: Order) -> None:
        self.orders.append(command)


class Site:
    """The real core and runner with control in between; one caller, whose session is here."""

    def __init__(self, diary: Path, unseen_since: float | None = None, ring_at_once: int = 1) -> None:
        sales = queue("sales", ring_s=15.0, retry_s=0.0, ring_at_once=ring_at_once)
        self.stage = Stage(rules({"1001": ["sales"], "1002": ["sales"]}, [sales]))
        self.manager, self.journal, self.session = Manager(), Pages(), Session()
        self.dispatched: list[float] = []
        self.diary = diary
        self.runner = Runner(self.stage.floor, lambda: self.stage.now, self.journal)
        lookout = Lookout(self.runner, diary, (), unseen_since)
        self.control = CallControl(self.runner, lookout, self.dispatched.append)
        self.control.use(self.manager)
        self.runner.telephony = self.control
        self.control.on_fact(ami.SwitchBooted(uptime_s=100))

    def tell(self, *events: ev.Event) -> None:
        for event in events:
            self.runner.tell(event)

    def told(self, *kinds: type[ev.Event]) -> list[ev.Event]:
        return [event for event in self.journal.events if not kinds or type(event) in kinds]

    def caller(self, *on_duty: str) -> None:
        """A caller in the queue, and agents who are ready."""
        for agent in on_duty:
            self.stage.come_to_work(agent)
        self.tell(ev.CallArrived(call=CALL, channel=CALLER, number="139", did="400"))
        self.control.take_on(CALL, self.session)
        self.tell(ev.CallQueued(call=CALL, queue=queue().id))

    def facts(self, *facts: ami.Fact) -> None:
        for fact in facts:
            self.control.on_fact(fact)

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    found = Site(tmp_path / "hotline.csv")
    yield found
    found.runner.close()


def dialled(leg: str = LEG, channel: str = LEG_CHANNEL, agent: str = "1001", call: str = CALL) -> ami.DialStarted:
    return ami.DialStarted(call, call, channel, leg, agent)


def dial_ended(status: ami.DialStatus, leg: str = LEG, channel: str = LEG_CHANNEL) -> ami.DialEnded:
    return ami.DialEnded(CALL, channel, leg, "1001", status)


def hung_up(leg: str = LEG, channel: str = LEG_CHANNEL) -> ami.ChannelHungUp:
    return ami.ChannelHungUp(channel, leg, CALL, "1001", 16, "Normal Clearing")


def hanging_up(leg: str = LEG, channel: str = LEG_CHANNEL) -> ami.ChannelHangingUp:
    return ami.ChannelHangingUp(channel, leg, "1001")


ANSWERED = dial_ended(ami.DialStatus.ANSWER)
WITHDRAWN = ev.OfferFailed(offer=FIRST, outcome=OfferOutcome.WITHDRAWN)


# --- commands ---------------------------------------------------------------------------------------------------------


async def test_offer_goes_to_the_callers_session(site: Site) -> None:
    site.caller("1001")
    (order,) = site.session.orders
    assert isinstance(order, OfferCall)
    assert (order.offer, order.agent) == (FIRST, "1001")


async def test_offer_for_a_caller_without_a_session_takes_him_out_of_the_line(site: Site) -> None:
    site.caller()
    site.control.let_go(CALL, site.session)
    site.tell(
        ev.PhoneChanged(agent=ANNA, phone=PhoneState.IDLE), ev.AgentLoggedIn(agent=ANNA), ev.AgentReady(agent=ANNA)
    )
    assert not site.stage.floor.calls[CALL].attached
    assert site.session.orders == []


async def test_session_that_ends_late_does_not_take_the_leg_from_the_one_that_has_it(site: Site) -> None:
    site.caller()
    newer = Session()
    site.control.take_on(CALL, newer)
    site.control.let_go(CALL, site.session)
    site.control.carry_out(EndCall(call=CALL, reason="max_wait"))
    assert newer.orders
    assert site.stage.floor.calls[CALL].attached


async def test_ringing_phone_is_stopped_by_its_channel(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled())
    site.control.carry_out(
        WithdrawOffer(offer=FIRST, call=CALL, agent=ANNA, channel=LEG_CHANNEL, reason="not_answered_in_time")
    )
    await site.settle()
    assert site.manager.asked == [("Hangup", {"Channel": LEG_CHANNEL, "Cause": "26"})]


async def test_offer_withdrawn_before_its_channel_is_known_is_stopped_as_soon_as_it_is(site: Site) -> None:
    site.caller("1001")
    site.control.carry_out(WithdrawOffer(offer=FIRST, call=CALL, agent=ANNA, channel="", reason="late"))
    site.tell(ev.AgentLoggedOut(agent=ANNA), WITHDRAWN)
    await site.settle()
    assert site.manager.asked == []
    site.facts(dialled())
    await site.settle()
    assert site.manager.asked == [("Hangup", {"Channel": LEG_CHANNEL, "Cause": "26"})]
    site.facts(dialled(LATER_LEG, LATER_CHANNEL))
    await site.settle()
    assert len(site.manager.asked) == 1, "once is enough"


async def test_phone_that_cannot_be_stopped_because_the_line_is_down_is_no_failure(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.manager.away = True
    site.control.carry_out(WithdrawOffer(offer=FIRST, call=CALL, agent=ANNA, channel=LEG_CHANNEL, reason="late"))
    await site.settle()
    assert "AMI Hangup" in caplog.text


# --- facts of an offer ------------------------------------------------------------------------------------------------


async def test_ringing_answer_and_end_are_told_to_the_core(site: Site) -> None:
    site.caller("1001")
    site.stage.now += 0.004
    site.facts(dialled())
    assert site.dispatched == [pytest.approx(0.004)]
    site.facts(ANSWERED)
    assert site.stage.floor.calls[CALL].state is CallState.TALKING
    site.facts(hung_up())
    assert site.stage.floor.calls[CALL].state is CallState.AFTER
    assert site.stage.floor.agents[ANNA].state is AgentState.WRAP_UP


async def test_talk_is_over_with_the_phones_good_bye_and_its_hang_up_adds_nothing(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled(), ANSWERED, hanging_up())
    assert site.stage.floor.agents[ANNA].state is AgentState.WRAP_UP
    site.facts(hung_up())
    assert len(site.told(ev.TalkEnded)) == 1


async def test_good_bye_of_a_phone_that_was_not_answered_ends_no_offer(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled(), hanging_up())
    assert site.stage.floor.calls[CALL].state is CallState.OFFERED


async def test_end_of_a_phone_that_was_not_answered_is_the_callers_legs_to_tell(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled(), dial_ended(ami.DialStatus.NOANSWER), hung_up())
    assert site.stage.floor.calls[CALL].state is CallState.OFFERED


async def test_end_of_a_phone_is_told_when_the_callers_leg_is_not_with_us(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled())
    site.tell(ev.CallDetached(call=CALL))
    site.facts(dial_ended(ami.DialStatus.BUSY), hung_up())
    (failed,) = site.told(ev.OfferFailed)
    assert failed == ev.OfferFailed(offer=FIRST, outcome=OfferOutcome.DECLINED, cause="BUSY")
    assert site.stage.floor.calls[CALL].state is CallState.WAITING


async def test_caller_without_his_leg_who_gave_up_tells_nothing_of_the_phone(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled())
    site.tell(ev.CallDetached(call=CALL))
    site.facts(dial_ended(ami.DialStatus.CANCEL), hung_up())
    assert site.told(ev.OfferFailed) == []


# --- phones that ring together ----------------------------------------------------------------------------------------


BENS_LEG, BENS_CHANNEL = "site-1795338018.3", "PJSIP/agent-1002-00000003"


def bens(status: ami.DialStatus, cause: int = 16) -> list[ami.Fact]:
    """Ben's phone is through with it."""
    ended = ami.DialEnded(CALL, BENS_CHANNEL, BENS_LEG, "1002", status)
    return [ended, ami.ChannelHungUp(BENS_CHANNEL, BENS_LEG, CALL, "1002", cause, "")]


@pytest_asyncio.fixture
async def together(tmp_path: Path) -> AsyncIterator[Site]:
    """Both phones ring for the caller."""
    found = Site(tmp_path / "hotline.csv", ring_at_once=0)
    found.caller("1001", "1002")
    found.facts(dialled(), dialled(BENS_LEG, BENS_CHANNEL, "1002"))
    yield found
    found.runner.close()


async def test_offers_of_one_step_lie_before_the_session_together(together: Site) -> None:
    assert [order.agent for order in together.session.orders if isinstance(order, OfferCall)] == ["1001", "1002"]
    assert {offer.leg for offer in together.stage.floor.offers.values()} == {LEG, BENS_LEG}


async def test_first_to_answer_has_the_caller_and_what_the_others_phones_say_later_is_nothing(together: Site) -> None:
    together.facts(*bens(ami.DialStatus.ANSWER)[:1], dial_ended(ami.DialStatus.CANCEL), hung_up())
    assert together.stage.floor.calls[CALL].answered_by == BEN
    assert together.stage.floor.agents[ANNA].state is AgentState.READY
    assert [type(event) for event in together.told()[-3:]] == [ev.OfferRinging, ev.OfferRinging, ev.OfferAnswered]


async def test_second_answer_of_the_same_moment_is_none(together: Site) -> None:
    together.facts(*bens(ami.DialStatus.ANSWER)[:1], ANSWERED, hung_up())
    assert together.stage.floor.calls[CALL].answered_by == BEN
    assert together.stage.floor.agents[ANNA].state is AgentState.READY


@pytest.mark.parametrize(
    ("status", "cause", "outcome"),
    [
        (ami.DialStatus.BUSY, 17, OfferOutcome.DECLINED),
        (ami.DialStatus.NOANSWER, 21, OfferOutcome.DECLINED),
        (ami.DialStatus.CHANUNAVAIL, 3, OfferOutcome.UNREACHABLE),
        (ami.DialStatus.NOANSWER, 19, OfferOutcome.NO_ANSWER),
    ],
)
async def test_phone_that_does_not_take_the_call_while_another_rings_on_ends_its_own_offer_alone(
    together: Site, status: ami.DialStatus, cause: int, outcome: OfferOutcome
) -> None:
    together.facts(*bens(status, cause))
    assert together.told(ev.OfferFailed) == [ev.OfferFailed(offer=SECOND, outcome=outcome, cause=status)]
    assert together.stage.floor.calls[CALL].ringing == [FIRST]


async def test_last_of_them_is_told_of_by_its_own_channel_too(together: Site) -> None:
    together.facts(*bens(ami.DialStatus.BUSY, 17), dial_ended(ami.DialStatus.BUSY), hung_up())
    outcomes = [event.outcome for event in together.told() if isinstance(event, ev.OfferFailed)]
    assert outcomes == [OfferOutcome.DECLINED, OfferOutcome.DECLINED]
    assert len(together.session.orders) == 4, "the next round lies there until the dial is over"


async def test_end_of_the_ringing_time_of_all_is_the_callers_legs_to_tell_unless_it_is_away(together: Site) -> None:
    together.facts(*bens(ami.DialStatus.NOANSWER, 16))
    assert together.told(ev.OfferFailed) == []
    together.tell(ev.CallDetached(call=CALL))
    together.facts(dial_ended(ami.DialStatus.NOANSWER), hung_up())
    assert together.told(ev.OfferFailed) == [
        ev.OfferFailed(offer=FIRST, outcome=OfferOutcome.NO_ANSWER, cause="NOANSWER")
    ]


async def test_one_of_several_phones_is_stopped_alone(together: Site) -> None:
    together.control.carry_out(WithdrawOffer(offer=SECOND, call=CALL, agent=BEN, channel=BENS_CHANNEL, reason="late"))
    await together.settle()
    assert together.manager.asked == [("Hangup", {"Channel": BENS_CHANNEL, "Cause": "26"})]


async def test_what_a_phone_said_before_the_line_broke_is_not_held_against_a_later_one(together: Site) -> None:
    together.facts(*bens(ami.DialStatus.BUSY)[:1])
    together.control.link_lost("lost")
    together.facts(*bens(ami.DialStatus.CANCEL)[1:])
    assert together.told(ev.OfferFailed) == []


async def test_prompt_on_a_callers_channel_is_stopped(site: Site) -> None:
    site.control.stop_playback(CALLER)
    await site.settle()
    assert site.manager.asked == [("ControlPlayback", {"Channel": CALLER, "Control": "stop"})]


@pytest.mark.parametrize("order", [PlayPrompt(call=CALL, prompts=("sorry",)), GoToNode(call=CALL, node="menu")])
async def test_what_is_for_a_waiting_caller_goes_to_his_session_and_without_one_he_is_out_of_the_line(
    site: Site, order: Order
) -> None:
    site.caller()
    site.control.carry_out(order)
    assert site.session.orders == [order]
    site.control.let_go(CALL, site.session)
    site.control.carry_out(order)
    assert not site.stage.floor.calls[CALL].attached


LATE: dict[str, list[ami.Fact]] = {
    "answer": [ANSWERED],
    "end": [hanging_up(), hung_up()],
    "answer and end": [ANSWERED, hanging_up(), hung_up()],
    "failure": [dial_ended(ami.DialStatus.BUSY)],
}


@pytest.mark.parametrize("late", LATE)
async def test_late_facts_of_an_earlier_offer_do_not_touch_the_next_one(site: Site, late: str) -> None:
    site.caller("1001")
    site.facts(dialled())
    site.tell(WITHDRAWN)
    assert site.stage.floor.calls[CALL].offer == SECOND
    site.facts(dialled(LATER_LEG, LATER_CHANNEL))
    site.facts(*LATE[late])
    offer = site.stage.floor.offers[SECOND]
    assert (offer.leg, offer.answered_at) == (LATER_LEG, None)
    site.facts(dial_ended(ami.DialStatus.ANSWER, LATER_LEG, LATER_CHANNEL))
    assert offer.answered_at is not None
    site.facts(*LATE[late])
    assert site.stage.floor.calls[CALL].state is CallState.TALKING


NOBODYS = "site-1795338018.7"
STRANGE: dict[str, list[ami.Fact]] = {
    "another call's phone": [dialled(call="site-1795338018.9")],
    "an agent who is not on the roster": [dialled(agent="9999")],
    "an agent with nothing to do": [dialled(agent="1002")],
    "a leg nobody knows": [ANSWERED, dial_ended(ami.DialStatus.BUSY), hanging_up(NOBODYS), hung_up(NOBODYS)],
    "a phone nobody has": [ami.DeviceChanged("9999", ami.DeviceState.INUSE)],
    "a hold of somebody else's leg": [ami.HoldStarted(CALLER, CALL, None), ami.HoldEnded(CALLER, CALL, None)],
    "Asterisk's farewell": [ami.SwitchStopping(restarting=True)],
}


@pytest.mark.parametrize("strange", STRANGE)
async def test_facts_of_what_we_do_not_know_change_nothing(site: Site, strange: str) -> None:
    site.caller("1001")
    before = len(site.journal.events)
    site.facts(*STRANGE[strange])
    await site.settle()
    assert site.journal.events[before:] == []
    assert site.manager.asked == []


async def test_facts_that_come_twice_count_once(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled(), dialled(), ANSWERED, ANSWERED)
    answered_at = site.stage.floor.offers[FIRST].answered_at
    site.stage.now += 5
    site.facts(ANSWERED)
    assert site.stage.floor.offers[FIRST].answered_at == answered_at
    site.facts(hung_up(), hung_up())
    assert len(site.told(ev.TalkEnded)) == 1


async def test_phone_changes_are_told_but_not_those_of_our_own_calls(site: Site) -> None:
    site.caller("1001")
    site.facts(ami.DeviceChanged("1001", ami.DeviceState.RINGING), ami.DeviceChanged("1001", ami.DeviceState.INUSE))
    site.facts(ami.DeviceChanged("1002", ami.DeviceState.INUSE), ami.DeviceChanged("1002", ami.DeviceState.ONHOLD))
    site.facts(ami.DeviceChanged("1002", ami.DeviceState.UNAVAILABLE))
    changes = [(event.agent, event.phone) for event in site.told() if isinstance(event, ev.PhoneChanged)]
    assert changes == [("1002", PhoneState.IN_USE), ("1002", PhoneState.UNREACHABLE)]


async def test_hold_is_told(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled(), ANSWERED, ami.HoldStarted(LEG_CHANNEL, LEG, "1001"))
    assert site.stage.floor.agents[ANNA].state is AgentState.HOLDING
    site.facts(ami.HoldEnded(LEG_CHANNEL, LEG, "1001"))
    assert site.stage.floor.agents[ANNA].state is AgentState.TALKING


async def test_legs_of_a_recovered_floor_are_known(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled())
    again = CallControl(site.runner, Lookout(site.runner, site.diary), site.dispatched.append)
    again.on_fact(ANSWERED)
    assert site.stage.floor.calls[CALL].state is CallState.TALKING


# --- the link ---------------------------------------------------------------------------------------------------------


async def test_lost_link_is_told_once_and_regained_after_a_look(site: Site) -> None:
    site.control.link_lost("lost")
    site.control.link_lost("lost")
    assert not site.stage.floor.linked
    site.facts(ami.SwitchBooted(uptime_s=100))
    await site.control.resynchronise()
    assert site.stage.floor.linked
    assert [type(event) for event in site.told(ev.LinkLost, ev.LinkRegained)] == [ev.LinkLost, ev.LinkRegained]


async def test_nobody_looks_before_asterisk_says_that_it_is_there(site: Site) -> None:
    site.control.link_lost("lost")
    looking = asyncio.create_task(site.control.resynchronise())
    await site.settle()
    assert site.manager.asked == []
    site.facts(ami.SwitchBooted(uptime_s=0))
    await looking
    assert site.stage.floor.linked


@pytest.mark.parametrize("refused", ["CoreShowChannels", "DeviceStateList"])
async def test_look_that_is_refused_leaves_the_link_lost(site: Site, refused: str) -> None:
    site.control.link_lost("lost")
    site.facts(ami.SwitchBooted(uptime_s=100))
    site.manager.refuses.add(refused)
    with pytest.raises(AmiError, match=refused):
        await site.control.resynchronise()
    assert not site.stage.floor.linked


async def test_look_finds_what_was_missed(site: Site) -> None:
    site.caller("1001")
    site.manager.channels = [channel(CALL, CALLER), channel(LEG, LEG_CHANNEL)]
    site.manager.phones = {"1001": "INUSE"}
    await site.control.resynchronise()
    assert site.stage.floor.calls[CALL].state is CallState.TALKING
    assert site.stage.floor.agents[BEN].phone is PhoneState.UNREACHABLE
    site.facts(hung_up())
    assert site.stage.floor.agents[ANNA].state is AgentState.WRAP_UP, "the leg found is the leg followed"


async def test_phone_that_changes_during_the_look_is_as_it_is_then(site: Site) -> None:
    site.caller()
    site.stage.come_to_work("1001")
    site.manager.phones = {"1001": "INUSE", "1002": "NOT_INUSE"}
    put_down: ami.Fact = ami.DeviceChanged("1001", ami.DeviceState.NOT_INUSE)
    site.manager.while_asked["CoreShowChannels"] = lambda: site.facts(put_down)
    await site.control.resynchronise()
    assert site.stage.floor.agents[ANNA].phone is PhoneState.IDLE


async def test_leg_that_goes_during_the_look_is_gone(site: Site) -> None:
    site.caller("1001")
    site.tell(ev.CallDetached(call=CALL))
    site.manager.channels = [channel(CALL, CALLER), channel(LEG, LEG_CHANNEL)]
    site.manager.while_asked["CoreShowChannels"] = lambda: site.facts(hung_up())
    await site.control.resynchronise()
    assert FIRST not in site.stage.floor.offers


FETCHED = {
    "waits in Asterisk's own queue": (channel(CALL, CALLER, application="Queue"), True),
    "talks to whom that queue gave him": (channel(CALL, CALLER, application="Queue", bridge="b-1"), False),
    "hears music until the engine is back": (channel(CALL, CALLER, application="MusicOnHold"), False),
    "is an agent that queue rings": (channel(LEG, LEG_CHANNEL, application="Queue"), False),
}


@pytest.mark.parametrize("who", FETCHED)
async def test_callers_are_taken_out_of_asterisks_own_queue(site: Site, who: str) -> None:
    found, fetched = FETCHED[who]
    site.manager.channels = [found]
    await site.control.resynchronise()
    await site.settle()
    wanted = ("Redirect", {"Channel": CALLER, "Context": "call", "Exten": "again", "Priority": "1"})
    assert site.manager.actions("Redirect") == ([wanted] if fetched else [])


def written(site: Site, *lines: tuple[str, float, str, str]) -> None:
    """What Asterisk's diary says: kind, time, channel, unique id, all of this one call."""
    text = "".join(f'"{kind}","{at}","{name}","{id}","{CALL}","","139/400"\n' for kind, at, name, id in lines)
    site.diary.write_text(text, "utf-8")


async def test_caller_no_engine_met_is_told_of_and_those_who_met_one_are_not(tmp_path: Path) -> None:
    site = Site(tmp_path / "hotline.csv", unseen_since=1000.0)
    written(site, ("ANSWER", 1000.5, CALLER, CALL), ("HANGUP", 1003.5, CALLER, CALL))
    site.stage.now = 1010.0
    await site.control.resynchronise()
    assert [type(event) for event in site.told(ev.CallArrived, ev.CallLeftByCaller)] == [
        ev.CallArrived,
        ev.CallLeftByCaller,
    ]
    await site.control.resynchronise()
    assert len(site.told(ev.CallArrived)) == 1
    site.runner.close()


async def test_caller_who_came_and_went_before_the_first_look_is_not_told_of_again(tmp_path: Path) -> None:
    site = Site(tmp_path / "hotline.csv", unseen_since=1000.0)
    written(site, ("ANSWER", 1000.5, CALLER, CALL), ("HANGUP", 1003.5, CALLER, CALL))
    site.caller()
    site.tell(ev.CallLeftByCaller(call=CALL))
    site.control.let_go(CALL, site.session)
    await site.control.resynchronise()
    assert len(site.told(ev.CallArrived)) == 1
    site.runner.close()


# --- callers whose leg is not here --------------------------------------------------------------------------------------


async def looking_after_strays(site: Site, until: Callable[[], bool]) -> None:
    """Let it look until this is so."""

    async def look_on() -> None:
        while not until():  # noqa: ASYNC110 - whether it is so shows in what was asked of Asterisk
            await asyncio.sleep(0.01)

    watch = asyncio.create_task(site.control.look_after_strays())
    try:
        await asyncio.wait_for(look_on(), 5.0)
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.control.STRAY_S", 0.01)


@pytest.mark.usefixtures("quick")
async def test_caller_without_his_leg_who_hangs_up_is_found_gone(site: Site) -> None:
    site.caller()
    site.tell(ev.CallDetached(call=CALL))
    site.manager.channels = [channel(CALL, CALLER)]
    await looking_after_strays(site, lambda: len(site.manager.asked) > 2)
    assert CALL in site.stage.floor.calls
    site.manager.channels = []
    written(site, ("HANGUP", 1000.0, CALLER, CALL))
    await looking_after_strays(site, lambda: CALL not in site.stage.floor.calls)
    (left,) = site.told(ev.CallLeftByCaller)
    assert left == ev.CallLeftByCaller(call=CALL, at=1000.0, cause=ev.HangUpCause.FOUND_GONE)


AT_EASE: dict[str, Callable[[Site], Awaitable[None]]] = {}


def at_ease(case: Callable[[Site], Awaitable[None]]) -> Callable[[Site], Awaitable[None]]:
    AT_EASE[case.__name__] = case
    return case


@at_ease
async def every_caller_is_with_us(site: Site) -> None:
    site.caller()


@at_ease
async def he_talks(site: Site) -> None:
    site.caller("1001")
    site.facts(dialled(), ANSWERED)
    site.tell(ev.CallDetached(call=CALL))


@at_ease
async def the_link_is_lost(site: Site) -> None:
    site.caller()
    site.tell(ev.CallDetached(call=CALL))
    site.control.link_lost("lost")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("case", AT_EASE)
async def test_asterisk_is_not_asked_when(site: Site, case: str) -> None:
    await AT_EASE[case](site)
    began = asyncio.get_running_loop().time()
    await looking_after_strays(site, lambda: asyncio.get_running_loop().time() > began + 0.1)
    assert site.manager.asked == []


@pytest.mark.usefixtures("quick")
async def test_look_that_fails_is_tried_again(site: Site) -> None:
    site.caller()
    site.tell(ev.CallDetached(call=CALL))
    site.manager.refuses.add("CoreShowChannels")
    await looking_after_strays(site, lambda: len(site.manager.asked) > 2)
    site.manager.refuses.clear()
    await looking_after_strays(site, lambda: CALL not in site.stage.floor.calls)
