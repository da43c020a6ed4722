"""An agent hangs up; how long until his phone rings for the next waiting caller? Hotline next to app_queue.

./hotline bench handoff [--agents 100] [--waiting 500] [--calls 1000] [--json]

The same Asterisk under the same configuration, the same SIPp callers and phones: first app_queue (leastrecent, autofill,
retry=1) has them, then Hotline. Callers arrive faster than they are served, so that callers wait whenever an agent hangs up.
Measured in the phones: from the BYE an agent sends to the next INVITE for the same agent. CPU is per call, and each side's
whole: app_queue's is Asterisk's alone, with no engine running and nobody logged in over AMI; Hotline's is Asterisk's and the
engine's.

To reach: app_queue takes at least 50x as long at the median and 10x at p95, and Hotline needs no more CPU. Exit code 1: missed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.phones import find_phones_at, sipp
from engine.asterisk.ports import free_port
from engine.asterisk.process import AsteriskProcess, private_root
from engine.asterisk.process import start as start_asterisk
from engine.asterisk.render import render
from engine.rehearsal import Rehearsal, write_configuration
from engine.site import REPOSITORY, Site, asterisk_settings

__all__ = ["main"]

APP_QUEUE_NUMBER = "9000"
ARRIVALS_PER_S = 150
TALK_MEAN_S = 3.0
FASTER_P50, FASTER_P95 = 50.0, 10.0
"""So many times as long app_queue must take at least."""
MOST_CPU = 1.0
"""Hotline's share of app_queue's CPU at most."""


@dataclass(frozen=True)
class Side:
    """What one of the two did. Times in milliseconds; `cpu_ms` per call."""

    calls: int
    handoffs: int
    p50: float
    p95: float
    p99: float
    asterisk_cpu_ms: float
    engine_cpu_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.asterisk_cpu_ms + self.engine_cpu_ms


def main(argv: list[str]) -> int:
    """Run the benchmark and print both sides and their ratios. 0: all targets reached; 1: not, and which."""
    parser = argparse.ArgumentParser(prog="hotline bench handoff", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--waiting", type=int, default=500, help="callers waiting when every agent is busy")
    parser.add_argument("--calls", type=int, default=1000, help="callers on each side")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    sides = asyncio.run(_run(arguments.agents, arguments.waiting, arguments.calls))
    print(_as_json(sides) if arguments.json else _as_text(sides))
    missed = _missed(sides)
    for target in missed:
        print(f"missed: {target}", file=sys.stderr)
    return 1 if missed else 0


async def _run(agents: int, waiting: int, calls: int) -> dict[str, Side]:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        home = Path(folder)
        configuration = write_configuration(home / "config", _changes(agents))
        port = free_port(udp=True)
        prepare = _prepare(agents, port)
        rehearsal = Rehearsal(home / "var", configuration, tell=_progress, network=False, prepare=prepare)
        load = _Load(rehearsal.supervisor.site.endpoints.sip.rpartition(":")[2], agents, waiting, calls, port)
        _progress(f"app_queue: {calls} calls, {agents} agents")
        app_queue = await _app_queue(rehearsal.supervisor.site, prepare, home / "app_queue", load)
        _progress(f"Hotline: {calls} calls, {agents} agents")
        hotline = await _hotline(rehearsal, home / "hotline", load)
    return {"app_queue": app_queue, "hotline": hotline}


async def _app_queue(site: Site, prepare: Callable[[Path], None], folder: Path, load: "_Load") -> Side:
    """Asterisk alone, as app_queue needs no engine: none may add to its CPU, nor have AMI write events for it."""
    render(asterisk_settings(site))
    prepare(site.asterisk_folder)
    visible = [site.recordings, REPOSITORY / "ivr" / "prompts"]
    asterisk: AsteriskProcess = await start_asterisk(site.asterisk_folder, root=private_root(), visible=visible)
    try:
        return await _side(folder, APP_QUEUE_NUMBER, load, [asterisk.pid])
    finally:
        await asterisk.stop()


async def _hotline(rehearsal: Rehearsal, folder: Path, load: "_Load") -> Side:
    async with rehearsal:
        await rehearsal.on_duty(*(str(1000 + n) for n in range(load.agents)))
        supervisor = rehearsal.supervisor
        assert supervisor.asterisk is not None
        assert supervisor.engine is not None
        return await _side(folder, rehearsal.number, load, [supervisor.asterisk.pid, supervisor.engine.pid])


def _progress(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


# --- the site ---------------------------------------------------------------------------------------------------------


def _changes(agents: int) -> dict[str, Callable[[Any], None]]:
    """One queue, callers straight into it, no recording, no good-bye: the same as app_queue does."""

    def queues(data: Any) -> None:
        data["vip"] = {}
        data["queues"] = {"bench": {"name": {"zh": "测试"}, "strategy": "longest-idle", "wrap_up": 0, "record": False}}

    def staff(data: Any) -> None:
        data["agents"] = {str(1000 + n): {"name": f"agent {n}", "queues": ["bench"]} for n in range(agents)}

    def ivr(data: Any) -> None:
        data.pop("operator")
        data.update(start="bench", goodbye=[], nodes={"bench": {"type": "enqueue", "queue": "bench"}})

    return {"queues": queues, "agents": staff, "ivr": ivr}


def _prepare(agents: int, port: int) -> Callable[[Path], None]:
    """Adds app_queue's side to the rendered Asterisk, and phones that are there without registering."""

    def prepare(folder: Path) -> None:
        etc = folder / "etc"
        with (etc / "extensions.conf").open("a", encoding="utf-8") as file:
            file.write(
                f"\n[from-trunk](+)\nexten => {APP_QUEUE_NUMBER},1,Answer()\n"
                " same => n,Queue(bench,c)\n same => n,Hangup()\n"
            )
        with (etc / "queues.conf").open("a", encoding="utf-8") as file:
            members = "".join(f"member => PJSIP/agent-{1000 + n}\n" for n in range(agents))
            file.write(
                "\n[bench]\nstrategy = leastrecent\nautofill = yes\nretry = 1\ntimeout = 15\nwrapuptime = 0\n"
                f"ringinuse = no\nannounce-frequency = 0\nmusicclass = default\n{members}"
            )
        find_phones_at(folder, port)

    return prepare


