"""The three commands from the command line: what they print, what they write, and their exit codes."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.__main__ import main
from engine.config import load
from engine.journal import FileJournal
from engine.planning.traffic_file import load_traffic
from engine.site import REPOSITORY
from planning.simulate import MIDNIGHT, Plan, simulate

CONFIG = REPOSITORY / "config"
TRAFFIC = """\
queues:
  repair:
    arrivals: {"09:00": 20, "11:00": 0}
    talk: {type: exponential, mean: 3m}
    patience: {type: exponential, mean: 2m}
vip: {1: 0.1}
phones: {answer: {type: erlang, mean: 5s, phases: 3}, missed: 0.02}
shifts:
  - {start: "08:30", end: "12:00", agents: ["1001", "1002", "1003"]}
"""


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    file = tmp_path / "traffic.yaml"
    file.write_text(TRAFFIC, "utf-8")
    return file


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The example configuration with a longer wrap-up."""
    folder = tmp_path / "changed"
    shutil.copytree(CONFIG, folder)
    file = folder / "queues.yaml"
    file.write_text(file.read_text("utf-8").replace("wrap_up: 20s", "wrap_up: 2m", 1), "utf-8")
    return folder


@pytest.fixture
def journal(tmp_path: Path, traffic: Path) -> Path:
    """A day under the example configuration."""
    rules = load(CONFIG).rules
    calls, shifts = load_traffic(traffic, rules)
    plain = Plan(rules=rules, traffic=type(calls)(streams=calls.streams, answer=calls.answer), shifts=shifts)
    folder = tmp_path / "journal"
    writer = FileJournal(folder)
    simulate(plain, 1, writer)
    writer.close()
    return folder


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_simulate_tells_the_figures_of_both_rules_and_their_difference(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, traffic: Path, changed: Path
) -> None:
    table, drawn = tmp_path / "out.csv", tmp_path / "out.svg"
    common = ["simulate", "--traffic", str(traffic), "--rules", str(CONFIG), str(changed), "--runs", "3"]
    assert main([*common, "--csv", str(table), "--picture", str(drawn)]) == 0
    said = capsys.readouterr().out
    assert "3 days from seed 1" in said
    assert "Service level" in said
    assert "VIP level" in said
    rows = {(row["scope"], row["figure"]): row for row in csv.DictReader(table.read_text("utf-8").splitlines())}
    wrap_up = rows["site", "after_call_work"]
    assert (float(wrap_up["old"]), float(wrap_up["new"])) == pytest.approx((20.0, 120.0))
    assert float(wrap_up["difference"]) == pytest.approx(100.0)
    assert "旧 old" in drawn.read_text("utf-8")
    assert main([*common, "--json"]) == 0
    site = document(capsys)["figures"]["site"]
    assert site["service_level"]["new"]["mean"] < site["service_level"]["old"]["mean"]
    assert site["service_level"]["difference"]["half_width"] > 0.0


def test_replay_under_the_same_rules_does_the_day_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, journal: Path
) -> None:
    records = tmp_path / "records.jsonl"
    assert main(["replay", "--journal", str(journal), "--rules", str(CONFIG), "--records", str(records), "--json"]) == 0
    told = document(capsys)
    assert told["changed"] is False
    lines = records.read_bytes().splitlines()
    assert sum(json.loads(line)["type"] == "Decision" for line in lines) == told["decisions"] > 50
    assert main(["replay", "--journal", str(journal)]) == 0
    assert f"{told['decisions']} decisions" in capsys.readouterr().out


def test_replay_under_other_rules_says_what_is_data_and_what_is_modelled(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, journal: Path, changed: Path
) -> None:
    drawn = tmp_path / "day.svg"
    command = ["replay", "--journal", str(journal), "--rules", str(changed), "--runs", "2", "--picture", str(drawn)]
    assert main(command) == 0
    said = capsys.readouterr().out
    for begins in ("Data, and unchanged:", "Patience:", "Talks:", "Phones:", "The model under the day's own rules"):
        assert begins in said
    assert "17:00" in drawn.read_text("utf-8")  # 09:00 in London is 17:00 in Shanghai, where the configuration is
    assert main([*command, "--json"]) == 0
    told = document(capsys)
    assert told["changed"] is True
    assert told["sources"][0]["talks_known"] + told["sources"][0]["talks_scaled"] > 50
    check = told["model_under_the_rules_of_the_record"]
    assert all(one["recorded"] == pytest.approx(one["model"], rel=0.01) for one in check.values())
    site = told["figures"]["site"]
    assert site["offered"]["old"]["mean"] == site["offered"]["new"]["mean"]
    assert site["service_level"]["new"]["mean"] < site["service_level"]["old"]["mean"]


