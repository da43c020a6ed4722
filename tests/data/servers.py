"""Private servers for tests: a PostgreSQL and a Redis of our own on Unix sockets, gone without a trace afterwards.

Any test folder may use them: `with PrivatePostgres() as postgres: ... postgres.new_database()`. They can be stopped and
started in mid-test to see what a loss does.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_S = 20.0


class ServerNotThere(RuntimeError):
    """The program is not installed, or did not start: the message names the Debian package or shows the log."""


class _PrivateServer:
    """A folder in /tmp (socket paths must be short) and one process that lives in it."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="hotline-test-"))
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.directory, **_unprivileged()
            )
        wait_until(self.answers, START_S, lambda: (self.directory / "log").read_text(errors="replace")[-2000:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(30)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.directory)


class PrivatePostgres(_PrivateServer):
    """PostgreSQL under an unprivileged user, no TCP port, no fsync."""

    def __init__(self) -> None:
        super().__init__()
        self._bin = _postgres_bin()
        hand_over(self.directory)
        self._run("initdb", "-D", "data", "-U", "hotline", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def command(self) -> Sequence[str]:
        quick = ["-c", "fsync=off", "-c", "listen_addresses=", "-c", "max_connections=40"]
        return [str(self._bin / "postgres"), "-D", "data", "-k", str(self.directory), *quick]

    def answers(self) -> bool:
        ready = subprocess.run([self._bin / "pg_isready", "-q", "-h", self.directory], check=False)
        return ready.returncode == 0

    def new_database(self) -> str:
        """The URL of a database of its own, empty."""
        name = f"hotline_{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", str(self.directory), "-U", "hotline", "-T", "template0", name)
        return f"postgresql://hotline@/{name}?host={self.directory}"

    def execute(self, url: str, sql: str) -> str:
        """Run SQL from outside, as an administrator would; gives back psql's bare output."""
        name = url.partition("@/")[2].partition("?")[0]
        return self._run("psql", "-qAt", "-h", str(self.directory), "-U", "hotline", "-d", name, "-c", sql)

    def _run(self, program: str, *arguments: str) -> str:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [self._bin / program, *arguments],
            cwd=self.directory,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            **_unprivileged(),
        )
        if done.returncode != 0:
            raise ServerNotThere(f"{program}: {done.stderr}")
        return done.stdout


class PrivateRedis(_PrivateServer):
    """redis-server on a Unix socket, nothing stored unless asked for by `options` ("--appendonly", "yes")."""

    def __init__(self, *options: str) -> None:
        super().__init__()
        self._options = options
        if shutil.which("redis-server") is None:
            raise ServerNotThere("redis-server is not installed: apt-get install redis-server")
        hand_over(self.directory)

    @property
    def url(self) -> str:
        return f"unix://{self.directory}/redis.sock"

    def command(self) -> Sequence[str]:
        plain = ["--port", "0", "--unixsocket", f"{self.directory}/redis.sock", "--dir", str(self.directory)]
        return ["redis-server", *plain, "--save", "", *self._options]

    def answers(self) -> bool:
        ping = ["redis-cli", "-s", f"{self.directory}/redis.sock", "ping"]
        return subprocess.run(ping, check=False, capture_output=True).stdout == b"PONG\n"


def wait_until(happened: Callable[[], bool], timeout_s: float, tell: Callable[[], str] = lambda: "") -> None:
    """Look again and again until it has happened; raises ServerNotThere with what `tell` says when it does not."""
    until = time.monotonic() + timeout_s
    while not happened():
        if time.monotonic() > until:
            raise ServerNotThere(f"not within {timeout_s} s: {tell()}")
        time.sleep(0.02)


def hand_over(path: Path) -> None:
    """Give a folder to the user the servers run as."""
    user = _unprivileged().get("user")
    if user is not None:
        os.chown(path, user, _unprivileged()["group"])


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then the servers run as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise ServerNotThere("PostgreSQL's server is not installed: apt-get install postgresql")
    return found[-1].parent
