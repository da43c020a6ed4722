"""Where callers are led and sent: circles through waits, and ways that help nobody."""

from collections.abc import Iterator

from acd.rules import Overflow, QueueRules
from agents.roster import QueueId
from engine.config.check import Examined
from engine.config.ivr_models import AnnounceModel, EnqueueModel, HoursModel, MenuModel, NodeModel
from engine.config.queue_models import exits_of
from engine.config.source import Problem
from engine.words import say

__all__ = ["leading_to", "way_doubts"]


def way_doubts(examined: Examined) -> Iterator[Problem]:
    """Of all ways out of queues."""
    yield from _circles(examined)
    rules, source = examined.configuration.rules, examined.sources["queues"]
    for queue in rules.queues.values():
        target = queue.nobody.queue if queue.nobody else None
        if target is not None and set(rules.members[target]) <= set(rules.members[queue.id]):
            yield source.problem(
                ("queues", queue.id, "limits", "nobody", "queue"),
                say(
                    f'本队列无人签入时，"{target}" 也无人签入（座席相同）',
                    f'while nobody is logged in here, nobody is there: all agents of "{target}" serve this queue',
                ),
            )


def leading_to(examined: Examined, queue: QueueId) -> set[str]:
    """Nodes of the flow through which callers come to this queue, at once or by way of other queues."""
    before = _queues_before(examined, queue)
    nodes = examined.ivr.nodes
    leading = {name for name, node in nodes.items() if isinstance(node, EnqueueModel) and node.queue in before}
    while more := {name for name, node in nodes.items() if leading & _exits(node, examined)} - leading:
        leading |= more
    return leading


def _exits(node: NodeModel, examined: Examined) -> set[str]:
    match node:
        case AnnounceModel():
            return {node.next}
        case HoursModel():
            return {node.open, node.closed}
        case MenuModel():
            return {*node.keys.values(), *filter(None, (node.failed, examined.ivr.operator))}
        case _:
            return set()


def _queues_before(examined: Examined, queue: QueueId, *, again: bool = False) -> set[str]:
    """The queue, and those whose callers may be sent on to it."""
    before: set[str] = {queue}
    queues = examined.configuration.rules.queues.values()
    while more := {other.id for other in queues if before & _targets(examined, other, again=again)} - before:
        before |= more
    return before


def _targets(examined: Examined, queue: QueueRules, *, again: bool = False) -> set[str]:
    """Queues its callers may be sent on to. `again`: also those who were sent here; limits ask only who comes from the flow."""
    limits = [queue.full, queue.nobody, queue.too_long, queue.closed]
    ways = [queue.overflow, *(recipe.do.leave for recipe in queue.recipes)]
    ways += [way for way in limits if way is not None and (way.node or not again)]
    return {target for way in ways if (target := _target(examined, way)) is not None}


def _target(examined: Examined, way: Overflow | None) -> str | None:
    if way is None:
        return None
    node = examined.ivr.nodes.get(way.node)
    return node.queue if isinstance(node, EnqueueModel) else way.queue


def _circles(examined: Examined) -> Iterator[Problem]:
    """Those of one kind of way are refused before; through several kinds they end for some callers, but not for all."""
    rules, source = examined.configuration.rules, examined.sources["queues"]
    for queue in rules.queues.values():
        for path, model in exits_of(examined.queues.queues[queue.id]):
            way = Overflow(queue=QueueId(model.queue) if model.queue else None, node=model.node or "")
            target = _target(examined, way)
            goes_on = path[0] in ("overflow", "recipes") or bool(model.node)
            if goes_on and target is not None and target in _queues_before(examined, queue.id, again=True):
                yield source.problem(
                    ("queues", queue.id, *path),
                    say(
                        f'来电可能在 "{queue.id}" 与 "{target}" 之间循环，永远得不到答复',
                        f'callers may go round between "{queue.id}" and "{target}" without an end',
                    ),
                )
