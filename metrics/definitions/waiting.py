"""The figures callers feel: how soon they were answered, how many gave up, how long they waited.

`answered within X s` goes by each queue's own service level (`queues.yaml`, service_level.within).
"""

from typing import Final

from metrics.definitions.counts import QueueCounts, Sums
from metrics.definitions.figure import COMMON, HOTLINE, Band, Figure, Unit, share

__all__ = ["WAITING"]

RING_CYCLE_S: Final = 5.0
"""China's ringing tone: 1 s on, 4 s off (ITU-T E.180, supplement 2)."""


def _gave_up(q: QueueCounts) -> int:
    """All who hung up before an answer."""
    return q.abandoned + q.short_abandoned


def _rings(s: Sums) -> float | None:
    cycles = share(s.queue.rung_s / RING_CYCLE_S, s.queue.rung)
    return None if cycles is None else 1 + cycles


def _attempts(s: Sums) -> float | None:
    """All who tried to call. A queue's calls are not counted as calls but as offered."""
    blocked = s.outside.blocked
    return None if blocked is None else blocked + (s.queue.calls or s.queue.offered)


def _total_calls(s: Sums) -> float | None:
    return None if s.outside.blocked is None else s.outside.blocked + _gave_up(s.queue) + s.queue.answered


def _reached(s: Sums) -> float | None:
    return float(_gave_up(s.queue) + s.queue.answered) or None


_SERVICE_LEVEL: Final = (
    Figure(
        id="service_level",
        norm=21,
        names={"zh": "服务水平", "en": "Service level"},
        unit=Unit.RATIO,
        formula="answered within X s / offered",
        formula_zh="X 秒内接听数 ÷ 呼入数",
        of=lambda s: share(s.queue.answered_within_sl, s.queue.offered),
        band=Band(low=0.80),
    ),
    Figure(
        id="service_level_less_short_abandons",
        norm=21,
        names={"zh": "服务水平（不计短时放弃）", "en": "Service level without short abandons"},
        unit=Unit.RATIO,
        formula="answered within X s / (offered - short abandons)",
        formula_zh="X 秒内接听数 ÷（呼入数 − 短时放弃数）",
        source=COMMON,
        of=lambda s: share(s.queue.answered_within_sl, s.queue.offered - s.queue.short_abandoned),
        variant_of="service_level",
    ),
    Figure(
        id="service_level_less_abandons",
        norm=21,
        names={"zh": "服务水平（不计全部放弃）", "en": "Service level without abandons"},
        unit=Unit.RATIO,
        formula="answered within X s / (offered - all abandons)",
        formula_zh="X 秒内接听数 ÷（呼入数 − 全部放弃数）",
        source=COMMON,
        of=lambda s: share(s.queue.answered_within_sl, s.queue.offered - _gave_up(s.queue)),
        variant_of="service_level",
    ),
    Figure(
        id="service_level_genesys",
        norm=21,
        names={"zh": "服务水平（Genesys 算法）", "en": "Service level as Genesys Cloud counts it"},
        unit=Unit.RATIO,
        formula="answered within X s / (answered + all abandons); overflows and waiting callers are left out",
        formula_zh="X 秒内接听数 ÷（接听数 + 全部放弃数）；溢出与仍在等待者不计",
        source="Genesys Cloud, abandons and short abandons included, flow-outs not",
        of=lambda s: share(s.queue.answered_within_sl, s.queue.answered + _gave_up(s.queue)),
        variant_of="service_level",
    ),
    Figure(
        id="service_level_amazon",
        norm=21,
        names={"zh": "服务水平（Amazon Connect 算法）", "en": "Service level as Amazon Connect counts it"},
        unit=Unit.RATIO,
        formula="(answered within X s + all abandons within X s) / offered",
        formula_zh="（X 秒内接听数 + X 秒内放弃数）÷ 呼入数",
        source="Amazon Connect, Service level X: contacts out of the queue within X s / contacts queued (there callbacks asked "
        "for within X s are out of it, too)",
        of=lambda s: share(s.queue.answered_within_sl + s.queue.abandoned_within_sl, s.queue.offered),
        variant_of="service_level",
    ),
    Figure(
        id="service_level_app_queue",
        norm=21,
        names={"zh": "服务水平（app_queue SL）", "en": "Service level as app_queue's SL"},
        unit=Unit.RATIO,
        formula="answered within X s / answered; abandons are ignored",
        formula_zh="X 秒内接听数 ÷ 接听数；不计放弃",
        source="Asterisk app_queue, ServicelevelPerf (there a call counts at hang-up, here at answer)",
        of=lambda s: share(s.queue.answered_within_sl, s.queue.answered),
        variant_of="service_level",
    ),
    Figure(
        id="service_level_app_queue_2",
        norm=21,
        names={"zh": "服务水平（app_queue SL2）", "en": "Service level as app_queue's SL2"},
        unit=Unit.RATIO,
        formula="(answered within X s + all abandons within X s) / (answered + all abandons)",
        formula_zh="（X 秒内接听数 + X 秒内放弃数）÷（接听数 + 全部放弃数）",
        source="Asterisk app_queue, ServicelevelPerf2 (there a call counts at hang-up, here at answer)",
        of=lambda s: share(
            s.queue.answered_within_sl + s.queue.abandoned_within_sl, s.queue.answered + _gave_up(s.queue)
        ),
        variant_of="service_level",
    ),
)

