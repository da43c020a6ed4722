"""The configuration as a whole: every file read, every problem found, and only then something to work with."""

import difflib
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from acd.numbers import normal_number
from acd.rules import Affinity, Overflow, QueueRules, Rules, ServiceLevel
from agents.roster import AgentId, AgentSettings, QueueId
from agents.workload import LeastBusyWeights
from cti.webhooks import HOOK_EVENTS
from engine.config import ivr_models, models
from engine.config.ivr_models import HoursFile, IvrFile, calendars_of, flow_of
from engine.config.models import AgentsFile, QueueModel, QueuesFile, SystemFile
from engine.config.source import Path_, Problem, Source, read
from ivr.check import Known, flow_problems
from ivr.prompts import Prompts, read_manifest
from ivr.session import Script

__all__ = ["BadConfiguration", "Configuration", "load"]

M = TypeVar("M", bound=BaseModel)


class BadConfiguration(Exception):
    """The configuration has problems, each with its place; nothing of it is used."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """A checked configuration, of one version."""

    folder: Path
    version: str
    """Changes with every change of any of the files; stamped on each call and decision."""
    system: SystemFile
    agents: AgentsFile
    rules: Rules
    script: Script
    """What callers are led by."""


def load(folder: Path) -> Configuration:
    """Read and check all files of a folder. Raises BadConfiguration with every problem at once."""
    if not folder.is_dir():
        raise BadConfiguration([Problem(str(folder), 1, 1, "", "there is no such folder")])
    sources = {name: read(folder / f"{name}.yaml") for name in ("system", "queues", "agents", "ivr", "hours")}
    problems = [problem for source in sources.values() for problem in source.problems]
    system = _model(sources["system"], SystemFile, problems)
    queues = _model(sources["queues"], QueuesFile, problems)
    agents = _model(sources["agents"], AgentsFile, problems)
    ivr = _model(sources["ivr"], IvrFile, problems)
    hours = _model(sources["hours"], HoursFile, problems)
    prompts = Prompts(read_manifest())
    if system is not None:
        problems += _check_system(sources["system"], system)
        problems += _check_webhooks(sources["system"], system)
    if queues is not None:
        problems += _check_queues(sources["queues"], queues)
    if hours is not None:
        problems += _check_hours(sources["hours"], hours)
    queue_names = _names(sources["queues"], "queues")
    if agents is not None:
        problems += _check_agents(sources["agents"], agents, queue_names)
    if ivr is not None:
        if queues is not None:
            problems += _check_prompts(sources["queues"], queues, prompts, ivr)
        known = Known(
            queues=queue_names,
            prompts=prompts.in_language(ivr.language),
            calendars=_names(sources["hours"], "calendars"),
        )
        problems += [sources["ivr"].problem(found.path, found.message) for found in flow_problems(flow_of(ivr), known)]
    if problems or system is None or queues is None or agents is None or ivr is None or hours is None:
        raise BadConfiguration(problems)
    version = _version(folder)
    return Configuration(
        folder=folder,
        version=version,
        system=system,
        agents=agents,
        rules=_rules(version, queues, agents),
        script=Script(
            flow=flow_of(ivr),
            calendars=calendars_of(hours),
            prompts=prompts,
            music={QueueId(name): queue.music for name, queue in queues.queues.items()},
        ),
    )


def _model(source: Source, model: type[M], problems: list[Problem]) -> M | None:
    if source.problems and not source.data:
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        problems.extend(_problem(source, detail) for detail in error.errors())
        return None


def _problem(source: Source, detail: ErrorDetails) -> Problem:
    path = _path(source, detail["loc"])
    message = _MESSAGES.get(detail["type"], detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _KEYS, n=1)
        message = "unknown key" + (f' (did you mean "{near[0]}"?)' if near else "")
    elif detail["type"] != "missing" and not isinstance(detail["input"], dict | list) and "secret" not in path:
        message = f"{message[0].lower()}{message[1:]}, got {detail['input']!r}"
    return source.problem(path, message)


def _path(source: Source, location: tuple[int | str, ...]) -> Path_:
    """The keys of the file; pydantic also names the kind of node it took, which stands in no file."""
    path: Path_ = ()
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if (*path, part) in source.places or (last and part not in ("[key]", *_NODE_TYPES)):
            path = (*path, part)
    return path


_NODE_TYPES = ("announce", "hours", "menu", "enqueue", "hang_up")
_MESSAGES = {
    "missing": "is missing",
    "string_pattern_mismatch": "does not have the right form (see the comments in the example configuration)",
}
_KEYS = sorted(
    {
        field
        for model in (*vars(models).values(), *vars(ivr_models).values())
        if isinstance(model, type) and issubclass(model, BaseModel)
        for field in model.model_fields
    }
)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """no queue "repiar" (did you mean "repair"?)"""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(names) or 'none'}"
    return f'no {kind} "{name}" ({hint})'


def _check_system(source: Source, system: SystemFile) -> Iterator[Problem]:
    if not _is_time_zone(system.timezone):
        yield source.problem(("timezone",), _NO_ZONE.format(system.timezone))


def _check_webhooks(source: Source, system: SystemFile) -> Iterator[Problem]:
    for index, hook in enumerate(system.webhooks):
        for place, event in enumerate(hook.events):
            if event not in HOOK_EVENTS:
                yield source.problem(("webhooks", index, "events", place), unknown("event", event, HOOK_EVENTS))


_NO_ZONE = 'no time zone "{}" (for example Asia/Shanghai)'


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _check_queues(source: Source, file: QueuesFile) -> Iterator[Problem]:
    for number, level in file.vip.numbers.items():
        if level not in file.vip.levels:
            yield source.problem(("vip", "numbers", number), f"level {level} is not among vip.levels")
    for name, queue in file.queues.items():
        target = queue.overflow.queue if queue.overflow else None
        place: Path_ = ("queues", name, "overflow", "queue")
        if target is not None and target not in file.queues:
            yield source.problem(place, unknown("queue", target, file.queues))
        elif target is not None and _overflow_circle(file, name):
            yield source.problem(place, "callers would overflow in a circle and never be answered or told")


def _overflow_circle(file: QueuesFile, start: str) -> bool:
    seen: set[str] = set()
    here: str | None = start
    while here is not None and here in file.queues and here not in seen:
        seen.add(here)
        overflow = file.queues[here].overflow
        here = overflow.queue if overflow else None
    return here == start


def _names(source: Source, key: str) -> list[str]:
    """What a file defines, read off the file itself: names can be checked although something else in it is wrong."""
    defined = source.data.get(key) if isinstance(source.data, dict) else None
    return [str(name) for name in defined] if isinstance(defined, dict) else []


def _check_agents(source: Source, file: AgentsFile, queues: list[str]) -> Iterator[Problem]:
    for agent, settings in file.agents.items():
        for index, queue in enumerate(settings.queues):
            if queue not in queues:
                yield source.problem(("agents", agent, "queues", index), unknown("queue", queue, queues))
    served = {queue for settings in file.agents.values() for queue in settings.queues}
    for queue in queues:
        if queue not in served:
            yield source.problem(("agents",), f'nobody serves queue "{queue}"')


def _check_hours(source: Source, file: HoursFile) -> Iterator[Problem]:
    for name, calendar in file.calendars.items():
        if not _is_time_zone(calendar.time_zone):
            yield source.problem(("calendars", name, "time_zone"), _NO_ZONE.format(calendar.time_zone))


def _check_prompts(source: Source, file: QueuesFile, prompts: Prompts, ivr: IvrFile) -> Iterator[Problem]:
    spoken = prompts.in_language(ivr.language)
    for name, queue in file.queues.items():
        if queue.overflow and queue.overflow.prompt and queue.overflow.prompt not in spoken:
            message = unknown("prompt", queue.overflow.prompt, spoken)
            yield source.problem(("queues", name, "overflow", "prompt"), message)


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.yaml")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _rules(version: str, queues: QueuesFile, agents: AgentsFile) -> Rules:
    return Rules.of(
        version=version,
        queues=[_queue(name, queue) for name, queue in queues.queues.items()],
        agents=[
            AgentSettings(
                id=AgentId(name),
                name=agent.name,
                queues=tuple(QueueId(queue) for queue in agent.queues),
                groups=tuple(agent.groups),
            )
            for name, agent in agents.agents.items()
        ],
        vip={normal_number(number): level for number, level in queues.vip.numbers.items()},
        vip_priority=dict(queues.vip.levels),
    )


def _queue(name: str, queue: QueueModel) -> QueueRules:
    return QueueRules(
        id=QueueId(name),
        names={"zh": queue.name.zh, "en": queue.name.en or queue.name.zh},
        strategy=queue.strategy,
        weights=LeastBusyWeights(talk=queue.weights.talk, count=queue.weights.count, window_s=queue.weights.window),
        priority=queue.priority,
        ring_s=queue.ring,
        retry_s=queue.retry_same_agent,
        no_answer_limit=queue.no_answer_limit,
        wrap_up_s=queue.wrap_up,
        max_wait_s=queue.max_wait,
        overflow=Overflow(
            queue=QueueId(queue.overflow.queue) if queue.overflow.queue else None, prompt=queue.overflow.prompt or ""
        )
        if queue.overflow
        else None,
        affinity=Affinity(window_s=queue.last_agent.window, wait_s=queue.last_agent.wait) if queue.last_agent else None,
        service_level=ServiceLevel(target=queue.service_level.target, within_s=queue.service_level.within),
        short_abandon_s=queue.short_abandon,
        record=queue.record,
        music=queue.music,
    )
