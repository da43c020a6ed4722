"""A report in every form: the same numbers, and nothing in it that a spreadsheet or a browser would run."""

import csv
import io
import re

import msgspec
import openpyxl
import pytest

from engine.reports.csv_file import csv_bytes, csv_of, harmless
from engine.reports.document import file_name
from engine.reports.html_page import html_of
from engine.reports.json_file import json_of
from engine.reports.shown import Language, shown
from engine.reports.xlsx_file import xlsx_of
from metrics.columns import COLUMNS, NUMBER, TIME
from metrics.definitions import Unit
from tests.unit.engine_reports.reports import document


def test_csv_begins_with_the_mark_excel_needs_and_has_lines_and_totals() -> None:
    content = csv_of(document("en"))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0][:2] == ["Hour", "Queue"]
    assert [row[:2] for row in rows[1:]] == [
        ["09:00", "Repair"],
        ["09:00", "<b>Sales</b>"],
        ["10:00", "Repair"],
        ["All", "Repair"],
        ["All", "<b>Sales</b>"],
        ["All", "All"],
    ]
    level, wait = rows[0].index("Service level (%)"), rows[0].index("Average speed of answer (s)")
    assert [row[level] for row in rows[1:]] == ["50.0", "100.0", "100.0", "87.5", "100.0", "88.1"]
    assert rows[-1][wait] == "8.67"
    assert rows[-1][-1] == ""  # nobody was asked: no data is neither 0 nor a word


@pytest.mark.parametrize("text", ["=1+1", "+86138", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_begins_like_a_formula_is_none_in_csv(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert next(csv.reader(io.StringIO(csv_bytes([[text]]).decode("utf-8-sig"), newline=""))) == [f"'{text}"]


def test_negative_numbers_stay_numbers_in_csv() -> None:
    assert csv_bytes([[-1.5, "a"]]).decode("utf-8-sig") == "-1.5,a\r\n"


def test_a_workbook_has_real_numbers_and_explains_each_figure() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(document("zh"))))
    sheet, explained, why = book.worksheets
    heads = [cell.value for cell in sheet[3]]
    first = [cell for cell in sheet[4]]
    level = first[heads.index("服务水平")]
    assert (level.value, level.number_format, level.data_type) == (0.5, "0.0%", "n")
    assert level.fill.fgColor.rgb == "FFFDE2E1"  # out of its band
    break_ = first[heads.index("示忙时长")]
    assert (break_.number_format, break_.is_date) == ("[h]:mm:ss", True)
    assert first[1].value == "=报修"
    assert first[1].data_type == "s"
    assert sheet.freeze_panes == "C4"
    assert [row[0].value for row in explained.iter_rows(min_row=2, max_row=3)] == ["进入队列", "服务水平"]
    assert explained["E3"].value == COLUMNS["service_level"].formulas["zh"]
    assert why["A1"].value == "服务水平 50 %"


def test_no_cell_of_a_workbook_is_a_formula_or_a_link() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(document("zh"))))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not [cell for cell in cells if cell.hyperlink]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing(language: Language) -> None:
    page = html_of(document(language)).decode()
    assert not re.search(r"<script|<link|<img|<iframe|\bon\w+=|javascript:|@import|url\(|https?:", page)
    assert "<b>Sales</b>" not in page
    if language == "en":
        assert "&lt;b&gt;Sales&lt;/b&gt;" in page
    assert page.count("<svg") == 2
    assert COLUMNS["service_level"].formulas[language].replace("'", "&#x27;") in page


def test_what_is_out_of_its_band_is_marked_by_more_than_colour() -> None:
    page = html_of(document("en")).decode()
    assert '<td class="out">50.0 % ↓</td>' in page
    assert '<td class="out">30.0 s ↑</td>' in page


def test_json_has_every_line_with_its_values_as_they_are() -> None:
    told = msgspec.json.decode(json_of(document("en")))
    assert [line["values"]["service_level"] for line in told["lines"]] == [0.5, 1.0, 1.0]
    assert told["whole"]["values"]["offered"] == 42
    assert told["whole"]["values"]["survey_score"] is None
    assert told["lines"][0]["out_of_band"] == {"service_level": "low", "asa": "high"}
    assert told["columns"][1]["band"] == {"low": 0.8, "high": None}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.RATIO, "–"),
        (0.8015, Unit.RATIO, "80.2 %"),
        (12.34, Unit.SECONDS, "12.3 s"),
        (272.0, Unit.SECONDS, "4:32"),
        (3700.0, Unit.SECONDS, "1:01:40"),
        (59.97, TIME, "0:01:00"),
        (97200.0, TIME, "27:00:00"),
        (1234.0, NUMBER, "1,234"),
        (4.5, Unit.POINTS, "4.50"),
    ],
)
def test_values_are_shown_as_people_read_them(value: float | None, unit: str, text: str) -> None:
    assert shown(value, unit, "en") == text


def test_a_file_is_named_after_what_it_is_about() -> None:
    assert file_name(document(), "xlsx") == "hotline-queue-2026-11-25.xlsx"
