"""Starts and stops one Asterisk instance: the system's Asterisk, or one in a private root folder.

In a private root the instance's folders are bound to the same paths inside it, within a mount namespace of this one
process: nothing stays mounted however it ends, and one path names the same file for the engine and for Asterisk.

Asterisk runs in a session of its own, so Ctrl-C in a terminal does not reach it. With `die_with_parent` it gets
SIGTERM when the process that called `start` ends: that must then be the supervisor, never the engine, whose death
may not end a call.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.asterisk.console import ConsoleUnavailable, run_command
from engine.priority import ASTERISK_NICE, go_first

_BIND_AND_RUN = """
set -eu
root=$1; shift
while [ "$1" != -- ]; do mount --bind "$1" "$root$1"; shift; done
shift
exec chroot "$root" "$@"
"""
_POLL_S = 0.02


class AsteriskDidNotStart(Exception):
    """Asterisk ended or did not become ready in time; the message holds the last lines it wrote."""


class AsteriskNotInstalled(Exception):
    """No Asterisk was found: install the package `asterisk` (22), or set HOTLINE_ASTERISK_ROOT to a private root."""

    def __str__(self) -> str:
        return str(self.__doc__)


def private_root() -> Path | None:
    """The private root to use, or None for the system's Asterisk. Raises `AsteriskNotInstalled` if there is neither."""
    named = os.environ.get("HOTLINE_ASTERISK_ROOT")
    if named:
        root = Path(named).resolve()
        if not (root / "usr/sbin/asterisk").exists():
            raise AsteriskNotInstalled
        return root
    if shutil.which("asterisk"):
        return None
    in_checkout = Path(__file__).resolve().parents[2] / ".asterisk"
    if (in_checkout / "usr/sbin/asterisk").exists():
        return in_checkout
    raise AsteriskNotInstalled


class AsteriskProcess:
    """One running instance, made by `start`."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self._process = process

    @property
    def pid(self) -> int:
        """The process id of Asterisk itself."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait until Asterisk ends, for whatever reason."""
        return await self._process.wait()

    async def command(self, command: str, timeout_s: float = 10.0) -> str:
        """Run a console command; see `console.run_command`."""
        return await run_command(self.folder, command, timeout_s)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process.returncode is None:
            self._process.kill()

    async def stop(self, grace_s: float = 5.0) -> None:
        """Hang up all calls and end; killed when that takes longer than the grace."""
        if self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(grace_s):
                    await self._process.wait()
            except TimeoutError:
                self.kill()
        await self._process.wait()


async def start(
    folder: Path,
    *,
    root: Path | None,
    visible: Iterable[Path] = (),
    die_with_parent: bool = True,
    timeout_s: float = 30.0,
) -> AsteriskProcess:
    """Start the rendered instance in `folder` and return when it is fully booted.

    `visible` names further folders Asterisk must reach (recordings, prompts). Raises `AsteriskDidNotStart`.
    """
    await _refuse_second_start(folder)
    command = _command(folder, root, visible)
    if die_with_parent:
        command = ["setpriv", "--pdeathsig", "TERM", *command]
    with (folder / "log" / "console.log").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    go_first(process.pid, ASTERISK_NICE)
    instance = AsteriskProcess(folder, process)
    try:
        async with asyncio.timeout(timeout_s):
            await _until_booted(instance)
    except BaseException as error:
        instance.kill()
        await instance.wait()
        if isinstance(error, TimeoutError):
            raise AsteriskDidNotStart(_why(folder, f"was not ready after {timeout_s:g} s")) from error
        raise
    return instance


def _command(folder: Path, root: Path | None, visible: Iterable[Path]) -> list[str]:
    asterisk = ["asterisk", "-fn", "-C", f"{folder}/etc/asterisk.conf"]
    if root is None:
        return asterisk
    folders = [folder, *visible]
    _prepare_root(root, folders)
    bound = [str(path) for path in folders]
    unshare = ["unshare", "--mount", "--propagation", "private"]
    return [*unshare, "sh", "-c", _BIND_AND_RUN, "bind-and-run", str(root), *bound, "--", *asterisk]


def _prepare_root(root: Path, folders: Sequence[Path]) -> None:
    """Mount points, and the names without which Asterisk waits for DNS on every call."""
    for path in folders:
        (root / path.relative_to("/")).mkdir(parents=True, exist_ok=True)
    names = f"127.0.0.1 localhost {socket.gethostname()} A.ROOT-SERVERS.NET\n"
    hosts = root / "etc/hosts"
    if not hosts.exists() or names not in hosts.read_text("utf-8"):
        hosts.write_text(names, "utf-8")


async def _refuse_second_start(folder: Path) -> None:
    try:
        await run_command(folder, "core show uptime", timeout_s=2.0)
    except ConsoleUnavailable:
        return
    raise AsteriskDidNotStart(f"An Asterisk already runs in {folder}: stop it first, or use another HOTLINE_HOME.")


async def _until_booted(instance: AsteriskProcess) -> None:
    while instance.returncode is None:
        try:
            if "fully booted" in await instance.command("core waitfullybooted", timeout_s=60.0):
                return
        except ConsoleUnavailable:
            pass  # not there yet
        await asyncio.sleep(_POLL_S)
    raise AsteriskDidNotStart(_why(instance.folder, f"ended with code {instance.returncode}"))


def _why(folder: Path, what: str, lines: int = 12) -> str:
    tails = [last_lines(folder / "log" / name, lines) for name in ("console.log", "messages.log")]
    return f"Asterisk in {folder} {what}. Its last lines:\n" + "\n".join(tails)


def last_lines(path: Path, lines: int) -> str:
    """The end of a log, for an error message; never an error itself."""
    try:
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return f"({path.name}: nothing written)"
    except OSError as error:
        return f"({error})"
