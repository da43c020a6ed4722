"""A report as one page to look at and to print: A4 across, no script, nothing to load."""

from collections.abc import Callable, Iterator
from datetime import datetime
from html import escape
from typing import Final

from engine.reports.charts import charts
from engine.reports.document import Document
from engine.reports.shown import shown, target
from metrics.columns import Column
from metrics.definitions import Side
from metrics.reports import Line

__all__ = ["Link", "body", "html_of", "page"]

Link = Callable[[Line, Column], str]
"""Where the calls behind a number are shown."""

STYLE: Final = """
@page{size:A4 landscape;margin:12mm}
:root{color-scheme:light}
body{font:13px/1.45 'Noto Sans CJK SC','Microsoft YaHei','PingFang SC','WenQuanYi Micro Hei',system-ui,sans-serif;
color:#1e293b;background:#fff;margin:1.2em auto;max-width:1200px;padding:0 1em}
h1{font-size:20px;margin:.2em 0}h2{font-size:15px;margin:1.4em 0 .4em}
.made{color:#64748b;margin:0 0 1em}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
thead{display:table-header-group}tr{break-inside:avoid}
th,td{border-bottom:1px solid #e2e8f0;padding:3px 6px;text-align:right;vertical-align:top}
th{background:#f1f5f9;font-weight:600}th small,.target{display:block;font-weight:400;color:#64748b}
th:nth-child(1),td:nth-child(1),th:nth-child(2),td:nth-child(2){text-align:left}
tr.total td{font-weight:600;background:#f8fafc}
td.out{background:#fde2e1;color:#9b1c1c;font-weight:600}td.none{color:#94a3b8}
td a{color:inherit}
svg.day{width:100%;height:auto}svg.chart{display:block;width:100%;margin:.4em 0;break-inside:avoid}
.why li{margin:.15em 0}.explained td,.explained th,.list td,.list th{text-align:left}
.note{color:#475569;margin:.3em 0}
form{display:flex;flex-wrap:wrap;gap:.6em 1em;align-items:end;background:#f1f5f9;padding:.8em;border-radius:6px}
form label{display:flex;flex-direction:column;font-size:12px;color:#475569}
input,select,button{font:inherit;padding:.25em .4em}
@media print{form,.screen{display:none}body{margin:0;max-width:none;padding:0;font-size:10.5px;print-color-adjust:exact;
-webkit-print-color-adjust:exact}h2{break-after:avoid}}
"""


def html_of(document: Document) -> bytes:
    """The page as a file."""
    return page(document.heading, document.language, body(document)).encode()


def page(title: str, language: str, content: str) -> str:
    """A whole page around some content."""
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n{content}\n</body></html>\n"
    )


def body(document: Document, link: Link | None = None) -> str:
    """The report itself: heading, what is out of its band and why, charts, table, explanations."""
    made = f"{datetime.fromtimestamp(document.made_at, document.zone):%Y-%m-%d %H:%M}"
    return "\n".join(
        [
            f"<h1>{escape(document.heading)}</h1>",
            f'<p class="made">Hotline · {document.say("生成于", "made at")} {made}</p>',
            *_because(document),
            charts(document),
            *_table(document, link),
            *(f'<p class="note">{escape(note)}</p>' for note in document.notes()),
            *document.pictures,
            *_explained(document),
        ]
    )


def _because(document: Document) -> Iterator[str]:
    if not document.because:
        return
    yield f"<h2>{document.say('偏离目标的指标与可能原因', 'Out of band, and what may explain it')}</h2>"
    for one in document.because:
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in one.sentences)
        yield f'<div class="why"><b>{escape(one.headline)}</b><ul>{items}</ul></div>'


def _table(document: Document, link: Link | None) -> Iterator[str]:
    columns = document.report.columns
    yield "<table><thead><tr>"
    yield "".join(f"<th>{escape(head)}</th>" for head in document.heads)
    yield "".join(_head(column, document) for column in columns)
    yield "</tr></thead><tbody>"
    if not document.report.lines:
        nothing = document.say("此时段没有数据。", "There is no data of this time.")
        yield f'<tr><td colspan="{2 + len(columns)}">{nothing}</td></tr>'
    for line, is_total in document.lines():
        about = "".join(f"<td>{escape(text)}</td>" for text in document.of_line(line))
        cells = (
            _cell(document, line, column, value, side, link)
            for column, value, side in zip(columns, line.values, line.sides, strict=True)
        )
        yield f'<tr class="total">{about}' if is_total else f"<tr>{about}"
        yield "".join(cells)
        yield "</tr>"
    yield "</tbody></table>"


def _head(column: Column, document: Document) -> str:
    aim = target(column, document.language)
    small = f"<small>{escape(aim)}</small>" if aim else ""
    return f'<th title="{escape(column.formulas[document.language])}">{escape(column.names[document.language])}{small}</th>'


def _cell(
    document: Document, line: Line, column: Column, value: float | None, side: Side | None, link: Link | None
) -> str:
    text = escape(shown(value, column.unit, document.language))
    if side is not None:
        text += " ↓" if side is Side.LOW else " ↑"
    if link is not None and value and column.is_count:
        text = f'<a href="{escape(link(line, column))}">{text}</a>'
    kind = "none" if value is None else "out" if side is not None else ""
    return f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>"


def _explained(document: Document) -> Iterator[str]:
    say = document.say
    heads = (say("指标", "Figure"), say("公式", "Formula"), say("目标", "Target"), say("出处", "Source"))
    yield f"<h2>{say('指标说明', 'What the figures mean')}</h2>"
    yield (
        '<table class="explained"><thead><tr>' + "".join(f"<th>{head}</th>" for head in heads) + "</tr></thead><tbody>"
    )
    for column in document.report.columns:
        cells = (
            column.names[document.language],
            column.formulas[document.language],
            target(column, document.language),
            column.source,
        )
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table>"
