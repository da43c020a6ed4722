"""The demonstration's own home folder and configuration: made new each time, one demonstration in it at a time."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.config import load
from engine.config.environment import ENVIRONMENT
from engine.demo.story import CAST, VIPS
from engine.rehearsal import write_configuration
from engine.site import REPOSITORY, home_folder
from engine.words import language, say

__all__ = ["AnotherDemoRuns", "NotTheExample", "fresh_home", "leave_out_surroundings", "write_demo_configuration"]

AFTERWARDS_S: Final = 120.0
"""The last calls end within this."""
_KEPT: Final = ("HOTLINE_HOME", "HOTLINE_ASTERISK_ROOT", "HOTLINE_LANG")
_QUEUE: Final = {"ring": "6s", "retry_same_agent": "10s", "no_answer_limit": 2, "wrap_up": "5s", "short_abandon": "3s"}
"""A hotline's minutes are the demonstration's seconds."""
_WAITS: Final = {"repair": "40s", "consultation": "25s", "complaint": "40s"}


class AnotherDemoRuns(Exception):
    """A demonstration already runs in this home folder."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            say(
                f"{home} 里已有一个演示在运行。请先结束它（Ctrl-C），或另设 HOTLINE_HOME。",
                f"A demo already runs in {home}. End it first (Ctrl-C), or set another HOTLINE_HOME.",
            )
        )


class NotTheExample(Exception):
    """The configuration has been changed so much that the demonstration's people do not fit into it."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            say(
                f"演示按 config/ 的示例配置编排，而其中缺少 {missing}。请在原始检出中运行演示；./hotline up 使用您自己的配置。",
                f"The demo is made for the example in config/, where {missing} is now missing. "
                "Run it in a fresh checkout; ./hotline up runs your own configuration.",
            )
        )


def leave_out_surroundings() -> None:
    """The demonstration reads no variables that were set for a real site: it must never write into that one's database."""
    for name in ENVIRONMENT:
        if name not in _KEPT:
            os.environ.pop(name, None)


@contextmanager
def fresh_home() -> Iterator[Path]:
    """$HOTLINE_HOME/demo, empty. Raises AnotherDemoRuns, OSError."""
    home = home_folder() / "demo"
    with (home.parent / "demo.lock").open("w") as lock:  # the lock goes with the process, however it ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherDemoRuns(home) from None
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        yield home


def write_demo_configuration(home: Path, length_s: float) -> Path:
    """The example configuration with the demonstration's cast, shorter times and the terminal's language.

    Raises BadConfiguration when the example is broken, NotTheExample when it is another one.
    """
    load(REPOSITORY / "config")
    changes: dict[str, Callable[[Any], None]] = {
        "agents": _cast,
        "queues": _short_times,
        "ivr": lambda data: data.update(language=language()),
        "system": lambda data: data.update(language=language(), timezone=_zone_of_one_day(length_s)),
    }
    try:
        return write_configuration(home / "config", changes)
    except (KeyError, TypeError) as error:
        raise NotTheExample(str(error)) from error


def _cast(data: Any) -> None:
    for agent, names in CAST.items():
        data["agents"][agent]["name"] = say(*names)


def _short_times(data: Any) -> None:
    data["vip"]["numbers"] = dict(VIPS)
    for queue, longest in _WAITS.items():
        settings = data["queues"][queue]
        settings.update(_QUEUE, max_wait=longest, last_agent={"window": "1h", "wait": "25s"})
        for longer in ("recording_notice", "recording_refusal", "survey"):  # than the show's callers have patience for
            settings.pop(longer, None)
    data["queues"]["complaint"]["overflow"] = {"prompt": "agents_busy"}


def _zone_of_one_day(length_s: float) -> str:
    """This machine's time zone, so that the times shown are those on the wall. Figures are of a day: a show over midnight
    would lose the first part of them, and is held where it is another time of day."""
    here = _local_zone()
    for zone in (here, "Asia/Shanghai", "UTC"):
        begins = datetime.now(ZoneInfo(zone))
        if begins.date() == (begins + timedelta(seconds=length_s + AFTERWARDS_S)).date():
            return zone
    return here


def _local_zone() -> str:
    """Its name, or UTC when the machine does not say."""
    file = str(Path("/etc/localtime").resolve())
    name = os.environ.get("TZ", "").removeprefix(":") or file.partition("/zoneinfo/")[2]
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return "UTC"
    return name
