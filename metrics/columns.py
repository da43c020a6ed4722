"""What a report can show: each figure, and each of the counts the figures are made of, under one name. Pure."""

from collections.abc import Callable, Mapping, Set
from typing import Final

import msgspec

from acd.model import OfferOutcome
from metrics.definitions import FIGURES, Band, Sums
from metrics.dimensions import Dimension

__all__ = ["COLUMNS", "NUMBER", "OF_CALLERS", "TIME", "UNCOUNTED", "Column"]

NUMBER: Final = "number"
"""The unit of what is counted: calls, talks, offers."""
TIME: Final = "time"
"""The unit of seconds added up, told from those of a mean."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A figure or a count. `of` answers None where there is no data."""

    id: str
    names: dict[str, str]
    unit: str
    """A figure's unit, NUMBER or TIME."""
    of: Callable[[Sums], float | None]
    formulas: dict[str, str]
    """How it is worked out, by language."""
    source: str = ""
    norm: int | None = None
    band: Band | None = None
    is_count: bool = False
    """Whether what was counted can be listed, one by one."""


def _queue(field: str, zh: str, en: str, formula_zh: str, formula_en: str) -> Column:
    def of(sums: Sums) -> float:
        value: float = getattr(sums.queue, field)
        return value

    formulas = {"zh": formula_zh, "en": formula_en}
    return Column(id=field, names={"zh": zh, "en": en}, unit=NUMBER, of=of, formulas=formulas, is_count=True)


def _queued(sums: Sums) -> float:
    return sums.queue.offered - sums.queue.direct


_OUTCOMES: Final = {
    OfferOutcome.ACCEPTED: ("接听的派发", "Offers accepted"),
    OfferOutcome.DECLINED: ("拒接的派发", "Offers declined"),
    OfferOutcome.NO_ANSWER: ("振铃未接的派发", "Offers not answered"),
    OfferOutcome.UNREACHABLE: ("话机不可达的派发", "Offers to a phone out of reach"),
    OfferOutcome.WITHDRAWN: ("撤回的派发", "Offers withdrawn"),
}


def _outcome(outcome: OfferOutcome, zh: str, en: str) -> Column:
    def of(sums: Sums) -> float:
        return sums.queue.offers.get(outcome, 0)

    formulas = {"zh": f"结果为 {outcome} 的派发", "en": f"offers that ended as {outcome}, booked when they ended"}
    names = {"zh": zh, "en": en}
    return Column(id=f"offers_{outcome}", names=names, unit=NUMBER, of=of, formulas=formulas, is_count=True)


def _time(field: str, zh: str, en: str) -> Column:
    def of(sums: Sums) -> float:
        value: float = getattr(sums.agents, field)
        return value

    state = field.removesuffix("_s")
    formulas = {"zh": f"座席处于 {state} 状态的时间", "en": f"time agents were in the state {state}"}
    return Column(id=f"time_{state}", names={"zh": zh, "en": en}, unit=TIME, of=of, formulas=formulas)


