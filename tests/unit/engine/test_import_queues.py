"""queues.conf becomes files that pass the check, and nothing of it is lost without a word."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.__main__ import main
from engine.config import load
from engine.queues_conf import Converted, convert, read_conf
from engine.queues_conf.command import texts_of

EXAMPLES = Path(__file__).parents[3] / "config"
CONF = """\
[general]
persistentmembers = yes
autofill = yes
keepstats = no                      ; nothing there is in ours

;-- a comment
[not-a-queue]
over lines --;
[usual](!)                          ; a template
strategy = rrmemory
timeout = 20
retry = 3
musicclass = default
member => PJSIP/1001,0,Wang

[repair](usual)
servicelevel = 30
wrapuptime = 15
weight = 5
maxlen = 40
joinempty = paused,unavailable
leavewhenempty = yes
autopause = all
monitor-format = wav
periodic-announce = all-busy,please-hold
periodic-announce-frequency = 45
defaultrule = later
member => PJSIP/1002,1,"Li, Na",hint:1002@agents,no,30
member => Local/1003@agents/n,4
member => PJSIP/agent-1004,9

[consultation](usual)
strategy = wrandom
musicclass = jazz
announce-position = yes
member = PJSIP/1003,3
timeout += 5
strange line

[complaint]
strategy = roundrobin
timeout = 0
autopause = no
maxlen = many
member => PJSIP/1001
member => PJSIP/1001

