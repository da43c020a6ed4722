"""How good the expected wait is, over simulated days, next to what app_queue would say to the same callers.

Counted are the callers who came when no agent was free and who were answered: the share whose wait ended within the promised
range, and the median error of its middle against that of app_queue's formula, |holdtime + 30 s - time waited|. In brackets and
not judged: app_queue's holdtime alone, for the 30 s are there to round to minutes.

`all` counts the callers whom an agent was free for as well; `stayed` those who gave up too, by the moment at which they would
have been answered. Days with peaks are judged, each seed by itself; small teams and a quiet day are shown.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

import msgspec

from acd.estimate import judge
from bench.day import HALF_HOUR_S, Day, Plan, Stay, Team

__all__ = ["JUDGED", "PLANS", "Score", "main", "peaks", "run", "score", "two_queues"]

COVERAGE = (0.75, 0.85)
RATIO = 0.5
SEEDS = (11, 12, 13, 14, 15)
"""The constants of acd.estimate were chosen with seeds 1, 2 and 3."""

# Half hours from 8:00 to 19:00: callers by what a full team can take, and how much of the team is there.
LOAD = (
    0.5,
    0.7,
    0.95,
    1.15,
    1.3,
    1.2,
    0.95,
    0.8,
    0.7,
    0.6,
    0.65,
    0.8,
    1.0,
    1.2,
    1.3,
    1.1,
    0.9,
    0.75,
    0.7,
    0.6,
    0.5,
    0.4,
)
STAFF = (0.6, 0.8, 1.0, 1.0, 1.0, 1.0, 0.95, 0.8, 0.7, 0.7, 0.8, 0.9, 1.0, 1.0, 1.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5)
HALVES = len(LOAD)
BETWEEN_S = 35.0
"""Ringing and wrap-up, when the load is worked out: what an agent needs for a call beside the talk."""
TALK_S = 240.0


def staff(full: float) -> tuple[int, ...]:
    """A team through the day, never empty."""
    return tuple(max(1, round(full * part)) for part in STAFF)


def callers(agents: float, talk_s: float = TALK_S, later: int = 0) -> tuple[float, ...]:
    """Callers by half hour for so many agents; peaks come so many half hours later."""
    each = HALF_HOUR_S / (talk_s + BETWEEN_S)
    return tuple(LOAD[(half - later) % HALVES] * agents * each for half in range(HALVES))


def peaks(
    agents: int,
    *,
    load: float = 1.0,
    talk_s: float = TALK_S,
    longer: float = 1.0,
    patience_s: float | None = 600.0,
    patience_spread: float | None = None,
    wrap_up_s: float = 30.0,
) -> Plan:
    """A day of one team with a peak in the morning and one in the afternoon; in the afternoon talks are `longer`."""
    return Plan(
        callers={"sales": callers(load * agents, talk_s)},
        teams=(Team(queues=("sales",), on_duty=staff(agents)),),
        talk_s=tuple(talk_s * (longer if 12 <= half < 17 else 1.0) for half in range(HALVES)),
        patience_s=patience_s,
        patience_spread=patience_spread,
        wrap_up_s=wrap_up_s,
    )


def two_queues(alone: int, common: int) -> Plan:
    """Two queues with their peaks an hour apart, each with so many agents alone and so many in common."""
    teams = [Team(queues=("sales", "repair"), on_duty=staff(common))]
    teams += [Team(queues=(queue,), on_duty=staff(alone)) for queue in ("sales", "repair") if alone]
    half_of_them = alone + common / 2
    return Plan(
        callers={"sales": callers(1.2 * half_of_them), "repair": callers(0.8 * half_of_them, later=2)},
        teams=teams,
        talk_s=(TALK_S,) * HALVES,
    )


JUDGED: dict[str, Plan] = {
    "20 agents": peaks(20),
    "40 agents": peaks(40),
    "60 agents, patient callers": peaks(60, patience_s=1200.0),
    "40 agents, talks a third longer in the afternoon": peaks(40, longer=1.33),
    "30 agents, log-normal patience": peaks(30, patience_s=500.0, patience_spread=1.0),
    "50 agents, nobody gives up": peaks(50, load=0.85, patience_s=None),
    "25 agents, long talks, impatient callers": peaks(25, load=1.15, talk_s=400.0, patience_s=180.0),
    "40 agents, no wrap-up": peaks(40, wrap_up_s=0.0),
    "two queues, half of the agents in common": two_queues(alone=12, common=24),
    "two queues, one team of 40": two_queues(alone=0, common=40),
}
"""Days with peaks above what the team can take."""
SHOWN: dict[str, Plan] = {
    "4 agents": peaks(4),
    "3 agents, long talks": peaks(3, talk_s=360.0),
    "12 agents, quiet day": peaks(12, load=0.75),
    "50 agents, nobody gives up, twenty minutes of waiting": peaks(50, load=0.93, patience_s=None),
}
PLANS = JUDGED | SHOWN


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How one day went. Shares are 0-1, errors the median of their size in seconds."""

    plan: str
    seed: int
    judged: bool
    callers: int
    """Who waited and were answered."""
    covered: float
    covered_all: float
    covered_stayed: float
    error_s: float
    app_queue_error_s: float
    holdtime_error_s: float
    wait_s: float
    range_s: float
    """Median wait, and median width of the range."""

    @property
    def ratio(self) -> float:
        """Our error by app_queue's."""
        return self.error_s / self.app_queue_error_s

    @property
    def reached(self) -> bool:
        """Whether the day is within the targets."""
        return COVERAGE[0] <= self.covered <= COVERAGE[1] and self.ratio <= RATIO


