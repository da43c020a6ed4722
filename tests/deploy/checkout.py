"""A checkout with nothing made yet, in which the outside programs of ./hotline are small stand-ins.

What is tested is our shell: what it calls, in which order, and what it does when a step is cut off. Each stand-in
writes its call to `calls`. The real debootstrap and pip run in every fresh clone, before any test does.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
STALL_LIMIT_S = 20

# {calls} and {control} are folders' paths; a file in control/ changes what a stand-in does.
_PYTHON = """#!/bin/sh
echo "$(basename "$0") $*" >>{calls}
case "$1 $2" in
"-c import ensurepip"*) [ ! -e {control}/no-ensurepip ] ;;
"-c import sys; print"*) echo python3.11 ;;
"-c "*) [ ! -e {control}/old-python ] ;;
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") {stall} ;;
*) echo "root=${{HOTLINE_ASTERISK_ROOT-unset}} path=$PYTHONPATH arguments=$*" ;;
esac
"""
_STAND_INS = {
    "python3": _PYTHON,
    "debootstrap": """#!/bin/sh
echo "debootstrap $*" >>{calls}
for root; do case $root in /*) break ;; esac; done
mkdir -p "$root/usr/sbin" "$root/etc" && touch "$root/usr/sbin/asterisk" && {stall}
""",
    "chroot": """#!/bin/sh
echo "chroot $*" >>{calls}
""",
    "asterisk": """#!/bin/sh
[ -e {control}/asterisk-version ] && cat {control}/asterisk-version
""",
    "apt-get": """#!/bin/sh
echo "apt-get $*" >>{calls}
rm -f {control}/no-ensurepip
""",
    "node": """#!/bin/sh
[ ! -e {control}/old-node ] && echo v22.12.0 || echo v18.20.4
""",
    "npm": """#!/bin/sh
echo "npm $*" >>{calls}
case $1 in
ci) mkdir -p node_modules ;;
run) [ ! -e {control}/no-build ] && mkdir -p dist ;;
esac
""",
    "id": """#!/bin/sh
cat {control}/uid
""",
}
# Run by a step when control/stall exists: leaves its process id, then hangs until it is killed.
_STALL = """{{ [ ! -e {control}/stall ] || {{
    echo $$ >{control}/stalling && mv {control}/stalling {control}/stalled
    exec sleep 60
}}; }}"""


class Checkout:
    """The folder, its stand-ins, and what they were called with."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkout"
        self.control = folder / "control"
        self._calls = folder / "calls"
        self._programs = folder / "programs"
        for made in (self.path, self.control, self._programs):
            made.mkdir(parents=True)
        shutil.copy(REPOSITORY / "hotline", self.path)
        shutil.copytree(REPOSITORY / "deploy/install", self.path / "deploy/install")
        (self.path / "requirements.lock").write_text("a==1\n")
        (self.path / "web").mkdir()
        (self.path / "web/package.json").write_text("{}\n")
        self.set("uid", "0\n")
        self._write_programs()

    def _write_programs(self) -> None:
        stall = _STALL.format(control=self.control)
        for name, text in _STAND_INS.items():
            program = self._programs / name
            program.write_text(text.format(calls=self._calls, control=self.control, stall=stall))
            program.chmod(0o755)

    def set(self, name: str, text: str = "") -> None:
        """Change a stand-in's behaviour: see the file names in their texts."""
        (self.control / name).write_text(text)

    def unset(self, name: str) -> None:
        (self.control / name).unlink(missing_ok=True)

    def remove_stand_in(self, name: str) -> None:
        (self._programs / name).unlink()

    def calls(self, program: str) -> list[str]:
        """The argument lines a program was called with, oldest first."""
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [line.partition(" ")[2] for line in lines if line.split()[0] == program]

    def forget_calls(self) -> None:
        self._calls.unlink(missing_ok=True)

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        path = f"{self._programs}:/usr/bin:/bin"
        return {"PATH": path, "HOME": str(self.path), "LANG": "C.UTF-8", "HOTLINE_PYTHON": "python3"} | more

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start ./hotline in a process group of its own."""
        return subprocess.Popen(
            [str(self.path / "hotline"), *arguments],
            env=self._environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run ./hotline to its end."""
        process = self.start(*arguments, **environment)
        stdout, stderr = process.communicate(timeout=STALL_LIMIT_S)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def cut_off(self, *arguments: str) -> None:
        """Run ./hotline with a step that hangs, and kill it and all it started in the middle of that step."""
        self.set("stall")
        process = self.start(*arguments)
        self.wait_until_stalled()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.unset("stall")
        self.unset("stalled")

    def wait_until_stalled(self) -> int:
        """Until a stand-in hangs; its process id. The test fails when none does."""
        deadline = time.monotonic() + STALL_LIMIT_S
        while not (self.control / "stalled").exists():
            assert time.monotonic() < deadline, "no step was reached"
            time.sleep(0.01)
        return int((self.control / "stalled").read_text())
