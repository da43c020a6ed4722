"""Runs side by side: each figure's mean with its interval, and the mean of the differences of the same days. Pure."""

from collections.abc import Sequence

import msgspec

from metrics.definitions import FIGURES
from planning.confidence import LEVEL, Estimate, estimate
from planning.counted import HalfHour, Scope, Table

__all__ = ["Curve", "Row", "compare", "curve", "unit_of"]

KINDS = ("site", "queue", "vip", "agent")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one scope. `difference` is new less old, by days of the same seed; None without a second set of runs."""

    scope: Scope
    figure: str
    old: Estimate | None
    new: Estimate | None
    difference: Estimate | None


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """The site over the day, mean over the runs; times are seconds from midnight."""

    at_s: list[float]
    offered: list[float]
    service_level: list[float | None]
    asa_s: list[float | None]


def unit_of(figure: str) -> str:
    """ratio, seconds, or count."""
    found = FIGURES.get(figure)
    return str(found.unit) if found else "count"


def compare(old: Sequence[Table], new: Sequence[Table] = (), level: float = LEVEL) -> list[Row]:
    """All figures of the site, the queues, the VIP levels and the agents, in this order. A single old table (a recorded day)
    is held against every new one."""
    scopes = {scope for runs in (old, new) for run in runs for scope in run}
    pairs = [(old[n if len(old) == len(new) else 0], run) for n, run in enumerate(new)]
    rows = []
    for scope in sorted(scopes, key=lambda scope: (KINDS.index(scope.kind), scope.name)):
        figures = next(run[scope] for runs in (old, new) for run in runs if scope in run)
        for figure in figures:
            differences = [_difference(_at(a, scope, figure), _at(b, scope, figure)) for a, b in pairs]
            rows.append(
                Row(
                    scope=scope,
                    figure=figure,
                    old=estimate((_at(run, scope, figure) for run in old), level),
                    new=estimate((_at(run, scope, figure) for run in new), level),
                    difference=estimate(differences, level),
                )
            )
    return rows


def _at(run: Table, scope: Scope, figure: str) -> float | None:
    return run.get(scope, {}).get(figure)


def _difference(old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else new - old


def curve(runs: Sequence[Sequence[HalfHour]], midnight: float) -> Curve:
    """The half hours of several runs of the same length, each the mean over the runs that had callers then, by callers."""
    first = runs[0]
    columns = [[run[n] for run in runs] for n in range(len(first))]
    return Curve(
        at_s=[half.at - midnight for half in first],
        offered=[sum(half.offered for half in column) / len(runs) for column in columns],
        service_level=[_mean([(half.service_level, half.offered) for half in column]) for column in columns],
        asa_s=[_mean([(half.asa_s, half.offered) for half in column]) for column in columns],
    )


def _mean(weighted: Sequence[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in weighted if value is not None and weight > 0.0]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None
