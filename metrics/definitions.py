"""Each figure of the hotline, defined once: formula, unit, target band, names.

Live displays, Prometheus rules, reports and replays all use these. A formula works on plain sums (`Sums`) and answers None
when there is nothing to divide by: "no data" is neither 0 nor NaN. Ratios run from 0 to 1, times are seconds, points are
those of the survey's scale.

The numbers in `norm` are those of the 23 call-centre norms of J. Anton (Purdue). Where the field has several definitions of
one figure they stand side by side as variants with ids of their own, and are never mixed.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from metrics.outside import Outside

__all__ = [
    "FIGURES",
    "AgentTimes",
    "Band",
    "Figure",
    "QueueCounts",
    "Sums",
    "Unit",
    "values",
]


class QueueCounts(msgspec.Struct, array_like=True):
    """What happened to the callers of a queue (or of the whole site) in some stretch of time.

    A new field goes to the end and has a default: counts in an older snapshot are then still read.
    """

    offered: int = 0
    """Stays that began: a caller came to wait in the queue."""
    direct: int = 0
    """Of these, offered to an agent at once; the others had to queue."""
    answered: int = 0
    answered_within_sl: int = 0
    answered_wait_s: float = 0.0
    abandoned_waiting: int = 0
    """Hung up before an agent was rung. Short abandons are not in here."""
    abandoned_ringing: int = 0
    """Hung up while an agent's phone rang. Short abandons are not in here."""
    abandoned_wait_s: float = 0.0
    short_abandoned: int = 0
    """Hung up within the queue's short_abandon_s: misdials, counted apart."""
    short_abandoned_wait_s: float = 0.0
    abandoned_within_sl: int = 0
    """Hung up, short or not, before the service level's time was over."""
    overflowed: int = 0
    switch_lost: int = 0
    queued_left: int = 0
    """Stays that ended, in whatever way, of callers who had to queue."""
    queued_wait_s: float = 0.0
    talks: int = 0
    """Talks that ended."""
    talk_s: float = 0.0
    """Their time; hold is part of it."""
    hold_s: float = 0.0
    wrap_ups: int = 0
    """After-call work that ended."""
    wrap_up_s: float = 0.0
    offers: dict[str, int] = {}
    """Offers to agents that ended, by outcome."""
    surveys_asked: int = 0
    """Callers who were asked about their talk."""
    surveys_answered: int = 0
    """Of these, who answered at least one question."""
    survey_scores: int = 0
    """Answers that give points."""
    survey_points: int = 0
    """Their sum."""
    held: int = 0
    """Talks that ended and in which the caller was held."""
    transferred: int = 0
    """Talks that ended because the agent handed the caller on."""
    rung: int = 0
    """Offers that an agent accepted after his phone had rung."""
    rung_s: float = 0.0
    """How long it rang for these."""
    calls: int = 0
    """Calls that came in, and how they ended in the menu: of site, VIP level, dialled number and menu choice alone."""
    completed_ivr: int = 0
    abandoned_ivr: int = 0

    @property
    def abandoned(self) -> int:
        """Callers who hung up before an answer, without the short abandons."""
        return self.abandoned_waiting + self.abandoned_ringing

    @classmethod
    def total(cls, parts: Iterable["QueueCounts"]) -> "QueueCounts":
        """The sum of counts that do not overlap."""
        return cls(*(_sum(column) for column in zip(*map(astuple, parts), strict=True)))


class AgentTimes(msgspec.Struct, array_like=True):
    """How long agents were in each state. Offline time is in none."""

    not_ready_s: float = 0.0
    ready_s: float = 0.0
    offered_s: float = 0.0
    talking_s: float = 0.0
    holding_s: float = 0.0
    wrap_up_s: float = 0.0

    @property
    def idle_s(self) -> float:
        """Ready and without a caller. A phone that rings is no work yet: it is part of it."""
        return self.ready_s + self.offered_s

    @classmethod
    def total(cls, parts: Iterable["AgentTimes"]) -> "AgentTimes":
        """The sum of times that do not overlap."""
        return cls(*(_sum(column) for column in zip(*map(astuple, parts), strict=True)))


