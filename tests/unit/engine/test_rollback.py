"""Versions that were in force are kept, and the command asks the engine for one of them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from engine.__main__ import main
from engine.config import load
from engine.last_good import keep_as_last_good
from engine.rollback import rollback, show_versions
from engine.versions import MOST_KEPT, UnknownVersion, keep_version, list_versions, path_of
from tests.unit.engine.sites import SITE, folder_of

NOON = 1_764_000_000.0


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_LANG", "en")


def files(folder: Path, text: str = "a: 1\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "queues.yaml").write_text(text, "utf-8")
    (folder / "notes.txt").write_text("not configuration", "utf-8")
    return folder


def test_versions_are_kept_with_their_time_the_newest_first(tmp_path: Path) -> None:
    keep_version(files(tmp_path / "f", "a: 1\n"), "aaa", tmp_path, NOON)
    keep_version(files(tmp_path / "f", "a: 2\n"), "bbb", tmp_path, NOON + 60.5)
    assert [(kept.version, kept.at) for kept in list_versions(tmp_path)] == [("bbb", NOON + 60.5), ("aaa", NOON)]
    assert (path_of("aaa", tmp_path) / "queues.yaml").read_text("utf-8") == "a: 1\n"
    assert [file.name for file in path_of("bbb", tmp_path).glob("*.*")] == ["queues.yaml"]


def test_a_version_that_comes_back_is_kept_once_at_its_place_under_its_new_time(tmp_path: Path) -> None:
    """Even when it is loaded from just there: an engine that was rolled back reads that folder."""
    for seconds, version in enumerate(("aaa", "bbb", "aaa", "aaa")):
        kept = {one.version: one.folder for one in list_versions(tmp_path)}
        keep_version(kept.get(version) or files(tmp_path / "f"), version, tmp_path, NOON + seconds)
        assert (kept.get(version) or path_of(version, tmp_path)) == path_of(version, tmp_path)
        assert (path_of(version, tmp_path) / "queues.yaml").exists()
    assert [(kept.version, kept.at) for kept in list_versions(tmp_path)] == [("aaa", NOON + 3), ("bbb", NOON + 1)]
    assert len(list((tmp_path / "configurations").iterdir())) == 2


def test_the_oldest_are_let_go_of(tmp_path: Path) -> None:
    for number in range(MOST_KEPT + 3):
        keep_version(files(tmp_path / "f"), f"v{number}", tmp_path, NOON + number)
    assert [kept.version for kept in list_versions(tmp_path)] == [f"v{number}" for number in range(12, 2, -1)]
    assert len(list((tmp_path / "configurations").iterdir())) == MOST_KEPT


def test_what_a_kill_left_unfinished_and_what_is_not_ours_is_no_version(tmp_path: Path) -> None:
    keep_version(files(tmp_path / "f"), "aaa", tmp_path, NOON)
    (tmp_path / "configurations" / "some-folder").mkdir()
    left = tmp_path / "configurations" / "ccc.new"
    left.mkdir()
    (left / "in_force_since").write_text("2026-01-01T00:00:00+00:00", "ascii")
    (left / "ivr.yaml").write_text("half of a fi", "utf-8")
    assert [kept.version for kept in list_versions(tmp_path)] == ["aaa"]
    keep_version(files(tmp_path / "f"), "ccc", tmp_path, NOON + 1)
    assert not left.exists()
    assert sorted(file.name for file in path_of("ccc", tmp_path).glob("*.yaml")) == ["queues.yaml"]


def test_the_beginning_of_a_version_will_do_if_it_is_the_only_one(tmp_path: Path) -> None:
    for version in ("abc1", "abd2", "ab"):
        keep_version(files(tmp_path / "f"), version, tmp_path, NOON)
    assert path_of("abc", tmp_path).name == "abc1"
    assert path_of("ab", tmp_path).name == "ab"
    for version in ("a", "x", ""):
        with pytest.raises(UnknownVersion, match="there are: abd2, abc1, ab"):
            path_of(version, tmp_path)


def test_what_comes_into_force_is_kept_as_a_version_that_loads_as_the_same(tmp_path: Path) -> None:
    configuration = load(folder_of(tmp_path / "config", SITE))
    keep_as_last_good(configuration, tmp_path / "home")
    assert load(path_of(configuration.version, tmp_path / "home")).rules == configuration.rules
    (tmp_path / "config" / "queues.yaml").write_text("changed meanwhile", "utf-8")
    keep_as_last_good(configuration, tmp_path / "home")
    assert len(list_versions(tmp_path / "home")) == 1


# --- the command -----------------------------------------------------------------------------------------------------


class Engine(BaseHTTPRequestHandler):
    """What the command asks of an engine."""

    asked: ClassVar[list[Any]] = []
    answer: ClassVar[tuple[int, Any]] = (200, {"version": "aaa"})

    def do_GET(self) -> None:
        self._reply(200, {"version": "0.1.0", "rules": "bbb"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers["Authorization"], body))
        self._reply(*self.answer)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def _reply(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def url() -> Iterator[str]:
    Engine.asked, Engine.answer = [], (200, {"version": "aaa"})
    server = HTTPServer(("127.0.0.1", 0), Engine)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for seconds, version in enumerate(("aaa", "bbb")):
        keep_version(files(tmp_path / "f"), version, tmp_path, NOON + seconds)
    return tmp_path


@pytest.mark.parametrize("wanted", [None, "aaa", "a"])
def test_rollback_asks_the_engine_for_the_version_before_or_the_one_that_is_named(
    home: Path, url: str, wanted: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rollback(wanted, url=url, token="t", home=home) == 0
    assert Engine.asked == [("/api/rollback", "Bearer t", {"version": "aaa"})]
    said = capsys.readouterr().out
    assert said.startswith("rules bbb are replaced by aaa.\n")
    assert str(path_of("aaa", home)) in said


def test_a_version_that_is_not_kept_is_not_asked_for(home: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rollback("ccc", url=url, token="t", home=home) == 1
    assert Engine.asked == []
    assert capsys.readouterr().err == 'no version "ccc" is kept (there are: bbb, aaa)\n'


def test_why_the_engine_does_not_take_it_is_told(home: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    Engine.answer = (
        409,
        {"error": "queue_in_use", "message": "callers wait in press", "problems": ["queues.yaml:1:1: x"]},
    )
    assert rollback("aaa", url=url, token="t", home=home) == 1
    assert capsys.readouterr().err == "the engine did not take it: callers wait in press\nqueues.yaml:1:1: x\n"


def test_an_engine_that_is_not_there_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rollback(None, home=home) == 1
    assert "no engine found" in capsys.readouterr().err
    assert rollback(None, url="http://127.0.0.1:1", token="t", home=home) == 1
    assert "cannot reach the engine" in capsys.readouterr().err


def test_the_command_lists_and_asks(home: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    assert main(["rollback", "--list"]) == 0
    assert main(["rollback", "aaa", "--url", url, "--token", "t"]) == 0
    assert Engine.asked == [("/api/rollback", "Bearer t", {"version": "aaa"})]


def test_the_versions_are_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_versions(home) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["bbb", "aaa"]
    assert show_versions(home / "elsewhere") == 0
    assert capsys.readouterr().out == "no version is kept yet.\n"
