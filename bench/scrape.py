"""What one scrape of /metrics costs: our writer next to prometheus_client's, on the same figures.

./hotline bench scrape [--queues 200] [--agents 1000] [--rounds 20] [--json]

A scrape runs on the event loop. `ours_ms` is the work of making the page, and `delay_ms` how long a caller's event had to
wait at worst while the page was fetched over HTTP; `whole_delay_ms` is the same with the page made at one go, as it was
before. They take turns. To reach: under 20 ms of work and 10 ms of delay at the median of the rounds; else it ends with 1.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from acd import events as ev
from acd.core import step
from acd.floor import Floor
from acd.model import CallId, QueueId
from acd.rules import QueueRules, Rules
from agents.roster import AgentId, AgentSettings, BreakRule
from cti.http.service import send_pieces
from engine.live import FloorView
from metrics.definitions import Band, bands_in_force
from metrics.exporter import Exporter
from metrics.families import FAMILIES, Kind
from metrics.intervals import Distributions, Tally
from metrics.live_view import Disk

__all__ = ["main"]

TARGET_MS = 20.0
TARGET_DELAY_MS = 10.0
START = 1_700_000_000.0
GROUPS = 50
WAITING = 3
"""Callers in each queue."""


class BusyFloor(FloorView):
    """A real floor of many queues and agents, with callers waiting and agents on breaks; the engine around it is made up."""

    def __init__(self, queues: list[QueueId], agents: int) -> None:
        floor = Floor.under(_rules(queues, agents))
        for number, agent in enumerate(floor.rules.agents):
            step(floor, ev.AgentLoggedIn(agent=agent), START)
            step(floor, ev.AgentNotReady(agent=agent, reason=("break", "meeting")[number % 2]), START)
        for number in range(WAITING * len(queues)):
            call = CallId(f"call{number}")
            step(floor, ev.CallArrived(call=call, channel="", number="", did="400"), START)
            step(floor, ev.CallQueued(call=call, queue=queues[number % len(queues)]), START)
        super().__init__(floor, lambda: START + 41.234567)

    def targets(self) -> Mapping[str, Band]:
        return bands_in_force({})

    def components_up(self) -> Mapping[str, bool]:
        return dict.fromkeys(("ami", "agi", "journal", "spool", "database", "redis"), True)

    def disks(self) -> Mapping[str, Disk]:
        return {"home": Disk(free=10**11, size=10**12), "recordings": Disk(free=10**11, size=10**12)}

    def calendar_days_known(self) -> Mapping[str, int]:
        return {"office": 100}

    def ami_connected(self) -> Mapping[str, bool]:
        return {"node1": True}

    def events_dropped(self) -> int:
        return 0

    def defects(self) -> Mapping[str, int]:
        return dict.fromkeys(("core", "caller", "ami", "webhook"), 0)

    def edge_alarms(self) -> Mapping[tuple[str, str], int]:
        return {("agi", "bad_reply"): 0, ("ami", "odd_message"): 0}

    def journal_failures(self) -> Mapping[str, int]:
        return dict.fromkeys(("not_written", "not_synced", "damaged", "missing"), 0)

    def webhook_events(self) -> Mapping[str, int]:
        return dict.fromkeys(("delivered", "refused", "too_old", "overflowed"), 1000)

    def spool_set_aside(self) -> int:
        return 0

    def left_while_away(self) -> Mapping[str, int]:
        return {"imported": 0, "damaged": 0}

    def sessions(self) -> int:
        return 300

    def event_loop_lag_s(self) -> float:
        return 0.001

    def journal_sequence(self) -> int:
        return 1_000_000

    def spool_entries(self) -> int:
        return 0

    def spool_oldest_age_s(self) -> float:
        return 0.0

    def recordings_missing(self) -> int:
        return 0

    def audit_differences(self) -> Mapping[str, int]:
        return {"live": 0, "stored": 0, "facts": 0, "asterisk": 0}

    def last_audit_at(self) -> float:
        return 1_800_000_000.0

    def version(self) -> str:
        return "bench"


def _rules(queues: list[QueueId], agents: int) -> Rules:
    groups = [f"group-{number:02}" for number in range(GROUPS)]
    return Rules.of(
        "bench",
        [QueueRules(id=queue) for queue in queues],
        [
            AgentSettings(
                id=AgentId(f"{number:05}"),
                name="",
                queues=(queues[number % len(queues)], queues[(number * 7 + 1) % len(queues)]),
                groups=(groups[number % GROUPS],),
            )
            for number in range(agents)
        ],
        breaks={group: BreakRule(longest_s=900.0) for group in groups},
    )


def busy_tally(queues: list[QueueId]) -> Tally:
    """Counts in every bucket of every queue."""
    tally = Tally()
    for number, queue in enumerate(queues):
        counts = tally.since_start.queue(queue)
        counts.offered, counts.answered, counts.answered_wait_s = 1000 + number, 900, 12345.678
        distributions = tally.distributions[queue] = Distributions()
        for histogram in (distributions.wait, distributions.talk, distributions.wrap_up):
            for bound in histogram.bounds:
                histogram.observe(bound)
    return tally


class ByLibrary(Collector):
    """The same families through prometheus_client's own objects."""

    def __init__(self, queues: list[QueueId]) -> None:
        self._queues = queues

    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES.values():
            labels = list(family.labels)
            many = self._queues if labels else ["-"]
            values = [[queue, *["x"] * (len(labels) - 1)] if labels else [] for queue in many]
            yield _HOW[family.kind](family.name, labels, values)


