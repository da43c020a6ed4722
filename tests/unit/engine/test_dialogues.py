"""Dialogue tests: what is not as expected is told with its place."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.config.check import examine
from engine.ivrtests import run_dialogues
from engine.ruletests import Report

CONFIG = Path(__file__).parents[3] / "config"
NODES: dict[str, Any] = {
    "card": {
        "type": "collect",
        "as": "card",
        "masked": True,
        "check": "luhn",
        "digits": 16,
        "prompts": "menu",
        "next": "find",
    },
    "find": {"type": "lookup", "lookup": "crm", "next": "who", "failed": "call_me"},
    "who": {
        "type": "condition",
        "when": [
            {"attributes": {"level": "gold"}, "next": "repair"},
            {"queue": "repair", "waiting_over": 9, "next": "out"},
        ],
        "otherwise": "say",
    },
    "out": {"type": "transfer", "number": "02164000000", "busy": "say", "no_answer": "say", "failed": "say"},
    "say": {"type": "message", "queue": "repair", "prompts": "menu", "review": "menu", "next": "closed"}
    | dict.fromkeys(("kept", "gone", "too_short"), "menu"),
    "call_me": {"type": "callback", "queue": "repair", "cancelled": "closed"}
    | dict.fromkeys(("prompts", "choices", "ask_number", "saved"), "menu"),
}
CARD = "4539578763621486"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example configuration, with key 9 leading to other kinds of nodes."""
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "ivr.yaml"
    data = yaml.safe_load(file.read_text("utf-8"))
    data["nodes"]["menu"]["keys"]["9"] = "card"
    data["nodes"] |= NODES
    data["lookups"] = {"crm": {"url": "https://crm.example/{card}", "fields": {"level": "level"}}}
    file.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    shutil.rmtree(tmp_path / "config" / "tests" / "ivr")
    return tmp_path / "config"


def run(folder: Path, *tests: dict[str, Any]) -> Report:
    (folder / "tests" / "ivr").mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(list(tests), allow_unicode=True, sort_keys=False)
    (folder / "tests" / "ivr" / "a.yaml").write_text(text, "utf-8")
    return run_dialogues(examine(folder))


def told(report: Report) -> list[str]:
    return [str(one) for one in (*report.problems, *(failure.problem for failure in report.failures))]


GOLD = {"lookups": {"crm": {"level": "gold"}}}
BUSY = {"lookups": {"crm": {}}, "queues": {"repair": {"waiting": 10}}}


@pytest.mark.parametrize(
    "test",
    [
        {"does": ["9", CARD], "expect": {"queue": "repair", "attributes": {"level": "gold", "card": CARD}}} | GOLD,
        {"does": [f"9{CARD}"], "expect": {"nodes": ["welcome", "...", "repair"]}} | GOLD,
        {
            "does": ["9", "12#", "nothing", "1"],
            "expect": {"nodes": ["...", "to_operator"], "hears": ["wrong_key", "no_key"]},
        },
        {"does": ["9", CARD, "answered"], "expect": {"transfer": "02164000000", "ends": "transferred"}} | BUSY,
        {"does": ["9", CARD, "busy", "said 8s", "3"], "expect": {"message": True, "ends": "closed"}} | BUSY,
        {"does": ["9", CARD, "said 1s", "said", "hangs up"], "lookups": {"crm": {}}, "expect": {"message": True}},
        {"does": ["9", CARD, "said", "4"], "lookups": {"crm": {}}, "expect": {"message": False}},
        {"does": ["9", CARD, "1"], "expect": {"callback": "13800138000", "ends": "callback"}},
        {"does": ["9", CARD, "2", "02188886666#", "1", "refused"], "expect": {"ends": "closed", "callback": None}},
        {"start": "call_me", "number": "", "does": ["*"], "expect": {"nodes": ["call_me", "closed"]}},
    ],
    ids=lambda test: " ".join(test["does"]),
)
def test_dialogue_goes_as_expected(folder: Path, test: dict[str, Any]) -> None:
    report = run(folder, {"test": "t", **test})
    assert (told(report), report.tests) == ([], 1)


def test_all_that_differs_is_told_with_its_place(folder: Path) -> None:
    report = run(
        folder,
        {"test": "wrong", "does": ["1", "2"], "expect": {"nodes": ["menu"], "hears": "closed", "queue": "complaint"}},
    )
    lines = [line.partition(": ")[0] + " " + line.split(": ")[1] for line in told(report)]
    assert lines == [
        "tests/ivr/a.yaml:6:5 0.expect.nodes",
        "tests/ivr/a.yaml:8:5 0.expect.hears",
        "tests/ivr/a.yaml:9:5 0.expect.queue",
        "tests/ivr/a.yaml:2:3 0.does",
    ]
    assert report.failures[0].lines[0] == "welcome > hours > menu > repair_wait > repair"


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"expect": {"nodes": ["meun"]}}, 'no node "meun" (did you mean "menu"?)'),
        ({"expect": {"queue": "repiar"}}, 'no queue "repiar" (did you mean "repair"?)'),
        ({"lookups": {"cmr": None}, "expect": {}}, 'no lookup "cmr" (did you mean "crm"?)'),
        ({"does": ["presses 1"], "expect": {}}, "expected keys such as 1 or 1234#"),
        ({"does": ["1"]}, "is missing"),
    ],
)
def test_what_is_no_test_is_told_and_nothing_is_played(folder: Path, test: dict[str, Any], message: str) -> None:
    report = run(folder, {"test": "t", **test})
    assert report.tests == 0
    assert message in told(report)[0]


def test_the_richer_example_is_sound_and_its_dialogues_go_as_expected(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("tests", "examples"))
    shutil.copytree(CONFIG / "examples" / "ivr", folder, dirs_exist_ok=True)
    report = run_dialogues(examine(folder))
    assert (told(report), report.tests) == ([], 5)
