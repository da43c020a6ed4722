"""A recorded day under other rules.

What callers and agents did of their own accord stays as it was. What rules decide is decided anew by the core: who is offered
to whom, and so who answers, who gives up, and when. What such a decision leads to is taken from the record where the record
knows it, and modelled where it cannot: `Sources` counts both, and every output shows them.

- Who gave up has shown his patience. Who was served has only shown that it was longer than his wait: if he now waits longer
  than he did, how much longer he would have waited is drawn from Kaplan and Meier's estimate, given that he had waited so long.
- A talk with the same agent lasts as long as it did; with another agent it is scaled by the ratio of the two agents' mean
  talks. Who had given up and is now answered gets the talk of a served caller of his queue, scaled likewise.
- Paperwork that was ended early stays as long as it was, scaled like its talk; else it takes all the time the rules give.
- The same agent takes the same call as quickly as he did, or misses it as he did. Of a call he was not offered then, he does
  what he did with one of his other calls.
- Agents set not ready for missed calls come back as soon as one of those did in the record.

Redials are callers of the day like others: that somebody who is served sooner would not have rung again is not modelled. Hold
is part of the talk and not replayed apart.
"""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from random import Random

import msgspec

from acd import events as ev
from acd.commands import OfferCall
from acd.model import CallId, OfferOutcome, QueueId
from acd.offering import AFTER_CALL
from acd.records import CallAnswered, QueueEntered, QueueLeft, Record, TalkFinished
from acd.rules import Rules
from agents.roster import AgentId
from planning.centre import Centre, Ring
from planning.counted import Counted, HalfHour, Table, half_hours, table
from planning.recorded import RecordedCall, RecordedDay, Rung
from planning.survival import Patience, patience_of

__all__ = ["Replayed", "Sources", "UnknownQueues", "replay", "strangers", "waits_of"]

ENOUGH_GIVE_UPS = 30
"""Fewer in a queue say little of its callers' patience: then all queues' callers stand for it."""
ENOUGH_TALKS = 10
"""Agents with fewer talks are taken to be as quick as everybody."""
NO_SUCH_RING_S = 1.0
"""So much later a phone is answered when the record has no offer to go by."""
BACK_AFTER_S = 60.0
"""How long an agent set not ready stays away if the record has no such case."""


class UnknownQueues(Exception):
    """The rules lack queues that callers of the record were put into: give them these queues, or replay another day."""

    def __init__(self, queues: dict[QueueId, int]) -> None:
        self.queues = queues
        named = ", ".join(f'"{queue}" ({calls} calls)' for queue, calls in sorted(queues.items()))
        super().__init__(f"the rules have no queue {named}")


