"""traffic.yaml: who rings and who works on a planned day, checked like the configuration, every problem at once with its place.

planning/example/traffic.yaml explains each key.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from acd.model import QueueId
from acd.rules import Rules
from agents.roster import AgentId
from engine.config.fields import Duration, Identifier, Number, Priority, Text, VipLevel, Whole
from engine.config.messages import problem_of, unknown
from engine.config.models import Model
from engine.config.source import BadConfiguration, Problem, Source, names_in, read
from planning import draws
from planning.shifts import Break, Shift
from planning.traffic import HALF_HOURS, Draws, Repeats, Stream, Traffic

__all__ = ["TrafficFile", "load_traffic"]

_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


def _clock(value: str) -> str:
    if not _TIME.fullmatch(value) or value > "24:00":
        raise ValueError("expected a time of the day in quotes, from 00:00 to 24:00")
    return value


def _half_hour(value: str) -> str:
    if _clock(value)[3:] not in ("00", "30") or value == "24:00":
        raise ValueError("expected the beginning of a half hour in quotes, from 00:00 to 23:30")
    return value


def _seconds(clock: str) -> float:
    return int(clock[:2]) * 3600.0 + int(clock[3:]) * 60.0


Clock = Annotated[str, AfterValidator(_clock)]
HalfHourOfDay = Annotated[str, AfterValidator(_half_hour)]
Share = Annotated[Number, Field(ge=0, le=1)]
Calls = Annotated[Number, Field(ge=0, le=100_000)]
Level = Annotated[Whole, Field(ge=1, le=100)]
Positive = Annotated[Duration, Field(gt=0)]


class ConstantModel(Model):
    type: Literal["constant"]
    mean: Duration

    def draws(self) -> Draws:
        return draws.Constant(self.mean)


class ExponentialModel(Model):
    type: Literal["exponential"]
    mean: Positive

    def draws(self) -> Draws:
        return draws.Exponential(self.mean)


class ErlangModel(Model):
    type: Literal["erlang"]
    mean: Positive
    phases: Whole = Field(ge=1, le=1000)

    def draws(self) -> Draws:
        return draws.Erlang(self.mean, self.phases)


class LognormalModel(Model):
    type: Literal["lognormal"]
    mean: Positive
    sd: Duration

    def draws(self) -> Draws:
        return draws.Lognormal(self.mean, self.sd)


class MixedModel(Model):
    type: Literal["mixed"]
    share: Share
    mean_a: Positive
    mean_b: Positive

    def draws(self) -> Draws:
        return draws.Mixed(self.share, self.mean_a, self.mean_b)


class SampleModel(Model):
    type: Literal["sample"]
    seen: list[Duration] = Field(min_length=1)

    def draws(self) -> Draws:
        return draws.Sample(tuple(self.seen))


class NeverModel(Model):
    type: Literal["never"]

    def draws(self) -> Draws:
        return draws.Never()


Finite = Annotated[
    ConstantModel | ExponentialModel | ErlangModel | LognormalModel | MixedModel | SampleModel,
    Field(discriminator="type"),
]
Patience = Annotated[
    ConstantModel | ExponentialModel | ErlangModel | LognormalModel | MixedModel | SampleModel | NeverModel,
    Field(discriminator="type"),
]


class StreamModel(Model):
    arrivals: dict[HalfHourOfDay, Calls] = Field(min_length=1)
    talk: Finite
    wrap_up: Finite | None = None
    patience: Patience = NeverModel(type="never")
    priority: Priority = 0
    require: dict[Identifier, Level] = Field(default={})
    attributes: dict[Identifier, Text] = Field(default={})

    def by_half_hour(self) -> tuple[float, ...]:
        """From each time given on, so many calls each half hour, until the next time given."""
        calls, found = 0.0, []
        for half in range(HALF_HOURS):
            calls = self.arrivals.get(f"{half // 2:02}:{half % 2 * 30:02}", calls)
            found.append(calls)
        return tuple(found)


class RepeatsModel(Model):
    share: Share = 0.0
    within: Duration = 14400.0


class RedialModel(Model):
    share: Share = 0.0
    after: Finite = ExponentialModel(type="exponential", mean=300.0)


class PhonesModel(Model):
    answer: Finite = ConstantModel(type="constant", mean=0.0)
    missed: Share = 0.0
    back_after: Finite = ConstantModel(type="constant", mean=120.0)


class BreakModel(Model):
    at: Clock
    lasts: Duration
    reason: Identifier = "break"


class ShiftModel(Model):
    start: Clock
    end: Clock
    agents: list[Identifier] = Field(default=[])
    like: Identifier | None = None
    extra: Whole = Field(default=0, ge=0, le=5000)
    breaks: list[BreakModel] = Field(default=[])

    @model_validator(mode="after")
    def _sound(self) -> "ShiftModel":
        if self.end == self.start:
            raise ValueError("a shift must have a length: start and end are the same")
        if bool(self.extra) != (self.like is not None):
            raise ValueError("like and extra go together: how many more agents, and like whom")
        if not self.agents and not self.extra:
            raise ValueError("nobody works in this shift: name agents, or like and extra")
        return self


class TrafficFile(Model):
    """traffic.yaml"""

    queues: dict[Identifier, StreamModel] = Field(min_length=1)
    vip: dict[VipLevel, Share] = Field(default={})
    repeats: RepeatsModel = RepeatsModel()
    redial: RedialModel = RedialModel()
    phones: PhonesModel = PhonesModel()
    shifts: list[ShiftModel] = Field(default=[])

    @model_validator(mode="after")
    def _shares(self) -> "TrafficFile":
        if sum(self.vip.values()) > 1.0:
            raise ValueError("the VIP levels' shares come to more than 1")
        return self


def load_traffic(file: Path, rules: Rules) -> tuple[Traffic, tuple[Shift, ...]]:
    """Read and check a traffic file against the rules it is for. Raises BadConfiguration with every problem."""
    source = read(file)
    problems = list(source.problems)
    checked: TrafficFile | None = None
    if source.data or not problems:
        try:
            checked = TrafficFile.model_validate(source.data)
        except ValidationError as error:
            problems += [problem_of(source, TrafficFile, detail) for detail in error.errors()]
        problems += _names(source, rules)
    if problems or checked is None:
        raise BadConfiguration(problems)
    return _traffic(checked), tuple(_shift(shift) for shift in checked.shifts)


def _names(source: Source, rules: Rules) -> Iterator[Problem]:
    """Queues and agents the rules do not have, read off the file as it is."""
    for queue in names_in(source, "queues"):
        if queue not in rules.queues:
            yield source.problem(("queues", queue), unknown("queue", queue, rules.queues))
    shifts = source.data.get("shifts") if isinstance(source.data, dict) else None
    for index, shift in enumerate(shifts if isinstance(shifts, list) else []):
        for place, agent in _agents_named(shift):
            if agent not in rules.agents:
                yield source.problem(("shifts", index, *place), unknown("agent", agent, rules.agents))


def _agents_named(shift: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not isinstance(shift, dict):
        return
    agents = shift.get("agents")
    for index, agent in enumerate(agents if isinstance(agents, list) else []):
        if isinstance(agent, str | int):
            yield ("agents", index), str(agent)
    if isinstance(shift.get("like"), str | int):
        yield ("like",), str(shift["like"])


def _traffic(file: TrafficFile) -> Traffic:
    return Traffic(
        streams=tuple(
            Stream(
                queue=QueueId(name),
                arrivals=stream.by_half_hour(),
                talk=stream.talk.draws(),
                wrap_up=stream.wrap_up.draws() if stream.wrap_up else None,
                patience=stream.patience.draws(),
                priority=stream.priority,
                require=dict(stream.require),
                attributes=dict(stream.attributes),
            )
            for name, stream in file.queues.items()
        ),
        vip=dict(file.vip),
        repeats=Repeats(share=file.repeats.share, within_s=file.repeats.within),
        answer=file.phones.answer.draws(),
        missed=file.phones.missed,
        back_after=file.phones.back_after.draws(),
        redial=file.redial.share,
        redial_after=file.redial.after.draws(),
    )


def _shift(shift: ShiftModel) -> Shift:
    start_s, end_s = _seconds(shift.start), _seconds(shift.end)
    return Shift(
        start_s=start_s,
        end_s=_after(start_s, end_s),
        agents=tuple(AgentId(agent) for agent in shift.agents),
        like=AgentId(shift.like) if shift.like else None,
        extra=shift.extra,
        breaks=tuple(
            Break(at_s=_after(start_s, _seconds(one.at)), lasts_s=one.lasts, reason=one.reason) for one in shift.breaks
        ),
    )


def _after(start_s: float, at_s: float) -> float:
    """A time earlier than the shift's start is one of the next day."""
    return at_s if at_s >= start_s else at_s + 86400.0
