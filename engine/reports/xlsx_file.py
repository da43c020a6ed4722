"""A report as a workbook: real numbers, what is out of its band coloured, and a sheet that explains each column."""

import io
from collections.abc import Iterable

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from engine.reports.document import Document
from engine.reports.shown import target, unit_word
from metrics.columns import NUMBER, TIME
from metrics.definitions import Unit

__all__ = ["xlsx_of"]

DAY_S = 86400.0
FORMS = {Unit.RATIO: "0.0%", Unit.SECONDS: "0.0", TIME: "[h]:mm:ss", NUMBER: "#,##0", Unit.CALLS: "#,##0"}
OUT = {"bg_color": "#FDE2E1", "font_color": "#9B1C1C"}
WIDEST = 60


def xlsx_of(document: Document) -> bytes:
    """The workbook; nothing in it is a formula or a link, whatever callers called themselves."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        _Sheets(book, document).write()
    return file.getvalue()


class _Sheets:
    """The sheets of one workbook, which share their formats."""

    def __init__(self, book: Workbook, document: Document) -> None:
        self._book, self._document = book, document
        self._head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._formats: dict[tuple[str, bool, bool], Format] = {}

    def write(self) -> None:
        self._report(self._book.add_worksheet(self._document.say("报表", "Report")))
        self._explanations(self._book.add_worksheet(self._document.say("指标说明", "Figures explained")))
        if self._document.because:
            self._because(self._book.add_worksheet(self._document.say("原因", "Why")))

    def _report(self, sheet: Worksheet) -> None:
        document, columns = self._document, self._document.report.columns
        sheet.write_string(0, 0, document.heading, self._title)
        heads = [*document.heads]
        for column in columns:
            unit = "" if column.unit in (TIME, Unit.RATIO) else unit_word(column.unit, document.language)
            name = column.names[document.language]
            heads.append(f"{name} ({unit})" if unit else name)
        _row(sheet, 2, heads, self._head)
        for n, column in enumerate(columns, start=len(document.heads)):
            aim = target(column, document.language)
            sheet.write_comment(2, n, "\n".join(filter(None, (column.formulas[document.language], aim))))
        for row, (line, is_total) in enumerate(document.lines(), start=3):
            bold = self._format("", out=False, bold=is_total)
            for n, text in enumerate(document.of_line(line)):
                sheet.write_string(row, n, text, bold)
            cells = zip(line.values, line.sides, columns, strict=True)
            for n, (value, side, column) in enumerate(cells, start=len(document.heads)):
                form = self._format(column.unit, out=side is not None, bold=is_total)
                if value is None:
                    sheet.write_blank(row, n, None, form)
                else:
                    sheet.write_number(row, n, value / DAY_S if column.unit == TIME else value, form)
        sheet.freeze_panes(3, len(document.heads))
        sheet.set_column(0, 0, 20)
        sheet.set_column(1, 1, 18)
        sheet.set_column(2, 1 + len(columns), 13)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)

    def _explanations(self, sheet: Worksheet) -> None:
        say = self._document.say
        heads = (
            say("指标", "Figure"),
            say("编号", "Id"),
            say("单位", "Unit"),
            say("目标", "Target"),
            say("公式", "Formula"),
            say("出处", "Source"),
        )
        _row(sheet, 0, heads, self._head)
        language = self._document.language
        columns = self._document.report.columns
        for row, column in enumerate(columns, start=1):
            unit = unit_word(column.unit, language)
            cells = (
                column.names[language],
                column.id,
                unit,
                target(column, language),
                column.formulas[language],
                column.source,
            )
            _row(sheet, row, cells, self._text)
        for row, note in enumerate(self._document.notes(), start=len(columns) + 2):
            sheet.write_string(row, 0, note)
        for n, width in enumerate((28, 28, 10, 20, WIDEST, 30)):
            sheet.set_column(n, n, width)
        sheet.freeze_panes(1, 0)

    def _because(self, sheet: Worksheet) -> None:
        row = 0
        for one in self._document.because:
            sheet.write_string(row, 0, one.headline, self._head)
            for sentence in one.sentences:
                row += 1
                sheet.write_string(row, 0, sentence)
            row += 2
        sheet.set_column(0, 0, 2 * WIDEST)

    def _format(self, unit: str, *, out: bool, bold: bool) -> Format:
        known = self._formats.get((unit, out, bold))
        if known is None:
            said = {"num_format": FORMS.get(unit, "0.00")} if unit else {}
            known = self._book.add_format({**said, **(OUT if out else {}), "bold": bold, "top": int(bold)})
            self._formats[unit, out, bold] = known
        return known


def _row(sheet: Worksheet, row: int, cells: Iterable[str], form: Format) -> None:
    for n, cell in enumerate(cells):
        sheet.write_string(row, n, cell, form)
