"""`hotline up`: Asterisk and the engine as two children of one small process, which restarts whichever dies.

They must not be parent and child of each other: the engine may be killed at any moment without a call noticing, and
Asterisk may crash without the engine losing the figures of the day.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from engine.asterisk.console import ConsoleUnavailable
from engine.asterisk.ports import is_taken
from engine.asterisk.process import AsteriskProcess, last_lines, private_root
from engine.asterisk.process import start as start_asterisk
from engine.asterisk.render import render
from engine.site import REPOSITORY, Site, asterisk_settings, write_endpoints
from engine.words import say

__all__ = ["Supervisor"]

READY_S = 30.0
ASK_S = 2.0
"""How often the engine is asked whether it is there, and how long it may take to answer."""
HUNG_S = 10.0
"""An engine that answered before and has not for so long is ended, and another one started."""
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
        self._terminal = tell
        self._stopping = False
        self._keepers: list[asyncio.Task[None]] = []
        self._lock_fd = -1

    async def start(self) -> None:
        """Bring both up and return when calls can be served. Raises when Asterisk or the engine cannot be started, and
        before anything is written when another supervisor runs in this home."""
        site = self.site
        self._lock_fd = _lock(site.home)
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
            asyncio.create_task(self._end_a_silent_engine()),
        ]

    async def stop(self, drain_s: float = DRAIN_S, hurry: asyncio.Event | None = None) -> None:
        """No new calls; those here may end within `drain_s`; then the engine, then Asterisk."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if drain_s > 0 and self.asterisk is not None and self.asterisk.returncode is None:
            await self._drain(drain_s, hurry or asyncio.Event())
        if self.engine is not None and self.engine.returncode is None:
            self.engine.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(15.0):
                    await self.engine.wait()
            except TimeoutError:
                self.engine.kill()
                await self.engine.wait()
        if self.asterisk is not None:
            await self.asterisk.stop()
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def _tell(self, text: str) -> None:
        """Say it, if there is still a terminal to hear it: whoever closes it must not end the keepers."""
        with contextlib.suppress(OSError):
            self._terminal(text)

    def reload(self) -> None:
        """Pass a wish for new configuration on to the engine."""
        if self.engine is not None and self.engine.returncode is None:
            self.engine.send_signal(signal.SIGHUP)

    async def _drain(self, drain_s: float, hurry: asyncio.Event) -> None:
        """New calls are refused in the dialplan. Asterisk's own `core stop gracefully` would refuse the agents' legs too, and
        nobody who waits could be served any more."""
        assert self.asterisk is not None
        with contextlib.suppress(ConsoleUnavailable):
            await self.asterisk.command("dialplan set global HOTLINE_CLOSED 1", timeout_s=2.0)
        calls = await self._live_calls()
        if not calls:
            return
        self._tell(
            say(
                f"还有 {calls} 个通话，最多等待 {drain_s:.0f} 秒；再按一次 Ctrl-C 立即结束。",
                f"{calls} calls are up; waiting at most {drain_s:.0f} s for them. Ctrl-C again ends them at once.",
            )
        )
        loop = asyncio.get_running_loop()
        end = loop.time() + drain_s
        while await self._live_calls() and loop.time() < end and not hurry.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await hurry.wait()

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
        _spare_no_more(self.engine.pid)

    async def _until_ready(self) -> None:
        assert self.engine is not None
        loop = asyncio.get_running_loop()
        end = loop.time() + READY_S
        while loop.time() < end:
            if self.engine.returncode is not None:
                break
            if await self._ask_health() == 200:
                return
            await asyncio.sleep(0.05)
        log_file = self.site.home / "log" / "engine.log"
        raise RuntimeError(
            say(
                f"引擎没有就绪，最后的日志（{log_file}）：",
                f"the engine did not become ready; its last words ({log_file}):",
            )
            + "\n"
            + last_lines(log_file, 15)
        )

    async def _ask_health(self) -> int | None:
        """The HTTP status of /healthz (200: calls can be served); None when there is no answer within `ASK_S`."""
        address = self.site.endpoints.http
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(ASK_S):
                reader, writer = await asyncio.open_connection(host, int(port))
                try:
                    writer.write(f"GET /healthz HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
                    answer = await reader.readline()
                finally:
                    writer.close()
        except (OSError, ValueError):  # nobody there, silence; more than a line can hold
            return None
        status = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
        return int(status[1]) if status else None

    async def _end_a_silent_engine(self) -> None:
        """Kill an engine that hangs; `_keep` starts another. Any answer is a sign of life, also 503: only silence is none.

        Questions are counted, not seconds: a machine that slept finds its engine awake. One that is being started has
        `READY_S` for its first answer.
        """
        loop = asyncio.get_running_loop()
        asked: asyncio.subprocess.Process | None = None
        unanswered, limit = 0, 0.0
        while True:
            next_at = loop.time() + ASK_S
            if self.engine is not asked:
                asked, unanswered, limit = self.engine, 0, READY_S / ASK_S
            if await self._ask_health() is not None:
                unanswered, limit = 0, HUNG_S / ASK_S
            else:
                unanswered += 1
            if asked is not None and asked.returncode is None and unanswered >= limit:
                self._tell(say("引擎没有响应，正在结束它。", "the engine does not answer any more; it is ended."))
                asked.kill()
                unanswered = 0
            await asyncio.sleep(next_at - loop.time())

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


def _lock(home: Path) -> int:
    """Let no other supervisor run in this home while the process lives; the children do not inherit it."""
    fd = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise RuntimeError(
            say(
                f"{home} 中已有一个站点在运行。请先结束它，或用 HOTLINE_HOME 指定另一个目录。",
                f"A site is already running in {home}. Stop it first, or set HOTLINE_HOME to another folder.",
            )
        ) from error
    return fd


def _spare_no_more(pid: int) -> None:
    """When memory is short, rather the engine is killed than what started it: no call notices that."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("0", "ascii")


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
