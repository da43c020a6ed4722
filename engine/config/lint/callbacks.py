"""Callers who are promised a call at their place, where nobody is called; and numbers that may be called and cost dear."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from agents.roster import QueueId
from engine.config.check import Examined
from engine.config.ivr_models import all_nodes
from engine.config.node_models import CallbackModel
from engine.config.source import Path_, Problem
from engine.words import say
from ivr.nodes import CallbackNode, NodeId
from ivr.shape import reached

__all__ = ["callback_doubts"]

INTERNATIONAL: Final = "00"
"""How a number abroad begins (ITU-T E.164)."""
PROMISE: Final = "callback_saved"
"""It says that his place is kept and that he will be called. A site that only lists callbacks says something else."""


def callback_doubts(examined: Examined) -> Iterator[Problem]:
    """Of all callback nodes, those that name a queue themselves and those that keys of a queue lead to; and of all numbers that
    may be dialled."""
    yield from _dear_numbers(examined)
    for path, model in all_nodes(examined.ivr):
        if isinstance(model, CallbackModel) and model.queue is not None and PROMISE in model.saved:
            yield from _unless_called(examined, model.queue, "ivr", (*path, "queue"))
    for name, queue in examined.queues.queues.items():
        for key, target in queue.keys.items():
            if _promises(examined, NodeId(target)):
                yield from _unless_called(examined, name, "queues", ("queues", name, "keys", key))


def _dear_numbers(examined: Examined) -> Iterator[Problem]:
    """Callers type the number themselves."""
    dialling = examined.configuration.system.dialling
    for index, prefix in enumerate(dialling.numbers if dialling else ()):
        if INTERNATIONAL.startswith(prefix.rstrip("*")):
            yield examined.sources["system"].problem(
                ("dialling", "numbers", index),
                say(
                    f"包括国际长途（{INTERNATIONAL}…），来电者可自行输入要回拨的号码",
                    f"allows calls abroad ({INTERNATIONAL}...), and callers type the number they are called at themselves",
                ),
            )


def _unless_called(examined: Examined, queue: str, file: str, path: Path_) -> Iterator[Problem]:
    rules = examined.configuration.rules
    if rules.queues[QueueId(queue)].callback is not None:
        return
    missing = f"queues.yaml: queues.{queue}.callback"
    if rules.dialling is None:
        missing += say("，以及 system.yaml: dialling", ", and system.yaml: dialling")
    yield examined.sources[file].problem(
        path,
        say(
            f"来电者被告知将保留位置并回电，但系统只登记、不会自动呼叫（缺少 {missing}）",
            f'callers are promised a call at their place (prompt "{PROMISE}"), but callbacks are only listed: '
            f"nobody is called without {missing}",
        ),
    )


def _promises(examined: Examined, start: NodeId) -> bool:
    """Whether a caller who is led here comes to a callback for the queue he was in, before he is in any queue again."""
    flow = examined.configuration.script.flow
    return any(
        isinstance(node := flow.nodes[name], CallbackNode) and node.queue is None and PROMISE in node.saved
        for name in reached(replace(flow, start=start, operator=None))
    )
