"""Two floors that live through the same events, one under the live rules and one under others: what they decide differently.

The shadow floor is brought back to the live one whenever they have come apart, so every decision is judged from the same
situation: the same callers, agents and ringing phones. What rules make of a caller in the course of his wait (his priority,
what he needs, the recipes applied) stays each floor's own.
"""

import logging
from collections.abc import Iterable

import msgspec

from acd.core import Outcome, Refused, next_deadline, step
from acd.events import DeadlinePassed, Event, RulesLoaded
from acd.floor import Floor, set_timer
from acd.model import Call, CallId, CallState, QueueId
from acd.records import AgentChanged, Decision, OfferMade, QueueEntered, QueueLeft, Record
from acd.rules import Rules
from agents.roster import AgentId

__all__ = ["Act", "Judge", "Verdict"]

log = logging.getLogger(__name__)

SAME_MOMENT_S = 0.05
"""A deadline both floors have is told by the journal a little after it."""
LOOK_AGAIN_S = 5.0
"""So long after the floors were brought together the shadow looks at its recipes again."""
MOST_DEADLINES = 1000
"""The shadow's own, between two events; more would be a defect."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What one floor did with a caller in one event."""

    agents: tuple[AgentId, ...] = ()
    """Who is rung for him; nobody: he waits on."""
    waits_for: AgentId | None = None
    """The one agent he is held for."""
    left: str = ""
    """Why he left his queue, if he did: as QueueLeft.why, with the queue he went to; or why he was refused."""
    decision: Decision | None = None
    """Why; None: nothing was asked."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about a caller, and what it would have been under the other rules."""

    call: CallId
    queue: QueueId
    at: float
    live: Act
    shadow: Act

    @property
    def same(self) -> bool:
        """Whether both rules ring the same agents, hold him for the same one, or send him to the same place."""
        one, other = self.live, self.shadow
        return (set(one.agents), one.waits_for, one.left) == (set(other.agents), other.waits_for, other.left)


class Judge:
    """`live` is a copy of the live floor; it is lived on here."""

    def __init__(self, live: Floor, rules: Rules, now: float) -> None:
        self.live = live
        self.failures = 0
        """Events one of the floors could not digest."""
        self._rules = rules
        self._told: dict[CallId, tuple[Act, Act]] = {}
        self.shadow = _brought_over(live, rules, now, None)

    def take(self, event: Event, at: float) -> list[Verdict]:
        """Let both floors take the event; the decisions of either of them, with the other's. A difference that is the same as
        the last one of this caller is told once."""
        verdicts = self._deadlines_before(at)
        live, refused = self._step(self.live, event, at)
        if isinstance(event, RulesLoaded):
            self._come_together(at)
            return verdicts
        shadow, shadow_refused = self._step(self.shadow, event, at)
        left = f"refused:{shadow_refused}" if shadow_refused and not refused else ""
        verdicts += self._compare(live, shadow, at, left)
        if left or self._apart(live, shadow):
            self._come_together(at)
        self._told = {call: told for call, told in self._told.items() if call in self.live.calls}
        return verdicts

    def _deadlines_before(self, at: float) -> list[Verdict]:
        """What the shadow's rules would have done by themselves before this event. A deadline the live floor has too comes with
        the journal."""
        verdicts: list[Verdict] = []
        for _ in range(MOST_DEADLINES):
            due, live_due = next_deadline(self.shadow), next_deadline(self.live)
            if due is None or due >= at or (live_due is not None and live_due <= due + SAME_MOMENT_S):
                break
            nothing, outcome = Outcome(), self._step(self.shadow, DeadlinePassed(), due)[0]
            verdicts += self._compare(nothing, outcome, due, "")
            if self._apart(nothing, outcome):
                self._come_together(due)
        return verdicts

    def _step(self, floor: Floor, event: Event, at: float) -> tuple[Outcome, str]:
        """What comes of it; and the id of the refusal, if it is refused."""
        try:
            return step(floor, event, at), ""
        except Refused as refused:
            return Outcome(), refused.error
        except Exception:
            self.failures += 1
            log.exception("%s cannot be done under one of the rules; going on without", type(event).__name__)
            return Outcome(), "failed"

    def _compare(self, live: Outcome, shadow: Outcome, at: float, left: str) -> list[Verdict]:
        by_live, by_shadow = _acts(live.records), _acts(shadow.records)
        verdicts = []
        for call in {**by_live, **by_shadow}:
            one, other = by_live.get(call, Act()), by_shadow.get(call, Act(left=left))
            queue = _queue_of(one, other, self.live.calls.get(call))
            if queue is None:
                continue
            verdict = Verdict(call=call, queue=queue, at=at, live=one, shadow=other)
            bare = (msgspec.structs.replace(one, decision=None), msgspec.structs.replace(other, decision=None))
            if verdict.same:
                self._told.pop(call, None)
            elif self._told.get(call) == bare:
                continue
            else:
                self._told[call] = bare
            verdicts.append(verdict)
        return verdicts

    def _apart(self, live: Outcome, shadow: Outcome) -> bool:
        """Whether a caller or agent either of them touched is no longer the same in both."""
        records = [*live.records, *shadow.records]
        agents = {record.agent for record in records if isinstance(record, AgentChanged)}
        calls = {call for record in records if (call := getattr(record, "call", None)) is not None}
        return any(_agent_is(self.live, agent) != _agent_is(self.shadow, agent) for agent in agents) or any(
            _call_is(self.live, call) != _call_is(self.shadow, call) for call in calls
        )

    def _come_together(self, now: float) -> None:
        self.shadow = _brought_over(self.live, self._rules, now, self.shadow)


