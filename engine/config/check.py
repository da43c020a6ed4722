"""The configuration as a whole: every file read, every problem found, and only then something to work with.

What is wrong in one place does not hide what is wrong in another: the wrong parts are taken out (`_understood`) and the rest
is checked on, against names read off the files as they are.
"""

import copy
import hashlib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from acd.rules import Rules
from agents.roster import QueueId
from engine.config.across import Files, problems_across
from engine.config.agent_models import AgentsFile
from engine.config.hours_models import HolidaysFile, HoursFile, calendars_of, tables_of
from engine.config.ivr_models import IvrFile, asked_by_menus, flow_of
from engine.config.messages import path_of, problem_of
from engine.config.metrics_models import MetricsFile
from engine.config.models import SystemFile
from engine.config.own_prompts import converted_folder, own_prompts
from engine.config.queue_models import QueuesFile
from engine.config.rules_of import rules_of
from engine.config.source import BadConfiguration, Path_, Problem, Source, names_in, read, read_if_there
from engine.config.survey_models import queue_survey
from ivr.prompts import Prompts, built_in
from ivr.visit import RecordingNotice, Script

__all__ = ["FILES", "MAY_BE_MISSING", "BadConfiguration", "Configuration", "Examined", "examine", "load"]

FILES = ("system", "queues", "agents", "ivr", "hours", "holidays", "metrics")
MAY_BE_MISSING = ("holidays", "metrics")

M = TypeVar("M", bound=BaseModel)


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
    metrics: MetricsFile
    """The figures' targets and what is done with them."""


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """A checked configuration with what it was made of: what still looks odd in it can be told with its place."""

    configuration: Configuration
    queues: QueuesFile
    ivr: IvrFile
    hours: HoursFile
    holidays: HolidaysFile
    sources: dict[str, Source]


def load(folder: Path, home: Path | None = None) -> Configuration:
    """Read and check all files of a folder. `home` is the site's that own prompts are converted for; default: $HOTLINE_HOME.
    Raises BadConfiguration with every problem at once."""
    return examine(folder, home).configuration


def examine(folder: Path, home: Path | None = None) -> Examined:
    """As `load`, for those who want to look into the files as well."""
    if not folder.is_dir():
        raise BadConfiguration([Problem(str(folder), 0, 0, "", "there is no such folder")])
    sources = {name: (read_if_there if name in MAY_BE_MISSING else read)(folder / f"{name}.yaml") for name in FILES}
    problems = [problem for source in sources.values() for problem in source.problems]
    files = Files(
        system=_understood(sources["system"], SystemFile, problems, numbers=["000"]),
        queues=_understood(sources["queues"], QueuesFile, problems),
        agents=_understood(sources["agents"], AgentsFile, problems),
        ivr=_understood(sources["ivr"], IvrFile, problems, start=next(iter(names_in(sources["ivr"], "nodes")), "")),
        hours=_understood(sources["hours"], HoursFile, problems),
        holidays=_understood(sources["holidays"], HolidaysFile, problems),
        metrics=_understood(sources["metrics"], MetricsFile, problems),
    )
    converted = converted_folder(home)
    prompts = Prompts(built_in(), own=own_prompts(folder, converted, problems), own_folder=converted)
    problems += problems_across(files, sources, prompts, sound=not problems)
    if problems:
        raise BadConfiguration(problems)
    return _examined(folder, sources, files, prompts)


def _examined(folder: Path, sources: dict[str, Source], files: Files, prompts: Prompts) -> Examined:
    assert files.system is not None
    assert files.queues is not None
    assert files.agents is not None
    assert files.ivr is not None
    assert files.hours is not None
    assert files.holidays is not None
    assert files.metrics is not None
    version = _version(sources, prompts)
    configuration = Configuration(
        folder=folder,
        version=version,
        system=files.system,
        agents=files.agents,
        metrics=files.metrics,
        rules=rules_of(
            version,
            files.queues,
            files.agents,
            files.system.timezone,
            asked_by_menus(files.ivr),
            files.system.dialling,
        ),
        script=Script(
            flow=flow_of(files.ivr),
            calendars=calendars_of(files.hours, tables_of(files.holidays)),
            prompts=prompts,
            music={QueueId(name): queue.music for name, queue in files.queues.queues.items()},
            surveys={
                QueueId(name): queue_survey(queue.survey, files.queues.surveys)
                for name, queue in files.queues.queues.items()
                if queue.survey is not None
            },
            notices={
                QueueId(name): RecordingNotice(queue.recording_notice, queue.recording_refusal or "")
                for name, queue in files.queues.queues.items()
                if queue.recording_notice
            },
        ),
    )
    return Examined(
        configuration=configuration,
        queues=files.queues,
        ivr=files.ivr,
        hours=files.hours,
        holidays=files.holidays,
        sources=sources,
    )


def _version(sources: dict[str, Source], prompts: Prompts) -> str:
    digest = hashlib.sha256()
    for name, source in sources.items():
        if name in MAY_BE_MISSING and not source.raw:
            continue  # a version from before there was such a file keeps its name
        digest.update(f"{name} {len(source.raw)}\n".encode() + source.raw)
    for prompt in prompts.own:
        digest.update(f"{prompt.language}/{prompt.id} {prompt.sha256}\n".encode())
    return digest.hexdigest()[:12]


# --- one file --------------------------------------------------------------------------------------------------------


def _understood(source: Source, model: type[M], problems: list[Problem], **stand_ins: Any) -> M | None:
    """The file as a model; what is wrong is added to the problems and taken out, so that the rest can be checked on.
    `stand_ins` are for keys that a file cannot be without."""
    if source.problems and not source.data:
        return None
    data, told = source.data, False
    while True:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            details = error.errors()
        if not told:
            problems.extend(problem_of(source, model, detail) for detail in details)
            told, data = True, copy.deepcopy(data)
        changed = [_take_out(data, _wrong_part(source, detail)) for detail in details]
        changed += [_stand_in(data, stand_ins)]
        if not any(changed):
            return None


def _stand_in(data: Any, stand_ins: dict[str, Any]) -> bool:
    """Put in what is missing, each thing once: what stands in may be wrong too."""
    missing = [key for key in stand_ins if isinstance(data, dict) and key not in data]
    for key in missing:
        data[key] = stand_ins.pop(key)
    return bool(missing)


def _wrong_part(source: Source, detail: ErrorDetails) -> Path_:
    """What has to go: the value, or that which lacks something. Of a list all: the places of the others must not move."""
    path = path_of(source, detail)
    if detail["type"] in ("missing", "union_tag_invalid", "union_tag_not_found"):
        path = path[:-1]
    while any(isinstance(part, int) for part in path):
        path = path[:-1]
    return path


def _take_out(data: Any, path: Path_) -> bool:
    """Whether there was something to take out."""
    for part in path[:-1]:
        data = data.get(part) if isinstance(data, dict) else None
    if not path or not isinstance(data, dict) or path[-1] not in data:
        return False
    del data[path[-1]]
    return True
