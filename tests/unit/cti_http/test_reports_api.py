"""Reports over HTTP: who sees what, in which form, and the pages of a browser."""

import aiohttp
import pytest

from agents.accounts import Role
from agents.roster import AgentId
from cti.http.services import HistoryUnavailable, QuestionRefused
from tests.unit.cti_http.site import CALLER, ZHANG, ScriptedReports, SmallSite


@pytest.fixture
def reports(site: SmallSite) -> ScriptedReports:
    return site.reports


async def get(site: SmallSite, path: str, who: Role | AgentId | None, **more: object) -> tuple[int, str, str]:
    async with site.http.get(site.url + path, headers=site.bearer(who), allow_redirects=False, **more) as answer:  # type: ignore[arg-type]
        return answer.status, answer.content_type, await answer.text()


@pytest.mark.parametrize("who", [Role.TEAM_LEADER, Role.ADMINISTRATOR])
async def test_who_oversees_gets_any_report(site: SmallSite, reports: ScriptedReports, who: Role) -> None:
    status, kind, _ = await get(site, "/api/reports?by=queue&key=repair&from=2026-11-25&format=csv", who)
    assert (status, kind) == (200, "text/csv")
    assert reports.asked == [{"by": "queue", "key": "repair", "from": "2026-11-25"}]


async def test_an_agent_gets_reports_of_himself_whatever_he_leaves_out(
    site: SmallSite, reports: ScriptedReports
) -> None:
    assert (await get(site, "/api/reports", ZHANG))[0] == 200
    assert reports.asked == [{"by": "agent", "key": "1001"}]


@pytest.mark.parametrize("query", ["by=queue", "by=agent&key=1002", "by=site", "key=1002"])
async def test_an_agent_gets_no_reports_of_others(site: SmallSite, reports: ScriptedReports, query: str) -> None:
    for path in ("/api/reports", "/api/reports/calls"):
        assert (await get(site, f"{path}?{query}", ZHANG))[0] == 403
    assert reports.asked == []


async def test_without_a_token_there_is_no_report(site: SmallSite, reports: ScriptedReports) -> None:
    for path in ("/api/reports", "/api/reports/calls", "/reports/calls", "/api/reports/agents/1001/day"):
        assert (await get(site, path, None))[0] == 401
    assert reports.asked == []


async def test_the_calls_behind_a_number_come_in_pages_with_masked_numbers(
    site: SmallSite, reports: ScriptedReports
) -> None:
    status, answer = await site.get("/api/reports/calls?count=abandoned&limit=100&offset=200", Role.TEAM_LEADER)
    assert (status, answer["total"], len(answer["calls"])) == (200, 250, 50)
    assert answer["calls"][0]["number"] == "138****8000"


async def test_whole_numbers_need_a_reason(site: SmallSite, reports: ScriptedReports) -> None:
    path = "/api/reports/calls?count=abandoned&numbers=full"
    assert (await site.get(path, Role.TEAM_LEADER))[0] == 400
    status, answer = await site.get(f"{path}&reason=complaint", Role.TEAM_LEADER)
    assert (status, answer["calls"][0]["number"]) == (200, CALLER)


@pytest.mark.parametrize(
    ("refused", "status", "error"),
    [
        (QuestionRefused("by: there is no 'queu'"), 400, "bad_request"),
        (HistoryUnavailable("away"), 503, "history_unavailable"),
    ],
)
async def test_what_cannot_be_answered_is_an_error_in_words(
    site: SmallSite, reports: ScriptedReports, refused: Exception, status: int, error: str
) -> None:
    reports.refused = refused
    found, answer = await site.get("/api/reports", Role.TEAM_LEADER)
    assert (found, answer["error"]) == (status, error)


async def test_an_unknown_format_is_refused(site: SmallSite) -> None:
    status, answer = await site.get("/api/reports?format=pdf", Role.TEAM_LEADER)
    assert (status, answer["error"]) == (400, "bad_request")


async def test_a_browser_signs_in_once_and_then_sees_the_pages(site: SmallSite, reports: ScriptedReports) -> None:
    assert (await get(site, "/reports", None))[2] == "<html>sign in</html>"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.post(f"{site.url}/reports", data={"token": "wrong" * 6}) as answer:
            assert (answer.status, await answer.text()) == (401, "<html>sign in again</html>")
        token = site.token(Role.TEAM_LEADER)
        async with browser.post(f"{site.url}/reports", data={"token": token}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/reports")
            cookie = answer.headers["Set-Cookie"]
            assert {"HttpOnly", "Path=/reports", "SameSite=Strict"} <= set(cookie.split("; "))
        async with browser.get(f"{site.url}/reports?by=agent") as answer:
            assert (answer.status, await answer.text()) == (200, "<html>report</html>")
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        async with browser.get(f"{site.url}/reports?by=agent&format=csv") as answer:
            assert answer.headers["Content-Disposition"] == 'attachment; filename="r.csv"'
        async with browser.get(f"{site.url}/reports/calls?count=abandoned") as answer:
            assert await answer.text() == "<html>calls</html>"


async def test_the_cookie_opens_nothing_but_the_pages_of_reports(site: SmallSite) -> None:
    cookies = {"hotline_reports": site.token(Role.ADMINISTRATOR)}
    for path in ("/api/reports", "/api/queues", "/api/calls"):
        assert (await get(site, path, None, cookies=cookies))[0] == 401
    assert (await get(site, "/reports", None, cookies=cookies))[2] == "<html>report</html>"


async def test_an_agents_day_is_his_own(site: SmallSite) -> None:
    assert (await get(site, "/api/reports/agents/1001/day", ZHANG))[:2] == (200, "image/svg+xml")
    assert (await get(site, "/api/reports/agents/1002/day", ZHANG))[0] == 403
    assert (await get(site, "/api/reports/agents/1002/day?day=2026-11-25", Role.TEAM_LEADER))[0] == 200
