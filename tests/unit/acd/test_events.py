"""Every event has its handler and can be written to the journal."""

from typing import get_args

import msgspec
import pytest

from acd import core
from acd import events as ev
from acd.model import CallId, OfferId, OfferOutcome
from agents.roster import AgentId
from agents.state import PhoneState
from tests.unit.acd.floors import rules

MEMBERS = get_args(ev.Event)

VALUES = {
    "call": CallId("1700000000.12"),
    "offer": OfferId("1700000000.12-1"),
    "agent": AgentId("anna"),
    "channel": "PJSIP/trunk-0001",
    "number": "139",
    "did": "400",
    "node": "menu",
    "queue": "sales",
    "reason": "break",
    "key": "1",
    "phone": PhoneState.IDLE,
    "leg": "1700000000.13",
    "outcome": OfferOutcome.NO_ANSWER,
    "by": "li",
    "points": 5,
    "message": "m1",
    "seconds": 7.5,
    "callback": "b1",
    "queues": ("sales",),
    "prompt": "closed",
    "survey": "satisfaction",
    "language": "zh",
    "question": "score",
    "answer": "5",
    "complete": True,
    "rules": rules({"anna": ["sales"]}, vip={"139": 1}, vip_priority={1: 10}),
}


def test_every_event_has_a_handler_and_every_handler_an_event() -> None:
    assert set(core._HANDLERS) == set(MEMBERS)


def test_every_event_that_is_defined_is_a_member_of_the_union() -> None:
    defined = {kind for kind in vars(ev).values() if isinstance(kind, type) and issubclass(kind, ev._Event)}
    assert defined - {ev._Event} == set(MEMBERS)


@pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)
def test_event_comes_back_from_the_journal_as_it_was(kind: type[msgspec.Struct]) -> None:
    required = [field.name for field in msgspec.structs.fields(kind) if field.required]
    event = kind(**{name: VALUES[name] for name in required})
    assert msgspec.json.decode(msgspec.json.encode(event), type=ev.Event) == event
