"""`hotline import figures`: from the file into the site's database."""

import asyncio
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.database import Database
from engine.database.outside import entries
from metrics.outside import Entry

HEAD = "name,dimension,key,from,to,value\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOTLINE_LANG", "en")
    return tmp_path / "home"


def stored(home: Path) -> list[Entry]:
    async def read() -> list[Entry]:
        database = Database(f"sqlite:///{home}/hotline.db")
        await database.open()
        async with database.session() as session:
            found = await entries(session)
        await database.close()
        return found

    return asyncio.run(read())


def told(tmp_path: Path, lines: str) -> str:
    file = tmp_path / "costs.csv"
    file.write_text(HEAD + lines)
    return str(file)


def test_figures_are_stored_once_however_often_they_are_imported(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = told(tmp_path, "cost,site,,2026-11-01,2026-11-30,30000\nblocked,queue,old,2026-11-01,2026-11-01,4\n")
    assert main(["import", "figures", file]) == 0
    assert main(["import", "figures", file]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "2 figures read, 2 of them new or changed.",
        "2 figures read, 0 of them new or changed.",
    ]
    assert "costs.csv:3: no queue 'old' in the configuration" in said.err
    assert [entry.name for entry in stored(home)] == ["blocked", "cost"]


def test_dry_run_stores_nothing(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = told(tmp_path, "cost,site,,2026-11-01,2026-11-30,30000\n")
    assert main(["import", "figures", "--dry-run", file]) == 0
    assert capsys.readouterr().out == "1 figures read, nothing stored.\n"
    assert not home.exists()


def test_wrong_lines_and_overlaps_are_told_and_nothing_is_stored(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "figures", told(tmp_path, "cost,site,,2026-11-01,2026-11-30,1\n")]) == 0
    assert main(["import", "figures", told(tmp_path, "cost,site,,2026-11-15,2026-12-15,1\n")]) == 2
    assert main(["import", "figures", told(tmp_path, "cost,site,,2026-11-15,soon,1\n")]) == 2
    assert main(["import", "figures", str(tmp_path / "missing.csv")]) == 1
    said = capsys.readouterr().err
    assert "cost site is told for some of this time already (costs.csv:2)" in said
    assert "costs.csv:2: to: expected a date" in said
    assert "missing.csv" in said
    assert len(stored(home)) == 1
