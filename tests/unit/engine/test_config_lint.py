"""What can be used and is hardly meant is told, with its place; what is meant is not."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from engine.config.check import examine
from engine.config.lint import doubts
from engine.config.source import Problem
from tests.unit.engine.sites import SITE, edited, folder_of

CASES = Path(__file__).with_name("odd_configuration.txt").read_text("utf-8").split("\n\n")[1:]
TODAY = date(2026, 8, 2)
"""60 days before the small site's last special day."""
EXAMPLES = Path(__file__).parents[3] / "config"


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


def told_of(folder: Path, site: dict[str, str], today: date = TODAY) -> list[Problem]:
    return doubts(examine(folder_of(folder / "config", site)), today)


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.split("\n! ")[0].replace("!", "+").split()))
def test_what_is_odd_is_told_with_its_place(tmp_path: Path, case: str) -> None:
    file, *lines = case.strip("\n").split("\n")
    old, new, expected = ([line[2:] for line in lines if line.startswith(f"{mark} ")] for mark in "-+!")
    assert len(old) + len(new) + len(expected) == len(lines)
    before = {(doubt.path, doubt.message) for doubt in told_of(tmp_path, dict(SITE))}
    told = told_of(tmp_path, edited(file, "\n".join(old), "\n".join(new)))
    assert [str(doubt) for doubt in told if (doubt.path, doubt.message) not in before] == expected


def test_the_small_site_is_odd_in_two_places_only(tmp_path: Path) -> None:
    assert [str(doubt) for doubt in told_of(tmp_path, dict(SITE))] == [
        "agents.yaml:2:71: agents.1001.skills.sales: no queue asks for this skill",
        "queues.yaml:2:12: vip.levels.1: no caller has this level",
    ]


def test_holidays_must_be_known_sixty_days_ahead(tmp_path: Path) -> None:
    told = told_of(tmp_path, dict(SITE), date(2026, 8, 3))
    assert [str(doubt) for doubt in told if doubt.file == "hours.yaml"] == [
        "hours.yaml:6:5: calendars.service.special: the last special day is 2026-10-01: "
        "holidays and make-up workdays from then to 2026-10-02 are not known"
    ]


def test_a_calendar_that_is_always_open_needs_no_holidays(tmp_path: Path) -> None:
    week = "".join(f"      {day}: [00:00-24:00]\n" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    hours = f"calendars:\n  service:\n    weekly:\n{week}"
    told = told_of(tmp_path, {**SITE, "hours": hours}, date(2030, 1, 1))
    assert [doubt for doubt in told if doubt.file == "hours.yaml"] == []


def test_doubts_are_told_in_chinese_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "zh")
    assert [doubt.message for doubt in told_of(tmp_path, dict(SITE))] == [
        "没有队列要求这个技能",
        "没有来电者属于这个等级",
    ]


def test_key_that_leads_to_a_callback_nobody_makes_is_told(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES, tmp_path / "config"))
    queues = (folder / "queues.yaml").read_text("utf-8")
    (folder / "queues.yaml").write_text(re.sub(r"    callback:\n(      .*\n)+", "", queues), "utf-8")
    flow = (folder / "ivr.yaml").read_text("utf-8")
    (folder / "ivr.yaml").write_text(flow.replace("callback, queue: repair, canc", "callback, canc"), "utf-8")
    at_once, by_the_menu = doubts(examine(folder), date(2026, 11, 1))
    assert (at_once.path, by_the_menu.path) == ("queues.repair.keys.1", "queues.repair.keys.*")
    assert queues.splitlines()[at_once.line - 1].strip()[:14] == 'keys: {"1": ca'
    assert at_once.message.endswith("nobody is called without queues.yaml: queues.repair.callback")


@pytest.mark.parametrize("folder", [EXAMPLES, EXAMPLES / "examples" / "skills"], ids=lambda folder: folder.name)
def test_nothing_in_the_example_files_is_odd(folder: Path) -> None:
    assert doubts(examine(folder), date(2026, 11, 1)) == []


def test_the_table_of_the_example_files_warns_sixty_days_before_its_end() -> None:
    (doubt,) = doubts(examine(EXAMPLES), date(2026, 11, 2))
    assert doubt.path == "calendars.service.holidays"
    assert doubt.message.startswith('the table "china" ends on 2026-12-31')
