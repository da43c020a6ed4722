"""Each endpoint, and who may use it."""

import logging
from pathlib import Path

import msgspec
import pytest

from acd.core import Refused
from acd.events import AgentLoggedIn, AgentReady
from acd.model import CallId, CallState, Disposition
from acd.records import CallEnded
from agents.accounts import Role
from agents.roster import AgentId
from cti.health import ComponentState
from cti.views import PastCall, StayView
from tests.unit.cti_http.site import CALLER, NINE, REPAIR, WANG, ZHANG, SmallSite

ADMIN, LEADER = Role.ADMINISTRATOR, Role.TEAM_LEADER
HOSTILE = "<img src=x onerror=alert(1)>\r\nEvent: Hangup\u2028\"'${X}|"


def ended(call: str, agent: AgentId | None) -> CallEnded:
    return CallEnded(
        call=CallId(call),
        opened_at=NINE,
        ended_at=NINE + 60,
        number=CALLER,
        name="",
        did="4008869119",
        vip=0,
        disposition=Disposition.SERVED,
        left_in=CallState.TALKING,
        ended_by="caller",
        queue=REPAIR,
        agent=agent,
        path=("welcome",),
        rules="r1",
    )


# --- getting in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/version",
        "/api/queues",
        "/api/queues/repair",
        "/api/agents",
        "/api/agents/1001",
        "/api/calls",
        "/api/calls/c1",
        "/api/calls/c1/explain",
        "/api/recordings",
        "/api/recordings/c1-1/audio",
        "/api/agents/1001/state",
        "/api/nothing-of-the-kind",
        "/",
    ],
)
async def test_without_a_valid_token_there_is_nothing_to_see(site: SmallSite, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}):
        async with site.http.get(site.url + path, headers=headers) as response:
            body = msgspec.json.decode(await response.read())
            assert (response.status, body["error"], body["message_zh"]) == (401, "unauthorized", "未登录或令牌无效")
            assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_errors_of_the_server_itself_have_the_same_form(site: SmallSite) -> None:
    assert (await site.get("/api/nothing", ADMIN))[1]["error"] == "not_found"
    assert (await site.post("/api/queues", ADMIN))[1]["error"] == "method_not_allowed"
    status, body = await site.post("/api/agents/1001/state", ZHANG, b"x" * 70_000)
    assert (status, body["error"]) == (413, "too_large")


async def test_every_answer_tells_browsers_to_trust_nothing(site: SmallSite) -> None:
    for path in ("/healthz", "/api/nothing"):
        async with site.http.get(site.url + path) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["Server"] == "Hotline"


