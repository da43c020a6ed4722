"""A day of a simulated floor as Prometheus would have scraped them: the production core, and the real metrics page."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path

from acd import events as ev
from acd.model import CallId, QueueId
from acd.records import CallAnswered, NodeEntered, OfferMade, Record, SurveyAsked, SurveyReplied, TalkFinished
from acd.rules import QueueRules, Rules
from agents.roster import AgentSettings, BreakRule
from agents.state import AgentState
from bench.day import START, Day, Plan, Team
from engine.live import FloorView
from metrics.definitions import QueueCounts
from metrics.exporter import Exporter
from metrics.intervals import Tally
from tests.deploy.promql import ASTERISK
from tests.unit.metrics.floor import StillFloor

__all__ = ["END", "EVERY_S", "QUEUES", "START", "DemoFloor"]

EVERY_S = 60.0
HALVES = 48
END = START + HALVES * 1800.0
QUEUES = ("sales", "repair")
BREAK_S = 700.0
HELD = 0.2
"""The share of talks in which the caller is held."""
PLAN = Plan(
    callers={"sales": [60.0] * HALVES, "repair": [30.0] * HALVES},
    teams=[Team(queues=("sales",), on_duty=[9] * HALVES), Team(queues=("repair", "sales"), on_duty=[6] * HALVES)],
    talk_s=[200.0] * HALVES,
    patience_s=150.0,
)


class DemoFloor(Day):
    """A day in which agents also take breaks, callers are asked about their talk, and some never leave the menu."""

    def __init__(self, seed: int = 1) -> None:
        self.tally = Tally()
        self.pages: list[tuple[float, str]] = []
        self.counts: dict[float, dict[QueueId, QueueCounts]] = {}
        """By time of the scrape, what had been counted."""
        super().__init__(PLAN, seed)
        self.exporter = Exporter(lambda: self.tally, DemoView(self.floor, lambda: self.now))
        self.tally.follow(self.floor.rules)
        for number in range(int((END - START) / EVERY_S) + 1):
            self._at(START + number * EVERY_S, self._scrape)
        for number in range(HALVES * 4):
            self._at(START + 200.0 + number * 450.0, self._break)
            self._at(START + 300.0 + number * 450.0, self._only_the_menu)

    def _rules(self) -> Rules:
        queues = [QueueRules(id=QueueId(name), wrap_up_s=30.0, no_answer_limit=0) for name in QUEUES]
        agents = [
            AgentSettings(id=agent, name="", queues=tuple(map(QueueId, team.queues)), groups=("early",))
            for team, members in zip(self.plan.teams, self.members, strict=True)
            for agent in members
        ]
        return Rules.of("demo", queues, agents, breaks={"early": BreakRule(longest_s=600.0)})

    def _step(self, event: ev.Event) -> Sequence[Record]:
        records = super()._step(event)
        for record in records:
            self.tally.apply(record)
            if isinstance(record, OfferMade):
                self.exporter.observe_dispatch(self.random.uniform(0.001, 0.02))
            if isinstance(record, TalkFinished):
                self._survey(record)
        return records

    def _survey(self, talk: TalkFinished) -> None:
        asked = SurveyAsked(
            call=talk.call, offer=talk.offer, queue=talk.queue, agent=talk.agent, at=self.now, survey="s", language="zh"
        )
        self.tally.apply(asked)
        if self.random.random() < 0.5:
            points = self.random.randint(1, 5)
            self.tally.apply(
                SurveyReplied(
                    call=talk.call, offer=talk.offer, queue=talk.queue, agent=talk.agent, at=self.now, survey="s",
                    asked_at=self.now, question="score", answer=str(points), score=points, first=True,
                )
            )  # fmt: skip

    def _ring(self, offer: OfferMade) -> None:
        self._later(0.1, ev.OfferRinging(offer=offer.offer, channel="", leg=""))
        super()._ring(offer)

    def _answered(self, answer: CallAnswered) -> None:
        super()._answered(answer)
        if self.random.random() < HELD:
            self._later(5.0, ev.HoldStarted(agent=answer.agent))
            self._later(5.0 + self.random.uniform(5.0, 60.0), ev.HoldEnded(agent=answer.agent))

    def _break(self) -> None:
        ready = [agent for agent in self.floor.agents.values() if agent.state is AgentState.READY]
        if ready:
            self._tell(ev.AgentNotReady(agent=ready[0].id, reason="break"))
            self._later(BREAK_S, ev.AgentReady(agent=ready[0].id))

    def _only_the_menu(self) -> None:
        call = CallId(f"menu-{self.now:.0f}")
        self._tell(ev.CallArrived(call=call, channel="", number="", did="400"))
        for step, node in enumerate(("welcome", "main")):
            self.tally.apply(NodeEntered(call=call, node=node, at=self.now, key="", step=step))
        self._later(20.0, ev.CallLeftByCaller(call=call))

    def _scrape(self) -> None:
        self.pages.append((self.now, self.exporter.render().decode()))
        self.counts[self.now] = deepcopy(self.tally.since_start.queues)

    def openmetrics(self, path: Path) -> None:
        """All pages in one file, each sample with the labels of its target and the time of its scrape, and what Asterisk and
        Prometheus themselves would have added."""
        with path.open("w", encoding="utf-8") as file:
            for at, page in self.pages:
                engine = 'job="hotline-engine",instance="engine:8080",site="main"'
                for line in page.splitlines():
                    if not line.startswith("#"):
                        file.write(f"{_labelled(line, engine)} {at:.3f}\n")
                for line in _around(at):
                    file.write(f"{line} {at:.3f}\n")
            file.write("# EOF\n")


class DemoView(FloorView, StillFloor):
    """Callers and agents of the day; the engine around them stands still."""


def _labelled(line: str, labels: str) -> str:
    name, _, value = line.rpartition(" ")
    if name.endswith("}"):
        return f"{name[:-1]},{labels}}} {value}"
    return f"{name}{{{labels}}} {value}"


def _around(at: float) -> Iterator[str]:
    engine = 'job="hotline-engine",instance="engine:8080",site="main"'
    yield f"up{{{engine}}} 1"
    yield f"scrape_duration_seconds{{{engine}}} 0.008"
    yield 'ALERTS{alertname="HotlineLongWait",alertstate="firing",severity="warning",queue="sales",site="main"} 1'
    for name, kind in ASTERISK.items():
        value = at - START if kind == "counter" else 7
        yield f'{name}{{eid="1",job="asterisk",instance="asterisk:8088",site="main"}} {value}'
