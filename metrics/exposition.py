"""Writes metrics in Prometheus' text format (version 0.0.4).

Own code because prometheus_client needs over 80 ms for 200 queues where this needs a few, and a scrape holds up the event loop
all that time; bench/scrape.py compares the two.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from metrics.families import Family
from metrics.intervals import Histogram

__all__ = ["CONTENT_TYPE", "head", "histogram_lines", "value_lines"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def head(family: Family) -> str:
    """The lines that introduce a metric."""
    return f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"


def value_lines(family: Family, samples: Iterable[tuple[tuple[str, ...], float]]) -> Iterator[str]:
    """A counter's or gauge's lines; each sample is the values of the labels, and the number."""
    return (f"{_series(family.name, family.labels, labels)} {value!r}\n" for labels, value in samples)


def histogram_lines(family: Family, samples: Iterable[tuple[tuple[str, ...], Histogram]]) -> Iterator[str]:
    """A histogram's lines, those of one series of buckets together: every bucket holds those below it, too."""
    for labels, histogram in samples:
        seen = 0
        series = _histogram_series(family, labels, histogram.bounds)
        lines: list[str] = []
        for bucket, count in zip(series.buckets, histogram.counts, strict=True):
            seen += count
            lines.append(f"{bucket} {seen}\n")
        lines.append(f"{series.sum} {histogram.total_s!r}\n")
        lines.append(f"{series.count} {seen}\n")
        yield "".join(lines)


class _HistogramSeries:
    __slots__ = ("buckets", "count", "sum")

    def __init__(self, family: Family, labels: tuple[str, ...], bounds: tuple[float, ...]) -> None:
        name, names = family.name, (*family.labels, "le")
        edges = [*(repr(bound) for bound in bounds), "+Inf"]
        self.buckets = [_series(f"{name}_bucket", names, (*labels, edge)) for edge in edges]
        self.sum = _series(f"{name}_sum", family.labels, labels)
        self.count = _series(f"{name}_count", family.labels, labels)


@lru_cache(maxsize=4096)
def _histogram_series(family: Family, labels: tuple[str, ...], bounds: tuple[float, ...]) -> _HistogramSeries:
    return _HistogramSeries(family, labels, bounds)


@lru_cache(maxsize=65536)
def _series(name: str, names: tuple[str, ...], labels: tuple[str, ...]) -> str:
    if not names:
        return name
    pairs = ",".join(f'{key}="{value.translate(_ESCAPES)}"' for key, value in zip(names, labels, strict=True))
    return f"{name}{{{pairs}}}"
