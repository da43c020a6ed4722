"""The audit of yesterday, each night: in a process of its own that gives way to calls. What it found is kept in the home folder
and shown by API and metrics."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from engine.audit.differences import Audit, Kind, sentence
from engine.site import REPOSITORY, write_private

__all__ = ["NightlyAudit", "seconds_until"]

log = logging.getLogger(__name__)

NICENESS: Final = 19
LONGEST_S: Final = 3 * 3600.0
LONGEST_SLEEP_S: Final = 600.0
KEPT_DIFFERENCES: Final = 1000
"""More need not be shown one by one; all are counted."""


class Kept(msgspec.Struct, frozen=True):
    """audit.json: the last audit, and how many differences of each kind it found."""

    audit: Audit
    differences: dict[str, int]


class NightlyAudit:
    """`at` gives the time of day, in minutes; None: never."""

    def __init__(self, home: Path, folder: Callable[[], Path], zone: ZoneInfo, at: Callable[[], int | None]) -> None:
        self._home = home
        self._file = home / "audit.json"
        self._folder = folder
        self._zone = zone
        self._at = at
        self.last = self._read()

    def document(self) -> dict[str, Any] | None:
        """The last audit as the API shows it, each difference in words as well."""
        if self.last is None:
            return None
        shown = msgspec.to_builtins(self.last.audit)
        for one, told in zip(self.last.audit.differences, shown["differences"], strict=True):
            told["zh"], told["en"] = sentence(one, self._zone)
        return {**shown, "found": self.last.differences}

    @property
    def differences(self) -> Mapping[str, int]:
        """Of the last audit, by kind."""
        return self.last.differences if self.last else dict.fromkeys(map(str, Kind), 0)

    async def run(self) -> None:
        """Runs until cancelled. A night that was missed because no engine was there is made up for at once."""
        while True:
            pause_s = self._pause_s(datetime.now(self._zone))
            if pause_s > 0.0:
                await asyncio.sleep(min(pause_s, LONGEST_SLEEP_S))
                continue
            try:
                await asyncio.to_thread(self._keep, await self._audit())
            except Exception as error:  # a process, a disk, a database: tomorrow there is another night
                log.error("the nightly audit could not be done: %s", error)
                await asyncio.sleep(LONGEST_SLEEP_S)

    def _pause_s(self, now: datetime) -> float:
        at = self._at()
        if at is None:
            return LONGEST_SLEEP_S
        return seconds_until(now, at, self.last.audit.at if self.last else None)

    async def _audit(self) -> Audit:
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", "nice", "-n", str(NICENESS)),
            *(sys.executable, "-P", "-m", "engine", "audit", "--json", "--config", str(self._folder())),
            cwd=REPOSITORY,
            env={**os.environ, "HOTLINE_HOME": str(self._home), "PYTHONPATH": str(REPOSITORY)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(LONGEST_S):
                told, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode not in (0, 1) or not told:
            raise RuntimeError(complaint.decode("utf-8", "replace").strip() or f"exit code {process.returncode}")
        return msgspec.json.decode(told, type=Audit)

    def _keep(self, found: Audit) -> None:
        counts = {kind.value: sum(one.kind is kind for one in found.differences) for kind in Kind}
        shown = msgspec.structs.replace(found, differences=found.differences[:KEPT_DIFFERENCES])
        self.last = Kept(shown, counts)
        write_private(self._file, msgspec.json.encode(self.last).decode())
        if any(counts.values()):
            log.warning("the audit of yesterday found differences: %s (./hotline audit lists them)", counts)
        else:
            log.info("the audit of yesterday found no differences")

    def _read(self) -> Kept | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Kept)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("the last audit's result cannot be read (%s); the next one writes it anew", error)
            return None


def seconds_until(now: datetime, at: int, done_at: float | None) -> float:
    """How long until an audit is due: at `at` minutes after midnight of the site's clock, once a day. A site that was never
    audited begins with the coming night."""
    due = now.replace(hour=at // 60, minute=at % 60, second=0, microsecond=0)
    if due > now:
        due -= timedelta(days=1)
    if done_at is not None and done_at < due.timestamp():
        return 0.0
    return (due + timedelta(days=1)).timestamp() - now.timestamp()
