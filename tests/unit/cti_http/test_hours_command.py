"""./hotline hours: which line of a calendar counts, what is next, and the running engine's emergencies."""

import asyncio
from pathlib import Path

import pytest

from acd.events import EmergencyDeclared
from agents.accounts import Role
from engine.__main__ import main
from tests.unit.cti_http.site import NINE, SALES, SmallSite
from tests.unit.engine.sites import edited, folder_of

HOLIDAYS = """\
tables:
  china:
    days:
      2026-10-01: {kind: holiday, zh: 国庆节, en: National Day}
      2026-10-10: {kind: workday, zh: 国庆节}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    hours = edited(
        "hours", "    special:\n      2026-10-01: []", "    holidays: china\n    special: {2026-10-06: [10:00-11:00]}"
    )
    return folder_of(tmp_path / "config", {**hours, "holidays": HOLIDAYS})


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-09-28 08:29:59", "service: closed (weekly mon 2026-09-28), opens 2026-09-28 08:30\n"),
        ("2026-09-28 08:30", "service: open (weekly mon 2026-09-28), closes 2026-09-28 17:30\n"),
        ("2026-09-28T00:30:00+00:00", "service: open (weekly mon 2026-09-28), closes 2026-09-28 17:30\n"),
        ("2026-10-01 09:00", "service: closed (holiday National Day thu 2026-10-01), opens 2026-10-05 08:30\n"),
        ("2026-10-06 10:00", "service: open (special tue 2026-10-06), closes 2026-10-06 11:00\n"),
        ("2026-10-10 08:30", "service: open (workday 国庆节 sat 2026-10-10), closes 2026-10-10 17:30\n"),
    ],
)
def test_each_calendar_says_by_which_line_and_what_is_next(
    folder: Path, at: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")
    assert main(["hours", "--config", str(folder), "--at", at, "--url", "http://127.0.0.1:1", "--token", "t"]) == 0
    heard = capsys.readouterr()
    assert heard.out == said
    assert heard.err.startswith("emergencies are left out: cannot reach the engine")


async def test_emergencies_of_the_running_engine_are_said_while_they_last(
    site: SmallSite, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "zh")
    site.tell(
        EmergencyDeclared(queues=(), prompt="closed", by="li", until=NINE + 3600, why="台风"),
        EmergencyDeclared(queues=(SALES,), prompt="closed", by="li"),
    )
    ask = ["hours", "--config", str(folder), "--url", site.url, "--token", site.token(Role.ADMINISTRATOR), "--at"]
    assert await asyncio.to_thread(main, [*ask, "2027-01-15 16:59"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "service: 休息（每周 周五 2027-01-15），2027-01-18 08:30 开始营业",
        "  紧急关闭，至 2027-01-15 17:00: 台风",
        "队列 sales：紧急关闭，直至手工开放",
    ]
    assert await asyncio.to_thread(main, [*ask, "2027-01-15 17:00"]) == 0
    assert "台风" not in capsys.readouterr().out
