"""What may stand in a file of rule tests: a list of tests."""

import re
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from engine.config.fields import Duration, Identifier, OneOrMore, PhoneNumber, Text
from engine.config.models import Model

__all__ = [
    "ACTIONS",
    "LONGEST_LIST",
    "STATES",
    "CallerModel",
    "EventModel",
    "ExpectModel",
    "StanceModel",
    "TestModel",
    "moment",
]

STATES: Final = ("ready", "offline", "talking", "wrap-up")
"""What an agent may be at the beginning, besides a not-ready reason."""
ACTIONS: Final = ("ready", "log in", "log out", "hang up", "finish", "answer", "do not answer", "decline")
"""What an agent may do, besides a not-ready reason."""
OUTCOMES: Final = ("agent", "rings", "moves_to", "goes_to", "hears", "told", "ends", "leaves", "waits")
"""What may be expected of a caller."""
LONGEST_LIST: Final = 1000

_STANCE = re.compile(r"(?P<state>\S+)(?: in (?P<queue>\S+))?(?: for (?P<time>\S+))?", re.ASCII)
_MOMENT = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


def moment(value: Any) -> datetime:
    """A date and time; ValueError for anything else."""
    text = value.strftime(_MOMENT[1]) if isinstance(value, datetime) else str(value)
    for form in _MOMENT:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError("expected a date and time such as 2026-11-25 10:00")


def _stance(value: Any) -> Any:
    """'talking in repair for 30s' -> its parts."""
    if not isinstance(value, str):
        return value
    match = _STANCE.fullmatch(value.strip())
    if match is None:
        raise ValueError("expected such as ready, offline, talking for 30s, or a not-ready reason")
    return {key: part for key, part in zip(("state", "queue", "for"), match.groups(), strict=True) if part is not None}


class StanceModel(Model):
    """What an agent is at the beginning, and since how long."""

    state: Text = "ready"
    queue: Identifier | None = None
    """With talking and wrap-up: whose caller he has or had; else that of his first queue."""
    time: Duration | None = Field(default=None, alias="for")


class CallerModel(Model):
    """Somebody who comes to a queue."""

    name: Identifier
    at: Duration = 0.0
    number: PhoneNumber | None = None
    queue: Identifier | None = None
    node: Identifier | None = None
    """An enqueue node of ivr.yaml, with its queue and priority."""
    last_agent: Identifier | None = None
    last_call: Duration = 3600.0
    """How long ago he had his last agent."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "CallerModel":
        if (self.queue is None) == (self.node is None):
            raise ValueError("name either the queue he comes to or the enqueue node of ivr.yaml")
        if self.last_agent is not None and self.number is None:
            raise ValueError("needs a number: by it his last agent is known")
        return self


class EventModel(Model):
    """Something somebody does."""

    at: Duration
    agent: Identifier | None = None
    caller: Identifier | None = None
    does: Text

    @model_validator(mode="after")
    def _somebody_does_it(self) -> "EventModel":
        if (self.agent is None) == (self.caller is None):
            raise ValueError("name either an agent or a caller")
        return self


class ExpectModel(Model):
    """What is expected to become of a caller. Without `at` it may happen at any time before the end of the test."""

    caller: Identifier
    agent: Identifier | None = None
    """He is answered by this agent."""
    rings: Annotated[tuple[Identifier, ...], OneOrMore] = ()
    """These agents are rung for him."""
    moves_to: Identifier | None = None
    """He goes on to this queue."""
    goes_to: Identifier | None = None
    """He leaves for this node of ivr.yaml."""
    hears: Identifier | None = None
    """This prompt is played to him, and he goes on waiting."""
    told: Identifier | None = None
    """This prompt is played to him, and the call ends."""
    ends: bool = False
    """The call ends, with whatever he is told or with the busy tone."""
    leaves: bool = False
    """He leaves the queue, for wherever."""
    waits: bool = False
    """He is still waiting."""
    queue: Identifier | None = None
    """The queue he is in then."""
    at: Duration | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "ExpectModel":
        if sum(bool(getattr(self, what)) for what in OUTCOMES) != 1:
            raise ValueError(f"name one of {', '.join(OUTCOMES)}")
        return self

    def what(self) -> str:
        """Which of the outcomes is expected."""
        return next(what for what in OUTCOMES if getattr(self, what))


class TestModel(Model):
    """One situation."""

    __test__ = False  # not one of our own tests

    test: Text
    at: Annotated[datetime, PlainValidator(moment)] = datetime(2026, 1, 7, 10, 0)
    agents: dict[Identifier, Annotated[StanceModel, BeforeValidator(_stance)]] = Field(default_factory=dict)
    others: Annotated[StanceModel, BeforeValidator(_stance)] = StanceModel()
    callers: list[CallerModel] = Field(min_length=1, max_length=LONGEST_LIST)
    events: list[EventModel] = Field(default_factory=list, max_length=LONGEST_LIST)
    until: Duration | None = None
    expect: list[ExpectModel] = Field(min_length=1, max_length=LONGEST_LIST)

    def ends_s(self) -> float:
        """The test ends at the last time that stands in it, or later if `until` says so."""
        times = [caller.at for caller in self.callers] + [event.at for event in self.events]
        times += [expected.at for expected in self.expect if expected.at is not None]
        return max(*times, self.until or 0.0)
