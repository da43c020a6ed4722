"""Queues of one kind of caller and one kind of agent by formula: Erlang B, Erlang C (nobody gives up), Erlang A (exponential
patience). Arrivals are Poisson, handle times exponential, callers served in the order they came.

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges", 1917, for B and C; C. Palm, "Research on telephone traffic carried by full availability groups", Tele 1, 1957,
for A, computed as in A. Mandelbaum and S. Zeltyn, "Service engineering in action: the Palm/Erlang-A queue, with applications
to call centers", 2007. All times are in seconds, loads in erlangs (arrivals a second times mean handle time).
"""

import math
from collections.abc import Callable

import msgspec

__all__ = ["Outlook", "erlang_a", "erlang_b", "erlang_c", "outlook"]

PANELS = 2000
"""Of Simpson's rule over the wait; the tests compare with a sum over states to 1e-6."""
NEGLIGIBLE = 40.0
"""e to the minus this is nothing."""
NEVER = 1e-12
"""With so small a chance that all agents but one are busy, nobody ever waits."""


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """The long run of a queue."""

    waits: float
    """Share of the callers who do not find a free agent."""
    service_level: float
    """Share of all callers who are answered within the time asked for."""
    asa_s: float
    """Mean wait of those who are answered; infinite when the queue only grows."""
    abandon_rate: float
    occupancy: float
    """Share of their time that agents handle calls."""


def outlook(
    agents: int, arrivals_per_s: float, handle_s: float, patience_s: float, within_s: float, panels: int = PANELS
) -> Outlook:
    """Erlang A, or Erlang C when patience is infinite."""
    if math.isinf(patience_s):
        return erlang_c(agents, arrivals_per_s, handle_s, within_s)
    return erlang_a(agents, arrivals_per_s, handle_s, patience_s, within_s, panels)


def erlang_b(agents: int, load: float) -> float:
    """The share of callers who find everybody busy when nobody may wait."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(agents: int, arrivals_per_s: float, handle_s: float, within_s: float) -> Outlook:
    """Callers of endless patience. With a load of all agents or more the queue grows without end."""
    load = arrivals_per_s * handle_s
    if load >= agents:
        return Outlook(waits=1.0, service_level=0.0, asa_s=math.inf, abandon_rate=0.0, occupancy=1.0)
    blocked = erlang_b(agents, load)
    waits = blocked / (1.0 - load / agents * (1.0 - blocked))
    spare = agents - load
    return Outlook(
        waits=waits,
        service_level=1.0 - waits * math.exp(-spare * within_s / handle_s),
        asa_s=waits * handle_s / spare,
        abandon_rate=0.0,
        occupancy=load / agents,
    )


def erlang_a(
    agents: int, arrivals_per_s: float, handle_s: float, patience_s: float, within_s: float, panels: int = PANELS
) -> Outlook:
    """Callers whose patience is exponential.

    The wait a caller of endless patience would have has the density v(t) = c exp(load of patience - t agents / handle), where
    the load of patience is arrivals x patience x (1 - exp(-t / patience)); all figures are integrals over it.
    """
    load = arrivals_per_s * handle_s
    all_but_one_busy = erlang_b(agents - 1, load)
    if load == 0.0 or all_but_one_busy < NEVER:
        return Outlook(waits=0.0, service_level=1.0, asa_s=0.0, abandon_rate=0.0, occupancy=load / agents)
    drained = agents / handle_s
    peak_s = _peak_s(agents, arrivals_per_s, handle_s, patience_s)
    peak = _log_density(peak_s, arrivals_per_s, patience_s, drained)

    def density(t: float) -> float:
        return math.exp(_log_density(t, arrivals_per_s, patience_s, drained) - peak)

    def stays(t: float) -> float:
        return math.exp(-t / patience_s)

    end_s = _end_s(peak_s, arrivals_per_s, patience_s, drained)
    mass = _integral(density, 0.0, end_s, panels)
    # the states below "all busy", against the state in which the last agent is free, on the scale of the density
    below = math.exp(-math.log(all_but_one_busy) - math.log(arrivals_per_s) - peak)
    whole = below + mass
    waiting_served = _integral(lambda t: density(t) * stays(t), 0.0, end_s, panels)
    in_time = _integral(lambda t: density(t) * stays(t), 0.0, min(within_s, end_s), panels)
    wait_of_served = _integral(lambda t: t * density(t) * stays(t), 0.0, end_s, panels)
    served = below + waiting_served
    return Outlook(
        waits=mass / whole,
        service_level=(below + in_time) / whole,
        asa_s=wait_of_served / served,
        abandon_rate=(mass - waiting_served) / whole,
        occupancy=load * served / whole / agents,
    )


def _log_density(t: float, arrivals_per_s: float, patience_s: float, drained: float) -> float:
    return -arrivals_per_s * patience_s * math.expm1(-t / patience_s) - drained * t


def _peak_s(agents: int, arrivals_per_s: float, handle_s: float, patience_s: float) -> float:
    """Where the density is highest: with more callers than agents can serve, where patience makes up for it."""
    return max(patience_s * math.log(arrivals_per_s * handle_s / agents), 0.0)


def _end_s(peak_s: float, arrivals_per_s: float, patience_s: float, drained: float) -> float:
    """From here on, well after its peak, the density is nothing."""
    peak = _log_density(peak_s, arrivals_per_s, patience_s, drained)
    beyond_s = 1.0 / drained
    while _log_density(peak_s + beyond_s, arrivals_per_s, patience_s, drained) - peak > -NEGLIGIBLE:
        beyond_s *= 1.5
    return peak_s + beyond_s


def _integral(of: Callable[[float], float], start: float, end: float, panels: int) -> float:
    """By Simpson's rule; the number of panels is even."""
    width = (end - start) / panels
    inner = sum((4 if n % 2 else 2) * of(start + n * width) for n in range(1, panels))
    return (of(start) + inner + of(end)) * width / 3
