"""./hotline report and ./hotline why at the terminal: what is made, where it goes, and what cannot be asked for."""

import asyncio
import json
from pathlib import Path

import openpyxl
import pytest

from engine.__main__ import main
from engine.config import load
from engine.database import Database
from engine.database.changes import note_changes
from engine.database.upserts import upsert
from engine.facts import Row
from engine.site import REPOSITORY, settle_site
from tests.unit.engine_reports.reports import SINCE

DAY = "2026-11-25"
NINE = SINCE + 9 * 3600
CALL = {
    "opened_at": NINE, "number": "13800138000", "name": "", "did": "400", "vip": 0, "rules": "r1", "ended_at": NINE + 65,
    "disposition": "served", "queue": "repair", "agent": "1001",
}  # fmt: skip
STAY = {
    "queue": "repair", "entered_at": NINE, "priority": 0, "left_at": NINE + 5, "how": "answered",
    "phase": "waiting", "wait_s": 5.0, "total_wait_s": 5.0, "answered_at": NINE + 5, "agent": "1001", "in_service_level": True,
}  # fmt: skip


async def fill(url: str) -> None:
    database = Database(url)
    await database.open()
    rows = [Row("calls", {"call": "c1"}, CALL), Row("segments", {"call": "c1", "segment": 1}, STAY)]
    async with database.transaction() as connection:
        await upsert(connection, rows)
        await note_changes(connection, rows)  # an engine that ended before its next minute counted none of it
    await database.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOTLINE_LANG", "en")
    asyncio.run(fill(settle_site(load(REPOSITORY / "config"), tmp_path / "home", keep=True).database_url))
    return tmp_path


def report(*arguments: str) -> int:
    return main(["report", *arguments, "--config", str(REPOSITORY / "config")])


def test_a_day_is_a_table_on_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report("--daily", DAY, "--figures", "offered,answered") == 0
    told = capsys.readouterr().out
    assert f"Daily report  {DAY}" in told
    assert "09:00" in told


def test_a_file_has_the_form_its_name_ends_with(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("day.xlsx", "day.HTM", "day.json", "day.csv"):
        assert report("--daily", DAY, "-o", str(home / name)) == 0
        assert f"written to {home / name} (1 lines)" in capsys.readouterr().out
    assert openpyxl.load_workbook(home / "day.xlsx").worksheets
    assert (home / "day.HTM").read_text().startswith("<!doctype html>")
    assert json.loads((home / "day.json").read_bytes())["lines"][0]["key"] == "repair"


def test_the_calls_behind_a_number_go_into_a_file_with_their_numbers_masked(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = ("calls", "--from", DAY, "--queue", "repair", "--count", "answered")
    assert report(*calls, "-o", str(home / "calls.csv")) == 0
    assert report(*calls, "--format", "json") == 0
    assert "138****8000" in (home / "calls.csv").read_text("utf-8-sig")
    assert '"number":"138****8000"' in capsys.readouterr().out
    assert "13800138000" not in (home / "calls.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-o", "report.pdf"), "choose a --format: html, xlsx, csv, json"),
        (("--format", "xlsx"), "a workbook needs a file"),
        (("--figures", "ofered"), 'did you mean "offered"?'),
        (("--by", "agent", "--queue", "repair"), "give one of both"),
        (("calls",), "which count?"),
        (("calls", "--count", "answered", "-o", "calls.html"), "a file is json or csv"),
        (("agent-day",), "whose?"),
    ],
)
def test_wrong_use_is_told(
    home: Path, arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(*arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--day", "2999-01-01"), "that day has not begun yet"),
        (("--figure", "nonsense"), "no figure nonsense"),
        (("--queue", "nowhere"), "no queue nowhere"),
    ],
)
def test_why_tells_what_it_cannot_be_asked(
    home: Path, arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", *arguments, "--config", str(REPOSITORY / "config")]) == 2
    assert told in capsys.readouterr().err