class Sources(msgspec.Struct, kw_only=True):
    """How much of a replay is data and how much is a model; calls, offers or talks each."""

    patience_known: int = 0
    """Callers who gave up in the record: their patience is what they waited."""
    patience_at_least: int = 0
    """Callers who did not: it is known to be longer than they waited then."""
    patience_modelled: int = 0
    """Of these, callers who waited longer now than then: whether they stayed is modelled."""
    talks_known: int = 0
    """With the agent of the record, as long as it was."""
    talks_scaled: int = 0
    """With another agent: the record's talk, scaled."""
    talks_drawn: int = 0
    """Callers nobody talked to in the record, or whose talk's end is not recorded."""
    rings_known: int = 0
    """Offers of the record: the same call to the same agent."""
    rings_drawn: int = 0


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded day as it would have been."""

    figures: Table
    half_hours: list[HalfHour]
    sources: Sources
    refused: dict[str, int]
    """Doings of agents that made no sense any more, by reason (ready while he now has a call)."""
    calls: int
    events: int


def waits_of(day: RecordedDay, queue: QueueId | None = None) -> list[tuple[float, bool]]:
    """How long each caller waited, and whether he gave up; of one queue, or of all."""
    return [
        (call.waited_s, call.gave_up)
        for call in day.calls
        if call.queue is not None and (queue is None or call.queue == queue)
    ]


def strangers(day: RecordedDay, rules: Rules) -> list[AgentId]:
    """Agents of the record whom the rules do not know: they stay at home."""
    seen = {event.agent for _, event in day.doings if isinstance(event, ev.AgentLoggedIn)}
    return sorted(seen - rules.agents.keys())


def replay(day: RecordedDay, rules: Rules, seed: int) -> Replayed:
    """The day under these rules; `seed` is for what is modelled. Raises UnknownQueues."""
    missing = Counter(call.queue for call in day.calls if call.queue is not None and call.queue not in rules.queues)
    if missing:
        raise UnknownQueues({queue: calls for queue, calls in missing.items() if queue is not None})
    replayed = _Replay(day, rules, seed)
    replayed.centre.floor.run()
    refused = Counter(error for _, error in replayed.centre.floor.refused if error != "illegal_transition")
    moot = sum(error == "illegal_transition" for _, error in replayed.centre.floor.refused)
    return Replayed(
        figures=table(replayed.counted, rules, day.since, day.until),
        half_hours=half_hours(replayed.counted, rules, day.since, day.until),
        sources=replayed.sources,
        refused={**refused, **({"illegal_transition": moot} if moot else {})},
        calls=len(day.calls),
        events=replayed.centre.floor.events,
    )


class _Habits:
    """What the record shows of agents and of callers' patience."""

    def __init__(self, day: RecordedDay) -> None:
        self.rings: dict[AgentId, list[Ring]] = defaultdict(list)
        self.served: dict[QueueId, list[RecordedCall]] = defaultdict(list)
        self.all_served: list[RecordedCall] = []
        talks: dict[AgentId, list[float]] = defaultdict(list)
        for call in day.calls:
            if call.answered_by is not None and call.queue is not None and call.talk_s is not None:
                talks[call.answered_by].append(call.talk_s)
                self.served[call.queue].append(call)
                self.all_served.append(call)
            for agent, rung in call.rung.items():
                self.rings[agent] += [_ring(one) for one in rung if one.outcome is not OfferOutcome.WITHDRAWN]
        self.all_rings = [ring for rings in self.rings.values() for ring in rings]
        everybody = [talk_s for mine in talks.values() for talk_s in mine]
        self._mean_s = _mean(everybody)
        self._means_s = {agent: _mean(mine) for agent, mine in talks.items() if len(mine) >= ENOUGH_TALKS}
        whole = patience_of(waits_of(day))
        self.patience: dict[QueueId, Patience] = {}
        for queue in {call.queue for call in day.calls if call.queue is not None}:
            own = patience_of(waits_of(day, queue))
            self.patience[queue] = own if own.gave_up >= ENOUGH_GIVE_UPS else whole

    def pace(self, agent: AgentId, of: AgentId | None) -> float:
        """How much longer this agent's talks are than that one's."""
        mine, his = self._means_s.get(agent, self._mean_s), self._mean_s
        if of is not None:
            his = self._means_s.get(of, self._mean_s)
        return mine / his if his > 0.0 else 1.0


def _mean(seen: list[float]) -> float:
    return math.fsum(seen) / len(seen) if seen else 0.0


