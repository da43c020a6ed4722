"""What is wrong only when the files are seen together, or when more than one value of a file is."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from acd.numbers import normal_number
from cti.webhooks import HOOK_EVENTS
from engine.config.ivr_models import HoursFile, IvrFile, flow_of
from engine.config.messages import unknown
from engine.config.models import AgentsFile, QueuesFile, SystemFile
from engine.config.source import Path_, Problem, Source, names_in
from engine.config.telephony import telephony_problems
from ivr.check import Known, flow_problems
from ivr.flow import HangUpNode, NodeId
from ivr.prompts import Prompts

__all__ = ["Files", "problems_across"]

MOST_REASONS = 9
"""A phone has one digit for the reason."""


class Files(msgspec.Struct):
    """The models of all files, whole or with the wrong parts taken out; None where nothing is left."""

    system: SystemFile | None
    queues: QueuesFile | None
    agents: AgentsFile | None
    ivr: IvrFile | None
    hours: HoursFile | None


def problems_across(files: Files, sources: dict[str, Source], prompts: Prompts, *, sound: bool) -> Iterator[Problem]:
    """Everything of that kind. `sound`: each of the files is right by itself. What is defined in a file that could not be
    read is not missed."""
    queues = names_in(sources["queues"], "queues") if sources["queues"].data else None
    if files.system is not None:
        yield from _check_system(sources["system"], files.system)
    if files.queues is not None:
        yield from _check_queues(sources["queues"], files.queues, queues or [])
        yield from _check_vip(sources["queues"], files.queues)
    if files.agents is not None:
        yield from _check_reasons(sources["agents"], files.agents)
        if queues is not None:
            yield from _check_agents(sources["agents"], files.agents, queues)
        if sound:
            yield from _check_served(sources["agents"], files.agents, queues or [])
    if files.system is not None and files.agents is not None:
        yield from telephony_problems(files.system, files.agents, sources["system"], sources["agents"])
    if files.ivr is not None:
        spoken = sorted(prompts.in_language(files.ivr.language))
        known = Known(queues=queues or [], prompts=spoken, calendars=names_in(sources["hours"], "calendars"))
        unread = [name for name, source in (("queue", "queues"), ("calendar", "hours")) if not sources[source].data]
        yield from _check_flow(sources["ivr"], files.ivr, known, unread, sound=sound)
        if files.queues is not None:
            yield from _check_overflow_prompts(sources["queues"], files.queues, spoken)


def _check_system(source: Source, system: SystemFile) -> Iterator[Problem]:
    for index, number in _doubles(system.numbers):
        yield source.problem(("numbers", index), f"{number} stands here twice")
    for index, name in _doubles(trunk.name for trunk in system.trunks):
        yield source.problem(("trunks", index, "name"), f'there is another trunk "{name}"')
    for index, hook in enumerate(system.webhooks):
        for place, event in enumerate(hook.events):
            if event not in HOOK_EVENTS:
                yield source.problem(("webhooks", index, "events", place), unknown("event", event, HOOK_EVENTS))
    tcp = {name: getattr(system, name) for name in ("http", "agi", "ami")}
    taken = Counter(address.port for address in tcp.values() if address.port)
    for name, address in tcp.items():
        if taken[address.port] > 1:
            yield source.problem((name, "port"), f"http, agi and ami need ports of their own, got {address.port} twice")
    if system.rtp.start and system.rtp.start <= system.sip.port <= system.rtp.end:
        yield source.problem(("sip", "port"), f"{system.sip.port} lies in the range of rtp")


def _doubles(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def _check_vip(source: Source, file: QueuesFile) -> Iterator[Problem]:
    levels = names_in(source, "vip", "levels")
    normal: dict[str, str] = {}
    for number, level in file.vip.numbers.items():
        if str(level) not in levels:
            yield source.problem(("vip", "numbers", number), unknown("VIP level", str(level), levels))
        other = normal.setdefault(normal_number(number), number)
        if other != number:
            yield source.problem(("vip", "numbers", number), f"is the same caller as {other}")


def _check_queues(source: Source, file: QueuesFile, names: list[str]) -> Iterator[Problem]:
    for name, queue in file.queues.items():
        target = queue.overflow.queue if queue.overflow else None
        place: Path_ = ("queues", name, "overflow", "queue")
        if target is not None and target not in names:
            yield source.problem(place, unknown("queue", target, names))
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


def _check_agents(source: Source, file: AgentsFile, queues: list[str]) -> Iterator[Problem]:
    for agent, settings in file.agents.items():
        for index, queue in enumerate(settings.queues):
            if queue not in queues:
                yield source.problem(("agents", agent, "queues", index), unknown("queue", queue, queues))
        for index, queue in _doubles(settings.queues):
            yield source.problem(("agents", agent, "queues", index), f'"{queue}" stands here twice')


def _check_reasons(source: Source, file: AgentsFile) -> Iterator[Problem]:
    if len(file.not_ready_reasons) > MOST_REASONS:
        message = f"expected at most {MOST_REASONS}, one for each digit of a phone, got {len(file.not_ready_reasons)}"
        yield source.problem(("not_ready_reasons",), message)
    codes = file.feature_codes
    for name in ("login", "logout", "ready", "wrap_up_done"):
        code = getattr(codes, name)
        if len(code) == len(codes.not_ready) + 1 and code.startswith(codes.not_ready):
            message = f"{code} also means not_ready ({codes.not_ready}) with reason {code[-1]}"
            yield source.problem(("feature_codes", name), message)


def _check_served(source: Source, file: AgentsFile, queues: list[str]) -> Iterator[Problem]:
    served = {queue for settings in file.agents.values() for queue in settings.queues}
    for queue in queues:
        if queue not in served:
            yield source.problem(("agents",), f'nobody serves queue "{queue}"')


def _check_overflow_prompts(source: Source, file: QueuesFile, spoken: list[str]) -> Iterator[Problem]:
    for name, queue in file.queues.items():
        if queue.overflow and queue.overflow.prompt and queue.overflow.prompt not in spoken:
            message = unknown("prompt", queue.overflow.prompt, spoken)
            yield source.problem(("queues", name, "overflow", "prompt"), message)


def _check_flow(source: Source, file: IvrFile, known: Known, unread: list[str], *, sound: bool) -> Iterator[Problem]:
    """Nodes that are wrong in themselves are led to, but lead nowhere: what can be reached is only asked of a sound flow."""
    flow = flow_of(file)
    wrong = {NodeId(name) for name in names_in(source, "nodes")} - flow.nodes.keys()
    stand_ins = {name: HangUpNode(id=name, prompts=(), reason="") for name in wrong}
    whole = msgspec.structs.replace(flow, nodes={**flow.nodes, **stand_ins})
    for found in flow_problems(whole, known):
        of_shape = len(found.path) == 2 and found.path[0] == "nodes"
        of_a_stand_in = found.path == ("operator",) and flow.operator in wrong
        if (sound or not of_shape) and not of_a_stand_in and found.path[-1] not in unread:
            yield source.problem(found.path, found.message)
