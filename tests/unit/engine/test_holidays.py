"""./hotline holidays: the table is seeded from the library, and what people wrote in it stays."""

from datetime import date
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.config import load
from engine.hours.holidays import list_holidays, seed
from engine.hours.library import YearNotKnown, days_of
from ivr.holidays import DayKind
from tests.unit.engine.sites import SITE, edited, folder_of, problems

TODAY = date(2026, 3, 1)
OURS = """\
# my own words
tables:
  other:
    days:
      2026-05-05: {kind: holiday, zh: 厂庆}
  china:
    # as announced
    days:
      2026-01-01: {kind: holiday, zh: 元旦, source: chinesecalendar 1.0}
      # the factory's own day
      2026-03-08:
        kind: holiday
        zh: 妇女节
      2026-08-01: {kind: holiday, zh: 建军节, source: chinesecalendar 1.0}
      # worked here
      2026-10-01: {kind: workday, zh: 值班, source: manager}
  last:
    days: {}
"""


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


def table(folder: Path) -> str:
    return (folder / "holidays.yaml").read_text("utf-8")


def test_library_knows_the_days_of_2026_as_they_were_announced() -> None:
    days = days_of(2026)
    worked = [str(day) for day, one in days.items() if one.kind is DayKind.WORKDAY]
    assert worked == ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
    assert (days[date(2026, 10, 1)].zh, days[date(2026, 10, 1)].en) == ("国庆节", "National Day")
    assert date(2026, 3, 1) not in days  # a Sunday like any other


def test_year_the_library_does_not_know_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(YearNotKnown, match="has no data for 2090"):
        days_of(2090)
    assert seed(tmp_path, "china", TODAY, 2090) == 1
    assert "has no data for 2090" in capsys.readouterr().err
    assert not (tmp_path / "holidays.yaml").exists()


def test_new_file_is_made_and_can_be_used_and_seeding_again_changes_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "config", edited("hours", "    special:", "    holidays: china\n    special:"))
    assert seed(folder, "china", TODAY, 2026) == 0
    first = table(folder)
    hours = load(folder).script.calendars["service"]
    assert hours.holidays is not None
    assert len(hours.holidays.days) == len(days_of(2026))
    assert hours.holidays.known_until == date(2026, 12, 31)
    assert seed(folder, "china", TODAY, 2026) == 0
    assert table(folder) == first


def test_years_are_put_in_order_and_the_end_of_what_is_known_only_moves_on(tmp_path: Path) -> None:
    seed(tmp_path, "china", TODAY, 2026)
    seed(tmp_path, "china", TODAY, 2025)
    days = [line.strip()[:10] for line in table(tmp_path).splitlines() if "kind:" in line]
    assert days == sorted([str(day) for year in (2025, 2026) for day in days_of(year)])
    assert "known_until: 2026-12-31" in table(tmp_path)
    (tmp_path / "holidays.yaml").write_text(table(tmp_path).replace("2026-12-31", "2026-10-31"), "utf-8")
    seed(tmp_path, "china", TODAY, 2026)
    assert "known_until: 2026-12-31" in table(tmp_path)


def test_what_people_wrote_stays_as_they_wrote_it(tmp_path: Path) -> None:
    (tmp_path / "holidays.yaml").write_text(OURS, "utf-8")
    assert seed(tmp_path, "china", TODAY, 2026) == 0
    lines = table(tmp_path).splitlines()
    gone = {line for line in OURS.splitlines() if "chinesecalendar 1.0" in line}
    assert [line for line in OURS.splitlines() if line not in gone] == [
        line for line in lines if line in OURS.splitlines()
    ]
    assert not gone & set(lines)
    assert "2026-08-01" not in table(tmp_path)
    assert lines.count("      2026-10-01: {kind: workday, zh: 值班, source: manager}") == 1
    assert lines.index("  last:") > lines.index("      # worked here")
    own = lines.index("      # the factory's own day")
    assert lines[own + 1] == "      2026-03-08:"


def test_table_of_another_name_is_added_below(tmp_path: Path) -> None:
    (tmp_path / "holidays.yaml").write_text("tables:\n  plant:\n    days: {}\n", "utf-8")
    assert seed(tmp_path, "china", TODAY, 2026) == 0
    assert table(tmp_path).startswith(
        "tables:\n  plant:\n    days: {}\n  china:\n    known_until: 2026-12-31\n    days:\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tables: {china: {days: {}}}\n", "tables.china.days: expected one day a line below this word"),
        ("tables: {}\n", "tables: expected each table on lines of its own below this word"),
    ],
)
def test_file_that_lines_cannot_be_put_into_stays_as_it_is(
    tmp_path: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "holidays.yaml").write_text(text, "utf-8")
    assert seed(tmp_path, "china", TODAY, 2026) == 1
    assert capsys.readouterr().err == f"holidays.yaml: {told}\n"
    assert table(tmp_path) == text


def test_broken_file_is_told_with_its_places_and_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = "tables:\n  china:\n    days:\n      2026-13-01: {kind: holiday, zh: 无}\n      2026-01-01: {kind: rest}\n"
    (tmp_path / "holidays.yaml").write_text(broken, "utf-8")
    assert main(["holidays", "seed", "--config", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "holidays.yaml:4:7: tables.china.days.2026-13-01: expected a date" in told
    assert "holidays.yaml:5:20: tables.china.days.2026-01-01.kind: expected 'holiday' or 'workday', got 'rest'" in told
    assert table(tmp_path) == broken


def test_table_is_listed_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "holidays.yaml").write_text(OURS, "utf-8")
    assert list_holidays(tmp_path, 2026) == 0
    assert "  2026-10-01 thu  workday   值班  manager\n" in capsys.readouterr().out
    monkeypatch.setenv("HOTLINE_LANG", "zh")
    assert main(["holidays", "list", "--config", str(tmp_path)]) == 0
    assert "  2026-10-01 周四  班  值班  manager\n" in capsys.readouterr().out
    list_holidays(tmp_path / "elsewhere")
    assert "没有节假日表" in capsys.readouterr().out


# --- hours.yaml names a table ----------------------------------------------------------------------------------------


def test_table_that_is_not_there_is_told_at_its_place(tmp_path: Path) -> None:
    site = edited("hours", "    special:", "    holidays: chnia\n    special:")
    assert problems(tmp_path, {**site, "holidays": "tables:\n  china:\n    days: {}\n"}) == [
        'hours.yaml:6:5: calendars.service.holidays: no table of holidays.yaml "chnia" (did you mean "china"?)'
    ]
    assert problems(tmp_path / "..", site) == [
        'hours.yaml:6:5: calendars.service.holidays: no table of holidays.yaml "chnia" (there are: none)'
    ]


def test_hours_of_holidays_need_a_table(tmp_path: Path) -> None:
    site = edited("hours", "    special:", "    workday: tue\n    special:")
    (told,) = problems(tmp_path, site)
    assert told.startswith(
        "hours.yaml:2:3: calendars.service: holiday and workday say how the days of a table are worked"
    )


def test_a_site_without_the_file_is_as_before(tmp_path: Path) -> None:
    assert problems(tmp_path, SITE) == []
