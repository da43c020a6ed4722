"""The list of customers who are to be called back, and what supervisors do about it."""

import logging
from typing import Any

import pytest

from acd.events import CallbackCancelled, CallbackHurried, CallbackRequested, CallLeftByCaller, RulesLoaded
from acd.model import CallbackId, CallId
from acd.rules import CallbackRules, Dialling, Rules
from agents.accounts import Role
from tests.unit.cti_http.site import CALLER, REPAIR, ZHANG, SmallSite, rules

LEADER = Role.TEAM_LEADER
WISH = CallbackId("w1")


def asked(site: SmallSite) -> None:
    """A caller in the queue has asked and hung up."""
    before = rules()
    queues = [queue for queue in before.queues.values() if queue.id != REPAIR]
    repair = type(before.queues[REPAIR])(id=REPAIR, callback=CallbackRules())
    dialling = Dialling(prefixes=("1",))
    site.tell(RulesLoaded(rules=Rules.of("r2", [repair, *queues], list(before.agents.values()), dialling=dialling)))
    site.call("c1")
    site.tell(
        CallbackRequested(callback=WISH, call=CallId("c1"), number=CALLER, queue=REPAIR),
        CallLeftByCaller(call=CallId("c1")),
    )


async def test_the_list_shows_place_and_masked_number(site: SmallSite) -> None:
    asked(site)
    site.clock.now += 30
    status, answer = await site.get("/api/callbacks", LEADER)
    (one,) = answer["callbacks"]
    assert status == 200
    assert (one["number"], one["state"], one["position"], one["wait_s"]) == ("138****8000", "in_line", 1, 30.0)
    assert (one["asked_in"], one["attempts"], one["agent"]) == ("c1", 0, None)
    assert (await site.get("/api/callbacks?queue=sales", LEADER))[1] == {"callbacks": []}
    full = (await site.get("/api/callbacks?numbers=full&reason=test", LEADER))[1]
    assert full["callbacks"][0]["number"] == CALLER


async def test_he_is_counted_apart_from_those_who_wait_and_is_no_call_yet(site: SmallSite) -> None:
    asked(site)
    queue = (await site.get("/api/queues/repair", LEADER))[1]
    assert (queue["waiting"], queue["callbacks"]) == (0, 1)
    assert (await site.get("/api/calls", LEADER))[1] == {"calls": []}


async def test_agent_who_is_offered_him_sees_in_the_pop_that_it_is_a_callback(site: SmallSite) -> None:
    asked(site)
    site.ready(ZHANG)
    (one,) = (await site.get("/api/callbacks", LEADER))[1]["callbacks"]
    assert (one["state"], one["agent"]) == ("calling", ZHANG)
    (pop,) = site.pops._live.values()
    assert (pop.callback, pop.asked_in, pop.attempt, pop.number) == (WISH, "c1", 0, CALLER)


async def test_somebody_is_put_on_the_list_hurried_and_cancelled(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    asked(site)
    body = {"number": "13900000009", "queue": "repair"}
    status, one = await site.post("/api/callbacks", LEADER, body)
    assert (status, one["number"], one["position"]) == (200, "139****0009", 2)
    wish = one["callback"]
    status, one = await site.post(f"/api/callbacks/{wish}/hurry", LEADER, {"points": 5})
    assert (status, one["priority"], one["position"]) == (200, 5, 1)
    assert await site.post(f"/api/callbacks/{wish}/cancel", LEADER) == (200, None)
    assert site.journal.events[-2:] == [
        CallbackHurried(callback=wish, by="supervisor", points=5),
        CallbackCancelled(callback=wish, by="supervisor"),
    ]
    assert [word for word in ("asked for", "hurried", "cancelled") if f"callback {word}" in caplog.text] == [
        "asked for",
        "hurried",
        "cancelled",
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/api/callbacks", {"number": CALLER, "queue": "repair"}, 409, "already"),
        ("/api/callbacks", {"number": "0900123", "queue": "repair"}, 409, "number_not_allowed"),
        ("/api/callbacks", {"number": "13900000009", "queue": "nowhere"}, 404, "unknown_queue"),
        ("/api/callbacks", {"queue": "repair"}, 400, "bad_request"),
        ("/api/callbacks/nothing/cancel", None, 404, "unknown_callback"),
        ("/api/callbacks/w1/hurry", {"points": -1}, 400, "bad_request"),
    ],
)
async def test_what_is_not_possible_has_a_stable_id(
    site: SmallSite, path: str, body: Any, status: int, error: str
) -> None:
    asked(site)
    got, answer = await site.post(path, LEADER, body)
    assert (got, answer["error"]) == (status, error)
    assert answer["message_zh"]


@pytest.mark.parametrize("path", ["/api/callbacks", "/api/callbacks/w1/cancel", "/api/callbacks/w1/hurry"])
async def test_no_agent_may_do_it(site: SmallSite, path: str) -> None:
    asked(site)
    for who in (ZHANG, None):
        assert (await site.post(path, who, {}))[0] in (401, 403)
    assert (await site.get("/api/callbacks", ZHANG))[0] == 403
