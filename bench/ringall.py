"""All phones ring for a caller; how soon do the others stop when one is answered? Hotline on a real Asterisk.

./hotline bench ringall [--agents 10] [--callers 3] [--calls 1000] [--json]

SIPp's phones answer after 0.1 to 0.6 s by chance, so that two are often picked up in the same moment, and talk for a second.
Measured in the phones: from the 200 that one of them sends to the CANCEL of each other, or the BYE, for one that was picked up
as well, too late.

To reach: exactly one phone talks with each caller, every other stops within 200 ms, and each is told that the call was answered
elsewhere. Exit code 1: missed.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.phones import find_phones_at, one_queue, sipp
from engine.asterisk.ports import free_port
from engine.rehearsal import Rehearsal, write_configuration

__all__ = ["Result", "main", "measure"]

STOPPED_MS = 200.0
LONGEST_CALL_S = 20.0
ELSEWHERE = ("SIP;cause=200", "Q.850;cause=26")


@dataclass(frozen=True)
class Result:
    """What came of it. `stopped_*` in milliseconds from the answer."""

    calls: int
    rung: int
    """Phones rung, over all calls."""
    picked_up_too_late: int
    not_one_winner: int
    """Calls with which no phone talked, or more than one."""
    not_told: int
    """Phones that were stopped and not told why."""
    stopped_p50: float
    stopped_p95: float
    stopped_max: float

    def missed(self) -> list[str]:
        """Each target that was not reached, in words."""
        missed = []
        if self.not_one_winner:
            missed.append(f"{self.not_one_winner} calls without exactly one winner; to reach: 0")
        if self.not_told:
            missed.append(f"{self.not_told} phones not told that the call was answered elsewhere; to reach: 0")
        if self.stopped_max > STOPPED_MS:
            missed.append(f"a phone stopped only after {self.stopped_max:.0f} ms; to reach: {STOPPED_MS:.0f} ms")
        return missed


def main(argv: list[str]) -> int:
    """Run the benchmark and print the result. 0: all targets reached; 1: not, and which."""
    parser = argparse.ArgumentParser(prog="hotline bench ringall", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--agents", type=int, default=10)
    parser.add_argument("--callers", type=int, default=3, help="callers there at once")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    result = asyncio.run(measure(arguments.agents, arguments.callers, arguments.calls))
    missed = result.missed()
    print(json.dumps({**asdict(result), "missed": missed}, indent=2) if arguments.json else _as_text(result))
    for target in missed:
        print(f"missed: {target}", file=sys.stderr)
    return 1 if missed else 0


async def measure(agents: int, callers: int, calls: int) -> Result:
    """Bring a site up, let the callers come, and read what the phones saw."""
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        home = Path(folder)
        port = free_port(udp=True)
        configuration = write_configuration(home / "config", one_queue(agents, "ring-all"))
        rehearsal = Rehearsal(
            home / "var", configuration, tell=_progress, network=False, prepare=lambda etc: find_phones_at(etc, port)
        )
        async with rehearsal:
            await rehearsal.on_duty(*(str(1000 + n) for n in range(agents)))
            _progress(f"{calls} calls, {agents} agents, {callers} callers at once")
            lines = await _calls(home, rehearsal, port, callers, calls)
    return _result(lines, calls)


def _progress(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


async def _calls(home: Path, rehearsal: Rehearsal, port: int, callers: int, calls: int) -> list[str]:
    """All the calls; what the phones logged."""
    sip_port = rehearsal.supervisor.site.endpoints.sip.rpartition(":")[2]
    here = ("-mi", "127.0.0.1")
    phones = await sipp(home, "together.xml", "-p", str(port), *here, "-trace_logs", "-aa", "127.0.0.1")
    dialling = await sipp(
        home,
        "caller.xml",
        *("-p", str(free_port(udp=True)), *here, "-s", rehearsal.number),
        *("-r", "50", "-l", str(callers), "-m", str(calls)),
        f"127.0.0.1:{sip_port}",
    )
    try:
        async with asyncio.timeout(60 + LONGEST_CALL_S * calls / callers):
            code = await dialling.wait()
        if code != 0:
            raise RuntimeError(f"SIPp's callers ended with {code}: see {home}")
    finally:
        for process in (dialling, phones):
            if process.returncode is None:
                process.terminate()
                await process.wait()
    (log,) = home.glob("together_*_logs.log")  # noqa: ASYNC240 - nothing else runs in this loop
    return log.read_text("utf-8").splitlines()


# --- what the phones saw ------------------------------------------------------------------------------------------------


@dataclass
class _Round:
    """The phones that rang for one caller: who, when (seconds), and what they were told."""

    rang: set[str] = field(default_factory=set)
    answered: dict[str, float] = field(default_factory=dict)
    talked: set[str] = field(default_factory=set)
    stopped: dict[str, tuple[float, str]] = field(default_factory=dict)

    def stopped_ms(self) -> Iterable[float]:
        """How long after the winner's answer each other phone stopped."""
        for winner in self.talked:
            yield from ((at - self.answered[winner]) * 1000 for at, _ in self.stopped.values())


def _rounds(lines: Iterable[str]) -> list[_Round]:
    rounds: defaultdict[str, _Round] = defaultdict(_Round)
    for line in lines:
        what, agent, caller, *reason, _, _, at = line.split()
        seen = rounds[caller]
        match what:
            case "RING":
                seen.rang.add(agent)
            case "ANSWER":
                seen.answered[agent] = float(at)
            case "BYE":
                seen.talked.add(agent)
            case "CANCEL" | "DROPPED":
                seen.stopped.setdefault(agent, (float(at), " ".join(reason)))  # a BYE after a CANCEL says no more
    return list(rounds.values())


def _result(lines: Iterable[str], calls: int) -> Result:
    rounds = _rounds(lines)
    stopped = sorted(ms for seen in rounds for ms in seen.stopped_ms())
    if len(stopped) < 2:
        raise RuntimeError("no two phones rang together: nothing was measured")
    cut = statistics.quantiles(stopped, n=100)
    return Result(
        calls=calls,
        rung=sum(len(seen.rang) for seen in rounds),
        picked_up_too_late=sum(len(seen.answered) - len(seen.talked) for seen in rounds),
        not_one_winner=sum(len(seen.talked) != 1 for seen in rounds) + calls - len(rounds),
        not_told=sum(not reason.startswith(ELSEWHERE) for seen in rounds for _, reason in seen.stopped.values()),
        stopped_p50=cut[49],
        stopped_p95=cut[94],
        stopped_max=stopped[-1],
    )


def _as_text(result: Result) -> str:
    return (
        f"{result.calls} calls, {result.rung / result.calls:.1f} phones rung for each; {result.picked_up_too_late} picked up"
        f" too late; without exactly one winner: {result.not_one_winner}; not told why: {result.not_told}\n"
        f"the others stopped after: p50 {result.stopped_p50:.1f} ms, p95 {result.stopped_p95:.1f} ms,"
        f" max {result.stopped_max:.1f} ms"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
