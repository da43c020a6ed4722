"""`hotline replay`."""

import argparse
import contextlib
import json
import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import msgspec

from acd.rules import Rules
from engine.config import BadConfiguration, Configuration, load
from engine.config.source import Problem
from engine.planning.journal_file import JournalUnreadable, Redone, do_again, time_of
from engine.planning.queue_log_file import QueueLogUnreadable, recorded_by_queue_log
from engine.planning.report import document, figure_name, show, write_csv
from engine.planning.terminal import complain, named, progress, screen, target, uncollected
from engine.words import say
from planning.compare import Curve, Row, compare, curve
from planning.counted import Counted, Scope, Table, half_hours, table
from planning.picture import Labels, picture
from planning.recorded import LeftOut, RecordedDay
from planning.replay import Replayed, Sources, UnknownQueues, replay, strangers
from planning.traffic import HALF_HOUR_S

__all__ = ["run"]

LEFT_OUT = {
    LeftOut.REFUSED: ("{} 个事件当时即被拒绝", "{} events were refused then, and are no part of it"),
    LeftOut.TALK_ENDS: (
        "{} 个通话没有结束记录，时长由模型给出",
        "{} talks have no recorded end: their length is modelled",
    ),
    LeftOut.FROM_BEFORE: ("{} 行属于起始之前的来电，未采用", "{} lines are of calls from before it begins: not used"),
    LeftOut.NO_LOG_IN: (
        "{} 名座席没有签入记录，按首次到末次出现视为在岗",
        "{} agents have no log-in: taken to be at work from their first sign to their last",
    ),
    LeftOut.ODD_LINES: ("{} 行不是 queue_log 格式，未采用", "{} lines are none of a queue_log: not used, the first"),
}
"""In Chinese and English, with the count."""


class _Recorded(msgspec.Struct, kw_only=True):
    """The day as it was, from whatever it was recorded by."""

    name: str
    day: RecordedDay
    counted: Counted
    rules: Rules
    """Under which its figures are counted."""
    midnight: float
    """Of the day it begins on."""
    redone: Redone | None = None
    """None: a queue_log, which has no decisions to do again."""


def run(arguments: argparse.Namespace) -> int:
    """The recorded day as it was; under other rules, as it would have been. Raises BadConfiguration."""
    configuration = load(arguments.rules) if arguments.rules else None
    try:
        recorded = _read(arguments, configuration)
        if configuration is None or _nothing_changed(recorded, configuration.rules):
            return _as_it_was(arguments, recorded)
        return _under(arguments, recorded, configuration.rules)
    except (JournalUnreadable, QueueLogUnreadable, UnknownQueues, OSError) as error:
        return complain(error)


def _read(arguments: argparse.Namespace, configuration: Configuration | None) -> _Recorded:
    zone = ZoneInfo(configuration.system.timezone) if configuration else None
    day = _day(arguments.day, zone) if arguments.day else None
    if arguments.queue_log:
        if configuration is None:
            raise BadConfiguration(
                [Problem("--rules", 0, 0, "", "is missing: a queue_log does not say what queues are")]
            )
        found, counted = recorded_by_queue_log(arguments.queue_log, configuration.rules, day)
        midnight = _midnight(found.since, zone)
        return _Recorded(name="queue_log", day=found, counted=counted, rules=configuration.rules, midnight=midnight)
    since, until = day or _whole(*time_of(arguments.journal))
    with _kept(arguments.records) as file, uncollected(), progress(say("重放", "doing again"), None) as tell:
        redone = do_again(arguments.journal, since, until, file.write if file else None, tell)
    rules = redone.rules[-1] if redone.rules else Rules(version="", queues={}, agents={})
    return _Recorded(
        name=f"{say('原记录', 'as it was')} {rules.version}",
        day=redone.day,
        counted=redone.counted,
        rules=rules,
        midnight=_midnight(since, zone),
        redone=redone,
    )


def _day(text: str, zone: ZoneInfo | None) -> tuple[float, float]:
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        raise BadConfiguration(
            [Problem("--day", 0, 0, "", f"expected a day such as 2026-10-01, got {text[:40]!r}")]
        ) from None
    begins = [datetime.combine(one, time(), zone).timestamp() for one in (wanted, wanted + timedelta(days=1))]
    return begins[0], begins[1]


