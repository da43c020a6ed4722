"""Files of rule tests, read, played and compared with what is expected."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from pydantic import TypeAdapter, ValidationError

from cti.explain import Names, explain
from engine.config.check import Examined
from engine.config.fields import duration
from engine.config.messages import problem_of
from engine.config.source import Path_, Problem, Source, read
from engine.ruletests.models import ExpectModel, TestModel
from engine.ruletests.names import name_problems
from engine.ruletests.play import Happening, NotPossible, Played, play
from engine.words import language, say

__all__ = ["Failure", "Report", "run_tests"]

FOLDER = "tests"
TOLERANCE_S = 0.5
"""So much earlier or later is still at the time that is expected."""
MOST_DECISIONS_SHOWN = 3

_TESTS: TypeAdapter[list[TestModel]] = TypeAdapter(list[TestModel])


class Failure(msgspec.Struct, frozen=True):
    """An expectation that was not met: where it stands, and what happened, a line each."""

    problem: Problem
    lines: tuple[str, ...] = ()


class Report(msgspec.Struct):
    """What came of all tests."""

    tests: int = 0
    problems: list[Problem] = []
    """Files that are no tests: nothing of them was played."""
    failures: list[Failure] = []


def run_tests(examined: Examined) -> Report:
    """All tests of the configuration's folder; none is a report without tests."""
    report = Report()
    for file in sorted((examined.configuration.folder / FOLDER).glob("*.yaml")):
        _run_file(file, examined, report)
    return report


def _run_file(file: Path, examined: Examined, report: Report) -> None:
    source = read(file)
    source.file = f"{FOLDER}/{file.name}"
    tests = _understood(source)
    problems = [msgspec.structs.replace(problem, file=source.file) for problem in source.problems]
    for index, test in enumerate(tests):
        problems += name_problems(source, (index,), test, examined)
    report.problems += problems
    if problems:
        return
    for index, test in enumerate(tests):
        report.tests += 1
        report.failures += _run(source, index, test, examined)


def _understood(source: Source) -> list[TestModel]:
    if source.problems and not source.data:
        return []
    try:
        return _TESTS.validate_python(source.data or [])
    except ValidationError as error:
        source.problems += [problem_of(source, list[TestModel], detail) for detail in error.errors()]
        return []


def _run(source: Source, index: int, test: TestModel, examined: Examined) -> Iterator[Failure]:
    try:
        played = play(test, examined)
    except NotPossible as refused:
        message = say(f"“{test.test}” 不可能发生：{refused}", f'"{test.test}" cannot be: {refused}')
        yield Failure(source.problem((index, "test"), message))
        return
    for place, expected in enumerate(test.expect):
        if not _is_met(expected, played, test.ends_s()):
            yield _failure(source, (index, "expect", place), test, expected, played, examined)


# --- whether ---------------------------------------------------------------------------------------------------------

_SHOWN_BY: Final[Mapping[str, tuple[str, str]]] = {
    "agent": ("answered", "agent"),
    "moves_to": ("enters", "queue"),
    "goes_to": ("goes", "note"),
    "hears": ("hears", "note"),
    "told": ("told", "note"),
    "ends": ("told", ""),
    "leaves": ("left", ""),
}
"""By outcome, the happening that shows it, and its field that must be what is expected."""


def _is_met(expected: ExpectModel, played: Played, ends_s: float) -> bool:
    outcome = expected.what()
    happened = [one for one in played.happened[expected.caller] if _is_at(one, expected)]
    if outcome == "waits":
        return _waits(expected, played, ends_s)
    if outcome == "rings":
        return {one.agent for one in happened if one.what == "rings"} >= set(expected.rings)
    what, field = _SHOWN_BY[outcome]
    return any(
        one.what == what
        and (not field or getattr(one, field) == getattr(expected, outcome))
        and (outcome != "moves_to" or bool(one.note))
        and (expected.queue is None or one.queue in ("", expected.queue))
        for one in happened
    )


def _is_at(one: Happening, expected: ExpectModel) -> bool:
    return expected.at is None or abs(one.at - expected.at) <= TOLERANCE_S


