"""Queues closed at once, with an announcement: who hears it, and when it is over."""

import msgspec
import pytest

from acd import events as ev
from acd.commands import EndCall
from acd.core import next_deadline
from acd.doors import closed_by, emergency_of, is_closed
from acd.floor import Floor
from acd.model import EVERYWHERE, QueueId
from acd.records import EmergencyBegan, EmergencyOver, QueueLeft
from acd.refused import Refused
from acd.rules import AtClose, Do, Overflow, Recipe, Rules
from tests.unit.acd.floors import Stage, queue, rules

SALES, PRESS = QueueId("sales"), QueueId("press")


def two_queues(at_close: AtClose = AtClose.TELL) -> Rules:
    return rules(
        {"anna": ["sales"], "ben": ["press"]},
        [queue(at_close=at_close, closed=Overflow(node="callback")), queue("press", at_close=at_close)],
    )


def declared(*queues: QueueId, until: float | None = None, prompt: str = "flood") -> ev.EmergencyDeclared:
    return ev.EmergencyDeclared(queues=queues, prompt=prompt, by="li", until=until, why="water in the cellar")


def told(stage: Stage) -> list[tuple[str, str]]:
    """Who heard what at the end of his call."""
    return [(command.call, command.prompt) for command in stage.commands if isinstance(command, EndCall)]


def test_new_caller_hears_the_announcement_in_place_of_what_the_queue_does_after_hours() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(SALES))
    stage.caller("c1")
    assert told(stage) == [("c1", "flood")]
    left = stage.last(QueueLeft)
    assert (left.how, left.why) == ("overflowed", "emergency")


def test_queue_that_is_not_named_goes_on() -> None:
    stage = Stage(two_queues(), "ben")
    stage.tell(declared(SALES))
    stage.caller("c1", into="press")
    assert stage.rung_for("c1") == "ben"


def test_emergency_of_all_queues_closes_one_that_is_added_later() -> None:
    stage = Stage(two_queues())
    stage.tell(declared())
    more = rules({"anna": ["sales"]}, [queue(), queue("press"), queue("new")], version="v2")
    stage.tell(ev.RulesLoaded(rules=more))
    stage.caller("c1", into="new")
    assert told(stage) == [("c1", "flood")]


@pytest.mark.parametrize(("rule", "heard"), [(AtClose.TELL, [("c1", "flood")]), (AtClose.SERVE, [])], ids=str)
def test_waiting_caller_is_told_or_served_as_the_queue_says(rule: AtClose, heard: list[tuple[str, str]]) -> None:
    stage = Stage(two_queues(rule))
    stage.caller("c1")
    stage.tell(declared())
    assert told(stage) == heard
    stage.come_to_work("anna")
    assert rule is AtClose.TELL or stage.rung_for("c1") == "anna"


def test_caller_who_is_rung_for_is_told_when_nobody_answers() -> None:
    stage = Stage(two_queues(), "anna")
    stage.caller("c1")
    stage.tell(declared(SALES))
    assert told(stage) == []
    stage.wait(60.0)
    assert told(stage) == [("c1", "flood")]


def test_caller_in_a_talk_notices_nothing() -> None:
    stage = Stage(two_queues(), "anna")
    stage.caller("c1")
    stage.answer("c1")
    stage.tell(declared())
    assert told(stage) == []


def test_it_ends_by_itself_on_the_dot() -> None:
    stage = Stage(two_queues(), "anna")
    stage.tell(declared(until=stage.now + 600.0))
    stage.wait(599.999)
    stage.caller("early")
    stage.wait(0.001)
    stage.caller("late")
    assert told(stage) == [("early", "flood")]
    assert stage.rung_for("late") == "anna"
    assert stage.last(EmergencyOver) == EmergencyOver(queues=(), began_at=1000.0, at=1600.0, by="")


def test_one_that_was_made_longer_does_not_end_at_its_first_time() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(SALES, until=stage.now + 60.0), declared(SALES, until=stage.now + 120.0))
    stage.wait(119.0)
    assert is_closed(stage.floor, SALES)
    stage.wait(1.0)
    assert not is_closed(stage.floor, SALES)
    assert next_deadline(stage.floor) is None


