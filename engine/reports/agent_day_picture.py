"""An agent's day as a time line, in SVG: three hours a row, states by colour, talks, breaks over the limit. Pure.

The day is cut into rows, so that a talk of two minutes is still wide enough to be seen on paper.
"""

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from agents.state import AgentState
from engine.reports.agent_day import AgentDay, Spell
from engine.reports.shown import Language, clock

__all__ = ["picture"]

WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 1000, 40, 40, 64, 62, 26
ROW_S: Final = 3 * 3600.0
"""How much of the day is in one row."""
FONT: Final = "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC','WenQuanYi Micro Hei',system-ui,sans-serif"
OVER, OVER_TEXT = "#dc2626", "#7f1d1d"
STATES: Final[dict[AgentState, tuple[str, dict[Language, str]]]] = {
    AgentState.READY: ("#86efac", {"zh": "就绪", "en": "Ready"}),
    AgentState.OFFERED: ("#fde047", {"zh": "振铃", "en": "Being rung"}),
    AgentState.TALKING: ("#3b82f6", {"zh": "通话", "en": "Talking"}),
    AgentState.HOLDING: ("#1e3a8a", {"zh": "保持", "en": "Holding"}),
    AgentState.WRAP_UP: ("#a78bfa", {"zh": "事后处理", "en": "Wrap-up"}),
    AgentState.NOT_READY: ("#cbd5e1", {"zh": "示忙", "en": "Not ready"}),
}


def picture(day: AgentDay, language: Language) -> str:
    """The drawing."""
    first, last = _hours(day)
    rows = max(math.ceil((last - first) / ROW_S), 1)
    height = TOP + rows * ROW + 74
    who = f"{day.agent} {day.name}".strip()
    reasons = {reason: names[language] for reason, names in day.reasons.items()}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="day" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" font-family="{FONT}" font-size="12" fill="#1e293b">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="26" font-size="17" font-weight="600">{escape(who)}  {day.day}</text>',
        f'<text x="{LEFT}" y="46" fill="#475569">{escape(_summary(day, language))}</text>',
    ]
    for n in range(rows):
        parts += _row(day, first + n * ROW_S, TOP + n * ROW, language, reasons)
    parts += _legend(day, TOP + rows * ROW + 14, language)
    return "".join([*parts, "</svg>"])


def _hours(day: AgentDay) -> tuple[float, float]:
    """From the full hour in which he came to the end of that in which he left; of an empty day, working hours."""
    if not day.spells:
        return day.start + 8 * 3600, day.start + 17 * 3600
    first, last = day.spells[0].start, max(spell.end for spell in day.spells)
    return first - (first - day.start) % 3600, last + (day.start - last) % 3600


def _summary(day: AgentDay, language: Language) -> str:
    long = [spell for spell in day.spells if spell.over_s > 0]
    over_s = sum(spell.over_s for spell in long)
    talk_s = sum(talk.end - talk.start for talk in day.talks)
    logged_in = clock(sum(spell.end - spell.start for spell in day.spells), hours=True)
    if not day.spells:
        return {"zh": "当日未签入。", "en": "Not logged in on this day."}[language]
    if language == "zh":
        said = [
            f"签入 {logged_in}",
            f"通话 {len(day.talks)} 次共 {clock(talk_s, hours=True)}",
            f"未接派发 {day.missed} 次",
        ]
        said += [f"超时小休 {len(long)} 次共超 {clock(over_s)}"] if long else []
        return "，".join(said)
    said = [
        f"logged in {logged_in}",
        f"{len(day.talks)} talks of {clock(talk_s, hours=True)}",
        f"{day.missed} offers missed",
    ]
    said += [f"{len(long)} breaks too long, by {clock(over_s)} together"] if long else []
    return "; ".join(said)


