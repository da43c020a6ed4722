"""The figures of agents' work: how long talks, holds and paperwork take, and what agents' time is spent on."""

from typing import Final

from metrics.definitions.counts import AgentTimes, Sums
from metrics.definitions.figure import COMMON, Band, Figure, Unit, share

__all__ = ["WORK"]


def _talk_time(s: Sums) -> float | None:
    return share(s.queue.talk_s, s.queue.talks)


def _after_call_work(s: Sums) -> float | None:
    return share(s.queue.wrap_up_s, s.queue.wrap_ups)


def _handle_time(s: Sums) -> float | None:
    """Before the first wrap-up ended, its mean is not known and the talk stands alone."""
    talk = _talk_time(s)
    return None if talk is None else talk + (_after_call_work(s) or 0.0)


def _connected_s(a: AgentTimes) -> float:
    return a.talking_s + a.holding_s


def _answering_s(a: AgentTimes) -> float:
    """Logged in and not on a break."""
    return _connected_s(a) + a.idle_s + a.wrap_up_s


WORK: Final = (
    Figure(
        id="talk_time",
        norm=10,
        names={"zh": "平均交谈时间", "en": "Talk time"},
        unit=Unit.SECONDS,
        formula="time connected, hold included / talks that ended",
        formula_zh="接通总时长（含持线）÷ 已结束通话数",
        of=_talk_time,
        band=Band(270.0, 360.0),
    ),
    Figure(
        id="hold_time",
        norm=6,
        names={"zh": "平均持线时间", "en": "Hold time"},
        unit=Unit.SECONDS,
        formula="time on hold / talks that ended in which the caller was held",
        formula_zh="持线总时长 ÷ 曾持线的已结束通话数",
        of=lambda s: share(s.queue.hold_s, s.queue.held),
        band=Band(20.0, 60.0),
    ),
    Figure(
        id="hold_time_of_all_talks",
        norm=6,
        names={"zh": "平均持线时间（按全部通话）", "en": "Hold time over all talks"},
        unit=Unit.SECONDS,
        formula="time on hold / talks that ended",
        formula_zh="持线总时长 ÷ 已结束通话数",
        source=COMMON,
        of=lambda s: share(s.queue.hold_s, s.queue.talks),
        variant_of="hold_time",
    ),
    Figure(
        id="after_call_work",
        norm=2,
        names={"zh": "事后处理时间", "en": "After-call work"},
        unit=Unit.SECONDS,
        formula="wrap-up time / wrap-ups that ended",
        formula_zh="事后处理总时长 ÷ 已结束的事后处理次数",
        of=_after_call_work,
        band=Band(30.0, 60.0),
    ),
    Figure(
        id="handle_time",
        norm=5,
        names={"zh": "平均通话时间", "en": "Handle time"},
        unit=Unit.SECONDS,
        formula="talk time + after-call work",
        formula_zh="平均交谈时间 + 事后处理时间",
        of=_handle_time,
        band=Band(180.0, 600.0),
    ),
    Figure(
        id="occupancy",
        norm=13,
        names={"zh": "占线率", "en": "Occupancy"},
        unit=Unit.RATIO,
        formula="(talk + hold) / (talk + hold + idle); idle: ready or being rung; breaks and wrap-up are left out",
        formula_zh="（交谈 + 持线）÷（交谈 + 持线 + 空闲）；空闲含振铃，不计小休与事后处理",
        of=lambda s: share(_connected_s(s.agents), _connected_s(s.agents) + s.agents.idle_s),
        band=Band(low=0.90),
    ),
    Figure(
        id="occupancy_with_wrap_up",
        norm=13,
        names={"zh": "占线率（含事后处理）", "en": "Occupancy with after-call work"},
        unit=Unit.RATIO,
        formula="(talk + hold + wrap-up) / (talk + hold + wrap-up + idle)",
        formula_zh="（交谈 + 持线 + 事后处理）÷（交谈 + 持线 + 事后处理 + 空闲）",
        source=COMMON,
        of=lambda s: share(_connected_s(s.agents) + s.agents.wrap_up_s, _answering_s(s.agents)),
        variant_of="occupancy",
    ),
    Figure(
        id="occupancy_of_login",
        norm=13,
        names={"zh": "占线率（按登录时长）", "en": "Occupancy of the time logged in"},
        unit=Unit.RATIO,
        formula="(talk + hold + wrap-up) / time logged in, breaks included; also called utilization",
        formula_zh="（交谈 + 持线 + 事后处理）÷ 登录总时长（含小休）",
        source=COMMON,
        of=lambda s: share(_connected_s(s.agents) + s.agents.wrap_up_s, s.agents.logged_in_s),
        variant_of="occupancy",
    ),
    Figure(
        id="calls_per_hour",
        norm=11,
        names={"zh": "每小时呼叫次数", "en": "Calls per hour"},
        unit=Unit.PER_HOUR,
        formula="callers answered / hours logged in, breaks included",
        formula_zh="接听数 ÷ 登录小时数（含小休）",
        of=lambda s: share(s.queue.answered * 3600.0, s.agents.logged_in_s),
    ),
    Figure(
        id="transferred_share",
        norm=19,
        names={"zh": "转接呼叫率", "en": "Transferred share"},
        unit=Unit.RATIO,
        formula="talks the agent ended by handing the caller on, counted or else told / talks that ended",
        formula_zh="座席转接数（统计所得或外部数据）÷ 已结束通话数",
        of=lambda s: share(s.queue.transferred or s.outside.transferred, s.queue.talks),
        band=Band(high=0.03),
    ),
    Figure(
        id="adherence",
        norm=1,
        names={"zh": "实际工作率", "en": "Adherence"},
        unit=Unit.RATIO,
        formula="time logged in and not on a break / scheduled answering time; overtime makes it more than 1",
        formula_zh="登录且非小休时长 ÷ 排班应答时长；加班时可超过 1",
        of=lambda s: share(_answering_s(s.agents), s.outside.scheduled_s),
        band=Band(low=0.92),
    ),
    Figure(
        id="attendance",
        norm=15,
        names={"zh": "出勤率", "en": "Attendance"},
        unit=Unit.RATIO,
        formula="people present / people scheduled, each counted once a shift",
        formula_zh="出勤人次 ÷ 应出勤人次",
        of=lambda s: share(s.outside.people_present, s.outside.people_scheduled),
        band=Band(low=0.95),
    ),
)
