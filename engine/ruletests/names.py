"""Whether a test speaks of what there is: its queues, agents, nodes, prompts, reasons and callers."""

from collections.abc import Iterable, Iterator

from engine.config.check import Examined
from engine.config.ivr_models import EnqueueModel
from engine.config.messages import unknown
from engine.config.source import Path_, Problem, Source
from engine.ruletests.models import ACTIONS, STATES, StanceModel, TestModel

__all__ = ["name_problems"]


def name_problems(source: Source, here: Path_, test: TestModel, examined: Examined) -> Iterator[Problem]:
    """Everything one test names and there is not."""
    agents, reasons = _agents(examined), list(examined.configuration.agents.not_ready_reasons)
    for agent, stance in test.agents.items():
        yield from _unless(source, (*here, "agents", agent), "agent", agent, agents)
        yield from _stance(source, (*here, "agents", agent), stance, examined)
    yield from _stance(source, (*here, "others"), test.others, examined)
    yield from _callers(source, (*here, "callers"), test, examined)
    names = [caller.name for caller in test.callers]
    for index, event in enumerate(test.events):
        place: Path_ = (*here, "events", index)
        if event.agent is not None:
            yield from _unless(source, (*place, "agent"), "agent", event.agent, agents)
            yield from _unless(source, (*place, "does"), "action", event.does, (*ACTIONS, *reasons))
        else:
            yield from _unless(source, (*place, "caller"), "caller", event.caller, names)
            yield from _unless(source, (*place, "does"), "action of a caller", event.does, ("hang up",))
    yield from _expected(source, (*here, "expect"), test, examined)


def _agents(examined: Examined) -> list[str]:
    return list(examined.configuration.agents.agents)


def _unless(source: Source, path: Path_, kind: str, name: str | None, known: Iterable[str]) -> Iterator[Problem]:
    known = list(known)
    if name is not None and name not in known:
        yield source.problem(path, unknown(kind, name, known))


def _stance(source: Source, path: Path_, stance: StanceModel, examined: Examined) -> Iterator[Problem]:
    reasons = examined.configuration.agents.not_ready_reasons
    yield from _unless(source, path, "state or reason", stance.state, (*STATES, *reasons))
    yield from _unless(source, path, "queue", stance.queue, examined.queues.queues)


def _callers(source: Source, here: Path_, test: TestModel, examined: Examined) -> Iterator[Problem]:
    enqueue = [name for name, node in examined.ivr.nodes.items() if isinstance(node, EnqueueModel)]
    seen: set[str] = set()
    for index, caller in enumerate(test.callers):
        if caller.name in seen:
            yield source.problem((*here, index, "name"), f'there is another caller "{caller.name}" in this test')
        seen.add(caller.name)
        yield from _unless(source, (*here, index, "queue"), "queue", caller.queue, examined.queues.queues)
        yield from _unless(source, (*here, index, "node"), "enqueue node", caller.node, enqueue)
        yield from _unless(source, (*here, index, "last_agent"), "agent", caller.last_agent, _agents(examined))


def _expected(source: Source, here: Path_, test: TestModel, examined: Examined) -> Iterator[Problem]:
    names = [caller.name for caller in test.callers]
    prompts = sorted(examined.configuration.script.prompts.in_language(examined.ivr.language))
    for index, expected in enumerate(test.expect):
        place: Path_ = (*here, index)
        yield from _unless(source, (*place, "caller"), "caller", expected.caller, names)
        yield from _unless(source, (*place, "agent"), "agent", expected.agent, _agents(examined))
        for agent in expected.rings:
            yield from _unless(source, (*place, "rings"), "agent", agent, _agents(examined))
        yield from _unless(source, (*place, "moves_to"), "queue", expected.moves_to, examined.queues.queues)
        yield from _unless(source, (*place, "queue"), "queue", expected.queue, examined.queues.queues)
        yield from _unless(source, (*place, "goes_to"), "node", expected.goes_to, examined.ivr.nodes)
        for key, prompt in (("told", expected.told), ("hears", expected.hears)):
            yield from _unless(source, (*place, key), "prompt", prompt, prompts)