_COUNTS: Final = (
    _queue("calls", "呼入总数", "Calls", "打进来的来电", "calls that came in"),
    _queue(
        "completed_ivr",
        "导航内完成",
        "Ended in the menu",
        "在语音导航内完成的来电",
        "calls the menu served to their end",
    ),
    _queue(
        "abandoned_ivr", "导航内挂机", "Hung up in the menu", "未进队列即挂机", "callers who hung up before any queue"
    ),
    _queue("offered", "进入队列", "Offered", "进入队列等待的来电", "callers who came to wait in a queue"),
    _queue("direct", "直接接入", "Not queued", "其中立即派给座席的", "of these, offered to an agent at once"),
    Column(
        id="queued",
        names={"zh": "需排队", "en": "Queued"},
        unit=NUMBER,
        of=_queued,
        formulas={"zh": "进入队列 − 直接接入", "en": "offered - not queued"},
        is_count=True,
    ),
    _queue("answered", "接听", "Answered", "座席接听的来电", "callers an agent answered"),
    _queue(
        "answered_within_sl", "时限内接听", "Answered in time", "服务水平时限内接听", "within the service level's time"
    ),
    _queue(
        "abandoned", "放弃", "Abandoned", "接听前挂机，不含短时放弃", "hung up before an answer, without short abandons"
    ),
    _queue("abandoned_waiting", "等待中放弃", "Abandoned waiting", "其中话机未振铃", "of these, before any phone rang"),
    _queue(
        "abandoned_ringing", "振铃中放弃", "Abandoned ringing", "其中座席话机振铃时", "of these, while a phone rang"
    ),
    _queue(
        "short_abandoned",
        "短时放弃",
        "Short abandons",
        "短时放弃时限内挂机",
        "hung up within the queue's short_abandon",
    ),
    _queue(
        "abandoned_within_sl",
        "时限内放弃",
        "Abandoned in time",
        "服务水平时限内挂机",
        "hung up within the service level's time",
    ),
    _queue("overflowed", "溢出", "Overflowed", "转到其他队列或被送走", "left for another queue, or sent away"),
    _queue("switch_lost", "交换机中断", "Lost by the switch", "因交换机故障中断", "lost because Asterisk failed"),
    _queue("talks", "通话", "Talks", "已结束的通话", "talks, booked when they ended"),
    _queue("held", "有保持的通话", "Talks with hold", "其中有保持的", "of these, those in which the caller was held"),
    _queue(
        "transferred",
        "转接",
        "Transferred",
        "座席转出而结束的通话",
        "talks that ended because the agent handed the caller on",
    ),
    _queue("wrap_ups", "事后处理次数", "Wrap-ups", "已结束的事后处理", "after-call work, booked when it ended"),
    _queue("rung", "振铃后接听", "Rung", "话机振铃后接听的派发", "offers an agent accepted after his phone had rung"),
    _queue(
        "surveys_asked", "评价邀请", "Surveys asked", "被邀请评价的来电者", "callers who were asked about their talk"
    ),
    _queue(
        "surveys_answered",
        "参与评价",
        "Surveys answered",
        "其中至少回答一题的",
        "of these, who answered a question at least",
    ),
    *(_outcome(outcome, zh, en) for outcome, (zh, en) in _OUTCOMES.items()),
)

_TIMES: Final = (
    Column(
        id="time_logged_in",
        names={"zh": "签入时长", "en": "Time logged in"},
        unit=TIME,
        of=lambda sums: sums.agents.logged_in_s,
        formulas={"zh": "座席签入的时间，不论状态", "en": "time agents were logged in, in whatever state"},
    ),
    _time("ready_s", "就绪时长", "Time ready"),
    _time("offered_s", "振铃时长", "Time being rung"),
    _time("talking_s", "通话时长", "Time talking"),
    _time("holding_s", "保持时长", "Time holding"),
    _time("wrap_up_s", "事后处理时长", "Time in wrap-up"),
    _time("not_ready_s", "示忙时长", "Time not ready"),
)

COLUMNS: Final[dict[str, Column]] = {
    **{column.id: column for column in (*_COUNTS, *_TIMES)},
    **{
        figure.id: Column(
            id=figure.id,
            names=figure.names,
            unit=figure.unit,
            of=figure.of,
            formulas={"zh": figure.formula_zh, "en": figure.formula},
            source=figure.source,
            norm=figure.norm,
            band=figure.band,
        )
        for figure in FIGURES.values()
    },
}

_OF_CALLS: Final = frozenset({"calls", "completed_ivr", "abandoned_ivr"})
OF_CALLERS: Final = frozenset(
    {
        "offered",
        "direct",
        "queued",
        "abandoned",
        "abandoned_waiting",
        "abandoned_ringing",
        "short_abandoned",
        "abandoned_within_sl",
        "overflowed",
        "switch_lost",
    }
)
"""Counts of callers' stays that no agent has."""
_OF_AGENTS: Final = frozenset({"wrap_ups", *(column.id for column in _TIMES)})
UNCOUNTED: Final[Mapping[Dimension, Set[str]]] = {
    Dimension.SITE: frozenset(),
    Dimension.QUEUE: _OF_CALLS,
    **dict.fromkeys((Dimension.AGENT, Dimension.GROUP, Dimension.SKILL), _OF_CALLS | OF_CALLERS),
    **dict.fromkeys((Dimension.VIP, Dimension.DID, Dimension.MENU), _OF_AGENTS),
}
"""Counts a dimension does not have: no data there, and not 0. Nobody is offered or abandoned to an agent."""
