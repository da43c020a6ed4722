"""What is wrong with queues.yaml when its values, and the names it takes from the other files, are seen together."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from acd.announcing import PROMPTS_OF_PLACE, PROMPTS_OF_WAIT
from acd.numbers import normal_number
from acd.waiting import PLACE_RESUMED
from engine.config.messages import unknown
from engine.config.queue_models import OverflowModel, QueueModel, QueuesFile, RecipeModel, exits_of
from engine.config.source import Path_, Problem, Source, names_in
from engine.config.survey_models import prompts_of

__all__ = ["KnownToQueues", "queue_problems", "reached_from_queues"]


class KnownToQueues(msgspec.Struct, frozen=True, kw_only=True):
    """The names queues.yaml may use. None: the file that defines them could not be read, so none of them is missed."""

    queues: Collection[str]
    prompts: Collection[str] | None
    nodes: Collection[str] | None
    calendars: Collection[str] | None
    skills: Collection[str] | None
    leading_to: Mapping[str, str]
    """By enqueue node of ivr.yaml, the queue it leads to."""
    dials: bool
    """Whether the site may call numbers outside."""
    asked_by_menus: Mapping[str, int]
    """Skills that menu choices ask for, with the highest level."""


def queue_problems(source: Source, file: QueuesFile, known: KnownToQueues) -> Iterator[Problem]:
    """Everything of that kind."""
    yield from _check_vip(source, file)
    yield from _check_callers(source, file)
    yield from _check_surveys(source, file, known)
    for name, queue in file.queues.items():
        here: Path_ = ("queues", name)
        yield from _unless_known(source, "skill", (*here, "require"), queue.require, known.skills)
        if queue.hours is not None:
            yield from _unless_known(
                source, "calendar", (*here, "hours"), {"calendar": queue.hours.calendar}, known.calendars
            )
        if queue.callback is not None and not known.dials:
            yield source.problem((*here, "callback"), "needs dialling in system.yaml: without it nobody can be called")
        for path, way in exits_of(queue):
            yield from _check_exit(source, (*here, *path), way, name, known)
        if queue.survey is not None:
            surveys = names_in(source, "surveys")
            yield from _unless_known(source, "survey", (*here, "survey"), {"use": queue.survey.use}, surveys)
        yield from _unless_known(source, "node", (*here, "keys"), queue.keys, known.nodes)
        yield from _check_recipes(source, here, queue, known)
        yield from _check_words(source, here, queue, known)
    yield from _check_circles(source, file, known)


def reached_from_queues(file: QueuesFile) -> list[str]:
    """Nodes of the flow that queues send callers to."""
    nodes = [way.node for queue in file.queues.values() for _, way in exits_of(queue) if way.node]
    nodes += [node for queue in file.queues.values() for node in queue.keys.values()]
    return list(dict.fromkeys(nodes))


# --- callers ---------------------------------------------------------------------------------------------------------


def _check_vip(source: Source, file: QueuesFile) -> Iterator[Problem]:
    levels = names_in(source, "vip", "levels")
    normal: dict[str, str] = {}
    for number, level in file.vip.numbers.items():
        if str(level) not in levels:
            yield source.problem(("vip", "numbers", number), unknown("VIP level", str(level), levels))
        other = normal.setdefault(normal_number(number), number)
        if other != number:
            yield source.problem(("vip", "numbers", number), f"is the same caller as {other}")


def _check_callers(source: Source, file: QueuesFile) -> Iterator[Problem]:
    levels = names_in(source, "vip", "levels")
    vip = {normal_number(number): number for number in file.vip.numbers}
    normal: dict[str, str] = {}
    for pattern, entry in file.callers.items():
        here: Path_ = ("callers", pattern)
        if entry.vip is not None and str(entry.vip) not in levels:
            yield source.problem((*here, "vip"), unknown("VIP level", str(entry.vip), levels))
        if pattern.endswith("*"):
            continue
        number = normal_number(pattern)
        other = normal.setdefault(number, pattern)
        if other != pattern:
            yield source.problem(here, f"is the same caller as {other}")
        if entry.vip is not None and number in vip:
            yield source.problem((*here, "vip"), f"vip.numbers has the level of {vip[number]} already")


# --- surveys ---------------------------------------------------------------------------------------------------------


def _check_surveys(source: Source, file: QueuesFile, known: KnownToQueues) -> Iterator[Problem]:
    for name, survey in file.surveys.items():
        here: Path_ = ("surveys", name)
        for path, prompt in prompts_of(survey).items():
            if known.prompts is not None and prompt not in known.prompts:
                yield source.problem((*here, *path), unknown("prompt", prompt, known.prompts))
        asked: set[str] = set()
        for index, question in enumerate(survey.questions):
            if question.name in asked:
                message = f'there is another question "{question.name}" in this survey'
                yield source.problem((*here, "questions", index, "name"), message)
            asked.add(question.name)


# --- queues ----------------------------------------------------------------------------------------------------------


def _unless_known(
    source: Source, kind: str, path: Path_, names: Mapping[str, object] | Sequence[str], known: Collection[str] | None
) -> Iterator[Problem]:
    """For names that are keys (skills), the values of the keys given, or a list's."""
    for key, value in names.items() if isinstance(names, Mapping) else enumerate(names):
        name = value if isinstance(value, str) else str(key)
        if known is not None and name not in known:
            yield source.problem((*path, key), unknown(kind, name, known))


