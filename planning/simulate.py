"""A day of callers who never rang: traffic and shifts under a set of rules, as often as one likes.

The same seed brings the same callers, with the same talks and the same patience, whatever the rules: so two sets of rules are
compared by the differences of the same days, which are far less noisy than the days themselves.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from acd.commands import OfferCall
from acd.model import CallId, OfferOutcome
from acd.offering import AFTER_CALL
from acd.ports import Journal
from acd.records import CallAnswered, QueueEntered, QueueLeft, Record, TalkFinished
from acd.rules import Rules
from agents.roster import AgentId
from planning.centre import Caller, Centre, Ring
from planning.counted import Counted, HalfHour, Table, half_hours, table
from planning.shifts import Shift, comings_and_goings, with_extra_agents
from planning.traffic import DAY_S, Stream, Traffic, Who, arrivals, known

__all__ = ["MIDNIGHT", "Day", "Plan", "days", "simulate"]

MIDNIGHT = 1_767_571_200.0
"""When simulated days begin: a Monday, and a whole number of half hours."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is simulated."""

    rules: Rules
    traffic: Traffic
    shifts: tuple[Shift, ...]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated day."""

    figures: Table
    half_hours: list[HalfHour]
    calls: int
    events: int
    refused: dict[str, int]
    """What agents wished and the rules did not allow, by reason (a break when too many are on one)."""


def days(plan: Plan, seed: int, replications: int) -> Iterator[Day]:
    """So many days, of the seeds `seed`, `seed` + 1, ..."""
    for one in range(seed, seed + replications):
        yield simulate(plan, one)


def simulate(plan: Plan, seed: int, journal: Journal | None = None) -> Day:
    """One day from midnight to midnight, and on until its callers are served and its agents at home. `journal`: where to keep
    its events, for a replay of it."""
    rules = known(with_extra_agents(plan.rules, plan.shifts), plan.traffic)
    floor = _Day(rules, plan, seed, journal)
    floor.centre.floor.run()
    until = MIDNIGHT + 2 * DAY_S
    return Day(
        figures=table(floor.counted, rules, MIDNIGHT, until),
        half_hours=half_hours(floor.counted, rules, MIDNIGHT, MIDNIGHT + DAY_S),
        calls=floor.calls,
        events=floor.centre.floor.events,
        refused=dict(Counter(error for _, error in floor.centre.floor.refused if error != "illegal_transition")),
    )


class _Fate(msgspec.Struct, frozen=True):
    """What is settled about a caller before anybody decides anything."""

    stream: Stream
    number: str
    talk_s: float
    wrap_up_s: float | None
    patience_s: float
    redials_after_s: float | None


class _Day:
    """The people of a simulated day; `planning.centre.People` for its centre."""

    def __init__(self, rules: Rules, plan: Plan, seed: int, journal: Journal | None) -> None:
        self.counted = Counted(rules, by_vip=bool(plan.traffic.vip))
        self.calls = 0
        self._traffic = plan.traffic
        self._fates: dict[CallId, _Fate] = {}
        self._fate_dice = Random(f"{seed} fates")  # noqa: S311 - a simulation has no secrets
        self._ring_dice = Random(f"{seed} phones")  # noqa: S311
        self._redial_dice = Random(f"{seed} redials")  # noqa: S311 - its own: they differ with the rules, first calls do not
        self._who = Who(plan.traffic, Random(f"{seed} callers"))  # noqa: S311
        self.centre = Centre(rules, self, MIDNIGHT, self._take, journal)
        for at_s, event in sorted(comings_and_goings(plan.shifts), key=lambda one: one[0]):
            self.centre.floor.later(MIDNIGHT + at_s, self.centre.agent, event)
        for stream in plan.traffic.streams:
            dice = Random(f"{seed} arrivals {stream.queue}")  # noqa: S311
            self._next(stream, arrivals(stream, dice, MIDNIGHT))

    def _next(self, stream: Stream, times: Iterator[float]) -> None:
        at = next(times, None)
        if at is not None:
            self.centre.floor.later(at, self._comes, (stream, times))

    def _comes(self, who: tuple[Stream, Iterator[float]]) -> None:
        stream, times = who
        self._rings(stream, self._who.rings(self.centre.now), self._fate_dice)
        self._next(stream, times)

    def _rings(self, stream: Stream, number: str, dice: Random) -> None:
        self.calls += 1
        call = CallId(f"{self.calls}")
        traffic = self._traffic
        self._fates[call] = _Fate(
            stream=stream,
            number=number,
            talk_s=stream.talk.draw(dice),
            wrap_up_s=stream.wrap_up.draw(dice) if stream.wrap_up is not None else None,
            patience_s=stream.patience.draw(dice),
            redials_after_s=traffic.redial_after.draw(dice) if dice.random() < traffic.redial else None,
        )
        self.centre.arrive(
            Caller(
                call=call,
                number=number,
                queue=stream.queue,
                priority=stream.priority,
                require=stream.require,
                attributes=stream.attributes,
            )
        )

    def _take(self, records: Sequence[Record]) -> None:
        self.counted(records)
        if self._traffic.redial:
            for record in records:
                if isinstance(record, QueueLeft) and record.how in ("abandoned", "short_abandon"):
                    self._may_redial(record)

    def _may_redial(self, record: QueueLeft) -> None:
        fate = self._fates[record.call]
        if fate.redials_after_s is not None:
            self.centre.floor.later(record.left_at + fate.redials_after_s, self._redials, fate)

    def _redials(self, fate: _Fate) -> None:
        self._rings(fate.stream, fate.number, self._redial_dice)

    # --- how people behave ------------------------------------------------------------------------------------------

    def ring(self, offer: OfferCall) -> Ring:
        traffic, dice = self._traffic, self._ring_dice
        if traffic.missed and dice.random() < traffic.missed:
            return Ring(offer.ring_s, OfferOutcome.NO_ANSWER)
        after_s = traffic.answer.draw(dice)
        return Ring(after_s) if after_s <= offer.ring_s else Ring(offer.ring_s, OfferOutcome.NO_ANSWER)

    def talk_s(self, answered: CallAnswered) -> float:
        return self._fates[answered.call].talk_s

    def wrap_up_s(self, talk: TalkFinished) -> float | None:
        return self._fates[talk.call].wrap_up_s

    def patience_s(self, entered: QueueEntered) -> float:
        return self._fates[entered.call].patience_s

    def back_after_s(self, agent: AgentId, reason: str) -> float:
        return 0.0 if reason == AFTER_CALL else self._traffic.back_after.draw(self._ring_dice)
