"""promtool, and a Prometheus of our own on loopback with days already in it; gone without a trace afterwards."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from engine.asterisk.ports import free_port
from tests.deploy.checkout import REPOSITORY

__all__ = ["Prometheus", "program", "promtool"]

START_S = 30.0
BLOCK_S = 7200.0


def program(name: str) -> str:
    """The path of prometheus or promtool."""
    path = f"{REPOSITORY / '.tools/bin'}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(name, path=path)
    assert found, f"{name} is missing: ./hotline test fetches it, or install the package prometheus"
    return found


def promtool(*arguments: str | Path, page: bytes = b"") -> None:
    """Run promtool; its complaint is the failure."""
    done = subprocess.run([program("promtool"), *arguments], input=page, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


class Prometheus:
    """Prometheus over the blocks of a folder, without targets unless `config` names some. What is recorded by rules can be
    worked out for days gone by."""

    def __init__(self, folder: Path, config: str = "global: {}\n") -> None:
        self._folder = folder
        self._config = config
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def take_samples(self, openmetrics: Path) -> None:
        """Before the start: everything in the file."""
        promtool("tsdb", "create-blocks-from", "openmetrics", openmetrics, self._data)

    def record(self, rules: Sequence[Path], start: float, end: float) -> None:
        """What these rules would have recorded in this time; it is there after the restart with which this ends."""
        whole_block = start - start % BLOCK_S  # promtool stops at a first block in which a group's turn does not come
        span = ["--start", f"{whole_block:.0f}", "--end", f"{end:.0f}", "--url", self.url]
        promtool("tsdb", "create-blocks-from", "rules", *span, "--output-dir", self._data, *rules)
        self.stop()
        self.start()

    def ask(self, expression: str, at: float | None = None) -> list[float]:
        """The value of each series of the answer; without a time as it is now."""
        query = urlencode({"query": expression} | ({} if at is None else {"time": at}))
        with urlopen(f"{self.url}/api/v1/query?{query}", timeout=30) as response:  # noqa: S310 - ours, on loopback
            found: Any = json.load(response)["data"]
        series = [found["result"]] if found["resultType"] == "scalar" else [one["value"] for one in found["result"]]
        return [float(value) for _, value in series]

    def wait_for(self, expression: str) -> None:
        """Returns when there is an answer."""
        deadline = time.monotonic() + START_S
        while not self.ask(expression):
            assert time.monotonic() < deadline, f"no answer to {expression}"
            time.sleep(0.2)

    def start(self) -> None:
        """Returns when it answers."""
        config = self._folder / "prometheus.yml"
        config.write_text(self._config, encoding="utf-8")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self._data}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, (self._folder / "log").read_text(encoding="utf-8")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=5) as response:  # noqa: S310 - ours, on loopback
                return bool(response.status == 200)
        except (URLError, ConnectionError):
            return False

    def stop(self) -> None:
        """Returns when it has ended."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(START_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
