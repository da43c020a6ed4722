"""VIPs ahead of others, against another simulator (Ciw) and against Cobham's formula: three independent ways to one number.

A. Cobham, "Priority assignment in waiting line problems", Operations Research 2 (1954) 70-76: without interrupting talks, class
k of n agents waits C h / n / ((1 - s(k-1)) (1 - s(k))), where C is Erlang C of all callers, h the handle time and s(k) the load
of classes up to k over n.
"""

from collections.abc import Callable
from random import Random

import ciw
import pytest

from metrics.erlang import erlang_c
from planning.confidence import Estimate, estimate
from tests.simulation.hall import Hall, exponential, team
from tests.unit.acd.floors import queue, rules

AGENTS, HANDLE_S, LOAD, VIPS = 5, 100.0, 4.25, 0.3
CALLS, RUNS, SURE = 1000, 6, 0.999
PER_S = LOAD / HANDLE_S


def ours(seed: int) -> dict[str, float]:
    """Mean waits by class, callers who were answered."""
    everybody = rules(
        {name: ["sales"] for name in team(AGENTS)}, [queue(wrap_up_s=0.0)], vip={"vip": 1}, vip_priority={1: 10}
    )
    hall = Hall(everybody, seed, exponential(HANDLE_S))
    dice = Random(seed + 1000)  # noqa: S311 - a simulation has no secrets
    hall.number_of = lambda n: "vip" if dice.random() < VIPS else ""
    hall.come_to_work(*team(AGENTS))
    hall.run(CALLS, exponential(1 / PER_S))
    return means(
        [(call.number or "ordinary", wait.wait_s) for wait in hall.answered for call in [hall.seen[wait.call]]]
    )


def ciws(seed: int) -> dict[str, float]:
    """The same of Ciw."""
    classes = {"vip": VIPS, "ordinary": 1 - VIPS}
    network = ciw.create_network(
        arrival_distributions={name: [ciw.dists.Exponential(PER_S * share)] for name, share in classes.items()},
        service_distributions={name: [ciw.dists.Exponential(1 / HANDLE_S)] for name in classes},
        number_of_servers=[AGENTS],
        priority_classes={"vip": 0, "ordinary": 1},
    )
    ciw.seed(seed)
    run = ciw.Simulation(network)
    run.simulate_until_max_time(CALLS / PER_S)
    return means([(record.customer_class, record.waiting_time) for record in run.get_all_records()])


def means(waits: list[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for name, wait_s in waits:
        found.setdefault(name, []).append(wait_s)
    return {name: sum(seen) / len(seen) for name, seen in found.items()}


def cobham() -> dict[str, float]:
    everybody = erlang_c(AGENTS, PER_S, HANDLE_S, 0.0).waits * HANDLE_S / AGENTS
    first, both = LOAD * VIPS / AGENTS, LOAD / AGENTS
    return {"vip": everybody / (1 - first), "ordinary": everybody / (1 - first) / (1 - both)}


def seen(simulator: Callable[[int], dict[str, float]]) -> dict[str, Estimate]:
    runs = [simulator(seed) for seed in range(1, RUNS + 1)]
    found = {name: estimate((run[name] for run in runs), SURE) for name in ("vip", "ordinary")}
    return {name: one for name, one in found.items() if one is not None}


def test_waits_of_vips_and_others_are_those_of_ciw_and_of_cobham() -> None:
    mine, theirs, formula = seen(ours), seen(ciws), cobham()
    for name in ("vip", "ordinary"):
        a, b = mine[name], theirs[name]
        assert a.half_width is not None
        assert b.half_width is not None
        assert a.holds(formula[name]), f"{name}: {a} but {formula[name]} by formula"
        assert b.holds(formula[name]), f"{name}: Ciw {b} but {formula[name]} by formula"
        assert abs(a.mean - b.mean) <= (a.half_width**2 + b.half_width**2) ** 0.5
    assert mine["vip"].half_width == pytest.approx(0.0, abs=formula["vip"])  # or anything would agree
    assert 3 * mine["vip"].mean < mine["ordinary"].mean