def _covered(stays: Iterable[Stay]) -> float:
    within = [
        judge(stay.promised, stay.wait_s).within
        for stay in stays
        if stay.promised is not None and stay.wait_s is not None
    ]
    return sum(within) / len(within)


def score(plan: str, seed: int, stays: Sequence[Stay], *, judged: bool) -> Score:
    """What the stays of a day say of the promises made in it."""
    waited = [stay for stay in stays if not stay.at_once]
    kept = [(stay, stay.promised, stay.wait_s) for stay in waited if stay.answered]
    told = [(stay, promised, wait_s) for stay, promised, wait_s in kept if promised is not None and wait_s is not None]
    return Score(
        plan=plan,
        seed=seed,
        judged=judged,
        callers=len(told),
        covered=_covered(stay for stay, _, _ in told),
        covered_all=_covered(stay for stay in stays if stay.answered),
        covered_stayed=_covered(waited),
        error_s=median(abs(judge(promised, wait_s).error_s) for _, promised, wait_s in told),
        app_queue_error_s=median(abs(wait_s - stay.app_queue_s) for stay, _, wait_s in told),
        holdtime_error_s=median(abs(wait_s - stay.holdtime_s) for stay, _, wait_s in told),
        wait_s=median(wait_s for _, _, wait_s in told),
        range_s=median(promised.high_s - promised.low_s for _, promised, _ in told),
    )


def run(names: Iterable[str], seeds: Sequence[int], tell: Callable[[Score], None]) -> list[Score]:
    """All days, each told as soon as it is over."""
    scores = []
    for name in names:
        for seed in seeds:
            scores.append(score(name, seed, Day(PLANS[name], seed).run(), judged=name in JUDGED))
            tell(scores[-1])
    return scores


def verdict(scores: Sequence[Score]) -> dict[str, Any]:
    """The worst of the judged days against the targets."""
    judged = [one for one in scores if one.judged]
    return {
        "target_covered": COVERAGE,
        "target_ratio": RATIO,
        "judged_days": len(judged),
        "covered": [round(edge((one.covered for one in judged), default=0.0), 3) for edge in (min, max)],
        "worst_ratio": round(max((one.ratio for one in judged), default=0.0), 3),
        "missed": [f"{one.plan}, seed {one.seed}" for one in judged if not one.reached],
    }


def _print(one: Score) -> None:
    print(
        f"{one.plan:54} {one.seed:4} {one.callers:7} {one.wait_s:6.0f} {one.range_s:7.0f} {one.covered:8.1%} "
        f"{one.covered_all:7.1%} {one.covered_stayed:7.1%} {one.error_s:7.1f} {one.app_queue_error_s:6.1f} "
        f"({one.holdtime_error_s:5.1f}) {one.ratio:6.2f} ({one.error_s / one.holdtime_error_s:4.2f})"
        f"{'' if one.reached or not one.judged else '  missed'}",
        flush=True,
    )


def main(argv: list[str]) -> int:
    """`./hotline bench estimate [--json]`. Exit code 1: a target was missed."""
    parser = argparse.ArgumentParser(prog="hotline bench estimate", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--seed", type=int, action="append", help=f"only these seeds (default: {SEEDS})")
    parser.add_argument("--plan", action="append", choices=list(PLANS), help="only these days (default: all of them)")
    args = parser.parse_args(argv)
    if not args.json:
        print(
            f"{'day':54} {'seed':>4} callers wait s range s covered     all  stayed error s app_queue's (hold) "
            f"ratio (hold)"
        )
    scores = run(args.plan or PLANS, args.seed or SEEDS, (lambda one: None) if args.json else _print)
    result = verdict(scores)
    if args.json:
        days = [{**msgspec.to_builtins(one), "ratio": one.ratio, "reached": one.reached} for one in scores]
        print(json.dumps({**result, "days": days}, indent=1))
    else:
        low, high = result["covered"]
        print(
            f"\n{result['judged_days']} days with peaks: {low:.1%} to {high:.1%} of the waits within the range "
            f"(target: 75-85 %), error at most {result['worst_ratio']:.2f} of app_queue's (target: {RATIO})"
        )
    return 1 if result["missed"] else 0


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