def _waits(expected: ExpectModel, played: Played, ends_s: float) -> bool:
    """Whether he was in a queue, without an answer, at the time given; else at the end."""
    at, queue = expected.at if expected.at is not None else ends_s, None
    for one in played.happened[expected.caller]:
        if one.at > at:
            break
        if one.what in ("answered", "left", "goes", "told"):
            queue = None
        elif one.what == "enters":
            queue = one.queue
    return queue is not None and expected.queue in (None, queue)


# --- what to say -----------------------------------------------------------------------------------------------------


def _failure(
    source: Source, path: Path_, test: TestModel, expected: ExpectModel, played: Played, examined: Examined
) -> Failure:
    wanted = _wanted(expected, test)
    message = say(
        f"“{test.test}”：来电 {expected.caller} 应{wanted}，但没有",
        f'"{test.test}": caller {expected.caller} should {wanted}, and did not',
    )
    lines = [_said(one) for one in played.happened[expected.caller]]
    lines += _reasons(expected.caller, played, examined)
    return Failure(source.problem(path, message), tuple(lines))


_WANTED: Final[Mapping[str, tuple[str, str]]] = {
    "agent": ("{at}由座席 {name} 接听{queue}", "be answered by agent {name}{queue}{at}"),
    "rings": ("{at}振铃座席 {name}{queue}", "ring at agent {name}{queue}{at}"),
    "moves_to": ("{at}转入队列 {name}", "go on to queue {name}{at}"),
    "goes_to": ("{at}转到节点 {name}", "go to node {name}{at}"),
    "hears": ("{at}听到 {name} 并继续等待", "hear {name} and wait on{at}"),
    "told": ("{at}听到 {name} 后结束", "be told {name} and end{at}"),
    "ends": ("{at}结束通话", "have his call ended{at}"),
    "leaves": ("{at}离开队列{queue}", "leave the queue{queue}{at}"),
    "waits": ("{at}仍在等待{queue}", "still wait{queue}{at}"),
}
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "rings": ("{at} 座席 {agent} 振铃", "{at} agent {agent} is rung"),
    "answered": ("{at} 座席 {agent} 接听", "{at} agent {agent} answers"),
    "missed": ("{at} 座席 {agent} 未接（{note}）", "{at} agent {agent} does not take it ({note})"),
    "left": ("{at} 离开队列 {queue}（{note}）", "{at} leaves queue {queue} ({note})"),
    "goes": ("{at} 转到节点 {note}", "{at} goes to node {note}"),
    "hears": ("{at} 听到 {note}", "{at} hears {note}"),
    "told": ("{at} 通话结束（{note}）", "{at} the call ends ({note})"),
}


def _wanted(expected: ExpectModel, test: TestModel) -> str:
    if expected.at is not None:
        at = say(f"在 {duration(expected.at)} ", f" at {duration(expected.at)}")
    else:
        at = say(f"在 {duration(test.ends_s())} 之前", f" by {duration(test.ends_s())}")
    queue = say(f"（队列 {expected.queue}）", f" in queue {expected.queue}") if expected.queue else ""
    name = ", ".join(expected.rings) if expected.rings else getattr(expected, expected.what())
    return say(*_WANTED[expected.what()]).format(at=at, name=name, queue=queue)


def _said(one: Happening) -> str:
    at = duration(max(one.at, 0.0))
    if one.what == "enters":
        before = say(f"（来自 {one.note}）", f" from {one.note}") if one.note else ""
        return say(f"{at} 进入队列 {one.queue}{before}", f"{at} comes to queue {one.queue}{before}")
    return say(*_SAID[one.what]).format(at=at, agent=one.agent, queue=one.queue, note=one.note or "-")


def _reasons(caller: str, played: Played, examined: Examined) -> list[str]:
    """The last decisions about him, as the desktop and `./hotline explain` would say them."""
    configuration = examined.configuration
    reasons = {key: name.model_dump(exclude_none=True) for key, name in configuration.agents.not_ready_reasons.items()}
    names, zone = Names.of(configuration.rules, reasons), ZoneInfo(configuration.rules.time_zone)
    told = [explain(decision, names, zone) for decision in played.decisions.get(caller, [])[-MOST_DECISIONS_SHOWN:]]
    return [one.zh if language() == "zh" else one.en for one in told]
