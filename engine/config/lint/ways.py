"""Where callers are led and sent: circles through waits, and ways that help nobody."""

from collections.abc import Iterator

from acd.rules import Overflow, QueueRules
from agents.roster import QueueId
from engine.config.check import Examined
from engine.config.ivr_models import EnqueueModel
from engine.config.queue_models import exits_of
from engine.config.source import Problem
from engine.words import say
from ivr.nodes import EnqueueNode, Flow, MenuNode, Node, NodeId
from ivr.shape import exits

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
    flow = examined.configuration.script.flow
    leading = {name for name, node in flow.nodes.items() if isinstance(node, EnqueueNode) and node.queue in before}
    onward = {name: _onward(flow, node) for name, node in flow.nodes.items()}
    while more := {name for name, targets in onward.items() if leading & targets} - leading:
        leading |= more
    return {str(name) for name in leading}


def _onward(flow: Flow, node: Node) -> set[NodeId]:
    """Where callers go from here, those who fail at a menu included."""
    failing = {flow.operator} if isinstance(node, MenuNode) and flow.operator else set()
    return {target for _, target in exits(node)} | failing


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
