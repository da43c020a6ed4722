"""An engine's core without its edges: journal, floor, runner and figures wired as engine.app wires them, under a clock that
only goes where the test says. Days of random events to fill it with."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from acd import events as ev
from acd.commands import Command
from acd.core import Refused, next_deadline
from acd.floor import Floor
from acd.model import CallId, OfferOutcome, QueueId
from acd.records import Record
from acd.rules import Affinity, Overflow, Rules, ServiceLevel, Strategy
from acd.runner import Runner
from agents.roster import AgentId
from agents.state import PhoneState
from engine.journal import FileJournal
from engine.queue_log import QueueLog
from engine.recovery import Figures, recover
from tests.unit.acd.floors import queue, rules

__all__ = ["Life", "dice_of", "fresh_rules", "random_event", "state_bytes"]

AGENTS = ("anna", "ben", "cleo", "dan")


def fresh_rules(version: str = "v1", within_s: float = 20.0) -> Rules:
    """Three strategies, both overflows, last agent first; short times so that much happens."""
    level = ServiceLevel(within_s=within_s)
    return rules(
        {"anna": ["sales"], "ben": ["sales", "repair"], "cleo": ["repair", "press"], "dan": ["sales", "press"]},
        [
            queue("sales", affinity=Affinity(wait_s=30.0), wrap_up_s=10.0, retry_s=5.0, service_level=level),
            queue(
                "repair",
                strategy=Strategy.LEAST_BUSY,
                max_wait_s=40.0,
                overflow=Overflow(queue=QueueId("press")),
                service_level=level,
            ),
            queue("press", strategy=Strategy.ROUND_ROBIN, max_wait_s=60.0, overflow=Overflow(prompt="sorry")),
        ],
        version=version,
        vip={"13800000001": 2},
        vip_priority={2: 10},
    )


class Life:
    """One life of an engine: from taking up the journal to the kill, which is no more than letting go of it."""

    def __init__(self, folder: Path, now: float = 1_000.0, queue_log: QueueLog | None = None) -> None:
        self.journal = FileJournal(folder)
        self.kept: list[Record] = []
        """Records of the events done again at the start."""
        self.floor, self.tally = recover(self.journal, self.kept.extend, queue_log)
        self.now = max(now, self.journal.last_time)
        self.records: list[Record] = []
        self.commands: list[Command] = []
        self.runner = Runner(self.floor, lambda: self.now, self.journal)
        self.runner.telephony = self
        self.figures = Figures(self.floor, self.tally)
        self.runner.sinks = [self.figures, self._take]
        self.queue_log = queue_log
        if queue_log is not None:
            self.runner.sinks.append(self._log)
            if queue_log.is_new:
                self.save()

    def carry_out(self, command: Command) -> None:
        self.commands.append(command)

    def _take(self, records: Sequence[Record], now: float) -> None:
        self.records += records

    def _log(self, records: Sequence[Record], now: float) -> None:
        assert self.queue_log is not None
        self.queue_log.take(records, self.floor, now, self.journal.number)

    def begin(self, under: Rules | None = None) -> "Life":
        """As engine.app does at its start: the word that a new engine is here, and the rules."""
        self.runner.tell(ev.EngineStarted())
        if under is not None and self.floor.rules != under:
            self.tell(ev.RulesLoaded(rules=under))
        return self

    def tell(self, *events: ev.Event) -> None:
        """Take in events; what is refused is journalled all the same."""
        for event in events:
            try:
                self.runner.tell(event)
            except Refused:
                continue
            if isinstance(event, ev.RulesLoaded):
                self.figures.follow()

    def live(self, dice: random.Random, events: int) -> None:
        """So many random events, with time going by between them."""
        for _ in range(events):
            self.tell(random_event(self.floor, dice, self.journal.number))
            self.now += dice.choice((0.0, 0.1, 1.0, 5.0, 31.0))

    def save(self) -> None:
        self.journal.save(self.floor, self.tally, self.queue_log.state() if self.queue_log else None)

    def kill(self) -> None:
        """Nothing is written any more, nothing is tidied up."""
        self.runner.close()
        self.journal.close()


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - not a secret


def random_event(floor: Floor, dice: random.Random, number: int) -> ev.Event:
    """Something that may happen: likely things about the calls and offers there are, now and then nonsense."""
    agent = AgentId(dice.choice((*AGENTS, "nobody") if dice.random() < 0.1 else AGENTS))
    call = dice.choice([*floor.calls, CallId("gone")])
    offer = dice.choice(list(floor.offers)) if floor.offers else None
    if offer is not None and dice.random() < 0.5:
        return dice.choice(_about_an_offer(offer, dice))
    if (deadline := next_deadline(floor)) is not None and dice.random() < 0.2 and deadline:
        return ev.DeadlinePassed()
    return dice.choice(_about_calls_and_agents(call, agent, dice, number))


def _about_calls_and_agents(call: CallId, agent: AgentId, dice: random.Random, number: int) -> list[ev.Event]:
    return [
        ev.CallArrived(call=CallId(f"c{number}"), channel="PJSIP/x", number=_number(dice), did="400", name="王"),
        ev.CallArrived(call=CallId(f"c{number}"), channel="PJSIP/x", number=_number(dice), did="400"),
        ev.CallMoved(call=call, node="menu", key=dice.choice("123")),
        ev.CallQueued(call=call, queue=QueueId(dice.choice(("sales", "repair", "press", "nowhere")))),
        ev.CallQueued(call=call, queue=QueueId(dice.choice(("sales", "repair", "press")))),
        ev.CallRejoined(call=call),
        ev.CallLeftByCaller(call=call),
        ev.CallClosed(call=call, reason="completed"),
        ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE),
        ev.PhoneChanged(agent=agent, phone=dice.choice(list(PhoneState))),
        ev.AgentLoggedIn(agent=agent),
        ev.AgentReady(agent=agent),
        ev.AgentReady(agent=agent),
        ev.AgentNotReady(agent=agent, reason="meal"),
        ev.AgentLoggedOut(agent=agent),
        ev.WrapUpDone(agent=agent),
        ev.LinkRegained(),
        ev.LinkRegained(),
        ev.LinkLost(),
        ev.RulesLoaded(rules=fresh_rules(dice.choice(("v1", "v2")), dice.choice((20.0, 3.0)))),
    ]


def _about_an_offer(offer: Any, dice: random.Random) -> list[ev.Event]:
    return [
        ev.OfferRinging(offer=offer, channel="PJSIP/y", leg="1.1"),
        ev.OfferAnswered(offer=offer),
        ev.OfferFailed(offer=offer, outcome=dice.choice((OfferOutcome.NO_ANSWER, OfferOutcome.DECLINED)), cause="x"),
        ev.TalkEnded(offer=offer),
    ]


def _number(dice: random.Random) -> str:
    return dice.choice(("13800000001", "13900000002", "13700000003", ""))


def state_bytes(life: Life) -> bytes:
    """Floor and figures, to the byte. Timers that no longer apply are no part of the floor: the runner throws them away when
    they come to the top, a recovery when it sees them."""
    floor = msgspec.json.decode(msgspec.json.encode(life.floor), type=Floor)
    timers = []
    while next_deadline(floor) is not None:
        timers.append(floor.timers[0])
        floor.timers.remove(floor.timers[0])
        floor.timers.sort()
    floor.timers = timers
    return msgspec.json.encode({"floor": floor, "tally": life.tally})
