"""An engine of this version takes up the floor that version 0.1 left, with callers in the queue, rung for, and talking."""

from typing import Any

import msgspec

from acd import events as ev
from acd.floor import Floor
from acd.model import CallId, CallState
from acd.rules import Overflow
from tests.unit.acd.floors import Stage, queue, rules
from tests.unit.acd.laws import check_floor

NEW = {
    "calls": {
        "trusted",
        "customer",
        "attributes",
        "require",
        "menu_require",
        "added",
        "done",
        "bell_at",
        "stay_at",
        "been",
    }
    | {"ringing", "missed_by", "assigned", "farewell", "expected", "talk", "asked"},
    "agents": {"extensions", "handling_since", "served", "last_served", "groups", "spots", "overrun"},
}


def as_version_0_1(floor: Floor) -> bytes:
    """The floor without what that version did not know."""
    said: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(floor))
    for kind, names in NEW.items():
        for one in said[kind].values():
            for name in names:
                del one[name]
    for name in ("busy", "closed", "emergencies", "turns", "paces", "dice", "present", "wanted"):
        del said[name]
    for lines in (said["waiting"], said["ready"]):
        for name in lines:
            lines[name] = {"entries": [], "keys": {}}
    said["rules"] = {name: said["rules"][name] for name in ("version", "queues", "agents", "vip_priority", "members")}
    return msgspec.json.encode(said)


def test_floor_of_the_version_before_is_taken_up_with_everybody_at_his_place() -> None:
    ours = rules(
        {"anna": ["sales"], "ben": ["sales"]},
        [queue(max_wait_s=300.0, overflow=Overflow(prompt="sorry"))],
        version="v2",
    )
    stage = Stage(msgspec.structs.replace(ours, version="v1"), "anna", "ben")
    stage.caller("talks")
    stage.answer("talks")
    stage.caller("rings")
    stage.wait(5.0)
    stage.caller("first")
    stage.wait(5.0)
    stage.caller("second")
    stage.floor = msgspec.json.decode(as_version_0_1(stage.floor), type=Floor)
    stage.commands.clear()
    stage.wait(1.0)
    stage.tell(ev.EngineStarted(), ev.RulesLoaded(rules=ours))
    stage.tell(*(ev.CallRejoined(call=CallId(name)) for name in ("first", "second")), ev.LinkRegained())
    check_floor(stage.floor, stage.now)
    assert not stage.commands
    assert [member for _, member in stage.floor.waiting[queue().id]] == ["first", "second"]
    stage.tell(ev.OfferAnswered(offer=stage.offer("rings").id))
    assert stage.call("rings").state is CallState.TALKING
    stage.tell(ev.CallLeftByCaller(call=CallId("talks")))
    stage.wait(30.0)
    assert stage.rung_for("first") == "anna"
    check_floor(stage.floor, stage.now)