[dynamic queue]
strategy = linear
"""
RULES = "[later]\npenaltychange => 30,+3\npenaltychange => 60,5\npenaltychange => 90,,2\n"
AGENTS = "[agents]\nackcall = no\n[1001]\nfullname = 王小明\n"


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name, text in (("queues.conf", CONF), ("queuerules.conf", RULES), ("agents.conf", AGENTS)):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path / "queues.conf"


@pytest.fixture
def converted(conf: Path) -> Converted:
    others = [read_conf(conf.with_name(name)) for name in ("queuerules.conf", "agents.conf")]
    return convert(read_conf(conf), *others)


def test_templates_additions_and_comments_are_read_as_asterisk_reads_them(conf: Path) -> None:
    found = read_conf(conf)
    assert [name for name, section in found.sections.items() if not section.is_template] == [
        *("general", "repair", "consultation", "complaint", "dynamic queue")
    ]
    consultation = found.section("consultation")
    assert [one.value for one in consultation.settings if one.key == "strategy"] == ["rrmemory", "wrandom"]
    assert [one.value for one in consultation.settings if one.key == "timeout"] == ["205"]
    assert [(one.value, one.line) for one in found.not_understood] == [("strange line", 38)]


def test_a_semicolon_may_be_escaped_and_a_section_be_added_to(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("[a](+)\nstrategy = linear\n", "utf-8")
    text = "[a]\nannounce = one\\;two ; three\n;--------- underlined\nretry=1\n"
    text += "#include more.conf\n#include none.conf\n#exec rm\n"
    (tmp_path / "queues.conf").write_text(text, "utf-8")
    found = read_conf(tmp_path / "queues.conf")
    assert [(one.key, one.value) for one in found.section("a").settings] == [
        ("announce", "one;two"),
        ("retry", "1"),
        ("strategy", "linear"),
    ]
    assert [one.value for one in found.not_understood] == ["#include none.conf", "#exec rm"]


def test_each_key_with_an_equal_becomes_it(converted: Converted) -> None:
    assert converted.queues["repair"] == {
        "name": {"zh": "repair"},
        "strategy": "rrmemory",
        "ring": "20s",
        "retry_same_agent": "3s",
        "wrap_up": "15s",
        "no_answer_limit": 1,
        "service_level": {"within": "30s"},
        "priority": 5,
        "limits": {"max_waiting": 40, "full": {"prompt": "agents_busy"}, "nobody": {"prompt": "agents_busy"}},
        "recipes": [{"name": "periodic-announce", "after": "45s", "every": "45s", "do": {"play": "please_wait"}}],
        "record": True,
    }
    complaint = converted.queues["complaint"]
    assert (complaint["strategy"], complaint["ring"], complaint["wrap_up"]) == ("rrmemory", "1m", "0s")
    assert (complaint["no_answer_limit"], complaint["record"]) == (0, False)


def test_members_become_agents_with_tiers_and_reserve(converted: Converted) -> None:
    assert converted.agents == {
        "1001": {"name": "王小明", "queues": ["repair", "consultation", "complaint"]},
        "1002": {"name": "Li Na", "queues": [{"queue": "repair", "tier": 1, "after": "30s"}]},
        "1003": {
            "name": "1003",
            "queues": [{"queue": "repair", "tier": 4, "after": "1m"}, {"queue": "consultation", "tier": 3}],
        },
    }


@pytest.mark.parametrize(
    "told",
    [
        "queues.conf:2: general.persistentmembers: needs no key: agents stay what they are over a restart",
        "queues.conf:4: general.keepstats: has no equal, left out",
        "queues.conf:19: repair.weight: became priority: 5. In app_queue a heavier queue goes before others whatever",
        "queues.conf:20: repair.maxlen: became max_waiting; put into `full` what your dialplan did then",
        "queues.conf:21: repair.joinempty: became limits.nobody",
        "queues.conf:22: repair.leavewhenempty: became limits.nobody",
        "queues.conf:23: repair.autopause: became no_answer_limit: 1",
        "queues.conf:25: repair.periodic-announce: became a recipe that plays please_wait; make a prompt of all-busy",
        "queues.conf:27: repair.defaultrule: became reserve (`after`), as if QUEUE_MAX_PENALTY began at 0",
        "queues.conf:28: repair.member: a wrapuptime of a member has no equal",
        "queues.conf:29: repair: Local/1003@agents/n became agent 1003, phone agent-1003",
        "queues.conf:30: repair.member: has a penalty beyond all the rule allows, left out",
        "queues.conf:34: consultation.musicclass: has no equal, left out",
        "queues.conf:35: consultation.announce-position: has no equal, left out",
        "queues.conf:36: consultation.member: PJSIP/1003 and Local/1003@agents/n are taken as one agent, 1003",
        "queues.conf:38: -: not understood, left out: strange line",
        'queues.conf:41: complaint.strategy: there is no "roundrobin": became rrmemory',
        "queues.conf:42: complaint.timeout: 0 rings for ever: became a minute",
        'queues.conf:44: complaint.maxlen: expected a whole number, got "many": left out',
        "queues.conf:49: dynamic queue: is called dynamic-queue (letters, digits, _ and - only)",
        "queues.conf:49: dynamic-queue: has no member (dynamic ones do not stand in the file) and is commented out",
        "queuerules.conf:4: later.penaltychange: has no equal, left out",
        "agents.conf:2: agents.ackcall: has no equal, left out",
    ],
)
def test_what_differs_or_is_left_out_is_told_with_its_line(converted: Converted, told: str) -> None:
    assert [str(note) for note in converted.notes if str(note).startswith(told)], [str(n) for n in converted.notes]


def test_no_key_of_a_queue_is_dropped_without_a_word(tmp_path: Path) -> None:
    """Every key app_queue knows is either taken over or told."""
    keys = (EXAMPLES.parent / "tests" / "unit" / "engine" / "app_queue_keys.txt").read_text("utf-8").split()
    text = "[a]\nmember => PJSIP/1\n" + "".join(f"{key} = 7\n" for key in keys)
    (tmp_path / "queues.conf").write_text(text, "utf-8")
    converted = convert(read_conf(tmp_path / "queues.conf"))
    taken = {"timeout", "wrapuptime", "servicelevel", "periodic-announce-startdelay", "periodic-announce-frequency"}
    told = {note.about.removeprefix("a.") for note in converted.notes}
    assert [key for key in keys if key not in told | taken] == []


def test_the_written_files_pass_the_check_with_the_other_files_of_the_example(conf: Path, tmp_path: Path) -> None:
    out = tmp_path / "config"
    shutil.copytree(EXAMPLES, out, ignore=shutil.ignore_patterns("tests", "examples", "queues.yaml", "agents.yaml"))
    agents = conf.with_name("agents.conf")
    assert main(["import-queues", str(conf), "--agents", str(agents), "--out", str(out)]) == 0
    rules = load(out).rules
    assert sorted(rules.queues) == ["complaint", "consultation", "repair"]
    assert "  # dynamic-queue:\n" in (out / "queues.yaml").read_text("utf-8")
    assert main(["check", str(out), "--today=2026-11-25"]) == 0


def test_files_that_are_there_are_not_written_over(
    conf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "agents.yaml").write_text("mine", "utf-8")
    assert main(["import-queues", str(conf), "--out", str(out)]) == 1
    assert capsys.readouterr().err.startswith(f"agents.yaml: there already in {out}; give --force to write over it.")
    assert [file.name for file in out.iterdir()] == ["agents.yaml"]
    assert main(["import-queues", str(conf), "--out", str(out), "--force"]) == 0
    assert (out / "agents.yaml").read_text("utf-8") != "mine"


def test_without_a_folder_the_files_go_to_the_terminal_and_the_notes_beside_them(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import-queues", str(conf)]) == 0
    said = capsys.readouterr()
    queues, agents = (part.partition("\n")[2] for part in said.out.split("# --- ")[1:])
    parsed: Any = yaml.safe_load(queues)
    assert list(parsed["queues"]) == ["repair", "consultation", "complaint"]
    assert list(yaml.safe_load(agents)["agents"]) == ["1001", "1002", "1003"]
    assert "queues.conf:2: general.persistentmembers: " in said.err


def test_a_file_that_is_not_there_or_has_no_queue_with_members_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import-queues", str(tmp_path / "none.conf")]) == 1
    assert capsys.readouterr().err == f"{tmp_path}/none.conf: No such file or directory\n"
    (tmp_path / "empty.conf").write_text("[a]\nstrategy = linear\n", "utf-8")
    assert main(["import-queues", str(tmp_path / "empty.conf")]) == 1
    assert capsys.readouterr().err.startswith(f"there is no queue with members in {tmp_path}/empty.conf.")


def test_names_asterisk_or_yaml_would_read_as_something_else_are_quoted(tmp_path: Path) -> None:
    text = "[no]\nmember => PJSIP/0571,0,on\n[a: b]\nmember => PJSIP/2;3\n"
    (tmp_path / "queues.conf").write_text(text, "utf-8")
    texts = texts_of(convert(read_conf(tmp_path / "queues.conf")), tmp_path / "queues.conf")
    queues, agents = (yaml.safe_load(texts[name]) for name in ("queues.yaml", "agents.yaml"))
    assert list(queues["queues"]) == ["no", "a-b"]
    assert agents["agents"]["0571"] == {"name": "on", "queues": ["no"]}