# --- what a step did ---------------------------------------------------------------------------------------------------


def _acts(records: Iterable[Record]) -> dict[CallId, Act]:
    """By caller, in the order in which they come up."""
    acts: dict[CallId, Act] = {}

    def note(call: CallId, **fields: object) -> None:
        acts[call] = msgspec.structs.replace(acts.get(call, Act()), **fields)

    for record in records:
        match record:
            case Decision():
                note(record.call, decision=record, waits_for=record.wait_for)
            case OfferMade():
                note(record.call, agents=(*acts.get(record.call, Act()).agents, record.agent))
            case QueueLeft(how="overflowed"):
                note(record.call, left=record.why)
            case QueueEntered(overflow_from=origin) if origin is not None and record.call in acts:
                note(record.call, left=f"{acts[record.call].left}:{record.queue}")
            case _:
                pass
    return acts


def _queue_of(one: Act, other: Act, call: Call | None) -> QueueId | None:
    decision = one.decision or other.decision
    return decision.queue if decision is not None else call.queue if call is not None else None


def _agent_is(floor: Floor, agent_id: AgentId) -> object:
    agent = floor.agents.get(agent_id)
    return None if agent is None else (agent.state, agent.reason, agent.phone, agent.offer, agent.wish)


def _call_is(floor: Floor, call_id: CallId) -> object:
    call = floor.calls.get(call_id)
    if call is None:
        return None
    return call.state, call.queue, call.segment, call.attached, call.held_for, call.offer, tuple(call.ringing)


# --- the same situation under other rules ------------------------------------------------------------------------------


def _brought_over(live: Floor, rules: Rules, now: float, before: Floor | None) -> Floor:
    """The live floor under these rules. `before`: the shadow floor as it was, for what its rules have made of the callers.

    Callers in queues, and with agents, that these rules do not have are left out: nothing can be said of them.
    """
    floor = msgspec.msgpack.decode(msgspec.msgpack.encode(live), type=Floor)
    floor.calls = {call.id: call for call in floor.calls.values() if _fits(call, floor, rules)}
    floor.offers = {offer.id: offer for offer in floor.offers.values() if offer.call in floor.calls}
    floor.callbacks = {
        one.id: one
        for one in floor.callbacks.values()
        if one.queue in rules.queues and (one.live is None or one.live in floor.calls)
    }
    floor.held = {}
    floor.busy = {}
    floor.rules = rules
    for call in floor.calls.values():
        _under(call, live.rules, rules, before)
        if call.held_for is not None:
            floor.held.setdefault(call.held_for, []).append(call.id)
        if call.queue is not None and (call.ringing or call.state is CallState.TALKING):
            floor.busy[call.queue] = floor.busy.get(call.queue, 0) + 1
    floor.fit_rules(now)
    for call in floor.calls.values():
        _wake(floor, call, now, not_before=now if before is None else now + LOOK_AGAIN_S)
    return floor


def _fits(call: Call, floor: Floor, rules: Rules) -> bool:
    if call.queue is None or call.state is CallState.AFTER:
        return True
    with_him = {floor.offers[offer].agent for offer in (*call.ringing, call.offer) if offer in floor.offers}
    return call.queue in rules.queues and with_him <= rules.agents.keys()


def _under(call: Call, live: Rules, rules: Rules, before: Floor | None) -> None:
    """What these rules make of the caller: as they have made it already in this stay, or as at its beginning."""
    if call.held_for is not None and call.held_for not in rules.agents:
        call.held_for, call.assigned = None, False
    known = before.calls.get(call.id) if before is not None else None
    if known is not None and (known.queue, known.segment) == (call.queue, call.segment):
        call.vip, call.trusted, call.priority, call.require = known.vip, known.trusted, known.priority, known.require
        call.added, call.done, call.bell_at = known.added, known.done, known.bell_at
        return
    caller = rules.caller(call.number)
    worth = _points(call, rules, caller.vip) - _points(call, live, call.vip)
    call.vip, call.trusted, call.priority = caller.vip, caller.trusted, call.priority + worth
    call.attributes = {**call.attributes, **caller.attributes}
    call.added, call.done, call.bell_at = [], {}, 0.0
    if call.queue in rules.queues:
        needs = rules.queues[call.queue].require
        call.require = {
            skill: max(needs.get(skill, 0), call.menu_require.get(skill, 0))
            for skill in sorted({*needs, *call.menu_require})
        }


def _points(call: Call, rules: Rules, vip: int) -> int:
    queue = rules.queues.get(call.queue) if call.queue is not None else None
    return 0 if queue is None else queue.priority + rules.vip_priority.get(vip, 0)


def _wake(floor: Floor, call: Call, now: float, not_before: float) -> None:
    """His recipes, reserves and maximum wait by these rules. What has passed and came to nothing in truth (he is still
    there) is not done again and again at the same moment."""
    if call.queue is None or call.state not in (CallState.WAITING, CallState.OFFERED):
        return
    queue = floor.rules.queues[call.queue]
    if queue.max_wait_s is not None and queue.overflow is not None:
        due = call.segment_at + queue.max_wait_s
        if due > now:
            set_timer(floor, due, "max_wait", call.id)
    if queue.recipes or floor.rules.reserves[call.queue]:
        call.bell_at = max(call.bell_at, not_before)
        set_timer(floor, call.bell_at, "recipe", call.id)