class _Replay:
    """The people of a recorded day; `planning.centre.People` for its centre."""

    def __init__(self, day: RecordedDay, rules: Rules, seed: int) -> None:
        self.counted = Counted(rules, by_vip=rules.knows_vips)
        self.sources = Sources()
        self._calls = {call.call: call for call in day.calls}
        self._rung = {(call.call, agent): deque(rung) for call in day.calls for agent, rung in call.rung.items()}
        self._returns_s = day.returns_s
        self._habits = _Habits(day)
        self._dice = Random(f"{seed} others")  # noqa: S311 - a simulation has no secrets
        self._patience_dice = Random(f"{seed} patience")  # noqa: S311 - its own: the same callers under any rules
        self._talks: dict[CallId, tuple[RecordedCall, float]] = {}
        self._patience_s = {call.call: self._patience(call) for call in day.calls if call.queue is not None}
        self.centre = Centre(rules, self, day.since, self._take)
        self._set_out(day, rules)

    def _set_out(self, day: RecordedDay, rules: Rules) -> None:
        """Everything that happens whatever the rules."""
        later, tell = self.centre.floor.later, self.centre.floor.tell
        for at, event in day.doings:
            agent = getattr(event, "agent", None)
            if agent is None or agent in rules.agents:
                later(at, self.centre.agent, event)
        for call in day.calls:
            later(call.at, tell, call.arrived)
            for at, event in call.along:
                later(at, tell, event)
            if call.queued is not None:
                later(call.queued_at, tell, call.queued)
            elif call.left_ivr_at is not None and call.closed:
                later(call.left_ivr_at, tell, ev.CallClosed(call=call.call, reason="completed"))
            elif call.left_ivr_at is not None:
                later(call.left_ivr_at, tell, ev.CallLeftByCaller(call=call.call))
        later(day.until, self._send_everybody_home, list(rules.agents))

    def _send_everybody_home(self, agents: list[AgentId]) -> None:
        """The record ends; whoever is still there ends his call and goes, so that his time is counted."""
        for agent in agents:
            self.centre.floor.tell(ev.AgentLoggedOut(agent=agent))

    def _take(self, records: Sequence[Record]) -> None:
        self.counted(records)
        for record in records:
            if isinstance(record, QueueLeft) and record.how in ("answered", "abandoned", "short_abandon"):
                call = self._calls[record.call]
                waited_s = record.left_at - call.queued_at
                self.sources.patience_modelled += not call.gave_up and waited_s > call.waited_s + 0.001

    # --- how people behave ------------------------------------------------------------------------------------------

    def _patience(self, call: RecordedCall) -> float:
        assert call.queue is not None
        if call.gave_up:
            self.sources.patience_known += 1
            return call.waited_s
        self.sources.patience_at_least += 1
        return self._habits.patience[call.queue].draw(self._patience_dice, call.waited_s)

    def patience_s(self, entered: QueueEntered) -> float:
        return self._patience_s[entered.call]

    def ring(self, offer: OfferCall) -> Ring:
        known = self._rung.get((offer.call, offer.agent))
        rung = known.popleft() if known else None
        if rung is not None and rung.outcome is not OfferOutcome.WITHDRAWN:
            self.sources.rings_known += 1
            return _ring(rung) if rung.outcome is OfferOutcome.ACCEPTED else _within(_ring(rung), offer.ring_s)
        self.sources.rings_drawn += 1
        longer_s = rung.after_s if rung is not None else 0.0
        seen = self._habits.rings.get(offer.agent) or self._habits.all_rings
        if rung is not None:
            seen = [ring for ring in seen if ring.after_s > longer_s]
        return _within(self._dice.choice(seen) if seen else Ring(longer_s + NO_SUCH_RING_S), offer.ring_s)

    def talk_s(self, answered: CallAnswered) -> float:
        call = self._calls[answered.call]
        if call.talk_s is None:
            self.sources.talks_drawn += 1
            pool = self._habits.served.get(answered.queue) or self._habits.all_served
            if not pool:
                return 0.0
            call = self._dice.choice(pool)
        elif call.answered_by == answered.agent:
            self.sources.talks_known += 1
        else:
            self.sources.talks_scaled += 1
        pace = 1.0 if call.answered_by == answered.agent else self._habits.pace(answered.agent, call.answered_by)
        self._talks[answered.call] = (call, pace)
        assert call.talk_s is not None
        return call.talk_s * pace

    def wrap_up_s(self, talk: TalkFinished) -> float | None:
        call, pace = self._talks.pop(talk.call, (None, 1.0))
        return None if call is None or call.wrap_up_s is None else call.wrap_up_s * pace

    def back_after_s(self, agent: AgentId, reason: str) -> float:
        if seen := self._returns_s.get(reason):
            return self._dice.choice(seen)
        return 0.0 if reason == AFTER_CALL else BACK_AFTER_S


def _ring(rung: Rung) -> Ring:
    return Ring(rung.after_s, None if rung.outcome is OfferOutcome.ACCEPTED else rung.outcome)


def _within(ring: Ring, ring_s: float) -> Ring:
    """The rules may let phones ring shorter or longer than they did: who let it ring out lets it ring out."""
    if ring.missed is OfferOutcome.NO_ANSWER or ring.after_s > ring_s:
        return Ring(ring_s, ring.missed or OfferOutcome.NO_ANSWER)
    return ring