def _midnight(at: float, zone: ZoneInfo | None) -> float:
    """Of the day this moment lies in; without rules in the zone of this machine."""
    return datetime.combine(datetime.fromtimestamp(at, zone).date(), time(), zone).timestamp()


def _whole(first: float, last: float) -> tuple[float, float]:
    """The half hours from the first event to the last."""
    return math.floor(first / HALF_HOUR_S) * HALF_HOUR_S, (math.floor(last / HALF_HOUR_S) + 1) * HALF_HOUR_S


@contextlib.contextmanager
def _kept(file: Path | None) -> Iterator[IO[bytes] | None]:
    if file is None:
        yield None
    else:
        with file.open("wb") as stream:
            yield stream


def _nothing_changed(recorded: _Recorded, rules: Rules) -> bool:
    """Whether the day ran under these very rules; a comment in a file changes the version and no rule."""
    if recorded.redone is None:
        return False
    return all(msgspec.structs.replace(then, version=rules.version) == rules for then in recorded.redone.rules)


# --- the same rules ------------------------------------------------------------------------------------------------------


def _as_it_was(arguments: argparse.Namespace, recorded: _Recorded) -> int:
    redone = recorded.redone
    assert redone is not None
    rows, old, _ = _compared(recorded, [])
    _write(arguments, rows, old, None, Labels(title=say("重放的一天", "A day replayed"), old=recorded.name))
    if arguments.json:
        head = {
            "command": "replay",
            "rules": [rules.version for rules in redone.rules],
            "changed": False,
            "events": redone.events,
            "decisions": redone.decisions,
            "digest": redone.digest,
            "left_out": recorded.day.left_out,
            "first_odd_line": recorded.day.first_odd_line,
        }
        print(json.dumps({**head, **document(rows, old, None)}, ensure_ascii=False, indent=1))
        return 0
    console = screen()
    console.print(
        say(
            f"规则与记录时相同：{redone.events} 个事件重新执行，{redone.decisions} 个分配决定。"
            f"相同的事件与规则得出逐字节相同的记录（摘要 {redone.digest[:16]}）。",
            f"The rules are those of the record: {redone.events} events done again, {redone.decisions} decisions. The same "
            f"events under the same rules give the same records, to the byte (digest: {redone.digest[:16]}).",
        ),
        soft_wrap=True,
    )
    show(rows, recorded.name, None, console)
    return 0


# --- other rules ---------------------------------------------------------------------------------------------------------


def _under(arguments: argparse.Namespace, recorded: _Recorded, rules: Rules) -> int:
    replays: list[Replayed] = []
    with uncollected(), progress(say("重放", "replaying"), arguments.runs) as tell:
        for seed in range(arguments.seed, arguments.seed + arguments.runs):
            replays.append(replay(recorded.day, rules, seed))
            tell(len(replays))
    rows, old, new = _compared(recorded, replays)
    names = recorded.name, named(arguments.rules, rules)
    title = say("重放的一天", "A day replayed")
    _write(arguments, rows, old, new, Labels(title=title, old=names[0], new=names[1], target=target(rules)))
    at_home = strangers(recorded.day, rules)
    check = _model_check(recorded)
    if arguments.json:
        head = {
            "command": "replay",
            "rules": list(names),
            "changed": True,
            "seed": arguments.seed,
            "runs": arguments.runs,
            "level": 0.95,
            "sources": [msgspec.to_builtins(one.sources) for one in replays],
            "moot": replays[0].refused,
            "agents_not_in_the_rules": at_home,
            "left_out": recorded.day.left_out,
            "first_odd_line": recorded.day.first_odd_line,
            "model_under_the_rules_of_the_record": check,
        }
        print(json.dumps({**head, **document(rows, old, new)}, ensure_ascii=False, indent=1))
        return 0
    console = screen()
    for line in _said(replays[0].sources, recorded, at_home, check, arguments.runs):
        console.print(line, soft_wrap=True)
    show(rows, *names, console)
    return 0


