"""Files of dialogue tests, read, played and compared with what is expected."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from pydantic import TypeAdapter, ValidationError

from engine.config.check import Examined
from engine.config.messages import problem_of, unknown
from engine.config.source import Path_, Problem, Source, read
from engine.ivrtests.models import DialogueModel, ExpectedModel
from engine.ivrtests.play import Dialogue, play
from engine.ruletests import Failure, Report
from engine.words import say

__all__ = ["FOLDER", "run_dialogues"]

FOLDER = "tests/ivr"
ANY = "..."

_TESTS: TypeAdapter[list[DialogueModel]] = TypeAdapter(list[DialogueModel])


def run_dialogues(examined: Examined, files: Sequence[Path] = ()) -> Report:
    """These files, or all of the configuration's folder; none is a report without tests."""
    report = Report()
    folder = examined.configuration.folder
    for file in files or sorted((folder / FOLDER).glob("*.yaml")):
        _run_file(file, file.name if files else f"{FOLDER}/{file.name}", examined, report)
    return report


def _run_file(file: Path, name: str, examined: Examined, report: Report) -> None:
    source = read(file)
    source.file = name
    tests = _understood(source)
    problems = [msgspec.structs.replace(problem, file=name) for problem in source.problems]
    for index, test in enumerate(tests):
        problems += _unknown_names(source, (index,), test, examined)
    report.problems += problems
    for index, test in enumerate(tests if not problems else ()):
        report.tests += 1
        report.failures += _run(source, (index,), test, examined)


def _understood(source: Source) -> list[DialogueModel]:
    if source.problems and not source.data:
        return []
    try:
        return _TESTS.validate_python(source.data or [])
    except ValidationError as error:
        source.problems += [problem_of(source, list[DialogueModel], detail) for detail in error.errors()]
        return []


def _unknown_names(source: Source, here: Path_, test: DialogueModel, examined: Examined) -> Iterator[Problem]:
    flow = examined.configuration.script.flow
    named: list[tuple[Path_, str, str, Sequence[str]]] = [
        (("expect", "nodes", index), "node", node, list(flow.nodes))
        for index, node in enumerate(test.expect.nodes or ())
        if node != ANY
    ]
    queues = list(examined.queues.queues)
    named += [(("queues", queue), "queue", queue, queues) for queue in test.queues]
    named += [(("lookups", lookup), "lookup", lookup, list(flow.lookups)) for lookup in test.lookups]
    named += [(("start",), "node", test.start, list(flow.nodes))] if test.start else []
    named += [(("last_queue",), "queue", test.last_queue, queues)] if test.last_queue else []
    named += [(("expect", "queue"), "queue", test.expect.queue, queues)] if test.expect.queue else []
    for path, kind, name, known in named:
        if name not in known:
            yield source.problem((*here, *path), unknown(kind, name, known))


def _run(source: Source, here: Path_, test: DialogueModel, examined: Examined) -> Iterator[Failure]:
    dialogue = play(test, examined)
    for path, message in _unmet(test.expect, dialogue):
        shown = say(f"“{test.test}”：{message}", f'"{test.test}": {message}')
        yield Failure(source.problem((*here, "expect", *path), shown), _told(dialogue))
    if dialogue.left:
        left = ", ".join(dialogue.left)
        message = say(f"“{test.test}”：没有问到的操作：{left}", f'"{test.test}": never asked for: {left}')
        yield Failure(source.problem((*here, "does"), message), _told(dialogue))


def _unmet(expected: ExpectedModel, dialogue: Dialogue) -> Iterator[tuple[Path_, str]]:
    """Whatever is not as expected, with its key."""
    if expected.nodes is not None and not _is_like(dialogue.nodes, expected.nodes):
        yield ("nodes",), _differs(" > ".join(expected.nodes), " > ".join(dialogue.nodes))
    if not _in_order(dialogue.heard, expected.hears):
        yield ("hears",), _differs(" ".join(expected.hears), " ".join(dialogue.heard))
    for name, value in expected.attributes.items():
        found = {**dialogue.attributes, **dialogue.masked}.get(name, "")
        if found != value:
            yield ("attributes", name), _differs(value, found)
    for key in ("queue", "customer", "language", "ends", "callback", "message", "transfer"):
        wanted, found = getattr(expected, key), getattr(dialogue, key)
        if wanted is not None and wanted != found:
            yield (key,), _differs(str(wanted), str(found))


def _differs(expected: str, found: str) -> str:
    return say(f"应为 {expected or '-'}，实际为 {found or '-'}", f"expected {expected or '-'}, got {found or '-'}")


def _is_like(nodes: Sequence[str], wanted: Sequence[str]) -> bool:
    """Just these, but for what `...` stands for."""
    if not wanted:
        return not nodes
    if wanted[0] == ANY:
        return any(_is_like(nodes[skipped:], wanted[1:]) for skipped in range(len(nodes) + 1))
    return bool(nodes) and nodes[0] == wanted[0] and _is_like(nodes[1:], wanted[1:])


def _in_order(heard: Sequence[str], wanted: Sequence[str]) -> bool:
    left = iter(heard)
    return all(any(one == prompt for one in left) for prompt in wanted)


def _told(dialogue: Dialogue) -> tuple[str, ...]:
    where = dialogue.queue and say(f"进入队列 {dialogue.queue}", f"into queue {dialogue.queue}")
    end = where or say(f"结束：{dialogue.ends}", f"the call ends: {dialogue.ends}")
    return (" > ".join(dialogue.nodes), end)
