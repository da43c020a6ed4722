"""Who goes first: a process and, if it has one of its own, its session."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.priority import go_first

LATER = 7
"""To go later than others takes no right."""


@contextmanager
def child(*, own_session: bool) -> Iterator[int]:
    process = subprocess.Popen(["sleep", "60"], start_new_session=own_session)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def session_nice(pid: int) -> int:
    """What the session of a process has been given; skips where Linux does not share the processor by sessions."""
    file = Path(f"/proc/{pid}/autogroup")
    if not file.exists() or not (text := file.read_text("ascii")).strip():
        pytest.skip("no autogroups here")
    return int(text.split()[-1])


def test_process_gets_its_place() -> None:
    with child(own_session=True) as pid:
        go_first(pid, LATER)
        assert os.getpriority(os.PRIO_PROCESS, pid) == LATER


def test_session_of_its_own_gets_the_same_place() -> None:
    with child(own_session=True) as pid:
        before = session_nice(pid)
        go_first(pid, LATER)
        assert (before, session_nice(pid)) == (0, LATER)


def test_session_it_shares_with_others_stays_as_it_is() -> None:
    with child(own_session=False) as pid:
        before = session_nice(pid)
        go_first(pid, LATER)
        assert session_nice(pid) == before


def test_process_that_is_gone_is_no_failure() -> None:
    with child(own_session=True) as pid:
        pass
    go_first(pid, LATER)
