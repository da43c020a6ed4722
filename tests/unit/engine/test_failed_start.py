"""Starts that fail or are broken off for other reasons than the configuration: one line, the right code, never a trace."""

import fcntl
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.unit.engine.sites import SITE, folder_of
from tests.unit.engine.test_broken_start import run

FREE_PORTS = "".join(f"{service}: {{port: 0}}\n" for service in ("http", "agi", "ami"))
INTERRUPTED = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(10)
"""


def serve(home: Path, **variables: str) -> tuple[int, list[str]]:
    """Exit code and what was said besides the usual log, of an engine that should not start."""
    system = SITE["system"] + FREE_PORTS
    folder = folder_of(home.parent / "config", {**SITE, "system": system})
    done = run(home, "serve", "--config", str(folder), **variables)
    return done.returncode, [line for line in done.stderr.splitlines() if not re.search(" (INFO|WARNING) ", line)]


@pytest.mark.parametrize("held", ["journal", "spool"])
def test_second_engine_in_a_home_says_so_in_one_line_and_leaves_the_addresses_alone(tmp_path: Path, held: str) -> None:
    home = tmp_path / "home"
    (home / held).mkdir(parents=True)
    with (home / held / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, [line] = serve(home)
    assert code == 1
    assert line.startswith("the engine cannot start: ")
    assert str(home / held) in line
    assert not (home / "endpoints.json").exists()


def test_engine_whose_port_is_taken_says_so_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, [line] = serve(tmp_path / "home", HOTLINE_HTTP_PORT=str(port))
    assert code == 1
    assert line.startswith("the engine cannot start: ")
    assert str(port) in line


@pytest.mark.parametrize("during", ["argparse", "asyncio", "yaml"])
def test_interrupt_during_the_first_imports_is_silent(tmp_path: Path, during: str) -> None:
    (tmp_path / f"{during}.py").write_text(INTERRUPTED)
    done = run(tmp_path / "home", "up", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "")
