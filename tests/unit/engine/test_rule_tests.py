"""Ops' own tests of their rules: what they may say, that they are played on the core, and what is said when one fails."""

import shutil
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.config.check import examine
from engine.ruletests import Report, run_tests

EXAMPLES = Path(__file__).parents[3] / "config"
TODAY = "--today=2026-11-25"


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


def folder_with(folder: Path, text: str) -> Path:
    """The richer example configuration with this file of rule tests alone."""
    shutil.copytree(EXAMPLES / "examples" / "skills", folder, ignore=shutil.ignore_patterns("tests"))
    (folder / "tests").mkdir()
    (folder / "tests" / "mine.yaml").write_text(text, "utf-8")
    return folder


def run(folder: Path, text: str) -> Report:
    return run_tests(examine(folder_with(folder / "c", text)))


def failed(folder: Path, text: str) -> list[str]:
    report = run(folder, text)
    assert report.problems == []
    return [str(failure.problem) for failure in report.failures]


def wrong(folder: Path, text: str) -> list[str]:
    report = run(folder, text)
    assert report.tests == 0
    return [str(problem) for problem in report.problems]


@pytest.mark.parametrize("folder", [EXAMPLES, EXAMPLES / "examples" / "skills"], ids=lambda folder: folder.name)
def test_the_rule_tests_of_the_examples_pass(folder: Path) -> None:
    report = run_tests(examine(folder))
    assert report.tests >= 9
    assert (report.problems, report.failures) == ([], [])


def test_a_configuration_without_rule_tests_has_none(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "examples" / "skills", tmp_path / "c", ignore=shutil.ignore_patterns("tests"))
    assert run_tests(examine(tmp_path / "c")) == Report()


# --- what can be expected, each met and not --------------------------------------------------------------------------

SITUATION = """\
- test: it
  {agents}
  callers:
    - {{name: a, {caller}}}
  {more}
  expect:
    - {{caller: a, {expected}}}
"""
NOBODY_FREE = "agents: {'2001': break, '2002': break}\n  others: offline"
OUTCOMES = [
    ("", "queue: repair", "", "agent: '2001', at: 0s", "agent: '2002'"),
    ("", "node: english", "", "rings: ['2003', '2005'], at: 0s", "rings: ['2001', '2003']"),
    (NOBODY_FREE, "queue: consultation", "until: 5m", "moves_to: repair, at: 4m", "moves_to: repair, at: 3m"),
    (NOBODY_FREE, "queue: repair", "until: 9m", "goes_to: callback, at: 8m", "goes_to: menu"),
    (NOBODY_FREE, "queue: repair", "until: 9m", "leaves: true, at: 8m, queue: repair", "leaves: true, at: 7m"),
    ("others: offline", "queue: repair", "", "goes_to: callback, at: 0s", "waits: true"),
    (NOBODY_FREE, "queue: english, at: 10s", "until: 4m", "ends: true, at: 3m10s", "told: closed"),
    ("at: 2026-11-25 22:00", "queue: english", "", "told: closed", "told: sorry"),
    (NOBODY_FREE, "queue: repair", "until: 20s", "waits: true", "waits: true, queue: english"),
    (NOBODY_FREE, "queue: repair", "until: 1m", "waits: true, at: 30s", "hears: please_wait"),
    ("", "queue: repair, number: '10658999'", "", "ends: true, at: 0s", "waits: true"),
    ("", "queue: repair, number: '057112345', last_agent: '2002'", "", "agent: '2002', at: 0s", "agent: '2001'"),
    (
        "",
        "queue: repair, number: '057112345', last_agent: '2002', last_call: 25h",
        "",
        "agent: '2001'",
        "agent: '2002'",
    ),
]


@pytest.mark.parametrize(("agents", "caller", "more", "met", "missed"), OUTCOMES)
def test_an_outcome_is_met_or_told(tmp_path: Path, agents: str, caller: str, more: str, met: str, missed: str) -> None:
    parts = {"agents": agents, "caller": caller, "more": more}
    assert failed(tmp_path / "met", SITUATION.format(**parts, expected=met)) == []
    (told,) = failed(tmp_path / "missed", SITUATION.format(**parts, expected=missed))
    assert told.startswith("tests/mine.yaml:")
    assert ": 0.expect.0: " in told