# --- one side ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Load:
    """What both sides are given. `agents_port`: where the phones of all agents are."""

    sip_port: str
    agents: int
    waiting: int
    calls: int
    agents_port: int


async def _side(folder: Path, number: str, load: _Load, pids: list[int]) -> Side:
    """One side under load; `pids` are Asterisk's and, where there is one, the engine's."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs in this loop
    before = [_cpu_s(pid) for pid in pids]
    at = ("-p", str(load.agents_port))
    phones = await sipp(folder, "agents.xml", *at, "-mi", "127.0.0.1", "-trace_logs", "-aa", "127.0.0.1")
    callers = await sipp(
        folder,
        "caller.xml",
        *("-p", str(free_port(udp=True)), "-mi", "127.0.0.1", "-s", number),
        *("-r", str(ARRIVALS_PER_S), "-l", str(load.agents + load.waiting), "-m", str(load.calls)),
        f"127.0.0.1:{load.sip_port}",
    )
    try:
        async with asyncio.timeout(60 + 3 * load.calls * TALK_MEAN_S / load.agents):
            code = await callers.wait()
    finally:
        for process in (callers, phones):
            if process.returncode is None:
                process.kill()
                await process.wait()
    if code != 0:
        raise RuntimeError(f"SIPp's callers ended with {code}: see {folder}")
    used = [(_cpu_s(pid) - start) * 1000 / load.calls for pid, start in zip(pids, before, strict=True)]
    log = next(folder.glob("agents_*_logs.log"))  # noqa: ASYNC240 - as above
    gaps = _gaps(log.read_text("utf-8").splitlines())
    cut = statistics.quantiles(gaps, n=100)
    return Side(load.calls, len(gaps), cut[49], cut[94], cut[98], used[0], sum(used[1:]))


def _cpu_s(pid: int) -> float:
    """CPU time of a process and its threads so far (proc(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _gaps(lines: list[str]) -> list[float]:
    """Milliseconds from each BYE to the same agent's next INVITE."""
    freed: dict[str, float] = {}
    gaps = []
    for line in lines:
        with contextlib.suppress(ValueError):
            what, agent, *_, at = line.split()
            if what == "BYE":
                freed[agent] = float(at)
            elif agent in freed:
                gaps.append((float(at) - freed.pop(agent)) * 1000)
    return gaps


# --- the result -------------------------------------------------------------------------------------------------------


def _ratios(sides: dict[str, Side]) -> dict[str, float]:
    queue, hotline = sides["app_queue"], sides["hotline"]
    return {
        "p50": queue.p50 / hotline.p50,
        "p95": queue.p95 / hotline.p95,
        "p99": queue.p99 / hotline.p99,
        "cpu": hotline.cpu_ms / queue.cpu_ms,
    }


def _missed(sides: dict[str, Side]) -> list[str]:
    """Each target that was not reached, in words."""
    ratios = _ratios(sides)
    missed = [
        f"app_queue takes {ratios[name]:.1f}x as long at {name}; to reach: {least:g}x"
        for name, least in (("p50", FASTER_P50), ("p95", FASTER_P95))
        if ratios[name] < least
    ]
    if ratios["cpu"] > MOST_CPU:
        missed.append(f"Hotline needs {ratios['cpu']:.2f}x app_queue's CPU; to reach: at most {MOST_CPU:g}x")
    return missed


def _as_json(sides: dict[str, Side]) -> str:
    document = {name: {**asdict(side), "cpu_ms": side.cpu_ms} for name, side in sides.items()}
    return json.dumps({**document, "ratios": _ratios(sides), "missed": _missed(sides)}, indent=2)


def _as_text(sides: dict[str, Side]) -> str:
    head = f"{'':12}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'handoffs':>10}{'CPU ms/call':>13}{'(Asterisk':>11}{'engine)':>9}"
    rows = [
        f"{name:12}{s.p50:9.1f}{s.p95:9.1f}{s.p99:9.1f}{s.handoffs:10}{s.cpu_ms:13.1f}{s.asterisk_cpu_ms:11.1f}{s.engine_cpu_ms:9.1f}"
        for name, s in sides.items()
    ]
    r = _ratios(sides)
    tail = (
        f"app_queue takes {r['p50']:.0f}x as long at the median, {r['p95']:.1f}x at p95, {r['p99']:.1f}x at p99;"
        f" Hotline's total CPU is {r['cpu']:.2f}x app_queue's."
    )
    return "\n".join([head, *rows, tail])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
