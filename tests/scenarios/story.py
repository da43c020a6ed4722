"""The language of the stories: a call as a table of events.

    # What the story is about, in prose.
    queues:  {sales: {ring_s: 15}}          the header is YAML: queues with their settings (acd.rules.QueueRules),
    agents:  {anna: [sales]}                agents with the queues they serve, or all of their settings,
    vip:     {13800000001: 1}               who is a VIP and what that is worth (vip_priority),
    on_duty: {anna: 1}                      who is ready with an idle phone, and since when,
    later:   {agents: {anna: []}}           and any other names: changed rules, for `RulesLoaded rules=later`
    ---
    10  CallQueues call=c1 queue=sales      an event at a time (seconds); CallQueues is CallArrived + CallQueued
        -> OfferCall call=c1 agent=anna     what comes of it, with as many fields as matter
        == agent anna state=offered         how things stand then
    25  DeadlinePassed                      the core asked to be woken at just this time

What is said after an event is everything that matters of it: all its commands must be listed; of records all of each kind that
is mentioned, in order. `-> nothing`: no commands, no records, the floor as it was. `-> Refused error=...`: likewise.
`== call NAME`, `== agent NAME`, `== offer NAME` compare fields, `== line QUEUE c2 c1` who waits in which order.
Deadlines nobody wrote down are kept at their time and must not lead to a command.
"""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from acd import events as ev
from acd.core import Outcome, Refused, next_deadline, step
from acd.floor import Floor
from acd.model import CallId, QueueId
from acd.rules import CallerRule, Dialling, QueueRules, Rules
from agents.roster import AgentId, AgentSettings, BreakRule
from agents.state import PhoneState
from tests.unit.acd.floors import outcome_bytes, restored
from tests.unit.acd.laws import Ledger, check_floor

__all__ = ["Moment", "Story", "play", "read_story"]

LISTS = {
    "queues",
    "agents",
    "vip",
    "vip_priority",
    "version",
    "numbers",
    "prefixes",
    "breaks",
    "point_s",
    "menu_skills",
    "dialling",
}
DEFAULTS = {"CallArrived": {"channel": "PJSIP/trunk-1", "number": "", "did": "4008869119"}}


class Moment(msgspec.Struct):
    """One event, what is expected of it, and where it stands in the file."""

    at: float
    name: str
    fields: dict[str, str]
    line: int
    expected: list[str] = []
    standing: list[str] = []


class Story(msgspec.Struct):
    """One file."""

    name: str
    rules: dict[str, Rules]
    on_duty: dict[str, float]
    moments: list[Moment]


def read_story(path: Path) -> Story:
    """Parse a file; a slip in it is an error that names the line."""
    text = path.read_text(encoding="utf-8")
    head, _, table = text.partition("\n---\n")
    header = yaml.safe_load(head)
    main = {key: value for key, value in header.items() if key in LISTS}
    others = {key: value for key, value in header.items() if key not in LISTS | {"on_duty"}}
    rules = {"rules": _rules({"version": "v1", **main})}
    rules |= {name: _rules({**main, "version": name, **changes}) for name, changes in others.items()}
    return Story(path.stem, rules, header.get("on_duty", {}), list(_moments(table, head.count("\n") + 3)))


def _rules(spec: dict[str, Any]) -> Rules:
    queues = [
        msgspec.convert({"id": name, **(settings or {})}, QueueRules) for name, settings in spec["queues"].items()
    ]
    agents = [_agent(name, served) for name, served in spec["agents"].items()]
    numbers = {str(number): CallerRule(vip=level) for number, level in spec.get("vip", {}).items()}
    lists = [
        msgspec.convert({str(k): v for k, v in spec.get(name, {}).items()}, dict[str, CallerRule])
        for name in ("numbers", "prefixes")
    ]
    return Rules.of(
        spec["version"],
        queues,
        agents,
        numbers | lists[0],
        lists[1],
        spec.get("vip_priority"),
        msgspec.convert(spec.get("breaks", {}), dict[str, BreakRule]),
        point_s=float(spec.get("point_s", 60.0)),
        time_zone="UTC",
        menu_skills=tuple(spec.get("menu_skills", ())),
        dialling=msgspec.convert(spec.get("dialling"), Dialling | None),
    )


