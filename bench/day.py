"""A call centre's day in virtual time: the production core, with callers, agents and talks of random length, all from one seed.

What callers would be told is what the core wrote down when they entered the queue.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from math import inf, log
from random import Random

import msgspec

from acd import events as ev
from acd.core import next_deadline, step
from acd.estimate import Expectation, Pace
from acd.floor import Floor
from acd.line import Key
from acd.model import CallId, CallState, OfferOutcome, QueueId
from acd.records import CallAnswered, OfferMade, QueueEntered, QueueLeft, Record, TalkFinished
from acd.rules import QueueRules, Rules
from agents.roster import AgentId, AgentSettings
from agents.state import AgentState, PhoneState

__all__ = ["HALF_HOUR_S", "AppQueue", "Day", "Plan", "Stay", "Team"]

HALF_HOUR_S = 1800.0
START = 1_000_000.0
VIP_PRIORITY = 10
RING_S = (2.0, 8.0)
MISSED = 0.03
"""The share of offers nobody answers; they ring for the whole time the queue gives."""
EARLY = 0.5
"""The share of wrap-ups an agent ends before their time is over."""
COMING_S = 120.0
"""A half hour's change of staff takes so long."""
FIRST: Key = (-inf,)


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Agents with the same queues, and how many of them are on duty in each half hour."""

    queues: tuple[str, ...]
    on_duty: Sequence[int]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of day, by half hours."""

    callers: dict[str, Sequence[float]]
    """By queue, how many ring in the half hour, in the mean."""
    teams: Sequence[Team]
    talk_s: Sequence[float]
    """Mean of the talks that begin in the half hour."""
    talk_spread: float = 0.7
    """Talks are log-normal: the standard deviation of their logarithm."""
    wrap_up_s: float = 30.0
    patience_s: float | None = 600.0
    """Mean patience; None: nobody gives up."""
    patience_spread: float | None = None
    """None: patience is exponential; else log-normal, as `talk_spread`."""
    vip: float = 0.1
    """The share of callers who go ahead of the others."""


class AppQueue:
    """What app_queue would tell: |holdtime + 30 - time waited| (apps/app_queue.c, say_position), whole seconds."""

    def __init__(self) -> None:
        self.holdtime_s = 0

    def connected(self, waited_s: float) -> None:
        """recalc_holdtime: a running mean of the waits of answered callers."""
        self.holdtime_s = (3 * self.holdtime_s + int(waited_s)) >> 2

    def expect(self, waited_s: float = 0.0) -> float:
        """For a caller who has waited so long."""
        return float(abs(self.holdtime_s + 30 - int(waited_s)))


class Stay(msgspec.Struct, kw_only=True):
    """A caller's stay in a queue, and what he was promised when it began."""

    queue: QueueId
    entered_at: float
    key: Key
    """Where he stood in line."""
    vip: bool
    at_once: bool
    """An agent was free."""
    promised: Expectation | None
    app_queue_s: float
    holdtime_s: float
    """What app_queue would have gone by, without the 30 s it adds for rounding."""
    answered: bool = False
    wait_s: float | None = None
    """Until the answer; of one who gave up, until he would have been answered."""