def test_a_prompt_in_the_wait_is_heard_by_who_stands_far_back_only(tmp_path: Path) -> None:
    text = f"""\
- test: patience
  {NOBODY_FREE}
  callers:
    - {{name: a, queue: repair}}
    - {{name: b, queue: repair}}
    - {{name: c, queue: repair}}
  expect:
    - {{caller: c, hears: please_wait, at: 30s}}
    - {{caller: c, hears: please_wait, at: 90s}}
    - {{caller: b, hears: please_wait, at: 30s}}
"""
    assert failed(tmp_path, text) == [
        'tests/mine.yaml:11:7: 0.expect.2: "patience": caller b should hear please_wait and wait on at 30s, and did not'
    ]


def test_a_failure_tells_what_happened_and_why(tmp_path: Path) -> None:
    text = """\
- test: 技能 / skills
  at: 2026-11-25 10:00
  agents: {"2001": meal, "2004": offline}
  callers:
    - {name: a, queue: repair}
  expect:
    - {caller: a, agent: "2003", at: 0s}
"""
    (failure,) = run(tmp_path, text).failures
    assert str(failure.problem) == (
        'tests/mine.yaml:7:7: 0.expect.0: "技能 / skills": caller a should be answered by agent 2003 at 0s, and did not'
    )
    assert failure.lines[:3] == ("0s comes to queue repair", "0s agent 2002 is rung", "0s agent 2002 answers")
    assert "李娜 2002" in failure.lines[3]
    assert "王小明 2001 (Meal)" in failure.lines[3]


def test_everything_agents_and_callers_do_is_done(tmp_path: Path) -> None:
    text = """\
- test: a day at work
  agents: {"2001": talking in repair for 30s, "2002": break, "2003": offline, "2004": wrap-up in consultation for 4s}
  others: offline
  callers:
    - {name: a, queue: repair}
    - {name: b, queue: repair, at: 1s}
    - {name: c, queue: repair, at: 2s}
    - {name: d, queue: consultation}
  events:
    - {at: 5s, caller: b, does: hang up}
    - {at: 10s, agent: "2001", does: hang up}
    - {at: 12s, agent: "2001", does: finish}
    - {at: 13s, agent: "2002", does: do not answer}
    - {at: 14s, agent: "2002", does: ready}
    - {at: 20s, agent: "2002", does: answer}
    - {at: 30s, agent: "2002", does: meeting}
    - {at: 40s, agent: "2003", does: log in}
    - {at: 41s, agent: "2003", does: log out}
  expect:
    - {caller: d, agent: "2004", at: 6s}
    - {caller: a, agent: "2001", at: 12s}
    - {caller: b, leaves: true, at: 5s}
    - {caller: c, rings: "2002", at: 14s}
    - {caller: c, agent: "2002", at: 20s}
"""
    assert failed(tmp_path, text) == []


def test_who_declines_is_passed_over(tmp_path: Path) -> None:
    text = """\
- test: no thanks
  callers:
    - {name: a, queue: repair}
  events:
    - {at: 0s, agent: "2001", does: decline}
  expect:
    - {caller: a, rings: "2001", at: 0s}
    - {caller: a, agent: "2002", at: 0s}
"""
    assert failed(tmp_path, text) == []


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("{at: 5s, agent: '2001', does: hang up}", "agent 2001 cannot hang up: he talks to nobody then"),
        ("{at: 5s, agent: '2001', does: log in}", "2001: "),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, event: str, told: str) -> None:
    text = f"- test: odd\n  callers: [{{name: a, queue: english}}]\n  events: [{event}]\n"
    text += "  expect: [{caller: a, waits: true}]\n"
    (line,) = failed(tmp_path, text)
    assert line.startswith(f'tests/mine.yaml:1:3: 0.test: "odd" cannot be: {told}')


# --- files that are no tests -----------------------------------------------------------------------------------------