def _agent(name: str, said: Any) -> AgentSettings:
    """The queues he serves, or all his settings."""
    settings = said if isinstance(said, dict) else {"queues": said}
    return msgspec.convert({"id": name, "name": name.title(), **settings}, AgentSettings)


def _moments(table: str, first_line: int) -> Iterator[Moment]:
    moment: Moment | None = None
    for number, raw in enumerate(table.splitlines(), first_line):
        line = raw.split("#")[0].strip()
        if not line:
            continue
        if line.startswith(("->", "==")):
            assert moment is not None, f"line {number}: nothing has happened yet"
            (moment.expected if line.startswith("->") else moment.standing).append(" ".join(line[2:].split()))
            continue
        if moment is not None:
            yield moment
        at, name, *fields = line.split()
        moment = Moment(float(at), name, dict(field.split("=", 1) for field in fields), number)
    if moment is not None:
        yield moment


def play(story: Story, *, restarting: bool = False) -> list[bytes]:
    """Tell the story; AssertionError with a diff where it goes otherwise. `restarting`: the floor goes into a snapshot and
    comes back before every event. Returns all outcomes."""
    return _Play(story, restarting).run()


class _Play:
    def __init__(self, story: Story, restarting: bool) -> None:
        self.story = story
        self.restarting = restarting
        self.floor = Floor.under(story.rules["rules"])
        self.ledger = Ledger()
        self.outcomes: list[bytes] = []
        self.now = 0.0

    def run(self) -> list[bytes]:
        self._come_to_work()
        for moment in self.story.moments:
            self._until(moment)
            outcome = self._happen(moment)
            self._compare(moment, outcome)
            for line in moment.standing:
                self._stands(moment, line)
        return self.outcomes

    def _come_to_work(self) -> None:
        self._take(ev.LinkRegained(), 0.0)
        for name, at in self.story.on_duty.items():
            agent = AgentId(name)
            self._take(ev.PhoneChanged(agent=agent, phone=PhoneState.IDLE), float(at))
            self._take(ev.AgentLoggedIn(agent=agent), float(at))
            self._take(ev.AgentReady(agent=agent), float(at))

    def _until(self, moment: Moment) -> None:
        """Keep the deadlines before a moment."""
        while (deadline := next_deadline(self.floor)) is not None:
            if deadline > moment.at or (deadline == moment.at and moment.name == "DeadlinePassed"):
                return
            outcome = self._take(ev.DeadlinePassed(), max(deadline, self.now))
            said = "\n".join(_show(command) for command in outcome.commands)
            assert not said, f"{self._where(moment)}: before it, at {deadline:g}, the story does not say:\n{said}"

    def _take(self, event: ev.Event, now: float) -> Outcome:
        if self.restarting:
            self.floor = restored(self.floor)
        self.now = now
        outcome = step(self.floor, event, now)
        self.outcomes.append(outcome_bytes(outcome))
        self.ledger.add(outcome.records)
        self.ledger.check(self.floor)
        check_floor(self.floor, now)
        return outcome

    def _happen(self, moment: Moment) -> Outcome:
        if moment.name == "DeadlinePassed":
            due = next_deadline(self.floor)
            assert due == moment.at, f"{self._where(moment)}: the next deadline is at {due}"
        total = Outcome()
        for event in self._events(moment):
            before = msgspec.json.encode(self.floor)
            outcome, answer = self._ask(event, moment.at)
            asked = [line for line in moment.expected if line.startswith("Refused")]
            assert answer == asked, f"{self._where(moment)}: expected {asked or 'no refusal'}, got {answer or 'none'}"
            if answer or moment.expected == ["nothing"]:
                self._nothing(moment, outcome, before)
            total.records += outcome.records
            total.commands += outcome.commands
        return total

    def _ask(self, event: ev.Event, at: float) -> tuple[Outcome, list[str]]:
        try:
            return self._take(event, at), []
        except Refused as refused:
            return Outcome(), [f"Refused error={refused.error}"]

    def _nothing(self, moment: Moment, outcome: Outcome, before: bytes) -> None:
        said = "\n".join(_show(item) for item in [*outcome.records, *outcome.commands])
        assert not said, f"{self._where(moment)}: expected nothing, got\n{said}"
        assert msgspec.json.encode(self.floor) == before, f"{self._where(moment)}: the floor changed"

    def _events(self, moment: Moment) -> Iterator[ev.Event]:
        if moment.name == "RulesLoaded":
            yield ev.RulesLoaded(rules=self.story.rules[moment.fields["rules"]])
        elif moment.name == "CallQueues":
            arrival = {key: value for key, value in moment.fields.items() if key in ("call", "number", "name")}
            yield self._event("CallArrived", arrival)
            yield self._event("CallQueued", {k: v for k, v in moment.fields.items() if k not in ("number", "name")})
        else:
            yield self._event(moment.name, moment.fields)

    def _event(self, name: str, fields: dict[str, str]) -> ev.Event:
        said: dict[str, Any] = {"type": name, **DEFAULTS.get(name, {}), **fields}
        if "require" in said:  # require=english:2+repair:1
            said["require"] = dict(part.split(":") for part in said["require"].split("+"))
        event: ev.Event = msgspec.convert(said, ev.Event, strict=False)
        return event

    def _compare(self, moment: Moment, outcome: Outcome) -> None:
        """All commands, and all records of the kinds that are mentioned, each projected on the fields that are given."""
        expected = [line for line in moment.expected if line != "nothing" and not line.startswith("Refused")]
        mentioned = {line.split()[0] for line in expected}
        records = [record for record in outcome.records if type(record).__name__ in mentioned]
        wanted = list(expected)
        actual = [_show(item, _fields_for(item, wanted)) for item in [*records, *outcome.commands]]
        if expected != actual:
            diff = "\n".join(difflib.ndiff(expected, actual))
            raise AssertionError(f"{self._where(moment)}: told (-) and what happened (+)\n{diff}")

    def _stands(self, moment: Moment, line: str) -> None:
        kind, name, *rest = line.split()
        if kind == "line":
            actual = " ".join([kind, name, *(member for _, member in self.floor.waiting[QueueId(name)])])
        else:
            fields = [field.split("=", 1)[0] for field in rest]
            actual = " ".join([kind, name, *(f"{field}={_word(self._look(kind, name, field))}" for field in fields)])
        assert line == actual, f"{self._where(moment)}: told (-) and how it stands (+)\n- {line}\n+ {actual}"

    def _look(self, kind: str, name: str, field: str) -> object:
        if kind == "call":
            call = self.floor.calls.get(CallId(name))
            if field == "live":
                return call is not None
            assert call is not None, f"{name} is over"
            return self.floor.position(call) if field == "position" else getattr(call, field)
        if kind == "agent":
            return getattr(self.floor.agents[AgentId(name)], field)
        return getattr(next(offer for offer in self.floor.offers.values() if offer.id == name), field)

    def _where(self, moment: Moment) -> str:
        return f"{self.story.name}.txt:{moment.line}: {moment.at:g} {moment.name}"


def _fields_for(item: object, wanted: list[str]) -> list[str] | None:
    """The fields the story gives for the first line of this kind that is not yet taken."""
    kind = type(item).__name__
    for line in wanted:
        if line.split()[0] == kind:
            wanted.remove(line)
            return [field.split("=", 1)[0] for field in line.split()[1:]]
    return None


def _show(item: Any, fields: list[str] | None = None) -> str:
    """An output in the language of the stories; without `fields` all of them."""
    names = item.__struct_fields__ if fields is None else fields
    return " ".join([type(item).__name__, *(f"{name}={_word(getattr(item, name, '?'))}" for name in names)])


def _word(value: object) -> str:
    """A value as the stories write it: 15, none, yes, anna+ben."""
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case float():
            return f"{round(value, 6):g}"
        case list() | tuple() | dict():
            return "+".join(_word(part) for part in value) or "-"
        case msgspec.Struct():
            return _word(getattr(value, value.__struct_fields__[0]))
        case _:
            return str(value) or "-"