_SPEED: Final = (
    Figure(
        id="asa",
        norm=9,
        names={"zh": "平均应答速度", "en": "Average speed of answer"},
        unit=Unit.SECONDS,
        formula="wait of answered callers / answered",
        formula_zh="被接听者等待总时长 ÷ 接听数",
        of=lambda s: share(s.queue.answered_wait_s, s.queue.answered),
        band=Band(high=20.0),
    ),
    Figure(
        id="asa_with_abandons",
        norm=9,
        names={"zh": "平均等待（接听与放弃合计）", "en": "Mean wait, answered or given up"},
        unit=Unit.SECONDS,
        formula="wait of all who were answered or hung up / their number",
        formula_zh="接听者与放弃者等待总时长 ÷ 其人数",
        source=COMMON,
        of=lambda s: share(
            s.queue.answered_wait_s + s.queue.abandoned_wait_s + s.queue.short_abandoned_wait_s,
            s.queue.answered + _gave_up(s.queue),
        ),
        variant_of="asa",
    ),
    Figure(
        id="queue_time",
        norm=8,
        names={"zh": "平均排队时间", "en": "Queue time"},
        unit=Unit.SECONDS,
        formula="wait of callers who had to queue, however it ended / their number",
        formula_zh="须排队者等待总时长（不论结果）÷ 其人数",
        of=lambda s: share(s.queue.queued_wait_s, s.queue.queued_left),
        band=Band(30.0, 90.0),
    ),
    Figure(
        id="queued_share",
        norm=18,
        names={"zh": "队列放置率", "en": "Queued share"},
        unit=Unit.RATIO,
        formula="callers not offered to an agent at once / offered",
        formula_zh="未能立即派给座席者 ÷ 呼入数",
        of=lambda s: share(s.queue.offered - s.queue.direct, s.queue.offered),
        band=Band(0.10, 0.20),
    ),
    Figure(
        id="rings",
        norm=7,
        names={"zh": "平均振铃次数", "en": "Rings"},
        unit=Unit.RINGS,
        formula="1 + ringing time of accepted offers / (their number x 5 s): the first ring begins at once, the next every 5 s",
        formula_zh="1 + 已接派发的振铃总时长 ÷（其次数 × 5 秒）：首声即响，此后每 5 秒一声",
        of=_rings,
        band=Band(2.0, 4.0),
    ),
)

