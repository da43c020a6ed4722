"""What is wrong on the floor, in words with the numbers in them: what a supervisor must see from five metres. Pure.

An alarm's text changes only when its facts do; how long it has lasted, a screen works out from `since`.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from acd.floor import FREE, Floor, break_ends_at
from acd.model import EVERYWHERE, IN_QUEUE, QueueId
from acd.rules import QueueRules
from agents.state import AgentState
from cti.masking import mask_text
from metrics.definitions import FIGURES, AgentTimes, Band, QueueCounts, Sums
from metrics.why import Answer

__all__ = ["ENOUGH_CALLERS", "Alarm", "Causes", "Severity", "alarms"]

Causes = Mapping[tuple[QueueId, str], Answer]
"""By queue and figure, why it is out of its band, as far as was found out."""

ENOUGH_CALLERS: Final = 10
"""Shares of fewer callers than this are no reason for an alarm: one who hangs up would be one."""
EVERYBODY: Final = "site"


class Severity(StrEnum):
    """CRITICAL: callers are badly served this minute. WARNING: the day's figures, or a break, leave their band."""

    CRITICAL = "critical"
    WARNING = "warning"


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `words` say what, `cause` why, each by language; `cause` may be empty."""

    id: str
    """Its kind and whom it concerns: the same as long as it lasts."""
    kind: str
    """link_lost | emergency | no_agents | long_wait | service_level | abandon_rate | break_overrun"""
    severity: Severity
    queue: QueueId | None
    since: float | None
    """Since when; None: it concerns the day so far."""
    words: Mapping[str, str]
    cause: Mapping[str, str]


def alarms(
    floor: Floor,
    now: float,
    day: Mapping[QueueId | None, QueueCounts],
    bands: Mapping[str, Band],
    longest_wait_s: float,
    causes: Causes,
) -> tuple[Alarm, ...]:
    """All there are, the critical ones first. `day`: the callers of each queue since midnight."""
    found = [*_link(floor), *_emergencies(floor)]
    began = _longest_waits(floor)
    for queue in floor.rules.queues.values():
        found += _waits(floor, queue, began.get(queue.id), now, longest_wait_s)
        found += _figures(queue, day.get(queue.id, QueueCounts()), bands, causes)
    found += _breaks(floor)
    return tuple(sorted(found, key=lambda alarm: alarm.severity is not Severity.CRITICAL))


def _alarm(
    kind: str,
    severity: Severity,
    words: tuple[str, str],
    cause: tuple[str, str] = ("", ""),
    *,
    queue: QueueId | None = None,
    whom: str = "",
    since: float | None = None,
) -> Alarm:
    return Alarm(
        id=f"{kind}:{whom or queue or EVERYBODY}",
        kind=kind,
        severity=severity,
        queue=queue,
        since=since,
        words=dict(zip(("zh", "en"), words, strict=True)),
        cause=dict(zip(("zh", "en"), cause, strict=True)),
    )


def _link(floor: Floor) -> Iterator[Alarm]:
    if not floor.linked:
        yield _alarm(
            "link_lost",
            Severity.CRITICAL,
            ("与 Asterisk 的连接中断", "No link to Asterisk"),
            ("来电继续排队，恢复前不派给座席", "callers go on waiting and are offered to nobody until it is back"),
            since=floor.link_lost_at,
        )


def _emergencies(floor: Floor) -> Iterator[Alarm]:
    for closed, emergency in floor.emergencies.items():
        everywhere = closed == EVERYWHERE
        zh, en = ("全部队列", "All queues") if everywhere else _names(floor.rules.queues.get(closed), closed)
        why = mask_text(emergency.why)
        yield _alarm(
            "emergency",
            Severity.CRITICAL,
            (f"{zh}紧急关闭", f"{en}: closed by an emergency"),
            (why, why),
            queue=None if everywhere else closed,
            since=emergency.since,
        )


def _longest_waits(floor: Floor) -> dict[QueueId, tuple[float, int]]:
    """Of each queue with callers: since when the longest waits, and how many wait."""
    found: dict[QueueId, tuple[float, int]] = {}
    for call in floor.calls.values():
        if call.queue is not None and call.state in IN_QUEUE and call.has_leg:
            began, waiting = found.get(call.queue, (call.segment_at, 0))
            found[call.queue] = min(began, call.segment_at), waiting + 1
    return found


def _waits(
    floor: Floor, queue: QueueRules, waits: tuple[float, int] | None, now: float, longest_wait_s: float
) -> Iterator[Alarm]:
    if waits is None:
        return
    began, waiting = waits
    standings = floor.standings[queue.id]
    zh, en = _names(queue, queue.id)
    if not _on_duty(standings):
        away = standings.get(AgentState.NOT_READY, 0)
        yield _alarm(
            "no_agents",
            Severity.CRITICAL,
            (f"{zh}：{waiting} 个来电等待，无座席值守", f"{en}: {_callers(waiting)} and no agent is on duty"),
            (
                f"示忙 {away} 人，未签入 {standings.get(AgentState.OFFLINE, 0)} 人",
                f"{away} not ready, {standings.get(AgentState.OFFLINE, 0)} not logged in",
            ),
            queue=queue.id,
            since=began,
        )
    elif now - began > longest_wait_s:
        limit = _length(longest_wait_s)
        yield _alarm(
            "long_wait",
            Severity.CRITICAL,
            (f"{zh}：最久等待超过 {limit[0]}", f"{en}: longest wait over {limit[1]}"),
            _where_agents_are(waiting, standings),
            queue=queue.id,
            since=began,
        )


def _on_duty(standings: Mapping[str, int]) -> int:
    away = (AgentState.OFFLINE, AgentState.NOT_READY)
    return sum(count for standing, count in standings.items() if standing not in away)


def _where_agents_are(waiting: int, standings: Mapping[str, int]) -> tuple[str, str]:
    talking = standings.get(AgentState.TALKING, 0) + standings.get(AgentState.HOLDING, 0)
    parts = [
        (standings.get(FREE, 0), "空闲", "free"),
        (talking, "通话", "talking"),
        (standings.get(AgentState.WRAP_UP, 0), "事后处理", "in wrap-up"),
        (standings.get(AgentState.NOT_READY, 0), "示忙", "not ready"),
    ]
    zh = "、".join(f"{name} {count}" for count, name, _ in parts if count)
    en = ", ".join(f"{count} {name}" for count, _, name in parts if count)
    return f"{waiting} 个来电等待；座席{zh or '均不可派'}", f"{_callers(waiting)}; agents: {en or 'none can be rung'}"


def _callers(waiting: int) -> str:
    return f"{waiting} callers wait" if waiting != 1 else "1 caller waits"


def _figures(queue: QueueRules, counts: QueueCounts, bands: Mapping[str, Band], causes: Causes) -> Iterator[Alarm]:
    if counts.offered < ENOUGH_CALLERS:
        return
    sums, (zh, en) = Sums(counts, AgentTimes()), _names(queue, queue.id)
    level, target = FIGURES["service_level"].of(sums), queue.service_level.target
    within = f"{queue.service_level.within_s:g}"
    if level is not None and level < target:
        now, wanted = _told_apart(level, target)
        yield _alarm(
            "service_level",
            Severity.WARNING,
            (
                f"{zh}：服务水平 {now}，目标 {wanted}",
                f"{en}: service level {now}, target {wanted}",
            ),
            _found_out(causes, queue.id, "service_level")
            or (
                f"今日 {counts.offered} 个来电，{within} 秒内接听 {counts.answered_within_sl}，放弃 {counts.abandoned}",
                f"{counts.offered} calls today, {counts.answered_within_sl} answered within {within} s, "
                f"{counts.abandoned} abandoned",
            ),
            queue=queue.id,
        )
    rate, band = FIGURES["abandon_rate"].of(sums), bands.get("abandon_rate")
    if rate is not None and band is not None and band.high is not None and rate > band.high:
        wait_s = FIGURES["time_to_abandon_less_short"].of(sums) or 0.0
        now, most = _told_apart(rate, band.high)
        yield _alarm(
            "abandon_rate",
            Severity.WARNING,
            (
                f"{zh}：放弃率 {now}，上限 {most}",
                f"{en}: abandon rate {now}, limit {most}",
            ),
            _found_out(causes, queue.id, "abandon_rate")
            or (
                f"{counts.abandoned} 个来电放弃，平均等待 {wait_s:.0f} 秒后挂机",
                f"{counts.abandoned} callers gave up, after {wait_s:.0f} s in the mean",
            ),
            queue=queue.id,
        )


def _found_out(causes: Causes, queue: QueueId, figure: str) -> tuple[str, str] | None:
    """The cause that accounts for most."""
    found = causes.get((queue, figure))
    return (found.causes[0].words["zh"], found.causes[0].words["en"]) if found and found.causes else None


def _breaks(floor: Floor) -> Iterator[Alarm]:
    for agent in floor.agents.values():
        if agent.overrun:
            name = floor.rules.agents[agent.id].name
            zh, en = _length((break_ends_at(floor, agent) or agent.since) - agent.since)
            yield _alarm(
                "break_overrun",
                Severity.WARNING,
                (f"{name} 小休超过 {zh}", f"{name}: break over {en}"),
                whom=agent.id,
                since=agent.since,
            )


def _names(queue: QueueRules | None, queue_id: QueueId) -> tuple[str, str]:
    names = queue.names if queue else {}
    either = next(iter(names.values()), queue_id)
    return names.get("zh", either), names.get("en", either)


def _length(seconds: float) -> tuple[str, str]:
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min"
    return f"{seconds:g} 秒", f"{seconds:g} s"


def _told_apart(share: float, end: float) -> tuple[str, str]:
    """Both in percent: whole ones, unless these would be the same."""
    places = 0 if f"{share:.2f}" != f"{end:.2f}" else 1
    return f"{share:.{places}%}", f"{end:.{places}%}"
