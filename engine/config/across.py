"""What is wrong only when the files are seen together, or when more than one value of a file is."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from cti.region import ATTRIBUTES as OF_THE_NUMBER
from cti.webhooks import HOOK_EVENTS
from engine.config.across_queues import KnownToQueues, queue_problems, reached_from_queues
from engine.config.agent_models import AgentsFile
from engine.config.hours_models import HolidaysFile, HoursFile
from engine.config.ivr_models import EnqueueModel, IvrFile, all_nodes, asked_by_menus, flow_of
from engine.config.messages import unknown
from engine.config.metrics_models import MetricsFile
from engine.config.models import SystemFile
from engine.config.queue_models import QueuesFile
from engine.config.source import Problem, Source, names_in
from engine.config.telephony import telephony_problems
from ivr.check import Known, flow_problems
from ivr.check import Problem as FlowProblem
from ivr.nodes import Flow, HangUpNode, HoursNode, NodeId
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
    holidays: HolidaysFile | None
    metrics: MetricsFile | None


def problems_across(files: Files, sources: dict[str, Source], prompts: Prompts, *, sound: bool) -> Iterator[Problem]:
    """Everything of that kind. `sound`: each of the files is right by itself. What is defined in a file that could not be
    read is not missed."""
    queues = names_in(sources["queues"], "queues") if sources["queues"].data else None
    if files.system is not None:
        yield from _check_system(sources["system"], files.system)
        if queues is not None:
            yield from _check_away(sources["system"], files.system, queues)
    if files.queues is not None:
        known = _known_to_queues(files, sources, prompts)
        yield from queue_problems(sources["queues"], files.queues, known)
    if files.agents is not None:
        yield from _check_reasons(sources["agents"], files.agents)
        yield from _check_breaks(sources["agents"], files.agents)
        if queues is not None:
            yield from _check_agents(sources["agents"], files.agents, queues)
        if sound:
            yield from _check_served(sources["agents"], files.agents, queues or [])
    if files.system is not None and files.agents is not None:
        yield from telephony_problems(files.system, files.agents, sources["system"], sources["agents"])
    if files.hours is not None and (sources["holidays"].data or not sources["holidays"].problems):
        yield from _check_tables(sources["hours"], files.hours, names_in(sources["holidays"], "tables"))
    if files.ivr is not None:
        spoken = sorted(prompts.in_language(files.ivr.language))
        known_to_flow = Known(
            queues=queues or [],
            prompts=spoken,
            calendars=names_in(sources["hours"], "calendars"),
            spoken={language: prompts.in_language(language) for language in prompts.languages},
            attributes=[*OF_THE_NUMBER, *files.ivr.attributes, *_attributes_of(files.queues)],
        )
        unread = [name for name, source in (("queue", "queues"), ("calendar", "hours")) if not sources[source].data]
        if files.agents is not None:
            yield from _check_menu_skills(sources["ivr"], files.ivr, _skills_in(sources["agents"]))
        entrances = reached_from_queues(files.queues) if files.queues is not None else []
        yield from _check_flow(sources["ivr"], files.ivr, known_to_flow, unread, entrances, sound=sound)


def _check_tables(source: Source, file: HoursFile, tables: list[str]) -> Iterator[Problem]:
    for name, calendar in file.calendars.items():
        if calendar.holidays is not None and calendar.holidays not in tables:
            path = ("calendars", name, "holidays")
            yield source.problem(path, unknown("table of holidays.yaml", calendar.holidays, tables))


def _known_to_queues(files: Files, sources: dict[str, Source], prompts: Prompts) -> KnownToQueues:
    """The names queues.yaml may use."""
    nodes = files.ivr.nodes if files.ivr else {}
    return KnownToQueues(
        queues=names_in(sources["queues"], "queues"),
        prompts=sorted(prompts.in_language(files.ivr.language)) if files.ivr else None,
        nodes=names_in(sources["ivr"], "nodes") if sources["ivr"].data else None,
        calendars=names_in(sources["hours"], "calendars") if sources["hours"].data else None,
        skills=_skills_in(sources["agents"]) if sources["agents"].data else None,
        leading_to={name: node.queue for name, node in nodes.items() if isinstance(node, EnqueueModel)},
        dials=files.system is None or files.system.dialling is not None,
        asked_by_menus=asked_by_menus(files.ivr) if files.ivr else {},
    )


def _skills_in(source: Source) -> list[str]:
    """Whatever any agent can do, read off the file itself."""
    skills = [name for agent in names_in(source, "agents") for name in names_in(source, "agents", agent, "skills")]
    return list(dict.fromkeys(skills))


def _check_menu_skills(source: Source, file: IvrFile, skills: list[str]) -> Iterator[Problem]:
    for path, node in all_nodes(file):
        for skill in node.require if isinstance(node, EnqueueModel) else ():
            if skill not in skills:
                yield source.problem((*path, "require", skill), unknown("skill", skill, skills))


def _check_away(source: Source, system: SystemFile, queues: Iterable[str]) -> Iterator[Problem]:
    queue = system.engine_away.queue
    if queue and queue not in queues:
        yield source.problem(("engine_away", "queue"), unknown("queue", queue, queues))


def _check_system(source: Source, system: SystemFile) -> Iterator[Problem]:
    for index, number in _doubles(system.numbers):
        yield source.problem(("numbers", index), f"{number} stands here twice")
    for index, name in _doubles(trunk.name for trunk in system.trunks):
        yield source.problem(("trunks", index, "name"), f'there is another trunk "{name}"')
    if system.dialling is not None and not any(trunk.dial for trunk in system.trunks):
        yield source.problem(("dialling",), "needs a trunk that takes calls: trunks[].dial is missing")
    for index, hook in enumerate(system.webhooks):
        for place, event in enumerate(hook.events):
            if event not in HOOK_EVENTS:
                yield source.problem(("webhooks", index, "events", place), unknown("event", event, HOOK_EVENTS))
    tcp = {name: getattr(system, name) for name in ("http", "agi", "ami", "asterisk_metrics")}
    taken = Counter(address.port for address in tcp.values() if address and address.port)
    for name, address in tcp.items():
        if address and taken[address.port] > 1:
            message = f"http, agi, ami and asterisk_metrics need ports of their own, got {address.port} twice"
            yield source.problem((name, "port"), message)
    if system.rtp.start and system.rtp.start <= system.sip.port <= system.rtp.end:
        yield source.problem(("sip", "port"), f"{system.sip.port} lies in the range of rtp")


def _doubles(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def _check_agents(source: Source, file: AgentsFile, queues: list[str]) -> Iterator[Problem]:
    for agent, settings in file.agents.items():
        names = [served.queue for served in settings.queues]
        for index, queue in enumerate(names):
            if queue not in queues:
                yield source.problem(("agents", agent, "queues", index), unknown("queue", queue, queues))
        for index, queue in _doubles(names):
            yield source.problem(("agents", agent, "queues", index), f'"{queue}" stands here twice')


def _check_breaks(source: Source, file: AgentsFile) -> Iterator[Problem]:
    groups = dict.fromkeys(group for agent in file.agents.values() for group in agent.groups)
    reasons = names_in(source, "not_ready_reasons") or list(file.not_ready_reasons)
    for group, rule in file.breaks.items():
        if group not in groups:
            yield source.problem(("breaks", group), unknown("group", group, groups))
        for index, reason in enumerate(rule.reasons):
            if reason not in reasons:
                yield source.problem(("breaks", group, "reasons", index), unknown("reason", reason, reasons))


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
    served = {membership.queue for agent in file.agents.values() for membership in agent.queues}
    for queue in queues:
        if queue not in served:
            yield source.problem(("agents",), f'nobody serves queue "{queue}"')


def _check_flow(
    source: Source, file: IvrFile, known: Known, unread: list[str], entrances: list[str], *, sound: bool
) -> Iterator[Problem]:
    """Nodes that are wrong in themselves are led to, but lead nowhere: what can be reached is only asked of a sound flow."""
    flow = flow_of(file)
    wrong = {name for name in _named(source) if name not in flow.nodes}
    stand_ins = {name: HangUpNode(id=name, prompts=(), reason="") for name in wrong}
    whole = msgspec.structs.replace(flow, nodes={**flow.nodes, **stand_ins})
    for found in _flow_problems(whole, known, entrances):
        of_shape = found.path[-2:-1] == ("nodes",)
        of_a_stand_in = found.path == ("operator",) and flow.operator in wrong
        if (sound or not of_shape) and not of_a_stand_in and found.path[-1] not in unread:
            yield source.problem(found.path, found.message)


def _named(source: Source) -> Iterator[NodeId]:
    """Every node the file names, whatever is wrong with it."""
    yield from (NodeId(name) for name in names_in(source, "nodes"))
    for group in names_in(source, "flows"):
        yield from (NodeId(f"{group}.{name}") for name in names_in(source, "flows", group, "nodes"))


def _attributes_of(file: QueuesFile | None) -> Iterator[str]:
    """What the caller rules say of numbers."""
    for entry in file.callers.values() if file is not None else ():
        yield from entry.attributes


def _flow_problems(flow: Flow, known: Known, entrances: list[str]) -> list[FlowProblem]:
    """What is wrong with the flow, which has more entrances than its start: nodes the rules of queues send callers to. They
    stand in as nodes before the start, from one to the next."""
    into = [NodeId(name) for name in entrances if name in flow.nodes]
    if not into or flow.start not in flow.nodes:
        return flow_problems(flow, known)
    names = [NodeId(f"{_FROM_QUEUES}{index}") for index in range(len(into))]
    doors = {
        name: HoursNode(id=name, calendar=_FROM_QUEUES, open=target, closed=further)
        for name, target, further in zip(names, into, [*names[1:], flow.start], strict=True)
    }
    wide = msgspec.structs.replace(flow, nodes={**flow.nodes, **doors}, start=names[0])
    return flow_problems(wide, msgspec.structs.replace(known, calendars=[*known.calendars, _FROM_QUEUES]))


_FROM_QUEUES = "from queues "
"""No name can begin like this: it has a space."""