_LOST: Final = (
    Figure(
        id="abandon_rate",
        norm=14,
        names={"zh": "呼叫放弃率", "en": "Abandon rate"},
        unit=Unit.RATIO,
        formula="abandoned / (offered - short abandons); short abandons are counted apart",
        formula_zh="放弃数 ÷（呼入数 − 短时放弃数）；短时放弃另计",
        of=lambda s: share(s.queue.abandoned, s.queue.offered - s.queue.short_abandoned),
        band=Band(high=0.05),
    ),
    Figure(
        id="abandon_rate_with_short",
        norm=14,
        names={"zh": "呼叫放弃率（含短时放弃）", "en": "Abandon rate with short abandons"},
        unit=Unit.RATIO,
        formula="(abandoned + short abandons) / offered",
        formula_zh="（放弃数 + 短时放弃数）÷ 呼入数",
        source=COMMON,
        of=lambda s: share(_gave_up(s.queue), s.queue.offered),
        variant_of="abandon_rate",
    ),
    Figure(
        id="time_to_abandon",
        norm=3,
        names={"zh": "平均放弃时间", "en": "Mean time to abandon"},
        unit=Unit.SECONDS,
        formula="wait of all callers who hung up before an answer / their number",
        formula_zh="接听前挂机者等待总时长 ÷ 其人数",
        of=lambda s: share(s.queue.abandoned_wait_s + s.queue.short_abandoned_wait_s, _gave_up(s.queue)),
        band=Band(20.0, 60.0),
    ),
    Figure(
        id="time_to_abandon_less_short",
        norm=3,
        names={"zh": "平均放弃时间（不计短时放弃）", "en": "Mean time to abandon without short abandons"},
        unit=Unit.SECONDS,
        formula="wait of abandoned callers / abandoned",
        formula_zh="放弃者等待总时长 ÷ 放弃数",
        source=COMMON,
        of=lambda s: share(s.queue.abandoned_wait_s, s.queue.abandoned),
        variant_of="time_to_abandon",
    ),
    Figure(
        id="answered_share",
        norm=20,
        names={"zh": "已复电话百分比", "en": "Answered share"},
        unit=Unit.RATIO,
        formula="answered / offered",
        formula_zh="接听数 ÷ 呼入数",
        of=lambda s: share(s.queue.answered, s.queue.offered),
        band=Band(low=0.98),
    ),
    Figure(
        id="answered_share_less_short",
        norm=20,
        names={"zh": "已复电话百分比（不计短时放弃）", "en": "Answered share without short abandons"},
        unit=Unit.RATIO,
        formula="answered / (offered - short abandons)",
        formula_zh="接听数 ÷（呼入数 − 短时放弃数）",
        source=COMMON,
        of=lambda s: share(s.queue.answered, s.queue.offered - s.queue.short_abandoned),
        variant_of="answered_share",
    ),
    Figure(
        id="blocked_share",
        norm=16,
        names={"zh": "忙音率", "en": "Blocked share"},
        unit=Unit.RATIO,
        formula="calls that met busy before the engine / (these + calls that came in; of a queue, offered)",
        formula_zh="遇忙未接入数 ÷（遇忙未接入数 + 接入数；队列为呼入数）",
        of=lambda s: share(s.outside.blocked, _attempts(s)),
        band=Band(high=0.03),
    ),
    Figure(
        id="total_calls",
        norm=22,
        names={"zh": "总呼叫数", "en": "Total calls"},
        unit=Unit.CALLS,
        formula="blocked + all abandons + answered",
        formula_zh="遇忙未接入数 + 全部放弃数 + 接听数",
        of=_total_calls,
    ),
    Figure(
        id="total_calls_less_blocked",
        norm=22,
        names={"zh": "总呼叫数（不计遇忙）", "en": "Total calls without blocked ones"},
        unit=Unit.CALLS,
        formula="all abandons + answered",
        formula_zh="全部放弃数 + 接听数",
        source=f"{HOTLINE}, for sites that are not told of blocked calls",
        of=_reached,
        variant_of="total_calls",
    ),
)

WAITING: Final = (*_SERVICE_LEVEL, *_SPEED, *_LOST)