def _row(day: AgentDay, start: float, top: float, language: Language, reasons: dict[str, str]) -> Iterator[str]:
    zone, end = ZoneInfo(day.zone), start + ROW_S

    def x(at: float) -> float:
        return LEFT + (min(max(at, start), end) - start) / ROW_S * (WIDTH - LEFT - RIGHT)

    yield f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{BAR}" fill="#f8fafc" stroke="#e2e8f0"/>'
    for n in range(int(ROW_S // 1800) + 1):
        at = start + n * 1800
        tall, label = (6, f"{datetime.fromtimestamp(at, zone):%H:%M}") if n % 2 == 0 else (3, "")
        yield f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{top + BAR}" y2="{top + BAR + tall}" stroke="#94a3b8"/>'
        if label:
            yield f'<text x="{x(at):.1f}" y="{top + BAR + 18}" text-anchor="middle" fill="#64748b">{label}</text>'
    here = [spell for spell in day.spells if spell.start < end and spell.end > start]
    for spell in here:
        yield _bar(spell, x(spell.start), x(spell.end), top, zone, language, reasons)
    for talk in day.talks:
        if talk.start < end and talk.end > start:
            wide = max(x(talk.end) - x(talk.start), 1.0)
            yield f'<rect x="{x(talk.start):.1f}" y="{top - 6}" width="{wide:.1f}" height="4" fill="#1d4ed8"/>'
    for spell in here:
        yield from _too_long(spell, x, top, start, end, language)


def _bar(
    spell: Spell, left: float, right: float, top: float, zone: ZoneInfo, language: Language, reasons: dict[str, str]
) -> str:
    colour, names = STATES[spell.state]
    reason = reasons.get(spell.reason, spell.reason)
    times = "–".join(f"{datetime.fromtimestamp(at, zone):%H:%M:%S}" for at in (spell.start, spell.end))
    told = " ".join(filter(None, [names[language], reason, times]))
    wide = right - left
    label = ""
    if spell.state is AgentState.NOT_READY and wide > 9 * len(reason) + 8 and reason:
        label = f'<text x="{left + 4:.1f}" y="{top + 17}" fill="#334155">{escape(reason)}</text>'
    return (
        f'<rect x="{left:.1f}" y="{top}" width="{max(wide, 0.6):.1f}" height="{BAR}" fill="{colour}">'
        f"<title>{escape(told)}</title></rect>{label}"
    )


def _too_long(
    spell: Spell, x: Callable[[float], float], top: float, start: float, end: float, language: Language
) -> Iterator[str]:
    """What of a break was over the limit has a red frame, and its length above where it ends."""
    since = spell.end - spell.over_s
    if spell.over_s <= 0 or since >= end or spell.end <= start:
        return
    left, right = x(since), x(spell.end)
    yield (
        f'<rect x="{left:.1f}" y="{top}" width="{max(right - left, 2.0):.1f}" height="{BAR}" fill="{OVER}"'
        f' fill-opacity="0.35" stroke="{OVER}" stroke-width="1.5"/>'
    )
    if spell.end <= end:
        told = {"zh": f"超 {clock(spell.over_s)}", "en": f"+{clock(spell.over_s)}"}[language]
        inside = right - left > 60
        at, height = (left + 5, top + 17) if inside else (right + 3, top - 9)
        yield f'<text x="{at:.1f}" y="{height:.1f}" fill="{OVER_TEXT}" font-weight="600">{told}</text>'


def _legend(day: AgentDay, top: float, language: Language) -> Iterator[str]:
    """Each state with its total and its share."""
    whole = sum(spell.end - spell.start for spell in day.spells)
    x = float(LEFT)
    for state, (colour, names) in STATES.items():
        spent = sum(spell.end - spell.start for spell in day.spells if spell.state is state)
        share = f"{spent / whole:.0%}" if whole else "–"
        yield f'<rect x="{x:.0f}" y="{top}" width="12" height="12" fill="{colour}"/>'
        yield f'<text x="{x + 17:.0f}" y="{top + 11}" font-weight="600">{names[language]}</text>'
        yield f'<text x="{x + 17:.0f}" y="{top + 28}" fill="#475569">{clock(spent, hours=True)} · {share}</text>'
        x += 150
    marks = {
        "zh": "细蓝线：通话（按派发记录）；红框：超出小休时限的部分",
        "en": "thin blue line: talks, by their offers; red frame: what of a break was over the limit",
    }
    yield f'<text x="{LEFT}" y="{top + 50}" fill="#64748b">{marks[language]}</text>'
