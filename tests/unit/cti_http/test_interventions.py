"""What supervisors do by hand over HTTP, and what agents and CRMs may say of a call."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import pytest

from acd.core import Refused
from acd.events import (
    AgentNotReady,
    CallAssigned,
    CallIdentified,
    CallRaised,
    CallSent,
    Event,
    OfferPulledBack,
    QueueClosed,
    QueueOpened,
    WrapUpExtended,
)
from acd.model import CallId, OfferId
from agents.accounts import Role
from cti.http.services import ReloadRefused, UnknownVersion
from tests.unit.cti_http.site import NINE, REPAIR, SALES, WANG, ZHANG, SmallSite

ADMIN, LEADER = Role.ADMINISTRATOR, Role.TEAM_LEADER

BY_HAND: list[tuple[str, dict[str, Any] | None, Event]] = [
    ("/api/calls/c1/raise", {"points": 5}, CallRaised(call=CallId("c1"), points=5, by="supervisor")),
    ("/api/calls/c1/assign", {"agent": "1001"}, CallAssigned(call=CallId("c1"), agent=ZHANG, by="supervisor")),
    ("/api/calls/c1/send", {"queue": "sales"}, CallSent(call=CallId("c1"), queue=SALES, by="supervisor")),
    ("/api/queues/repair/close", None, QueueClosed(queue=REPAIR, by="supervisor")),
    ("/api/queues/repair/open", None, QueueOpened(queue=REPAIR, by="supervisor")),
]


Kind = TypeVar("Kind")


def told(site: SmallSite, kind: type[Kind]) -> list[Kind]:
    return [event for event in site.journal.events if isinstance(event, kind)]


def waiting(site: SmallSite) -> None:
    """Caller c1 waits for repair; the only agent on duty has another call."""
    site.ready(ZHANG)
    site.call("c0")
    site.answered("c0-1")
    site.call("c1")


@pytest.mark.parametrize(("path", "body", "event"), BY_HAND)
async def test_each_act_is_an_event_with_the_leaders_name_and_a_line_of_the_audit(
    site: SmallSite, caplog: pytest.LogCaptureFixture, path: str, body: dict[str, Any] | None, event: Event
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    waiting(site)
    status, _ = await site.post(path, LEADER, body)
    assert (status, site.journal.events[-1]) == (200, event)
    assert "who='supervisor'" in caplog.text
    assert f"path='{path}'" in caplog.text


@pytest.mark.parametrize(("path", "body"), [(path, body) for path, body, _ in BY_HAND])
async def test_no_agent_and_nobody_without_a_token_may_do_any_of_it(site: SmallSite, path: str, body: Any) -> None:
    waiting(site)
    before = list(site.journal.events)
    for who in (ZHANG, None):
        assert (await site.post(path, who, body))[0] in (401, 403)
    assert site.journal.events == before


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/api/calls/c9/raise", {"points": 5}, 404, "unknown_call"),
        ("/api/calls/c1/raise", {"points": 0}, 400, "bad_request"),
        ("/api/calls/c1/raise", {"points": -3}, 400, "bad_request"),
        ("/api/calls/c1/raise", {"points": 2.5}, 400, "bad_request"),
        ("/api/calls/c1/raise", {"points": 5, "by": "somebody else"}, 400, "bad_request"),
        ("/api/calls/c1/raise", None, 400, "bad_request"),
        ("/api/calls/c0/raise", {"points": 5}, 409, "call_not_waiting"),
        ("/api/calls/c1/assign", {"agent": "nobody"}, 404, "unknown_agent"),
        ("/api/calls/c1/assign", {"agent": "1002"}, 409, "agent_not_on_duty"),
        ("/api/calls/c1/send", {"queue": "nowhere"}, 404, "unknown_queue"),
        ("/api/calls/c1/send", {"queue": "repair"}, 409, "already_there"),
        ("/api/offers/c1-9/pull-back", None, 404, "unknown_offer"),
        ("/api/offers/c0-1/pull-back", None, 409, "offer_over"),
        ("/api/queues/nowhere/close", None, 404, "unknown_queue"),
        ("/api/agents/1001/wrap-up", {"extend": True}, 409, "illegal_transition"),
        ("/api/agents/1001/wrap-up", {"extend": False}, 400, "bad_request"),
        ("/api/agents/nobody/wrap-up", {"extend": True}, 404, "unknown_agent"),
    ],
)
async def test_what_is_not_possible_has_a_stable_id_and_leaves_no_trace_in_the_audit(
    site: SmallSite, caplog: pytest.LogCaptureFixture, path: str, body: Any, status: int, error: str
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    waiting(site)
    got, answer = await site.post(path, LEADER, body)
    assert (got, answer["error"]) == (status, error)
    assert answer["message_zh"]
    assert caplog.text == ""


async def test_raised_caller_stands_before_who_came_earlier(site: SmallSite) -> None:
    waiting(site)
    site.clock.now += 30
    site.call("c2")
    assert (await site.get("/api/calls/c2", LEADER))[1]["position"] == 2
    _, call = await site.post("/api/calls/c2/raise", LEADER, {"points": 1})
    assert (call["position"], call["priority"], call["number"]) == (1, 1, "138****8000")
    assert site.floor.position(site.floor.calls[CallId("c1")]) == 2


async def test_assigned_caller_is_shown_with_the_agent_he_waits_for(site: SmallSite) -> None:
    waiting(site)
    _, call = await site.post("/api/calls/c1/assign", LEADER, {"agent": "1001"})
    assert (call["held_for"], call["assigned"], call["position"]) == ("1001", True, None)
    _, body = await site.get("/api/calls/c1/explain", LEADER)
    assert "supervisor supervisor stepped in" in body["decisions"][-1]["en"]
    assert "等待主管指定的座席（张伟 1001）" in body["decisions"][-1]["zh"]


async def test_sent_caller_waits_in_the_other_queue_and_keeps_his_waiting_time(site: SmallSite) -> None:
    waiting(site)
    site.clock.now += 40
    _, call = await site.post("/api/calls/c1/send", LEADER, {"queue": "sales"})
    assert (call["queue"], call["segment"], call["wait_s"]) == ("sales", 2, 40.0)


async def test_offer_pulled_back_rings_somebody_else(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    site.ready(WANG)
    status, call = await site.post("/api/offers/c1-1/pull-back", LEADER)
    assert (status, call["offer"], call["agent"], call["rung"]) == (200, "c1-2", "1002", ["1002"])
    assert told(site, OfferPulledBack) == [OfferPulledBack(offer=OfferId("c1-1"), by="supervisor")]


async def test_closed_queue_is_shown_so_until_it_is_opened_and_its_watchers_are_told(site: SmallSite) -> None:
    async with site.feed("/api/floor/feed", LEADER) as feed:
        assert (await feed.receive_json())["type"] == "snapshot"
        _, queue = await site.post("/api/queues/sales/close", LEADER)
        assert (queue["closed"], queue["closed_by"]) == (True, ["hand"])
        frame = await feed.receive_json()
        assert [(one["queue"], one["closed"]) for one in frame["queues"]] == [("sales", True)]
    assert (await site.get("/api/queues/sales", ZHANG))[1]["closed"] is True
    await site.post("/api/queues/sales/open", LEADER)
    assert (await site.get("/api/queues/sales", ZHANG))[1]["closed_by"] == []


async def test_supervisor_opens_his_own_closing_and_not_that_of_the_hours(site: SmallSite) -> None:
    site.tell(QueueClosed(queue=SALES, by="hours"))
    await site.post("/api/queues/sales/close", LEADER)
    _, queue = await site.post("/api/queues/sales/open", ADMIN)
    assert (queue["closed"], queue["closed_by"]) == (True, ["hours"])


# --- agents --------------------------------------------------------------------------------------------------------------


async def test_state_set_by_a_supervisor_has_his_name_and_an_agents_own_has_none(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    site.ready(ZHANG, WANG)
    await site.post("/api/agents/1001/state", ZHANG, {"state": "not_ready", "reason": "break"})
    assert caplog.text == ""
    await site.post("/api/agents/1002/state", LEADER, {"state": "not_ready", "reason": "meal"})
    assert [event.by for event in told(site, AgentNotReady)] == ["", "supervisor"]
    assert "agent's state set" in caplog.text
    assert "agent='1002' state='not_ready' reason='meal'" in caplog.text


async def test_break_that_would_be_one_too_many_is_refused_unless_a_supervisor_orders_it(
    site: SmallSite, limit_breaks: Callable[[int], None]
) -> None:
    limit_breaks(0)
    site.ready(ZHANG)
    pause = {"state": "not_ready", "reason": "break"}
    status, answer = await site.post("/api/agents/1001/state", ZHANG, pause)
    assert (status, answer["error"], answer["message_zh"]) == (409, "break_quota_full", "班组小休人数已满")
    assert (await site.post("/api/agents/1001/state", LEADER, pause))[1]["reason"] == "break"


async def test_wrap_up_is_extended_as_often_as_the_queue_allows(
    site: SmallSite, allow_extensions: Callable[[int], None]
) -> None:
    allow_extensions(1)
    site.ready(ZHANG)
    site.call("c1")
    site.answered("c1-1")
    site.talk_over("c1-1")
    status, agent = await site.post("/api/agents/1001/wrap-up", ZHANG, {"extend": True})
    assert (status, agent["wrap_up_until"], agent["extensions"]) == (200, NINE + 90, 1)
    status, answer = await site.post("/api/agents/1001/wrap-up", ZHANG, {"extend": True})
    assert (status, answer["error"]) == (409, "no_more_extensions")
    assert (await site.post("/api/agents/1001/wrap-up", WANG, {"extend": True}))[0] == 403
    assert told(site, WrapUpExtended) == [WrapUpExtended(agent=ZHANG)] * 2


# --- who the caller is -----------------------------------------------------------------------------------------------------


async def test_caller_is_identified_by_a_crm_or_the_agent_who_has_him_and_by_nobody_else(site: SmallSite) -> None:
    waiting(site)
    body = {"customer": "C-77", "attributes": {"level": "gold"}}
    assert (await site.post("/api/calls/c0/identify", WANG, body))[0] == 403
    assert (await site.post("/api/calls/c0/identify", LEADER, body))[0] == 403
    assert (await site.post("/api/calls/c1/identify", ZHANG, body))[0] == 403
    assert told(site, CallIdentified) == []
    _, call = await site.post("/api/calls/c0/identify", ZHANG, body)
    assert (call["customer"], call["attributes"]) == ("C-77", {"level": "gold"})
    _, call = await site.post("/api/calls/c1/identify", ADMIN, {"attributes": {"phone": "13812348000"}})
    assert (call["customer"], call["attributes"]) == ("", {"phone": "138****8000"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"customer": "x" * 65},
        {"customer": 7},
        {"attributes": {"": "x"}},
        {"attributes": {"note": "x" * 201}},
        {"attributes": {"note": ["x"]}},
        {"attributes": {str(n): "x" for n in range(21)}},
        {"customer": "C-1", "vip": 9},
        None,
    ],
)
async def test_identification_that_is_not_well_formed_changes_nothing(site: SmallSite, body: Any) -> None:
    waiting(site)
    assert (await site.post("/api/calls/c1/identify", ADMIN, body))[0] == 400
    assert told(site, CallIdentified) == []


async def test_pop_tells_who_the_caller_is_what_he_needs_and_who_else_is_rung(
    site: SmallSite, ring_all: Callable[[], None]
) -> None:
    ring_all()
    site.ready(ZHANG, WANG)
    async with site.feed("/api/agents/1001/feed", ZHANG) as mine, site.feed("/api/agents/1002/feed", WANG) as other:
        await mine.receive_json()
        await other.receive_json()
        site.call("c1")
        pop = (await mine.receive_json())["pop"]
        assert (pop["customer"], pop["attributes"], sorted(pop["rung"])) == ("", {}, ["1001", "1002"])
        site.tell(CallIdentified(call=CallId("c1"), customer="C-77", attributes={"phone": "13812348000"}))
        answered = next(offer for offer in site.floor.offers.values() if offer.agent == ZHANG)
        site.answered(answered.id)
        events = [await mine.receive_json() for _ in range(2)]
        pop = next(event["pop"] for event in events if event["type"] == "answered")
        assert (pop["customer"], pop["attributes"], pop["rung"]) == ("C-77", {"phone": "138****8000"}, [])
        theirs = [await other.receive_json() for _ in range(3)]
        assert [one["pop"]["reason"] for one in theirs if one["type"] == "withdrawn"] == ["answered_elsewhere"]
    status, call = await site.get("/api/calls/c1", ZHANG)
    assert (status, call["rung"], call["agent"]) == (200, [], "1001")


async def test_every_agent_who_is_rung_may_look_at_the_call_and_why(
    site: SmallSite, ring_all: Callable[[], None]
) -> None:
    ring_all()
    site.ready(ZHANG, WANG)
    site.call("c1")
    for agent in (ZHANG, WANG):
        assert (await site.get("/api/calls/c1", agent))[1]["rung"] == ["1001", "1002"]
        assert "rung together" in (await site.get("/api/calls/c1/explain", agent))[1]["decisions"][0]["en"]


# --- rules -----------------------------------------------------------------------------------------------------------------


async def test_rules_in_force_and_those_to_go_back_to_are_listed(site: SmallSite) -> None:
    status, body = await site.get("/api/rules", ZHANG)
    kept = [{"version": "r1", "at": NINE}, {"version": "r0", "at": NINE - 3600}]
    assert (status, body) == (200, {"version": "r1", "kept": kept})


async def test_only_an_administrator_goes_back_to_the_version_before_or_to_one_by_name(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    assert (await site.post("/api/rollback", LEADER, {}))[0] == 403
    assert await site.post("/api/rollback", ADMIN, b"") == (200, {"version": "r1"})
    assert (await site.post("/api/rollback", ADMIN, {"version": "r0"}))[0] == 200
    assert site.versions.asked == [None, "r0"]
    assert caplog.text.count("went back to earlier rules") == 2


@pytest.mark.parametrize(
    ("refused", "status", "error"),
    [
        (UnknownVersion('no version "r9" is kept'), 404, "unknown_version"),
        (Refused("queue_in_use", "repair still has callers"), 409, "queue_in_use"),
        (Refused("agent_in_use", "1001 is logged in"), 409, "agent_in_use"),
        (ReloadRefused(["queues.yaml:3:5: unknown key"]), 422, "bad_configuration"),
    ],
)
async def test_going_back_that_is_refused_says_why_and_is_not_written_down(
    site: SmallSite, caplog: pytest.LogCaptureFixture, refused: Exception, status: int, error: str
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    site.versions.refused = refused
    got, answer = await site.post("/api/rollback", ADMIN, {"version": "r9"})
    assert (got, answer["error"]) == (status, error)
    assert caplog.text == ""
    assert (await site.post("/api/rollback", ADMIN, msgspec.json.encode({"to": "r0"})))[0] == 400
