"""`./hotline check DIR`: problems, doubts, and the rule tests of a configuration, said at the terminal."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from engine.config.check import examine
from engine.config.lint import doubts
from engine.config.source import Problem
from engine.ivrtests import run_dialogues
from engine.ruletests import Report, run_tests
from engine.words import say

__all__ = ["BROKEN", "FAILED", "check", "test_dialogues"]

FAILED, BROKEN = 1, 2


def check(folder: Path, today: date, *, strict: bool = False) -> int:
    """0: it can be used. 1: a rule test failed, or with `strict` there is a warning. 2: a file of rule tests is none. Raises
    BadConfiguration when the configuration itself is broken."""
    examined = examine(folder)
    odd = doubts(examined, today)
    for doubt in odd:
        _complain(_warning(doubt))
    report = run_tests(examined)
    dialogues = run_dialogues(examined)
    _tell_failures(report)
    _tell_failures(dialogues)
    rules = examined.configuration.rules
    print(
        say(
            f"配置正确：{len(rules.queues)} 个队列，{len(rules.agents)} 名座席，版本 {rules.version}。",
            f"The configuration is sound: {len(rules.queues)} queues, {len(rules.agents)} agents, version {rules.version}.",
        )
    )
    if odd:
        print(say(f"{len(odd)} 条警告。", f"Warnings: {len(odd)}."))
    _tell_passed(say("规则测试", "Rule tests"), report)
    _tell_passed(say("导航测试", "Dialogue tests"), dialogues)
    if report.problems or dialogues.problems:
        return BROKEN
    return FAILED if report.failures or dialogues.failures or (strict and odd) else 0


def test_dialogues(folder: Path, files: Sequence[Path]) -> int:
    """`./hotline ivr test [FILE ...]`: as `check`, but for the dialogue tests alone."""
    report = run_dialogues(examine(folder), files)
    _tell_failures(report)
    _tell_passed(say("导航测试", "Dialogue tests"), report)
    if report.problems:
        return BROKEN
    return FAILED if report.failures else 0


def _tell_passed(kind: str, report: Report) -> None:
    if report.tests:
        passed = report.tests - len({(failure.problem.file, _test_of(failure.problem)) for failure in report.failures})
        print(
            say(f"{kind}：{report.tests} 个，通过 {passed} 个。", f"{kind}: {report.tests}, of which {passed} passed.")
        )


def _warning(doubt: Problem) -> str:
    where, _, rest = str(doubt).partition(": ")
    return f"{where}: {say('警告', 'warning')}: {rest}"


def _test_of(problem: Problem) -> str:
    """Its number in the file: paths of failures begin with it."""
    return problem.path.partition(".")[0]


def _tell_failures(report: Report) -> None:
    for problem in report.problems:
        _complain(str(problem))
    for failure in report.failures:
        _complain(str(failure.problem), *(f"    {line}" for line in failure.lines))


def _complain(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
