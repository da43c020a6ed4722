"""./hotline close and ./hotline open against a real server."""

import asyncio

import pytest

from acd.model import EVERYWHERE
from agents.accounts import Role
from engine.__main__ import main
from tests.unit.cti_http.site import NINE, SALES, SmallSite


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


async def hotline(site: SmallSite, *words: str) -> int:
    token = site.token(Role.ADMINISTRATOR)
    return await asyncio.to_thread(main, [*words, "--url", site.url, "--token", token])


async def test_the_whole_site_is_closed_and_opened(site: SmallSite, capsys: pytest.CaptureFixture[str]) -> None:
    assert await hotline(site, "close", "all", "--until", "18:30", "--say", "storm") == 0
    emergency = site.floor.emergencies[EVERYWHERE]
    assert (emergency.prompt, emergency.until, emergency.why) == ("emergency_closed", NINE + 2.5 * 3600, "storm")
    assert capsys.readouterr().out == (
        "all queues: closed in an emergency until 2027-01-15 18:30, callers hear emergency_closed (storm)\n"
    )
    assert await hotline(site, "open") == 0
    assert not site.floor.emergencies
    assert capsys.readouterr().out == "nothing is closed in an emergency.\n"


async def test_some_queues_are_closed_with_their_own_words(
    site: SmallSite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "zh")
    assert await hotline(site, "close", "--queue", "repair", "sales", "--prompt", "closed") == 0
    assert await hotline(site, "open", "--queue", "repair") == 0
    assert set(site.floor.emergencies) == {SALES}
    assert capsys.readouterr().out.splitlines()[-1] == "sales：紧急关闭，直至 ./hotline open，播放 closed"


@pytest.mark.parametrize("words", [["close"], ["close", "all", "--queue", "sales"]])
async def test_what_to_close_must_be_said(
    site: SmallSite, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await hotline(site, *words) == 2
    assert "--queue Q, or all" in capsys.readouterr().err


async def test_why_it_was_not_done_is_told(site: SmallSite, capsys: pytest.CaptureFixture[str]) -> None:
    assert await hotline(site, "close", "all", "--prompt", "no_such") == 1
    assert capsys.readouterr().err == 'the engine did not take it: there is no prompt "no_such"\n'


def test_an_engine_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["close", "all", "--url", "http://127.0.0.1:1", "--token", "t"]) == 1
    assert "cannot reach the engine" in capsys.readouterr().err