async def test_a_defect_of_ours_is_logged_and_shows_a_client_nothing(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    site.history.stored = None  # type: ignore[assignment]
    status, body = await site.get("/api/calls/c9/explain", ADMIN)
    assert (status, body["error"]) == (500, "internal")
    assert "NoneType" not in body["message"]
    assert "NoneType" in caplog.text


# --- the engine --------------------------------------------------------------------------------------------------------


async def test_health_says_what_is_up_since_when_and_whether_calls_can_be_served(site: SmallSite) -> None:
    status, body = await site.get("/healthz")
    assert (status, body["status"]) == (503, "down")
    for vital in ("ami", "agi", "journal"):
        site.health.report(vital, ComponentState.UP)
    site.health.report("redis", ComponentState.OFF)
    site.clock.now += 5
    status, body = await site.get("/healthz")
    assert (status, body["status"]) == (200, "degraded")
    assert body["components"][3] == {
        "name": "database",
        "state": "down",
        "since": NINE,
        "detail": "starting",
        "vital": False,
    }
    site.health.report("database", ComponentState.UP)
    assert (await site.get("/healthz"))[1]["status"] == "up"
    site.health.report("ami", ComponentState.DOWN, "connection refused")
    status, body = await site.get("/healthz")
    assert (status, body["components"][0]["since"], body["components"][0]["detail"]) == (
        503,
        NINE + 5,
        "connection refused",
    )


async def test_metrics_are_open_unless_a_token_is_set(site: SmallSite, tmp_path: Path) -> None:
    async with site.http.get(site.url + "/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert await response.read() == b"callcenter_calls_total 0\ncallcenter_defects_total 0\n"
    guarded = SmallSite(tmp_path, metrics_token="scrape")
    await guarded.start()
    assert (await guarded.get("/metrics"))[0] == 401
    async with guarded.http.get(guarded.url + "/metrics", headers={"Authorization": "Bearer scrape"}) as response:
        assert response.status == 200
    await guarded.stop()


async def test_version_names_engine_and_rules(site: SmallSite) -> None:
    assert await site.get("/api/version", ZHANG) == (200, {"version": "0.1.0", "rules": "r1"})


async def test_only_an_administrator_reloads_and_a_bad_configuration_is_answered_with_its_problems(
    site: SmallSite,
) -> None:
    assert (await site.post("/api/reload", LEADER))[0] == 403
    assert await site.post("/api/reload", ADMIN) == (200, {"rules": "r1"})
    site.reload.problems = ["queues.yaml:3:5: unknown key"]
    status, body = await site.post("/api/reload", ADMIN)
    assert (status, body["error"], body["problems"]) == (422, "bad_configuration", ["queues.yaml:3:5: unknown key"])
    site.reload.problems, site.reload.refused = [], Refused("queue_in_use", "repair still has callers")
    status, body = await site.post("/api/reload", ADMIN)
    assert (status, body["error"], site.reload.done) == (409, "queue_in_use", 1)


# --- queues ------------------------------------------------------------------------------------------------------------


async def test_a_queue_shows_who_waits_who_serves_it_and_todays_figures(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    site.clock.now += 4
    site.answered("c1-1")
    site.call("c2", "13900000002")
    site.clock.now += 10
    site.call("c3", "13900000003")
    status, body = await site.get("/api/queues", WANG)
    repair = next(queue for queue in body["queues"] if queue["queue"] == "repair")
    assert status == 200
    assert (repair["waiting"], repair["longest_wait_s"], repair["names"]["zh"]) == (2, 10.0, "报修")
    assert (repair["agents"]["talking"], repair["agents"]["offline"], repair["free"]) == (1, 1, 0)
    day = repair["today"]
    assert (day["offered"], day["answered"], day["abandoned"], day["asa_s"]) == (3, 1, 0, 4.0)
    assert day["figures"]["service_level"] == day["service_level"]
    assert body["site"]["offered"] == 3


async def test_a_caller_for_whom_a_phone_rings_still_counts_as_waiting(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    _, repair = await site.get("/api/queues/repair", ZHANG)
    assert (repair["waiting"], repair["agents"]["offered"]) == (1, 1)
    assert repair["service_level_target"] == {"target": 0.8, "within_s": 20.0}


async def test_a_phone_out_of_reach_leaves_its_agent_ready_but_not_free(site: SmallSite) -> None:
    site.tell(AgentLoggedIn(agent=ZHANG), AgentReady(agent=ZHANG))
    _, repair = await site.get("/api/queues/repair", ZHANG)
    assert (repair["agents"]["ready"], repair["free"]) == (1, 0)


async def test_an_unknown_queue_is_a_404(site: SmallSite) -> None:
    status, body = await site.get("/api/queues/nobody", ZHANG)
    assert (status, body["error"], body["message_zh"]) == (404, "unknown_queue", "没有此队列")


# --- agents ------------------------------------------------------------------------------------------------------------


async def test_the_roster_shows_everybody_and_the_reasons_there_are(site: SmallSite) -> None:
    site.ready(ZHANG)
    _, body = await site.get("/api/agents", WANG)
    assert [(agent["agent"], agent["name"], agent["state"]) for agent in body["agents"]] == [
        ("1001", "张伟", "ready"),
        ("1002", "王芳", "offline"),
    ]
    assert body["not_ready_reasons"]["break"] == {"zh": "小休", "en": "Break"}
    assert (await site.get("/api/agents/1001", WANG))[1]["phone"] == "idle"
    assert (await site.get("/api/agents/nobody", WANG))[0] == 404


async def test_an_agent_logs_in_gets_ready_takes_a_break_and_goes_home(site: SmallSite) -> None:
    seen = []
    for wish in (
        {"state": "login"},
        {"state": "ready"},
        {"state": "not_ready", "reason": "break"},
        {"state": "logout"},
    ):
        status, body = await site.post("/api/agents/1001/state", ZHANG, wish)
        assert status == 200
        seen.append((body["state"], body["reason"]))
    assert seen == [("not_ready", "logged_in"), ("ready", ""), ("not_ready", "break"), ("offline", "")]


async def test_paperwork_can_be_ended_early_and_a_wish_made_in_a_call_is_shown(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    site.answered("c1-1")
    _, body = await site.post("/api/agents/1001/state", ZHANG, {"state": "logout"})
    assert (body["state"], body["wish"], body["call"]) == ("talking", "logout", "c1")
    _, body = await site.post("/api/agents/1001/state", ZHANG, {"state": "ready"})
    site.talk_over("c1-1")
    _, body = await site.get("/api/agents/1001", ZHANG)
    assert (body["state"], body["wrap_up_until"]) == ("wrap_up", NINE + 30)
    assert (await site.post("/api/agents/1001/state", ZHANG, {"state": "wrap_up_done"}))[1]["state"] == "ready"


async def test_what_the_state_does_not_allow_is_a_409_with_a_stable_id(site: SmallSite) -> None:
    status, body = await site.post("/api/agents/1001/state", ZHANG, {"state": "ready"})
    assert (status, body["error"], body["message_zh"]) == (409, "illegal_transition", "当前状态不允许此操作")


async def test_an_agent_changes_only_his_own_state_and_a_leader_everybodys(site: SmallSite) -> None:
    status, body = await site.post("/api/agents/1001/state", WANG, {"state": "login"})
    assert (status, body["error"], site.floor.agents[ZHANG].state) == (403, "forbidden", "offline")
    for leader in (LEADER, ADMIN):
        assert (await site.post("/api/agents/1001/state", leader, {"state": "login"}))[0] in (200, 409)
    assert site.floor.agents[ZHANG].state == "not_ready"
    assert (await site.post("/api/agents/nobody/state", LEADER, {"state": "login"}))[1]["error"] == "unknown_agent"


async def test_a_wish_that_is_not_well_formed_reaches_nobody(site: SmallSite) -> None:
    site.ready(ZHANG)
    told = len(site.journal.events)
    for body in (b"", b"{", b"[]", b'{"state":"nap"}', b'{"state":"ready","x":1}', b'{"state":"ready","reason":"x"}'):
        assert (await site.post("/api/agents/1001/state", ZHANG, body))[0] == 400
    status, answer = await site.post("/api/agents/1001/state", ZHANG, {"state": "not_ready", "reason": "nap"})
    assert (status, answer["error"], list(answer["reasons"])) == (400, "unknown_reason", ["break", "meal"])
    assert (await site.post("/api/agents/1001/state", ZHANG, {"state": "not_ready"}))[1]["error"] == "unknown_reason"
    assert len(site.journal.events) == told


# --- calls -------------------------------------------------------------------------------------------------------------


async def test_live_calls_are_shown_with_masked_numbers_and_place_in_line(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    site.call("c2", "13900000002", name="Li 13900000002")
    site.clock.now += 7
    _, body = await site.get("/api/calls", LEADER)
    first, second = body["calls"]
    assert (first["state"], first["number"], first["agent"], first["position"]) == (
        "offered",
        "138****8000",
        "1001",
        None,
    )
    assert (second["state"], second["position"], second["wait_s"], second["agent"]) == ("waiting", 1, 7.0, None)
    assert second["name"] == "Li 139****0002"


async def test_an_agent_sees_the_calls_that_are_his(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    site.call("c2")
    assert [call["call"] for call in (await site.get("/api/calls", ZHANG))[1]["calls"]] == ["c1"]
    assert (await site.get("/api/calls", WANG))[1]["calls"] == []
    assert (await site.get("/api/calls/c1", ZHANG))[0] == 200
    assert (await site.get("/api/calls/c1", WANG))[0] == 403
    assert (await site.get("/api/calls/c2", ZHANG))[0] == 403


async def test_whole_numbers_need_a_leader_and_a_reason_and_are_written_down(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hotline.audit")
    site.ready(ZHANG)
    site.call("c1")
    assert (await site.get("/api/calls/c1?numbers=full&reason=x", ZHANG))[0] == 403
    assert (await site.get("/api/calls/c1?numbers=full", LEADER))[0] == 400
    assert caplog.text == ""
    _, body = await site.get("/api/calls/c1?numbers=full&reason=call%20back%0Aforged", LEADER)
    assert body["number"] == CALLER
    assert "who='supervisor'" in caplog.text
    assert "reason='call back\\nforged'" in caplog.text
    assert CALLER not in caplog.text


async def test_a_call_that_is_over_comes_from_the_history(site: SmallSite) -> None:
    stay = StayView(
        queue=REPAIR,
        entered_at=NINE,
        left_at=NINE + 30,
        wait_s=30.0,
        how="overflowed",
        why="max_wait",
        agent=None,
        expected_s=20.0,
        expected_low_s=5.0,
        expected_high_s=60.0,
    )
    known = {"region": "江苏 连云港", "note": "ring 13812348000 back"}
    site.history.calls = {
        CallId("c7"): PastCall(ended=ended("c7", ZHANG), customer="C-77", attributes=known, stays=(stay,))
    }
    _, body = await site.get("/api/calls/c7", ZHANG)
    assert (body["state"], body["disposition"], body["number"]) == ("ended", "served", "138****8000")
    assert (body["customer"], body["attributes"]["region"]) == ("C-77", "江苏 连云港")
    assert body["attributes"]["note"] == "ring 138****8000 back"
    assert [(one["how"], one["why"], one["expected_s"]) for one in body["stays"]] == [("overflowed", "max_wait", 20.0)]
    assert (await site.get("/api/calls/c7", WANG))[0] == 403
    assert (await site.get("/api/calls/c8", ADMIN))[1]["error"] == "unknown_call"


async def test_a_database_that_is_away_costs_the_history_and_nothing_else(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1")
    site.history.away = True
    status, body = await site.get("/api/calls/c7", ADMIN)
    assert (status, body["error"], body["message_zh"]) == (503, "history_unavailable", "历史数据暂不可用")
    assert (await site.get("/api/calls/c1", ADMIN))[0] == 200
    assert (await site.get("/api/calls/c1/explain", ADMIN))[0] == 200


async def test_a_live_call_is_explained_in_both_languages(site: SmallSite) -> None:
    site.call("c1")
    site.clock.now += 5
    site.ready(ZHANG)
    _, body = await site.get("/api/calls/c1/explain", ZHANG)
    nobody, given = body["decisions"]
    assert "nobody is free" in nobody["en"]
    assert "排除 张伟 1001" in nobody["zh"]
    assert "chosen 张伟 1001, this caller was next in line" in given["en"]
    assert given["decision"]["chosen"] == "1001"
    assert (await site.get("/api/calls/c1/explain", WANG))[0] == 403
    assert (await site.get("/api/calls/c9/explain", ADMIN))[0] == 404


async def test_decisions_memory_has_forgotten_come_from_the_database_each_once(site: SmallSite) -> None:
    site.call("c1")
    site.clock.now += 5
    site.ready(ZHANG)
    all_of_them = site.decisions.of(CallId("c1"))
    site.history.stored = {CallId("c1"): list(all_of_them)}
    site.decisions._forget(CallId("c1"))
    _, body = await site.get("/api/calls/c1/explain", ADMIN)
    assert [decision["number"] for decision in body["decisions"]] == [1, 2]


async def test_a_hostile_caller_is_text_and_nothing_else(site: SmallSite) -> None:
    site.ready(ZHANG)
    site.call("c1", number="1381234" + "\r\n8000", name=HOSTILE)
    async with site.http.get(site.url + "/api/calls", headers=site.bearer(LEADER)) as response:
        raw = await response.read()
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert b"\r" not in raw
    assert b"\n" not in raw
    assert msgspec.json.decode(raw)["calls"][0]["name"] == HOSTILE