def _sum(column: tuple[Any, ...]) -> Any:
    """The sum of one field of many counts; of counts by outcome, by outcome."""
    if not isinstance(column[0], dict):
        return sum(column)
    whole: dict[str, int] = {}
    for counts in column:
        for outcome, count in counts.items():
            whole[outcome] = whole.get(outcome, 0) + count
    return whole


class Sums(msgspec.Struct, frozen=True):
    """All a figure may be made of: the callers' counts, the agents' times and what was told from outside, all of the same
    stretch of time."""

    queue: QueueCounts
    agents: AgentTimes
    outside: Outside = Outside()


class Unit(StrEnum):
    """What a figure is counted in."""

    RATIO = "ratio"
    SECONDS = "seconds"
    POINTS = "points"


class Band(msgspec.Struct, frozen=True):
    """Where a figure should be, both ends included; None: no limit on that side."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value is on target."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: its value is `of(sums)`."""

    id: str
    norm: int | None = None
    """Its number among the 23 norms; None: it is none of them."""
    names: dict[str, str]
    unit: Unit
    formula: str
    source: str
    """Whose definition this is."""
    of: Callable[[Sums], float | None]
    band: Band | None = None
    """The default target; variants have none of their own."""
    variant_of: str | None = None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _service_level(s: Sums) -> float | None:
    return _share(s.queue.answered_within_sl, s.queue.offered)


def _service_level_less_short_abandons(s: Sums) -> float | None:
    return _share(s.queue.answered_within_sl, s.queue.offered - s.queue.short_abandoned)


def _service_level_genesys(s: Sums) -> float | None:
    q = s.queue
    return _share(q.answered_within_sl, q.answered + q.abandoned + q.short_abandoned)


def _service_level_app_queue(s: Sums) -> float | None:
    return _share(s.queue.answered_within_sl, s.queue.answered)


def _service_level_app_queue_2(s: Sums) -> float | None:
    q = s.queue
    return _share(q.answered_within_sl + q.abandoned_within_sl, q.answered + q.abandoned + q.short_abandoned)


def _asa(s: Sums) -> float | None:
    return _share(s.queue.answered_wait_s, s.queue.answered)


def _abandon_rate(s: Sums) -> float | None:
    return _share(s.queue.abandoned, s.queue.offered - s.queue.short_abandoned)


def _abandon_rate_with_short(s: Sums) -> float | None:
    return _share(s.queue.abandoned + s.queue.short_abandoned, s.queue.offered)


def _time_to_abandon(s: Sums) -> float | None:
    q = s.queue
    return _share(q.abandoned_wait_s + q.short_abandoned_wait_s, q.abandoned + q.short_abandoned)


def _time_to_abandon_less_short(s: Sums) -> float | None:
    return _share(s.queue.abandoned_wait_s, s.queue.abandoned)


def _queue_time(s: Sums) -> float | None:
    return _share(s.queue.queued_wait_s, s.queue.queued_left)


def _talk_time(s: Sums) -> float | None:
    return _share(s.queue.talk_s, s.queue.talks)


def _after_call_work(s: Sums) -> float | None:
    return _share(s.queue.wrap_up_s, s.queue.wrap_ups)


def _handle_time(s: Sums) -> float | None:
    """Before the first wrap-up ended, its mean is not known and the talk stands alone."""
    talk = _talk_time(s)
    return None if talk is None else talk + (_after_call_work(s) or 0.0)


def _occupancy(s: Sums) -> float | None:
    busy = s.agents.talking_s + s.agents.holding_s
    return _share(busy, busy + s.agents.idle_s)


