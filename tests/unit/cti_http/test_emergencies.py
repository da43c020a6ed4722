"""Closing at once over HTTP: who may, what is refused, what is shown."""

import logging
from datetime import datetime
from typing import Any

import pytest

from acd.commands import EndCall
from acd.events import EmergencyDeclared, EmergencyLifted
from acd.model import CallId
from agents.accounts import Role
from tests.unit.cti_http.site import NINE, REPAIR, SALES, WANG, ZHANG, ZONE, SmallSite

LEADER = Role.TEAM_LEADER
FLOOD = {"queues": "all", "prompt": "closed", "why": "water in\nthe cellar"}


def told(site: SmallSite) -> list[Any]:
    return [event for event in site.journal.events if isinstance(event, EmergencyDeclared | EmergencyLifted)]


async def test_it_is_an_event_with_the_leaders_name_and_a_line_of_the_audit(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    status, answer = await site.post("/api/emergencies", LEADER, FLOOD)
    assert status == 200
    event = EmergencyDeclared(queues=(), prompt="closed", by="supervisor", why="water in the cellar")
    assert told(site) == [event]
    said = {"queue": "all", "prompt": "closed", "since": NINE, "until": None, "why": event.why, "by": "supervisor"}
    assert answer == {"emergencies": [said], "time_zone": "Asia/Shanghai"}
    assert "emergency declared" in caplog.text
    assert (await site.get("/api/emergencies", ZHANG))[1] == answer


async def test_queues_show_it_and_their_watchers_are_told_until_it_is_lifted(site: SmallSite) -> None:
    async with site.feed("/api/floor/feed", LEADER) as feed:
        assert (await feed.receive_json())["type"] == "snapshot"
        await site.post("/api/emergencies", LEADER, {"queues": ["sales"]})
        (queue,) = (await feed.receive_json())["queues"]
        assert (queue["queue"], queue["closed_by"]) == ("sales", ["emergency"])
        assert queue["emergency"]["prompt"] == "emergency_closed"
        assert (await site.post("/api/emergencies/lift", LEADER, {"queues": ["sales"]}))[1]["emergencies"] == []
        (queue,) = (await feed.receive_json())["queues"]
        assert (queue["closed"], queue["emergency"]) == (False, None)
    assert (await site.get("/api/queues/repair", ZHANG))[1]["closed"] is False
    assert told(site)[-1] == EmergencyLifted(queues=(SALES,), by="supervisor")


async def test_caller_at_the_door_hears_its_prompt(site: SmallSite) -> None:
    await site.post("/api/emergencies", LEADER, {"queues": ["repair", "repair"]})
    site.call("c1")
    assert told(site)[0].queues == (REPAIR,)
    assert site.telephony.commands == [EndCall(call=CallId("c1"), reason="emergency", prompt="emergency_closed")]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (NINE + 60.5, NINE + 60.5),
        (int(NINE) + 60, NINE + 60),
        ("18:30", "2027-01-15 18:30"),
        ("16:00", "2027-01-16 16:00"),
        ("16:01", "2027-01-15 16:01"),
        ("2027-01-20 08:00", "2027-01-20 08:00"),
        ("2027-01-20T08:00:00Z", "2027-01-20 16:00"),
    ],
)
async def test_until_is_a_time_of_the_sites_clock(site: SmallSite, until: Any, expected: Any) -> None:
    assert datetime.fromtimestamp(NINE, ZONE).strftime("%Y-%m-%d %H:%M:%S") == "2027-01-15 16:00:00"
    status, answer = await site.post("/api/emergencies", LEADER, {"queues": "all", "until": until})
    wanted = (
        expected if isinstance(expected, float) else datetime.fromisoformat(expected).replace(tzinfo=ZONE).timestamp()
    )
    assert (status, answer["emergencies"][0]["until"]) == (200, wanted)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "bad_request"),
        ({"queues": []}, 400, "bad_request"),
        ({"queues": "everything"}, 400, "bad_request"),
        ({"queues": "all", "until": "25:00"}, 400, "bad_request"),
        ({"queues": "all", "until": "soon"}, 400, "bad_request"),
        ({"queues": "all", "until": NINE}, 409, "already_over"),
        ({"queues": ["nowhere"]}, 404, "unknown_queue"),
        ({"queues": "all", "prompt": "no_such"}, 404, "unknown_prompt"),
        ({"queues": "all", "why": "x" * 201}, 400, "bad_request"),
    ],
    ids=str,
)
async def test_bad_request_says_what_is_wrong_and_changes_nothing(
    site: SmallSite, body: Any, status: int, error: str
) -> None:
    got, answer = await site.post("/api/emergencies", LEADER, body)
    assert (got, answer["error"]) == (status, error)
    assert not site.floor.emergencies


async def test_one_queue_cannot_be_opened_while_all_are_closed_together(site: SmallSite) -> None:
    await site.post("/api/emergencies", LEADER, FLOOD)
    status, answer = await site.post("/api/emergencies/lift", LEADER, {"queues": ["sales"]})
    assert (status, answer["error"]) == (409, "emergency_everywhere")
    assert (await site.post("/api/emergencies/lift", LEADER, {"queues": ["nowhere"]}))[0] == 404


@pytest.mark.parametrize("path", ["/api/emergencies", "/api/emergencies/lift"])
@pytest.mark.parametrize(("who", "status"), [(WANG, 403), (None, 401)])
async def test_others_may_not(site: SmallSite, path: str, who: Any, status: int) -> None:
    assert (await site.post(path, who, FLOOD))[0] == status
    assert told(site) == []