def _model_check(recorded: _Recorded) -> dict[str, dict[str, float | None]] | None:
    """The model held against the day itself: under the day's own rules it should give the day. A day with several versions
    is not asked for that."""
    if recorded.redone is None or len(recorded.redone.rules) != 1:
        return None
    model = replay(recorded.day, recorded.rules, 1).figures[Scope("site")]
    was = _table(recorded)[Scope("site")]
    return {
        figure: {"recorded": was[figure], "model": model[figure]} for figure in ("service_level", "asa", "abandon_rate")
    }


def _said(sources: Sources, recorded: _Recorded, at_home: Sequence[str], check: Any, runs: int) -> Iterator[str]:
    """What is data and what is modelled, in the reader's language."""
    s = sources
    yield say(
        "不变的（数据）：来电及其时刻、语音导航路径与选择、所进队列；座席签入签出、就绪、示忙、话机状态。",
        "Data, and unchanged: arrivals, the menu path and choice, the queue entered; agents' log-ins, breaks and phones.",
    )
    yield say(
        f"耐心：{s.patience_known} 人已放弃，等待时长即为耐心；{s.patience_at_least} 人只知其耐心长于当时的等待，"
        f"其中 {s.patience_modelled} 人此次等得更久，按 Kaplan-Meier 条件分布推算。",
        f"Patience: {s.patience_known} callers gave up, and showed it; of {s.patience_at_least} it is only known to be "
        f"longer than their wait, and {s.patience_modelled} of them wait longer now: drawn by Kaplan-Meier, given that wait.",
    )
    yield say(
        f"通话时长：{s.talks_known} 个由同一座席接听，取实际值；{s.talks_scaled} 个换了座席，按两人平均通话时长之比折算；"
        f"{s.talks_drawn} 个当时未接通，取同队列已接来电的时长。",
        f"Talks: {s.talks_known} with the same agent, as they were; {s.talks_scaled} with another, scaled by the two agents' "
        f"means; {s.talks_drawn} of callers not served then, drawn from served callers of the queue.",
    )
    yield say(
        f"振铃：{s.rings_known} 次与当时相同；{s.rings_drawn} 次取该座席的其他派发。",
        f"Phones: {s.rings_known} offers as they were; {s.rings_drawn} drawn from the agent's other offers.",
    )
    if at_home:
        yield say(
            f"新规则中没有的座席未上班：{'、'.join(at_home)}", f"Not in the rules, so not at work: {', '.join(at_home)}"
        )
    for reason, count in recorded.day.left_out.items():
        where = f" ({recorded.day.first_odd_line})" if reason is LeftOut.ODD_LINES else ""
        yield say("记录中：", "Of the record: ") + say(*LEFT_OUT[reason]).format(count) + where
    if check:
        told = say("，", ", ").join(
            f"{figure_name(name)} {_short(one['model'])} ({_short(one['recorded'])})" for name, one in check.items()
        )
        yield say(
            f"模型自检，按原规则重放（括号内为实际）：{told}",
            f"The model under the day's own rules (the day itself): {told}",
        )
    yield say(
        f"新规则一栏为 {runs} 次推算的均值，± 只反映模型中的随机性。",
        f"The new column is the mean of {runs} replays; its ± is only of what is modelled.",
    )


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


# --- both ----------------------------------------------------------------------------------------------------------------


def _table(recorded: _Recorded) -> Table:
    return table(recorded.counted, recorded.rules, recorded.day.since, recorded.day.until)


def _compared(recorded: _Recorded, replays: list[Replayed]) -> tuple[list[Row], Curve, Curve | None]:
    day = recorded.day
    halves = half_hours(recorded.counted, recorded.rules, day.since, day.until)
    rows = compare([_table(recorded)], [one.figures for one in replays])
    new = curve([one.half_hours for one in replays], recorded.midnight) if replays else None
    return rows, curve([halves], recorded.midnight), new


def _write(arguments: argparse.Namespace, rows: list[Row], old: Curve, new: Curve | None, labels: Labels) -> None:
    if arguments.csv:
        write_csv(arguments.csv, rows)
    if arguments.picture:
        arguments.picture.write_text(picture(old, new, labels), "utf-8")
