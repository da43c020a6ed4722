"""A hall of agents on one queue, and callers without end: the centre of `planning`, with times drawn from one seed, and every
law of the floor checked while it runs."""

import math
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from acd import events as ev
from acd.commands import OfferCall
from acd.model import CallId
from acd.records import AgentInterval, CallAnswered, CallOpened, QueueEntered, QueueLeft, Record, TalkFinished
from acd.rules import Rules, ServiceLevel
from agents.roster import AgentId
from agents.state import PhoneState
from planning.centre import Caller, Centre, Ring
from planning.counted import Counted, Scope, table
from planning.traffic import HALF_HOUR_S
from tests.unit.acd.floors import queue, rules
from tests.unit.acd.laws import Ledger, check_floor

__all__ = ["START", "Hall", "Steady", "exponential", "team"]

START = 1_800_000.0
AT_ONCE = Ring(0.0)
Draw = Callable[[Random], float]


def exponential(mean_s: float) -> Draw:
    """Draws times of this mean."""
    return lambda random: random.expovariate(1 / mean_s)


def team(size: int) -> list[str]:
    return [f"a{n}" for n in range(size)]


class Hall:
    """Everybody rings the first queue. `number_of` says who the n-th caller is; phones are answered at once."""

    def __init__(self, rules: Rules, seed: int, talk_s: Draw, *, checked: bool = True) -> None:
        self.random = Random(seed)  # noqa: S311 - a simulation has no secrets
        self.ledger = Ledger() if checked else None
        self.counted = Counted(rules, by_vip=False)
        self.seen: dict[CallId, CallOpened] = {}
        self.answered: list[CallAnswered] = []
        self.left: list[QueueLeft] = []
        self.intervals: list[AgentInterval] = []
        self.number_of: Callable[[int], str] = lambda n: ""
        self.patience: Draw | None = None
        self._talk = talk_s
        self._queue = next(iter(rules.queues))
        self._calls = 0
        self.centre = Centre(rules, self, START, self._take)

    def come_to_work(self, *names: str) -> None:
        """These agents are ready from now on."""
        for name in names:
            agent = AgentId(name)
            self.centre.agent(ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE))
            self.centre.agent(ev.AgentLoggedIn(agent=agent))
            self.centre.agent(ev.AgentReady(agent=agent))

    def run(self, calls: int, gap_s: Draw) -> None:
        """So many calls arrive with random gaps; the last one arrives before it returns, not all are over then."""
        at = self.centre.now
        for _ in range(calls):
            at += gap_s(self.random)
            self.centre.floor.run(at)
            self.rings()
        if self.ledger is not None:
            check_floor(self.centre.floor.floor, self.centre.now)
            self.ledger.check(self.centre.floor.floor)

    def rings(self) -> None:
        """One more caller, now."""
        call = CallId(f"{START:.0f}.{self._calls}")
        self._calls += 1
        self.centre.arrive(Caller(call=call, number=self.number_of(self._calls - 1), queue=self._queue))

    def _take(self, records: Sequence[Record]) -> None:
        self.counted(records)
        if self.ledger is None:
            return
        self.ledger.add(list(records))
        for record in records:
            match record:
                case CallOpened():
                    self.seen[record.call] = record
                case CallAnswered():
                    self.answered.append(record)
                case QueueLeft():
                    self.left.append(record)
                case AgentInterval():
                    self.intervals.append(record)
                case _:
                    pass

    def ring(self, offer: OfferCall) -> Ring:
        return AT_ONCE

    def talk_s(self, answered: CallAnswered) -> float:
        return self._talk(self.random)

    def wrap_up_s(self, talk: TalkFinished) -> float | None:
        return None

    def patience_s(self, entered: QueueEntered) -> float:
        return self.patience(self.random) if self.patience else math.inf

    def back_after_s(self, agent: AgentId, reason: str) -> float:
        raise AssertionError("phones are answered here")


class Steady(msgspec.Struct, frozen=True, kw_only=True):
    """A queue in its steady state. Times are in handle times: `within` and `patience` 1.0 are as long as a talk."""

    agents: int
    occupancy: float
    """Offered load over agents."""
    patience: float = math.inf
    within: float = 0.1
    calls: int = 2000
    """In the stretch that is measured."""
    half_hours: int = 10
    """That stretch, in half hours: what a handle time is in seconds follows from it."""

    @property
    def per_s(self) -> float:
        return self.calls / (self.half_hours * HALF_HOUR_S)

    @property
    def handle_s(self) -> float:
        return self.occupancy * self.agents / self.per_s

    def figures(self, seed: int, warm_up: int = 2) -> dict[str, float | None]:
        """The site's figures of one run of the real core. It begins with as many callers as there will be talks on the average
        (exponential talks have no past), and is measured after `warm_up` half hours."""
        level = ServiceLevel(within_s=self.within * self.handle_s)
        plain = queue(wrap_up_s=0.0, service_level=level, short_abandon_s=0.0)
        the_rules = rules({name: ["sales"] for name in team(self.agents)}, [plain])
        hall = Hall(the_rules, seed, exponential(self.handle_s), checked=False)
        if self.patience < math.inf:
            hall.patience = exponential(self.patience * self.handle_s)
        hall.come_to_work(*team(self.agents))
        for _ in range(round(min(self.occupancy, 1.0) * self.agents)):
            hall.rings()
        since = START + warm_up * HALF_HOUR_S
        until = since + self.half_hours * HALF_HOUR_S
        gap = exponential(1 / self.per_s)
        at = START + gap(hall.random)
        while at < until:
            hall.centre.floor.run(at)
            hall.rings()
            at += gap(hall.random)
        hall.centre.floor.run(until)
        return table(hall.counted, the_rules, since, until)[Scope("site")]