class Day:
    """Runs a plan; what was promised is what the core wrote down. `pace`: what its queues go by, for comparing."""

    def __init__(self, plan: Plan, seed: int, pace: Callable[[], Pace] = Pace) -> None:
        self.plan = plan
        self.random = Random(seed)  # noqa: S311 - a simulation has no secrets
        self.queues = [QueueId(name) for name in plan.callers]
        self.members = [
            [AgentId(f"{letter}{n:03}") for n in range(max(team.on_duty))]
            for letter, team in zip("abcdefgh", plan.teams, strict=False)
        ]
        self.floor = Floor.under(self._rules())
        self.floor.paces = {queue: pace() for queue in self.queues}
        self.app_queue = {queue: AppQueue() for queue in self.queues}
        self.stays: dict[CallId, Stay] = {}
        self.now = START
        self._gone: list[Stay] = []
        """Who gave up, and whose turn would not have come yet."""
        self._future: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._tell(ev.LinkRegained())
        for agent in self.floor.agents:
            self._tell(ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE))

    def _rules(self) -> Rules:
        queues = [QueueRules(id=queue, wrap_up_s=self.plan.wrap_up_s, no_answer_limit=0) for queue in self.queues]
        agents = [
            AgentSettings(id=agent, name="", queues=tuple(map(QueueId, team.queues)))
            for team, members in zip(self.plan.teams, self.members, strict=True)
            for agent in members
        ]
        return Rules.of("day", queues, agents)

    def run(self) -> list[Stay]:
        """All stays of the day, in the order in which they began; the last callers are served to the end."""
        for half in range(len(self.plan.talk_s)):
            self._at(START + half * HALF_HOUR_S, self._change_staff(half))
            for queue in self.queues:
                self._draw_callers(queue, half)
        while self._future:
            deadline = next_deadline(self.floor)
            if deadline is not None and deadline < self._future[0][0]:
                self.now = max(self.now, deadline)
                self._tell(ev.DeadlinePassed())
            else:
                self.now, _, happen = heapq.heappop(self._future)
                happen()
        return list(self.stays.values())

    # --- what happens ------------------------------------------------------------------------------------------------

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._future, (when, self._count, happen))

    def _later(self, delay_s: float, *events: ev.Event) -> None:
        for event in events:
            self._at(self.now + delay_s, lambda event=event: self._tell(event))  # type: ignore[misc]

    def _draw_callers(self, queue: QueueId, half: int) -> None:
        at = START + half * HALF_HOUR_S
        end, rate = at + HALF_HOUR_S, self.plan.callers[queue][half] / HALF_HOUR_S
        while rate > 0.0 and (at := at + self.random.expovariate(rate)) < end:
            self._at(at, lambda: self._arrive(queue))

    def _change_staff(self, half: int) -> Callable[[], None]:
        """Who is on duty in this half hour comes within its first minutes; who is not goes, after his call."""

        def change() -> None:
            for team, members in zip(self.plan.teams, self.members, strict=True):
                for n, agent in enumerate(members):
                    on = n < team.on_duty[half]
                    if on is (self.floor.agents[agent].state is AgentState.OFFLINE):
                        come = (ev.AgentLoggedIn(agent=agent), ev.AgentReady(agent=agent))
                        go = (ev.AgentLoggedOut(agent=agent),)
                        self._later(self.random.uniform(0.0, COMING_S), *(come if on else go))

        return change

    def _arrive(self, queue: QueueId) -> None:
        call = CallId(f"{START:.0f}.{len(self.stays)}")
        vip = self.random.random() < self.plan.vip
        line = self.floor.waiting[queue]
        self._tell(ev.CallArrived(call=call, channel="", number="", did="400"))
        queued = ev.CallQueued(call=call, queue=queue, priority=VIP_PRIORITY if vip else 0)
        records = self._step(queued)
        key = line.key(call) if call in line else FIRST
        app_queue = self.app_queue[queue]
        self.stays[call] = Stay(
            queue=queue,
            entered_at=self.now,
            key=key,
            vip=vip,
            at_once=call not in line,
            promised=_promised(records, at_once=call not in line),
            app_queue_s=app_queue.expect(),
            holdtime_s=float(app_queue.holdtime_s),
        )
        self._see(records)
        if self.plan.patience_s is not None:
            self._at(self.now + self._patience_s(self.plan.patience_s), lambda: self._give_up(call))

    def _patience_s(self, mean_s: float) -> float:
        if self.plan.patience_spread is None:
            return self.random.expovariate(1.0 / mean_s)
        return self._log_normal_s(mean_s, self.plan.patience_spread)

    def _log_normal_s(self, mean_s: float, spread: float) -> float:
        return self.random.lognormvariate(log(mean_s) - spread * spread / 2.0, spread)

    def _give_up(self, call: CallId) -> None:
        live = self.floor.calls.get(call)
        if live is not None and live.state in (CallState.WAITING, CallState.OFFERED):
            self._tell(ev.CallLeftByCaller(call=call))

    def _tell(self, event: ev.Event) -> None:
        self._see(self._step(event))

    def _step(self, event: ev.Event) -> Sequence[Record]:
        return step(self.floor, event, self.now).records

    # --- what is seen ------------------------------------------------------------------------------------------------

    def _see(self, records: Iterable[Record]) -> None:
        """The agents do their part."""
        for record in records:
            match record:
                case OfferMade():
                    self._ring(record)
                case CallAnswered():
                    self._answered(record)
                case QueueLeft() if record.how != "answered":
                    self._left(record)
                case TalkFinished():
                    self._finished(record)
                case _:
                    pass
        for queue in self.queues if self._gone else ():
            if self.floor.ready[queue]:
                self._turn_came((queue,), (inf,))

    def _ring(self, offer: OfferMade) -> None:
        self._turn_came(self.floor.rules.agents[offer.agent].queues, self.stays[offer.call].key)
        if self.random.random() < MISSED:
            missed = ev.OfferFailed(offer=offer.offer, outcome=OfferOutcome.NO_ANSWER)
            self._later(self.floor.rules.queues[offer.queue].ring_s, missed)
        else:
            self._later(self.random.uniform(*RING_S), ev.OfferAnswered(offer=offer.offer))

    def _turn_came(self, queues: Sequence[QueueId], key: Key) -> None:
        """An agent takes the caller with this key: those who gave up and stood before him would have been taken instead."""
        for stay in [gone for gone in self._gone if gone.queue in queues and gone.key < key]:
            stay.wait_s = self.now - stay.entered_at + sum(RING_S) / 2.0
            self._gone.remove(stay)

    def _answered(self, answer: CallAnswered) -> None:
        stay = self.stays[answer.call]
        stay.answered, stay.wait_s = True, answer.wait_s
        self.app_queue[answer.queue].connected(answer.wait_s)
        half = min(int((self.now - START) // HALF_HOUR_S), len(self.plan.talk_s) - 1)
        talk_s = self._log_normal_s(self.plan.talk_s[half], self.plan.talk_spread)
        self._later(talk_s, ev.TalkEnded(offer=answer.offer), ev.CallLeftByCaller(call=answer.call))

    def _left(self, left: QueueLeft) -> None:
        stay = self.stays[left.call]
        if not stay.at_once:
            self._gone.append(stay)

    def _finished(self, talk: TalkFinished) -> None:
        if self.plan.wrap_up_s > 0.0 and self.random.random() < EARLY:
            self._at(self.now + self.random.uniform(0.0, self.plan.wrap_up_s), lambda: self._end_wrap_up(talk.agent))

    def _end_wrap_up(self, agent: AgentId) -> None:
        if self.floor.agents[agent].state is AgentState.WRAP_UP:
            self._tell(ev.WrapUpDone(agent=agent))


def _promised(records: Sequence[Record], *, at_once: bool) -> Expectation | None:
    entered = next(record for record in records if isinstance(record, QueueEntered))
    if entered.expected_low_s is None or entered.expected_s is None or entered.expected_high_s is None:
        return None
    return Expectation(entered.expected_low_s, entered.expected_s, entered.expected_high_s, at_once=at_once)
