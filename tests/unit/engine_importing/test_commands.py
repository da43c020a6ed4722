"""`hotline import` as it is typed: exit codes, what it says, what it stores."""

import gzip
import json
import sqlite3
from pathlib import Path

import pytest

from bench.queue_log_days import days
from engine.__main__ import main

T = 1_700_006_400
LINES = [
    f"{T}|NONE|NONE|NONE|QUEUESTART|\n",
    f"{T + 2}|{T + 1}.1|600|NONE|ENTERQUEUE||13800138000|1\n",
    f"{T + 12}|{T + 1}.1|600|Old Name|CONNECT|10|{T + 8}.2|4\n",
    f"{T + 72}|{T + 1}.1|600|Old Name|COMPLETEAGENT|10|60|1\n",
    f"{T + 80}|{T + 79}.3|600|NONE|ENTERQUEUE||139|1\n",
    f"{T + 184}|{T + 79}.3|600|NONE|ABANDON|1|1|104\n",
    "torn li",
]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOTLINE_LANG", "en")
    path = tmp_path / "queue_log"
    path.write_text("".join(LINES), "utf-8")
    return path


def stored(tmp_path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(tmp_path / "home" / "hotline.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_import_stores_calls_counts_their_quarters_and_tells_what_was_wrong(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--map-queue", "600=sales", "--map-agent", "Old Name=1002", "--summary"]
    for _ in range(2):
        assert main(["import", "queue_log", str(log), *options]) == 0
        told = capsys.readouterr().out
        assert "6 lines: 2 calls" in told
        assert f"1 lines are cut off: not used ({log}:7)" in told
        table = told.splitlines()[-1].split()
        assert table[:8] == ["600", "2", "1", "1", "10.0", "s", "60.0", "s"]
        assert stored(tmp_path, "SELECT queue, agent FROM segments ORDER BY 1, 2") == [
            ("sales", None),
            ("sales", "1002"),
        ]
        counted = "SELECT offered, answered, talk_s FROM intervals WHERE dimension = 'queue' AND key = 'sales'"
        assert stored(tmp_path, counted) == [(2, 1, 60.0)]


def test_dry_run_reads_and_stores_nothing(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "queue_log", str(log), "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["stored"], found["lines"], found["calls"]) == (False, 6, 2)
    assert found["faults"] == {"counts": {"cut": 1}, "places": {"cut": [f"{log}:7"]}}
    assert found["queues"]["600"]["mean_hold_s"] == 10.0
    assert not (tmp_path / "home" / "hotline.db").exists()


def test_rotated_and_packed_files_in_any_order_are_one_log(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = list(days(60, seed=2))
    packed, plain = tmp_path / "queue_log.2.gz", tmp_path / "queue_log.1"
    packed.write_bytes(gzip.compress("".join(lines[:900]).encode()))
    plain.write_text("".join(lines[900:]), "utf-8")
    assert main(["import", "queue_log", str(plain), str(packed), "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["calls"], found["faults"]["counts"], found["overlapping"]) == (60, {}, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            ["import", "queue_log", "nowhere/queue_log"],
            1,
            "nowhere/queue_log: cannot be read: No such file or directory",
        ),
        (["import", "queue_log", "LOG", "--time-zone", "Moon/Far"], 2, "--time-zone: expected a time zone"),
        (["import", "cdr", "LOG", "--columns", "src,dst"], 2, "--columns: the columns lack dcontext, start"),
        (["import", "queue_log", "EMPTY"], 1, "no line of a queue_log (expected epoch|callid|"),
    ],
)
def test_wrong_use_is_a_message(
    arguments: list[str], code: int, told: str, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.write_text("this is no log\n", "utf-8")
    files = {"LOG": str(log), "EMPTY": str(empty)}
    assert main([files.get(one, one) for one in arguments]) == code
    assert told in capsys.readouterr().err


def test_packed_cdr_is_read_as_it_is(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = '"","138","400","from-trunk",,,,,,"2023-11-15 08:00:00",,"2023-11-15 08:01:00",60,0,"BUSY",,"1.1"'
    packed = tmp_path / "Master.csv.1.gz"
    packed.write_bytes(gzip.compress(f"{line}\n".encode()))
    assert main(["import", "cdr", str(packed), "--context", "from-trunk", "--dry-run"]) == 0
    assert "1 records: 1 calls that came in, 1 of them met busy" in capsys.readouterr().out
    packed.write_bytes(packed.read_bytes()[:-12])
    assert main(["import", "cdr", str(packed), "--context", "from-trunk"]) == 1
    assert f"{packed}: cannot be read" in capsys.readouterr().err


def test_cdr_without_the_contexts_of_callers_says_which_there_are(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = '"","138","400","from-trunk","c","ch","","Queue","","2023-11-15 08:00:00","","2023-11-15 08:01:00",60,0,'
    (tmp_path / "Master.csv").write_text(f'{row}"BUSY","DOC","1.1",""\n', "utf-8")
    assert main(["import", "cdr", str(tmp_path / "Master.csv")]) == 2
    captured = capsys.readouterr()
    assert "contexts: from-trunk 1" in captured.out
    assert "--context" in captured.err
    assert main(["import", "cdr", str(tmp_path / "Master.csv"), "--context", "from-trunk"]) == 0
    assert stored(tmp_path, "SELECT call, number, did, disposition FROM calls") == [
        ("asterisk-1.1", "138", "400", "blocked")
    ]
    assert stored(tmp_path, "SELECT calls FROM intervals WHERE dimension = 'site'") == [(1,)]


def test_everything_is_said_in_chinese_too(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "zh")
    assert main(["import", "queue_log", str(log), "--dry-run", "--summary"]) == 0
    told = capsys.readouterr().out
    assert "6 行，2 次来电" in told
    assert "队列" in told
