"""Reproducible measurements, run by `./hotline bench NAME [--json]`."""

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

__all__ = ["BENCHMARKS", "Benchmark"]


class Benchmark(NamedTuple):
    """One benchmark: what it measures, in a line, and the module whose `main(argv)` runs it."""

    summary: str
    module: str

    def main(self, argv: list[str]) -> int:
        """Run it; exit code 0: all targets reached."""
        run: Callable[[list[str]], int] = import_module(self.module).main
        return run(argv)


BENCHMARKS = {
    "estimate": Benchmark(
        "how good the expected wait is, next to app_queue's formula, over simulated days", "bench.estimate"
    ),
    "handoff": Benchmark("from an agent's hang-up to the next caller's INVITE, next to app_queue", "bench.handoff"),
    "import": Benchmark("a million calls of a queue_log into SQLite and PostgreSQL, on one core", "bench.importing"),
    "menus": Benchmark("many callers in the menu at once: how soon each hears the welcome", "bench.menus"),
    "reports": Benchmark(
        "reports over ten million calls, and a month of facts, on SQLite and PostgreSQL; what live figures cost",
        "bench.report",
    ),
    "ringall": Benchmark("phones that ring together: one winner, and how soon the others stop", "bench.ringall"),
    "routing": Benchmark("what one decision costs against agents, waiting callers and queues", "bench.routing"),
    "simulate": Benchmark("calls a second of simulation and replay, next to SimPy and Ciw", "bench.simulate"),
    "theory": Benchmark("the core against Erlang C and Erlang A over the big grid", "bench.theory"),
    "wallboard": Benchmark("from an event on the floor to the wallboard in a real Chromium", "bench.wallboard"),
    "scrape": Benchmark("what one scrape of the metrics page costs", "bench.scrape"),
    "why": Benchmark("what it costs to say why a figure is out of its band", "bench.why"),
}
