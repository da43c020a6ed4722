"""./hotline audit on a site without engine, calls and diary: it says what it could not compare; wrong use is told."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.__main__ import main
from engine.audit.nightly import NightlyAudit
from engine.site import REPOSITORY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    monkeypatch.setenv("HOTLINE_LANG", "en")
    return tmp_path


def audit(*arguments: str) -> int:
    return main(["audit", "--config", str(REPOSITORY / "config"), *arguments])


def test_an_empty_day_agrees_and_says_what_was_not_compared(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit("--day", "2026-01-05") == 0
    told = capsys.readouterr().out
    assert "no engine could be asked" in told
    assert "no diary of Asterisk's" in told
    assert "compared 96 quarters of an hour (0 of them live), 0 calls and 0 answers" in told
    assert told.endswith("all numbers agree.\n")


def test_it_speaks_chinese(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "zh")
    assert audit("--from", "2026-01-05", "--to", "2026-01-06") == 0
    assert "核对了 192 个时段" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--day", "2026-01-05", "--from", "2026-01-04"), "give --day, or --from and --to"),
        (("--from", "2026-01-05", "--to", "2026-01-04"), "the earlier day first"),
        (("--day", "2999-01-01"), "that day has not begun yet"),
    ],
)
def test_wrong_use_is_told(
    home: Path, arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(*arguments) == 2
    assert told in capsys.readouterr().err


async def test_the_nightly_audit_runs_in_a_process_of_its_own(home: Path) -> None:
    night = NightlyAudit(home, lambda: REPOSITORY / "config", ZoneInfo("Asia/Shanghai"), lambda: 0)
    found = await night._audit()
    assert found.notes == ("live", "diary")
    assert found.quarters == 96


async def test_a_nightly_audit_that_cannot_be_done_says_why(home: Path) -> None:
    night = NightlyAudit(home, lambda: home / "nothing", ZoneInfo("Asia/Shanghai"), lambda: 0)
    with pytest.raises(RuntimeError, match="nothing"):
        await night._audit()
