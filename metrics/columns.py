"""What a report can show: each figure, and each of the counts the figures are made of, under one name. Pure."""

from collections.abc import Callable
from typing import Final

import msgspec

from acd.model import OfferOutcome
from metrics.definitions import FIGURES, Band, Sums

__all__ = ["COLUMNS", "NUMBER", "TIME", "Column"]

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
    formula: str = ""
    source: str = ""
    norm: int | None = None
    band: Band | None = None
    is_count: bool = False
    """Whether what was counted can be listed, one by one."""


def _queue(field: str, zh: str, en: str, formula: str, name: str = "") -> Column:
    def of(sums: Sums) -> float:
        value: float = getattr(sums.queue, field)
        return value

    return Column(id=name or field, names={"zh": zh, "en": en}, unit=NUMBER, of=of, formula=formula, is_count=True)


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

    names = {"zh": zh, "en": en}
    formula = f"offers to agents that ended as {outcome}, booked when they ended"
    return Column(id=f"offers_{outcome}", names=names, unit=NUMBER, of=of, formula=formula, is_count=True)


def _time(field: str, zh: str, en: str) -> Column:
    def of(sums: Sums) -> float:
        value: float = getattr(sums.agents, field)
        return value

    formula = f"time agents were in the state {field.removesuffix('_s')}"
    return Column(
        id=f"time_{field.removesuffix('_s')}", names={"zh": zh, "en": en}, unit=TIME, of=of, formula=formula
    )


def _logged_in(sums: Sums) -> float:
    a = sums.agents
    return a.not_ready_s + a.ready_s + a.offered_s + a.talking_s + a.holding_s + a.wrap_up_s


_COUNTS: Final = (
    _queue("calls", "呼入总数", "Calls", "calls that came in"),
    _queue("completed_ivr", "导航内完成", "Ended in the menu", "calls the menu served to their end"),
    _queue("abandoned_ivr", "导航内挂机", "Hung up in the menu", "callers who hung up before any queue"),
    _queue("offered", "进入队列", "Offered", "callers who came to wait in the queue"),
    _queue("direct", "直接接入", "Not queued", "of these, offered to an agent at once"),
    Column(
        id="queued",
        names={"zh": "需排队", "en": "Queued"},
        unit=NUMBER,
        of=_queued,
        formula="offered - not queued",
        is_count=True,
    ),
    _queue("answered", "接听", "Answered", "callers an agent answered"),
    _queue("answered_within_sl", "时限内接听", "Answered in time", "answered within the service level's time"),
    _queue("abandoned", "放弃", "Abandoned", "callers who hung up before an answer, without short abandons"),
    _queue("abandoned_waiting", "等待中放弃", "Abandoned waiting", "of these, before any phone rang"),
    _queue("abandoned_ringing", "振铃中放弃", "Abandoned ringing", "of these, while an agent's phone rang"),
    _queue("short_abandoned", "短时放弃", "Short abandons", "callers who hung up within the queue's short_abandon"),
    _queue("abandoned_within_sl", "时限内放弃", "Abandoned in time", "hung up within the service level's time"),
    _queue("overflowed", "溢出", "Overflowed", "callers who left for another queue or were sent away"),
    _queue("switch_lost", "交换机中断", "Lost by the switch", "callers lost because Asterisk failed"),
    _queue("talks", "通话", "Talks", "talks, booked when they ended"),
    _queue("held", "有保持的通话", "Talks with hold", "of these, those in which the caller was held"),
    _queue("transferred", "转接", "Transferred", "talks that ended because the agent handed the caller on"),
    _queue("wrap_ups", "事后处理次数", "Wrap-ups", "after-call work, booked when it ended"),
    _queue("rung", "振铃后接听", "Rung", "offers an agent accepted after his phone had rung"),
    _queue("surveys_asked", "评价邀请", "Surveys asked", "callers who were asked about their talk"),
    _queue("surveys_answered", "参与评价", "Surveys answered", "of these, who answered a question at least"),
    *(_outcome(outcome, zh, en) for outcome, (zh, en) in _OUTCOMES.items()),
)

_TIMES: Final = (
    Column(
        id="time_logged_in",
        names={"zh": "签入时长", "en": "Time logged in"},
        unit=TIME,
        of=_logged_in,
        formula="time agents were logged in, in whatever state",
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
            formula=figure.formula,
            source=figure.source,
            norm=figure.norm,
            band=figure.band,
        )
        for figure in FIGURES.values()
    },
}
