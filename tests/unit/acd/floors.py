"""Small floors for tests: a few queues and agents, and the events everybody needs."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from acd import events as ev
from acd.commands import Command
from acd.core import Outcome, next_deadline, step
from acd.floor import Floor
from acd.model import Agent, Call, CallId, Offer, QueueId
from acd.records import Record
from acd.rules import CallerRule, QueueRules, Rules
from agents.roster import AgentId, AgentSettings
from agents.state import PhoneState

__all__ = ["Stage", "outcome_bytes", "queue", "restored", "rules"]

SALES = QueueId("sales")


def queue(name: str = "sales", **settings: Any) -> QueueRules:
    """A queue with the given settings."""
    return QueueRules(id=QueueId(name), **settings)


def rules(
    agents: Mapping[str, Iterable[str]],
    queues: Iterable[QueueRules] = (),
    version: str = "v1",
    vip: Mapping[str, int] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    **more: Any,
) -> Rules:
    """Rules with these agents, each with the queues he serves and what `settings` says of him besides; one plain queue "sales"
    unless others are given. `vip`: levels by number."""
    roster = [
        AgentSettings(
            id=AgentId(agent),
            name=agent.title(),
            queues=tuple(map(QueueId, served)),
            **(settings or {}).get(agent, {}),
        )
        for agent, served in agents.items()
    ]
    numbers = {number: CallerRule(vip=level) for number, level in (vip or {}).items()}
    return Rules.of(version, list(queues) or [queue()], roster, **({"numbers": numbers} | more))


def restored(floor: Floor) -> Floor:
    """The floor as it comes back from a snapshot."""
    return msgspec.json.decode(msgspec.json.encode(floor), type=Floor)


def outcome_bytes(outcome: Outcome) -> bytes:
    """All an outcome says, for comparing to the byte."""
    return msgspec.json.encode([outcome.records, outcome.commands])


class Stage:
    """A floor with a clock that only goes where the test says. Deadlines on the way are kept, each at its time."""

    def __init__(self, rules: Rules, *on_duty: str) -> None:
        self.floor = Floor.under(rules)
        self.now = 1000.0
        self.records: list[Record] = []
        self.commands: list[Command] = []
        self.tell(ev.LinkRegained())
        for agent in on_duty:
            self.come_to_work(agent)

    def tell(self, *events: ev.Event) -> Outcome:
        """Take in events now; the outcome of the last one comes back."""
        outcome = Outcome()
        for event in events:
            outcome = step(self.floor, event, self.now)
            self.records += outcome.records
            self.commands += outcome.commands
        return outcome

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        until = self.now + seconds
        while (deadline := next_deadline(self.floor)) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.tell(ev.DeadlinePassed())
        self.now = until

    def come_to_work(self, name: str) -> None:
        """Log in with an idle phone, ready."""
        agent = AgentId(name)
        self.tell(
            ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE),
            ev.AgentLoggedIn(agent=agent),
            ev.AgentReady(agent=agent),
        )

    def caller(self, name: str, number: str = "", into: str = "sales", priority: int = 0) -> Outcome:
        """A new call that goes straight into a queue."""
        call = CallId(name)
        self.tell(ev.CallArrived(call=call, channel=f"PJSIP/trunk-{name}", number=number or f"1{name}", did="400"))
        return self.tell(ev.CallQueued(call=call, queue=QueueId(into), priority=priority))

    def answer(self, name: str) -> Outcome:
        """The agent rung for this call picks up."""
        return self.tell(ev.OfferAnswered(offer=self.offer(name).id))

    def talk(self, name: str, seconds: float) -> None:
        """The agent rung for this call answers, talks that long, and both hang up; no wrap-up is cut short."""
        offer = self.offer(name).id
        self.tell(ev.OfferAnswered(offer=offer))
        self.wait(seconds)
        self.tell(ev.TalkEnded(offer=offer), ev.CallLeftByCaller(call=CallId(name)))

    def call(self, name: str) -> Call:
        """The live call."""
        return self.floor.calls[CallId(name)]

    def agent(self, name: str) -> Agent:
        """The agent as he is."""
        return self.floor.agents[AgentId(name)]

    def offer(self, name: str) -> Offer:
        """The live offer of a call."""
        offer = self.call(name).offer
        assert offer is not None, f"{name} has no offer"
        return self.floor.offers[offer]

    def rung_for(self, name: str) -> str:
        """Who is rung for, or talks to, this caller."""
        return self.offer(name).agent

    def last(self, kind: type[Any]) -> Any:
        """The latest record of a kind."""
        return next(record for record in reversed(self.records) if isinstance(record, kind))