GOOD = {"callers": "[{name: a, queue: repair}]", "expect": "[{caller: a, waits: true}]"}
SLIPS = [
    ({"expect": None}, "1:3: 0.expect: is missing"),
    ({"expct": "[]"}, '0.expct: unknown key (did you mean "expect"?)'),
    ({"at": "tomorrow"}, "0.at: expected a date and time such as 2026-11-25 10:00, got 'tomorrow'"),
    ({"agents": "{'2001': talking loudly for 30s}"}, "0.agents.2001: expected such as ready, offline, talking for 30s"),
    ({"agents": "{'2001': brake}"}, '0.agents.2001: no state or reason "brake" (did you mean "break"?)'),
    ({"agents": "{'1001': break}"}, '0.agents.1001: no agent "1001" (did you mean "2001"?)'),
    ({"agents": "{'2001': talking in repairs}"}, '0.agents.2001: no queue "repairs" (did you mean "repair"?)'),
    ({"callers": "[{name: a}]"}, "0.callers.0: name either the queue he comes to or the enqueue node of ivr.yaml"),
    ({"callers": "[{name: a, queue: repiar}]"}, '0.callers.0.queue: no queue "repiar" (did you mean "repair"?)'),
    ({"callers": "[{name: a, node: menu}]"}, '0.callers.0.node: no enqueue node "menu"'),
    ({"callers": "[{name: a, queue: repair, last_agent: '2001'}]"}, "0.callers.0: needs a number"),
    (
        {"callers": "[{name: a, queue: repair}, {name: a, queue: repair}]"},
        '0.callers.1.name: there is another caller "a"',
    ),
    ({"events": "[{at: 1s, does: hang up}]"}, "0.events.0: name either an agent or a caller"),
    ({"events": "[{at: 1s, agent: '2001', does: sing}]"}, '0.events.0.does: no action "sing"'),
    ({"events": "[{at: 1s, caller: a, does: break}]"}, '0.events.0.does: no action of a caller "break"'),
    ({"events": "[{at: 1s, caller: b, does: hang up}]"}, '0.events.0.caller: no caller "b"'),
    ({"expect": "[{caller: a}]"}, "0.expect.0: name one of agent, rings, moves_to, goes_to"),
    ({"expect": "[{caller: b, waits: true}]"}, '0.expect.0.caller: no caller "b"'),
    ({"expect": "[{caller: a, told: sory}]"}, '0.expect.0.told: no prompt "sory" (did you mean "sorry"?)'),
    ({"expect": "[{caller: a, goes_to: menue}]"}, '0.expect.0.goes_to: no node "menue" (did you mean "menu"?)'),
    ({"expect": "[{caller: a, rings: ['2001', '3001']}]"}, '0.expect.0.rings: no agent "3001" (did you mean "2001"?)'),
]


@pytest.mark.parametrize(("changes", "told"), SLIPS, ids=lambda value: str(value)[:60])
def test_a_slip_in_a_rule_test_is_told_with_its_place(
    tmp_path: Path, changes: dict[str, str | None], told: str
) -> None:
    parts = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    text = "- test: it\n" + "".join(f"  {key}: {value}\n" for key, value in parts.items())
    lines = wrong(tmp_path, text)
    assert len(lines) == 1
    assert lines[0].startswith("tests/mine.yaml:")
    assert told in lines[0]


def test_a_file_that_is_no_list_or_no_yaml_is_told(tmp_path: Path) -> None:
    assert wrong(tmp_path / "a", "test: it\n") == ["tests/mine.yaml:1:1: expected a list"]
    assert wrong(tmp_path / "b", "- [\n") == ["tests/mine.yaml:2:1: not YAML: did not find expected node content"]


# --- the command -----------------------------------------------------------------------------------------------------

FAILING = "- test: it\n  callers: [{name: a, queue: repair}]\n  expect: [{caller: a, waits: true}]\n"


def test_check_runs_the_rule_tests_and_ends_with_1_when_one_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder_with(tmp_path / "c", FAILING)), TODAY]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(
        'tests/mine.yaml:3:12: 0.expect.0: "it": caller a should still wait by 0s, and did not\n'
    )
    assert "    0s agent 2001 answers\n" in said.err
    assert said.out.splitlines()[1:] == ["Rule tests: 1, of which 0 passed."]


def test_check_ends_with_2_when_a_rule_test_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder_with(tmp_path / "c", "- tset: it\n")), TODAY]) == 2
    assert 'tests/mine.yaml:1:3: 0.tset: unknown key (did you mean "test"?)' in capsys.readouterr().err


def test_check_tells_warnings_and_ends_with_1_only_when_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path / "c", "[]\n")
    assert main(["check", str(folder), "--today=2027-02-01", "--strict"]) == 1
    strict = capsys.readouterr()
    assert main(["check", str(folder), "--today=2027-02-01"]) == 0
    assert capsys.readouterr() == strict
    assert strict.err.startswith(
        "hours.yaml:17:5: warning: calendars.service.special: the last special day is 2027-02-08"
    )
    assert strict.out.splitlines()[1:] == ["Warnings: 1."]
    assert main(["check", str(folder), TODAY, "--strict"]) == 0