def _histogram(name: str, labels: list[str], values: list[list[str]]) -> Metric:
    metric = HistogramMetricFamily(name, "bench", labels=labels)
    for value in values:
        metric.add_metric(value, [*((str(bound), 5.0) for bound in range(12)), ("+Inf", 5.0)], sum_value=12345.678)
    return metric


def _counter(name: str, labels: list[str], values: list[list[str]]) -> Metric:
    metric = CounterMetricFamily(name, "bench", labels=labels)
    for value in values:
        metric.add_metric(value, 12345.0)
    return metric


def _gauge(name: str, labels: list[str], values: list[list[str]]) -> Metric:
    metric = GaugeMetricFamily(name, "bench", labels=labels)
    for value in values:
        metric.add_metric(value, 12345.0)
    return metric


_HOW: dict[Kind, Callable[[str, list[str], list[list[str]]], Metric]] = {
    Kind.HISTOGRAM: _histogram,
    Kind.COUNTER: _counter,
    Kind.GAUGE: _gauge,
}


def _time_ms(render: Callable[[], bytes], rounds: int) -> tuple[float, int]:
    size = len(render())
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        render()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took), size


class _Scraped:
    """A server of both kinds of page, and how late the event loop is meanwhile."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._latest_ms = 0.0

    async def delays_ms(self, rounds: int) -> dict[str, float]:
        """Of each kind, the median of the rounds' worst delays."""
        app = web.Application()
        app.add_routes([web.get("/pieces", self._in_pieces), web.get("/whole", self._whole)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        watching = asyncio.create_task(self._watch())
        worst: dict[str, list[float]] = {"pieces": [], "whole": []}
        for _ in range(rounds):
            for kind, delays in worst.items():
                delays.append(await self._scrape(port, kind))
        watching.cancel()
        await runner.cleanup()
        return {kind: statistics.median(delays) for kind, delays in worst.items()}

    async def _scrape(self, port: int, kind: str) -> float:
        """By another process, as Prometheus is one."""
        await asyncio.sleep(0.01)
        self._latest_ms = 0.0
        curl = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--fail", "--output", "/dev/null", f"http://127.0.0.1:{port}/{kind}"
        )
        self._latest_ms = 0.0
        assert await curl.wait() == 0
        return self._latest_ms

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.001
            await asyncio.sleep(0.001)
            self._latest_ms = max(self._latest_ms, (loop.time() - due) * 1000)

    async def _in_pieces(self, request: web.Request) -> web.StreamResponse:
        return await send_pieces(request, self._exporter.pieces())

    async def _whole(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._exporter.render())


def measure(queues: int, agents: int, rounds: int) -> dict[str, float]:
    """Medians in milliseconds, the size of our page in bytes, and its series."""
    names = [QueueId(f"queue-{number:03}") for number in range(queues)]
    tally = busy_tally(names)
    registry = CollectorRegistry()
    registry.register(ByLibrary(names))
    exporter = Exporter(lambda: tally, BusyFloor(names, agents))
    ours_ms, size = _time_ms(exporter.render, rounds)
    library_ms, _ = _time_ms(lambda: generate_latest(registry), rounds)
    delays = asyncio.run(_Scraped(exporter).delays_ms(rounds))
    return {
        "ours_ms": round(ours_ms, 2),
        "prometheus_client_ms": round(library_ms, 2),
        "delay_ms": round(delays["pieces"], 2),
        "whole_delay_ms": round(delays["whole"], 2),
        "page_bytes": size,
        "series": sum(not line.startswith(b"#") for line in exporter.render().splitlines()),
    }


def main(argv: list[str]) -> int:
    """Print the result as a line, or as JSON; 0 when the target is reached."""
    parser = argparse.ArgumentParser(prog="hotline bench scrape", description="cost of one scrape of /metrics")
    parser.add_argument("--queues", type=int, default=200)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    result = measure(asked.queues, asked.agents, asked.rounds)
    if asked.json:
        print(json.dumps(result))
    else:
        print(f"{asked.queues} queues, {asked.agents} agents: {result}")
    missed = result["ours_ms"] >= TARGET_MS or result["delay_ms"] >= TARGET_DELAY_MS
    if missed:
        print(f"missed; to reach: {TARGET_MS:g} ms of work and {TARGET_DELAY_MS:g} ms of delay", file=sys.stderr)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