def test_replay_of_another_day_finds_nobody(capsys: pytest.CaptureFixture[str], journal: Path, changed: Path) -> None:
    command = ["replay", "--journal", str(journal), "--rules", str(changed), "--day", "2020-01-01", "--json"]
    assert main(command) == 0
    assert document(capsys)["figures"]["site"]["offered"]["old"]["mean"] == 0.0


def test_replay_of_a_queue_log(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    at = int(MIDNIGHT) + 3600
    lines = ["not a line at all"]
    for n in range(40):
        lines += [
            f"{at + 60 * n}|1.{n}|repair|NONE|ENTERQUEUE||139{n:08}|1",
            f"{at + 60 * n + 9}|1.{n}|repair|PJSIP/agent-1001|CONNECT|9|2.{n}|5",
            f"{at + 60 * n + 49}|1.{n}|repair|PJSIP/agent-1001|COMPLETECALLER|9|40|1",
        ]
    log.write_text("\n".join(lines), "utf-8")
    assert main(["replay", "--queue-log", str(log), "--rules", str(CONFIG), "--json", "--runs", "2"]) == 0
    told = document(capsys)
    assert told["figures"]["site"]["service_level"]["old"]["mean"] == 1.0
    assert told["figures"]["site"]["talk_time"]["old"]["mean"] == 40.0
    assert told["left_out"]["lines_that_are_none"] == 1
    assert told["first_odd_line"] == f"{log}:1"
    assert main(["replay", "--queue-log", str(log)]) == 2
    assert "--rules: is missing" in capsys.readouterr().err


def test_staffing_tells_agents_by_half_hour(capsys: pytest.CaptureFixture[str], tmp_path: Path, traffic: Path) -> None:
    table = tmp_path / "staff.csv"
    common = ["staffing", "--traffic", str(traffic), "--rules", str(CONFIG), "--shrinkage", "0.25", "--runs", "2"]
    assert main([*common, "--csv", str(table), "--json"]) == 0
    told = document(capsys)
    assert [row["time"] for row in told["site"]] == ["09:00", "09:30", "10:00", "10:30"]
    assert all(row["scheduled"] >= row["agents"] / 0.75 for row in told["site"])
    assert told["queues"][0]["agents"] <= told["queues"][0]["without_giving_up"]
    assert len(list(csv.reader(table.read_text("utf-8").splitlines()))) == 1 + 4 + 4
    assert main([*common, "--formulas"]) == 0
    assert "ErlangA" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["simulate", "--traffic", "gone.yaml", "--rules", str(CONFIG)], 2, "the file is missing"),
        (["replay", "--journal", "gone"], 1, "no journal there"),
        (["replay", "--queue-log", "gone", "--rules", str(CONFIG)], 1, "cannot be read"),
        (["replay", "--journal", "gone", "--day", "yesterday"], 2, "expected a day such as 2026-10-01"),
        (["simulate", "--traffic", "x", "--rules", "nowhere"], 2, "there is no such folder"),
    ],
)
def test_what_cannot_be_used_is_named(
    capsys: pytest.CaptureFixture[str], command: list[str], code: int, said: str
) -> None:
    assert main(command) == code
    assert said in capsys.readouterr().err


def test_three_sets_of_rules_and_a_plan_without_shifts_are_refused(
    capsys: pytest.CaptureFixture[str], traffic: Path, tmp_path: Path
) -> None:
    three = [str(CONFIG)] * 3
    assert main(["simulate", "--traffic", str(traffic), "--rules", *three]) == 2
    assert "one or two folders" in capsys.readouterr().err
    bare = tmp_path / "bare.yaml"
    bare.write_text(TRAFFIC[: TRAFFIC.index("shifts:")], "utf-8")
    assert main(["simulate", "--traffic", str(bare), "--rules", str(CONFIG)]) == 2
    assert "shifts: is missing" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--runs", "0"], ["--runs", "many"]])
def test_number_of_runs_is_checked(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--traffic", "x", *arguments])
    assert ended.value.code == 2
    assert "expected a whole number from 1" in capsys.readouterr().err