def _occupancy_with_wrap_up(s: Sums) -> float | None:
    busy = s.agents.talking_s + s.agents.holding_s + s.agents.wrap_up_s
    return _share(busy, busy + s.agents.idle_s)


def _answered_share(s: Sums) -> float | None:
    return _share(s.queue.answered, s.queue.offered)


def _queued_share(s: Sums) -> float | None:
    return _share(s.queue.offered - s.queue.direct, s.queue.offered)


def _survey_score(s: Sums) -> float | None:
    return _share(s.queue.survey_points, s.queue.survey_scores)


def _survey_answered_share(s: Sums) -> float | None:
    return _share(s.queue.surveys_answered, s.queue.surveys_asked)


_NORM: Final = "J. Anton, Purdue"

_ALL: Final = (
    Figure(
        id="service_level",
        norm=21,
        names={"zh": "服务水平", "en": "Service level"},
        unit=Unit.RATIO,
        formula="answered within X s / offered",
        source=_NORM,
        of=_service_level,
        band=Band(low=0.80),
    ),
    Figure(
        id="service_level_less_short_abandons",
        norm=21,
        names={"zh": "服务水平（不计短时放弃）", "en": "Service level without short abandons"},
        unit=Unit.RATIO,
        formula="answered within X s / (offered - short abandons)",
        source="common variant",
        of=_service_level_less_short_abandons,
        variant_of="service_level",
    ),
    Figure(
        id="service_level_genesys",
        norm=21,
        names={"zh": "服务水平（Genesys 算法）", "en": "Service level as Genesys Cloud counts it"},
        unit=Unit.RATIO,
        formula="answered within X s / (answered + all abandons); overflows and waiting callers are left out",
        source="Genesys Cloud, abandons and short abandons included, flow-outs not",
        of=_service_level_genesys,
        variant_of="service_level",
    ),
    Figure(
        id="service_level_app_queue",
        norm=21,
        names={"zh": "服务水平（app_queue SL）", "en": "Service level as app_queue's SL"},
        unit=Unit.RATIO,
        formula="answered within X s / answered; abandons are ignored",
        source="Asterisk app_queue, ServicelevelPerf (there a call counts at hang-up, here at answer)",
        of=_service_level_app_queue,
        variant_of="service_level",
    ),
    Figure(
        id="service_level_app_queue_2",
        norm=21,
        names={"zh": "服务水平（app_queue SL2）", "en": "Service level as app_queue's SL2"},
        unit=Unit.RATIO,
        formula="(answered within X s + all abandons within X s) / (answered + all abandons)",
        source="Asterisk app_queue, ServicelevelPerf2 (there a call counts at hang-up, here at answer)",
        of=_service_level_app_queue_2,
        variant_of="service_level",
    ),
    Figure(
        id="asa",
        norm=9,
        names={"zh": "平均应答速度", "en": "Average speed of answer"},
        unit=Unit.SECONDS,
        formula="wait of answered callers / answered",
        source=_NORM,
        of=_asa,
        band=Band(high=20.0),
    ),
    Figure(
        id="abandon_rate",
        norm=14,
        names={"zh": "呼叫放弃率", "en": "Abandon rate"},
        unit=Unit.RATIO,
        formula="abandoned / (offered - short abandons); short abandons are counted apart",
        source=_NORM,
        of=_abandon_rate,
        band=Band(high=0.05),
    ),
    Figure(
        id="abandon_rate_with_short",
        norm=14,
        names={"zh": "呼叫放弃率（含短时放弃）", "en": "Abandon rate with short abandons"},
        unit=Unit.RATIO,
        formula="(abandoned + short abandons) / offered",
        source="common variant",
        of=_abandon_rate_with_short,
        variant_of="abandon_rate",
    ),
    Figure(
        id="time_to_abandon",
        norm=3,
        names={"zh": "平均放弃时间", "en": "Mean time to abandon"},
        unit=Unit.SECONDS,
        formula="wait of all callers who hung up before an answer / their number",
        source=_NORM,
        of=_time_to_abandon,
        band=Band(20.0, 60.0),
    ),
    Figure(
        id="time_to_abandon_less_short",
        norm=3,
        names={"zh": "平均放弃时间（不计短时放弃）", "en": "Mean time to abandon without short abandons"},
        unit=Unit.SECONDS,
        formula="wait of abandoned callers / abandoned",
        source="common variant",
        of=_time_to_abandon_less_short,
        variant_of="time_to_abandon",
    ),
    Figure(
        id="queue_time",
        norm=8,
        names={"zh": "平均排队时间", "en": "Queue time"},
        unit=Unit.SECONDS,
        formula="wait of callers who had to queue, however it ended / their number",
        source=_NORM,
        of=_queue_time,
        band=Band(30.0, 90.0),
    ),
    Figure(
        id="talk_time",
        norm=10,
        names={"zh": "平均交谈时间", "en": "Talk time"},
        unit=Unit.SECONDS,
        formula="time connected, hold included / talks that ended",
        source=_NORM,
        of=_talk_time,
        band=Band(270.0, 360.0),
    ),
    Figure(
        id="after_call_work",
        norm=2,
        names={"zh": "事后处理时间", "en": "After-call work"},
        unit=Unit.SECONDS,
        formula="wrap-up time / wrap-ups that ended",
        source=_NORM,
        of=_after_call_work,
        band=Band(30.0, 60.0),
    ),
    Figure(
        id="handle_time",
        norm=5,
        names={"zh": "平均通话时间", "en": "Handle time"},
        unit=Unit.SECONDS,
        formula="talk time + after-call work",
        source=_NORM,
        of=_handle_time,
        band=Band(180.0, 600.0),
    ),
    Figure(
        id="occupancy",
        norm=13,
        names={"zh": "占线率", "en": "Occupancy"},
        unit=Unit.RATIO,
        formula="(talk + hold) / (talk + hold + idle); idle: ready or being rung; breaks and wrap-up are left out",
        source=_NORM,
        of=_occupancy,
        band=Band(low=0.90),
    ),
    Figure(
        id="occupancy_with_wrap_up",
        norm=13,
        names={"zh": "占线率（含事后处理）", "en": "Occupancy with after-call work"},
        unit=Unit.RATIO,
        formula="(talk + hold + wrap-up) / (talk + hold + wrap-up + idle)",
        source="common variant",
        of=_occupancy_with_wrap_up,
        variant_of="occupancy",
    ),
    Figure(
        id="answered_share",
        norm=20,
        names={"zh": "已复电话百分比", "en": "Answered share"},
        unit=Unit.RATIO,
        formula="answered / offered",
        source=_NORM,
        of=_answered_share,
        band=Band(low=0.98),
    ),
    Figure(
        id="queued_share",
        norm=18,
        names={"zh": "队列放置率", "en": "Queued share"},
        unit=Unit.RATIO,
        formula="callers not offered to an agent at once / offered",
        source=_NORM,
        of=_queued_share,
        band=Band(0.10, 0.20),
    ),
    Figure(
        id="survey_score",
        names={"zh": "满意度平均分", "en": "Mean survey score"},
        unit=Unit.POINTS,
        formula="points of all answers that give points / their number",
        source="Hotline",
        of=_survey_score,
        band=Band(low=4.0),
    ),
    Figure(
        id="survey_answered",
        names={"zh": "满意度参评率", "en": "Surveys answered"},
        unit=Unit.RATIO,
        formula="callers who answered a question of the survey / callers who were asked",
        source="Hotline",
        of=_survey_answered_share,
        band=Band(low=0.30),
    ),
)

FIGURES: Final[dict[str, Figure]] = {figure.id: figure for figure in _ALL}


def values(sums: Sums) -> dict[str, float | None]:
    """All figures of these sums, by id; None: no data."""
    return {figure.id: figure.of(sums) for figure in _ALL}
