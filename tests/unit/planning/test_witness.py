"""What of a day is the agents' and the callers' own doing, told from the events and what the core made of them."""

from acd import events as ev
from acd.model import CallId, OfferOutcome, QueueId
from acd.records import Record
from agents.roster import AgentId
from agents.state import PhoneState
from planning.recorded import LeftOut, RecordedDay
from planning.witness import Witness
from tests.unit.acd.floors import Stage, queue, rules

ANNA = AgentId("anna")
START = 900.0


class Seen:
    """A stage with a witness who sees every event from `since` on as the day."""

    def __init__(self, since: float = START, **settings: object) -> None:
        self.stage = Stage(rules({"anna": ["sales"], "ben": ["sales"]}, [queue(**settings)]))  # type: ignore[arg-type]
        self.witness = Witness(since, 1e9)

    def tell(self, *events: ev.Event) -> list[Record]:
        records: list[Record] = []
        for event in events:
            records = self.stage.tell(event).records
            self.witness.take(event, self.stage.now, records)
        return records

    def comes(self) -> None:
        self.tell(
            ev.PhoneChanged(agent=ANNA, phone=PhoneState.IDLE),
            ev.AgentLoggedIn(agent=ANNA),
            ev.AgentReady(agent=ANNA),
        )

    def calls(self, name: str) -> None:
        call = CallId(name)
        self.tell(
            ev.CallArrived(call=call, channel="", number="139", did="400", attributes={"region": "east"}),
            ev.CallMoved(call=call, node="menu", key="1"),
            ev.CallQueued(call=call, queue=QueueId("sales"), priority=3),
        )

    def day(self) -> RecordedDay:
        return self.witness.finish()


def doings(day: RecordedDay) -> list[str]:
    return [type(event).__name__ for _, event in day.doings]


def test_caller_is_kept_with_all_that_was_known_of_him() -> None:
    seen = Seen()
    seen.calls("1")
    seen.tell(ev.CallRaised(call=CallId("1"), points=2, by="lead"))
    [call] = seen.day().calls
    assert call.arrived.attributes == {"region": "east"}
    assert call.queued is not None
    assert call.queued.priority == 3
    assert [type(event).__name__ for _, event in call.along] == ["CallMoved", "CallRaised"]


def test_paperwork_ended_early_is_no_doing_and_its_time_is_the_calls() -> None:
    seen = Seen(wrap_up_s=30.0)
    seen.comes()
    seen.calls("1")
    offer = seen.stage.offer("1").id
    seen.tell(ev.OfferAnswered(offer=offer))
    seen.stage.now += 60.0
    seen.tell(ev.TalkEnded(offer=offer))
    seen.stage.now += 12.0
    seen.tell(ev.AgentReady(agent=ANNA))
    day = seen.day()
    assert (day.calls[0].talk_s, day.calls[0].wrap_up_s) == (60.0, 12.0)
    assert doings(day) == ["PhoneChanged", "AgentLoggedIn", "AgentReady"]


def test_break_asked_for_during_a_call_and_taken_back_in_the_wrap_up_are_both_doings() -> None:
    seen = Seen(wrap_up_s=30.0)
    seen.comes()
    seen.calls("1")
    offer = seen.stage.offer("1").id
    seen.tell(ev.OfferAnswered(offer=offer), ev.AgentNotReady(agent=ANNA, reason="meal"), ev.TalkEnded(offer=offer))
    seen.tell(ev.AgentReady(agent=ANNA))
    assert doings(seen.day())[3:] == ["AgentNotReady", "AgentReady"]


def test_return_after_missed_calls_is_how_long_it_took_and_no_doing() -> None:
    seen = Seen(no_answer_limit=1)
    seen.comes()
    seen.calls("1")
    seen.tell(ev.OfferFailed(offer=seen.stage.offer("1").id, outcome=OfferOutcome.NO_ANSWER))
    seen.stage.now += 45.0
    seen.tell(ev.AgentReady(agent=ANNA))
    day = seen.day()
    assert day.returns_s == {"no_answer": [45.0]}
    assert doings(day) == ["PhoneChanged", "AgentLoggedIn", "AgentReady"]


def test_own_call_on_the_phone_is_no_doing_but_a_private_one_is() -> None:
    seen = Seen()
    seen.comes()
    seen.calls("1")
    seen.tell(ev.PhoneChanged(agent=ANNA, phone=PhoneState.IN_USE))
    assert doings(seen.day()).count("PhoneChanged") == 1
    seen.tell(ev.OfferFailed(offer=seen.stage.offer("1").id, outcome=OfferOutcome.DECLINED))
    seen.tell(ev.PhoneChanged(agent=ANNA, phone=PhoneState.IN_USE))
    assert doings(seen.day()).count("PhoneChanged") == 2


def test_day_that_begins_in_the_middle_begins_with_everybody_as_he_is() -> None:
    seen = Seen(since=2000.0)
    seen.comes()
    seen.tell(ev.AgentNotReady(agent=ANNA, reason="meal"), ev.LinkLost())
    seen.stage.now = 2500.0
    seen.tell(ev.LinkRegained())
    day = seen.day()
    assert doings(day) == ["LinkLost", "PhoneChanged", "AgentLoggedIn", "AgentNotReady", "LinkRegained"]
    assert [at for at, _ in day.doings] == [2000.0] * 4 + [2500.0]


def test_new_engine_is_blind_until_it_is_linked_and_queues_close_as_they_did() -> None:
    seen = Seen()
    seen.tell(
        ev.EngineStarted(),
        ev.LinkRegained(),
        ev.QueueClosed(queue=QueueId("sales"), by="lead"),
        ev.QueueOpened(queue=QueueId("sales"), by="lead"),
    )
    assert doings(seen.day()) == ["LinkLost", "LinkRegained", "QueueClosed", "QueueOpened"]


def test_refused_events_are_counted_and_no_part_of_the_day() -> None:
    seen = Seen()
    seen.witness.take(ev.AgentReady(agent=ANNA), seen.stage.now, (), refused=True)
    day = seen.day()
    assert day.left_out == {LeftOut.REFUSED: 1}
    assert day.doings == []
