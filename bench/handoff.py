"""An agent hangs up; how long until his phone rings for the next waiting caller? Hotline next to app_queue.

./hotline bench handoff [--agents 100] [--waiting 500] [--calls 1000] [--rounds 3] [--json]

The same Asterisk under the same configuration, the same SIPp callers and phones: once app_queue (leastrecent, autofill,
retry=1) has them, once Hotline. Callers arrive faster than they are served, so that callers wait whenever an agent hangs up.
Measured in the phones: from the BYE an agent sends to the next INVITE for the same agent. CPU is per call, and each side's
whole: app_queue's is Asterisk's alone, with no engine running and nobody logged in over AMI; Hotline's is Asterisk's and the
engine's.

A machine is not the same from one minute to the next, so the two take turns, round by round: queue first, Hotline first, and
so on. The figures are of all rounds together; how each round came out for itself is shown as well.

To reach: app_queue takes at least 50x as long at the median and 10x at p95, and Hotline needs no more CPU. Exit code 1: missed.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.handoff_figures import Results, Turn, as_json, as_text, gaps_ms, missed
from bench.phones import find_phones_at, one_queue, sipp
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


def main(argv: list[str]) -> int:
    """Run the benchmark and print both sides and their ratios. 0: all targets reached; 1: not, and which."""
    parser = argparse.ArgumentParser(prog="hotline bench handoff", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--waiting", type=int, default=500, help="callers waiting when every agent is busy")
    parser.add_argument("--calls", type=int, default=1000, help="callers on each side in each round")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    if arguments.rounds < 1:
        parser.error(f"--rounds: at least 1, not {arguments.rounds}")
    results = asyncio.run(_run(arguments.agents, arguments.waiting, arguments.calls, arguments.rounds))
    print(as_json(results) if arguments.json else as_text(results))
    targets = missed(results)
    for target in targets:
        print(f"missed: {target}", file=sys.stderr)
    return 1 if targets else 0


async def _run(agents: int, waiting: int, calls: int, rounds: int) -> Results:
    results: Results = []
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        for number in range(rounds):
            results.append(await _round(Path(folder) / str(number), number, agents, waiting, calls))
    return results


async def _round(home: Path, number: int, agents: int, waiting: int, calls: int) -> dict[str, Turn]:
    """Both sides, each with an Asterisk just started; who was first in one round is second in the next."""
    home.mkdir()  # noqa: ASYNC240 - nothing else runs in this loop
    configuration = write_configuration(home / "config", one_queue(agents, "longest-idle"))
    port = free_port(udp=True)
    prepare = _prepare(agents, port)
    rehearsal = Rehearsal(home / "var", configuration, tell=_progress, network=False, prepare=prepare)
    site = rehearsal.supervisor.site
    load = _Load(site.endpoints.sip.rpartition(":")[2], agents, waiting, calls, port)
    turns: dict[str, Turn] = {}
    for side in ("app_queue", "hotline") if number % 2 == 0 else ("hotline", "app_queue"):
        _progress(f"round {number + 1}, {side}: {calls} calls, {agents} agents")
        if side == "hotline":
            turns[side] = await _hotline(rehearsal, home / side, load)
        else:
            turns[side] = await _app_queue(site, prepare, home / side, load)
    return turns


async def _app_queue(site: Site, prepare: Callable[[Path], None], folder: Path, load: "_Load") -> Turn:
    """Asterisk alone, as app_queue needs no engine: none may add to its CPU, nor have AMI write events for it."""
    render(asterisk_settings(site))
    prepare(site.asterisk_folder)
    visible = [site.recordings, REPOSITORY / "ivr" / "prompts"]
    asterisk: AsteriskProcess = await start_asterisk(site.asterisk_folder, root=private_root(), visible=visible)
    try:
        return await _side(folder, APP_QUEUE_NUMBER, load, [asterisk.pid])
    finally:
        await asterisk.stop()


async def _hotline(rehearsal: Rehearsal, folder: Path, load: "_Load") -> Turn:
    async with rehearsal:
        await rehearsal.on_duty(*(str(1000 + n) for n in range(load.agents)))
        supervisor = rehearsal.supervisor
        assert supervisor.asterisk is not None
        assert supervisor.engine is not None
        return await _side(folder, rehearsal.number, load, [supervisor.asterisk.pid, supervisor.engine.pid])


def _progress(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


# --- the site ---------------------------------------------------------------------------------------------------------


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


async def _side(folder: Path, number: str, load: _Load, pids: list[int]) -> Turn:
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
    return Turn(load.calls, gaps_ms(log.read_text("utf-8").splitlines()), used[0], sum(used[1:]))


def _cpu_s(pid: int) -> float:
    """CPU time of a process and its threads so far (proc(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
