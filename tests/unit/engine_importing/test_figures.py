"""Figures from outside in CSV files: read whole, or told by file and line what is wrong."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.importing.figures import BadFigures, read_figures
from metrics.dimensions import Dimension
from metrics.outside import Entry

ZONE = ZoneInfo("Asia/Shanghai")
HEAD = "name,dimension,key,from,to,value\n"
NOVEMBER = (1793462400.0, 1796054400.0)


def written(folder: Path, text: str | bytes, name: str = "costs.csv") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def problems(*files: Path) -> list[str]:
    with pytest.raises(BadFigures) as caught:
        read_figures(files, ZONE)
    return list(caught.value.problems)


def test_month_as_people_write_it_is_all_of_its_days(tmp_path: Path) -> None:
    file = written(
        tmp_path, HEAD + "cost,site,,2026-11-01,2026-11-30,30000\nblocked,queue,sales,2026-11-01,2026-11-01T12:00,4\n"
    )
    cost, blocked = read_figures([file], ZONE)
    assert cost == Entry(name="cost", since=NOVEMBER[0], until=NOVEMBER[1], value=30000.0, source="costs.csv:2")
    assert (blocked.dimension, blocked.key, blocked.until - blocked.since) == (Dimension.QUEUE, "sales", 43200)


def test_columns_in_any_order_an_empty_value_and_what_spreadsheets_put_before_are_read(tmp_path: Path) -> None:
    text = "\ufeffvalue,name,key,dimension,from,to\r\n,cost,,,2026-11-01,2026-11-30\r\n\r\n"
    (gone,) = read_figures([written(tmp_path, text)], ZONE)
    assert (gone.value, gone.dimension) == (None, Dimension.SITE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("costs,site,,2026-11-01,2026-11-30,1", "no figure 'costs' can be told (there are: cost, blocked,"),
        ("cost,team,a,2026-11-01,2026-11-30,1", "expected a dimension of site, queue,"),
        ("cost,queue,,2026-11-01,2026-11-30,1", "a figure of the site has no key"),
        ("cost,site,,2026-13-01,2026-11-30,1", "from: expected a date such as 2026-11-01"),
        ("cost,site,,2026-11-01,9999-12-31,1", "to: expected a date such as 2026-11-01"),
        ("cost,site,,2026-11-30,2026-11-01,1", "it ends before it begins"),
        ("cost,site,,2026-11-01,2026-11-30,a lot", "value: expected a number, got 'a lot'"),
        ("cost,site,,2026-11-01,2026-11-30,nan", "expected a number from 0 on"),
        ("cost,site,,2026-11-01,2026-11-30", "expected 6 cells, got 5"),
        ('cost,site,"a"b,2026-11-01,2026-11-30,1', "',' expected after '\"'"),
    ],
)
def test_line_that_cannot_be_understood_is_told_with_its_place(tmp_path: Path, line: str, message: str) -> None:
    file = written(tmp_path, HEAD + "blocked,site,,2026-11-01,2026-11-30,4\n" + line + "\n")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:3: ")
    assert message in problem


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + "costs,site,,2026-11-01,2026-11-30,1\n" * 60)
    found = problems(file)
    assert len(found) == 51
    assert found[-1] == "... 10 more"


def test_number_told_twice_is_told_with_both_places(tmp_path: Path) -> None:
    one = written(tmp_path, HEAD + "cost,site,,2026-11-01,2026-11-30,1\n", "one.csv")
    other = written(tmp_path, HEAD + "cost,site,,2026-11-30,2026-12-30,1\n", "other.csv")
    assert problems(one, other) == ["other.csv:2: cost site is told for some of this time already (one.csv:2)"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,value\n", ":1: expected the columns name, dimension, key, from, to, value"),
        ("", ":1: expected the columns"),
        (HEAD.encode() + "cost,queue,报修".encode("gbk"), ":2: expected text in UTF-8"),
    ],
)
def test_file_that_is_no_such_table_is_told(tmp_path: Path, text: str | bytes, message: str) -> None:
    file = written(tmp_path, text)
    assert problems(file)[0].startswith(f"{file}{message}")
