"""A broken configuration at the start: every problem on the terminal, exit code 2, and nothing half-started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.engine.sites import SITE, edited, folder_of

ROOT = Path(__file__).parents[3]


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    environment = {**outside, "HOTLINE_HOME": str(home), "HOTLINE_LANG": "en", **variables}
    command = [sys.executable, "-m", "engine", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", ["up", "serve", "render-asterisk"])
def test_nothing_is_started_or_made_from_broken_files(tmp_path: Path, command: str) -> None:
    queues = edited("queues", "ring: 15s", "rnig: 15s")["queues"]
    folder = folder_of(tmp_path / "config", {**SITE, "queues": queues, "ivr": "start: x\n"})
    done = run(tmp_path / "home", command, "--config", str(folder))
    assert done.returncode == 2
    assert done.stdout == ""
    *told, last = done.stderr.splitlines()
    assert told == [
        "ivr.yaml:1:1: nodes: is missing",
        'queues.yaml:8:5: queues.sales.rnig: unknown key (did you mean "ring"?)',
    ]
    assert last == "The configuration has 2 problems; nothing was started."
    home = tmp_path / "home"
    assert not home.exists() or list(home.iterdir()) == []


def test_a_variable_that_cannot_be_used_is_no_trace_either(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "config")
    done = run(tmp_path / "home", "render-asterisk", "--config", str(folder), HOTLINE_SIP_PORT="sip")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "environment: HOTLINE_SIP_PORT: expected a port from 0 to 65535, got 'sip'"
    assert "Traceback" not in done.stderr


def test_check_says_in_the_terminals_language_that_all_is_well(tmp_path: Path) -> None:
    folder = str(folder_of(tmp_path / "config"))
    english = run(tmp_path / "home", "check", folder)
    chinese = run(tmp_path / "home", "check", folder, HOTLINE_LANG="zh")
    assert (english.returncode, chinese.returncode) == (0, 0)
    assert english.stdout.startswith("The configuration is sound: 3 queues, 2 agents, version ")
    assert chinese.stdout.startswith("配置正确：3 个队列，2 名座席，版本 ")