def _check_exit(source: Source, path: Path_, way: OverflowModel, queue: str, known: KnownToQueues) -> Iterator[Problem]:
    if way.queue is not None:
        yield from _unless_known(source, "queue", path, {"queue": way.queue}, known.queues)
    if way.prompt is not None:
        yield from _unless_known(source, "prompt", path, {"prompt": way.prompt}, known.prompts)
    if way.node is not None:
        yield from _unless_known(source, "node", path, {"node": way.node}, known.nodes)
    if _target(way, known) == queue and not (path[2:] == ("overflow",) and way.queue):
        yield source.problem((*path, "queue" if way.queue else "node"), f'leads back into queue "{queue}" itself')


def _target(way: OverflowModel | None, known: KnownToQueues) -> str | None:
    """The queue this way leads to, be it by an enqueue node."""
    if way is None:
        return None
    return way.queue or known.leading_to.get(way.node or "")


def _check_recipes(source: Source, here: Path_, queue: QueueModel, known: KnownToQueues) -> Iterator[Problem]:
    names: set[str] = set()
    for index, recipe in enumerate(queue.recipes):
        path: Path_ = (*here, "recipes", index)
        if recipe.name in names:
            yield source.problem((*path, "name"), f'there is another recipe "{recipe.name}" in this queue')
        names.add(recipe.name)
        yield from _unless_known(source, "node", (*path, "when", "nodes"), recipe.when.nodes, known.nodes)
        yield from _check_doing(source, (*path, "do"), recipe, queue, str(here[-1]), known)


def _check_doing(
    source: Source, path: Path_, recipe: RecipeModel, queue: QueueModel, name: str, known: KnownToQueues
) -> Iterator[Problem]:
    do = recipe.do
    for skill, level in (do.require or {}).items():
        needed = max(queue.require.get(skill, 0), known.asked_by_menus.get(skill, 0))
        if level > needed:
            asks = f"the queue asks for {needed}" if needed else "the queue does not ask for it"
            yield source.problem((*path, "require", skill), f"asks for more than before ({asks}); recipes only relax")
    if do.add_queue is not None:
        yield from _unless_known(source, "queue", path, {"add_queue": do.add_queue}, known.queues)
    if do.add_queue == name:
        yield source.problem((*path, "add_queue"), "is the queue he is in already")
    if do.play is not None:
        yield from _unless_known(source, "prompt", path, {"play": do.play}, known.prompts)


# --- what is said --------------------------------------------------------------------------------------------------------


def _check_words(source: Source, here: Path_, queue: QueueModel, known: KnownToQueues) -> Iterator[Problem]:
    """Every prompt that callers of the queue hear while they wait."""
    if known.prompts is None:
        return
    yield from _unless_known(source, "prompt", (*here, "recording_notice"), queue.recording_notice, known.prompts)
    if queue.resume and PLACE_RESUMED not in known.prompts:
        yield source.problem((*here, "resume"), f'needs prompt "{PLACE_RESUMED}", which is not there')
    announce = queue.announce
    if announce is None:
        return
    path: Path_ = (*here, "announce")
    for index, comfort in enumerate(announce.comfort):
        yield from _unless_known(source, "prompt", (*path, "comfort", index, "play"), comfort.play, known.prompts)
    for key, asked, needed in (
        ("position", announce.position, PROMPTS_OF_PLACE),
        ("expected_wait", announce.expected_wait, PROMPTS_OF_WAIT),
    ):
        for prompt in needed if asked else ():
            if prompt not in known.prompts:
                yield source.problem((*path, key), f'needs prompt "{prompt}", which is not there')


# --- circles ---------------------------------------------------------------------------------------------------------

Way = tuple[Path_, OverflowModel]


def _check_circles(source: Source, file: QueuesFile, known: KnownToQueues) -> Iterator[Problem]:
    """Callers who are sent on by the maximum wait alone would go round without an end; by the limits alone, without a pause.
    Limits ask only callers who come from the flow: a way from queue to queue is not gone on from by another limit."""
    at_once = {
        name: [found for found in _of(queue, "limits", "hours") if found[1].node] for name, queue in file.queues.items()
    }
    after_waits = {name: _of(queue, "overflow") for name, queue in file.queues.items()}
    for ways, what in ((after_waits, _ROUND_AFTER_WAITS), (at_once, _ROUND_AT_ONCE)):
        for name, exits in ways.items():
            for path, way in exits:
                target = _target(way, known)
                own = target == name and not (path == ("overflow",) and way.queue)  # told already
                if target is not None and not own and name in _reached(target, ways, known):
                    key = "queue" if way.queue else "node"
                    yield source.problem(("queues", name, *path, key), what)


_ROUND_AFTER_WAITS = "callers would overflow in a circle and never be answered or told"
_ROUND_AT_ONCE = "callers would be sent in a circle between full, closed or empty queues"


def _of(queue: QueueModel, *groups: str) -> list[Way]:
    return [(path, way) for path, way in exits_of(queue) if path[0] in groups]


def _reached(start: str, ways: Mapping[str, list[Way]], known: KnownToQueues) -> set[str]:
    """Queues a caller comes to who is sent on and on, from this one, itself among them."""
    reached: set[str] = set()
    to_do = [start]
    while to_do:
        queue = to_do.pop()
        if queue not in reached:
            reached.add(queue)
            targets = (_target(way, known) for _, way in ways.get(queue, []))
            to_do.extend(target for target in targets if target is not None)
    return reached
