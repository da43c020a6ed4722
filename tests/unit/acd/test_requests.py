"""Messages and wishes to be called back: counted once, whoever tells of them."""

import pytest

from acd import events as ev
from acd.core import Refused, step
from acd.floor import Floor
from acd.model import CallbackId, CallId, MessageId, QueueId
from acd.records import CallbackOpened, MessageTaken
from tests.unit.acd.floors import queue, rules

SALES, REPAIR = QueueId("sales"), QueueId("repair")
CALL = CallId("c")
MONTH_S = 31 * 86_400.0


def floor_with_a_caller() -> Floor:
    floor = Floor.under(rules({"anna": ["sales"]}, [queue("sales"), queue("repair")]))
    step(floor, ev.CallArrived(call=CALL, channel="PJSIP/trunk-1", number="13800138000", did="4008869119"), 100.0)
    step(floor, ev.CallQueued(call=CALL, queue=SALES), 110.0)
    return floor


def message(call: str = "c", queue: QueueId | None = None, at: float | None = None) -> ev.MessageLeft:
    return ev.MessageLeft(
        message=MessageId("m1"), call=CallId(call), seconds=7.5, queue=queue, at=at, number="1391", did="4"
    )


def test_a_message_of_a_live_call_is_his_and_of_his_queue() -> None:
    (taken,) = step(floor_with_a_caller(), message(), 130.0).records
    assert taken == MessageTaken(
        message=MessageId("m1"), call=CALL, at=130.0, number="13800138000", did="4008869119", queue=SALES, seconds=7.5
    )


def test_a_message_of_a_call_nobody_knows_says_itself_whose_it_is() -> None:
    (taken,) = step(floor_with_a_caller(), message("old", REPAIR, at=50.0), 130.0).records
    assert taken == MessageTaken(
        message=MessageId("m1"), call=CallId("old"), at=50.0, number="1391", did="4", queue=REPAIR, seconds=7.5
    )


def test_told_twice_it_counts_once_and_is_forgotten_in_the_end() -> None:
    floor = floor_with_a_caller()
    assert step(floor, message("old"), 130.0).records
    assert not step(floor, message("old"), 131.0).records
    step(floor, ev.MessageLeft(message=MessageId("m2"), call=CALL, seconds=1.0), 131.0 + MONTH_S)
    assert list(floor.told) == ["m2"]


def test_who_wants_to_be_called_back_keeps_his_place() -> None:
    floor = floor_with_a_caller()
    wish = ev.CallbackRequested(callback=CallbackId("b"), call=CALL, number="02188886666", queue=SALES)
    (opened,) = step(floor, wish, 140.0).records
    assert isinstance(opened, CallbackOpened)
    assert (opened.number, opened.did, opened.at, opened.place_at) == ("02188886666", "4008869119", 140.0, 110.0)
    assert not step(floor, wish, 141.0).records


def test_nobody_is_called_back_for_a_queue_that_is_not_there() -> None:
    wish = ev.CallbackRequested(callback=CallbackId("b"), call=CALL, number="1", queue=QueueId("none"))
    with pytest.raises(Refused, match="none"):
        step(floor_with_a_caller(), wish, 140.0)
