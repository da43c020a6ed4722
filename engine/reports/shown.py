"""How a report is put into words and figures, in the reader's language. Pure."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final, Literal

import msgspec

from acd.rules import Rules
from metrics.columns import NUMBER, TIME, Column
from metrics.definitions import Band, Unit
from metrics.dimensions import Dimension
from metrics.periods import Step

__all__ = ["DIMENSIONS", "NO_DATA", "STEPS", "Language", "Names", "clock", "shown", "span_words", "target", "unit_word"]

Language = Literal["zh", "en"]

NO_DATA: Final = "–"

DIMENSIONS: Final[dict[Dimension, dict[Language, str]]] = {
    Dimension.SITE: {"zh": "全站", "en": "Site"},
    Dimension.QUEUE: {"zh": "队列", "en": "Queue"},
    Dimension.AGENT: {"zh": "座席", "en": "Agent"},
    Dimension.VIP: {"zh": "VIP 等级", "en": "VIP level"},
    Dimension.DID: {"zh": "被叫号码", "en": "Number dialled"},
    Dimension.MENU: {"zh": "导航选择", "en": "Menu choice"},
    Dimension.GROUP: {"zh": "班组", "en": "Group"},
    Dimension.SKILL: {"zh": "技能", "en": "Skill"},
}
STEPS: Final[dict[Step, dict[Language, str]]] = {
    Step.QUARTER: {"zh": "15 分钟", "en": "Quarter of an hour"},
    Step.HALF_HOUR: {"zh": "半小时", "en": "Half hour"},
    Step.HOUR: {"zh": "小时", "en": "Hour"},
    Step.SHIFT: {"zh": "班次", "en": "Shift"},
    Step.DAY: {"zh": "日", "en": "Day"},
    Step.WEEK: {"zh": "周", "en": "Week"},
    Step.MONTH: {"zh": "月", "en": "Month"},
}
UNITS: Final[dict[str, dict[Language, str]]] = {
    Unit.RATIO: {"zh": "%", "en": "%"},
    Unit.SECONDS: {"zh": "秒", "en": "s"},
    Unit.POINTS: {"zh": "分", "en": "points"},
    Unit.RINGS: {"zh": "声", "en": "rings"},
    Unit.CALLS: {"zh": "个", "en": "calls"},
    Unit.PER_HOUR: {"zh": "个/小时", "en": "per hour"},
    Unit.YUAN: {"zh": "元", "en": "yuan"},
    TIME: {"zh": "时:分:秒", "en": "h:mm:ss"},
    NUMBER: {"zh": "", "en": ""},
}


class Names(msgspec.Struct, frozen=True):
    """What people call queues and agents."""

    queues: Mapping[str, Mapping[str, str]]
    agents: Mapping[str, str]

    @classmethod
    def of(cls, rules: Rules) -> "Names":
        return cls(
            {str(queue.id): queue.names for queue in rules.queues.values()},
            {str(agent.id): agent.name for agent in rules.agents.values()},
        )

    def of_key(self, by: Dimension, key: str | None, language: Language) -> str:
        """What a line is about; None: all of them."""
        if key is None:
            return {"zh": "合计", "en": "All"}[language]
        match by:
            case Dimension.SITE:
                return DIMENSIONS[by][language]
            case Dimension.QUEUE:
                names = self.queues.get(key, {})
                return names.get(language) or next(iter(names.values()), key)
            case Dimension.AGENT:
                return f"{key} {self.agents[key]}" if self.agents.get(key) else key
            case Dimension.MENU if not key:
                return {"zh": "（无选择）", "en": "(none)"}[language]
            case _:
                return key


def unit_word(unit: str, language: Language) -> str:
    """As it stands in a column's head; empty for what is counted."""
    return UNITS.get(unit, {}).get(language, unit)


def shown(value: float | None, unit: str, language: Language) -> str:
    """80.1 %, 12.3 s, 4:32, 7:05:10, 1,234."""
    if value is None:
        return NO_DATA
    match unit:
        case Unit.RATIO:
            return f"{value * 100:.1f} %"
        case Unit.SECONDS:
            return f"{value:.1f} {UNITS[unit][language]}" if value < 60 else clock(value)
        case str() if unit == TIME:
            return clock(value, hours=True)
        case str() if unit in (NUMBER, Unit.CALLS):
            return f"{value:,.0f}"
        case _:
            return f"{value:,.2f}"


def clock(seconds: float, *, hours: bool = False) -> str:
    """4:32; from an hour on, or with `hours`, 1:04:32."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if hours or minutes >= 60:
        return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


def target(column: Column, language: Language) -> str:
    """≥ 80.0 %; 30.0 s – 1:30; empty: none."""
    match column.band:
        case Band(low=float() | int() as low, high=float() | int() as high):
            return f"{shown(low, column.unit, language)} – {shown(high, column.unit, language)}"
        case Band(low=float() | int() as low):
            return f"≥ {shown(low, column.unit, language)}"
        case Band(high=float() | int() as high):
            return f"≤ {shown(high, column.unit, language)}"
        case _:
            return ""


def span_words(since: float, until: float, zone: tzinfo) -> str:
    """2026-11-25, 2026-11-01 – 2026-11-30, or with the times of the day."""
    start, end = datetime.fromtimestamp(since, zone), datetime.fromtimestamp(until, zone)
    if (start.hour, start.minute, end.hour, end.minute) != (0, 0, 0, 0):
        return f"{start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}"
    last = datetime.fromtimestamp(until - 1, zone)
    return f"{start:%Y-%m-%d}" if start.date() == last.date() else f"{start:%Y-%m-%d} – {last:%Y-%m-%d}"