def test_it_survives_a_restart_and_ends_in_time() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(until=stage.now + 600.0))
    stage.floor = msgspec.json.decode(msgspec.json.encode(stage.floor), type=Floor)
    stage.tell(ev.EngineStarted(), ev.RulesLoaded(rules=two_queues()))
    assert closed_by(stage.floor, PRESS) == ("emergency",)
    stage.wait(600.0)
    assert closed_by(stage.floor, PRESS) == ()


def test_what_its_hours_or_a_supervisor_keep_closed_stays_closed() -> None:
    stage = Stage(two_queues())
    stage.tell(ev.QueueClosed(queue=SALES, by="hours"), declared(SALES), ev.EmergencyLifted(queues=(SALES,), by="li"))
    assert closed_by(stage.floor, SALES) == ("hours",)


def test_a_supervisor_who_opens_a_queue_does_not_lift_the_emergency() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(SALES), ev.QueueOpened(queue=SALES, by="li"))
    assert closed_by(stage.floor, SALES) == ("emergency",)


def test_own_announcement_of_a_queue_goes_before_that_of_all() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(SALES), declared(prompt="holiday"))
    stage.caller("c1")
    stage.caller("c2", into="press")
    assert told(stage) == [("c1", "flood"), ("c2", "holiday")]
    assert set(stage.floor.emergencies) == {SALES, EVERYWHERE}


def test_lifting_without_a_name_lifts_every_one() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(SALES), declared(), ev.EmergencyLifted(queues=(), by="li"))
    assert not stage.floor.emergencies
    assert sum(isinstance(record, EmergencyOver) for record in stage.records) == 2
    stage.tell(ev.EmergencyLifted(queues=(), by="li"))  # there is none any more: nothing happens
    assert stage.records[-1] == stage.last(EmergencyOver)


def test_one_queue_cannot_be_opened_while_all_are_closed_together() -> None:
    stage = Stage(two_queues())
    stage.tell(declared())
    with pytest.raises(Refused, match="only be opened together"):
        stage.tell(ev.EmergencyLifted(queues=(SALES,), by="li"))
    assert is_closed(stage.floor, SALES)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (declared(QueueId("nowhere")), "unknown_queue"),
        (ev.EmergencyLifted(queues=(QueueId("nowhere"),), by="li"), "unknown_queue"),
        (declared(until=1000.0), "already_over"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(event: ev.Event, error: str) -> None:
    stage = Stage(two_queues())
    with pytest.raises(Refused) as refused:
        stage.tell(event)
    assert refused.value.error == error
    assert not stage.floor.emergencies


def test_emergency_of_a_queue_that_is_taken_out_goes_with_it() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(PRESS), ev.RulesLoaded(rules=rules({"anna": ["sales"]}, [queue()], version="v2")))
    assert not stage.floor.emergencies


def test_no_recipe_sends_a_caller_into_a_queue_in_an_emergency() -> None:
    away = Recipe(name="away", after_s=10.0, do=Do(leave=Overflow(queue=PRESS)))
    stage = Stage(rules({"anna": ["sales"], "ben": ["press"]}, [queue(recipes=(away,)), queue("press")]))
    stage.come_to_work("ben")
    stage.tell(declared(PRESS))
    stage.caller("c1")
    stage.wait(60.0)
    assert stage.call("c1").queue == SALES


def test_what_is_recorded_says_who_and_why() -> None:
    stage = Stage(two_queues())
    stage.tell(declared(SALES, until=1600.0))
    assert stage.last(EmergencyBegan) == EmergencyBegan(
        queues=(SALES,), at=1000.0, prompt="flood", until=1600.0, why="water in the cellar", by="li"
    )
    emergency = emergency_of(stage.floor, SALES)
    assert emergency is not None
    assert (emergency.since, emergency.by) == (1000.0, "li")
