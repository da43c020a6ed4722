"""A small call centre in virtual time: the core, callers and talks of random length, all from one seed."""

import heapq
from collections.abc import Callable
from random import Random

from acd import events as ev
from acd.core import next_deadline, step
from acd.floor import Floor
from acd.model import CallId, CallState, OfferId
from acd.records import AgentInterval, CallAnswered, CallOpened, OfferMade, QueueLeft, Record
from acd.rules import Rules
from agents.state import PhoneState
from tests.unit.acd.laws import Ledger, check_floor

__all__ = ["Centre"]

START = 1_000_000.0


class Centre:
    """Everybody rings the first queue. `number_of` says who the n-th caller is; `talk_s` and `patience_s` draw times."""

    def __init__(self, rules: Rules, seed: int, talk_s: Callable[[Random], float]) -> None:
        self.random = Random(seed)  # noqa: S311 - a simulation has no secrets
        self.floor = Floor.under(rules)
        self.now = START
        self.ledger = Ledger()
        self.seen: dict[CallId, CallOpened] = {}
        self.answered: list[CallAnswered] = []
        self.left: list[QueueLeft] = []
        self.intervals: list[AgentInterval] = []
        self.talk_s = talk_s
        self.number_of: Callable[[int], str] = lambda n: ""
        self.patience_s: Callable[[Random], float] | None = None
        self._future: list[tuple[float, int, ev.Event]] = []
        self._count = 0
        self.tell(ev.LinkRegained())

    def come_to_work(self, *names: str) -> None:
        """These agents are ready from now on."""
        for agent in self.floor.agents:
            if agent in names:
                self.tell(ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE))
                self.tell(ev.AgentLoggedIn(agent=agent))
                self.tell(ev.AgentReady(agent=agent))

    def run(self, calls: int, gap_s: Callable[[Random], float]) -> None:
        """So many calls arrive with random gaps; the last one arrives before it returns, not all are over then."""
        arrival = self.now
        for number in range(calls):
            arrival += gap_s(self.random)
            self._until(arrival)
            self._arrive(CallId(f"{START:.0f}.{len(self.seen)}"), self.number_of(number))
        check_floor(self.floor, self.now)
        self.ledger.check(self.floor)

    def tell(self, event: ev.Event) -> None:
        outcome = step(self.floor, event, self.now)
        self.ledger.add(outcome.records)
        for record in outcome.records:
            self._live(record)

    def _arrive(self, call: CallId, number: str) -> None:
        queue = next(iter(self.floor.rules.queues))
        self.tell(ev.CallArrived(call=call, channel="", number=number, did="400"))
        self.tell(ev.CallQueued(call=call, queue=queue))
        if self.patience_s is not None and self.floor.calls[call].state is CallState.WAITING:
            self._later(self.patience_s(self.random), ev.CallLeftByCaller(call=call))

    def _live(self, record: Record) -> None:
        """Agents answer at once; talks end when they end."""
        match record:
            case CallOpened():
                self.seen[record.call] = record
            case OfferMade():
                self._later(0.0, ev.OfferAnswered(offer=record.offer))
            case CallAnswered():
                self.answered.append(record)
                self._later(self.talk_s(self.random), ev.TalkEnded(offer=record.offer))
            case QueueLeft():
                self.left.append(record)
            case AgentInterval():
                self.intervals.append(record)
            case _:
                pass

    def _later(self, delay_s: float, event: ev.Event) -> None:
        self._count += 1
        heapq.heappush(self._future, (self.now + delay_s, self._count, event))

    def _until(self, when: float) -> None:
        while True:
            deadline = next_deadline(self.floor)
            happening = self._future[0][0] if self._future else None
            times = [at for at in (deadline, happening) if at is not None and at <= when]
            if not times:
                self.now = when
                return
            self.now = max(self.now, min(times))
            if happening is not None and happening == min(times):
                self._happen(heapq.heappop(self._future)[2])
            else:
                self.tell(ev.DeadlinePassed())

    def _happen(self, event: ev.Event) -> None:
        if isinstance(event, ev.CallLeftByCaller):  # his patience is over, if he still waits
            call = self.floor.calls.get(event.call)
            if call is not None and call.state is CallState.WAITING:
                self.tell(event)
            return
        self.tell(event)
        if isinstance(event, ev.TalkEnded):
            self.tell(ev.CallLeftByCaller(call=_call_of(event.offer)))


def _call_of(offer: OfferId) -> CallId:
    return CallId(offer.rsplit("-", 1)[0])
