"""traffic.yaml: the example holds, and every problem is told at once with its place."""

from pathlib import Path

import pytest

from engine.config import BadConfiguration, load
from engine.planning.traffic_file import load_traffic
from engine.site import REPOSITORY
from planning.draws import Exponential, Lognormal, Never
from planning.shifts import Break

RULES = load(REPOSITORY / "config").rules


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "traffic.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load_traffic(file, RULES)
    return [str(problem) for problem in caught.value.problems]


def test_example_is_sound_and_means_what_it_says() -> None:
    traffic, shifts = load_traffic(REPOSITORY / "planning" / "example" / "traffic.yaml", RULES)
    repair, consultation, _ = traffic.streams
    assert repair.arrivals[17:20] == (24.0, 36.0, 36.0)
    assert repair.arrivals[16] == repair.arrivals[34] == 0.0
    assert repair.talk == Lognormal(200.0, 150.0)
    assert repair.patience == Exponential(240.0)
    assert consultation.wrap_up is None
    assert (traffic.vip, traffic.redial, traffic.missed) == ({1: 0.03, 2: 0.01}, 0.2, 0.01)
    assert (shifts[0].start_s, shifts[0].end_s) == (30600.0, 63000.0)
    assert shifts[0].breaks == (Break(at_s=43200.0, lasts_s=1800.0, reason="meal"),)
    assert shifts[1].everybody[-1] == "1001+4"


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """\
queues:
  repare:
    arrivals: {"08:15": 3}
    talk: {type: exponential, mean: 0s}
  repair:
    arrivals: {"08:30": -1}
    talk: {type: gamma, mean: 3m}
    patients: {type: never}
shifts:
  - {start: "08:30", end: "25:00", agents: ["1009"], like: "1001"}
  - {start: "08:30", end: "17:00"}
""",
    )
    text = "\n".join(told)
    assert 'traffic.yaml:2:3: queues.repare: no queue "repare" (did you mean "repair"?)' in text
    assert "traffic.yaml:3:16: queues.repare.arrivals.08:15: expected the beginning of a half hour" in text
    assert "traffic.yaml:4:31: queues.repare.talk.mean: " in text
    assert "traffic.yaml:6:16: queues.repair.arrivals.08:30: expected at least 0" in text
    assert "queues.repair.talk.type: expected one of 'constant'" in text
    assert 'queues.repair.patients: unknown key (did you mean "patience"?)' in text
    assert "shifts.0.end: expected a time of the day" in text
    assert 'shifts.0.agents.0: no agent "1009"' in text
    assert "shifts.1: nobody works in this shift" in text
    assert len(told) == 9


def test_like_and_extra_go_together_and_shares_are_no_more_than_all(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """\
queues:
  repair: {arrivals: {"08:30": 3}, talk: {type: constant, mean: 3m}}
shifts:
  - {start: "08:30", end: "17:00", agents: ["1001"], like: "1002"}
  - {start: "08:30", end: "08:30", agents: ["1001"]}
""",
    )
    assert any("like and extra go together" in one for one in told)
    assert any("a shift must have a length" in one for one in told)
    told = problems(
        tmp_path,
        """\
vip: {1: 0.7, 2: 0.6}
queues:
  repair: {arrivals: {"08:30": 3}, talk: {type: constant, mean: 3m}}
""",
    )
    assert told == ["traffic.yaml:1:1: the VIP levels' shares come to more than 1"]


def test_night_shift_ends_on_the_next_day(tmp_path: Path) -> None:
    file = tmp_path / "traffic.yaml"
    file.write_text(
        """\
queues:
  repair: {arrivals: {"22:00": 3}, talk: {type: constant, mean: 3m}}
shifts:
  - {start: "22:00", end: "06:00", agents: ["1001"], breaks: [{at: "02:00", lasts: 30m}]}
""",
        "utf-8",
    )
    traffic, [shift] = load_traffic(file, RULES)
    assert shift.end_s == 30 * 3600.0
    assert shift.breaks[0].at_s == 26 * 3600.0
    assert traffic.streams[0].patience == Never()


def test_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="the file is missing"):
        load_traffic(tmp_path / "gone.yaml", RULES)
    assert problems(tmp_path, "") == ["traffic.yaml:1:1: queues: is missing"]
