"""`GET /metrics`: the tally's counters and what is true at this moment, read when Prometheus asks.

A reading that fails leaves its metric without samples and a line in the log; the rest of the page is not harmed.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from acd.model import QueueId
from metrics.exposition import CONTENT_TYPE, head, histogram_lines, value_lines
from metrics.families import FAMILIES
from metrics.intervals import Histogram, Tally
from metrics.live_view import LiveView
from metrics.samples import NO_LABELS, VALUES, Page, Values, histograms

__all__ = ["CONTENT_TYPE", "Exporter"]

log = logging.getLogger(__name__)

DISPATCH_BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
PIECE_BYTES: Final = 64 * 1024


class Exporter:
    """The metrics page. `tally` gives the tally of now: it is another one after a restore."""

    def __init__(self, tally: Callable[[], Tally], live: LiveView) -> None:
        self._tally = tally
        self._live = live
        self._dispatch = Histogram.over(DISPATCH_BOUNDS_S)
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def observe_dispatch(self, seconds: float) -> None:
        """Tell how long it took from an agent's becoming free to the order to ring him."""
        self._dispatch.observe(seconds)

    def render(self) -> bytes:
        """The page in Prometheus' text format; serve it as CONTENT_TYPE."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The same page in pieces of about a millisecond's work: between two of them calls may move.

        A series is never cut; two series of one page may be of different moments, as always in Prometheus."""
        tally = self._tally()
        page = Page(tally, self._live, tuple(sorted({*tally.since_start.queues, *self._configured()})))
        piece, size = [], 0
        for line in self._lines(page):
            piece.append(line)
            size += len(line)
            if size >= PIECE_BYTES:
                yield "".join(piece).encode()
                piece, size = [], 0
        yield "".join(piece).encode()
        yield generate_latest(self._process)

    def _configured(self) -> Iterable[QueueId]:
        try:
            return self._live.waiting_calls()
        except Exception:  # the gauge made of the same reading logs it
            return ()

    def _lines(self, page: Page) -> Iterator[str]:
        for name, family in FAMILIES.items():
            yield head(family)
            if name in VALUES:
                yield from value_lines(family, _read(name, VALUES[name], page))
            elif name == "callcenter_dispatch_latency_seconds":
                yield from histogram_lines(family, [(NO_LABELS, self._dispatch)])
            else:
                yield from histogram_lines(family, histograms(name, page))


def _read(name: str, read: Callable[[Page], Values], page: Page) -> Values:
    try:
        return list(read(page))
    except Exception:
        log.exception("cannot read metric %s", name)
        return []
