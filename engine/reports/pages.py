"""The pages below /reports: a form to ask with, the report, the calls behind a number. No script."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cti.http.services import CallBehind
from cti.masking import mask_number
from engine.reports.behind import Question
from engine.reports.document import Document
from engine.reports.html_page import body, page
from engine.reports.shown import DIMENSIONS, STEPS, Language, Names, span_words
from metrics.columns import COLUMNS, Column
from metrics.dimensions import Dimension
from metrics.periods import Step
from metrics.reports import Line

__all__ = ["calls_page", "report_page", "sign_in_page"]

MOST_ON_A_PAGE = 1000


def report_page(document: Document | None, question: Mapping[str, str], language: Language, problem: str = "") -> str:
    """The form, and below it the report or what is wrong with the question."""
    content = [_form(question, language)]
    if problem:
        content.append(f'<p class="note"><b>{escape(problem)}</b></p>')
    if document is not None:
        content.append(_downloads(question, language))
        content.append(body(document, link=lambda line, column: _link(document, line, column)))
    title = document.heading if document is not None else _say(language, "报表", "Reports")
    return page(title, language, "\n".join(content))


def _say(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en


def _form(question: Mapping[str, str], language: Language) -> str:
    def field(name: str, zh: str, en: str, kind: str = "text") -> str:
        value = escape(question.get(name, ""), quote=True)
        return f'<label>{_say(language, zh, en)}<input type="{kind}" name="{name}" value="{value}"></label>'

    def choice(name: str, zh: str, en: str, options: Mapping[str, str]) -> str:
        chosen = question.get(name, "")
        items = "".join(
            f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>{escape(text)}</option>'
            for key, text in options.items()
        )
        return f'<label>{_say(language, zh, en)}<select name="{name}">{items}</select></label>'

    dimensions = {str(by): names[language] for by, names in DIMENSIONS.items() if by is not Dimension.QUEUE}
    steps = {str(step): names[language] for step, names in STEPS.items() if step is not Step.SHIFT}
    parts = [
        field("from", "起始日", "From", "date"),
        field("to", "截止日", "To", "date"),
        choice("by", "按", "By", {Dimension.QUEUE: DIMENSIONS[Dimension.QUEUE][language], **dimensions}),
        choice("step", "时段", "Period", {"": _say(language, "自动", "as usual"), **steps}),
        field("key", "只限（逗号分隔）", "These alone (with commas)"),
        field("figures", "指标（空：常用；all：全部）", "Figures (none: usual; all)"),
        choice("language", "语言", "Language", {"zh": "中文", "en": "English"}),
        f"<button>{_say(language, '查看', 'Show')}</button>",
    ]
    return '<form method="get" action="/reports">' + "".join(parts) + "</form>"


def _downloads(question: Mapping[str, str], language: Language) -> str:
    links = " · ".join(
        f'<a href="/reports?{escape(urlencode({**question, "format": form}))}">{form.upper()}</a>'
        for form in ("csv", "xlsx", "json")
    )
    return f'<p class="screen">{_say(language, "下载", "As a file")}: {links}</p>'


def _link(document: Document, line: Line, column: Column) -> str:
    report = document.report
    since, until = report.span(line)
    asked = {
        "count": column.id,
        "by": report.by,
        "from": datetime.fromtimestamp(since, document.zone).isoformat(),
        "to": datetime.fromtimestamp(until, document.zone).isoformat(),
        "language": document.language,
    }
    if line.key is not None and report.by is not Dimension.SITE:
        asked["key"] = line.key or '""'
    return f"/reports/calls?{urlencode(asked)}"


def calls_page(found: Sequence[CallBehind], asked: Question, names: Names, zone: ZoneInfo, language: Language) -> str:
    """The calls, their numbers masked."""
    whose = names.of_key(asked.by, asked.key, language)
    when = span_words(asked.since, asked.until, zone)
    title = f"{COLUMNS[asked.count].names[language]} · {whose} · {when}: {len(found)}"
    heads = (
        ("时间", "Time"),
        ("通话", "Call"),
        ("队列", "Queue"),
        ("座席", "Agent"),
        ("号码", "Number"),
        ("等待（秒）", "Wait (s)"),
        ("通话（秒）", "Talk (s)"),
        ("结果", "How"),
    )
    rows = "".join(_call_row(one, names, zone, language) for one in found[:MOST_ON_A_PAGE])
    more = len(found) - MOST_ON_A_PAGE
    rest = _say(language, f"另有 {more} 条未显示。", f"{more} more are not shown.") if more > 0 else ""
    content = (
        f"<h1>{escape(title)}</h1>"
        f'<table class="list"><thead><tr>{"".join(f"<th>{_say(language, zh, en)}</th>" for zh, en in heads)}</tr></thead>'
        f"<tbody>{rows}</tbody></table><p>{rest}</p>"
    )
    return page(title, language, content)


def _call_row(one: CallBehind, names: Names, zone: ZoneInfo, language: Language) -> str:
    cells = (
        f"{datetime.fromtimestamp(one.at, zone):%Y-%m-%d %H:%M:%S}",
        one.call or "",
        "" if one.queue is None else names.of_key(Dimension.QUEUE, one.queue, language),
        "" if one.agent is None else names.of_key(Dimension.AGENT, one.agent, language),
        mask_number(one.number),
        "" if one.wait_s is None else f"{one.wait_s:.1f}",
        "" if one.talk_s is None else f"{one.talk_s:.1f}",
        one.how,
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def sign_in_page(language: Language, *, refused: bool) -> str:
    """Asks for a token, in both languages: who comes is not known yet."""
    wrong = "<p><b>令牌无效 This token is not valid.</b></p>" if refused else ""
    form = (
        '<form method="post" action="/reports"><label>接口令牌 API token'
        '<input type="password" name="token" autofocus autocomplete="off"></label>'
        "<button>登录 Sign in</button></form>"
    )
    return page("Hotline 报表 reports", language, f"<h1>Hotline 报表 reports</h1>{wrong}{form}")
