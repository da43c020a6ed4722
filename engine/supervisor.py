"""`hotline up`: Asterisk and the engine as two children of one small process, which restarts whichever dies.

They must not be parent and child of each other: the engine may be killed at any moment without a call noticing, and
Asterisk may crash without the engine losing the figures of the day.
"""

import asyncio
import contextlib
import os
import re
import signal
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from engine.asterisk.console import ConsoleUnavailable
from engine.asterisk.ports import is_taken
from engine.asterisk.process import AsteriskProcess, private_root
from engine.asterisk.process import start as start_asterisk
from engine.asterisk.render import render
from engine.site import REPOSITORY, Site, asterisk_settings, write_endpoints
from engine.words import say

__all__ = ["Supervisor"]

READY_S = 30.0
DRAIN_S = 20.0
STABLE_S = 30.0
"""A child that lived this long may be restarted at once; one that keeps dying is restarted ever more slowly."""


class Supervisor:
    """Runs one site on this machine."""

    def __init__(
        self,
        site: Site,
        tell: Callable[[str], None] = print,
        prepare: Callable[[Path], None] | None = None,
    ) -> None:
        """`prepare` may change the rendered Asterisk folder before Asterisk starts (benchmarks do)."""
        self.site = site
        self._prepare = prepare
        self.asterisk: AsteriskProcess | None = None
        self.engine: asyncio.subprocess.Process | None = None
        self._tell = tell
        self._stopping = False
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Bring both up and return when calls can be served. Raises when Asterisk or the engine cannot be started."""
        site = self.site
        _refuse_taken_ports(site)
        write_endpoints(site)
        render(asterisk_settings(site))
        if self._prepare is not None:
            self._prepare(site.asterisk_folder)
        (site.recordings / "legs").mkdir(parents=True, exist_ok=True)
        await self._start_asterisk()
        await self._start_engine()
        await self._until_ready()
        self._keepers = [
            asyncio.create_task(self._keep("asterisk")),
            asyncio.create_task(self._keep("engine")),
        ]

    async def stop(self, drain_s: float = DRAIN_S, hurry: asyncio.Event | None = None) -> None:
        """No new calls; those here may end within `drain_s`; then the engine, then Asterisk."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        if drain_s > 0 and self.asterisk is not None and self.asterisk.returncode is None:
            await self._drain(drain_s, hurry or asyncio.Event())
        if self.engine is not None and self.engine.returncode is None:
            self.engine.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.engine.wait(), 15.0)
            except TimeoutError:
                self.engine.kill()
                await self.engine.wait()
        if self.asterisk is not None:
            await self.asterisk.stop()

    def reload(self) -> None:
        """Pass a wish for new configuration on to the engine."""
        if self.engine is not None and self.engine.returncode is None:
            self.engine.send_signal(signal.SIGHUP)

    async def _drain(self, drain_s: float, hurry: asyncio.Event) -> None:
        assert self.asterisk is not None
        calls = await self._live_calls()
        if not calls:
            return
        self._tell(
            say(
                f"还有 {calls} 个通话，最多等待 {drain_s:.0f} 秒；再按一次 Ctrl-C 立即结束。",
                f"{calls} calls are up; waiting at most {drain_s:.0f} s for them. Ctrl-C again ends them at once.",
            )
        )
        with contextlib.suppress(Exception):
            await self.asterisk.command("core stop gracefully", timeout_s=2.0)
        loop = asyncio.get_running_loop()
        end = loop.time() + drain_s
        while await self._live_calls() and loop.time() < end and not hurry.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), 0.2)

    async def _live_calls(self) -> int:
        """Calls that are up, by Asterisk's own count."""
        assert self.asterisk is not None
        try:
            told = await self.asterisk.command("core show channels count", timeout_s=2.0)
        except ConsoleUnavailable:
            return 0
        found = re.search(r"(\d+) active call", told)
        return int(found[1]) if found else 0

    async def _start_asterisk(self) -> None:
        site = self.site
        self.asterisk = await start_asterisk(
            site.asterisk_folder,
            root=private_root(),
            visible=[site.recordings, REPOSITORY / "ivr" / "prompts"],
        )

    async def _start_engine(self) -> None:
        site = self.site
        environment = {
            **os.environ,
            "HOTLINE_HOME": str(site.home),
            "HOTLINE_CONFIG": str(site.configuration.folder),
            "PYTHONPATH": str(REPOSITORY),
        }
        log_file = site.home / "log" / "engine.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("ab") as output:
            self.engine = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "TERM", sys.executable, "-P", "-m", "engine", "serve"),
                cwd=REPOSITORY,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def _until_ready(self) -> None:
        assert self.engine is not None
        loop = asyncio.get_running_loop()
        end = loop.time() + READY_S
        while loop.time() < end:
            if self.engine.returncode is not None:
                break
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._ask_health)
                return
            await asyncio.sleep(0.05)
        log_file = self.site.home / "log" / "engine.log"
        raise RuntimeError(
            say(
                f"引擎没有就绪，最后的日志（{log_file}）：",
                f"the engine did not become ready; its last words ({log_file}):",
            )
            + "\n"
            + _tail(log_file)
        )

    def _ask_health(self) -> None:
        """Returns when calls can be served; else OSError (also for the answer 503)."""
        with urllib.request.urlopen(f"http://{self.site.endpoints.http}/healthz", timeout=2.0):
            pass

    async def _keep(self, which: str) -> None:
        """Restart a child that ends by itself."""
        loop = asyncio.get_running_loop()
        delay_s = 0.1
        while not self._stopping:
            started = loop.time()
            child = self.asterisk if which == "asterisk" else self.engine
            assert child is not None
            code = await child.wait()
            if self._stopping:
                return
            delay_s = 0.1 if loop.time() - started > STABLE_S else min(delay_s * 2, 10.0)
            self._tell(
                say(
                    f"{which} 意外退出（{code}），正在重启。",
                    f"{which} ended unexpectedly ({code}); starting it again.",
                )
            )
            await asyncio.sleep(delay_s)
            try:
                await (self._start_asterisk() if which == "asterisk" else self._start_engine())
            except Exception as error:
                self._tell(f"{which}: {error}")


def _refuse_taken_ports(site: Site) -> None:
    """Say which port is in use, and where it is set, rather than let Asterisk or the engine fail over it."""
    taken = []
    for name in ("sip", "http", "agi", "ami"):
        host, _, port = getattr(site.endpoints, name).rpartition(":")
        if is_taken(host, int(port), udp=name == "sip"):
            taken.append(f"{name} {host}:{port}")
    if taken:
        listed = ", ".join(taken)
        raise RuntimeError(
            say(
                f"端口已被其他程序占用：{listed}。请结束该程序，或在 system.yaml 中改用其他端口（0 表示任选空闲端口）。",
                f"Already in use by another program: {listed}. End it, or set another port in system.yaml (0: any free one).",
            )
        )


def _tail(file: Path, lines: int = 15) -> str:
    try:
        return "\n".join(file.read_text("utf-8", "replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)
